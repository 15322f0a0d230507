"""What instructors do with the gradebook: `grade book …`."""

from pathlib import Path
from typing import Any

import click

from grader.cli import options

_FORMATS = ("csv", "canvas", "moodle", "gradescope", "classroom50", "junit")

_exercises = click.argument("exercises", nargs=-1, metavar="[EXERCISE]...")
_file = click.argument("file", type=click.Path(path_type=Path))
_only = click.option("--student", metavar="ID", help="Only this student.")
_reason = click.option("--reason", metavar="TEXT", required=True, help="Why; kept in the book.")
_author = click.option("--author", metavar="NAME", help="Who decides; default: the login name.")
_withdraw = click.option("--withdraw", is_flag=True, help="Undo the one that stands.")
_out = click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="Folder to write to.")
_force = click.option("--force", is_flag=True, help="Replace what is there.")


class _Book(click.Group):
    """`grade book` and `grade book ex10` are short for `grade book show …`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts `show` where no command is named."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Book, epilog="'grade book', 'grade book ex10', 'grade book --student ID' mean 'show'.")
def book() -> None:
    """Show, correct, export and keep the gradebook."""


@book.command
@_exercises
@options.together(_only, options.as_json, options.colour, options.course)
def show(exercises: tuple[str, ...], student: str | None, **given: Any) -> None:
    """Show the class, some exercises, or one student."""
    from grader.cli import booking, output, standings

    course = options.find_course(given["course_dir"])
    chosen = booking.chosen(course, exercises, list(book.commands))
    with booking.opened(course) as kept:
        view = standings.view(kept, course, chosen, student)
    if given["as_json"]:
        output.result(standings.as_json(view))
    else:
        console, page = output.console(given["colour"])
        standings.show(view, console, detailed=bool(exercises) and len(chosen) == 1)
        output.result("".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines()))


@book.command
@click.argument("exercise")
@click.argument("student")
@click.argument("score", required=False)
@options.together(_reason, _author, _withdraw, options.quiet, options.course)
def override(exercise: str, student: str, score: str | None, **given: Any) -> None:
    """Set a student's score, or excuse with EX."""
    from grader.cli import booking, standings
    from grader.gradebook import decisions

    course = options.find_course(given["course_dir"])
    chosen = course.exercise(exercise)
    what = booking.override(chosen, score, withdraw=given["withdraw"])
    with booking.opened(course) as kept:
        decisions.override(
            kept,
            student=options.student_id(student),
            exercise=chosen.id,
            what=what,
            author=booking.author(given["author"]),
            reason=given["reason"],
        )
        standings.confirm(kept, course, chosen, student, quiet=given["quiet"])


@book.command
@click.argument("exercise")
@click.argument("student")
@options.together(
    click.option("--until", metavar="TIME", help="The new due date, such as 2026-04-05T23:59+09:00."),
    click.option("--days", metavar="N", type=click.IntRange(1, 366), help="Or so many days more."),
    click.option(
        "--attempts", metavar="N", type=click.IntRange(0, 1000), default=0, help="So many attempts more."
    ),
    _reason,
    _author,
    _withdraw,
    options.quiet,
    options.course,
)
def extend(exercise: str, student: str, **given: Any) -> None:
    """Give a student another due date, more attempts, or both."""
    from grader.cli import booking, standings
    from grader.gradebook import decisions

    course = options.find_course(given["course_dir"])
    chosen = course.exercise(exercise)
    what = booking.extension(
        chosen,
        until=given["until"],
        days=given["days"],
        attempts=given["attempts"],
        withdraw=given["withdraw"],
    )
    with booking.opened(course) as kept:
        decisions.extend(
            kept,
            student=options.student_id(student),
            exercise=chosen.id,
            what=what,
            author=booking.author(given["author"]),
            reason=given["reason"],
        )
        standings.confirm(kept, course, chosen, student, quiet=given["quiet"])


