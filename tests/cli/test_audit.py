"""`grade audit` says whether a suite is fair, and ends with 0 only if it is."""

import json
import shutil

import pytest

from tests.cli.tiny import COURSE


def test_green(grade):
    """A fair suite: exit 0 and one line."""
    ended = grade("audit", "ex90", "--seeds", "1")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("✓ ex90_double: green: 6 checks")
    assert ended.out.endswith("2 wrong solutions under 1 seed\n")


def test_unfair_suite(grade, tmp_path):
    """A wrong solution that fails other checks than its header says is a finding: exit 1."""
    root = tmp_path / "course"
    shutil.copytree(COURSE, root)
    path = root / "solutions" / "ex90_double" / "wrong" / "squares.py"
    path.write_text(path.read_text().replace("fails: test_double_*", "fails: test_total_*"))

    ended = grade("audit", "--seeds", "1", "--course", root)

    assert ended.code == 1
    assert "squares" in ended.out


@pytest.fixture
def copy(tmp_path):
    """A copy of the tiny course, to be broken."""
    shutil.copytree(COURSE, tmp_path / "course")
    return tmp_path / "course"


def test_a_finding_of_all_seeds_stands_once(grade, copy):
    """What several seeds show is one finding."""
    path = copy / "solutions" / "ex90_double" / "accepted" / "loops.py"
    path.write_text(path.read_text().replace("def total", "def not_total"))

    ended = grade("audit", "ex90", "--seeds", "2", "--course", copy)

    assert ended.code == 1
    assert "1 finding:" in ended.out
    assert ended.out.count("accepted loops: gets 10 of 20") == 1


def test_no_stub_yet(grade, copy):
    """Before `make stubs` the message names it."""
    (copy / "exercises" / "ex90_double" / "double.py").unlink()

    ended = grade("audit", "ex90", "--seeds", "1", "--course", copy)

    assert ended.code == 2
    assert "run 'make stubs'" in ended.err


def test_group_without_korean(grade, copy):
    """A group that has its title in one language is a finding."""
    path = copy / "solutions" / "ex90_double" / "hidden" / "test_double.py"
    path.write_text(path.read_text().replace(', ko="합계"', ""))

    ended = grade("audit", "ex90", "--seeds", "1", "--course", copy)

    assert ended.code == 1
    assert "group 'total' has one title" in ended.out


def test_json(grade):
    """--json holds every score."""
    (audit,) = json.loads(grade("audit", "ex90", "--seeds", "1", "--json").out)

    assert audit["exercise"] == "ex90_double"
    assert {row["scores"][0] for row in audit["rows"] if row["kind"] == "accepted"} == {20.0}
