"""Checks, groups and mistakes over a class."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from grader.core import items
from grader.core.glance import Glance, glance
from grader.core.items import End, Undefined, point_biserial
from grader.core.record import Certainty, CheckResult, Outcome, encode
from tests import factories as make

P, F = Outcome.PASSED, Outcome.FAILED


def seen(student: str, checks: Sequence[CheckResult], **fields: object) -> Glance:
    """The glance at a record of these checks."""
    return glance(encode(make.record(checks, student=student, **fields)))


def column(*passed: bool) -> list[Glance]:
    """Students who pass or fail `a`, and all pass `b`."""
    return [
        seen(f"s{k}", [make.check("a", P if hit else F), make.check("b")]) for k, hit in enumerate(passed)
    ]


@pytest.mark.parametrize("seed", range(20))
def test_discrimination_is_pearsons_correlation(seed):
    """The point-biserial coefficient is what numpy's corrcoef gives."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 60))
    rest = rng.normal(50, 20, n)
    passed = rest + rng.normal(0, 30, n) > 50
    passed[0], passed[1] = True, False

    found = point_biserial(passed.tolist(), rest.tolist())

    assert found == pytest.approx(np.corrcoef(passed, rest)[0, 1], abs=1e-12)


def test_discrimination_of_a_textbook_example():
    """Six students: (50 - 30) / s * sqrt(p q), with s² = 1000/6 + 400/6."""
    rest = [60.0, 50.0, 40.0, 40.0, 30.0, 20.0]

    found = point_biserial([True, True, True, False, False, False], rest)

    assert found == pytest.approx(20 / math.sqrt(1000 / 6) * 0.5)


@pytest.mark.parametrize(
    ("passed", "rest", "why"),
    [
        ([True], [10.0], Undefined.ALL_PASSED),
        ([False], [10.0], Undefined.NONE_PASSED),
        ([True, True], [10.0, 20.0], Undefined.ALL_PASSED),
        ([False, False], [10.0, 20.0], Undefined.NONE_PASSED),
        ([True, False], [10.0, 10.0], Undefined.REST_EQUAL),
    ],
    ids=["one_passes", "one_fails", "all_pass", "nobody_passes", "everyone_equal"],
)
def test_no_discrimination_has_a_reason(passed, rest, why):
    """Where the correlation is 0/0 the answer is a reason, never NaN."""
    assert point_biserial(passed, rest) is why


def test_perfect_separation_stays_within_bounds():
    """Rounding never takes the coefficient out of [-1, 1]."""
    rest = [0.1 + 0.2] * 3 + [0.7] * 4

    assert point_biserial([False] * 3 + [True] * 4, rest) == pytest.approx(1.0)
    assert point_biserial([True] * 3 + [False] * 4, rest) == pytest.approx(-1.0)
    assert abs(point_biserial([True] * 3 + [False] * 4, rest)) <= 1.0


def test_a_checks_own_points_are_not_in_the_rest():
    """Who differ by the check alone are equal without it: no discrimination, whatever floats add up to."""
    third = 10 / 3
    records = [
        seen("s1", [make.check("a", P, max_points=third), make.check("b", P, max_points=20 / 3)]),
        seen("s2", [make.check("a", F, max_points=third), make.check("b", P, max_points=20 / 3)]),
    ]

    a, b = items.checks(records)

    assert (a.discrimination, a.undefined) == (None, Undefined.REST_EQUAL)
    assert (b.discrimination, b.undefined) == (None, Undefined.ALL_PASSED)


def test_pass_rates_and_ends():
    """Every outcome is in one part of the bar, and only `passed` passes."""
    outcomes = [*Outcome]
    outcomes.remove(Outcome.NOT_GRADED)
    records = [seen(f"s{k}", [make.check("a", o), make.check("b")]) for k, o in enumerate(outcomes)]
    records.append(seen("half", [make.check("a", F, points=5.0), make.check("b")]))

    a, b = items.checks(records)

    assert (a.passed, a.n, a.rate) == (1, 9, 1 / 9)
    assert a.ends == {End.PASSED: 1, End.PARTIAL: 1, End.WRONG: 1, End.STOPPED: 5, End.SKIPPED: 1}
    assert sum(a.ends.values()) == a.n
    assert b.ends == {End.PASSED: 9}


