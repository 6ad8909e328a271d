"""The tamper kit: what somebody may do to a collection, and what must come out.

Each attack is a function on a copy of a real collection (`tamper_victim`), with a name, what the attacker does, and
what the attacker holds: the folder alone, the log key besides, or all keys. It returns what has to be named. What
must be found is said twice: by whoever has the folder alone, and by whoever kept a checkpoint and the root key's
verifier key elsewhere.

Who attacks holds what lies in the copy: `keys/` is not in it unless the attack says that the keys were stolen.
"""

from __future__ import annotations

import dataclasses
import enum
import gzip
import json
import shutil
import sqlite3
import uuid
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from log_forging import (
    ForgedLog,
    keys_note,
    new_key,
    record_entry,
    stolen_log_key,
    stolen_root_key,
    swap_keys,
)
from tamper_victim import EDITED, Victim, khronika
from warc_tampering import Warc

from archive.checkpoint import Note, parse_checkpoint, parse_note
from archive.digest import digest
from archive.entry import AnchorEntry, EventEntry, EventType, Outcome, SealEntry
from archive.finding import FindingKind as K
from archive.header import parse_date
from archive.keys import Authority
from archive.tiles import WIDTH
from archive.warc import SOFTWARE
from archive.withholding import format_detail, format_resealed, placeholder


class Holds(enum.StrEnum):
    """What the attacker has."""

    FOLDER = "folder"
    IN_USE = "folder, while it is in use"
    """The keys are there for the owner, and the attack does not touch them."""
    LOG_KEY = "log key"
    ROOT_KEY = "all keys"


@dataclass(frozen=True)
class Named:
    """What the findings must name."""

    files: tuple[str, ...] = ()
    """As a finding's `file` has them: the name of a WARC, or a path below the collection."""
    records: tuple[str, ...] = ()
    """Record ids."""


@dataclass
class Scene:
    """A copy of the victim's collection, in the attacker's hands."""

    folder: Path
    victim: Victim

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def forged(self) -> ForgedLog:
        return ForgedLog(self.folder)

    def warcs(self) -> list[Path]:
        """All WARCs, in the order in which they were written."""
        order = [entry.file for entry in self.forged().parsed if isinstance(entry, SealEntry)]
        return [self.archive / name for name in order]

    def capture(self, number: int, *, crawl: int = 2) -> tuple[Warc, int]:
        """The WARC and the place of a case's page (response or revisit) of the first or the second crawl."""
        url = self.victim.case(number)
        found = []
        for path in self.warcs():
            warc = Warc.read(path)
            for n in range(len(warc.records)):
                if warc.value(n, "WARC-Type") in {"response", "revisit"} and warc.value(n, "WARC-Target-URI") == url:
                    found.append((warc, n))
        return found[crawl - 1]

    def exchange(self, warc: Warc, n: int) -> list[int]:
        """The records of one exchange: those of a capture's instant, which are all of its own."""
        at = warc.value(n, "WARC-Date")
        return [
            other
            for other in range(len(warc.records))
            if b"\r\nWARC-Date: " + at.encode() in warc.records[other] and warc.value(other, "WARC-Type") != "warcinfo"
        ]

    def files_of_crawl(self, crawl: int) -> list[Path]:
        """The WARCs of the first or the second crawl."""
        paths = self.warcs()
        before = [path for path in paths if (self.victim.older / "archive" / path.name).exists()]
        return before if crawl == 1 else [path for path in paths if path not in before]


def ids(warc: Warc, records: Iterable[int]) -> tuple[str, ...]:
    """Record ids as findings have them."""
    return tuple(warc.value(n, "WARC-Record-ID").strip("<>") for n in records)


@dataclass(frozen=True)
class Attack:
    """One way to deceive, and what must come of it."""

    name: str
    does: str
    """What the attacker does, a sentence."""
    holds: Holds
    apply: Callable[[Scene], Named]
    alone: frozenset[K]
    """What the folder alone shows; empty: nothing, the verdict is `self-attested`."""
    outside: frozenset[K]
    """What somebody sees who kept a checkpoint and the root's verifier key."""
    also: frozenset[K] = frozenset()
    """What may be found besides."""
    own_word: bool = False
    """Whether the folder vouches for itself with an authority of the attacker's own: then it says whom to compare."""
    content: bool = False
    """Whether WARCs were changed, so that other tools have something to find."""


ATTACKS: dict[str, Attack] = {}


def attack(
    name: str,
    does: str,
    *alone: K,
    holds: Holds = Holds.FOLDER,
    outside: Iterable[K] | None = None,
    also: Iterable[K] = (),
    own_word: bool = False,
    content: bool = False,
) -> Callable[[Callable[[Scene], Named]], Callable[[Scene], Named]]:
    """Put a function into the kit."""

    def kept(apply: Callable[[Scene], Named]) -> Callable[[Scene], Named]:
        assert name not in ATTACKS, name
        found = frozenset(alone)
        ATTACKS[name] = Attack(
            name,
            does,
            holds,
            apply,
            found,
            found if outside is None else frozenset(outside),
            frozenset(also),
            own_word,
            content,
        )
        return apply

    return kept


# --- the WARCs: what no checker of a format can see -----------------------------------------------------------------


def _edit_page(warc: Warc, n: int) -> None:
    """Eight years become two, and every digest in the WARC is made to fit."""
    warc.replace(n, "к 8 годам".encode(), "к 2 годам".encode())
    warc.replace(n, b"to 8 years", b"to 2 years")
    head, _, body = warc.block(n).partition(b"\r\n\r\n")
    assert head
    warc.digests(n, body)


