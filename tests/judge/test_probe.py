"""The author's code beside the student's: called through the wall, by hand, in practice and in replays."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.core import course as courses
from grader.core.course import Course
from grader.core.record import Certainty, Outcome, Record
from grader.core.submission import SourceFile, Submission
from grader.engines.local import LocalEngine
from grader.errors import CourseError
from grader.judge import suite
from grader.judge.audit import audit
from grader.judge.practice import practice
from grader.judge.uses import Use

TINY = Path(__file__).parent.parent / "course"
RIGHT = (TINY / "solutions" / "ex90_double" / "double.py").read_text()
PROBE = '''
"""Doubles again and again."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Steps:
    all: list


def repeated(module, x, times, add=None):
    steps = Steps([])
    for _ in range(times):
        x = module.double(x=x)
        steps.all.append(x)
    return {"last": x, "means": [float(np.mean(step)) for step in steps.all], "added": add and add(x)}


def spoils(module, x):
    x[...] = 0
'''
CHECKS = """
import numpy as np
import pytest

from grader.judge import assert_close, assert_unchanged

again = pytest.mark.group("again", points=5)


@again
def test_again(probe, rng):
    x = rng.standard_normal(4)
    got = probe.repeated(x, times=3)
    assert_close(got["last"], 8 * x)
    assert_close(got["means"], [float(np.mean(k * x)) for k in (2, 4, 8)])


@again
def test_beside(submission, probe, reference, rng):
    x = rng.standard_normal(4)
    got = probe.repeated(x=x, times=1, add=lambda y: float(y.sum()))
    assert_close(got["last"], reference.double(x=x))
    assert_close(got["added"], submission.total(x=2 * x))
    assert_unchanged(submission)
"""
PUBLIC = '''

@pytest.mark.title(en="twice", ko="두 번")
def test_twice(probe):
    """Two steps."""
    got = probe.repeated(x=np.array([1.0]), times=2)
    assert_close(got["last"], np.array([4.0]))
