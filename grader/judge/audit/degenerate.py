"""Degenerate answers: submissions that run like the reference, and answer nothing of worth.

A check that one of them passes earns points for nothing: such a check looks at no answer, or lets NumPy
broadcast it.
"""

import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec

from grader.core.globs import matches
from grader.errors import CourseError

FILE: Final = "degenerate.toml"
_SET: Final = '_how = "zero"'

HOW: Final = {
    "zero": "zeros of the right shape and dtype",
    "one": "ones of the right shape and dtype",
    "nan": "NaN in the right shape",
    "list": "a list in place of an array or a number",
    "one_number": "the first number in place of the array",
    "row": "the right numbers with one more axis in front",
    "column": "the right numbers with one more axis at the end",
    "transposed": "the right numbers with the last two axes exchanged",
}
"""Each way to answer, and what it does."""


def source(reference: Path, how: str) -> bytes:
    """The reference as a submission whose public functions answer as `how` says."""
    text = reference.read_text(encoding="utf-8")
    spoil = resources.files("grader.judge.audit").joinpath("spoil.py").read_text("utf-8")
    assert _SET in spoil
    return f"{text}\n\n{spoil.replace(_SET, f'_how = {how!r}')}".encode()


class Excuse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Checks that a degenerate answer may pass, as `degenerate.toml` of an exercise lists them."""

    answer: str
    """One of HOW."""
    checks: list[str]
    """Ids, or globs of ids."""
    reason: str


def excused(answer: str, passed: Sequence[str], excuses: Sequence[Excuse]) -> dict[str, str]:
    """Of the checks that the answer passed those that it may, with the reasons."""
    return {
        check: excuse.reason
        for excuse in excuses
        for check in passed
        if excuse.answer == answer and any(matches(check, glob) for glob in excuse.checks)
    }


class _Listing(msgspec.Struct, forbid_unknown_fields=True):
    passes: list[Excuse]


def excuses(folder: Path) -> list[Excuse]:
    """What the exercise lists; raises CourseError for a file that says nothing."""
    path = folder / FILE
    if not path.is_file():
        return []
    try:
        listed = msgspec.toml.decode(path.read_bytes(), type=_Listing).passes
    except (msgspec.MsgspecError, tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise CourseError(f"{str(path)!r}: {e}: see 'Degenerate answers' in docs/authoring.md") from e
    for excuse in listed:
        if excuse.answer not in HOW:
            raise CourseError(
                f"{str(path)!r}: answer = {excuse.answer!r}: choose one of {', '.join(map(repr, HOW))}"
            )
        if not excuse.checks or not excuse.reason.strip():
            raise CourseError(f'{str(path)!r}: {excuse.answer!r} needs checks = ["…"] and a reason')
    return listed
