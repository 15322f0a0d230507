"""The book on disk: migrations, many writers, sudden death, and a host that does not play along."""

import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from grader.errors import InputError, MachineError
from grader.gradebook import Gradebook, database
from grader.gradebook.schema import HEAD, metadata
from tests.gradebook.factory import record, submission

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path):
    """Where a book may be made."""
    return tmp_path / "state" / "gradebook.sqlite3"


def shape(connection) -> list[tuple[str, str, str]]:
    """Every table and index with its SQL, white space and quotes aside."""
    rows = connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").all()
    return [
        (kind, name, re.sub(r"\s+", " ", sql or "").replace('"', "").replace("( ", "(").replace(" )", ")"))
        for kind, name, sql in rows
    ]


def whole(path: Path) -> None:
    """Asserts that the file is sound, by SQLite and by the book's own rules."""
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        loose = raw.execute(
            "SELECT count(*) FROM attempts LEFT JOIN records ON attempt_id = attempts.id "
            "WHERE records.id IS NULL"
        )
        assert loose.fetchone() == (0,)
    raw.close()


def test_migrations_make_what_the_tables_say(tmp_path):
    """A migrated book and one made at once are the same, and are what the code expects."""
    migrated, made = create_engine("sqlite://"), create_engine("sqlite://")

    with migrated.begin() as one, made.begin() as other:
        database.upgrade(one)
        database.create(other)

        assert shape(one) == shape(other)
        assert compare_metadata(MigrationContext.configure(one), metadata) == []
    migrated.dispose()
    made.dispose()


def test_head_is_the_newest_revision():
    """HEAD, which spares Alembic's import, is Alembic's head."""
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).with_name("migrations")))

    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


NEXT = f"""
import sqlalchemy as sa
from alembic import op
revision, down_revision = "r0999", "{HEAD}"

def upgrade():
    with op.batch_alter_table("attempts", recreate="always") as batch:
        batch.add_column(sa.Column("excused", sa.Boolean))
"""


@pytest.fixture
def old_book(path, tmp_path, monkeypatch):
    """A book with one attempt, made before a newer revision came; returns that revision's file."""
    with Gradebook.open(path) as book:
        one = submission()
        book.record(one, record(one))
    shutil.copytree(database.MIGRATIONS, tmp_path / "migrations")
    monkeypatch.setattr(database, "MIGRATIONS", tmp_path / "migrations")
    monkeypatch.setattr(database, "HEAD", "r0999")
    revision = tmp_path / "migrations" / "versions" / "r0999_next.py"
    revision.write_text(NEXT)
    return revision


def columns(path: Path) -> set[str]:
    """Columns of the table of attempts."""
    raw = sqlite3.connect(path)
    names = {row[1] for row in raw.execute("PRAGMA table_info(attempts)")}
    raw.close()
    return names


def test_book_of_an_older_revision_is_migrated(path, old_book):
    """A book of an older revision is brought up to date on opening, and keeps all it held."""
    with Gradebook.open(path) as book:
        assert book.best("s001")["ex10_convolution"].attempts == 1
        one = submission(b"another")
        assert book.record(one, record(one)).attempt == 2

    assert "excused" in columns(path)
    whole(path)


def test_migration_that_breaks_changes_nothing(path, old_book):
    """A migration is one transaction."""
    old_book.write_text(NEXT + "    raise RuntimeError('power cut')\n")

    with pytest.raises(RuntimeError, match="power cut"):
        Gradebook.open(path)

    assert "excused" not in columns(path)
    whole(path)


def test_migration_that_loses_rows_changes_nothing(path, old_book):
    """A migration that would leave records without their attempt is undone."""
    old_book.write_text(NEXT + "    op.execute('DELETE FROM attempts')\n")

    with pytest.raises(MachineError, match="lost rows; nothing was changed"):
        Gradebook.open(path)

    assert "excused" not in columns(path)
    whole(path)


def test_unknown_older_revision(path, old_book):
    """A revision that never was is refused in words."""
    raw = sqlite3.connect(path)
    with raw:
        raw.execute("UPDATE alembic_version SET version_num = 'r0000'")
    raw.close()

    with pytest.raises(InputError, match="cannot be migrated"):
        Gradebook.open(path)


