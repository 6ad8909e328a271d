"""An HTTP/1.1 client that keeps every octet: one request in, one Exchange out (RFC 9110, RFC 9112).

Failures are exchanges like any other. No redirects, cookies, robots.txt or delays here, and no Scrapy.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from archive.digest import Digester
from archive.errors import KhronikaError, StorageError
from archive.exchange import Exchange, Outcome, Stage, TlsFacts, Truncation
from archive.http import Framing, Head, MalformedHeadError, interim_end, parse_head
from archive.spool import Spool
from crawler.wire_connection import (
    Connection,
    Resolver,
    close_all,
    connect_any,
    resolve_by_system,
    said,
)
from crawler.wire_message import Target, UrlError, WireRequest, recordable, serialise, target_of
from crawler.wire_tls import Roots, facts, open_context

_SEND_PIECE = 64 << 10
# RFC 9110, 9.2.2: only these may be sent again when a kept connection died under the first attempt.
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True)
class WireLimits:
    """How long and how much; seconds and octets."""

    connect: float = 15.0
    """For name, connection and TLS handshake together."""
    head: float = 60.0
    """From the request's first octet to the end of the final head."""
    body: float = 600.0
    """For the whole body."""
    idle: float = 60.0
    """Between two pieces of a body."""
    head_size: int = 256 << 10
    """Longest head, 1xx heads included; a longer one is no HTTP."""
    max_size: int = 1 << 30
    """Longest body as it crosses the wire; a longer one is cut there."""
    keep: float = 60.0
    """How long a connection is kept for the next request; 0: not at all."""
    kept: int = 64
    """Connections kept, over all servers; the one that waited longest goes first."""


def utc_now() -> datetime:
    """The time, in UTC, with microseconds."""
    return datetime.now(UTC)