@book.command
@_file
@options.together(options.quiet, options.course)
def roster(file: Path, quiet: bool, course_dir: Path | None) -> None:
    """Take students in from a CSV file: id, name, email, section."""
    from grader.cli import output
    from grader.cli.booking import opened
    from grader.core.roster import read
    from grader.gradebook import decisions

    course = options.find_course(course_dir)
    listed = read(file)
    with opened(course, make=True) as kept:
        new = decisions.enrol(kept, listed)
    if not quiet:
        output.line(f"{len(listed)} students in {str(file)!r}, {new} of them new in the gradebook")


@book.command
@_exercises
@options.together(
    click.option(
        "--format", "form", type=click.Choice(_FORMATS), default="csv", show_default=True, help="For whom."
    ),
    click.option(
        "--template",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Canvas's export of its gradebook, to be filled.",
    ),
    click.option("--pseudonyms", is_flag=True, help="Pseudonyms in place of names."),
    _only,
    _out,
    options.language,
    options.quiet,
    options.course,
)
def export(exercises: tuple[str, ...], **given: Any) -> None:
    """Write grades in a format that others read."""
    from grader.cli import booking, exporting

    course = options.find_course(given["course_dir"])
    exporting.export(
        course,
        booking.chosen(course, exercises, list(book.commands)),
        form=given["form"],
        template=given["template"],
        pseudonyms=given["pseudonyms"],
        student=given["student"],
        out=given["out"],
        language=options.language_of(course, given["lang"]),
        quiet=given["quiet"],
    )


@book.command
@click.argument("exercise")
@options.together(
    click.option(
        "--format",
        "form",
        type=click.Choice(["folders", "canvas", "moodle"]),
        default="folders",
        show_default=True,
        help="A folder each, or the zip file that Canvas or Moodle takes.",
    ),
    click.option(
        "--download",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="What Canvas or Moodle gave as the submissions (.zip, or the folder of it).",
    ),
    _only,
    _out,
    options.quiet,
    options.course,
)
def feedback(exercise: str, **given: Any) -> None:
    """Write the reports of an exercise, to be given back."""
    from grader.cli import feedback as feedbacks

    course = options.find_course(given["course_dir"])
    feedbacks.write(
        course,
        course.exercise(exercise),
        form=given["form"],
        download=given["download"],
        student=given["student"],
        out=given["out"],
        quiet=given["quiet"],
    )


@book.command
@_file
@options.together(_force, options.quiet, options.course)
def backup(file: Path, force: bool, quiet: bool, course_dir: Path | None) -> None:
    """Copy gradebook and secret to a file, also while in use."""
    from grader.cli import output
    from grader.cli.booking import opened
    from grader.gradebook import upkeep

    course = options.find_course(course_dir)
    with opened(course) as kept:
        held = upkeep.backup(kept, file, secret=course.secret(), force=force)
    if not quiet:
        output.line(f"{held} attempts in {str(file)!r}; keep it from students")


@book.command
@_file
@options.together(_force, options.quiet, options.course)
def restore(file: Path, force: bool, quiet: bool, course_dir: Path | None) -> None:
    """Make the gradebook what a backup holds."""
    from grader.cli import output
    from grader.cli.booking import keep_secret, opened, present_secret
    from grader.gradebook import upkeep

    course = options.find_course(course_dir)
    upkeep.require(file)  # before a book is made to take it
    with opened(course, make=True) as kept:
        held, secret = upkeep.restore(kept, file, secret=present_secret(course), force=force)
    if secret is not None:
        keep_secret(course, secret)
    if not quiet:
        output.line(f"{held} attempts from {str(file)!r}")


@book.command
@click.argument("student")
@options.together(click.option("--yes", is_flag=True, help="Do not ask."), options.quiet, options.course)
def forget(student: str, yes: bool, quiet: bool, course_dir: Path | None) -> None:
    """Erase a student: attempts, files, reports, logs."""
    from grader.cli import booking, output
    from grader.gradebook import upkeep

    course = options.find_course(course_dir)
    id = options.student_id(student)
    booking.ask(f"Erase all of {id!r} for ever?", yes=yes)
    with booking.opened(course) as kept:
        held = upkeep.forget(kept, id, state_dir=course.state_dir)
    if not quiet:
        many = f"{held} attempt{'' if held == 1 else 's'}"
        output.line(f"forgotten, with {many}; backups and exports are yours to erase")


COMMANDS = (book,)
