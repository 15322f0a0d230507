"""A torch exercise from file to record: a fair suite, forbidden things, a device that is not there."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.core import course as courses
from grader.core.course import Exercise
from grader.core.record import Outcome, Record
from grader.core.submission import SourceFile, Submission
from grader.engines.local import LocalEngine
from grader.errors import MachineError
from grader.judge.audit import audit
from grader.report.view import student_view
from tests.states import seeded

COURSE = Path(__file__).parent / "course_torch"
TINY = Path(__file__).parent / "course"
EXERCISE = COURSE / "solutions" / "ex95_torch_conv"
Judge = Callable[..., Record]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """Judges a source by a copy of a course, whose course.toml may be changed."""
    engines: dict[tuple[Path, tuple[str, str]], tuple[Exercise, LocalEngine]] = {}

    def start(root: Path, change: tuple[str, str]) -> tuple[Exercise, LocalEngine]:
        copy = tmp_path_factory.mktemp("torch") / "course"
        shutil.copytree(root, copy, ignore=shutil.ignore_patterns(".grade"))
        file = copy / courses.COURSE_FILE
        text = file.read_text()
        assert change[0] in text
        file.write_text(text.replace(*change))
        course = courses.load(file)
        (exercise,) = course.exercises.values()
        return exercise, LocalEngine(course, exercise)

    def judge(source: str, *, root: Path = COURSE, change: tuple[str, str] = ("", "")) -> Record:
        if (root, change) not in engines:
            engines[root, change] = start(root, change)
        exercise, engine = engines[root, change]
        files = (SourceFile(name=exercise.files[0], data=source.encode()),)
        return engine.judge(
            Submission(student="s", exercise=exercise.id, files=files, submitted_utc="2026-03-01T09:00:00Z")
        )

    yield judge
    for _, engine in engines.values():
        engine.close()


def outcomes(record: Record) -> dict[str, Outcome]:
    """How each check ended."""
    return {check.id: check.outcome for check in record.checks}


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [5])
def test_the_suite_is_fair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seeds: int) -> None:
    """Stub 0, reference and accepted full marks, each wrong solution caught where stated and named."""
    monkeypatch.setenv("GRADE_STATE", str(seeded(tmp_path)))
    course = courses.load(COURSE / courses.COURSE_FILE)
    exercise = course.exercise("ex95")

    with LocalEngine(course, exercise) as engine:
        result = audit(exercise, engine, seeds=seeds)

    assert result.findings == []


FUNCTIONAL = (EXERCISE / "wrong" / "uses_functional.py").read_text()
UNUSED = (EXERCISE / "torch_conv.py").read_text() + "\nfrom torch.nn.functional import conv2d as other\n"


@pytest.mark.slow
def test_zero_where_it_was_used(judge: Judge) -> None:
    """The student is told what, and in which line; checks that do not come to it keep their points."""
    record = judge(FUNCTIONAL)

    ended = outcomes(record)
    check = next(c for c in record.checks if c.id == "test_gradients")
    assert ended.pop("test_parameters") is Outcome.PASSED
    assert set(ended.values()) == {Outcome.FORBIDDEN}
    assert check.message is not None
    assert "torch.nn.functional.conv2d" in check.message.en
    assert "nn.functional.conv2d(x, w, b" in check.traceback[0].text
    assert check.diagnosis is None
    assert record.score == 10.0


@pytest.mark.slow
def test_a_flag_where_that_is_chosen(judge: Judge) -> None:
    """Full marks, and evidence of both kinds for staff alone."""
    record = judge(FUNCTIONAL, change=('means = "zero"', 'means = "flag"'))

    assert record.passed
    assert {(flag.what, flag.seen) for flag in record.flags} == {
        ("torch.nn.functional.conv2d", "source"),
        ("aten.convolution", "run"),
        ("aten.convolution_backward", "run"),
    }
    ran = next(flag for flag in record.flags if flag.what == "aten.convolution")
    assert (ran.file, FUNCTIONAL.splitlines()[(ran.line or 0) - 1].split("(")[0].strip()) == (
        "torch_conv.py",
        "return nn.functional.conv2d",
    )
    assert "test_device" in ran.checks
    assert "test_parameters" not in ran.checks
    assert student_view(record).flags == []


def test_an_import_alone_costs_nothing(judge: Judge) -> None:
    """It is flagged."""
    record = judge(UNUSED)

    assert record.passed
    assert [(flag.what, flag.checks) for flag in record.flags] == [("torch.nn.functional.conv2d", [])]


HALF = """
import numpy as np

def double(x):
    return x * 2

def total(x):
    return helper(x)

def helper(x):
    return float(np.convolve(x.reshape(-1), np.ones(x.size), "valid")[0])
"""


@pytest.mark.parametrize("means", ["flag", "zero"])
def test_without_torch_the_source_is_gone_by(judge: Judge, means: str) -> None:
    """Checks of functions that come to the name, and no others."""
    rule = f'points = 20\nforbidden = ["numpy.convolve"]\nforbidden_means = "{means}"\n'
    record = judge(HALF, root=TINY, change=("points = 20\n", rule))

    (flag,) = record.flags
    assert (flag.what, flag.line, flag.seen) == ("numpy.convolve", 11, "source")
    assert {"test_total_matrix", "test_total_vector"} <= set(flag.checks)
    assert not any("double" in check for check in flag.checks)
    forbidden = {id for id, outcome in outcomes(record).items() if outcome is Outcome.FORBIDDEN}
    assert forbidden == (set(flag.checks) if means == "zero" else set())
    assert record.score == (10.0 if means == "zero" else 20.0)


def test_numpy_for_a_tensor_is_told(judge: Judge) -> None:
    """What to return instead."""
    source = (
        (EXERCISE / "torch_conv.py").read_text().replace("+ b[:, None, None]", "+ b[:, None, None]).numpy()")
    )
    record = judge(source.replace("return torch.einsum", "return (torch.einsum"))

    check = next(c for c in record.checks if c.id == "test_float32")
    assert check.message is not None
    assert "got an array of shape" in check.message.en
    assert "Return a torch.Tensor" in check.message.en
    assert "torch.Tensor를 반환하세요" in check.message.ko


def test_the_same_file_gets_the_same_record(judge: Judge) -> None:
    """Also where it draws its parameters at random."""
    source = (EXERCISE / "wrong" / "flips_kernel.py").read_text()

    one, two = judge(source), judge(source)

    assert [(c.outcome, c.message, c.evidence) for c in one.checks] == [
        (c.outcome, c.message, c.evidence) for c in two.checks
    ]


@pytest.mark.slow
@pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="there is a GPU")
def test_a_gpu_that_cannot_be_opened_is_the_machines_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the suite nor the submission is blamed: nothing is judged."""
    monkeypatch.setenv("GRADE_STATE", str(tmp_path))
    course = courses.load(COURSE / courses.COURSE_FILE)

    with (
        LocalEngine(course, course.exercise("ex95"), device="cuda") as engine,
        pytest.raises(MachineError, match=r"a worker did not start: .*(CUDA|NVIDIA)"),
    ):
        engine.start()
