"""What writers of exercises do: audit."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import options

if TYPE_CHECKING:
    from grader.core.course import Device


@click.command
@click.argument("exercises", nargs=-1, metavar="[EXERCISE]...")
@click.option(
    "--seeds", metavar="N", type=click.IntRange(1, 100), default=5, show_default=True, help="Seeds to try."
)
@options.together(options.as_json, options.device, options.jobs, options.course)
def audit(
    exercises: tuple[str, ...],
    seeds: int,
    as_json: bool,
    device: "Device",
    jobs: int,
    course_dir: Path | None,
) -> int:
    """Prove that suites are fair: stub, reference, accepted and wrong solutions get what is due."""
    from grader.cli import auditing, output
    from grader.engines.local import LocalEngine
    from grader.judge.audit import audit as run_audit

    course = options.find_course(course_dir)
    chosen = [course.exercise(name) for name in exercises]
    if not chosen:
        chosen = [exercise for exercise in course.exercises.values() if device in exercise.devices]
    for exercise in chosen:
        options.require_device(exercise, device)
    results = []
    for exercise in chosen:
        with LocalEngine(course, exercise, jobs=jobs, device=device) as engine:
            result = run_audit(exercise, engine, seeds=seeds)
        results.append(result)
        if not as_json:
            output.result(auditing.summary(result))
    if as_json:
        output.result(auditing.as_json(results))
    return 0 if all(result.green for result in results) else 1


COMMANDS = (audit,)
