"""One connection to a server: its addresses tried, its octets in and out as they are."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import itertools
import os
import socket
import ssl
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, cast

from archive.exchange import DnsAnswer, TlsFacts

Address = tuple[socket.AddressFamily, tuple[Any, ...]]
"""Family and socket address."""

BUFFER_LIMIT = 1 << 20
"""Octets that may wait to be taken from a connection before it stops reading."""
# RFC 8305, 5: the pause before the next address is tried beside the first.
_ATTEMPT_PAUSE = 0.25
_TLS_PIECE = 64 << 10


async def connect_any(addresses: Sequence[Address]) -> tuple[socket.socket, str]:
    """Connect to the first of some addresses that answers (RFC 8305, 5): the socket, and that address.

    Raises OSError when none does. Of several errors it raises a refusal first: it says the most about the server.
    """
    failures: list[OSError] = []
    running: set[asyncio.Task[tuple[socket.socket, str]]] = set()
    waiting = iter(_families_in_turn(addresses))
    try:
        while True:
            address = next(waiting, None)
            if address is not None:
                running.add(asyncio.create_task(_connect(address)))
            elif not running:
                raise min(failures, key=_rank)
            pause = None if address is None else _ATTEMPT_PAUSE
            done, running = await asyncio.wait(running, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            connected = []
            for task in done:
                try:
                    connected.append(task.result())
                except OSError as error:
                    failures.append(error)
            for late, _ in connected[1:]:
                late.close()
            if connected:
                return connected[0]
    finally:
        for task in running:
            task.cancel()
        for outcome in await asyncio.gather(*running, return_exceptions=True):
            if not isinstance(outcome, BaseException):
                outcome[0].close()


def _families_in_turn(addresses: Iterable[Address]) -> Iterable[Address]:
    """RFC 8305, 4: the families take turns, the resolver's order is kept within each."""
    families: dict[socket.AddressFamily, list[Address]] = {}
    for address in addresses:
        families.setdefault(address[0], []).append(address)
    turns = itertools.zip_longest(*families.values())
    return [address for turn in turns for address in turn if address is not None]


def _rank(error: OSError) -> int:
    if isinstance(error, ConnectionRefusedError):
        return 0
    return 2 if error.errno in (errno.ENETUNREACH, errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL) else 1


async def _connect(address: Address) -> tuple[socket.socket, str]:
    family, where = address
    connected = socket.socket(family, socket.SOCK_STREAM)
    try:
        connected.setblocking(False)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(connected, where)
    except BaseException:
        connected.close()
        raise
    # Canonical (RFC 5952 for IPv6), and without a zone: that would name an interface of this machine.
    return connected, ipaddress.ip_address(str(where[0]).partition("%")[0]).compressed


class UnannouncedEndError(ConnectionError):
    """A TLS connection that ended without the alert that announces it: anybody on the way could have cut it there."""


def said(error: OSError) -> str:
    """An error in a few words, without any address of this machine in them."""
    if isinstance(error, ssl.SSLError):
        return (error.reason or "TLS error").replace("_", " ").lower()
    if isinstance(error, UnannouncedEndError):
        return "the connection ended without close_notify"
    if error.errno is not None:
        return os.strerror(error.errno)
    return "connection lost"


