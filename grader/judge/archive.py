"""Suites as they were: what judged a recorded submission is kept beside the gradebook, to judge it so again.

Kept by digest, once, by the judge server of a command that records; found by `grade replay`. An archived
suite is a course of one exercise: what the digest covers, and course.toml as it was then.
"""

import contextlib
import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from grader.core import course as courses
from grader.core.course import Course, Exercise
from grader.errors import GraderError
from grader.judge import suite as suites

FOLDER: Final = "suites"
"""In the course's state folder."""

_DIGEST: Final = re.compile(r"sha256:([0-9a-f]{64})")


def keep(course: Course, exercise: Exercise, folder: Path, digest: str) -> None:
    """Keeps the suite with this digest in `folder`, unless it is there, or no room is."""
    place = _place(folder, digest)
    if place is None or place.exists():
        return
    with contextlib.suppress(OSError):  # then a replay is by the suite as it is, and says so
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".draft-", dir=folder) as draft:
            root = Path(draft) / "suite"
            for path in [course.root / courses.COURSE_FILE, *suites.files(exercise)]:
                target = root / path.relative_to(course.root)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
            root.rename(place)  # whole or not at all; another process may have been first


def find(course: Course, exercise: str, digest: str) -> tuple[Course, Exercise] | None:
    """The suite with this digest as a course with the state of `course`; None if it is not kept, or damaged.

    `digest` may be anybody's text.
    """
    place = _place(course.state_dir / FOLDER, digest)
    if place is None or not place.is_dir():
        return None
    try:
        kept = replace(courses.load(place / courses.COURSE_FILE), state_dir=course.state_dir)
        found = kept.exercises.get(exercise)
        sound = found is not None and found.solution_dir is not None and suites.digest(found) == digest
    except (GraderError, OSError):
        return None
    return (kept, found) if sound and found is not None else None


def _place(folder: Path, digest: str) -> Path | None:
    match = _DIGEST.fullmatch(digest)
    return folder / match[1] if match else None
