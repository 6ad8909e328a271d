"""What a WARC or a collection tells of its operator: found, and rightly blamed on the crawler or on a server."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import uuid
import zipfile
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from privacy_samples import ADDRESS, FACTS, HOST, MAC, packed, record, response

from archive.disclosure import Disclosure, DisclosureKind, Feed
from archive.errors import RecordError, UsageError
from archive.facts import Fact, FactKind, given_address, given_word, machine_facts
from archive.privacy import PrivacySummary, examine
from archive.privacy_warc import PIECE, Source
from archive.traces import Forms

URL = "https://site.example/cases/17"
HTML = b"<p>Case 17</p>"


def examined(
    *files: Path, collection: Path | None = None, facts: Iterable[Fact] = FACTS, given: Iterable[str] = ()
) -> tuple[list[Disclosure], PrivacySummary]:
    *found, summary = examine(collection, files, facts, given=given)
    assert isinstance(summary, PrivacySummary)
    return [one for one in found if isinstance(one, Disclosure)], summary


def warc(tmp_path: Path, *records: bytes, name: str = "planted.warc.gz") -> Path:
    path = tmp_path / name
    path.write_bytes(packed(records) if name.endswith(".gz") else b"".join(records))
    return path


def planted(tmp_path: Path, *records: bytes, name: str = "planted.warc.gz") -> set[tuple[str, str]]:
    """Kind and place of what is found."""
    found, _ = examined(warc(tmp_path, *records, name=name))
    return {(one.kind.value, one.place) for one in found}


CLEAN = (
    record("warcinfo", b"software: khronika/0.1.0\r\nrobots: obey\r\n"),
    record("response", response(HTML), "WARC-IP-Address: 192.0.2.17", number=2, target=URL),
    record("request", b"GET /cases/17 HTTP/1.1\r\nHost: site.example\r\n\r\n", number=3, target=URL),
    record("metadata", b"outcome: response\r\nhopsFromSeed: \r\n", number=4, target=URL),
)


@pytest.mark.parametrize("name", ["planted.warc.gz", "planted.warc"])
def test_nothing_is_found_where_nothing_is(tmp_path: Path, name: str) -> None:
    found, summary = examined(warc(tmp_path, *CLEAN, name=name))

    assert found == []
    assert (summary.verdict, summary.records, summary.written, summary.echoed) == ("ok", 4, 0, 0)


@pytest.mark.parametrize("name", ["planted.warc.gz", "planted.warc"])
@pytest.mark.parametrize(
    ("one", "place"),
    [
        (record("warcinfo", f"operator: {HOST}\r\n".encode()), "the line operator"),
        (record("warcinfo", b"software: x\r\n", f"WARC-Filename: a-{HOST}.warc"), "the field WARC-Filename"),
        (record("warcinfo", b"path: /home/anna7391/archive/x.warc\r\n"), "the line path"),
        (record("warcinfo", b"path: /home/somebody/x.warc\r\n"), "the line path"),
        (record("warcinfo", b"path: C:\\Users\\Somebody\\x.warc\r\n"), "the line path"),
        (record("warcinfo", b"interface: 0a-1b-2c-3d-4e-5f\r\n"), "the line interface"),
        (record("warcinfo", b"interface: 00:11:22:33:44:55\r\n"), "the line interface"),
        (record("warcinfo", b"ip: 10.1.2.3\r\n"), "the line ip"),
        (record("warcinfo", b"ip: 198.51.100.9\r\n"), "the line ip"),
        (record("warcinfo", b"hostname: osprey\r\n"), "the line hostname"),
        (record("warcinfo", b"hostname: debian\r\n"), "the line hostname"),
        (record("warcinfo", b"created: 2026-11-22T04:00:00+03:00\r\n"), "the line created"),
        (record("warcinfo", b"x: y\r\n", f"WARC-Record-ID: <{uuid.uuid1(node=MAC).urn}>"), "the field WARC-Record-ID"),
        (
            record("warcinfo", b"x: y\r\n", f"WARC-Record-ID: <{uuid.uuid1(node=0x001122334455).urn}>"),
            "the field WARC-Record-ID",
        ),
        (record("request", b"GET / HTTP/1.1\r\nX-From: kestrel\r\n\r\n", target=URL), "the request's X-From"),
        (record("request", b"GET / HTTP/1.1\r\n\r\nuser=anna7391", target=URL), "the request"),
        (record("metadata", b"vantage-label: 203-0-113-7\r\n", target=URL), "the line vantage-label"),
        (record("metadata", b'{"cwd": "/home/somebody/x"}', target=URL), "the block"),
        (record("resource", b"wget -o /home/somebody/log", target="urn:log"), "the block"),
        (record("resource", b"x", "WARC-IP-Address: 192.168.7.23", target="urn:x:y"), "the field WARC-IP-Address"),
        (record("response", response(HTML), "WARC-IP-Address: 203.0.113.7", target=URL), "the field WARC-IP-Address"),
        (record("response", response(HTML), "X-Host: kestrel", target=URL), "the field X-Host"),
        (record("whatever", b"kestrel", target=URL), "the block"),
        (record("response", response(HTML), target="http://192.168.7.23/"), "the field WARC-Target-URI"),
    ],
)
def test_what_a_crawler_wrote_of_its_machine_is_found(tmp_path: Path, one: bytes, place: str, name: str) -> None:
    assert ("written", place) in planted(tmp_path, *CLEAN, one, name=name)


@pytest.mark.parametrize(
    "one",
    [
        # the server's, whatever it looks like
        record("response", response(HTML), "WARC-IP-Address: 10.0.0.5", target="http://10.0.0.5/home/x/"),
        record("request", b"GET /home/x HTTP/1.1\r\nHost: 10.0.0.5\r\n\r\n", target="http://10.0.0.5/home/x"),
        record(
            "metadata",
            b"error: refused: no connection to 10.0.0.5\r\n",
            target="http://10.0.0.5/home/x",
        ),
        record("metadata", b"error: robots.txt disallows /home/private/\r\n", target="http://s.example/home/private/x"),
        record("response", response(b"10.0.0.9 /home/x 0a:0b:0c:0d:0e:0f"), target=URL),
        record("response", response(HTML), target=f"https://site.example/{uuid.uuid1(node=0x001122334455)}"),
        # a word of the language, in a page and in an address
        record("response", response(b"marina, kestrel"), target="https://marina.example/kestrel"),
        record(
            "metadata",
            b"site: marina.example\r\nerror: no answer from marina.example\r\n",
            target="https://marina.example/",
        ),
        # too common to be judged
        record("warcinfo", b"operator: root\r\nhostname: localhost\r\nip: 127.0.0.1\r\n"),
        # random
        record("warcinfo", b"x: y", f"WARC-Record-ID: <{uuid.uuid1(node=0x011122334455).urn}>"),
    ],
)
def test_what_says_nothing_of_the_operator_is_not_found(tmp_path: Path, one: bytes) -> None:
    assert planted(tmp_path, one) == set()


@pytest.mark.parametrize(
    "block",
    [
        response(b"your address is 203.0.113.7"),
        response(HTML, "Set-Cookie: client=203-0-113-7"),
        response(HTML, "X-Client: cb007107"),
        response(gzip.compress(b"your address is 203.0.113.7" * 9), "Content-Encoding: gzip"),
        response(brotli.compress(b"your address is 203.0.113.7" * 9), "Content-Encoding: br"),
        response(zstandard.compress(b"your address is 203.0.113.7" * 9), "Content-Encoding: zstd"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n203.0\r\n6\r\n.113.7\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
        + b"".join(b"1\r\n%c\r\n" % one for one in gzip.compress(b"for 203.0.113.7"))
        + b"0\r\n\r\n",
        b"no HTTP, and yet 203.0.113.7",
    ],
)
@pytest.mark.parametrize("name", ["planted.warc.gz", "planted.warc"])
def test_what_a_server_says_of_the_operator_is_echoed(tmp_path: Path, block: bytes, name: str) -> None:
    found, summary = examined(warc(tmp_path, *CLEAN, record("response", block, number=9, target=URL), name=name))

    assert [(one.kind, one.what) for one in found] == [(DisclosureKind.ECHOED, "network address (given)")]
    assert found[0].record_id == "urn:uuid:00000000-0000-4000-8000-000000000009"
    assert (summary.verdict, summary.echoed) == ("ok", 1)


def test_an_echo_that_lies_across_two_reads_is_found(tmp_path: Path) -> None:
    for padding in range((1 << 18) - 40, (1 << 18) + 1):
        body = b"x" * padding + b" 203.0.113.7 "
        feed = Feed(Forms(FACTS).traces)
        found = [*feed.take(body[: 1 << 18]), *feed.take(body[1 << 18 :]), *feed.end()]
        assert {one.fact for one in found} == {FACTS[7]}, padding


@given(st.lists(st.integers(1, 700), max_size=12), st.binary(max_size=900), st.binary(max_size=900))
def test_a_feed_finds_what_the_whole_has(cuts: list[int], before: bytes, behind: bytes) -> None:
    octets = before + b"|203.0.113.7|" + behind
    forms = Forms(FACTS)
    feed, found, at = Feed(forms.traces), [], 0
    for cut in cuts:
        found += feed.take(octets[at : at + cut])
        at += cut
    found += [*feed.take(octets[at:]), *feed.end()]

    assert {(one.fact, one.form) for one in found} == {(one.fact, one.form) for one in forms.traces(octets)}


def exchange_led_to(address: str, *, hops: str, error: str = "") -> list[bytes]:
    """The records of a page, as Khronika writes them."""
    beside = ("WARC-Concurrent-To: <urn:uuid:00000000-0000-4000-8000-000000000010>",)
    path = "/" + address.split("/", 3)[3]
    lines = f"outcome: response\r\n{error}site: site.example\r\nvia: {URL if hops else ''}\r\nhopsFromSeed: {hops}\r\n"
    return [
        record("response", response(HTML), number=10, target=address),
        record(
            "request", f"GET {path} HTTP/1.1\r\nHost: site.example\r\n\r\n".encode(), *beside, number=11, target=address
        ),
        record("metadata", lines.encode(), *beside, number=12, target=address),
    ]


def test_an_address_that_a_page_led_to_is_echoed_and_a_start_page_written(tmp_path: Path) -> None:
    address = f"https://site.example/?client={ADDRESS}"

    assert {kind for kind, _ in planted(tmp_path, *exchange_led_to(address, hops="LR"))} == {"echoed"}
    assert {kind for kind, _ in planted(tmp_path, *exchange_led_to(address, hops=""))} == {"written"}
    # without the record that says how the page was found, nobody knows
    assert {kind for kind, _ in planted(tmp_path, *exchange_led_to(address, hops="LR")[:2])} == {"written"}


def test_words_that_quote_the_server_are_echoed_and_the_same_without_it_written(tmp_path: Path) -> None:
    error = "error: malformed: expected a status line, found 'banned: 203.0.113.7'\r\n"
    metadata = exchange_led_to(URL, hops="L", error=error)[2]
    said = record("resource", b"banned: 203.0.113.7", number=10, target="urn:received:" + URL)

    assert {kind for kind, _ in planted(tmp_path, said, metadata)} == {"echoed"}
    assert ("written", "the line error") in planted(tmp_path, metadata)


def test_what_the_operator_chose_to_tell_is_given(tmp_path: Path) -> None:
    mail = "anna7391@archive.example"
    lines = f"operator: Archive <{mail}>\r\nhttp-header-user-agent: khronika/0.1.0 (+mailto:{mail})\r\n".encode()
    path = warc(tmp_path, record("warcinfo", lines))

    found, summary = examined(path, given=["Archive", mail])
    assert {one.kind for one in found} == {DisclosureKind.GIVEN}
    assert summary.verdict == "ok"
    found, summary = examined(path, given=["Archive"])
    assert {one.kind for one in found} == {DisclosureKind.WRITTEN}
    assert summary.verdict == "failed"


def test_what_a_warcinfo_says_of_its_machine_is_looked_for_in_the_rest_of_the_file(tmp_path: Path) -> None:
    named = record("warcinfo", b"hostname: osprey.example\r\nip: 198.51.100.9\r\n")
    mention = record("metadata", b"fetched-by: osprey.example at 198.51.100.9\r\n", number=2, target=URL)

    assert ("written", "the line fetched-by") in planted(tmp_path, named, mention)
    assert planted(tmp_path, mention) == set()


def test_the_facts_are_named_and_never_repeated(tmp_path: Path) -> None:
    found, summary = examined(
        warc(tmp_path, record("warcinfo", b"hostname: kestrel\r\nip: 203.0.113.7\r\nx: /home/anna7391/archive\r\n"))
    )
    told = json.dumps([*(one.as_record() for one in found), summary.as_record()]) + "".join(map(str, found))

    assert found
    for fact in FACTS:
        if fact.value != "root":
            assert fact.value not in told


@pytest.mark.parametrize(
    ("name", "hit"),
    [
        ("WEB-20261122010000-00000-osprey.warc.gz", True),
        ("WEB-20261122010000123-00000-4711~osprey.example~8443.warc.gz", True),
        ("rec-20261122010000123456-osprey.warc.gz", True),
        ("kestrel.warc.gz", True),
        ("khronika-20261122010000123-00000-1a2b3c4d.warc.gz", False),
        ("CC-MAIN-20261122010000-20261122020000-00001.warc.gz", False),
    ],
)
def test_a_host_in_a_file_name_is_found(tmp_path: Path, name: str, hit: bool) -> None:
    assert planted(tmp_path, *CLEAN, name=name) == ({("written", "the name of the file")} if hit else set())


def test_a_name_in_the_header_of_a_gzip_member_is_found(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with gzip.GzipFile("/home/somebody/kestrel.warc", "wb", fileobj=buffer) as member:
        member.write(CLEAN[0])
    (tmp_path / "a.warc.gz").write_bytes(buffer.getvalue() + packed(CLEAN[1:]))

    found, _ = examined(tmp_path / "a.warc.gz")
    assert {(one.kind.value, one.place) for one in found} == {("written", "the header of a gzip member")}


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda octets: octets[:-40],
    "altered": lambda octets: octets[:-60] + bytes([octets[-60] ^ 0xFF]) + octets[-59:],
    "garbage": lambda octets: octets + b"garbage",
    "another file": lambda _octets: b"not a WARC",
    "no length": lambda octets: octets + packed([b"WARC/1.1\r\nWARC-Type: metadata\r\n\r\nx"]),
    "endless header": lambda octets: octets + packed([b"WARC/1.1\r\nWARC-Type: metadata\r\n"]),
    "too long": lambda octets: (
        octets + packed([record("metadata", b"x").replace(b"Content-Length: 1", b"Content-Length: 99")])
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_cannot_be_read_is_never_ok(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(DAMAGES[damage](packed(CLEAN)))

    found, summary = examined(path)
    assert DisclosureKind.UNREAD in {one.kind for one in found}
    assert summary.verdict == "failed"


def test_what_stands_behind_damage_is_searched(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(packed([*CLEAN, b"no record at all\r\n\r\n", record("warcinfo", b"x: kestrel\r\n")]))
    found, _ = examined(path)
    assert {one.kind for one in found} == {DisclosureKind.UNREAD, DisclosureKind.WRITTEN}

    path.write_bytes(packed(CLEAN) + b"kestrel")
    found, _ = examined(path)
    assert {one.kind for one in found} == {DisclosureKind.UNREAD, DisclosureKind.WRITTEN}


@given(st.binary(max_size=400), st.integers(0, 900), st.booleans())
def test_no_octets_make_it_crash_or_pass_for_a_warc(octets: bytes, at: int, gz: bool) -> None:
    whole = packed(CLEAN) if gz else b"".join(CLEAN)
    spoiled = whole[:at] + octets + whole[at:]
    source = Source(io.BytesIO(spoiled), "a.warc", lambda _: None)
    read = b""
    try:
        while piece := source.read():
            read += piece
    except RecordError:
        return
    assert read == (b"".join(_members(spoiled)) if spoiled.startswith(b"\x1f\x8b") else spoiled)


@pytest.mark.parametrize("length", [PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 7, 40 * PIECE])
def test_what_stands_behind_a_record_that_is_inflated_in_pieces_is_searched(tmp_path: Path, length: int) -> None:
    path = tmp_path / "a.warc.gz"
    page = record("response", response(b"a" * length), target=URL)
    path.write_bytes(packed([*CLEAN, page, *CLEAN, record("warcinfo", b"x: kestrel\r\n")]))
    found, summary = examined(path)
    assert [one.kind for one in found] == [DisclosureKind.WRITTEN]
    assert summary.records == 2 * len(CLEAN) + 2


def _members(octets: bytes) -> Iterable[bytes]:
    yield gzip.decompress(octets)


# --- collections and other files -------------------------------------------------------------------------------------


def test_every_file_of_a_folder_is_searched(tmp_path: Path) -> None:
    folder = tmp_path / "collection"
    (folder / "crawls" / "1").mkdir(parents=True)
    (folder / "archive").mkdir()
    warc(folder / "archive", *CLEAN, name="khronika-20261122010000123-00000-1a2b3c4d.warc.gz")
    (folder / "crawls" / "1" / "messages.log").write_text("2026-11-22 INFO reading /home/anna7391/archive/x\n")
    (folder / "crawls" / "1" / "crawl.log").write_text("2026-11-22 200 https://site.example/home/x - kestrel\n")
    (folder / "texts.jsonl").write_text(json.dumps({"url": URL, "text": "203.0.113.7", "provenance": "kestrel"}))
    (folder / "page.kestrel").write_bytes(b"")
    (folder / "packed.txt.gz").write_bytes(gzip.compress(b"from kestrel", mtime=0))

    found, summary = examined(collection=folder)
    assert {(one.kind.value, one.file, one.place) for one in found} == {
        ("written", "crawls/1/messages.log", "line 1"),
        ("written", "crawls/1/crawl.log", "line 1"),
        ("echoed", "texts.jsonl", "line 1"),
        ("written", "texts.jsonl", "line 1"),
        ("written", "page.kestrel", "the name of the file"),
        ("written", "packed.txt.gz", "line 1"),
    }
    assert summary.files == 6


def test_an_address_that_came_from_a_server_is_its_own_in_every_other_file(tmp_path: Path) -> None:
    address = f"https://site.example/?client={ADDRESS}"
    other = f"https://elsewhere.example/{ADDRESS}"
    folder = tmp_path / "collection"
    (folder / "crawls" / "1").mkdir(parents=True)
    (folder / "archive").mkdir()
    warc(folder / "archive", *exchange_led_to(address, hops="L"))
    with closing(sqlite3.connect(folder / "crawls" / "1" / "frontier.sqlite")) as rows:
        rows.execute("CREATE TABLE page (url TEXT, hops TEXT, reason TEXT)")
        rows.executemany("INSERT INTO page VALUES (?, ?, ?)", [(address, "L", None), (other, "L", "other host")])
        rows.commit()
    (folder / "crawls" / "1" / "crawl.log").write_text(f"2026-11-22 200 {address} - -\n2026-11-22 -5000 {other}\n")

    found, _ = examined(collection=folder)
    assert {one.kind for one in found} == {DisclosureKind.ECHOED}
    assert {one.file for one in found} == {
        "archive/planted.warc.gz",
        "crawls/1/frontier.sqlite",
        "crawls/1/crawl.log",
    }

    (folder / "crawls" / "1" / "crawl.log").write_text(f"2026-11-22 200 https://third.example/{ADDRESS}\n")
    found, _ = examined(collection=folder)
    assert [one.file for one in found if one.kind is DisclosureKind.WRITTEN] == ["crawls/1/crawl.log"]


@pytest.mark.parametrize("journal", [False, True])
def test_databases_are_searched_row_by_row_and_for_what_deleted_rows_left(tmp_path: Path, journal: bool) -> None:
    path = tmp_path / "catalogue.sqlite"
    rows = sqlite3.connect(path)
    if journal:
        rows.execute("PRAGMA journal_mode = WAL")
    rows.execute("CREATE TABLE captures (error TEXT)")
    rows.execute("CREATE TABLE readings (octets BLOB)")
    rows.execute("INSERT INTO captures VALUES ('kestrel')")
    rows.execute("INSERT INTO captures VALUES ('gone: anna7391')")
    rows.execute("INSERT INTO readings VALUES (?)", (zstandard.compress(b"203.0.113.7 marina"),))
    rows.commit()
    rows.execute("PRAGMA secure_delete = OFF")
    rows.execute("DELETE FROM captures WHERE error LIKE 'gone%'")
    rows.commit()
    before = sorted(tmp_path.iterdir())

    found, _ = examined(path)
    assert sorted(tmp_path.iterdir()) == before
    rows.close()
    assert {(one.kind.value, one.place) for one in found} >= {
        ("written", "captures.error"),
        ("echoed", "readings.octets"),
        ("written", "what deleted rows left behind"),
    }
    assert [one.what for one in found if one.place.startswith("what")] == ["user name (account)"]


def test_a_database_that_is_damaged_is_never_ok(tmp_path: Path) -> None:
    (tmp_path / "catalogue.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 5000)

    found, summary = examined(tmp_path / "catalogue.sqlite")
    assert [one.kind for one in found] == [DisclosureKind.UNREAD]
    assert summary.verdict == "failed"


def test_what_is_packed_in_a_zip_is_searched(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.wacz", "w") as archive:
        archive.writestr("archive/a.warc.gz", packed([*CLEAN, record("warcinfo", b"x: kestrel\r\n", number=9)]))
        archive.writestr("pages/kestrel.jsonl", '{"url": "x", "title": "203.0.113.7"}\n')

    found, summary = examined(tmp_path / "a.wacz")
    assert {(one.kind.value, one.file, one.place) for one in found} == {
        ("written", "a.wacz/archive/a.warc.gz", "the line x"),
        ("written", "a.wacz/pages/kestrel.jsonl", "the name of the file"),
        ("echoed", "a.wacz/pages/kestrel.jsonl", "line 1"),
    }
    assert summary.records == 5


def test_keys_are_not_searched_and_must_be_closed_to_others(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    opening = tmp_path / "keys" / "commitments.jsonl"
    opening.write_text("kestrel")
    opening.chmod(0o600)
    found, summary = examined(collection=tmp_path)
    assert found == []
    assert any("keys/" in gap for gap in summary.not_searched)

    opening.chmod(0o644)
    found, summary = examined(collection=tmp_path)
    assert [(one.kind, one.place) for one in found] == [(DisclosureKind.WRITTEN, "the permissions of the file")]


def test_what_was_not_looked_for_is_said(tmp_path: Path) -> None:
    _, summary = examined(warc(tmp_path, *CLEAN), facts=FACTS[:7])
    gaps = "\n".join(summary.not_searched)

    assert "user name (account): too common" in gaps
    assert "user name (account), in what servers sent" in gaps
    assert "--address" in gaps


def test_an_address_of_loopback_counts_only_in_what_servers_sent(tmp_path: Path) -> None:
    facts = given_address("127.0.0.1")
    local = "http://127.0.0.1:8080/"
    echo = record("response", response(b"you are 127.0.0.1"), "WARC-IP-Address: 127.0.0.1", target=local)

    found, _ = examined(warc(tmp_path, echo), facts=facts)
    assert [(one.kind, one.place) for one in found] == [(DisclosureKind.ECHOED, "what the server sent")]


# --- the facts of this machine ---------------------------------------------------------------------------------------


def test_this_machine_has_facts() -> None:
    found = machine_facts([Path("/srv/somewhere/archive")])
    kinds = {fact.kind for fact in found}

    assert {FactKind.HOST, FactKind.PATH} <= kinds
    assert Fact(FactKind.PATH, "/srv/somewhere/archive", "the collection's folder") in found
    assert not any(fact.value.startswith(("127.", "::1")) for fact in found if fact.kind is FactKind.ADDRESS)
    assert len(found) == len(set(found))


def test_a_given_address_brings_its_network() -> None:
    assert [(fact.kind, fact.value) for fact in given_address("[2001:DB8:1:2:A:B:C:D]")] == [
        (FactKind.ADDRESS, "2001:db8:1:2:a:b:c:d"),
        (FactKind.NETWORK, "2001:db8:1:2::"),
    ]
    assert [fact.value for fact in given_address("::ffff:203.0.113.7")] == ["203.0.113.7"]


@pytest.mark.parametrize("text", ["", "203.0.113", "kestrel", "203.0.113.7/24"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected a network address"):
        given_address(text)


def test_a_word_too_short_to_be_looked_for_is_refused() -> None:
    assert given_word(" Анна ").value == "Анна"
    with pytest.raises(UsageError, match="at least 3"):
        given_word("ab")
