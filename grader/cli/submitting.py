"""`grade submit`: judge, record, report, print, in this order: what is shown has been recorded.

The servers start first; SQLAlchemy, jinja2 and rich are imported while they do.
"""

import contextlib
import os
import platform
import secrets
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli import output
from grader.cli.phrases import say
from grader.cli.request import Request, exit_code, short
from grader.core.hints import read as read_hints
from grader.core.record import Record
from grader.core.submission import Submission, student_key
from grader.core.text import visible
from grader.engines.journal import Journal
from grader.engines.local import LocalEngine
from grader.errors import CourseError, InputError, MachineError

if TYPE_CHECKING:
    from grader.gradebook import Recorded


def submit(request: Request, *, out: Path | None, open_report: bool) -> int:
    """Exit code of one submission."""
    exercise = request.exercise
    submission = request.submission(request.paths(Path.cwd()), stub_refused=True)
    if exercise.solution_dir is None:
        raise CourseError(
            f"nothing was handed in: the hidden suite of {exercise.id} is not on this machine; "
            f"check your file with 'grade check {exercise.number}', and hand the file to your instructor"
        )
    if platform.system() != "Linux":
        raise MachineError(
            f"submissions are judged on Linux, this is {platform.system()}: nothing was handed in; "
            f"'grade check {exercise.number}' runs the public checks here"
        )
    folder = _report_folder(request, out)
    with LocalEngine(
        request.course, exercise, language=request.language, logged=True, device=request.device
    ) as engine:
        recorded = _judge_and_record(request, engine, submission)
        engine.hang_up()
        record, previous = _for_student(request, recorded)
        report = folder / _report_name(record, bare=out is None)
        _write_report(request, submission, record, previous, report)
    if record.outcome == "not_graded":
        log = Journal.of(request.course.state_dir).path(submission)
        request.note(f"log: {visible(str(short(log)), one_line=True)}")
    if not recorded.is_new:
        request.note(say("graded_before", request.language, attempt=recorded.attempt))
    request.show(record, previous=previous, report=report)
    if request.as_json:
        request.note(f"report: {visible(str(short(report)), one_line=True)}")
    if open_report:
        _open(request, report)
    return exit_code(record)


def _judge_and_record(request: Request, engine: LocalEngine, submission: Submission) -> "Recorded":
    """The record that stands; a file that this suite has graded before is not judged again."""
    from grader.gradebook import Gradebook
    from grader.gradebook.grades import refuse_beyond_limit

    # In an exam, where names are all that is told, nothing helps.
    hints = read_hints(request.exercise) if request.exercise.reveal != "name" else ()
    views = threading.Thread(target=_import_views, args=(request,))
    with (
        Gradebook.open(request.course.gradebook) as book,
        output.Status(f"judging {request.exercise.id} …", quiet=request.quiet),
    ):
        views.start()  # while the judge gets ready and judges
        try:
            suite = engine.start().suite
            record = book.find(submission, suite, request.device)
            if record is None:
                refuse_beyond_limit(book, request.exercise, submission)
                record = engine.judge(submission)
            return book.record(submission, record, hints)
        finally:
            views.join()


def _import_views(request: Request) -> None:
    """What shows the record takes as long to import as a submission to judge."""
    with contextlib.suppress(Exception):  # whoever needs it meets it again, and is told
        import grader.report.html

        if not request.as_json and not request.quiet:
            import grader.report.terminal

        grader.report.html.prepare(request.course.state_dir / "cache" / "templates")


def _for_student(request: Request, recorded: "Recorded") -> tuple[Record, Record | None]:
    """The student's view of the record and of the one before."""
    from grader.report.view import student_view

    reveal = request.exercise.reveal
    previous = recorded.previous if recorded.is_new else None  # an old attempt has changed nothing
    view = student_view(recorded.record, reveal)
    return view, None if previous is None else student_view(previous, reveal)


def _report_folder(request: Request, out: Path | None) -> Path:
    """The folder for reports, made before anything is judged: it can be the argument that is wrong."""
    exercise, student = request.exercise.id, student_key(request.student)
    folder = out.absolute() if out is not None else request.course.state_dir / "reports" / exercise / student
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "not writable")
    except OSError as e:
        wrong = InputError if out is not None else MachineError
        raise wrong(
            f"no report can be written to {str(folder)!r}: {(e.strerror or str(e)).lower()}; "
            + ("name another folder with --out DIR" if out else "set GRADE_STATE to a folder you can write")
        ) from e
    return folder


def _report_name(record: Record, *, bare: bool) -> str:
    """Such as `attempt_2.html`, behind exercise and student unless `bare`: no byte of it is a student's."""
    name = f"attempt_{record.attempt}.html" if record.outcome == "graded" else "not_graded.html"
    return name if bare else f"{record.exercise}-{student_key(record.student)}-{name}"


def _write_report(
    request: Request, submission: Submission, record: Record, previous: Record | None, path: Path
) -> None:
    """The report at `path`, whole or not at all."""
    from grader.report.html import render

    source = {file.name: file.data.decode("utf-8", "replace") for file in submission.files}
    page = render(record, title=request.exercise.title, previous=previous, source=source)
    draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}.tmp")
    try:
        with draft.open("x", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(page)
        draft.replace(path)
    except OSError as e:
        raise MachineError(
            f"attempt {record.attempt} is recorded, but its report {str(path)!r} cannot be written: "
            f"{(e.strerror or str(e)).lower()}; submit the same file again with another --out DIR"
        ) from e
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _open(request: Request, report: Path) -> None:
    import webbrowser

    if not webbrowser.open(report.as_uri()):
        request.note("no browser could be started: open the report by its path")
