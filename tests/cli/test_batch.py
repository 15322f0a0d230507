"""`grade batch`: every submission is graded once, or listed with its reason, whatever the others do."""

import contextlib
import csv
import json
import os
import pty
import random
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import jsonschema
import psutil
import pytest

from grader.cli import reporting
from grader.core import handin
from grader.core.record import schema
from grader.core.submission import SourceFile, Submission
from tests.cli.test_interrupt import started
from tests.cli.tiny import COURSE, RIGHT, Ended, command

WRONG = RIGHT.replace("2 * x", "x * x")
KINDS = {
    "right": RIGHT,
    "wrong": WRONG,
    "unwritten": RIGHT.replace("return 2 * x", "raise NotImplementedError"),
    "exits": RIGHT.replace("return 2 * x", "import os; os._exit(0)"),
    "floods": RIGHT.replace("return 2 * x", "print('x' * 10**7)"),
    "no Python": "def double(x",
    "latin-1": RIGHT.encode() + b"# \xe9\n",
    "empty": "",
}
GRADED = [kind for kind in KINDS if kind not in ("latin-1", "empty")]


def fill(folder: Path, count: int) -> dict[str, str]:
    """A class of `count`, of all kinds in turn, no two files equal; the kind of each student."""
    folder.mkdir(exist_ok=True)
    kinds = {f"s{n:04d}": list(KINDS)[n % len(KINDS)] for n in range(count)}
    for number, (student, kind) in enumerate(kinds.items()):
        source = KINDS[kind]
        data = source if isinstance(source, bytes) else source.encode()
        end = f"# {number}\n".encode() if data else b""
        (folder / f"{student}.py").write_bytes(data + end)
    return kinds


def rows(state: Path) -> Counter[str]:
    """Records in the book, by student."""
    with contextlib.closing(sqlite3.connect(state / "gradebook.sqlite3")) as book:
        query = (
            "SELECT students.name FROM records JOIN attempts ON attempts.id = attempt_id "
            "JOIN students ON students.id = student_id"
        )
        return Counter(name for (name,) in book.execute(query))


def reports(folder: Path) -> int:
    """How many reports lie there."""
    return len(list(folder.rglob("attempt_*.html"))) + len(list(folder.rglob("*-attempt_*.html")))


@pytest.fixture
def quick(engine, monkeypatch) -> Iterator[list[str]]:
    """`grade batch` with the warm engine; the students that were judged, in order."""
    judged: list[str] = []

    class Warm:
        def __init__(self, *_: object, **__: object) -> None:
            self.start = engine.start

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def map(self, submissions):  # type: ignore[no-untyped-def]
            for submission, record in engine.map(submissions):
                judged.append(submission.student)
                yield submission, record

    monkeypatch.setattr("grader.cli.batching.open_engine", Warm)
    return judged


def test_mixed_class(state: Path) -> None:
    """All are accounted for: a record, a row and a report each, or a reason."""
    kinds = fill(Path("class"), 40)

    ended = command("batch", "ex90", "class", "--json", "--jobs", "2", "--out", "reports")

    assert ended.code == 3
    records = [json.loads(line) for line in ended.out.splitlines()]
    for record in records:
        jsonschema.validate(record, schema())
    outcomes = {record["student"]: (record["outcome"], record["score"]) for record in records}
    assert len(records) == len(kinds)
    due = {"right": 20.0, "wrong": 10.0, "unwritten": 10.0, "exits": 10.0, "floods": 10.0, "no Python": 0.0}
    assert outcomes == {
        student: ("graded", due[kind]) if kind in GRADED else ("not_graded", None)
        for student, kind in kinds.items()
    }
    graded = [student for student, kind in kinds.items() if kind in GRADED]
    assert rows(state) == Counter(graded)
    assert reports(Path("reports")) == len(graded)
    with Path("reports/index.csv").open(encoding="utf-8-sig", newline="") as file:
        index = {row["student"]: row for row in csv.DictReader(file)}
    assert set(index) == set(kinds)
    assert all((Path("reports") / index[student]["report"]).is_file() for student in graded)
    assert {index[s]["not_graded_because"] != "" for s in kinds if s not in graded} == {True}


