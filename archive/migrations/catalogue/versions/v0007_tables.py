"""Captures, pages, connections, readings, changes, crawls.

The first: a catalogue is not converted but rebuilt, so that a new schema takes the old one's place here.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = None
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")
REAL: sa.Double[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _where(rows: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(rows), "postgresql_where": sa.text(rows)}


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "logged",
        sa.Column("entry", WIDE, primary_key=True, autoincrement=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table("logged_to", sa.Column("size", WIDE, primary_key=True, autoincrement=False), sqlite_strict=True)
    op.create_table(
        "crawls",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("began_at", WIDE, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "files",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", TEXT, nullable=False, unique=True),
        sa.Column("crawl", TEXT, nullable=True),
        sa.Column("began_at", WIDE, nullable=False),
        sa.Column("size", WIDE, nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("closed", FLAG, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("first_entry", WIDE, nullable=True),
        sa.Column("first_capture", sa.Integer(), nullable=True),
        sa.Column("last_capture", sa.Integer(), nullable=True),
        sqlite_strict=True,
    )
    op.create_table(
        "records",
        sa.Column("file", sa.Integer(), sa.ForeignKey("files.id"), primary_key=True),
        sa.Column("n", sa.Integer(), primary_key=True),
        sa.Column("offset", WIDE, nullable=False),
        sa.Column("length", WIDE, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("record_digest", sa.LargeBinary(), nullable=False),
        sa.Column("foundation", TEXT, nullable=True),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rules",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("version", TEXT, nullable=False, unique=True),
        sa.Column("stamp", sa.LargeBinary(), nullable=True),
        sqlite_strict=True,
    )
    op.create_table(
        "sites",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", TEXT, nullable=False, unique=True),
        sa.Column("pages", WIDE, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "visits",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("crawl", TEXT, nullable=False),
        sa.Column("site", sa.Integer(), sa.ForeignKey("sites.id"), nullable=False),
        sa.Column("captures", WIDE, nullable=False),
        sa.Column("first_at", WIDE, nullable=True),
        sa.Column("last_at", WIDE, nullable=True),
        sqlite_strict=True,
    )
    op.create_index("visits_crawl", "visits", ["crawl", "site"], unique=True)
    op.create_index("visits_site", "visits", ["site", "last_at"])
    op.create_table(
        "pages",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("url_hash", WIDE, nullable=False),
        sa.Column("key_hash", WIDE, nullable=False),
        sa.Column("stated_by", sa.Integer(), sa.ForeignKey("rules.id"), nullable=False, server_default=sa.text("-1")),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("place", sa.LargeBinary(), nullable=True),
        sa.Column("identity", sa.LargeBinary(), nullable=True),
        sqlite_strict=True,
    )
    op.create_index("pages_url", "pages", ["url_hash"])
    op.create_index("pages_key", "pages", ["key_hash"])
    op.create_index("pages_place", "pages", ["place"])
    op.create_index("pages_identity", "pages", ["identity"], **_where("identity IS NOT NULL"))
    op.create_index("pages_stated_by", "pages", ["stated_by"])
    op.create_table(
        "connections",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("server", TEXT, nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=True),
        sa.Column("verdict", TEXT, nullable=True),
        sa.Column("vantage", TEXT, nullable=True),
        sqlite_strict=True,
    )
    op.create_index("connections_server", "connections", ["server"])
    op.create_table(
        "sorts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("hash", WIDE, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("mime", TEXT, nullable=True),
        sa.Column("truncated", TEXT, nullable=True),
        sa.Column("hops", TEXT, nullable=False),
        sa.Column("failure", TEXT, nullable=True),
        sqlite_strict=True,
    )
    op.create_index("sorts_hash", "sorts", ["hash"])
    op.create_table(
        "shown",
        sa.Column("connection", sa.Integer(), sa.ForeignKey("connections.id"), primary_key=True),
        sa.Column("visit", sa.Integer(), sa.ForeignKey("visits.id"), primary_key=True),
        sa.Column("first_at", WIDE, nullable=False),
        sa.Column("last_at", WIDE, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "read_counts",
        sa.Column("visit", sa.Integer(), sa.ForeignKey("visits.id"), primary_key=True),
        sa.Column("rules", sa.Integer(), sa.ForeignKey("rules.id"), primary_key=True),
        sa.Column("captures", WIDE, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "captures",
        sa.Column("captured_at", WIDE, nullable=False),
        sa.Column("offset", WIDE, nullable=False),
        sa.Column("length", WIDE, nullable=False),
        sa.Column("payload_length", WIDE, nullable=False),
        sa.Column("payload_start", WIDE, nullable=True),
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("page", sa.Integer(), sa.ForeignKey("pages.id"), nullable=False),
        sa.Column("file", sa.Integer(), sa.ForeignKey("files.id"), nullable=False),
        sa.Column("n", sa.Integer(), nullable=True),
        sa.Column("visit", sa.Integer(), sa.ForeignKey("visits.id"), nullable=False),
        sa.Column("sort", sa.Integer(), sa.ForeignKey("sorts.id"), nullable=False),
        sa.Column("original", sa.Integer(), sa.ForeignKey("captures.id"), nullable=True),
        sa.Column("via", sa.Integer(), sa.ForeignKey("pages.id"), nullable=True),
        sa.Column("read_by", sa.Integer(), sa.ForeignKey("rules.id"), nullable=True),
        sa.Column("compared_by", sa.Integer(), sa.ForeignKey("rules.id"), nullable=True),
        sa.Column("connection", sa.Integer(), sa.ForeignKey("connections.id"), nullable=True),
        sa.Column("state", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("record_id", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("record_digest", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("beside", sa.LargeBinary(), nullable=True),
        sa.Column("refers_to", sa.LargeBinary(), nullable=True),
        sa.Column("via_url", TEXT, nullable=True),
        sa.Column("error", TEXT, nullable=True),
        sqlite_strict=True,
    )
    op.create_index("captures_page", "captures", ["page", "captured_at"])
    op.create_index("captures_payload", "captures", ["page", "payload_start"], **_where("payload_start IS NOT NULL"))
    op.create_index("captures_visit", "captures", ["visit", "captured_at"])
    op.create_index("captures_not_seen", "captures", ["visit"], **_where("state IN (7, 8)"))
    op.create_index("captures_refers_to", "captures", ["refers_to"], **_where("refers_to IS NOT NULL"))
    for column in ("read_by", "compared_by"):
        rows = _where(f"{column} IS NOT NULL")
        op.create_index(f"captures_{column}", "captures", [column, "captured_at"], **rows)
    op.create_table(
        "readings",
        sa.Column("capture", sa.Integer(), sa.ForeignKey("captures.id"), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("language", TEXT, nullable=True),
        sa.Column("title", TEXT, nullable=True),
        sa.Column("text_digest", sa.LargeBinary(), nullable=True),
        sa.Column("payload_digest", sa.LargeBinary(), nullable=True),
        sa.Column("failed", TEXT, nullable=True),
        sa.Column("source", sa.LargeBinary(), nullable=True),
        sa.Column("written", WIDE, nullable=False, unique=True),
        sqlite_strict=True,
    )
    op.create_table(
        "catalogue",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("written", WIDE, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "changes",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("page", sa.Integer(), sa.ForeignKey("pages.id"), nullable=False),
        sa.Column("site", TEXT, nullable=False),
        sa.Column("from_capture", sa.Integer(), sa.ForeignKey("captures.id"), nullable=False),
        sa.Column("to_capture", sa.Integer(), sa.ForeignKey("captures.id"), nullable=False),
        sa.Column("to_at", WIDE, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("weight", REAL, nullable=False),
        sa.Column("edits", TEXT, nullable=False),
        sa.Column("rules", TEXT, nullable=False),
        sa.Column("provenance", TEXT, nullable=False),
        sa.Column("settled_by", TEXT, nullable=False, server_default=""),
        sa.Column("group_id", TEXT, nullable=True),
        sqlite_strict=True,
    )
    op.create_index("changes_to", "changes", ["to_capture"])
    op.create_index("changes_time", "changes", ["to_at", "id"])
    op.create_index("changes_page", "changes", ["page", "to_at"])
    op.create_index("changes_site", "changes", ["site", "to_at"])
    op.create_index("changes_settled_by", "changes", ["settled_by", "site"])
    op.create_index(
        "changes_group",
        "changes",
        ["group_id"],
        sqlite_where=sa.text("group_id IS NOT NULL"),
        postgresql_where=sa.text("group_id IS NOT NULL"),
    )
    op.create_index("changes_of_server", "changes", ["to_at"], **_where("kind = 'certificate'"))
    op.create_table(
        "moves",
        sa.Column("from_page", sa.Integer(), sa.ForeignKey("pages.id"), primary_key=True),
        sa.Column("to_page", sa.Integer(), sa.ForeignKey("pages.id"), nullable=False),
        sa.Column("since", WIDE, nullable=False),
        sa.Column("told_by", TEXT, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("moves_to", "moves", ["to_page"])
    op.create_table(
        "redirects",
        sa.Column("capture", sa.Integer(), sa.ForeignKey("captures.id"), primary_key=True),
        sa.Column("target", TEXT, nullable=False),
        sqlite_strict=True,
    )