@attack(
    "edited page, digests made to fit",
    "Changes the sentence in a page and computes the WARC's block and payload digests anew.",
    K.ALTERED,
    content=True,
)
def edited_page(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    _edit_page(warc, n)
    warc.write()
    return Named((warc.path.name,), ids(warc, [n]))


@attack(
    "flipped octet, compressed anew",
    "Changes one letter of a page and leaves the digests as they are.",
    K.ALTERED,
    content=True,
)
def flipped_octet(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    warc.replace(n, "холодно".encode(), "голодно".encode())
    warc.write()
    return Named((warc.path.name,), ids(warc, [n]))


@attack(
    "back-dated capture",
    "Sets the dates of an exchange one year back: no digest of the WARC covers them.",
    K.ALTERED,
    content=True,
)
def back_dated(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    records = scene.exchange(warc, n)
    for record in records:
        date = warc.value(record, "WARC-Date")
        warc.field(record, "WARC-Date", str(int(date[:4]) - 1) + date[4:])
    warc.write()
    return Named((warc.path.name,), ids(warc, records))


@attack(
    "another server address",
    "Changes WARC-IP-Address in the header of a response.",
    K.ALTERED,
    content=True,
)
def other_address(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    warc.field(n, "WARC-IP-Address", "192.0.2.18")
    warc.write()
    return Named((warc.path.name,), ids(warc, [n]))


@attack(
    "another address of the page",
    "Makes a capture, with its request and metadata, one of another page.",
    K.ALTERED,
    also={K.MALFORMED},
    content=True,
)
def other_target(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    records = scene.exchange(warc, n)
    for record in records:
        if b"\r\nWARC-Target-URI: " in warc.records[record]:
            warc.field(record, "WARC-Target-URI", scene.victim.case(99))
    warc.write()
    return Named((warc.path.name,), ids(warc, [n]))


@attack(
    "warcinfo edited",
    "Writes another operator into the record that says who crawled, and makes its digest fit.",
    K.ALTERED,
    content=True,
)
def other_operator(scene: Scene) -> Named:
    warc = Warc.read(scene.files_of_crawl(2)[0])
    warc.replace(0, b"operator: Example Archive", b"operator: Another Archive")
    warc.digests(0, None)
    warc.write()
    return Named((warc.path.name,), ids(warc, [0]))


@attack(
    "digests stripped",
    "Takes every digest out of a WARC, so that nothing is left to compare.",
    K.ALTERED,
    also={K.UNDIGESTED},
    content=True,
)
def stripped_digests(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    for record in range(len(warc.records)):
        for name in ("WARC-Block-Digest", "WARC-Payload-Digest"):
            if name.encode() in warc.records[record]:
                warc.field(record, name, None)
    warc.write()
    return Named((warc.path.name,), ids(warc, [n]))


@attack(
    "revisit of other content",
    "Gives a revisit the payload digest of another page.",
    K.ALTERED,
    also={K.MALFORMED, K.MISSING},
    content=True,
)
def revisit_of_other(scene: Scene) -> Named:
    warc, n = scene.capture(3)
    other, m = scene.capture(EDITED)
    warc.field(n, "WARC-Payload-Digest", other.value(m, "WARC-Payload-Digest"))
    warc.write()
    return Named((warc.path.name,), ids(warc, [n]))


@attack(
    "record deleted",
    "Takes the request out of a WARC.",
    K.MISSING,
    content=True,
)
def record_deleted(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    gone = next(at for at in scene.exchange(warc, n) if warc.value(at, "WARC-Type") == "request")
    named = Named((warc.path.name,), ids(warc, [gone]))
    del warc.members[gone]
    warc.write()
    return named


@attack(
    "capture deleted",
    "Takes a whole exchange out of a WARC, from its middle.",
    K.MISSING,
    content=True,
)
def capture_deleted(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    records = scene.exchange(warc, n)
    named = Named((warc.path.name,), ids(warc, records))
    for record in sorted(records, reverse=True):
        del warc.members[record]
    warc.write()
    return named


@attack(
    "capture inserted",
    "Puts an exchange that was never stored into a WARC, in good order and with right digests.",
    K.INSERTED,
    content=True,
)
def capture_inserted(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    records = scene.exchange(warc, n)
    own = _invented(warc, records)
    at = max(records) + 1
    warc.members[at:at] = [gzip.compress(record, mtime=0) for record in own]
    warc.write()
    return Named((warc.path.name,), tuple(_id_of(record) for record in own))


def _id_of(record: bytes) -> str:
    return record.partition(b"WARC-Record-ID: <")[2].partition(b">")[0].decode()


def _invented(warc: Warc, records: list[int]) -> list[bytes]:
    """Copies of an exchange's records under other ids: a capture that nobody made."""
    own = [warc.records[record] for record in records]
    for at, record in enumerate(records):
        old = warc.value(record, "WARC-Record-ID").encode()
        new = b"<urn:uuid:11111111-1111-4111-8111-%012d>" % at
        own = [one.replace(old, new) for one in own]
    return own


@attack(
    "record doubled",
    "Repeats an exchange at the end of the file.",
    K.INSERTED,
    content=True,
)
def record_doubled(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    records = scene.exchange(warc, n)
    warc.members += [warc.members[record] for record in records]
    warc.write()
    return Named((warc.path.name,), ids(warc, records))


@attack(
    "records reordered",
    "Puts one exchange before the one that was stored before it.",
    K.REORDERED,
    content=True,
)
def records_reordered(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    records = scene.exchange(warc, n)
    moved = [warc.members[record] for record in records]
    rest = [member for at, member in enumerate(warc.members) if at not in records]
    warc.members = [rest[0], *moved, *rest[1:]]
    warc.write()
    return Named((warc.path.name,))


@attack(
    "cut between records",
    "Cuts the end of a WARC off between two records, so that it is a good WARC still.",
    K.TRUNCATED,
    also={K.MISSING},
    content=True,
)
def cut_between(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    first = min(scene.exchange(warc, n))
    named = Named((warc.path.name,), ids(warc, range(first, len(warc.records))))
    warc.members = warc.members[:first]
    warc.write()
    return named


@attack(
    "cut within a record",
    "Cuts the end of a WARC off in the middle of a record.",
    K.TRUNCATED,
    also={K.MISSING},
    content=True,
)
def cut_within(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    named = Named((warc.path.name,), ids(warc, [n]))
    warc.members = [*warc.members[:n], warc.members[n][: len(warc.members[n]) // 2]]
    warc.write()
    return named


@attack(
    "file emptied",
    "Leaves a WARC's name, with nothing in it.",
    K.TRUNCATED,
    also={K.MISSING},
    content=True,
)
def file_emptied(scene: Scene) -> Named:
    path = scene.files_of_crawl(2)[0]
    path.write_bytes(b"")
    return Named((path.name,))


@attack("file deleted", "Deletes one WARC.", K.MISSING, content=True)
def file_deleted(scene: Scene) -> Named:
    path = scene.files_of_crawl(2)[0]
    path.unlink()
    return Named((path.name,))


@attack(
    "crawl deleted",
    "Deletes every WARC of the second crawl and what else is kept of it, its rows in the catalogue too.",
    K.MISSING,
    content=True,
)
def crawl_deleted(scene: Scene) -> Named:
    paths = scene.files_of_crawl(2)
    for path in paths:
        path.unlink()
    shutil.copy(scene.victim.older / "catalogue.sqlite", scene.folder / "catalogue.sqlite")
    for suffix in ("-wal", "-shm"):
        scene.folder.joinpath(f"catalogue.sqlite{suffix}").unlink(missing_ok=True)
    crawls = scene.folder / "crawls"
    for path in list(crawls.iterdir()) if crawls.is_dir() else []:
        if not (scene.victim.older / "crawls" / path.name).exists():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return Named(tuple(path.name for path in paths))


@attack(
    "file renamed",
    "Gives a WARC another name.",
    K.MISSING,
    K.INSERTED,
    also={K.MALFORMED},
    content=True,
)
def file_renamed(scene: Scene) -> Named:
    path = scene.files_of_crawl(2)[0]
    other = path.with_name(path.name.replace("20", "19", 1))
    path.rename(other)
    return Named((path.name, other.name))


@attack(
    "file doubled",
    "Puts a copy of a WARC beside it, under another name.",
    K.INSERTED,
    also={K.MALFORMED},
    content=True,
)
def file_doubled(scene: Scene) -> Named:
    path = scene.files_of_crawl(2)[0]
    other = path.with_name(path.name.replace("20", "19", 1))
    shutil.copy(path, other)
    return Named((other.name,))


@attack(
    "records moved to another file",
    "Takes an exchange out of one WARC and puts it at the end of another.",
    K.MISSING,
    K.INSERTED,
    also={K.MALFORMED},
    content=True,
)
def records_moved(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    records = scene.exchange(warc, n)
    named = ids(warc, records)
    other = Warc.read(next(path for path in scene.warcs() if path != warc.path))
    other.members += [warc.members[record] for record in records]
    for record in sorted(records, reverse=True):
        del warc.members[record]
    warc.write()
    other.write()
    return Named((warc.path.name, other.path.name), named)


@attack(
    "two files exchanged",
    "Gives two WARCs each other's name.",
    K.MISSING,
    K.INSERTED,
    content=True,
)
def files_exchanged(scene: Scene) -> Named:
    one, other = scene.warcs()[:2]
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)
    return Named((one.name, other.name))


# --- what is derived ------------------------------------------------------------------------------------------------


def _catalogue(scene: Scene) -> sqlite3.Connection:
    """The catalogue, its write-ahead log taken in."""
    connection = sqlite3.connect(scene.folder / "catalogue.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode=DELETE")
    return connection


@attack(
    "catalogue replaced",
    "Replaces the catalogue with the one from after the first crawl, so that the second is not in it.",
    K.MISSING,
    also={K.ALTERED, K.INSERTED},
)
def catalogue_replaced(scene: Scene) -> Named:
    shutil.copy(scene.victim.older / "catalogue.sqlite", scene.folder / "catalogue.sqlite")
    for suffix in ("-wal", "-shm"):
        scene.folder.joinpath(f"catalogue.sqlite{suffix}").unlink(missing_ok=True)
    return Named(("catalogue.sqlite",))


@attack(
    "catalogue edited",
    "Back-dates a capture's row in the catalogue, where `history` reads it.",
    K.ALTERED,
)
def catalogue_edited(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    with _catalogue(scene) as connection:
        changed = connection.execute(
            "UPDATE captures SET captured_at = captured_at - 86400000000 WHERE page = "
            "(SELECT id FROM pages WHERE url = ?)",
            (scene.victim.case(EDITED),),
        ).rowcount
    connection.close()
    assert changed == 2, changed
    del warc, n
    return Named(("catalogue.sqlite",))


@attack(
    "derived text edited",
    "Changes a word in the text that was read from a page, in the catalogue; the page in the WARC is as it was.",
    K.ALTERED,
)
def reading_edited(scene: Scene) -> Named:
    with _catalogue(scene) as connection:
        rows = connection.execute(
            "SELECT readings.capture, readings.content FROM readings JOIN captures ON captures.id = readings.capture "
            "JOIN pages ON pages.id = captures.page WHERE pages.url = ? ORDER BY captured_at",
            (scene.victim.case(EDITED),),
        ).fetchall()
        capture, stored = rows[-1]
        connection.execute(
            ("UPDATE readings SET content = ? WHERE capture = ?"), (_edited_reading(bytes(stored)), capture)
        )
    connection.close()
    return Named(("catalogue.sqlite",))


def _edited_reading(stored: bytes) -> bytes:
    """Another word in a reading, however it is compressed."""
    for unpack, pack in ((zlib.decompress, zlib.compress), (lambda octets: octets, lambda octets: octets)):
        try:
            text = unpack(stored)
        except zlib.error:
            continue
        for old, new in (("к 8 годам".encode(), "к 2 годам".encode()), (b"to 8 years", b"to 2 years")):
            if old in text:
                return pack(text.replace(old, new))
        escaped = json.dumps("к 8 годам").strip('"').encode()
        if escaped in text:
            return pack(text.replace(escaped, json.dumps("к 2 годам").strip('"').encode()))
    raise AssertionError("the reading does not hold the page's sentence")


@attack(
    "reading deleted",
    "Deletes what was read from a page, so that a change cannot be found.",
    K.ALTERED,
    also={K.MISSING},
)
def reading_deleted(scene: Scene) -> Named:
    with _catalogue(scene) as connection:
        gone = connection.execute(
            "DELETE FROM readings WHERE capture IN (SELECT captures.id FROM captures JOIN pages ON pages.id = page "
            "WHERE url = ?)",
            (scene.victim.case(EDITED),),
        ).rowcount
    connection.close()
    assert gone
    return Named(("catalogue.sqlite",))


# --- the log, without a key -----------------------------------------------------------------------------------------


@attack("signature stripped", "Takes the signature off the checkpoint.", K.UNSIGNED, also={K.MALFORMED, K.ALTERED})
def signature_stripped(scene: Scene) -> Named:
    path = scene.log / "checkpoint"
    text = parse_note(path.read_bytes()).text
    path.write_bytes(text + b"\n")
    return Named(("log/checkpoint",))


@attack(
    "signature of nobody",
    "Leaves nothing under the checkpoint but the signature of a key with another name.",
    K.WRONG_SIGNER,
)
def signature_of_other_name(scene: Scene) -> Named:
    path = scene.log / "checkpoint"
    text = parse_note(path.read_bytes()).text
    key = new_key("log.khronika.invalid/00000000000000000000")
    path.write_bytes(Note(text, (key.sign(text),)).octets())
    return Named(("log/checkpoint",))


@attack("wrong key", "Signs the checkpoint with a key of the attacker's own, under the log's name.", K.WRONG_SIGNER)
def wrong_key(scene: Scene) -> Named:
    for path in (scene.log / "checkpoint", scene.log / "checkpoints" / str(scene.forged().signed.size)):
        note = parse_note(path.read_bytes())
        key = new_key(note.signatures[0].name)
        path.write_bytes(Note(note.text, (key.sign(note.text),)).octets())
    return Named(("log/checkpoint",))


@attack(
    "signature of other octets",
    "Leaves the signature and writes another root over it.",
    K.ALTERED,
)
def signature_of_other_octets(scene: Scene) -> Named:
    path = scene.log / "checkpoint"
    signed = parse_checkpoint(path.read_bytes())
    other = dataclasses.replace(signed.checkpoint, root=bytes(32))
    path.write_bytes(Note(other.text(), signed.note.signatures).octets())
    return Named(("log/checkpoint",))


@attack("tile edited", "Changes a hash in a tile.", K.ALTERED)
def tile_edited(scene: Scene) -> Named:
    path = scene.forged().tile_paths()[0]
    octets = bytearray(path.read_bytes())
    octets[5 * 32] ^= 1
    path.write_bytes(octets)
    return Named((path.relative_to(scene.folder).as_posix(),))


@attack("upper tile edited", "Changes a hash of 256 entries in a tile above the leaves.", K.ALTERED)
def upper_tile_edited(scene: Scene) -> Named:
    path = scene.forged().tile_paths(1)[0]
    octets = bytearray(path.read_bytes())
    octets[0] ^= 1
    path.write_bytes(octets)
    return Named((path.relative_to(scene.folder).as_posix(),))


@attack("tile deleted", "Deletes a tile of hashes.", K.MISSING)
def tile_deleted(scene: Scene) -> Named:
    path = scene.forged().tile_paths()[0]
    path.unlink()
    return Named((path.relative_to(scene.folder).as_posix(),))


def _fit_entry(forged: ForgedLog, warc: Warc, n: int) -> None:
    """The entry that the n-th record would have had, in the place of the one that it has."""
    forged.put(forged.record(warc.value(n, "WARC-Record-ID").strip("<>")), record_entry(warc, n))


@attack(
    "page and its entry edited",
    "Changes a page and writes its new digest into the log's entries.",
    K.ALTERED,
    content=True,
)
def entry_edited(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    _edit_page(warc, n)
    warc.write()
    forged = scene.forged()
    tiles = {path: path.read_bytes() for level in (0, 1) for path in forged.tile_paths(level)}
    _fit_entry(forged, warc, n)
    forged.write_tiles()
    for path, octets in tiles.items():
        path.write_bytes(octets)
    bundle = forged.bundle_paths()[forged.record(ids(warc, [n])[0]) // WIDTH]
    return Named((bundle.relative_to(scene.folder).as_posix(),))


@attack(
    "page, entry and tiles edited",
    "Changes a page, its entry, and all hashes above it; the checkpoint is as it was.",
    K.ALTERED,
    outside={K.ALTERED, K.FORKED},
    content=True,
)
def entry_and_tiles_edited(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    _edit_page(warc, n)
    warc.write()
    forged = scene.forged()
    _fit_entry(forged, warc, n)
    forged.write_tiles()
    return Named()


@attack(
    "log rebuilt without the key",
    "Deletes a capture, and rebuilds entries, tiles, journal and checkpoints as if it had never been, with the old "
    "signatures on the new checkpoints.",
    K.ALTERED,
    outside={K.ALTERED, K.ROLLED_BACK},
    content=True,
)
def rebuilt_without_key(scene: Scene) -> Named:
    _delete_capture(scene)
    forged = scene.forged()
    forged.without_anchors()
    forged.refit()
    forged.write(None)
    return Named(("log/checkpoint",))


@attack(
    "log rebuilt under another key",
    "The same, signed by a key of the attacker's own under the log's name.",
    K.WRONG_SIGNER,
    outside={K.WRONG_SIGNER, K.ROLLED_BACK},
    content=True,
)
def rebuilt_under_other_key(scene: Scene) -> Named:
    _delete_capture(scene)
    forged = scene.forged()
    forged.without_anchors()
    forged.refit()
    forged.write(new_key(forged.origin))
    return Named(("log/checkpoint",))


def _delete_capture(scene: Scene) -> None:
    """Take the edited page's second capture out of its WARC, and the catalogue away, which can be rebuilt."""
    warc, n = scene.capture(EDITED)
    for record in sorted(scene.exchange(warc, n), reverse=True):
        del warc.members[record]
    warc.write()
    _without_catalogue(scene)


def _without_catalogue(scene: Scene) -> None:
    for path in scene.folder.glob("catalogue.sqlite*"):
        path.unlink()


@attack("log deleted", "Deletes the log and its keys, and leaves the WARCs.", K.MISSING, also={K.UNSIGNED})
def log_deleted(scene: Scene) -> Named:
    shutil.rmtree(scene.log)
    return Named(("log/checkpoint",))


@attack(
    "checkpoint pointer rolled back",
    "Puts an older checkpoint of the log in the place of the newest.",
    K.ROLLED_BACK,
    also={K.INSERTED},
)
def pointer_rolled_back(scene: Scene) -> Named:
    sizes = scene.forged().sizes()
    (scene.log / "checkpoint").write_bytes((scene.log / "checkpoints" / str(sizes[len(sizes) // 2])).read_bytes())
    return Named(("log/checkpoint",))


@attack(
    "older checkpoint edited",
    "Changes the root in the checkpoint that a token was given for.",
    K.ALTERED,
    also={K.TIME_UNPROVEN},
)
def old_checkpoint_edited(scene: Scene) -> Named:
    size = _anchored(scene)[0].size
    path = scene.log / "checkpoints" / str(size)
    signed = parse_checkpoint(path.read_bytes())
    other = dataclasses.replace(signed.checkpoint, root=bytes(32))
    path.write_bytes(Note(other.text(), signed.note.signatures).octets())
    return Named((f"log/checkpoints/{size}",))


@attack(
    "journal forged",
    "Puts a WARC of invented captures into the archive, and its entries into the journal, as a run leaves them that "
    "did not end.",
    K.UNSIGNED,
    also={K.INSERTED},
    content=True,
)
def journal_forged(scene: Scene) -> Named:
    path, entries = _planted(scene)
    scene.forged().append_to_journal(entries)
    return Named((path.name,))


def _planted(scene: Scene) -> tuple[Path, list[bytes]]:
    """A WARC that no crawl wrote, and what the log would say of it."""
    model, n = scene.capture(EDITED)
    path = model.path.with_name(model.path.name.replace("20", "19", 1))
    own = [model.records[0], *_invented(model, scene.exchange(model, n))]
    own[0] = own[0].replace(model.path.name.encode(), path.name.encode())
    info = model.value(0, "WARC-Record-ID").encode()
    own = [record.replace(info, b"<urn:uuid:22222222-2222-4222-8222-222222222222>") for record in own]
    warc = Warc(path, own, [gzip.compress(record, mtime=0) for record in own])
    warc.write()
    forged = scene.forged()
    octets = path.read_bytes()
    first = len(forged.entries)
    entries = [record_entry(warc, at).octets() for at in range(len(own))]
    entries.append(SealEntry(path.name, len(octets), digest(octets), len(own), first).octets())
    return path, entries


@attack(
    "unlogged file planted",
    "Puts a WARC of invented captures into the archive.",
    K.INSERTED,
    content=True,
)
def file_planted(scene: Scene) -> Named:
    path, _ = _planted(scene)
    return Named((path.name,))


def _withheld_on_paper(scene: Scene) -> tuple[Named, list[bytes]]:
    """Put placeholders in the place of a capture's records; what the log would have to say for that."""
    warc, n = scene.capture(EDITED)
    records = scene.exchange(warc, n)
    forged = scene.forged()
    size = forged.signed.size
    events = []
    for at, record in enumerate(records):
        record_id = warc.value(record, "WARC-Record-ID").strip("<>")
        of = forged.record(record_id)
        date = parse_date(warc.value(record, "WARC-Date"))
        assert date is not None
        warc.members[record] = b"".join(placeholder(record_id, date, size + at, len(warc.members[record])))
        detail = format_detail("disk", "the wish of the family", "A. Archivist")
        events.append(_event(EventType.WITHHOLDING, detail, of=of))
    warc.write()
    octets = warc.path.read_bytes()
    detail = format_resealed(len(octets), digest(octets))
    events.append(_event(EventType.DELETION, detail, object=warc.path.name))
    return Named((warc.path.name,), ids(warc, records)), events


def _event(kind: EventType, detail: str = "all is well", *, of: int | None = None, object: str | None = None) -> bytes:
    return EventEntry(kind, datetime.now(UTC), SOFTWARE, Outcome.SUCCESS, detail, of=of, object=object).octets()


@attack(
    "withholding forged",
    "Puts placeholders in the place of a capture, as withholding does, and writes the events for it into the journal.",
    K.ALTERED,
    also={K.UNSIGNED},
    content=True,
)
def withholding_forged(scene: Scene) -> Named:
    named, events = _withheld_on_paper(scene)
    scene.forged().append_to_journal(events)
    return named


@attack(
    "withholding forged, then signed",
    "The same in a collection that is in use: its next run signs what lies in the journal.",
    K.ALTERED,
    holds=Holds.IN_USE,
    content=True,
)
def withholding_signed(scene: Scene) -> Named:
    named, events = _withheld_on_paper(scene)
    scene.forged().append_to_journal(events)
    khronika(scene.folder, "checkpoint")
    return named


@attack(
    "withholding forged in the inbox",
    "The same through the inbox, from which the next run of the collection takes events into the log.",
    K.ALTERED,
    holds=Holds.IN_USE,
    content=True,
)
def withholding_through_inbox(scene: Scene) -> Named:
    named, events = _withheld_on_paper(scene)
    inbox = scene.folder / "inbox"
    inbox.mkdir(exist_ok=True)
    for event in events:
        (inbox / f"{uuid.uuid4()}.json").write_bytes(event)
    khronika(scene.folder, "checkpoint")
    return named


# --- time -----------------------------------------------------------------------------------------------------------


def _anchored(scene: Scene) -> list[AnchorEntry]:
    """What the log says of its tokens, oldest first."""
    return [entry for entry in scene.forged().parsed if isinstance(entry, AnchorEntry)]


def _tokens(scene: Scene) -> list[Path]:
    """The tokens, by the size of their checkpoint."""
    return sorted((scene.log / "tsa").glob("*.tsr"), key=lambda path: int(path.name.partition(".")[0]))


def _token(path: Path) -> str:
    return f"log/tsa/{path.name}"


@attack("tokens exchanged", "Gives two checkpoints each other's token.", K.TIME_UNPROVEN, also={K.ALTERED})
def tokens_exchanged(scene: Scene) -> Named:
    first, *_, last = _tokens(scene)
    kept = first.read_bytes()
    first.write_bytes(last.read_bytes())
    last.write_bytes(kept)
    return Named((_token(first), _token(last)))


@attack(
    "token for other octets",
    "Replaces a token with a true one of the same authority, over something else.",
    K.TIME_UNPROVEN,
    also={K.ALTERED},
)
def token_for_other_octets(scene: Scene) -> Named:
    path = _tokens(scene)[-1]
    path.write_bytes(scene.victim.authority.stamp(b"something else"))
    return Named((_token(path),))


@attack(
    "token of another authority",
    "Replaces a token with one over the right checkpoint, a year older, by an authority of the attacker's own that "
    "has the same names.",
    K.TIME_UNPROVEN,
    also={K.ALTERED},
)
def token_of_other_authority(scene: Scene) -> Named:
    from authority import make_token

    path = _tokens(scene)[-1]
    octets = (scene.log / "checkpoints" / path.name.partition(".")[0]).read_bytes()
    rogue = scene.victim.authority.rogue()
    at = datetime.now(UTC) - timedelta(hours=20)
    path.write_bytes(make_token(rogue, bytes.fromhex(digest(octets).partition(":")[2]), at=at))
    return Named((_token(path),))


@attack("token damaged", "Changes one bit of a token's signature.", K.TIME_UNPROVEN, also={K.ALTERED})
def token_damaged(scene: Scene) -> Named:
    from authority import flip_signature

    path = _tokens(scene)[-1]
    path.write_bytes(flip_signature(path.read_bytes()))
    return Named((_token(path),))


@attack("token deleted", "Deletes a token that the log tells of.", K.TIME_UNPROVEN)
def token_deleted(scene: Scene) -> Named:
    path = _tokens(scene)[0]
    path.unlink()
    return Named((_token(path),))


@attack(
    "authority replaced",
    "Replaces the authority's certificate with one of the attacker's own, and the tokens with tokens that fit it.",
    K.TIME_UNPROVEN,
    also={K.ALTERED, K.WRONG_SIGNER},
)
def authority_replaced(scene: Scene) -> Named:
    from authority import make_ca, make_token, make_tsa

    own = make_ca("Example Root")
    unit = make_tsa(own, "Example Time-Stamping Unit")
    for path in (scene.log / "tsa").glob("*.pem"):
        path.write_bytes(own.pem)
    for path in _tokens(scene):
        octets = (scene.log / "checkpoints" / path.name.partition(".")[0]).read_bytes()
        at = datetime.now(UTC) - timedelta(hours=20)
        path.write_bytes(make_token(unit, bytes.fromhex(digest(octets).partition(":")[2]), at=at))
    return Named(tuple(f"log/tsa/{path.name}" for path in (scene.log / "tsa").glob("*.pem")))


@attack(
    "checkpoint of a token deleted",
    "Deletes the checkpoint that a token was given for, so that nobody can say what it is over.",
    K.MISSING,
    also={K.TIME_UNPROVEN},
)
def token_without_checkpoint(scene: Scene) -> Named:
    size = _anchored(scene)[0].size
    (scene.log / "checkpoints" / str(size)).unlink()
    return Named((f"log/checkpoints/{size}",))


def _cosigned(scene: Scene) -> list[Path]:
    """The files of cosignatures, by the size of their checkpoint."""
    return sorted((scene.log / "cosig").glob("*"), key=lambda path: int(path.name))


@attack(
    "cosignature deleted",
    "Deletes a witness's cosignature that the policy asks for.",
    K.MISSING,
    also={K.UNSIGNED},
)
def cosignature_deleted(scene: Scene) -> Named:
    path = _cosigned(scene)[-1]
    path.unlink()
    return Named((f"log/cosig/{path.name}",))


@attack(
    "cosignature forged",
    "Replaces the witness's cosignature with one by a key of the attacker's own, under the witness's name.",
    K.WRONG_SIGNER,
    also={K.UNSIGNED, K.MISSING},
)
def cosignature_forged(scene: Scene) -> Named:
    path = _cosigned(scene)[-1]
    name = parse_note((scene.log / "checkpoints" / path.name).read_bytes() + path.read_bytes()).signatures[-1].name
    text = parse_note((scene.log / "checkpoints" / path.name).read_bytes()).text
    path.write_bytes(new_key(name).cosign(text, datetime.now(UTC)).line())
    return Named((f"log/cosig/{path.name}",))


@attack(
    "cosignature back-dated",
    "Writes an earlier time into a cosignature.",
    K.ALTERED,
)
def cosignature_back_dated(scene: Scene) -> Named:
    path = _cosigned(scene)[-1]
    line = parse_note((scene.log / "checkpoints" / path.name).read_bytes() + path.read_bytes()).signatures[-1]
    seconds = int.from_bytes(line.octets[:8]) - 365 * 86400
    path.write_bytes(dataclasses.replace(line, octets=seconds.to_bytes(8) + line.octets[8:]).line())
    return Named((f"log/cosig/{path.name}",))


@attack(
    "log of another collection",
    "Puts the log of another collection in the place of this one's.",
    K.INSERTED,
    also={K.MISSING, K.UNSIGNED, K.ALTERED},
    outside={K.WRONG_SIGNER, K.INSERTED},
)
def log_of_another(scene: Scene) -> Named:
    shutil.rmtree(scene.log)
    shutil.copytree(scene.victim.stranger / "log", scene.log)
    return Named()


# --- keys and policy ------------------------------------------------------------------------------------------------


@attack(
    "policy weakened",
    "Takes the witnesses and the quorum out of the policy.",
    K.ALTERED,
    also={K.WRONG_SIGNER},
)
def policy_weakened(scene: Scene) -> Named:
    path = scene.log / "policy"
    lines = path.read_text().splitlines()
    kept = [line for line in lines if line.startswith("log ")]
    assert len(kept) + 1 < len(lines), lines
    path.write_text("\n".join([*kept, "quorum none", ""]))
    return Named(("log/policy",))


@attack(
    "witness replaced",
    "Writes a key of the attacker's own into the policy in the place of the witness's.",
    K.ALTERED,
    also={K.WRONG_SIGNER},
)
def witness_replaced(scene: Scene) -> Named:
    path = scene.log / "policy"
    own = new_key("witness.example/own").witness_vkey
    lines = [
        f"witness {line.split()[1]} {own}" if line.startswith("witness ") else line
        for line in path.read_text().splitlines()
    ]
    path.write_text("\n".join([*lines, ""]))
    return Named(("log/policy",))


@attack(
    "note of keys of another root",
    "Replaces the note of keys with one that names a key of the attacker's own, signed by a root key of the "
    "attacker's own, and signs the checkpoint with it.",
    K.WRONG_SIGNER,
    also={K.UNSIGNED},
)
def note_of_other_root(scene: Scene) -> Named:
    forged = scene.forged()
    note = keys_note(scene.folder)
    own, root = new_key(forged.origin), new_key(forged.origin + "/root")
    keys = (*(dataclasses.replace(key, vkey=own.vkey) for key in note.keys[-1:]),)
    octets = dataclasses.replace(note, keys=keys).signed(root)
    (scene.log / "keys.note").write_bytes(octets)
    (scene.log / "keys" / f"{note.serial}.note").write_bytes(octets)
    forged.write(own)
    return Named(("log/keys.note",))


@attack(
    "note of keys unsigned",
    "Takes the root key's signature off the note of keys and writes something else into it.",
    K.WRONG_SIGNER,
    also={K.UNSIGNED, K.ALTERED},
)
def note_unsigned(scene: Scene) -> Named:
    octets = (scene.log / "keys.note").read_bytes()
    note = parse_note(octets)
    key = new_key("log.khronika.invalid/00000000000000000000/root")
    (scene.log / "keys.note").write_bytes(Note(note.text, (key.sign(note.text),)).octets())
    return Named(("log/keys.note",))


@attack(
    "note of keys rolled back",
    "Puts the first note of keys back in the place of the newest, and takes the later ones away.",
    K.ROLLED_BACK,
    also={K.MISSING, K.ALTERED, K.TIME_UNPROVEN, K.WRONG_SIGNER},
)
def note_rolled_back(scene: Scene) -> Named:
    newest = keys_note(scene.folder).serial
    assert newest > 1
    (scene.log / "keys.note").write_bytes((scene.log / "keys" / "1.note").read_bytes())
    policy = scene.log / "keys" / "1.policy"
    (scene.log / "policy").write_bytes(policy.read_bytes())
    for serial in range(2, newest + 1):
        (scene.log / "keys" / f"{serial}.note").unlink()
        (scene.log / "keys" / f"{serial}.policy").unlink()
    return Named(("log/keys.note",))


# --- what the folder alone cannot show ------------------------------------------------------------------------------


@attack(
    "collection rolled back",
    "Replaces the whole folder with an older copy of it, from before anybody outside had seen anything.",
    outside={K.ROLLED_BACK},
    content=True,
)
def collection_rolled_back(scene: Scene) -> Named:
    keys = scene.folder / "keys"
    shutil.rmtree(scene.folder)
    shutil.copytree(scene.victim.older, scene.folder)
    if not keys.exists():
        return Named()
    shutil.rmtree(keys)
    return Named()


@attack(
    "log forked",
    "Takes a capture out, rebuilds the log without it and without any token, and signs it with the stolen log key.",
    holds=Holds.LOG_KEY,
    outside={K.FORKED},
    content=True,
)
def log_forked(scene: Scene) -> Named:
    _delete_capture(scene)
    forged = scene.forged()
    key = stolen_log_key(scene.folder, forged.origin)
    forged.without_anchors()
    _drop_readings(forged)
    forged.refit()
    _pad(forged, scene)
    forged.write(key)
    return Named()


def _pad(forged: ForgedLog, scene: Scene) -> None:
    """Add events until the log is as long as it was: a shorter one would be called rolled back."""
    size = parse_checkpoint(scene.victim.checkpoint.read_bytes()).size
    while len(forged.entries) < size:
        forged.entries.append(_event(EventType.FIXITY_CHECK))


def _drop_readings(forged: ForgedLog) -> None:
    from archive.entry import ReadingsEntry

    forged.drop(lambda entry: isinstance(entry, ReadingsEntry))


@attack(
    "log forked, page edited",
    "Changes a page, and rebuilds and signs the log with the stolen key; it is as long as it was.",
    holds=Holds.LOG_KEY,
    outside={K.FORKED},
    content=True,
)
def log_forked_edited(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    _edit_page(warc, n)
    warc.write()
    _without_catalogue(scene)
    forged = scene.forged()
    key = stolen_log_key(scene.folder, forged.origin)
    forged.without_anchors()
    forged.refit()
    _pad(forged, scene)
    forged.write(key)
    return Named()


@attack(
    "log forked, tokens kept",
    "Forks the log with the stolen key and keeps the tokens of the true one.",
    K.TIME_UNPROVEN,
    holds=Holds.LOG_KEY,
    outside={K.TIME_UNPROVEN, K.FORKED},
    also={K.ALTERED},
    content=True,
)
def log_forked_tokens_kept(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    _edit_page(warc, n)
    warc.write()
    _without_catalogue(scene)
    forged = scene.forged()
    key = stolen_log_key(scene.folder, forged.origin)
    _fit_entry(forged, warc, n)
    octets = warc.path.read_bytes()
    at = forged.index(lambda entry: isinstance(entry, SealEntry) and entry.file == warc.path.name)
    seal = forged.parsed[at]
    assert isinstance(seal, SealEntry)
    forged.put(at, dataclasses.replace(seal, bytes=len(octets), digest=digest(octets)))
    forged.write(key)
    return Named((_token(_tokens(scene)[-1]),))


@attack(
    "keys replaced",
    "Makes new keys of the same names and rebuilds the whole log under them, from its first entry on, with an edited "
    "page and without any token.",
    holds=Holds.FOLDER,
    outside={K.WRONG_SIGNER},
    also={K.FORKED, K.UNSIGNED},
    content=True,
)
def keys_replaced(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    _edit_page(warc, n)
    warc.write()
    _without_catalogue(scene)
    forged = scene.forged()
    forged.without_anchors()
    log, root = new_key(forged.origin), new_key(forged.origin + "/root")
    swap_keys(forged, log, root, lambda note: note)
    forged.refit()
    _pad(forged, scene)
    forged.write(log)
    return Named()


@attack(
    "keys and authority replaced",
    "The same with a time-stamping authority of the attacker's own, which the new note of keys names, and its token of "
    "any time.",
    outside={K.WRONG_SIGNER},
    also={K.FORKED, K.UNSIGNED},
    own_word=True,
    content=True,
)
def keys_and_authority_replaced(scene: Scene) -> Named:
    from authority import make_ca, make_token, make_tsa

    warc, n = scene.capture(EDITED)
    _edit_page(warc, n)
    warc.write()
    _without_catalogue(scene)
    forged = scene.forged()
    forged.without_anchors()
    ca = make_ca("Example Root")
    (scene.log / "tsa" / "example.pem").write_bytes(ca.pem)
    log, root = new_key(forged.origin), new_key(forged.origin + "/root")
    authorities = (Authority("example", digest(ca.pem)),)
    swap_keys(forged, log, root, lambda note: dataclasses.replace(note, authorities=authorities))
    forged.refit()
    _pad(forged, scene)
    forged.write(log)
    issued = (scene.log / "checkpoint").read_bytes()
    token = make_token(make_tsa(ca), bytes.fromhex(digest(issued).partition(":")[2]), at=datetime.now(UTC))
    (scene.log / "tsa" / f"{forged.signed.size}.example.tsr").write_bytes(token)
    return Named()


@attack(
    "revoked key used after the compromise",
    "Goes on with the log under a stolen key that the owner has revoked, with a capture that nobody made.",
    K.WRONG_SIGNER,
    holds=Holds.IN_USE,
    also={K.UNSIGNED},
    content=True,
)
def revoked_key_used(scene: Scene) -> Named:
    stolen = stolen_log_key(scene.folder, scene.forged().origin)
    since = datetime.now(UTC)
    khronika(scene.folder, "key", "revoke", "--compromised", since.isoformat().replace("+00:00", "Z"))
    _, entries = _planted(scene)
    forged = scene.forged()
    forged.entries += entries
    forged.write(stolen)
    _without_catalogue(scene)
    shutil.rmtree(scene.folder / "keys")
    return Named(("log/checkpoint",))


@attack(
    "revocation undone",
    "Goes on under the stolen key, and puts the note of keys from before the revocation back.",
    K.ROLLED_BACK,
    holds=Holds.IN_USE,
    also={K.WRONG_SIGNER, K.UNSIGNED, K.TIME_UNPROVEN, K.ALTERED, K.MISSING},
    content=True,
)
def revocation_undone(scene: Scene) -> Named:
    serial = keys_note(scene.folder).serial
    revoked_key_used(scene)
    for newer in range(serial + 1, keys_note(scene.folder).serial + 1):
        (scene.log / "keys" / f"{newer}.note").unlink()
        (scene.log / "keys" / f"{newer}.policy").unlink()
    for name in ("keys.note", "policy"):
        kept = scene.log / "keys" / f"{serial}.{'note' if name == 'keys.note' else 'policy'}"
        (scene.log / name).write_bytes(kept.read_bytes())
    return Named(("log/keys.note",))


@attack(
    "history rewritten by the root key's holder",
    "Rebuilds the whole log with all keys of the collection, with an edited page and without any token.",
    holds=Holds.ROOT_KEY,
    outside={K.FORKED},
    content=True,
)
def rewritten_by_root(scene: Scene) -> Named:
    warc, n = scene.capture(EDITED)
    _edit_page(warc, n)
    warc.write()
    _without_catalogue(scene)
    forged = scene.forged()
    log, root = stolen_log_key(scene.folder, forged.origin), stolen_root_key(scene.folder, forged.origin)
    forged.without_anchors()
    swap_keys(forged, log, root, lambda note: note)
    forged.refit()
    _pad(forged, scene)
    forged.write(log)
    return Named()


def attacked(victim: Victim, folder: Path, attack: Attack) -> tuple[Scene, Named]:
    """A copy that holds what the attacker holds, after the attack."""
    shutil.copytree(victim.folder, folder)
    if attack.holds is Holds.FOLDER:
        shutil.rmtree(folder / "keys")
    elif attack.holds is Holds.LOG_KEY:
        (folder / "keys" / "root.pem").unlink(missing_ok=True)
    scene = Scene(folder, victim)
    named = attack.apply(scene)
    if attack.holds is not Holds.IN_USE:
        # what is handed on has no keys in it, nor the note of what they signed last
        shutil.rmtree(folder / "keys", ignore_errors=True)
    return scene, named


def named_files(findings: Iterable[dict[str, object]], kinds: Iterable[K]) -> set[str]:
    """Files that findings of these kinds name."""
    wanted = {str(kind) for kind in kinds}
    return {str(finding["file"]) for finding in findings if finding["kind"] in wanted and finding["file"]}


def named_records(findings: Iterable[dict[str, object]], kinds: Iterable[K]) -> set[str]:
    """Records that findings of these kinds name."""
    wanted = {str(kind) for kind in kinds}
    return {str(finding["record_id"]) for finding in findings if finding["kind"] in wanted and finding["record_id"]}
