"""The corpus is whole: each threat is tried, or listed with the reason why no submission can."""

import pytest

from tests.hostile import corpus
from tests.hostile.corpus import Malformed, cases, threats

GOOD = """
what = "returns None"
threats = ["A02"]
score = 0

[outcomes]
"*" = "failed"
"""


def test_every_threat_is_tried_or_its_absence_explained():
    """Each id has a folder or a reason, and not both."""
    tried = {id for case in cases() for id in case.threats}

    for id, line in threats().items():
        assert (id in tried) != ("not_here" in line), f"{id} {line['is']}"


def test_the_sample_is_a_part_of_each_kind():
    """`make test` tries something of each letter that a submission can express."""
    quick = {id[0] for case in cases() if case.quick for id in case.threats}

    assert quick >= set("ABCDEFIK")


def test_every_source_is_unlike_the_others():
    """A variant that was copied and not changed tries nothing."""
    sources = [case.data for case in cases()]

    assert len(set(sources)) == len(sources)


@pytest.fixture
def folder(tmp_path):
    """A folder of the corpus that is well formed."""
    (tmp_path / "expect.toml").write_text(GOOD)
    (tmp_path / "submission.py").write_text("double = None\n")
    return tmp_path


def test_a_good_folder_is_read(folder):
    """With its one variant."""
    (case,) = corpus.read(folder)

    assert (case.variant, case.due("test_double_vector"), case.scores) == ("submission", ("failed",), (0,))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("score = 0", "points = 0"),
        ("score = 0", ""),
        ("A02", "A99"),
        ('threats = ["A02"]', ""),
        ('what = "returns None"', ""),
        ("failed", "not_graded"),
        ("failed", "fails"),
        ("[outcomes]", "[variants.other]\nscore = 1\n[outcomes]"),
        ("[outcomes]", "[absent]\nnowhere = []\n[outcomes]"),
    ],
)
def test_a_folder_that_says_something_else_is_an_error(folder, old, new):
    """Keys and ids that nobody knows, and what is not said."""
    (folder / "expect.toml").write_text(GOOD.replace(old, new))

    with pytest.raises(Malformed):
        list(corpus.read(folder))


def test_a_stray_file_is_an_error(folder):
    """What nobody reads would look as if it were tried."""
    (folder / "payload.txt").write_text("x")

    with pytest.raises(Malformed, match=r"payload\.txt"):
        list(corpus.read(folder))


def test_the_last_glob_counts(folder):
    """From the general to the particular."""
    (folder / "expect.toml").write_text(GOOD + '"test_total*" = ["passed", "crashed"]\n')
    (case,) = corpus.read(folder)

    assert case.due("test_total_vector") == ("passed", "crashed")
    assert case.due("test_apply") == ("failed",)
