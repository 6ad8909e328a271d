"""Releasing: no WARC goes from here while anything of what must be so is not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from archive_samples import collection, crawled, page
from filled_copies import fill, in_folder, put

from archive.collection import Collection
from archive.copies import ProblemKind
from archive.copying import Destination
from archive.digest import Digest
from archive.errors import LogError, StorageError
from archive.folder_target import FolderTarget
from archive.holding import Holder
from archive.place import FolderPlace
from archive.releasing import Outcome, Releasing
from archive.sealed import sealed_files
from archive.state import State
from archive.target import Level, LockMode, Placed, Retention, Source
from archive.writer import utc_now


@dataclass
class Kept:
    """A collection with three WARCs and two copies in folders."""

    at: Collection
    state: State
    holders: list[Holder]
    warcs: list[str]

    def work(self, *, wanted: int = 2, days: int = 0) -> Releasing:
        log = self.at.log()
        age = timedelta(days=days)
        return Releasing(self.at.path, log, sealed_files(log), self.state.copies, self.holders, wanted, age, utc_now)

    def release(self, number: int = 0, **more: int) -> Outcome:
        return self.work(**more).release(self.name(number))

    def name(self, number: int = 0) -> str:
        return self.warcs[number].removeprefix("archive/")

    def path(self, number: int = 0) -> Path:
        return self.at.path / self.warcs[number]

    def there(self, copy: int = 0, number: int = 0) -> Path:
        """The file as it lies at a copy."""
        target = self.holders[copy].target
        assert isinstance(target, FolderTarget)
        return target.path / self.warcs[number]

    def problems(self, copy: int = 0) -> list[ProblemKind]:
        return [problem.kind for problem in self.state.copies.problems(self.holders[copy].name)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The collection and its two copies, made once."""
    folder = tmp_path_factory.mktemp("kept")
    holders = [in_folder(name, folder / name) for name in ("north", "south")]
    with collection(folder) as at:
        for hour in range(3):
            crawled(at, f"crawl-{hour}", page(f"page {hour}", hour=hour))
        with State.open(at.path, readonly=False) as state:
            for holder in holders:
                fill(at, state.copies, holder, utc_now())
    return folder


@pytest.fixture
def kept(made: Path, tmp_path: Path) -> Iterator[Kept]:
    for name in ("collection", "north", "south"):
        shutil.copytree(made / name, tmp_path / name)
    holders = [in_folder(name, tmp_path / name) for name in ("north", "south")]
    with Collection.open(tmp_path / "collection") as at, State.open(tmp_path / "collection", readonly=False) as state:
        yield Kept(at, state, holders, sorted(f"archive/{name}" for name in sealed_files(at.log())))


def stays(kept: Kept, words: str, *, wrong: bool, number: int = 0, **more: int) -> None:
    """It stays for that reason, and nothing says otherwise."""
    outcome = kept.release(number, **more)
    assert not outcome.released
    assert words in outcome.why
    assert outcome.wrong is wrong
    assert os.path.lexists(kept.path(number))
    assert kept.state.copies.released() == []


def test_a_file_that_is_safe_at_two_places_goes_and_the_state_says_so(kept: Kept) -> None:
    octets = kept.path().read_bytes()

    outcome = kept.release()

    assert outcome == Outcome(kept.warcs[0], len(octets), released=True, copies=("north", "south"))
    assert not kept.path().exists()
    row = kept.state.copies.released_file(kept.warcs[0])
    assert row is not None
    assert [copy.target for copy in row.copies] == ["south", "north"]
    assert kept.there().read_bytes() == octets
    assert kept.path(1).exists()
    assert kept.problems() == []


def test_a_dry_run_looks_at_everything_and_takes_nothing(kept: Kept) -> None:
    outcome = kept.work().release(kept.name(), dry_run=True)

    assert (outcome.released, outcome.why, outcome.copies) == (False, "", ("north", "south"))
    assert kept.path().exists()
    assert kept.state.copies.released() == []


# --- here -------------------------------------------------------------------------------------------------------------


