"""Hints that open by attempt: steps of help for a group, or for some checks of an exercise.

They are in `solutions/EXERCISE/hints.toml`, which students do not have:

    [[group.padding]]
    after = 2
    en = "What is the first output pixel made of?"
    ko = "첫 출력 픽셀은 무엇으로 계산되나요?"

    [[check."test_stride*"]]
    ...

A step opens with the attempt that is the `after`-th one in which its group, or one of its checks, failed. A
check that has hints of its own does not open those of its group.
"""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final, Literal

from grader.core.course import Exercise
from grader.core.globs import matches
from grader.core.record import CheckResult, ExceptionEvidence, OpenedHint, Outcome, Record, Text
from grader.core.table import Table
from grader.errors import CourseError

HINTS_FILE: Final = "hints.toml"
KINDS: Final[tuple[Literal["group", "check"], ...]] = ("group", "check")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of help; steps about the same stand together, the first to open first."""

    kind: Literal["group", "check"]
    about: str
    """Name of the group, or id or glob of the checks."""
    after: int
    """Failed attempts, the one of the record included."""
    text: Text

    def concerns(self, check: CheckResult) -> bool:
        """Whether it is about this check."""
        return check.group == self.about if self.kind == "group" else matches(check.id, self.about)


def read(exercise: Exercise) -> tuple[Step, ...]:
    """The steps of an exercise, none where it has no file; CourseError says what is wrong in it."""
    if exercise.solution_dir is None:
        return ()
    path = exercise.solution_dir / HINTS_FILE
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except OSError as e:
        raise CourseError(f"{str(path)!r} cannot be read: {e.strerror or e}") from e
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise CourseError(f"{str(path)!r} is not TOML in UTF-8: {e}") from e
    top = Table(str(path), "", data)
    top.only(*KINDS)
    return tuple(step for kind in KINDS for step in _steps(top.table(kind), kind, path))


def told(exercise: Exercise) -> tuple[Step, ...]:
    """The steps that attempts may open: none in an exam, where names are all that is told."""
    return () if exercise.reveal == "name" else read(exercise)


def _steps(table: Table, kind: Literal["group", "check"], path: Path) -> Iterator[Step]:
    for about in table.data:
        listed = table.value(about)
        if not isinstance(listed, list) or not listed or not all(isinstance(one, dict) for one in listed):
            raise table.error(about, f'steps, each under [[{kind}."{about}"]]', listed)
        reached = 0
        for number, one in enumerate(listed, start=1):
            step = Table(str(path), f"{kind}.{about}, step {number}", one)
            step.only("after", "en", "ko")
            for language in ("en", "ko"):
                if not isinstance(text := step.value(language), str) or not text.strip():
                    raise step.error(language, "a text", text)
            after = step.whole("after", default=0)
            if after <= reached:
                raise step.error("after", f"more failed attempts than {reached}, of the step before", after)
            reached = after
            text = Text(en=step.value("en").strip(), ko=step.value("ko").strip())
            yield Step(kind=kind, about=about, after=after, text=text)


def opened(steps: Sequence[Step], record: Record, earlier: Iterable[Record]) -> list[OpenedHint]:
    """What is open with this record of an attempt, about what it still fails, in the order of its checks.

    `earlier` are the records of the attempts before. A part that is not written yet has not been tried, nor
    has anything in a file that does not load: no step opens by such attempts.
    """
    special = [step for step in steps if step.kind == "check"]

    def missed_in(one: Record, step: Step) -> list[CheckResult]:
        found = [check for check in _tried(one) if step.concerns(check)]
        if step.kind == "group":
            found = [check for check in found if not any(other.concerns(check) for other in special)]
        return found

    before = list(earlier)
    order = {check.id: place for place, check in enumerate(record.checks)}
    found: list[tuple[int, list[OpenedHint]]] = []
    for _, same in groupby(steps, key=lambda step: (step.kind, step.about)):
        own = list(same)
        missed = missed_in(record, own[0])
        if not missed:
            continue
        failures = 1 + sum(bool(missed_in(one, own[0])) for one in before)
        hints = [
            OpenedHint(
                group=missed[0].group,
                check=missed[0].id if step.kind == "check" else None,
                step=number,
                steps=len(own),
                text=step.text,
            )
            for number, step in enumerate(own, start=1)
            if step.after <= failures
        ]
        found.append((order[missed[0].id], hints))
    found.sort(key=lambda one: one[0])
    return [hint for _, hints in found for hint in hints]


def _tried(record: Record) -> list[CheckResult]:
    """The checks that were tried and did not pass."""
    if all(check.outcome is Outcome.CRASHED for check in record.checks):  # the file does not load
        return []
    return [check for check in record.checks if check.outcome not in _UNTRIED and not _is_unwritten(check)]


_UNTRIED: Final = (Outcome.PASSED, Outcome.SKIPPED, Outcome.NOT_GRADED)


def _is_unwritten(check: CheckResult) -> bool:
    raised = (one.type for one in check.evidence if isinstance(one, ExceptionEvidence))
    return check.outcome is Outcome.CRASHED and "NotImplementedError" in raised
