"""A gradebook in a PostgreSQL database: for many machines that write at once. Needs the extra `postgres`.

One database, or one schema of it, for one course. Reading transactions are REPEATABLE READ, so that they see
one moment; writing ones take a lock of the whole book first, as SQLite's do, so that the same rules hold.
"""

import contextlib
import zlib
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import URL, Connection, create_engine, event, exc, false, func, select

from grader.errors import EngineError, MachineError
from grader.gradebook.database import Database
from grader.gradebook.schema import metadata

LOCK: Final = zlib.crc32(b"dlgrade gradebook")  # any number that other programs are unlikely to take


class Postgres(Database):
    """The book in the database that `url` names, which has to be there."""

    path = None

    def __init__(self, url: URL, *, busy_timeout_s: float) -> None:
        url = url.set(drivername="postgresql+psycopg")
        try:
            engine = create_engine(url, pool_pre_ping=True)
        except ModuleNotFoundError as e:
            raise EngineError(
                "gradebook: PostgreSQL needs psycopg, which is not installed: pip install 'dlgrade[postgres]'"
            ) from e

        def prepare(connection: Any, _: object) -> None:
            connection.execute(f"SET lock_timeout = {max(1, round(busy_timeout_s * 1000))}")
            connection.commit()

        event.listen(engine, "connect", prepare)
        event.listen(engine, "begin", _begin)
        super().__init__(engine, url.render_as_string(hide_password=True))
        self._writer = engine.execution_options(writes=True)
        self._reader = engine.execution_options(isolation_level="REPEATABLE READ")

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one moment of the database."""
        with self.in_words(), self._reader.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def in_words(self) -> Iterator[None]:
        """Turns what the server or the way to it raises into a MachineError that says what to do."""
        try:
            yield
        except exc.DBAPIError as e:
            words = _words(e)
            if words is None:
                raise
            raise MachineError(f"gradebook {self.name!r} {words}") from e

    @contextlib.contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A writing transaction; PostgreSQL alters tables in any, and keeps foreign keys."""
        with self.writing() as connection:
            yield connection

    def renumber(self, connection: Connection) -> None:
        """Sets each table's sequence behind the last number in use."""
        for table in metadata.sorted_tables:
            if "id" in table.columns:
                free = select(func.coalesce(func.max(table.c.id), 0) + 1).scalar_subquery()
                sequence = func.pg_get_serial_sequence(table.name, "id")
                connection.execute(select(func.setval(sequence, free, false())))

    def vacuum(self) -> None:
        """Frees what was deleted; write-ahead logs and backups of the server keep it as long as they last."""
        with self.in_words(), self.engine.connect() as connection:
            alone = connection.execution_options(isolation_level="AUTOCOMMIT")
            for table in metadata.sorted_tables:
                alone.exec_driver_sql(f"VACUUM FULL {table.name}")


_ADVICE: Final = {
    "55P03": "is locked by another process: wait until that has finished, and try again",
    "40": "was changed by another process at the same time: try again",
    "53100": "cannot be written: the server's disk is full; make room and try again",
    "53": "cannot be used: the server has no more room or connections; try again later",
    "57": "cannot be used: the server is being shut down; start it and try again",
    "42501": "cannot be used: this user lacks rights there; grant them, or name another user",
    "25006": "cannot be written: the server takes no changes; name the one that does",
    "28": "refuses this user: check the name and the password (PGPASSWORD, or ~/.pgpass)",
    "3D000": "is not there: make the database first (createdb)",
}


def _words(error: exc.DBAPIError) -> str | None:
    """What to say of an error of the host; None for what is a bug of ours."""
    state = getattr(error.orig, "sqlstate", None) or ""
    for prefix, advice in _ADVICE.items():
        if state.startswith(prefix):
            return advice
    if isinstance(error, (exc.OperationalError, exc.InternalError)) or error.connection_invalidated:
        reason = (str(error.orig).strip() or type(error.orig).__name__).splitlines()[0]
        return f"cannot be reached: {reason}; is the server running, and the URL right?"
    return None


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("writes", False):
        connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
