"""`grade replay`: the same judging again, whatever the record says of itself."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import factories
from tests.cli.tiny import COURSE, RIGHT

EX = "ex90_double"
MEANS = RIGHT.replace("x.sum()", "x.mean()").replace("return 2", "print(id(x)); return 2")


@pytest.fixture
def record(grade) -> dict[str, Any]:
    """What `submit --json` said of a submission that fails in part, in record.json."""
    Path("double.py").write_text(MEANS)
    ended = grade("submit", "ex90", "--student", "s001", "--json")
    Path("record.json").write_text(ended.out)
    said: dict[str, Any] = json.loads(ended.out)
    return said


def changed(record: dict[str, Any], **fields: object) -> str:
    """A file of the record with other fields."""
    Path("changed.json").write_text(json.dumps({**record, **fields}))
    return "changed.json"


def test_equal(grade, record):
    """The record that the program wrote is the record that it writes: exit 0."""
    ended = grade("replay", "record.json")

    assert ended.code == 0
    assert "ex90_double · s001 · attempt 1 · seed " in ended.out
    assert "equal: 6 checks, 10 of 20 points" in ended.out
    assert "warning" not in ended.out


@pytest.mark.parametrize("how", ["seed", "book", "attempt", "stdin", "pretty", "submission named"])
def test_ways_to_name_it(grade, record, how, monkeypatch, tmp_path):
    """The seed of a report, an attempt in the gradebook, stdin, a file that jq went through: equal."""
    Path("double.py").write_text(RIGHT)
    grade("submit", "ex90", "--student", "s001")
    Path("mine.py").write_text(MEANS)
    Path("pretty.json").write_text(json.dumps(record, indent=2))
    arguments = {
        "seed": [record["seed"]],
        "book": ["ex90", "--student", "s001"],
        "attempt": ["ex90", "--student", "s001", "--attempt", "1"],
        "pretty": ["pretty.json"],
        "submission named": ["record.json", "mine.py"],
        "stdin": ["-"],
    }[how]
    if how == "stdin":
        with Path("record.json").open("rb") as file:
            done = subprocess.run(
                [sys.executable, "-m", "grader.cli", "replay", "-", "--json"],
                stdin=file, capture_output=True, text=True, timeout=100, check=False,
            )  # fmt: skip
        code, out = done.returncode, done.stdout
    else:
        ended = grade("replay", *arguments, "--json")
        code, out = ended.code, ended.out
    said = json.loads(out)

    assert (code, said["equal"], said["differences"]) == (0, True, [])
    assert said["attempt"] == (2 if how == "book" else 1)


def test_one_of_a_batch(grade):
    """A file of many records: one is chosen by student and attempt."""
    Path("class").mkdir()
    for student in ("s001", "s002"):
        Path(f"class/{student}.py").write_text(f"{MEANS}# {student}\n")
    Path("all.json").write_text(grade("batch", "ex90", "class", "--json").out)

    unclear = grade("replay", "all.json")
    ended = grade("replay", "all.json", "--student", "s002")

    assert (unclear.code, "2 of the 2 records in 'all.json' fit: choose one" in unclear.err) == (2, True)
    assert (ended.code, "s002" in ended.out) == (0, True)


def test_without_a_gradebook(grade, record, state):
    """The file of the submission will do, if it is the very one."""
    (state / "gradebook.sqlite3").unlink()
    missing = grade("replay", "record.json")
    Path("other.py").write_text(RIGHT)
    other = grade("replay", "record.json", "other.py")

    ended = grade("replay", "record.json", "double.py")

    assert (missing.code, "name its file behind the record" in missing.err) == (2, True)
    assert (other.code, "the record is of other files" in other.err) == (2, True)
    assert ended.code == 0
    assert not (state / "gradebook.sqlite3").exists()


@pytest.mark.parametrize("reveal", ["message", "name"])
def test_what_a_student_sees(grade, tmp_path, monkeypatch, reveal):
    """A record without what is withheld from students is compared as that, and it is said."""
    root = tmp_path / "course"
    shutil.copytree(COURSE, root)
    file = root / "exercises" / "course.toml"
    file.write_text(file.read_text().replace("points = 20", f'points = 20\nreveal = "{reveal}"'))
    monkeypatch.setenv("GRADE_COURSE", str(root))
    Path("double.py").write_text(MEANS)
    Path("record.json").write_text(grade("submit", "ex90", "--student", "s001", "--json").out)

    ended = grade("replay", "record.json")

    assert ended.code == 0
    assert f"as its student may see them (reveal: {reveal})" in ended.out


@pytest.fixture
def mended(tmp_path, monkeypatch) -> Path:
    """The suite has another check now."""
    root = tmp_path / "course"
    shutil.copytree(COURSE, root)
    file = root / "solutions" / EX / "hidden" / "test_double.py"
    file.write_text(file.read_text().replace("test_total_matrix", "test_total_square"))
    monkeypatch.setenv("GRADE_COURSE", str(root))
    return root


def test_the_suite_of_then(grade, record, mended):
    """After the suite was mended, a record is judged by the suite that made it, which was kept: equal."""
    ended = grade("replay", "record.json")

    assert (ended.code, "equal: 6 checks" in ended.out) == (0, True)
    assert "warning" not in ended.out


@pytest.mark.parametrize("kept", ["not", "damaged"])
def test_another_suite(grade, record, mended, state, kept):
    """Where it was not kept, or is not as it was, it is by the suite of now: a warning, and what differs."""
    (place,) = (state / "suites").iterdir()
    if kept == "not":
        shutil.rmtree(place)
    else:
        suite = place / "solutions" / EX / "hidden" / "test_double.py"
        suite.write_text(suite.read_text() + "# another\n")

    ended = grade("replay", "record.json")

    assert ended.code == 1
    assert "warning: another suite: " in ended.out
    assert "different: 2 of 6 checks" in ended.out
    assert "test_total_square" in ended.out


@pytest.mark.parametrize(
    "suite", ["", "../../../etc", "sha256:" + "0" * 64, "sha256:" + "é" * 64, "x" * 10**6]
)
def test_a_hostile_digest(grade, record, suite):
    """Whatever stands for a suite names no file: it is another suite, and the checks are what they are."""
    ended = grade("replay", changed(record, digests={**record["digests"], "suite": suite}))

    assert ended.code == 0
    assert "warning: another suite: " in ended.out
    assert all(len(line) < 300 for line in ended.out.splitlines())


def test_another_environment(grade, record):
    """Versions and device of then are warned of where they were others, and alone make no difference."""
    environment = {**record["environment"], "python": "3.9\x1b[31m", "numpy": "1.0", "torch": "2.0"}

    ended = grade(
        "replay", changed(record, environment=environment, sandbox={**record["sandbox"], "level": "none"})
    )

    assert ended.code == 0
    assert "warning: another numpy: 1.0 then, " in ended.out
    assert "warning: another torch: 2.0 then, none now" in ended.out
    assert r"warning: another python: 3.9\x1b[31m then, " in ended.out
    assert "warning: another wall: none then, full now" in ended.out


def test_a_forged_score(grade, record):
    """A student who writes another score into the file is found out: exit 1."""
    checks = [
        {**check, "outcome": "passed", "points": check["max_points"], "diagnosis": None}
        for check in record["checks"]
    ]

    ended = grade("replay", changed(record, score=20.0, checks=checks))

    assert ended.code == 1
    assert "(whole)" in ended.out
    assert "20.0" in ended.out


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"student": "s002"}, "the record's seed is not that of its student"),
        ({"seed": "0" * 32}, "the record's seed is not that of its student"),
        ({"seed": "\u00e9" * 9}, "the record's seed is not that of its student"),
        ({"digests": {"submission": "../../etc/passwd", "suite": "x"}}, "the record's seed is not that"),
        ({"student": "../s001"}, "contains a slash"),
        ({"exercise": "../../ex90_double"}, "no exercise '../../ex90_double'"),
        ({"exercise": "ex90"}, "which this course does not have"),
        ({"device": "cuda"}, "does not run on 'cuda'"),
        ({"device": "tpu"}, "is no record"),
        ({"score": 1e9}, "is no record"),
        ({"outcome": "not_graded", "score": None}, "not graded: there is nothing to compare"),
        ({"checks": []}, "is no record"),
        ({"schema": 2}, "is no record"),
    ],
    ids=lambda value: None if isinstance(value, str) else ",".join(value),
)  # fmt: skip
def test_a_hostile_record(grade, record, fields, says):
    """What is not a record of this course's is refused, and nothing that it names is opened: exit 2."""
    ended = grade("replay", changed(record, **fields))

    assert (ended.code, ended.out) == (2, "")
    assert says in ended.err


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"\xff\xfe", b"[" * 100_000, b"\x00" * 100, b'{"schema": 1}\n{"schema": 1}', b"null"],
    ids=["empty", "object", "not UTF-8", "deep", "zeros", "lines", "null"],
)
def test_no_record(grade, data):
    """Files that are none: exit 2, in a line."""
    Path("bad.json").write_bytes(data)

    ended = grade("replay", "bad.json")

    assert (ended.code, ended.out) == (2, "")
    assert "'bad.json' is no record" in ended.err
    assert len(ended.err.splitlines()) == 1