def test_the_same_command_again(grade: Callable[..., Ended], quick: list[str], state: Path) -> None:
    """What was graded is not judged again; what was not is tried again; reports that are gone come back."""
    fill(Path("class"), 16)
    first = grade("batch", "ex90", "class", "--out", "reports")
    judged = list(quick)
    next(Path("reports").glob("*.html")).unlink()
    Path("class/s0006.py").write_text(RIGHT + "# mended\n")

    second = grade("batch", "ex90", "class", "--out", "reports")

    assert (first.code, second.code) == (3, 3)
    assert len(judged) == 12
    assert quick == [*judged, "s0006"]
    assert set(rows(state).values()) == {1}
    assert reports(Path("reports")) == 13
    assert "13 of 16 graded (12 before)" in second.out


def test_all_graded(grade: Callable[..., Ended], quick: list[str]) -> None:
    """Exit 0, though some checks failed: that is for the students."""
    Path("class").mkdir()
    Path("class/s1.py").write_text(RIGHT)
    Path("class/s2.py").write_text(WRONG)

    ended = grade("batch", "ex90", "class")

    assert ended.code == 0
    assert re.search(r"s1 +1 +20/20 +6/6", ended.out)
    assert re.search(r"s2 +1 +10/20 +3/6", ended.out)
    assert "2 of 2 graded, 1 passed every check, mean 15 of 20" in ended.out


def test_who_handed_in_more_than_once(grade: Callable[..., Ended], quick: list[str]) -> None:
    """Said before anything is judged: it can be somebody's work under another's name."""
    Path("class").mkdir()
    for name, student, source in (("a", "s1", RIGHT), ("b", "s2", RIGHT), ("c", "s1", WRONG)):
        one = Submission(
            student=student,
            exercise="ex90_double",
            files=(SourceFile(name="double.py", data=source.encode()),),
            submitted_utc="2026-03-01T09:00:00Z",
        )
        Path(f"class/{name}.handin.json").write_bytes(handin.encode(handin.of(one, None)))

    ended = grade("batch", "ex90", "class")

    assert "ex90_double: 3 submissions, more than one by s1\n" in ended.err


def test_only_failed_and_rerun(grade: Callable[..., Ended], quick: list[str], state: Path) -> None:
    """--only-failed leaves what passed, --rerun leaves nothing; the newest record stands, old ones stay."""
    Path("class").mkdir()
    Path("class/s1.py").write_text(RIGHT)
    Path("class/s2.py").write_text(WRONG)
    grade("batch", "ex90", "class")
    quick.clear()

    failed = grade("batch", "ex90", "class", "--only-failed")

    assert (failed.code, quick, rows(state)) == (0, ["s2"], Counter(s1=1, s2=2))
    quick.clear()
    again = grade("batch", "ex90", "class", "--rerun")
    assert (again.code, sorted(quick), rows(state)) == (0, ["s1", "s2"], Counter(s1=2, s2=3))
    assert "attempt_2" not in Path(state / "reports/ex90_double/index.csv").read_text()


