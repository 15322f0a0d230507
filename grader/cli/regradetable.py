"""What `grade regrade` prints: whose score changes, which checks flipped, and what becomes of grades."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from grader.cli import output
from grader.core.policy import Grade
from grader.core.record import Outcome
from grader.core.text import visible
from grader.report.numbers import points

if TYPE_CHECKING:
    from grader.cli.regrading import Outcome as Regraded
    from grader.gradebook.grades import Row
    from grader.gradebook.regrading import Candidate, Marks

ROWS: Final = 40  # attempts, and students, that are shown one by one
LISTED: Final = 50  # checks that flipped, and what was not graded
NAMED: Final = 3  # checks that an attempt's line names

Flip = tuple[str, str | None, str | None]
"""A check, and its outcomes before and after; None where the suite does not have it."""


def flips(one: "Candidate") -> list[Flip]:
    """The checks of an attempt whose outcomes or points differ; none where nothing was graded before."""
    assert one.draft is not None
    before = one.before.checks if one.before is not None and one.standing is not None else {}
    after = one.draft.marks.checks
    if not before:
        return []
    ids = [*after, *(id for id in before if id not in after)]
    return [
        (id, _outcome(before.get(id)), _outcome(after.get(id)))
        for id in ids
        if before.get(id) != after.get(id) and not _only_worth(before.get(id), after.get(id))
    ]


def _only_worth(one: tuple[Outcome, float | None] | None, other: tuple[Outcome, float | None] | None) -> bool:
    """Whether the check ended alike, and only its points are others: the suite shares them otherwise."""
    return one is not None and other is not None and one[0] is other[0] and bool(one[1]) == bool(other[1])


def _outcome(result: tuple[Outcome, float | None] | None) -> str | None:
    return None if result is None else result[0].value


def page(done: "Regraded", student: str | None) -> str:
    """All of it for people."""
    changed = [one for one in done.judged if _changed(one)]
    text = _attempts(changed)
    text += _checks(done.judged)
    text += _grades(done)
    text += _not_graded(done)
    return text + _counts(done, changed, student)


def _changed(one: "Candidate") -> bool:
    assert one.draft is not None
    before = one.before if one.standing is not None else None
    after = one.draft.marks
    if before is None or (before.score, before.max_score) != (after.score, after.max_score):
        return True
    return any(map(_turned, flips(one)))


def _turned(flip: Flip) -> bool:
    """Whether both suites have the check: a new one has turned nothing."""
    return None not in flip


def _attempts(changed: Sequence["Candidate"]) -> str:
    if not changed:
        return ""
    rows = []
    for one in changed[:ROWS]:
        assert one.draft is not None
        before = one.before if one.standing is not None else None
        rows.append(
            [
                _name(one.student),
                str(one.number or "–"),
                f"{_score(before)} → {_score(one.draft.marks)}",
                _why(flips(one)),
            ]
        )
    more = f"… {len(changed) - ROWS} more: --json lists them all\n" if len(changed) > ROWS else ""
    head = ["Student", "Attempt", "Score", "Checks"]
    return output.table(head, rows, flexible=3, right=[1]) + more + "\n"


def _score(marks: "Marks | None") -> str:
    if marks is None or marks.score is None:
        return "not graded"
    return f"{points(marks.score)}/{points(marks.max_score)}"


def _why(flipped: Sequence[Flip]) -> str:
    ordered = sorted(flipped, key=lambda flip: not _turned(flip))
    words = [f"{id} {_turn(before, after)}" for id, before, after in ordered[:NAMED]]
    if len(flipped) > NAMED:
        words.append(f"+{len(flipped) - NAMED}")
    return ", ".join(words)


def _turn(before: str | None, after: str | None) -> str:
    if before is None:
        return f"new: {after}"
    return f"gone: {before}" if after is None else f"{before} → {after}"


def _checks(judged: Sequence["Candidate"]) -> str:
    """How many attempts each check flipped in, the ones that moved most first."""
    counts: Counter[Flip] = Counter(flip for one in judged for flip in flips(one))
    if not counts:
        return ""
    rows = [[id, _turn(before, after), str(n)] for (id, before, after), n in counts.most_common(LISTED)]
    text = output.table(["Check", "Turned", "Attempts"], rows, flexible=0, right=[2])
    if len(counts) > LISTED:
        text += f"… {len(counts) - LISTED} more: --json lists them all\n"
    return text + "\n"


def _moved(done: "Regraded") -> Iterator[tuple["Row", Grade, "Row", Grade]]:
    """Students whose grade or total is another one."""
    id = done.exercise.id
    for old, new in zip(done.before, done.after, strict=True):
        if old.grades[id].points != new.grades[id].points or old.total != new.total:
            yield old, old.grades[id], new, new.grades[id]


def _grades(done: "Regraded") -> str:
    moved = list(_moved(done))
    if not moved:
        return ""
    rows = []
    for old, was, new, now in moved[:ROWS]:
        late = f"{now.days_late} d late" if now.penalised else ""
        attempt = f"attempt {now.attempt} counts" if now.attempt != was.attempt else ""
        rows.append(
            [
                _name(old.student.id),
                f"{_points(was.points)} → {_points(now.points)}",
                f"{points(old.total.points)} → {points(new.total.points)} of {points(new.total.max_points)}",
                ", ".join(filter(None, [attempt, late])),
            ]
        )
    more = f"… {len(moved) - ROWS} more: --json lists them all\n" if len(moved) > ROWS else ""
    head = ["Student", f"Grade of {done.exercise.number}", "Total", "Remarks"]
    return output.table(head, rows, flexible=3) + more + "\n"


def _points(value: float | None) -> str:
    return "–" if value is None else points(value)


def _not_graded(done: "Regraded") -> str:
    if not done.failed:
        return ""
    text = f"Not graded: {len(done.failed)}; the records before stand\n"
    for one, why in done.failed[:LISTED]:
        text += f"  - {output.hanging(f'{_name(one.student)}: {visible(why, 400, one_line=True)}', '    ')}\n"
    if len(done.failed) > LISTED:
        text += f"  … {len(done.failed) - LISTED} more: --json lists them all\n"
    return text + "\n"


def _counts(done: "Regraded", changed: Sequence["Candidate"], student: str | None) -> str:
    up, down = _directions(changed)
    same = len(done.judged) - up - down
    words = [f"{len(done.judged)} attempt{_s(len(done.judged))} judged again"]
    if done.judged:
        words.append(f"{up} higher, {down} lower, {same} as before")
    if done.already:
        words.append(f"{done.already} had been judged by this suite")
    text = f"{done.exercise.id}: {'; '.join(words)}\n"
    moved = list(_moved(done))
    overridden = sum(row.grades[done.exercise.id].overridden for row in done.after)
    if done.judged:
        text += f"Grades: {len(moved)} of {len(done.after)} change"
        text += f"; {overridden} set by staff stay{'s' if overridden == 1 else ''}\n" if overridden else "\n"
    if done.elsewhere:
        text += f"Left alone: {done.elsewhere}, judged on another device: see --device\n"
    if done.void:
        text += f"Not written: {done.void}, graded by somebody else in between: give the command again\n"
    if done.applied:
        return text + f"Written: {len(done.judged) - done.void}; the records before stay in the history\n"
    if not done.judged:
        return text
    who = f" --student {student}" if student is not None and student.isalnum() else ""
    again = f"grade regrade {done.exercise.number}{who} --apply"
    return text + f"Nothing was written. To make it count: {again if not student or who else '--apply'}\n"


def _directions(changed: Sequence["Candidate"]) -> tuple[int, int]:
    """How many scores rise and fall, as shares of what there is to get."""
    up = down = 0
    for one in changed:
        assert one.draft is not None
        before = _share(one.before) if one.before is not None and one.standing is not None else 0.0
        after = _share(one.draft.marks)
        up += after > before
        down += after < before
    return up, down


def _share(marks: "Marks") -> float:
    return (marks.score or 0.0) / marks.max_score if marks.max_score else 0.0


def _s(number: int) -> str:
    return "" if number == 1 else "s"


def _name(student: str) -> str:
    return visible(student, 24, one_line=True)


def as_json(done: "Regraded") -> str:
    """All of it for scripts, whatever there is of it."""
    data = {
        "exercise": done.exercise.id,
        "suite": done.suite,
        "applied": done.applied,
        "attempts": [_attempt_json(one) for one in done.judged],
        "already": done.already,
        "other_device": done.elsewhere,
        "void": done.void,
        "grades": [
            {
                "student": old.student.id,
                "before": was.points,
                "after": now.points,
                "max_points": now.max_points,
                "attempt_before": was.attempt,
                "attempt_after": now.attempt,
                "overridden": now.overridden,
                "total_before": old.total.points,
                "total_after": new.total.points,
            }
            for old, was, new, now in _moved(done)
        ],
        "not_graded": [
            {"student": one.student, "attempt": one.number, "submission": one.digest, "reason": why}
            for one, why in done.failed
        ],
    }
    return msgspec.json.format(msgspec.json.encode(data), indent=1).decode() + "\n"


def _attempt_json(one: "Candidate") -> dict[str, Any]:
    assert one.draft is not None
    return {
        "student": one.student,
        "attempt": one.number,
        "submission": one.digest,
        "submitted_utc": one.submitted_utc,
        "changed": _changed(one),
        "before": _marks_json(one.before) if one.before is not None and one.standing is not None else None,
        "after": _marks_json(one.draft.marks),
        "checks": [{"id": id, "before": before, "after": after} for id, before, after in flips(one)],
    }


def _marks_json(marks: "Marks") -> dict[str, Any]:
    return {"score": marks.score, "max_score": marks.max_score, "suite": marks.suite, "device": marks.device}
