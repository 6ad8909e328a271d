"""Marks of changes, and deliveries of notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "marks",
        sa.Column("change", sa.Text(), primary_key=True),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("marked_at", WIDE, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "deliveries",
        sa.Column("notice", sa.Text(), primary_key=True),
        sa.Column("change", sa.Text(), primary_key=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_at", WIDE, nullable=False),
        sa.Column("next_at", WIDE, nullable=True),
        sa.Column("sent_at", WIDE, nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("deliveries_due", "deliveries", ["state", "next_at"])
