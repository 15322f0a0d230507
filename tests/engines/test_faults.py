"""Judge servers that die or stand still at awkward moments: replaced in time, and nothing is left."""

import contextlib
import os
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from grader.core import course as courses
from grader.core.course import Course, Exercise
from grader.core.submission import SourceFile, Submission
from grader.engines import local, spawn
from grader.engines import slot as slots
from grader.engines.local import LocalEngine
from grader.errors import Lost, MachineError
from grader.sandbox import cgroup, stops
from tests.states import seeded

ROOT = Path(__file__).parent.parent / "course"
RIGHT = (ROOT / "solutions" / "ex90_double" / "double.py").read_text()
GROUPS = Path("/sys/fs/cgroup")


def submission(source: str = RIGHT) -> Submission:
    """A submission of ex90 with this source."""
    files = (SourceFile(name="double.py", data=source.encode()),)
    return Submission(student="s1", exercise="ex90_double", files=files, submitted_utc="2026-03-01T09:00:00Z")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """The tests' course, with state of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADE_STATE", str(seeded(tmp_path_factory.mktemp("state"))))
        yield courses.load(ROOT / courses.COURSE_FILE)


@pytest.fixture(scope="module")
def exercise(course: Course) -> Exercise:
    """Its exercise `double`, whose reference has been seen to pass."""
    exercise = course.exercise("ex90")
    with LocalEngine(course, exercise) as engine:
        engine.start()
    return exercise


@pytest.fixture
def engine(
    course: Course, exercise: Exercise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalEngine]:
    """One slot; afterwards no process, folder or control group of it is left."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    pids: set[int] = set()
    real = spawn.take

    def take() -> spawn.Server:
        server = real()
        pids.add(server.process.pid)
        return server

    monkeypatch.setattr(spawn, "take", take)
    with LocalEngine(course, exercise) as engine:
        yield engine
    until(lambda: {c.pid for c in psutil.Process().children(recursive=True)} <= before)
    assert list(tmp_path.iterdir()) == []
    assert [g for g in GROUPS.rglob("dlgrade-*") if int(g.name.split("-")[1]) in pids] == []


def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until it holds; fail if it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def server(engine: LocalEngine) -> psutil.Process:
    """The judge server of the one slot."""
    return psutil.Process(engine._slots[0].process.pid)


def test_a_judge_killed_while_it_starts_is_replaced(engine: LocalEngine) -> None:
    """`start` gives what the next one says."""
    server(engine).kill()

    assert engine.start().max_score == 20.0
    assert engine.judge(submission()).score == 20.0


def test_a_fork_server_killed_while_the_judge_starts_is_replaced(engine: LocalEngine) -> None:
    """With its judge, which says that it was lost."""
    until(lambda: bool(server(engine).children()))
    server(engine).children()[0].kill()

    assert engine.start().max_score == 20.0


def test_a_judge_that_always_dies_while_it_starts_is_given_up(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some tries: an error, not an endless loop."""
    tries = []

    def lost(slot: Any) -> None:
        tries.append(slot)
        raise Lost("killed on purpose")

    monkeypatch.setattr(slots.Slot, "start", lost)

    with pytest.raises(MachineError, match="on purpose"):
        engine.start()

    assert len(set(tries)) == local.TRIES


def test_a_judge_that_stands_still_while_it_starts_is_replaced(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its limit."""
    monkeypatch.setattr(slots, "CLOSE_S", 0.2)
    limits = iter([0.2])
    real = slots.Slot.receive
    monkeypatch.setattr(slots.Slot, "receive", lambda slot, seconds: real(slot, next(limits, seconds)))
    server(engine).suspend()

    assert engine.start().max_score == 20.0


def test_a_judge_that_takes_no_submission_is_replaced(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file larger than what a socket holds does not wait for a process that stands still."""
    engine.start()
    monkeypatch.setattr(slots, "MESSAGE_S", 0.2)
    monkeypatch.setattr(slots, "CLOSE_S", 0.2)
    real = slots.Slot.__init__

    def patient(slot: Any, *arguments: Any) -> None:
        monkeypatch.setattr(slots, "MESSAGE_S", 60.0)
        real(slot, *arguments)

    monkeypatch.setattr(slots.Slot, "__init__", patient)
    server(engine).suspend()

    assert engine.judge(submission(RIGHT + "#" * 10**6)).score == 20.0


def test_a_judge_that_stands_still_while_judging_is_replaced(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the limit of the submission, which is judged again."""
    engine.start()
    monkeypatch.setattr(slots, "CLOSE_S", 0.2)
    allowed_s, replace = engine._allowed_s, engine._replace

    def patiently(index: int) -> None:
        engine._allowed_s = allowed_s
        replace(index)

    monkeypatch.setattr(engine, "_replace", patiently)
    engine._allowed_s = 0.2
    first = server(engine)
    first.suspend()

    assert engine.judge(submission()).score == 20.0
    assert not first.is_running()


def test_a_judge_that_is_stopped_is_noticed_before_its_limit(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it starts, and while it judges: a look now and then tells."""
    monkeypatch.setattr(slots, "CLOSE_S", 0.2)
    monkeypatch.setattr(stops, "LOOK_S", 0.02)
    first = server(engine)
    first.suspend()
    assert engine.start().max_score == 20.0
    second = server(engine)
    second.suspend()

    assert engine.judge(submission()).score == 20.0
    assert len({first, second, server(engine)}) == 3


def test_a_judge_that_stands_still_is_closed(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot clean up after itself; the engine does."""
    engine.judge(submission())
    monkeypatch.setattr(slots, "CLOSE_S", 0.2)
    judge = server(engine)
    assert not cgroup.remove_abandoned(judge.pid) or os.geteuid() != 0
    judge.suspend()

    engine.close()

    assert not judge.is_running()


def test_no_descriptors_for_a_judge(course: Course, exercise: Exercise) -> None:
    """The limit is named, and what was begun is closed."""
    process = psutil.Process()
    before = process.num_fds()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 200), hard))
    taken = []
    try:
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        for fd in taken[-10:]:  # enough for two
            os.close(fd)
        del taken[-10:]

        with pytest.raises(MachineError, match="ulimit -n"):
            LocalEngine(course, exercise, jobs=20)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for fd in taken:
            os.close(fd)

    assert process.num_fds() == before
