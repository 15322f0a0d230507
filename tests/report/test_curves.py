"""Curves."""

import math

import pytest

from grader.core.record import SequenceEvidence, number
from grader.report import curves


def sequence(role, y, x=None):
    """A curve over x, 0, 1, 2… unless given."""
    xs = range(len(y)) if x is None else x
    return SequenceEvidence(role=role, name="f", x=[number(v) for v in xs], y=[number(v) for v in y])


def test_expected_got_and_difference():
    """Two lines above, their difference below, the worst place marked and told."""
    figure = curves.compare(sequence("expected", [0, 1, 4]), sequence("got", [0, 1, 9]))

    assert [[css for css, _ in plot.lines] for plot in figure.plots] == [["expected", "got"], ["difference"]]
    assert figure.mark is not None
    assert "at x = 2: expected 4, yours is 9, difference 5" in figure.caption[0].en


def test_other_points_have_no_difference():
    """Curves over different x are shown without one."""
    figure = curves.compare(sequence("expected", [0, 1]), sequence("got", [0, 1], x=[0, 2]))

    assert len(figure.plots) == 1
    assert "different points" in figure.caption[0].en


def test_gaps_where_got_is_not_finite():
    """The line is broken and a cross stands on the edge."""
    figure = curves.compare(sequence("expected", [0, 1, 2]), sequence("got", [0, math.nan, 2]))

    assert len(figure.plots[0].crosses) == 1
    assert dict(figure.plots[0].lines)["got"].count("M") == 2


def test_long_curves_are_thinned_and_keep_their_peak():
    """A spike among a thousand points is not lost."""
    y = [0.0] * 1000
    y[517] = 1.0
    figure = curves.compare(None, sequence("got", y))

    path = dict(figure.plots[0].lines)["got"]

    assert path.count("L") < 300
    heights = {float(part.split()[1]) for part in path[1:].split("L")}
    assert len(heights) == 2


@pytest.mark.parametrize("y", [[], [1.0], [math.nan], [1e308, -1e308], [0.0, 0.0], [math.inf, 1.0]])
def test_odd_curves_are_drawn(y):
    """Empty, single, infinite, flat: every place in the picture is a finite number."""
    figure = curves.compare(sequence("expected", y), sequence("got", y))

    assert "nan" not in str(figure.plots)
    assert "inf" not in str(figure.plots)


def test_ticks_are_round_numbers():
    """1, 2 or 5 times a power of ten."""
    assert curves.nice_ticks(0.0, 1.0, 5) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert curves.nice_ticks(-6.0, 6.0, 6) == pytest.approx([-6, -4, -2, 0, 2, 4, 6])
