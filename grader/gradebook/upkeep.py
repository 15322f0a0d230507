"""Care of the book: a copy while it is in use, the way back, and forgetting a student.

A backup is a gradebook in an SQLite file, whatever database the book is in, and the course's secret in a
table of its own. So it also moves a book from one database to the other. Rows are copied in one transaction
on each side: whoever is killed in the middle leaves the book as it was.
"""

import csv
import shutil
import sqlite3
import tempfile
from pathlib import Path

from sqlalchemy import Column, Connection, LargeBinary, MetaData, Table, delete, func, insert, select

from grader.core.course import SECRET_BYTES
from grader.core.submission import student_key
from grader.errors import InputError, MachineError
from grader.gradebook import decisions
from grader.gradebook.book import Gradebook
from grader.gradebook.schema import (
    attempts,
    drafts,
    extensions,
    files,
    metadata,
    overrides,
    records,
    regrades,
    students,
    submissions,
)

CHUNK = 100  # rows: a file has up to 1 MiB

_course_secret = Table("course_secret", MetaData(), Column("data", LargeBinary, nullable=False))


def backup(book: Gradebook, file: Path, *, secret: bytes, force: bool = False) -> int:
    """Copies the book as it is at this moment to `file`; gives back how many attempts it holds.

    Others may write meanwhile. InputError if the file is there, unless `force`; it appears whole or not at
    all.
    """
    if file.is_dir():
        raise InputError(f"{str(file)!r} is a folder: name a file in it")
    if file.exists() and not force:
        raise InputError(f"{str(file)!r} is there already: name another file, or replace it with --force")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{file.name[:60]}-", dir=file.parent) as folder:
            draft = Path(folder) / "draft"
            with (
                Gradebook.open(draft) as copy,
                book.database.reading() as source,
                copy.database.writing() as target,
            ):
                held = _copy(source, target)
                _keep_secret(target, secret)
            draft.replace(file)  # closed, so that nothing of it is in a write-ahead log
    except OSError as e:
        raise MachineError(
            f"no backup can be written to {str(file)!r}: {(e.strerror or str(e)).lower()}; name another file"
        ) from e
    return held


def restore(
    book: Gradebook, file: Path, *, secret: bytes | None = None, force: bool = False
) -> tuple[int, bytes | None]:
    """Makes the book what the backup `file` holds; gives back how many attempts, and the course's secret.

    `secret` is the one that the course has. InputError for a file that is no backup, and, unless `force`, for
    a book that holds something or a secret that is another. The book is the old one or the new one.
    """
    require(file)
    with tempfile.TemporaryDirectory(prefix="dlgrade-restore-") as folder:
        copy = Path(folder) / "backup"  # an older one is migrated: not in the only copy there is
        shutil.copyfile(file, copy)
        kept = _sound(copy, file)
        if None not in (secret, kept) and secret != kept and not force:
            raise InputError(
                f"{str(file)!r} has another course's secret, with which every file would meet other inputs: "
                "restore it all the same with --force"
            )
        with (
            Gradebook.open(copy) as backed_up,
            backed_up.database.reading() as source,
            book.database.writing() as target,
        ):
            held = target.execute(select(func.count()).select_from(students)).scalar_one()
            if held and not force:
                raise InputError(
                    f"the gradebook {book.database.name!r} holds {held} student{'' if held == 1 else 's'}: "
                    "back it up, and restore over it with --force"
                )
            for table in reversed(metadata.sorted_tables):
                target.execute(delete(table))
            number = _copy(source, target)
            book.database.renumber(target)
    return number, kept


def require(file: Path) -> None:
    """InputError unless there is a file that may be a backup."""
    if not file.is_file():
        raise InputError(f"no file {str(file)!r}: name a backup ('grade book backup FILE' makes one)")


def forget(book: Gradebook, student: str, *, state_dir: Path) -> int:
    """Erases a student: attempts, records, files, decisions, reports, logs; gives back how many attempts.

    Files that another student handed in as well stay with that one. InputError for a student whom the book
    does not know; reports and free pages are cleaned all the same, so that what was killed can be finished.
    """
    key = student_key(student)
    for path in sorted(state_dir.rglob(f"*{key}*"), reverse=True):  # deepest first
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
    for index in state_dir.glob("feedback/*/index.csv"):
        _strike(index, key)
    try:
        with book.database.writing() as connection:
            return _forget(connection, decisions.student_id(connection, student))
    finally:
        book.database.vacuum()


def _strike(index: Path, key: str) -> None:
    """Takes the line on a student's folder out of a table of folders."""
    with index.open(newline="", encoding="utf-8") as file:
        lines = [line for line in csv.reader(file) if key not in line]
    draft = index.with_name(f".{index.name}.tmp")
    with draft.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    draft.replace(index)


def _forget(connection: Connection, id: int) -> int:
    mine = select(attempts.c.id).where(attempts.c.student_id == id)
    held = connection.execute(
        select(attempts.c.exercise, attempts.c.digest).where(attempts.c.student_id == id)
    ).all()
    made = select(records.c.id).where(records.c.attempt_id.in_(mine))
    connection.execute(delete(drafts).where(drafts.c.attempt_id.in_(mine)))
    connection.execute(delete(regrades).where(regrades.c.record_id.in_(made)))
    connection.execute(delete(records).where(records.c.attempt_id.in_(mine)))
    for table in (attempts, overrides, extensions):
        connection.execute(delete(table).where(table.c.student_id == id))
    for exercise, digest in held:
        key = {"exercise": exercise, "digest": digest}
        if connection.execute(select(attempts.c.id).filter_by(**key)).first() is None:
            connection.execute(delete(files).filter_by(**key))
            connection.execute(delete(submissions).filter_by(**key))
    connection.execute(delete(students).where(students.c.id == id))
    return len(held)


def _copy(source: Connection, target: Connection) -> int:
    """Copies all tables into empty ones; gives back how many attempts there are."""
    for table in metadata.sorted_tables:
        rows = source.execution_options(yield_per=CHUNK).execute(select(table)).mappings()
        for part in rows.partitions():
            target.execute(insert(table), [dict(row) for row in part])
    return _count(target, attempts)


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _keep_secret(connection: Connection, secret: bytes) -> None:
    _course_secret.create(connection)
    connection.execute(insert(_course_secret).values(data=secret))


def _sound(copy: Path, file: Path) -> bytes | None:
    """The secret in a backup, None if there is none; InputError if it is damaged, or none of ours."""
    try:
        raw = sqlite3.connect(copy)
        try:
            whole = raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            tables = {name for (name,) in raw.execute("SELECT name FROM sqlite_master")}
            kept = _course_secret.name in tables
            secret = raw.execute("SELECT data FROM course_secret").fetchone() if kept else None
        finally:
            raw.close()
    except sqlite3.DatabaseError as e:
        raise InputError(f"{str(file)!r} is damaged, or no backup of a gradebook: name another one") from e
    if not whole:
        raise InputError(f"{str(file)!r} is damaged: name another backup")
    if "attempts" not in tables:
        raise InputError(f"{str(file)!r} is no backup of a gradebook: name another file")
    if secret is not None and (not isinstance(secret[0], bytes) or len(secret[0]) != SECRET_BYTES):
        raise InputError(f"{str(file)!r} is damaged: the course's secret in it is none; name another backup")
    return None if secret is None else secret[0]
