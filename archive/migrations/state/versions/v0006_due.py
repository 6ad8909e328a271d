"""Schedules: what is due when, what ran for it, and who runs it now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "due",
        sa.Column("site", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("expression", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("next_at", WIDE, nullable=False),
        sa.Column("next_zone", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("last_due_at", WIDE, nullable=True),
        sa.Column("last_zone", sa.Text(), nullable=False),
        sa.Column("last_began_at", WIDE, nullable=True),
        sa.Column("last_ended_at", WIDE, nullable=True),
        sa.Column("crawl", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("failing_since", WIDE, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "occurrences",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("due_at", WIDE, nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("began_at", WIDE, nullable=False),
        sa.Column("ended_at", WIDE, nullable=True),
        sa.Column("crawl", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("resumed", sa.Integer(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("occurrences_site", "occurrences", ["site", "kind", "id"])
    op.create_index("occurrences_crawl", "occurrences", ["crawl"])
    op.create_index(
        "occurrences_open",
        "occurrences",
        ["site"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "leases",
        sa.Column("site", sa.Text(), primary_key=True),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("processes", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started", WIDE, nullable=True),
        sa.Column("taken_at", WIDE, nullable=False),
        sa.Column("beats", WIDE, nullable=False),
        sa.Column("beat_up", WIDE, nullable=False),
        sa.Column("seen_boot", sa.Text(), nullable=False),
        sa.Column("seen_beats", WIDE, nullable=False),
        sa.Column("seen_up", WIDE, nullable=False),
        sqlite_strict=True,
    )
