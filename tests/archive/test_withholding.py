"""Withholding: what the log says of it, the placeholders in the WARCs, and what is taken from the disk."""

from __future__ import annotations

import contextlib
import gzip
import io
import itertools
import os
import random
import sqlite3
import uuid
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from archive_samples import URL, collection, crawled, derive, page, status, told
from fastwarc.warc import ArchiveIterator as FastIterator
from hypothesis import given
from hypothesis import strategies as st
from isal import isal_zlib
from warcio.archiveiterator import ArchiveIterator

from archive import inbox
from archive.audit import verify
from archive.audit_file import fails
from archive.capture import Capture
from archive.catalogue import Catalogue
from archive.collection import Collection
from archive.entry import EventEntry, EventType, Outcome, RecordEntry, parse_entry
from archive.erasure import Erased, erase, unfinished
from archive.errors import LogError, RecordError, UsageError
from archive.finding import Finding, FindingKind
from archive.warc import file_digest, read_records
from archive.withholding import (
    Scope,
    Withholdings,
    checked_ground,
    checked_name,
    format_detail,
    is_placeholder,
    leaf_index,
    parse_detail,
    placeholder,
    placeholder_event,
    resealed,
    withheld,
)

ID = "urn:uuid:6d8e9c6e-4b2f-4f0e-9c39-1b8b5a3f6c02"
DATE = datetime(2026, 11, 22, 1, 0, 1, 123456, tzinfo=UTC)
OTHER = "http://site.example/cases/18"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Collection]:
    with collection(tmp_path) as made:
        yield made


def withhold(at: Collection, capture: Capture, detail: str = "", *, scope: Scope = "exports") -> None:
    """Log it for every record of a capture's exchange."""
    detail = detail or format_detail(scope, "the wish of the family")
    with at.writer() as writer:
        writer.checkpoint().result()
        log = at.log()
        for record in at.catalogue.records_of_exchange(capture):
            of = leaf_index(log, record.record_id, 0)
            writer.log_event(EventType.WITHHOLDING, Outcome.SUCCESS, detail, of=of).result()
    at.close()


def take_from_disk(at: Collection) -> Erased:
    with at.writer() as writer:
        done = erase(at, writer, withheld(at.log()))
    at.close()
    return done


def failures(at: Collection) -> list[Finding]:
    """What a verification fails for."""
    found = [one for one in verify(at) if isinstance(one, Finding)]
    assert {one.kind for one in found} <= {FindingKind.WITHHELD}, found
    return [one for one in found if fails(one)]


def members_of(octets: bytes) -> Iterator[bytes]:
    """What each gzip member of a WARC unpacks to."""
    while octets:
        unzip = zlib.decompressobj(31)
        yield unzip.decompress(octets)
        octets = unzip.unused_data


def octets_of(at: Collection) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in at.archive_folder.iterdir()}


# --- grounds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ground",
    [
        "see https://elsewhere.example/",
        "the page www.site.example",
        "site.example/cases/ivan-petrov is not to be shown",
        "Site.example/Cases/Ivan-Petrov",
        "the page ivan-petrov",
        "/cases/ivan-petrov",
        "cases/ivan%2Dpetrov",
        "",
        "   ",
        "a\x07bell",
        "x" * 1001,
    ],
)
def test_a_ground_that_holds_the_address_or_is_none_is_refused(ground: str) -> None:
    with pytest.raises(UsageError, match="--ground"):
        checked_ground(ground, ["https://www.site.example/cases/ivan-petrov.html"])


@pytest.mark.parametrize("ground", ["the page cases/17.html", "17.html names a minor"])
def test_a_ground_that_holds_a_short_path_or_a_file_name_is_refused(ground: str) -> None:
    with pytest.raises(UsageError, match="--ground"):
        checked_ground(ground, ["https://site.example/cases/17.html"])


def test_a_cyrillic_address_is_known_in_every_spelling() -> None:
    url = "https://site.example/%D0%B4%D0%B5%D0%BB%D0%BE-%D0%BF%D0%B5%D1%82%D1%80%D0%BE%D0%B2%D0%B0"

    with pytest.raises(UsageError):
        checked_ground("страница дело-петрова", [url])
    assert checked_ground("просьба  семьи\n", [url]) == "просьба семьи"


def test_a_ground_may_use_common_words_of_an_address() -> None:
    assert checked_ground("the cases page named a minor", ["https://site.example/cases/17"])


def test_a_detail_reads_back_as_it_was_written() -> None:
    assert parse_detail(format_detail("exports", "a ground")) == ("exports", "a ground", None)
    assert parse_detail(format_detail("disk", "a ground", "The Board")) == ("disk", "a ground", "The Board")
    assert checked_name("  The  Board ") == "The Board"
    for bad in ("withheld", "withheld from exports", "withheld from exports\nground x", "given back\nground: x\nat: y"):
        with pytest.raises(LogError):
            parse_detail(bad)


