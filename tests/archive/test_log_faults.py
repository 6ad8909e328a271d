"""A disk that fails, a process that is killed, a power cut: at any step the log loses nothing and signs one history.

Of the operations some are drawn, of each kind at least one; `FAULTS=all` takes all of them.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archive_samples import _new_collection, collection, page
from disk_faults import Faults, disk, kill, refuse, write_half
from log_samples import LOG_KEY, at_size, entry_of, genesis, new_log, reopened
from power_cut import WAYS, Shadow, Way
from warc_samples import OCCASION, TLS

from archive.audit import verify
from archive.capture import Capture
from archive.catalogue import Catalogue
from archive.checkpoint import parse_checkpoint, signed_by
from archive.collection import Collection
from archive.digest import digest
from archive.entry import Entry, EventEntry, EventType, RecordEntry, SealEntry, parse_entry
from archive.entry import Outcome as EventOutcome
from archive.errors import KhronikaError, StorageError
from archive.finding import Finding
from archive.log import LogReader, LogWriter
from archive.merkle import check_consistency, leaf_hash, root_of
from archive.store import FolderStore
from archive.warc import read_records

FOLDERS = ("archive", "log", "keys", "inbox", "recovered")
"""What of a collection a power cut can take something from; the catalogue's own syncs are SQLite's."""
ALL = os.environ.get("FAULTS") == "all"


def drawn(total: list[str], share: int, *, seed: object) -> list[int]:
    """The numbers of operations to try: of every kind one, and so many others."""
    every = range(len(total))
    if ALL:
        return list(every)
    rng = random.Random(repr(seed))
    one_each = {rng.choice([n for n in every if total[n] == kind]) for kind in sorted(set(total))}
    return sorted(one_each | set(rng.sample(every, min(share, len(total)))))


class Seen:
    """What a process said before its end: how much it called safe, and which checkpoints anybody could read."""

    def __init__(self) -> None:
        self.logged = 0
        """Entries that were synced."""
        self.checkpoints: set[bytes] = set()
        """Every checkpoint that lay in the folder at any time, in either place."""

    def look(self, folder: Path) -> list[bytes]:
        """Take down the checkpoints that can be read now; those that are new."""
        found = []
        for path in [folder / "log" / "checkpoint", *(folder / "log" / "checkpoints").glob("[0-9]*")]:
            with contextlib.suppress(FileNotFoundError):
                octets = path.read_bytes()
                if octets and octets not in self.checkpoints:
                    self.checkpoints.add(octets)
                    found.append(octets)
        return found


class Child:
    """A process that does something to the disk until it is killed; a shadow of what was safe then."""

    def __init__(
        self, folder: Path, run: Callable[[Callable[[str], None]], None], at: int | None, shadow: Path | None = None
    ) -> None:
        self.folder = folder
        self.seen = Seen()
        self.seen.look(folder)
        self.lines: list[str] = []
        """What else it said."""
        self._shadow = Shadow(folder, shadow, FOLDERS) if shadow is not None else None
        if self._shadow is not None:
            self._shadow.begin()
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            try:
                self._child(run, at, writing)
            finally:
                os._exit(1)
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as told:
            for line in told.read().splitlines():
                word, _, rest = line.partition(" ")
                if word == "logged":
                    self.seen.logged = int(rest)
                elif word == "checkpoint":
                    self.seen.checkpoints.add(bytes.fromhex(rest))
                else:
                    self.lines.append(line)
        _, self.status = os.waitpid(pid, 0)
        self.seen.look(folder)

    def _child(self, run: Callable[[Callable[[str], None]], None], at: int | None, writing: int) -> None:
        def say(line: str) -> None:
            os.write(writing, f"{line}\n".encode())

        def heard(name: str, details: Any) -> None:
            if self._shadow is not None:
                self._shadow.heard(name, details)
            if name in {"rename", "replace"}:
                for octets in self.seen.look(self.folder):
                    say(f"checkpoint {octets.hex()}")

        with disk(Faults(kill, at), heard):
            run(say)
        os._exit(0)

    @property
    def killed(self) -> bool:
        return os.WIFSIGNALED(self.status)

    def cut_power(self, way: Way) -> None:
        """Leave what a power cut leaves. What was read before it was read."""
        assert self._shadow is not None
        self._shadow.cut(way)


# --- the log alone ---------------------------------------------------------------------------------------------------

STEPS = ((3, 1), (1, 0), (2, 1), (260, 1), (1, 1), (300, 0), (2, 1), (1, 0))
"""Appended and synced, and whether it is signed then: parts, whole tiles, and a second level."""


def write(folder: Path, say: Callable[[str], None]) -> None:
    """Append, sync, sign; goes on after each refusal."""
    log = reopened(folder)
    for count, signed in STEPS:
        log.append([entry_of(log.size + n) for n in range(count)])
        for act in (log.sync, *([log.checkpoint] if signed else [])):
            with contextlib.suppress(StorageError):
                act()
                say(f"logged {log.size}")


def begun(folder: Path) -> Path:
    """A log with a few entries, signed; copied, not made, for each try."""
    folder.mkdir()
    at_size(folder, 5)
    return folder


def holds(folder: Path, seen: Seen, made: list[bytes]) -> None:
    """The next process finds all that was called safe, goes on, and signs what agrees with all that was ever signed."""
    with reopened(folder) as log:
        size = log.size
        assert size >= seen.logged
        log.append([entry_of(size), entry_of(size + 1)])
        log.sync()
        assert log.checkpoint() is not None
    now = LogReader(FolderStore(folder))
    entries = [entry for _, entry in now.entries()]
    assert entries[:size] == made[:size]
    leaves = [leaf_hash(entry) for entry in entries]
    assert now.root() == now.signed.root == root_of(leaves)
    assert signed_by(now.signed.note, [LOG_KEY.vkey]) == [LOG_KEY.vkey]
    issued = {now.checkpoint_at(at) for at in now.sizes()}
    assert now.signed.octets() in issued
    for octets in seen.checkpoints | issued:
        old = parse_checkpoint(octets)
        assert old.root == root_of(leaves[: old.size]), old.size
        check_consistency(old.size, old.root, now.size, now.signed.root, now.consistency(old.size))
    assert {path.name for path in (folder / "log" / "checkpoints").iterdir()} >= {str(at) for at in now.sizes()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], list[bytes]]:
    """A log to begin with, the operations of a sound run, and the entries that it makes."""
    folder = tmp_path_factory.mktemp("made")
    start = begun(folder / "start")
    faults = Faults(refuse)
    sound = folder / "sound"
    shutil.copytree(start, sound)
    with disk(faults):
        write(sound, lambda line: None)
    with reopened(sound) as log:
        entries = [*(entry for _, entry in log.reader().entries()), *log.pending()]
    return start, faults.done, entries


def test_what_is_done_to_the_disk_is_counted(made: tuple[Path, list[str], list[bytes]]) -> None:
    _, total, entries = made

    assert {"open", "pwrite", "fdatasync", "fsync", "replace", "mkdir", "unlink"} <= set(total)
    assert len(entries) == 5 + sum(count for count, _ in STEPS)


@pytest.mark.parametrize("on", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("act", [refuse, write_half])
@pytest.mark.parametrize("power", [None, *WAYS])
def test_a_disk_that_fails_at_any_operation_loses_nothing_that_was_logged(
    tmp_path: Path,
    made: tuple[Path, list[str], list[bytes]],
    act: Callable[[str, Any], None],
    on: bool,
    power: Way | None,
) -> None:
    """The process goes on after the refusal, and ends without a word; or the power goes then."""
    start, total, entries = made
    for n in drawn(total, 4, seed=(on, power)):
        if act is write_half and total[n] != "pwrite":
            continue
        folder = tmp_path / str(n)
        shutil.copytree(start, folder)
        seen = Seen()
        seen.look(folder)
        shadow = Shadow(folder, tmp_path / f"shadow-{n}", FOLDERS)
        shadow.begin()

        def heard(name: str, details: Any, seen: Seen = seen, folder: Path = folder, shadow: Shadow = shadow) -> None:
            shadow.heard(name, details)
            seen.look(folder)

        def say(line: str, seen: Seen = seen) -> None:
            seen.logged = int(line.removeprefix("logged "))

        with disk(Faults(act, n, on=on), heard), contextlib.suppress(StorageError):
            write(folder, say)
        seen.look(folder)
        if power is not None:
            shadow.cut(power)
        holds(folder, seen, entries)
        shutil.rmtree(folder)


@pytest.mark.parametrize("power", [None, *WAYS])
def test_a_process_that_is_killed_at_any_operation_loses_nothing_that_was_logged(
    tmp_path: Path, made: tuple[Path, list[str], list[bytes]], power: Way | None
) -> None:
    start, total, entries = made
    child = None
    for n in [*drawn(total, 14 if power is None else 4, seed=power), None]:
        folder = tmp_path / str(n)
        shutil.copytree(start, folder)
        shadow = tmp_path / f"shadow-{n}" if power is not None else None
        child = Child(folder, lambda say, at=folder: write(at, say), n, shadow)  # type: ignore[misc]
        assert child.killed == (n is not None), child.status
        if power is not None:
            child.cut_power(power)
        holds(folder, child.seen, entries)
        shutil.rmtree(folder)
    assert child is not None
    assert child.seen.logged == len(entries)


@pytest.mark.parametrize("power", [None, *WAYS])
def test_a_log_that_is_killed_again_and_again_loses_nothing_that_was_logged(tmp_path: Path, power: Way | None) -> None:
    """Each process finds what the one before left, whole or not, and is killed itself."""
    chance = random.Random(repr(power))
    folder = begun(tmp_path / "log-of-many")
    seen = Seen()
    entries = [entry for _, entry in LogReader(FolderStore(folder)).entries()]
    entries += [entry_of(n) for n in range(len(entries), 5_000)]
    killed = 0
    for go in range(60 if ALL else 14):
        shadow = tmp_path / f"shadow-{go}" if power is not None else None
        child = Child(folder, lambda say: write(folder, say), chance.randrange(70), shadow)
        killed += child.killed
        seen.logged = max(seen.logged, child.seen.logged)
        seen.checkpoints |= child.seen.checkpoints
        if power is not None:
            child.cut_power(power)
        seen.look(folder)
    assert killed > 7
    holds(folder, seen, entries)
    assert len(seen.checkpoints) > 3


@pytest.mark.parametrize(("left_out", "way"), [("fdatasync", "lost"), ("fdatasync", "zeros"), ("sync_folder", "lost")])
def test_a_log_that_leaves_out_a_sync_is_found_out(
    tmp_path: Path, made: tuple[Path, list[str], list[bytes]], monkeypatch: pytest.MonkeyPatch, left_out: str, way: Way
) -> None:
    """What finds nothing above does find something."""
    start, _, entries = made
    folder = tmp_path / "log-of-one"
    shutil.copytree(start, folder)
    with monkeypatch.context() as patch:
        patch.setattr(f"archive.log.{left_out}", lambda _: None)
        child = Child(folder, lambda say: write(folder, say), None, tmp_path / "shadow")
    assert child.seen.logged == len(entries)
    child.cut_power(way)

    with pytest.raises((AssertionError, KhronikaError)):
        holds(folder, child.seen, entries)


# --- its beginning ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("power", [None, *WAYS])
def test_a_beginning_that_was_killed_at_any_operation_can_be_made_again(tmp_path: Path, power: Way | None) -> None:
    """As `Collection.create` does: the settings, written last, say that there is a collection."""
    n, done = 0, False
    while not done:
        folder = tmp_path / str(n)
        folder.mkdir()

        def create(_say: Callable[[str], None], folder: Path = folder) -> None:
            new_log(folder).close()

        child = Child(folder, create, n, tmp_path / f"shadow-{n}" if power is not None else None)
        done = not child.killed
        if power is not None and not done:
            child.cut_power(power)
        if not (folder / "log" / "checkpoint").exists():
            # what the next attempt begins is another log, with another key
            again = replace(genesis(), nonce="1" * 32)
            LogWriter.create(folder, [again.octets()], LOG_KEY).close()
        with contextlib.closing(reopened(folder)) as log:
            entries = [entry for _, entry in log.reader().entries()]
        seen = Seen()
        seen.logged = 1
        seen.look(folder)
        holds(folder, seen, entries)
        n += 1
    assert n > 15


def test_a_writer_that_could_not_end_its_checkpoint_says_so_and_is_of_use(tmp_path: Path) -> None:
    """Refused at any operation of a checkpoint, the same writer signs with the next one."""
    with new_log(tmp_path) as log:
        log.append([entry_of(n) for n in range(1, 300)])
        log.sync()
        n = 0
        while True:
            faults = Faults(refuse, n)
            with disk(faults):
                try:
                    log.checkpoint()
                except KhronikaError as error:
                    assert isinstance(error, StorageError), error
            if len(faults.done) <= n:
                break
            log.append([entry_of(log.size)])
            log.sync()
            # a checkpoint whose folder could not be synced is not done for the writer, and there for who reads
            read = LogReader(FolderStore(tmp_path))
            assert read.tail() == list(log.pending())[read.size - log.signed.size :]
            n += 1
        signed = log.checkpoint() or log.signed
        assert signed.size == log.size
    now = LogReader(FolderStore(tmp_path))
    for size in now.sizes():
        old = parse_checkpoint(now.checkpoint_at(size))
        check_consistency(size, old.root, now.size, now.signed.root, now.consistency(size))
    with LogWriter.open(tmp_path, [LOG_KEY]) as log:
        assert log.size == now.size
    assert n > 20


# --- a collection: append, seal, checkpoint ---------------------------------------------------------------------------


@pytest.fixture
def made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty catalogue is copied: to make its tables would take most of the time of these tests."""
    empty = _new_collection()["catalogue.sqlite"]

    def create(path: Path) -> Catalogue:
        path.write_bytes(empty)
        return Catalogue.open(path, readonly=False)

    monkeypatch.setattr(Catalogue, "create", create)


