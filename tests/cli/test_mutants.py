"""`grade audit --mutants`: what a suite lets through is shown, and listed only with a reason."""

import json
import shutil

import pytest

from tests.cli.tiny import COURSE, command
from tests.states import seeded


@pytest.fixture(autouse=True)
def _same_inputs(state):
    """Every run draws the same."""
    seeded(state)


GAP = """\
    # BEGIN SOLUTION
    if x.size > 99:
        return x + x
    return 2 * x
"""
LISTED = """\
[[mutant]]
function = "double"
before = "return x + x"
after = "return x - x"
reason = "arrays are small here"
"""


@pytest.fixture
def copy(tmp_path):
    """A copy of the tiny course."""
    shutil.copytree(COURSE, tmp_path / "course")
    return tmp_path / "course"


@pytest.fixture
def gap(copy):
    """One whose suite asks for no array of more than 99 entries, which the reference treats apart."""
    path = copy / "solutions" / "ex90_double" / "double.py"
    path.write_text(path.read_text().replace("    # BEGIN SOLUTION\n    return 2 * x\n", GAP))
    return copy


def audit(grade, course, *arguments):
    """Exit code and the audit, under one seed."""
    ended = grade("audit", "ex90", "--seeds", "1", "--mutants", "--json", "--course", course, *arguments)
    (found,) = json.loads(ended.out)
    return ended.code, found


def test_all_killed(grade):
    """A suite that lets none through stays green and says how many there were."""
    ended = grade("audit", "ex90", "--seeds", "1", "--mutants")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.endswith("under 1 seed; 13 mutants, 13 killed, 0 equivalent, 0 survived\n")


def test_a_survivor_is_a_finding_with_its_diff(grade, gap):
    """Line numbers are the reference's; exit 1."""
    ended = grade("audit", "ex90", "--seeds", "1", "--mutants", "--course", gap)

    assert ended.code == 1
    found = "a mutant of double.py, line 10, gets full marks: double, ReplaceBinaryOperator_Add_Sub"
    assert found in " ".join(ended.out.split())
    assert "    @@ -9,3 +9,3 @@\n" in ended.out
    assert "    -        return x + x\n    +        return x - x\n" in ended.out
    assert "list it in equivalent.toml, with its reason" in ended.out


def test_json(grade, gap):
    """Each survivor with all that an entry in equivalent.toml needs."""
    code, found = audit(grade, gap)
    mutants = found["mutants"]
    survivor = next(s for s in mutants["survivors"] if s["after"] == "return x - x")

    assert code == 1
    assert mutants["made"] == mutants["judged"] == mutants["killed"] + len(mutants["survivors"])
    assert len(found["findings"]) == len(mutants["survivors"])
    assert (survivor["function"], survivor["line"], survivor["reason"]) == ("double", 10, None)
    assert survivor["before"] == "return x + x"


@pytest.mark.slow
def test_listed_as_equivalent(grade, gap):
    """A survivor with a reason is no finding, but still told."""
    before = audit(grade, gap)[1]
    (gap / "solutions" / "ex90_double" / "equivalent.toml").write_text(LISTED)

    _, after = audit(grade, gap)

    assert len(after["findings"]) == len(before["findings"]) - 1
    assert "arrays are small here" in {s["reason"] for s in after["mutants"]["survivors"]}


def test_a_function_listed_as_a_whole(grade, gap):
    """Whatever survives in it has the reason."""
    (gap / "solutions" / "ex90_double" / "equivalent.toml").write_text(
        '[[mutant]]\nfunction = "double"\nreason = "any way to double will do"\n'
    )

    code, found = audit(grade, gap)

    assert (code, found["findings"]) == (0, [])
    assert {s["reason"] for s in found["mutants"]["survivors"]} == {"any way to double will do"}


@pytest.mark.parametrize(
    ("listed", "says"),
    [
        ('[[mutant]]\nfunction = "total"\nreason = "so"\n', "total: no mutant of it survives"),
        (LISTED.replace("x + x", "x + 1"), "no mutant changes this"),
        (
            LISTED.replace("x + x", "2 * x").replace("x - x", "2 - x"),
            "the suite kills this mutant, so it is not equivalent",
        ),
    ],
    ids=["function", "no_such_mutant", "killed"],
)
def test_an_entry_without_survivor_is_a_finding(grade, copy, listed, says):
    """So that a list never holds more than it must."""
    (copy / "solutions" / "ex90_double" / "equivalent.toml").write_text(listed)

    code, found = audit(grade, copy)

    assert code == 1
    assert [says in finding for finding in found["findings"]] == [True]


def test_a_broken_list(grade, copy):
    """Is told before anything is judged: exit 2."""
    (copy / "solutions" / "ex90_double" / "equivalent.toml").write_text(LISTED.replace("reason", "because"))

    ended = grade("audit", "ex90", "--seeds", "1", "--mutants", "--course", copy)

    assert ended.code == 2
    assert "equivalent.toml': unknown key 'because' in [mutant 1]" in ended.err


@pytest.mark.slow
def test_shards_make_up_the_whole(grade, gap):
    """Each mutant is in one of them; entries of another shard are not missed."""
    (gap / "solutions" / "ex90_double" / "equivalent.toml").write_text(LISTED)
    whole = audit(grade, gap)[1]

    parts = [audit(grade, gap, "--shard", f"{part}/3")[1] for part in (1, 2, 3)]

    assert sum(part["mutants"]["judged"] for part in parts) == whole["mutants"]["made"]
    assert sorted(f for part in parts for f in part["findings"]) == sorted(whole["findings"])


@pytest.mark.parametrize("shard", ["0/3", "4/3", "1", "1/x", "/"])
def test_a_shard_that_is_none(grade, shard):
    """Exit 2, with an example."""
    ended = grade("audit", "ex90", "--mutants", "--shard", shard)

    assert ended.code == 2
    assert "expected one such as '1/4'" in ended.err


def test_a_shard_of_nothing(grade):
    """Without mutants there is nothing to take a part of."""
    assert grade("audit", "ex90", "--shard", "1/2").code == 2


def test_an_endless_mutant_is_cheap(grade, copy):
    """It is stopped at its first check, under limits set by the reference's own times; here, in seconds."""
    path = copy / "solutions" / "ex90_double" / "double.py"
    loop = "    for _ in iter(int, 1):\n        break\n    return 2 * x\n"
    path.write_text(path.read_text().replace("    return 2 * x\n", loop, 1))
    course = copy / "exercises" / "course.toml"
    course.write_text(course.read_text().replace("call_s = 0.5", "call_s = 60").replace("= 1.0", "= 60"))

    _, found = audit(grade, copy)

    assert found["mutants"]["timed_out"] == 1


def test_without_the_extra(tmp_path):
    """A plain audit never imports cosmic-ray; one with mutants says what to install: exit 2."""
    package = tmp_path / "path" / "cosmic_ray"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ModuleNotFoundError('cosmic_ray')\n")
    arguments = ("audit", "ex90", "--seeds", "1", "--course", COURSE)

    plain = command(*arguments, PYTHONPATH=str(package.parent))
    mutants = command(*arguments, "--mutants", PYTHONPATH=str(package.parent))

    assert (plain.code, plain.err) == (0, "")
    assert (mutants.code, mutants.out) == (2, "")
    assert "pip install 'dlgrade[audit]'" in mutants.err
