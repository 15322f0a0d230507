"""The group `grade` with the commands of all personas. Imports click and nothing heavier."""

import click

import grader
from grader.cli import author, book, instructor, stats, student, system


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 all passed, 1 some check did not, 2 bad input, 3 not graded, 130 interrupted.",
)
@click.version_option(grader.__version__, prog_name="dlgrade", message="%(prog)s %(version)s")
def app() -> None:
    """Grade exercises of a deep-learning course, and learn from what failed."""


for _module in (student, instructor, stats, book, author, system):
    for _command in _module.COMMANDS:
        app.add_command(_command)
