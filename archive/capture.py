"""Capture and RecordLocation: the immutable values that the rest passes around."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from archive.digest import Digest
from archive.exchange import Failure, Outcome, Truncation

BROWSER_HOP = "B"
"""The letter of hopsFromSeed for what a browser loaded that looked at a page."""
SECOND_HOP = "A"
"""The letter of hopsFromSeed, always its last, of a page fetched again in the same crawl, to see what moves on it."""


@dataclass(frozen=True, slots=True)
class RecordLocation:
    """Where a record's gzip member lies."""

    file: str
    """Name of the WARC in the collection's `archive/`, as WARC-Filename has it: never `.open`."""
    offset: int
    length: int
    """Bytes of the compressed member."""


@dataclass(frozen=True, slots=True)
class Capture:
    """One fetch of one URL, archived: a response, a revisit, or a failure."""

    url: str
    captured_at: datetime
    """UTC, microseconds: when the fetch began; the WARC-Date of its records."""
    record_id: str
    """`urn:uuid:…` of the response or revisit record, or of the metadata record of a fetch without a response."""
    record_digest: Digest
    """SHA-256 of that whole record, uncompressed, from `WARC/1.1` to the closing CRLFCRLF."""
    location: RecordLocation
    outcome: Outcome
    status: int | None
    mime: str | None
    payload_digest: Digest | None
    payload_length: int
    truncated: Truncation | None
    refers_to: str | None
    """Record id of the original when this is a revisit."""
    crawl: str
    site: str
    via: str | None
    hops: str
    error: str | None
    failure: Failure | None = None
    """What kept the page from being had, or had whole; None when nothing did, and where no record says it."""
    certificate: Digest | None = None
    """SHA-256 of the server's own certificate (DER); None without TLS, and where none was shown."""
    tls_verdict: str | None = None
    """TRUSTED, or why the certificate was not trusted; None without TLS."""
    vantage: str | None = None
    """The label of the place that was fetched from, else how it was reached; None when directly."""

    @property
    def timestamp(self) -> str:
        """14 digits, UTC: the capture's date in CDXJ and Memento addresses."""
        return self.captured_at.strftime("%Y%m%d%H%M%S")

    @property
    def by_browser(self) -> bool:
        """Whether a browser fetched it, to look at a page that was captured beside it."""
        return BROWSER_HOP in self.hops

    @property
    def is_second_look(self) -> bool:
        """Whether the page was fetched again some seconds after its capture, to see what moves on it by itself."""
        return self.hops.endswith(SECOND_HOP)

    @property
    def is_revisit(self) -> bool:
        """Whether the payload is that of an earlier capture, named by `refers_to`."""
        return self.refers_to is not None
