"""Asking a service that is no site: one request, one small answer, through the operator's proxy.

The wire client makes the request as it makes those to sites: names go to the proxy where there is one. Nothing tells
who asks: no User-Agent, no contact. Redirects are not followed.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from archive.errors import TimestampError
from archive.exchange import Exchange, Failure
from archive.http import Head, MalformedHeadError, body_pieces, decode_content, parse_head
from crawler.route import Route
from crawler.wire_client import WireClient, WireLimits
from crawler.wire_message import WireRequest

PATIENCE: Final = 30.0
"""Seconds for a connection, for a head, and for a body: a circuit of Tor takes some to be made."""


class BusyError(TimestampError):
    """No answer that says anything about the request: it may be made again, after `wait` seconds if it says so."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered."""

    status: int
    media_type: str | None
    octets: bytes
    """The body, codings removed."""
    retry_after: float | None
    """Seconds that it asks to wait; None where it asks for none."""
    trusted: bool
    """Whether the certificate of its TLS holds; false without TLS."""


@asynccontextmanager
async def asking_client(
    nameservers: Sequence[str], *, limit: int, patience: float = PATIENCE
) -> AsyncIterator[WireClient]:
    """A client for a few questions, closed at the end; answers are cut at `limit` octets."""
    limits = WireLimits(
        connect=patience, head=patience, body=patience, idle=patience, head_size=64 << 10, max_size=limit, keep=0
    )
    client = WireClient(limits, nameservers=nameservers)
    try:
        yield client
    finally:
        await client.close()


async def ask(
    client: WireClient,
    url: str,
    route: Route,
    *,
    body: bytes | None = None,
    kind: bytes | None = None,
    accept: bytes | None = None,
) -> Answer:
    """GET an address, or POST a body of a media type to it. Raises BusyError, TimestampError: no whole answer."""
    fields = [(b"Content-Type", kind)] if kind else []
    fields += [(b"Accept", accept)] if accept else []
    method = "GET" if body is None else "POST"
    exchange = await client.fetch(WireRequest(url, method, fields, body or b"", route))
    try:
        return _answer(exchange, client.limits.max_size)
    finally:
        exchange.close()


def _answer(exchange: Exchange, limit: int) -> Answer:
    if exchange.failure is Failure.TOO_LARGE:
        raise TimestampError(f"expected an answer of up to {limit} octets, found more")
    if not exchange.head_length or exchange.truncated is not None:
        raise BusyError(f"expected an answer, found none: {exchange.error or exchange.outcome}")
    try:
        head = parse_head(exchange.response.read(0, exchange.head_length))
    except MalformedHeadError as error:
        raise TimestampError(f"expected an answer in HTTP, found: {error}") from error
    assert head is not None, "an exchange with a head has one that can be parsed"
    payload = b"".join(body_pieces(head, exchange.response.pieces(exchange.head_length), exchange.method))
    decoded = decode_content(head, payload, limit=limit)
    if decoded.exceeded or decoded.left:
        raise TimestampError(f"expected an answer of up to {limit} octets in a known coding, found another")
    return Answer(
        status=head.status,
        media_type=head.media_type,
        octets=decoded.octets,
        retry_after=_retry_after(head),
        trusted=exchange.tls is not None and exchange.tls.trusted,
    )


def _retry_after(head: Head) -> float | None:
    """Seconds; the form with a date is passed over (RFC 9110, 10.2.3)."""
    values = head.values("retry-after")
    return float(values[0]) if len(values) == 1 and re.fullmatch(r"[0-9]{1,6}", values[0]) else None


def check_status(answer: Answer) -> None:
    """Raises TimestampError, or BusyError where it may go better later, for another status than 200."""
    if answer.status == 200:
        return
    words = f"expected an answer with status 200, found {answer.status}"
    if answer.status in (408, 429) or answer.status >= 500:
        raise BusyError(words, answer.retry_after)
    raise TimestampError(words)