def test_a_changed_suite(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under another suite all are judged again."""
    root = tmp_path / "course"
    shutil.copytree(COURSE, root)
    monkeypatch.setenv("GRADE_COURSE", str(root))
    Path("class").mkdir()
    Path("class/s1.py").write_text(RIGHT)
    assert command("batch", "ex90", "class").code == 0
    suite = root / "solutions/ex90_double/hidden/test_double.py"
    suite.write_text(suite.read_text() + "\n# changed\n")

    assert command("batch", "ex90", "class").code == 0

    assert rows(state) == Counter(s1=2)


def test_attempts_of_one_student(grade: Callable[..., Ended], quick: list[str]) -> None:
    """Several files of one student are attempts in the order of their times."""
    Path("class").mkdir()
    for name, when, source in (
        ("s1.py", 3000, RIGHT),
        ("s1 (1).py", 1000, WRONG),
        ("s1 (2).py", 2000, RIGHT + "#"),
    ):
        Path("class", name).write_text(source)
        os.utime(Path("class", name), (1.7e9 + when, 1.7e9 + when))

    ended = grade("batch", "ex90", "class", "--json")

    found = [(r["attempt"], r["score"]) for r in map(json.loads, ended.out.splitlines())]
    assert found == [(1, 10.0), (2, 20.0), (3, 20.0)]


def test_times_are_recorded(grade: Callable[..., Ended], quick: list[str]) -> None:
    """The record says when, and who says so; the same file again keeps its first time."""
    Path("class").mkdir()
    file = Path("class/s1.py")
    file.write_text(RIGHT)
    os.utime(file, (1.7e9, 1.7e9))

    grade("batch", "ex90", "class")
    os.utime(file, (1.75e9, 1.75e9))
    ended = grade(
        "batch", "ex90", "class", "--json", "--rerun", "--submitted", "2026-01-01", "--no-file-times"
    )

    record = json.loads(ended.out)
    assert (record["submitted_utc"], record["time_source"]) == ("2023-11-14T22:13:20Z", "file")


def test_roster(grade: Callable[..., Ended], quick: list[str]) -> None:
    """Who is not in the roster is not graded; who handed in nothing is named; names are in the index."""
    Path("class").mkdir()
    Path("class/s1.py").write_text(RIGHT)
    Path("class/s9.py").write_text(RIGHT)
    Path("roster.csv").write_text("id,name,section\ns1,=HYPERLINK(1),A\ns2,Jane Doe,B\n")

    ended = grade("batch", "ex90", "class", "--roster", "roster.csv", "--out", "reports")

    assert (ended.code, quick) == (3, ["s1"])
    assert "'s9' is nobody in the roster" in " ".join(ended.out.split())
    assert "In the roster, and nothing here: 1 (s2)" in ended.out
    assert "s1,'=HYPERLINK(1),A,s1.py" in Path("reports/index.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["ex90", "empty"], "no submissions in 'empty'", id="empty folder"),
        pytest.param(["ex90", "nowhere"], "no folder 'nowhere'", id="no folder"),
        pytest.param(["ex99", "empty"], "no exercise 'ex99'", id="no exercise"),
        pytest.param(["ex90", "full", "--roster", "none.csv"], "cannot be read", id="no roster"),
        pytest.param(["ex90", "full", "--submitted", "soon"], "no time 'soon'", id="no time"),
        pytest.param(
            ["ex90", "full", "--out", "full/s1.py"], "no report can be written", id="no folder for reports"
        ),
        pytest.param(["ex90", "full", "--device", "cuda"], "does not run on 'cuda'", id="device"),
    ],
)
def test_bad_input(grade: Callable[..., Ended], arguments: list[str], says: str) -> None:
    """Exit 2, before anything is judged."""
    Path("empty").mkdir()
    Path("full").mkdir()
    Path("full/s1.py").write_text(RIGHT)

    ended = grade("batch", *arguments)

    assert ended.code == 2
    assert says in ended.err
    assert ended.out == ""


def test_without_solutions(grade: Callable[..., Ended], student_course: Path) -> None:
    """Where the hidden suite is not, nothing can be graded."""
    Path("class").mkdir()
    Path("class/s1.py").write_text(RIGHT)

    ended = grade("batch", "ex90", "class")

    assert (ended.code, "hidden suite" in ended.err) == (2, True)


def test_hostile_names(grade: Callable[..., Ended], quick: list[str]) -> None:
    """Names do nothing to terminal, log, index or reports."""
    Path("class").mkdir()
    for name in ("=1+1.py", "\u202egpj.py", "\x1b]0;x\x07.py", "<script>alert(1)<", "a,b\n"):
        if name.endswith(".py"):
            Path("class", name).write_text(RIGHT + f"# {len(name)}\n")
        else:
            Path("class", name).mkdir()
            Path("class", name, "double.py").write_text(RIGHT + f"# {name!r}\n")

    ended = grade("batch", "ex90", "class", "--out", "reports")

    assert ended.code == 3
    shown = ended.out + ended.err + Path("reports/index.csv").read_text(encoding="utf-8-sig")
    assert all(c.isprintable() or c == "\n" for c in shown)
    assert "\n'=1+1," in shown
    assert not any("<script>alert" in path.read_text() for path in Path("reports").glob("*.html"))
    assert {path.suffix for path in Path("reports").iterdir()} == {".html", ".csv"}


def test_large_class_is_summed_up(grade: Callable[..., Ended], quick: list[str]) -> None:
    """More than a screen of students: how the scores lie, and all of them in the index."""
    Path("class").mkdir()
    for n in range(45):
        Path(f"class/s{n:02d}.py").write_text((RIGHT if n % 3 else WRONG) + f"# {n}\n")

    ended = grade("batch", "ex90", "class")

    assert re.search(r"100 % +30 +█{30}\n", ended.out)
    assert re.search(r"50-59 % +15 +█{15}\n", ended.out)
    assert "s00" not in ended.out


def test_log_lines(grade: Callable[..., Ended], quick: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where stderr is no terminal, lines say how far it is; --quiet says nothing."""
    monkeypatch.setattr("grader.cli.progress.EVERY_S", 0.0)
    fill(Path("class"), 8)

    ended = grade("batch", "ex90", "class", "--json")
    quiet = grade("batch", "ex90", "class", "--quiet")

    assert re.search(r"^\d of 8, [\d.]+ a second, \d+ s remaining", ended.err, re.MULTILINE)
    assert re.search(r"^8 of 8, [\d.]+ a second, 2 not graded$", ended.err, re.MULTILINE)
    assert len(re.findall("^8 of 8", ended.err, re.MULTILINE)) == 1
    assert "not graded: s0006: 's0006.py' is not UTF-8" in ended.err
    assert (quiet.code, quiet.out, quiet.err) == (3, "", "")


def test_progress_on_a_terminal(tmp_path: Path) -> None:
    """A bar with done, rate, remaining and failures, that leaves the terminal as it was."""
    fill(Path("class"), 8)
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "grader.cli", "batch", "ex90", "class", "--json"],
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        seen = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                seen += os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
    os.close(ours)

    text = seen.decode()
    assert process.returncode == 3
    assert "8/8" in text
    assert re.search(r"[\d.]+/s", text)
    assert "2 not graded" in text
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h")  # the cursor is shown again


