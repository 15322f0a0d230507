"""Regrades: what was judged again and not applied yet, and who had which record replaced."""

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the tables."""
    op.create_table(
        "drafts",
        sa.Column("attempt_id", sa.Integer, nullable=False),
        sa.Column("replaces", sa.Integer),
        sa.Column("suite", sa.String(71), nullable=False),
        sa.Column("rules", sa.String(64), nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", name="pk_drafts"),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name="fk_drafts_attempt_id"),
        sa.ForeignKeyConstraint(["replaces"], ["records.id"], name="fk_drafts_replaces"),
    )
    op.create_table(
        "regrades",
        sa.Column("record_id", sa.Integer, nullable=False),
        sa.Column("replaces", sa.Integer),
        sa.Column("author", sa.String(128), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("made_utc", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name="pk_regrades"),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name="fk_regrades_record_id"),
        sa.ForeignKeyConstraint(["replaces"], ["records.id"], name="fk_regrades_replaces"),
    )
