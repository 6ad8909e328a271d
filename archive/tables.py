"""The catalogue's tables, as the newest of `migrations/catalogue` makes them; `archive/catalogue.py` asks them."""

from __future__ import annotations

from sqlalchemy import REAL, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, text

from archive.database import FLAG, WIDE, DigestColumn, Moment, RecordId

VERSION = "0005"
"""Schema version that this code reads and writes: the newest of `migrations/catalogue`."""

META = MetaData()

CRAWLS = Table(
    "crawls",
    META,
    Column("id", Text, primary_key=True),
    Column("began_at", Moment, nullable=False),
    sqlite_strict=True,
)

FILES = Table(
    "files",
    META,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("crawl", Text),
    Column("began_at", Moment, nullable=False),
    Column("size", WIDE, nullable=False),
    Column("records", Integer, nullable=False),
    Column("closed", FLAG, nullable=False),
    Column("digest", DigestColumn),
    # Leaf index in the log of the file's first record; NULL where it is not logged.
    Column("first_entry", WIDE),
    sqlite_strict=True,
)

RECORDS = Table(
    "records",
    META,
    Column("file", Integer, ForeignKey("files.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("offset", WIDE, nullable=False),
    Column("length", WIDE, nullable=False),
    Column("type", Text, nullable=False),
    Column("record_id", RecordId, nullable=False),
    Column("record_digest", DigestColumn, nullable=False),
    # The target of a record that belongs to no exchange and that exchanges rest on (`archive/connection.py`).
    Column("foundation", Text),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

PAGES = Table(
    "pages",
    META,
    Column("id", Integer, primary_key=True),
    Column("url", Text, nullable=False, unique=True),
    Column("urlkey", Text, nullable=False),
    # Which page of its site it is by its address, and which one after all that the page itself says; the beginning of
    # a hash each. NULL while nobody has said.
    Column("place", LargeBinary),
    Column("identity", LargeBinary),
    Index("pages_urlkey", "urlkey"),
    Index("pages_place", "place"),
    Index("pages_identity", "identity"),
    sqlite_strict=True,
)

# How a server was reached: a row for each combination that occurred, so that a capture bears a small number only.
CONNECTIONS = Table(
    "connections",
    META,
    Column("id", Integer, primary_key=True),
    # host:port
    Column("server", Text, nullable=False),
    # Of the leaf; both NULL without TLS, the certificate alone where the server showed none.
    Column("certificate", DigestColumn),
    Column("verdict", Text),
    Column("vantage", Text),
    Index("connections_server", "server"),
    sqlite_strict=True,
)

CAPTURES = Table(
    "captures",
    META,
    Column("id", Integer, primary_key=True),
    Column("record_id", RecordId, nullable=False, unique=True),
    Column("page", Integer, ForeignKey("pages.id"), nullable=False),
    Column("captured_at", Moment, nullable=False),
    Column("file", Integer, ForeignKey("files.id"), nullable=False),
    Column("offset", WIDE, nullable=False),
    Column("length", WIDE, nullable=False),
    Column("record_digest", DigestColumn, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("status", Integer),
    Column("mime", Text),
    Column("payload_digest", DigestColumn),
    Column("payload_length", WIDE, nullable=False),
    Column("truncated", Text),
    Column("refers_to", RecordId),
    Column("crawl", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("via", Text),
    Column("hops", Text, nullable=False),
    Column("error", Text),
    Column("state", Text, nullable=False),
    # Rules version that the reading was made by; '' while it is to be read, NULL when it is not for reading.
    Column("read_by", Text),
    # The same for the comparison with the page's capture before it.
    Column("compared_by", Text),
    Column("failure", Text),
    # NULL where there is nothing to say: no TLS, reached directly.
    Column("connection", Integer, ForeignKey("connections.id")),
    Index("captures_page", "page", "captured_at"),
    Index("captures_payload", "page", "payload_digest", "refers_to"),
    Index("captures_site", "site", "captured_at"),
    Index("captures_time", "captured_at"),
    Index("captures_crawl", "crawl", "site"),
    Index("captures_read_by", "read_by", "captured_at"),
    Index("captures_compared_by", "compared_by", "captured_at"),
    Index("captures_connection", "connection", "captured_at", sqlite_where=text("connection IS NOT NULL")),
    sqlite_strict=True,
)

# What a version of the rules stands for in the provenance of each reading (`archive/readings.py`): which version made a
# reading, its capture's row says.
RULES = Table(
    "rules",
    META,
    Column("version", Text, primary_key=True),
    Column("stamp", LargeBinary, nullable=False),
    sqlite_strict=True,
)

READINGS = Table(
    "readings",
    META,
    Column("capture", Integer, ForeignKey("captures.id"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("language", Text),
    Column("title", Text),
    Column("text_digest", DigestColumn),
    Column("payload_digest", DigestColumn),
    Column("failed", Text),
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
    Column("id", Text, primary_key=True),
    Column("written", WIDE, nullable=False),
    sqlite_strict=True,
)

CHANGES = Table(
    "changes",
    META,
    Column("id", Text, primary_key=True),
    Column("page", Integer, ForeignKey("pages.id"), nullable=False),
    Column("site", Text, nullable=False),
    Column("from_capture", Integer, ForeignKey("captures.id"), nullable=False),
    # A capture has one change of its page, and may have one of its server's certificate.
    Column("to_capture", Integer, ForeignKey("captures.id"), nullable=False),
    Column("to_at", Moment, nullable=False),
    Column("kind", Text, nullable=False),
    Column("weight", REAL, nullable=False),
    Column("edits", Text, nullable=False),
    Column("rules", Text, nullable=False),
    Column("provenance", Text, nullable=False),
    Index("changes_to", "to_capture"),
    Index("changes_time", "to_at", "id"),
    Index("changes_page", "page", "to_at"),
    Index("changes_site", "site", "to_at"),
    sqlite_strict=True,
)

# Entries of the log that are no records': few among very many, which need not be gone through for them each time.
LOGGED = Table(
    "logged",
    META,
    # Leaf index.
    Column("entry", Integer, primary_key=True),
    Column("octets", LargeBinary, nullable=False),
    sqlite_strict=True,
)

# One row: how many entries of the log were gone through for them.
LOGGED_TO = Table(
    "logged_to",
    META,
    Column("size", Integer, primary_key=True),
    sqlite_strict=True,
)
