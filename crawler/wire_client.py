"""An HTTP/1.1 client that keeps every octet: one request in, one Exchange out (RFC 9110, RFC 9112).

Failures are exchanges like any other. No redirects, cookies, robots.txt or delays here, and no Scrapy.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from archive.digest import Digester
from archive.errors import KhronikaError, StorageError
from archive.exchange import DnsAnswer, Exchange, Failure, Outcome, Stage, TlsFacts, Truncation
from archive.http import Framing, Head, MalformedHeadError, interim_end, parse_head
from archive.spool import Spool
from crawler.resolver import LookUp, Resolver, is_name, literal_address, sockets_of
from crawler.route import Proxy, Route
from crawler.wire_connection import Connection, close_all, connect_any, said
from crawler.wire_message import Target, UrlError, WireRequest, recordable, serialise, target_of
from crawler.wire_proxy import ProxyWayError, way_through
from crawler.wire_tls import (
    Handshake,
    Roots,
    anonymous_context,
    asks_for_other_ciphers,
    handshake_of,
    judged,
    open_context,
)

_SEND_PIECE = 64 << 10
# Octets of a body from which on it is hashed and written to disk on a thread: the other fetches have their timers on
# the loop, and a slow disk must not be told of their servers.
_THREAD_FROM = 1 << 20
# RFC 9110, 9.2.2: only these may be sent again when a kept connection died under the first attempt.
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True)
class WireLimits:
    """How long and how much; seconds and octets."""

    connect: float = 15.0
    """For name, proxy, connection and TLS handshake together."""
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


Key = tuple[Proxy | None, tuple[str, str, int]]
"""What a connection can be kept for: the origin, and the proxy on the way to it."""


class WireClient:
    """Fetches; keeps connections between fetches. Lives on one event loop."""

    def __init__(
        self,
        limits: WireLimits | None = None,
        *,
        roots: Roots | None = None,
        nameservers: Sequence[str] = (),
        look_up: Callable[[str, float], Awaitable[LookUp]] | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`roots` judge certificates (certifi's without them).

        `nameservers` are asked for names (the system's without them), or `look_up` is: a host, and the seconds that
        it may take.
        """
        self.limits = limits or WireLimits()
        self._look_up = look_up or Resolver(nameservers, clock=clock).look_up
        self._clock = clock
        self._roots = roots
        self._contexts: dict[bool, ssl.SSLContext] = {}
        self._kept: list[tuple[Key, Connection]] = []
        self._open: set[Connection] = set()
        self._closed = False

    async def fetch(self, request: WireRequest) -> Exchange:
        """Fetch once. Whatever happens on the wire is in the exchange, never an exception.

        The caller owns the exchange and closes it, or hands it to who does. A request that may be repeated goes over
        a kept connection; when that one died before any octet of a response, it is sent once more over a new one, and
        the exchange says so (`sent_before`). Raises KhronikaError after `close`, and when it is called meanwhile;
        StorageError when this machine cannot hold the octets.
        """
        if self._closed:
            raise KhronikaError("expected an open client, found a closed one")
        try:
            target = target_of(request.url)
        except UrlError as error:
            return self._refused_url(request, error)
        if request.method in _REPEATABLE and (connection := await self._take(_key(request, target))) is not None:
            first = _Fetch(self, request, target)
            exchange = await first.run(connection)
            if exchange is not None:
                return exchange
            again = _Fetch(self, request, target, sent_before=first.sent)
        else:
            again = _Fetch(self, request, target)
        exchange = await again.run(None)
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
            failure=Failure.NO_NAME,
            vantage=request.route.vantage(request.url.partition(":")[0].lower()),
            vantage_label=request.route.label,
        )

    # connections

    async def _take(self, key: Key) -> Connection | None:
        """A kept connection that is still good, the last used first."""
        now = asyncio.get_running_loop().time()
        while True:
            places = [place for place, (kept_for, _) in enumerate(self._kept) if kept_for == key]
            if not places:
                self._drop_beside(key)
                return None
            _, connection = self._kept.pop(places[-1])
            if now - connection.idle_since < self.limits.keep:
                await connection.settle()
                if not (connection.ended or connection.has_octets):
                    return connection
            # Octets that nobody asked for belong to no exchange; over such a connection none could be trusted.
            connection.abort()

    def _drop_beside(self, key: Key) -> None:
        """Close what is kept for the same host by another name of it, with a dot at its end or without: it gets one
        connection at a time."""
        proxy, (_, host, port) = key
        for kept in [*self._kept]:
            (other_proxy, (_, other, other_port)), connection = kept
            if (other_proxy, other.rstrip("."), other_port) == (proxy, host.rstrip("."), port):
                self._kept.remove(kept)
                connection.abort()

    def _keep(self, key: Key, connection: Connection) -> None:
        connection.idle_since = asyncio.get_running_loop().time()
        self._kept.append((key, connection))
        stale = [kept for kept in self._kept if kept[1].ended or kept[1].has_octets]
        for kept in stale or self._kept[: max(0, len(self._kept) - self.limits.kept)]:
            self._kept.remove(kept)
            kept[1].abort()

    def _own(self, connection: Connection) -> None:
        self._open.add(connection)
        connection.lost.add_done_callback(lambda _: self._open.discard(connection))

    def _tls_context(self, *, anonymous: bool) -> ssl.SSLContext:
        if anonymous not in self._contexts:
            self._contexts[anonymous] = anonymous_context() if anonymous else open_context()
        return self._contexts[anonymous]

    def _judge(self, handshake: Handshake, host: str) -> TlsFacts:
        if self._roots is None:
            self._roots = Roots.of_certifi()
        return judged(handshake, host, self._roots)