# --- what the log says ------------------------------------------------------------------------------------------------


def test_what_is_withheld_is_known_by_record_and_asked_by_capture(at: Collection) -> None:
    [first] = crawled(at, "crawl-1", page("пять"))
    [revisit] = crawled(at, "crawl-2", page("пять", hour=1))
    [other] = crawled(at, "crawl-3", page("восемь", hour=2))
    assert not Withholdings(withheld(at.log()))

    withhold(at, first, format_detail("exports", "a ground", "The Board"))

    held = Withholdings(withheld(at.log()))
    assert len(held.records) == 3
    one = held.of(first)
    assert one is not None
    assert (one.ground, one.by, one.from_disk) == ("a ground", "The Board", False)
    entry = parse_entry(at.log().entry(one.of))
    assert isinstance(entry, RecordEntry)
    assert entry.id == first.record_id
    assert held.of(revisit) == one
    assert held.of(other) is None


def test_the_last_event_counts_but_nothing_brings_back_what_is_gone_from_disk(at: Collection) -> None:
    [first] = crawled(at, "crawl-1", page("пять"))
    withhold(at, first)
    withhold(at, first, format_detail("released", "agreed"))
    assert withheld(at.log()) == {}

    withhold(at, first, scope="disk")
    withhold(at, first, format_detail("released", "agreed"))

    assert withheld(at.log())[first.record_id].from_disk


def test_an_event_that_is_not_signed_yet_withholds_and_proves_nothing(at: Collection) -> None:
    [first] = crawled(at, "crawl-1", page("пять"))
    with at.writer() as writer:
        of = leaf_index(at.log(), first.record_id, 0)
        detail = format_detail("exports", "a ground")
        writer.log_event(EventType.WITHHOLDING, Outcome.SUCCESS, detail, of=of).result()

        assert withheld(at.log()) == {}
        assert first.record_id in withheld(at.log(), unsigned=True)


def test_an_event_that_came_through_the_inbox_excuses_nothing(at: Collection) -> None:
    [first] = crawled(at, "crawl-1", page("пять"))
    of = leaf_index(at.log(), first.record_id, 0)
    detail = format_detail("disk", "a ground")
    inbox.leave(at.path, EventEntry(EventType.WITHHOLDING, DATE, "somebody", Outcome.SUCCESS, detail, of=of))
    with at.writer():
        pass

    assert any(b"withheld from disk" in octets for _, octets in at.log().entries())
    assert withheld(at.log()) == {}


def test_an_event_that_lay_in_the_journal_withholds_and_excuses_nothing(at: Collection) -> None:
    [first] = crawled(at, "crawl-1", page("пять"))
    of = leaf_index(at.log(), first.record_id, 0)
    forged = EventEntry(EventType.WITHHOLDING, DATE, "x", Outcome.SUCCESS, format_detail("disk", "a ground"), of=of)
    with (at.path / "log" / "journal").open("ab") as journal:
        journal.write(len(forged.octets()).to_bytes(2) + forged.octets())
    with at.writer():
        pass

    log = at.log()
    assert any(b"withheld from disk" in octets for _, octets in log.entries())
    assert withheld(log) == {}
    assert first.record_id in withheld(log, unsigned=True)


def test_a_detail_that_cannot_be_understood_withholds_all_the_same(at: Collection) -> None:
    [first] = crawled(at, "crawl-1", page("пять"))

    withhold(at, first, "withheld, somehow")

    assert first.record_id in withheld(at.log())


# --- placeholders -----------------------------------------------------------------------------------------------------


@given(length=st.one_of(st.integers(300, 2000), st.integers(64_000, 68_000), st.integers(130_000, 133_000)))
def test_a_placeholder_is_as_long_as_what_it_replaces(length: int) -> None:
    octets = b"".join(placeholder(ID, DATE, 12345, length))

    assert len(octets) == length
    record = gzip.decompress(octets)
    assert isal_zlib.decompress(octets, wbits=31) == record
    assert zlib.decompress(octets, wbits=31) == record
    assert record.startswith(b"WARC/1.1\r\nWARC-Type: resource\r\n")
    assert record.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("length", [300, 700, 70_000, 1_000_000])
def test_other_tools_read_a_placeholder_as_a_record_whose_digest_holds(length: int) -> None:
    octets = b"".join(placeholder(ID, DATE, 12345, length)) * 2

    seen = []
    for record in ArchiveIterator(io.BytesIO(octets), check_digests="raise"):
        record.content_stream().read()
        seen.append(record.rec_headers.get_header("WARC-Target-URI"))
    assert seen == ["urn:withheld:12345"] * 2
    fast = FastIterator(io.BytesIO(octets), parse_http=False)
    assert [one.headers["WARC-Record-ID"] for one in fast] == [f"<{ID}>"] * 2


