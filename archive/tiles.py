"""The files that a log's hashes and entries lie in: C2SP tlog-tiles.

    tile/<L>/<N>          256 hashes of 32 octets: those of the complete subtrees of 256**L leaves, from 256 * N on
    tile/entries/<N>      256 entries, each with two octets of length before it
    …/<N>.p/<W>           the same while there are only W of them

N is written in groups of three digits, all but the last with an x before: 1234067 is `x001/x234/067`. A whole tile
never changes. Of a part, the newest is enough: what an older one held is the beginning of it.
"""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Iterator

from archive.errors import LogError
from archive.merkle import RightEdge
from archive.store import Store

WIDTH = 256
"""Hashes, or entries, of a whole tile."""
HASH = 32

_CACHED = 512
"""Tiles kept in memory, 8 KiB each."""


def number(n: int) -> str:
    """A tile's number as a path."""
    groups = [f"{n % 1000:03}"]
    while n >= 1000:
        n //= 1000
        groups.append(f"x{n % 1000:03}")
    return "/".join(reversed(groups))


def hash_tile(level: int, n: int) -> str:
    """Name of a tile of hashes, below the log."""
    return f"tile/{level}/{number(n)}"


def entry_bundle(n: int) -> str:
    """Name of a bundle of entries, below the log."""
    return f"tile/entries/{number(n)}"


def part(name: str, width: int) -> str:
    """Name of the part of a tile."""
    return name if width == WIDTH else f"{name}.p/{width}"


def framed(entries: list[bytes]) -> bytes:
    """Entries as a bundle holds them."""
    return b"".join(len(entry).to_bytes(2) + entry for entry in entries)


def unframed(octets: bytes) -> tuple[list[bytes], int]:
    """The whole entries at the beginning of some octets, and how many octets they take."""
    entries = []
    at = 0
    while at + 2 <= len(octets):
        length = int.from_bytes(octets[at : at + 2])
        if length == 0 or at + 2 + length > len(octets):
            break
        entries.append(octets[at + 2 : at + 2 + length])
        at += 2 + length
    return entries, at


class Tiles:
    """The tiles of a log, read."""

    def __init__(self, store: Store, folder: str) -> None:
        """`folder`: the log's, in the store."""
        self._store = store
        self._folder = folder
        self._cache: OrderedDict[str, bytes] = OrderedDict()

    def hashes(self, level: int, n: int, width: int) -> bytes:
        """The first `width` hashes of a tile. Raises LogError where the tile is missing or too short."""
        name = hash_tile(level, n)
        octets = self._cache.get(name)
        if octets is None or len(octets) < width * HASH:
            octets = self._part(name, width)
            self._cache[name] = octets
            if len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        if len(octets) % HASH or not width * HASH <= len(octets) <= WIDTH * HASH:
            raise LogError(
                f"{self._folder}/{name}: expected {width} hashes of {HASH} octets, found {len(octets)} octets"
            )
        return octets[: width * HASH]

    def hash_at(self, level: int, index: int) -> bytes:
        """The hash of the complete subtree of 2**level leaves from index * 2**level on."""
        row, inner = divmod(level, 8)
        first = index << inner
        n, within = divmod(first, WIDTH)
        count = 1 << inner
        octets = self.hashes(row, n, within + count)
        if count == 1:
            return octets[within * HASH :]
        tree = RightEdge()
        for at in range(within, within + count):
            tree.append(octets[at * HASH : (at + 1) * HASH])
        return tree.root()

    def entries(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """Entries with their leaf index. Raises LogError where a bundle is missing, too short or malformed."""
        for n in range(start // WIDTH, -(-stop // WIDTH)):
            width = min(stop - n * WIDTH, WIDTH)
            for at, entry in enumerate(self.bundle(n, width)):
                if n * WIDTH + at >= start:
                    yield n * WIDTH + at, entry

    def bundle(self, n: int, width: int) -> list[bytes]:
        """The first `width` entries of a bundle."""
        name = entry_bundle(n)
        octets = self._part(name, width)
        entries, length = unframed(octets)
        if length != len(octets) or not width <= len(entries) <= WIDTH:
            found = f"{len(entries)} in {len(octets)} octets"
            raise LogError(f"{self._folder}/{name}: expected {width} whole entries, found {found}")
        return entries[:width]

    def _part(self, name: str, width: int) -> bytes:
        """A tile of at least that width: the part that was asked for, the whole one, or a wider part."""
        path = f"{self._folder}/{name}"
        for candidate in dict.fromkeys((part(path, width), path)):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                return self._store.read(candidate)
        # one that was there a moment ago may have been replaced by a wider one, and that by the whole tile
        widths = (found.rpartition("/")[2] for found in self._store.names(f"{path}.p"))
        for wider in sorted(int(one) for one in widths if one.isdecimal() and int(one) > width):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                return self._store.read(f"{path}.p/{wider}")
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return self._store.read(path)
        raise LogError(f"expected {part(path, width)} in the log, found no such file")
