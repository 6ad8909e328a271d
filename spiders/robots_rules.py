"""What a robots.txt says: RFC 9309, sections 2.1 and 2.2, over its octets. Pure.

    User-agent: khronika        a group: the lines that name who it is for, then its rules
    Disallow: /search           the rule with the most octets that fits an address decides; Allow where two are equal
    Allow: /search/about$       `*` stands for any octets, `$` at the end for the end of the address
    Crawl-delay: 10             of no standard, and for the names above it alone
    Sitemap: https://…          of no group

A matcher of our own, because protego's (0.7), which Scrapy brings, differs from the text. It lets a group for `khron`
hold for `khronika` (2.2.1 matches whole product tokens), ends a group at a Crawl-delay or any line it does not know
(2.2.4: other records do not interfere), does not find `?u=https%3A%2F%2Fa` under `?u=https://a` (the second line of
2.2.2's table), breaks lines at U+0085 and U+2028 (2.1 knows CR and LF), reads a rule that is not UTF-8 as one for
U+FFFD, takes `$` for the end and for a letter at once, and lets `Allow: /index.html` allow `/`. And it does not say
which rule decided, which is kept with every capture.

Like Google's published parser it reads what was surely meant: a colon that is missing, `dissallow`, a version after a
product token. All of that can only bind more of the lines that a site wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_NL = re.compile(rb"\r\n|\r|\n")
_BLANK: Final = b" \t\v\f\0"
_TOKEN = re.compile(rb"[A-Za-z_-]+")
_SECONDS = re.compile(rb"(\d{1,9}(?:[.,]\d{1,9})?)(?![\d.,])")
_NAMES: Final = {
    **dict.fromkeys((b"user-agent", b"useragent", b"user agent"), "user-agent"),
    b"allow": "allow",
    **dict.fromkeys(
        (b"disallow", b"dissallow", b"dissalow", b"disalow", b"diasllow", b"disallaw", b"dis-allow"), "disallow"
    ),
    **dict.fromkeys((b"crawl-delay", b"crawldelay", b"crawl delay"), "crawl-delay"),
    **dict.fromkeys((b"sitemap", b"sitemaps", b"site-map"), "sitemap"),
}
_WITHOUT_COLON = re.compile(
    rb"(" + b"|".join(re.escape(name) for name in sorted(_NAMES, reverse=True)) + rb")[ \t]+(?=[^ \t:])", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Rule:
    """An Allow or Disallow line of a group."""

    allow: bool
    pattern: str
    """As the line has it, octets beyond ASCII percent-encoded."""
    line: int
    """Number of the line in the file, from 1."""

    def __str__(self) -> str:
        return f"{'Allow' if self.allow else 'Disallow'}: {self.pattern} (line {self.line})"


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A rule's path in the form in which it is compared."""

    parts: tuple[bytes, ...]
    """What stands between the `*`."""
    anchored: bool
    octets: int
    rule: Rule

    def fits(self, path: bytes) -> bool:
        """Whether it fits, from the first octet on; in time linear in the lengths."""
        first, *rest = self.parts
        if not path.startswith(first):
            return False
        at = len(first)
        if not rest:
            return not self.anchored or at == len(path)
        *middle, last = rest
        for part in middle:
            at = path.find(part, at)
            if at < 0:
                return False
            at += len(part)
        if self.anchored:
            return len(path) - len(last) >= at and path.endswith(last)
        return path.find(last, at) >= 0

    @property
    def weight(self) -> tuple[int, bool, int]:
        """The greatest decides: most octets, then Allow, then the line that comes first."""
        return self.octets, self.rule.allow, -self.rule.line


@dataclass(slots=True)
class Group:
    """The rules for one product token, of all groups that name it."""

    agent: str
    """The token in lower case, or `*`."""
    rules: list[Rule] = field(default_factory=list)
    crawl_delay: float | None = None
    """Seconds; the longest where several lines say some."""
    _plain: dict[bytes, _Pattern] = field(default_factory=dict)
    """Patterns without `*` and `$`: they fit where they are what an address begins with."""
    _others: list[_Pattern] = field(default_factory=list)
    _lengths: tuple[int, ...] | None = None

    def rule_for(self, url: str) -> Rule | None:
        """The rule that decides about an address; None where none fits."""
        path = canonical_path(url)
        if path == b"/robots.txt":
            return None
        if self._lengths is None:
            self._lengths = tuple(sorted({len(octets) for octets in self._plain}, reverse=True))
            self._others.sort(key=lambda pattern: pattern.weight, reverse=True)
        best = next((self._plain[path[:n]] for n in self._lengths if n <= len(path) and path[:n] in self._plain), None)
        for pattern in self._others:
            if best is not None and pattern.weight < best.weight:
                break
            if pattern.fits(path):
                best = pattern
                break
        return None if best is None else best.rule

    def add(self, rule: Rule, octets: bytes) -> None:
        """Take a rule in; `octets` are its path as the line has it."""
        self.rules.append(rule)
        for parts, anchored in _compiled(octets):
            pattern = _Pattern(parts, anchored, sum(map(len, parts)) + len(parts) - 1 + anchored, rule)
            if anchored or len(parts) > 1:
                self._others.append(pattern)
            elif parts[0] not in self._plain or pattern.weight > self._plain[parts[0]].weight:
                self._plain[parts[0]] = pattern
        self._lengths = None


@dataclass(frozen=True, slots=True)
class RobotsTxt:
    """A robots.txt, read."""

    groups: dict[str, Group]
    sitemaps: tuple[str, ...]

    def group_for(self, token: str) -> Group | None:
        """The group that binds a product token: its own, else that of `*`; None where there is neither."""
        return self.groups.get(token.lower()) or self.groups.get("*")


