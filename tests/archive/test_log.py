"""The log on the disk: tiles as C2SP has them, every proof from them, and what is damaged or put back is refused."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from log_samples import LOG_KEY, WHEN, at_size, entry_of, genesis, new_log, reopened
from pymerkle import InmemoryTree

from archive.checkpoint import SigningKey, parse_checkpoint, signed_by
from archive.entry import ENTRY_LIMIT, EventEntry, EventType, Outcome
from archive.errors import LogError, ProofError
from archive.log import LogReader, LogWriter, parse_journal
from archive.merkle import check_consistency, check_inclusion, leaf_hash, root_of
from archive.store import FolderStore
from archive.tiles import number

OTHER_KEY = SigningKey(LOG_KEY.name, Ed25519PrivateKey.from_private_bytes(b"o" * 32))


def reader(folder: Path) -> LogReader:
    return LogReader(FolderStore(folder))


def fill(log: LogWriter, count: int) -> list[bytes]:
    """Append so many entries and sync them."""
    made = [entry_of(log.size + n) for n in range(count)]
    first = log.size
    assert log.append(made) == first
    log.sync()
    return made


def files(folder: Path) -> dict[str, bytes]:
    """All files of the tiles."""
    root = folder / "log" / "tile"
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def expected_tiles(entries: Sequence[bytes]) -> dict[str, bytes]:
    """The tiles of a log, by the words of C2SP tlog-tiles and nothing of ours."""

    def name(n: int) -> str:
        text = f"{n:0{-(-len(str(n)) // 3) * 3}}"
        groups = [text[at : at + 3] for at in range(0, len(text), 3)]
        return "/".join([*("x" + group for group in groups[:-1]), groups[-1]])

    found = {}
    row, level = [leaf_hash(entry) for entry in entries], 0
    for n in range(0, len(entries), 256):
        some = entries[n : n + 256]
        suffix = "" if len(some) == 256 else f".p/{len(some)}"
        found[f"entries/{name(n // 256)}{suffix}"] = b"".join(len(one).to_bytes(2, "big") + one for one in some)
    while row:
        for n in range(0, len(row), 256):
            hashes = row[n : n + 256]
            suffix = "" if len(hashes) == 256 else f".p/{len(hashes)}"
            found[f"{level}/{name(n // 256)}{suffix}"] = b"".join(hashes)
        row = [root_of(row[n : n + 256]) for n in range(0, len(row) - 255, 256)]
        level += 1
    return found


# --- what is written -------------------------------------------------------------------------------------------------


def test_a_new_log_holds_its_genesis_signed(tmp_path: Path) -> None:
    new_log(tmp_path).close()
    log = reader(tmp_path)

    assert (log.size, log.origin, log.genesis) == (1, LOG_KEY.name, genesis())
    assert log.signed.root == leaf_hash(genesis().octets())
    assert signed_by(log.signed.note, [LOG_KEY.vkey]) == [LOG_KEY.vkey]
    assert (log.sizes(), log.tail()) == ([1], [])
    assert log.checkpoint_at(1) == (tmp_path / "log" / "checkpoint").read_bytes()
    assert (tmp_path / "log" / "journal").read_bytes() == b"khronika-journal 1 1\n"
    root = base64.b64encode(log.signed.root).decode()
    assert (tmp_path / "keys" / "signed").read_text() == f"1 {root}\n"


@pytest.mark.parametrize(
    ("n", "path"),
    [
        (0, "000"),
        (7, "007"),
        (999, "999"),
        (1000, "x001/000"),
        (67_000, "x067/000"),
        (1_234_067, "x001/x234/067"),
        (1_000_000_000, "x001/x000/x000/000"),
    ],
)
def test_a_tile_is_numbered_as_in_tlog_tiles(n: int, path: str) -> None:
    assert number(n) == path


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 511, 512, 513, 1000])
def test_the_tiles_are_those_of_tlog_tiles(tmp_path: Path, size: int) -> None:
    entries = at_size(tmp_path, size)

    tiles, expected = files(tmp_path), expected_tiles(entries)
    assert expected.items() <= tiles.items()
    # what is there beside is the part that the checkpoint before was made with
    assert tiles.keys() - expected.keys() <= {"0/000.p/1", "entries/000.p/1"}


def test_the_tiles_of_three_levels_are_those_of_tlog_tiles(tmp_path: Path) -> None:
    """65,536 entries fill a tile of the second level, and a few more begin the next one."""
    entries = at_size(tmp_path, 65_536 + 300)
    tiles = files(tmp_path)
    assert tiles == expected_tiles(entries)
    assert {"0/255", "0/256", "0/257.p/44", "1/000", "1/001.p/1", "2/000.p/1", "entries/257.p/44"} <= tiles.keys()

    log = reader(tmp_path)
    tree = InmemoryTree(algorithm="sha256")
    for entry in entries:
        tree.append_entry(entry)
    assert log.signed.root == tree.get_root(len(entries)) == log.root()
    chance = random.Random(3)
    for index in [0, 255, 256, 65_535, 65_536, log.size - 1, *(chance.randrange(log.size) for _ in range(30))]:
        assert log.entry(index) == entries[index]
        check_inclusion(leaf_hash(entries[index]), index, log.size, log.inclusion(index), log.signed.root)
    for size in [1, 256, 300, 65_536, 65_537, *(chance.randrange(1, log.size) for _ in range(20))]:
        root = tree.get_root(size)
        assert log.root(size) == root
        check_consistency(size, root, log.size, log.signed.root, log.consistency(size))
    with reopened(tmp_path) as writer:
        assert writer.size == len(entries)
        fill(writer, 1)
        writer.checkpoint()
    assert reader(tmp_path).root(len(entries)) == log.signed.root


@pytest.mark.parametrize("seed", range(6))
def test_however_entries_come_the_log_is_the_same_and_each_checkpoint_goes_on_from_those_before(
    tmp_path: Path, seed: int
) -> None:
    """Appended one by one or many at once, synced or not, signed or not, with the writer opened anew in between."""
    chance = random.Random(seed)
    log, entries = new_log(tmp_path), [genesis().octets()]
    old: list[tuple[LogReader, int]] = []
    for _ in range(60):
        made = [entry_of(len(entries) + n) for n in range(chance.choice([0, 1, 2, 5, 40, 257]))]
        assert log.append(made) == len(entries)
        entries += made
        assert log.size == len(entries)
        if chance.random() < 0.7:
            log.sync()
            assert reader(tmp_path).tail() == list(log.pending())
            if chance.random() < 0.3:
                log.close()
                log = reopened(tmp_path)
                assert (log.size, log.cut_octets) == (len(entries), 0)
        if chance.random() < 0.5:
            signed = log.checkpoint()
            assert (signed is None) == (old[-1][1] == len(entries) if old else len(entries) == 1)
            assert log.checkpoint() is None
            old.append((log.reader(), len(entries)))
    log.checkpoint()
    log.close()
    now = reader(tmp_path)
    assert [entry for _, entry in now.entries()] == entries
    assert now.signed.root == root_of(map(leaf_hash, entries))
    assert set(expected_tiles(entries).items()) <= set(files(tmp_path).items())
    assert now.sizes() == sorted({1, *(size for _, size in old), now.size})
    for size in now.sizes():
        issued = parse_checkpoint(now.checkpoint_at(size))
        assert issued.root == root_of(map(leaf_hash, entries[:size]))
        check_consistency(size, issued.root, now.size, now.signed.root, now.consistency(size))
    # who began to read at an earlier checkpoint goes on to the end of it, whatever was written meanwhile
    for earlier, size in old:
        assert [entry for _, entry in earlier.entries()] == entries[:size]
        assert earlier.root() == earlier.signed.root
        assert earlier.tail() == []


def test_parts_of_tiles_do_not_pile_up(tmp_path: Path) -> None:
    with new_log(tmp_path) as log:
        for _ in range(300):
            fill(log, 1)
            log.checkpoint()
    names = list(files(tmp_path))

    assert len([name for name in names if ".p/" in name]) <= 2 * 3
    assert {"0/000", "entries/000"} <= set(names)
    assert len(reader(tmp_path).sizes()) == 301


def test_an_entry_that_a_bundle_cannot_hold_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    with new_log(tmp_path) as log:
        for octets in (b"x" * (ENTRY_LIMIT + 1), b""):
            with pytest.raises(LogError, match="expected"):
                log.append([octets])
            assert log.size == 1
        longest = EventEntry(EventType.IMPORT, WHEN, "khronika", Outcome.SUCCESS, "", nonce="0" * 32)
        longest_octets = longest.octets().replace(b'"detail":""', b'"detail":"%s"' % (b"x" * (ENTRY_LIMIT - 150)))
        log.append([longest_octets[:ENTRY_LIMIT]])
        log.sync()
        log.checkpoint()
    assert reader(tmp_path).entry(1) == longest_octets[:ENTRY_LIMIT]


def test_a_log_is_not_begun_over_another_one(tmp_path: Path) -> None:
    new_log(tmp_path).close()
    before = (tmp_path / "log" / "checkpoint").read_bytes()

    with pytest.raises(LogError):
        new_log(tmp_path)
    assert (tmp_path / "log" / "checkpoint").read_bytes() == before


def test_a_writer_that_was_closed_writes_no_more(tmp_path: Path) -> None:
    log = new_log(tmp_path)
    log.close()
    log.append([entry_of(1)])
    with pytest.raises(Exception, match="ended"):
        log.sync()


# --- the journal -----------------------------------------------------------------------------------------------------


@pytest.fixture
def unsigned(tmp_path: Path) -> tuple[Path, list[bytes]]:
    """A log with five signed entries and four in the journal."""
    with new_log(tmp_path) as log:
        fill(log, 4)
        log.checkpoint()
        tail = fill(log, 4)
    return tmp_path, tail


def test_what_was_synced_and_not_signed_is_there_at_the_next_opening(unsigned: tuple[Path, list[bytes]]) -> None:
    folder, tail = unsigned
    assert reader(folder).tail() == tail
    assert reader(folder).size == 5
    with reopened(folder) as log:
        assert (log.size, log.unsigned, list(log.pending())) == (9, 4, tail)
        log.checkpoint()
    assert [entry for _, entry in reader(folder).entries(5)] == tail
    assert reader(folder).tail() == []


def test_a_journal_that_ends_anywhere_is_cut_to_its_last_whole_entry(unsigned: tuple[Path, list[bytes]]) -> None:
    folder, tail = unsigned
    path = folder / "log" / "journal"
    octets = path.read_bytes()
    header = octets.index(b"\n") + 1
    ends = [header]
    for entry in tail:
        ends.append(ends[-1] + 2 + len(entry))
    assert ends[-1] == len(octets)
    for length in range(header, len(octets) + 1):
        # every length; with something behind it near the ends of entries, and at one in seven between them
        near = any(abs(length - end) <= 3 for end in ends) or length % 7 == 0
        for rest in (b"", b"\0", bytes(3000), b"\xff" * 700) if near else (b"",):
            path.write_bytes(octets[:length] + rest)
            whole = max(n for n, end in enumerate(ends) if end <= length)
            with reopened(folder) as log:
                assert list(log.pending()) == tail[:whole]
                assert log.cut_octets == length - ends[whole] + len(rest)
                # and what is written next stands where the torn entry stood
                if length % 97 == 0:
                    log.append([entry_of(99)])
                    log.sync()
                    assert reader(folder).tail() == [*tail[:whole], entry_of(99)]


def test_a_flipped_bit_in_the_journal_is_never_taken_for_an_entry(unsigned: tuple[Path, list[bytes]]) -> None:
    """It may end the journal there, or leave an entry in canonical form; and then it is another one."""
    folder, tail = unsigned
    octets = (folder / "log" / "journal").read_bytes()
    chance = random.Random(1)
    for _ in range(800):
        bit = chance.randrange(len(octets) * 8)
        other = bytearray(octets)
        other[bit // 8] ^= 1 << bit % 8
        journal = parse_journal(bytes(other))
        if journal is None:
            assert bit // 8 < octets.index(b"\n") + 1
            continue
        same = 0
        while same < len(journal.entries) and journal.entries[same] == tail[same]:
            same += 1
        assert same < 4 or journal.first != 5


@pytest.mark.parametrize("at", [0, 1, 3])
def test_a_journal_from_before_the_checkpoint_is_passed_over(unsigned: tuple[Path, list[bytes]], at: int) -> None:
    """As a kill between a checkpoint and the new journal leaves it."""
    folder, _ = unsigned
    journal = (folder / "log" / "journal").read_bytes()
    with reopened(folder) as log:
        log.checkpoint()
        more = fill(log, at)
    new = (folder / "log" / "journal").read_bytes()
    (folder / "log" / "journal").write_bytes(journal + new[new.index(b"\n") + 1 :])
    assert reader(folder).tail() == more
    with reopened(folder) as log:
        assert (log.size, list(log.pending())) == (9 + at, more)
        fill(log, 1)
        log.checkpoint()
    assert reader(folder).size == 10 + at


def test_a_journal_that_begins_after_the_checkpoint_is_refused(unsigned: tuple[Path, list[bytes]]) -> None:
    folder, _ = unsigned
    path = folder / "log" / "journal"
    path.write_bytes(path.read_bytes().replace(b" 5\n", b" 6\n"))

    with pytest.raises(LogError, match="older state"):
        reopened(folder)
    assert reader(folder).tail() == []


# --- what was signed -------------------------------------------------------------------------------------------------


def put_back(folder: Path, kept: dict[str, bytes], *names: str) -> None:
    """Put files of a log back to an older state."""
    for path in list((folder / "log").rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name.startswith(names) and name not in kept:
            path.unlink()
    for name, octets in kept.items():
        if name.startswith(names):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(octets)


def state(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_log_that_was_put_back_is_not_signed_again(unsigned: tuple[Path, list[bytes]]) -> None:
    folder, _ = unsigned
    old = state(folder)
    with reopened(folder) as log:
        fill(log, 300)
        log.checkpoint()
    put_back(folder, old, "log/")

    with pytest.raises(LogError, match="older state"):
        reopened(folder)
    # it can be read all the same
    assert reader(folder).size == 5


def test_a_journal_without_what_was_signed_is_refused(unsigned: tuple[Path, list[bytes]]) -> None:
    """keys/signed is written before the signature: a kill in between leaves the entries in the journal."""
    folder, _ = unsigned
    old = state(folder)
    with reopened(folder) as log:
        log.checkpoint()
    put_back(folder, old, "log/")
    # as a kill leaves it: the same entries, and the same root
    with reopened(folder) as log:
        assert log.size == 9
    # entries that were not signed take the place of those that were
    journal = (folder / "log" / "journal").read_bytes()
    (folder / "log" / "journal").write_bytes(journal.replace(b"0007", b"0008"))
    with pytest.raises(LogError, match="another"):
        reopened(folder)
    (folder / "log" / "journal").write_bytes(b"khronika-journal 1 5\n")
    with pytest.raises(LogError, match="older state"):
        reopened(folder)


@pytest.mark.parametrize(
    "octets",
    [
        None,
        b"",
        b"5\n",
        b"05 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        b"5 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        b"5 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        b"4 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        b"99 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        bytes(48),
    ],
    ids=repr,
)
def test_without_a_word_on_what_was_signed_nothing_is_signed(
    unsigned: tuple[Path, list[bytes]], octets: bytes | None
) -> None:
    folder, _ = unsigned
    if octets is None:
        (folder / "keys" / "signed").unlink()
    else:
        (folder / "keys" / "signed").write_bytes(octets)

    with pytest.raises(LogError, match="expected"):
        reopened(folder)
    assert reader(folder).size == 5


def test_a_log_of_another_key_is_not_signed(unsigned: tuple[Path, list[bytes]]) -> None:
    folder, _ = unsigned
    for key in (OTHER_KEY, SigningKey("other.example", LOG_KEY.private)):
        with pytest.raises(LogError, match="expected"):
            LogWriter.open(folder, [key])


def test_a_checkpoint_is_signed_only_where_it_goes_on_from_the_tiles_on_the_disk(tmp_path: Path) -> None:
    with new_log(tmp_path) as log:
        fill(log, 300)
        log.checkpoint()
        # another process, or another hand, changes what is there
        tile = tmp_path / "log" / "tile" / "1" / "000.p" / "1"
        octets = bytearray(tile.read_bytes())
        octets[10] ^= 1
        tile.write_bytes(octets)
        fill(log, 1)
        with pytest.raises(LogError, match="cannot be signed"):
            log.checkpoint()
    assert reader(tmp_path).size == 301
    assert reader(tmp_path).sizes() == [1, 301]


# --- damage ----------------------------------------------------------------------------------------------------------


def damages(octets: bytes) -> Iterator[bytes | None]:
    yield None
    yield b""
    yield octets[:-1]
    yield octets + b"\0"
    for at in {0, len(octets) // 2, len(octets) - 1}:
        other = bytearray(octets)
        other[at] ^= 0x40
        yield bytes(other)


@pytest.mark.parametrize("size", [3, 256, 600])
def test_no_tile_can_be_damaged_without_being_noticed(tmp_path: Path, size: int) -> None:
    """By who reads all entries and holds them against the hashes, and these against the checkpoint."""
    entries = at_size(tmp_path, size)
    kept = state(tmp_path)
    names = [name for name in kept if name.startswith(("log/tile/", "log/checkpoint"))]
    assert len(names) >= 4

    def holds() -> bool:
        log = reader(tmp_path)
        leaves = [leaf_hash(entry) for _, entry in log.entries()]
        if len(leaves) != log.size or root_of(leaves) != log.signed.root or log.root() != log.signed.root:
            return False
        if [log.hash_at(0, n) for n in range(log.size)] != leaves:
            return False
        for row in range(1, 3):
            for n in range(log.size >> 8 * row):
                whole = root_of(leaves[n << 8 * row : (n + 1) << 8 * row])
                if log.hash_at(8 * row, n) != whole:
                    return False
        for at in log.sizes():
            issued = parse_checkpoint(log.checkpoint_at(at))
            if not signed_by(issued.note, [LOG_KEY.vkey]) or issued.root != root_of(leaves[:at]):
                return False
        return signed_by(log.signed.note, [LOG_KEY.vkey]) != [] and entries == [entry for _, entry in log.entries()]

    assert holds()
    for name in names:
        if name == "log/checkpoints/1" or (".p/" in name and not name.endswith(f"/{size % 256}")):
            continue
        for octets in damages(kept[name]):
            if octets is None:
                (tmp_path / name).unlink()
            else:
                (tmp_path / name).write_bytes(octets)
            if octets is None and name.startswith("log/checkpoints/"):
                assert size not in reader(tmp_path).sizes()
            else:
                try:
                    held = holds()
                except (LogError, ProofError, Exception) as error:
                    assert type(error).__module__ == "archive.errors", error
                    held = False
                assert not held, (name, octets and len(octets))
            (tmp_path / name).write_bytes(kept[name])
    assert holds()


def test_a_log_without_its_checkpoint_or_its_beginning_is_none(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="none"):
        reader(tmp_path)
    new_log(tmp_path).close()
    kept = state(tmp_path)
    for name in ("log/checkpoint", "log/tile/0/000.p/1", "log/tile/entries/000.p/1"):
        (tmp_path / name).unlink()
        with pytest.raises(LogError):
            reopened(tmp_path)
        if "/0/" not in name:
            with pytest.raises(LogError):
                reader(tmp_path)
        (tmp_path / name).write_bytes(kept[name])
    reopened(tmp_path).close()


def test_questions_beyond_the_checkpoint_are_refused(unsigned: tuple[Path, list[bytes]]) -> None:
    log = reader(unsigned[0])
    for ask in (
        lambda: log.entry(5),
        lambda: log.entry(-1),
        lambda: list(log.entries(0, 6)),
        lambda: log.inclusion(5),
        lambda: log.inclusion(0, 6),
        lambda: log.consistency(1, 6),
        lambda: log.consistency(6),
        lambda: log.root(6),
        lambda: log.checkpoint_at(4),
    ):
        with pytest.raises((LogError, ProofError), match="expected"):
            ask()


def test_the_time_of_a_log_is_in_utc() -> None:
    assert datetime(2026, 11, 22, 1, 0, 0, 123456, tzinfo=UTC) == WHEN
