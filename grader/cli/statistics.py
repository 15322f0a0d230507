"""`grade stats`: an exercise as the class did it, at the terminal, as JSON, and as the class report."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from grader.cli import classreport, output, reporting
from grader.cli.booking import opened
from grader.cli.request import short
from grader.core.analysis import Analysis, analyse
from grader.core.classwork import Classwork, without_names
from grader.core.course import Course, Exercise, Language
from grader.core.items import CheckStatistics
from grader.core.record import Text
from grader.core.similar import Similar
from grader.core.text import visible
from grader.errors import InputError
from grader.gradebook import classwork
from grader.report.classpage import correlation, percent, titles
from grader.report.numbers import points
from grader.report.texts import say

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

CHECKS: Final = 12
MISTAKES: Final = 8
PAIRS: Final = 10
NAMES: Final = 8
BAR: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Arguments of `grade stats`, resolved."""

    course: Course
    exercise: Exercise
    out: Path | None
    similar: bool
    pseudonyms: bool
    language: Language
    as_json: bool
    quiet: bool
    colour: output.Colour


def show(asked: Asked) -> None:
    """Prints the statistics, and writes the class report where a folder for it was named."""
    if asked.similar and asked.pseudonyms:
        raise InputError("--similar shows code, which can hold names: leave out --pseudonyms")
    folder = None if asked.out is None else reporting.writable(asked.out.absolute(), named=True)
    found: Similar | None = None
    with opened(asked.course) as book:
        work = classwork.read(book, asked.exercise)
        if asked.similar:
            from grader.cli.comparison import similar

            found = similar(asked.course, asked.exercise, book, work, quiet=asked.quiet)
    if asked.pseudonyms:
        work = without_names(work, asked.course.secret())
    analysis = analyse(work.works)
    if asked.as_json:
        output.result(as_json(asked.exercise, work, analysis, found))
    elif not asked.quiet:
        console, page = output.console(asked.colour)
        _Printed(asked, work, console).all(analysis, found)
        output.result(page.getvalue())
    if folder is not None:
        path = classreport.write(
            asked.course,
            asked.exercise,
            work,
            folder,
            language=asked.language,
            linked=not asked.pseudonyms,
            similar=found,
        )
        if not asked.quiet:
            tell = output.note if asked.as_json else output.line
            tell(f"class report: {visible(str(short(path)), one_line=True)}")


def as_json(
    exercise: Exercise, work: Classwork, analysis: Analysis | None, found: Similar | None = None
) -> str:
    """All of the statistics; `scores` and what hangs on it are null where nothing was graded."""
    checks, groups = titles(work)
    data: dict[str, Any] = {
        "exercise": exercise.id,
        "counts": exercise.policy.counts,
        "students": len(work.works),
        "not_graded": [{"student": one.student or None, "why": one.why} for one in work.waiting],
        "absent": work.absent,
        "scores": None,
    }
    if analysis is not None:
        data |= {
            "scores": analysis.scores,
            "groups": [
                {
                    **msgspec.to_builtins(group),
                    "title": groups.get(group.name),
                    "mistakes": [{"mistake": id, "students": count} for id, count in group.mistakes],
                }
                for group in analysis.groups
            ],
            "checks": [
                {**msgspec.to_builtins(check), "title": checks.get(check.id), "doubtful": check.doubtful}
                for check in analysis.checks
            ],
            "mistakes": analysis.mistakes,
            "unnamed": analysis.unnamed,
            "attempts": analysis.attempts,
            "times": {
                "median_s": analysis.times.median_s,
                "p95_s": analysis.times.p95_s,
                "slowest": [{"student": id, "seconds": s} for id, s in analysis.times.slowest],
            },
            "suites": analysis.suites,
        }
    if found is not None:
        data["similar"] = [
            {
                "students": [pair.one.student, pair.other.student],
                "files": [pair.one.file, pair.other.file],
                "shares": [pair.one.share, pair.other.share],
            }
            for pair in found.pairs
        ]
    return msgspec.json.format(msgspec.json.encode(data), indent=1).decode() + "\n"


