"""The front door: making and opening a collection, reading what is stored, on any medium."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from archive_samples import URL, collection, crawled, page, told, unprivileged
from warc_samples import BEGAN, KINDS, PAGE, all_exchanges, exchange, request_bytes

from archive.collection import Collection, write_once
from archive.digest import digest
from archive.errors import CaptureNotFoundError, CollectionExistsError, NoCollectionError, RecordError, StorageError
from archive.state import State


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Collection]:
    with collection(tmp_path) as made:
        yield made


def test_a_new_collection_has_its_settings_and_no_captures(tmp_path: Path) -> None:
    made = Collection.create(tmp_path / "deep" / "folder", "# настройки\n")

    with Collection.open(made.path) as opened:
        assert opened.config_path.read_text() == "# настройки\n"
        assert list(opened.catalogue.files()) == []
    with State.open(made.path, readonly=True) as state:
        assert state.runs() == []
    # beside SQLite's journals
    assert sorted(path.name for path in made.path.iterdir() if ".sqlite-" not in path.name) == [
        ".lock",
        "archive",
        "catalogue.sqlite",
        "crawls",
        "keys",
        "khronika.toml",
        "log",
        "state.sqlite",
    ]


def test_a_collection_is_never_made_over_another(at: Collection) -> None:
    crawled(at, "one", page("<p>five"))
    before = told(at.catalogue)

    with pytest.raises(CollectionExistsError, match="found one in"):
        Collection.create(at.path, "# other\n")
    at.config_path.unlink()
    with pytest.raises(CollectionExistsError, match="found one in"):
        Collection.create(at.path, "# other\n")
    assert told(at.catalogue) == before


def test_making_a_collection_that_was_interrupted_can_be_tried_again(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "catalogue.sqlite").write_bytes(b"")

    with Collection.create(tmp_path, "# settings\n") as made:
        assert made.catalogue.crawls() == []


def test_a_folder_that_cannot_be_written_is_told_in_plain_words(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(StorageError, match=r"making a collection in .*: Permission denied"):
        unprivileged(lambda: Collection.create(tmp_path / "collection", ""))
    tmp_path.chmod(0o755)


@pytest.mark.parametrize(
    ("present", "found"),
    [
        (None, "no such folder"),
        ([], "no khronika.toml and no archive/"),
        (["archive"], "no khronika.toml"),
        (["khronika.toml"], "no archive/"),
    ],
)
def test_a_folder_that_is_no_collection_says_what_it_lacks(
    tmp_path: Path, present: list[str] | None, found: str
) -> None:
    folder = tmp_path / "folder"
    for name in present or []:
        (folder / name).mkdir(parents=True)
    if present is not None:
        folder.mkdir(exist_ok=True)

    with pytest.raises(NoCollectionError, match=f"found {found}; make one with khronika init"):
        Collection.open(folder)


def test_a_file_in_place_of_a_collection_is_called_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(NoCollectionError, match="found a file; "):
        Collection.open(tmp_path / "file")


def test_a_payload_comes_without_its_codings(at: Collection) -> None:
    text = "<p>Пять лет</p>".encode()
    packed = gzip.compress(text)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed)
    [capture] = crawled(at, "one", exchange(URL, head=head, body=chunked, payload=packed))

    stored = at.payload(capture)

    assert (stored.octets, stored.problem, stored.head.status) == (text, None, 200)
    limited = at.payload(capture, limit=5)
    assert limited.octets == text[:5]
    assert limited.problem is not None


def test_the_head_of_a_revisit_is_its_own_and_the_payload_its_originals(at: Collection) -> None:
    head = b"HTTP/1.1 200 OK\r\nX-Seen: %s\r\nContent-Length: %%d\r\n\r\n"
    crawled(at, "one", exchange(URL, head=head % b"first"))
    [revisit] = crawled(at, "two", exchange(URL, head=head % b"second"))

    stored = at.payload(revisit)

    assert revisit.is_revisit
    assert (stored.head.value("X-Seen"), stored.octets) == ("second", PAGE)


def test_a_payload_is_refused_when_its_record_is_not_the_one_that_was_stored(at: Collection) -> None:
    [one] = crawled(at, "one", page("<p>five"))
    path = at.archive_folder / one.location.file
    records = gzip.decompress(path.read_bytes())
    # a forger who knows gzip, but not the catalogue: every member whole, nothing torn
    start, length = one.location.offset, one.location.length
    octets = path.read_bytes()
    member = gzip.compress(gzip.decompress(octets[start : start + length]).replace(b"five", b"nine"))
    path.write_bytes(octets[:start] + member + octets[start + length :])
    assert len(gzip.decompress(path.read_bytes())) == len(records)

    with pytest.raises(RecordError, match=r"expected the record sha256:.*, found sha256:"):
        at.payload(one)


def test_a_fetch_that_failed_has_no_payload(at: Collection) -> None:
    captures = crawled(at, "one", *all_exchanges().values())

    for capture in captures:
        if capture.status is None:
            with pytest.raises(CaptureNotFoundError, match="found a fetch that failed: "):
                at.payload(capture)
        else:
            stored = at.payload(capture)
            assert (stored.head.status, stored.problem) == (capture.status, None)
            assert digest(stored.octets) == capture.payload_digest


def test_the_heads_are_those_that_crossed_the_wire(at: Collection) -> None:
    exchanges = all_exchanges()
    expected = {
        each.url: {
            "request": each.request.read(),
            "response": each.response.read(0, each.head_length),
        }
        for each in exchanges.values()
    }
    captures = crawled(at, "one", *exchanges.values())
    [revisit] = crawled(at, "two", exchange())

    for capture in captures:
        heads = {kind: octets for kind, octets in expected[capture.url].items() if octets}
        assert dict(at.heads(capture)) == heads
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(PAGE)
    assert dict(at.heads(revisit)) == {"request": request_bytes(), "response": head}


def test_all_records_of_an_exchange_are_found_from_its_capture(at: Collection) -> None:
    captures = dict(zip(KINDS, crawled(at, "one", *all_exchanges().values()), strict=True))

    types = {kind: [record.type for record in at.exchange_of(capture)] for kind, capture in captures.items()}

    assert types["ordinary"] == types["truncated"] == ["request", "response", "metadata"]
    assert types["reset"] == ["request", "metadata"]
    assert types["malformed"] == types["late"] == ["request", "resource", "metadata"]
    assert types["unresolved"] == types["robots"] == ["metadata"]
    for capture in captures.values():
        assert {record.date for record in at.exchange_of(capture)} == {capture.captured_at}


def test_a_collection_on_a_read_only_medium_answers_like_the_original(at: Collection, tmp_path: Path) -> None:
    crawled(at, "one", page("<p>five"))
    crawled(at, "two", page("<p>five", hour=1), page("<p>x", url=f"{URL}/2"))
    expected: Any = told(at.catalogue)
    at.close()
    medium = tmp_path / "medium"
    shutil.copytree(at.path, medium, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    for path in [*medium.rglob("*"), medium]:
        path.chmod(0o555)

    def look() -> tuple[Any, list[bytes]]:
        with Collection.open(medium) as opened:
            with State.open(medium, readonly=True) as state:
                assert state.runs() == []
            return told(opened.catalogue), [opened.payload(one).octets for one in opened.catalogue.captures_of(URL)]

    try:
        assert unprivileged(look) == (expected, [b"<p>five", b"<p>five"])
        with pytest.raises(StorageError, match="expected a collection that can be written"):
            unprivileged(lambda: Collection.open(medium).writer())
    finally:
        for path in [medium, *medium.rglob("*")]:
            path.chmod(0o755)


def test_a_record_whose_file_is_lost_is_told_without_the_folder(at: Collection) -> None:
    [capture] = crawled(at, "one", page("<p>five"))
    (at.archive_folder / capture.location.file).unlink()

    with pytest.raises(StorageError, match=capture.location.file) as caught:
        at.record(capture.location)
    assert str(at.path) not in str(caught.value)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    write_once(path, iter([b"one\n", b"two\n"]))

    def breaking() -> Iterator[bytes]:
        yield b"three\n"
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        write_once(path, breaking())
    assert path.read_bytes() == b"one\ntwo\n"
    assert [each.name for each in tmp_path.iterdir()] == ["lines"]
    with pytest.raises(StorageError, match="writing lines: No such file or directory"):
        write_once(tmp_path / "nowhere" / "lines", b"")


def test_captures_are_dated_by_the_beginning_of_the_fetch(at: Collection) -> None:
    [capture] = crawled(at, "one", page("<p>five"))

    assert capture.captured_at == BEGAN
    assert at.catalogue.find(f"20261122010001/{URL}") == capture


def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_once(pipe, iter([b"one\n", b"two\n"]))

        assert os.read(reader, 100) == b"one\ntwo\n"
        assert pipe.is_fifo()
        assert list(tmp_path.iterdir()) == [pipe]
    finally:
        os.close(reader)


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="Linux's full device")
def test_a_device_that_is_full_is_an_error() -> None:
    with pytest.raises(StorageError, match="No space left"):
        write_once(Path("/dev/full"), b"line\n")

    assert Path("/dev/full").is_char_device()


def test_a_file_keeps_its_permissions_and_a_link_stays_one(tmp_path: Path) -> None:
    private, link = tmp_path / "private.toml", tmp_path / "khronika.toml"
    private.write_bytes(b"old")
    private.chmod(0o600)
    link.symlink_to(private)

    write_once(link, b"new")

    assert link.is_symlink()
    assert private.read_bytes() == b"new"
    assert private.stat().st_mode & 0o777 == 0o600