class Connection(asyncio.Protocol):
    """Octets in, octets out. One fetch at a time uses it; between fetches nothing may arrive."""

    def __init__(self, peer: str | None) -> None:
        self.peer = peer
        self.tls: TlsFacts | None = None
        self.dns: DnsAnswer | None = None
        """The look-up that the connection was made after."""
        self.idle_since = 0.0
        """Of the loop's clock, while kept for another fetch."""
        self.ended = False
        """The server closed, or the connection broke; what came before that can still be taken."""
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the transport is closed for good."""
        self._failure: OSError | None = None
        self._end_announced = False
        self._secured = False
        self._pieces: deque[bytes] = deque()
        self._waiting = 0
        self._wake: asyncio.Future[None] | None = None
        self._writable = True
        self._unsent = 0
        self._aborted = False
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(
        cls, connected: socket.socket, peer: str | None, *, tls: ssl.SSLContext | None = None, host: str | None = None
    ) -> Connection:
        """Take a connected socket over, with TLS when there is a context; raises OSError, ValueError or UnicodeError.

        The socket is closed when this fails.
        """
        loop = asyncio.get_running_loop()
        try:
            if tls is None:
                _, connection = await loop.create_connection(lambda: cls(peer), sock=connected)
            else:
                # The caller's own time-out is the shorter one: this only has to be out of its way.
                _, connection = await loop.create_connection(
                    lambda: cls(peer), sock=connected, ssl=tls, server_hostname=host, ssl_handshake_timeout=86_400
                )
        except BaseException:
            connected.close()
            raise
        return connection

    @property
    def ssl_object(self) -> ssl.SSLObject | None:
        """What TLS can be asked; None without TLS."""
        assert self._transport is not None
        return cast(ssl.SSLObject | None, self._transport.get_extra_info("ssl_object"))

    # what the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)
        self._secured = self.ssl_object is not None
        # So that `send` returns when the kernel has everything, and not before. Under TLS asyncio and uvloop pause at
        # the limit itself, not above it: with 0 they would pause at an empty buffer, and some turns never resume.
        self._transport.set_write_buffer_limits(high=0 if self.ssl_object is None else 1, low=0)

    def data_received(self, data: bytes) -> None:
        """Keep what came for whoever receives next."""
        self._ask_unsent()
        self._pieces.append(bytes(data))
        self._waiting += len(data)
        if self._waiting > BUFFER_LIMIT and self._transport is not None:
            self._transport.pause_reading()
        self._wake_up()

    def eof_received(self) -> None:
        """The server has said all it will; the transport closes itself."""
        self._ask_unsent()
        self.ended = True
        self._end_announced = True
        secured = self.ssl_object
        if secured is not None:
            # RFC 8446, 6.1, and RFC 9112, 9.8: asyncio tells both ends alike; the TLS object knows which one it was.
            try:
                while octets := secured.read(_TLS_PIECE):
                    self.data_received(octets)
            except ssl.SSLError:
                self._failure = UnannouncedEndError()
        self._wake_up()

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is closed."""
        self.ended = True
        if isinstance(exc, OSError):
            self._failure = self._failure or exc
        elif exc is not None:
            self._failure = ConnectionError(type(exc).__name__)
        elif self._secured and not self._end_announced:
            # uvloop calls `eof_received` for an announced end alone, asyncio for any
            self._failure = self._failure or UnannouncedEndError()
        self._wake_up()
        if not self.lost.done():
            self.lost.set_result(None)

    def pause_writing(self) -> None:
        """The kernel takes no more for now."""
        self._writable = False

    def resume_writing(self) -> None:
        """The kernel has taken everything."""
        self._writable = True
        self._wake_up()

    def _wake_up(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    async def _change(self) -> None:
        self._wake = asyncio.get_running_loop().create_future()
        try:
            await self._wake
        finally:
            self._wake = None

    # what a fetch calls

    @property
    def has_octets(self) -> bool:
        """Whether something came that nobody has taken."""
        return bool(self._pieces)

    @property
    def unsent(self) -> int:
        """Octets handed to `send` that the kernel has not taken, as far as can be known."""
        self._ask_unsent()
        return self._unsent

    def _ask_unsent(self) -> None:
        if self._transport is None or self._aborted or self.lost.done():
            return
        # A transport that closes goes on sending what it holds, or has thrown it away: then an empty one tells nothing.
        unsent = self._transport.get_write_buffer_size()
        if unsent or not self._transport.is_closing():
            self._unsent = unsent

    async def send(self, octets: bytes) -> bool:
        """Send octets, and wait until the kernel has them: True then, False when the server answered before that.

        Raises OSError when the connection ends first.
        """
        assert self._transport is not None
        self._unsent = len(octets)
        if not self.ended:
            self._transport.write(octets)
            self._unsent = self._transport.get_write_buffer_size()
        while not self.ended and not self._writable and not self._pieces:
            await self._change()
        if self._pieces:
            return self._writable
        if self.ended:
            raise self._failure or ConnectionResetError(errno.ECONNRESET, "closed by the server")
        return True

    async def receive(self) -> bytes:
        """The next octets; none at the end. Raises OSError when the connection broke, after the last octets."""
        while not self._pieces:
            if self._failure is not None:
                raise self._failure
            if self.ended:
                return b""
            await self._change()
        octets = self._pieces.popleft()
        self._waiting -= len(octets)
        if not self._pieces and self._transport is not None and not self.ended:
            self._transport.resume_reading()
        return octets

    async def settle(self) -> None:
        """Let everything in that has arrived by now."""
        # The loop looks at its sockets once a turn, and runs what it found there after what was waiting already.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    def abort(self) -> None:
        """Close at once, sending no more; `lost` says when that is done."""
        self._ask_unsent()
        self._aborted = True
        if self._transport is not None:
            self._transport.abort()


async def close_all(connections: Iterable[Connection]) -> None:
    """Close connections, and wait until their sockets are."""
    closing = list(connections)
    for connection in closing:
        connection.abort()
    await asyncio.gather(*(connection.lost for connection in closing))
