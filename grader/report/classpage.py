"""The class report: one HTML page that says what a class did not understand. For staff.

A pure function of the class's work; the same doors as in `html`: everything is made visible and escaped.
Without network and without scripts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from grader.core.analysis import Analysis, analyse
from grader.core.classwork import Classwork, Work
from grader.core.course import Exercise, Language
from grader.core.items import CheckStatistics, End, GroupStatistics, Mistake
from grader.core.record import Outcome, Text
from grader.core.similar import Similar
from grader.core.text import visible
from grader.report import classfigures
from grader.report.html import STYLE, environment, style
from grader.report.numbers import points
from grader.report.sidebyside import SimilarSection, similar_section
from grader.report.texts import say

LEADING: Final = 3  # mistakes that the head names
CHECKS_SHOWN: Final = 12
MISTAKES_SHOWN: Final = 8
EXAMPLES: Final = 3
LISTED: Final = 200  # of what was not graded
IN_GROUP: Final = 2  # mistakes named beside a group
MESSAGE: Final = 1000  # characters of a reason
FEW: Final = 20  # students below which correlations say little
_COUNTS: Final = {"best": "class_best", "last": "class_last", "mean": "class_last"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStudent:
    """A student as the page names one; `href` leads to the report, where there is one."""

    id: str
    name: str
    href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCheck:
    """A check as the template takes it."""

    number: int
    statistics: CheckStatistics
    title: Text
    rate: str
    discrimination: str | None
    bar: list[classfigures.Part]
    alt: list[tuple[Text, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMistake:
    """A mistake as the template takes it."""

    statistics: Mistake
    share: float
    percent: str
    sure: list[Text]
    checks: list[Text]
    more_checks: int
    group: Text | None
    examples: list[ShownStudent]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownGroup:
    """A group as the template takes it."""

    statistics: GroupStatistics
    title: Text
    rate: str
    mistakes: list[tuple[str, Text, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownWork:
    """A student's line."""

    student: ShownStudent
    score: str
    passed: int
    checks: int
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """A student's submission, or a check, that took long; the one that it is not is None."""

    student: ShownStudent | None = None
    title: Text | None = None
    seconds: str
    median: str = ""
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassPage:
    """What the page is made of."""

    exercise: Exercise
    classwork: Classwork
    language: Language
    made_utc: str
    reports: Mapping[str, str] = field(default_factory=dict)
    """Where each student's report is: relative addresses, percent-encoded, by student."""
    similar: Similar | None = None


def render(page: ClassPage) -> str:
    """The class report, as a whole HTML page."""
    css, digest = style(STYLE, "class.css")
    analysis = analyse(page.classwork.works)
    shown = None if analysis is None else _Shown(page, analysis)
    return (
        environment()
        .get_template("class.html.j2")
        .render(
            page=page,
            title=page.exercise.title,
            counts=_COUNTS[page.exercise.policy.counts],
            analysis=analysis,
            shown=shown,
            waiting=[(_student(page, w.student), _capped(w.why)) for w in page.classwork.waiting[:LISTED]],
            waiting_left=max(0, len(page.classwork.waiting) - LISTED),
            absent=[_student(page, id) for id in page.classwork.absent[:LISTED]],
            absent_left=max(0, len(page.classwork.absent) - LISTED),
            similar=_similar(page),
            few=FEW,
            style=css,
            style_hash=digest,
        )
    )


