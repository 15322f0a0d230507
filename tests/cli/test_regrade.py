"""`grade regrade`: what it shows is what is written, nothing is judged twice, nobody's attempt is lost."""

import contextlib
import json
import os
import random
import re
import select
import shutil
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from grader.core.submission import student_key
from grader.engines.local import LocalEngine
from grader.gradebook import Gradebook
from tests import factories
from tests.cli.test_interrupt import started
from tests.cli.tiny import COURSE, RIGHT, Ended, command
from tests.gradebook.factory import record, submission

EX = "ex90_double"
SQUARES = RIGHT.replace("2 * x", "x * x")
MEANS = RIGHT.replace("x.sum()", "x.mean()")
WHY = ("--author", "kim", "--reason", "zeros and twos are allowed")


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    """The course where its suite can be changed."""
    root = tmp_path / "course"
    shutil.copytree(COURSE, root)
    monkeypatch.setenv("GRADE_COURSE", str(root))
    return root


@pytest.fixture
def book(grade, root, state) -> Path:
    """A class of three that was graded by the suite as it was."""
    folder = Path("class")
    folder.mkdir()
    for student, source in (("s001", RIGHT), ("s002", SQUARES), ("s003", MEANS)):
        (folder / f"{student}.py").write_text(source)
    when = "2026-03-31T23:59+09:00"
    assert (
        grade("batch", "ex90", "class", "-q", "--jobs", "1", "--no-file-times", "--submitted", when).code == 0
    )
    return state / "gradebook.sqlite3"


def mend(root: Path) -> None:
    """The suite now takes squares for doubles in one check, and has another check in place of one."""
    file = root / "solutions" / EX / "hidden" / "test_double.py"
    text = file.read_text()
    text = text.replace(
        "x = rng.standard_normal((2, 3))\n    assert_close(submission.double",
        "x = 2.0 * rng.integers(0, 2, (2, 3))\n    assert_close(submission.double",
    )
    file.write_text(text.replace("test_total_matrix", "test_total_square"))


def told(grade: Callable[..., Ended], *options: str) -> dict[str, Any]:
    """What `--json` says."""
    said: dict[str, Any] = json.loads(grade("regrade", "ex90", "--json", *options).out)
    return said


def scores(book: Path) -> list[tuple[str, int, float]]:
    """Student, attempt and score of all records, the old ones included."""
    query = (
        "SELECT name, number, score FROM records JOIN attempts ON attempts.id = attempt_id "
        "JOIN students ON students.id = student_id ORDER BY records.id"
    )
    with contextlib.closing(sqlite3.connect(book)) as connection:
        return connection.execute(query).fetchall()


def judged(state: Path) -> Counter[str]:
    """How often each submission was judged, by the log of it."""
    return Counter({
        path.name: sum('"event": "judged"' in line for line in path.read_text().splitlines())
        for path in (state / "logs" / EX).iterdir()
    })  # fmt: skip


def test_shown_and_not_written(grade, book, root):
    """Who changes, by how much, by which check, and what becomes of the grade; the book is as it was."""
    mend(root)
    before = scores(book)

    ended = grade("regrade", "ex90")

    assert ended.code == 0
    assert re.search(r"s002 +1 +10/20 → 15/20 +test_double_matrix failed → passed", ended.out)
    assert re.search(r"test_double_matrix +failed → passed +1\n", ended.out)
    assert re.search(r"test_total_square +new: passed +2\n", ended.out)
    assert re.search(r"s002 +10 → 15 +10 → 15 of 20\n", ended.out)
    assert "3 attempts judged again; 1 higher, 0 lower, 2 as before" in ended.out
    assert "Grades: 1 of 3 change" in ended.out
    assert "Nothing was written. To make it count: grade regrade ex90 --apply\n" in ended.out
    assert "s001" not in ended.out  # nothing of it has turned
    assert scores(book) == before


