"""A slot on a node, without the cluster: what it answers, and what is left of it."""

import functools
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

import grader
from grader.core import course as courses
from grader.core import record as records
from grader.core.messages import Judged, Ready, Trouble
from grader.core.submission import SourceFile, Submission
from grader.engines import node, pack
from grader.engines.assignment import Assignment
from grader.engines.node import BEGUN, REPLY, Failed, Here, NodeSlot
from grader.sandbox import ending, gpu

ROOT = Path(__file__).parent.parent / "course"
RIGHT = (ROOT / "solutions" / "ex90_double" / "double.py").read_text(encoding="utf-8")


@pytest.fixture
def assignment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Assignment:
    """The tests' exercise, with state and a temporary folder of its own."""
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr("tempfile.tempdir", None)
    course = courses.load(ROOT / courses.COURSE_FILE)
    return Assignment(course, course.exercise("ex90"))


@pytest.fixture
def slot(assignment: Assignment, tmp_path: Path) -> Iterator[NodeSlot]:
    """A slot; at its end nothing of it is left."""
    others = {child.pid for child in psutil.Process().children(recursive=True)}
    packed = pack.pack(courses.load(ROOT / courses.COURSE_FILE), assignment.exercise)
    slot = NodeSlot(msgspec.json.encode(assignment.order), packed)
    yield slot
    slot.end()
    slot.end()
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= others
    assert list((tmp_path / "temporary").iterdir()) == []


def task(assignment: Assignment, source: str = RIGHT) -> bytes:
    """A task as it is sent."""
    files = (SourceFile(name="double.py", data=source.encode()),)
    handed = Submission(
        student="s1", exercise="ex90_double", files=files, submitted_utc="2026-03-01T09:00:00Z"
    )
    return msgspec.json.encode(assignment.task(handed))


def test_it_judges(slot: NodeSlot, assignment: Assignment) -> None:
    """From bytes to bytes, by what was unpacked and not by the course that was packed."""
    here = msgspec.json.decode(slot.here(), type=Here)
    begun = BEGUN.decode(slot.start())
    reply = REPLY.decode(slot.judge(task(assignment)))

    assert here.grader == grader.__version__
    assert isinstance(begun, Ready)
    assert isinstance(reply, Judged)
    record = records.decode(bytes(reply.record))
    assert record.score == 20.0
    assert record.digests.suite == begun.suite
    assert slot._unpacked is not None
    assert slot._order.course == str(slot._unpacked.course)


def test_a_server_that_dies_is_an_answer(slot: NodeSlot, assignment: Assignment) -> None:
    """And the next submission meets another one."""
    slot.start()
    assert slot._slot is not None
    slot._slot.process.kill()
    assert ending.wait(slot._slot.process, 10.0)  # else it might yet take the task, and end with it

    first, second = (REPLY.decode(slot.judge(task(assignment))) for _ in range(2))

    assert isinstance(first, Failed)
    assert "judge server" in first.why
    assert isinstance(second, Judged)


def test_it_ends_while_it_judges(slot: NodeSlot, assignment: Assignment) -> None:
    """At once: nobody waits for a submission's limits, and what was being judged has no record."""
    slot.start()
    answers: list[bytes] = []
    hanging = RIGHT.replace("return 2 * x", "\n    while True: pass")
    thread = threading.Thread(target=lambda: answers.append(slot.judge(task(assignment, hanging))))
    thread.start()
    deadline = time.monotonic() + 10
    while not slot._judging.locked() and time.monotonic() < deadline:
        time.sleep(0.001)

    slot.end()
    thread.join()

    (answer,) = answers
    assert isinstance(REPLY.decode(answer), Failed)
    assert isinstance(BEGUN.decode(slot.start()), Trouble)


def test_a_slot_without_the_gpu_that_was_asked_for(
    slot: NodeSlot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Says so before anything is started: it is that node's trouble."""
    monkeypatch.setattr(gpu, "look", functools.partial(gpu.look, tmp_path))
    slot._order.device = "cuda"

    begun = BEGUN.decode(slot.start())

    assert isinstance(begun, Trouble)
    assert begun.fault == "machine"
    assert "--device cuda" in begun.message
    assert slot._slot is None


def test_a_place_that_cannot_be_used(
    slot: NodeSlot, assignment: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trouble with what to do, not an exception."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "no such folder"))

    begun = BEGUN.decode(slot.start())

    assert isinstance(begun, Trouble)
    assert "TMPDIR" in begun.message


def test_sweeping_leaves_what_is_in_use(slot: NodeSlot, assignment: Assignment, tmp_path: Path) -> None:
    """What killed slots have left goes, and what a living one stands on stays."""
    slot.start()

    node.sweep()

    assert slot._unpacked is not None
    assert slot._unpacked.course.is_dir()
    assert isinstance(REPLY.decode(slot.judge(task(assignment))), Judged)
