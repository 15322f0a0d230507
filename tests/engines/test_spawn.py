"""A judge server that is started before it is known what it is to judge."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from grader.cli import entry
from grader.core import course as courses
from grader.core.submission import SourceFile, Submission
from grader.engines import spawn
from grader.engines.local import LocalEngine

COURSE = Path(__file__).parent.parent / "course"


def children() -> set[psutil.Process]:
    """Processes of this one."""
    return set(psutil.Process().children(recursive=True))


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    before = children()
    yield
    assert children() <= before


def test_the_engine_takes_the_one_that_was_started_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It judges like any other, or is the parent of those that do; another engine gets one of its own."""
    monkeypatch.setenv("GRADE_STATE", str(tmp_path))
    course = courses.load(COURSE / courses.COURSE_FILE)
    exercise = course.exercise("ex90")
    assert exercise.solution_dir is not None
    file = SourceFile(name=exercise.files[0], data=(exercise.solution_dir / exercise.files[0]).read_bytes())
    handed = Submission(
        student="s", exercise=exercise.id, files=(file,), submitted_utc="2026-03-01T09:00:00Z"
    )

    before = children()
    spawn.ahead()
    (ahead,) = children() - before
    with LocalEngine(course, exercise) as engine, LocalEngine(course, exercise) as other:
        assert [one._slots[0].process.pid == ahead.pid for one in (engine, other)] == [True, False]
        assert engine.judge(handed).passed

    spawn.ahead()
    (ahead,) = children() - before
    with LocalEngine(course, exercise, jobs=2) as engine:
        engine.start()
        assert {psutil.Process(slot.process.pid).ppid() for slot in engine._slots} == {ahead.pid}
        assert engine.judge(handed).passed


def test_one_that_nobody_took_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command line that names no exercise starts a server, and leaves none."""
    seen = []
    real = spawn.ahead

    def ahead() -> None:
        before = children()
        real()
        seen.extend(children() - before)

    monkeypatch.setattr(spawn, "ahead", ahead)

    assert entry.run(["submit", "ex999"]) == 2

    assert len(seen) == 1
    assert not seen[0].is_running()


def test_one_that_cannot_be_started_is_nobodys_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever needs one tries again, and is told."""

    def no_process(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "no more processes")

    descriptors = len(os.listdir("/proc/self/fd"))
    monkeypatch.setattr(subprocess, "Popen", no_process)

    spawn.ahead()
    with pytest.raises(BlockingIOError):
        spawn.take()

    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_it_ends_with_a_command_that_is_killed() -> None:
    """Its socket tells it."""
    code = (
        "from grader.engines import spawn; spawn.ahead(); s = spawn.take(); print(s.process.pid, flush=True);"
        "import time; time.sleep(60)"
    )
    command = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert command.stdout is not None
    server = psutil.Process(int(command.stdout.readline()))

    command.kill()
    command.communicate()

    server.wait(30)