def test_applied_is_what_was_shown(grade, book, root, state):
    """`--apply` writes it without judging again; old records, times of submission and reasons are kept."""
    mend(root)
    shown = told(grade)
    times = judged(state)

    applied = told(grade, "--apply", *WHY)

    assert applied == {**shown, "applied": True}
    assert judged(state) == times
    assert scores(book)[3:] == [("s001", 1, 20.0), ("s002", 1, 15.0), ("s003", 1, 10.0)]
    with contextlib.closing(sqlite3.connect(book)) as connection:
        written = [json.loads(r) for (r,) in connection.execute("SELECT record FROM records")]
    assert {record["submitted_utc"] for record in written} == {"2026-03-31T14:59:00Z"}
    assert {record["time_source"] for record in written} == {"option"}
    assert len({record["seed"] for record in written}) == 3  # the same inputs as before
    shown_book = " ".join(grade("book", "--student", "s002").out.split())
    assert "attempt 1 regraded, 10 → 15 of 20, by kim: zeros and twos are allowed" in shown_book
    (regraded,) = json.loads(grade("book", "--json", "--student", "s002").out)["regrades"]
    assert (regraded["before"], regraded["after"], regraded["author"]) == (10.0, 15.0, "kim")


def test_not_twice(grade, book, root, state):
    """What this suite has judged from the same inputs is not judged again, applied or not."""
    mend(root)
    grade("regrade", "ex90")
    grade("regrade", "ex90")
    grade("regrade", "ex90", "--apply")
    written = scores(book)

    ended = grade("regrade", "ex90", "--apply")

    assert "0 attempts judged again; 3 had been judged by this suite" in ended.out
    assert set(judged(state).values()) == {2}  # by the old suite, and by the new one
    assert scores(book) == written


def test_one_student(grade, book, root):
    """`--student` leaves the others alone."""
    mend(root)

    applied = told(grade, "--apply", "--student", "s002")

    assert [one["student"] for one in applied["attempts"]] == ["s002"]
    assert [grade["student"] for grade in applied["grades"]] == ["s002"]
    assert scores(book)[3:] == [("s002", 1, 15.0)]
    assert told(grade)["already"] == 1


def test_policy(grade, book, root):
    """The late penalty stays that of the student's time, and an override stands above all."""
    file = root / "exercises" / "course.toml"
    file.write_text(
        file.read_text().replace("due = 2030-03-31T23:59:00+09:00", "due = 2026-03-31T00:00:00+09:00")
        + "[policy]\nlate = { per_day = 10 }\n"
    )
    grade("book", "override", "ex90", "s003", "18", *WHY)
    mend(root)

    ended = grade("regrade", "ex90", "--apply")

    assert re.search(r"s002 +9 → 13.5 +9 → 13.5 of 20 +1 d late\n", ended.out)
    assert "1 set by staff stays" in ended.out
    points = {
        row["student"]: row["grades"][EX]["points"]
        for row in json.loads(grade("book", "--json").out)["students"]
    }
    assert points == {"s001": 18.0, "s002": 13.5, "s003": 18.0}


def test_best_of_all_attempts(grade, book, root):
    """Every attempt is judged again, since another one may be the best under the new suite."""
    Path("class/s002.py").write_text(MEANS.replace("return 2 * x", "return 2 * x  # mended"))
    grade("batch", "ex90", "class", "-q")
    mend(root)

    after = told(grade, "--student", "s002")

    (changed,) = after["grades"]
    assert (changed["attempt_before"], changed["attempt_after"]) == (1, 1)
    assert [(one["attempt"], one["after"]["score"]) for one in after["attempts"]] == [(1, 15.0), (2, 10.0)]


def test_another_change_of_the_suite(grade, book, root):
    """What an earlier state of the suite gave is neither shown nor applied."""
    mend(root)
    told(grade)
    shutil.copytree(COURSE / "solutions", root / "solutions", dirs_exist_ok=True)

    applied = told(grade, "--apply")

    assert (applied["attempts"], applied["already"]) == ([], 3)
    assert len(scores(book)) == 3


def test_other_limits(grade, book, root):
    """`--rerun` judges again what only course.toml has changed for."""
    file = root / "exercises" / "course.toml"
    file.write_text(file.read_text().replace("call_s = 0.5", "call_s = 0.7"))

    assert told(grade)["attempts"] == []
    assert len(told(grade, "--rerun")["attempts"]) == 3
    assert len(told(grade, "--apply")["attempts"]) == 3
    assert len(scores(book)) == 6
    assert told(grade)["attempts"] == []


