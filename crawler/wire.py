"""Scrapy's download handler: fetches over the wire client, stores the exchange, and only then answers Scrapy.

The payload is decoded before the Response is first built. A Response that is built of coded octets and replaced later
runs charset detection over them (`Response.replace` asks for `.encoding`), which costs more than everything else.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, Self

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

from archive.errors import KhronikaError, StorageError
from archive.exchange import Exchange, Failure, Outcome, failure_of_status
from archive.http import Head, body_pieces, decode_content, parse_head
from crawler.challenge import challenge_of
from crawler.policy import route_of
from crawler.route import DIRECT, Route
from crawler.session import ANSWERED, CAPTURE, FIRST, TURN, occasion_of, session_of, site_of
from crawler.wire_client import WireClient, WireLimits
from crawler.wire_message import MAX_SIZE, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy import Request
    from scrapy.crawler import Crawler

    from archive.capture import Capture
    from archive.exchange import Occasion

TRUNCATED = "truncated"
"""Flag of a response whose body is shorter than the server meant it."""
WITHHELD = "withheld"
"""Flag of a response whose body is archived, and too long to be given to spiders."""
UNDECODED = "undecoded"
"""Flag of a response whose content coding did not come off as its head says."""

# Octets of payload from which on decoding is left to a thread: less takes a millisecond or two.
_THREAD_FROM = 256 << 10


class FetchFailed(Exception):  # noqa: N818 - the name that the parts agreed on
    """A fetch without a response. Stored like any other; each kind is also the exception that Scrapy knows for it."""

    def __init__(self, message: str, *, exchange_outcome: Outcome, capture: Capture) -> None:
        super().__init__(message)
        self.exchange_outcome = exchange_outcome
        self.capture = capture


class UnresolvedError(FetchFailed, CannotResolveHostError):
    """The name has no address."""


class RefusedError(FetchFailed, DownloadConnectionRefusedError):
    """Nobody listens there."""


class TimedOutError(FetchFailed, DownloadTimeoutError):
    """Nothing came in time."""


class BrokenError(FetchFailed, DownloadFailedError):
    """Unreachable, closed too early, no TLS, or no HTTP."""


_FAILURES: dict[Outcome, type[FetchFailed]] = {
    Outcome.UNRESOLVED: UnresolvedError,
    Outcome.REFUSED: RefusedError,
    Outcome.TIMEOUT: TimedOutError,
}


class Session(Protocol):
    """What the handler needs of a crawl."""

    async def store(self, exchange: Exchange, occasion: Occasion) -> Capture:
        """Store an exchange, close it, and return when it is synced."""

    def give_up(self, error: KhronikaError) -> None:
        """End the run: every next page would meet the same error."""


class Occasions(Protocol):
    """Says why a request is made."""

    def __call__(self, request: Request, /) -> Occasion: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What a spider is given of an exchange, taken out before the exchange is handed over to be stored."""

    head: Head
    body: bytes
    flags: tuple[str, ...]
    coded: bool
    """The body still has a content coding on."""


