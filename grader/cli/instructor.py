"""What instructors do: batch, regrade, replay."""

from pathlib import Path
from typing import Any

import click

from grader.cli import options

_path = click.Path(path_type=Path)


@click.command
@click.argument("exercise")
@click.argument("folder", metavar="DIR", type=_path)
@options.together(
    click.option(
        "--roster",
        metavar="FILE",
        type=_path,
        help="CSV with id, name, email, section; default: roster.csv in DIR, if there.",
    ),
    click.option(
        "--submitted",
        metavar="TIME",
        help="When submissions came of which nothing else is known: 2026-03-31T23:59+09:00.",
    ),
    click.option(
        "--file-times/--no-file-times",
        default=True,
        help="Whether times of files are those of submission; an unpacked download has others.",
    ),
    click.option("--only-failed", is_flag=True, help="Judge again what did not pass every check."),
    click.option("--rerun", is_flag=True, help="Judge all again, also what this suite has graded."),
    options.slots,
    options.as_json,
    options.out,
    options.device,
    options.language,
    options.engine,
    options.quiet,
    options.colour,
    options.course,
)
def batch(exercise: str, folder: Path, **given: Any) -> int:
    """Grade a folder of submissions; the same command again goes on where it was."""
    from grader.cli import batching
    from grader.collect import Times
    from grader.collect.moments import given as moment

    course = options.find_course(given["course_dir"])
    chosen = course.exercise(exercise)
    engine = options.engine_choice(given)
    options.require_device(chosen, given["device"], here=engine.name == "local")
    submitted = None if given["submitted"] is None else moment(given["submitted"])
    return batching.batch(
        batching.Batch(
            course=course,
            exercise=chosen,
            folder=folder,
            roster=given["roster"],
            times=Times(given=submitted, files=given["file_times"]),
            out=given["out"],
            jobs=given["jobs"],
            engine=engine,
            language=options.language_of(course, given["lang"]),
            device=given["device"],
            rerun=given["rerun"],
            only_failed=given["only_failed"],
            as_json=given["as_json"],
            quiet=given["quiet"],
            colour=given["colour"],
        )
    )


@click.command
@click.argument("exercise")
@options.together(
    click.option("--apply", "apply_", is_flag=True, help="Make it count; without it nothing is written."),
    click.option("--student", metavar="ID", help="Only this student."),
    click.option(
        "--reason",
        metavar="TEXT",
        default="the suite has changed",
        show_default=True,
        help="Why; kept in the book.",
    ),
    click.option("--author", metavar="NAME", help="Who decides; default: the login name."),
    click.option("--rerun", is_flag=True, help="Judge all again, also what this suite has graded."),
    options.slots,
    options.as_json,
    options.out,
    options.device,
    options.engine,
    options.quiet,
    options.colour,
    options.course,
)
def regrade(exercise: str, **given: Any) -> int:
    """Judge all attempts again by the suite as it is now, and show whose score changes."""
    from grader.cli import booking, regrading

    course = options.find_course(given["course_dir"])
    chosen = course.exercise(exercise)
    engine = options.engine_choice(given)
    options.require_device(chosen, given["device"], here=engine.name == "local")
    return regrading.regrade(
        regrading.Regrade(
            course=course,
            exercise=chosen,
            student=None if given["student"] is None else options.student_id(given["student"]),
            apply=given["apply_"],
            author=booking.author(given["author"]),
            reason=given["reason"],
            rerun=given["rerun"],
            out=given["out"],
            jobs=given["jobs"],
            engine=engine,
            device=given["device"],
            as_json=given["as_json"],
            quiet=given["quiet"],
            colour=given["colour"],
        )
    )


@click.command(
    epilog="RECORD is a file that --json wrote, - for stdin, the seed at the end of a report, or an exercise "
    "with --student ID. FILE is the submission, where the gradebook does not have it. Exit codes: 0 equal, "
    "1 different, 2 bad input, 3 not graded."
)
@click.argument("record")
@click.argument("files", nargs=-1, metavar="[FILE]...", type=_path)
@options.together(
    click.option("--student", metavar="ID", help="Whose record, of several or in the gradebook."),
    click.option("--attempt", metavar="N", type=click.IntRange(min=1), help="Which; default: the latest."),
    options.as_json,
    click.option("--device", type=click.Choice(["cpu", "cuda"]), help="Default: that of the record."),
    options.quiet,
    options.course,
)
def replay(record: str, files: tuple[Path, ...], **given: Any) -> int:
    """Judge the submission of a record again, from the same inputs, and compare."""
    from grader.cli import replaying

    return replaying.replay(
        replaying.Replay(
            course=options.find_course(given["course_dir"]),
            record=record,
            files=files,
            student=None if given["student"] is None else options.student_id(given["student"]),
            attempt=given["attempt"],
            device=given["device"],
            as_json=given["as_json"],
            quiet=given["quiet"],
        )
    )


COMMANDS = (batch, regrade, replay)
