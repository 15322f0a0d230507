"""What a suite may say of itself: each contradiction is the course's error, told before anybody is judged."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.core import course as courses
from grader.core.course import Device
from grader.core.record import Outcome, Record
from grader.core.submission import SourceFile, Submission
from grader.engines.local import LocalEngine
from grader.errors import CourseError
from grader.judge.suite import matches

TINY = Path(__file__).parent.parent / "course"
HEAD = """
import pytest
from grader.judge import assert_close, assert_raises, fail

double = pytest.mark.group("double", points=10, en="Double", ko="두 배")
total = pytest.mark.group("total", points=10, all_or_nothing=True, en="Total", ko="합계")
"""
Judge = Callable[..., Record]


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Judge:
    """Judges the reference, or `source`, by a suite of the test's own."""
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))
    shutil.copytree(TINY, tmp_path / "course", ignore=shutil.ignore_patterns(".grade"))
    folder = tmp_path / "course" / "solutions" / "ex90_double"

    def judge(suite: str, source: str | None = None, device: Device = "cpu") -> Record:
        (folder / "hidden" / "test_double.py").write_text(HEAD + suite)
        course = courses.load(tmp_path / "course" / courses.COURSE_FILE)
        text = (folder / "double.py").read_text() if source is None else source
        handed = Submission(
            student="s",
            exercise="ex90_double",
            files=(SourceFile(name="double.py", data=text.encode()),),
            submitted_utc="2026-03-01T09:00:00Z",
        )
        with LocalEngine(course, course.exercise("ex90"), device=device) as engine:
            return engine.judge(handed)

    return judge


@pytest.mark.parametrize(
    ("suite", "message"),
    [
        ("@double\ndef test_a(submission): pass\n", "add up to 10 points"),
        ("def test_a(submission): pass\n", "has no group"),
        ("@pytest.mark.group('double')\ndef test_a(): pass\n", "mark 'group'"),
        ("@pytest.mark.group('double', points=0)\ndef test_a(): pass\n", "expected a name of its own"),
        (
            "@double\ndef test_a(): pass\n@pytest.mark.group('double', points=5)\ndef test_b(): pass\n",
            "declared twice",
        ),
        ("@double\n@pytest.mark.title(en='one')\ndef test_a(): pass\n", "mark 'title'"),
        ("@double\n@pytest.mark.title(en='{x}', ko='{y}')\ndef test_a(): pass\n", "mark 'title'"),
        ("@double\n@pytest.mark.depends('test_none')\ndef test_a(): pass\n", "names no check"),
        ("@double\n@pytest.mark.depends('test_a')\ndef test_a(): pass\n", "names itself"),
        ("@double\n@pytest.mark.reveal('some')\ndef test_a(): pass\n", "mark 'reveal'"),
        ("def broken(:\n", "cannot be collected"),
    ],
    ids=[
        "points", "no_group", "no_points", "zero_points", "two_groups", "no_korean", "no_parameter",
        "depends_on_none",
        "depends_on_itself", "reveal", "syntax",
    ],
)  # fmt: skip
def test_a_suite_that_contradicts_itself_is_refused(judge: Judge, suite: str, message: str) -> None:
    """The message says which check, and what was expected."""
    with pytest.raises(CourseError, match=message):
        judge(suite)


WHOLE = """
@double
@pytest.mark.title(en="Double of {n}", ko="{n}의 두 배")
@pytest.mark.parametrize("n", [1, 2], ids=["one", "two"])
def test_double(submission, rng, n):
    x = rng.standard_normal(n)
    assert_close(submission.double(x=x), 2 * x)

@total
def test_total(submission, rng):
    x = rng.standard_normal(4)
    assert_close(submission.total(x=x), float(x.sum()))

@total
@pytest.mark.depends("test_double*")
def test_total_of_double(submission, rng):
    x = rng.standard_normal(4)
    assert_close(submission.total(x=2 * x), float(2 * x.sum()))
"""
RIGHT = "import numpy as np\ndef double(x):\n    return 2 * x\ndef total(x):\n    return float(x.sum())\n"


def test_titles_are_written_out(judge: Judge) -> None:
    """A title holds the parameter, in both languages."""
    record = judge(WHOLE)

    assert [(c.title.en, c.title.ko) for c in record.checks if c.id == "test_double[two]"] == [
        ("Double of 2", "2의 두 배")
    ]
    assert record.score == 20


def test_points_are_shared_in_a_group(judge: Judge) -> None:
    """Half of the checks, half of the points."""
    record = judge(WHOLE, RIGHT.replace("2 * x", "2 * x if len(x) == 2 else x"))

    points = {check.id: check.points for check in record.checks}
    assert (points["test_double[one]"], points["test_double[two]"]) == (0, 5)


def test_a_check_that_depends_earns_nothing_alone(judge: Judge) -> None:
    """It is skipped, and says what it waits for; all_or_nothing takes the rest of its group."""
    record = judge(WHOLE, RIGHT.replace("2 * x", "x"))

    outcomes = {check.id: check.outcome for check in record.checks}
    assert outcomes["test_total_of_double"] is Outcome.SKIPPED
    assert outcomes["test_total"] is Outcome.PASSED
    assert record.score == 0


FIXTURES = """
import numpy as np

@pytest.fixture
def data(rng):
    return rng.standard_normal(3)

class TestDouble:
    @double
    def test_method(self, submission, data):
        assert_close(submission.double(x=data), 2 * data)

@total
@pytest.mark.parametrize("scale", [1.0])
def test_total(submission, reference, request, scale):
    x = np.ones(3) * scale
    assert_close(submission.total(x=x), reference.total(x=x))
"""


