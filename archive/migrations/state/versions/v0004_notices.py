"""Which notices there are since when, and what a delivery is a part of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table and the columns."""
    op.create_table(
        "notice_rules",
        sa.Column("notice", sa.Text(), primary_key=True),
        sa.Column("since", WIDE, primary_key=True),
        sa.Column("rules", sa.Text(), nullable=False),
        sqlite_strict=True,
    )
    # Nobody wrote a delivery before there were notices.
    op.add_column("deliveries", sa.Column("site", sa.Text(), nullable=False, server_default=""))
    op.add_column("deliveries", sa.Column("changed_at", WIDE, nullable=False, server_default="0"))
    op.add_column("deliveries", sa.Column("message", sa.Text(), nullable=True))
    op.create_index("deliveries_message", "deliveries", ["notice", "message"])
