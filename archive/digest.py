"""Digests: compute, label, parse, compare.

A digest is written `sha256:` and 64 lowercase hexadecimal digits (WARC 1.1, 5.8 and 5.9; the label's case and form
as the community settled them). SHA-256 is the only algorithm that Khronika writes: a WARC field may not repeat, and
SHA-1 is broken against somebody who chooses the bytes.
"""

from __future__ import annotations

import hashlib
import re
from typing import NewType

from archive.errors import DigestError

Digest = NewType("Digest", str)
"""`sha256:` and 64 lowercase hexadecimal digits; only this module makes one."""

_FORM = re.compile(r"sha256:[0-9a-f]{64}\Z")


def digest(octets: bytes) -> Digest:
    """The digest of some bytes."""
    return Digest("sha256:" + hashlib.sha256(octets).hexdigest())


def parse_digest(text: str) -> Digest:
    """Take a digest's text as it stands in a header or a row.

    Raises DigestError when it is not `sha256:` and 64 lowercase hexadecimal digits.
    """
    if not _FORM.match(text):
        raise DigestError(f"expected sha256: and 64 lowercase hexadecimal digits, found {text[:100]!r}")
    return Digest(text)


def digest_octets(value: Digest) -> bytes:
    """The 32 bytes of a digest, as rows keep it."""
    return bytes.fromhex(value.removeprefix("sha256:"))


def digest_of_octets(octets: bytes) -> Digest:
    """The digest whose 32 bytes a row keeps."""
    if len(octets) != 32:
        raise DigestError(f"expected 32 bytes, found {len(octets)}")
    return Digest("sha256:" + octets.hex())


class Digester:
    """A digest over bytes that arrive in pieces."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.length = 0

    def update(self, octets: bytes) -> None:
        """Take the next bytes."""
        self._hash.update(octets)
        self.length += len(octets)

    def digest(self) -> Digest:
        """The digest of all bytes so far."""
        return Digest("sha256:" + self._hash.hexdigest())


EMPTY = digest(b"")
"""The digest of no bytes at all."""
