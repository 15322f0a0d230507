"""`grade book` as instructors use it: what it shows, writes and refuses."""

import csv
import io
import json
import os
import pty
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grader.core.submission import student_key
from grader.gradebook import Gradebook
from tests.cli.tiny import COURSE, RIGHT, command
from tests.gradebook.factory import hand_in

EX = "ex90_double"
WHY = ("--reason", "was ill", "--author", "lee")


@pytest.fixture
def book(state):
    """The course's gradebook with two students, an exercise of 20 points."""
    with Gradebook.open(state / "gradebook.sqlite3") as book:
        hand_in(book, b"# one\n", 50.0, exercise=EX, student="s001")
        hand_in(book, b"# two\n", 90.0, exercise=EX, student="s001")
        hand_in(book, b"# two\n", 80.0, exercise=EX, student="=cmd [red]x")
        yield book


@pytest.fixture
def with_policy(tmp_path, monkeypatch):
    """The course with a policy of its own."""

    def with_policy(rules: str) -> None:
        root = tmp_path / "course"
        shutil.copytree(COURSE, root)
        file = root / "exercises" / "course.toml"
        file.write_text(file.read_text() + f"\n[policy]\n{rules}\n")
        monkeypatch.setenv("GRADE_COURSE", str(root))

    return with_policy


def points(grade, student: str) -> object:
    """A student's points, as JSON has them."""
    (row,) = json.loads(grade("book", "--json", "--student", student).out)["students"]
    return row["grades"][EX]["points"]


def test_class(grade, book):
    """The class with points and total; names are no markup."""
    ended = grade("book")

    assert ended.code == 0
    assert re.search(r"s001 +18 +18/20", ended.out)
    assert re.search(r"=cmd \[red\]x +16 +16/20", ended.out)
    assert "2 students" in ended.out


def test_one_exercise(grade, book):
    """Attempts, and what staff decided."""
    grade("book", "override", "ex90", "s001", "12.5", *WHY)

    shown = grade("book", "ex90").out

    assert re.search(r"s001 +12\.5\* +2/2 +set to 12\.5 by lee: was ill", shown)


def test_one_student(grade, book):
    """All decisions on one student, also those that no longer stand."""
    grade("book", "override", "ex90", "s001", "12", *WHY)
    grade("book", "override", "ex90", "s001", "--withdraw", *WHY)

    shown = grade("book", "--student", "s001").out

    assert "set to 12 by lee: was ill" in shown
    assert "override withdrawn by lee" in shown
    assert "=cmd" not in shown


def test_json(grade, book):
    """JSON holds every attempt, the policy, and the decisions; nothing else is on stdout."""
    grade("book", "override", "ex90", "s001", "EX", *WHY)

    data = json.loads(grade("book", "--json").out)

    (exercise,) = data["exercises"]
    assert exercise["policy"]["counts"] == "best"
    by_id = {one["student"]: one for one in data["students"]}
    first = by_id["s001"]["grades"][EX]
    assert (first["excused"], first["points"], len(first["attempts"])) == (True, None, 2)
    assert by_id["s001"]["total"]["max_points"] == 0.0
    assert [(one["kind"], one["author"], one["reason"]) for one in data["decisions"]] == [
        ("override", "lee", "was ill")
    ]


def test_override(grade, book):
    """A score in place of what was handed in, and back."""
    ended = grade("book", "override", "double", "s001", "7", *WHY)

    assert (ended.code, ended.out) == (0, "ex90_double · s001: 7 of 20\n")
    assert points(grade, "s001") == 7.0

    grade("book", "override", "ex90", "s001", "--withdraw", *WHY)

    assert points(grade, "s001") == 18.0


def test_extend(grade, book, with_policy):
    """A later due date takes the lateness away."""
    with_policy("late = { per_day = 50 }")
    late = "2030-04-01T09:00:00Z"  # ex90 is due on 2030-03-31
    hand_in(book, b"# late\n", 100.0, exercise=EX, student="s003", submitted_utc=late)
    assert points(grade, "s003") == 10.0

    ended = grade("book", "extend", "ex90", "s003", "--days", "2", *WHY)

    assert "20 of 20, due 2030-04-02" in ended.out
    assert points(grade, "s003") == 20.0


