"""Mutants are judged under limits of their own."""

import dataclasses

import pytest

from grader.core import course as courses
from grader.core.course import Exercise
from grader.judge import survivors
from tests.cli.tiny import COURSE


@pytest.fixture
def exercise() -> Exercise:
    """Of the tiny course, with the default limits."""
    course = courses.load(COURSE / courses.COURSE_FILE)
    found = course.exercise("ex90")
    return dataclasses.replace(found, limits=courses.Limits())


@pytest.mark.parametrize(
    ("slowest_s", "call_s", "check_s"),
    [(0.01, 1.0, 2.0), (0.25, 3.0, 6.0), (4.0, 5.0, 10.0)],
    ids=["quick", "slow", "slower_than_allowed"],
)
def test_endless_loops_cost_little(exercise, slowest_s, call_s, check_s):
    """Ten times the reference's slowest check, a second at least, never more than the exercise allows."""
    limits = survivors.hurried(exercise, slowest_s).limits

    assert (limits.call_s, limits.check_s) == (call_s, check_s)
    assert limits.memory_mib == exercise.limits.memory_mib
