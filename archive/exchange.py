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
"""Why a response is shorter than the server meant it: the words of WARC-Truncated (WARC 1.1, 5.15)."""

Vantage = Literal["direct", "http proxy", "connect proxy", "socks5 proxy"]
"""How the server was reached. Which proxy that was is a label of the operator's, never an address."""

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
    REDIRECTS = "redirects"  # not fetched: too many redirects led there
    PROXY = "proxy"  # the operator's own proxy failed, which says nothing about the server
    BROWSER = "browser"  # the operator's own browser failed, which says nothing about the server


class Failure(enum.StrEnum):
    """What kept a page from being had, or had whole; finer than the outcome, and found with responses too.

    Grouped by the stage that a fetch got to. A page whose certificate does not hold is no failure: it was had, and
    the verdict stands beside it (`TlsFacts`).
    """

    NXDOMAIN = "nxdomain"  # the name servers say that there is no such name (RFC 1035, RCODE 3)
    NO_ADDRESS = "no-address"  # the name is there and has no address
    SERVFAIL = "servfail"  # the name servers failed or refused to answer (RCODE 2 and 5, among others)
    DNS_TIMEOUT = "dns-timeout"  # no name server answered in time
    NO_NAME = "no-name"  # what the URL names cannot be a host, or the system knows it not
    CONNECT_REFUSED = "connect-refused"  # nobody listens there
    UNREACHABLE = "unreachable"  # no way to the address
    CONNECT_TIMEOUT = "connect-timeout"
    PROXY = "proxy"  # the operator's own proxy could not be reached, or refused
    BROWSER = "browser"  # the operator's own browser crashed or hung
    TLS_REFUSED = "tls-refused"  # the handshake failed, or the server ended it with an alert
    TLS_RESET = "tls-reset"  # the connection ended within the handshake
    TLS_TIMEOUT = "tls-timeout"
    RESET_BEFORE_HEAD = "reset-before-head"  # closed or reset before any octet of a response
    RESET_IN_HEAD = "reset-in-head"
    HEAD_TIMEOUT = "head-timeout"
    MALFORMED = "malformed"  # what came is not HTTP
    RESET_IN_BODY = "reset-in-body"
    BODY_TIMEOUT = "body-timeout"
    DAMAGED_BODY = "damaged-body"  # chunks that are none
    TOO_LARGE = "too-large"  # cut at our own limit
    ROBOTS_DENIED = "robots-denied"
    ROBOTS_UNREACHABLE = "robots-unreachable"  # robots.txt could not be had, which RFC 9309 takes for a denial
    TOO_MANY_REDIRECTS = "too-many-redirects"
    FORBIDDEN = "http-403"
    TOO_MANY_REQUESTS = "http-429"
    LEGAL = "http-451"  # unavailable for legal reasons (RFC 7725)
    SERVER_ERROR = "http-5xx"
    CHALLENGE = "challenge"  # a page that asks the visitor to prove to be human stands before the page


_FAILED_STATUSES = {403: Failure.FORBIDDEN, 429: Failure.TOO_MANY_REQUESTS, 451: Failure.LEGAL}


def failure_of_status(status: int) -> Failure | None:
    """What a status says of the page: 403, 429, 451 and 5xx keep it from us; any other status is an answer."""
    return Failure.SERVER_ERROR if 500 <= status < 600 else _FAILED_STATUSES.get(status)


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """What the name system answered for a host, as it was asked for one fetch; later fetches may share it."""

    host: str
    """Name in ASCII, lower case, without a final dot."""
    looked_up_at: datetime
    """UTC, microseconds: when the question was put."""
    rcode: str
    """`NOERROR`, `NXDOMAIN`, `SERVFAIL` … (RFC 1035, 4.1.1, by IANA's names), or `TIMEOUT`."""
    records: tuple[str, ...]
    """The answers' resource records as lines of a master file (RFC 1035, 5.1): `case.example. 300 IN A 192.0.2.1`."""
    source: Literal["dns", "system"] = "dns"
    """`system`: the operating system's own answer (its hosts file, say), which tells addresses alone."""


CertificateProblem = Literal[
    "expired", "not-yet-valid", "self-signed", "unknown-issuer", "wrong-host", "no-certificate", "other"
]
"""Why a chain is not trusted, in one word."""

# OpenSSL's words (X509_verify_cert_error_string), and our own of `crawler/wire_tls.py` for what OpenSSL leaves to us.
_PROBLEMS: tuple[tuple[str, CertificateProblem], ...] = (
    ("no certificate", "no-certificate"),
    ("has expired", "expired"),
    ("not yet valid", "not-yet-valid"),
    ("mismatch", "wrong-host"),
    ("self-signed", "self-signed"),
    ("self signed", "self-signed"),
    ("issuer", "unknown-issuer"),
    ("unable to verify the first certificate", "unknown-issuer"),
)


def certificate_problem(verdict: str | None) -> CertificateProblem | None:
    """The class of a verdict on a certificate chain; None where it holds, and without TLS.

    Of several faults it is the one that says the most about this server: a date or a name rather than the issuer.

    >>> certificate_problem("certificate has expired")
    'expired'
    """
    if verdict is None or verdict == TRUSTED:
        return None
    return next((problem for words, problem in _PROBLEMS if words in verdict), "other")


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
    """TRUSTED, or all for which the chain was not trusted, in OpenSSL's words, parted by `; `."""
    roots: str
    """The root store the verdict was given against, e.g. `certifi 2026.10.18`."""

    @property
    def trusted(self) -> bool:
        """Whether the chain and the host name hold against the root store named in `roots`."""
        return self.verdict == TRUSTED


MADE = ("urn:view:", "urn:fullPage:", "urn:thumbnail:", "urn:dom:")
"""Begin the WARC-Target-URI of what was made of a page; its address follows. The names are Browsertrix's."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was made here of a page that a browser had loaded: a picture, or its DOM."""

    target: str
    """One of MADE and the page's address: what it is called on record."""
    mime: str
    octets: Spool


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
    """The bytes of the request that the kernel took (for the origin: without anything meant for a proxy); under TLS
    those in TLS records that it took whole. Empty when nothing was sent."""
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
    failure: Failure | None = None
    """None where the page was had whole, whatever else is wrong with it."""
    dns: DnsAnswer | None = None
    """The look-up that the connection was made after; None where no name was looked up on this side."""
    sent_before: int | None = None
    """Octets of this very request that were sent over a kept connection, which the server closed without any answer
    (RFC 9112, 9.3.1): the request was then made anew, over the connection that this exchange tells of."""
    vantage: Vantage = "direct"
    vantage_label: str | None = None
    """The operator's label of the place that was fetched from; None without one."""
    made: tuple[Made, ...] = ()
    """What was made of the page; only of a response with a complete head."""

    @property
    def has_head(self) -> bool:
        """Whether there is a complete HTTP head, and so a `response` record."""
        return self.head_length > 0

    def close(self) -> None:
        """Free the spools."""
        self.request.close()
        self.response.close()
        for one in self.made:
            one.octets.close()


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
    """Heritrix's hopsFromSeed: L link, R redirect, E embed, M listing, P prerequisite; '' for a seed. Ours: Y, known
    from an earlier crawl, B, loaded by a browser that looked at the page, and A, the same page again, seconds later."""
    notes: tuple[tuple[str, str], ...] = field(default=())
    """More `name: value` lines for the metadata record, names lower-case with hyphens."""
