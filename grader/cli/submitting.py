"""`grade submit`: judge, record, report, print, in this order: what is shown has been recorded.

The servers start first; SQLAlchemy, jinja2 and rich are imported while they do.
Where no suite can judge, handing.py takes its place.
"""

import contextlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli import output, reporting, returning
from grader.cli.phrases import say
from grader.cli.request import Request, exit_code, short
from grader.core import hints
from grader.core.submission import Submission, student_key
from grader.core.text import visible
from grader.engines.choosing import Choice, open_engine
from grader.engines.journal import Journal

if TYPE_CHECKING:
    from grader.engines.protocol import Engine
    from grader.gradebook import Recorded


def submit(
    request: Request,
    *,
    engine: Choice,
    out: Path | None,
    open_report: bool,
    feedback_notebook: bool = False,
) -> int:
    """Exit code of one submission."""
    exercise = request.exercise
    paths = request.paths(Path.cwd())
    submission = request.submission(paths, stub_refused=True)
    notebooks = returning.taken(paths, submission) if feedback_notebook else {}
    folder = _folder(request, out)
    with open_engine(
        engine,
        request.course,
        exercise,
        jobs=1,
        most=1,
        language=request.language,
        device=request.device,
        note=request.note,
    ) as judges:
        recorded = _judge_and_record(request, judges, submission)
        judges.hang_up()
        before = recorded.previous if recorded.is_new else None  # an old attempt has changed nothing
        record, previous = reporting.views(exercise, recorded.record, before)
        report = folder / reporting.name(record, bare=out is None)
        reporting.write(exercise, submission, record, previous, report)
        written = returning.write(exercise, submission, record, notebooks, report, language=request.language)
    if record.outcome == "not_graded":
        log = Journal.of(request.course.state_dir).path(submission)
        request.note(f"log: {visible(str(short(log)), one_line=True)}")
    if not recorded.is_new:
        request.note(say("graded_before", request.language, attempt=recorded.attempt))
    request.show(record, previous=previous, report=report)
    if request.as_json:
        request.note(f"report: {visible(str(short(report)), one_line=True)}")
    for path in written:
        phrase = "feedback_page" if path.suffix == ".html" else "feedback_notebook"
        where = say(phrase, request.language, path=visible(str(short(path)), one_line=True))
        request.note(where) if request.as_json else request.tell(where)
    if open_report:
        _open(request, report)
    return exit_code(record)


def _judge_and_record(request: Request, engine: "Engine", submission: Submission) -> "Recorded":
    """The record that stands; a file that this suite has graded before is not judged again."""
    from grader.gradebook import Gradebook
    from grader.gradebook.grades import refuse_beyond_limit

    steps = hints.told(request.exercise)
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
            return book.record(submission, record, steps)
        finally:
            views.join()


def _import_views(request: Request) -> None:
    """What shows the record takes as long to import as a submission to judge."""
    if not request.as_json and not request.quiet:
        with contextlib.suppress(Exception):  # whoever needs it meets it again, and is told
            import grader.report.terminal  # noqa: F401
    reporting.prepare(request.course)


def _folder(request: Request, out: Path | None) -> Path:
    """The folder for reports, made before anything is judged: it can be the argument that is wrong."""
    exercise, student = request.exercise.id, student_key(request.student)
    folder = out.absolute() if out is not None else request.course.state_dir / "reports" / exercise / student
    return reporting.writable(folder, named=out is not None)


def _open(request: Request, report: Path) -> None:
    import webbrowser

    if not webbrowser.open(report.as_uri()):
        request.note("no browser could be started: open the report by its path")