def test_a_record_too_short_for_a_placeholder_is_refused() -> None:
    with pytest.raises(UsageError, match="room"):
        placeholder(ID, DATE, 12345, 100)


def test_nothing_else_passes_for_a_placeholder(tmp_path: Path) -> None:
    member = b"".join(placeholder(ID, DATE, 7, 900))
    record = gzip.decompress(member)
    cases = {
        "good": record,
        "another type": record.replace(b"resource", b"metadata"),
        "another target": record.replace(b"urn:withheld:7", b"urn:withheld:x"),
        "hidden octets": record[:-6] + b"hi" + record[-4:],
        "another statement": record.replace(b"Entry 7", b"Entry 8"),
        "a field more": record.replace(b"Content-Type", b"X-Note: a\r\nContent-Type"),
    }
    found = {}
    for name, octets in cases.items():
        path = tmp_path / "one.warc.gz"
        path.write_bytes(gzip.compress(octets))
        [read] = read_records(path)
        found[name] = placeholder_event(read)
        assert is_placeholder(read) == (name == "good")

    assert found.pop("good") == 7
    assert set(found.values()) == {None}


# --- from the disk ----------------------------------------------------------------------------------------------------


@pytest.fixture
def erased(at: Collection) -> tuple[Collection, Capture, dict[str, bytes]]:
    """Four captures of a page, of which the second was taken from the disk; the WARCs as they were."""
    noise = random.Random(4).randbytes(90_000).hex()
    crawled(at, "crawl-1", page("пять"))
    [gone, _] = crawled(at, "crawl-2", page("secret words " + noise, hour=1), page("семь", url=OTHER, hour=1))
    crawled(at, "crawl-3", page("secret words " + noise, hour=2))
    crawled(at, "crawl-4", page("восемь", hour=3))
    with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
        derive(at, catalogue)
    before = octets_of(at)
    withhold(at, gone, scope="disk")
    take_from_disk(at)
    return at, gone, before


def test_the_octets_are_gone_and_all_other_members_lie_where_they_lay(
    erased: tuple[Collection, Capture, dict[str, bytes]],
) -> None:
    at, gone, before = erased
    after = octets_of(at)

    assert after.keys() == before.keys()
    assert {name: len(octets) for name, octets in after.items()} == {
        name: len(octets) for name, octets in before.items()
    }
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {gone.location.file}
    records = list(read_records(at.archive_folder / gone.location.file))
    held = withheld(at.log())
    assert [record.record_id in held for record in records] == [is_placeholder(record) for record in records]
    assert sum(map(is_placeholder, records)) == 3
    for record in records:
        if not is_placeholder(record):
            start, stop = record.location.offset, record.location.offset + record.location.length
            assert after[gone.location.file][start:stop] == before[gone.location.file][start:stop]


def test_neither_text_nor_address_of_it_are_left_in_the_catalogue(
    erased: tuple[Collection, Capture, dict[str, bytes]],
) -> None:
    at, gone, _ = erased

    assert b"secret words" not in at.catalogue_path.read_bytes()
    assert not at.catalogue.known_captures([gone.record_id])
    assert gone.record_id not in {one.to_record for one in at.catalogue.changes()}


def test_a_rebuilt_catalogue_says_the_same(erased: tuple[Collection, Capture, dict[str, bytes]]) -> None:
    at, _, _ = erased

    def answers() -> object:
        with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
            derive(at, catalogue)
            return told(catalogue)

    before = answers()
    Collection.rebuild(at.path)
    at.close()

    assert answers() == before


@pytest.mark.parametrize("how", ["capture", "sample", "compressed anew"])
def test_a_revisit_whose_original_is_gone_on_purpose_is_no_failure(
    erased: tuple[Collection, Capture, dict[str, bytes]], how: str
) -> None:
    at, gone, _ = erased
    [revisit] = [one for one in at.catalogue.captures() if one.refers_to == gone.record_id]
    parts: dict[str, dict[str, Any]] = {"capture": {"captures": [revisit]}, "sample": {"sample": 1.0}}
    if how == "compressed anew":
        path = at.path_of(revisit.location.file)
        members = [gzip.compress(octets, 1) for octets in members_of(path.read_bytes())]
        path.write_bytes(b"".join(members))

    found = [item for item in verify(at, **parts.get(how, {})) if isinstance(item, Finding)]

    assert [one for one in found if fails(one)] == []
    if how == "capture":
        assert [(one.kind, one.record_id) for one in found] == [(FindingKind.WITHHELD, revisit.record_id)]


