"""How strong a wall is, and whether that is enough: from what the fork server says of its layers."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, get_args

from grader.core.record import SandboxReport
from grader.errors import InputError, MachineError

Level = Literal["full", "reduced", "none"]
SETTING: Final = "GRADE_SANDBOX"

_ALWAYS: Final = ("process", "clean_environment", "closed_descriptors")
_WEAKER: Final[dict[Level, str]] = {
    "full": "",
    "reduced": "Landlock and seccomp alone: the student's code runs as this user",
    "none": "no wall: the student's code can read and delete this user's files",
}


def accepted(setting: str | None) -> Level:
    """The weakest level that the user accepts, as GRADE_SANDBOX says; raises InputError."""
    if not setting:
        return "full"
    for level in get_args(Level):
        if setting == level:
            return level  # type: ignore[no-any-return]
    raise InputError(f"{SETTING}={setting!r}: expected one of {', '.join(get_args(Level))}")


def level(plan: str, layers: Sequence[str]) -> Level:
    """Full: namespaces, or Landlock and another user. Either keeps files and processes out of reach."""
    if plan == "namespaces" or (plan == "landlock" and "uid" in layers):
        return "full"
    return "reduced" if plan == "landlock" else "none"


def report(plan: str, layers: Sequence[str], missing: Mapping[str, str], accept: Level) -> SandboxReport:
    """What every record says of the wall; raises MachineError where it is weaker than `accept`.

    Args:
        plan: name of the plan in worker/seal.py.
        layers: those that hold.
        missing: those that do not, and why.
        accept: the weakest level that may be used.
    """
    reasons = [f"{name}: {reason}" for name, reason in missing.items()]
    found = level(plan, layers) if plan else "none"
    if not plan or get_args(Level).index(found) > get_args(Level).index(accept):
        raise MachineError(
            f"the sandbox does not stand here, so nothing is graded: {'; '.join(reasons)}; "
            f"'grade doctor' says what mends it ({SETTING}={found} accepts the weaker wall, "
            "for students whom you trust)"
        )
    weaker = [_WEAKER[found]] if _WEAKER[found] else []
    return SandboxReport(level=found, layers=[*_ALWAYS, *layers], warnings=[*weaker, *reasons])