def test_an_open_file_is_no_candidate_and_an_unsealed_one_stays(kept: Kept) -> None:
    (kept.at.archive_folder / "north-20261122010000000-00009-00000000.warc.gz.open").write_bytes(b"open")
    shutil.copy(kept.path(), kept.at.archive_folder / "copy.warc.gz")

    work = kept.work()

    assert work.candidates() == sorted([*(kept.name(n) for n in range(3)), "copy.warc.gz"])
    outcome = work.release("copy.warc.gz")
    assert (outcome.released, outcome.why) == (False, "it is not sealed under a signed checkpoint")


def test_a_young_file_stays(kept: Kept) -> None:
    stays(kept, "younger than 100000 days", wrong=False, days=100_000)


@pytest.mark.parametrize("how", ["flipped", "cut", "grown"])
def test_a_file_that_is_not_what_the_log_says_stays(kept: Kept, how: str) -> None:
    octets = kept.path().read_bytes()
    changed = {"flipped": bytes([octets[0] ^ 1]) + octets[1:], "cut": octets[:-1], "grown": octets + b"\0"}[how]
    kept.path().write_bytes(changed)

    stays(kept, "as the log says, found", wrong=True)


def test_a_link_in_the_place_of_a_file_is_not_followed(kept: Kept, tmp_path: Path) -> None:
    kept.path().rename(tmp_path / "real.warc.gz")
    kept.path().symlink_to(tmp_path / "real.warc.gz")

    stays(kept, "it cannot be read here", wrong=True)
    kept.path().unlink()
    os.mkfifo(kept.path())
    stays(kept, "it is no plain file", wrong=True)


def test_a_file_that_changes_meanwhile_stays(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    good = Releasing._good_copies

    def slow(self: Releasing, file: str, sealed: object) -> tuple[str, ...]:
        found = good(self, file, sealed)  # type: ignore[arg-type]  # as it is called
        with kept.path().open("ab") as octets:
            octets.write(b"one more")
        return found

    monkeypatch.setattr(Releasing, "_good_copies", slow)

    stays(kept, "it was changed while it was looked at", wrong=True)


def test_a_log_that_no_key_of_its_own_has_signed_releases_nothing(kept: Kept) -> None:
    checkpoint = kept.at.path / "log/checkpoint"
    text, _, signature = checkpoint.read_bytes().rpartition(b" ")
    forged = bytes([signature[8] ^ 1]) + signature[9:]
    checkpoint.write_bytes(text + b" " + signature[:8] + forged)

    with pytest.raises(LogError, match="nothing is released on the word of log/checkpoint"):
        kept.work().hold()


def test_a_sound_log_is_relied_on(kept: Kept) -> None:
    kept.work().hold()


# --- there ------------------------------------------------------------------------------------------------------------


def test_one_copy_is_not_two(kept: Kept) -> None:
    kept.holders.pop()

    stays(kept, "expected 2 good copies, found 1", wrong=False)
    assert kept.release(wanted=1).released


def test_two_copies_on_one_disk_are_one(kept: Kept) -> None:
    kept.holders[1] = replace(kept.holders[1], place=kept.holders[0].place)

    stays(kept, "south: at the same place as north", wrong=False)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda path: path.write_bytes(bytes(path.stat().st_size)), "damaged: expected sha256:"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "truncated: expected"),
        (lambda path: path.write_bytes(path.read_bytes() + b"x"), "truncated: expected"),
        (lambda path: path.unlink(), "lost: expected"),
    ],
)
def test_a_copy_that_is_not_whole_is_found_and_named(kept: Kept, act: Callable[[Path], object], words: str) -> None:
    kept.there(1).chmod(0o600)
    act(kept.there(1))

    stays(kept, f"south: {words}", wrong=True)
    assert len(kept.problems(1)) == 1


def test_a_problem_that_is_not_mended_keeps_the_file(kept: Kept) -> None:
    note = kept.state.copies.note_problem
    note("south", kept.warcs[0], ProblemKind.NO_LOCK, "a lock", "none", utc_now())
    stays(kept, "south: no lock: expected a lock, found none", wrong=True)
    kept.state.copies.mend("south", kept.warcs[0], utc_now())
    note("south", "", ProblemKind.ROLLED_BACK, "a log", "an older one", utc_now())
    stays(kept, "south: rolled back", wrong=True)
    kept.state.copies.mend("south", "", utc_now())
    note("south", kept.warcs[1], ProblemKind.LOST, "octets", "none", utc_now())

    assert kept.release().released


