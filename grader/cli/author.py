"""What writers of exercises do: new, try, audit."""

import re
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli import options

if TYPE_CHECKING:
    from grader.cli.output import Colour
    from grader.core.course import Device
    from grader.judge.audit import Part

PARTS: "tuple[Part, ...]" = ("accepted", "wrong", "degenerate", "left-out")


def _part(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[int, int]:
    """`2/5` as (2, 5); the whole where nothing was given."""
    match = re.fullmatch(r"([0-9]{1,3})/([0-9]{1,3})", value or "1/1")
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise click.BadParameter(f"{value!r} is no part of a whole: expected one such as '1/4'")
    return int(match[1]), int(match[2])


@click.command
@click.argument("name")
@options.together(
    click.option("--title", metavar="TEXT", help="Its title in English; default: of the name."),
    click.option("--title-ko", metavar="TEXT", help="Its title in Korean; default: the English one."),
    click.option("--torch", is_flag=True, help="An exercise in PyTorch; default: in NumPy."),
    options.quiet,
    click.option(
        "--course",
        "course_dir",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="Folder of the course; default: GRADE_COURSE, else the nearest one upward, else a new one here.",
    ),
)
def new(
    name: str, title: str | None, title_ko: str | None, torch: bool, quiet: bool, course_dir: Path | None
) -> None:
    """Write a whole exercise to start from, such as ex17_attention, whose audit passes as it stands."""
    from grader.cli import creating, output

    created = creating.new(course_dir, name, title=title, title_ko=title_ko, torch=torch)
    if title_ko is None:
        output.note("no --title-ko: the English title stands for both, until you change it in course.toml")
    if not quiet:
        output.result(creating.summary(created))


class _BeforePytest(click.Command):
    """A command whose arguments end at `--`: what follows is pytest's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what is ours."""
        end = args.index("--") if "--" in args else len(args)
        ctx.meta["pytest"] = args[end + 1 :]
        return super().parse_args(ctx, args[:end])

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """How it is called."""
        return [*super().collect_usage_pieces(ctx), "[-- PYTEST-OPTIONS]"]


@click.command("try", cls=_BeforePytest)
@click.argument("exercise")
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path))
@options.together(
    click.option(
        "--check",
        "checks",
        metavar="ID",
        multiple=True,
        help="A check, by its id, its function or a glob; can be given again. Default: all.",
    ),
    click.option("--pdb", is_flag=True, help="Start the debugger where a check fails."),
    click.option(
        "--seed",
        metavar="N",
        default="0",
        show_default=True,
        help="Which inputs: a number, or the seed of a record in the gradebook, to repeat it.",
    ),
    options.device,
    options.language,
    options.quiet,
    options.course,
)
@click.pass_context
def try_(context: click.Context, /, exercise: str, files: tuple[Path, ...], **given: Any) -> int:
    """Run checks on your own file in this process, unsandboxed, with pytest's output."""
    from grader.cli import trying
    from grader.cli.request import Request

    course = options.find_course(given["course_dir"])
    chosen = course.exercise(exercise)
    options.require_device(chosen, given["device"])
    request = Request(
        course=course,
        exercise=chosen,
        files=files,
        student="author",
        device=given["device"],
        language=options.language_of(course, given["lang"]),
        as_json=False,
        quiet=given["quiet"],
        colour="auto",
    )
    return trying.try_(
        request,
        checks=given["checks"],
        seed=given["seed"],
        pdb=given["pdb"],
        options=context.meta["pytest"],
    )


@click.command
@click.argument("exercises", nargs=-1, metavar="[EXERCISE]...")
@click.option(
    "--seeds", metavar="N", type=click.IntRange(1, 100), default=5, show_default=True, help="Seeds to try."
)
@click.option(
    "--only",
    "parts",
    multiple=True,
    type=click.Choice(PARTS),
    help="Audit this part alone; may be repeated. `accepted`: stub, reference and accepted solutions.",
)
@click.option("--table", is_flag=True, help="Print which check catches which mistake.")
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder for a page, audit.html, with that table.",
)
@click.option(
    "--thorough",
    is_flag=True,
    help="Run all checks on wrong solutions under every seed, and name them each time.",
)
@click.option("--mutants", is_flag=True, help="Judge mutants of the reference as well: none should pass.")
@click.option(
    "--shard", metavar="I/N", callback=_part, help="With --mutants: only the I-th of N parts of the mutants."
)
@options.together(options.as_json, options.device, options.jobs, options.colour, options.course)
def audit(
    exercises: tuple[str, ...],
    seeds: int,
    parts: "tuple[Part, ...]",
    table: bool,
    out: Path | None,
    thorough: bool,
    mutants: bool,
    shard: tuple[int, int],
    as_json: bool,
    device: "Device",
    jobs: int,
    colour: "Colour",
    course_dir: Path | None,
) -> int:
    """Prove that suites are fair: stub, reference, accepted and wrong solutions get what is due."""
    from grader.cli import auditing, output
    from grader.engines.local import LocalEngine
    from grader.judge import survivors
    from grader.judge.audit import audit as run_audit

    if shard != (1, 1) and not mutants:
        raise click.UsageError("--shard goes with --mutants")
    if mutants and parts and "accepted" not in parts:
        raise click.UsageError("--mutants takes its time limits from the reference: add --only accepted")
    course = options.find_course(course_dir)
    chosen = [course.exercise(name) for name in exercises]
    if not chosen:
        chosen = [exercise for exercise in course.exercises.values() if device in exercise.devices]
    for exercise in chosen:
        options.require_device(exercise, device)
    if out is not None:
        auditing.prepare(out)
    results = []
    starts = [partial(LocalEngine, course, one, jobs=jobs, device=device) for one in chosen]
    engines = auditing.ahead(starts, early=1 if device == "cpu" else 0)  # a GPU's memory is for one
    with closing(engines):
        for exercise, engine in zip(chosen, engines, strict=True):
            plan = survivors.plan(exercise, shard) if mutants else None  # first: it may be broken
            with output.Status(f"auditing {exercise.id}"):
                result = run_audit(
                    exercise,
                    engine,
                    seeds=seeds,
                    parts=parts or PARTS,
                    thorough=thorough,
                    cache=course.state_dir / "cache",
                )
            if plan is not None:
                engine.close()
                short = survivors.hurried(exercise, result.slowest_s)
                with LocalEngine(course, short, jobs=jobs, marks_only=True, device=device) as hurried:
                    found = survivors.audit(short, hurried, plan)
                result = replace(result, mutants=found, findings=[*result.findings, *found.findings])
            results.append(result)
            if not as_json:
                output.result(auditing.summary(result))
                if table:
                    output.result(auditing.table(result, colour))
    if as_json:
        output.result(auditing.as_json(results))
    if out is not None:
        output.note(f"page: {auditing.write_page(results, out)}")
    return 0 if all(result.green for result in results) else 1


COMMANDS = (new, try_, audit)
