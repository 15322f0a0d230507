"""What authors give out and take in: release, import."""

from pathlib import Path

import click

from grader.cli import options

_path = click.Path(path_type=Path)


@click.command
@click.argument("dest", type=_path)
@options.together(
    click.option("--git", is_flag=True, help="A repository with one commit, ready to push."),
    options.quiet,
    options.course,
)
def release(dest: Path, git: bool, quiet: bool, course_dir: Path | None) -> None:
    """Write what students receive to DEST, a folder or a zip, after a check that nothing hidden is in it."""
    from grader.cli import output, releasing

    made = releasing.release(options.find_course(course_dir), dest, git=git)
    for line in made[:-1]:
        output.note(line)
    if not quiet:
        output.line(made[-1])


@click.group("import")
def import_() -> None:
    """Take in a course that was written for another grader."""


@import_.command
@click.argument("source", metavar="COURSE_DIR", type=_path)
@options.together(
    options.quiet,
    click.option(
        "--course",
        "course_dir",
        metavar="DIR",
        type=_path,
        help="Folder of the course; default: GRADE_COURSE, else the nearest one upward, else a new one here.",
    ),
)
def nbgrader(source: Path, quiet: bool, course_dir: Path | None) -> None:
    """Make exercises of the notebooks in COURSE_DIR/source; what cannot be is listed, cell by cell."""
    from grader.cli import importing, output

    imported = importing.nbgrader(source, course_dir)
    if not quiet:
        output.result(importing.summary(imported))


COMMANDS = (release, import_)