class WireHandler:
    """`DOWNLOAD_HANDLERS` for http and https."""

    lazy = False

    def __init__(
        self,
        client: WireClient,
        session: Session,
        occasion: Occasions,
        *,
        spider_limit: int,
        route: Route = DIRECT,
        shared: bool = False,
    ) -> None:
        """`spider_limit` is the longest decoded body, in octets, that spiders are given.

        `shared`: whether the client is another's too.
        """
        self._shared = shared
        self._route = route
        self._client = client
        self._session = session
        self._occasion = occasion
        self._spider_limit = spider_limit

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """The handler of a crawler that belongs to a crawl session."""
        session = session_of(crawler)
        policy = session.policy
        if session.wire is None:
            limits = WireLimits(
                connect=policy.timeout_connect,
                head=policy.timeout_head,
                body=policy.timeout_body,
                max_size=policy.max_size,
            )
            session.wire = WireClient(limits, nameservers=policy.nameservers)
        return cls(
            session.wire,
            session,
            lambda request: occasion_of(request, session),
            spider_limit=policy.spider_limit,
            route=route_of(policy, site_of(crawler)),
            shared=True,
        )

    async def download_request(self, request: Request) -> Response:
        """Fetch, store, answer. Raises FetchFailed when there is no response, StorageError when it cannot be stored.

        `request.meta["capture"]` is the Capture in both cases, once it is stored.
        """
        request.meta.pop(CAPTURE, None)
        wire_request = WireRequest(
            request.url,
            request.method,
            _fields(request.headers),
            request.body,
            self._route,
            request.meta.get(MAX_SIZE),
        )
        occasion = self._occasion(request)
        try:
            exchange = await self._client.fetch(wire_request)
        except StorageError as error:
            self._session.give_up(error)
            raise
        request.meta[ANSWERED] = time.monotonic()
        request.meta["download_latency"] = exchange.duration
        if exchange.status is not None and exchange.status < 400 and (leave := request.meta.pop(TURN, None)):
            # The next page may be asked for while this one is stored. After anything else the server is given the
            # time that it takes to see what it said: Retry-After holds from the next request on.
            leave()
        try:
            answer = await self._answer(exchange, request.meta.get(FIRST))
        except BaseException:
            exchange.close()
            raise
        exchange = with_failure(exchange, answer)
        # From here on the exchange is the session's, which closes it.
        capture = await self._session.store(exchange, occasion)
        request.meta[CAPTURE] = capture
        if answer is None:
            kind = _FAILURES.get(exchange.outcome, BrokenError)
            raise kind(exchange.error or str(exchange.outcome), exchange_outcome=exchange.outcome, capture=capture)
        return _response(request, exchange, answer)

    async def close(self) -> None:
        """Close all connections, unless they are shared with others: who made the client closes it then."""
        if not self._shared:
            await self._client.close()

    async def _answer(self, exchange: Exchange, first: int | None) -> Answer | None:
        if not exchange.has_head:
            return None
        limit = first or self._spider_limit
        if exchange.payload_length > _THREAD_FROM:
            return await asyncio.to_thread(take_answer, exchange, limit, beginning=first is not None)
        return take_answer(exchange, limit, beginning=first is not None)


def with_failure(exchange: Exchange, answer: Answer | None) -> Exchange:
    """The exchange with what its status, or a challenge in the page's place, says beside what the wire said."""
    if answer is None or exchange.status is None:
        return exchange
    if (who := challenge_of(answer.head, answer.body)) is not None:
        error = exchange.error or f"no page but a challenge or block page: {who}"
        return replace(exchange, failure=Failure.CHALLENGE, error=error)
    # how the server refused says more than that its words were cut short
    failure = failure_of_status(exchange.status) or exchange.failure
    return exchange if failure is exchange.failure else replace(exchange, failure=failure)


def take_answer(exchange: Exchange, limit: int, *, beginning: bool = False) -> Answer:
    """The head and the decoded body of an exchange that has a head.

    Of a body that is longer than `limit` octets nothing is given, or its `beginning` of so many.
    """
    head = parse_head(exchange.response.read(0, exchange.head_length))
    assert head is not None, "an exchange with a head has one that can be parsed"
    flags = [TRUNCATED] if exchange.truncated is not None else []
    if exchange.payload_length > limit and not beginning:
        return Answer(head, b"", (*flags, WITHHELD), coded=False)
    pieces = body_pieces(head, exchange.response.pieces(exchange.head_length), exchange.method)
    payload = _joined(pieces, limit if beginning else None)
    decoded = decode_content(head, payload, limit=limit)
    if decoded.exceeded:
        return Answer(head, decoded.octets if beginning else b"", (*flags, WITHHELD), coded=False)
    # A coded body that was cut off cannot be decoded to its end; that is already said.
    if decoded.problem is not None and exchange.truncated is None:
        flags.append(UNDECODED)
    return Answer(head, decoded.octets, tuple(flags), coded=bool(decoded.left))


def _joined(pieces: Iterable[bytes], limit: int | None) -> bytes:
    """The pieces together, or so many of them that they are longer than `limit`."""
    if limit is None:
        return b"".join(pieces)
    joined = bytearray()
    for piece in pieces:
        joined += piece
        if len(joined) > limit:
            break
    return bytes(joined)


def _fields(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, values in headers.items() for value in values]


def _response(request: Request, exchange: Exchange, answer: Answer) -> Response:
    headers = Headers(answer.head.fields)
    if not answer.coded:
        # Scrapy takes a response that names a content coding for one that is still coded, and makes no text of it.
        headers.pop(b"Content-Encoding", None)
    kind = responsetypes.from_args(headers=headers, url=request.url, body=answer.body)
    return kind(
        url=request.url,
        status=exchange.status or 0,
        headers=headers,
        body=answer.body,
        flags=list(answer.flags),
        request=request,
        certificate=exchange.tls.chain[0] if exchange.tls is not None and exchange.tls.chain else None,
        ip_address=ipaddress.ip_address(exchange.peer) if exchange.peer is not None else None,
        protocol=answer.head.version.decode("ascii"),
    )
