"""Traces: the forms in which a fact about the operator can stand in octets, and what looks like such a fact.

A fact is looked for in every form of this table, in any case of ASCII letters, and only as a whole: `kestrel` is in
`crawl@kestrel.example` and not in `kestrels`.

- any fact: as it is; percent-encoded; escaped as in JSON; base64, at each of the three offsets;
- IPv4 address: 203.0.113.7, 203-0-113-7, 203_0_113_7, 203.000.113.007, reversed (7.113.0.203), cb007107,
  ffff:cb00:7107, 3405803783;
- IPv6 address: shortened, whole, with four digits a group; each with hyphens or %3a for its colons; 32 digits; reversed
  (ip6.arpa);
- IPv6 prefix: the first four groups, as of an address;
- MAC address: with colons, hyphens, dots, or nothing (so in a UUID of version 1); as the end of an IPv6 address;
- machine id: 32 digits, and as a UUID.

What only looks like a fact, about whichever machine, is a `shape`: a UUID with a MAC address in it, a MAC address, a
private network address, an absolute path, a time with the offset of a time zone.

Words that thousands of machines and accounts bear (`root`, `debian`), and those of less than three characters, would
be found everywhere: they are not looked for as bare words. In what servers sent only a fact that is distinctive is
looked for: a common given name in a page says nothing of the operator.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from archive.facts import Fact, FactKind

COMMON = frozenset(
    (
        # accounts and machines of that name are everywhere
        "admin administrator alma alpine amazon anonymous app arch archlinux backup build builder centos ci cloud "
        "computer container coreos daemon data debian default demo desktop dev developer docker ec2-user fedora "
        "freebsd gentoo git github gitlab guest home host ip6-localhost jenkins kali kde laptop linux local "
        "localdomain localhost localhost.localdomain mac macbook machine main master me mint nobody node nixos "
        "opensuse operator owner pc pi postgres public raspberry raspberrypi raspbian redhat rhel rocky root runner "
        "server service staff suse system test tester testing tmp ubuntu ubuntu-server unknown user username users "
        "vagrant vm vps web webmaster windows work worker workspace workstation www www-data "
        # words that stand in every WARC and every request
        "accept agent allowed archive browser bytes cache cases certificate certifi chain chunked client close "
        "collection com connection content cookie crawl crawler date deflate digest dns encoding error example "
        "failure false "
        "field fields file filename format found from get gzip head header hops html http https identity image info "
        "iso isPartOf java json keep-alive khronika language length link log match metadata mime none number obey org "
        "outcome page payload policy port post profile protocol proxy python record referer refused request resource "
        "response revisit robots seed session sha1 sha256 site sites software stage status storage stored target text "
        "time timeout tls true truncated type unresolved uri url utf-8 uuid value version via warc warcinfo xml zip"
    )
    .lower()
    .split()
)

MARGIN = 512
"""Octets that the longest form and what must stand around it fit into; longer facts are not looked for."""

_NOT = {
    "word": (rb"(?<![0-9a-z])", rb"(?![0-9a-z])"),
    # 203.0.113.7 is neither in 1203.0.113.7 nor in 203.0.113.7.9
    "dotted": (rb"(?<![0-9])(?<![0-9]\.)", rb"(?![0-9])(?!\.[0-9])"),
    "digits": (rb"(?<![0-9])", rb"(?![0-9])"),
    "groups": (rb"(?<![0-9a-f:])", rb"(?![0-9a-f:])"),
    "prefix": (rb"(?<![0-9a-f:])", rb""),
    # not the path of a page's address, nor the beginning of a longer name
    "path": (rb"(?<![0-9a-z_.~%\-])", rb"(?![0-9a-z_\-])"),
    "coded": (rb"", rb""),
}


@dataclass(frozen=True, slots=True)
class _Form:
    fact: Fact
    name: str
    pattern: re.Pattern[bytes]


@dataclass(frozen=True, slots=True)
class Trace:
    """A fact, or what looks like one, in octets."""

    what: str
    """The fact or the shape, in words that give nothing away."""
    form: str
    start: int
    end: int
    fact: Fact | None
    """None of a shape."""


def is_common(fact: Fact) -> bool:
    """Whether a name is too common, or too short, to be looked for as a bare word."""
    if fact.kind not in {FactKind.HOST, FactKind.USER, FactKind.PERSON, FactKind.PASSWORD}:
        return False
    word = fact.value.lower()
    return word in COMMON or len(word) < 3 or word.isdigit()


def is_distinctive(fact: Fact) -> bool:
    """Whether a fact in a page speaks of the operator, as a word of the language would not."""
    value = fact.value
    with_digits = any(sign.isdigit() for sign in value) and any(sign.isalpha() for sign in value)
    match fact.kind:
        case FactKind.HOST:
            return not is_common(fact) and (("." in value and len(value) >= 8) or (with_digits and len(value) >= 6))
        case FactKind.USER:
            return not is_common(fact) and with_digits and len(value) >= 6
        case FactKind.PERSON:
            return " " in value
        case FactKind.PATH:
            return value.count("/") > 1 and len(value) >= 8
        case FactKind.ZONE:
            return False
    return True


def is_loopback(fact: Fact) -> bool:
    """Whether a fact is an address that every machine has."""
    return fact.kind is FactKind.ADDRESS and ipaddress.ip_address(fact.value).is_loopback


class Forms:
    """All forms of some facts, to be found in octets."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.facts = tuple(facts)
        self._by_start: dict[bytes, list[_Form]] = {}
        needles: set[bytes] = set()
        for fact in self.facts:
            for name, text, boundary in _forms(fact):
                needle = text.lower()
                if len(needle) + 2 > MARGIN or not needle:
                    continue
                before, after = _NOT[boundary]
                form = _Form(fact, name, re.compile(before + re.escape(needle) + after))
                needles.add(needle)
                self._by_start.setdefault(needle[:3], []).append(form)
        # One expression of all needles with their common beginnings shared: five times as fast as a plain list.
        self._any = re.compile(_trie(sorted(needles))) if needles else None

    def traces(self, octets: bytes) -> Iterator[Trace]:
        """The forms that stand in some octets."""
        if self._any is None:
            return
        lower = octets.lower()
        at = 0
        while hit := self._any.search(lower, at):
            at = hit.start()
            for form in self._by_start[lower[at : at + 3]]:
                if found := form.pattern.match(lower, at):
                    yield Trace(f"{form.fact}", form.name, at, found.end(), form.fact)
            at += 1


