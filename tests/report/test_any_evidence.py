"""Records that no judge of today would make are still pages: a broken report hides a right score."""

import math
import random

import pytest

from grader.core.record import (
    ArrayEvidence,
    GraphEvidence,
    GraphNode,
    Outcome,
    ScalarEvidence,
    SequenceEvidence,
    TimelineEvidence,
)
from grader.report.html import render
from tests import factories as make
from tests.report.test_html import Page

NUMBERS = [0, 1, -1, 2.5, -1e-9, 1e300, -1e300, 5e-324, "nan", "inf", "-inf", 10**400, 123456]
PLACES = {"x", "y", "width", "height", "cx", "cy", "d", "viewBox"}


def evidence(rng):
    """Something of any kind, seldom sensible."""

    def some(count):
        return [rng.choice(NUMBERS) for _ in range(count)]

    role, kind = rng.choice(["input", "expected", "got"]), rng.randrange(7)
    if kind <= 2:
        shape = [rng.choice([0, 1, 2, 3, 5, 9, 40]) for _ in range(rng.randrange(6))]
        kept = rng.choice([1.0, 1.0, 0.5, 0.0])
        return ArrayEvidence(
            role=role,
            name=rng.choice(["y", "z", ""]),
            dtype="float64",
            shape=shape,
            data=some(int(min(math.prod(shape), 2000) * kept)),
            truncated=kept < 1,
            axes=rng.choice([None, ["a"] * len(shape), ["a", "b"]]),
            worst=rng.choice([None, [0] * len(shape), [99] * len(shape), [-1] * len(shape), [1, 2]]),
        )
    if kind == 3:
        x, y = (some(rng.choice([0, 1, 5, 400])) for _ in range(2))
        return SequenceEvidence(role=role, name="f", x=x, y=y)
    if kind == 4:
        count = rng.choice([0, 1, 5, 60])
        nodes = [
            GraphNode(
                id=id if rng.random() < 0.9 else 0,
                label="n",
                data=rng.choice([None, *NUMBERS]),
                grad=rng.choice([None, *NUMBERS]),
                expected_data=rng.choice([None, *NUMBERS]),
                expected_grad=rng.choice([None, *NUMBERS]),
                wrong=rng.random() < 0.2,
            )
            for id in range(count)
        ]
        edges = [(rng.randrange(count + 1), rng.randrange(count + 1)) for _ in range(2 * count)]
        return GraphEvidence(nodes=nodes, edges=edges)
    if kind == 5:
        return ScalarEvidence(role=role, name="s", value=rng.choice([*NUMBERS, "None"]))
    return TimelineEvidence(role=role, name="t", events=["a"] * rng.randrange(4))


@pytest.mark.parametrize("seed", range(60))
def test_any_evidence_makes_a_page(seed):
    """Odd shapes, indices and numbers make a well-formed page whose places are finite numbers."""
    rng = random.Random(seed)
    outcomes = [Outcome.FAILED, Outcome.CRASHED]
    checks = [
        make.check(f"t{k}", rng.choice(outcomes), evidence=[evidence(rng) for _ in range(rng.randrange(6))])
        for k in range(3)
    ]

    page = Page(render(make.record(checks), title=make.text("t")))

    assert len(set(page.ids)) == len(page.ids)
    values = [str(value) for _, attrs in page.tags for name, value in attrs.items() if name in PLACES]
    assert not [value for value in values if "nan" in value or "inf" in value]