def _key(request: WireRequest, target: Target) -> Key:
    return request.route.proxy, target.origin


class _FailedError(Exception):
    """A fetch that cannot go on."""

    def __init__(self, outcome: Outcome, failure: Failure, error: str, truncated: Truncation | None = None) -> None:
        super().__init__(error)
        self.outcome = outcome
        self.failure = failure
        self.truncated = truncated


class _OtherCiphersError(_FailedError):
    """A TLS handshake that other ciphers may bring about."""


class _Fetch:
    """One attempt at one request."""

    def __init__(
        self, client: WireClient, request: WireRequest, target: Target, *, sent_before: int | None = None
    ) -> None:
        self._client = client
        self._sent_before = sent_before
        self._limits = client.limits
        self._max_size = min(client.limits.max_size, request.max_size or client.limits.max_size)
        self._request = request
        self._target = target
        self._route: Route = request.route
        proxy = request.route.proxy
        self._forwarder = proxy if proxy is not None and request.route.vantage(target.scheme) == "http proxy" else None
        """The proxy that forwards this very message: it reads it, and answers with messages of its own too."""
        self._sent = Spool()
        self._received = Spool()
        self._payload = Digester()
        self._loop = asyncio.get_running_loop()
        self._began_at = client._clock()
        self._began = self._loop.time()
        self._stage: Stage = "resolve"
        self._peer: str | None = None
        self._tls: TlsFacts | None = None
        self._dns: DnsAnswer | None = None
        self._connection: Connection | None = None
        self._refusal: _FailedError | None = None
        self._all_sent = False
        self._in_sending: _InSending | None = None
        self._head: Head | None = None
        self._framing: Framing | None = None
        self._body_octets = 0

    @property
    def sent(self) -> int:
        """Octets of the request that were sent."""
        return len(self._sent)

    async def run(self, kept: Connection | None) -> Exchange | None:
        """Make the exchange; None when a kept connection turned out to be dead."""
        failure: _FailedError | None = None
        try:
            try:
                connection = self._connection = kept or await self._connect()
                self._peer, self._tls, self._dns = connection.peer, connection.tls, connection.dns
                await self._converse(connection)
            except _FailedError as error:
                failure = error
            for spool in (self._sent, self._received):
                with _room():
                    spool.flush()
            if self._client._closed:
                # It was this side that cut it short, which says nothing about the server.
                raise KhronikaError("expected an open client, found that it was closed during the fetch")
        except BaseException:
            self._let_go(reusable=False)
            self._sent.close()
            self._received.close()
            raise
        self._let_go(reusable=failure is None)
        if kept is not None and failure is not None and failure.failure is Failure.RESET_BEFORE_HEAD:
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
            # A proxy delays octets: what an answer has too many could come when the next request is out already, and
            # be taken for the beginning of its answer.
            and self._route.proxy is None
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
            self._client._keep(_key(self._request, self._target), connection)
        else:
            connection.abort()

    # getting there

    async def _connect(self) -> Connection:
        until = self._loop.time() + self._limits.connect
        proxy = self._route.proxy
        addresses = await self._resolve() if proxy is None else ()
        self._stage = "connect"
        try:
            async with asyncio.timeout_at(until):
                return await self._open(lambda: self._reach(addresses) if proxy is None else self._reach_by(proxy))
        except TimeoutError:
            raise self._refusal or self._too_late() from None

    def _too_late(self) -> _FailedError:
        within = f"within {self._limits.connect:g} s"
        if self._stage == "tls":
            return _FailedError(Outcome.TIMEOUT, Failure.TLS_TIMEOUT, f"no TLS handshake {within}")
        if self._route.proxy is not None:
            # It may be waiting for the server, or not be there at all: that says nothing about the server.
            return _FailedError(Outcome.PROXY, Failure.PROXY, f"no way through the proxy {within}")
        return _FailedError(Outcome.TIMEOUT, Failure.CONNECT_TIMEOUT, f"no connection {within}")

    async def _resolve(self) -> Sequence[str]:
        found = await self._client._look_up(self._target.host, self._limits.connect)
        self._dns = found.answer
        if found.failure is None and found.addresses:
            return found.addresses
        failure = found.failure or Failure.NO_ADDRESS
        words = f"no address for {self._target.host}: {found.error or 'none is known'}"
        outcome = Outcome.TIMEOUT if failure is Failure.DNS_TIMEOUT else Outcome.UNRESOLVED
        raise _FailedError(outcome, failure, words)

    async def _reach(self, addresses: Sequence[str]) -> socket.socket:
        port = self._target.port
        try:
            connected, self._peer = await connect_any(sockets_of(addresses, port))
        except OSError as error:
            words = f"no connection to port {port}: {said(error)}"
            raise _FailedError(*_kind_of(error), words) from error
        return connected

    async def _reach_by(self, proxy: Proxy) -> socket.socket:
        host = self._target.host
        if literal_address(host) is None and not is_name(host.rstrip(".")):
            self._stage = "resolve"
            raise _FailedError(Outcome.UNRESOLVED, Failure.NO_NAME, f"no address for {host}: not a host name")
        try:
            return await way_through(proxy, self._target)
        except ProxyWayError as error:
            raise _FailedError(error.outcome, error.failure, str(error)) from error

    async def _open(self, reach: Callable[[], Coroutine[Any, Any, socket.socket]]) -> Connection:
        connected = await reach()
        if self._target.scheme == "http":
            connection = await Connection.open(connected, self._peer)
            self._client._own(connection)
        else:
            self._stage = "tls"
            try:
                connection = await self._open_tls(connected)
            except _OtherCiphersError as refusal:
                connection = await self._open_without_certificate(reach, refusal)
        connection.dns = self._dns
        return connection

    async def _open_without_certificate(
        self, reach: Callable[[], Coroutine[Any, Any, socket.socket]], refusal: _FailedError
    ) -> Connection:
        """Once more, for a server that may have no certificate; when that fails too, the first refusal stands."""
        self._refusal, peer = refusal, self._peer
        try:
            return await self._open_tls(await reach(), anonymous=True)
        except _FailedError:
            self._peer = peer
            raise refusal from None

    async def _open_tls(self, connected: socket.socket, *, anonymous: bool = False) -> Connection:
        host = self._target.host.rstrip(".")
        context = self._client._tls_context(anonymous=anonymous)
        try:
            connection = await Connection.open(connected, self._peer, tls=context, host=host)
        except ssl.SSLError as error:
            if asks_for_other_ciphers(error):
                words = f"no TLS: {said(error)}"
                raise _OtherCiphersError(Outcome.TLS, Failure.TLS_REFUSED, words) from error
            ended = isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)
            kind = (Outcome.RESET, Failure.TLS_RESET) if ended else (Outcome.TLS, Failure.TLS_REFUSED)
            raise _FailedError(*kind, f"no TLS: {said(error)}") from error
        except OSError as error:
            raise _FailedError(Outcome.RESET, Failure.TLS_RESET, f"no TLS: {said(error)}") from error
        except ValueError as error:
            words = f"no TLS: {host} cannot be asked for"
            raise _FailedError(Outcome.TLS, Failure.TLS_REFUSED, words) from error
        self._client._own(connection)
        self._connection = connection
        secured = connection.ssl_object
        assert secured is not None, "a connection that was opened with TLS has it"
        connection.tls = await asyncio.to_thread(self._client._judge, handshake_of(secured), host)
        return connection

    # question and answer

    async def _converse(self, connection: Connection) -> None:
        try:
            await self._ask_and_hear(connection)
        finally:
            # While the answer came, the kernel may have taken more of a request that nobody waited for any more.
            if self._in_sending is not None and not self._all_sent:
                connection.abort()
                self._in_sending.note(self._sent, connection.taken)

    async def _ask_and_hear(self, connection: Connection) -> None:
        try:
            async with asyncio.timeout(self._limits.head):
                self._stage = "send"
                await self._send(connection)
                self._stage = "head"
                body = await self._receive_head(connection)
        except TimeoutError:
            words = "the request not taken" if self._stage == "send" else "no complete head"
            words = f"{words} within {self._limits.head:g} s"
            raise _FailedError(Outcome.TIMEOUT, Failure.HEAD_TIMEOUT, words) from None
        except OSError as error:
            raise self._reset(said(error), error) from error
        self._refuse_the_proxys_own()
        self._stage = "body"
        try:
            async with asyncio.timeout(self._limits.body):
                await self._receive_body(connection, body)
        except TimeoutError:
            words = f"not all of the body within {self._limits.body:g} s"
            raise _FailedError(Outcome.TRUNCATED, Failure.BODY_TIMEOUT, words, "time") from None
        except OSError as error:
            raise _FailedError(Outcome.TRUNCATED, Failure.RESET_IN_BODY, said(error), "disconnect") from error

    def _reset(self, words: str, error: OSError | None = None) -> _FailedError:
        """The connection ended before a complete head."""
        if len(self._received):
            return _FailedError(Outcome.RESET, Failure.RESET_IN_HEAD, words)
        if isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or ""):
            # In TLS 1.3 the server's refusal, for want of a client's certificate say, comes after the handshake.
            return _FailedError(Outcome.TLS, Failure.TLS_REFUSED, f"no TLS: {words}")
        return _FailedError(Outcome.RESET, Failure.RESET_BEFORE_HEAD, words)

    def _refuse_the_proxys_own(self) -> None:
        """A 407 is the forwarding proxy's own word (RFC 9110, 15.5.8): nothing of it belongs on the server's record."""
        if self._forwarder is None or self._head is None or self._head.status != 407:
            return
        self._forget()
        words = "the proxy asks for a user and password, or refuses the ones it got (407)"
        raise _FailedError(Outcome.PROXY, Failure.PROXY, words)

    def _forget(self) -> None:
        """Nothing was said to the server, and nothing by it."""
        self._head = None
        self._sent.close()
        self._received.close()
        self._in_sending = None
        self._sent, self._received = Spool(), Spool()

    async def _send(self, connection: Connection) -> None:
        recorded = octets = serialise(self._request, self._target)
        if self._forwarder is not None:
            octets = serialise(self._request, self._target, proxy=self._forwarder)
        surplus = len(octets) - len(recorded)
        for start in range(0, len(octets), _SEND_PIECE):
            piece = octets[start : start + _SEND_PIECE]
            self._in_sending = _InSending(recorded, start - surplus)
            try:
                taken = await connection.send(piece)
            finally:
                self._in_sending.note(self._sent, connection.taken)
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
                    who = "server" if self._forwarder is None else "proxy"
                    failure = Failure.RESET_IN_HEAD if received else Failure.RESET_BEFORE_HEAD
                    raise _FailedError(Outcome.RESET, failure, f"closed by the {who} after {found}")
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
                    words = f"no end of the head in {self._limits.head_size} octets"
                    raise _FailedError(Outcome.MALFORMED, Failure.MALFORMED, words)
        except MalformedHeadError as error:
            raise _FailedError(Outcome.MALFORMED, Failure.MALFORMED, str(error)) from error
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
                    words = framing.problem or "body cut short"
                    raise _FailedError(Outcome.TRUNCATED, Failure.RESET_IN_BODY, words, "disconnect")
                return
            if self._body_octets < _THREAD_FROM:
                self._take_in(framing, octets)
            else:
                await self._take_in_on_thread(framing, octets, connection)
        if framing.damaged:
            words = framing.problem or "damaged chunks"
            raise _FailedError(Outcome.TRUNCATED, Failure.DAMAGED_BODY, words, "unspecified")
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
            raise _FailedError(Outcome.TRUNCATED, Failure.BODY_TIMEOUT, words, "time") from None

    async def _take_in_on_thread(self, framing: Framing, octets: bytes, connection: Connection) -> None:
        """Take in a piece and all that waits behind it. Never ends before the thread does, whatever the time is."""
        pieces = [octets]
        while connection.has_octets:
            pieces.append(await connection.receive())

        def take_in() -> None:
            for piece in pieces:
                self._take_in(framing, piece)

        taking = asyncio.ensure_future(asyncio.to_thread(take_in))
        try:
            await asyncio.shield(taking)
        except asyncio.CancelledError:
            # the time is up, or nobody wants the exchange any more; its spools must not be closed under the thread
            await asyncio.wait([taking])
            raise

    def _take_in(self, framing: Framing, octets: bytes) -> None:
        room = self._max_size - self._body_octets
        cut = len(octets) > room
        octets = octets[:room]
        self._body_octets += len(octets)
        _write(self._received, octets)
        for payload in framing.pieces(octets):
            self._payload.update(payload)
        if cut and not framing.complete:
            words = f"cut after {self._max_size} octets of the body"
            raise _FailedError(Outcome.TRUNCATED, Failure.TOO_LARGE, words, "length")

    # what became of it

    def _exchange(self, failure: _FailedError | None) -> Exchange:
        if self._forwarder is not None and failure is not None and failure.failure is Failure.RESET_BEFORE_HEAD:
            # A proxy that forwards has an answer for whatever the server does; one that has none failed itself.
            self._forget()
            failure = _FailedError(Outcome.PROXY, Failure.PROXY, f"the proxy broke off: {failure}")
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
            peer=self._peer if self._route.proxy is None else None,
            protocol=head.version.decode("ascii").lower() if head is not None else "http/1.1",
            tls=self._tls,
            failure=failure.failure if failure is not None else None,
            dns=self._dns,
            sent_before=self._sent_before,
            vantage=self._route.vantage(self._target.scheme),
            vantage_label=self._route.label,
        )


