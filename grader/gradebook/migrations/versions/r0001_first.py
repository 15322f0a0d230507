"""First tables: students, submissions and their files, attempts, records."""

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "students",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_students"),
        sa.UniqueConstraint("name", name="uq_students_name"),
    )
    op.create_table(
        "submissions",
        sa.Column("exercise", sa.String(80), nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.PrimaryKeyConstraint("exercise", "digest", name="pk_submissions"),
    )
    op.create_table(
        "files",
        sa.Column("exercise", sa.String(80), nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("exercise", "digest", "position", name="pk_files"),
        sa.ForeignKeyConstraint(
            ["exercise", "digest"], ["submissions.exercise", "submissions.digest"], name="fk_files_exercise"
        ),
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("student_id", sa.Integer, nullable=False),
        sa.Column("exercise", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("submitted_utc", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        sa.ForeignKeyConstraint(
            ["exercise", "digest"],
            ["submissions.exercise", "submissions.digest"],
            name="fk_attempts_exercise",
        ),
        sa.UniqueConstraint(
            "student_id", "exercise", "number", name="uq_attempts_student_id_exercise_number"
        ),
        sa.UniqueConstraint(
            "student_id", "exercise", "digest", name="uq_attempts_student_id_exercise_digest"
        ),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name="fk_attempts_student_id"),
    )
    op.create_table(
        "records",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("attempt_id", sa.Integer, nullable=False),
        sa.Column("suite", sa.String(71), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("max_score", sa.Float, nullable=False),
        sa.Column("graded_utc", sa.String(32), nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_records"),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name="fk_records_attempt_id"),
    )
    op.create_index("ix_records_attempt_id", "records", ["attempt_id"])
