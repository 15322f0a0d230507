"""The book on a real PostgreSQL: many writers, sudden death, and a server that does not play along."""

import json
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text

from grader.errors import EngineError, InputError, MachineError
from grader.gradebook import Gradebook
from tests.cli.tiny import COURSE, command
from tests.gradebook.factory import hand_in, record, submission

ROOT = Path(__file__).parents[2]
LOOSE = "SELECT count(*) FROM attempts LEFT JOIN records ON attempt_id = attempts.id WHERE records.id IS NULL"


def numbers_in(url: str) -> list[int]:
    """Attempts of s001, after asserting that each has a record."""
    with Gradebook.open(url) as book:
        with book.database.reading() as connection:
            assert connection.execute(text(LOOSE)).scalar() == 0
        return [attempt.number for attempt in book.attempts("s001", "ex10_convolution")]


def _many(url: str, worker: int) -> list[int]:
    """Twenty attempts of one student, and one file that all hand in."""
    with Gradebook.open(url) as book:
        numbers = []
        for i in range(20):
            one = submission(f"x = {worker}, {i}\n".encode())
            numbers.append(book.record(one, record(one)).attempt)
        same = submission(b"same\n")
        book.record(same, record(same))
        return numbers


def test_processes_at_once(postgres):
    """Processes that make and write one book at once give each attempt one number, without gaps."""
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        numbers = [n for part in pool.map(_many, [postgres] * 3, range(3)) for n in part]

    assert len(set(numbers)) == 60
    assert numbers_in(postgres) == list(range(1, 62))


def test_threads_share_a_book(postgres):
    """One open book serves many threads, more than it has connections."""

    def one_more(number: int) -> int:
        return hand_in(book, b"%d" % number).attempt

    with Gradebook.open(postgres) as book, ThreadPoolExecutor(20) as pool:
        numbers = sorted(pool.map(one_more, range(60)))

    assert numbers == list(range(1, 61))


WRITER = """
import itertools, sys
from grader.gradebook import Gradebook
from tests.gradebook.factory import hand_in
book = Gradebook.open(sys.argv[1])
for i in itertools.count():
    print(hand_in(book, b"# " + str((sys.argv[2], i)).encode() + b"x" * 20_000).attempt, flush=True)
"""


@pytest.mark.parametrize("after", [1, 2, 8])
def test_killed_in_the_middle(postgres, after):
    """A writer killed in the middle leaves the book whole, with what it reported, and unlocked."""
    for round_ in range(3):
        command = [sys.executable, "-c", WRITER, postgres, str(round_)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:
            assert writer.stdout is not None
            reported = [writer.stdout.readline() for _ in range(after)]
            writer.kill()
            reported += writer.stdout.read().split()

        stored = numbers_in(postgres)

        assert stored == list(range(1, len(stored) + 1))
        assert len(stored) >= int(reported[-1])


def test_a_connection_that_the_server_ended(postgres, server):
    """A server that was restarted meanwhile is no error: the next call has a new connection."""
    with Gradebook.open(postgres) as book:
        hand_in(book, b"1")
        with psycopg.connect(server, dbname="postgres", autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [make_url(postgres).database],
            )

        assert hand_in(book, b"2").attempt == 2


def test_locked(postgres):
    """A book that another one holds too long is said to be locked."""
    with (
        Gradebook.open(postgres) as other,
        Gradebook.open(postgres, busy_timeout_s=0.05) as book,
        other.database.writing(),
        pytest.raises(MachineError, match="is locked by another process: wait"),
    ):
        hand_in(book)


def test_readers_do_not_wait(postgres):
    """Reading goes on while somebody writes, and sees one moment."""
    with Gradebook.open(postgres) as book:
        hand_in(book, b"1")
        with book.database.reading() as before:
            count = text("SELECT count(*) FROM attempts")
            assert before.execute(count).scalar() == 1
            thread = threading.Thread(target=hand_in, args=(book, b"2"))
            thread.start()
            thread.join()

            assert before.execute(count).scalar() == 1
        assert len(book.attempts("s001", "ex10_convolution")) == 2


def test_no_server():
    """A server that is not there is the host's fault, said without the password."""
    url = "postgresql://me:very-secret@127.0.0.1:1/book"

    with pytest.raises(MachineError, match=r"cannot be reached: .*is the server running") as caught:
        Gradebook.open(url)

    assert "very-secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_such_database(server):
    """A database that is not there has to be made first."""
    url = make_url(server).set(database="not_there").render_as_string()

    with pytest.raises(MachineError, match=r"not_there"):
        Gradebook.open(url)


def test_a_user_without_rights(postgres, server):
    """Rights that lack are named."""
    Gradebook.open(postgres).close()
    with psycopg.connect(server, dbname="postgres", autocommit=True) as connection:
        connection.execute("CREATE ROLE nobody LOGIN")
    try:
        url = make_url(postgres).set(username="nobody").render_as_string()
        with pytest.raises(MachineError, match="lacks rights"):
            Gradebook.open(url)
    finally:
        with psycopg.connect(server, dbname="postgres", autocommit=True) as connection:
            connection.execute("DROP ROLE nobody")


def test_without_the_driver(monkeypatch):
    """Without psycopg the command that installs it is named."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "psycopg"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(EngineError, match=r"pip install 'dlgrade\[postgres\]'"):
        Gradebook.open("postgresql://host/book")


def test_failure_in_the_middle_leaves_nothing(postgres, monkeypatch):
    """An attempt is stored whole or not at all."""
    with Gradebook.open(postgres) as book:
        one = submission()
        monkeypatch.setattr("grader.gradebook.book._row", lambda *_: 1 / 0)

        with pytest.raises(ZeroDivisionError):
            book.record(one, record(one))

        assert book.submission_bytes(one.digest) == ()


def test_the_commands(postgres, tmp_path):
    """What students and instructors type works on the book that GRADE_BOOK names."""
    with Gradebook.open(postgres) as book:
        hand_in(book, score=80.0, exercise="ex90_double")
    where = {"GRADE_BOOK": postgres, "GRADE_COURSE": str(COURSE), "GRADE_STATE": str(tmp_path / "state")}

    set_to = command("book", "override", "ex90", "s001", "7", "--reason", "by hand", **where)
    shown = json.loads(command("book", "--json", **where).out)
    status = command("status", "--student", "s001", "--json", **where)

    assert set_to.out == "ex90_double · s001: 7 of 20\n"
    assert shown["students"][0]["grades"]["ex90_double"]["points"] == 7.0
    assert json.loads(status.out)["exercises"][0]["attempts"] == 1
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("url", ["postgresql://host", "postgresql+asyncpg:///"])
def test_a_url_without_database(url):
    """The database has to be named."""
    with pytest.raises(InputError, match="postgresql://USER@HOST/NAME"):
        Gradebook.open(url)
