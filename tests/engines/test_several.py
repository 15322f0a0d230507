"""Slots that share what was imported: judges forked from one parent, fork servers from one importer."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from grader.core import course as courses
from grader.core.course import Course, Exercise
from grader.core.record import Record
from grader.core.submission import SourceFile, Submission
from grader.engines import local
from grader.engines.local import LocalEngine
from grader.errors import CourseError, MachineError

ROOT = Path(__file__).parent.parent / "course"
RIGHT = (ROOT / "solutions" / "ex90_double" / "double.py").read_text()
WRONG = RIGHT.replace("2 * x", "x * x")
TORCH = Path(__file__).parent.parent / "course_torch"


def submission(source: str = RIGHT, student: str = "s1", *, exercise: str = "ex90_double") -> Submission:
    """A submission with this source."""
    name = "double.py" if exercise == "ex90_double" else "torch_conv.py"
    return Submission(
        student=student,
        exercise=exercise,
        files=(SourceFile(name=name, data=source.encode()),),
        submitted_utc="2026-03-01T09:00:00Z",
    )


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """The tests' course."""
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    return courses.load(ROOT / courses.COURSE_FILE)


@pytest.fixture
def exercise(course: Course, tmp_path: Path) -> Iterator[Exercise]:
    """Its exercise `double`; afterwards no process and no folder is left."""
    before = children()
    yield course.exercise("ex90")
    until(lambda: children() <= before)
    assert list((tmp_path / "tmp").iterdir()) == []


def children() -> set[psutil.Process]:
    """Processes of this one."""
    return set(psutil.Process().children(recursive=True))


def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until it holds; fail if it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def parent(engine: LocalEngine) -> psutil.Process:
    """The process that judges are forked from."""
    assert engine._parent is not None
    return psutil.Process(engine._parent.pid)


def importer(engine: LocalEngine) -> psutil.Process:
    """The process that fork servers are forked from."""
    (found,) = (p for p in parent(engine).children() if "grader.worker.forkserver" in p.cmdline())
    return found


def marks(records: list[Record]) -> list[tuple[str, float | None]]:
    """Student and score."""
    return sorted((record.student, record.score) for record in records)


def test_slots_judge_as_one_slot_does(course: Course, exercise: Exercise) -> None:
    """The same scores; one parent and one importer for both, and a fork server for each."""
    several = [submission(RIGHT if n % 3 else WRONG, f"s{n}") for n in range(8)]
    with LocalEngine(course, exercise) as engine:
        alone = marks([record for _, record in engine.map(several)])
        assert not engine._order.busy

    with LocalEngine(course, exercise, jobs=2) as engine:
        assert engine._order.busy
        together = marks([record for _, record in engine.map(several)])
        judges = {slot.process.pid for slot in engine._slots}
        servers = importer(engine).children()
        assert judges <= {child.pid for child in parent(engine).children()}

    assert len(judges) == len(servers) == 2
    assert together == alone


def test_the_known_mistakes_are_read_before_there_are_judges(course: Course, exercise: Exercise) -> None:
    """Once, and not by each judge at its first failure."""
    with LocalEngine(course, exercise, jobs=2) as engine:
        engine.start()
        kept = list((course.state_dir / "cache").glob("mistakes-*.json"))

    assert len(kept) == 1


def test_fork_servers_are_of_different_users(course: Course, exercise: Exercise) -> None:
    """Where there is another user for workers, each slot has one of its own."""
    if os.geteuid() != 0:
        pytest.skip("only root has other users")
    with LocalEngine(course, exercise, jobs=2) as engine:
        engine.start()
        users = {server.children()[0].uids().real for server in importer(engine).children()}

    assert len(users) == 2
    assert 0 not in users


@pytest.mark.parametrize("place", [0, 1])
def test_a_judge_that_dies_is_forked_again(course: Course, exercise: Exercise, place: int) -> None:
    """From the same parent; its submission is judged."""
    with LocalEngine(course, exercise, jobs=2) as engine:
        engine.start()
        first = parent(engine)
        os.kill(engine._slots[place].process.pid, signal.SIGKILL)

        records = [record for _, record in engine.map([submission(student=f"s{n}") for n in range(4)])]

        assert parent(engine) == first
    assert marks(records) == [(f"s{n}", 20.0) for n in range(4)]


