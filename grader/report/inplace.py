"""Feedback in place: what did not pass, behind the cell of the student's notebook that it is about.

Pieces of HTML without style, script or link, in one language: they stand in markdown cells of a notebook and
in the page that is made of it. All text in them has been escaped by the one environment of the reports.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from grader.core import notebook
from grader.core.record import CallEvidence, CellNote, CheckResult, Frame, Outcome, Record
from grader.core.text import visible
from grader.report.html import environment
from grader.report.lessons import Lesson, lessons, praise
from grader.report.numbers import points
from grader.report.texts import certainty_text, meaning_text, outcome_text, partial_text, say

MESSAGE: Final = 2000  # characters
OTHERS: Final = 6  # titles of further checks of one lesson
_DEFINED: Final = re.compile(r"^(?:async[ \t]+def|def|class)[ \t]+(\w+)", re.MULTILINE)
_WORD: Final = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """Pieces of HTML for one notebook."""

    top: str
    """What it came to."""
    behind: dict[int, str] = field(default_factory=dict)
    """By the number of the code cell that each is about."""
    end: str = ""
    """What is about no cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLesson:
    """A lesson as the template takes it."""

    title: str
    outcome: str
    sure: str
    mistake: str
    message: list[str]
    place: str
    code: str
    others: list[str]
    left: int


def feedback(record: Record, file: str, cells: Sequence[notebook.Cell], language: str) -> Feedback:
    """What belongs behind the cells of one notebook of a record, which must be the student's view.

    A lesson is put where the traceback of its first check passes last; else behind the cell that defines what
    the check calls; else at the end.
    """
    found: defaultdict[int, list[Lesson]] = defaultdict(list)
    for lesson in lessons(record):
        found[_cell_of(lesson.first, file, cells) or 0].append(lesson)
    notes: defaultdict[int, list[CellNote]] = defaultdict(list)
    for note in record.notebook:
        if note.file == file and note.kind == "failed":
            notes[note.cell].append(note)
    behind = {
        cell: _piece(found.get(cell, []), notes.get(cell, []), language)
        for cell in sorted({*found, *notes} - {0})
    }
    return Feedback(
        top=_top(record, language),
        behind=behind,
        end=_piece(found[0], [], language) if found[0] else "",
    )


def _cell_of(check: CheckResult, file: str, cells: Sequence[notebook.Cell]) -> int | None:
    passed = [frame.cell for frame in check.traceback if frame.file == file and frame.cell]
    if passed:
        return passed[-1]
    defined = {
        name: cell.number for cell in cells if not cell.skipped for name in _DEFINED.findall(cell.source)
    }
    called = next((one.text for one in check.evidence if isinstance(one, CallEvidence)), "")
    words = _WORD.findall(called) or _WORD.findall(check.id)
    return next((defined[word] for word in words if word in defined), None)


def _top(record: Record, language: str) -> str:
    good = sum(check.outcome is Outcome.PASSED for check in record.ran)
    lines = [say("checks_passed", passed=good, total=len(record.ran)).in_(language)]
    if record.max_score and record.score is not None:
        score = say("score_words", score=points(record.score), max=points(record.max_score))
        lines.insert(0, score.in_(language))
    if good == len(record.ran):
        lines.append(praise(record).in_(language))
    return _rendered(kind="info", lines=lines, notes=[], lessons=[])


def _piece(found: Sequence[Lesson], notes: Sequence[CellNote], language: str) -> str:
    told = [note.message.in_(language) for note in notes]
    shown = [_shown(lesson, language) for lesson in found]
    return _rendered(kind="warning", lines=[], notes=told, lessons=shown)


def _shown(lesson: Lesson, language: str) -> ShownLesson:
    first = lesson.first
    ended = partial_text(first) if first.is_partial else outcome_text(first.outcome)
    message = (lesson.message or meaning_text(first.outcome)).in_(language)
    named = lesson.diagnosis
    frame = first.traceback[-1] if first.traceback else None
    return ShownLesson(
        title=first.title.in_(language),
        outcome=ended.in_(language),
        sure="" if named is None else certainty_text(named.certainty).in_(language),
        mistake="" if named is None else named.mistake,
        message=visible(message, MESSAGE).split("\n"),
        place="" if frame is None else _place(frame, language),
        code="" if frame is None else frame.text.strip(),
        others=[check.title.in_(language) for check in lesson.checks[1 : 1 + OTHERS]],
        left=max(0, len(lesson.checks) - 1 - OTHERS),
    )


def _place(frame: Frame, language: str) -> str:
    key = "line" if frame.cell is None else "cell_line"
    return say(key, file=frame.file, line=frame.line, cell=frame.cell).in_(language)


def _rendered(**given: object) -> str:
    """The template's HTML as a markdown cell can hold it.

    No line of it is empty, which would end the block; and what would begin a formula is written as an entity.
    """
    page = environment().get_template("feedback.html.j2").render(**given)
    lines = [line.strip() for line in page.splitlines()]
    return "\n".join(line for line in lines if line).replace("$", "&#36;").replace("\\", "&#92;")
