"""Statistics of a class: scores, attempts, times."""

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from grader.core.analysis import analyse, attempts, scores, times
from grader.core.classwork import Classwork, Waiting, Work, without_names
from grader.core.glance import glance
from grader.core.record import Outcome, encode
from tests import factories as make


def work(student: str = "s001", *passed: bool, shares: Sequence[float] | None = None) -> Work:
    """A work of checks worth 10 points each, passed or not."""
    hits = passed or (True,)
    outcomes = [Outcome.PASSED if hit else Outcome.FAILED for hit in hits]
    record = make.record([make.check(f"c{k}", o) for k, o in enumerate(outcomes)], student=student)
    return Work(glance=glance(encode(record)), shares=tuple(shares or [sum(hits) / len(hits)]))


def test_a_glance_sees_what_the_record_says():
    """The fields that are read are those of the record, and the rest is passed over."""
    evidence = [make.array("got", [1.0, float("nan")])]
    named = make.check("a", Outcome.FAILED, diagnosis=make.diagnosis(), evidence=evidence)
    record = make.record([named, make.check("b")], attempt=3)

    seen = glance(encode(record))

    assert (seen.student, seen.attempt, seen.score, seen.seconds) == ("s001", 3, 10.0, 0.21)
    assert seen.digests == record.digests
    assert [(c.id, c.outcome, c.points) for c in seen.checks] == [
        (c.id, c.outcome, c.points) for c in record.checks
    ]
    assert seen.checks[0].diagnosis is not None
    assert seen.checks[0].diagnosis.message == make.diagnosis().message


@pytest.mark.parametrize("n", [1, 2, 3, 10, 101])
def test_scores_are_numpys(n):
    """Mean, median, quartiles and spread agree with numpy's defaults."""
    percent = np.random.default_rng(n).uniform(0, 100, n)

    found = scores(percent.tolist())

    quartiles = np.percentile(percent, [25, 50, 75])
    assert [found.low_quartile, found.median, found.high_quartile] == pytest.approx(quartiles)
    assert found.mean == pytest.approx(percent.mean())
    assert (found.least, found.most, found.n) == (percent.min(), percent.max(), n)
    if n == 1:
        assert found.spread is None
    else:
        assert found.spread == pytest.approx(percent.std(ddof=1))


def test_bins_are_tenths_and_the_whole():
    """A bin begins at its lower edge; only all points are in the last one, whatever floats add up to."""
    thirds = 100 * (10 / 3 + 10 / 3 + 10 / 3) / 10

    found = scores([0.0, 9.99, 10.0, 89.99, 90.0, 99.9, thirds, 100.0, 100 * 0.7])

    assert found.bins == (2, 1, 0, 0, 0, 0, 0, 1, 1, 2, 2)
    assert found.full == 2


def test_attempts_to_all_points():
    """The first full attempt counts, and a later worse one does not undo it."""
    found = attempts([[1.0], [0.5, 1.0, 0.2], [0.5, 1.0], [0.1, 0.2, 0.3], [0.0]])

    assert found.full == (1, 2, 0)
    assert found.trying == (1, 0, 1)
    assert found.median == 2


def test_attempts_of_which_none_is_full():
    """Nobody: no median."""
    assert attempts([[0.5], [0.2, 0.3]]).median is None
    assert attempts([]).full == ()


def test_times_are_numpys():
    """Median and 95th percentile agree with numpy, and the slowest come first."""
    seconds = np.random.default_rng(3).exponential(1.0, 57)
    taken = [(f"s{k:02d}", float(s)) for k, s in enumerate(seconds)]

    found = times(taken)

    assert found.median_s == pytest.approx(np.median(seconds))
    assert found.p95_s == pytest.approx(np.percentile(seconds, 95))
    assert [s for _, s in found.slowest] == sorted(seconds, reverse=True)[:10]
    assert times([("s", 2.0)]).p95_s == 2.0


@pytest.mark.parametrize(
    "works",
    [
        [work("s001", True, False)],
        [work("s001", False, False)],
        [work(f"s{k}", True, True) for k in range(9)],
        [work(f"s{k}", False, False) for k in range(9)],
        [work(f"s{k}", True, False) for k in range(9)],
    ],
    ids=["one_student", "one_fails_all", "everyone_full", "nobody_passes", "everyone_equal"],
)
def test_degenerate_classes_have_no_nan(works):
    """One student, nobody passes, everyone equal: numbers or a reason, never NaN."""
    found = analyse(works)

    assert found is not None
    assert all((check.discrimination is None) == (check.undefined is not None) for check in found.checks)
    assert all(check.undefined is not None for check in found.checks)
    assert b"nan" not in msgspec.json.encode(found).lower()  # JSON has none: msgspec writes null ...
    text = msgspec.json.encode(found.scores) + msgspec.json.encode(found.times)
    assert text.count(b"null") == (len(works) == 1)  # ... and the spread of one is all that is missing


def test_nobody_is_no_class():
    """Without works there is nothing to say."""
    assert analyse([]) is None


def test_checks_that_nobody_or_everybody_fails():
    """Those that tell nobody anything, by id."""
    found = analyse([work("s1", True, False, True), work("s2", True, False, False)])

    assert found is not None
    assert (found.never_failed, found.never_passed) == (("c0",), ("c1",))


def test_a_work_is_of_a_graded_record():
    """What has no score cannot be counted."""
    seen = glance(encode(make.not_graded()))

    with pytest.raises(ValueError, match="not_graded"):
        Work(glance=seen, shares=(1.0,))


def test_pseudonyms_leave_no_name():
    """Ids, names and reasons are gone, and one student has one pseudonym everywhere."""
    record = make.record(student="jane")
    classwork = Classwork(
        works=(Work(glance=glance(encode(record)), shares=(1.0,)),),
        names={"jane": "Jane Doe"},
        waiting=(
            Waiting(student="jane", why=make.text("'jane.py' is odd")),
            Waiting(student="", why=make.text("Doe")),
        ),
        absent=("kim",),
        examples=(make.record(student="x"),),
    )

    hidden = without_names(classwork, b"0" * 32)

    text = repr((hidden.works, hidden.names, hidden.waiting, hidden.absent))
    assert not any(word in text for word in ("jane", "Doe", "kim"))
    assert hidden.works[0].student == next(one.student for one in hidden.waiting if one.student)
    assert hidden.works[0].student.startswith("student-")
