"""`grade stats --similar`: the submissions that count, compared with each other."""

import contextlib

from grader.cli import output
from grader.core.classwork import Classwork
from grader.core.course import Course, Exercise
from grader.core.similar import Similar
from grader.gradebook import Gradebook
from grader.similar.comparing import Document, compare, require


def similar(course: Course, exercise: Exercise, book: Gradebook, work: Classwork, *, quiet: bool) -> Similar:
    """What is alike in the files of different students, beyond the stub; EngineError without the extra."""
    require()
    documents = [
        Document(student=one.student, file=file.name, text=file.data.decode("utf-8", "replace"))
        for one in work.works
        for file in book.submission_bytes(one.glance.digests.submission)
    ]
    with output.Status(f"comparing {len(documents)} files …", quiet=quiet):
        return compare(documents, _given(exercise), cache=course.state_dir / "cache")


def _given(exercise: Exercise) -> list[str]:
    """The stubs that are here."""
    given = []
    for name in exercise.names:
        with contextlib.suppress(OSError):
            given.append((exercise.public_dir / name).read_text("utf-8", "replace"))
    return given
