"""Backup while in use, the way back, and forgetting a student, on both databases."""

import contextlib
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from grader.core.policy import Extension, Override
from grader.core.roster import Student
from grader.core.submission import student_key
from grader.errors import InputError, MachineError
from grader.gradebook import Gradebook, decisions, ledger, upkeep
from tests.gradebook.factory import OTHER_SUITE, hand_in, submission

ROOT = Path(__file__).parents[2]
SECRET = bytes(range(32))
EX = "ex10_convolution"
WHY = {"author": "kim", "reason": "was ill"}


def fill(book: Gradebook) -> None:
    """Three students; attempts, a regrade, a try that was not graded, decisions."""
    hand_in(book, b"1", 40.0)
    hand_in(book, b"2", 80.0)
    hand_in(book, b"2", 90.0, OTHER_SUITE)
    hand_in(book, b"1", 40.0, student="s002")
    hand_in(book, b"3", None, student="s002")
    decisions.enrol(book, [Student(id="s003", name="이지은", email="j@x.kr", section="A")])
    decisions.override(book, student="s003", exercise=EX, what=Override(points=None), **WHY)
    decisions.extend(book, student="s001", exercise=EX, what=Extension(attempts=2), **WHY)


def everything(book: Gradebook) -> list[object]:
    """What the book says of all of it."""
    numbers = [(s.id, book.attempts(s.id, EX), book.best(s.id)) for s in ledger.read(book).students]
    files = [book.submission_bytes(submission(data).digest) for data in (b"1", b"2", b"3")]
    return [ledger.read(book), numbers, files, [ledger.history(book, s) for s in ("s001", "s003")]]


def test_backup_and_restore(book, tmp_path):
    """A book that is restored from its backup says the same of everything, and goes on counting."""
    fill(book)
    before = everything(book)
    file = tmp_path / "new" / "backup.sqlite3"

    assert upkeep.backup(book, file, secret=SECRET) == 4
    hand_in(book, b"4")
    assert upkeep.restore(book, file, force=True) == (4, SECRET)

    assert everything(book) == before
    assert hand_in(book, b"4").attempt == 3


def test_a_book_moves_between_databases(postgres, tmp_path):
    """A backup of one database is restored into the other, and back."""
    with Gradebook.open(tmp_path / "one.sqlite3") as first, Gradebook.open(postgres) as second:
        fill(first)
        upkeep.backup(first, tmp_path / "backup", secret=SECRET)
        upkeep.restore(second, tmp_path / "backup")

        assert everything(second) == everything(first)

        hand_in(second, b"5", student="s003")
        upkeep.backup(second, tmp_path / "back", secret=SECRET)
        upkeep.restore(first, tmp_path / "back", force=True)

        assert everything(first) == everything(second)


def test_backup_is_for_its_owner_only(book, tmp_path):
    """It holds scores, files and the course's secret; nothing else is left beside it."""
    fill(book)

    upkeep.backup(book, tmp_path / "out" / "backup", secret=SECRET)

    (file,) = (tmp_path / "out").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_backup_never_overwrites(book, tmp_path):
    """A file that is there stays, unless --force."""
    file = tmp_path / "backup"
    file.write_text("precious")

    with pytest.raises(InputError, match="is there already"):
        upkeep.backup(book, file, secret=SECRET)

    assert file.read_text() == "precious"
    upkeep.backup(book, file, secret=SECRET, force=True)
    assert file.read_bytes().startswith(b"SQLite format 3")


def test_backup_while_in_use(book, tmp_path):
    """A backup made while another thread writes holds a book at one moment: no attempt without its record."""
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            hand_in(book, b"%d" % number)
            number += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        held = [upkeep.backup(book, tmp_path / str(i), secret=SECRET) for i in range(3)]
    finally:
        stop.set()
        thread.join()

    for i, count in enumerate(held):
        raw = sqlite3.connect(tmp_path / str(i))
        assert raw.execute("SELECT count(*) FROM attempts").fetchone() == (count,)
        assert raw.execute("SELECT count(*) FROM records").fetchone() == (count,)
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        raw.close()


