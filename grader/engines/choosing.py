"""The engine that was asked for by name; what an extra brings is imported on first use."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from grader.core.course import Course, Device, Exercise, Language
from grader.engines.protocol import Engine
from grader.errors import EngineError

Name = Literal["local", "ray"]
ADDRESS: Final = "RAY_ADDRESS"
ALONE: Final = "local"
"""The address of a cluster that is started for one command, on this machine alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What judges, and where."""

    name: Name = "local"
    address: str | None = None
    """Of a Ray cluster."""
    gpu_share: float = 1.0
    """Of a GPU, for each slot on a cluster."""


def open_engine(
    choice: Choice,
    course: Course,
    exercise: Exercise,
    *,
    jobs: int | None,
    most: int,
    language: Language,
    device: Device,
    note: Callable[[str], None],
) -> Engine:
    """An engine that keeps logs, with `jobs` slots or one a core, but no more than `most`.

    `note` is told what staff should know. Raises EngineError where the engine is not installed.
    """
    if choice.name == "local":
        from grader.engines.local import LocalEngine  # on Linux only, and a choice is read everywhere

        slots = min(jobs or _cores(), max(1, most))
        return LocalEngine(course, exercise, jobs=slots, language=language, logged=True, device=device)
    if (choice.address or os.environ.get(ADDRESS)) == ALONE:
        _keep_private()
    try:
        from grader.engines.cluster import RayEngine
    except ModuleNotFoundError as e:
        if e.name != "ray":
            raise
        raise EngineError("the engine 'ray' is not installed: pip install 'dlgrade[ray]'") from e
    return RayEngine(
        course,
        exercise,
        address=choice.address,
        jobs=jobs,
        most=most,
        gpu_share=choice.gpu_share,
        language=language,
        logged=True,
        device=device,
        note=note,
    )


def _keep_private() -> None:
    """A cluster that this process starts will answer to it alone, and tell nothing to Ray's makers.

    Ray reads this as it is imported.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if not any(name in os.environ for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")):
        os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))


def _cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