class _Printed:
    """The statistics on a console."""

    def __init__(self, asked: Asked, work: Classwork, console: "Console") -> None:
        self._asked, self._work, self._console = asked, work, console
        self._titles, _ = titles(work)

    def all(self, analysis: Analysis | None, found: Similar | None) -> None:
        """Everything, the most telling first."""
        if analysis is None:
            self._say(f"{self._asked.exercise.id}: {self._word('class_nothing')}")
        else:
            self._scores(analysis)
            self._mistakes(analysis)
            self._checks(analysis)
        if found is not None:
            self._similar(found)
        self._rest(analysis)

    def _scores(self, analysis: Analysis) -> None:
        scores = analysis.scores
        full = self._word("class_full", full=scores.full, n=scores.n)
        middle = f"{self._word('class_median')} {percent(scores.median)} %"
        mean = f"{self._word('class_mean')} {percent(scores.mean)} %"
        self._say(f"{self._asked.exercise.id}: {full}, {middle}, {mean}\n")
        table = self._table(self._word("class_score"), f">{self._word('class_count')}", "")
        most = max(scores.bins)
        for place in reversed(range(len(scores.bins))):
            count = scores.bins[place]
            label = "100 %" if place == 10 else f"{10 * place}-{10 * place + 9} %"
            table.add_row(label, str(count), "█" * -(-BAR * count // most))
        self._console.print(table)

    def _mistakes(self, analysis: Analysis) -> None:
        self._say(f"\n{self._word('class_lead')}")
        if not analysis.mistakes:
            all_passed = len(analysis.never_failed) == len(analysis.checks)
            self._say(self._word("class_mistakes_none" if not all_passed else "class_lead_none"))
            return
        table = self._table(f">{self._word('class_count')}", self._word("class_mistake"), "")
        for one in analysis.mistakes[:MISTAKES]:
            students = len(one.students)
            share = percent(100 * students / analysis.scores.n)
            table.add_row(f"{students} ({share} %)", *self._cells(one.id, self._in(one.message)))
        self._console.print(table)
        if left := len(analysis.mistakes) - MISTAKES:
            self._more(left, "class_more_mistakes")

    def _checks(self, analysis: Analysis) -> None:
        self._say(f"\n{self._word('class_checks')}")
        hardest = sorted(analysis.checks, key=lambda check: check.rate)
        shown = [
            check
            for place, check in enumerate(hardest)
            if place < CHECKS or check.doubtful or not check.passed
        ]
        table = self._table(
            self._word("class_check"),
            f">{self._word('class_passed')}",
            "",
            f">{self._word('class_discrimination')}",
            "",
        )
        for check in shown:
            title = self._titles.get(check.id)
            (name,) = self._cells(self._in(title) if title else check.id)
            table.add_row(
                name, f"{percent(100 * check.rate)} %", f"{check.passed}/{check.n}", *self._separation(check)
            )
        self._console.print(table)
        if left := len(hardest) - len(shown):
            self._more(left, "class_more_checks")

    def _separation(self, check: CheckStatistics) -> tuple[str, str]:
        if check.discrimination is None:
            return "–", self._word(f"class_undefined.{check.undefined}")
        return correlation(check.discrimination), self._word("class_doubtful") if check.doubtful else ""

    def _similar(self, found: Similar) -> None:
        self._say(f"\n{self._word('class_similar')}")
        if not found.pairs:
            self._say(self._word("class_similar_none"))
            return
        table = self._table(self._word("student"), "", self._word("student"), "")
        for pair in found.pairs[:PAIRS]:
            table.add_row(
                *self._cells(
                    pair.one.student,
                    f"{percent(100 * pair.one.share)} %",
                    pair.other.student,
                    f"{percent(100 * pair.other.share)} %",
                )
            )
        self._console.print(table)
        if left := len(found.pairs) - PAIRS:
            self._more(left, "class_similar_more")

    def _rest(self, analysis: Analysis | None) -> None:
        lines = []
        if analysis is not None:
            got = sum(analysis.attempts.full)
            words = {"n": analysis.scores.n, "full": got, "median": points(analysis.attempts.median or 0.0)}
            lines.append(self._word("class_attempts_words" if got else "class_attempts_nobody", **words))
            if analysis.unnamed:
                told = self._word("class_unnamed", n=len(analysis.unnamed))
                lines.append(f"{told} {self._names(analysis.unnamed)}")
            if len(analysis.suites) > 1:
                lines.append(self._word("class_suites", n=len(analysis.suites)))
        for key, who in (
            ("class_waiting", [one.student or "?" for one in self._work.waiting]),
            ("class_absent", self._work.absent),
        ):
            if who:
                lines.append(f"{self._word(key)}: {len(who)} ({self._names(who)})")
        for line in lines:
            self._say(f"\n{line}")

    def _names(self, who: "tuple[str, ...] | list[str]") -> str:
        left = len(who) - NAMES
        more = f" {self._word('class_more_students', n=left)}" if left > 0 else ""
        return ", ".join(visible(one, 40, one_line=True) for one in who[:NAMES]) + more

    def _more(self, left: int, key: str) -> None:
        if left > 0:
            where = f"{self._word(key, n=left)}: --json, --out DIR"
            self._console.print(where, style="dim", highlight=False, markup=False)

    def _word(self, key: str, **values: object) -> str:
        return self._in(say(key, **values))

    def _in(self, text: Text) -> str:
        return text.in_(self._asked.language)

    def _say(self, line: str) -> None:
        self._console.print(line, highlight=False, markup=False)

    def _cells(self, *texts: str) -> list[Any]:
        """Cells as they are: square brackets are no markup."""
        from rich.text import Text as Plain

        return [Plain(visible(text, 300, one_line=True)) for text in texts]

    @staticmethod
    def _table(*columns: str) -> "Table":
        """An empty table; a column that begins with `>` holds numbers."""
        from rich import box
        from rich.table import Table

        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_edge=False, highlight=False)
        for name in columns:
            right = name.startswith(">")
            table.add_column(
                name.removeprefix(">"), justify="right" if right else "left", no_wrap=right, overflow="fold"
            )
        return table
