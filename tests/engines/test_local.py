"""The local engine: nothing is lost, nothing stays, and no submission leaves a trace in the next."""

import dataclasses
import gc
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from grader.core import course as courses
from grader.core import record as records
from grader.core.course import Course, Exercise
from grader.core.messages import Ask
from grader.core.record import Certainty, Outcome, Record
from grader.core.submission import SourceFile, Submission
from grader.engines import server
from grader.engines.local import LocalEngine
from grader.errors import CourseError
from tests.states import seeded

ROOT = Path(__file__).parent.parent / "course"
RIGHT = (ROOT / "solutions" / "ex90_double" / "double.py").read_text()

HOSTILE = {
    "exits": RIGHT.replace("return 2 * x", "import os; os._exit(0)"),
    "exits_at_import": "import os; os._exit(0)",
    "hangs": RIGHT.replace("return 2 * x", "\n    while True: pass"),
    "forks": RIGHT.replace("return 2 * x", "import os; os.fork()"),
    "segfaults": RIGHT.replace("return 2 * x", "import ctypes; ctypes.string_at(0)"),
    "raises": RIGHT.replace("return 2 * x", "raise ValueError('x' * 10**6)"),
    "floods": RIGHT.replace("return 2 * x", "print('x' * 10**7)"),
    "wrong": RIGHT.replace("2 * x", "x * x"),
    "unwritten": RIGHT.replace("return 2 * x", "raise NotImplementedError"),
}


