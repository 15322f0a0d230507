"""What writers of exercises do: audit."""

import re
from dataclasses import replace
from pathlib import Path

import click

from grader.cli import options


def _part(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[int, int]:
    """`2/5` as (2, 5); the whole where nothing was given."""
    match = re.fullmatch(r"([0-9]{1,3})/([0-9]{1,3})", value or "1/1")
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise click.BadParameter(f"{value!r} is no part of a whole: expected one such as '1/4'")
    return int(match[1]), int(match[2])


@click.command
@click.argument("exercises", nargs=-1, metavar="[EXERCISE]...")
@click.option(
    "--seeds", metavar="N", type=click.IntRange(1, 100), default=5, show_default=True, help="Seeds to try."
)
@click.option("--mutants", is_flag=True, help="Judge mutants of the reference as well: none should pass.")
@click.option(
    "--shard", metavar="I/N", callback=_part, help="With --mutants: only the I-th of N parts of the mutants."
)
@options.together(options.as_json, options.jobs, options.course)
def audit(
    exercises: tuple[str, ...],
    seeds: int,
    mutants: bool,
    shard: tuple[int, int],
    as_json: bool,
    jobs: int,
    course_dir: Path | None,
) -> int:
    """Prove that suites are fair: stub, reference, accepted and wrong solutions get what is due."""
    from grader.cli import auditing, output
    from grader.engines.local import LocalEngine
    from grader.judge import survivors
    from grader.judge.audit import audit as run_audit

    if shard != (1, 1) and not mutants:
        raise click.UsageError("--shard goes with --mutants")
    course = options.find_course(course_dir)
    chosen = [course.exercise(name) for name in exercises] or list(course.exercises.values())
    results = []
    for exercise in chosen:
        plan = survivors.plan(exercise, shard) if mutants else None  # first: it may be broken
        with LocalEngine(course, exercise, jobs=jobs) as engine:
            result = run_audit(exercise, engine, seeds=seeds)
        if plan is not None:
            short = survivors.hurried(exercise, result.slowest_s)
            with LocalEngine(course, short, jobs=jobs, marks_only=True) as engine:
                found = survivors.audit(short, engine, plan)
            result = replace(result, mutants=found, findings=[*result.findings, *found.findings])
        results.append(result)
        if not as_json:
            output.result(auditing.summary(result))
    if as_json:
        output.result(auditing.as_json(results))
    return 0 if all(result.green for result in results) else 1


COMMANDS = (audit,)
