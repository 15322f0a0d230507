"""Hints that open by attempt, as students see them."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.tiny import COURSE, RIGHT

HINTS = """
[[group.double]]
after = 2
en = "What is twice a number?"
ko = "어떤 수의 두 배는 무엇인가요?"

[[group.double]]
after = 3
en = "Not x * x."
ko = "x * x가 아닙니다."
"""


@pytest.fixture
def with_hints(tmp_path, monkeypatch) -> Path:
    """The tiny course with hints."""
    root = tmp_path / "course"
    shutil.copytree(COURSE, root)
    (root / "solutions" / "ex90_double" / "hints.toml").write_text(HINTS)
    monkeypatch.setenv("GRADE_COURSE", str(root))
    return root


def wrong(number: int) -> None:
    """The working folder's file: the same mistake, in other bytes."""
    Path("double.py").write_text(RIGHT.replace("2 * x", "x * x") + f"# {number}\n")


def test_hints_open_by_attempt(grade, with_hints, warm):
    """None at first; the same file again opens nothing; then one by one; gone with the mistake."""
    wrong(1)
    first, again = grade("submit", "ex90"), grade("submit", "ex90")
    wrong(2)
    second = grade("submit", "ex90")
    wrong(3)
    third = grade("submit", "ex90", "--lang", "ko", "--out", ".")
    Path("double.py").write_text(RIGHT)
    mended = grade("submit", "ex90")

    assert "Hints" not in first.out + again.out
    assert "What is twice a number?" in second.out
    assert "hint 1 of 2" in second.out
    assert "x * x가 아닙니다." in third.out
    (page,) = (path.read_text(encoding="utf-8") for path in Path.cwd().glob("*.html"))
    assert "어떤 수의 두 배는 무엇인가요?" in page
    assert "Not x * x." in page
    assert "Hints" not in mended.out


def test_the_record_carries_them(grade, with_hints, warm):
    """So that a report is made of the record alone."""
    for number in (1, 2):
        wrong(number)
        ended = grade("submit", "ex90", "--json")

    (hint,) = json.loads(ended.out)["hints"]
    assert (hint["group"], hint["check"], hint["step"], hint["steps"]) == ("double", None, 1, 2)
    assert hint["text"] == {"en": "What is twice a number?", "ko": "어떤 수의 두 배는 무엇인가요?"}


def test_exams_have_none(grade, with_hints, warm):
    """With reveal = "name" nothing helps."""
    path = with_hints / "exercises" / "course.toml"
    path.write_text(path.read_text() + 'reveal = "name"\n')
    for number in (1, 2, 3):
        wrong(number)
        ended = grade("submit", "ex90", "--json")

    assert json.loads(ended.out)["hints"] == []


def test_check_has_none(grade, with_hints):
    """Practice counts no attempts."""
    wrong(1)

    ended = grade("check", "ex90", "--json", "--practice")

    assert json.loads(ended.out)["hints"] == []


def test_a_broken_file_of_hints_is_named_before_anything_is_recorded(grade, with_hints, warm):
    """Bad input, as any broken file of the course."""
    (with_hints / "solutions" / "ex90_double" / "hints.toml").write_text(HINTS.replace("ko =", "kr ="))
    wrong(1)

    ended = grade("submit", "ex90")

    assert ended.code == 2
    assert "hints.toml" in ended.err
    assert "'kr'" in ended.err
    assert json.loads(grade("status", "--json").out)["exercises"][0]["attempts"] == 0
