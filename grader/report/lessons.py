"""What there is to learn from a record: failures grouped by their cause, the best one first.

Shared by the HTML report and the terminal summary.
"""

import re
from dataclasses import dataclass, field

from grader.core.record import Certainty, CheckResult, Diagnosis, ExceptionEvidence, Outcome, Record, Text
from grader.report.texts import say

_CERTAINTY = {Certainty.EXACT: 0, Certainty.LIKELY: 1, Certainty.HINT: 2}
_OUTCOME = {
    # A limit and a wrong answer stand in the order of the suite: a first function that never ends
    # must not hide behind what later ones make of it.
    Outcome.FAILED: 3,
    Outcome.OUT_OF_MEMORY: 3,
    Outcome.OUTPUT_LIMIT: 3,
    Outcome.TIMED_OUT: 3,
    Outcome.FORBIDDEN: 4,
    Outcome.CRASHED: 5,
    Outcome.SKIPPED: 9,
    Outcome.NOT_GRADED: 9,
}
_PARTIAL = 6
"""What is right but slow comes after what is wrong."""
_UNWRITTEN = 7
"""A stub not written yet comes after everything that was tried."""

_LIMITS = {Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY, Outcome.OUTPUT_LIMIT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """Checks that failed for one reason: a named mistake, one error, or one kind of failure in a group."""

    rank: int
    checks: list[CheckResult]
    diagnosis: Diagnosis | None
    crash: ExceptionEvidence | None

    @property
    def first(self) -> CheckResult:
        """The check to look at: the most basic of them."""
        return self.checks[0]

    @property
    def message(self) -> Text | None:
        """What to learn: of the named mistake, else of the first check; None if it says nothing."""
        if self.diagnosis is not None:
            return self.diagnosis.message
        return None if self.first.outcome is Outcome.SKIPPED else self.first.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What differs from the attempt before; `delta` is None where one of them has no score."""

    delta: float | None
    passing: list[CheckResult] = field(default_factory=list)
    failing: list[CheckResult] = field(default_factory=list)
    same_suite: bool


def _kind(check: CheckResult) -> str:
    """What kind of failure a check tells of: the first words of its message.

    Without the name in front, what is quoted, and numbers, so that "dx: 3 of 4 entries are wrong" and
    "dh: 2 of 8 entries are wrong" are of one kind, and another shape, dtype or a changed input is not.
    A limit is one kind, whatever call ran into it.
    """
    told = check.brief or check.message
    if told is None or check.outcome in _LIMITS:
        return ""
    bare = re.sub(r"^[^:.;]{1,40}: ", "", told.en[:300])
    bare = re.sub(r"'[^']*'|\S*\d\S*", " ", bare)
    return " ".join(re.findall(r"[^\W\d]{2,}", bare)[:3]).lower()


def _crash(check: CheckResult) -> ExceptionEvidence | None:
    if check.outcome is not Outcome.CRASHED:
        return None
    return next((item for item in check.evidence if isinstance(item, ExceptionEvidence)), None)


def _rank(check: CheckResult, crash: ExceptionEvidence | None) -> int:
    if check.outcome is Outcome.SKIPPED:
        return _OUTCOME[check.outcome]  # what it waits for comes first, even if this one is named
    if check.diagnosis is not None:
        return _CERTAINTY[check.diagnosis.certainty]
    if crash is not None and crash.type == "NotImplementedError":
        return _UNWRITTEN
    if check.is_partial:
        return _PARTIAL
    return _OUTCOME[check.outcome]


def lessons(record: Record) -> list[Lesson]:
    """The failures of a record, the most instructive first.

    Named mistakes by certainty, then wrong answers and limits, errors, unwritten stubs, and last the
    checks that wait for others. Ties keep the order of the suite, which goes from basics up, so
    that what depends on little comes first.
    """
    found: dict[tuple[object, ...], list[CheckResult]] = {}
    for check in record.ran:
        if check.outcome is Outcome.PASSED:
            continue
        crash = _crash(check)
        if check.outcome is Outcome.SKIPPED:
            key: tuple[object, ...] = ("skipped",)
        elif check.diagnosis is not None:
            key = ("mistake", check.diagnosis.mistake)
        elif crash is not None:
            last = check.traceback[-1] if check.traceback else None
            key = ("crash", crash.type, crash.message, last and (last.file, last.cell, last.line))
        else:
            key = ("group", check.group, check.outcome, _kind(check))
        found.setdefault(key, []).append(check)
    return sorted((_lesson(checks) for checks in found.values()), key=lambda lesson: lesson.rank)


def _lesson(checks: list[CheckResult]) -> Lesson:
    # Public checks last among equals: the hidden ones have the better pictures.
    ranked = sorted(checks, key=lambda check: (_rank(check, _crash(check)), not check.max_points))
    crash = _crash(ranked[0])
    rank = _rank(ranked[0], crash)
    named = rank < _OUTCOME[Outcome.FAILED]
    return Lesson(
        rank=rank,
        checks=ranked,
        diagnosis=ranked[0].diagnosis if named else None,
        crash=None if named else crash,
    )


def praise(record: Record) -> Text:
    """What is said when every check passed; of public checks alone, what comes next."""
    if record.max_score:
        return say("all_passed")
    return say("all_public_passed", exercise=record.exercise.partition("_")[0])


def changes(record: Record, previous: Record | None) -> Changes | None:
    """What changed since `previous`; None without one, or if either was not graded."""
    if previous is None or record.outcome != "graded" or previous.outcome != "graded":
        return None
    before = {check.id: check.outcome is Outcome.PASSED for check in previous.ran}
    return Changes(
        delta=None if record.score is None or previous.score is None else record.score - previous.score,
        passing=[c for c in record.checks if before.get(c.id) is False and c.outcome is Outcome.PASSED],
        failing=[c for c in record.ran if before.get(c.id) is True and c.outcome is not Outcome.PASSED],
        same_suite=record.digests.suite == previous.digests.suite,
    )
