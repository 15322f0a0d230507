"""What is not as it should be in how a solution was judged, one sentence each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from grader.core import hints
from grader.core.course import Exercise
from grader.core.globs import matches
from grader.core.messages import Ready
from grader.core.record import Certainty, Outcome, Record
from grader.errors import CourseError
from grader.judge.audit.degenerate import FILE, HOW, Excuse
from grader.judge.audit.result import Row
from grader.judge.catalog import Mistake


def of(
    row: Row, records: Sequence[Record], again: Sequence[Record], mistake: Mistake | None, ready: Ready
) -> Iterator[str]:
    """Findings on one solution; `mistake` is what the catalogue says of a wrong one.

    `records` are by all checks, those of `again`, under further seeds, by the checks that are to catch it.
    """
    every = [*records, *again]
    found = [*_folded(_passed(every, expected(mistake, ready)), len(every))]
    found += _folded(_judge(row, records, mistake, ready), len(records))
    found += [f"not graded: {_reason(record)}" for record in again if record.outcome == "not_graded"]
    yield from (f"{row.kind} {row.name}: {finding}" for finding in found)


def of_left_out(rows: Iterable[Row], mistakes: Mapping[str, Mistake]) -> Iterator[str]:
    """Wrong solutions that, unknown, are said for certain to be another, which they do not hold."""
    for row in rows:
        exact = f": {Certainty.EXACT}"
        sure = {name.removesuffix(exact) for name in row.named if name.endswith(exact)}
        included = set(mistakes[row.name].includes)
        if more := sorted(sure - included):
            yield f"wrong {row.name}: left out of the catalogue it is taken for {', '.join(more)} for certain"
        if unused := sorted(included - sure):
            yield (
                f"wrong {row.name}: its header says that it includes {', '.join(unused)}, "
                "which is not what it is taken for without it: take that out"
            )
        if row.scores == [None]:
            yield f"wrong {row.name}: left out of the catalogue it was not graded"


def of_degenerate(rows: Iterable[Row], checks: Sequence[str], excuses: Sequence[Excuse]) -> Iterator[str]:
    """Checks that a degenerate answer passes, and excuses that excuse nothing."""
    for row in rows:
        if row.kind != "degenerate":
            continue
        passed = [check for check in checks if check not in row.failed]
        if bad := [check for check in passed if check not in row.excused]:
            yield f"degenerate {row.name}: {', '.join(bad)} passed by {HOW[row.name]}"
        for glob in (glob for excuse in excuses if excuse.answer == row.name for glob in excuse.checks):
            if not any(matches(check, glob) for check in passed):
                yield f"{FILE}: {row.name!r} passes no check {glob!r}: take that out"


def untranslated(record: Record) -> Iterator[str]:
    """Groups that a Korean reader would see in English, or by their name."""
    for group in record.groups:
        if group.title.en == group.title.ko:
            yield f"group {group.name!r} has one title, {group.title.en!r}, for both: give en= and ko="


def of_hints(exercise: Exercise, record: Record) -> Iterator[str]:
    """Hints that no attempt can open, or that one of the languages lacks."""
    try:
        steps = hints.read(exercise)
    except CourseError as e:
        yield str(e)
        return
    names = {"group": [g.name for g in record.groups], "check": [c.id for c in record.checks]}
    for kind, about in dict.fromkeys((step.kind, step.about) for step in steps):
        if not any(matches(name, about) if kind == "check" else name == about for name in names[kind]):
            yield f"{hints.HINTS_FILE}: {kind} {about!r} names no {kind}"


def of_speed(record: Record, timed: Sequence[str]) -> Iterator[str]:
    """Groups whose points a busy machine could take, or that have no room for steps."""
    for group in record.groups:
        own = [check.id for check in record.checks if check.group == group.name]
        if own and set(own) <= set(timed):
            yield f"group {group.name!r} has only speed checks: add one of values, or move them to another"
        elif group.rule == "all_or_nothing" and set(own) & set(timed):
            yield f"group {group.name!r} is all_or_nothing: its speed check cannot earn half; move it"


def _judge(
    row: Row, records: Sequence[Record], mistake: Mistake | None, ready: Ready
) -> Iterator[tuple[int, str, str]]:
    """What is wrong with how one solution was judged: number of the seed, finding, what this seed adds."""
    for seed, record in enumerate(records):
        if record.outcome == "not_graded":
            yield seed, "not graded", _reason(record)
            return
        if row.kind == "stub" and record.score != 0:
            passed = [c.id for c in record.checks if c.points]
            yield seed, f"gets {record.score:g} points for nothing, from {', '.join(passed)}", ""
        if row.kind in ("reference", "accepted") and not record.passed:
            first = next(c for c in record.ran if c.outcome is not Outcome.PASSED)
            why = first.message.en if first.message else first.outcome
            yield seed, f"gets {record.score:g} of {record.max_score:g}: {first.id} {first.outcome}", why
        if row.kind in ("reference", "accepted") and record.flags:
            one = record.flags[0]
            yield seed, f"is flagged: it uses {one.what}, which course.toml forbids", f"line {one.line}"
        if mistake is not None:
            yield from ((seed, finding, "") for finding in _wrong(record, mistake, ready))


def _folded(found: Iterable[tuple[int, str, str]], seeds: int) -> Iterator[str]:
    """Each finding once, with the seeds that show it unless all do, and with what the first of them adds."""
    shown: dict[str, list[int]] = {}
    added: dict[str, str] = {}
    for seed, finding, more in found:
        shown.setdefault(finding, []).append(seed)
        added.setdefault(finding, more)
    for finding, by in shown.items():
        numbers = sorted(set(by))
        where = "" if len(numbers) == seeds else f" (under {len(numbers)} of {seeds} seeds)"
        yield f"{finding}{f': {added[finding]}' if added[finding] else ''}{where}"


def _wrong(record: Record, mistake: Mistake, ready: Ready) -> Iterator[str]:
    checks = ready.checks
    named = expected(mistake, ready)
    for glob in mistake.fails:
        if not any(matches(check, glob) for check in checks):
            yield f"fails: {glob!r} names no check"
    ran = {check.id for check in record.ran}
    if named and named <= set(ready.timed) - ran:
        return  # it is only slow, and its time was not taken under this seed
    failed = {c.id for c in record.ran if c.outcome is not Outcome.PASSED}
    if more := sorted(failed - named):
        if record.device == "cuda":
            return
        yield f"fails {', '.join(more)}, which its header does not say"
    outcomes = {c.outcome for c in record.ran if c.outcome is not Outcome.PASSED}
    if not failed:
        yield "is caught by no check"
    elif outcomes != {Outcome.FORBIDDEN}:  # that says all by itself
        names = {(c.diagnosis.mistake, c.diagnosis.certainty) for c in record.checks if c.diagnosis}
        certainty = Certainty.LIKELY if mistake.by_checks else Certainty.EXACT
        if (mistake.id, certainty) not in names:
            yield f"is not named as itself, but as {_names(names) or 'nothing'}"
        elif len(names) > 1:
            yield f"is named as itself and as more: {_names(names)}"


def expected(mistake: Mistake | None, ready: Ready) -> set[str]:
    """The checks that its header says it fails."""
    fails = () if mistake is None else mistake.fails
    return {check for check in ready.checks for glob in fails if matches(check, glob)}


def _passed(records: Sequence[Record], expected: set[str]) -> Iterator[tuple[int, str, str]]:
    """What it passed against what its header says; as `_judge` does."""
    for seed, record in enumerate(records):
        if missed := sorted(c.id for c in record.ran if c.outcome is Outcome.PASSED and c.id in expected):
            yield seed, f"passes {', '.join(missed)}, which its header says it fails", ""


def _reason(record: Record) -> str:
    return record.reason.en if record.reason else "no reason given"


def _names(names: set[tuple[str, Certainty]]) -> str:
    return ", ".join(sorted(f"{mistake} ({certainty})" for mistake, certainty in names))