@dataclass(frozen=True, slots=True)
class _InSending:
    """A request of which the kernel may not have taken everything yet."""

    octets: bytes
    """The request as it is recorded."""
    before: int
    """Octets of it that the kernel took before the piece that is being sent; below zero: of what precedes it."""

    def note(self, sent: Spool, taken: int) -> None:
        """Add to `sent` what the kernel has taken by now: `taken` octets of the piece."""
        _write(sent, self.octets[len(sent) : max(0, self.before + taken)])


def _write(spool: Spool, octets: bytes) -> None:
    with _room():
        spool.write(octets)


@contextlib.contextmanager
def _room() -> Iterator[None]:
    """A disk that refuses octets is this machine's fault, and must not be told of the server."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"expected room for temporary files (TMPDIR says in which folder), found: {said(error)}"
        ) from error


def _worth_parsing(received: bytearray, new: int) -> bool:
    """Whether the newest octets can have ended a head or spoilt its first line.

    Without this a head that drips in would be parsed as often as it drips.
    """
    tail = received[max(0, len(received) - new - 3) :]
    return b"\n\n" in tail or b"\n\r\n" in tail or received.find(b"\n", 0, len(received) - new) < 0


def _kind_of(error: OSError) -> tuple[Outcome, Failure]:
    if isinstance(error, ConnectionRefusedError):
        return Outcome.REFUSED, Failure.CONNECT_REFUSED
    if isinstance(error, TimeoutError):
        return Outcome.TIMEOUT, Failure.CONNECT_TIMEOUT
    if isinstance(error, ConnectionError):
        return Outcome.RESET, Failure.RESET_BEFORE_HEAD
    return Outcome.UNREACHABLE, Failure.UNREACHABLE


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)[:500]