'''


def copy_of_course(root: Path, probe: str | None = "solutions", checks: str = CHECKS) -> Course:
    """The tiny course with these checks, and the probe in one of its folders."""
    shutil.copytree(TINY, root, ignore=shutil.ignore_patterns(".grade", "__pycache__"))
    file = root / courses.COURSE_FILE
    text = file.read_text().replace("points = 20", "points = 25").replace("import_s = 1.0", "import_s = 10.0")
    file.write_text(text.replace("call_s = 0.5", "call_s = 5.0").replace("total_s = 8.0", "total_s = 60.0"))
    (root / "solutions" / "ex90_double" / "hidden" / "test_again.py").write_text(checks)
    if probe is not None:
        (root / probe / "ex90_double" / "probe.py").write_text(PROBE)
    return courses.load(file)


def handed(source: str) -> Submission:
    """A submission of this source."""
    files = (SourceFile(name="double.py", data=source.encode()),)
    return Submission(student="s", exercise="ex90_double", files=files, submitted_utc="2026-03-01T09:00:00Z")


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Record]]:
    """Judges a source by a course with a probe."""
    course = copy_of_course(tmp_path_factory.mktemp("probe") / "course")
    with LocalEngine(course, course.exercise("ex90")) as engine:
        yield lambda source: engine.judge(handed(source))


def test_it_gets_the_students_module(judge: Callable[[str], Record]) -> None:
    """By place and by keyword, with callbacks, beside calls of the submission's own."""
    assert judge(RIGHT).passed


def test_what_the_students_code_raises_is_the_students(judge: Callable[[str], Record]) -> None:
    """With the line, and the call as the suite made it; other checks go on."""
    record = judge(RIGHT.replace("return 2 * x", "raise ValueError('no')"))

    check = next(check for check in record.checks if check.id == "test_again")
    assert check.outcome is Outcome.CRASHED
    assert [frame.text.strip() for frame in check.traceback] == ["raise ValueError('no')"]
    assert "probe.repeated(" in check.evidence[0].text  # type: ignore[union-attr]
    assert next(c for c in record.checks if c.id == "test_total_vector").outcome is Outcome.PASSED


def test_an_unwritten_part_is_told_as_ever(judge: Callable[[str], Record]) -> None:
    """Not as an exception."""
    record = judge(RIGHT.replace("return 2 * x", "raise NotImplementedError('double is not written yet')"))

    check = next(check for check in record.checks if check.id == "test_again")
    assert check.message is not None
    assert check.message.en == "This part is not written yet."


def test_a_known_mistake_is_named_from_what_the_probe_returns(judge: Callable[[str], Record]) -> None:
    """The probe runs in replays as well."""
    record = judge(RIGHT.replace("2 * x", "x * x"))

    named = {check.id: check.diagnosis for check in record.checks if check.diagnosis}
    assert {"test_again", "test_beside"} <= set(named)
    assert {(one.mistake, one.certainty) for one in named.values()} == {("squares", Certainty.EXACT)}


@pytest.mark.parametrize("name", ["probe.py", "sys.modules['<probe>'].repeated"])
def test_no_student_code_takes_its_place_by_name(judge: Callable[[str], Record], name: str) -> None:
    """A module called probe is another one; reaching for the probe gains what a wrong return gains."""
    if name == "probe.py":
        source = RIGHT + "\nimport sys, types\nsys.modules['probe'] = types.ModuleType('probe')\n"
        assert judge(source).passed
    else:
        source = RIGHT + f"\nimport sys\n{name} = lambda *_, **__: {{}}\n"
        record = judge(source)
        assert {c.id for c in record.checks if c.outcome is not Outcome.PASSED} == {
            "test_again",
            "test_beside",
        }


def test_the_digest_covers_it(tmp_path: Path) -> None:
    """Another probe is another suite."""
    exercise = copy_of_course(tmp_path / "course").exercise("ex90")
    before = suite.digest(exercise)
    path = exercise.probe_path
    assert path is not None

    path.write_text(PROBE + "\n# changed\n")

    assert suite.digest(exercise) != before


@pytest.mark.parametrize(
    ("checks", "probe", "expected"),
    [(CHECKS, None, "solutions"), (CHECKS, "exercises", None), (PUBLIC, "solutions", "exercises")],
    ids=["nowhere", "public", "not_with_students"],
)
def test_a_check_without_its_probe_is_the_courses_error(
    tmp_path: Path, checks: str, probe: str | None, expected: str | None
) -> None:
    """The message says where it is expected: for public checks where students have it."""
    course = copy_of_course(tmp_path / "course", probe, CHECKS)
    if checks is PUBLIC:
        public = course.exercise("ex90").public_dir / "test_public.py"
        public.write_text(public.read_text() + PUBLIC)

    with LocalEngine(course, course.exercise("ex90")) as engine:
        if expected is None:
            assert engine.judge(handed(RIGHT)).passed
        else:
            with pytest.raises(CourseError, match=f"{expected}/ex90_double/probe.py"):
                engine.start()


def test_practice_mode_has_it(tmp_path: Path) -> None:
    """Where it is public."""
    course = copy_of_course(tmp_path / "course", "exercises")
    public = course.exercise("ex90").public_dir / "test_public.py"
    public.write_text(public.read_text() + PUBLIC)

    assert practice(course, course.exercise("ex90"), handed(RIGHT), "en").passed
    wrong = practice(course, course.exercise("ex90"), handed(RIGHT.replace("2 * x", "x * x")), "en")
    assert {c.id: c.outcome for c in wrong.checks}["public/test_twice"] is Outcome.FAILED


@pytest.mark.parametrize(("change", "code"), [("2 * x", 0), ("x * x", 1)])
def test_by_hand(tmp_path: Path, change: str, code: int) -> None:
    """`pytest --submission` loads it, too."""
    copy_of_course(tmp_path / "course")
    (tmp_path / "mine.py").write_text(RIGHT.replace("2 * x", change))
    hidden = tmp_path / "course" / "solutions" / "ex90_double" / "hidden" / "test_again.py"

    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", hidden]
    done = subprocess.run(
        [*command, "--submission", tmp_path / "mine.py"],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip

    assert done.returncode == code, done.stdout


def test_the_audit_knows_its_place(tmp_path: Path) -> None:
    """Beside the reference it is no stray file; in both folders, nobody knows which of them runs."""
    course = copy_of_course(tmp_path / "course")
    exercise = course.exercise("ex90")
    with LocalEngine(course, exercise) as engine:
        one = audit(exercise, engine, seeds=1)
        (exercise.public_dir / "probe.py").write_text(PROBE)
        two = audit(exercise, engine, seeds=1)

    assert not [finding for finding in one.findings if "probe" in finding]
    assert [finding for finding in two.findings if "probe.py is with the solutions and public" in finding]


def test_a_check_with_a_probe_may_have_come_to_anything() -> None:
    """So what stands in the source is its."""
    use = Use("numpy.convolve", "double.py", 3, ("helper",), ran=False)

    assert use.touches({"*"})
    assert not use.touches({"double"})
