"""Walking through gzip members: what they hold and where they lie, whoever wrote them."""

from __future__ import annotations

import gzip
import hashlib
import io
import random

import pytest

from archive import walk
from archive.walk import Walk, WalkError

RECORDS = [b"a", b"", random.Random(1).randbytes(3_000), b"page " * 40_000, random.Random(2).randbytes(700_000)]


def members(octets: bytes) -> list[tuple[int, int, bytes]]:
    return [(each.offset, each.length, each.digest) for each in Walk(io.BytesIO(octets)).members()]


def expected(parts: list[bytes], records: list[bytes]) -> list[tuple[int, int, bytes]]:
    offsets = [sum(map(len, parts[:n])) for n in range(len(parts))]
    return [
        (offset, len(part), hashlib.sha256(record).digest())
        for offset, part, record in zip(offsets, parts, records, strict=True)
    ]


@pytest.mark.parametrize("level", [0, 1, 9])
def test_members_are_found_with_what_they_hold(level: int) -> None:
    parts = [gzip.compress(record, level, mtime=0) for record in RECORDS]

    assert members(b"".join(parts)) == expected(parts, RECORDS)


def test_members_of_many_writers_are_found() -> None:
    named = io.BytesIO()
    with gzip.GzipFile("a name", "wb", fileobj=named, mtime=17) as file:
        file.write(RECORDS[2])
    parts = [gzip.compress(RECORDS[3], 9, mtime=0), named.getvalue(), gzip.compress(RECORDS[0], mtime=3)]

    assert members(b"".join(parts)) == expected(parts, [RECORDS[3], RECORDS[2], RECORDS[0]])


def test_a_member_may_hold_the_beginning_of_another() -> None:
    inner = gzip.compress(b"inner", mtime=0)
    parts = [gzip.compress(inner * 3, 0, mtime=0), gzip.compress(b"after", 0, mtime=0)]

    assert members(b"".join(parts)) == expected(parts, [inner * 3, b"after"])


def test_pieces_of_any_size_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [gzip.compress(record, mtime=0) for record in [*RECORDS, *RECORDS]]
    monkeypatch.setattr(walk, "_CHUNK", 97)
    monkeypatch.setattr(walk, "_PIECE", 31)

    assert members(b"".join(parts)) == expected(parts, [*RECORDS, *RECORDS])


def test_of_a_long_member_the_beginning_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "KEPT", 1_000)
    parts = [gzip.compress(record, mtime=0) for record in RECORDS]

    walked = list(Walk(io.BytesIO(b"".join(parts))).members())

    assert [(each.size, each.digest) for each in walked] == [
        (len(record), hashlib.sha256(record).digest()) for record in RECORDS
    ]
    assert all(record.startswith(each.octets) for record, each in zip(RECORDS, walked, strict=True))
    assert all(len(each.octets) >= min(len(record), 1_000) for record, each in zip(RECORDS, walked, strict=True))


@pytest.mark.parametrize("believed", [1, 30, 10_000_000])
def test_what_somebody_believes_of_a_length_is_not_relied_on(believed: int) -> None:
    parts = [gzip.compress(record, mtime=0) for record in RECORDS]
    walk = Walk(io.BytesIO(b"".join(parts)))

    found = []
    while (member := walk.next(believed)) is not None:
        found.append((member.offset, member.length, member.digest))

    assert found == expected(parts, RECORDS)


def test_the_whole_file_is_digested_on_the_way() -> None:
    octets = b"".join(gzip.compress(record, mtime=0) for record in RECORDS)
    walk = Walk(io.BytesIO(octets))

    assert walk.next() is not None
    assert walk.digest() == hashlib.sha256(octets).hexdigest()


@pytest.mark.parametrize(
    "octets",
    [
        gzip.compress(b"cut", mtime=0)[:-1],
        gzip.compress(RECORDS[4], mtime=0)[:-9],
        b"no gzip",
        gzip.compress(b"one", mtime=0) + b"garbage",
        gzip.compress(b"one", mtime=0) + b"\0" * 600,
        gzip.compress(b"a wrong sum", mtime=0)[:-8] + bytes(4) + (11).to_bytes(4, "little"),
    ],
)
def test_what_is_no_whole_member_is_refused(octets: bytes) -> None:
    with pytest.raises(WalkError):
        members(octets)