def test_reports(grade, book, root, state):
    """Reports are written anew; one that a killed run left old, or did not write, is mended by the next."""
    path = state / "reports" / EX / student_key("s002") / "attempt_1.html"
    old = path.read_text()
    os.utime(path, (1e9, 1e9))
    mend(root)
    grade("regrade", "ex90", "--apply")
    new = path.read_text()
    path.write_text(old)
    os.utime(path, (1e9, 1e9))

    ended = grade("regrade", "ex90", "--apply")

    assert ended.code == 0
    assert old != new == path.read_text()
    grade("regrade", "ex90", "--apply", "--out", "reports")
    assert len(list(Path("reports").glob("*.html"))) == 3


def test_one_that_cannot_be_graded(grade, book, root, monkeypatch):
    """Exit 3: its record stands, the others are written, and the same command judges it alone."""
    mend(root)
    real = LocalEngine.map

    def breaks_on_s002(self, submissions):
        for handed, judged in real(self, submissions):
            about = {"student": handed.student, "exercise": EX, "digests": judged.digests}
            yield handed, factories.not_graded(**about) if handed.student == "s002" else judged

    monkeypatch.setattr(LocalEngine, "map", breaks_on_s002)
    broken = grade("regrade", "ex90", "--apply")
    monkeypatch.setattr(LocalEngine, "map", real)

    assert broken.code == 3
    assert "Not graded: 1; the records before stand" in broken.out
    assert "s002: the worker did not start" in broken.out
    assert [student for student, *_ in scores(book)[3:]] == ["s001", "s003"]
    assert [one["student"] for one in told(grade, "--apply")["attempts"]] == ["s002"]


def test_changed_by_somebody_else(grade, book, root, monkeypatch):
    """A record that came between showing and writing is not written over: exit 3, and it says so."""
    mend(root)
    from grader.gradebook import regrading

    real = regrading.apply

    def later(book, *arguments, **named):
        handed = regrading.submission(book, EX, regrading.candidates(book, EX)[1])
        stood = book.standing("s002", EX, 1)
        book.record(handed, stood, again=True)
        return real(book, *arguments, **named)

    monkeypatch.setattr(regrading, "apply", later)

    ended = grade("regrade", "ex90", "--apply")

    assert ended.code == 3
    assert "Not written: 1, graded by somebody else in between" in ended.out
    assert scores(book)[3:] == [("s002", 1, 10.0), ("s001", 1, 20.0), ("s003", 1, 10.0)]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ex99"], "no exercise 'ex99'"),
        (["ex90", "--student", "s01"], "did you mean 's001'"),
        (["ex90", "--device", "cuda"], "does not run on 'cuda'"),
        (["ex90", "--apply", "--reason", " "], "give 1 to 1000 printable characters"),
    ],
    ids=["exercise", "student", "device", "reason"],
)
def test_bad_input(grade, book, state, arguments, says):
    """Exit 2, before anything is judged."""
    times = judged(state)

    ended = grade("regrade", *arguments)

    assert (ended.code, ended.out) == (2, "")
    assert says in ended.err
    assert judged(state) == times


def test_judged_on_another_device(grade, book, root):
    """A record of another device is neither judged again here nor replaced, and it is said."""
    with Gradebook.open(book) as opened:
        one = submission(b"# on a GPU\n", student="s004", exercise=EX)
        opened.record(one, record(one, score=70.0, device="cuda"))

    ended = grade("regrade", "ex90", "--rerun", "--apply")

    assert ended.code == 0
    assert "Left alone: 1, judged on another device" in ended.out
    judged = Counter(student for student, *_ in scores(book))
    assert judged == {"s001": 2, "s002": 2, "s003": 2, "s004": 1}


def test_the_engine_that_was_asked_for_judges(grade, book, root):
    """`--engine ray` is not taken for this machine: an address that no engine can join ends the command."""
    mend(root)

    alone = grade("regrade", "ex90", "--address", "192.0.2.1:6379")
    cluster = grade("regrade", "ex90", "--engine", "ray", "--address", "ray://192.0.2.1:10001")

    assert (alone.code, "--address goes with --engine ray" in alone.err) == (2, True)
    assert (cluster.code, cluster.out, "Ray's client" in cluster.err) == (2, "", True)