def submission(source: str, student: str = "s1") -> Submission:
    """A submission of ex90 with this source."""
    return Submission(
        student=student,
        exercise="ex90_double",
        files=(SourceFile(name="double.py", data=source.encode()),),
        submitted_utc="2026-03-01T09:00:00Z",
    )


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """The tests' course, with state of its own."""
    state = seeded(tmp_path_factory.mktemp("state"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADE_STATE", str(state))
        yield courses.load(ROOT / courses.COURSE_FILE)


@pytest.fixture(scope="module")
def exercise(course: Course) -> Exercise:
    """Its exercise `double`."""
    return course.exercise("ex90")


@pytest.fixture(scope="module")
def engine(course: Course, exercise: Exercise) -> Iterator[LocalEngine]:
    """One engine with one slot for the whole module."""
    with LocalEngine(course, exercise) as engine:
        yield engine


def timeless(record: Record) -> bytes:
    """The record without what a clock says."""
    checks = [dataclasses.replace(check, seconds=0.0) for check in record.checks]
    return records.encode(dataclasses.replace(record, seconds=0.0, checks=checks))


def test_a_right_submission_gets_full_marks(engine: LocalEngine) -> None:
    """Every check passes."""
    record = engine.judge(submission(RIGHT))

    assert (record.outcome, record.score, record.passed) == ("graded", 20.0, True)


def test_two_mistakes_in_two_functions_are_named_each_for_itself(engine: LocalEngine) -> None:
    """On the whole way from file to record."""
    wrong = ROOT / "solutions" / "ex90_double" / "wrong"
    mean = (wrong / "total_is_mean.py").read_text()

    record = engine.judge(submission(mean.replace("return 2 * x", "return x * x")))

    named = {c.id: (c.diagnosis.mistake, c.diagnosis.certainty) for c in record.checks if c.diagnosis}
    assert named["test_double_vector"] == named["test_double_matrix"] == ("squares", Certainty.EXACT)
    assert named["test_total_vector"] == named["test_total_matrix"] == ("total_is_mean", Certainty.EXACT)


def test_an_audit_has_it_diagnosed_twice(engine: LocalEngine) -> None:
    """As it is, and as if the catalogue did not hold its very file; all else is the same."""
    squares = (ROOT / "solutions" / "ex90_double" / "wrong" / "squares.py").read_text()
    handed = submission(squares)

    known, unknown = (record for _, record in engine.map([handed], ask=lambda _: Ask(unknown=True)))
    ((_, unnamed),) = engine.map([handed], ask=lambda _: Ask(diagnosed=False))

    assert {c.diagnosis.mistake for c in known.checks if c.diagnosis} == {"squares"}
    assert [c.diagnosis for c in unknown.checks if c.diagnosis] == []
    assert timeless(unknown) == timeless(
        dataclasses.replace(
            known, checks=[dataclasses.replace(check, diagnosis=None) for check in known.checks]
        )
    )
    assert timeless(unnamed) == timeless(unknown)


@pytest.mark.parametrize("name", ["right", "wrong", "exits"])
def test_the_same_files_of_several_students(engine: LocalEngine, name: str) -> None:
    """A record each, from the inputs that each would get alone."""
    source = {"right": RIGHT, **HOSTILE}[name]
    ask = Ask(checks=("test_double_vector", "test_total_vector"), students=("s2", "s3"))

    together = [record for _, record in engine.map([submission(source)], ask=lambda _: ask)]

    only = Ask(checks=ask.checks)
    alone = engine.map([submission(source, one) for one in ("s1", "s2", "s3")], ask=lambda _: only)
    assert [timeless(one) for one in together] == [timeless(one) for _, one in alone]
    assert len({one.seed for one in together}) == 3
    assert [check.id for check in together[2].ran] == list(ask.checks or ())


def test_each_of_several_students_has_the_whole_time(course: Course, exercise: Exercise) -> None:
    """The time of a submission begins anew with each."""
    short = dataclasses.replace(exercise, limits=dataclasses.replace(exercise.limits, total_s=0.9))
    sleeps = RIGHT.replace("return 2 * x", "import time; time.sleep(0.35); return 2 * x")
    ask = Ask(checks=("test_double_vector",), students=("s2", "s3"))

    with LocalEngine(course, short) as engine:
        found = [record for _, record in engine.map([submission(sleeps)], ask=lambda _: ask)]

    assert [record.passed for record in found] == [True, True, True]


def test_several_students_share_a_worker(engine: LocalEngine) -> None:
    """What the module keeps is still there."""
    counts = RIGHT.replace("import numpy as np", "import numpy as np\n\nCALLS = []").replace(
        "return 2 * x", "CALLS.append(x); return len(CALLS) * x"
    )
    ask = Ask(checks=("test_double_vector",), students=("s2", "s3"))

    found = [record.passed for _, record in engine.map([submission(counts)], ask=lambda _: ask)]

    assert found == [False, True, False]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_submission_changes_the_next(engine: LocalEngine, name: str) -> None:
    """The judge is reused: a control submission before and after has the same record, byte for byte."""
    before = engine.judge(submission(RIGHT, "control"))
    hostile = engine.judge(submission(HOSTILE[name]))
    after = engine.judge(submission(RIGHT, "control"))

    assert timeless(before) == timeless(after)
    assert hostile.outcome == "graded"
    assert not hostile.passed


@pytest.mark.parametrize("name", [n for n in HOSTILE if n != "exits_at_import"])
def test_the_other_function_is_still_judged(engine: LocalEngine, name: str) -> None:
    """What one function does costs its own checks and no other."""
    record = engine.judge(submission(HOSTILE[name]))

    outcomes = {check.id: check.outcome for check in record.checks}
    assert outcomes["test_total_vector"] is Outcome.PASSED
    assert outcomes["test_total_matrix"] is Outcome.PASSED
    assert outcomes["test_double_vector"] is not Outcome.PASSED
    assert record.score == 10.0


def test_the_same_file_gets_the_same_record(engine: LocalEngine) -> None:
    """Inputs hang on the file and the student."""
    one, two = (engine.judge(submission(HOSTILE["wrong"])) for _ in range(2))
    other = engine.judge(submission(HOSTILE["wrong"] + "\n# changed\n"))

    assert timeless(one) == timeless(two)
    assert one.seed != other.seed
    assert one.checks[-1].id == other.checks[-1].id


def test_a_known_mistake_is_named_in_the_record(engine: LocalEngine) -> None:
    """From the student's file to the name, through the whole judge."""
    record = engine.judge(submission(HOSTILE["wrong"]))

    named = {check.id: check.diagnosis.mistake for check in record.checks if check.diagnosis}
    assert named["test_double_vector"] == "squares"
    assert "test_total_vector" not in named


def test_a_fork_server_that_dies_costs_nothing(course: Course, exercise: Exercise) -> None:
    """The judge lives on and can grade nothing: it is replaced, and the submission judged again."""
    with LocalEngine(course, exercise) as engine:
        assert engine.judge(submission(RIGHT, "before")).score == 20.0
        (server,) = [
            child
            for child in psutil.Process(engine._slots[0].process.pid).children()
            if "grader.worker.forkserver" in child.cmdline()
        ]
        server.kill()

        after = [record.score for _, record in engine.map([submission(RIGHT, f"s{i}") for i in range(3)])]

    assert after == [20.0, 20.0, 20.0]


def test_a_submission_that_was_not_graded_is_judged_again(
    course: Course, exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another judge: a gap is the grader's fault, and the next try may fill it."""
    with LocalEngine(course, exercise) as engine:
        engine.start()
        first = engine._slots[0].process.pid
        real, gaps = engine._answer, [True]

        def answer(slot: Any, task: Any) -> list[Record]:
            found = real(slot, task)
            return [engine._not_graded(submission(RIGHT), "a gap")] if gaps and gaps.pop() else found

        monkeypatch.setattr(engine, "_answer", answer)

        record = engine.judge(submission(RIGHT))
        second = engine._slots[0].process.pid

    assert (record.outcome, record.score) == ("graded", 20.0)
    assert first != second


def test_a_judge_that_always_dies_gives_not_graded(
    course: Course, exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some tries the record says so, without a score."""
    with LocalEngine(course, exercise) as engine:
        engine.start()
        monkeypatch.setattr(engine, "_answer", _broken)

        record = engine.judge(submission(RIGHT))

    assert (record.outcome, record.score) == ("not_graded", None)


def _broken(_slot: object, _task: object) -> Record:
    from grader.errors import MachineError

    raise MachineError("broken on purpose")


def test_a_map_left_in_the_middle_confuses_nothing(course: Course, exercise: Exercise) -> None:
    """The answer that nobody waited for is not taken for the next one."""
    with LocalEngine(course, exercise) as engine:
        engine.start()
        left = engine.map([submission(HOSTILE["wrong"], "one"), submission(HOSTILE["wrong"], "two")])
        next(left)
        engine._slots[0].send(engine._task(submission(HOSTILE["wrong"], "nobody"), Ask()))
        left.close()

        record = engine.judge(submission(RIGHT, "three"))

    assert (record.student, record.score) == ("three", 20.0)


def test_what_stands_beside_the_course_is_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link above the course that cannot be followed, say, which another account may make in /tmp."""
    import shutil

    shutil.copytree(ROOT, tmp_path / "course")
    (tmp_path / "link").symlink_to("x" * 300)
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))
    course = courses.load(tmp_path / "course" / courses.COURSE_FILE)

    with LocalEngine(course, course.exercise("ex90")) as engine:
        assert engine.judge(submission(RIGHT)).score == 20.0


def test_a_reference_that_fails_its_suite_is_the_courses_error(tmp_path: Path) -> None:
    """Nobody is graded by a suite that its own reference does not pass."""
    import shutil

    shutil.copytree(ROOT, tmp_path / "course")
    reference = tmp_path / "course" / "solutions" / "ex90_double" / "double.py"
    reference.write_text(RIGHT.replace("float(x.sum())", "[float(x.sum())]"))
    broken = courses.load(tmp_path / "course" / courses.COURSE_FILE)

    with (
        LocalEngine(broken, broken.exercise("ex90")) as engine,
        pytest.raises(CourseError, match="its own suite"),
    ):
        engine.start()


def test_compiled_suites_are_for_no_other_user(course: Course, exercise: Exercise) -> None:
    """Who may not read `solutions/` may not read what Python makes of it."""
    with LocalEngine(course, exercise) as engine:
        engine.start()

    compiled = course.state_dir / "cache" / "pycache"
    assert any("test_double" in path.name for path in compiled.rglob("*.pyc"))
    assert compiled.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("free", "kept"), [(2**20, False), (2**30, True)])
def test_nothing_is_compiled_onto_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, kept: bool
) -> None:
    """Half a file would be taken for a whole one, and no suite could be read from it again."""
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setattr(sys, "dont_write_bytecode", None)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))

    server._Compiled(str(tmp_path)).pytest_collection()

    assert sys.dont_write_bytecode is not kept