def test_a_parent_that_dies_is_replaced(course: Course, exercise: Exercise) -> None:
    """With all its judges; nothing is lost."""
    with LocalEngine(course, exercise, jobs=2) as engine:
        engine.start()
        parent(engine).kill()

        records = [record for _, record in engine.map([submission(student=f"s{n}") for n in range(4)])]

    assert marks(records) == [(f"s{n}", 20.0) for n in range(4)]


def test_an_importer_that_dies_costs_no_submission(course: Course, exercise: Exercise) -> None:
    """Its fork servers die with it, with their workers, and no judge can have another: all are replaced."""
    with LocalEngine(course, exercise, jobs=2) as engine:
        engine.start()
        importer(engine).kill()

        records = [record for _, record in engine.map([submission(student=f"s{n}") for n in range(4)])]

    assert marks(records) == [(f"s{n}", 20.0) for n in range(4)]


def test_a_broken_suite_is_the_courses_error(course: Course, exercise: Exercise, tmp_path: Path) -> None:
    """As it is with one slot: the parent says so, since no judge was forked."""
    shutil.copytree(ROOT, tmp_path / "course")
    suite = tmp_path / "course" / "solutions" / "ex90_double" / "hidden" / "test_double.py"
    suite.write_text("import nothing_of_that_name\n")
    broken = courses.load(tmp_path / "course" / courses.COURSE_FILE)

    with LocalEngine(broken, broken.exercise("ex90"), jobs=2) as engine, pytest.raises(CourseError):
        engine.start()


def test_one_that_is_closed_at_once_leaves_nothing(course: Course, exercise: Exercise) -> None:
    """Before any judge has said who it is."""
    engine = LocalEngine(course, exercise, jobs=2)
    before = time.monotonic()

    engine.close()

    assert time.monotonic() - before < 60


def test_judges_that_always_die_while_they_start_are_given_up(
    course: Course, exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error, not an endless loop."""
    with LocalEngine(course, exercise, jobs=2) as engine:
        fork = local.Parent.fork

        def dies(self: local.Parent) -> object:
            parent(engine).kill()
            return fork(self)

        monkeypatch.setattr(local.Parent, "fork", dies)
        parent(engine).kill()

        with pytest.raises(MachineError, match="ended"):
            engine.start()


def test_all_ends_with_a_command_that_is_killed(course: Course, exercise: Exercise, tmp_path: Path) -> None:
    """Judges, their parent, the importer, fork servers, workers; and no folder stays."""
    code = f"""
import pathlib, time
from grader.core import course as courses
from grader.engines import local
course = courses.load(pathlib.Path({str(ROOT)!r}) / courses.COURSE_FILE)
engine = local.LocalEngine(course, course.exercise("ex90"), jobs=2)
engine.start()
print("ready", flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as command:
        assert command.stdout is not None
        assert command.stdout.readline() == b"ready\n"
        others = psutil.Process(command.pid).children(recursive=True)

        command.kill()

    _, alive = psutil.wait_procs(others, timeout=30)
    assert len(others) >= 8
    assert alive == []


@pytest.mark.slow
def test_torch_is_imported_twice_for_two_slots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for judges and once for workers; all share the memory, and what was the same stays so."""
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))
    course = courses.load(TORCH / courses.COURSE_FILE)
    exercise = course.exercise("ex95")
    assert exercise.solution_dir is not None
    source = (exercise.solution_dir / "torch_conv.py").read_text(encoding="utf-8")
    with LocalEngine(course, exercise, jobs=2) as engine:
        several = [submission(source, f"s{n}", exercise=exercise.id) for n in range(40)]
        records = [record for _, record in engine.map(several)]
        own = []
        for process in parent(engine).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # the last worker, just now
                own.append(process.memory_full_info().uss / 2**20)

    assert [record.score for record in records] == [records[0].max_score] * 40
    assert len(own) >= 8  # two judges, importer, fork servers of two processes each, workers
    assert max(own) < 60  # MiB; a process that has imported torch for itself has 200
