"""Captures, pages, connections, readings, changes, crawls.

The first: a catalogue is not converted but rebuilt, so that a new schema takes the old one's place here.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = None
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "logged",
        sa.Column("entry", sa.Integer(), primary_key=True),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table("logged_to", sa.Column("size", sa.Integer(), primary_key=True), sqlite_strict=True)
    op.create_table(
        "crawls",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("began_at", WIDE, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "files",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("crawl", sa.Text(), nullable=True),
        sa.Column("began_at", WIDE, nullable=False),
        sa.Column("size", WIDE, nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("closed", FLAG, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("first_entry", WIDE, nullable=True),
        sqlite_strict=True,
    )
    op.create_table(
        "records",
        sa.Column("file", sa.Integer(), sa.ForeignKey("files.id"), primary_key=True),
        sa.Column("n", sa.Integer(), primary_key=True),
        sa.Column("offset", WIDE, nullable=False),
        sa.Column("length", WIDE, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("record_digest", sa.LargeBinary(), nullable=False),
        sa.Column("foundation", sa.Text(), nullable=True),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pages",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("url", sa.Text(), nullable=False, unique=True),
        sa.Column("urlkey", sa.Text(), nullable=False),
        sa.Column("place", sa.LargeBinary(), nullable=True),
        sa.Column("identity", sa.LargeBinary(), nullable=True),
        sqlite_strict=True,
    )
    op.create_index("pages_urlkey", "pages", ["urlkey"])
    op.create_index("pages_place", "pages", ["place"])
    op.create_index("pages_identity", "pages", ["identity"])
    op.create_table(
        "connections",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("vantage", sa.Text(), nullable=True),
        sqlite_strict=True,
    )
    op.create_index("connections_server", "connections", ["server"])
    op.create_table(
        "captures",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("record_id", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("page", sa.Integer(), sa.ForeignKey("pages.id"), nullable=False),
        sa.Column("captured_at", WIDE, nullable=False),
        sa.Column("file", sa.Integer(), sa.ForeignKey("files.id"), nullable=False),
        sa.Column("offset", WIDE, nullable=False),
        sa.Column("length", WIDE, nullable=False),
        sa.Column("record_digest", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("mime", sa.Text(), nullable=True),
        sa.Column("payload_digest", sa.LargeBinary(), nullable=True),
        sa.Column("payload_length", WIDE, nullable=False),
        sa.Column("truncated", sa.Text(), nullable=True),
        sa.Column("refers_to", sa.LargeBinary(), nullable=True),
        sa.Column("crawl", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=True),
        sa.Column("hops", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("read_by", sa.Text(), nullable=True),
        sa.Column("compared_by", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("connection", sa.Integer(), sa.ForeignKey("connections.id"), nullable=True),
        sqlite_strict=True,
    )
    op.create_index("captures_page", "captures", ["page", "captured_at"])
    op.create_index("captures_payload", "captures", ["page", "payload_digest", "refers_to"])
    op.create_index("captures_site", "captures", ["site", "captured_at"])
    op.create_index("captures_time", "captures", ["captured_at"])
    op.create_index("captures_crawl", "captures", ["crawl", "site"])
    op.create_index("captures_read_by", "captures", ["read_by", "captured_at"])
    op.create_index("captures_compared_by", "captures", ["compared_by", "captured_at"])
    op.create_index(
        "captures_connection",
        "captures",
        ["connection", "captured_at"],
        sqlite_where=sa.text("connection IS NOT NULL"),
    )
    op.create_table(
        "rules",
        sa.Column("version", sa.Text(), primary_key=True),
        sa.Column("stamp", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "readings",
        sa.Column("capture", sa.Integer(), sa.ForeignKey("captures.id"), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("text_digest", sa.LargeBinary(), nullable=True),
        sa.Column("payload_digest", sa.LargeBinary(), nullable=True),
        sa.Column("failed", sa.Text(), nullable=True),
        sa.Column("source", sa.LargeBinary(), nullable=True),
        sa.Column("written", WIDE, nullable=False, unique=True),
        sqlite_strict=True,
    )
    op.create_table(
        "catalogue",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("written", WIDE, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "changes",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("page", sa.Integer(), sa.ForeignKey("pages.id"), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("from_capture", sa.Integer(), sa.ForeignKey("captures.id"), nullable=False),
        sa.Column("to_capture", sa.Integer(), sa.ForeignKey("captures.id"), nullable=False),
        sa.Column("to_at", WIDE, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("weight", sa.REAL(), nullable=False),
        sa.Column("edits", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("provenance", sa.Text(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("changes_to", "changes", ["to_capture"])
    op.create_index("changes_time", "changes", ["to_at", "id"])
    op.create_index("changes_page", "changes", ["page", "to_at"])
    op.create_index("changes_site", "changes", ["site", "to_at"])