def parse_robots(octets: bytes) -> RobotsTxt:
    """Read a robots.txt; lines that say nothing are passed over (RFC 9309, 2.3.1.5)."""
    groups: dict[str, Group] = {}
    sitemaps: list[str] = []
    agents: list[Group] = []
    begun = False
    """Whether the group has a rule, so that a further User-agent line begins another one."""
    for number, name, value in _lines(octets.removeprefix(b"\xef\xbb\xbf")):
        match name:
            case "user-agent":
                if begun:
                    agents, begun = [], False
                agent = _agent(value)
                if agent is not None:
                    group = groups.setdefault(agent, Group(agent))
                    if group not in agents:
                        agents.append(group)
            case "allow" | "disallow":
                begun = begun or bool(agents)
                # the grammar wants a slash first; its own example begins with `*`
                if value[:1] in (b"/", b"*"):
                    rule = Rule(name == "allow", _shown(value), number)
                    for group in agents:
                        group.add(rule, value)
            case "crawl-delay":
                if (found := _SECONDS.match(value)) is not None:
                    seconds = float(found[1].replace(b",", b"."))
                    for group in agents:
                        group.crawl_delay = max(group.crawl_delay or 0.0, seconds)
            case "sitemap" if value:
                sitemaps.append(value.decode("utf-8", "replace"))
    return RobotsTxt(groups, tuple(sitemaps))


def _lines(octets: bytes) -> Iterator[tuple[int, str, bytes]]:
    """The records that are known: number of the line, name, value."""
    for number, line in enumerate(_NL.split(octets), 1):
        words = line.partition(b"#")[0].strip(_BLANK)
        name, colon, value = words.partition(b":")
        known = _NAMES.get(name.strip(_BLANK).lower()) if colon else None
        if known is None and (found := _WITHOUT_COLON.match(words)) is not None:
            known, value = _NAMES[found[1].lower()], words[found.end() :]
        if known is not None:
            yield number, known, value.strip(_BLANK)


def _agent(value: bytes) -> str | None:
    """`*`, or the product token that a value begins with; None for neither."""
    if value[:1] == b"*":
        return "*" if not value[1:].strip(_BLANK) or value[1:2] in (b" ", b"\t") else None
    found = _TOKEN.match(value)
    return None if found is None else found[0].decode("ascii").lower()


# --- the form in which paths are compared (RFC 9309, 2.2.2) ---

_UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# Reserved (RFC 3986, 2.2) and no delimiter where they stand: the RFC has both spellings compared as one. It writes the
# long one; the short one has the same outcome, and counts as the one octet that it is, as elsewhere.
_IN_PATH: Final = _UNRESERVED | frozenset(b":[]@!&'()+,;=")
_IN_QUERY: Final = _IN_PATH | frozenset(b"/?")
_ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")
_SIMPLE = re.compile(rb"[A-Za-z0-9._~/=&,;:@!+-]*")
_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


def canonical_path(url: str) -> bytes:
    """Path and query of an address as rules are held against them.

    >>> canonical_path("https://a.example/%7Eb/ü?u=https%3A%2F%2Fc")
    b'/~b/%C3%BC?u=https://c'
    """
    found = _AUTHORITY.match(url)
    path = (url[found.end() :] if found else url).partition("#")[0].encode("utf-8", "surrogatepass")
    if path[:1] != b"/":
        path = b"/" + path
    resource, mark, query = path.partition(b"?")
    return _canonical(resource, _IN_PATH, b"/") + mark + _canonical(query, _IN_QUERY, b"")


def _canonical(octets: bytes, kept: frozenset[int], delimiters: bytes) -> bytes:
    """Octets that are `kept` unencoded, all others but `delimiters` encoded, digits of escapes in upper case."""
    if _SIMPLE.fullmatch(octets):
        return octets
    written = bytearray()
    at = 0
    while at < len(octets):
        octet = octets[at]
        if octet == 0x25 and _ESCAPE.match(octets, at):
            octet = int(octets[at + 1 : at + 3], 16)
            at += 3
            plain = octet in kept
        else:
            at += 1
            plain = octet in kept or octet in delimiters
        written += bytes((octet,)) if plain else b"%%%02X" % octet
    return bytes(written)


def _compiled(octets: bytes) -> Iterator[tuple[tuple[bytes, ...], bool]]:
    """What a path of a rule is compared as: its parts between the `*`, and whether `$` ends it.

    Two forms where an escaped delimiter comes after a `*`, which may stand for the `?` that begins a query.
    """
    anchored = octets.endswith(b"$")
    parts = re.split(rb"\*+", octets[: len(octets) - anchored])
    forms = {_compiled_parts(parts, in_query=False), _compiled_parts(parts, in_query=True)}
    for form in sorted(forms, reverse=True):
        yield form, anchored


def _compiled_parts(parts: list[bytes], *, in_query: bool) -> tuple[bytes, ...]:
    """`in_query`: whether the first `*` is taken to stand for the beginning of a query too."""
    compiled = []
    query = False
    for number, part in enumerate(parts):
        query = query or (in_query and number > 0 and not any(b"?" in one for one in parts[number:]))
        if query:
            compiled.append(_canonical(part, _IN_QUERY, b""))
            continue
        resource, mark, rest = part.partition(b"?")
        compiled.append(_canonical(resource, _IN_PATH, b"/") + mark + _canonical(rest, _IN_QUERY, b""))
        query = bool(mark)
    return tuple(compiled)


def _shown(octets: bytes) -> str:
    return "".join(chr(octet) if 0x20 < octet < 0x7F else f"%{octet:02X}" for octet in octets)