def test_opening_a_new_book_is_light(path):
    """A new book, and one that is up to date, is opened without Alembic."""
    code = (
        "import sys; from grader.gradebook import Gradebook\n"
        "Gradebook.open(sys.argv[1]).close()\n"
        "Gradebook.open(sys.argv[1]).close()\n"
        "print('alembic' in sys.modules, 'sqlalchemy.orm' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)

    assert done.stdout == "False False\n"


def test_only_the_owner_reads(path):
    """Scores and sources are for nobody else on the machine."""
    with Gradebook.open(path) as book:
        one = submission()
        book.record(one, record(one))

        modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}

    assert modes == {0o600}


def test_write_ahead_log(path):
    """Readers do not wait for writers."""
    Gradebook.open(path).close()

    raw = sqlite3.connect(path)
    mode = raw.execute("PRAGMA journal_mode").fetchone()
    raw.close()

    assert mode == ("wal",)


def test_url(path):
    """A book is named by path or by SQLite URL."""
    Gradebook.open(f"sqlite:///{path}").close()

    assert path.is_file()


@pytest.mark.parametrize(
    "url", ["mysql://u:pw@host/db", "sqlite://", "sqlite:///:memory:", "://", "postgresql://u:pw@host"]
)
def test_other_urls(url):
    """Other databases are refused, without showing a password."""
    with pytest.raises(InputError, match="gradebook") as caught:
        Gradebook.open(url)

    assert "pw" not in str(caught.value)


def _many(path: Path, worker: int) -> list[int]:
    """Twenty attempts of one student, and one file that all hand in."""
    with Gradebook.open(path) as book:
        numbers = []
        for i in range(20):
            one = submission(f"x = {worker}, {i}\n".encode())
            numbers.append(book.record(one, record(one)).attempt)
        same = submission(b"same\n")
        book.record(same, record(same))
        return numbers


def test_two_processes_at_once(path):
    """Processes that make and write one book at once give each attempt one number, without gaps."""
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        numbers = [n for part in pool.map(_many, [path] * 3, range(3)) for n in part]

    with Gradebook.open(path) as book:
        stored = [attempt.number for attempt in book.attempts("s001", "ex10_convolution")]
    assert len(set(numbers)) == 60
    assert stored == list(range(1, 62))
    whole(path)


def test_threads_share_a_book(path):
    """One open book serves many threads."""

    def hand_in(number: int) -> int:
        one = submission(b"%d" % number)
        return book.record(one, record(one)).attempt

    with Gradebook.open(path) as book, ThreadPoolExecutor(4) as pool:
        numbers = sorted(pool.map(hand_in, range(40)))

    assert numbers == list(range(1, 41))
    whole(path)


WRITER = """
import itertools, sys
from grader.gradebook import Gradebook
from tests.gradebook.factory import record, submission
book = Gradebook.open(sys.argv[1])
for i in itertools.count():
    one = submission(b"# " + str((sys.argv[2], i)).encode() + b"x" * 20_000)
    print(book.record(one, record(one)).attempt, flush=True)
"""


