"""Beginnings of hashes that stand for texts in indexes: an address may be too long for one."""

from __future__ import annotations

import hashlib

from archive.digest import Digest, digest_octets


def text_hash(text: str) -> int:
    """64 bits of a text's SHA-256, as a whole number with a sign."""
    return _number(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())


def digest_start(digest: Digest) -> int:
    """The first 64 bits of a digest, as a whole number with a sign."""
    return _number(digest_octets(digest))


def _number(octets: bytes) -> int:
    return int.from_bytes(octets[:8], "big", signed=True)
