"""The summary of a record in a terminal: the report in short.

Text of students goes through `visible` and into `rich.text.Text`, which knows no markup and
passes no escape on. Meaning is in words and symbols; colour only repeats it.
"""

from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Line

from grader.core.record import ExceptionEvidence, Outcome, Record, Text
from grader.core.text import visible
from grader.report.hints import shown_hints
from grader.report.lessons import Lesson, changes, lessons, praise
from grader.report.numbers import points, signed
from grader.report.texts import certainty_text, meaning_text, outcome_text, partial_text, say

BAR = 24
LESSONS = 5
CELLS = 3  # of a notebook that failed, shown one by one
TITLES = 4


class _Printer:
    """A console and a language."""

    def __init__(self, console: Console, language: str) -> None:
        self.console, self.language = console, language

    def words(self, text: Text, limit: int = 600) -> str:
        """A text in the language, safe to print."""
        return visible(text.in_(self.language), limit)

    def say(self, key: str, /, **values: object) -> str:
        """One of our own sentences."""
        return self.words(say(key, **values))

    def line(self, *parts: str | tuple[str, str], indent: int = 0) -> None:
        """One line of parts, each a string or a (string, style)."""
        text = Line.assemble(*parts, overflow="fold")
        self.console.print(Padding(text, (0, 0, 0, indent), expand=False), highlight=False, markup=False)

    def gap(self) -> None:
        """An empty line."""
        self.console.print()


def render_summary(
    record: Record,
    console: Console,
    *,
    language: str,
    previous: Record | None = None,
    report_path: Path | str | None = None,
) -> None:
    """Print the summary of `record`, as its student may see it, to `console`."""
    out = _Printer(console, language)
    student = visible(record.student, 60, one_line=True)
    exercise = visible(record.exercise, 60, one_line=True)
    number = f" · {out.say('attempt')} {record.attempt}" if record.attempt else ""  # checks have none
    out.line((exercise, "bold"), f" · {student}{number}")
    if record.outcome != "graded":
        _not_graded(record, out)
    else:
        _score(record, out)
        _changes(record, previous, out)
        _groups(record, out)
        _notebook(record, out)
        _failures(record, out)
        _hints(record, out)
    _sandbox(record, out)
    if report_path is not None:
        out.line((out.say("full_report") + ": ", "dim"), visible(str(report_path), one_line=True))


def _not_graded(record: Record, out: _Printer) -> None:
    out.line((f"! {out.say('not_graded')}", "bold yellow"))
    out.line(out.say("not_your_fault"))
    if record.reason is not None:
        out.line((out.say("reason") + ": ", "dim"), out.words(record.reason))
    out.line(out.say("not_graded_next"))


def _score(record: Record, out: _Printer) -> None:
    good = sum(check.outcome is Outcome.PASSED for check in record.ran)
    if record.max_score and record.score is not None:
        full = int(BAR * record.score / record.max_score)
        score = out.say("score_words", score=points(record.score), max=points(record.max_score))
        unicode = (out.console.encoding or "").lower().startswith("utf")
        on, off = ("█", "░") if unicode else ("#", ".")
        style = "green" if full == BAR else "blue"
        out.line((score, "bold"), "  ", (on * full, style), (off * (BAR - full), "dim"))
    out.line(out.say("checks_passed", passed=good, total=len(record.ran)))
    if left_out := len(record.checks) - len(record.ran):
        out.line((out.say("checks_not_run" if left_out > 1 else "checks_not_run.one", n=left_out), "dim"))


def _changes(record: Record, previous: Record | None, out: _Printer) -> None:
    changed = changes(record, previous)
    if changed is None:
        return
    if changed.delta:
        delta = out.say("points_delta", delta=signed(changed.delta))
        style = "green" if changed.delta > 0 else "red"
    else:
        delta, style = out.say("points_same"), ""
    out.line((out.say("changes") + ": ", "dim"), (delta, style))
    if not changed.same_suite:
        out.line(out.say("other_suite"), indent=2)
    both = [("newly_passing", changed.passing, "✓", "green"), ("newly_failing", changed.failing, "✗", "red")]
    for key, checks, symbol, style in both:
        if checks:
            out.line(f"{out.say(key)}:", indent=2)
            for check in checks[:TITLES]:
                out.line((symbol, style), " ", out.words(check.title, 200), indent=4)
            if len(checks) > TITLES:
                out.line(f"… +{len(checks) - TITLES}", indent=4)


def _groups(record: Record, out: _Printer) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column(Line(out.say("group")), overflow="fold")
    table.add_column(Line(out.say("checks")), justify="right", no_wrap=True)
    table.add_column(Line(out.say("points")), justify="right", no_wrap=True)
    for group in record.groups:
        own = [check for check in record.ran if check.group == group.name]
        good = sum(check.outcome is Outcome.PASSED for check in own)
        symbol = Line("✓ " if good == len(own) else "✗ ", style="green" if good == len(own) else "red")
        earned = "–"
        if group.max_points:
            earned = f"{'–' if group.points is None else points(group.points)}/{points(group.max_points)}"
        name = symbol.append(out.words(group.title, 80), style="default")
        table.add_row(name, Line(f"{good}/{len(own)}"), Line(earned))
    out.gap()
    out.console.print(table, highlight=False, markup=False)


