"""Seeds: the same file meets the same inputs, anything else meets others."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.core.seeds import fingerprint, seed

SECRET = bytes(range(32))
WORDS = ("s001", "ex10_convolution", "sha256:00", "test_padding[1]")


def test_known_value():
    """Seeds stay as they are from release to release: records are reproduced by them."""
    assert seed(SECRET, *WORDS) == 0x42A4FF9741CAB599C86D2258B3EACABD
    assert fingerprint(SECRET, *WORDS[:3]) == "0c81bdc968eacec2c2306a133520469c"


def test_size():
    """A seed has 128 bits."""
    assert 0 <= seed(SECRET, *WORDS) < 2**128


@pytest.mark.parametrize("position", range(4), ids=["student", "exercise", "digest", "check"])
def test_each_word_counts(position):
    """Another student, exercise, file or check is another seed."""
    others = list(WORDS)
    others[position] += "x"

    assert seed(SECRET, *others) != seed(SECRET, *WORDS)


def test_the_secret_counts():
    """Without the secret nobody computes a seed."""
    assert seed(bytes(32), *WORDS) != seed(SECRET, *WORDS)


def test_a_short_secret_is_refused():
    """An empty secret would make seeds public."""
    with pytest.raises(ValueError, match="secret of 0 bytes"):
        seed(b"", *WORDS)


words = st.tuples(*[st.text(st.characters(exclude_categories=["Cs"]), max_size=4)] * 4)


@settings(deadline=None)
@given(words, words)
def test_no_two_ways_to_say_one_seed(one, other):
    """Words are not run together: ("ab", "c") is not ("a", "bc")."""
    assert (seed(SECRET, *one) == seed(SECRET, *other)) == (one == other)


def test_fingerprint_is_no_seed():
    """What the record shows is none of the seeds, not even that of a check without name."""
    shown = int(fingerprint(SECRET, *WORDS[:3]), 16)

    assert shown not in {seed(SECRET, *WORDS), seed(SECRET, *WORDS[:3], "")}
