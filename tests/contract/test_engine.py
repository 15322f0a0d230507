"""Every engine, on one machine or several: each submission has one record, and nothing of it stays."""

import contextlib
import dataclasses
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from grader.core import course as courses
from grader.core import record as records
from grader.core.course import Course
from grader.core.record import Record
from grader.core.submission import SourceFile, Submission
from grader.engines.local import LocalEngine
from grader.engines.protocol import Engine
from grader.errors import CourseError
from tests.engines.nodes import Nodes, nodes, running

ROOT = Path(__file__).parent.parent / "course"
RIGHT = (ROOT / "solutions" / "ex90_double" / "double.py").read_text(encoding="utf-8")
GROUPS = Path("/sys/fs/cgroup")

SOURCES = {
    "right": RIGHT,
    "wrong": RIGHT.replace("2 * x", "x * x"),
    "unwritten": RIGHT.replace("return 2 * x", "raise NotImplementedError"),
    "exits": RIGHT.replace("return 2 * x", "import os; os._exit(0)"),
    "hangs": RIGHT.replace("return 2 * x", "\n    while True: pass"),
    "floods": RIGHT.replace("return 2 * x", "print('x' * 10**7)"),
    "no Python": "def",
}


def submission(source: str = RIGHT, student: str = "s1") -> Submission:
    """A submission of ex90 with this source."""
    files = (SourceFile(name="double.py", data=source.encode()),)
    return Submission(
        student=student, exercise="ex90_double", files=files, submitted_utc="2026-03-01T09:00:00Z"
    )


def timeless(record: Record) -> bytes:
    """The record without what a clock says."""
    checks = [dataclasses.replace(check, seconds=0.0) for check in record.checks]
    return records.encode(dataclasses.replace(record, seconds=0.0, checks=checks))


@dataclass(frozen=True)
class Kind:
    """One kind of engine, and the machine that it runs on."""

    make: Callable[..., Engine]
    servers: Callable[[], list[psutil.Process]]
    """Its judge servers."""
    temporary: Path
    """Where its folders are."""


@pytest.fixture(scope="module", params=["local", pytest.param("ray", marks=pytest.mark.slow)])
def kind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kind]:
    """This machine; a Ray cluster of two nodes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADE_STATE", str(tmp_path_factory.mktemp("state")))
        if request.param == "local":
            temporary = tmp_path_factory.mktemp("temporary")
            patch.setenv("TMPDIR", str(temporary))
            yield Kind(LocalEngine, _own_servers, temporary)
        else:
            from grader.engines.cluster import RayEngine

            with nodes(2, cpus=2) as cluster:  # room for two engines
                yield Kind(_on(cluster, RayEngine), lambda: cluster.running(SERVER), cluster.temporary)


SERVER = "grader.engines.server"


def _own_servers() -> list[psutil.Process]:
    return running(SERVER, psutil.Process())


def _on(cluster: Nodes, engine: Callable[..., Engine]) -> Callable[..., Engine]:
    def make(course: Course, exercise: courses.Exercise, *, jobs: int = 1) -> Engine:
        return engine(course, exercise, jobs=jobs, address=cluster.address)

    return make


@pytest.fixture(scope="module")
def course(kind: Kind) -> Course:
    """The tests' course."""
    return courses.load(ROOT / courses.COURSE_FILE)


@pytest.fixture(scope="module")
def engine(kind: Kind, course: Course) -> Iterator[Engine]:
    """Two slots for the whole module."""
    with kind.make(course, course.exercise("ex90"), jobs=2) as engine:
        yield engine


def test_each_submission_has_one_record(engine: Engine) -> None:
    """Whatever it does; nobody's is another's."""
    handed = [submission(source, f"{name}-{i}") for i in range(2) for name, source in SOURCES.items()]

    found = [(one.student, record.student, record.score) for one, record in engine.map(handed)]

    due = {"right": 20.0, "no Python": 0.0}
    assert sorted(found) == sorted(
        (one.student, one.student, due.get(one.student.rpartition("-")[0], 10.0)) for one in handed
    )


@pytest.mark.parametrize("name", ["right", "wrong", "exits"])
def test_the_record_is_that_of_any_other_engine(engine: Engine, course: Course, name: str) -> None:
    """Byte for byte but for times: where a course was unpacked, say, stands nowhere."""
    with LocalEngine(course, course.exercise("ex90")) as other:
        expected = other.judge(submission(SOURCES[name]))

    assert timeless(engine.judge(submission(SOURCES[name]))) == timeless(expected)