class WireClient:
    """Fetches; keeps connections between fetches. Lives on one event loop."""

    def __init__(
        self,
        limits: WireLimits | None = None,
        *,
        roots: Roots | None = None,
        resolve: Resolver | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`roots` judge certificates (certifi's without them), `resolve` looks names up (the system's without it)."""
        self.limits = limits or WireLimits()
        self._resolve = resolve or resolve_by_system
        self._clock = clock
        self._roots = roots
        self._context: ssl.SSLContext | None = None
        self._kept: list[tuple[tuple[str, str, int], Connection]] = []
        self._open: set[Connection] = set()
        self._closed = False

    async def fetch(self, request: WireRequest) -> Exchange:
        """Fetch once. Whatever happens on the wire is in the exchange, never an exception.

        The caller owns the exchange and closes it, or hands it to who does. A request that may be repeated goes over
        a kept connection; when that one died before any octet of a response, it is sent once more over a new one, and
        the first attempt leaves no trace. Raises KhronikaError after `close`, and when it is called meanwhile;
        StorageError when this machine cannot hold the octets.
        """
        if self._closed:
            raise KhronikaError("expected an open client, found a closed one")
        try:
            target = target_of(request.url)
        except UrlError as error:
            return self._refused_url(request, error)
        if request.method in _REPEATABLE and (connection := await self._take(target)) is not None:
            exchange = await _Fetch(self, request, target).run(connection)
            if exchange is not None:
                return exchange
        exchange = await _Fetch(self, request, target).run(None)
        assert exchange is not None, "only a kept connection can be stale"
        return exchange

    async def close(self) -> None:
        """Close all connections; fetches that still run raise KhronikaError."""
        self._closed = True
        self._kept.clear()
        await close_all(self._open)

    def _refused_url(self, request: WireRequest, error: UrlError) -> Exchange:
        return Exchange(
            url=recordable(request.url),
            method=request.method,
            began_at=self._clock(),
            duration=0.0,
            outcome=Outcome.UNRESOLVED,
            request=Spool(),
            response=Spool(),
            stage="resolve",
            error=_one_line(str(error)),
        )

    # connections

    async def _take(self, target: Target) -> Connection | None:
        """A kept connection to the target's server that is still good, the last used first."""
        now = asyncio.get_running_loop().time()
        while True:
            places = [place for place, (origin, _) in enumerate(self._kept) if origin == target.origin]
            if not places:
                return None
            _, connection = self._kept.pop(places[-1])
            if now - connection.idle_since < self.limits.keep:
                await connection.settle()
                if not (connection.ended or connection.has_octets):
                    return connection
            # Octets that nobody asked for belong to no exchange; over such a connection none could be trusted.
            connection.abort()

    def _keep(self, target: Target, connection: Connection) -> None:
        connection.idle_since = asyncio.get_running_loop().time()
        self._kept.append((target.origin, connection))
        stale = [kept for kept in self._kept if kept[1].ended or kept[1].has_octets]
        for kept in stale or self._kept[: max(0, len(self._kept) - self.limits.kept)]:
            self._kept.remove(kept)
            kept[1].abort()

    def _own(self, connection: Connection) -> None:
        self._open.add(connection)
        connection.lost.add_done_callback(lambda _: self._open.discard(connection))

    def _tls_context(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = open_context()
        return self._context

    def _judge(self, connection: ssl.SSLObject, host: str) -> TlsFacts:
        if self._roots is None:
            self._roots = Roots.of_certifi()
        return facts(connection, host, self._roots)


class _FailedError(Exception):
    """A fetch that cannot go on."""

    def __init__(self, outcome: Outcome, error: str, truncated: Truncation | None = None) -> None:
        super().__init__(error)
        self.outcome = outcome
        self.truncated = truncated


class _Fetch:
    """One attempt at one request."""

    def __init__(self, client: WireClient, request: WireRequest, target: Target) -> None:
        self._client = client
        self._limits = client.limits
        self._request = request
        self._target = target
        self._sent = Spool()
        self._received = Spool()
        self._payload = Digester()
        self._loop = asyncio.get_running_loop()
        self._began_at = client._clock()
        self._began = self._loop.time()
        self._stage: Stage = "resolve"
        self._peer: str | None = None
        self._tls: TlsFacts | None = None
        self._connection: Connection | None = None
        self._all_sent = False
        self._head: Head | None = None
        self._framing: Framing | None = None
        self._body_octets = 0

    async def run(self, kept: Connection | None) -> Exchange | None:
        """Make the exchange; None when a kept connection turned out to be dead."""
        failure: _FailedError | None = None
        try:
            try:
                self._connection = kept or await self._connect()
                self._peer, self._tls = self._connection.peer, self._connection.tls
                await self._converse(self._connection)
            except _FailedError as error:
                failure = error
            if self._client._closed:
                # It was this side that cut it short, which says nothing about the server.
                raise KhronikaError("expected an open client, found that it was closed during the fetch")
        except BaseException:
            self._let_go(reusable=False)
            self._sent.close()
            self._received.close()
            raise
        self._let_go(reusable=failure is None)
        if kept is not None and failure is not None and failure.outcome is Outcome.RESET and not len(self._received):
            self._sent.close()
            self._received.close()
            return None
        return self._exchange(failure)

    def _let_go(self, *, reusable: bool) -> None:
        """Keep the connection for the next fetch, or close it."""
        connection, head, framing = self._connection, self._head, self._framing
        if connection is None:
            return
        if (
            reusable
            and self._limits.keep > 0
            and self._all_sent
            and not (connection.ended or connection.has_octets)
            and head is not None
            and head.persistent
            and head.status != 101
            # RFC 9112, 6.1: a transfer coding in HTTP/1.0 is faulty framing.
            and not (head.version == b"HTTP/1.0" and head.values("transfer-encoding"))
            and framing is not None
            and not (framing.until_close or framing.problem or framing.surplus)
        ):
            self._client._keep(self._target, connection)
        else:
            connection.abort()

    # getting there

    async def _connect(self) -> Connection:
        try:
            async with asyncio.timeout(self._limits.connect):
                return await self._open()
        except TimeoutError:
            what = {"resolve": "address", "connect": "connection", "tls": "TLS handshake"}[self._stage]
            raise _FailedError(Outcome.TIMEOUT, f"no {what} within {self._limits.connect:g} s") from None

    async def _open(self) -> Connection:
        target = self._target
        try:
            addresses = await self._client._resolve(target.host, target.port)
        except (OSError, UnicodeError) as error:
            raise _FailedError(Outcome.UNRESOLVED, f"no address for {target.host}: {_why_unresolved(error)}") from error
        if not addresses:
            raise _FailedError(Outcome.UNRESOLVED, f"no address for {target.host}")
        self._stage = "connect"
        try:
            connected, self._peer = await connect_any(addresses)
        except OSError as error:
            raise _FailedError(_outcome_of(error), f"no connection to port {target.port}: {said(error)}") from error
        if target.scheme == "http":
            connection = await Connection.open(connected, self._peer)
            self._client._own(connection)
            return connection
        self._stage = "tls"
        return await self._open_tls(connected)

    async def _open_tls(self, connected: socket.socket) -> Connection:
        host = self._target.host.rstrip(".")
        try:
            connection = await Connection.open(connected, self._peer, tls=self._client._tls_context(), host=host)
        except ssl.SSLError as error:
            raise _FailedError(Outcome.TLS, f"no TLS: {said(error)}") from error
        except OSError as error:
            raise _FailedError(Outcome.RESET, f"no TLS: {said(error)}") from error
        except ValueError as error:
            raise _FailedError(Outcome.TLS, f"no TLS: {host} cannot be asked for") from error
        self._client._own(connection)
        self._connection = connection
        secured = connection.ssl_object
        if secured is None:  # closed in the very moment that the handshake ended
            raise _FailedError(Outcome.RESET, "closed by the server after the TLS handshake")
        connection.tls = await asyncio.to_thread(self._client._judge, secured, host)
        return connection

    # question and answer

    async def _converse(self, connection: Connection) -> None:
        try:
            async with asyncio.timeout(self._limits.head):
                self._stage = "send"
                await self._send(connection)
                self._stage = "head"
                body = await self._receive_head(connection)
        except TimeoutError:
            words = "the request not taken" if self._stage == "send" else "no complete head"
            raise _FailedError(Outcome.TIMEOUT, f"{words} within {self._limits.head:g} s") from None
        except OSError as error:
            raise _FailedError(Outcome.RESET, said(error)) from error
        self._stage = "body"
        try:
            async with asyncio.timeout(self._limits.body):
                await self._receive_body(connection, body)
        except TimeoutError:
            words = f"not all of the body within {self._limits.body:g} s"
            raise _FailedError(Outcome.TRUNCATED, words, "time") from None
        except OSError as error:
            raise _FailedError(Outcome.TRUNCATED, said(error), "disconnect") from error

    async def _send(self, connection: Connection) -> None:
        octets = serialise(self._request, self._target)
        for start in range(0, len(octets), _SEND_PIECE):
            piece = octets[start : start + _SEND_PIECE]
            try:
                taken = await connection.send(piece)
            finally:
                _write(self._sent, piece[: max(0, len(piece) - connection.unsent)])
            if not taken:
                # The server answers before it has read everything: it is not going to read the rest.
                return
        self._all_sent = True

    async def _receive_head(self, connection: Connection) -> bytes:
        """Take in everything up to the end of the final head; give the octets that came after it."""
        received = bytearray()
        start = 0
        try:
            while True:
                octets = await connection.receive()
                if not octets:
                    found = "no octet of a response" if not received else f"{len(received)} octets of a head"
                    raise _FailedError(Outcome.RESET, f"closed by the server after {found}")
                received += octets
                head = None
                if _worth_parsing(received, len(octets)):
                    whole = bytes(received)
                    start = interim_end(whole, start)
                    head = parse_head(whole, start)
                if head is not None and head.length <= self._limits.head_size:
                    self._head = head
                    body = bytes(received[head.length :])
                    del received[head.length :]
                    return body
                if len(received) > self._limits.head_size:
                    raise _FailedError(Outcome.MALFORMED, f"no end of the head in {self._limits.head_size} octets")
        except MalformedHeadError as error:
            raise _FailedError(Outcome.MALFORMED, str(error)) from error
        finally:
            _write(self._received, bytes(received))

    async def _receive_body(self, connection: Connection, octets: bytes) -> None:
        assert self._head is not None
        framing = self._framing = Framing(self._head, self._request.method)
        self._take_in(framing, octets)
        while not framing.over:
            octets = await self._next_piece(connection)
            if not octets:
                framing.end()
                if not framing.complete:
                    raise _FailedError(Outcome.TRUNCATED, framing.problem or "body cut short", "disconnect")
                return
            self._take_in(framing, octets)
        if framing.damaged:
            raise _FailedError(Outcome.TRUNCATED, framing.problem or "damaged chunks", "unspecified")
        # What a server sends after a message's end is part of what it sent here, and of no other exchange.
        await connection.settle()
        while connection.has_octets:
            self._take_in(framing, await connection.receive())

    async def _next_piece(self, connection: Connection) -> bytes:
        if connection.has_octets:
            return await connection.receive()
        try:
            async with asyncio.timeout(self._limits.idle):
                return await connection.receive()
        except TimeoutError:
            words = f"nothing more of the body within {self._limits.idle:g} s"
            raise _FailedError(Outcome.TRUNCATED, words, "time") from None

    def _take_in(self, framing: Framing, octets: bytes) -> None:
        room = self._limits.max_size - self._body_octets
        cut = len(octets) > room
        octets = octets[:room]
        self._body_octets += len(octets)
        _write(self._received, octets)
        self._payload.update(framing.feed(octets))
        if cut and not framing.complete:
            raise _FailedError(Outcome.TRUNCATED, f"cut after {self._limits.max_size} octets of the body", "length")

    # what became of it

    def _exchange(self, failure: _FailedError | None) -> Exchange:
        head = self._head
        problem = self._framing.problem if self._framing is not None else None
        error = str(failure) if failure is not None else problem
        return Exchange(
            url=self._target.url,
            method=self._request.method,
            began_at=self._began_at,
            duration=self._loop.time() - self._began,
            outcome=failure.outcome if failure is not None else Outcome.RESPONSE,
            request=self._sent,
            response=self._received,
            status=head.status if head is not None else None,
            head_length=head.length if head is not None else 0,
            mime=head.media_type if head is not None else None,
            payload_digest=self._payload.digest() if head is not None else None,
            payload_length=self._payload.length,
            truncated=failure.truncated if failure is not None else None,
            stage=self._stage if failure is not None else None,
            error=_one_line(error) if error is not None else None,
            peer=self._peer,
            protocol=head.version.decode("ascii").lower() if head is not None else "http/1.1",
            tls=self._tls,
        )


def _write(spool: Spool, octets: bytes) -> None:
    """Keep octets. A disk that refuses them is this machine's fault, and must not be told of the server."""
    try:
        spool.write(octets)
    except OSError as error:
        raise StorageError(f"expected room for temporary files, found: {said(error)}") from error


def _worth_parsing(received: bytearray, new: int) -> bool:
    """Whether the newest octets can have ended a head or spoilt its first line.

    Without this a head that drips in would be parsed as often as it drips.
    """
    tail = received[max(0, len(received) - new - 3) :]
    return b"\n\n" in tail or b"\n\r\n" in tail or received.find(b"\n", 0, len(received) - new) < 0


def _outcome_of(error: OSError) -> Outcome:
    if isinstance(error, ConnectionRefusedError):
        return Outcome.REFUSED
    if isinstance(error, TimeoutError):
        return Outcome.TIMEOUT
    if isinstance(error, ConnectionError):
        return Outcome.RESET
    return Outcome.UNREACHABLE


def _why_unresolved(error: OSError | UnicodeError) -> str:
    if isinstance(error, socket.gaierror):
        return str(error.strerror)
    return said(error) if isinstance(error, OSError) else "not a host name"


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)[:500]