def test_nothing_to_regrade(grade, root):
    """No gradebook, and nothing in it: exit 2, and what to do."""
    nothing = grade("regrade", "ex90")
    Path("roster.csv").write_text("id\ns001\n")
    grade("book", "roster", "roster.csv")
    empty = grade("regrade", "ex90")

    assert (nothing.code, "no gradebook" in nothing.err) == (2, True)
    assert (empty.code, "no submission to ex90_double is in the gradebook" in empty.err) == (2, True)


def test_broken_suite(grade, book, root):
    """A suite that its own reference does not pass regrades nobody."""
    file = root / "solutions" / EX / "hidden" / "test_double.py"
    file.write_text(file.read_text().replace("submission.double(x=x),", "submission.double(x=x) + 1,"))
    written = scores(book)

    ended = grade("regrade", "ex90", "--apply")

    assert (ended.code, ended.out) == (2, "")
    assert "the reference of ex90_double does not pass its own suite" in ended.err
    assert scores(book) == written


def test_hostile_names(grade, book, root):
    """Names do nothing to the terminal."""
    for name in ("\u202egpj", "[red]x", "\x1b]0;x\x07"):
        Path(f"class/{name}.py").write_text(SQUARES)
    grade("batch", "ex90", "class", "-q")
    mend(root)

    ended = grade("regrade", "ex90")

    shown = ended.out + ended.err
    assert all(c.isprintable() or c == "\n" for c in shown)
    assert "[red]x" in shown


def fill(count: int) -> None:
    """A class of so many."""
    Path("class").mkdir()
    for n in range(count):
        Path(f"class/s{n:03d}.py").write_text(f"{SQUARES}# {n}\n")


@pytest.mark.slow
def test_ctrl_c(root, state, tmp_path):
    """Exit 130: what was judged is kept, no score has changed, and the same command goes on."""
    fill(60)
    command("batch", "ex90", "class", "-q")
    mend(root)
    with started("regrade", "ex90", "--apply", temporary=tmp_path / "tmp") as process:
        until_judged(process, state, 3)

        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "are judged and kept, and no score has changed; the same command goes on from here" in err
    assert len(scores(state / "gradebook.sqlite3")) == 60
    ended = command("regrade", "ex90", "--apply")
    assert "Written: 60" in ended.out
    assert len(scores(state / "gradebook.sqlite3")) == 120


def until_judged(process, state: Path, count: int) -> None:
    """Wait until so many drafts are in the book."""
    while process.poll() is None:
        try:
            with contextlib.closing(sqlite3.connect(state / "gradebook.sqlite3")) as book:
                if book.execute("SELECT count(*) FROM drafts").fetchone()[0] >= count:
                    return
        except sqlite3.OperationalError:  # an older book: not migrated yet
            pass
        select.select([], [], [], 0.01)
    raise AssertionError(f"it ended: {process.communicate()}")


@pytest.mark.slow
def test_killed_at_any_moment(root, state, tmp_path):
    """Killed (-9) at 8 random moments, then the same command: each attempt has one new record, no more."""
    rng = random.Random(5)
    fill(120)
    command("batch", "ex90", "class", "-q")
    mend(root)
    temporary = tmp_path / "tmp"
    for count in [0, 0, *sorted(rng.sample(range(1, 100), 6))]:
        with started("regrade", "ex90", "--apply", "--quiet", temporary=temporary) as process:
            if count:
                until_judged(process, state, count)
            select.select([], [], [], rng.uniform(0, 0.05 if count else 1.0))
            others = psutil.Process(process.pid).children(recursive=True)
            process.kill()
            assert process.wait(timeout=10) == -signal.SIGKILL
        _, alive = psutil.wait_procs(others, timeout=10)
        assert alive == []
        assert len(scores(state / "gradebook.sqlite3")) == 120  # all at once, or none

    ended = command("regrade", "ex90", "--apply", "--json")

    assert ended.code == 0
    assert Counter(student for student, *_ in scores(state / "gradebook.sqlite3")) == Counter(
        {f"s{n:03d}": 2 for n in range(120)}
    )
    again = sum(judged(state).values()) - 240
    assert 0 <= again <= 8 * (os.cpu_count() or 1) * 2  # what was in a judge as it was killed