def crawl(at: Collection, say: Callable[[str], None]) -> None:
    """Two WARCs, an event, a checkpoint on demand and those at the ends of files; each step waits for the last one."""

    def said(word: str, future: Future[Any]) -> None:
        with contextlib.suppress(StorageError):
            result = future.result(30)
            say(f"{word} {result.record_id if isinstance(result, Capture) else result}")

    occasion = replace(OCCASION, crawl="one")
    with contextlib.suppress(StorageError), at.writer(roll_at=6_000) as writer:
        writer.begin_crawl("one")
        said("event", writer.log_event(EventType.CAPTURE_SESSION, EventOutcome.SUCCESS, "clock: unknown"))
        said("capture", writer.store(page("<p>1", url="https://site.example/1", tls=TLS), occasion))
        said("capture", writer.store(page(os.urandom(4_000).hex(), url="http://site.example/2", hour=1), occasion))
        said("signed", writer.checkpoint())
        said("capture", writer.store(page("<p>3", url="http://site.example/3", hour=2), occasion))
        pair = [writer.store(page(f"<p>{n}", url=f"http://site.example/{n}", hour=3), occasion) for n in (4, 5)]
        for future in pair:
            said("capture", future)
        said("event", writer.log_event(EventType.EXPORT, EventOutcome.SUCCESS, "text"))


