"""A record as statistics look at it: outcomes, points, times and named mistakes, without the evidence.

Most of a record is evidence. Passing over it costs a tenth of reading it, which is what makes a class of
thousands bearable.
"""

from typing import Literal

import msgspec

from grader.core.record import Certainty, Digests, Outcome, Text


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A named mistake."""

    mistake: str
    certainty: Certainty
    message: Text


class CheckGlance(msgspec.Struct, frozen=True, kw_only=True):
    """How one check ended."""

    id: str
    group: str
    outcome: Outcome
    points: float | None
    max_points: float
    seconds: float
    diagnosis: Named | None = None
    not_run: bool = False

    @property
    def passed(self) -> bool:
        """Whether it passed."""
        return self.outcome is Outcome.PASSED


class Glance(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to count in one judged submission."""

    student: str
    attempt: int
    outcome: Literal["graded", "not_graded"]
    score: float | None
    max_score: float
    checks: list[CheckGlance]
    digests: Digests
    seconds: float
    reason: Text | None = None


_decoder = msgspec.json.Decoder(Glance)


def glance(data: bytes) -> Glance:
    """The glance at a record in JSON; raises `msgspec.ValidationError` if it is none."""
    return _decoder.decode(data)
