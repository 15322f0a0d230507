"""Options that mean the same in every command, and what they resolve to."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from grader.core.course import Course, Exercise, Language
    from grader.engines.choosing import Choice

Command = TypeVar("Command", bound=Callable[..., Any])

_folder = click.Path(path_type=Path)

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON to stdout, and nothing else.")
student = click.option(
    "--student",
    metavar="ID",
    envvar="GRADE_STUDENT",
    help="Whose work it is; default: GRADE_STUDENT, else the login name.",
)
device = click.option(
    "--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True, help="Where code runs."
)
language = click.option(
    "--lang", type=click.Choice(["en", "ko"]), help="Language of reports; default: that of the locale."
)
out = click.option("--out", metavar="DIR", type=_folder, help="Folder for reports; default: .grade/reports.")
quiet = click.option("--quiet", "-q", is_flag=True, help="Print errors only.")
colour = click.option(
    "--color",
    "colour",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colours; auto: on a terminal, unless NO_COLOR is set.",
)
course = click.option(
    "--course",
    "course_dir",
    metavar="DIR",
    type=_folder,
    help="Folder of the course; default: GRADE_COURSE, else the nearest one upward.",
)
jobs = click.option(
    "--jobs", metavar="N", type=click.IntRange(1, 256), default=1, show_default=True, help="How many at once."
)

cells = click.option(
    "--cells",
    metavar="FILE",
    type=_folder,
    hidden=True,
    help="For %grade in a notebook: show as a cell does.",
)


slots = click.option(
    "--jobs", metavar="N", type=click.IntRange(1, 256), help="How many at once; default: one a core."
)


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator, in this order in the help."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


engine = together(
    click.option(
        "--engine",
        "engine_name",
        type=click.Choice(["local", "ray"]),
        default="local",
        show_default=True,
        help="What judges: this machine, or a Ray cluster.",
    ),
    click.option(
        "--address",
        metavar="HOST:PORT",
        help="The Ray cluster; default: RAY_ADDRESS, else the one that runs on this machine.",
    ),
    click.option(
        "--gpu-share",
        metavar="X",
        type=click.FloatRange(0, 1, min_open=True),
        help="With --engine ray --device cuda: how much of a GPU each slot takes; default: 1.",
    ),
)


def engine_choice(given: dict[str, Any]) -> "Choice":
    """The engine that the options of `engine` name."""
    from grader.engines.choosing import Choice

    if given["engine_name"] != "ray":
        for name in ("address", "gpu_share"):
            if given[name] is not None:
                raise click.UsageError(f"--{name.replace('_', '-')} goes with --engine ray")
        return Choice()
    if given["gpu_share"] is not None and given["device"] != "cuda":
        raise click.UsageError("--gpu-share goes with --device cuda")
    share = 1.0 if given["gpu_share"] is None else given["gpu_share"]
    return Choice(name="ray", address=given["address"], gpu_share=share)


def find_course(folder: Path | None) -> "Course":
    """The course of `--course`, of GRADE_COURSE, or of the nearest folder upward."""
    from grader.core.course import locate

    return locate(Path.cwd(), folder)


def student_id(given: str | None) -> str:
    """A student id that can be taken: the one given, or the login name."""
    from grader.core.submission import check_student
    from grader.errors import InputError

    if given is not None:
        return check_student(given)
    import getpass

    try:
        return check_student(getpass.getuser())
    except (KeyError, OSError) as e:
        raise InputError(
            "no login name to take as student id: give --student ID, or set GRADE_STUDENT"
        ) from e


def language_of(course: "Course", given: str | None) -> "Language":
    """The language asked for, else that of the locale where the course has it."""
    wanted: Language = "ko" if (given or _locale()).startswith("ko") else "en"
    return wanted if given or wanted in course.languages else course.languages[0]


def _locale() -> str:
    """The locale of messages, as POSIX finds it."""
    return next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "") or ""


def require_device(exercise: "Exercise", device: str, *, here: bool = True) -> None:
    """InputError where the exercise does not run on the device, MachineError where this machine lacks it.

    Not `here`: other machines judge, and say for themselves what they lack.
    """
    from grader.errors import InputError

    if device not in exercise.devices:
        there = ", ".join(map(repr, exercise.devices))
        raise InputError(f"{exercise.id} does not run on {device!r}: give --device with one of {there}")
    if device == "cuda" and here:
        from grader.sandbox import gpu

        gpu.require()
