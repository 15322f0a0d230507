"""The database under the gradebook: SQLite, opened, migrated, and its errors put in words."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, inspect, make_url

from grader.errors import InputError, MachineError
from grader.gradebook.schema import HEAD, metadata

MIGRATIONS = Path(__file__).with_name("migrations")

_VERSION_TABLE = (
    "CREATE TABLE alembic_version "
    "(version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


def sqlite_path(url_or_path: str | Path) -> Path:
    """File of an SQLite URL, or the path itself; InputError for other databases."""
    if isinstance(url_or_path, Path) or "://" not in url_or_path:
        return Path(url_or_path)
    try:
        url = make_url(url_or_path)
    except exc.ArgumentError as e:
        raise InputError("gradebook: not a URL; give sqlite:////path/to/file or a path") from e
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        shown = url.render_as_string(hide_password=True)
        raise InputError(f"gradebook {shown!r}: only an SQLite file is supported; give a path")
    return Path(url.database)


def connect(path: Path, *, busy_timeout_s: float) -> Engine:
    """Engine of the book at `path`, made or migrated if need be.

    A transaction begins with BEGIN; one of `engine.execution_options(writes=True)` with BEGIN
    IMMEDIATE, so that what it read still holds when it writes.
    """
    if path.is_dir():
        raise InputError(f"gradebook {str(path)!r} is a folder: name a file")
    _touch(path)
    engine = create_engine(
        URL.create("sqlite", database=str(path.absolute())), connect_args={"timeout": busy_timeout_s}
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    try:
        with in_words(path):
            _bring_up_to_date(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return engine


def upgrade(connection: Connection) -> None:
    """Runs the migrations that `connection`'s book lacks, in its transaction."""
    from alembic import command  # 0.1 s: only for a book of an older revision
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as e:  # the revision of a development version
        raise InputError(f"gradebook: cannot be migrated: {e}; restore the book from a backup") from e


def create(connection: Connection) -> None:
    """All tables at once: what the migrations would make of an empty book (a test compares)."""
    metadata.create_all(connection)
    connection.exec_driver_sql(_VERSION_TABLE)
    connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (HEAD,))


@contextlib.contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turns what SQLite raises about the host into a MachineError that says what to do."""
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
    if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        with contextlib.suppress(sqlite3.OperationalError):  # busy: another process is doing the same
            connection.execute("PRAGMA journal_mode = WAL")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _bring_up_to_date(engine: Engine, path: Path) -> None:
    with engine.begin() as connection:
        revision = _revision(connection, path)
    if revision == HEAD:
        return
    with engine.execution_options(writes=True).connect() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        # SQLite alters a table by copying and dropping it, which foreign keys would forbid; they can be
        # switched only outside a transaction.
        raw.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                revision = _revision(connection, path)  # another process may have been first
                if revision is None:
                    create(connection)
                elif revision != HEAD:
                    upgrade(connection)
                if connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise MachineError(
                        f"gradebook {str(path)!r}: its migration lost rows; nothing was changed"
                    )
        finally:
            raw.execute("PRAGMA foreign_keys = ON")


def _revision(connection: Connection, path: Path) -> str | None:
    """Revision of the book; None if it is empty; InputError if it is none of ours."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if "alembic_version" not in tables or "attempts" not in tables:
        raise InputError(f"gradebook {str(path)!r} is another program's database: name another file")
    revision: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if revision is None or revision > HEAD:
        raise InputError(
            f"gradebook {str(path)!r} was written by a newer dlgrade (revision {revision!r}, not {HEAD!r}): "
            "upgrade dlgrade, or restore the book from a backup"
        )
    return revision
