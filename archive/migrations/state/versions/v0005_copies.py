"""Copies elsewhere: their places, how far each file is copied, what was wrong with it, what went from here."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "targets",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=True),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("began_at", WIDE, nullable=False),
        sa.Column("versioned", sa.Integer(), nullable=True),
        sa.Column("probe", sa.Text(), nullable=True),
        sa.Column("probed_at", WIDE, nullable=True),
        sa.Column("log_size", WIDE, nullable=True),
        sa.Column("log_root", sa.LargeBinary(), nullable=True),
        sa.Column("tried_at", WIDE, nullable=True),
        sa.Column("pushed_at", WIDE, nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "copies",
        sa.Column("target", sa.Text(), primary_key=True),
        sa.Column("file", sa.Text(), primary_key=True),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("size", WIDE, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("since", WIDE, nullable=False),
        sa.Column("upload", sa.Text(), nullable=True),
        sa.Column("part_size", WIDE, nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("uploaded_at", WIDE, nullable=True),
        sa.Column("verified_at", WIDE, nullable=True),
        sa.Column("read_at", WIDE, nullable=True),
        sa.Column("lock_mode", sa.Text(), nullable=True),
        sa.Column("lock_until", WIDE, nullable=True),
        sa.Column("locked_at", WIDE, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("copies_step", "copies", ["target", "step"])
    op.create_index("copies_read", "copies", ["target", "read_at"])
    op.create_index("copies_file", "copies", ["file"])
    op.create_table(
        "copy_problems",
        sa.Column("target", sa.Text(), primary_key=True),
        sa.Column("file", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("found_at", WIDE, primary_key=True),
        sa.Column("seen_at", WIDE, nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("mended_at", WIDE, nullable=True),
        sqlite_strict=True,
    )
    op.create_table(
        "released",
        sa.Column("file", sa.Text(), primary_key=True),
        sa.Column("size", WIDE, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("released_at", WIDE, nullable=False),
        sqlite_strict=True,
    )
