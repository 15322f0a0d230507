"""What `grade audit` prints of an exercise: its findings, or that there are none."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from grader.cli import output
from grader.core.text import visible

if TYPE_CHECKING:
    from grader.judge.audit import ExerciseAudit


def summary(audit: "ExerciseAudit") -> str:
    """A line on what was judged, and one on each finding."""
    kinds = Counter(row.kind for row in audit.rows)
    judged = (
        f"{counted(len(audit.checks), 'check')}; stub, reference, {kinds['accepted']} accepted and "
        f"{counted(kinds['wrong'], 'wrong solution')} under {counted(audit.seeds, 'seed')}"
    )
    if audit.green:
        return f"✓ {audit.exercise}: green: {judged}\n"
    findings = list(dict.fromkeys(audit.findings))  # what several seeds found is one finding
    text = f"✗ {audit.exercise}: {counted(len(findings), 'finding')}: {judged}\n"
    for finding in findings:
        text += f"  - {output.hanging(visible(finding, 600, one_line=True), '    ')}\n"
    return text


def counted(count: int, noun: str) -> str:
    """`1 seed`, `5 seeds`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def as_json(audits: Sequence["ExerciseAudit"]) -> str:
    """All that was found out, with every score."""
    return msgspec.json.format(msgspec.json.encode(audits), indent=1).decode() + "\n"