def holds_together(at: Collection, seen: Seen, lines: list[str]) -> None:
    """The next writer settles it: each record has one entry, each file one seal, nothing acknowledged is missing, the
    recovery is on record, and all agrees with every checkpoint that was ever to be read.
    """
    before = at.log()
    known = [*(entry for _, entry in before.entries()), *before.tail()]
    unfinished = bool(before.tail()) or any(at.archive_folder.glob("*.open"))
    at.close()
    with at.writer() as writer:
        assert [one.damage for one in writer.recovered if one.damage] == []
    now = at.log()
    octets = [entry for _, entry in now.entries()]
    assert octets[: len(known)] == known
    assert now.tail() == []
    entries = [parse_entry(entry) for entry in octets]
    told = [entry for entry in entries[len(known) :] if isinstance(entry, EventEntry)]
    assert not unfinished or any(entry.type is EventType.RECOVERY for entry in told), told
    leaves = [leaf_hash(entry) for entry in octets]
    for text in seen.checkpoints | {now.checkpoint_at(size) for size in now.sizes()}:
        old = parse_checkpoint(text)
        assert old.root == root_of(leaves[: old.size]), old.size
        check_consistency(old.size, old.root, now.size, now.signed.root, now.consistency(old.size))
    held_against_the_log(at, entries)
    records = {entry.id for entry in entries if isinstance(entry, RecordEntry)}
    for word, _, rest in (line.partition(" ") for line in lines):
        if word == "capture":
            assert rest in records
        elif word == "event":
            assert isinstance(entries[int(rest)], EventEntry)
    assert [found for found in verify(at) if isinstance(found, Finding)] == []
    at.close()
    Collection.rebuild(at.path)
    assert at.log().size == now.size
    at.close()


