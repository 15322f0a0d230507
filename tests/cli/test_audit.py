"""`grade audit` says whether a suite is fair, and ends with 0 only if it is."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.tiny import COURSE

ROOT = Path(__file__).parent.parent.parent


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


@pytest.mark.parametrize(
    ("checks", "mark", "finding"),
    [
        (["vector", "matrix"], "", "group 'total' has only speed checks"),
        (["vector"], ", all_or_nothing=True", "group 'total' is all_or_nothing"),
        (["vector"], "", None),
    ],
    ids=["only_speed", "all_or_nothing", "beside_values"],
)
def test_groups_that_hang_on_speed(grade, copy, checks, mark, finding):
    """Speed is never the only thing that a group depends on, nor all of it."""
    path = copy / "solutions" / "ex90_double" / "hidden" / "test_double.py"
    source = path.read_text().replace('"total", points=10', f'"total", points=10{mark}')
    source = source.replace("import assert_close", "import assert_close, assert_speed")
    for check in checks:
        head = f"def test_total_{check}(submission, reference, rng):\n"
        timed = (
            "assert_speed(submission.total, reference.total, inputs=lambda: {'x': rng.random(9)}, ratio=9999)"
        )
        assert head in source
        source = source.replace(head, f"{head}    {timed}\n")
    path.write_text(source)

    ended = grade("audit", "ex90", "--seeds", "1", "--course", copy)

    assert ended.code == (0 if finding is None else 1), ended.out
    assert finding is None or finding in ended.out


@pytest.mark.parametrize(
    ("hints", "finding"),
    [
        ('[[group.double]]\nafter = 1\nen = "2 x"\nko = "2 x"\n', None),
        ('[[group.doubel]]\nafter = 1\nen = "2 x"\nko = "2 x"\n', "group 'doubel' names no group"),
        ('[[check."test_dbl*"]]\nafter = 1\nen = "2 x"\nko = "2 x"\n', "check 'test_dbl*' names no check"),
        ('[[group.double]]\nafter = 1\nen = "2 x"\n', "step 1.ko: expected a text"),
    ],
    ids=["right", "no_group", "no_check", "no_korean"],
)
def test_hints_that_nobody_could_read(grade, copy, hints, finding):
    """A hint about nothing, or in one language, is a finding."""
    (copy / "solutions" / "ex90_double" / "hints.toml").write_text(hints)

    ended = grade("audit", "ex90", "--seeds", "1", "--course", copy)

    assert ended.code == (0 if finding is None else 1), ended.out
    assert finding is None or finding in " ".join(ended.out.split())


def test_the_example_of_the_manual(tmp_path):
    """The exercise in docs/authoring.md, pasted as it stands, has a green audit."""
    text = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")
    script = text.partition("## From start to green")[2].partition("```bash\n")[2].partition("```\n")[0]
    shutil.copytree(COURSE, tmp_path / "course")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=tmp_path / "course",
        env={**os.environ, "PATH": path, "GRADE_COURSE": str(tmp_path / "course")},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=100,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "✓ ex20_mean: green" in done.stdout


def test_json(grade):
    """--json holds every score."""
    (audit,) = json.loads(grade("audit", "ex90", "--seeds", "1", "--json").out)

    assert audit["exercise"] == "ex90_double"
    assert {row["scores"][0] for row in audit["rows"] if row["kind"] == "accepted"} == {20.0}
