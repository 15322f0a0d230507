"""Arrays as heat maps."""

import math

import pytest

from grader.core.record import ArrayEvidence
from grader.report import heatmaps
from tests import factories as make


def shown(box):
    """The numbers written into the cells of a box."""
    return [text for row in box.rows if row.css.startswith("num") for _, text in row.cells]


def test_expected_and_got_share_a_scale():
    """The same number has the same colour in both."""
    figure = heatmaps.compare(make.array("expected", [1, 2]), make.array("got", [2, 4]))

    expected, got, _ = figure.boxes
    strength = {fill.opacity for fill in expected.fills} & {fill.opacity for fill in got.fills}

    assert strength == {"0.5"}
    assert (figure.scales[0].low, figure.scales[0].high) == ("-4", "4")


def test_the_worst_entry_is_marked_in_all_three():
    """The mark lies on the same cell of expected, got and difference."""
    figure = heatmaps.compare(
        make.array("expected", [0] * 16, [1, 1, 4, 4]),
        make.array("got", [0] * 9 + [7] + [0] * 6, [1, 1, 4, 4]),
    )

    marks = {(box.mark.x, box.mark.y) for box in figure.boxes}

    assert len(marks) == 1
    assert "[0, 0, 2, 1]" in figure.caption[0].en
    assert "difference 7" in figure.caption[0].en


def test_nan_is_hatched_and_written():
    """A cell that is no number is never drawn as a colour, and counts as furthest off."""
    figure = heatmaps.compare(make.array("expected", [1, 2, 3]), make.array("got", [9, math.nan, math.inf]))

    _, got, difference = figure.boxes

    assert {fill.css for fill in got.fills} == {"nan", "pos"}
    assert sorted(shown(got)) == ["9", "inf", "nan"]
    assert "[1]" in figure.caption[0].en
    assert "nan" in {fill.css for fill in difference.fills}
    assert any("2 entries of yours are nan" in text.en for text in figure.caption)


def test_the_same_infinity_is_no_difference():
    """Where both are inf, or both nan, nothing is off."""
    values = [math.inf, math.nan, -math.inf]

    figure = heatmaps.compare(make.array("expected", values), make.array("got", values))

    assert [text.en for text in figure.caption[:1]] == ["All entries agree."]


def test_different_shapes_stand_side_by_side():
    """Without a difference, and the caption says why."""
    figure = heatmaps.compare(make.array("expected", range(16), [4, 4]), make.array("got", range(9), [3, 3]))

    assert len(figure.boxes) == 2
    assert "expected (4, 4), yours is (3, 3)" in figure.caption[0].en


def test_only_the_kept_part_of_a_truncated_array_is_drawn():
    """Entries that were not kept are empty cells, and the figure says how many there were."""
    arrays = [
        make.array(role, range(5), [3, 3], truncated=True, worst=[2, 2]) for role in ("expected", "got")
    ]

    figure = heatmaps.compare(*arrays)

    assert len(shown(figure.boxes[0])) == 5
    assert any(fill.css == "gone" for fill in figure.boxes[0].fills)
    assert "Only the first 5 of 9 entries were kept." in {note.en for note in figure.notes}


def test_axes_name_panels_rows_and_columns():
    """Leading axes title the panels; the last two are told in words."""
    axes = ["sample", "time", "unit"]

    figure = heatmaps.alone(make.array("input", range(12), [2, 2, 3], axes=axes))

    titles = [text for row in figure.boxes[0].frame.rows if row.css == "panel-title" for _, text in row.cells]
    assert titles == ["sample 0", "sample 1"]
    assert [note.en for note in figure.notes] == ["rows: time · columns: unit", "one panel for each sample"]


@pytest.mark.parametrize("worst", [0, 1234, 4095])
def test_a_large_array_shows_the_part_around_the_worst_entry(worst):
    """The worst entry is always in the picture."""
    got = [0.0] * 4096
    got[worst] = 1.0

    figure = heatmaps.compare(make.array("expected", [0] * 4096, [64, 64]), make.array("got", got, [64, 64]))

    assert all(box.mark is not None for box in figure.boxes)


@pytest.mark.parametrize(
    "shape", [[1], [7], [9], [32], [1, 1], [2, 1, 3], [100, 2, 2], [1, 300], [3, 1, 1, 1, 5]]
)
def test_every_shape_fits_its_box(shape):
    """No cell, tick or title lies outside the picture."""
    size = math.prod(shape)

    (box,) = heatmaps.alone(make.array("input", range(size), shape)).boxes

    assert all(p.x + p.w <= box.width and p.y + p.h <= box.height for p in box.frame.panels)
    assert all(0 <= x <= box.width and 0 <= row.y <= box.height for row in box.rows for x, _ in row.cells)
    assert len(box.frame.panels) * box.frame.panels[0].w * box.frame.panels[0].h < 2e6


@pytest.mark.parametrize("values", [[10**400, 1], [1e308, -1e308], [5e-324, 0.0], [0.0, 0.0]])
def test_extreme_numbers_are_drawn(values):
    """Overflow, underflow and all zeros make pictures, not errors."""
    given = {"name": "y", "dtype": "float64", "shape": [2], "truncated": False}
    want = ArrayEvidence(role="expected", data=[1.0, 2.0], **given)
    got = ArrayEvidence(role="got", data=values, **given)

    assert len(heatmaps.compare(want, got).boxes) == 3


def test_an_explosion_does_not_wash_out_the_expected_values():
    """The scale stays that of the expected values, and the caption says so."""
    figure = heatmaps.compare(make.array("expected", [1, 2]), make.array("got", [1, 1e9]))

    assert figure.scales[0].high == "2"
    assert any("beyond the scale" in text.en for text in figure.caption)
