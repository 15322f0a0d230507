"""Figures of the class report: what is drawn is what is true."""

import pytest

from grader.core.analysis import Analysis, analyse
from grader.core.classwork import Work
from grader.core.glance import glance
from grader.core.items import End
from grader.core.record import Outcome, encode
from grader.report.classfigures import (
    APART,
    ATTEMPTS,
    COLUMN_H,
    LEAST,
    attempt_columns,
    bar,
    check_map,
    score_columns,
)
from tests import factories as make


def a_class(*shares: tuple[float, ...]) -> Analysis:
    """A class of these shares of the points in each attempt."""
    works = []
    for k, mine in enumerate(shares):
        check = make.check("a", Outcome.FAILED, points=10 * max(mine)) if max(mine) < 1 else make.check("a")
        works.append(Work(glance=glance(encode(make.record([check], student=f"s{k}"))), shares=mine))
    found = analyse(works)
    assert found is not None
    return found


def test_columns_are_as_high_as_counts():
    """The highest takes all of the height, others their share; empty ones have no mark."""
    figure = score_columns(a_class((0.55,), (0.55,), (0.52,), (0.55,), (1.0,)))

    heights = {column.label: sum(part.size for part in column.parts) for column in figure.columns}
    assert len(figure.columns) == 11
    assert heights["50"] == COLUMN_H
    assert heights["100"] == COLUMN_H / 4
    assert [column.count for column in figure.columns].count("") == 9
    assert figure.mark == pytest.approx(figure.columns[5].x + figure.columns[5].width / 2, abs=3)


def test_median_of_full_scores_is_in_the_last_column():
    """All points: the mark stands in the middle of the column of all points, inside the picture."""
    figure = score_columns(a_class((1.0,), (1.0,)))

    assert figure.mark is not None
    assert figure.columns[-1].x < figure.mark < figure.right


def test_many_attempts_share_the_last_column():
    """However many attempts there were, nobody is left out."""
    figure = attempt_columns(a_class((1.0,), (0.1,) * 40, (*(0.1,) * 11, 1.0), (*(0.1,) * 30, 1.0)))

    assert len(figure.columns) == ATTEMPTS
    assert figure.columns[-1].label == f"≥ {ATTEMPTS}"
    assert [column.count for column in figure.columns] == ["1", *[""] * (ATTEMPTS - 2), "3"]


def test_few_attempts_have_room():
    """One attempt each is no column as wide as the page."""
    figure = attempt_columns(a_class((1.0,), (0.5,)))

    assert len(figure.columns) == LEAST
    assert [part.css for part in figure.columns[0].parts] == ["full", "trying"]


def test_a_bar_is_whole():
    """Its parts follow each other and fill it."""
    parts = bar({End.PASSED: 1, End.WRONG: 1, End.STOPPED: 1})

    assert [part.css for part in parts] == ["passed", "wrong", "stopped"]
    assert parts[0].at == 0
    assert parts[-1].at + parts[-1].size == pytest.approx(100, abs=0.02)


def test_map_of_checks():
    """Easy is right, discriminating is up; one place is one dot, and numbers stay readable."""
    records = []
    for k in range(40):
        outcomes = {"twin1": k >= 20, "twin2": k >= 20, "hard": k >= 38, "odd": k < 20, "easy": True}
        records.append(
            make.record(
                [make.check(id, Outcome.PASSED if hit else Outcome.FAILED) for id, hit in outcomes.items()],
                student=f"s{k}",
            )
        )
    found = analyse([Work(glance=glance(encode(r)), shares=(0.5,)) for r in records])
    assert found is not None

    figure = check_map(list(enumerate(found.checks, start=1)))

    assert figure is not None
    assert len(figure.dots) == 3  # the twins in one, and the one that all pass in none
    by_label = {dot.label: dot for dot in figure.dots}
    assert by_label["4"].doubtful
    assert by_label["4"].y > figure.zero > by_label["1 +1"].y
    assert by_label["3"].x < by_label["1 +1"].x
    assert by_label["1 +1"].radius > by_label["3"].radius
    labelled = [dot for dot in figure.dots if dot.label]
    for a in labelled:
        for b in labelled:
            assert a is b or max(abs(a.x - b.x), abs(a.y - b.y)) >= APART


def test_no_map_of_nothing():
    """Where no check discriminates there is nothing to draw."""
    found = a_class((1.0,), (1.0,))

    assert check_map(list(enumerate(found.checks, start=1))) is None
