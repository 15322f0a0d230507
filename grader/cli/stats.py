"""What instructors ask of a class: stats."""

from pathlib import Path
from typing import Any

import click

from grader.cli import options


@click.command
@click.argument("exercise")
@options.together(
    click.option(
        "--out",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="Write the class report, class.html, into this folder.",
    ),
    click.option(
        "--similar", is_flag=True, help="Compare submissions with each other; needs dlgrade[similar]."
    ),
    click.option("--pseudonyms", is_flag=True, help="Pseudonyms in place of names, and no links."),
    options.as_json,
    options.language,
    options.quiet,
    options.colour,
    options.course,
)
def stats(exercise: str, **given: Any) -> None:
    """What a class did with an exercise: scores, checks, mistakes."""
    from grader.cli import statistics

    course = options.find_course(given["course_dir"])
    statistics.show(
        statistics.Asked(
            course=course,
            exercise=course.exercise(exercise),
            out=given["out"],
            similar=given["similar"],
            pseudonyms=given["pseudonyms"],
            language=options.language_of(course, given["lang"]),
            as_json=given["as_json"],
            quiet=given["quiet"],
            colour=given["colour"],
        )
    )


COMMANDS = (stats,)
