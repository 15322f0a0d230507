"""What `grade audit` prints of an exercise: its findings, or that there are none."""

import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from grader.cli import output
from grader.core.text import visible

if TYPE_CHECKING:
    from grader.judge.audit import ExerciseAudit
    from grader.judge.survivors import MutantAudit

MAX_DIFF = 4000  # characters of one


def summary(audit: "ExerciseAudit") -> str:
    """A line on what was judged, and one on each finding."""
    kinds = Counter(row.kind for row in audit.rows)
    judged = (
        f"{counted(len(audit.checks), 'check')}; stub, reference, {kinds['accepted']} accepted and "
        f"{counted(kinds['wrong'], 'wrong solution')} under {counted(audit.seeds, 'seed')}"
    )
    if audit.mutants is not None:
        judged += f"; {_of_mutants(audit.mutants)}"
    if audit.green:
        return f"✓ {audit.exercise}: green: {judged}\n"
    findings = list(dict.fromkeys(audit.findings))  # what several seeds found is one finding
    text = f"✗ {audit.exercise}: {counted(len(findings), 'finding')}: {judged}\n"
    for finding in findings:
        text += f"  - {output.hanging(visible(finding, 600, one_line=True), '    ')}\n"
    return text + (_diffs(audit.mutants) if audit.mutants else "")


def _of_mutants(mutants: "MutantAudit") -> str:
    """How many were judged, and how many got full marks."""
    part = "" if mutants.judged == mutants.made else f" of {mutants.made}"
    equivalent = sum(1 for survivor in mutants.survivors if survivor.reason is not None)
    return (
        f"{counted(mutants.judged, 'mutant')}{part}, {mutants.killed} killed, "
        f"{equivalent} equivalent, {len(mutants.survivors) - equivalent} survived"
    )


def _diffs(mutants: "MutantAudit") -> str:
    """Survivors that the exercise does not list, as diffs against the reference."""
    text = ""
    for survivor in mutants.survivors:
        if survivor.reason is None:
            text += "\n" + textwrap.indent(visible(survivor.diff, MAX_DIFF), "    ") + "\n"
    if text:
        text += "\n  Kill each by a better check, or list it in equivalent.toml, with its reason.\n"
    return text


def counted(count: int, noun: str) -> str:
    """`1 seed`, `5 seeds`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def as_json(audits: Sequence["ExerciseAudit"]) -> str:
    """All that was found out, with every score."""
    return msgspec.json.format(msgspec.json.encode(audits), indent=1).decode() + "\n"