def test_restore_refuses_to_overwrite(book, tmp_path):
    """A book that holds students is not replaced without --force."""
    fill(book)
    before = everything(book)
    upkeep.backup(book, tmp_path / "backup", secret=SECRET)

    with pytest.raises(InputError, match=r"holds 3 students: back it up, and restore over it with --force"):
        upkeep.restore(book, tmp_path / "backup")

    assert everything(book) == before


@pytest.mark.parametrize("content", [b"", b"no database " * 100, None])
def test_what_is_no_backup(book, tmp_path, content):
    """A file that is none is refused, and the book stays."""
    fill(book)
    before = everything(book)
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(InputError, match="file"):
        upkeep.restore(book, file, force=True)

    assert everything(book) == before


def test_another_programs_file(book, tmp_path):
    """An SQLite file of another program is no backup."""
    raw = sqlite3.connect(tmp_path / "file")
    raw.execute("CREATE TABLE notes (text)")
    raw.close()

    with pytest.raises(InputError, match="is no backup of a gradebook"):
        upkeep.restore(book, tmp_path / "file")


def test_a_damaged_backup(book, tmp_path):
    """Damage inside is found before anything is changed."""
    for i in range(50):
        hand_in(book, b"%d" % i + b"x" * 5000)
    upkeep.backup(book, tmp_path / "backup", secret=SECRET)
    data = bytearray((tmp_path / "backup").read_bytes())
    data[len(data) // 2 :] = b"\xff" * (len(data) - len(data) // 2)
    (tmp_path / "backup").write_bytes(data)

    with pytest.raises(InputError, match="is damaged"):
        upkeep.restore(book, tmp_path / "backup", force=True)

    assert len(book.attempts("s001", EX)) == 50


def test_the_backup_is_only_read(book, tmp_path):
    """Restoring changes no byte of the backup, and leaves nothing beside it."""
    fill(book)
    file = tmp_path / "out" / "backup"
    upkeep.backup(book, file, secret=SECRET)
    before = file.read_bytes()

    upkeep.restore(book, file, force=True)

    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


KILLED = """
import sys, time
from pathlib import Path
from grader.gradebook import Gradebook, upkeep
book = Gradebook.open(sys.argv[1])
print(flush=True)
while True:
    upkeep.restore(book, Path(sys.argv[2]), force=True)
"""


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1, 0.2])
def test_killed_while_restoring(book, place, tmp_path, delay):
    """Whoever is killed while restoring leaves the old book or the new one, here the same."""
    fill(book)
    before = everything(book)
    upkeep.backup(book, tmp_path / "backup", secret=SECRET)
    command = [sys.executable, "-c", KILLED, str(place), str(tmp_path / "backup")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        process.stdout.readline()
        threading.Event().wait(delay)  # not to wait for something: to hit different moments
        process.kill()

    with Gradebook.open(place) as again:
        assert everything(again) == before


FORGETS = """
import sys
from pathlib import Path
from grader.core.policy import Override
from grader.gradebook import Gradebook, decisions, upkeep
from tests.gradebook.factory import hand_in
book = Gradebook.open(sys.argv[1])
print(flush=True)
while True:
    for data in (b"mine", b"1"):
        hand_in(book, data, student="gone")
    about = {"student": "gone", "exercise": "ex10_convolution", "author": "kim", "reason": "ill"}
    decisions.override(book, what=Override(points=1.0), **about)
    upkeep.forget(book, "gone", state_dir=Path(sys.argv[2]))
"""

LOOSE = (
    "SELECT count(*) FROM attempts WHERE id NOT IN (SELECT attempt_id FROM records)",
    "SELECT count(*) FROM submissions WHERE digest NOT IN (SELECT digest FROM attempts)",
    "SELECT count(*) FROM submissions WHERE digest NOT IN (SELECT digest FROM files)",
)


@pytest.mark.parametrize("delay", [0.0, 0.03, 0.07, 0.15, 0.3])
def test_killed_while_forgetting(book, place, tmp_path, delay):
    """Killed while forgetting: the student is whole or gone, the others untouched; run again, it ends."""
    fill(book)
    before = everything(book)
    command = [sys.executable, "-c", FORGETS, str(place), str(tmp_path / "none")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        process.stdout.readline()
        threading.Event().wait(delay)  # not to wait for something: to hit different moments
        process.kill()

    with Gradebook.open(place) as again:
        with again.database.reading() as connection:
            assert [connection.execute(text(query)).scalar() for query in LOOSE] == [0, 0, 0]
        with contextlib.suppress(InputError):  # it was gone already
            upkeep.forget(again, "gone", state_dir=tmp_path / "none")
        assert everything(again) == before


def test_forget(book, tmp_path):
    """A forgotten student is in no table; what another one handed in as well stays with that one."""
    fill(book)
    state = tmp_path / "state-folder"
    report = state / "reports" / EX / student_key("s001") / "attempt_1.html"
    log = state / "logs" / EX / f"{student_key('s001')}-0123456789abcdef.jsonl"
    others = state / "reports" / EX / student_key("s002") / "attempt_1.html"
    for path in (report, log, others):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")

    assert upkeep.forget(book, "s001", state_dir=state) == 2

    assert [one.id for one in ledger.read(book).students] == ["s002", "s003"]
    assert book.submission_bytes(submission(b"1").digest)
    assert book.submission_bytes(submission(b"2").digest) == ()
    assert ledger.history(book, "s001") == []
    assert [path for path in state.rglob("*") if path.is_file()] == [others]


def test_forget_leaves_no_byte(tmp_path):
    """Neither the file of the book nor its log holds a byte of a forgotten student."""
    path = tmp_path / "gradebook.sqlite3"
    with Gradebook.open(path) as book:
        hand_in(book, b"# the forgotten solution\n", student="forgotten-student")
        decisions.enrol(book, [Student(id="forgotten-student", name="Forgotten Name")])
        decisions.override(
            book, student="forgotten-student", exercise=EX, what=Override(points=1.0), author="kim",
            reason="forgotten reason",
        )  # fmt: skip
        hand_in(book, b"# stays\n")
        assert any(b"orgotten" in file.read_bytes() for file in tmp_path.iterdir())

        upkeep.forget(book, "forgotten-student", state_dir=tmp_path / "none")

        assert not any(b"orgotten" in file.read_bytes() for file in tmp_path.iterdir())
        assert len(book.attempts("s001", EX)) == 1


def test_forget_nobody(book, tmp_path):
    """A student whom the book does not know is asked after; leftovers of a killed run go all the same."""
    fill(book)
    left = tmp_path / "state-folder" / "reports" / EX / student_key("s00")
    left.mkdir(parents=True)

    with pytest.raises(InputError, match="did you mean 's00"):
        upkeep.forget(book, "s00", state_dir=tmp_path / "state-folder")

    assert not left.exists()
    assert len(ledger.read(book).students) == 3


def test_forget_while_somebody_reads(tmp_path):
    """Where a reader keeps old pages alive, the command says so and can be run again."""
    with Gradebook.open(tmp_path / "gradebook.sqlite3", busy_timeout_s=0.05) as book:
        fill(book)
        with book.database.reading() as reader:
            ledger._read(reader, None, None)

            with pytest.raises(MachineError, match=r"run the same command again|is locked"):
                upkeep.forget(book, "s001", state_dir=tmp_path / "none")

        with pytest.raises(InputError, match="no student 's001'"):
            upkeep.forget(book, "s001", state_dir=tmp_path / "none")