def test_a_file_that_is_only_on_its_way_stays(kept: Kept) -> None:
    kept.state.copies.again("south", kept.warcs[0], utc_now())

    stays(kept, "south: not copied there yet", wrong=False)


def test_a_copy_of_what_the_log_does_not_say_keeps_the_file(kept: Kept) -> None:
    other = kept.path(1).read_bytes()
    kept.there(1).write_bytes(other)
    kept.state.copies.again("south", kept.warcs[0], utc_now())
    copies = kept.state.copies
    row = copies.copy("south", kept.warcs[1])
    assert row is not None
    copies.wait("south", [(kept.warcs[0], row.size, row.digest)], utc_now())
    copies.begin_upload("south", kept.warcs[0])
    copies.uploaded("south", kept.warcs[0], None, utc_now())
    copies.verified("south", kept.warcs[0], Level.READ, utc_now())

    stays(kept, "south: what was copied there is not what the log says of it now", wrong=False)


def test_a_place_that_is_gone_keeps_the_file_and_is_no_lie(kept: Kept) -> None:
    target = kept.holders[1].target
    assert isinstance(target, FolderTarget)
    target.path.rename(target.path.with_name("away"))

    outcome = kept.release()

    assert (outcome.released, outcome.wrong, outcome.unasked) == (False, False, True)
    assert "south: it could not be looked at" in outcome.why
    assert kept.problems(1) == []


def test_an_empty_folder_in_the_place_of_the_disk_is_none(kept: Kept) -> None:
    target = kept.holders[1].target
    assert isinstance(target, FolderTarget)
    target.path.rename(target.path.with_name("away"))
    target.path.mkdir()

    outcome = kept.release()

    assert not outcome.released
    assert kept.path().exists()


def test_the_place_of_another_collection_is_none(kept: Kept) -> None:
    target = kept.holders[1].target
    assert isinstance(target, FolderTarget)
    mark = target.path / "khronika-copy"
    mark.chmod(0o600)
    mark.write_text("another\n", "utf-8")

    stays(kept, "south: foreign", wrong=True)
    assert kept.problems(1) == [ProblemKind.FOREIGN]


# --- locks ------------------------------------------------------------------------------------------------------------


class LockingFolder(FolderTarget):
    """A folder that says of each file whatever lock a test wants it to say."""

    locks = True
    told: Retention | None = None
    deaf = False
    """Whether it answers well to a lock that is asked for, and keeps none."""

    def retention(self, name: str, version: str | None) -> Retention | None:
        return self.told

    def retain(self, name: str, version: str | None, retention: Retention) -> None:
        if not self.deaf:
            self.told = retention

    def put(self, name: str, source: Source, digest: Digest, **more: Any) -> Placed:
        if more.pop("retention", None) is not None and self.told is None:
            self.told = Retention(LockMode.GOVERNANCE, utc_now() + timedelta(days=400))
        return super().put(name, source, digest, **more)


@pytest.fixture
def locked(kept: Kept, tmp_path: Path) -> tuple[Kept, LockingFolder]:
    """A third copy, in the place of the second, which was locked for ten days when it was filled."""
    (tmp_path / "locked").mkdir()
    target = LockingFolder(tmp_path / "locked")
    place = FolderPlace(tmp_path / "locked")
    destination = Destination("locked", place, LockMode.GOVERNANCE, 10, target=target)
    kept.holders[1] = Holder(destination, "disk locked")
    fill(kept.at, kept.state.copies, kept.holders[1], utc_now())
    return kept, target


def test_a_lock_that_holds_is_enough(locked: tuple[Kept, LockingFolder]) -> None:
    kept, _ = locked

    assert kept.release().released


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (None, "locked: no lock: expected governance until"),
        (Retention(LockMode.GOVERNANCE, utc_now() + timedelta(days=2)), "locked: other lock: expected governance"),
        (Retention(LockMode.GOVERNANCE, utc_now() - timedelta(days=2)), "locked: other lock: expected governance"),
    ],
)
def test_a_lock_that_is_gone_or_shorter_keeps_the_file(
    locked: tuple[Kept, LockingFolder], told: Retention | None, words: str
) -> None:
    kept, target = locked
    target.told, target.deaf = told, True

    stays(kept, words, wrong=True)
    assert len(kept.problems(1)) == 1


