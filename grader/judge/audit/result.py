"""What an audit found out: rows of solutions, what each check said of them, and findings.

`grade audit --json` prints these records as they are (docs/authoring.md describes them).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from grader.core.record import Outcome, Record
from grader.judge.survivors import MutantAudit

Kind = Literal["stub", "reference", "accepted", "wrong", "degenerate"]
Part = Literal["accepted", "wrong", "degenerate", "left-out"]
PARTS: Final[tuple[Part, ...]] = ("accepted", "wrong", "degenerate", "left-out")
"""What can be audited by itself: stub, reference and accepted solutions; known wrong ones; degenerate
answers; each wrong solution diagnosed by the rest of the catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What one check said of one solution, where it did not pass under every seed."""

    outcomes: dict[str, int]
    """Under how many seeds it ended how, such as `{"failed": 4, "passed": 1}`."""
    named: list[str]
    """The mistakes that it was explained by, with their certainty, such as `flips_kernel: exact`."""

    @property
    def always(self) -> bool:
        """Whether it passed under no seed."""
        return Outcome.PASSED not in self.outcomes


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One solution under all seeds."""

    kind: Kind
    name: str
    scores: list[float | None]
    """One for each seed under which all checks were run; None where it was not graded."""
    failed: list[str]
    """Checks that did not pass under some seed."""
    named: list[str]
    """Mistakes that the diagnosis named, with their certainty, such as `flips_kernel: exact`."""
    cells: dict[str, Cell] = field(default_factory=dict)
    """By check; a check that is not there passed under every seed."""
    summary: str = ""
    """The first line of its docstring."""
    taken_for: list[str] = field(default_factory=list)
    """Of a wrong solution that is left out of the catalogue: what it is named then, with the certainty."""
    excused: dict[str, str] = field(default_factory=dict)
    """Of a degenerate answer: checks that it may pass, with the reason that the exercise gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseAudit:
    """What came out for one exercise. Green if there are no findings."""

    exercise: str
    seeds: int
    max_score: float
    checks: list[str]
    rows: list[Row]
    findings: list[str]
    parts: list[Part] = field(default_factory=lambda: list(PARTS))
    """What was audited."""
    thorough: bool = False
    """Whether wrong solutions were judged by all checks under every seed."""
    never_failed: list[str] = field(default_factory=list)
    """Checks that no wrong solution fails."""
    never_caught: list[str] = field(default_factory=list)
    """Wrong solutions that no check fails."""

    slowest_s: float = 0.0
    """Of the reference's checks; 0 where it was not judged."""
    mutants: MutantAudit | None = None
    """Where they were asked for; their findings are among the findings."""

    @property
    def green(self) -> bool:
        """Whether the suite has earned trust."""
        return not self.findings


def row(
    kind: Kind, name: str, records: Sequence[Record], again: Sequence[Record] = (), summary: str = ""
) -> Row:
    """A solution's row, of its records by all checks, and of those by some."""
    cells: dict[str, Cell] = {}
    for id in (check.id for check in records[0].ran):
        found = [check for record in (*records, *again) for check in record.ran if check.id == id]
        if any(check.outcome is not Outcome.PASSED for check in found):
            outcomes: dict[str, int] = {}
            for check in found:
                outcomes[check.outcome] = outcomes.get(check.outcome, 0) + 1
            named = {f"{d.mistake}: {d.certainty}" for check in found if (d := check.diagnosis)}
            cells[id] = Cell(outcomes=outcomes, named=sorted(named))
    return Row(
        kind=kind,
        name=name,
        scores=[record.score for record in records],
        failed=list(cells),
        named=sorted({name for cell in cells.values() for name in cell.named}),
        cells=cells,
        summary=summary,
    )
