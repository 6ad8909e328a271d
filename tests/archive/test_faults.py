"""A disk that fails and a process that is killed at any single operation: nothing acknowledged is lost.

Of the operations some are drawn, of each kind at least one; `FAULTS=all` takes all of them, in a few minutes.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from archive_samples import _new_collection, collection, page, timeout, told
from disk_faults import Faults, disk, kill, refuse, write_half
from warc_samples import BEGAN, OCCASION, TLS

from archive.audit import verify
from archive.capture import Capture
from archive.catalogue import Catalogue
from archive.check import Finding, check_file
from archive.collection import Collection
from archive.errors import StorageError
from archive.exchange import DnsAnswer, Exchange
from archive.warc import is_recovery, read_records

ANSWER = DnsAnswer("site.example", BEGAN, "NOERROR", ("site.example. 300 IN A 192.0.2.17",))
ROLL_AT = 6_000


@pytest.fixture(autouse=True)
def made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty catalogue is copied: to make its tables would take most of the time of these tests."""

    empty = _new_collection()["catalogue.sqlite"]

    def create(path: Path) -> Catalogue:
        path.write_bytes(empty)
        return Catalogue.open(path, readonly=False)

    monkeypatch.setattr(Catalogue, "create", create)


def drawn(total: list[str], share: int, *, seed: int) -> list[int]:
    """The numbers of operations to try: of every kind one, and so many others."""
    every = range(len(total))
    if os.environ.get("FAULTS") == "all":
        return list(every)
    rng = random.Random(seed)
    one_each = {rng.choice([n for n in every if total[n] == kind]) for kind in sorted(set(total))}
    return sorted(one_each | set(rng.sample(every, min(share, len(total)))))


def exchanges() -> list[Exchange]:
    """What rests on an answer and a chain, a failure, a page that rolls the file over, and pages after it."""
    return [
        page("<p>1", url="https://site.example/1", tls=TLS, dns=ANSWER),
        replace(timeout(url="http://site.example/2", hour=1), dns=ANSWER),
        page(os.urandom(4_000).hex(), url="http://site.example/3", hour=2),
        page("<p>4", url="https://site.example/4", hour=3, tls=TLS),
        page("<p>5", url="http://site.example/5", hour=4),
    ]


def write(at: Collection, acknowledge: Callable[[Capture], None]) -> list[Future[Capture]]:
    """A crawl, each exchange when the one before is safe or refused, then two at once."""
    futures: list[Future[Capture]] = []
    with at.writer(roll_at=ROLL_AT) as writer:
        writer.begin_crawl("one")
        for each in exchanges():
            future = writer.store(each, replace(OCCASION, crawl="one"))
            futures.append(future)
            with contextlib.suppress(StorageError):
                acknowledge(future.result(10))
        last = [page(f"<p>{n}", url=f"http://site.example/{n}", hour=5) for n in (6, 7)]
        pair = [writer.store(each, replace(OCCASION, crawl="one")) for each in last]
        futures.extend(pair)
        for future in pair:
            with contextlib.suppress(StorageError):
                acknowledge(future.result(10))
    return futures


def holds(at: Collection, acknowledged: dict[str, str]) -> None:
    """After a recovery: all that was acknowledged is there, all files are sound, and the catalogue is what they say."""
    at.close()
    with at.writer() as writer:
        assert [one.damage for one in writer.recovered if one.damage] == []
    captures = {capture.record_id: capture.record_digest for capture in at.catalogue.captures()}
    assert acknowledged.items() <= captures.items()
    files = sorted(at.archive_folder.iterdir())
    assert [path.name for path in files] == [row.name for row in at.catalogue.files()]
    for path in files:
        assert list(check_file(path)) == []
    assert [found for found in verify(at) if isinstance(found, Finding)] == []
    before = told(at.catalogue)
    at.close()
    Collection.rebuild(at.path)
    assert told(at.catalogue) == before
    at.close()


def operations(folder: Path) -> list[str]:
    """What a crawl on a sound disk does to it."""
    faults = Faults(refuse)
    with collection(folder) as at, disk(faults):
        write(at, lambda capture: None)
    return faults.done


