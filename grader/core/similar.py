"""Submissions that are alike: what a comparison of a class finds. No proof of anything."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two files; `marked` are (start, stop) in characters of `text`, in order."""

    student: str
    file: str
    text: str
    share: float
    """Of it, what stands in the other one too; from 0 to 1."""
    marked: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two files that are alike."""

    one: Side
    other: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """What a comparison of a class found, the most alike first."""

    pairs: Sequence[Pair]
    left_out: int
    """Files that were not compared."""
