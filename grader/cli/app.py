"""The group `grade` with the commands of all personas. Imports click and nothing heavier."""

from typing import Final

import click

import grader
from grader.cli import author, book, instructor, sharing, stats, student, system

_FOR: Final = {
    "Students": (student,),
    "Instructors": (instructor, stats, book, sharing),
    "Authors of exercises": (author,),
    "Everybody": (system,),
}


class _App(click.Group):
    """Its help lists commands by whom they are for, in the order in which they are needed."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes them, each with the whole of its first sentence."""
        for heading, modules in _FOR.items():
            commands = [command for module in modules for command in module.COMMANDS]
            with formatter.section(heading):
                formatter.write_dl([(str(one.name), one.get_short_help_str(200)) for one in commands])


@click.group(
    cls=_App,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 all passed, 1 some check did not, 2 bad input, 3 not graded, 130 interrupted.",
)
@click.version_option(grader.__version__, prog_name="dlgrade", message="%(prog)s %(version)s")
def app() -> None:
    """Grade exercises of a deep-learning course, and learn from what failed."""


for _modules in _FOR.values():
    for _module in _modules:
        for _command in _module.COMMANDS:
            app.add_command(_command)
