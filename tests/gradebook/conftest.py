"""Books on both databases: an SQLite file, and a database of a PostgreSQL that the tests start themselves."""

import itertools
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from grader.gradebook import Gradebook

SERVER = Path(__file__).parents[2] / ".ci" / "postgres"
_names = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """URL of a PostgreSQL of this session's own, whose end ends it, however it comes."""
    if subprocess.run([SERVER, "where"], capture_output=True, check=False).returncode:
        words = "no PostgreSQL on this machine, so the gradebook is not tested on it: .ci/postgres install"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    with subprocess.Popen(
        [SERVER, "run"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, "PostgreSQL did not start"
        yield url
        process.stdin.close()


@pytest.fixture
def postgres(server) -> Iterator[str]:
    """URL of an empty database."""
    name = f"test_{next(_names)}"
    with psycopg.connect(server, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield make_url(server).set(database=name).render_as_string()
    with psycopg.connect(server, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, tmp_path) -> str | Path:
    """Where a book can be made: on both databases."""
    if request.param == "sqlite":
        return tmp_path / "state" / "gradebook.sqlite3"
    url: str = request.getfixturevalue("postgres")
    return url


@pytest.fixture
def book(place) -> Iterator[Gradebook]:
    """An empty book."""
    with Gradebook.open(place) as book:
        yield book