def test_submissions_are_drawn_as_slots_become_free(engine: Engine) -> None:
    """A class need not be in memory: at most one submission a slot is drawn before it is needed."""
    drawn: list[str] = []

    def coming() -> Iterator[Submission]:
        for i in range(12):
            drawn.append(f"s{i}")
            yield submission(student=f"s{i}")

    ahead = [len(drawn) - done for done, _ in enumerate(engine.map(coming()), start=1)]

    assert sorted(drawn) == sorted(f"s{i}" for i in range(12))
    assert max(ahead) <= 3  # one a slot, and one that finished beside the one that was asked for
    assert ahead[-1] == 0


def test_a_map_left_in_the_middle_confuses_nothing(engine: Engine) -> None:
    """An answer that nobody waited for is not taken for the next one."""
    left = engine.map([submission(SOURCES["exits"], f"left-{i}") for i in range(4)])
    next(left)
    left.close()  # type: ignore[attr-defined]

    found = [(one.student, record.score) for one, record in engine.map([submission(student="next")])]

    assert found == [("next", 20.0)]


def test_a_judge_that_dies_costs_nothing(engine: Engine, kind: Kind) -> None:
    """Its submission is judged again by another."""
    handed = [submission(student=f"s{i}") for i in range(30)]
    found: Counter[str] = Counter()

    for one, record in engine.map(handed):
        found[one.student] += 1
        assert record.score == 20.0
        if sum(found.values()) in (3, 6):
            kind.servers()[0].kill()

    assert found == Counter(one.student for one in handed)


DEADLY = """
import os

import pytest
from grader.judge import assert_close

@pytest.mark.group("all", points=20, en="all", ko="전체")
def test_double(submission, reference, rng):
    x = rng.random(3)
    got = submission.double(x=x)
    if (got == 0).all():
        os._exit(1)
    assert_close(got, reference.double(x=x), name="double")
"""


def test_a_submission_on_which_every_judge_dies_is_not_graded(kind: Kind, tmp_path: Path) -> None:
    """After some tries, without a score; the others are graded."""
    shutil.copytree(ROOT, tmp_path / "course")
    suite = tmp_path / "course" / "solutions" / "ex90_double" / "hidden" / "test_double.py"
    suite.write_text(DEADLY, encoding="utf-8")
    course = courses.load(tmp_path / "course" / courses.COURSE_FILE)
    handed = [submission(student=f"s{i}") for i in range(6)]
    handed.insert(2, submission(RIGHT.replace("2 * x", "0 * x"), "deadly"))

    with kind.make(course, course.exercise("ex90"), jobs=2) as engine:
        found = [(one.student, record.outcome, record.score) for one, record in engine.map(handed)]

    assert sorted(found) == [("deadly", "not_graded", None), *((f"s{i}", "graded", 20.0) for i in range(6))]


def test_a_broken_suite_is_the_courses_error(kind: Kind, tmp_path: Path) -> None:
    """It names the file, and no submission is judged."""
    shutil.copytree(ROOT, tmp_path / "course")
    suite = tmp_path / "course" / "solutions" / "ex90_double" / "hidden" / "test_double.py"
    suite.write_text("import no_such_module\n", encoding="utf-8")
    broken = courses.load(tmp_path / "course" / courses.COURSE_FILE)

    with (
        kind.make(broken, broken.exercise("ex90")) as engine,
        pytest.raises(CourseError, match=r"test_double\.py[\s\S]*no_such_module"),
    ):
        engine.start()


@pytest.mark.parametrize("busy", [False, True], ids=["at rest", "while judging"])
def test_nothing_is_left_behind(kind: Kind, course: Course, engine: Engine, busy: bool) -> None:
    """No server, worker, control group or folder; a second end changes nothing."""
    engine.start()
    others, folders = _pids(kind), set(os.listdir(kind.temporary))
    second = kind.make(course, course.exercise("ex90"), jobs=1)
    try:
        sources = [RIGHT, SOURCES["exits"], SOURCES["hangs"]]
        judging = second.map([submission(source) for source in sources])
        if busy:
            assert [next(judging)[1].score, next(judging)[1].score] == [20.0, 10.0]
            judging.close()  # type: ignore[attr-defined]
        else:
            assert len(list(judging)) == 3
        own = _pids(kind) - others
        assert own
    finally:
        second.close()
        second.close()

    deadline = time.monotonic() + 20
    while any(map(psutil.pid_exists, own)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert {pid for pid in own if psutil.pid_exists(pid)} == set()
    assert [group for group in GROUPS.rglob("dlgrade-*") if int(group.name.split("-")[1]) in own] == []
    assert set(os.listdir(kind.temporary)) == folders


def _pids(kind: Kind) -> set[int]:
    """Judge servers, with all that they have started."""
    family: set[int] = set()
    for server in kind.servers():
        with contextlib.suppress(psutil.NoSuchProcess):
            family |= {server.pid, *(child.pid for child in server.children(recursive=True))}
    return family
