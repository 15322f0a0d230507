"""The class report's file: made from the gradebook, beside the reports of students and with links to them."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from grader.cli import reporting
from grader.core.course import Course, Exercise, Language
from grader.core.record import Text
from grader.core.submission import student_key, utc

if TYPE_CHECKING:
    from grader.cli.batching import Batch
    from grader.collect import Collection, Refused
    from grader.core.classwork import Classwork
    from grader.core.similar import Similar

CLASS_REPORT: Final = "class.html"


def of_batch(request: "Batch", found: "Collection", refused: Sequence["Refused"], folder: Path) -> Path:
    """The report after a batch: the class as the book has it, and what of this folder was not taken."""
    from grader.core.classwork import Waiting
    from grader.gradebook import Gradebook, classwork

    with Gradebook.open(request.course.gradebook) as book:
        work = classwork.read(book, request.exercise)
    not_taken = [
        Waiting(student=one.student, why=Text(en=one.why, ko=f"채점하지 않았습니다: {one.why}"))
        for one in refused
    ]
    here = {*(one.student for one in work.works), *(one.student for one in (*work.waiting, *not_taken))}
    absent = {*work.absent, *(student.id for student in found.absent)} - here
    names = {id: student.name for id, student in found.names.items() if student.name}
    work = replace(
        work,
        waiting=(*work.waiting, *not_taken),
        absent=tuple(sorted(absent)),
        names={**names, **work.names},
    )
    return write(request.course, request.exercise, work, folder, language=request.language)


def write(
    course: Course,
    exercise: Exercise,
    work: "Classwork",
    folder: Path,
    *,
    language: Language,
    linked: bool = True,
    similar: "Similar | None" = None,
) -> Path:
    """Writes the report into `folder`, which is there; its path. `linked`: to the reports of students."""
    from grader.report.classpage import ClassPage, render

    page = render(
        ClassPage(
            exercise=exercise,
            classwork=work,
            language=language,
            made_utc=utc(),
            reports=_links(course, exercise, work, folder) if linked else {},
            similar=similar,
        )
    )
    path = folder / CLASS_REPORT
    failed = f"all is recorded, but the class report {str(path)!r} cannot be written"
    reporting.replace(path, page, failed, f"make room, then: grade stats {exercise.number} --out DIR")
    return path


def _links(course: Course, exercise: Exercise, work: "Classwork", folder: Path) -> dict[str, str]:
    """Where the reports are, relative to `folder`: those in it, else those of the course's state."""
    kept = course.state_dir / "reports" / exercise.id
    found = {}
    for one in work.works:
        about = (exercise.id, one.student, one.glance.attempt)
        places = (
            folder / reporting.name_of(*about, bare=False),
            folder / student_key(one.student) / reporting.name_of(*about, bare=True),
            kept / student_key(one.student) / reporting.name_of(*about, bare=True),
        )
        if (place := next(filter(Path.exists, places), None)) is not None:
            found[one.student] = quote(os.path.relpath(place, folder))
    return found
