"""Facts that tell who and where the operator is: what this machine is called, who uses it, where it is on the network.

They are gathered from this machine alone, Linux or macOS: from its files and the kernel, without a look-up in the
name system and without asking anybody. What only others can see (the address that requests come from) must be given.
`archive/privacy.py` looks for them in what was written, `archive/commitment.py` commits to them.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import enum
import ipaddress
import os
import plistlib
import pwd
import re
import socket
import sys
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from archive.errors import UsageError


class FactKind(enum.StrEnum):
    """What a fact is."""

    HOST = "host name"
    USER = "user name"
    PERSON = "person's name"
    MAIL = "mail address"
    PATH = "absolute path"
    MAC = "MAC address"
    ADDRESS = "network address"
    NETWORK = "network prefix"
    MACHINE = "machine id"
    ZONE = "time zone"
    PASSWORD = "password"  # noqa: S105 - what it is called, not one
    WORD = "given word"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact; it is never shown, only named by its kind and source."""

    kind: FactKind
    value: str
    """Of a MAC twelve lower-case hexadecimal digits, of an address its canonical form, of the rest as it is."""
    source: str
    """Where it is from, in words that give nothing away."""

    def __str__(self) -> str:
        return f"{self.kind} ({self.source})"


def machine_facts(folders: Sequence[Path] = ()) -> tuple[Fact, ...]:
    """What identifies this machine, its user and the absolute paths of `folders`; what cannot be had is left out."""
    found = [
        *_host_names(),
        *_users(),
        *_git(),
        *_machine_ids(),
        *(Fact(FactKind.MAC, mac, "network interface") for mac in sorted(mac_addresses())),
        *_addresses(),
        *_zone(),
        *_paths(folders),
    ]
    return tuple(dict.fromkeys(found))


def given_address(text: str) -> tuple[Fact, ...]:
    """An address that the operator gives, as a fact, and its /64 prefix. Raises UsageError when it is none."""
    try:
        address = ipaddress.ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError as error:
        raise UsageError(f"expected a network address like 203.0.113.7 or 2001:db8::7, found {text!r}") from error
    return tuple(_address_facts(address, "given"))


def given_word(text: str) -> Fact:
    """Another word that must not be found. Raises UsageError when it is too short to be looked for."""
    word = text.strip()
    if len(word.encode()) < 3:
        raise UsageError(f"expected a word of at least 3 characters, found {text!r}")
    return Fact(FactKind.WORD, word, "given")


# --- names -----------------------------------------------------------------------------------------------------------


def host_name() -> str:
    """What this machine calls itself."""
    return socket.gethostname()


def user_name() -> str:
    """The name of the account that this process runs under; its number where the account has no name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def machine_id() -> str:
    """systemd's id of this installation, 32 hexadecimal digits; empty where there is none."""
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        if re.fullmatch(r"[0-9a-f]{32}", text := _text(Path(path)).strip()):
            return text
    return ""


def _host_names() -> Iterator[Fact]:
    names = [host_name(), os.environ.get("HOSTNAME", ""), _text(Path("/etc/hostname")).strip(), *_mac_os_names()]
    with contextlib.suppress(ValueError):
        pretty = re.search(r"^PRETTY_HOSTNAME=\"?(.*?)\"?$", _text(Path("/etc/machine-info")), re.MULTILINE)
        names.append(pretty[1] if pretty else "")
    names = [name for name in dict.fromkeys(names) if name]
    shorts = {name.partition(".")[0].lower() for name in names}
    for line in _text(Path("/etc/hosts")).splitlines():
        words = line.partition("#")[0].split()
        if shorts & {word.partition(".")[0].lower() for word in words[1:]}:
            names += [word for word in words[1:] if not word.lower().startswith(("localhost", "ip6-"))]
    domains = re.findall(r"^\s*(?:search|domain)\s+(.+)$", _text(Path("/etc/resolv.conf")), re.MULTILINE)
    for domain in {word.strip(".") for line in domains for word in line.split()} - {""}:
        names += [f"{short}.{domain}" for short in shorts]
    for name in names:
        yield Fact(FactKind.HOST, name, "this machine")
        if "." in name:
            yield Fact(FactKind.HOST, name.partition(".")[0], "this machine")


def _mac_os_names() -> list[str]:
    settings = Path("/Library/Preferences/SystemConfiguration/preferences.plist")
    try:
        system = plistlib.loads(settings.read_bytes())["System"]
        return [system["System"]["ComputerName"], system["Network"]["HostNames"]["LocalHostName"]]
    except (OSError, KeyError, TypeError, plistlib.InvalidFileException):
        return []


def _users() -> Iterator[Fact]:
    names = {user_name(), *(os.environ.get(name, "") for name in ("LOGNAME", "USER", "SUDO_USER"))} - {""}
    for name in sorted(names):
        yield Fact(FactKind.USER, name, "account")
        with contextlib.suppress(KeyError):
            account = pwd.getpwnam(name)
            full = account.pw_gecos.partition(",")[0].strip()
            if full and full.lower() != name.lower():
                yield Fact(FactKind.PERSON, full, "account")
            yield Fact(FactKind.PATH, account.pw_dir, "home folder")
    with contextlib.suppress(RuntimeError):
        yield Fact(FactKind.PATH, str(Path.home()), "home folder")


def _git() -> Iterator[Fact]:
    with contextlib.suppress(RuntimeError):
        for path in (Path.home() / ".gitconfig", Path.home() / ".config" / "git" / "config"):
            text = _text(path)
            for kind, key in ((FactKind.PERSON, "name"), (FactKind.MAIL, "email")):
                for value in re.findall(rf"^\s*{key}\s*=\s*\"?(.*?)\"?\s*$", text, re.MULTILINE):
                    if value:
                        yield Fact(kind, value, "git")


