"""Resolver: what the name system says of a host, whole: its answers as they came, or why there is none.

Asked are the name servers of the setting, else the system's (RFC 1035, RFC 3596). Names are asked as they stand,
without a search list. What the system's hosts file names, `localhost` (RFC 6761, 6.3), and names of one label that
the name servers do not know are the system's own affair. No address of a name server gets into anything said here.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Self

from archive.exchange import DnsAnswer, Failure
from crawler.nameserver import parse_nameserver
from crawler.wire_connection import Address

if TYPE_CHECKING:
    import dns.message

# Seconds that one name server is given before the next one is asked, and the first one again.
_PATIENCE: Final = 2.0
# When one family has addresses, seconds that the other one is still waited for: broken servers never answer AAAA.
_OTHER_FAMILY: Final = 2.0
# An answer is kept as long as it may be (RFC 1035, 3.2.1), but no longer than this.
_KEPT_SECONDS: Final = 300.0
_KEPT_ANSWERS: Final = 1000

_FAILURES: Final = {
    "NXDOMAIN": (Failure.NXDOMAIN, "the name servers say that there is no such name"),
    "NOERROR": (Failure.NO_ADDRESS, "the name is there and has none"),
    "TIMEOUT": (Failure.DNS_TIMEOUT, "no name server answered in time"),
}
_SYSTEM_RCODES: Final = {
    "EAI_NONAME": "NXDOMAIN",
    "EAI_NODATA": "NOERROR",
    "EAI_ADDRFAMILY": "NOERROR",
    "EAI_AGAIN": "SERVFAIL",
    "EAI_FAIL": "SERVFAIL",
}


@dataclass(frozen=True, slots=True)
class LookUp:
    """What a look-up came to: addresses to try, or a failure."""

    addresses: tuple[str, ...] = ()
    """IPv4 and IPv6, in the order of the answer."""
    answer: DnsAnswer | None = None
    """None for an address, and for what cannot be a name."""
    failure: Failure | None = None
    """None when there are addresses."""
    error: str | None = None
    """The failure in words."""

    @classmethod
    def failed(cls, failure: Failure, words: str, answer: DnsAnswer | None = None) -> Self:
        """A look-up without addresses."""
        return cls((), answer, failure, words)


class Resolver:
    """Looks names up. Lives on one event loop; keeps answers for a short while."""

    def __init__(
        self,
        nameservers: Sequence[str] = (),
        *,
        clock: Callable[[], datetime] | None = None,
        hosts_file: Path | None = None,
        resolv_conf: Path | None = None,
    ) -> None:
        """`nameservers` as the setting has them, `address` or `address:port`; the system's when there are none."""
        self._servers: tuple[tuple[str, int], ...] | None = tuple(map(parse_nameserver, nameservers)) or None
        self._clock = clock or (lambda: datetime.now(UTC))
        self._hosts = _HostsFile(hosts_file or _hosts_path())
        self._resolv_conf = resolv_conf
        self._kept: dict[str, tuple[float, LookUp]] = {}

    async def look_up(self, host: str, within: float) -> LookUp:
        """Addresses of a host, or why there are none; takes `within` seconds at most. Never raises for a host."""
        literal = literal_address(host)
        if literal is not None:
            return LookUp((literal,))
        name = host.rstrip(".").lower()
        if not is_name(name):
            return LookUp.failed(Failure.NO_NAME, "not a host name")
        if name == "localhost" or name.endswith(".localhost") or name in self._hosts.names():
            return await self._ask_system(name, within)
        kept = self._kept.get(name)
        if kept is not None and asyncio.get_running_loop().time() < kept[0]:
            return kept[1]
        servers = self._name_servers()
        if not servers:
            return await self._ask_system(name, within)
        found = await self._ask(servers, name, within)
        if found.failure is Failure.NXDOMAIN and "." not in name:
            by_system = await self._ask_system(name, within)
            return by_system if by_system.failure is None else found
        return found

    def _name_servers(self) -> tuple[tuple[str, int], ...]:
        """Who is asked; empty when neither the setting nor this machine names a name server."""
        if self._servers is None:
            import dns.resolver

            filename = str(self._resolv_conf) if self._resolv_conf is not None else "/etc/resolv.conf"
            try:
                found = dns.resolver.Resolver(filename).nameservers
            except (dns.resolver.NoResolverConfiguration, ValueError):
                found = []
            self._servers = tuple((str(address), 53) for address in found)
        return self._servers

    # the name servers

    async def _ask(self, servers: Sequence[tuple[str, int]], name: str, within: float) -> LookUp:
        asked_at = self._clock()
        until = asyncio.get_running_loop().time() + within
        questions = [_Question(servers, name, kind, until) for kind in ("A", "AAAA")]
        asking = [asyncio.create_task(question.ask()) for question in questions]
        try:
            _, waiting = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
            if waiting:
                enough = any(question.reply.addresses for question in questions)
                await asyncio.wait(waiting, timeout=_OTHER_FAMILY if enough else None)
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
        a, aaaa = (question.reply for question in questions)
        addresses = tuple(dict.fromkeys((*a.addresses, *aaaa.addresses)))
        rcode = "NOERROR" if addresses else _rcode_of_both(a.rcode, aaaa.rcode)
        answer = DnsAnswer(name, asked_at, rcode, _without_repeats((*a.records, *aaaa.records)))
        if not addresses:
            return LookUp.failed(*_why_none(rcode), answer)
        found = LookUp(addresses, answer)
        self._keep(name, found, min(reply.ttl for reply in (a, aaaa) if reply.addresses))
        return found

    def _keep(self, name: str, found: LookUp, ttl: int) -> None:
        now = asyncio.get_running_loop().time()
        if ttl <= 0:
            return
        self._kept.pop(name, None)
        if len(self._kept) >= _KEPT_ANSWERS:
            del self._kept[next(iter(self._kept))]
        self._kept[name] = (now + min(float(ttl), _KEPT_SECONDS), found)

    # the system

    async def _ask_system(self, name: str, within: float) -> LookUp:
        asked_at = self._clock()
        try:
            async with asyncio.timeout(within):
                addresses = tuple(dict.fromkeys(await system_addresses(name)))
        except TimeoutError:
            return LookUp.failed(*_why_none("TIMEOUT"), DnsAnswer(name, asked_at, "TIMEOUT", (), "system"))
        except (OSError, UnicodeError) as error:
            rcode = _system_rcode(error)
            failure, words = _why_none(rcode)
            if failure is Failure.NXDOMAIN:
                failure, words = Failure.NO_NAME, "this system knows no such name"
            return LookUp.failed(failure, words, DnsAnswer(name, asked_at, rcode, (), "system"))
        # RFC 1035, 5.1: the time to live may be left out; the system tells none.
        records = tuple(f"{name}. IN {'AAAA' if ':' in address else 'A'} {address}" for address in addresses)
        return LookUp(addresses, DnsAnswer(name, asked_at, "NOERROR", records, "system"))