def test_ctrl_c(state: Path, tmp_path: Path) -> None:
    """Exit 130; what was graded is kept, no process stays, and the same command goes on."""
    fill(Path("class"), 60)
    with started("batch", "ex90", "class", temporary=tmp_path / "tmp") as process:
        others = until_graded(process, state, 3)

        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "are graded and kept; the same command goes on from here" in err
    _, alive = psutil.wait_procs(others, timeout=5)
    assert alive == []
    assert list((tmp_path / "tmp").iterdir()) == []
    kept = sum(rows(state).values())
    assert 3 <= kept < 46
    ended = command("batch", "ex90", "class")
    assert ended.code == 3
    assert re.search(rf"46 of 60 graded \({kept} before\)", ended.out)
    assert set(rows(state).values()) == {1}


def until_graded(process: "subprocess.Popen[str]", state: Path, count: int) -> list[psutil.Process]:
    """All its processes, once so many records are in the book."""
    while process.poll() is None:
        try:
            if sum(rows(state).values()) >= count:
                return psutil.Process(process.pid).children(recursive=True)
        except sqlite3.OperationalError:  # not made yet
            pass
        select.select([], [], [], 0.01)
    raise AssertionError(f"it ended: {process.communicate()}")


def test_drafts_of_a_command_that_was_killed(tmp_path: Path) -> None:
    """They go with the next one, here and in students' folders; what is being written stays, as all else."""
    code = """
import os, sys, pathlib
from grader.cli import reporting
pathlib.Path.replace = lambda draft, path: (print("here", flush=True), sys.stdin.read())
reporting.replace(pathlib.Path(sys.argv[1]), "text", "failed", "advice")
"""
    (tmp_path / "student").mkdir()
    places = [tmp_path / "index.csv", tmp_path / "student" / "attempt_1.html"]
    writers = []
    for place in places:
        arguments = [sys.executable, "-c", code, str(place)]
        writer = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"here\n"
        writers.append(writer)
    (tmp_path / ".notes.tmp").touch()

    reporting.remove_drafts(tmp_path)
    while_written = sorted(path.name for path in tmp_path.rglob("*.tmp"))
    for writer in writers:
        writer.kill()
        writer.communicate()
    reporting.remove_drafts(tmp_path)

    assert len(while_written) == 3
    assert list(tmp_path.rglob("*.tmp")) == [tmp_path / ".notes.tmp"]