def written_until_killed(path: Path, name: str, after: int, delay_s: float) -> int:
    """The last attempt that a writer reported, killed a while after it had reported some."""
    command = [sys.executable, "-c", WRITER, path, name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:
        assert writer.stdout is not None
        reported = [writer.stdout.readline() for _ in range(after)]
        time.sleep(delay_s)  # not to wait for something: to hit different moments
        writer.send_signal(signal.SIGKILL)
        # What it reported before the signal arrived was recorded, too.
        reported += writer.stdout.read().split()
    return int(reported[-1])


def assert_all_there(path: Path, reported: int) -> None:
    """Asserts that the book is whole and holds at least what was reported."""
    with Gradebook.open(path) as book:
        stored = [attempt.number for attempt in book.attempts("s001", "ex10_convolution")]
    assert stored == list(range(1, len(stored) + 1))
    assert len(stored) >= reported
    whole(path)


@pytest.mark.parametrize("after", [1, 2, 8, 40])
def test_killed_in_the_middle(path, after):
    """Killed in the middle of many writes, the book is whole, and what was reported is in it."""
    for round_ in range(3):
        reported = written_until_killed(path, str(round_), after, delay_s=0)

        assert_all_there(path, reported)


@pytest.mark.slow
def test_killed_at_many_moments(path):
    """Killed at any of a hundred moments of a write."""
    for round_ in range(100):
        reported = written_until_killed(path, str(round_), 1, delay_s=round_ * 1e-4)

        assert_all_there(path, reported)


def test_killed_while_made(path):
    """Killed while it makes the book, the next one makes it."""
    for delay in (0.0, 0.005, 0.01, 0.02):
        code = (
            "import sys; from grader.gradebook import Gradebook; "
            "print(flush=True); Gradebook.open(sys.argv[1])"
        )
        with subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE) as maker:
            assert maker.stdout is not None
            maker.stdout.readline()
            time.sleep(delay)  # not to wait for something: to hit different moments
            maker.kill()

        with Gradebook.open(path) as book:
            assert book.best("s001") == {}
        whole(path)
        shutil.rmtree(path.parent)


def test_failure_in_the_middle_leaves_nothing(path, monkeypatch):
    """An attempt is stored whole or not at all."""
    with Gradebook.open(path) as book:
        one = submission()
        monkeypatch.setattr("grader.gradebook.book._row", lambda *_: 1 / 0)

        with pytest.raises(ZeroDivisionError):
            book.record(one, record(one))

        assert book.submission_bytes(one.digest) == ()
    whole(path)


def test_not_a_database(path):
    """A damaged file is said to be one, and left as it is."""
    path.parent.mkdir()
    path.write_bytes(b"no database " * 100)

    with pytest.raises(MachineError, match=r"is damaged, or no gradebook: move it away and restore"):
        Gradebook.open(path)

    assert path.read_bytes() == b"no database " * 100


def test_damaged_page(path):
    """Damage inside is found where it is met."""
    with Gradebook.open(path) as book:
        for i in range(50):
            one = submission(b"%d" % i + b"x" * 5000)
            book.record(one, record(one))
    data = bytearray(path.read_bytes())
    data[8192:] = b"\xff" * (len(data) - 8192)
    path.write_bytes(data)

    with pytest.raises(MachineError, match="is damaged"), Gradebook.open(path) as book:
        book.best("s001")


def test_damaged_record(path):
    """A record that is none any more is the book's damage, not a traceback."""
    with Gradebook.open(path) as book:
        one = submission()
        book.record(one, record(one))
        raw = sqlite3.connect(path)
        with raw:
            raw.execute("UPDATE records SET record = '{}'")
        raw.close()

        with pytest.raises(MachineError, match="a record in it is damaged"):
            book.previous("s001", "ex10_convolution")


def test_locked(path):
    """A book that another process holds too long is said to be locked."""
    Gradebook.open(path).close()
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("BEGIN IMMEDIATE")
    one = submission()

    with Gradebook.open(path, busy_timeout_s=0.05) as book:
        with pytest.raises(MachineError, match="is locked by another process: wait"):
            book.record(one, record(one))
        raw.execute("ROLLBACK")
        raw.close()

        assert book.record(one, record(one)).attempt == 1


def test_folder(tmp_path):
    """A folder is no book."""
    with pytest.raises(InputError, match="is a folder: name a file"):
        Gradebook.open(tmp_path)


def test_folder_that_cannot_be_made(tmp_path):
    """A state folder that is a file is the host's fault, said with what to do."""
    (tmp_path / "state").write_text("")

    with pytest.raises(MachineError, match=r"cannot be opened: .* check owner and mode"):
        Gradebook.open(tmp_path / "state" / "gradebook.sqlite3")


def test_disk_full(path, monkeypatch):
    """A full disk costs the attempt that did not fit, and nothing before it."""
    with Gradebook.open(path) as book:
        one, big = submission(), submission(b"x" * 500_000)
        book.record(one, record(one))
        with book.database.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        with pytest.raises(MachineError, match="the disk is full; make room"):
            book.record(big, record(big))

        assert len(book.attempts("s001", "ex10_convolution")) == 1
    whole(path)
