"""Two submissions side by side, with what stands in both of them marked.

Students' code, and therefore hostile: it is cut here, and made visible and escaped where it is printed.
"""

from dataclasses import dataclass
from typing import Final

from grader.core.similar import Side, Similar
from grader.core.text import visible

PAIRS: Final = 20
CODE: Final = 12_000  # characters of a file that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSide:
    """A side as the template takes it: pieces of code, marked or not."""

    student: str
    file: str
    percent: str
    pieces: list[tuple[bool, str]]
    cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarSection:
    """The section as the template takes it."""

    pairs: list[tuple[ShownSide, ShownSide]]
    more: int
    left_out: int


def similar_section(found: Similar) -> SimilarSection:
    """The pairs that are shown."""
    return SimilarSection(
        pairs=[(_side(pair.one), _side(pair.other)) for pair in found.pairs[:PAIRS]],
        more=max(0, len(found.pairs) - PAIRS),
        left_out=found.left_out,
    )


def _side(side: Side) -> ShownSide:
    pieces: list[tuple[bool, str]] = []
    at = 0
    end = min(len(side.text), CODE)
    for first, last in side.marked:
        start, stop = max(at, first), min(last, end)
        if start < stop:
            pieces += [(False, side.text[at:start]), (True, side.text[start:stop])]
            at = stop
    pieces.append((False, side.text[at:end]))
    return ShownSide(
        student=side.student,
        file=side.file,
        percent=f"{100 * side.share:.0f}",
        pieces=[(marked, visible(piece)) for marked, piece in pieces if piece],
        cut=len(side.text) > CODE,
    )