@pytest.mark.slow
def test_killed_at_any_moment(state: Path, tmp_path: Path) -> None:
    """Killed (-9) at 20 random moments, then the same command: each is graded exactly once in the book."""
    rng = random.Random(9)
    kinds = fill(Path("class"), 800)
    graded = {student for student, kind in kinds.items() if kind in GRADED}
    temporary = tmp_path / "tmp"
    so_many = sorted(rng.sample(range(1, len(graded) - 30), 17))
    for count in [0, 0, 0, *so_many]:
        with started("batch", "ex90", "class", "--quiet", temporary=temporary) as process:
            if count:
                until_graded(process, state, count)
            select.select([], [], [], rng.uniform(0, 0.05 if count else 1.5))
            others = psutil.Process(process.pid).children(recursive=True)
            process.kill()
            assert process.wait(timeout=10) == -signal.SIGKILL  # it had not finished
        _, alive = psutil.wait_procs(others, timeout=10)
        assert alive == []  # the judges end with the command

    with started("batch", "ex90", "class", "--quiet", temporary=temporary) as process:
        process.communicate(timeout=120)

    assert process.returncode == 3
    assert rows(state) == Counter(graded)
    with contextlib.closing(sqlite3.connect(state / "gradebook.sqlite3")) as book:
        numbers = Counter(number for (number,) in book.execute("SELECT number FROM attempts"))
        assert book.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert numbers == {1: len(graded)}
    assert reports(state / "reports" / "ex90_double") == len(graded)
    assert list((state / "reports").rglob("*.tmp")) == []
    assert list(temporary.iterdir()) == []


@pytest.mark.slow
def test_hundreds(state: Path) -> None:
    """Hundreds, some of which hang, run out of memory or kill their worker: all accounted for, none twice."""
    kinds = fill(Path("class"), 400)
    more = {
        "hangs": "def double(x):\n    while True: pass\n\n\ntotal = double\n",
        "bomb": "def double(x):\n    y = []\n    while True: y.append(bytearray(2**24))\n\ntotal = double\n",
        "forks": "import os\n\n\ndef double(x):\n    while True: os.fork()\n\n\ntotal = double\n",
    }
    for name, source in more.items():
        Path("class", f"{name}.py").write_text(source)

    ended = command("batch", "ex90", "class", "--json", "--jobs", "3")

    assert ended.code == 3
    records = {record["student"]: record for record in map(json.loads, ended.out.splitlines())}
    assert set(records) == {*kinds, *more}
    assert {records[name]["outcome"] for name in more} == {"graded"}
    graded = [s for s, record in records.items() if record["outcome"] == "graded"]
    assert rows(state) == Counter(graded)
    assert set(graded) == {s for s, kind in kinds.items() if kind in GRADED} | set(more)
