"""Exchange: request and response of one fetch as they crossed the wire, with times, peer and TLS.

Made by the wire handler (`crawler/wire.py`), stored by the collection. An exchange that failed is an exchange: it
has an outcome, the stage that it got to, and whatever bytes there were.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from archive.digest import Digest
from archive.spool import Spool

Truncation = Literal["length", "time", "disconnect", "unspecified"]
"""Why a response is shorter than the server meant it: the words of WARC-Truncated (WARC 1.1, 5.13)."""

Stage = Literal["policy", "resolve", "connect", "tls", "send", "head", "body"]
"""How far a fetch got: the step that failed. `policy` is a refusal of our own (robots.txt)."""


TRUSTED = "ok"
"""The verdict on a certificate chain that holds."""


class Outcome(enum.StrEnum):
    """What became of a fetch."""

    RESPONSE = "response"  # a complete HTTP response, whatever its status
    TRUNCATED = "truncated"  # a complete head, then not the whole body
    UNRESOLVED = "unresolved"  # the name has no address, or nobody could say
    REFUSED = "refused"  # nobody listens there
    UNREACHABLE = "unreachable"  # no way to the address
    RESET = "reset"  # the connection was closed or reset before a complete head
    TLS = "tls"  # the TLS handshake failed
    TIMEOUT = "timeout"  # nothing came in time, before a complete head
    MALFORMED = "malformed"  # what came is not HTTP
    ROBOTS = "robots"  # not fetched: robots.txt forbids it, or could not be had


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What TLS said on the connection that carried the exchange."""

    version: str
    """As `ssl` names it: TLSv1.2, TLSv1.3."""
    cipher: str
    """IANA name of the cipher suite, TLS_AES_128_GCM_SHA256; the name OpenSSL uses where no other is known."""
    alpn: str | None
    chain: tuple[bytes, ...]
    """The certificates as the server sent them, DER, leaf first; empty when they could not be read."""
    verdict: str
    """TRUSTED, or why the chain was not trusted, in OpenSSL's words."""
    roots: str
    """The root store the verdict was given against, e.g. `certifi 2026.10.18`."""

    @property
    def trusted(self) -> bool:
        """Whether the chain and the host name hold against the root store named in `roots`."""
        return self.verdict == TRUSTED


@dataclass(frozen=True, slots=True)
class Exchange:
    """One fetch of one URL; redirects and retries are exchanges of their own."""

    url: str
    method: str
    began_at: datetime
    """UTC, microseconds: when the fetch began. All records of the exchange bear it as WARC-Date."""
    duration: float
    """Seconds until the last byte, or until the failure."""
    outcome: Outcome
    request: Spool
    """The bytes sent (for the origin: without anything meant for a proxy); empty when nothing was sent."""
    response: Spool
    """The bytes received, from the first byte of the first head (1xx heads included) to the last one."""
    status: int | None = None
    """Of the final head; None without a complete head."""
    head_length: int = 0
    """Bytes of `response` up to the end of the final head; 0 without a complete head."""
    mime: str | None = None
    """Media type as the server named it, lower case and without parameters."""
    payload_digest: Digest | None = None
    """Of the body with the transfer coding removed and the content coding kept; None without a complete head."""
    payload_length: int = 0
    truncated: Truncation | None = None
    stage: Stage | None = None
    """The step that failed; None when nothing did."""
    error: str | None = None
    """What went wrong, in one line without control characters; None when nothing did."""
    peer: str | None = None
    """Address of the server; None through a proxy and where no connection was made."""
    protocol: str = "http/1.1"
    tls: TlsFacts | None = None

    @property
    def has_head(self) -> bool:
        """Whether there is a complete HTTP head, and so a `response` record."""
        return self.head_length > 0

    def close(self) -> None:
        """Free the spools."""
        self.request.close()
        self.response.close()


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why and for whom a URL was fetched; kept in the exchange's metadata record."""

    crawl: str
    """Id of the crawl."""
    site: str
    """Name of the site entry in khronika.toml; the host for a crawl without an entry."""
    via: str | None = None
    """The URL that this one was found on."""
    hops: str = ""
    """Heritrix's hopsFromSeed: L link, R redirect, E embed, M sitemap or feed, P prerequisite; '' for a seed."""
    notes: tuple[tuple[str, str], ...] = field(default=())
    """More `name: value` lines for the metadata record, names lower-case with hyphens."""
