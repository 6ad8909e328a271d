"""Withholding: captures that are given out no more, by whom and on what ground, as the log tells.

A record is withheld by an event of type `withholding` in the log, `of` = the leaf index of the record's entry, with a
detail of two or three lines:

    withheld from exports           or: withheld from disk, or: given back
    ground: the wish of the family
    by: A. Archivist                only where a person was named

The last event on a record counts, but nothing takes back `withheld from disk`. One that came through the inbox, or lay
unsigned in the journal when a writer opened the log, excuses no missing octets: anybody could have put it there. The
record's own entry stays, so every other proof holds as before. No line may hold the page's address: entries are shown
to others than pages are.

Withheld from disk, the record's gzip member is replaced by a placeholder: a member of exactly the same length, so that
no other member moves, which holds a WARC record:

    WARC/1.1
    WARC-Type: resource
    WARC-Record-ID: <urn:uuid:…>        that of the record which lay here
    WARC-Date: …                        as well
    WARC-Target-URI: urn:withheld:1234  leaf index of the event
    Content-Type: text/plain
    WARC-Block-Digest: sha256:…         where there is room
    Content-Length: …

    The record that lay here is withheld. Entry 1234 of the log of this collection says on what ground.
    (then spaces up to the length that is needed)

What the member itself lacks in length its gzip header fills up (RFC 1952, 2.3: a comment of spaces). Who verifies: a
record that is not what its entry says is `withheld`, and not altered, if it is a placeholder (`is_placeholder`), bears
the id of its entry, and `withheld` has it with `from_disk`. The seal's digest of the file does not hold any more; an
event of type `deletion`, `object` = the file's name, says what the file was afterwards (`resealed`).
"""

from __future__ import annotations

import re
import unicodedata
import urllib.parse
import zlib
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from archive.digest import Digest, Digester, parse_digest
from archive.entry import EventEntry, EventType, Outcome, RecordEntry, parse_entry
from archive.errors import LogError, UsageError
from archive.header import format_date
from archive.statements import statements, vouched

if TYPE_CHECKING:
    from archive.capture import Capture
    from archive.catalogue import Catalogue
    from archive.log import LogReader
    from archive.warc import Record

Scope = Literal["exports", "disk", "released"]

TARGET: Final = "urn:withheld:"
"""Begins the WARC-Target-URI of a placeholder; the leaf index of the event follows."""

GROUND_LIMIT: Final = 1_000
"""Characters of a ground at most."""

