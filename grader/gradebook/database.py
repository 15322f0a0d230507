"""The database under the gradebook: opened by path or URL, made or migrated, and its errors put in words.

SQLite and PostgreSQL are told apart here and in `sqlite` and `postgres`, and nowhere else.
"""

import abc
import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Connection, Engine, exc, inspect, make_url, text

from grader.errors import InputError
from grader.gradebook.schema import HEAD, metadata

MIGRATIONS = Path(__file__).with_name("migrations")

_VERSION_TABLE = (
    "CREATE TABLE alembic_version "
    "(version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


class Database(abc.ABC):
    """An open database. Many processes may have it open; each thread takes its own connection."""

    path: Path | None
    """The file, where there is one."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine = engine
        self.name = name
        """For messages: no password is in it."""
        self._writer = engine.execution_options(writes=True)

    def close(self) -> None:
        """Closes the connections; the database can be used again all the same."""
        self.engine.dispose()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one moment of the database, and is not to write."""
        with self.in_words(), self.engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is alone in writing: what it has read still holds when it writes."""
        with self.in_words(), self._writer.begin() as connection:
            yield connection

    @abc.abstractmethod
    def in_words(self) -> AbstractContextManager[None]:
        """Turns what the driver raises about the host into a MachineError that says what to do."""

    @abc.abstractmethod
    def migrating(self) -> AbstractContextManager[Connection]:
        """A writing transaction in which tables can be altered."""

    @abc.abstractmethod
    def renumber(self, connection: Connection) -> None:
        """Lets new rows be numbered behind those that were copied with their numbers."""

    @abc.abstractmethod
    def vacuum(self) -> None:
        """Takes what was deleted off the disk, as far as the database can."""


def connect(url_or_path: str | Path, *, busy_timeout_s: float) -> Database:
    """The database of the book, made or migrated if need be; InputError for one that is none of ours."""
    from grader.gradebook import sqlite

    if isinstance(url_or_path, Path) or "://" not in url_or_path:
        database: Database = sqlite.Sqlite(Path(url_or_path), busy_timeout_s=busy_timeout_s)
    else:
        try:
            url = make_url(url_or_path)
        except exc.ArgumentError as e:
            raise InputError(
                "gradebook: not a URL; give a path, sqlite:////path/to/file or postgresql://USER@HOST/NAME"
            ) from e
        shown = url.render_as_string(hide_password=True)
        kind = url.get_backend_name()
        if kind == "sqlite" and url.database and url.database != ":memory:":
            database = sqlite.Sqlite(Path(url.database), busy_timeout_s=busy_timeout_s)
        elif kind in ("postgresql", "postgres") and url.database:
            from grader.gradebook import postgres

            database = postgres.Postgres(url, busy_timeout_s=busy_timeout_s)
        else:
            raise InputError(
                f"gradebook {shown!r}: give the path of an SQLite file, or postgresql://USER@HOST/NAME"
            )
    try:
        _bring_up_to_date(database)
    except BaseException:
        database.close()
        raise
    return database


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Runs the migrations that `connection`'s book lacks, in its transaction."""
    from alembic import command  # 0.1 s: only for a book of an older revision
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as e:  # the revision of a development version
        raise InputError(f"gradebook: cannot be migrated: {e}; restore the book from a backup") from e


def create(connection: Connection) -> None:
    """All tables at once: what the migrations would make of an empty book (a test compares)."""
    metadata.create_all(connection)
    connection.exec_driver_sql(_VERSION_TABLE)
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def _bring_up_to_date(database: Database) -> None:
    with database.reading() as connection:
        revision = _revision(connection, database.name)
    if revision == HEAD:
        return
    with database.migrating() as connection:
        revision = _revision(connection, database.name)  # another process may have been first
        if revision is None:
            create(connection)
        elif revision != HEAD:
            upgrade(connection)


def _revision(connection: Connection, name: str) -> str | None:
    """Revision of the book; None if it is empty; InputError if it is none of ours."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if "alembic_version" not in tables or "attempts" not in tables:
        raise InputError(f"gradebook {name!r} is another program's database: name another one")
    revision: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if revision is None or revision > HEAD:
        raise InputError(
            f"gradebook {name!r} was written by a newer dlgrade (revision {revision!r}, not {HEAD!r}): "
            "upgrade dlgrade, or restore the book from a backup"
        )
    return revision
