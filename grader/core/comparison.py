"""Where two records of one submission differ: `grade replay` asks it of a record and of another judging.

Compared is what was judged: score, groups, and of each check everything but its time and the notes for staff.
Attempt, time of submission, hints and language are the gradebook's to say; what the submission printed is no
judgement. Where a check is about speed, its numbers differ each time: there outcome and points are compared.
"""

import itertools
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from grader.core.record import CheckResult, Outcome, Record

MAX_OF_ONE: Final = 5  # differences told of one check
MAX_TEXT: Final = 300  # characters of a value

_LIMITS: Final = (Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY, Outcome.OUTPUT_LIMIT)
_NOT_JUDGED: Final = frozenset({"seconds", "staff_note"})
_MEASURED: Final = frozenset({"message", "brief", "evidence", "diagnosis", "traceback"})
_WHERE: Final = frozenset({"traceback"})  # where code was as its time ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that two records say otherwise of the same submission. Texts are hostile, and cut."""

    check: str | None
    """None for what is about the whole."""
    field: str
    """Such as `points` or `evidence[1].data[3]`."""
    recorded: str
    replayed: str
    of_time: bool
    """Whether it may come of how fast, or how full, the machine was."""


def differences(recorded: Record, replayed: Record, timed: Collection[str] = ()) -> list[Difference]:
    """All of them, the whole first; none where the records are equal. `timed`: ids of checks about speed."""
    one, other = ({check.id: check for check in record.checks} for record in (recorded, replayed))
    found = []
    of_time = False
    for id in [*one, *(id for id in other if id not in one)]:
        some = list(_of_check(id, one.get(id), other.get(id), is_timed=id in timed))
        of_time = of_time or any(difference.of_time for difference in some)
        found += some
    return [*_of_whole(recorded, replayed, of_time=of_time), *found]


def _of_whole(recorded: Record, replayed: Record, *, of_time: bool) -> Iterator[Difference]:
    for field in ("outcome", "score", "max_score", "groups"):
        one, other = (msgspec.to_builtins(getattr(record, field)) for record in (recorded, replayed))
        for path, here, there in _leaves(one, other, field):
            yield Difference(
                check=None, field=path, recorded=_text(here), replayed=_text(there), of_time=of_time
            )


def _of_check(
    id: str, recorded: CheckResult | None, replayed: CheckResult | None, *, is_timed: bool
) -> Iterator[Difference]:
    if recorded is None or replayed is None:
        said = [None if check is None else check.outcome.value for check in (recorded, replayed)]
        yield Difference(
            check=id, field="outcome", recorded=_text(said[0]), replayed=_text(said[1]), of_time=False
        )
        return
    limits = [check.outcome in _LIMITS for check in (recorded, replayed)]
    turned = recorded.outcome is not replayed.outcome
    left_out = _NOT_JUDGED | (_MEASURED if is_timed else _WHERE if all(limits) else frozenset())
    one, other = (
        {name: value for name, value in msgspec.to_builtins(check).items() if name not in left_out}
        for check in (recorded, replayed)
    )
    for path, here, there in itertools.islice(_leaves(one, other, ""), MAX_OF_ONE):
        yield Difference(
            check=id,
            field=path,
            recorded=_text(here),
            replayed=_text(there),
            of_time=is_timed or (turned and any(limits)),
        )


_MISSING: Final = object()


def _leaves(one: Any, other: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """The innermost places at which two values of JSON differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in [*one, *(name for name in other if name not in one)]:
            inner = f"{path}.{name}" if path else str(name)
            yield from _leaves(one.get(name, _MISSING), other.get(name, _MISSING), inner)
    elif isinstance(one, list) and isinstance(other, list):
        for i in range(max(len(one), len(other))):
            here, there = (values[i] if i < len(values) else _MISSING for values in (one, other))
            yield from _leaves(here, there, f"{path}[{i}]")
    elif one != other or type(one) is not type(other):
        yield path, one, other


def _text(value: Any) -> str:
    if value is None or value is _MISSING:
        return "–"
    if isinstance(value, dict):  # a text in two languages, a diagnosis: what it says in a word
        value = value.get("en") or value.get("mistake") or value
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"
