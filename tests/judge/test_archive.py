"""Suites as they were: kept once, found by digest, never believed where they are not what they were."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from grader.core.course import Course, load
from grader.judge import archive
from grader.judge import suite as suites

COURSE = Path(__file__).parents[1] / "course"
EX = "ex90_double"


@pytest.fixture
def course(tmp_path) -> Course:
    """The tiny course, with state of its own."""
    shutil.copytree(COURSE, tmp_path / "course")
    loaded = load(tmp_path / "course" / "exercises" / "course.toml")
    return replace(loaded, state_dir=tmp_path / "state")


def kept(course: Course) -> str:
    """Keeps the suite as it is; its digest."""
    exercise = course.exercise(EX)
    digest = suites.digest(exercise)
    archive.keep(course, exercise, course.state_dir / archive.FOLDER, digest)
    return digest


def test_kept_and_found(course):
    """The same files as a course of its own, whatever becomes of the course's; the state is the course's."""
    digest = kept(course)
    shutil.rmtree(course.root / "solutions")

    found = archive.find(course, EX, digest)

    assert found is not None
    as_it_was, exercise = found
    assert suites.digest(exercise) == digest
    assert as_it_was.state_dir == course.state_dir
    assert exercise.solution_dir.is_relative_to(course.state_dir)
    assert not (exercise.solution_dir / "accepted").exists()  # judges nobody


def test_kept_once(course):
    """What is there stays, and nothing else does."""
    digest = kept(course)
    kept(course)

    (place,) = (course.state_dir / archive.FOLDER).iterdir()
    assert f"sha256:{place.name}" == digest
    assert (course.state_dir / archive.FOLDER).stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written(course):
    """It is not kept, and nothing fails."""
    course.state_dir.write_text("a file")

    assert archive.find(course, EX, kept(course)) is None


@pytest.mark.parametrize(
    "digest",
    ["", "sha256:", "../../exercises", f"sha256:{'a' * 63}/", f"sha256:{'A' * 64}", f"sha256:{'a' * 64}"],
)
def test_none_of_ours(course, digest):
    """Nothing is found for what is no digest, or is not kept."""
    kept(course)

    assert archive.find(course, EX, digest) is None


@pytest.mark.parametrize("what", ["suite", "course file", "exercise"])
def test_damaged(course, what):
    """What is not as it was judges nobody."""
    digest = kept(course)
    (place,) = (course.state_dir / archive.FOLDER).iterdir()
    if what == "suite":
        (place / "solutions" / EX / "double.py").write_text("def double(x): return x\n")
    elif what == "course file":
        (place / "exercises" / "course.toml").write_text("title =")
    else:
        shutil.rmtree(place / "solutions")

    assert archive.find(course, EX, digest) is None
