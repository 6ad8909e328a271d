"""One connection to a server: its addresses tried, its octets in and out as they are."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import itertools
import os
import socket
import ssl
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from archive.exchange import DnsAnswer, TlsFacts

Address = tuple[socket.AddressFamily, tuple[Any, ...]]
"""Family and socket address."""

BUFFER_LIMIT = 1 << 20
"""Octets that may wait to be taken from a connection before it stops reading."""
# RFC 8305, 5: the pause before the next address is tried beside the first.
_ATTEMPT_PAUSE = 0.25
_READ_PIECE = 64 << 10
# RFC 8446, 5.1: the longest piece that one TLS record holds.
_TLS_RECORD = 16 << 10


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


class Connection:
    """Octets in, octets out. One fetch at a time uses it; between fetches nothing may arrive.

    It reads and writes its socket itself. A transport of the event loop's would do that for it, but one that closes, or
    that was closed, does not say how many octets the kernel took, and one under TLS never does.
    """

    def __init__(self, connected: socket.socket, peer: str | None) -> None:
        self.peer = peer
        self.tls: TlsFacts | None = None
        self.dns: DnsAnswer | None = None
        """The look-up that the connection was made after."""
        self.idle_since = 0.0
        """Of the loop's clock, while kept for another fetch."""
        self.ended = False
        """The server closed, or the connection broke; what came before that can still be taken."""
        self.taken = 0
        """Of the octets last given to `send`: those that the kernel took. Under TLS: those in TLS records that it took
        whole, for of a part of one nobody can read anything."""
        self.ssl_object: ssl.SSLObject | None = None
        """What TLS can be asked; None without TLS."""
        self._loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[None] = self._loop.create_future()
        """Done when the socket is closed."""
        self._socket = connected
        # a number: uvloop would keep a socket open for as long as it is watched
        self._watched = connected.fileno()
        self._reading = self._writing = False
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._failure: OSError | None = None
        self._failure_of_sending: OSError | None = None
        self._pieces: deque[bytes] = deque()
        self._waiting = 0
        self._wake: asyncio.Future[None] | None = None
        self._given = memoryview(b"")
        """Octets that TLS has not taken yet."""
        self._leaving: deque[tuple[memoryview, int]] = deque()
        """Octets for the kernel, and how many of those given to `send` are in them, where only the whole counts."""

    @classmethod
    async def open(
        cls, connected: socket.socket, peer: str | None, *, tls: ssl.SSLContext | None = None, host: str | None = None
    ) -> Connection:
        """Take a connected socket over, with TLS when there is a context; raises OSError, ValueError or UnicodeError.

        The socket is closed when this fails.
        """
        try:
            connected.setblocking(False)
            connection = cls(connected, peer)
            if tls is not None:
                await connection._shake_hands(tls, host)
        except BaseException:
            connected.close()
            raise
        connection._watch()
        return connection

    async def _shake_hands(self, context: ssl.SSLContext, host: str | None) -> None:
        secured = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        done = False
        while not done:
            try:
                secured.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                pass
            if octets := self._outgoing.read():
                await self._loop.sock_sendall(self._socket, octets)
            if not done:
                octets = await self._loop.sock_recv(self._socket, _READ_PIECE)
                if not octets:
                    raise ConnectionResetError
                self._incoming.write(octets)
        self.ssl_object = secured

    def _watch(self) -> None:
        self._reading = True
        self._loop.add_reader(self._watched, self._read)
        if self.ssl_object is not None:
            # what came in one packet with the end of the handshake
            self._decipher(self.ssl_object)

    # octets in

    def _read(self) -> None:
        """Take in all that is there, up to the limit.

        Nothing may be left for another call: when a connection breaks, uvloop calls once and then never again.
        """
        try:
            while self._reading:
                octets = self._socket.recv(_READ_PIECE)
                if not octets:
                    self._end(self._failure_of_sending or (UnannouncedEndError() if self.ssl_object else None))
                elif self.ssl_object is None:
                    self._take_in(octets)
                else:
                    self._incoming.write(octets)
                    self._decipher(self.ssl_object)
        except BlockingIOError:
            if self._failure_of_sending is not None:
                self._end(self._failure_of_sending)
        except OSError as error:
            self._end(error)

    def _decipher(self, secured: ssl.SSLObject) -> None:
        pieces = []
        announced, failure = False, None
        try:
            while (self._incoming.pending or secured.pending()) and not announced:
                octets = secured.read(_TLS_RECORD)
                pieces.append(octets)
                announced = not octets
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            failure = error
        if any(pieces):
            self._take_in(b"".join(pieces))
        if announced:
            self._answer_the_end(secured)
        if announced or failure is not None:
            self._end(failure)
            return
        if self._given or self._outgoing.pending:
            # TLS may have something to say of its own, an answer to a KeyUpdate, or may have waited for this
            self._encipher(secured)
            self._write()

    def _answer_the_end(self, secured: ssl.SSLObject) -> None:
        """RFC 8446, 6.1, and RFC 9112, 9.8: the server sent close_notify, and gets its own, where that can be said."""
        if self._sending:
            return
        with contextlib.suppress(OSError):
            try:
                secured.unwrap()
            finally:
                self._socket.send(self._outgoing.read())

    def _take_in(self, octets: bytes) -> None:
        self._pieces.append(octets)
        self._waiting += len(octets)
        if self._waiting > BUFFER_LIMIT and self._reading:
            self._reading = False
            self._loop.remove_reader(self._watched)
        self._wake_up()

    def _end(self, failure: OSError | None) -> None:
        """Nothing more comes, and so nothing more is sent."""
        if not self.ended:
            self.ended = True
            self._failure = failure
            self._close()

    def _close(self) -> None:
        if self.lost.done():
            return
        if self._reading:
            self._loop.remove_reader(self._watched)
        if self._writing:
            self._loop.remove_writer(self._watched)
        self._reading = self._writing = False
        self._socket.close()
        self.lost.set_result(None)
        self._wake_up()

    def _wake_up(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    async def _change(self) -> None:
        self._wake = self._loop.create_future()
        try:
            await self._wake
        finally:
            self._wake = None

    # octets out

    @property
    def _sending(self) -> bool:
        return bool(self._given or self._leaving)

    def _encipher(self, secured: ssl.SSLObject) -> None:
        """Make TLS records of what was given: one a piece, so that it is known which octets are in which."""
        try:
            while self._given:
                count = secured.write(self._given[:_TLS_RECORD])
                self._leaving.append((memoryview(self._outgoing.read()), count))
                self._given = self._given[count:]
        except ssl.SSLWantReadError:
            pass  # TLS 1.2 may shake hands anew: it goes on when the server's part of that is there
        except ssl.SSLError as error:
            self._fail_sending(error)
        if octets := self._outgoing.read():
            self._leaving.append((memoryview(octets), 0))

    def _write(self) -> None:
        """Hand over to the kernel what it takes."""
        try:
            while self._leaving and self._failure_of_sending is None and not self.lost.done():
                octets, stands_for = self._leaving[0]
                count = self._socket.send(octets)
                whole = count == len(octets)
                if self.ssl_object is None:
                    self.taken += count
                elif whole:
                    self.taken += stands_for
                if whole:
                    self._leaving.popleft()
                else:
                    self._leaving[0] = octets[count:], stands_for
        except BlockingIOError:
            if not self._writing:
                self._writing = True
                self._loop.add_writer(self._watched, self._write)
            return
        except OSError as error:
            self._fail_sending(error)
        if self._writing:
            self._writing = False
            self._loop.remove_writer(self._watched)
        self._wake_up()

    def _fail_sending(self, error: OSError) -> None:
        """Send no more; what the server said before it broke off is still there to be read, and then it is the end."""
        self._failure_of_sending = error
        self._loop.call_soon(self._read)

    # what a fetch calls

    @property
    def has_octets(self) -> bool:
        """Whether something came that nobody has taken."""
        return bool(self._pieces)

    async def send(self, octets: bytes) -> bool:
        """Send octets, and wait until the kernel has them: True then, False when the server answered before that.

        After an answer the kernel goes on taking them, for as long as the connection is open: `taken` says how many.
        Raises OSError when the connection ends first.
        """
        self.taken = 0
        if self.ssl_object is None:
            self._leaving.append((memoryview(octets), len(octets)))
        else:
            self._given = memoryview(octets)
            if not self.ended:
                self._encipher(self.ssl_object)
        self._write()
        while not self.ended and self._sending and not self._pieces:
            await self._change()
        if self._pieces:
            return not self._sending
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
        if not self._pieces and not self._reading and not self.ended:
            self._reading = True
            self._loop.add_reader(self._watched, self._read)
        return octets

    async def settle(self) -> None:
        """Let everything in that has arrived by now."""
        # The loop looks at its sockets once a turn: what else waits there has its turn first.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self._read()

    def abort(self) -> None:
        """Close at once, sending no more."""
        self._end(ConnectionAbortedError(errno.ECONNABORTED, "closed on this side"))


async def close_all(connections: Iterable[Connection]) -> None:
    """Close connections, and wait until their sockets are."""
    closing = list(connections)
    for connection in closing:
        connection.abort()
    await asyncio.gather(*(connection.lost for connection in closing))
