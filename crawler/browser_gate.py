"""The gate: the one way from a browser to the network, so that it reaches a site's own servers and nobody else's.

A SOCKS5 server (RFC 1928, CONNECT alone, no authentication) on loopback, one for each browser. What a browser does
beside loading a page (WebSockets, preconnections, look-ups, its maker's services) has to come through here like all
else, and names are looked up here or by the operator's proxy, never by the browser. The gate passes octets on as they
are: what they say is between the browser and the server.

A host sees one connection at a time: another one is opened where those that there are lie idle, or where a request
has had no answer for PATIENCE seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from archive.exchange import DnsAnswer, Failure, Outcome
from crawler.resolver import LookUp, literal_address, sockets_of
from crawler.route import Route
from crawler.wire_connection import connect_any, said
from crawler.wire_message import Target
from crawler.wire_proxy import ProxyWayError, way_through

if TYPE_CHECKING:
    from spiders.definition import SiteDefinition

PATIENCE: Final = 5.0
"""Seconds that a request may go unanswered before its host sees another connection."""
IDLE: Final = 0.2
"""Seconds without an octet after which a connection whose server spoke last is taken to be idle."""
_LOOK: Final = 0.02
_PIECE: Final = 64 << 10
_USUAL: Final = frozenset({80, 443})

_GRANTED, _FAILED, _NOT_ALLOWED, _UNREACHABLE, _REFUSED, _UNSUPPORTED = 0, 1, 2, 4, 5, 7

Server = tuple[str, int]
"""Host, lower case without a final dot, and port."""


class Hosts:
    """The hosts that a browser may ask for a site: its own, those that requisites come from, and their subdomains."""

    def __init__(self, own: Iterable[tuple[str, int | None]], requisites: Iterable[str] = ()) -> None:
        """`own`: without `www.`, the port None where it is the scheme's own; `requisites`: `host` or `host:port`."""
        self._named = {*own, *(_named(*_host_and_port(host)) for host in requisites)}

    @classmethod
    def of(cls, site: SiteDefinition) -> Hosts:
        """Those of a site. Raises ValueError for an address in its definition that is none."""
        from spiders.scope import site_hosts

        return cls(site_hosts(site), site.requisite_hosts)

    def admit(self, host: str, port: int) -> bool:
        """Whether a server may be asked."""
        name, number = _named(host, port)
        if (name, number) in self._named:
            return True
        labels = name.split(".")
        above = (".".join(labels[n:]) for n in range(1, len(labels)))
        return any((domain, number) in self._named and literal_address(domain) is None for domain in above)


def _named(host: str, port: int | None) -> tuple[str, int | None]:
    name = host.lower().rstrip(".").removeprefix("www.")
    return name, None if port in _USUAL else port


def _host_and_port(text: str) -> tuple[str, int | None]:
    host, colon, port = text.rpartition(":")
    return (host.strip("[]"), int(port)) if colon and port.isdecimal() else (text.strip("[]"), None)


@dataclass(frozen=True, slots=True)
class NoWay:
    """Why a server could not be reached."""

    outcome: Outcome
    failure: Failure
    error: str


@dataclass(eq=False, slots=True)
class _Tunnel:
    """A connection, as far as it tells whether it waits for an answer."""

    asked: bool = True
    """Whether the browser spoke last, or the connection is being made."""
    at: float = 0.0

    def is_busy(self, now: float) -> bool:
        return self.asked or now - self.at < IDLE


@dataclass(slots=True)
class Ways:
    """How servers were reached."""

    peers: dict[Server, set[str]] = field(default_factory=dict)
    answers: dict[str, DnsAnswer] = field(default_factory=dict)
    failures: dict[Server, NoWay] = field(default_factory=dict)

    def peer(self, server: Server) -> str | None:
        """The address of a server; None where there is no knowing which of several it was."""
        peers = self.peers.get(server, set())
        return next(iter(peers)) if len(peers) == 1 else None