# --- the disk refuses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("on", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("act", [refuse, write_half])
def test_a_disk_that_fails_at_any_operation_loses_nothing_acknowledged(
    tmp_path: Path, act: Callable[[str, Any], None], on: bool
) -> None:
    total = operations(tmp_path)
    assert {"open", "pwrite", "fdatasync", "fsync", "rename", "begin", "commit"} <= set(total)
    refused = 0
    # to take the half of what is written is a way to refuse for writes alone
    for n in [n for n in drawn(total, 5 if act is refuse else 15, seed=on) if act is refuse or total[n] == "pwrite"]:
        faults = Faults(act, n, on=on)
        acknowledged: dict[str, str] = {}
        futures: list[Future[Capture]] = []
        with collection(tmp_path / str(n)) as at:
            with disk(faults), contextlib.suppress(StorageError):
                futures = write(at, lambda one, into=acknowledged: into.update({one.record_id: one.record_digest}))  # type: ignore[misc]
            # each was told of, one way or the other, and nothing but the disk's refusal came out
            assert all(isinstance(future.exception(0), StorageError | None) for future in futures)
            refused += len(acknowledged) < 7
            if not on:
                assert len(acknowledged) >= 4 or not futures
            holds(at, acknowledged)
        shutil.rmtree(tmp_path / str(n))
    assert refused


# --- the process is killed, the power goes ---------------------------------------------------------------------------


class Child:
    """A process that does something to the disk until it is killed, and what it told before."""

    def __init__(self, run: Callable[[Callable[[str], None]], None], at: int | None) -> None:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            try:
                self._child(run, at, writing)
            finally:
                os._exit(1)
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as told_by_child:
            self.lines = told_by_child.read().splitlines()
        _, self.status = os.waitpid(pid, 0)

    @staticmethod
    def _child(run: Callable[[Callable[[str], None]], None], at: int | None, writing: int) -> None:
        def say(line: str) -> None:
            os.write(writing, f"{line}\n".encode())

        def heard(name: str, details: Any) -> None:
            if name in {"fdatasync", "fsync"}:
                path = Path(f"/proc/self/fd/{details[0]}").readlink()
                size = f" {os.fstat(details[0]).st_size}" if path.is_file() else ""
                say(f"synced {path.name}{size}")
            elif name == "rename":
                say(f"renamed {Path(details[0]).name} {Path(details[1]).name}")

        faults = Faults(kill, at)
        with disk(faults, heard):
            run(say)
        os._exit(0)

    @property
    def killed(self) -> bool:
        return os.WIFSIGNALED(self.status)

    @property
    def acknowledged(self) -> dict[str, str]:
        words = [line.split() for line in self.lines]
        return {parts[1]: parts[2] for parts in words if parts[0] == "acknowledged"}

    def cut_power(self, archive: Path) -> None:
        """Leave of the WARCs what was synced: of files the octets, of the folder the names."""
        sizes: dict[str, int] = {}
        renamed: dict[str, str] = {}
        for parts in (line.split() for line in self.lines):
            if parts[0] == "synced" and len(parts) == 3:
                sizes[parts[1]] = int(parts[2])
            elif parts[0] == "renamed":
                renamed[parts[2]] = parts[1]
                sizes[parts[2]] = sizes[parts[1]]
            elif parts == ["synced", archive.name]:
                renamed.clear()
        for path in list(archive.iterdir()):
            os.truncate(path, sizes.get(path.name, 0))
            if path.name in renamed:
                path.rename(path.with_name(renamed[path.name]))


@pytest.mark.parametrize("power", [False, True], ids=["kill", "power cut"])
def test_a_process_that_is_killed_at_any_operation_loses_nothing_acknowledged(tmp_path: Path, power: bool) -> None:
    total = operations(tmp_path)
    recovered = 0
    for n in [*drawn(total, 8, seed=power), None]:
        with collection(tmp_path / str(n)) as at:

            def crawl(say: Callable[[str], None], at: Collection = at) -> None:
                write(at, lambda capture: say(f"acknowledged {capture.record_id} {capture.record_digest}"))

            child = Child(crawl, n)
            # the last two exchanges may be one group or two
            assert child.killed == (n is not None) or (n or 0) > len(total) - 6
            if power:
                child.cut_power(at.archive_folder)
            holds(at, child.acknowledged)
            recovered += any(
                is_recovery(record) for path in at.archive_folder.iterdir() for record in read_records(path)
            )
        shutil.rmtree(tmp_path / str(n))
    assert child.status == 0, child.lines
    assert len(child.acknowledged) == 7
    assert recovered


# --- and again while it recovers -------------------------------------------------------------------------------------


