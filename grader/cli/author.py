"""What writers of exercises do: audit."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import options

if TYPE_CHECKING:
    from grader.core.course import Course, Exercise
    from grader.judge.audit import ExerciseAudit


def _part(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[int, int]:
    """`2/5` as (2, 5); the whole where nothing was given."""
    number, _, of = (value or "1/1").partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of) <= 1000):
        raise click.BadParameter(f"{value!r} is no part of a whole: expected one such as '1/4'")
    return int(number), int(of)


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
    from grader.judge.audit import audit as run_audit

    if shard != (1, 1) and not mutants:
        raise click.UsageError("--shard goes with --mutants")
    course = options.find_course(course_dir)
    chosen = [course.exercise(name) for name in exercises] or list(course.exercises.values())
    results = []
    for exercise in chosen:
        with LocalEngine(course, exercise, jobs=jobs) as engine:
            result = run_audit(exercise, engine, seeds=seeds)
        if mutants:
            result = _with_mutants(result, course, exercise, jobs, shard)
        results.append(result)
        if not as_json:
            output.result(auditing.summary(result))
    if as_json:
        output.result(auditing.as_json(results))
    return 0 if all(result.green for result in results) else 1


def _with_mutants(
    result: "ExerciseAudit", course: "Course", exercise: "Exercise", jobs: int, shard: tuple[int, int]
) -> "ExerciseAudit":
    """The result with what became of the mutants."""
    from grader.engines.local import LocalEngine
    from grader.judge import survivors

    exercise = survivors.hurried(exercise, result.slowest_s)
    with LocalEngine(course, exercise, jobs=jobs, marks_only=True) as engine:
        found = survivors.audit(exercise, engine, shard=shard)
    return replace(result, mutants=found, findings=[*result.findings, *found.findings])


COMMANDS = (audit,)
