"""What the student's view of a record holds: a record again, with what is not theirs taken out."""

import math
from dataclasses import replace
from typing import Literal

from grader.core.record import CellNote, CheckResult, OpenedHint, Outcome, Record, Stdout
from grader.report.texts import meaning_text, say

Reveal = Literal["all", "message", "name"]

_QUOTING = (Outcome.CRASHED, Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY, Outcome.OUTPUT_LIMIT)
"""Their messages quote the call with its inputs, or what the submission raised."""


def student_view(record: Record, reveal: Reveal = "all") -> Record:
    """The record as its student may see it; never with notes or flags for staff.

    `all` holds everything else. `message` holds titles, outcomes, messages and named mistakes, but
    no text or number that came from the worker: evidence, tracebacks, stdout and times can carry inputs.
    `name` holds titles and outcomes only, and no hints. Withheld stdout is empty and marked as truncated;
    withheld times are 0, and that of the whole is in full seconds.
    """
    if reveal not in ("all", "message", "name"):
        raise ValueError(f"no reveal {reveal!r}: choose all, message or name")
    stdout = record.stdout if reveal == "all" else Stdout(text="", truncated=True)
    checks = [_check(check, _stricter(check.reveal, reveal)) for check in record.checks]
    if any(check.reveal != "all" for check in record.checks):
        stdout = Stdout(text="", truncated=True)  # inputs of that check may have been printed
    withheld = stdout is not record.stdout
    sandbox = record.sandbox
    if sandbox.level == "full":  # what else the machine could have is for those who run it
        sandbox = replace(sandbox, warnings=[])
    return replace(
        record,
        checks=checks,
        stdout=stdout,
        seconds=float(math.ceil(record.seconds)) if withheld else record.seconds,
        sandbox=sandbox,
        flags=[],
        notebook=[_note(note, reveal) for note in record.notebook] if reveal != "name" else [],
        hints=[] if reveal == "name" else [hint for hint in record.hints if _may_help(hint, record)],
    )


def _note(note: CellNote, reveal: Reveal) -> CellNote:
    """What became of a cell; what it raised, or was called, is the worker's word."""
    if reveal == "all":
        return note
    if note.kind == "failed":
        return replace(note, message=say("cell_failed", cell=note.cell, line=note.line))
    return replace(note, message=say("cell_left_out", cell=note.cell))


def _may_help(hint: OpenedHint, record: Record) -> bool:
    """Whether it is about a check of which more is told than its name."""
    about = [c for c in record.checks if c.id == hint.check or (not hint.check and c.group == hint.group)]
    return any(check.outcome is not Outcome.PASSED and check.reveal != "name" for check in about)


def _stricter(one: Reveal, other: Reveal) -> Reveal:
    order: tuple[Reveal, ...] = ("all", "message", "name")
    return max(one, other, key=order.index)


def _check(check: CheckResult, reveal: Reveal) -> CheckResult:
    if reveal == "all":
        return replace(check, staff_note=None)
    bare = replace(check, staff_note=None, evidence=[], traceback=[], seconds=0.0)
    if reveal == "name":
        return replace(bare, message=None, brief=None, diagnosis=None)
    if check.brief is not None:
        return replace(bare, message=check.brief)
    if check.outcome in _QUOTING and check.message is not None:
        return replace(bare, message=meaning_text(check.outcome))
    return bare