_FIRST_LINE: Final[Mapping[Scope, str]] = {
    "exports": "withheld from exports",
    "disk": "withheld from disk",
    "released": "given back",
}
_SCOPE_OF: Final = {line: scope for scope, line in _FIRST_LINE.items()}
_EVENT: Final = b'"type":"withholding"'
_DELETION: Final = b'"type":"deletion"'
_STATEMENT: Final = (
    "The record that lay here is withheld. Entry {} of the log of this collection says on what ground.\n"
)
_RESEALED: Final = re.compile(r"octets taken from the file; it is now ([0-9]{1,16}) octets, (sha256:[0-9a-f]{64})\Z")
_WEB: Final = re.compile(r"(?:[a-z][a-z0-9+.-]{1,20}://|\bwww\.)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Withheld:
    """Why a record is not given out."""

    record_id: str
    of: int
    """Leaf index of the record's entry."""
    ground: str
    by: str | None
    """Who ordered it, where a person was named."""
    date: datetime
    entry: int
    """Leaf index of the event."""
    from_disk: bool
    """Whether the octets are to be gone from the WARC as well."""

    @property
    def words(self) -> str:
        """In a line."""
        by = f", by {self.by}" if self.by else ""
        where = "withheld, and taken from the disk" if self.from_disk else "withheld"
        return f"{where} since {format_date(self.date)[:10]}{by}, on the ground: {self.ground} (entry {self.entry})"


# --- the detail of an event -------------------------------------------------------------------------------------------


def format_detail(scope: Scope, ground: str, by: str | None = None) -> str:
    """The detail of a `withholding` event; `ground` and `by` have passed `checked_ground` and `checked_name`."""
    lines = [_FIRST_LINE[scope], f"ground: {ground}"]
    if by is not None:
        lines.append(f"by: {by}")
    return "\n".join(lines)


def parse_detail(detail: str) -> tuple[Scope, str, str | None]:
    """What a detail says: scope, ground, by whom. Raises LogError."""
    lines = detail.split("\n")
    scope = _SCOPE_OF.get(lines[0])
    if scope is None or not 2 <= len(lines) <= 3 or not lines[1].startswith("ground: "):
        raise LogError(f"expected the detail of a withholding, found {detail[:100]!r}")
    by = None
    if len(lines) == 3:
        if not lines[2].startswith("by: "):
            raise LogError(f"expected who withheld in the third line, found {lines[2][:100]!r}")
        by = lines[2].removeprefix("by: ")
    return scope, lines[1].removeprefix("ground: "), by


def checked_ground(ground: str, urls: Iterable[str]) -> str:
    """A ground that may stand in the log, white space made one. Raises UsageError.

    It must say something, in one line, and must not hold an address: not that of any of `urls`, in whatever
    spelling, nor the part of it that names the page, nor any other.
    """
    text = " ".join(ground.split())
    if not text or len(text) > GROUND_LIMIT or not text.isprintable():
        raise UsageError(f"--ground: expected 1 to {GROUND_LIMIT} printable characters, found {len(text)}")
    why = "the log, which others may get to see, holds no addresses"
    found = _WEB.search(text)
    if found:
        raise UsageError(f"--ground: expected a text without a web address, found {found[0]!r}: {why}")
    plain = _plain(text)
    for url in urls:
        for part in _telling_parts(url):
            if part in plain:
                raise UsageError(f"--ground: expected a text without the page's address, found {part!r} of it: {why}")
    return text


def checked_name(name: str) -> str:
    """Who did it, as it may stand in the log. Raises UsageError."""
    text = " ".join(name.split())
    if not text or len(text) > 200 or not text.isprintable() or _WEB.search(text):
        raise UsageError(f"--by: expected a name or a role in one line, found {name!r}")
    return text


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", urllib.parse.unquote(text)).casefold()


def _telling_parts(url: str) -> set[str]:
    """What of an address would tell which page it is: without its scheme, its path, and the last word of that."""
    parts = urllib.parse.urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    path = _plain(parts.path).rstrip("/")
    query = _plain(parts.query)
    last = path.rpartition("/")[2]
    slug = re.sub(r"\.[a-z]{2,5}$", "", last)
    found = {f"{host}{path}", f"{path}?{query}" if query else "", path.lstrip("/") if path.count("/") > 1 else ""}
    if slug and slug != last:
        found.add(last)
    # "about" is a word like any other; "ivan-petrov" or a long word names the page
    if len(slug) >= 10 or (len(slug) >= 5 and re.search(r"[-_%0-9]", slug)):
        found.add(slug)
    if not path:
        found.add(host)
    return {part for part in found if part}


# --- what the log says ------------------------------------------------------------------------------------------------


def withheld(log: LogReader, *, unsigned: bool = False, catalogue: Catalogue | None = None) -> dict[str, Withheld]:
    """What is withheld now, by record id.

    By events that are signed, and that the key's holder logged (`archive/statements.py: vouched`): what proves asks so.
    With `unsigned` by all others, too, those after the newest checkpoint among them: what gives out octets asks so. An
    event that cannot be understood withholds from exports: nothing is given out by mistake. `catalogue` makes it fast
    (`archive/statements.py`). Raises LogError where the log is damaged.
    """
    tail = log.tail() if unsigned else []
    found: dict[str, Withheld] = {}
    told = statements(log, catalogue, unsigned=unsigned)
    for index, octets in told if unsigned else vouched(told):
        if _EVENT in octets:
            _take(found, index, octets, log, tail)
    return found


def _take(found: dict[str, Withheld], index: int, octets: bytes, log: LogReader, tail: list[bytes]) -> None:
    event = parse_entry(octets)
    if not isinstance(event, EventEntry) or event.type is not EventType.WITHHOLDING or event.of is None:
        return
    # what came through the inbox is nobody's word: whoever can write to the folder could excuse a deletion with it
    if event.outcome is Outcome.FAILURE or event.via is not None:
        return
    if event.of < log.size:
        entry = parse_entry(log.entry(event.of))
    elif event.of - log.size < len(tail):
        entry = parse_entry(tail[event.of - log.size])
    else:
        return
    if not isinstance(entry, RecordEntry):
        return
    try:
        scope, ground, by = parse_detail(event.detail)
    except LogError:
        scope, ground, by = "exports", "not to be understood", None
    before = found.get(entry.id)
    if before is not None and before.from_disk:
        return
    if scope == "released":
        found.pop(entry.id, None)
        return
    found[entry.id] = Withheld(entry.id, event.of, ground, by, event.date, index, scope == "disk")


def leaf_index(log: LogReader, record_id: str, start: int) -> int:
    """Where in the log the entry of a record is; looked for from `start` on, then from the beginning.

    Raises LogError where there is none.
    """
    needle = f'"id":"<{record_id}>"'.encode()
    for first, stop in ((min(start, log.size), None), (0, min(start, log.size))):
        for index, octets in log.entries(first, stop):
            if needle in octets:
                entry = parse_entry(octets)
                if isinstance(entry, RecordEntry) and entry.id == record_id:
                    return index
    raise LogError(f"expected an entry of the record {record_id} in the log, found none")


@dataclass(frozen=True, slots=True)
class Withholdings:
    """What is withheld, asked by capture."""

    by_record: Mapping[str, Withheld] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.by_record)

    def of(self, capture: Capture) -> Withheld | None:
        """Why a capture's octets are not given out; a revisit's are those of its original. None when they are."""
        own = self.by_record.get(capture.record_id)
        if own is None and capture.refers_to is not None:
            return self.by_record.get(capture.refers_to)
        return own

    @property
    def records(self) -> Set[str]:
        """The record ids."""
        return self.by_record.keys()


