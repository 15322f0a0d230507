"""The student's report: one HTML file that opens from disk, without network and without scripts.

Everything printed by a template passes `visible` and then autoescape: there is one door, and
hostile text (names, exceptions, stdout, code) goes through it like every other. The
Content-Security-Policy allows the one inline style by its hash and nothing else.
"""

import base64
import contextlib
import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
from jinja2.bccache import Bucket
from markupsafe import Markup

from grader.core.record import CheckResult, Frame, Outcome, Record, Text
from grader.core.text import visible
from grader.report import numbers
from grader.report.figures import Shown, figures_of
from grader.report.hints import shown_hints
from grader.report.lessons import Lesson, changes, lessons, praise
from grader.report.texts import meaning_text, partial_text, say

INK = 16_000  # cells of heat maps (and what weighs the same) that a report draws
CHANGES = 4  # titles of what changed that are shown unfolded
CHECKS_SHOWN = 2  # checks of one lesson that are shown with pictures
STDOUT = 20_000
MESSAGE = 2000
CONTEXT = 2  # lines of source around the student's line
FRAMES = 4
STYLE = "report.css"
PICTURES = "pictures.css"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeLine:
    """A line of the student's source."""

    n: int
    text: str
    here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a traceback passed, with the lines around."""

    heading: Text
    lines: list[CodeLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCheck:
    """A failed check as the template takes it."""

    number: int
    title: Text
    outcome: Outcome
    message: Text
    earned: Text | None
    """What it earned though it did not pass; None for nothing."""
    shown: Shown
    places: list[Place]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldedCheck:
    """A failed check that is listed without pictures; `message` is None if the lesson says it."""

    title: Text
    outcome: Outcome
    message: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLesson:
    """A lesson as the template takes it; `worth` counts what its checks can still earn."""

    number: int
    lesson: Lesson
    message: Text
    worth: float
    checks: list[ShownCheck]
    others: list[FoldedCheck]


@functools.cache
def style(*names: str) -> tuple[Markup, str]:
    """These style sheets of ours behind that of pictures, and the hash by which a page's policy allows it."""
    css = "".join(read_style(name) for name in (PICTURES, *names))
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    # Ours, and constant: no text of a student comes near it.
    return Markup(css), f"sha256-{digest}"  # noqa: S704


def read_style(name: str) -> str:
    """The text of a style sheet of ours."""
    return resources.files("grader.report").joinpath("templates", name).read_text("utf-8")


def _shown(value: object) -> object:
    if type(value) is not str or (value.isascii() and value.isprintable()):
        return value  # numbers; Markup, which came through here before; what `visible` would not change
    return visible(value)


@functools.cache
def environment() -> jinja2.Environment:
    """The one environment of the reports; templates are compiled once a process."""
    env = jinja2.Environment(
        loader=jinja2.PackageLoader("grader.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_shown,
    )
    filters: dict[str, Any] = {"points": numbers.points, "signed": numbers.signed, "clip": _clip}
    env.filters.update(filters)
    env.globals.update(say=say, ours=_ours)
    return env


class _Cache(jinja2.FileSystemBytecodeCache):
    """Compiled templates, as long as there is room for them."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep one; where the disk is full it is compiled again next time."""
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)


def prepare(cache: Path) -> None:
    """Have all templates ready, compiled into the folder `cache` by whoever needed them first.

    Compiling takes 150 ms, which a command can spend while its judge starts.
    """
    env = environment()
    with contextlib.suppress(OSError):  # it is only a cache
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        env.bytecode_cache = _Cache(str(cache))
    for name in env.list_templates(extensions=["j2"]):
        env.get_template(name)


@functools.cache
def _ours(key: str) -> Markup:
    """One of our own sentences in both languages; made by the template's macro, once a process."""
    words: Any = environment().get_template("_words.html.j2").module
    both: Markup = words.both(say(key))
    return both


def _clip(text: str, limit: int) -> str:
    return visible(text, limit, one_line=True)


