"""`grade audit` says whether a suite is fair, and ends with 0 only if it is."""

import json
import shutil

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


def test_json(grade):
    """--json holds every score."""
    (audit,) = json.loads(grade("audit", "ex90", "--seeds", "1", "--json").out)

    assert audit["exercise"] == "ex90_double"
    assert {row["scores"][0] for row in audit["rows"] if row["kind"] == "accepted"} == {20.0}
