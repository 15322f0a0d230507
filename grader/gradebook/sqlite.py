"""A gradebook in an SQLite file: the default, which needs nothing.

A transaction begins with BEGIN, one that writes with BEGIN IMMEDIATE.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, event, exc

from grader.errors import InputError, MachineError
from grader.gradebook.database import Database


class Sqlite(Database):
    """The book in the file at `path`, which is made if it is not there."""

    path: Path

    def __init__(self, path: Path, *, busy_timeout_s: float) -> None:
        if path.is_dir():
            raise InputError(f"gradebook {str(path)!r} is a folder: name a file")
        _touch(path)
        self.path = path
        engine = create_engine(
            URL.create("sqlite", database=str(path.absolute())), connect_args={"timeout": busy_timeout_s}
        )
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        super().__init__(engine, str(path))

    @contextlib.contextmanager
    def in_words(self) -> Iterator[None]:
        """Turns what SQLite raises about the host into a MachineError that says what to do."""
        with in_words(self.path):
            yield

    @contextlib.contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A writing transaction in which tables can be altered; MachineError if it left loose ends."""
        with self.in_words(), self._writer.connect() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            # SQLite alters a table by copying and dropping it, which foreign keys would forbid; they can be
            # switched only outside a transaction.
            raw.execute("PRAGMA foreign_keys = OFF")
            try:
                with connection.begin():
                    yield connection
                    if connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                        raise MachineError(
                            f"gradebook {self.name!r}: its migration lost rows; nothing was changed"
                        )
            finally:
                raw.execute("PRAGMA foreign_keys = ON")

    def renumber(self, connection: Connection) -> None:
        """Nothing to do: SQLite numbers a row behind the last one there is."""

    def vacuum(self) -> None:
        """Writes the file anew without free pages, and empties the write-ahead log.

        MachineError where another process keeps it from doing so.
        """
        with self.in_words(), self.engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            raw.execute("VACUUM")
            (busy, *_) = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise MachineError(
                f"gradebook {self.name!r} is being read by another process, so what was deleted is still "
                "on the disk: run the same command again when nobody uses the book"
            )


@contextlib.contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turns what SQLite raises about the host into a MachineError that names `path` and says what to do."""
    try:
        yield
    except (exc.DBAPIError, sqlite3.Error) as e:  # the latter from `_prepare`
        cause = e.orig if isinstance(e, exc.DBAPIError) else e
        if not isinstance(cause, sqlite3.Error) or isinstance(cause, _BUGS):
            raise
        kind = getattr(cause, "sqlite_errorname", "")
        words = next((_ADVICE[k] for k in _ADVICE if kind.startswith(k)), f"cannot be used: {cause} ({kind})")
        raise MachineError(f"gradebook {str(path)!r} {words}") from e


_BUGS = (sqlite3.IntegrityError, sqlite3.ProgrammingError)

_ADVICE = {
    "SQLITE_BUSY": "is locked by another process: wait until that has finished, and try again",
    "SQLITE_LOCKED": "is locked by another process: wait until that has finished, and try again",
    "SQLITE_READONLY": "cannot be written: check owner and mode of the file and of its folder",
    "SQLITE_CANTOPEN": "cannot be opened: check owner and mode of the file and of its folder",
    "SQLITE_PERM": "cannot be opened: check owner and mode of the file and of its folder",
    "SQLITE_NOTADB": "is damaged, or no gradebook: move it away and restore it from a backup",
    "SQLITE_CORRUPT": "is damaged: move it away and restore it from a backup",
    "SQLITE_FULL": "cannot be written: the disk is full; make room and try again",
    "SQLITE_IOERR": "cannot be read or written: is the disk full? make room, or check the disk",
}


def _touch(path: Path) -> None:
    """An empty file that only its owner can read, unless it is there."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as e:
        raise MachineError(
            f"gradebook {str(path)!r} cannot be opened: {(e.strerror or str(e)).lower()}; "
            "check owner and mode of the file and of its folder"
        ) from e


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: sqlite3 would begin too late
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")  # a score that was shown survives a power cut
    connection.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten
    if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        with contextlib.suppress(sqlite3.OperationalError):  # busy: another process is doing the same
            connection.execute("PRAGMA journal_mode = WAL")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
