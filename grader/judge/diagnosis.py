"""Which known mistake explains a failure: the student's calls, replayed on the catalogue.

Three certainties (measured on 234 wrong solutions, each left out of its catalogue in turn):

    EXACT   equal on every call of each function that the mistake changes    misnames none
    LIKELY  equal wherever the mistake differs from the reference            misnames 8
    HINT    on some failing check the only mistake that is equal             misnames 56

The rules alone: `replay.py` asks the trusted modules, `replayer.py` is the process in which this runs.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from grader.core.globs import matches
from grader.core.record import Certainty
from grader.judge.catalog import Mistake
from grader.judge.replay import Replay, Trace

MAX_HINTS: Final = 2  # failing checks that are searched for hints


class Named(msgspec.Struct, frozen=True, array_like=True):
    """A mistake that explains the failure of a check."""

    mistake: str
    certainty: Certainty


def diagnose(
    mistakes: Sequence[Mistake],
    traces: Sequence[Trace],
    expected: Mapping[str, frozenset[str]],
    replay: Replay,
) -> dict[str, Named]:
    """For each failed check that a mistake explains: which, and how surely.

    `expected` is what `expected_failures` says of the mistakes.
    """
    failed = [trace for trace in traces if trace.failed and trace.exchanges]
    failing = {trace.check for trace in failed}
    # Who has a mistake fails where it shows. One that shows nowhere here is not replayed.
    candidates = [m for m in mistakes if not m.by_checks and not expected[m.id].isdisjoint(failing)]
    # Those that fail about the same checks first: the right one is then found at once.
    candidates.sort(key=lambda m: _likeness(expected[m.id], failing), reverse=True)
    found: list[tuple[Mistake, Certainty, list[str]]] = []
    for mistake in candidates:
        certainty, checks = _match(mistake, traces, expected[mistake.id], replay)
        found.append((mistake, certainty, checks))
        if certainty is Certainty.EXACT and failing <= set(checks):
            break
    # The surest first; of two as sure the one that explains more.
    found.sort(key=lambda one: (one[1] is Certainty.EXACT, len(one[2])), reverse=True)
    names = _by_checks(mistakes, traces, expected)
    for mistake, certainty, checks in found:
        for check in checks:
            names.setdefault(check, Named(mistake.id, certainty))
    # A hint says that an answer is equal: where the code raised, there is none.
    unnamed = [t for t in failed if t.check not in names and not t.exchanges[-1].raised]
    hinted: list[Mistake] = []
    for trace in unnamed[:MAX_HINTS]:
        shown = [m for m in candidates if trace.check in expected[m.id]]
        equal = [m for m in shown if replay.equal_but_for_dtype(m, trace) and replay.wrong(m, trace)]
        if len(equal) == 1:
            names[trace.check] = Named(equal[0].id, Certainty.HINT)
            hinted += equal
    for trace in unnamed[MAX_HINTS:]:  # one mistake is one thing to mend, in however many checks it shows
        for mistake in hinted:
            if trace.check in expected[mistake.id] and replay.equal_but_for_dtype(mistake, trace):
                names.setdefault(trace.check, Named(mistake.id, Certainty.HINT))
    return names


def expected_failures(mistakes: Sequence[Mistake], checks: Sequence[str]) -> dict[str, frozenset[str]]:
    """For each mistake the checks that its header says it fails. The same for every submission."""
    return {
        mistake.id: frozenset(id for id in checks if any(matches(id, glob) for glob in mistake.fails))
        for mistake in mistakes
    }


def _likeness(one: AbstractSet[str], other: AbstractSet[str]) -> float:
    """Jaccard's index."""
    return len(one & other) / len(one | other) if one | other else 0.0


def _by_checks(
    mistakes: Sequence[Mistake], traces: Sequence[Trace], expected: Mapping[str, frozenset[str]]
) -> dict[str, Named]:
    """Mistakes that are random by nature, named where exactly the checks fail that they fail."""
    failed = {trace.check for trace in traces if trace.failed}
    ran = {trace.check for trace in traces}
    for mistake in mistakes:
        if mistake.by_checks and failed and failed == expected[mistake.id] & ran:
            return {check: Named(mistake.id, Certainty.LIKELY) for check in failed}
    return {}


def _match(
    mistake: Mistake, traces: Sequence[Trace], expected: AbstractSet[str], replay: "Replay"
) -> tuple[Certainty, list[str]]:
    """(certainty, failed checks that it explains); no checks if it explains none."""
    touched = [trace for trace in traces if trace.exchanges and _touches(mistake, trace)]
    touched.sort(key=lambda trace: trace.seconds)  # what takes long comes last: most are out before
    failed = [trace for trace in touched if trace.failed]
    # Where its header says it shows, one difference is enough: most mistakes are out at the first.
    failed.sort(key=lambda trace: trace.check not in expected)
    nothing: tuple[Certainty, list[str]] = (Certainty.HINT, [])
    explained = []
    exact = True
    for trace in failed:
        shows = trace.check in expected
        if replay.equal(mistake, trace):
            if shows or replay.wrong(mistake, trace):
                explained.append(trace.check)
        elif shows or replay.wrong(mistake, trace):
            return nothing
        else:
            exact = False
    if not explained or any(not replay.equal(mistake, trace) for trace in touched if not trace.failed):
        return nothing
    # Right in all that it returns, it fails for another reason, such as its time: that is no likeness.
    if not any(replay.wrong(mistake, trace) for trace in failed if trace.check in explained):
        return nothing
    if _may_lie_elsewhere(mistake, traces, explained):
        exact = False
    return Certainty.EXACT if exact else Certainty.LIKELY, explained


def _may_lie_elsewhere(mistake: Mistake, traces: Sequence[Trace], explained: Sequence[str]) -> bool:
    """Whether something that its functions use fails too, and that it does not explain."""
    return any(
        asked.function in mistake.calls
        for trace in traces
        if trace.failed and trace.check not in explained
        for asked in trace.exchanges
    )


def _touches(mistake: Mistake, trace: Trace) -> bool:
    return any(asked.concerns(mistake.functions) for asked in trace.exchanges)