BAD = {
    "unknown exercise": (["override", "ex91", "s001", "1"], "no exercise 'ex91': did you mean 'ex90'?"),
    "unknown student": (
        ["override", "ex90", "s0001", "1"],
        "no student 's0001' in the gradebook: did you mean",
    ),
    "student to show": (["show", "--student", "s0001"], "did you mean 's001'?"),
    "student to export": (["export", "--student", "s0001"], "did you mean 's001'?"),
    "student to forget": (["forget", "s0001", "--yes"], "did you mean 's001'?"),
    "misspelt command": (["exprot"], "(or 'grade book export'?)"),
    "too many points": (["override", "ex90", "s001", "20.5"], "takes points from 0 to 20, or EX (excused)"),
    "negative points": (["override", "ex90", "s001", "--", "-1"], "takes points from 0 to 20"),
    "no number": (["override", "ex90", "s001", "nan"], "takes points from 0 to 20"),
    "no score": (["override", "ex90", "s001"], "no score: give points from 0 to 20"),
    "score and withdraw": (["override", "ex90", "s001", "3", "--withdraw"], "--withdraw takes no score"),
    "nothing extended": (["extend", "ex90", "s001"], "nothing is extended: give --until"),
    "no such limit": (["extend", "ex90", "s001", "--attempts", "2"], "has no limit of attempts"),
    "time without offset": (["extend", "ex90", "s001", "--until", "2030-04-05"], "a time with its offset"),
    "an earlier date": (
        ["extend", "ex90", "s001", "--until", "2029-01-01T00:00Z"],
        "is not after the due date",
    ),
    "a file each to stdout": (["export", "--format", "gradescope"], "give --out DIR"),
    "template of another": (
        ["export", "--format", "csv", "--template", "x"],
        "--template is for --format canvas",
    ),
    "no template": (["export", "--format", "canvas", "--template", "x.csv"], "'x.csv' cannot be read"),
    "canvas without download": (["feedback", "ex90", "--format", "canvas"], "give --download FILE"),
    "no backup": (["restore", "nothing"], "no file 'nothing'"),
    "no roster": (["roster", "nothing.csv"], "cannot be read"),
    "forget without asking": (["forget", "s001"], "add --yes"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(grade, book, name, monkeypatch):
    """Exit 2, a line that says what to do, nothing on stdout, nothing changed."""
    arguments, says = BAD[name]
    why = WHY if arguments[0] in ("override", "extend") else ()
    before = grade("book", "--json").out
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    ended = grade("book", arguments[0], *why, *arguments[1:])

    assert (ended.code, ended.out) == (2, "")
    assert says in ended.err
    assert ended.err.count("\n") == 1
    assert grade("book", "--json").out == before


def test_a_reason_is_asked_for(grade, book):
    """No decision without a reason."""
    ended = grade("book", "override", "ex90", "s001", "7")

    assert ended.code == 2
    assert "--reason" in ended.err


@pytest.mark.parametrize("verb", [[], ["export"], ["feedback", "ex90"], ["backup", "file"]])
def test_no_gradebook_yet(grade, state, verb):
    """Where nothing was handed in there is nothing to show, and no book is made."""
    ended = grade("book", *verb)

    assert ended.code == 2
    assert "the first submission makes it" in ended.err
    assert not (state / "gradebook.sqlite3").exists()


def test_restore_of_nothing_makes_no_book(grade, state):
    """A name that is misspelt leaves no empty book behind."""
    assert grade("book", "restore", "nothing").code == 2
    assert not state.exists()


def test_roster(grade, tmp_path):
    """A roster makes the book, and its names are shown and exported."""
    (tmp_path / "roster.csv").write_text("id,name,email\ns001,김민수,m@x.kr\ns002,이지은,\n")

    assert "2 of them new" in grade("book", "roster", tmp_path / "roster.csv").out
    assert "김민수" in grade("book", "ex90").out
    assert "s001,김민수,m@x.kr,,,0,20" in grade("book", "export").out


@pytest.mark.parametrize("form", ["csv", "canvas", "moodle", "junit"])
def test_export_of_one_file(grade, book, tmp_path, form):
    """To stdout, or whole into a folder; no cell is a formula."""
    printed = grade("book", "export", "--format", form)
    written = grade("book", "export", "--format", form, "--out", tmp_path / "out")

    (file,) = (tmp_path / "out").iterdir()
    assert (printed.code, written.code, printed.err) == (0, 0, "")
    assert file.read_text(encoding="utf-8-sig") == printed.out
    assert written.out == f"{file}\n"
    if form != "junit":
        assert not [cell for line in csv.reader(printed.out.splitlines()) for cell in line if cell[:1] == "="]


@pytest.mark.parametrize(("form", "name"), [("gradescope", "results.json"), ("classroom50", "result.json")])
def test_export_of_a_file_each(grade, book, tmp_path, form, name):
    """A file a student under no name of theirs, and a table that says whose it is."""
    ended = grade("book", "export", "ex90", "--format", form, "--out", tmp_path / "out")

    assert ended.code == 0
    file = tmp_path / "out" / EX / student_key("s001") / name
    assert json.loads(file.read_text())["score"] == (18.0 if form == "gradescope" else 100)
    with (tmp_path / "out" / f"{form}.csv").open(newline="") as table:
        assert {line[1] for line in csv.reader(table)} == {"student", "s001", "'=cmd [red]x"}

    alone = grade("book", "export", "ex90", "--format", form, "--student", "s001")

    assert json.loads(alone.out) == json.loads(file.read_text())


@pytest.mark.parametrize("form", ["csv", "canvas", "moodle", "junit", "gradescope", "classroom50"])
def test_pseudonyms(grade, book, tmp_path, form):
    """No id is in any file or name of one; the same pseudonym each time and in each format."""
    grade("book", "export", "--format", form, "--pseudonyms", "--out", tmp_path / "out")

    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    text = "".join(str(path) + path.read_text(encoding="utf-8-sig") for path in files)
    assert "s001" not in text
    assert student_key("s001") not in text
    table = grade("book", "export", "--pseudonyms").out
    assert set(re.findall(r"student-[0-9a-f]{16}", table)) == set(re.findall(r"student-[0-9a-f]{16}", text))


def test_canvas_template(grade, book, tmp_path):
    """Canvas's ids are taken over; who is missing is said on stderr."""
    head = "Student,ID,SIS User ID,SIS Login ID,Section,Double (7)\n    Points Possible,,,,,20\n"
    (tmp_path / "t.csv").write_text(head + "Kim,901,s001,kim,A,\nLee,902,s7,lee,A,3\n")

    ended = grade("book", "export", "ex90", "--format", "canvas", "--template", tmp_path / "t.csv")

    assert ended.code == 0
    assert "Kim,901,s001,kim,A,18" in ended.out
    assert "Lee,902,s7,lee,A,3" in ended.out
    assert "not in Canvas's file" in ended.err


def test_feedback_folders(grade, book, state):
    """A report each, of the attempt that counts, and a table that says whose it is."""
    ended = grade("book", "feedback", "ex90")

    folder = state / "feedback" / EX
    assert ended.code == 0
    report = (folder / student_key("s001") / "report.html").read_text()
    assert "s001" in report
    assert len(list(folder.rglob("report.html"))) == 2
    assert "'=cmd [red]x" in (folder / "index.csv").read_text()


@pytest.mark.parametrize(
    ("form", "member", "target"),
    [
        ("canvas", "kim_901_5501_double.py", "feedback_901_5501_report.html"),
        (
            "moodle",
            "Kim_31_assignsubmission_file_/double.py",
            "participant_31_assignfeedback_file_/report.html",
        ),
    ],
)
def test_feedback_zip(grade, book, tmp_path, form, member, target):
    """What the LMS takes back: the report of whoever handed in that very file."""
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        archive.writestr(member, "# one\n")

    ended = grade(
        "book",
        "feedback",
        "ex90",
        "--format",
        form,
        "--download",
        tmp_path / "s.zip",
        "--out",
        tmp_path / "out",
    )

    assert ended.code == 0
    assert "not in the download: '=cmd [red]x'" in ended.err
    with zipfile.ZipFile(tmp_path / "out" / f"feedback-{EX}-{form}.zip") as archive:
        assert archive.namelist() == [target]
        assert "s001" in archive.read(target).decode()


def test_backup_and_restore(grade, book, tmp_path, state):
    """A backup holds book and secret; the way back needs a new place, or --force."""
    before = grade("book", "--json").out
    file = tmp_path / "backup"
    grade("book", "export", "--pseudonyms")  # makes the secret
    secret = (state / "secret").read_bytes()

    assert grade("book", "backup", file).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert grade("book", "backup", file).code == 2
    assert grade("book", "restore", file).code == 2

    grade("book", "override", "ex90", "s001", "1", *WHY)
    assert grade("book", "restore", file, "--force").out == f"3 attempts from {str(file)!r}\n"
    assert grade("book", "--json").out == before

    book.close()
    shutil.rmtree(state)
    assert grade("book", "restore", file).code == 0
    assert grade("book", "--json").out == before
    assert (state / "secret").read_bytes() == secret
    assert stat.S_IMODE((state / "secret").stat().st_mode) == 0o600


def test_a_secret_is_not_replaced_by_chance(grade, book, tmp_path, state):
    """The backup of another course is refused, since its secret is another."""
    grade("book", "backup", tmp_path / "backup")
    book.close()
    shutil.rmtree(state)
    state.mkdir()
    (state / "secret").write_bytes(bytes(32))

    ended = grade("book", "restore", tmp_path / "backup")

    assert ended.code == 2
    assert "another course's secret" in ended.err
    assert (state / "secret").read_bytes() == bytes(32)


def test_forget(grade, book, state):
    """Nothing of the student is left in the state folder."""
    grade("book", "feedback", "ex90")

    ended = grade("book", "forget", "s001", "--yes")

    assert ended.code == 0
    assert "with 2 attempts" in ended.out
    assert "s001" not in grade("book", "--json").out
    assert not list(state.rglob(f"*{student_key('s001')}*"))
    assert not [path for path in state.rglob("*") if path.is_file() and b"s001" in path.read_bytes()]
    assert "=cmd" in (state / "feedback" / EX / "index.csv").read_text()


@pytest.mark.parametrize(("answer", "code", "left"), [("y\n", 0, 1), ("n\n", 2, 2), ("\n", 2, 2)])
def test_forget_asks(book, grade, answer, code, left):
    """On a terminal it asks first."""
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    done = subprocess.run(
        [sys.executable, "-m", "grader.cli", "book", "forget", "s001"],
        stdin=theirs, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    os.close(ours)
    os.close(theirs)

    assert done.returncode == code
    assert "Erase all of 's001' for ever? [y/N]" in done.stderr
    assert len(json.loads(grade("book", "--json").out)["students"]) == left


def test_no_attempt_left(grade, book, warm, with_policy, state):
    """Beyond the limit a new file is refused, and not judged; more attempts let it through."""
    with_policy("attempts = 2")
    Path("double.py").write_text(RIGHT)

    refused = grade("submit", "ex90", "--student", "s001")

    assert refused.code == 2
    assert "no attempt is left for ex90_double: all 2 are used" in refused.err
    grade("book", "extend", "ex90", "s001", "--attempts", "1", *WHY)
    assert grade("submit", "ex90", "--student", "s001").code == 0
    assert points(grade, "s001") == 20.0


def test_elsewhere(tmp_path, book):
    """GRADE_BOOK names another book; one that cannot be reached is exit 3, in a line without the password."""
    other = command("book", GRADE_BOOK=str(tmp_path / "other.sqlite3"))
    away = command("book", GRADE_BOOK="postgresql://me:very-secret@127.0.0.1:1/book")

    assert other.code == 0
    assert "no students" in other.out
    assert away.code == 3
    assert "cannot be reached" in away.err
    assert "very-secret" not in away.err
    assert away.err.count("\n") == 1


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_width(grade, book, monkeypatch, columns):
    """Tables fit the terminal."""
    monkeypatch.setenv("COLUMNS", columns)

    for arguments in (["book"], ["book", "ex90"], ["book", "--student", "s001"]):
        assert max(map(len, grade(*arguments).out.splitlines())) <= int(columns)