def render(
    record: Record,
    *,
    title: Text,
    previous: Record | None = None,
    source: Mapping[str, str] | None = None,
) -> str:
    """The report of a record, as a whole HTML page.

    Args:
        record: as the student may see it (`view.student_view`); notes for staff are never shown.
        title: of the exercise.
        previous: the attempt before, for what changed.
        source: the submitted files (`submission.sources`), to show the lines around those of tracebacks.
    """
    css, digest = style(STYLE)
    passed = [check for check in record.checks if check.outcome is Outcome.PASSED]
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            record=record,
            title=title,
            style=css,
            style_hash=digest,
            lessons=shown_lessons(record, source or {}) if record.outcome == "graded" else [],
            changes=changes(record, previous),
            changes_shown=CHANGES,
            praise=praise(record),
            hints=shown_hints(record),
            passed=passed,
            counts=counts_of(record),
            share=_share(record.score, record.max_score),
            group_shares={g.name: _share(g.points, g.max_points) for g in record.groups},
            stdout=visible(record.stdout.text, STDOUT),
            stdout_cut=record.stdout.truncated or len(record.stdout.text) > STDOUT,
        )
    )


def _share(part: float | None, whole: float) -> float:
    return round(100 * part / whole, 1) if part and whole else 0.0


def counts_of(record: Record) -> dict[str, tuple[int, int]]:
    """Passed checks and all that ran, of each group."""
    counts = {group.name: (0, 0) for group in record.groups}
    for check in record.ran:
        good, total = counts[check.group]
        counts[check.group] = good + (check.outcome is Outcome.PASSED), total + 1
    return counts


def shown_lessons(record: Record, source: Mapping[str, str]) -> list[ShownLesson]:
    """The lessons of a record with pictures, as far as there is ink."""
    number = 0
    left = INK
    pages: list[ShownLesson] = []
    for n, lesson in enumerate(lessons(record), start=1):
        full = [] if lesson.first.outcome is Outcome.SKIPPED else lesson.checks[:CHECKS_SHOWN]
        checks: list[ShownCheck] = []
        for check in full:
            number += 1
            shown = figures_of(check, drawn=left > 0)
            left -= shown.ink
            checks.append(
                ShownCheck(
                    number=number,
                    title=check.title,
                    outcome=check.outcome,
                    message=_capped(check.message or meaning_text(check.outcome)),
                    earned=partial_text(check) if check.is_partial else None,
                    shown=shown,
                    places=[_place(frame, source) for frame in check.traceback[-FRAMES:]],
                )
            )
        message = _capped(lesson.message or meaning_text(lesson.first.outcome))
        pages.append(
            ShownLesson(
                number=n,
                lesson=lesson,
                message=message,
                worth=sum(check.max_points - (check.points or 0.0) for check in lesson.checks),
                checks=checks,
                others=[_folded(check, message) for check in lesson.checks[len(full) :]],
            )
        )
    return pages


def _folded(check: CheckResult, told: Text) -> FoldedCheck:
    own = None if check.message is None else _capped(check.message)
    return FoldedCheck(title=check.title, outcome=check.outcome, message=None if own == told else own)


def _place(frame: Frame, source: Mapping[str, str]) -> Place:
    file = visible(frame.file, 120, one_line=True)
    if frame.cell is None:
        heading = say("line", file=file, line=frame.line)
        lines = source.get(frame.file, "").rstrip().split("\n")
    else:
        heading = say("cell_line", file=file, cell=frame.cell, line=frame.line)
        lines = source.get(f"{frame.file}:{frame.cell}", "").rstrip().split("\n")
    at = frame.line - 1
    if 0 <= at < len(lines) and lines[at].strip() == frame.text.strip():
        around = range(max(0, at - CONTEXT), min(len(lines), at + CONTEXT + 1))
    else:
        lines, around, at = [frame.text], range(1), 0
    offset = frame.line - at
    shown = [CodeLine(n=k + offset, text=_code(lines[k]), here=k == at) for k in around]
    return Place(heading=heading, lines=shown)


def _code(line: str) -> str:
    return visible(line.rstrip("\r\n").expandtabs(4), 200, one_line=True)


def _capped(text: Text) -> Text:
    if len(text.en) <= MESSAGE and len(text.ko) <= MESSAGE:
        return text
    return Text(en=visible(text.en, MESSAGE), ko=visible(text.ko, MESSAGE))