def test_a_check_that_was_not_run_is_not_counted():
    """A check about a GPU counts over those it was run for."""
    ran = make.check("gpu", F)
    left_out = make.check("gpu", Outcome.SKIPPED, max_points=0.0, not_run=True)
    records = [seen("s1", [ran, make.check("b")]), seen("s2", [left_out, make.check("b")])]

    by_id = {check.id: check for check in items.checks(records)}

    assert (by_id["gpu"].n, by_id["b"].n) == (1, 2)


def test_a_check_is_doubtful_where_the_weak_pass_it_beyond_chance():
    """The sign alone is not enough: of few students nothing can be said."""
    weak = [make.check("a", P), make.check("b", F), make.check("c", F)]
    strong = [make.check("a", F), make.check("b", P), make.check("c", P)]
    odd = [make.check("a", P), make.check("b", P), make.check("c", F)]

    many = [seen(f"w{k}", weak) for k in range(10)] + [seen(f"s{k}", strong) for k in range(10)]
    few = [seen("w", weak), seen("s", strong), seen("o", odd)]

    assert [check.id for check in items.checks(many) if check.doubtful] == ["a"]
    assert items.checks(few)[0].discrimination < 0
    assert [check.id for check in items.checks(few) if check.doubtful] == []


def test_groups():
    """Mean points, and who has them all; a group worth nothing counts by passing."""
    right = [make.check("a"), make.check("b"), make.check("p", group="public", max_points=0.0)]
    half = [make.check("a"), make.check("b", F), make.check("p", F, group="public", max_points=0.0)]

    values, public = items.groups([seen("s1", right), seen("s2", half)])

    assert (values.mean_points, values.max_points, values.lost, values.full) == (15.0, 20.0, 5.0, 1)
    assert values.rate == 0.75
    assert (public.max_points, public.full, public.rate) == (0.0, 1, 0.5)


def test_a_group_of_thirds_is_full():
    """Shares of points that add up to a group add up exactly."""
    thirds = [make.check(id, max_points=10 / 3) for id in "abc"]

    (group,) = items.groups([seen("s1", thirds)] * 7)

    assert (group.mean_points, group.max_points, group.lost) == (10.0, 10.0, 0.0)


def failed(id: str, mistake: str, certainty: Certainty = Certainty.EXACT, group: str = "values"):
    """A check that failed by a named mistake."""
    return make.check(id, F, group=group, diagnosis=make.diagnosis(mistake, certainty=certainty))


def test_mistakes_count_students_not_checks():
    """Who makes one mistake in many checks makes it once, as surely as it was named anywhere."""
    records = [
        seen("s1", [failed("a", "flips", Certainty.HINT), failed("b", "flips"), failed("c", "flips")]),
        seen("s2", [failed("a", "flips", Certainty.LIKELY), make.check("b"), failed("c", "pads")]),
        seen("s3", [make.check("a"), make.check("b"), failed("c", "pads")]),
        seen("s4", [make.check("a"), make.check("b"), failed("c", "pads", Certainty.HINT)]),
    ]

    pads, flips = items.mistakes(records)

    assert (pads.id, pads.students) == ("pads", ("s2", "s3", "s4"))
    assert pads.certainties == {Certainty.EXACT: 2, Certainty.HINT: 1}
    assert (flips.id, flips.students) == ("flips", ("s1", "s2"))
    assert flips.certainties == {Certainty.EXACT: 1, Certainty.LIKELY: 1}
    assert flips.checks == ("a", "b", "c")
    assert flips.message.ko == "커널을 뒤집지 마세요."


def test_mistakes_of_a_group_are_those_named_in_it():
    """A group lists its own, with the number of students."""
    records = [
        seen("s1", [failed("a", "flips"), failed("b", "pads", group="padding")]),
        seen("s2", [failed("a", "flips"), make.check("b", group="padding")]),
    ]

    values, padding = items.groups(records)

    assert values.mistakes == (("flips", 2),)
    assert padding.mistakes == (("pads", 1),)


def test_who_failed_without_a_name():
    """Those whose work nothing explains, and neither the right nor the named."""
    records = [
        seen("right", [make.check("a")]),
        seen("named", [failed("a", "flips"), make.check("b", F)]),
        seen("riddle", [make.check("a", F)]),
    ]

    assert items.unnamed(records) == ("riddle",)