@dataclass(frozen=True, slots=True)
class Resealed:
    """What a WARC was after records had been taken from it."""

    file: str
    bytes: int
    digest: Digest
    entry: int
    """Leaf index of the event that says so."""


def format_resealed(size: int, digest: Digest) -> str:
    """The detail of the `deletion` event of a file."""
    return f"octets taken from the file; it is now {size} octets, {digest}"


def resealed(log: LogReader, *, catalogue: Catalogue | None = None) -> dict[str, Resealed]:
    """The files from which records were taken, by name, as the newest event on each says that the key's holder logged.

    Raises LogError.
    """
    found: dict[str, Resealed] = {}
    for index, octets in vouched(statements(log, catalogue)):
        if _DELETION not in octets:
            continue
        event = parse_entry(octets)
        if not isinstance(event, EventEntry) or event.type is not EventType.DELETION or event.via is not None:
            continue
        told = _RESEALED.match(event.detail)
        if told and event.object is not None:
            found[event.object] = Resealed(event.object, int(told[1]), parse_digest(told[2]), index)
    return found


# --- placeholders -----------------------------------------------------------------------------------------------------

_GZIP_HEAD: Final = b"\x1f\x8b\x08"
_COMMENT: Final = 0x10
_NO_TIME_BEST_UNKNOWN: Final = b"\0\0\0\0\x02\xff"
_STORED_LIMIT: Final = 65_535
_PIECE: Final = 1 << 16


def is_placeholder(record: Record) -> bool:
    """Whether a record is one that stands in the place of a withheld one, and holds nothing else."""
    return placeholder_event(record) is not None


def placeholder_event(record: Record) -> int | None:
    """The leaf index of the event that a placeholder names; None of all other records."""
    target = record.target_uri or ""
    number = target.removeprefix(TARGET)
    if record.type != "resource" or number == target or not re.fullmatch(r"0|[1-9][0-9]{0,15}", number):
        return None
    allowed = {"warc-type", "warc-record-id", "warc-date", "warc-target-uri", "content-type", "content-length"}
    if {name.lower() for name, _ in record.fields} - allowed - {"warc-block-digest"}:
        return None
    statement = _STATEMENT.format(number).encode()
    at = 0
    for piece in record.block.pieces():
        expected = statement[at : at + len(piece)]
        if piece[: len(expected)] != expected or piece[len(expected) :].strip(b" "):
            return None
        at += len(piece)
    return int(number) if at >= len(statement) else None


