"""Digests as any tool writes them: read the label, compute what it names.

WARC 1.1, 5.8 and 5.9: `algorithm:value`, no algorithm prescribed. As the community settled the form (#48, #64, #80):
the algorithm in lower case without a hyphen; SHA-1 in base32, upper case, the others in lower-case hexadecimal.
Khronika writes `sha256:` and hexadecimal digits alone (archive/digest.py); here is what other tools write:

    sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ          right
    SHA-1:da39a3ee5e6b4b0d3255bfef95601890afd80709   a deviation, and the same digest
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

SHA256 = "sha256"

_SIZES = {"md5": 16, "sha1": 20, "sha224": 28, SHA256: 32, "sha384": 48, "sha512": 64}


@dataclass(frozen=True, slots=True)
class Declared:
    """A digest as a field says it."""

    algorithm: str | None
    """Its name in hashlib; None when it is not one that can be computed here."""
    octets: bytes | None
    """None when the value cannot be one of its algorithm."""
    form: str | None
    """How it should be written; None when it is written so."""


def parse_declared(text: str) -> Declared | None:
    """Read a digest field's value; None when it has no label.

    >>> parse_declared("sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ").form is None
    True
    """
    label, colon, value = text.partition(":")
    if not colon or not label.strip():
        return None
    name = label.strip().lower().replace("-", "")
    size = _SIZES.get(name)
    if size is None:
        return Declared(None, None, None)
    value = value.strip()
    octets = _octets(value, size)
    if octets is None:
        return Declared(name, None, None)
    right = format_declared(name, octets)
    return Declared(name, octets, None if text == right else right)


def format_declared(algorithm: str, octets: bytes) -> str:
    """A digest as it should be written."""
    value = base64.b32encode(octets).decode("ascii") if algorithm == "sha1" else octets.hex()
    return f"{algorithm}:{value}"


def _octets(value: str, size: int) -> bytes | None:
    """The digest's octets, whichever of the forms in use they are written in."""
    bare = value.rstrip("=")
    octets = b""
    try:
        if len(value) == size * 2:
            octets = bytes.fromhex(value)
        elif len(bare) == (size * 8 + 4) // 5:
            octets = base64.b32decode(bare.upper() + "=" * (-len(bare) % 8))
        elif len(bare) == (size * 4 + 2) // 3:
            octets = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (ValueError, binascii.Error):
        return None
    return octets if len(octets) == size else None


class Hashes:
    """The digests of octets that arrive in pieces, by several algorithms at once."""

    __slots__ = ("_hashes", "length")

    def __init__(self, algorithms: Iterable[str]) -> None:
        self._hashes = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
        self.length = 0

    def update(self, octets: bytes) -> None:
        """Take the next octets."""
        self.length += len(octets)
        for each in self._hashes.values():
            each.update(octets)

    def digest(self, algorithm: str) -> bytes:
        """The digest of all octets so far, by one of the algorithms."""
        return self._hashes[algorithm].digest()

    def copy(self) -> Hashes:
        """The same digests, to go on by themselves."""
        other = Hashes(())
        other._hashes = {name: each.copy() for name, each in self._hashes.items()}
        other.length = self.length
        return other
