"""What makes two records of one submission differ, and what does not."""

from dataclasses import replace

import pytest

from grader.core.comparison import MAX_OF_ONE, differences
from grader.core.record import CallEvidence, Frame, Outcome, Stdout
from tests import factories

FAILED = factories.check(
    "test_b",
    Outcome.FAILED,
    message=factories.text("6 of 6 entries are wrong"),
    evidence=[factories.array("expected", [1.0, 2.0]), factories.array("got", [1.0, 2.5])],
)


def told(one, other, timed=()) -> list[tuple[str | None, str, str, str]]:
    """Differences of records of one check, as tuples."""
    records = [factories.record([check]) for check in (one, other)]
    return [(d.check, d.field, d.recorded, d.replayed) for d in differences(*records, timed)]


def test_equal():
    """A record equals itself, whatever the attempt, the clock, the language and the notes for staff say."""
    one = factories.record([factories.check("test_a"), FAILED])
    other = replace(
        one,
        attempt=7,
        submitted_utc="2026-04-01T00:00:00Z",
        language="ko",
        seconds=9.0,
        stdout=Stdout(text="x", truncated=False),
        checks=[replace(check, seconds=5.0, staff_note="line 7") for check in one.checks],
        hints=[factories.hint()],
    )

    assert differences(one, other) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"message": factories.text("wrong")}, ("message.en", "6 of 6 entries are wrong", "wrong")),
        ({"diagnosis": factories.diagnosis("m")}, ("diagnosis", "–", "m")),
        (
            {"evidence": [FAILED.evidence[0], factories.array("got", [1.0, 3.5])]},
            ("evidence[1].data[1]", "2.5", "3.5"),
        ),
        ({"evidence": FAILED.evidence[:1]}, ("evidence[1]", None, "–")),
        ({"traceback": [Frame(file="a.py", line=1, cell=None, text="x")]}, ("traceback[0]", "–", None)),
        ({"outcome": Outcome.CRASHED}, ("outcome", "failed", "crashed")),
        ({"max_points": 20.0}, ("max_points", "10.0", "20.0")),
    ],
    ids=["message", "diagnosis", "a number", "evidence", "traceback", "outcome", "points"],
)
def test_of_a_check(fields, expected):
    """Everything that was judged counts, and is told by its place."""
    found = [d for d in told(FAILED, replace(FAILED, **fields)) if d[0] is not None]

    id, field, recorded, replayed = found[0]
    assert (id, field) == ("test_b", expected[0])
    assert expected[1] in (None, recorded)
    assert expected[2] in (None, replayed)


def test_checks_of_one_side():
    """A check that only one record has is a difference."""
    one = factories.record([factories.check("test_a"), factories.check("test_b")])
    other = factories.record([factories.check("test_a"), factories.check("test_c")])

    found = [(d.check, d.recorded, d.replayed) for d in differences(one, other)]

    assert found == [("test_b", "passed", "–"), ("test_c", "–", "passed")]


def test_the_score_of_a_forged_record():
    """A score that does not follow from the checks differs, though all checks are equal."""
    one = factories.record([FAILED])

    (found,) = differences(replace(one, score=10.0), one)

    assert (found.check, found.field, found.recorded, found.replayed) == (None, "score", "10.0", "0.0")


def test_speed():
    """Numbers of a check about speed are never equal: outcome and points are, or differ for that reason."""
    faster = replace(FAILED, message=factories.text("3.1 times"), evidence=[CallEvidence(text="f(x)")])
    passed = factories.check("test_b")

    assert told(FAILED, faster, timed=["test_b"]) == []
    assert {d.of_time for d in differences(factories.record([FAILED]), factories.record([passed]))} == {False}
    found = differences(factories.record([FAILED]), factories.record([passed]), ["test_b"])
    assert {d.of_time for d in found} == {True}
    assert ("test_b", "outcome") in {(d.check, d.field) for d in found}


def test_limits():
    """Where code was as its time ended is no judgement; that it ended may come of the machine."""
    late = replace(FAILED, outcome=Outcome.TIMED_OUT, evidence=[])
    elsewhere = replace(late, traceback=[Frame(file="a.py", line=3, cell=None, text="x")])

    assert told(late, elsewhere) == []
    found = differences(factories.record([late]), factories.record([FAILED]))
    assert {d.of_time for d in found} == {True}


def test_many():
    """A check that differs everywhere is told in a few lines, cut."""
    other = replace(FAILED, evidence=[factories.array("got", [float(i) for i in range(500)])] * 9)

    found = [d for d in told(FAILED, other) if d[0] == "test_b"]

    assert len(found) == MAX_OF_ONE
    assert all(len(text) < 400 for d in found for text in d[2:])
