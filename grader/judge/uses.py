"""What a submission used that its exercise forbids: claims of the worker's, turned into flags and outcomes.

Our side of `grader.worker.uses`. The worker tells of uses, and gains nothing by telling of more.
"""

import itertools
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from grader.core.record import Flag, Text
from grader.worker.uses import EVERYTHING, MAX_TOLD

MAX_WHAT: Final = 200  # characters of a name that are told
MAX_FLAGS: Final = 64  # in one record, and uses of one check


@dataclass(frozen=True, slots=True)
class Use:
    """One forbidden thing, and where."""

    what: str
    file: str
    line: int
    """0 where it is not known."""
    names: tuple[str, ...] = ()
    """Of the module, those that come to it."""
    ran: bool = True
    """It ran in the call that was answered; else it stands in the source."""
    cell: int | None = None
    """Of a notebook; then `line` is the cell's."""

    def touches(self, functions: AbstractSet[str]) -> bool:
        """Whether a check that called these functions came to it, as far as the source tells."""
        anything = EVERYTHING in self.names or EVERYTHING in functions
        return anything or not functions.isdisjoint(self.names)


def read(claimed: Any, *, ran: bool = True) -> list[Use] | None:
    """Uses as the worker tells them, of a call or of the source; None if that is not what it tells."""
    if type(claimed) is not list or len(claimed) > MAX_TOLD:
        return None
    found = []
    for one in claimed:
        if type(one) is not tuple or [type(part) for part in one] != [str, str, int, list]:
            return None
        what, file, line, names = one
        if any(type(name) is not str for name in names):
            return None
        reached = () if ran else tuple(names)
        found.append(Use(what[:MAX_WHAT], file[:MAX_WHAT], max(line, 0), reached, ran))
    return found


def flags(uses: Sequence[tuple[str, Use]]) -> list[Flag]:
    """A flag for each thing at each place; `uses`: pairs of a check's id (empty for the file) and a use."""
    checks: dict[Use, list[str]] = {}
    for check, use in uses:
        # What is seen in the source and as it runs is told twice: they are two kinds of evidence.
        touched = checks.setdefault(use, [])
        if check and check not in touched:
            touched.append(check)
    return [
        Flag(
            what=use.what,
            seen="run" if use.ran else "source",
            file=use.file or None,
            line=use.line or None,
            checks=touched,
            cell=use.cell,
        )
        for use, touched in itertools.islice(checks.items(), MAX_FLAGS)
    ]


def message(use: Use) -> Text:
    """Why a check earns nothing."""
    en = f" (line {use.line})" if use.line else ""
    ko = f"({use.line}행)" if use.line else ""
    if use.line and use.cell is not None:
        en, ko = f" (cell {use.cell}, line {use.line})", f"(셀 {use.cell} {use.line}행)"
    return Text(
        en=f"Your code uses {use.what}{en}. This exercise asks you to write that yourself.",
        ko=f"코드에서 {use.what}{ko}을(를) 사용했습니다. 이 실습에서는 그 기능을 직접 작성해야 합니다.",
    )