def test_a_revisit_whose_original_is_gone_from_the_catalogue_alone_is_a_failure(at: Collection) -> None:
    [first] = crawled(at, "crawl-1", page("пять"))
    [revisit] = crawled(at, "crawl-2", page("пять", hour=1))
    at.close()
    with sqlite3.connect(at.catalogue_path) as database:
        database.execute("DELETE FROM captures WHERE record_id = ?", (uuid.UUID(first.record_id[9:]).bytes,))
    database.close()

    found = [item for item in verify(at, captures=[revisit]) if isinstance(item, Finding)]

    assert revisit.refers_to == first.record_id
    assert any(fails(one) and "its original" in one.expected for one in found)


def test_the_log_says_what_the_file_is_now(erased: tuple[Collection, Capture, dict[str, bytes]]) -> None:
    at, gone, _ = erased
    path = at.archive_folder / gone.location.file

    told = resealed(at.log())[gone.location.file]

    assert (told.bytes, told.digest) == (path.stat().st_size, file_digest(path))


def test_doing_it_again_does_nothing(erased: tuple[Collection, Capture, dict[str, bytes]]) -> None:
    at, _, _ = erased
    before, size = octets_of(at), at.log().size

    done = take_from_disk(at)

    assert (done.records, done.captures, done.files) == (0, 0, ())
    assert octets_of(at) == before
    assert at.log().size == size


def test_a_page_without_captures_left_goes_from_the_catalogue(at: Collection) -> None:
    [gone] = crawled(at, "crawl-1", page("пять"))
    withhold(at, gone, scope="disk")

    take_from_disk(at)

    assert at.catalogue.pages() == []


def test_the_next_capture_is_the_first_one_then(at: Collection) -> None:
    [gone] = crawled(at, "crawl-1", page("пять"))
    crawled(at, "crawl-2", status(404, hour=1))
    crawled(at, "crawl-3", page("восемь", hour=2))
    with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
        derive(at, catalogue)
    withhold(at, gone, scope="disk")
    take_from_disk(at)

    with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
        derive(at, catalogue)
        assert [row.change_kind for row in catalogue.history(URL)] == [None, None]


def test_a_record_that_was_altered_is_not_replaced(at: Collection) -> None:
    [gone] = crawled(at, "crawl-1", page("пять"))
    withhold(at, gone, scope="disk")
    path = at.archive_folder / gone.location.file
    octets = path.read_bytes()
    start, length = gone.location.offset, gone.location.length
    record = gzip.decompress(octets[start : start + length]).replace("пять".encode(), "семь".encode())
    path.write_bytes(octets[:start] + gzip.compress(record)[:length].ljust(length, b"\0") + octets[start + length :])

    with at.writer() as writer, pytest.raises(RecordError):
        erase(at, writer, withheld(at.log()))


def test_a_copy_under_another_name_is_left_alone_and_told(at: Collection, tmp_path: Path) -> None:
    [gone] = crawled(at, "crawl-1", page("пять"))
    path = at.archive_folder / gone.location.file
    (tmp_path / "copy.warc.gz").hardlink_to(path)
    before = path.read_bytes()
    withhold(at, gone, scope="disk")

    done = take_from_disk(at)

    assert any("hard link" in where for where in done.kept)
    assert (tmp_path / "copy.warc.gz").read_bytes() == before


class Killed(BaseException):
    """As a kill: nothing catches it."""


@pytest.mark.parametrize("step", range(14))
def test_what_a_kill_left_is_finished_by_doing_it_again(
    at: Collection, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    [gone] = crawled(at, "crawl-1", page("secret words"))
    crawled(at, "crawl-2", page("восемь", hour=1))
    withhold(at, gone, scope="disk")
    counter = itertools.count()

    def kill_at(name: str) -> None:
        real = getattr(os, name)

        def call(*arguments: object, **more: object) -> object:
            if next(counter) == step:
                raise Killed
            return real(*arguments, **more)

        monkeypatch.setattr(os, name, call)

    with at.writer() as writer:
        for name in ("open", "pwrite", "fsync", "replace", "fdatasync"):
            kill_at(name)
        with contextlib.suppress(Killed):
            erase(at, writer, withheld(at.log()))
        monkeypatch.undo()
    at.close()

    take_from_disk(at)

    log = at.log()
    assert unfinished(at.catalogue, log, withheld(log)) == []
    assert b"secret" not in b"".join(gzip.decompress(one) for one in octets_of(at).values())
    [told] = resealed(log).values()
    assert told.bytes == (at.archive_folder / gone.location.file).stat().st_size
    assert len(at.catalogue.history(URL)) == 1
    assert next(counter) > step
    assert failures(at) == []
