"""`grade submit --feedback-notebook`: the student's notebook given back, with feedback in its cells."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

from grader.cli import reporting
from grader.core import notebook
from grader.core.course import Exercise, Language
from grader.core.record import Record
from grader.core.submission import Submission, kept, own_name, read_bytes
from grader.errors import SubmissionError


def taken(paths: Sequence[Path], submission: Submission) -> dict[str, bytes]:
    """The notebooks of a submission as they were handed in, by the name that they have in it.

    SubmissionError if there is none, or for one that cannot be given back: before anything is graded.
    """
    named = {file.name: file for file in submission.files if file.cells is not None}
    if not named:
        raise SubmissionError("--feedback-notebook is for notebooks: hand in a .ipynb file, or leave it out")
    from grader.report import givenback

    found = {}
    for path in paths:
        own = PurePath(own_name(path)).stem + notebook.SUFFIX
        name = own if own in named else next(iter(named))  # a single file may have any name
        if path.suffix == notebook.SUFFIX:
            found[name] = read_bytes(path, limit=notebook.MAX_BYTES)
            if kept(path, found[name]) != named[name].data:
                raise SubmissionError(f"{str(path)!r} changed while it was read: hand it in again")
            givenback.require(found[name])
    return found


def write(
    exercise: Exercise,
    submission: Submission,
    record: Record,
    notebooks: Mapping[str, bytes],
    report: Path,
    *,
    language: Language,
) -> list[Path]:
    """Writes each notebook with feedback, and the page of it, beside the report; says where they are.

    `record` must be the student's view. Nothing is written of what was not graded.
    """
    if not notebooks or record.outcome != "graded":
        return []
    from grader.report import givenback
    from grader.report.inplace import feedback

    written = []
    cells = {file.name: file.cells for file in submission.files}
    for name, data in notebooks.items():
        own = feedback(record, name, cells[name] or (), language)
        page = givenback.page(
            data,
            own,
            title=exercise.title.in_(language),
            heading=f"{exercise.id} · {name}",
            student=record.student,
            language=language,
        )
        texts = {notebook.SUFFIX: givenback.notebook(data, own).decode(), ".html": page}
        for suffix, text in texts.items():
            path = report.with_name(f"{report.stem}-{PurePath(name).stem}{suffix}")
            failed = f"attempt {record.attempt} is recorded, but {str(path)!r} cannot be written"
            reporting.replace(path, text, failed, "submit the same file again with another --out DIR")
            written.append(path)
    return written