@dataclass(frozen=True, slots=True)
class _Reply:
    """What was answered to one question."""

    rcode: str
    records: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    ttl: int = 0


class _Question:
    """One question, put to one name server after the other until one of them answers, or the time is up."""

    def __init__(self, servers: Sequence[tuple[str, int]], name: str, kind: Literal["A", "AAAA"], until: float) -> None:
        self.reply = _Reply("TIMEOUT")
        """The best that was heard: an answer, else the last failure of a name server, else that there was none."""
        self._servers = list(servers)
        self._name = name
        self._kind = kind
        self._until = until

    async def ask(self) -> None:
        """Ask, and go on asking; never raises for what a name server does."""
        loop = asyncio.get_running_loop()
        turn = 0
        while self._servers and (left := self._until - loop.time()) > 0:
            server = self._servers[turn % len(self._servers)]
            try:
                async with asyncio.timeout(min(_PATIENCE, left)):
                    self.reply = await _reply_of(server, self._name, self._kind)
            except TimeoutError:
                turn += 1
                continue
            except OSError:  # nobody is there, or no way leads there
                self._servers.remove(server)
                continue
            if self.reply.rcode in ("NOERROR", "NXDOMAIN"):
                return
            self._servers.remove(server)


async def _reply_of(server: tuple[str, int], name: str, kind: str) -> _Reply:
    """What one name server answers, over TCP where UDP is too short; raises OSError when it cannot be reached."""
    import dns.flags
    import dns.message
    import dns.name
    import dns.rcode

    records: tuple[str, ...] = ()
    rcode = "FORMERR"
    try:
        query = dns.message.make_query(dns.name.from_text(name + "."), kind)
        response = await _over_udp(server, query)
        if response.flags & dns.flags.TC:
            response = await _over_tcp(server, query)
        records = _records(response)
        rcode = dns.rcode.to_text(response.rcode())
        if rcode != "NOERROR":
            return _Reply(rcode, records)
        assert isinstance(response, dns.message.QueryMessage)
        chain = response.resolve_chaining()
        addresses = tuple(str(rdata.address) for rdata in chain.answer or ())
        return _Reply("NOERROR", records, addresses, int(chain.minimum_ttl))
    except OSError:
        raise
    except Exception:  # noqa: BLE001 - no answer that a name server makes up may cost the capture
        # What it answered stands, and leads to no address: a chain of names in a circle, say.
        return _Reply(rcode, records)


