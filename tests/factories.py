"""Records and their parts with defaults, so that a test names only the fields it is about."""

from collections.abc import Sequence
from typing import Any

from grader.core.record import (
    ArrayEvidence,
    Certainty,
    CheckResult,
    Diagnosis,
    Digests,
    GroupResult,
    Number,
    OpenedHint,
    Outcome,
    Record,
    Role,
    SandboxReport,
    Stdout,
    Text,
    number,
)


def text(en: str, ko: str | None = None) -> Text:
    """A text; the same in both languages unless told otherwise."""
    return Text(en=en, ko=en if ko is None else ko)


def diagnosis(mistake: str = "flips_kernel", **fields: Any) -> Diagnosis:
    """A named mistake, for certain."""
    fields.setdefault("certainty", Certainty.EXACT)
    fields.setdefault("message", text("Do not flip the kernel.", "커널을 뒤집지 마세요."))
    return Diagnosis(mistake=mistake, **fields)


def check(id: str = "test_values[small]", outcome: Outcome = Outcome.PASSED, **fields: Any) -> CheckResult:
    """A check; it earns its points if it passed."""
    fields.setdefault("group", "values")
    fields.setdefault("title", text(f"Title of {id}", f"{id}의 제목"))
    fields.setdefault("max_points", 10.0)
    earned = fields["max_points"] if outcome is Outcome.PASSED else 0.0
    fields.setdefault("points", None if outcome is Outcome.NOT_GRADED else earned)
    fields.setdefault("seconds", 0.004)
    return CheckResult(id=id, outcome=outcome, **fields)


def hint(group: str = "values", step: int = 1, **fields: Any) -> OpenedHint:
    """An open step of three, about a group."""
    fields.setdefault("check", None)
    fields.setdefault("steps", 3)
    fields.setdefault("text", text(f"Hint {step} for {group}", f"{group} 힌트 {step}"))
    return OpenedHint(group=group, step=step, **fields)


def group(name: str = "values", **fields: Any) -> GroupResult:
    """A group of checks."""
    fields.setdefault("title", text(name.capitalize(), f"{name} 영역"))
    fields.setdefault("points", 0.0)
    fields.setdefault("max_points", 10.0)
    fields.setdefault("rule", "shared")
    return GroupResult(name=name, **fields)


def record(checks: Sequence[CheckResult] | None = None, **fields: Any) -> Record:
    """A graded record of `checks`; groups and score follow from them unless given."""
    checks = [check()] if checks is None else list(checks)
    if "groups" not in fields:
        members = {c.group: [d for d in checks if d.group == c.group] for c in checks}
        fields["groups"] = [
            group(
                name,
                points=sum(c.points or 0.0 for c in part),
                max_points=sum(c.max_points for c in part),
            )
            for name, part in members.items()
        ]
    graded = fields.setdefault("outcome", "graded") == "graded"
    fields.setdefault("score", sum(c.points or 0.0 for c in checks) if graded else None)
    fields.setdefault("max_score", sum(c.max_points for c in checks))
    fields.setdefault("exercise", "ex10_convolution")
    fields.setdefault("student", "s001")
    fields.setdefault("attempt", 1)
    fields.setdefault("submitted_utc", "2026-03-01T09:00:00Z")
    fields.setdefault("device", "cpu")
    fields.setdefault("language", "en")
    fields.setdefault("stdout", Stdout(text="", truncated=False))
    fields.setdefault("digests", Digests(submission="sha256:" + "1" * 64, suite="sha256:" + "2" * 64))
    fields.setdefault("seed", "seed-1")
    layers = ["userns", "mountns", "pidns", "netns", "landlock", "seccomp", "rlimits"]
    fields.setdefault("sandbox", SandboxReport(level="full", layers=layers, warnings=[]))
    fields.setdefault("environment", {"python": "3.11.7", "numpy": "2.4.6", "platform": "linux-x86_64"})
    fields.setdefault("seconds", 0.21)
    return Record(checks=checks, **fields)


def not_graded(**fields: Any) -> Record:
    """A record of a grader that broke."""
    fields.setdefault("reason", text("the worker did not start", "작업 프로세스가 시작되지 않았습니다"))
    return record([], outcome="not_graded", max_score=100.0, **fields)


def array(
    role: Role, values: Sequence[float], shape: Sequence[int] | None = None, **fields: Any
) -> ArrayEvidence:
    """Evidence of an array from its values in C order."""
    data: list[Number] = [number(v) for v in values]
    fields.setdefault("name", "y")
    fields.setdefault("dtype", "float64")
    fields.setdefault("truncated", False)
    return ArrayEvidence(role=role, data=data, shape=list(shape or [len(data)]), **fields)
