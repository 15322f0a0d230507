"""Classroom 50's `result.json` (`classroom50/result/v1`): of one record.

Scores there are whole numbers, one a test, that add up to the whole: a group of checks is a test, and its
points are rounded so that the sum is that of the record.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import floor
from typing import Any

from grader.core.course import Language
from grader.core.record import GroupResult, Outcome, Record
from grader.core.text import visible

SCHEMA = "classroom50/result/v1"


def result(record: Record, *, language: Language, environment: Mapping[str, str]) -> dict[str, Any]:
    """The result of `record`, which must be the student's view of it and graded.

    `environment` is that of Classroom 50's runner (CLASSROOM, ASSIGNMENT, SUBMISSION_TAG, COMMIT_URL,
    RELEASE_URL, REVIEW_URL), or empty: then what the record knows stands there. Lateness is for Classroom 50.
    """
    if record.outcome != "graded":
        raise ValueError("what was not graded has no result")
    groups = [group for group in record.groups if group.max_points > 0]
    tests = [
        {
            "test-name": visible(group.title.in_(language), 200, one_line=True) or group.name,
            "passed": _all_passed(record, group),
            "score": score,
            "max-score": most,
        }
        for group, score, most in zip(groups, _whole(groups, earned=True), _whole(groups), strict=True)
    ]
    commit = environment.get("COMMIT_URL") or record.digests.submission
    return {
        "schema": SCHEMA,
        "classroom": environment.get("CLASSROOM") or "dlgrade",
        "assignment": environment.get("ASSIGNMENT") or record.exercise,
        "submission": environment.get("SUBMISSION_TAG") or f"submit/{record.attempt}",
        "commit": commit,
        "release": environment.get("RELEASE_URL") or commit,
        "review": environment.get("REVIEW_URL") or commit,
        "datetime": record.submitted_utc.partition(".")[0].removesuffix("Z") + "Z",
        "score": sum(test["score"] for test in tests),
        "max-score": sum(test["max-score"] for test in tests),
        "tests": tests,
    }


def _all_passed(record: Record, group: GroupResult) -> bool:
    return all(c.outcome is Outcome.PASSED for c in record.checks if c.group == group.name)


def _whole(groups: list[GroupResult], *, earned: bool = False) -> list[int]:
    """Points in whole numbers: those cut most are made up for, until the sum is that of all, rounded down."""
    exact = [Fraction((group.points or 0.0) if earned else group.max_points) for group in groups]
    cut = [floor(points) for points in exact]
    # In hundredths of a hundredth: the sum of thirds is a whole number again.
    lacking = floor(sum(exact) + Fraction(1, 10_000)) - sum(cut)
    by_loss = sorted(range(len(cut)), key=lambda i: cut[i] - exact[i])
    for i in by_loss[:lacking]:
        cut[i] += 1
    return cut
