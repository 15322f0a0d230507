"""A judge that stays: one process that has started pytest, collected one suite and imported its reference.

    python -m grader.engines.server FD

FD is a stream socket of the engine's. Messages are JSON behind their length; both ends are ours. The
first one says what to judge, so that the secret stands in no argument and no environment.

The fork server is launched as soon as it is known for what, and the rest of pytest and numpy is imported here
meanwhile: what is imported at the top of this file, and by the packages it stands in, is kept light.
"""

import contextlib
import gc
import importlib
import importlib.util
import os
import platform
import shutil
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import msgspec

from grader.core import course as courses
from grader.core import record as records
from grader.core.course import Course, Exercise
from grader.core.messages import Answer, Judged, Order, Ready, Task, Trouble
from grader.core.submission import SourceFile, Submission
from grader.errors import CourseError, EngineError, GraderError, Lost, host_at_fault
from grader.sandbox import stops
from grader.sandbox.channel import Channel
from grader.sandbox.launch import Launched, launch
from grader.sandbox.protocol import Config
from grader.worker import kernel

if TYPE_CHECKING:
    import pytest

    from grader.judge.session import Reports
    from grader.sandbox.linux import LinuxSandbox

ROOM: Final = 16 * 2**20  # bytes on the disk, below which no suite is kept compiled
AHEAD: Final = ("grader.sandbox.linux", "pytest", "numpy", "grader.judge.collect", "grader.judge.session")
IDLE_S: Final = 0.05  # without a task: time for what the next one would otherwise wait for


def main() -> None:
    """Serve the engine until it hangs up."""
    gc.disable()  # until all is imported: nothing of it is garbage
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the engine decides
    stops.watch()
    connection = Channel(socket.socket(fileno=int(sys.argv[1])))
    with _told(connection):
        _import_until_asked(connection)
        order = msgspec.json.decode(connection.receive(), type=Order)
        # pytest and suites may print; nobody reads it.
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1)
        _serve(connection, order)


@contextlib.contextmanager
def _told(connection: Channel) -> Iterator[None]:
    """What goes wrong inside is told to the engine, and ends there."""
    try:
        yield
    except GraderError as e:
        _send(connection, _trouble(e))
    except (EOFError, KeyboardInterrupt):
        pass
    except Exception as e:  # noqa: BLE001 - the edge of this process: the engine is told
        if (known := host_at_fault(e)) is not None:
            _send(connection, _trouble(known))
        else:
            _send(connection, Trouble(fault="machine", message=traceback.format_exc(limit=-3)))


def _import_until_asked(connection: Channel) -> None:
    """Where it is not known yet what to judge, import what is needed for anything."""
    for module in AHEAD:
        if connection.poll(0):
            return
        importlib.import_module(module)


def _trouble(error: GraderError) -> Trouble:
    if isinstance(error, Lost):
        return Trouble(fault="lost", message=str(error))
    return Trouble(fault="course" if isinstance(error, CourseError) else "machine", message=str(error))