def held_against_the_log(at: Collection, entries: list[Entry]) -> None:
    """Every record of every file has its entry, in the file's order; every file has its seal."""
    logged: dict[str, list[tuple[int, RecordEntry]]] = {}
    seals: dict[str, SealEntry] = {}
    for index, entry in enumerate(entries):
        if isinstance(entry, RecordEntry):
            assert entry.file not in seals
            logged.setdefault(entry.file, []).append((index, entry))
        elif isinstance(entry, SealEntry):
            assert entry.file not in seals
            seals[entry.file] = entry
    rows = {row.name: row for row in at.catalogue.files()}
    assert sorted(logged) == sorted(seals) == sorted(rows) == sorted(path.name for path in at.archive_folder.iterdir())
    for name, mine in logged.items():
        path = at.archive_folder / name
        found = [(one.n, one.record_id, one.record_digest, one.type) for one in read_records(path)]
        assert [(one.n, one.id, one.digest, one.type) for _, one in mine] == found
        assert mine[0][0] == seals[name].first == rows[name].first_entry
        assert (seals[name].records, seals[name].bytes) == (len(found), path.stat().st_size)
        assert seals[name].digest == digest(path.read_bytes())


def steps(folder: Path) -> list[str]:
    """What a crawl on a sound disk does to it."""
    faults = Faults(refuse)
    with collection(folder) as at, disk(faults):
        crawl(at, lambda line: None)
    return faults.done


