"""What was not well about the running of the collection, from when to when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "troubles",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", WIDE, nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("began_at", WIDE, nullable=False),
        sa.Column("ended_at", WIDE, nullable=True),
        sa.Column("dropped", sa.Integer(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("troubles_open", "troubles", ["ended_at"])
