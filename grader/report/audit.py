"""The audit as one HTML page: which check catches which mistake.

A pure function of what `grade audit --json` prints; `grader.judge.audit.result` has the types, which lie
above this layer. For staff, in English. The page opens from disk, without network and without scripts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from grader.core.text import visible
from grader.report.html import STYLE, environment, style
from grader.report.numbers import points

Json = Mapping[str, Any]

_KINDS: Final = {
    "stub": "Stub: 0 points",
    "reference": "Reference: full marks",
    "accepted": "Accepted: full marks",
    "wrong": "Wrong: caught, and named",
    "degenerate": "Degenerate answers: pass nothing",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCell:
    """A cell of the table; `text` is empty where the check passed and that is right."""

    mark: str = ""
    style: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """A solution as the template takes it."""

    name: str
    summary: str
    score: str
    cells: list[ShownCell]
    failed: int
    named: list[str]
    taken_for: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Solutions of one kind."""

    title: str
    rows: list[ShownRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSurvivor:
    """A mutant that gets full marks."""

    title: str
    reason: str
    diff: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownExercise:
    """An exercise as the template takes it."""

    name: str
    anchor: str
    summary: str
    findings: list[str]
    checks: list[str]
    groups: list[Group]
    caught: list[int]
    """For each check, how many wrong solutions fail it; empty where none were judged."""
    never_failed: list[str]
    never_caught: list[str]
    survivors: list[ShownSurvivor] | None
    wrong: list[ShownRow] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many solutions the table has."""
        return sum(len(group.rows) for group in self.groups)


def render(audits: Sequence[Json]) -> str:
    """The page of these audits, as `grade audit --json` has them."""
    css, digest = style(STYLE, "audit.css")
    exercises = [_exercise(one, number) for number, one in enumerate(audits)]
    return (
        environment()
        .get_template("audit.html.j2")
        .render(
            exercises=exercises,
            green=sum(1 for one in exercises if not one.findings),
            style=css,
            style_hash=digest,
        )
    )


def _exercise(audit: Json, number: int) -> ShownExercise:
    checks: list[str] = audit["checks"]
    groups = []
    for kind, title in _KINDS.items():
        rows = [_row(row, audit) for row in audit["rows"] if row["kind"] == kind]
        if rows:
            groups.append(Group(title=title, rows=rows))
    wrong = [row for row in audit["rows"] if row["kind"] == "wrong"]
    mutants = audit.get("mutants")
    return ShownExercise(
        name=audit["exercise"],
        anchor=f"exercise-{number}",
        summary=f"{len(checks)} checks; {len(audit['rows'])} solutions under {audit['seeds']} "
        f"{'seed' if audit['seeds'] == 1 else 'seeds'}; audited: {', '.join(audit['parts'])}"
        f"{', thoroughly' if audit['thorough'] else ''}",
        findings=list(dict.fromkeys(audit["findings"])),
        checks=checks,
        groups=groups,
        caught=[sum(1 for row in wrong if check in row["cells"]) for check in checks] if wrong else [],
        never_failed=audit["never_failed"],
        never_caught=audit["never_caught"],
        survivors=None if mutants is None else [_survivor(one) for one in mutants["survivors"]],
        wrong=[_row(row, audit) for row in wrong],
    )


def _row(row: Json, audit: Json) -> ShownRow:
    scores = [score for score in row["scores"] if score is not None]
    low, high = (min(scores), max(scores)) if scores else (0.0, 0.0)
    score = points(low) if low == high else f"{points(low)}-{points(high)}"
    return ShownRow(
        name=row["name"],
        summary=row["summary"],
        score=score if scores else "not graded",
        cells=[_cell(row, check) for check in audit["checks"]],
        failed=len(row["failed"]),
        named=row["named"],
        taken_for=row["taken_for"],
    )


def _cell(row: Json, check: str) -> ShownCell:
    cell = row["cells"].get(check)
    if cell is None:
        if row["kind"] != "degenerate":
            return ShownCell()
        if check in row["excused"]:
            return ShownCell(mark="○", style="p", text=f"passed, as it may: {row['excused'][check]}")
        return ShownCell(mark="!", style="b", text="passed by a degenerate answer")
    outcomes = ", ".join(f"{how.replace('_', ' ')} under {n}" for how, n in cell["outcomes"].items())
    text = f"{outcomes} of {sum(cell['outcomes'].values())}"
    if cell["named"]:
        text += f"; named {', '.join(cell['named'])}"
    if row["kind"] in ("reference", "accepted") or "not_graded" in cell["outcomes"]:
        return ShownCell(mark="!", style="b", text=text)
    if "passed" in cell["outcomes"]:
        return ShownCell(mark="◐", style="f s", text=text)
    if cell["named"] == [f"{row['name']}: exact"]:
        return ShownCell(mark="●", style="f i", text=text)
    return ShownCell(mark="◆" if cell["named"] else "✗", style="f o" if cell["named"] else "f", text=text)


def _survivor(one: Json) -> ShownSurvivor:
    title = f"{one['file']}, line {one['line']}, {one['function']}: {one['operator']}"
    return ShownSurvivor(title=title, reason=one["reason"] or "", diff=visible(one["diff"], 4000))
