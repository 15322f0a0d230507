"""Tables of the gradebook.

A change here needs a revision in `migrations/versions/` and a new HEAD; a test holds the two equal.
"""

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

HEAD = "r0003"
"""Newest revision: a book that carries it opens without importing Alembic."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

students = Table(
    "students",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(128), nullable=False, unique=True),  # the student's id in NFC
    # Of the roster, where there is one:
    Column("full_name", String(200)),
    Column("email", String(200)),
    Column("section", String(200)),
)

# Digests depend on the files only, and two exercises may take the same bytes under other names.
submissions = Table(
    "submissions",
    metadata,
    Column("exercise", String(80), primary_key=True),
    Column("digest", String(71), primary_key=True),  # "sha256:" and 64 hex digits
)

files = Table(
    "files",
    metadata,
    Column("exercise", String(80), primary_key=True),
    Column("digest", String(71), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", String(80), nullable=False),
    Column("data", LargeBinary, nullable=False),
    ForeignKeyConstraint(["exercise", "digest"], ["submissions.exercise", "submissions.digest"]),
)

# `number` is null until the attempt is graded: what the grader broke costs no attempt.
attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("student_id", Integer, ForeignKey("students.id"), nullable=False),
    Column("exercise", String(80), nullable=False),
    Column("number", Integer),
    Column("digest", String(71), nullable=False),
    Column("submitted_utc", String(32), nullable=False),
    ForeignKeyConstraint(["exercise", "digest"], ["submissions.exercise", "submissions.digest"]),
    UniqueConstraint("student_id", "exercise", "number"),
    UniqueConstraint("student_id", "exercise", "digest"),
)

# Rows are added and never changed; the newest graded one of an attempt is the one that counts.
records = Table(
    "records",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("attempt_id", Integer, ForeignKey("attempts.id"), nullable=False, index=True),
    Column("suite", String(71), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("score", Float),
    Column("max_score", Float, nullable=False),
    Column("graded_utc", String(32), nullable=False),
    Column("record", Text, nullable=False),  # JSON, as `grader.core.record.encode` writes it
)

# What staff decided, with author and reason: rows are added and never changed; the newest one of a student in
# an exercise stands. Of overrides, `points` counts for the kind "points" only: another kind is "excused", and
# "withdrawn" undoes the one before. An extension without date and attempts undoes the one before.
overrides = Table(
    "overrides",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("student_id", Integer, ForeignKey("students.id"), nullable=False, index=True),
    Column("exercise", String(80), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("points", Float),
    Column("author", String(128), nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_utc", String(32), nullable=False),
)

extensions = Table(
    "extensions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("student_id", Integer, ForeignKey("students.id"), nullable=False, index=True),
    Column("exercise", String(80), nullable=False),
    Column("due_utc", String(32)),
    Column("attempts", Integer, nullable=False),
    Column("author", String(128), nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_utc", String(32), nullable=False),
)

# What `grade regrade` has judged and nobody has applied: at most one of each attempt. `replaces` is the
# record that stood then, none for what was never graded; where another stands by now, the draft is void.
drafts = Table(
    "drafts",
    metadata,
    Column("attempt_id", Integer, ForeignKey("attempts.id"), primary_key=True),
    Column("replaces", Integer, ForeignKey("records.id")),
    Column("suite", String(71), nullable=False),
    Column("rules", String(64), nullable=False),  # digest of what course.toml says of judging, such as limits
    Column("record", Text, nullable=False),
)

# Of records that staff had made in place of another: who, why, when. Rows are added and never changed.
regrades = Table(
    "regrades",
    metadata,
    Column("record_id", Integer, ForeignKey("records.id"), primary_key=True),
    Column("replaces", Integer, ForeignKey("records.id")),
    Column("author", String(128), nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_utc", String(32), nullable=False),
)