def _trie(needles: Sequence[bytes]) -> bytes:
    if not needles or needles == [b""]:
        return b""
    ends = b"" in needles
    branches: dict[bytes, list[bytes]] = {}
    for needle in needles:
        if needle:
            branches.setdefault(needle[:1], []).append(needle[1:])
    parts = [re.escape(first) + _trie(rest) for first, rest in branches.items()]
    joined = parts[0] if len(parts) == 1 else b"(?:" + b"|".join(parts) + b")"
    # what is longer than a needle is found by the pattern of the longer one, at the same place
    return b"" if ends else joined


def _forms(fact: Fact) -> Iterator[tuple[str, bytes, str]]:
    """Name, octets and boundary of each form."""
    value = fact.value
    match fact.kind:
        case FactKind.ADDRESS | FactKind.NETWORK:
            address = ipaddress.ip_address(value)
            if fact.kind is FactKind.NETWORK:
                yield from _prefix(ipaddress.IPv6Address(int(address)))
                return
            yield from _v4(address) if isinstance(address, ipaddress.IPv4Address) else _v6(address)
            yield from _base64(value)
        case FactKind.MAC:
            yield from _mac(value)
        case FactKind.MACHINE:
            groups = (value[:8], value[8:12], value[12:16], value[16:20], value[20:])
            yield "as it is", value.encode(), "word"
            yield "as a UUID", "-".join(groups).encode(), "word"
        case _:
            yield from _text(value, "path" if fact.kind is FactKind.PATH else "word")


