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
from typing import TYPE_CHECKING, Any, Final, Self

from archive.exchange import DnsAnswer, Failure
from crawler.nameserver import parse_nameserver
from crawler.wire_connection import Address

if TYPE_CHECKING:
    import dns.asyncresolver
    import dns.message
    import dns.nameserver

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
        self._nameservers = tuple(parse_nameserver(text) for text in nameservers)
        self._clock = clock or (lambda: datetime.now(UTC))
        self._hosts = _HostsFile(hosts_file or _hosts_path())
        self._resolv_conf = resolv_conf
        self._dns: dns.asyncresolver.Resolver | None = None
        self._system_alone = False
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
        resolver = self._name_servers()
        if resolver is None:
            return await self._ask_system(name, within)
        found = await self._ask(resolver, name, within)
        if found.failure is Failure.NXDOMAIN and "." not in name:
            by_system = await self._ask_system(name, within)
            return by_system if by_system.failure is None else found
        return found

    def _name_servers(self) -> dns.asyncresolver.Resolver | None:
        """Who is asked; None when this machine names no name server."""
        if self._dns is None and not self._system_alone:
            import dns.asyncresolver
            import dns.nameserver
            import dns.resolver

            own = bool(self._nameservers)
            filename = str(self._resolv_conf) if self._resolv_conf is not None else "/etc/resolv.conf"
            try:
                resolver = dns.asyncresolver.Resolver(filename=filename, configure=not own)
            except (dns.resolver.NoResolverConfiguration, UnicodeDecodeError, ValueError):
                self._system_alone = True
                return None
            if own:
                resolver.nameservers = [dns.nameserver.Do53Nameserver(*server) for server in self._nameservers]
            resolver.timeout = _PATIENCE
            self._dns = resolver
        return self._dns

    # the name servers

    async def _ask(self, resolver: dns.asyncresolver.Resolver, name: str, within: float) -> LookUp:
        asked_at = self._clock()
        loop = asyncio.get_running_loop()
        until = loop.time() + within
        ipv4 = asyncio.create_task(_question(resolver, name, "A", within))
        ipv6 = asyncio.create_task(_question(resolver, name, "AAAA", within))
        both = (ipv4, ipv6)
        try:
            done, waiting = await asyncio.wait(both, timeout=within, return_when=asyncio.FIRST_COMPLETED)
            if waiting and any(task.result().addresses for task in done):
                await asyncio.wait(waiting, timeout=min(_OTHER_FAMILY, max(0.0, until - loop.time())))
            elif waiting and done:
                await asyncio.wait(waiting, timeout=max(0.0, until - loop.time()))
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
        a, aaaa = (_Reply("TIMEOUT") if task.cancelled() else task.result() for task in both)
        addresses = tuple(dict.fromkeys((*a.addresses, *aaaa.addresses)))
        rcode = "NOERROR" if addresses else _rcode_of_both(a.rcode, aaaa.rcode)
        answer = DnsAnswer(name, asked_at, rcode, _without_repeats((*a.records, *aaaa.records)))
        if not addresses:
            return LookUp.failed(*_why_none(rcode), answer)
        found = LookUp(addresses, answer)
        self._keep(name, found, min(reply.ttl for reply in (a, aaaa) if reply.ttl is not None))
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
    ttl: int | None = None


async def _question(resolver: dns.asyncresolver.Resolver, name: str, kind: str, within: float) -> _Reply:
    import dns.name
    import dns.resolver

    try:
        asked = dns.name.from_text(name + ".")
        # a little earlier than who waits for it: what was heard until then is worth more than that the time is up
        answer = await resolver.resolve(asked, kind, raise_on_no_answer=False, lifetime=within * 0.9, search=False)
        addresses = () if answer.rrset is None else tuple(rdata.address for rdata in answer.rrset)
        ttl = None if answer.rrset is None else int(answer.chaining_result.minimum_ttl)
        return _Reply("NOERROR", _records(answer.response), addresses, ttl)
    except dns.resolver.NXDOMAIN as error:
        responses = list(error.kwargs["responses"].values())
        return _Reply("NXDOMAIN", _records(responses[0]) if responses else ())
    except dns.resolver.NoNameservers as error:
        return _last_reply(error.kwargs["errors"])
    except dns.resolver.LifetimeTimeout as error:
        # A server that said so, and another one that said nothing: what was said counts.
        replied = [one for one in error.kwargs["errors"] if one[4] is not None]
        return _last_reply(replied) if replied else _Reply("TIMEOUT")
    except Exception:  # noqa: BLE001 - no answer that a name server makes up may cost the capture
        return _Reply("FORMERR")


def _last_reply(errors: Sequence[Any]) -> _Reply:
    """What the last name server that answered did answer; each error is (server, tcp, port, exception, response)."""
    import dns.exception
    import dns.rcode

    for *_, response in reversed(errors):
        if response is not None:
            rcode = dns.rcode.to_text(response.rcode())
            # NOERROR stands here for an answer that makes no sense, a chain of names in a circle, say
            return _Reply("FORMERR" if rcode == "NOERROR" else rcode, _records(response))
    heard = any(isinstance(error, dns.exception.DNSException) for *_, error, _ in errors if not _is_timeout(error))
    return _Reply("FORMERR" if heard else "TIMEOUT")


def _is_timeout(error: object) -> bool:
    import dns.exception

    return isinstance(error, dns.exception.Timeout)


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
