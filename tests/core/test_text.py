"""Hostile text made harmless to look at."""

import sys
import unicodedata

import pytest

from grader.core.text import visible


def test_nothing_invisible_passes():
    """No control, format, separator or surrogate character but tab and newline is left as it is."""
    unseen = {"Cc", "Cf", "Zl", "Zp", "Cs"}
    odd = (c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) in unseen)

    passed = [hex(ord(c)) for c in odd if visible(c) == c]

    assert passed == [hex(ord("\t")), hex(ord("\n"))]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("\u202egood", r"\u202egood"),
        ("\U000e0041", r"\U000e0041"),
        ("\udc80", r"\udc80"),
        ("a\r\nb\tc", "a\\x0d\nb\tc"),
        ("한글 ŷ σ' ✗ 🙂", "한글 ŷ σ' ✗ 🙂"),
    ],
    ids=["ansi", "bidi", "tag", "surrogate", "newline", "ordinary"],
)
def test_what_is_shown(text, shown):
    """Escapes for what cannot be seen, everything else as it is."""
    assert visible(text) == shown


def test_one_line_is_one_line():
    """Newlines and tabs are written out where a line is asked for."""
    assert visible("a\nb\tc", one_line=True) == r"a\nb\tc"


def test_length_is_capped():
    """Never longer than the limit and an ellipsis, whatever the escapes add."""
    assert visible("x" * 100, 10) == "x" * 10 + "…"
    assert len(visible("\x1b" * 100, 10)) == 11
    assert visible("x" * 10, 10) == "x" * 10


def test_piles_of_accents_are_cut():
    """Text cannot grow over the lines above and below it."""
    assert visible("e" + "\u0301" * 6) == "e" + "\u0301" * 4 + r"\u0301" * 2