def _text(value: str, boundary: str) -> Iterator[tuple[str, bytes, str]]:
    seen = set()
    for spelling in dict.fromkeys((value, value.lower(), value.upper(), value.title())):
        for name, text in (
            ("as it is", spelling),
            ("percent-encoded", quote(spelling)),
            ("percent-encoded", quote(spelling, safe="")),
            ("percent-encoded", quote_plus(spelling)),
            ("escaped", json.dumps(spelling)[1:-1]),
            ("escaped", spelling.replace("/", "\\/")),
            ("escaped", spelling.replace("\\", "\\\\")),
        ):
            octets = text.encode("utf-8", "surrogateescape").lower()
            if octets not in seen:
                seen.add(octets)
                yield name, octets, boundary
    yield from _base64(value)


def _base64(value: str) -> Iterator[tuple[str, bytes, str]]:
    """What of the base64 of a text does not depend on what stands around it, for each offset in a group of three."""
    octets = value.encode("utf-8", "surrogateescape")
    if len(octets) < 7:
        return
    for offset in range(3):
        coded = base64.b64encode(bytes(offset) + octets)
        first = (0, 2, 3)[offset]
        whole = (offset + len(octets)) // 3 * 4
        for text in dict.fromkeys((coded[first:whole], coded[first:whole].translate(_URL_SAFE))):
            if len(text) >= 8:
                yield "base64", text, "coded"


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _v4(address: ipaddress.IPv4Address) -> Iterator[tuple[str, bytes, str]]:
    octets = address.packed
    dotted = str(address)
    back = ".".join(reversed(dotted.split(".")))
    yield "as it is", dotted.encode(), "dotted"
    yield "with hyphens", dotted.replace(".", "-").encode(), "digits"
    yield "with underscores", dotted.replace(".", "_").encode(), "digits"
    yield "percent-encoded", dotted.replace(".", "%2e").encode(), "digits"
    yield "reversed", back.encode(), "dotted"
    yield "reversed", back.replace(".", "-").encode(), "digits"
    yield "with three digits an octet", ".".join(f"{octet:03d}" for octet in octets).encode(), "dotted"
    yield "hexadecimal", octets.hex().encode(), "word"
    yield "hexadecimal", f"ffff:{octets[:2].hex()}:{octets[2:].hex()}".encode(), "word"
    yield "as one number", str(int(address)).encode(), "digits"


def _v6(address: ipaddress.IPv6Address) -> Iterator[tuple[str, bytes, str]]:
    whole = address.exploded
    groups = [f"{int(group, 16):x}" for group in whole.split(":")]
    nibbles = address.packed.hex()
    for name, text in (("as it is", str(address)), ("whole", ":".join(groups)), ("four digits a group", whole)):
        yield name, text.encode(), "groups"
        yield "percent-encoded", text.replace(":", "%3a").encode(), "word"
        yield "with hyphens", text.replace(":", "-").encode(), "word"
    yield "hexadecimal", nibbles.encode(), "word"
    yield "reversed", ".".join(reversed(nibbles)).encode(), "word"


def _prefix(network: ipaddress.IPv6Address) -> Iterator[tuple[str, bytes, str]]:
    groups = network.exploded.split(":")[:4]
    short = [f"{int(group, 16):x}" for group in groups]
    spellings = [":".join(short) + ":", ":".join(groups) + ":"]
    # 2001:db8:1:0:… is written 2001:db8:1::… where that is the longest run of zeros
    if short[3] == "0":
        spellings.append(re.sub(r"(:0)+\Z", "", ":".join(short)) + "::")
    for text in dict.fromkeys(spellings):
        yield "as it is", text.encode(), "prefix"
        yield "percent-encoded", text.replace(":", "%3a").encode(), "prefix"
        yield "with hyphens", text.replace(":", "-").encode(), "prefix"