# Sockets and no transports: a transport whose making is cancelled is lost, and uvloop then waits for it for ever.


async def _over_udp(server: tuple[str, int], query: dns.message.Message) -> dns.message.Message:
    """The answer to a query; what is none is passed over, for anybody may have sent it (RFC 5452, 9.1)."""
    import dns.exception
    import dns.message

    loop = asyncio.get_running_loop()
    with _socket_to(server, socket.SOCK_DGRAM) as connected:
        # connected, so that the kernel takes octets from nobody else, and says so where nobody listens
        connected.connect(server)
        await loop.sock_sendall(connected, query.to_wire())
        while True:
            octets = await loop.sock_recv(connected, 65_535)
            try:
                response = dns.message.from_wire(octets, ignore_trailing=True)
            except dns.exception.DNSException:
                continue
            if query.is_response(response):
                return response


async def _over_tcp(server: tuple[str, int], query: dns.message.Message) -> dns.message.Message:
    """The whole of an answer that UDP had no room for (RFC 7766)."""
    import dns.message

    loop = asyncio.get_running_loop()
    with _socket_to(server, socket.SOCK_STREAM) as connected:
        await loop.sock_connect(connected, server)
        await loop.sock_sendall(connected, query.to_wire(prepend_length=True))
        length = int.from_bytes(await _exactly(connected, 2), "big")
        response = dns.message.from_wire(await _exactly(connected, length), ignore_trailing=True)
    if not query.is_response(response):
        raise ValueError("expected the answer to the question that was put, found another one")
    return response


def _socket_to(server: tuple[str, int], kind: socket.SocketKind) -> socket.socket:
    connected = socket.socket(socket.AF_INET6 if ":" in server[0] else socket.AF_INET, kind)
    connected.setblocking(False)
    return connected


async def _exactly(connected: socket.socket, count: int) -> bytes:
    octets = bytearray()
    while len(octets) < count:
        piece = await asyncio.get_running_loop().sock_recv(connected, count - len(octets))
        if not piece:
            raise ConnectionResetError("closed by the name server")
        octets += piece
    return bytes(octets)


def _records(response: dns.message.Message) -> tuple[str, ...]:
    """The whole answer section, a line a record."""
    lines = [line for rrset in response.answer for line in rrset.to_text().split("\n")]
    return tuple("".join(character if character.isprintable() else "?" for character in line) for line in lines)


