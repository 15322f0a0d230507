"""From attempts to a grade: what counts, what lateness costs, what staff decided."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.policy import Extension, Grade, Handed, Late, Override, Policy, days_late, grade, total

DUE = datetime(2026, 3, 31, 14, 59, tzinfo=UTC)
TEN_A_DAY = Late(per_day=10, cap=50, grace_min=60)


def handed(*scores: float, hours_late: tuple[float, ...] = (), max_score: float = 100.0) -> list[Handed]:
    """Attempts with these scores, an hour apart before the due date unless told otherwise."""
    hours = hours_late or tuple(float(i - len(scores)) for i in range(len(scores)))
    return [
        Handed(number=i + 1, submitted_utc=DUE + timedelta(hours=h), score=s, max_score=max_score)
        for i, (s, h) in enumerate(zip(scores, hours, strict=True))
    ]


def graded(attempts: list[Handed], policy: Policy | None = None, **about) -> Grade:
    """Their grade in an exercise of 100 points."""
    return grade(attempts, policy or Policy(), **{"points": 100, "due_utc": DUE, **about})


@pytest.mark.parametrize(
    ("counts", "points", "attempt"),
    [("best", 80.0, 2), ("last", 60.0, 3), ("mean", 60.0, 3)],
)
def test_which_attempt_counts(counts, points, attempt):
    """The best, the last, or the mean of all; and which attempt to look at."""
    result = graded(handed(40, 80, 60), Policy(counts=counts))

    assert (result.points, result.attempt) == (points, attempt)


def test_nothing_handed_in():
    """No attempt is no score, which is not 0."""
    result = graded([])

    assert (result.points, result.attempt, result.max_points) == (None, None, 100.0)


def test_the_first_of_equals():
    """Of two best attempts the earlier one is shown."""
    assert graded(handed(80, 80)).attempt == 1


def test_attempts_beyond_the_limit_do_not_count():
    """The earliest attempts count, however many follow."""
    result = graded(handed(40, 50, 100), Policy(attempts=2))

    assert result.points == 50.0
    assert [attempt.counts for attempt in result.attempts] == [True, True, False]


def test_order_is_that_of_submission():
    """Attempts that were graded later but handed in earlier count as earlier."""
    first, second = handed(40, 90)
    turned = [replace(first, number=2), replace(second, number=1)]

    assert graded(turned, Policy(counts="last")).attempt == 1
    assert graded(turned, Policy(attempts=1)).points == 40.0


@pytest.mark.parametrize(
    ("hours", "days"),
    [
        pytest.param(-1, 0, id="in time"),
        pytest.param(0, 0, id="on the minute"),
        pytest.param(1, 0, id="end of the grace"),
        pytest.param(1.01, 1, id="after the grace"),
        pytest.param(24, 1, id="a day"),
        pytest.param(24.01, 2, id="a day and a bit"),
        pytest.param(240, 10, id="ten days"),
    ],
)
def test_days_late(hours, days):
    """Each day that has begun counts, from the due date; within the grace none does."""
    assert days_late(DUE + timedelta(hours=hours), DUE, TEN_A_DAY) == days


def test_penalty():
    """Percent a day of what was earned, up to the cap; the record's own score stays visible."""
    result = graded(handed(80, hours_late=(30,)), Policy(late=TEN_A_DAY))

    (attempt,) = result.attempts
    assert (result.points, result.days_late) == (64.0, 2)
    assert (attempt.earned, attempt.points) == (80.0, 64.0)
    assert graded(handed(80, hours_late=(1000,)), Policy(late=TEN_A_DAY)).points == 40.0


def test_penalty_of_possible_points():
    """Percent of what the exercise is worth, as Canvas takes it; never below 0."""
    late = Late(per_day=10, of="possible")

    assert graded(handed(80, hours_late=(30,)), Policy(late=late)).points == 60.0
    assert graded(handed(15, hours_late=(30,)), Policy(late=late)).points == 0.0


def test_a_late_better_attempt():
    """The best is the best after lateness."""
    result = graded(handed(70, 80, hours_late=(-1, 48)), Policy(late=TEN_A_DAY))

    assert (result.points, result.attempt) == (70.0, 1)


def test_extension_of_time():
    """Another due date for one student; it never makes the date earlier."""
    attempts = handed(80, hours_late=(30,))
    later = Extension(due_utc=DUE + timedelta(days=2))
    earlier = Extension(due_utc=DUE - timedelta(days=2))

    assert graded(attempts, Policy(late=TEN_A_DAY), extension=later).points == 80.0
    assert graded(attempts, Policy(late=TEN_A_DAY), extension=earlier).points == 64.0


def test_extension_of_attempts():
    """More attempts for one student."""
    result = graded(handed(40, 100), Policy(attempts=1), extension=Extension(attempts=1))

    assert (result.points, result.limit) == (100.0, 2)


def test_override():
    """Staff's word stands above attempts and lateness, and the attempts stay to be seen."""
    result = graded(handed(40), override=Override(points=70.0))

    assert (result.points, result.overridden, result.excused) == (70.0, True, False)
    assert result.attempts[0].points == 40.0