class Gate:
    """Lets a browser's connections through, or not. Lives on one event loop."""

    def __init__(
        self,
        hosts: Hosts,
        route: Route,
        look_up: Callable[[str, float], Awaitable[LookUp]],
        *,
        within: float,
        patience: float = PATIENCE,
    ) -> None:
        """`within`: seconds for a look-up and a connection together."""
        self.ways = Ways()
        self._refused: Counter[Server] = Counter()
        self._hosts = hosts
        self._route = route
        self._look_up = look_up
        self._within = within
        self._patience = patience
        self._tunnels: dict[Server, list[_Tunnel]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> int:
        """Begin to listen; the port. Raises OSError."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Close every connection."""
        if self._server is not None:
            self._server.close()
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def taken_refusals(self) -> Counter[Server]:
        """The servers that were asked for since the last time and are not let through, and how often."""
        refused, self._refused = self._refused, Counter()
        return refused

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "a connection has a task"
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._serve(reader, writer)
        except asyncio.CancelledError:
            pass  # the gate closes; asyncio would report its own handler's end as an error
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        await reader.readexactly(count)
        writer.write(b"\x05\x00")
        asked = await _asked(reader)
        if asked is None:
            _reply(writer, _UNSUPPORTED)
        elif not self._hosts.admit(*asked):
            self._refused[asked] += 1
            _reply(writer, _NOT_ALLOWED)
        else:
            await self._pass(asked, reader, writer)

    async def _pass(self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._turn(server)
        tunnel = _Tunnel()
        self._tunnels.setdefault(server, []).append(tunnel)
        far: asyncio.StreamWriter | None = None
        try:
            connected = await self._connected(server)
            if isinstance(connected, NoWay):
                self.ways.failures[server] = connected
                refused = connected.outcome is Outcome.REFUSED
                _reply(writer, _REFUSED if refused else _UNREACHABLE)
                return
            answers, far = await asyncio.open_connection(sock=connected)
            _reply(writer, _GRANTED)
            await self._both(tunnel, (reader, far), (answers, writer))
        finally:
            if far is not None:
                far.close()
            # the very one: two tunnels may have been made and asked in the same tick of the clock
            self._tunnels[server].remove(tunnel)

    async def _turn(self, server: Server) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        while (now := loop.time()) < until and any(one.is_busy(now) for one in self._tunnels.get(server, ())):
            await asyncio.sleep(_LOOK)

    async def _connected(self, server: Server) -> socket.socket | NoWay:
        try:
            async with asyncio.timeout(self._within):
                return await self._by_proxy(server) if self._route.proxy is not None else await self._straight(server)
        except TimeoutError:
            return NoWay(Outcome.TIMEOUT, Failure.CONNECT_TIMEOUT, f"no connection within {self._within:g} s")
        except ProxyWayError as error:
            return NoWay(error.outcome, error.failure, str(error))
        except ConnectionRefusedError as error:
            return NoWay(Outcome.REFUSED, Failure.CONNECT_REFUSED, said(error))
        except OSError as error:
            return NoWay(Outcome.UNREACHABLE, Failure.UNREACHABLE, said(error))

    async def _by_proxy(self, server: Server) -> socket.socket:
        host, port = server
        assert self._route.proxy is not None, "the caller looked"
        # as if for https: over http an HTTP proxy would forward messages, and what comes through here has no such form
        return await way_through(self._route.proxy, Target("https", host, port, "/", ""))

    async def _straight(self, server: Server) -> socket.socket | NoWay:
        host, port = server
        found = await self._look_up(host, self._within)
        if found.answer is not None:
            self.ways.answers[host] = found.answer
        if found.failure is not None or not found.addresses:
            failure = found.failure or Failure.NO_ADDRESS
            outcome = Outcome.TIMEOUT if failure is Failure.DNS_TIMEOUT else Outcome.UNRESOLVED
            return NoWay(outcome, failure, found.error or "no address is known")
        connected, peer = await connect_any(sockets_of(found.addresses, port))
        self.ways.peers.setdefault(server, set()).add(peer)
        return connected

    async def _both(
        self,
        tunnel: _Tunnel,
        out: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        back: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        loop = asyncio.get_running_loop()
        tunnel.asked, tunnel.at = False, loop.time()

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, asks: bool) -> None:
            with contextlib.suppress(OSError):
                while octets := await source.read(_PIECE):
                    tunnel.asked, tunnel.at = asks, loop.time()
                    sink.write(octets)
                    await sink.drain()
                if sink.can_write_eof():
                    sink.write_eof()

        ways = [asyncio.ensure_future(pump(*out, asks=True)), asyncio.ensure_future(pump(*back, asks=False))]
        try:
            # a browser does not close its half to wait for an answer
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


async def _asked(reader: asyncio.StreamReader) -> Server | None:
    """The server that a request of SOCKS5 names (RFC 1928, 4); None for what is no CONNECT."""
    _, command, _, kind = await reader.readexactly(4)
    if kind == 3:
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode("ascii", "replace")
    elif kind in (1, 4):
        host = ipaddress.ip_address(await reader.readexactly(4 if kind == 1 else 16)).compressed
    else:
        return None
    port = int.from_bytes(await reader.readexactly(2), "big")
    return (host.lower().rstrip("."), port) if command == 1 else None


def _reply(writer: asyncio.StreamWriter, code: int) -> None:
    # the bound address that a reply has a place for would be one of this machine's
    writer.write(bytes([5, code, 0, 1]) + bytes(6))