def test_a_stronger_lock_is_one_too(locked: tuple[Kept, LockingFolder]) -> None:
    kept, target = locked
    target.told = Retention(LockMode.COMPLIANCE, utc_now() + timedelta(days=400))

    assert kept.release().released


def test_a_weaker_lock_than_was_asked_for_is_none(locked: tuple[Kept, LockingFolder]) -> None:
    kept, _ = locked
    kept.holders[1] = replace(
        kept.holders[1], destination=replace(kept.holders[1].destination, lock=LockMode.COMPLIANCE)
    )
    target = kept.holders[1].target
    assert isinstance(target, LockingFolder)
    target.deaf = True

    stays(kept, "locked: other lock: expected compliance until", wrong=True)


def test_a_lock_that_has_run_out_is_no_lock_any_more(locked: tuple[Kept, LockingFolder]) -> None:
    kept, target = locked
    work = kept.work()
    later = utc_now() + timedelta(days=20)
    target.told = Retention(LockMode.GOVERNANCE, utc_now() + timedelta(days=15))

    work.now = lambda: later
    outcome = work.release(kept.name())

    assert not outcome.released
    assert "locked: its lock has run out on" in outcome.why
    assert kept.path().exists()


# --- provable ---------------------------------------------------------------------------------------------------------


def test_a_file_that_no_checkpoint_there_covers_stays(kept: Kept) -> None:
    crawled(kept.at, "crawl-new", page("new", hour=9))
    kept.at.close()
    new = next(name for name in sealed_files(kept.at.log()) if f"archive/{name}" not in kept.warcs)
    for holder in kept.holders:
        put(kept.at.path, kept.state.copies, holder, f"archive/{new}", utc_now())
    kept.warcs.append(f"archive/{new}")

    stays(kept, "no checkpoint is there yet that covers it", wrong=False, number=3)
    for holder in kept.holders:
        fill(kept.at, kept.state.copies, holder, utc_now())
    assert kept.release(3).released


def test_a_log_there_that_cannot_prove_it_keeps_the_file(kept: Kept) -> None:
    target = kept.holders[1].target
    assert isinstance(target, FolderTarget)
    for tile in (target.path / "log/tile/entries").rglob("*"):
        if tile.is_file():
            tile.chmod(0o600)
            octets = bytearray(tile.read_bytes())
            octets[-1] ^= 1
            tile.write_bytes(octets)

    outcome = kept.release(2)

    assert (outcome.released, outcome.wrong) == (False, True)
    assert kept.path(2).exists()


def test_a_log_there_that_was_put_back_is_found(kept: Kept) -> None:
    target = kept.holders[1].target
    assert isinstance(target, FolderTarget)
    first = min((target.path / "log/checkpoints").iterdir(), key=lambda path: int(path.name))
    checkpoint = target.path / "log/checkpoint"
    checkpoint.chmod(0o600)
    checkpoint.write_bytes(first.read_bytes())

    stays(kept, "south: rolled back: expected a log of at least", wrong=True)
    assert kept.problems(1) == [ProblemKind.ROLLED_BACK]


# --- a kill in between ------------------------------------------------------------------------------------------------


def test_a_kill_after_the_row_and_before_the_file_goes_is_settled(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr("archive.releasing.os.unlink", kill)
    with pytest.raises(Killed):
        kept.release()
    monkeypatch.undo()
    assert kept.path().exists()
    assert len(kept.state.copies.released()) == 1

    work = kept.work()

    assert work.settle() == ([kept.warcs[0]], [])
    assert kept.state.copies.released() == []
    assert work.settle() == ([], [])
    assert work.release(kept.name()).released


def test_another_file_in_the_place_of_a_released_one_does_not_count_as_it(kept: Kept) -> None:
    assert kept.release().released
    kept.path().write_bytes(b"something else")

    work = kept.work()

    assert work.settle() == ([], [kept.warcs[0]])
    assert len(kept.state.copies.released()) == 1
    outcome = work.release(kept.name())
    assert (outcome.released, outcome.wrong) == (False, True)
    assert kept.path().read_bytes() == b"something else"


def test_a_file_that_the_system_will_not_take_away_stays_and_nothing_says_otherwise(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("archive.releasing.os.unlink", refuse)
    with pytest.raises(StorageError, match=r"releasing .* Operation not permitted"):
        kept.release()

    assert kept.path().exists()
    assert kept.state.copies.released() == []