def test_excused():
    """Who is excused has no score, whatever was handed in."""
    result = graded(handed(40), override=Override(points=None))

    assert (result.points, result.excused) == (None, True)


def test_points_of_the_exercise():
    """A suite worth other points when it judged is brought to those of the exercise."""
    assert graded(handed(15, max_score=20.0)).points == 75.0
    assert graded(handed(0, max_score=0.0)).points == 0.0


def test_no_due_date():
    """Without a due date nothing is late."""
    assert graded(handed(80, hours_late=(500,)), Policy(late=TEN_A_DAY), due_utc=None).points == 80.0


scores = st.lists(st.floats(0, 100), min_size=1, max_size=8)
lateness = st.builds(
    Late,
    per_day=st.floats(0, 100),
    cap=st.floats(0, 100),
    grace_min=st.floats(0, 10_000),
    of=st.sampled_from(["earned", "possible"]),
)
times = st.floats(-1000, 1000)


@given(scores, st.sampled_from(["best", "last", "mean"]))
def test_grade_lies_among_the_scores(values, counts):
    """No policy gives more than the best attempt or less than the worst; best gives the best."""
    attempts = handed(*values)

    points = graded(attempts, Policy(counts=counts)).points

    assert min(values) <= points <= max(values) == graded(attempts).points


@given(st.floats(0, 100), times, times, lateness)
def test_later_is_never_better(score, one, other, late):
    """An attempt loses with time, never more than it earned, and never gains."""
    early, later = sorted((one, other))
    policy = Policy(late=late)

    first, second = (graded(handed(score, hours_late=(hours,)), policy).points for hours in (early, later))

    assert 0 <= second <= first <= score


@given(st.floats(0, 100), times, lateness, st.floats(0, 1000))
def test_an_extension_never_harms(score, hours, late, more):
    """Whoever gets more time gets no fewer points."""
    attempts, policy = handed(score, hours_late=(hours,)), Policy(late=late)
    extension = Extension(due_utc=DUE + timedelta(hours=more))

    assert graded(attempts, policy, extension=extension).points >= graded(attempts, policy).points


@given(scores, st.integers(1, 8), st.integers(0, 8))
def test_more_attempts_never_harm_the_best(values, limit, more):
    """A higher limit lowers no best score."""
    attempts, policy = handed(*values), Policy(attempts=limit)

    assert (
        graded(attempts, policy, extension=Extension(attempts=more)).points >= graded(attempts, policy).points
    )


@given(st.permutations(handed(10, 90, 40, 70, 20)), st.sampled_from(["best", "last", "mean"]))
def test_order_of_rows_is_no_matter(attempts, counts):
    """What the database gives first changes nothing."""
    policy = Policy(counts=counts, attempts=3)

    assert graded(list(attempts), policy) == graded(handed(10, 90, 40, 70, 20), policy)


def made(**points: float | None) -> dict[str, Grade]:
    """Grades of exercises worth 100 points; None where nothing was handed in."""
    return {id: graded(handed(*([] if p is None else [p]))) for id, p in points.items()}


def test_total():
    """The sum; what was not handed in counts 0 of its points."""
    result = total(made(a=80, b=None, c=60))

    assert (result.points, result.max_points, result.dropped) == (140.0, 300.0, ())


def test_drop_lowest():
    """The exercises with the least share of their points are left out, one that was not handed in first."""
    assert total(made(a=80, b=50, c=60), drop_lowest=1).dropped == ("b",)
    assert total(made(a=80, b=None, c=0), drop_lowest=2).dropped == ("b", "c")


def test_drop_lowest_goes_by_share():
    """Half of 200 points is less than 60 of 100."""
    grades = {
        "large": grade(handed(50), Policy(), points=200, due_utc=DUE),
        "small": grade(handed(60), Policy(), points=100, due_utc=DUE),
    }

    assert total(grades, drop_lowest=1).dropped == ("large",)


def test_one_exercise_is_always_kept():
    """Nobody's total is 0 of 0 for a course of one exercise."""
    assert total(made(a=30), drop_lowest=3).points == 30.0


def test_excused_exercises_are_left_out():
    """An excused exercise counts neither for nor against, and is not dropped in place of another."""
    grades = {**made(a=80, b=40), "c": graded([], override=Override(points=None))}

    assert total(grades) == replace(total(made(a=80, b=40)), dropped=())
    assert total(grades, drop_lowest=1).dropped == ("b",)


@given(st.lists(st.one_of(st.none(), st.floats(0, 100)), min_size=1, max_size=6))
def test_dropping_never_lowers_the_share(points):
    """Where all exercises are worth the same, who drops more stands no worse."""
    grades = made(**{f"e{i}": p for i, p in enumerate(points)})

    shares = [
        result.points / result.max_points
        for n in range(len(points))
        for result in [total(grades, drop_lowest=n)]
    ]

    assert all(later >= earlier - 1e-12 for earlier, later in itertools.pairwise(shares))


@pytest.mark.parametrize("values", [{"per_day": -1}, {"cap": 101}, {"grace_min": float("inf")}])
def test_impossible_penalties(values):
    """A penalty out of range refuses to be built."""
    with pytest.raises(ValueError, match="out of range"):
        Late(**values)
