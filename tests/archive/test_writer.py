"""The writer: groups, what an acknowledgement means, revisits, roll-over, full and read-only disks, the lock."""

from __future__ import annotations

import contextlib
import errno
import gzip
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from archive_samples import URL, collection, crawled, page, put, unprivileged
from warc_samples import BEGAN, OCCASION, all_exchanges, exchange, failure

from archive import warc as warc_module
from archive import writer as writer_module
from archive.capture import Capture
from archive.catalogue import Catalogue
from archive.collection import Collection
from archive.digest import digest
from archive.errors import CollectionLockedError, ExchangeError, StorageError
from archive.exchange import Outcome
from archive.warc import OPEN_SUFFIX, WarcWriter, captures_in, read_records, serial_of
from archive.writer import Writer


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Collection]:
    with collection(tmp_path) as made:
        yield made


def stored(at: Collection) -> list[Capture]:
    """What the WARCs hold, by themselves."""
    return [
        capture
        for path in sorted(at.archive_folder.iterdir())
        for capture in captures_in(read_records(path, name=path.name.removesuffix(OPEN_SUFFIX)))
    ]


def in_order(captures: list[Capture]) -> list[Capture]:
    return sorted(captures, key=lambda capture: capture.captured_at)


@contextlib.contextmanager
def room(octets: int) -> Iterator[None]:
    """No file may grow beyond so many octets: to a program that is a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# --- groups ----------------------------------------------------------------------------------------------------------


def test_all_that_waits_is_synced_at_once_and_acknowledged_only_after_sync_and_catalogue(
    at: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    futures: list[Future[Capture]] = []
    in_first_sync, go_on = threading.Event(), threading.Event()
    sync, commit = warc_module.fdatasync, Catalogue.commit_records

    def slow_sync(fd: int) -> None:
        in_first_sync.set()
        assert go_on.wait(10)
        sync(fd)
        events.append(f"synced, {sum(future.done() for future in futures)} done")

    def told_commit(self: Catalogue, file: str, size: int, records: Any, captures: Any) -> None:
        commit(self, file, size, records, captures)
        events.append(f"entered {len(captures)}, {sum(future.done() for future in futures)} done")

    monkeypatch.setattr(warc_module, "fdatasync", slow_sync)
    monkeypatch.setattr(Catalogue, "commit_records", told_commit)
    with at.writer() as writer:
        writer.begin_crawl("one")
        futures.append(writer.store(page("<p>0"), OCCASION))
        assert in_first_sync.wait(10)
        futures.extend(writer.store(page(f"<p>{n}", url=f"{URL}/{n}"), OCCASION) for n in range(20))
        assert not any(future.done() for future in futures)
        go_on.set()
        captures = [future.result() for future in futures]

    assert events == ["synced, 0 done", "entered 1, 0 done", "synced, 1 done", "entered 20, 1 done"]
    assert at.catalogue.captures_of(URL) == captures[:1]


def test_the_catalogue_knows_what_the_warcs_hold_for_every_kind_of_exchange(at: Collection) -> None:
    captures = crawled(at, "one", *all_exchanges().values())

    assert stored(at) == captures
    assert list(at.catalogue.captures()) == in_order(captures)


def test_a_caller_waits_when_too_many_exchanges_wait_already(at: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, full = threading.Event(), threading.Event()
    monkeypatch.setattr(warc_module, "fdatasync", lambda fd: go_on.wait(10))
    accepted: list[Future[Capture]] = []

    def fill(writer: Writer) -> None:
        for n in range(3 * writer_module.WAITING):
            accepted.append(writer.store(page("<p>x", url=f"{URL}/{n}"), OCCASION))
            if len(accepted) == writer_module.WAITING:
                full.set()

    with at.writer() as writer:
        writer.begin_crawl("one")
        thread = threading.Thread(target=fill, args=(writer,))
        thread.start()
        assert full.wait(10)
        thread.join(0.2)
        # those in the group that is synced, and those that wait
        assert len(accepted) <= 2 * writer_module.WAITING
        assert thread.is_alive()
        go_on.set()
        thread.join(10)
        assert len([future.result() for future in accepted]) == 3 * writer_module.WAITING


def test_what_was_fetched_is_kept_even_when_its_caller_gives_up(at: Collection) -> None:
    with at.writer() as writer:
        writer.begin_crawl("one")
        future = writer.store(page("<p>five"), OCCASION)
        assert not future.cancel()

    assert at.catalogue.captures_of(URL) == [future.result()]


def test_an_exchange_that_contradicts_itself_fails_alone_and_every_exchange_is_closed(at: Collection) -> None:
    wrong = replace(failure(Outcome.TIMEOUT, request=b"GET / HTTP/1.1", stage="head"), status=200)
    right = page("<p>five")
    with at.writer() as writer:
        writer.begin_crawl("one")
        refused, kept = writer.store(wrong, OCCASION), writer.store(right, OCCASION)
        assert isinstance(refused.exception(), ExchangeError)
        capture = kept.result()

    assert stored(at) == [capture]
    for spool in (wrong.request, right.response):
        assert len(spool) > 0
        with pytest.raises(ValueError, match="closed"):
            spool.read()


def test_a_closed_writer_refuses_and_may_be_closed_again(at: Collection) -> None:
    writer = at.writer()
    writer.close()
    writer.close()

    with pytest.raises(StorageError, match="writing it has ended"):
        writer.store(page("<p>five"), OCCASION)
    with pytest.raises(StorageError, match="writing it has ended"):
        writer.begin_crawl("one")


def test_nothing_is_stored_before_a_crawl_begins(at: Collection) -> None:
    with at.writer() as writer, pytest.raises(ExchangeError, match="expected the beginning of a crawl"):
        writer.store(page("<p>five"), OCCASION).result()
    assert list(at.archive_folder.iterdir()) == []


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_file_that_is_large_enough_is_closed_and_the_next_begun(at: Collection) -> None:
    with at.writer(roll_at=20_000) as writer:
        writer.begin_crawl("one", [("operator", "Archive of the North")])
        occasion = replace(OCCASION, crawl="one")
        bodies = {f"{URL}/{n}": os.urandom(4000).hex() for n in range(20)}
        futures = [writer.store(page(body, url=url), occasion) for url, body in bodies.items()]
        captures = [future.result() for future in futures]

    rows = list(at.catalogue.files())
    assert len(rows) > 3
    assert all(row.closed and row.crawl == "one" for row in rows)
    # each is over the limit by its last exchange at most
    assert all(20_000 <= row.size < 26_000 for row in rows[:-1])
    assert [row.name for row in rows] == sorted(path.name for path in at.archive_folder.iterdir())
    for row in rows:
        octets = (at.archive_folder / row.name).read_bytes()
        assert (row.size, row.digest) == (len(octets), digest(octets))
        assert gzip.decompress(octets).startswith(b"WARC/1.1\r\nWARC-Type: warcinfo\r\n")
        assert b"operator: Archive of the North\r\nisPartOf: one\r\n" in gzip.decompress(octets)
    assert stored(at) == captures
    assert {capture.url: at.payload(capture).octets.decode() for capture in captures} == bodies


def test_each_crawl_has_files_of_its_own(at: Collection) -> None:
    with at.writer() as writer:
        [one] = put(writer, "one", page("<p>five"))
        [two] = put(writer, "two", page("<p>eight", hour=1))
        writer.begin_crawl("three")

    assert one.location.file != two.location.file
    assert [(row.name, row.crawl) for row in at.catalogue.files()] == [
        (one.location.file, "one"),
        (two.location.file, "two"),
    ]
    assert [crawl.id for crawl in at.catalogue.crawls()] == ["one", "two"]


def test_a_file_that_is_being_written_can_be_read(at: Collection) -> None:
    with at.writer() as writer:
        [capture] = put(writer, "one", page("<p>five"))
        assert [path.suffix for path in at.archive_folder.iterdir()] == [OPEN_SUFFIX]
        assert at.payload(capture).octets == b"<p>five"
        [row] = at.catalogue.files()
        assert (row.closed, row.digest, row.records) == (False, None, 4)
        assert row.size == (at.archive_folder / (row.name + OPEN_SUFFIX)).stat().st_size


# --- revisits --------------------------------------------------------------------------------------------------------


def test_an_unchanged_page_of_an_earlier_crawl_becomes_a_revisit_with_the_same_payload(at: Collection) -> None:
    [one] = crawled(at, "one", page("<p>five"))
    [two] = crawled(at, "two", page("<p>five", hour=1))

    assert two.refers_to == one.record_id
    assert two.location.file != one.location.file
    assert at.record(two.location).type == "revisit"
    assert at.payload(two).octets == at.payload(one).octets == b"<p>five"


def test_a_page_fetched_twice_in_one_crawl_is_stored_twice(at: Collection) -> None:
    one, two = crawled(at, "one", page("<p>five"), page("<p>five", hour=1))

    assert (one.refers_to, two.refers_to) == (None, None)


def test_what_was_sent_with_a_form_is_never_a_revisit(at: Collection) -> None:
    def sent(hour: float) -> Any:
        return page("<p>found", hour=hour, method="POST", request=b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nq")

    crawled(at, "one", sent(0))
    [two] = crawled(at, "two", sent(1))
    assert two.refers_to is None


def test_revisits_can_be_switched_off(at: Collection) -> None:
    crawled(at, "one", page("<p>five"))
    with at.writer(deduplicate=False) as writer:
        [two] = put(writer, "two", page("<p>five", hour=1))

    assert two.refers_to is None


def test_a_payload_whose_original_is_lost_is_stored_again(at: Collection) -> None:
    [one] = crawled(at, "one", page("<p>five"))
    (at.archive_folder / one.location.file).unlink()
    [two] = crawled(at, "two", page("<p>five", hour=1))

    assert two.refers_to is None
    assert at.payload(two).octets == b"<p>five"


# --- the disk refuses ------------------------------------------------------------------------------------------------


def test_a_full_disk_fails_the_exchange_and_the_writer_goes_on_when_there_is_room(at: Collection) -> None:
    with at.writer() as writer:
        [one] = put(writer, "one", page("<p>five"))
        occasion = replace(OCCASION, crawl="one")
        with room(200_000):
            refused = writer.store(page(os.urandom(400_000).hex(), url=f"{URL}/2"), occasion)
            with pytest.raises(StorageError, match=r"writing khronika-.*: File too large"):
                refused.result()
            small = writer.store(page("<p>six", url=f"{URL}/3"), occasion).result()
        three = writer.store(page("<p>eight", hour=1), occasion).result()

    assert stored(at) == [one, small, three]
    assert list(at.catalogue.captures()) == in_order([one, small, three])
    assert all(row.closed for row in at.catalogue.files())


def test_a_catalogue_without_room_fails_the_future_and_is_brought_up_with_the_next_group(at: Collection) -> None:
    journal = at.catalogue_path.with_name("catalogue.sqlite-wal")
    with at.writer() as writer:
        [one] = put(writer, "one", page("<p>five"))
        occasion = replace(OCCASION, crawl="one")
        with room(journal.stat().st_size):
            refused = writer.store(page("<p>six", hour=1), occasion)
            with pytest.raises(StorageError, match=r"catalogue\.sqlite: "):
                refused.result()
        assert list(at.catalogue.captures()) == [one]
        three = writer.store(page("<p>eight", hour=2), occasion).result()

    # not acknowledged, and stored all the same
    assert [capture.captured_at.hour for capture in stored(at)] == [1, 2, 3]
    assert list(at.catalogue.captures()) == stored(at)
    assert stored(at)[2] == three


def test_a_catalogue_that_stays_without_room_leaves_the_file_to_the_next_writer(at: Collection) -> None:
    writer = at.writer()
    put(writer, "one", page("<p>five"))
    with room(at.catalogue_path.with_name("catalogue.sqlite-wal").stat().st_size):
        refused = writer.store(page("<p>six", hour=1), replace(OCCASION, crawl="one"))
        assert isinstance(refused.exception(), StorageError)
        with pytest.raises(StorageError, match=r"catalogue\.sqlite: "):
            writer.close()
    assert [path.suffix for path in at.archive_folder.iterdir()] == [OPEN_SUFFIX]

    with at.writer() as writer:
        [recovered] = writer.recovered
    assert (recovered.captures, recovered.cut_octets, recovered.damage) == (1, 0, None)
    assert list(at.catalogue.captures()) == stored(at)
    assert len(stored(at)) == 2


def test_a_sync_that_fails_fails_all_who_wait_and_a_new_file_takes_what_comes(
    at: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at.writer() as writer:
        [one] = put(writer, "one", page("<p>five"))
        occasion = replace(OCCASION, crawl="one")
        with monkeypatch.context() as patch:
            patch.setattr(warc_module, "fdatasync", failing)
            refused = [writer.store(page(f"<p>{n}", url=f"{URL}/{n}"), occasion) for n in range(5)]
            assert all(isinstance(future.exception(), StorageError) for future in refused)
        two = writer.store(page("<p>eight", hour=1), occasion).result()
        assert two.location.file != one.location.file

    with at.writer() as writer:
        assert [recovered.file for recovered in writer.recovered] == [one.location.file]
    assert stored(at) == [one, two]
    assert list(at.catalogue.captures()) == [one, two]


def failing(fd: int) -> None:
    raise OSError(5, "Input/output error")


def test_a_folder_that_cannot_be_written_is_refused_in_plain_words(at: Collection) -> None:
    crawled(at, "one", page("<p>five"))
    (at.path / ".lock").unlink()
    at.path.chmod(0o555)
    try:
        with pytest.raises(StorageError, match=r"expected a collection that can be written.*Permission denied"):
            unprivileged(at.writer)
    finally:
        at.path.chmod(0o755)


def test_an_archive_folder_that_cannot_be_written_fails_the_future(at: Collection) -> None:
    at.archive_folder.chmod(0o555)
    try:

        def attempt() -> BaseException | None:
            with at.writer() as writer:
                writer.begin_crawl("one")
                return writer.store(page("<p>five"), OCCASION).exception()

        error = unprivileged(attempt)
    finally:
        at.archive_folder.chmod(0o755)
    assert isinstance(error, StorageError)
    assert "Permission denied" in str(error)
    assert str(at.path) not in str(error)
    assert crawled(at, "two", page("<p>five")) == stored(at)


# --- the lock --------------------------------------------------------------------------------------------------------


def test_a_second_writer_is_refused_and_told_who_writes(at: Collection) -> None:
    with at.writer(), pytest.raises(CollectionLockedError, match=f"found process {os.getpid()} writing it"):
        at.writer()
    with pytest.raises(CollectionLockedError, match="process"), at.writer():
        Collection.rebuild(at.path)
    at.writer().close()


def test_a_second_process_is_refused_until_the_first_is_killed(at: Collection) -> None:
    holding = (
        "import sys, time; from pathlib import Path; from archive.collection import Collection\n"
        "writer = Collection.open(Path(sys.argv[1])).writer()\n"
        "print('writing', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", holding, at.path], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        with pytest.raises(CollectionLockedError, match=f"found process {process.pid} writing it"):
            at.writer()
        process.kill()
    at.writer().close()


def test_a_forked_worker_that_outlives_a_killed_writer_does_not_keep_the_lock(at: Collection) -> None:
    forking = (
        "import os, sys, time; from pathlib import Path; from archive.collection import Collection\n"
        "writer = Collection.open(Path(sys.argv[1])).writer()\n"
        "if not os.fork(): print(os.getpid(), flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", forking, at.path], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        try:
            with pytest.raises(CollectionLockedError):
                at.writer()
            process.kill()
            process.wait()
            os.kill(child, 0)
            at.writer().close()
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_writer_that_cannot_begin_gives_the_lock_back(at: Collection) -> None:
    at.catalogue_path.rename(at.path / "elsewhere")
    with pytest.raises(Exception, match="khronika rebuild"):
        at.writer()
    (at.path / "elsewhere").rename(at.catalogue_path)

    at.writer().close()


def test_the_first_error_is_told_when_closing_fails_too(at: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise StorageError("full")

    with pytest.raises(KeyboardInterrupt), at.writer() as writer:
        put(writer, "one", exchange())
        monkeypatch.setattr(Catalogue, "close_file", refuse)
        raise KeyboardInterrupt


# --- a file that waits -----------------------------------------------------------------------------------------------


def wait_until(holds: Any) -> None:
    """Look again and again, for half a minute at most."""
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.005)


def closed_files(at: Collection) -> list[str]:
    return sorted(path.name for path in at.archive_folder.iterdir() if not path.name.endswith(OPEN_SUFFIX))


def test_a_file_into_which_nothing_is_written_is_closed_and_the_next_exchange_begins_another(at: Collection) -> None:
    with at.writer(idle=0.05) as writer:
        [one] = put(writer, "one", page("<p>five"))
        wait_until(lambda: closed_files(at) == [one.location.file])
        wait_until(lambda: [row.closed for row in at.catalogue.files()] == [True])
        [two] = [writer.store(page("<p>eight", hour=1), replace(OCCASION, crawl="one")).result(10)]
        assert two.location.file != one.location.file

    assert [(row.closed, row.crawl) for row in at.catalogue.files()] == [(True, "one")] * 2
    assert at.catalogue.captures_of(URL) == [one, two]
    assert [serial_of(row.name) for row in at.catalogue.files()] == [0, 1]


def test_idleness_is_not_measured_by_a_clock_that_can_be_set(at: Collection) -> None:
    years = iter(range(0, 7000, 365))
    with at.writer(idle=3600.0, now=lambda: BEGAN + timedelta(days=next(years))) as writer:
        put(writer, "one", page("<p>five"))
        writer.store(page("<p>eight", hour=24 * 365), replace(OCCASION, crawl="one")).result(10)

    assert len({capture.location.file for capture in at.catalogue.captures_of(URL)}) == 1


def test_without_a_time_of_idleness_a_file_stays_open(at: Collection) -> None:
    with at.writer(idle=0) as writer:
        [one] = put(writer, "one", page("<p>five"))
        time.sleep(0.1)
        assert closed_files(at) == []
        [two] = [writer.store(page("<p>eight", hour=1), replace(OCCASION, crawl="one")).result(10)]

    assert one.location.file == two.location.file


def test_an_idle_file_that_cannot_be_closed_is_told_at_the_end_and_recovered_by_the_next_writer(
    at: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = threading.Event()

    def refuse(self: WarcWriter) -> None:
        refused.set()
        raise StorageError("syncing: Input/output error")

    writer = at.writer(idle=0.05)
    [one] = put(writer, "one", page("<p>five"))
    monkeypatch.setattr(WarcWriter, "close", refuse)
    assert refused.wait(10)
    monkeypatch.undo()
    [two] = [writer.store(page("<p>eight", hour=1), replace(OCCASION, crawl="one")).result(10)]
    with pytest.raises(StorageError, match="Input/output error"):
        writer.close()

    with at.writer() as again:
        assert [recovered.file for recovered in again.recovered] == [one.location.file]
    assert at.catalogue.captures_of(URL) == [one, two]


def test_a_file_that_cannot_be_cut_back_takes_nothing_more_and_the_next_exchange_begins_another(
    at: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at.writer() as writer:
        [one] = put(writer, "one", page("<p>five"))
        with monkeypatch.context() as failing:
            failing.setattr(os, "pwrite", half_written(os.pwrite))
            failing.setattr(os, "ftruncate", refused)
            with pytest.raises(StorageError, match="No space left"):
                writer.store(page("<p>six", hour=1), replace(OCCASION, crawl="one")).result(10)
        two = writer.store(page("<p>eight", hour=2), replace(OCCASION, crawl="one")).result(10)
        assert two.location.file != one.location.file

    assert closed_files(at) == [two.location.file]
    with at.writer() as again:
        [recovered] = again.recovered
    assert (recovered.file, recovered.damage) == (one.location.file, None)
    assert recovered.cut_octets > 0
    # of the one that was refused, there may be as much as had got to the disk
    assert [capture for capture in at.catalogue.captures_of(URL) if capture.hops == OCCASION.hops] == [one, two]
    assert at.catalogue.captures_of(URL) == in_order(stored(at))


def half_written(write: Any) -> Any:
    def pwrite(fd: int, octets: Any, offset: int) -> int:
        if len(octets) < 100:
            refused()
        return int(write(fd, bytes(octets)[: len(octets) // 2], offset))

    return pwrite


def refused(*_: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_files_are_numbered_through_the_collection_whatever_the_clock_says(at: Collection) -> None:
    for days in (10, -10, 0, 0):
        with at.writer(now=lambda days=days: BEGAN + timedelta(days=days)) as writer:  # type: ignore[misc]
            put(writer, f"crawl {days}", page("<p>five"))
            put(writer, f"again {days}", page("<p>five", hour=days))

    names = [capture.location.file for capture in sorted(stored(at), key=lambda one: serial_of(one.location.file))]
    assert [serial_of(name) for name in names] == list(range(8))
    assert len(set(names)) == 8
    before = at.catalogue.captures_of(URL)
    at.close()
    Collection.rebuild(at.path)
    assert at.catalogue.captures_of(URL) == before


def test_a_name_that_is_taken_is_not_given_again(at: Collection) -> None:
    ids = (f"urn:uuid:0000000{n}-0000-4000-8000-000000000007" for n in (7, 7, 8, 9))
    stamp = BEGAN.strftime("%Y%m%d%H%M%S") + "123"
    taken = at.archive_folder / f"khronika-{stamp}-00000-00000007.warc.gz"
    taken.write_bytes(b"of somebody else")

    warc = WarcWriter.create(
        at.archive_folder, prefix="khronika", warcinfo=[], now=BEGAN, serial=0, new_id=lambda: next(ids)
    )
    warc.abandon()

    assert warc.name == f"khronika-{stamp}-00000-00000008.warc.gz"
    assert taken.read_bytes() == b"of somebody else"


# --- small and large -------------------------------------------------------------------------------------------------


def test_small_exchanges_are_safe_before_a_large_one_that_waits_with_them(
    at: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "LARGE", 10_000)
    in_first_sync, go_on = threading.Event(), threading.Event()
    sync, append = warc_module.fdatasync, WarcWriter.append
    events: list[str] = []
    futures: list[Future[Capture]] = []

    def slow_sync(fd: int) -> None:
        in_first_sync.set()
        assert go_on.wait(10)
        sync(fd)

    def told_append(self: WarcWriter, each: Any, *more: Any, **named: Any) -> Any:
        events.append(f"{each.url[-1]} with {sum(future.done() for future in futures)} done")
        return append(self, each, *more, **named)

    monkeypatch.setattr(warc_module, "fdatasync", slow_sync)
    monkeypatch.setattr(WarcWriter, "append", told_append)
    with at.writer() as writer:
        writer.begin_crawl("one")
        futures.append(writer.store(page("<p>0", url=f"{URL}/0"), OCCASION))
        assert in_first_sync.wait(10)
        for n, size in enumerate((20_000, 10, 20_000, 10), 1):
            futures.append(writer.store(page("x" * size, url=f"{URL}/{n}"), OCCASION))
        go_on.set()
        captures = [future.result(10) for future in futures]

    assert events == ["0 with 0 done", "2 with 1 done", "4 with 1 done", "1 with 3 done", "3 with 4 done"]
    assert sorted(stored(at), key=lambda one: one.url) == captures