@pytest.fixture
def torn(tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A collection of a process that was killed in the middle of a write, with a tail that is no record."""
    with collection(tmp_path / "torn") as at:

        def crawl(say: Callable[[str], None]) -> None:
            write(at, lambda capture: say(f"acknowledged {capture.record_id} {capture.record_digest}"))

        total = operations(tmp_path / "sound")
        child = Child(crawl, [n for n, name in enumerate(total) if name == "begin"][-3])
        assert child.killed
        [path] = at.archive_folder.glob("*.open")
        with path.open("ab") as file:
            file.write(b"\x1f\x8b\x08 half a record")
        yield at.path, child.acknowledged


def recover(path: Path) -> None:
    with Collection.open(path) as at:
        at.writer().close()


def test_a_recovery_that_the_disk_stops_at_any_operation_can_be_done_again(
    torn: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    path, acknowledged = torn
    n = stopped = 0
    while True:
        copy = tmp_path / f"copy-{n}"
        shutil.copytree(path, copy)
        faults = Faults(write_half, n, on=n % 2 == 0)
        with disk(faults), contextlib.suppress(StorageError):
            recover(copy)
            stopped -= 1
        stopped += 1
        if len(faults.done) <= n:
            break
        with Collection.open(copy) as at:
            holds(at, acknowledged)
            assert tails(copy) == [b"\x1f\x8b\x08 half a record"]
        shutil.rmtree(copy)
        n += 1
    assert n > 12
    assert stopped > n / 2


def test_a_recovery_that_is_killed_at_any_operation_can_be_done_again(
    torn: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    path, acknowledged = torn
    n = 0
    while True:
        copy = tmp_path / f"copy-{n}"
        shutil.copytree(path, copy)
        child = Child(lambda say, copy=copy: recover(copy), n)  # type: ignore[misc]
        with Collection.open(copy) as at:
            holds(at, acknowledged)
            # once, however often it was begun; and it tells of the tail, whichever go cut it off
            notes = [one for each in at.archive_folder.iterdir() for one in read_records(each) if is_recovery(one)]
            assert len(notes) == 1
            assert b"cut-octets: 17\r\n" in notes[0].block.read()
            assert tails(copy) == [b"\x1f\x8b\x08 half a record"]
        shutil.rmtree(copy)
        if not child.killed:
            break
        n += 1
    assert child.status == 0
    assert n > 12


def tails(path: Path) -> list[bytes]:
    # of WARCs; that of the journal is kept there too
    return [tail.read_bytes() for tail in (path / "recovered").glob("*.warc.gz.*.tail")]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 700 KiB: room for an empty collection and a little more."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = (
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700k", "none", place], capture_output=True, check=False)
        if shutil.which("mount")
        else None
    )
    if mounted is None or mounted.returncode:
        pytest.skip("mounting a small disk takes root")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_disk_that_is_really_full_loses_nothing_acknowledged_and_can_be_used_again(small_disk: Path) -> None:
    acknowledged: dict[str, str] = {}
    refused = 0
    with collection(small_disk) as at:
        with contextlib.suppress(StorageError), at.writer(roll_at=40_000) as writer:
            writer.begin_crawl("one")
            for n in range(60):
                each = page(os.urandom(2_000).hex(), url=f"http://site.example/{n}", hour=n)
                try:
                    capture = writer.store(each, replace(OCCASION, crawl="one")).result(30)
                    acknowledged[capture.record_id] = capture.record_digest
                except StorageError:
                    refused += 1
        assert refused
        assert acknowledged
        at.close()
        roomy = small_disk.with_name("roomy")
        shutil.copytree(at.path, roomy)
    with Collection.open(roomy) as at:
        holds(at, acknowledged)


# --- the clock -------------------------------------------------------------------------------------------------------


def test_a_clock_that_jumps_loses_nothing_and_names_no_file_twice(tmp_path: Path) -> None:
    moments = iter([BEGAN + timedelta(days=days) for days in (0, 4000, -1, 0, 0, 0, -4000, 0, 0, 0)])
    url = "http://site.example/1"
    made: list[Capture] = []
    with collection(tmp_path) as at:
        for hours in (0, 24 * 4000, -24, 0, 0):
            with at.writer(now=lambda: next(moments)) as writer:
                writer.begin_crawl(f"crawl-{len(made)}")
                each = page(f"<p>{len(made)}", url=url, hour=hours)
                made.append(writer.store(each, replace(OCCASION, crawl="one")).result())
        files = [row.name for row in at.catalogue.files()]
        assert len(set(files)) == 5
        # by their dates, and those of one instant as they came in
        assert at.catalogue.captures_of(url) == [made[n] for n in (2, 0, 3, 4, 1)]
        assert [found for found in verify(at) if isinstance(found, Finding)] == []
        at.close()
        holds(at, {capture.record_id: capture.record_digest for capture in made})
