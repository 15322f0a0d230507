"""Books of older revisions, on both databases: brought up to date, with all they held."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, event, inspect, make_url, text

from grader.core.record import decode, encode
from grader.core.submission import SourceFile
from grader.errors import InputError
from grader.gradebook import Gradebook, database, ledger
from grader.gradebook.schema import HEAD, metadata
from tests.gradebook.factory import hand_in, record, submission

WHEN = "2026-03-01T09:00:00Z"
ONE, TWO = submission(b"x = 1\n"), submission(b"x = 2\n")


@pytest.fixture
def engine(place):
    """A database without a book."""
    if isinstance(place, str):
        made = create_engine(make_url(place).set(drivername="postgresql+psycopg"))
    else:
        place.parent.mkdir()
        made = create_engine(f"sqlite:///{place}")
        event.listen(made, "connect", lambda raw, _: setattr(raw, "isolation_level", None))
        event.listen(made, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    yield made
    made.dispose()


def filled_at_r0001(engine) -> None:
    """A book as the first revision wrote it: two attempts, one of them graded twice, one try not graded."""
    files = [(ONE, 1, b"x = 1\n"), (TWO, 2, b"x = 2\n"), (submission(b"x = 3\n"), None, b"x = 3\n")]
    with engine.begin() as connection:
        database.upgrade(connection, "r0001")
        connection.execute(text("INSERT INTO students (id, name) VALUES (1, '김민수'), (2, 's002')"))
        for id, (one, number, data) in enumerate(files, start=1):
            key = {"id": id, "digest": one.digest, "number": number, "data": data, "when": WHEN}
            for statement in (
                "INSERT INTO submissions VALUES ('ex10_convolution', :digest)",
                "INSERT INTO files VALUES ('ex10_convolution', :digest, 0, 'convolution.py', :data)",
                "INSERT INTO attempts VALUES (:id, 1, 'ex10_convolution', :number, :digest, :when)",
            ):
                connection.execute(text(statement), key)
        rows = [(1, ONE, 40.0, "a"), (1, ONE, 60.0, "b"), (2, TWO, 50.0, "b"), (3, files[2][0], None, "b")]
        for id, (attempt, one, score, suite) in enumerate(rows, start=1):
            made = record(one, score=score, suite="sha256:" + suite * 64)
            connection.execute(
                text("INSERT INTO records VALUES (:id, :a, :suite, :outcome, :score, 100, :when, :record)"),
                {
                    "id": id,
                    "a": attempt,
                    "suite": made.digests.suite,
                    "outcome": made.outcome,
                    "score": score,
                    "when": WHEN,
                    "record": encode(made).decode(),
                },
            )
        if engine.dialect.name == "postgresql":
            for table in ("students", "attempts", "records"):
                connection.execute(text(f"SELECT setval('{table}_id_seq', 10)"))


def test_a_book_of_the_first_revision(place, engine):
    """All that a book of r0001 held is there after it was opened, and it can be written as before."""
    filled_at_r0001(engine)

    with Gradebook.open(place) as book:
        stands = [(a.number, a.score, a.digest) for a in book.attempts("김민수", "ex10_convolution")]
        again = hand_in(book, b"x = 4\n", 70.0, student="김민수")
        late = hand_in(book, b"x = 3\n", 80.0, student="김민수")
        kept = ledger.read(book)

        assert stands == [(1, 60.0, ONE.digest), (2, 50.0, TWO.digest)]
        assert book.submission_bytes(ONE.digest) == (SourceFile(name="convolution.py", data=b"x = 1\n"),)
        assert (again.attempt, late.attempt) == (3, 4)
        assert [one.id for one in kept.students] == ["s002", "김민수"]
    with engine.connect() as connection:
        texts = connection.execute(text("SELECT record FROM records ORDER BY id")).scalars().all()
        assert [decode(t.encode()).score for t in texts] == [40.0, 60.0, 50.0, None, 70.0, 80.0]


def test_migrated_is_as_made(place, engine):
    """Migrations make what the code expects, column by column."""
    with engine.begin() as connection:
        database.upgrade(connection)

        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == HEAD


def test_made_is_as_migrated(place, engine):
    """So does a book that was made at once."""
    Gradebook.open(place).close()

    with engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_newer_revision(place, engine):
    """A book of a newer version is refused, not damaged."""
    Gradebook.open(place).close()
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'r9999'"))

    with pytest.raises(InputError, match=r"written by a newer dlgrade \(revision 'r9999'.*upgrade dlgrade"):
        Gradebook.open(place)


def test_another_programs_database(place, engine):
    """A database of another program is not touched."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE notes (content VARCHAR(10))"))

    with pytest.raises(InputError, match="is another program's database"):
        Gradebook.open(place)

    assert inspect(engine).get_table_names() == ["notes"]
