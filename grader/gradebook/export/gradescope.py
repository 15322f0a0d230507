"""Gradescope's `results.json`, as its autograders write it: of one record."""

from typing import Any

from grader.core.course import Language
from grader.core.policy import Grade
from grader.core.record import CheckResult, Outcome, Record
from grader.core.text import visible

MAX_OUTPUT = 4000  # characters of one check


def results(record: Record, *, language: Language, grade: Grade | None = None) -> dict[str, Any]:
    """What Gradescope shows of `record`, which must be the student's view of it.

    The score is that of `grade`, where the book's policies and overrides have a say, else the record's. What
    was not graded has none, which Gradescope takes for a failure of the autograder, and not of the student.
    """
    whole: dict[str, Any] = {
        "execution_time": record.seconds,
        "output": _summary(record, grade, language),
        "output_format": "text",
        "test_output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {
            "schema": record.schema,
            "exercise": record.exercise,
            "student": record.student,
            "attempt": record.attempt,
            "submitted_utc": record.submitted_utc,
            "record_score": record.score,
            "max_score": record.max_score,
            "submission": record.digests.submission,
            "suite": record.digests.suite,
        },
        "tests": [_test(i, check, language) for i, check in enumerate(record.checks, start=1)],
    }
    score = record.score if grade is None else grade.points
    if record.outcome == "graded" and score is not None:
        whole["score"] = score
    return whole


def _test(number: int, check: CheckResult, language: Language) -> dict[str, Any]:
    test: dict[str, Any] = {
        "name": visible(check.title.in_(language), 200, one_line=True),
        "name_format": "text",
        "number": str(number),
        "status": "passed" if check.outcome is Outcome.PASSED else "failed",
        "output": output(check, language),
        "output_format": "text",
        "tags": [visible(check.group, 100, one_line=True)],
        "visibility": "visible",
        "extra_data": {"id": visible(check.id, 200, one_line=True), "outcome": check.outcome.value},
    }
    if check.max_points > 0:
        test |= {"score": check.points or 0.0, "max_score": check.max_points}
    return test


def output(check: CheckResult, language: Language) -> str:
    """What there is to say of a check: its message, and the named mistake."""
    texts = [check.message, check.diagnosis.message if check.diagnosis else None]
    return visible("\n".join(text.in_(language) for text in texts if text), MAX_OUTPUT)


def _summary(record: Record, grade: Grade | None, language: Language) -> str:
    korean = language == "ko"
    if record.outcome != "graded":
        return (
            "채점하지 못했습니다. 채점기나 채점 컴퓨터의 문제이며, 제출한 코드의 잘못이 아닙니다."
            if korean
            else "Not graded: the grader is at fault, not the submission."
        )
    passed = sum(check.outcome is Outcome.PASSED for check in record.checks)
    lines = [
        f"검사 {len(record.checks)}개 중 {passed}개를 통과했습니다."
        if korean
        else f"{passed} of {len(record.checks)} checks passed."
    ]
    if grade is not None and grade.overridden:
        lines.append("담당자가 정한 점수입니다." if korean else "The score was set by staff.")
    elif grade is not None and grade.penalised:
        days = grade.days_late
        lines.append(
            f"마감보다 {days}일 늦게 제출하여 감점한 점수입니다."
            if korean
            else f"{days} day{'' if days == 1 else 's'} late: the score is after the penalty."
        )
    return "\n".join(lines)