def _without_repeats(records: Sequence[str]) -> tuple[str, ...]:
    """The same record may come with both families, a second older."""
    seen: dict[tuple[str, str], str] = {}
    for record in records:
        owner, _, rest = record.split(" ", 2)
        seen.setdefault((owner, rest), record)
    return tuple(seen.values())


def _rcode_of_both(a: str, aaaa: str) -> str:
    """What to say of a name without any address, by the answers for A and for AAAA.

    Broken servers fail, or deny the name, for AAAA alone; so a failure of A goes first, and NXDOMAIN for AAAA
    against an answer for A means nothing.
    """
    if a not in ("NOERROR", "NXDOMAIN"):
        return a
    if a == "NXDOMAIN":
        return "NOERROR" if aaaa == "NOERROR" else a
    return aaaa if aaaa not in ("NOERROR", "NXDOMAIN") else a


def _why_none(rcode: str) -> tuple[Failure, str]:
    return _FAILURES.get(rcode, (Failure.SERVFAIL, f"the name servers failed, or refused to answer ({rcode})"))


# what the system knows


async def system_addresses(name: str) -> Sequence[str]:
    """Look a name up as this machine does; raises socket.gaierror or UnicodeError.

    On a thread of its own that nobody waits for: a name server that hangs must hold up neither other work nor the
    end of the program, as it would in a pool of threads.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(addresses: list[str], error: Exception | None) -> None:
        if answer.done():  # cancelled: the time was up
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(addresses)

    def ask() -> None:
        addresses: list[str] = []
        failure: Exception | None = None
        try:
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
            addresses = [str(address[0]).partition("%")[0] for _, _, _, _, address in found]
        except (OSError, UnicodeError) as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(settle, addresses, failure)

    threading.Thread(target=ask, name="khronika-resolve", daemon=True).start()
    return await answer


def _system_rcode(error: OSError | UnicodeError) -> str:
    number = error.errno if isinstance(error, socket.gaierror) else None
    return next(
        (rcode for name, rcode in _SYSTEM_RCODES.items() if number is not None and getattr(socket, name, 0) == number),
        "SERVFAIL" if number is not None else "NXDOMAIN",
    )


class _HostsFile:
    """Names of the system's hosts file, read anew when it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._names: frozenset[str] = frozenset()

    def names(self) -> frozenset[str]:
        """Host names, lower case, without a final dot; none when there is no such file."""
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            if stamp != self._stamp:
                text = self._path.read_text(encoding="utf-8", errors="replace")
                lines = (line.partition("#")[0].split() for line in text.splitlines())
                self._names = frozenset(name.lower().rstrip(".") for line in lines for name in line[1:])
                self._stamp = stamp
        except OSError:
            self._names, self._stamp = frozenset(), None
        return self._names


def _hosts_path() -> Path:
    if os.name == "nt":
        return Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "drivers" / "etc" / "hosts"
    return Path("/etc/hosts")


# names and addresses


def sockets_of(addresses: Sequence[str], port: int) -> list[Address]:
    """Where to connect to."""
    return [(socket.AF_INET6 if ":" in address else socket.AF_INET, (address, port)) for address in addresses]


def literal_address(host: str) -> str | None:
    """The address that a host is already, `127.1` and `0x7f000001` among them (WHATWG URL, IPv4 parser); else None."""
    bare = host.rstrip(".")
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(bare).compressed
    last = bare.rpartition(".")[2].lower()
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last):
        with contextlib.suppress(OSError):
            return socket.inet_ntoa(socket.inet_aton(bare))
    return None


def is_name(name: str) -> bool:
    """Whether a name can be asked for (RFC 1035, 2.3.4): labels of 1 to 63 octets, 253 together."""
    return len(name) <= 253 and name.isascii() and all(1 <= len(label) <= 63 for label in name.split("."))