def _mac(value: str) -> Iterator[tuple[str, bytes, str]]:
    pairs = [value[at : at + 2] for at in range(0, 12, 2)]
    yield "as it is", ":".join(pairs).encode(), "word"
    yield "with hyphens", "-".join(pairs).encode(), "word"
    yield "with dots", ".".join((value[:4], value[4:8], value[8:])).encode(), "word"
    yield "without marks", value.encode(), "word"
    yield "percent-encoded", "%3a".join(pairs).encode(), "word"
    # RFC 4291, Appendix A: the universal bit is turned, ff:fe put in the middle
    eui = f"{int(pairs[0], 16) ^ 2:02x}{pairs[1]}{pairs[2]}fffe{value[6:]}"
    groups = [eui[at : at + 4] for at in range(0, 16, 4)]
    for each in dict.fromkeys((":".join(groups), ":".join(f"{int(group, 16):x}" for group in groups))):
        yield "in an IPv6 address", each.encode(), "word"
        yield "in an IPv6 address", each.replace(":", "-").encode(), "word"


# --- what looks like a fact ------------------------------------------------------------------------------------------

_UUID = re.compile(
    rb"(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[126][0-9a-f]{3}-[89ab][0-9a-f]{3}-([0-9a-f]{12})(?![0-9a-f])"
)
_MAC = re.compile(
    rb"(?<![0-9a-f])(?<![0-9a-f][:\-])(?:[0-9a-f]{2}(?::[0-9a-f]{2}){5}|[0-9a-f]{2}(?:-[0-9a-f]{2}){5})"
    rb"(?![0-9a-f])(?![:\-][0-9a-f])|(?<![0-9a-f.])[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?![0-9a-f.])"
)
# not `Chrome/10.1.2.3`, which is a version
_V4 = re.compile(rb"(?<![0-9a-z.])(?<![a-z]/)[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9a-z])(?!\.[0-9])")
_V6 = re.compile(rb"(?<![0-9a-f:])f(?:e[89ab][0-9a-f]|[cd][0-9a-f]{2}):[0-9a-f:]{2,}")
_PATH = re.compile(
    rb"(?<![0-9a-z_.~%\-])/(?:(?:home|users|mnt|media|volumes|private/var|var/(?:folders|home|lib|tmp|www)|tmp)"
    rb"/[^\s/<>\"']|root/)|(?<![0-9a-z])[a-z]:\\\\?[a-z]|(?<![\\0-9a-z])\\\\[0-9a-z]"
)
_OFFSET = re.compile(rb"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)? ?[+\-](?!00:?00)[01][0-9]:?[0-5][0-9](?![0-9:])")
_PRIVATE = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10")
)
_PRIVATE_6 = tuple(ipaddress.ip_network(text) for text in ("fc00::/7", "fe80::/10"))


def shapes(octets: bytes) -> Iterator[Trace]:
    """What looks like a fact about some machine, in what a crawler wrote."""
    lower = octets.lower()
    for found in _UUID.finditer(lower):
        node = found[1]
        # RFC 9562, 6.10: a node with the multicast bit was drawn at random
        if not int(node[:2], 16) & 1 and len(set(node)) > 1:
            yield _shape("a MAC address", "in a UUID", found)
    for found in _MAC.finditer(lower):
        if len(set(found[0])) > 2:
            yield _shape("a MAC address", "as it is", found)
    for found in _V4.finditer(lower):
        if _is_in(found[0], _PRIVATE):
            yield _shape("a private network address", "as it is", found)
    for found in _V6.finditer(lower):
        if _is_in(found[0].rstrip(b":") if not found[0].endswith(b"::") else found[0], _PRIVATE_6):
            yield _shape("a private network address", "as it is", found)
    for found in _PATH.finditer(lower):
        yield _shape("an absolute path", "as it is", found)
    for found in _OFFSET.finditer(lower):
        yield _shape("a time zone", "as the offset of a time", found)


def _shape(what: str, form: str, found: re.Match[bytes]) -> Trace:
    return Trace(what, form, found.start(), found.end(), None)


def _is_in(text: bytes, networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        address = ipaddress.ip_address(text.decode("ascii"))
    except ValueError:
        return False
    return any(address in network for network in networks)
