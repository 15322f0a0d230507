"""What students do: list, status, start, check, watch, submit."""

from pathlib import Path
from typing import Any

import click

from grader.cli import options

_files = click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path))


@click.command("list")
@options.together(options.as_json, options.language, options.course)
def list_(as_json: bool, lang: str | None, course_dir: Path | None) -> None:
    """List the exercises with points and due dates."""
    from grader.cli import output, overview

    course = options.find_course(course_dir)
    output.result(
        overview.exercises_json(course)
        if as_json
        else overview.exercises(course, options.language_of(course, lang))
    )


@click.command
@options.together(options.as_json, options.student, options.language, options.course)
def status(as_json: bool, student: str | None, lang: str | None, course_dir: Path | None) -> None:
    """Show your best scores and attempts."""
    from grader.cli import output, overview

    course = options.find_course(course_dir)
    id = options.student_id(student)
    best = overview.best(course, id)
    output.result(
        overview.status_json(course, id, best)
        if as_json
        else overview.status(course, id, best, options.language_of(course, lang))
    )


@click.command
@click.argument("exercise")
@options.together(
    click.option("--notebook", is_flag=True, help="A notebook with task, cells and checks instead."),
    options.language,
    options.quiet,
    options.course,
)
def start(exercise: str, notebook: bool, lang: str | None, quiet: bool, course_dir: Path | None) -> None:
    """Copy the exercise's file into the working folder; your work is never overwritten."""
    from grader.cli import output, starting

    course = options.find_course(course_dir)
    chosen = course.exercise(exercise)
    language = options.language_of(course, lang)
    written = (
        starting.start_notebook(chosen, Path.cwd(), language)
        if notebook
        else starting.start(chosen, Path.cwd())
    )
    if not quiet:
        output.line(starting.next_steps(written, chosen.number, language))


@click.command
@click.argument("exercise")
@_files
@options.together(
    options.as_json,
    options.student,
    options.device,
    options.language,
    options.quiet,
    options.colour,
    options.course,
    options.cells,
    click.option("--practice", is_flag=True, hidden=True, help="Check as where there is no Linux."),
)
def check(exercise: str, files: tuple[Path, ...], **given: Any) -> int:
    """Run the public checks on your file, on this machine."""
    from grader.cli import checking

    return checking.check(_request(exercise, files, given), practice=given["practice"])


@click.command
@click.argument("exercise")
@_files
@options.together(
    options.as_json,
    options.student,
    options.device,
    options.language,
    options.quiet,
    options.colour,
    options.course,
    click.option("--practice", is_flag=True, hidden=True, help="Check as where there is no Linux."),
)
def watch(exercise: str, files: tuple[Path, ...], **given: Any) -> int:
    """Run the public checks again on every save, until Ctrl-C."""
    from grader.cli import checking

    return checking.watch(_request(exercise, files, given), practice=given["practice"])


@click.command
@click.argument("exercise")
@_files
@options.together(
    click.option("--open", "open_", is_flag=True, help="Open the report in a browser."),
    click.option("--feedback-notebook", is_flag=True, help="Write your notebook with feedback in its cells."),
    options.as_json,
    options.out,
    options.student,
    options.device,
    options.language,
    options.engine,
    options.quiet,
    options.colour,
    options.course,
    options.cells,
)
def submit(exercise: str, files: tuple[Path, ...], **given: Any) -> int:
    """Grade your file with the hidden suite, and record the attempt; elsewhere, write a hand-in file."""
    from grader.cli import handing

    engine = options.engine_choice(given)
    request = _request(exercise, files, given, here=engine.name == "local")
    if handing.is_for(request.exercise):
        handing.refuse_feedback(asked=given["feedback_notebook"])
        return handing.hand_in(request, out=given["out"])
    from grader.cli import submitting

    return submitting.submit(
        request,
        engine=engine,
        out=given["out"],
        open_report=given["open_"],
        feedback_notebook=given["feedback_notebook"],
    )


def _request(exercise: str, files: tuple[Path, ...], given: dict[str, Any], *, here: bool = True) -> Any:
    """What was asked for, with defaults resolved and arguments checked."""
    from grader.cli.request import Request

    course = options.find_course(given["course_dir"])
    chosen = course.exercise(exercise)
    options.require_device(chosen, given["device"], here=here)
    return Request(
        course=course,
        exercise=chosen,
        files=files,
        student=options.student_id(given["student"]),
        device=given["device"],
        language=options.language_of(course, given["lang"]),
        as_json=given["as_json"],
        quiet=given["quiet"],
        colour=given["colour"],
        cells=_cells(given.get("cells")),
    )


def _cells(path: Path | None) -> Any:
    """What a notebook says of its cells; None where this is no notebook."""
    if path is None:
        return None
    from grader.cli import cells

    return cells.read(path)


COMMANDS = (list_, status, start, check, watch, submit)
