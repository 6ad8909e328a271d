"""What the catalogue answers with: a small frozen value for each kind of row."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from archive.capture import Capture
from archive.digest import Digest, digest_octets
from archive.errors import CatalogueError
from archive.kinds import ChangeKind, State
from archive.readings import Frame, put_together


@dataclass(frozen=True, slots=True)
class CrawlRow:
    """One run of `khronika crawl`, as the WARCs tell it."""

    id: str
    began_at: datetime
    """WARC-Date of the warcinfo record of its first file."""
    sites: tuple[str, ...] = ()
    """Counted by `crawls()` from the captures; not stored."""
    captures: int = 0
    """As `sites`."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """One WARC of the collection."""

    name: str
    """WARC-Filename; on disk with `.open` after it while it is written."""
    size: int
    """Bytes that are synced and known here; the file may be longer while it is written."""
    digest: Digest | None
    """SHA-256 of the closed file; None before."""
    records: int
    closed: bool
    crawl: str | None
    began_at: datetime
    first_entry: int | None = None
    """Leaf index in the log of its first record; entries of other kinds may stand between a file's records. None: it
    is not logged."""


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record of a WARC."""

    n: int
    """Place in its file, from 0."""
    offset: int
    length: int
    """Bytes of the compressed member."""
    type: str
    record_id: str
    record_digest: bytes
    """Of a capture's own record and of one that belongs to none all 32 octets, of those beside it the first 8."""
    foundation: str | None
    """The target of a record that belongs to no exchange and that exchanges rest on (`archive/connection.py`)."""

    def has(self, digest: Digest) -> bool:
        """Whether the record may be that of a digest, as far as is kept of its own."""
        return len(self.record_digest) in {8, 32} and digest_octets(digest).startswith(self.record_digest)


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """What was read on a page, or why it could not be read."""

    content: bytes
    """All that was read, as `archive/readings.py` keeps it; b"" when it failed."""
    language: str | None
    title: str | None
    text_digest: Digest | None
    rules: str
    """Version of the rules that it was made by; never ''."""
    payload_digest: Digest | None
    """Of the payload that was read."""
    failed: str | None = None
    """Why there is no reading; None when there is one."""
    source: Digest | None = None
    """Of all that it was read from, beside the rules; the same source is read in the same way."""
    stamp: bytes = b"{}"
    """What `rules` stands for."""
    frame: Frame | None = field(default=None, compare=False)
    """Which capture it is of; None before it is in the catalogue."""
    state: State = field(default=State.PRESENT, compare=False)
    """What it says of its page: the text may be that there is no such page, or that of a challenge."""

    @property
    def json(self) -> bytes:
        """The whole reading in its canonical form, b"" when it failed; put together each time.

        Raises CatalogueError when what is in the catalogue is no reading.
        """
        if self.failed is not None or self.frame is None:
            return self.content
        try:
            return put_together(self.content, self.stamp, self.frame)
        except (ValueError, KeyError, TypeError) as error:
            message = f"expected a reading of {self.frame.record_id}, found none ({error!r})"
            raise CatalogueError(f"{message}; make it again: khronika rebuild") from error

    def says_as(self, other: ReadingRow) -> bool:
        """Whether another says the same, by whatever rules."""
        return self._said() == other._said()

    def _said(self) -> tuple[object, ...]:
        return self.content, self.language, self.title, self.text_digest, self.payload_digest, self.failed


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """How a page differs from its capture before."""

    id: str
    """Made by `change_id`."""
    url: str
    site: str
    from_record: str
    to_record: str
    from_at: datetime
    to_at: datetime
    kind: ChangeKind
    weight: float
    """0 (nothing) to 1 (everything)."""
    edits: tuple[Mapping[str, Any], ...]
    rules: str
    """Version of the rules that it was made by; never ''."""
    provenance: Mapping[str, Any]
    settled_by: str = ""
    """Version of the rules that looked at it beside the others of its crawl; '' while none did."""
    group_id: str | None = None
    """Names the changes that are one and the same on many pages; None where it is alone."""


@dataclass(frozen=True, slots=True)
class ChangeMark:
    """What decides whether somebody is told of a change."""

    id: str
    site: str
    to_at: datetime
    kind: str
    weight: float


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A capture in whose comparison nothing had changed."""

    url: str
    crawl: str
    site: str
    captured_at: datetime


def change_id(url: str, from_record: str, to_record: str, what: str) -> str:
    """`c` and 16 hexadecimal digits: the same change has the same id in every rebuilt catalogue.

    `what` tells apart what two captures may differ in: `page`, a kind of event, `certificate`, or by which rules the
    extractor differs. No version of the rules of comparison: who was told of a change is not told again for newer ones.
    """
    told = "\n".join((url, from_record, to_record, what))
    return "c" + hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A capture to be compared with the last one before it that saw the page; both are read where they need to be."""

    before: Capture
    after: Capture


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One capture in a page's history."""

    n: int
    """From 1: URL@n names it."""
    capture: Capture
    state: State
    change_kind: ChangeKind | None
    """Of its content; None where there was nothing to compare, or it is not compared yet."""
    change_id: str | None
    """None too where the payload was the same, once the changes of its crawl are settled: of that nothing is kept."""
    language: str | None
    certificate_change_id: str | None = None
    """Of the change of the server's certificate that is reported at this capture."""
    event_kind: ChangeKind | None = None
    """What became of the page, where that is established by this capture."""
    event_id: str | None = None

    @property
    def told(self) -> ChangeKind | None:
        """What is to be said first of it."""
        return self.event_kind or self.change_kind


@dataclass(frozen=True, slots=True)
class PageLook:
    """One look at a page, as far as the page's states over time depend on it."""

    record_id: str
    url: str
    captured_at: datetime
    crawl: str
    site: str
    state: State
    status: int | None
    hops: str
    target: str | None
    """Where a redirect leads; None where it is none, or nobody has read that yet."""


@dataclass(frozen=True, slots=True)
class Move:
    """A page that went on at another address."""

    from_url: str
    to_url: str
    since: datetime
    """When it was seen last at the old one."""
    told_by: Literal["redirect", "content"]


@dataclass(frozen=True, slots=True)
class FirstSight:
    """The first capture that saw a page, and the digest of its text."""

    url: str
    record_id: str
    captured_at: datetime
    crawl: str
    text_digest: Digest | None


@dataclass(frozen=True, slots=True)
class SiteRow:
    """What is known of a site."""

    site: str
    pages: int
    captures: int
    failures: int
    """Captures that did not see the page: blocked or unreachable."""
    last_capture: datetime
    last_change: datetime | None
    """Of a change that is neither `same` nor `noise`, and not of our own making."""


@dataclass(frozen=True, slots=True)
class CertificateSight:
    """A certificate, and what was said of it, as a server first showed it."""

    first: Capture
    """The first capture of any kind."""
    page: Capture
    """The first page of the same crawl; `first` where only robots.txt was asked for."""


@dataclass(frozen=True, slots=True)
class PageRow:
    """One page of a site."""

    url: str
    captures: int
    first_at: datetime
    last_at: datetime