def placeholder(record_id: str, date: datetime, event: int, length: int) -> Iterator[bytes]:
    """The gzip member that takes the place of one of `length` octets, in pieces.

    Raises UsageError when that is too short, which no record is that was ever written here.
    """
    for with_digest in (True, False):
        plan = _plan(record_id, date, event, length, with_digest=with_digest)
        if plan is not None:
            return plan
    raise UsageError(f"expected a record that leaves room for a placeholder, found one of {length} octets")


def _head(record_id: str, date: datetime, event: int, block: int, digest: Digest | None) -> bytes:
    lines = [
        "WARC/1.1",
        "WARC-Type: resource",
        f"WARC-Record-ID: <{record_id}>",
        f"WARC-Date: {format_date(date)}",
        f"WARC-Target-URI: {TARGET}{event}",
        "Content-Type: text/plain",
        *([f"WARC-Block-Digest: {digest}"] if digest is not None else []),
        f"Content-Length: {block}",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def _filled(text: bytes, filler: int) -> Iterator[bytes]:
    yield text
    while filler > 0:
        yield b" " * min(filler, _PIECE)
        filler -= _PIECE


def _digest_of(pieces: Iterable[bytes]) -> Digest:
    digester = Digester()
    for piece in pieces:
        digester.update(piece)
    return digester.digest()


def _plan(record_id: str, date: datetime, event: int, length: int, *, with_digest: bool) -> Iterator[bytes] | None:
    """The member, or None when it does not fit."""
    text = _STATEMENT.format(event).encode()
    unknown = Digest("sha256:" + "0" * 64) if with_digest else None

    def stored(filler: int) -> int:
        """Octets of the member with so many spaces, not compressed."""
        block = len(text) + filler
        record = len(_head(record_id, date, event, block, unknown)) + block + 4
        return 18 + record + 5 * -(-record // _STORED_LIMIT)

    if stored(0) <= length:
        # the longest filler that fits: the sum grows with it, now and then by more than one
        low, high = 0, length
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if stored(middle) <= length else (low, middle - 1)
        digest = _digest_of(_filled(text, low)) if with_digest else None
        head = _head(record_id, date, event, len(text) + low, digest)
        pieces = (piece for part in ([head], _filled(text, low), [b"\r\n\r\n"]) for piece in part)
        return _stored_member(pieces, len(head) + len(text) + low + 4, length - stored(low))
    digest = _digest_of([text]) if with_digest else None
    record = _head(record_id, date, event, len(text), digest) + text + b"\r\n\r\n"
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    octets = deflate.compress(record) + deflate.flush()
    lacking = length - 18 - len(octets)
    if lacking < 0:
        return None
    return iter([_gzip_head(lacking), octets, _gzip_tail(zlib.crc32(record), len(record))])


def _gzip_head(lacking: int) -> bytes:
    """A gzip header, longer than the shortest by so many octets."""
    flags = _COMMENT if lacking else 0
    comment = b" " * (lacking - 1) + b"\0" if lacking else b""
    return _GZIP_HEAD + bytes([flags]) + _NO_TIME_BEST_UNKNOWN + comment


def _gzip_tail(crc: int, length: int) -> bytes:
    return crc.to_bytes(4, "little") + (length & 0xFFFFFFFF).to_bytes(4, "little")


def _stored_member(pieces: Iterable[bytes], total: int, lacking: int) -> Iterator[bytes]:
    """A member of stored blocks (RFC 1951, 3.2.4): its length is known before it is made."""
    yield _gzip_head(lacking)
    crc, left, held = 0, total, b""
    for piece in pieces:
        crc = zlib.crc32(piece, crc)
        held += piece
        while len(held) >= _STORED_LIMIT or (held and len(held) == left):
            block, held = held[:_STORED_LIMIT], held[_STORED_LIMIT:]
            left -= len(block)
            size = len(block)
            yield bytes([left == 0]) + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + block
    yield _gzip_tail(crc, total)
