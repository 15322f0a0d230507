"""What staff decide (overrides, extensions), and what a roster says of students."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the tables and columns."""
    # SQLite would append columns behind the constraints: the table is copied, as `create_all` writes it.
    recreate: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("students", recreate=recreate) as batch:
        for name in ("full_name", "email", "section"):
            batch.add_column(sa.Column(name, sa.String(200)))
    op.create_table(
        "overrides",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("student_id", sa.Integer, nullable=False),
        sa.Column("exercise", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("points", sa.Float),
        sa.Column("author", sa.String(128), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("made_utc", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_overrides"),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name="fk_overrides_student_id"),
    )
    op.create_index("ix_overrides_student_id", "overrides", ["student_id"])
    op.create_table(
        "extensions",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("student_id", sa.Integer, nullable=False),
        sa.Column("exercise", sa.String(80), nullable=False),
        sa.Column("due_utc", sa.String(32)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("author", sa.String(128), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("made_utc", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_extensions"),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name="fk_extensions_student_id"),
    )
    op.create_index("ix_extensions_student_id", "extensions", ["student_id"])