class _Shown:
    """The statistics in the words and figures of the page."""

    def __init__(self, page: ClassPage, analysis: Analysis) -> None:
        self._page, self._analysis = page, analysis
        self._checks, self._groups = titles(page.classwork)
        order = {check.id: place for place, check in enumerate(analysis.checks)}
        hardest = sorted(analysis.checks, key=lambda check: (check.rate, order[check.id]))
        numbered = list(enumerate(hardest, start=1))
        self.checks = [self._check(number, check) for number, check in numbered]
        self.first_checks, self.more_checks = self.checks[:CHECKS_SHOWN], self.checks[CHECKS_SHOWN:]
        self.doubtful = [shown for shown in self.checks if shown.statistics.doubtful]
        self.never_failed = [shown for shown in self.checks if shown.statistics.passed == shown.statistics.n]
        self.never_passed = [shown for shown in self.checks if not shown.statistics.passed]
        self.groups = [self._group(group) for group in _lossy_first(analysis.groups)]
        self.mistakes = [self._mistake(one) for one in analysis.mistakes]
        self.leading = self.mistakes[:LEADING]
        self.first_mistakes, self.more_mistakes = (
            self.mistakes[:MISTAKES_SHOWN],
            self.mistakes[MISTAKES_SHOWN:],
        )
        self.unnamed = [_student(page, id) for id in analysis.unnamed[:MISTAKES_SHOWN]]
        self.unnamed_left = len(analysis.unnamed) - len(self.unnamed)
        self.all_passed = all(check.passed == check.n for check in analysis.checks)
        self.score_columns = classfigures.score_columns(analysis)
        self.attempt_columns = classfigures.attempt_columns(analysis)
        self.map = classfigures.check_map(numbered)
        self.scores = {
            name: percent(getattr(analysis.scores, name))
            for name in ("mean", "median", "low_quartile", "high_quartile", "least", "most")
        }
        self.spread = None if analysis.scores.spread is None else percent(analysis.scores.spread)
        self.slowest, self.slowest_checks = self._slowest(), self._slowest_checks()
        self.median_s, self.p95_s = seconds(analysis.times.median_s), seconds(analysis.times.p95_s)
        self.ends = [end for end in End if any(end in check.ends for check in analysis.checks)]
        self.attempts = points(analysis.attempts.median or 0.0)
        self.got_full = sum(analysis.attempts.full)
        self.works = [self._work(work) for work in page.classwork.works]

    def _check(self, number: int, check: CheckStatistics) -> ShownCheck:
        found = check.discrimination
        return ShownCheck(
            number=number,
            statistics=check,
            title=self._checks.get(check.id, Text(en=check.id, ko=check.id)),
            rate=percent(100 * check.rate),
            discrimination=None if found is None else correlation(found),
            bar=classfigures.bar(check.ends),
            alt=[(say(f"class_end.{end}"), count) for end, count in check.ends.items()],
        )

    def _group(self, group: GroupStatistics) -> ShownGroup:
        messages = {one.id: one.message for one in self._analysis.mistakes}
        return ShownGroup(
            statistics=group,
            title=self._groups.get(group.name, Text(en=group.name, ko=group.name)),
            rate=percent(100 * group.rate),
            mistakes=[(id, messages[id], count) for id, count in group.mistakes[:IN_GROUP]],
        )

    def _mistake(self, one: Mistake) -> ShownMistake:
        n = self._analysis.scores.n
        # The group in which it was named most often; of equals one that is worth points, and the first.
        inside = max(
            self._analysis.groups,
            key=lambda group: (dict(group.mistakes).get(one.id, 0), group.max_points > 0),
        )
        return ShownMistake(
            statistics=one,
            share=round(100 * len(one.students) / n, 1),
            percent=percent(100 * len(one.students) / n),
            sure=[say(f"class_certainty.{how}", n=count) for how, count in one.certainties.items()],
            checks=[self._checks.get(id, Text(en=id, ko=id)) for id in one.checks[:EXAMPLES]],
            more_checks=max(0, len(one.checks) - EXAMPLES),
            group=self._groups.get(inside.name),
            examples=[_student(self._page, id) for id in one.students[:EXAMPLES]],
        )

    def _slowest(self) -> list[Slow]:
        slowest = self._analysis.times.slowest
        most = slowest[0][1] or 1.0
        return [
            Slow(
                student=_student(self._page, id),
                seconds=seconds(taken),
                share=round(100 * taken / most, 1),
            )
            for id, taken in slowest
        ]

    def _slowest_checks(self) -> list[Slow]:
        slowest = sorted(self._analysis.checks, key=lambda check: -check.longest_s)[:5]
        most = slowest[0].longest_s or 1.0
        return [
            Slow(
                title=self._checks.get(check.id, Text(en=check.id, ko=check.id)),
                seconds=seconds(check.longest_s),
                median=seconds(check.median_s),
                share=round(100 * check.longest_s / most, 1),
            )
            for check in slowest
        ]

    def _work(self, work: Work) -> ShownWork:
        ran = [check for check in work.glance.checks if not check.not_run]
        return ShownWork(
            student=_student(self._page, work.student),
            score=points(work.glance.score or 0.0),
            passed=sum(check.outcome is Outcome.PASSED for check in ran),
            checks=len(ran),
            attempts=len(work.shares),
        )


def titles(classwork: Classwork) -> tuple[dict[str, Text], dict[str, Text]]:
    """Titles of checks and of groups, by id: those of the newest suite that has them."""
    checks: dict[str, Text] = {}
    groups: dict[str, Text] = {}
    for record in classwork.examples:
        checks |= {check.id: check.title for check in record.checks}
        groups |= {group.name: group.title for group in record.groups}
    return checks, groups


def percent(value: float) -> str:
    """A percentage, whole unless it is near an end: 99.6 is not 100."""
    near = 0 < value < 1 or 99 < value < 100
    return f"{value:.1f}" if near and 0.05 <= value < 99.95 else f"{value:.0f}"


def correlation(value: float) -> str:
    """Two decimals and a real minus."""
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def seconds(value: float) -> str:
    """Two significant digits at least."""
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _lossy_first(groups: Sequence[GroupStatistics]) -> list[GroupStatistics]:
    """Those that cost most first; groups worth nothing last."""
    return sorted(groups, key=lambda group: (not group.max_points, -group.lost, group.rate))


def _capped(text: Text) -> Text:
    return Text(en=visible(text.en, MESSAGE), ko=visible(text.ko, MESSAGE))


def _student(page: ClassPage, id: str) -> ShownStudent:
    return ShownStudent(id=id, name=page.classwork.names.get(id, ""), href=page.reports.get(id))


def _similar(page: ClassPage) -> SimilarSection | None:
    return None if page.similar is None else similar_section(page.similar)
