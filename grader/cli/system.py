"""What everybody may ask: doctor."""

from pathlib import Path

import click

from grader.cli import options, output


@click.command
@options.together(options.as_json, options.colour, options.course)
@click.option(
    "--bundle",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write what a bug report needs to FILE (.zip): no names, no files, no secrets.",
)
def doctor(as_json: bool, colour: output.Colour, course_dir: Path | None, bundle: Path | None) -> int:
    """Say what this machine has, what is missing, and the command that mends it."""
    from grader.cli import examination

    findings = examination.examine(course_dir)
    if bundle is not None:
        from grader.cli.bundle import write

        write(bundle, findings, course_dir)
        output.note(f"written: {bundle}; read it before you send it")
    output.result(
        examination.as_json(findings)
        if as_json
        else examination.as_lines(findings, coloured=output.coloured(colour))
    )
    return 3 if any(finding.state == "missing" for finding in findings) else 0


COMMANDS = (doctor,)
