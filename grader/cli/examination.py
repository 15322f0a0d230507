"""What `grade doctor` looks at: interpreter, packages, devices, sandbox, course, gradebook.

`missing` is what keeps submissions from being graded here; `warning` is what somebody should know.
"""

import os
import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from grader.cli import output
from grader.cli.options import find_course
from grader.cli.versions import installed
from grader.core.course import PACKAGES, Course
from grader.core.text import visible
from grader.errors import CourseError, GraderError
from grader.sandbox import gpu

if TYPE_CHECKING:
    from grader.sandbox.policy import Level

PYTHON: Final = (3, 11)

State = Literal["ok", "warning", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line: what was looked at, how it is, and the command or step that mends it."""

    what: str
    state: State
    detail: str
    mend: str | None = None


def examine(course_dir: Path | None) -> list[Finding]:
    """Everything, in the order in which one would mend it."""
    findings = [_python(), *_packages(), _platform(), *_devices()]
    if platform.system() == "Linux":
        findings += _sandbox()
    return [*findings, *_course(course_dir)]


def _python() -> Finding:
    version, wanted = platform.python_version(), ".".join(map(str, PYTHON))
    detail = f"{version} at {sys.executable}"
    if sys.version_info < PYTHON:
        return Finding(
            what="python", state="missing", detail=detail, mend=f"install Python {wanted} or newer"
        )
    return Finding(what="python", state="ok", detail=detail)


def _packages() -> Iterator[Finding]:
    try:
        listed = requires("dlgrade") or []
    except PackageNotFoundError:
        yield Finding(
            what="dlgrade",
            state="warning",
            detail="runs from its source folder, not installed",
            mend="pip install -e .",
        )
        listed = []
    for requirement in listed:
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        if "extra ==" in requirement:
            continue
        version = installed(name)
        if version is None:
            yield Finding(
                what=name, state="missing", detail="not installed", mend=f"pip install '{requirement}'"
            )
        else:
            yield Finding(what=name, state="ok", detail=version)
    torch = installed("torch")
    detail = torch or "not installed; only exercises with torch need it"
    yield Finding(what="torch", state="ok", detail=detail)


def _platform() -> Finding:
    detail = f"{platform.system()} {platform.release()} {platform.machine()}"
    if platform.system() == "Linux":
        return Finding(what="platform", state="ok", detail=detail)
    return Finding(
        what="platform",
        state="warning",
        detail=f"{detail}: 'grade check' runs in practice mode, 'grade submit' needs Linux",
    )


def _devices() -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Finding(what="cpu", state="ok", detail=f"{cores} core{'' if cores == 1 else 's'}")
    yield from _cuda(gpu.look())


def _cuda(found: gpu.Found) -> Iterator[Finding]:
    """The GPU, and whether a worker behind the wall can open it. None is needed, so none is missing."""
    if found.driver is None and not found.gpus:
        yield Finding(what="cuda", state="ok", detail=f"{found}: exercises run on the CPU")
    elif found.problem is not None:
        detail = f"{found}: exercises run on the CPU alone, since {found.problem}"
        yield Finding(what="cuda", state="warning", detail=detail, mend=found.mend)
    else:
        from grader.sandbox import doctor

        try:
            seconds = doctor.open_gpu(gpu.chosen(os.environ))
        except (GraderError, OSError) as e:
            detail = f"{found}: no worker behind the wall can open it: {e}"
            yield Finding(what="cuda", state="warning", detail=detail, mend="see docs/devices.md")
        else:
            yield Finding(what="cuda", state="ok", detail=f"{found}; a worker opens it in {seconds:.1f} s")


def _sandbox() -> Iterator[Finding]:
    """The sandbox that stands, started, and its layers one by one."""
    from grader.sandbox import doctor

    try:
        level, layers = doctor.look()
    except (GraderError, OSError) as e:
        yield Finding(
            what="sandbox",
            state="missing",
            detail=f"no worker could be started: {e}",
            mend="GRADE_DEBUG=1 grade doctor",
        )
        return
    verdict = _level(level)
    for layer in layers:
        matters = layer.required and verdict.state == "missing"
        state: State = "ok" if layer.holds else "missing" if matters else "warning"
        detail = layer.does if layer.holds else f"does not hold: {layer.why} ({layer.does})"
        yield Finding(what=layer.name, state=state, detail=detail, mend=layer.mend)
    yield verdict


def _level(level: "Level | None") -> Finding:
    from grader.sandbox import policy

    if level == "full":
        return Finding(what="sandbox", state="ok", detail="level full")
    accept = policy.accepted(os.environ.get(policy.SETTING))
    found = level or "none"
    if accept in (found, "none"):
        return Finding(
            what="sandbox",
            state="warning",
            detail=f"level {found}, which {policy.SETTING}={accept} accepts; every record says so",
            mend="mend the layers above; until then judge only code of people you trust",
        )
    return Finding(
        what="sandbox",
        state="missing",
        detail=f"level {found}: nothing is graded here",
        mend=f"mend the layers above, or accept it for people you trust: export {policy.SETTING}={found}",
    )


def _course(course_dir: Path | None) -> Iterator[Finding]:
    try:
        course = find_course(course_dir)
    except CourseError as e:
        yield Finding(what="course", state="missing", detail=str(e), mend="mend the file at that place")
        return
    except GraderError as e:
        yield Finding(what="course", state="warning", detail=str(e))
        return
    count = len(course.exercises)
    yield Finding(
        what="course", state="ok", detail=f"{course.root}: {count} exercise{'' if count == 1 else 's'}"
    )
    yield from _exercises(course)
    yield _gradebook(course)


def _exercises(course: Course) -> Iterator[Finding]:
    exercises = list(course.exercises.values())
    lacking = [e.id for e in exercises if not all((e.public_dir / file).is_file() for file in e.files)]
    if lacking:
        yield Finding(
            what="stubs", state="missing", detail=f"none for {', '.join(lacking)}", mend="make stubs"
        )
    without = [e.id for e in exercises if e.solution_dir is None]
    if not without:
        yield Finding(what="solutions", state="ok", detail="hidden suites of all exercises")
    elif len(without) == len(exercises):
        yield Finding(
            what="solutions", state="warning", detail="not here: 'grade check' works, 'grade submit' does not"
        )
    else:
        yield Finding(what="solutions", state="warning", detail=f"none for {', '.join(without)}")
    for package, module in PACKAGES.items():
        if installed(module) is None and (needed := [e.id for e in exercises if package in e.packages]):
            yield Finding(
                what=package,
                state="missing",
                detail=f"needed by {', '.join(needed)}",
                mend=f"pip install 'dlgrade[{package}]'",
            )


def _gradebook(course: Course) -> Finding:
    path = course.gradebook
    if isinstance(path, Path) and not path.exists():
        nearest = next(folder for folder in path.parents if folder.exists())
        if os.access(nearest, os.W_OK):
            return Finding(what="gradebook", state="ok", detail="none yet; the first submission makes it")
        return Finding(
            what="gradebook",
            state="missing",
            detail=f"{str(nearest)!r} cannot be written",
            mend="export GRADE_STATE=<a folder of your own>",
        )
    from grader.gradebook import Gradebook

    try:
        with Gradebook.open(path) as book:
            name = book.database.name
    except GraderError as e:
        return Finding(what="gradebook", state="missing", detail=str(e))
    return Finding(what="gradebook", state="ok", detail=name)


_SYMBOLS: Final[dict[State, tuple[str, str]]] = {
    "ok": ("✓", "32"),
    "warning": ("!", "33"),
    "missing": ("✗", "31"),
}


def as_lines(findings: list[Finding], *, coloured: bool) -> str:
    """A line each, and the mending below."""
    width = max(output.columns_of(finding.what) for finding in findings)
    text = ""
    for finding in findings:
        symbol, colour = _SYMBOLS[finding.state]
        head = f"{symbol} {finding.state:<7}"
        if coloured:
            head = f"\x1b[{colour}m{head}\x1b[0m"
        indent = " " * (len(symbol) + 1 + 7 + 2 + width + 2)
        detail = visible(finding.detail, 600, one_line=True)
        text += f"{head}  {finding.what:<{width}}  {output.hanging(detail, indent)}\n"
        if finding.mend and finding.state != "ok":
            text += f"{indent}→ {output.hanging(finding.mend, indent + '  ')}\n"
    return text


def as_json(findings: list[Finding]) -> str:
    """The same as JSON."""
    return msgspec.json.format(msgspec.json.encode({"findings": findings}), indent=1).decode() + "\n"