def _machine_ids() -> Iterator[Fact]:
    if found := machine_id():
        yield Fact(FactKind.MACHINE, found, "this machine")
    product = re.sub(r"[^0-9a-f]", "", _text(Path("/sys/class/dmi/id/product_uuid")).lower())
    if len(product) == 32 and len(set(product)) > 2:
        yield Fact(FactKind.MACHINE, product, "this machine")


def _zone() -> Iterator[Fact]:
    names = [os.environ.get("TZ", "").lstrip(":"), _text(Path("/etc/timezone")).strip()]
    with contextlib.suppress(OSError):
        names.append(str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2])
    for name in dict.fromkeys(names):
        if "/" in name and not name.startswith("Etc/"):
            yield Fact(FactKind.ZONE, name, "this machine")


def _paths(folders: Sequence[Path]) -> Iterator[Fact]:
    own = [(folder, "the collection's folder") for folder in folders]
    with contextlib.suppress(OSError):
        own.append((Path.cwd(), "the working folder"))
    own += [(Path(sys.prefix), "the program's folder"), (Path(__file__).parent.parent, "the program's folder")]
    for path, source in own:
        for one in (path.absolute(), path.resolve()):
            # `/` and `/srv` tell nothing of anybody
            if len(one.parts) > 2:
                yield Fact(FactKind.PATH, str(one), source)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


# --- the network -----------------------------------------------------------------------------------------------------


def mac_addresses() -> set[str]:
    """MAC addresses of this machine's interfaces, twelve lower-case hexadecimal digits each."""
    found = {re.sub(r"[^0-9a-f]", "", _text(path).lower()) for path in Path("/sys/class/net").glob("*/address")}
    found |= {mac for _, _, mac in _interfaces() if mac}
    # RFC 9562, 6.10: the multicast bit marks a node that was drawn at random because no interface was found
    if not found and not (node := uuid.getnode()) >> 40 & 1:
        found.add(f"{node:012x}")
    return {mac for mac in found if len(mac) == 12 and len(set(mac)) > 1}


def local_addresses() -> set[str]:
    """Addresses of this machine's interfaces without loopback, in canonical form, no zone."""
    return {
        str(address)
        for _, address, _ in _interfaces()
        if address is not None and not address.is_loopback and not address.is_unspecified
    }


def _addresses() -> Iterator[Fact]:
    for text in sorted(local_addresses()):
        yield from _address_facts(ipaddress.ip_address(text), "network interface")


def _address_facts(address: ipaddress.IPv4Address | ipaddress.IPv6Address, source: str) -> Iterator[Fact]:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    yield Fact(FactKind.ADDRESS, str(mapped or address), source)
    if isinstance(address, ipaddress.IPv6Address) and mapped is None and address in _GLOBAL:
        # what a provider gives to one customer; the rest of the address changes by the day (RFC 8981)
        yield Fact(FactKind.NETWORK, str(ipaddress.ip_network((int(address) >> 64 << 64, 64)).network_address), source)


_GLOBAL = ipaddress.ip_network("2000::/3")


class _Sockaddr(ctypes.Structure):
    # BSD has the length before the family, Linux a family of two octets: both are read from the octets
    _fields_ = (("octets", ctypes.c_uint8 * 28),)


class _Ifaddrs(ctypes.Structure):
    pass


_Ifaddrs._fields_ = (
    ("next", ctypes.POINTER(_Ifaddrs)),
    ("name", ctypes.c_char_p),
    ("flags", ctypes.c_uint),
    ("address", ctypes.POINTER(_Sockaddr)),
    ("netmask", ctypes.c_void_p),
    ("other", ctypes.c_void_p),
    ("data", ctypes.c_void_p),
)

_AF_LINK = 18
_Interface = tuple[str, ipaddress.IPv4Address | ipaddress.IPv6Address | None, str | None]


def _interfaces() -> list[_Interface]:
    """Name, network address and MAC of each interface, one of the two at a time: `getifaddrs(3)`."""
    library = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
    first = ctypes.POINTER(_Ifaddrs)()
    if library.getifaddrs(ctypes.byref(first)) != 0:
        return []
    found: list[_Interface] = []
    try:
        one = first
        while one:
            if one.contents.address:
                name = (one.contents.name or b"").decode("utf-8", "replace")
                found += _read_sockaddr(name, one.contents.address)
            one = one.contents.next
    finally:
        library.freeifaddrs(first)
    return found


def _read_sockaddr(name: str, address: ctypes._Pointer[_Sockaddr]) -> Iterable[_Interface]:
    # no more is read than the shortest kind is sure to have, until the kind is known
    start = ctypes.cast(address, ctypes.POINTER(ctypes.c_uint8))
    bsd = sys.platform == "darwin"
    family = start[1] if bsd else start[0] | start[1] << 8
    if family == socket.AF_INET:
        yield name, ipaddress.IPv4Address(bytes(start[4:8])), None
    elif family == socket.AF_INET6:
        octets = bytes(start[8:24])
        if bsd and octets.startswith(b"\xfe\x80"):
            octets = octets[:2] + b"\0\0" + octets[4:]  # where BSD keeps the interface's number
        yield name, ipaddress.IPv6Address(octets), None
    elif bsd and family == _AF_LINK and start[6] == 6:
        # sockaddr_dl: the length of the name, that of the address, then both
        at = 8 + start[5]
        yield name, None, bytes(start[at : at + 6]).hex()
