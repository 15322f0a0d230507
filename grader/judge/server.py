"""A judge that stays: one process that has started pytest, collected one suite and imported its reference.

    python -m grader.judge.server FD

FD is a stream socket of the engine's. Messages are JSON behind their length; both ends are ours. The first one
says what to judge, so that the secret stands in no argument and no environment.
"""

import contextlib
import gc
import os
import platform
import signal
import socket
import sys
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

import msgspec

from grader.core import course as courses
from grader.core import record as records
from grader.core.course import Exercise
from grader.core.submission import SourceFile, Submission
from grader.errors import CourseError, GraderError, MachineError
from grader.judge.messages import Answer, Judged, Order, Ready, Task, Trouble
from grader.sandbox.process import ProcessSandbox
from grader.sandbox.protocol import Config


IDLE_S = 0.05


def main() -> None:
    """Serve the engine until it hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the engine decides
    end = socket.socket(fileno=int(sys.argv[1]))
    connection = Connection(end.detach())
    order = msgspec.json.decode(connection.recv_bytes(), type=Order)
    # pytest and suites may print; nobody reads it.
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    try:
        _serve(connection, order)
    except GraderError as e:
        fault: Literal["course", "machine"] = "course" if isinstance(e, CourseError) else "machine"
        _send(connection, Trouble(fault=fault, message=str(e)))
    except EOFError:
        pass
    except Exception:
        _send(connection, Trouble(fault="machine", message=traceback.format_exc(limit=-3)))


def _send(connection: Connection, answer: Answer) -> None:
    with contextlib.suppress(OSError):  # the engine has gone
        connection.send_bytes(msgspec.json.encode(answer))


def _serve(connection: Connection, order: Order) -> None:
    from grader.worker import seal

    seal.die_with_parent()
    course = courses.load(_course_file(order))
    exercise = course.exercise(order.exercise)
    # The fork server imports its packages while pytest starts here.
    sandbox = ProcessSandbox(Config(packages=exercise.packages, limits=exercise.limits))

    import pytest

    from grader.judge import catalog, modules, plugin, suite
    from grader.judge.session import Judge, Reports
    from grader.judge.transport import Pool

    pool = Pool(sandbox)
    reports = Reports()
    failure: list[BaseException] = []

    class Loop:
        """Takes the place of pytest's own run over the items."""

        def __init__(self) -> None:
            self.errors: list[str] = []

        def pytest_collectreport(self, report: pytest.CollectReport) -> None:
            if report.failed:
                self.errors.append(f"{report.nodeid}: {str(report.longrepr)[-1000:]}")

        def pytest_runtestloop(self, session: pytest.Session) -> bool:
            if self.errors:
                raise CourseError(f"the suite of {exercise.id} cannot be collected: {self.errors[0]}")
            manifest = suite.build(session.items, exercise, hidden=order.hidden)
            digest = suite.digest(exercise)
            reference = None
            folder = exercise.solution_dir if order.hidden else None
            if folder is not None:
                reference = modules.load(folder / exercise.files[0], f"reference_{exercise.module}")
            nowhere = exercise.public_dir / "wrong"
            judge = Judge(
                exercise=exercise,
                suite=manifest,
                suite_digest=digest,
                reference=reference,
                mistakes=catalog.Catalog(
                    folder / "wrong" if folder else nowhere,
                    (folder or nowhere) / exercise.files[0],
                    Path(order.cache) / f"mistakes-{digest.removeprefix('sha256:')[:32]}.json",
                ),
                pool=pool,
                secret=order.secret,
            )
            session.config.stash[plugin.HOST] = judge
            reports.judge = judge
            gc.collect()
            gc.freeze()
            pool.fill()
            ready = Ready(
                max_score=float(manifest.points),
                checks=[check.id for check in manifest.checks],
                suite=digest,
            )
            _send(connection, ready)
            while True:
                if not connection.poll(IDLE_S):
                    judge.warm()
                task = msgspec.json.decode(connection.recv_bytes(), type=Task)
                record = judge.judge(_submission(exercise, task), task.language)
                _send(connection, Judged(record=msgspec.Raw(records.encode(record))))
                pool.fill()

    class Catch(Loop):
        def pytest_runtestloop(self, session: pytest.Session) -> bool:
            try:
                return super().pytest_runtestloop(session)
            except (EOFError, ConnectionError):
                return True
            except BaseException as e:
                failure.append(e)
                return True

    try:
        code = pytest.main(_arguments(exercise, order.hidden), plugins=[Catch(), reports])
        if failure:
            raise failure[0]
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            raise MachineError(f"pytest ended with {code!r} before the suite of {exercise.id} ran")
    finally:
        pool.close()


def _course_file(order: Order) -> Path:
    return Path(order.course) / courses.COURSE_FILE


def _submission(exercise: Exercise, task: Task) -> Submission:
    files = tuple(SourceFile(name=name, data=data) for name, data in task.files)
    return Submission(
        student=task.student, exercise=exercise.id, files=files, submitted_utc=task.submitted_utc
    )


def _arguments(exercise: Exercise, hidden: bool) -> list[str]:
    """pytest with nothing that formats, captures, or reads settings of a folder that happens to be around."""
    off = "cacheprovider capture logging warnings doctest junitxml pastebin stepwise faulthandler unraisableexception"
    paths = [exercise.public_dir / "test_public.py"]
    if hidden and exercise.solution_dir is not None:
        paths.append(exercise.solution_dir / "hidden")
    return [
        "--quiet",
        "--no-header",
        "--assert=plain",
        "--import-mode=importlib",
        "--noconftest",
        "--disable-plugin-autoload",
        "-p",
        "grader.judge.plugin",
        "-c",
        os.devnull,
        f"--rootdir={exercise.public_dir.parent.parent}",
        *(f"-pno:{name}" for name in off.split()),
        *(str(path) for path in paths if path.exists()),
    ]


if __name__ == "__main__":
    if platform.system() != "Linux":
        sys.exit("the judge server runs on Linux")
    main()