def test_pytest_stays_pytest(judge: Judge) -> None:
    """Fixtures of the suite's own, classes and `request` work."""
    record = judge(FIXTURES)

    assert record.score == 20
    assert "TestDouble::test_method" in [check.id for check in record.checks]


def test_a_suite_that_trips_over_an_answer_blames_the_answer(judge: Judge) -> None:
    """The reference gets through; what the submission returned does not."""
    suite = WHOLE.replace(
        "float(x.sum()))\n\n@total\n@pytest.mark.depends",
        "x.sum() + 0 * submission.total(x=x))\n\n@total\n@pytest.mark.depends",
    )

    record = judge(suite, RIGHT.replace("float(x.sum())", "'text'"))

    found = next(check for check in record.checks if check.id == "test_total")
    assert found.outcome is Outcome.FAILED
    assert record.outcome == "graded"


def test_a_suite_that_breaks_before_any_answer_is_the_graders_fault(judge: Judge) -> None:
    """Such a suite is found when its reference is judged: nobody gets a zero for it."""
    suite = WHOLE.replace("    x = rng.standard_normal(n)\n", "    x = rng.no_such_method(n)\n")

    with pytest.raises(CourseError, match=r"reference.*test_double.*not_graded"):
        judge(suite)


@pytest.mark.parametrize(
    ("id", "glob", "expected"),
    [
        ("test_a[1]", "test_a[1]", True),
        ("test_a[1]", "test_a*", True),
        ("test_a[1-x]", "test_a[1-*]", True),
        ("test_a1", "test_a[1]", False),
        ("public/test_a", "test_a", False),
        ("public/test_a", "public/*", True),
    ],
)
def test_globs_take_brackets_as_they_are(id: str, glob: str, expected: bool) -> None:
    """Ids of parametrized checks hold brackets."""
    assert matches(id, glob) is expected


def test_a_syntax_error_in_a_suite_is_told_in_a_few_lines(judge: Judge) -> None:
    """The place and the words of Python, without pytest's own frames."""
    with pytest.raises(CourseError, match="def broken") as caught:
        judge("def broken(:\n")

    assert "SyntaxError" in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 5


def by_hand(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """pytest, as authors run it."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        TINY / "solutions" / "ex90_double",
    ]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False, timeout=100)


def test_by_hand_a_file_that_is_not_there_is_one_error(tmp_path: Path) -> None:
    """It is the option that is wrong, and not each check."""
    done = by_hand("--submission", tmp_path / "mine.py")

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "no file" in done.stdout + done.stderr
    assert (done.stdout + done.stderr).count("ERROR") == 1


def test_by_hand_a_file_that_does_not_load_is_told_once(tmp_path: Path) -> None:
    """The first check shows the line, and the others are not run."""
    (tmp_path / "mine.py").write_text("def double(x)\n")

    done = by_hand("--submission", tmp_path / "mine.py")

    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "SyntaxError: expected ':'" in done.stdout
    assert "mine.py cannot be loaded" in done.stdout
    assert "1 error in" in done.stdout


def test_by_hand_without_a_file_is_one_error() -> None:
    """It says which option names the solution."""
    done = by_hand()

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "give --submission FILE" in done.stdout + done.stderr


def test_by_hand(tmp_path: Path) -> None:
    """A right solution passes."""
    (tmp_path / "mine.py").write_text(RIGHT)

    assert by_hand("--submission", tmp_path / "mine.py").returncode == 0


ABOUT_A_GPU = """
@double
def test_double(submission):
    assert submission.double(x=2.0) == 4.0


@double
@pytest.mark.device("cuda")
def test_on_a_gpu(submission, device):
    if device != "cuda":
        fail(en=device, ko=device)


@total
@pytest.mark.depends("test_on_a_gpu")
def test_total(submission, device):
    submission.double(x=1.0)


@total
@pytest.mark.device("cuda")
def test_total_on_a_gpu(submission): ...
"""


def test_checks_about_a_gpu_cost_nothing_without_one(judge: Judge) -> None:
    """They are not run; their points are with the others, and nothing that depends on them is lost."""
    record = judge(ABOUT_A_GPU)

    ended = {
        check.id: (check.outcome, check.points, check.max_points, check.not_run)
        for check in record.checks
        if check.group != "public"
    }
    assert ended == {
        "test_double": (Outcome.PASSED, 10.0, 10.0, False),
        "test_on_a_gpu": (Outcome.SKIPPED, 0.0, 0.0, True),
        "test_total": (Outcome.PASSED, 10.0, 10.0, False),
        "test_total_on_a_gpu": (Outcome.SKIPPED, 0.0, 0.0, True),
    }
    assert (record.passed, record.score, record.max_score, record.device) == (True, 20.0, 20.0, "cpu")
    message = next(check.message for check in record.checks if check.not_run)
    assert message is not None
    assert "GPU" in message.en
    assert "GPU" in message.ko


def test_on_a_gpu_they_count(judge: Judge) -> None:
    """They are run, with the device by its name, and earn their share. (Nothing of NumPy's opens a GPU.)"""
    record = judge(ABOUT_A_GPU, device="cuda")

    hidden = [check for check in record.checks if check.group != "public"]
    assert [(check.points, check.max_points) for check in hidden] == [(5, 5)] * 4
    assert (record.passed, record.device) == (True, "cuda")


def test_points_that_only_a_gpu_could_earn_are_refused(judge: Judge) -> None:
    """Without one they would be lost: the author is told which group lacks a check."""
    suite = ABOUT_A_GPU.replace('@total\n@pytest.mark.depends("test_on_a_gpu")', "@double")
    with pytest.raises(CourseError, match="all checks of group 'total' need a GPU"):
        judge(suite)