def _nothing_left(course: Course, exercise: Exercise, submissions: list[Submission], temporary: Path) -> None:
    gc.collect()  # descriptors that another test left to the collector would go in the middle of this one
    process = psutil.Process()
    before = process.num_fds()
    others = {child.pid for child in process.children(recursive=True)}
    engine = LocalEngine(course, exercise, jobs=2)
    try:
        found = [record for _, record in engine.map(submissions)]
        servers = {child.pid for child in process.children(recursive=True)} - others
    finally:
        engine.close()

    assert [record.outcome for record in found] == ["graded"] * len(submissions)
    assert servers
    deadline = time.monotonic() + 5
    while (left := [pid for pid in servers if psutil.pid_exists(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []
    assert process.num_fds() == before
    assert list(temporary.iterdir()) == []


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that judge servers take for the system's temporary one."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def test_nothing_is_left_behind(course: Course, exercise: Exercise, temporary: Path) -> None:
    """No process, folder or descriptor after a few submissions of every kind."""
    _nothing_left(course, exercise, [submission(source, name) for name, source in HOSTILE.items()], temporary)


@pytest.mark.slow
def test_nothing_is_left_behind_after_300_submissions(
    course: Course, exercise: Exercise, temporary: Path
) -> None:
    """The same after 300, of which a third crash, hang or fork."""
    kinds = [RIGHT, HOSTILE["wrong"], HOSTILE["exits"], RIGHT, HOSTILE["wrong"], HOSTILE["hangs"], RIGHT]
    kinds += [HOSTILE["raises"], HOSTILE["forks"]]

    many = [submission(kinds[i % len(kinds)], f"s{i}") for i in range(300)]
    _nothing_left(course, exercise, many, temporary)


FIXTURES = """
import pytest
from grader.judge import assert_close

group = pytest.mark.group("all", points=20, en="all", ko="전체")

@pytest.fixture(scope="module")
def seen():
    return []

@group
def test_double(submission, reference, rng, seen):
    x = rng.random(3)
    got = submission.double(x=x)
    seen.append(got)
    assert len(seen) == 1
    assert_close(got, reference.double(x=x), name="double")

@group
def test_total(submission, reference, rng):
    x = rng.random(3)
    assert_close(submission.total(x=x), reference.total(x=x), name="total")
"""


def test_marks_only(tmp_path: Path, course: Course) -> None:
    """Judging ends with the first check that loses points; the next one gets fixtures of its own."""
    shutil.copytree(ROOT, tmp_path / "course")
    root = tmp_path / "course" / "solutions" / "ex90_double"
    (root / "hidden" / "test_double.py").write_text(FIXTURES, encoding="utf-8")
    copy = courses.load(tmp_path / "course" / courses.COURSE_FILE)

    with LocalEngine(copy, copy.exercise("ex90"), marks_only=True) as engine:
        before, wrong, after = (
            engine.judge(submission(source)) for source in (RIGHT, HOSTILE["wrong"], RIGHT)
        )

    assert (before.score, after.score) == (20.0, 20.0)
    outcomes = [(check.id, check.outcome) for check in wrong.checks if not check.id.startswith("public/")]
    assert outcomes == [("test_double", Outcome.FAILED), ("test_total", Outcome.SKIPPED)]
    assert wrong.score == 0
    assert {check.diagnosis for check in wrong.checks} == {None}


def test_other_limits(course: Course, exercise: Exercise) -> None:
    """An engine judges under the limits of the exercise that it is given."""
    limits = dataclasses.replace(exercise.limits, call_s=0.2)
    source = RIGHT.replace("return 2 * x", "import time; time.sleep(0.35); return 2 * x")

    with LocalEngine(course, dataclasses.replace(exercise, limits=limits)) as engine:
        record = engine.judge(submission(source))

    assert {check.outcome for check in record.checks if "double" in check.id} == {Outcome.TIMED_OUT}
