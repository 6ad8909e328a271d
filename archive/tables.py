"""The catalogue's tables, as the newest of `migrations/catalogue` makes them; `archive/catalogue` asks them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from archive.columns import FLAG, REAL, TEXT, WIDE, DigestColumn, Moment, Packed, RecordId
from archive.digest import Digest, digest_octets, digest_of_octets
from archive.errors import CatalogueError

VERSION = "0007"
"""Schema version that this code reads and writes: the newest of `migrations/catalogue`."""

META = MetaData()

STATES = (
    *("present", "moved", "redirected-home", "soft-404", "replaced", "gone", "blocked", "unreachable"),
    *("browser", "second-look"),
)
"""The states of captures (`archive/kinds.py`) in the order of their numbers in rows, from 1; new ones come last."""
PENDING_ID = -1
"""The number of PENDING among the rules, which is none of theirs."""
NOT_SEEN = text("state IN (7, 8)")
"""Captures that did not see their page, blocked and unreachable, in the words that their index has."""
OF_SERVER = text("kind = 'certificate'")
"""Changes of certificates, in the words that their index has."""


class StateColumn(TypeDecorator[str]):
    """A state as its number."""

    impl = SmallInteger().with_variant(Integer(), "sqlite")
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> int | None:
        """Its number."""
        return None if value is None else STATES.index(value) + 1

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        """Its word. Raises CatalogueError where the number is of none."""
        if value is None:
            return None
        if not 0 < value <= len(STATES):
            message = f"expected the state of a capture, 1 to {len(STATES)}, found {value!r}"
            raise CatalogueError(f"{message}; make it again: khronika rebuild")
        return STATES[value - 1]


class PayloadColumn(TypeDecorator[Digest]):
    """A payload's digest as its 32 octets; no octets stand for none, where NULL says that it is the original's."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Digest | None, dialect: Dialect) -> bytes | None:
        """The octets."""
        return None if value is None else digest_octets(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Digest | None:
        """The digest with its label."""
        return None if not value else digest_of_octets(value)


def _where(rows: str) -> dict[str, Any]:
    """That an index is of some rows alone: each database has a word of its own for it."""
    return {"sqlite_where": text(rows), "postgresql_where": text(rows)}


CRAWLS = Table(
    "crawls",
    META,
    Column("id", TEXT, primary_key=True),
    Column("began_at", Moment, nullable=False),
    sqlite_strict=True,
)

FILES = Table(
    "files",
    META,
    Column("id", Integer, primary_key=True),
    Column("name", TEXT, nullable=False, unique=True),
    Column("crawl", TEXT),
    Column("began_at", Moment, nullable=False),
    Column("size", WIDE, nullable=False),
    Column("records", Integer, nullable=False),
    Column("closed", FLAG, nullable=False),
    Column("digest", DigestColumn),
    # Leaf index in the log of the file's first record; NULL where it is not logged.
    Column("first_entry", WIDE),
    # The captures of a file have the numbers from one to another, in the order of their records, and no other file's
    # lie between them, but where several files grow at a time. NULL where it has none.
    Column("first_capture", Integer),
    Column("last_capture", Integer),
    sqlite_strict=True,
)

# Records that belong to no capture, and those of exchanges that are not as ours: all others stand in their captures'
# rows, since a row of its own for each would take as much as all the rest.
RECORDS = Table(
    "records",
    META,
    Column("file", Integer, ForeignKey("files.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("offset", WIDE, nullable=False),
    Column("length", WIDE, nullable=False),
    Column("type", TEXT, nullable=False),
    Column("record_id", RecordId, nullable=False),
    # 32 octets, or the first 8 where the record was one beside a capture's.
    Column("record_digest", LargeBinary, nullable=False),
    # The target of a record that belongs to no exchange and that exchanges rest on (`archive/connection.py`).
    Column("foundation", TEXT),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# What a version of the rules stands for in the provenance of each reading (`archive/readings.py`): which version made a
# reading, its capture's row says. The row PENDING_ID, of no version, stands for what is to be derived yet.
RULES = Table(
    "rules",
    META,
    Column("id", Integer, primary_key=True),
    Column("version", TEXT, nullable=False, unique=True),
    # NULL where nothing was read by it.
    Column("stamp", LargeBinary),
    sqlite_strict=True,
)

SITES = Table(
    "sites",
    META,
    Column("id", Integer, primary_key=True),
    Column("name", TEXT, nullable=False, unique=True),
    # How many pages it has captures of.
    Column("pages", WIDE, nullable=False),
    sqlite_strict=True,
)

# What one crawl did at one site, counted as it is entered: what is asked of all captures is asked of these.
VISITS = Table(
    "visits",
    META,
    Column("id", Integer, primary_key=True),
    Column("crawl", TEXT, nullable=False),
    Column("site", Integer, ForeignKey("sites.id"), nullable=False),
    Column("captures", WIDE, nullable=False),
    # Of the captures in the time order; NULL where all were taken out.
    Column("first_at", Moment),
    Column("last_at", Moment),
    Index("visits_crawl", "crawl", "site", unique=True),
    Index("visits_site", "site", "last_at"),
    sqlite_strict=True,
)

PAGES = Table(
    "pages",
    META,
    Column("id", Integer, primary_key=True),
    # The beginnings of hashes of the URL, and of the key that it has for an archive: addresses may be too long for an
    # index. Several may share them, so the URLs are compared too.
    Column("url_hash", WIDE, nullable=False),
    Column("key_hash", WIDE, nullable=False),
    # Version of the rules that told the page's states over time; PENDING_ID while captures came since.
    Column("stated_by", Integer, ForeignKey("rules.id"), nullable=False, server_default=text(str(PENDING_ID))),
    Column("url", TEXT, nullable=False),
    # Which page of its site it is by its address, and which one after all that the page itself says; the beginning of
    # a hash each. The place is NULL while nobody has said, the identity where it is the place.
    Column("place", LargeBinary),
    Column("identity", LargeBinary),
    Index("pages_url", "url_hash"),
    Index("pages_key", "key_hash"),
    Index("pages_place", "place"),
    Index("pages_identity", "identity", **_where("identity IS NOT NULL")),
    Index("pages_stated_by", "stated_by"),
    sqlite_strict=True,
)

# How a server was reached: a row for each combination that occurred, so that a capture bears a small number only.
CONNECTIONS = Table(
    "connections",
    META,
    Column("id", Integer, primary_key=True),
    # host:port
    Column("server", TEXT, nullable=False),
    # Of the leaf; both NULL without TLS, the certificate alone where the server showed none.
    Column("certificate", DigestColumn),
    Column("verdict", TEXT),
    Column("vantage", TEXT),
    Index("connections_server", "server"),
    sqlite_strict=True,
)

# What came of fetches and how they came about: a row for each combination that occurred.
SORTS = Table(
    "sorts",
    META,
    Column("id", Integer, primary_key=True),
    # The beginning of a hash of the others: a media type is a server's word, of any length.
    Column("hash", WIDE, nullable=False),
    Column("outcome", TEXT, nullable=False),
    Column("status", Integer),
    Column("mime", TEXT),
    Column("truncated", TEXT),
    Column("hops", TEXT, nullable=False),
    Column("failure", TEXT),
    Index("sorts_hash", "hash"),
    sqlite_strict=True,
)

# When servers were reached in which way: the captures of one connection in a visit lie between two times, at the most.
# An index over the captures themselves would be ten thousand times as long.
SHOWN = Table(
    "shown",
    META,
    Column("connection", Integer, ForeignKey("connections.id"), primary_key=True),
    Column("visit", Integer, ForeignKey("visits.id"), primary_key=True),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# How many captures of a visit were read by which rules, and by PENDING_ID how many wait for it.
READ_COUNTS = Table(
    "read_counts",
    META,
    Column("visit", Integer, ForeignKey("visits.id"), primary_key=True),
    Column("rules", Integer, ForeignKey("rules.id"), primary_key=True),
    Column("captures", WIDE, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# The wide columns first, then those of four octets: PostgreSQL leaves no gaps between them then.
CAPTURES = Table(
    "captures",
    META,
    Column("captured_at", Moment, nullable=False),
    Column("offset", WIDE, nullable=False),
    Column("length", WIDE, nullable=False),
    Column("payload_length", WIDE, nullable=False),
    # The beginning of the payload's digest, for the index.
    Column("payload_start", WIDE),
    Column("id", Integer, primary_key=True),
    Column("page", Integer, ForeignKey("pages.id"), nullable=False),
    Column("file", Integer, ForeignKey("files.id"), nullable=False),
    # Place of its own record in its file, from 0; NULL where that is not among the records of the file.
    Column("n", Integer),
    Column("visit", Integer, ForeignKey("visits.id"), nullable=False),
    Column("sort", Integer, ForeignKey("sorts.id"), nullable=False),
    # The capture that a revisit refers to; NULL where it is none, and where that one is not known here.
    Column("original", Integer, ForeignKey("captures.id")),
    # The page that led here; NULL where none did, and where that one is not known here.
    Column("via", Integer, ForeignKey("pages.id")),
    # Rules that the reading was made by; PENDING_ID while it is to be read, NULL when it is not for reading.
    Column("read_by", Integer, ForeignKey("rules.id")),
    # The same for the comparison with the page's capture before it.
    Column("compared_by", Integer, ForeignKey("rules.id")),
    # NULL where there is nothing to say: no TLS, reached directly.
    Column("connection", Integer, ForeignKey("connections.id")),
    Column("state", StateColumn, nullable=False),
    Column("record_id", RecordId, nullable=False, unique=True),
    Column("record_digest", DigestColumn, nullable=False),
    # NULL where it has none, and in a revisit of an original that is known, whose it has.
    Column("payload", PayloadColumn),
    # The other records of its exchange (`catalogue/beside.py`); NULL where there are none.
    Column("beside", LargeBinary),
    # Id of the record that a revisit refers to, where that is no capture here.
    Column("refers_to", RecordId),
    # The URL that led here, where that is no page here.
    Column("via_url", TEXT),
    Column("error", TEXT),
    Index("captures_page", "page", "captured_at"),
    Index("captures_payload", "page", "payload_start", **_where("payload_start IS NOT NULL")),
    Index("captures_visit", "visit", "captured_at"),
    Index("captures_not_seen", "visit", **_where(NOT_SEEN.text)),
    Index("captures_refers_to", "refers_to", **_where("refers_to IS NOT NULL")),
    Index("captures_read_by", "read_by", "captured_at", **_where("read_by IS NOT NULL")),
    Index("captures_compared_by", "compared_by", "captured_at", **_where("compared_by IS NOT NULL")),
    sqlite_strict=True,
)

READINGS = Table(
    "readings",
    META,
    Column("capture", Integer, ForeignKey("captures.id"), primary_key=True),
    Column("content", Packed, nullable=False),
    Column("language", TEXT),
    Column("title", TEXT),
    Column("text_digest", DigestColumn),
    Column("payload_digest", DigestColumn),
    Column("failed", TEXT),
    # Digest of all that it was read from; NULL where nobody has said.
    Column("source", DigestColumn),
    # Numbers the rows in the order in which they were written.
    Column("written", WIDE, nullable=False, unique=True),
    sqlite_strict=True,
)

# One row: names this catalogue, so that a number from another, which it took the place of, means nothing here, and says
# how many readings were ever written: the number of one that was taken out is given to no other.
CATALOGUE = Table(
    "catalogue",
    META,
    Column("id", TEXT, primary_key=True),
    Column("written", WIDE, nullable=False),
    sqlite_strict=True,
)

CHANGES = Table(
    "changes",
    META,
    Column("id", TEXT, primary_key=True),
    Column("page", Integer, ForeignKey("pages.id"), nullable=False),
    Column("site", TEXT, nullable=False),
    Column("from_capture", Integer, ForeignKey("captures.id"), nullable=False),
    # A capture has one change of its page, and may have one of its server's certificate.
    Column("to_capture", Integer, ForeignKey("captures.id"), nullable=False),
    Column("to_at", Moment, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("weight", REAL, nullable=False),
    Column("edits", TEXT, nullable=False),
    Column("rules", TEXT, nullable=False),
    Column("provenance", TEXT, nullable=False),
    # Version of the rules that looked at it beside the others of its crawl, '' while none did: nobody is told before.
    Column("settled_by", TEXT, nullable=False, server_default=""),
    # Names the changes that are one and the same on many pages; NULL where it is alone.
    Column("group_id", TEXT),
    Index("changes_to", "to_capture"),
    Index("changes_time", "to_at", "id"),
    Index("changes_page", "page", "to_at"),
    Index("changes_site", "site", "to_at"),
    Index("changes_settled_by", "settled_by", "site"),
    Index("changes_group", "group_id", **_where("group_id IS NOT NULL")),
    Index("changes_of_server", "to_at", **_where(OF_SERVER.text)),
    sqlite_strict=True,
)

# Which page went on as which other: a redirect that stayed, or its content found elsewhere when it was gone.
MOVES = Table(
    "moves",
    META,
    Column("from_page", Integer, ForeignKey("pages.id"), primary_key=True),
    Column("to_page", Integer, ForeignKey("pages.id"), nullable=False),
    Column("since", Moment, nullable=False),
    # redirect, content
    Column("told_by", TEXT, nullable=False),
    Index("moves_to", "to_page"),
    sqlite_strict=True,
)

# Where a redirect leads, followed to its end within its crawl: read from the record once.
REDIRECTS = Table(
    "redirects",
    META,
    Column("capture", Integer, ForeignKey("captures.id"), primary_key=True),
    Column("target", TEXT, nullable=False),
    sqlite_strict=True,
)

# Entries of the log that are no records': few among very many, which need not be gone through for them each time.
LOGGED = Table(
    "logged",
    META,
    # Leaf index.
    Column("entry", WIDE, primary_key=True, autoincrement=False),
    Column("octets", LargeBinary, nullable=False),
    sqlite_strict=True,
)

# One row: how many entries of the log were gone through for them.
LOGGED_TO = Table(
    "logged_to",
    META,
    Column("size", WIDE, primary_key=True, autoincrement=False),
    sqlite_strict=True,
)
