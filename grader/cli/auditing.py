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
        f"{len(audit.checks)} checks; stub, reference, {kinds['accepted']} accepted and {kinds['wrong']} "
        f"wrong solutions under {audit.seeds} seeds"
    )
    if audit.green:
        return f"✓ {audit.exercise}: green: {judged}\n"
    findings = list(dict.fromkeys(audit.findings))  # what several seeds found is one finding
    text = f"✗ {audit.exercise}: {len(findings)} findings: {judged}\n"
    for finding in findings:
        text += f"  - {output.hanging(visible(finding, 600, one_line=True), '    ')}\n"
    return text


def as_json(audits: Sequence["ExerciseAudit"]) -> str:
    """All that was found out, with every score."""
    return msgspec.json.format(msgspec.json.encode(audits), indent=1).decode() + "\n"
