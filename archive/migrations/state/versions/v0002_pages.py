"""Page memory."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "pages",
        sa.Column("site", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("first_found_at", WIDE, nullable=False),
        sa.Column("found_at", WIDE, nullable=False),
        sa.Column("listed_at", WIDE, nullable=True),
        sa.Column("listing", sa.Text(), nullable=True),
        sa.Column("unlisted_at", WIDE, nullable=True),
        sa.Column("modified", sa.Text(), nullable=False),
        sa.Column("published", sa.Text(), nullable=False),
        sa.Column("fetched_at", WIDE, nullable=True),
        sa.Column("fetched_modified", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("due_at", WIDE, nullable=True),
        sqlite_strict=True,
    )
    op.create_table(
        "namings",
        sa.Column("site", sa.Text(), primary_key=True),
        sa.Column("listing", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("listed_at", WIDE, nullable=False),
        sa.Column("named", FLAG, nullable=False),
        sa.Column("unlisted_at", WIDE, nullable=True),
        sa.Column("modified", sa.Text(), nullable=False),
        sa.Column("fetched_modified", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("namings_by_page", "namings", ["site", "key"])
    op.create_table(
        "listings",
        sa.Column("site", sa.Text(), primary_key=True),
        sa.Column("listing", sa.Text(), primary_key=True),
        sa.Column("crawl", sa.Text(), primary_key=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("at", WIDE, nullable=False),
        sa.Column("named", sa.Integer(), nullable=False),
        sa.Column("total", WIDE, nullable=True),
        sa.Column("complete", FLAG, nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sqlite_strict=True,
    )
