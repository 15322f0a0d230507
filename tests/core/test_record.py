"""A record says what the schema says, and refuses to contradict itself."""

import dataclasses
import json

import jsonschema
import msgspec
import pytest

from grader.core.record import (
    ArrayEvidence,
    Certainty,
    Diagnosis,
    ExceptionEvidence,
    Frame,
    Outcome,
    Text,
    decode,
    encode,
    number,
    schema,
)
from tests import factories

WORDS = Text(en="Padding", ko="패딩")
PASSED = factories.check("test_padding", max_points=100.0)


def failed():
    """A record with a failed check that holds every optional part."""
    check = factories.check(
        outcome=Outcome.FAILED,
        message=WORDS,
        diagnosis=Diagnosis(mistake="one_side_padding", certainty=Certainty.EXACT, message=WORDS),
        evidence=[
            ArrayEvidence(
                role="got",
                name="y",
                dtype="float64",
                shape=[2],
                data=["nan", 1.5],
                truncated=False,
                worst=[0],
            ),
            ExceptionEvidence(type="ValueError", message="\x1b[31m\u202e\0"),
        ],
        traceback=[Frame(file="convolution.py", line=12, cell=None, text="    y = 1")],
    )
    return factories.record([check])


@pytest.mark.parametrize("one", [factories.record([PASSED]), factories.not_graded(), failed()])
def test_schema_describes_records(one):
    """What is written is valid by the JSON Schema that is published."""
    jsonschema.validate(json.loads(encode(one)), schema())


def test_schema_refuses_other_things():
    """The schema is not one that anything fits."""
    data = json.loads(encode(failed()))
    data["checks"][0]["outcome"] = "splendid"

    with pytest.raises(jsonschema.ValidationError, match="splendid"):
        jsonschema.validate(data, schema())


def test_round_trip():
    """A record read back is the record that was written, on one line."""
    one = failed()

    assert decode(encode(one)) == one
    assert b"\n" not in encode(one)


def test_encoding_is_stable():
    """Equal records are equal bytes."""
    assert encode(failed()) == encode(failed())


def test_reading_checks_too():
    """A record that contradicts itself is not read either."""
    data = json.loads(encode(factories.record([PASSED])))
    data["score"] = 101.0

    with pytest.raises(msgspec.ValidationError, match=r"score=101\.0"):
        decode(json.dumps(data).encode())


@pytest.mark.parametrize(
    "change",
    [
        {"score": None},
        {"score": -1.0},
        {"score": 100.5},
        {"score": float("nan")},
        {"outcome": "not_graded"},
        {"checks": []},
        {"groups": []},
    ],
    ids=lambda change: "-".join(f"{key}={value}" for key, value in change.items()),
)
def test_contradicting_records(change):
    """A score without grading, grading without score, or checks without group cannot be built."""
    with pytest.raises(ValueError, match=r"graded|groups"):
        dataclasses.replace(factories.record([PASSED]), **change)


def test_two_checks_of_one_name():
    """A name is one check."""
    one = factories.record([PASSED])

    with pytest.raises(ValueError, match="two checks with one id"):
        dataclasses.replace(one, checks=one.checks * 2)


@pytest.mark.parametrize(
    "change",
    [
        {"points": None},
        {"points": 101.0},
        {"points": -1.0},
        {"outcome": Outcome.FAILED},
        {"outcome": Outcome.NOT_GRADED},
        {"diagnosis": Diagnosis(mistake="m", certainty=Certainty.HINT, message=WORDS)},
    ],
    ids=[
        "no points",
        "too many",
        "negative",
        "failed with points",
        "not graded with points",
        "passed, diagnosed",
    ],
)
def test_contradicting_checks(change):
    """Points without passing, or a mistake named where there is none, cannot be built."""
    with pytest.raises(ValueError, match="test_padding"):
        dataclasses.replace(PASSED, **change)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, 1),
        (True, 1),
        (1.5, 1.5),
        (2 + 3j, 2.0),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (-1e400, "-inf"),
    ],
)
def test_numbers_for_json(value, expected):
    """Non-finite numbers are words: JSON has none."""
    assert number(value) == expected


def test_passed():
    """Passed means graded and every check passed."""
    assert factories.record([PASSED]).passed
    assert not failed().passed
    assert not factories.not_graded().passed


def test_what_was_not_run_does_not_count():
    """A check about another device earns nothing, costs nothing, and cannot be anything but skipped."""
    away = factories.check("test_gpu", Outcome.SKIPPED, max_points=0.0, not_run=True)
    one = factories.record([factories.check("test_a"), away])

    assert one.passed
    assert [c.id for c in one.ran] == ["test_a"]
    assert decode(encode(one)) == one
    for change in ({"outcome": Outcome.FAILED}, {"max_points": 5.0}):
        with pytest.raises(ValueError, match="not run, yet"):
            dataclasses.replace(away, **change)