def test_too_large(grade, monkeypatch):
    """A file without end is not read to its end."""
    monkeypatch.setattr("grader.cli.replaying.MAX_BYTES", 2**20)
    Path("huge.json").write_bytes(b" " * (2**20 + 1))

    assert grade("replay", "huge.json").code == 2
    assert "is over 1 MiB" in grade("replay", "huge.json").err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.json"], "no file and no exercise 'nowhere.json': give"),
        (["ex90"], "whose record of ex90_double?"),
        (["ex90", "--student", "s001", "--attempt", "9"], "no such graded attempt"),
        (["0" * 32], "no submission in the gradebook has the seed"),
    ],
    ids=["file", "student", "attempt", "seed"],
)
def test_not_there(grade, record, arguments, says):
    """What is meant is not there: exit 2, and how to name it."""
    ended = grade("replay", *arguments)

    assert (ended.code, says in ended.err) == (2, True)


def test_another_secret(grade, record, state):
    """Under another secret the inputs would be others: exit 2, and no secret is made for asking."""
    (state / "secret").write_bytes(bytes(32))
    other = grade("replay", "record.json")
    (state / "secret").unlink()
    none = grade("replay", "record.json")

    assert (other.code, "made with another secret" in other.err) == (2, True)
    assert (none.code, "restore it from a backup" in none.err) == (2, True)
    assert not (state / "secret").exists()


def test_nothing_is_recorded(grade, record, state):
    """A replay is no attempt, and writes no report."""
    before = {path: path.stat().st_mtime_ns for path in (state / "reports").rglob("*.html")}

    grade("replay", "record.json")

    assert {path: path.stat().st_mtime_ns for path in (state / "reports").rglob("*.html")} == before
    assert json.loads(grade("status", "--student", "s001", "--json").out)["exercises"][0]["attempts"] == 1


def test_not_graded(grade, record, monkeypatch):
    """Exit 3 where the grader fails, and stdout is empty."""
    broken = factories.not_graded(exercise=EX)
    monkeypatch.setattr("grader.cli.replaying.LocalEngine.judge", lambda *_: broken)

    ended = grade("replay", "record.json", "--json")

    assert (ended.code, ended.out) == (3, "")
    assert "not graded: the worker did not start" in ended.err
