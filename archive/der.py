"""DER, read strictly (ITU-T X.690, 8 and 10): values of one octet of tag and a definite, shortest length.

No more than time-stamp tokens need; what a value means is the caller's affair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
UTF8_STRING = 0x0C
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31

_TIME = re.compile(rb"(\d{14})(?:\.(\d*[1-9]))?Z")
_DEPTH = 64
"""Arcs of an object identifier at most."""


class DerError(ValueError):
    """Octets that are not the DER that was expected."""


def context(number: int, *, constructed: bool = True) -> int:
    """The tag of a context-specific value, `[number]`."""
    return (0xA0 if constructed else 0x80) | number


@dataclass(frozen=True, slots=True)
class Der:
    """One value: its tag, and where it and its content stand."""

    source: bytes
    tag: int
    start: int
    begin: int
    """Of the content."""
    end: int

    @property
    def content(self) -> bytes:
        """The octets of the content."""
        return self.source[self.begin : self.end]

    @property
    def octets(self) -> bytes:
        """The whole value, tag and length included."""
        return self.source[self.start : self.end]

    def children(self) -> Iterator[Der]:
        """The values that the content is made of. Raises DerError where it is not made of values."""
        at = self.begin
        while at < self.end:
            child = _read(self.source, at, self.end)
            yield child
            at = child.end

    def expect(self, tag: int, what: str) -> Der:
        """This value. Raises DerError when it has another tag."""
        if self.tag != tag:
            raise DerError(f"expected {what} (tag {tag:#04x}), found tag {self.tag:#04x} at octet {self.start}")
        return self

    def integer(self) -> int:
        """The number."""
        content = self.expect(INTEGER, "a number").content
        if not content or (len(content) > 1 and content[0] in (0, 0xFF) and (content[0] ^ content[1]) < 0x80):
            raise DerError(f"expected the shortest form of a number, found another at octet {self.start}")
        return int.from_bytes(content, signed=True)

    def oid(self) -> str:
        """The object identifier, `1.2.840.…`."""
        content = self.expect(OBJECT_IDENTIFIER, "an object identifier").content
        arcs: list[int] = []
        value = 0
        for place, octet in enumerate(content):
            if value == 0 and octet == 0x80:
                raise DerError(f"expected the shortest form of an object identifier at octet {self.begin + place}")
            value = value << 7 | octet & 0x7F
            if octet < 0x80:
                arcs.append(value)
                value = 0
        if not arcs or content[-1] >= 0x80 or len(arcs) > _DEPTH:
            raise DerError(f"expected an object identifier, found {content[:20].hex()} at octet {self.start}")
        first = min(arcs[0] // 40, 2)
        return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))

    def time(self) -> datetime:
        """The time, UTC, what is finer than a microsecond cut off (RFC 3161, 2.4.2: no zeros at a fraction's end)."""
        content = self.expect(GENERALIZED_TIME, "a time").content
        match = _TIME.fullmatch(content)
        if match is None:
            raise DerError(f"expected a time like 20261122010000.5Z, found {content[:40]!r}")
        micros = int((match[2] or b"").ljust(6, b"0")[:6])
        try:
            whole = datetime.strptime(match[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError as error:
            raise DerError(f"expected a time that there is, found {content[:40]!r}") from error
        return whole.replace(microsecond=micros)

    def text(self) -> str:
        """The text."""
        try:
            return self.expect(UTF8_STRING, "a text").content.decode()
        except UnicodeDecodeError as error:
            raise DerError(f"expected a text in UTF-8 at octet {self.start}, found other octets") from error


def parse_der(octets: bytes) -> Der:
    """The one value that the octets are. Raises DerError when they are none, or more."""
    value = _read(octets, 0, len(octets))
    if value.end != len(octets):
        raise DerError(f"expected nothing after octet {value.end}, found {len(octets) - value.end} octets more")
    return value


def _read(source: bytes, at: int, end: int) -> Der:
    if end - at < 2:
        raise DerError(f"expected a value at octet {at}, found the end")
    tag, length = source[at], source[at + 1]
    begin = at + 2
    if tag & 0x1F == 0x1F:
        raise DerError(f"expected a tag of one octet at octet {at}, found a longer one")
    if length >= 0x80:
        size = length - 0x80
        if not 1 <= size <= 4 or begin + size > end:
            raise DerError(f"expected a definite length of up to four octets at octet {at + 1}, found another")
        length = int.from_bytes(source[begin : begin + size])
        if length < 0x80 or length < 1 << 8 * (size - 1):
            raise DerError(f"expected the shortest form of the length at octet {at + 1}, found a longer one")
        begin += size
    if begin + length > end:
        raise DerError(f"expected {length} octets of content at octet {begin}, found {end - begin}")
    return Der(source, tag, at, begin, begin + length)