@pytest.mark.usefixtures("made_at_once")
@pytest.mark.parametrize("power", [None, *WAYS])
def test_a_crawl_that_is_killed_between_any_two_steps_is_whole_in_the_log_after_recovery(
    tmp_path: Path, power: Way | None
) -> None:
    """Append, seal, checkpoint, and the next file."""
    total = steps(tmp_path / "sound")
    child = None
    for n in [*drawn(total, 12 if power is None else 4, seed=("crawl", power)), None]:
        with collection(tmp_path / str(n)) as at:
            shadow = tmp_path / f"shadow-{n}" if power is not None else None
            child = Child(at.path, lambda say, at=at: crawl(at, say), n, shadow)  # type: ignore[misc]
            # the pair may be one group or two
            assert child.killed == (n is not None) or (n or 0) > len(total) - 20
            if power is not None:
                child.cut_power(power)
            holds_together(at, child.seen, child.lines)
        shutil.rmtree(tmp_path / str(n))
    assert child is not None
    assert len([line for line in child.lines if line.startswith("capture")]) == 5


@pytest.mark.usefixtures("made_at_once")
@pytest.mark.parametrize("on", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("act", [refuse, write_half])
def test_a_crawl_on_a_disk_that_fails_at_any_step_is_whole_in_the_log_after_recovery(
    tmp_path: Path, act: Callable[[str, Any], None], on: bool
) -> None:
    total = steps(tmp_path / "sound")
    for n in drawn(total, 8, seed=("disk", on)):
        if act is write_half and total[n] != "pwrite":
            continue
        with collection(tmp_path / str(n)) as at:
            seen, lines = Seen(), list[str]()
            seen.look(at.path)

            def heard(name: str, details: Any, seen: Seen = seen, at: Collection = at) -> None:
                seen.look(at.path)

            with disk(Faults(act, n, on=on), heard):
                crawl(at, lines.append)
            holds_together(at, seen, lines)
        shutil.rmtree(tmp_path / str(n))


@pytest.mark.usefixtures("made_at_once")
def test_a_recovery_that_is_killed_between_any_two_steps_is_made_again_and_on_record(tmp_path: Path) -> None:
    """Each go finds what the one before left; in the end each record is logged once."""
    total = steps(tmp_path / "sound")
    closing = [n for n, name in enumerate(total) if name == "begin"]
    with collection(tmp_path / "torn") as torn:
        child = Child(torn.path, lambda say: crawl(torn, say), closing[-3])
        assert child.killed
        [path] = torn.archive_folder.glob("*.open")
        with path.open("ab") as file:
            file.write(b"\x1f\x8b\x08 half a record")
        with (torn.path / "log" / "journal").open("ab") as file:
            file.write(b"\x01\x80{half an entry")
    size = torn.log().size
    goes: list[int] = []

    def recover(at: Collection) -> None:
        at.writer().close()

    n = 0
    while True:
        copy = tmp_path / f"copy-{n}"
        shutil.copytree(torn.path, copy)
        with Collection.open(copy) as at:
            go = Child(copy, lambda say, at=at: recover(at), n)  # type: ignore[misc]
            go.seen.checkpoints |= child.seen.checkpoints
            seen = Seen()
            seen.checkpoints = go.seen.checkpoints
            with at.writer() as writer:
                assert [one.damage for one in writer.recovered if one.damage] == []
            entries = [parse_entry(entry) for _, entry in at.log().entries()]
            recoveries = [one for one in entries if isinstance(one, EventEntry) and one.type is EventType.RECOVERY]
            assert any(one.object is not None and "17 octets cut" in one.detail for one in recoveries), n
            assert any(one.object is None for one in recoveries), n
            goes.append(len(recoveries))
            holds_together(at, seen, child.lines)
        shutil.rmtree(copy)
        n += 1
        if not go.killed:
            break
    assert n > 30
    assert size > 5
    # an event may be told once more, where the kill came before what follows it; not again and again
    assert max(goes) <= min(goes) + 2


def refuse_syncs(name: str, details: Any) -> None:
    """The disk takes what is written, and cannot say that it is safe."""
    if name == "fdatasync":
        refuse(name, details)


@pytest.mark.usefixtures("made_at_once")
def test_a_file_that_the_writer_gave_up_is_logged_once_by_a_rebuild_too(tmp_path: Path) -> None:
    """Its seal comes after that of a later file; and the catalogue that knew where it begins is gone."""
    occasion = replace(OCCASION, crawl="one")
    with collection(tmp_path) as at:
        with contextlib.suppress(StorageError), at.writer() as writer:
            writer.begin_crawl("one")
            writer.store(page("<p>1", url="http://site.example/1"), occasion).result(30)
            with disk(Faults(refuse_syncs, 0, on=True)), contextlib.suppress(StorageError):
                writer.store(page("<p>2", url="http://site.example/2", hour=1), occasion).result(30)
            writer.store(page("<p>3", url="http://site.example/3", hour=2), occasion).result(30)
        at.close()
        assert len(list(at.archive_folder.iterdir())) == 2
        at.catalogue_path.unlink()
        Collection.rebuild(at.path)
        held_against_the_log(at, [parse_entry(entry) for _, entry in at.log().entries()])


@pytest.mark.usefixtures("made_at_once")
def test_a_file_that_was_closed_and_not_sealed_is_sealed_by_a_rebuild_too(tmp_path: Path) -> None:
    total = steps(tmp_path / "sound")
    renamed = [n for n, name in enumerate(total) if name in {"rename", "replace"}]
    tried = 0
    for n in range(min(renamed), len(total)):
        if total[n] != "pwrite":
            continue
        with collection(tmp_path / str(n)) as at:
            child = Child(at.path, lambda say, at=at: crawl(at, say), n)  # type: ignore[misc]
            at.catalogue_path.unlink()
            for suffix in ("-wal", "-shm"):
                Path(f"{at.catalogue_path}{suffix}").unlink(missing_ok=True)
            Collection.rebuild(at.path)
            held_against_the_log(at, [parse_entry(entry) for _, entry in at.log().entries()])
            assert child.killed
        shutil.rmtree(tmp_path / str(n))
        tried += 1
        if tried == 12 and not ALL:
            break
    assert tried