def _end(*_: object) -> NoReturn:
    """SIGTERM: stop whatever is being judged. Pytest and our own code let a KeyboardInterrupt through."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once: the cleaning up is not interrupted
    raise KeyboardInterrupt


def _send(connection: Channel, answer: Answer) -> None:
    with contextlib.suppress(OSError):  # the engine has gone
        connection.send(msgspec.json.encode(answer))


def _serve(connection: Channel, order: Order) -> None:
    kernel.die_with_parent()
    course = courses.load(Path(order.course) / courses.COURSE_FILE)
    exercise = replace(course.exercise(order.exercise), limits=order.limits)
    signal.signal(signal.SIGTERM, _end)  # until here there is nothing to clean up
    _require(exercise)
    config = Config(
        packages=exercise.packages,
        limits=exercise.limits,
        accept=order.accept,
        device=order.device,
        gpu=order.gpu,
        forbidden=exercise.forbidden,
        rehearse=not order.busy,
    )
    if order.several:
        _serve_several(connection, order, course, exercise, config)
        return
    with _walled(config, launch(config)) as sandbox:

        def then(session: "pytest.Session", reports: "Reports") -> None:
            _judge(connection, order, course, exercise, sandbox, session, reports)

        _collect(order, exercise, then)


@contextlib.contextmanager
def _walled(config: Config, launched: Launched) -> Iterator["LinuxSandbox"]:
    """The sandbox whose fork server is `launched`; afterwards nothing is left of it."""
    close = launched.close
    try:
        from grader.sandbox.linux import LinuxSandbox

        sandbox = LinuxSandbox(config, launched)
        close = sandbox.close
        yield sandbox
    finally:
        try:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        finally:  # the signal may come just now, and raise: then it is ignored, and this is still to be done
            close()


def _serve_several(
    connection: Channel, order: Order, course: Course, exercise: Exercise, config: Config
) -> None:
    """Collect, then fork judges until the engine hangs up; see that they end before this does."""
    from grader.engines.family import Family
    from grader.sandbox.importer import Importer

    importer = Importer(config)
    with contextlib.ExitStack() as at_end:
        at_end.callback(importer.close)
        family = Family(connection, importer.pid)
        at_end.callback(family.end)
        at_end.callback(signal.signal, signal.SIGTERM, signal.SIG_IGN)

        def then(session: "pytest.Session", reports: "Reports") -> None:
            if not order.marks_only:
                _read_catalog(order, exercise)
            gc.freeze()

            def judge(own: Channel) -> None:
                with _told(own), _walled(config, importer.launch(config)) as sandbox:
                    _judge(own, order, course, exercise, sandbox, session, reports)

            family.serve(judge)

        _collect(order, exercise, then)


def _read_catalog(order: Order, exercise: Exercise) -> None:
    """Have the known mistakes in the cache: else each judge would read them, at the same time."""
    from grader.judge import suite
    from grader.judge.catalog import Catalog

    with contextlib.suppress(CourseError):  # said by the judge that needs them
        Catalog.of(exercise, suite.digest(exercise), Path(order.cache), hidden=order.hidden).all()


def _require(exercise: Exercise) -> None:
    """Raise CourseError for a package of the exercise that is not installed."""
    for package in exercise.packages:
        if package != "numpy" and importlib.util.find_spec(courses.PACKAGES[package]) is None:
            raise EngineError(
                f"{exercise.id} needs {package!r}, which is not installed: pip install 'dlgrade[{package}]'"
            )


def _collect(order: Order, exercise: Exercise, then: "Callable[[pytest.Session, Reports], None]") -> None:
    """Import what the exercise needs, collect its suite, and hand over."""
    from grader.judge.collect import collect
    from grader.judge.session import Reports
    from grader.worker import forkserver

    for package in exercise.packages:
        # All that torch imports, now or on first use: the first submission would wait for it. And before the
        # suites are collected: what is imported after that is compiled anew (`_Compiled`).
        if package != "numpy":
            forkserver.import_warm(courses.PACKAGES[package])
    reports = Reports()
    collect(
        exercise,
        lambda session: then(session, reports),
        hidden=order.hidden,
        plugins=[reports, _Compiled(order.cache)],
    )


def _judge(
    connection: Channel,
    order: Order,
    course: Course,
    exercise: Exercise,
    sandbox: "LinuxSandbox",
    session: "pytest.Session",
    reports: "Reports",
) -> None:
    """Judge what the engine sends, until it hangs up."""
    from grader.judge import archive
    from grader.judge.session import Judge
    from grader.judge.transport import Pool

    probe = exercise.probe_path
    pool = Pool(sandbox, exercise.limits, exercise.forbidden, None if probe is None else probe.read_bytes())
    judge = Judge.of(
        session,
        exercise,
        pool,
        order.secret,
        hidden=order.hidden,
        cache=Path(order.cache),
        reports=reports,
        device=order.device,
        marks_only=order.marks_only,
    )
    gc.freeze()
    gc.enable()
    pool.fill()
    if order.device == "cuda":  # a GPU that cannot be opened is no fault of the suite's: Lost says why
        pool.take().discard()
    judge.verify()
    if order.archive:
        archive.keep(course, exercise, Path(order.archive), judge.digest)
    checks = judge.suite.checks
    ready = Ready(
        max_score=float(judge.suite.points),
        checks=[check.id for check in checks],
        timed=[check.id for check in checks if check.timed],
        suite=judge.digest,
    )
    _send(connection, ready)
    with contextlib.suppress(EOFError, ConnectionError), contextlib.closing(judge):  # it has hung up
        while True:
            if not connection.poll(IDLE_S):
                judge.warm()
            task = msgspec.json.decode(connection.receive(), type=Task)
            found = judge.examine(
                _submission(exercise, task),
                task.language,
                checks=task.checks,
                diagnosed=task.diagnosed,
                unknown=task.unknown,
                students=task.students,
            )
            record, *second = [msgspec.Raw(records.encode(one)) for one in found]
            _send(connection, Judged(id=task.id, record=record, second=second))
            pool.fill()


class _Compiled:
    """Suites and references are compiled once, and not into the instructor's folders.

    Only they: a prefix for the whole process would compile pytest and numpy again for each course.
    """

    def __init__(self, cache: str) -> None:
        self._prefix = f"{cache}/pycache"

    def pytest_collection(self) -> None:
        """What pytest needs has been imported; now come the suites."""
        with contextlib.suppress(OSError):  # it is only a cache
            folder = Path(self._prefix)
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)  # compiled suites are for no other user of the machine
            # importlib's _write_atomic does not look how much was written: half a file, on a full disk, would
            # be taken for a whole one, and no suite could be read from it again.
            sys.dont_write_bytecode = shutil.disk_usage(folder).free < ROOM
        sys.pycache_prefix = self._prefix


def _submission(exercise: Exercise, task: Task) -> Submission:
    files = tuple(SourceFile(name=name, data=data) for name, data in task.files)
    return Submission(
        student=task.student, exercise=exercise.id, files=files, submitted_utc=task.submitted_utc
    )


if __name__ == "__main__":
    if platform.system() != "Linux":
        sys.exit("the judge server runs on Linux")
    main()
    os._exit(0)  # all is cleaned up: taking numpy and pytest down again would take 30 ms
