"""Degenerate answers: submissions that run like the reference, and answer nothing of worth.

A check that one of them passes earns points for nothing: such a check looks at no answer, or lets NumPy
broadcast it.
"""

from importlib import resources
from pathlib import Path
from typing import Final

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
    return f"{text}\n\n_how = {how!r}\n\n{spoil}".encode()