def _notebook(record: Record, out: _Printer) -> None:
    """Which cells did not run to their end; what was left out of others in a line."""
    if not record.notebook:
        return
    out.gap()
    failed = [note for note in record.notebook if note.kind == "failed"]
    for note in failed[:CELLS]:
        out.line(("! ", "yellow"), out.words(note.message, 400))
    if len(failed) > CELLS:
        out.line((f"… +{len(failed) - CELLS}", "dim"), indent=2)
    if left := sorted({note.cell for note in record.notebook if note.kind != "failed"}):
        out.line((out.say("cells_left_out", cells=", ".join(map(str, left))), "dim"))


def _failures(record: Record, out: _Printer) -> None:
    found = lessons(record)
    out.gap()
    if not found:
        out.line((f"✓ {out.words(praise(record))}", "bold green"))
        return
    out.line((out.say("next"), "bold"))
    for number, lesson in enumerate(found[:LESSONS], start=1):
        _lesson(number, lesson, out)
    if len(found) > LESSONS:
        out.line((out.say("lessons_left_out", n=len(found) - LESSONS), "dim"))
    out.gap()


def _lesson(number: int, lesson: Lesson, out: _Printer) -> None:
    first = lesson.first
    message = lesson.message or meaning_text(first.outcome)
    ended = partial_text(first) if first.is_partial else outcome_text(first.outcome)
    title, outcome = out.words(first.title, 200), out.words(ended)
    out.line(f"{number}. ", ("✗ ", "red"), (title, "bold"), "  ", (outcome, "red"))
    if lesson.diagnosis is not None:
        sure = out.words(certainty_text(lesson.diagnosis.certainty))
        name = visible(lesson.diagnosis.mistake, 60, one_line=True)
        out.line(f"{sure} ", (name, "cyan"), indent=3)
        out.line((out.words(message), "bold"), indent=3)
    else:
        out.line(out.words(message), indent=3)
        error = next((e for e in first.evidence if isinstance(e, ExceptionEvidence)), None)
        if error is not None:
            words = visible(f"{error.type}: {error.message}", 300)
            if not _quotes(out.words(message), words, error.message):
                out.line((words, "red"), indent=3)
    if first.traceback:
        frame = first.traceback[-1]
        key = "line" if frame.cell is None else "cell_line"
        where = out.say(key, file=frame.file, line=frame.line, cell=frame.cell)
        out.line((where + "  ", "dim"), visible(frame.text.strip(), 160, one_line=True), indent=3)
    _others(lesson, message, out)


def _hints(record: Record, out: _Printer) -> None:
    """The newest hint about each thing; the report has those before it as well."""
    found = shown_hints(record)
    if not found:
        return
    out.line((out.say("hints"), "bold"))
    for hints in found:
        newest = hints.newest
        number = out.say("hint_of", step=newest.step, steps=newest.steps)
        out.line("· ", (out.words(hints.about, 200), "bold"), (f"  {number}", "dim"))
        out.line(out.words(newest.text, 1200), indent=2)
    out.gap()


def _quotes(message: str, *words: str) -> bool:
    """Whether the message says one of these already."""
    return any(visible(word, 300) in message for word in words if word.strip())


def _others(lesson: Lesson, message: Text, out: _Printer) -> None:
    """The other checks of a lesson, one a line; each with its own message where that says more."""
    others = lesson.checks[1:]
    if not others:
        return
    one_cause = lesson.diagnosis is not None or lesson.crash is not None
    out.line((out.say("same_cause" if one_cause else "alike"), "dim"), indent=3)
    for check in others[:TITLES]:
        own = None if one_cause or check.message == message else check.message
        told = f" – {out.words(own, 300)}" if own is not None else ""
        out.line((f"· {out.words(check.title, 80)}{told}", "dim"), indent=5)
    if len(others) > TITLES:
        out.line((f"… +{len(others) - TITLES}", "dim"), indent=5)


def _sandbox(record: Record, out: _Printer) -> None:
    level = record.sandbox.level
    label = out.say(f"sandbox.label.{level}")
    if level == "full":
        out.line((label, "dim"))
        return
    if not record.attempt:  # a check: the student's own code on their own machine
        advice = out.say("sandbox_own")
        out.line((f"! {label}  {advice}", "dim"))
        return
    out.line((f"! {label}  ", "bold yellow"), out.say(f"sandbox.{level}"))
    for warning in record.sandbox.warnings[:5]:
        out.line(visible(warning, 300, one_line=True), indent=2)
