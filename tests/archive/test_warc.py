"""WARC files: golden bytes, round trips, other tools' opinions, full disks, torn tails."""

from __future__ import annotations

import errno
import fcntl
import getpass
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastwarc.warc import ArchiveIterator as FastWarcIterator
from fastwarc.warc import WarcRecordType, is_warc_11
from hypothesis import given, settings
from hypothesis import strategies as st
from machine_words import names_machine
from warc_samples import (
    BEGAN,
    CHUNKED_BODY,
    KINDS,
    OCCASION,
    PAGE,
    TLS,
    all_exchanges,
    exchange,
    failure,
    full_warc,
    request_bytes,
    store,
    writer,
)
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from archive.capture import Capture
from archive.digest import digest
from archive.errors import ExchangeError, RecordError, RecordTruncatedError, StorageError
from archive.exchange import Exchange, Occasion, Outcome
from archive.header import parse_warc_fields, value_of
from archive.spool import Spool
from archive.warc import (
    WarcWriter,
    WrittenRecord,
    captures_in,
    fdatasync,
    file_digest,
    read_record,
    read_records,
    valid_length,
)

BIN = Path(sys.executable).parent


@pytest.fixture
def exchanges() -> Iterator[dict[str, Exchange]]:
    made = all_exchanges()
    assert tuple(made) == KINDS
    yield made
    for each in made.values():
        each.close()


@pytest.fixture
def warc(tmp_path: Path) -> WarcWriter:
    return writer(tmp_path)


def unzipped(path: Path, written: WrittenRecord) -> bytes:
    """The octets of one member, by Python's own gzip."""
    with path.open("rb") as file:
        file.seek(written.location.offset)
        return gzip.decompress(file.read(written.location.length))


# --- bytes -----------------------------------------------------------------------------------------------------------


def test_the_records_of_a_response_have_these_very_bytes(warc: WarcWriter) -> None:
    page = exchange(
        head=b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", body=b"five years", request=b"GET / HTTP/1.1\r\n\r\n"
    )

    capture, written = store(warc, page)
    response, request, metadata = (unzipped(warc.path, record) for record in written)

    assert response.decode() == (
        "WARC/1.1\r\n"
        "WARC-Type: response\r\n"
        "WARC-Record-ID: <urn:uuid:00000003-0000-4000-8000-000000000003>\r\n"
        "WARC-Date: 2026-11-22T01:00:01.123456Z\r\n"
        "WARC-Target-URI: http://site.example/cases/17\r\n"
        "WARC-Warcinfo-ID: <urn:uuid:00000002-0000-4000-8000-000000000002>\r\n"
        "WARC-IP-Address: 192.0.2.17\r\n"
        "WARC-Protocol: http/1.1\r\n"
        "WARC-Payload-Digest: sha256:6539927faddb6a96b55d2a1689b04022610581841bcc741a51deb6aedae77843\r\n"
        "WARC-Block-Digest: sha256:eb9b45d8ca543e4ce566538f513b5157696b9d21f2d6121d7c173a8bda2b4ba2\r\n"
        "Content-Type: application/http;msgtype=response\r\n"
        "Content-Length: 49\r\n"
        "\r\n"
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive years"
        "\r\n\r\n"
    )
    assert request.decode() == (
        "WARC/1.1\r\n"
        "WARC-Type: request\r\n"
        "WARC-Record-ID: <urn:uuid:00000004-0000-4000-8000-000000000004>\r\n"
        "WARC-Date: 2026-11-22T01:00:01.123456Z\r\n"
        "WARC-Target-URI: http://site.example/cases/17\r\n"
        "WARC-Warcinfo-ID: <urn:uuid:00000002-0000-4000-8000-000000000002>\r\n"
        "WARC-IP-Address: 192.0.2.17\r\n"
        "WARC-Protocol: http/1.1\r\n"
        "WARC-Concurrent-To: <urn:uuid:00000003-0000-4000-8000-000000000003>\r\n"
        "WARC-Block-Digest: sha256:8ac8a2c19d1c441af9f62e3e2309d3adaf82ddc6cbc8f100770cc234df048e17\r\n"
        "Content-Type: application/http;msgtype=request\r\n"
        "Content-Length: 18\r\n"
        "\r\n"
        "GET / HTTP/1.1\r\n\r\n"
        "\r\n\r\n"
    )
    assert metadata.decode() == (
        "WARC/1.1\r\n"
        "WARC-Type: metadata\r\n"
        "WARC-Record-ID: <urn:uuid:00000005-0000-4000-8000-000000000005>\r\n"
        "WARC-Date: 2026-11-22T01:00:01.123456Z\r\n"
        "WARC-Target-URI: http://site.example/cases/17\r\n"
        "WARC-Warcinfo-ID: <urn:uuid:00000002-0000-4000-8000-000000000002>\r\n"
        "WARC-Concurrent-To: <urn:uuid:00000003-0000-4000-8000-000000000003>\r\n"
        "WARC-Block-Digest: sha256:5058aee9ad742bc76ac10dfa12f73901c965c6d9ae66a97e9c2b11f755689398\r\n"
        "Content-Type: application/warc-fields\r\n"
        "Content-Length: 216\r\n"
        "\r\n"
        "outcome: response\r\n"
        "status: 200\r\n"
        "media-type: text/html\r\n"
        "payload-length: 10\r\n"
        "crawl: 20261122010000-demo\r\n"
        "site: memory-of-the-north\r\n"
        "via: http://site.example/cases/\r\n"
        "hopsFromSeed: LL\r\n"
        "fetchTimeMs: 250\r\n"
        "robots: allowed\r\n"
        "\r\n\r\n"
    )
    assert capture.record_digest == digest(response)
    assert capture.location == written[0].location


def test_a_file_begins_with_its_warcinfo_and_its_name_says_nothing_of_the_machine(warc: WarcWriter) -> None:
    octets = unzipped(warc.path, warc.warcinfo).decode()

    assert warc.name == "khronika-20261122010001123-00000-00000001.warc.gz"
    assert warc.path.name == warc.name + ".open"
    assert f"WARC-Filename: {warc.name}\r\n" in octets
    assert octets.partition("\r\n\r\n")[2] == (
        "software: khronika/0.1.0\r\n"
        "format: WARC File Format 1.1\r\n"
        "conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n"
        "operator: Archive of the North <archive@north.example>\r\n"
        "isPartOf: 20261122010000-demo\r\n"
        "\r\n\r\n"
    )


def captures_of_all(warc: WarcWriter, exchanges: dict[str, Exchange]) -> list[Capture]:
    captures = [warc.append(each, OCCASION, original=None)[0] for each in exchanges.values()]
    captures.append(store(warc, exchange(after=timedelta(days=1)), captures[0])[0])
    return captures


def test_the_records_alone_make_the_captures_that_were_returned(
    warc: WarcWriter, exchanges: dict[str, Exchange]
) -> None:
    captures = captures_of_all(warc, exchanges)

    assert list(captures_in(read_records(warc.path))) == captures


def test_the_records_read_are_the_records_written(warc: WarcWriter, exchanges: dict[str, Exchange]) -> None:
    written = [warc.warcinfo]
    for each in exchanges.values():
        written += warc.append(each, OCCASION, original=None)[1]

    assert [record.written() for record in read_records(warc.path)] == written
    assert [record.n for record in written] == list(range(len(written)))
    for record in written:
        octets = unzipped(warc.path, record)
        assert (digest(octets), len(octets)) == (record.record_digest, record.length)


@pytest.mark.parametrize("kind", KINDS)
def test_every_block_holds_the_octets_of_the_wire(warc: WarcWriter, exchanges: dict[str, Exchange], kind: str) -> None:
    each = exchanges[kind]
    _, written = warc.append(each, OCCASION, original=None)

    blocks = {record.type: read_record(warc.path, record.location.offset).block.read() for record in written}

    assert blocks.get("request", b"") == each.request.read()
    assert blocks.get("response", blocks.get("resource", b"")) == each.response.read()


def test_a_revisit_keeps_the_head_and_names_its_original(warc: WarcWriter) -> None:
    original, _ = store(warc, exchange())
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nSet-Cookie: seen=again\r\n\r\n"

    capture, written = store(warc, exchange(head=head, after=timedelta(days=1)), original)
    revisit = read_record(warc.path, written[0].location.offset)

    assert capture.is_revisit
    assert capture.refers_to == original.record_id
    assert capture.truncated is None
    assert [record.type for record in written] == ["revisit", "request", "metadata"]
    assert revisit.block.read() == head.replace(b"%d", str(len(PAGE)).encode())
    assert {name: revisit.value(name) for name in REVISIT_FIELDS} == {
        "WARC-Profile": "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
        "WARC-Refers-To": f"<{original.record_id}>",
        "WARC-Refers-To-Target-URI": "http://site.example/cases/17",
        "WARC-Refers-To-Date": "2026-11-22T01:00:01.123456Z",
        "WARC-Truncated": "length",
        "WARC-Payload-Digest": digest(PAGE),
        "WARC-Block-Digest": digest(revisit.block.read()),
    }


REVISIT_FIELDS = (
    *("WARC-Profile", "WARC-Refers-To", "WARC-Refers-To-Target-URI", "WARC-Refers-To-Date"),
    *("WARC-Truncated", "WARC-Payload-Digest", "WARC-Block-Digest"),
)


SHAPES = {
    **dict.fromkeys(KINDS[:10], ("response", "request", "metadata")),
    "tls": ("resource", "response", "request", "metadata"),
    "reset": ("request", "metadata"),
    "malformed": ("request", "resource", "metadata"),
    "late": ("request", "resource", "metadata"),
    "unresolved": ("metadata",),
    "robots": ("metadata",),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_records_of_an_exchange_share_its_date_and_refer_backwards(
    warc: WarcWriter, exchanges: dict[str, Exchange], kind: str
) -> None:
    capture, written = warc.append(exchanges[kind], OCCASION, original=None)
    records = [read_record(warc.path, each.location.offset) for each in written]

    assert tuple(record.type for record in records) == SHAPES[kind]
    assert {record.date for record in records} == {exchanges[kind].began_at}
    own = [record for record in records if record.foundation is None]
    assert capture.record_id == (own[0] if own[0].type == "response" else own[-1]).record_id
    seen: set[str] = set()
    for record in own:
        assert seen.issuperset(record.concurrent_to)
        assert bool(record.concurrent_to) == bool(seen)
        seen.add(record.record_id)


def test_the_payload_digest_is_that_of_the_body_without_its_chunks(
    warc: WarcWriter, exchanges: dict[str, Exchange]
) -> None:
    _, [response, *_] = warc.append(exchanges["chunked"], OCCASION, original=None)

    record = read_record(warc.path, response.location.offset)

    assert record.block.read().endswith(CHUNKED_BODY)
    assert record.value("WARC-Payload-Digest") == digest(b"five, eight")


def test_a_request_with_a_body_has_the_digest_of_that_body(warc: WarcWriter, exchanges: dict[str, Exchange]) -> None:
    _, [_, posted, _] = warc.append(exchanges["posted"], OCCASION, original=None)
    _, [_, plain, _] = warc.append(exchanges["ordinary"], OCCASION, original=None)

    assert posted.payload_digest == digest("q=имя".encode())
    assert plain.payload_digest is None


def test_tls_is_told_in_the_header_and_the_verdict_in_the_metadata(
    warc: WarcWriter, exchanges: dict[str, Exchange]
) -> None:
    _, [chain, response, _, metadata] = warc.append(exchanges["tls"], OCCASION, original=None)

    record = read_record(warc.path, response.location.offset)
    lines = read_record(warc.path, metadata.location.offset).block.read().decode()

    assert record.values("WARC-Protocol") == ["http/1.1", "tls/1.3"]
    assert record.value("WARC-Cipher-Suite") == "TLS_AES_128_GCM_SHA256"
    assert "tls-verdict: self-signed certificate in certificate chain\r\n" in lines
    assert f"tls-certificate: {digest(b'leaf in DER')}\r\n" in lines
    assert f"tls-chain: {read_record(warc.path, chain.location.offset).block.digest}\r\n" in lines


@pytest.mark.parametrize(
    ("peer", "written"),
    [
        ("2001:DB8:0:0::17", "2001:db8::17"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:192.0.2.17", "192.0.2.17"),
    ],
)
def test_an_address_is_written_in_its_canonical_form_without_the_interface(
    warc: WarcWriter, peer: str, written: str
) -> None:
    _, [response, *_] = store(warc, exchange(peer=peer))

    assert read_record(warc.path, response.location.offset).value("WARC-IP-Address") == written


@pytest.mark.parametrize(
    ("version", "protocol"), [("TLSv1", "tls/1.0"), ("TLSv1.2", "tls/1.2"), ("SSLv3", "ssl/3"), ("TLSv1.3", "tls/1.3")]
)
def test_a_tls_version_is_written_as_warc_protocol_has_it(warc: WarcWriter, version: str, protocol: str) -> None:
    _, [_, response, *_] = store(warc, exchange(tls=replace(TLS, version=version)))

    assert read_record(warc.path, response.location.offset).values("WARC-Protocol")[1] == protocol


def test_nothing_in_a_file_names_the_machine_or_its_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "HOSTNAME", "HOME", "EMAIL"):
        monkeypatch.setenv(name, "the-operator-herself")

    octets = gzip.decompress(full_warc(tmp_path).read_bytes())

    assert getpass.getuser() == "the-operator-herself"
    assert not names_machine(octets)
    for word in (getpass.getuser(), str(tmp_path), f"{uuid.getnode():012x}", "eth0"):
        assert word.encode() not in octets


# --- what other tools say --------------------------------------------------------------------------------------------


def test_gzip_finds_every_member_sound(tmp_path: Path) -> None:
    subprocess.run(["gzip", "-t", full_warc(tmp_path)], check=True)


def test_warcio_finds_nothing_wrong_but_what_it_judges_otherwise(tmp_path: Path) -> None:
    # It digests the framed body, and takes the first blank line for the end of the head: see 5.9 and RFC 9110, 15.2.
    path = full_warc(tmp_path)

    told = subprocess.run([BIN / "warcio", "check", "-v", path], capture_output=True, text=True, check=False)

    urls = {record.record_id: record.target_uri for record in read_records(path)}
    failed = re.findall(r"WARC-Record-ID <([^>]+)> \w+\n +((?:payload|block) digest failed)", told.stdout)
    assert [(urls[record_id], which) for record_id, which in failed] == [
        ("http://site.example/chunked", "payload digest failed"),
        ("http://site.example/continued", "payload digest failed"),
    ]
    # nothing else is said: "digest pass" under every other record that it judges
    assert told.stdout.count("digest failed") == 2
    assert told.stdout.count("digest pass") == len(urls) - 3, "all but the two and the revisit, which it skips"


def test_fastwarc_finds_nothing_wrong_but_what_it_judges_otherwise(tmp_path: Path) -> None:
    path = full_warc(tmp_path)

    subprocess.run([BIN / "fastwarc", "check", "-q", path], check=True)
    wrong = []
    with path.open("rb") as file:
        for record in FastWarcIterator(file, record_types=WarcRecordType.response, func_filter=is_warc_11):
            if not record.verify_payload_digest():
                wrong.append(record.headers["WARC-Target-URI"])

    assert wrong == ["http://site.example/chunked", "http://site.example/continued"]


def test_cdxj_indexer_sees_every_response_and_revisit_once(tmp_path: Path) -> None:
    path = full_warc(tmp_path)

    told = subprocess.run([BIN / "cdxj-indexer", path], capture_output=True, text=True, check=True).stdout

    urls = [json.loads(line.split(" ", 2)[2])["url"] for line in told.splitlines()]
    assert sorted(urls) == sorted(
        record.target_uri or "" for record in read_records(path) if record.type in {"response", "revisit", "resource"}
    )
    # octets that are no HTTP are never indexed under the page's address
    assert "http://site.example/ssh" not in urls


# --- closing ---------------------------------------------------------------------------------------------------------


def test_a_closed_file_has_its_final_name_its_size_and_its_digest(tmp_path: Path) -> None:
    warc = writer(tmp_path)
    store(warc, exchange())

    closed = warc.close()

    assert [path.name for path in tmp_path.iterdir()] == [closed.name] == [warc.name]
    path = tmp_path / closed.name
    assert (closed.size, closed.records) == (path.stat().st_size, 4)
    assert closed.digest == file_digest(path) == digest(path.read_bytes())


def test_a_closed_file_takes_nothing_more(warc: WarcWriter) -> None:
    warc.close()

    with pytest.raises(StorageError, match="closed"):
        store(warc, exchange())
    with pytest.raises(StorageError, match="closed"):
        warc.close()


def test_closing_never_replaces_a_file(warc: WarcWriter) -> None:
    final = warc.path.with_name(warc.name)
    final.write_bytes(b"evidence")

    with pytest.raises(StorageError, match="expected no file"):
        warc.close()

    assert final.read_bytes() == b"evidence"
    assert warc.path.exists()


def test_a_file_is_never_begun_over_another_one(tmp_path: Path) -> None:
    first = writer(tmp_path)
    octets = first.path.read_bytes()

    second = writer(tmp_path)

    assert second.name != first.name
    assert first.path.read_bytes() == octets


def test_an_exchange_whose_octets_cannot_be_read_any_more_is_refused(warc: WarcWriter) -> None:
    first, _ = store(warc, exchange())
    page = exchange()
    spool = Spool(memory_limit=10)
    spool.write(page.response.read())
    assert spool._file is not None
    spool._file.flush()
    os.ftruncate(spool._file.fileno(), 100)  # its temporary file, of which the disk has lost the rest

    with pytest.raises(StorageError, match=r"expected \d+ octets of the response for .*, found 100"):
        store(warc, replace(page, response=spool))
    second, _ = store(warc, exchange())

    assert list(captures_in(read_records(warc.path))) == [first, second]


def test_a_large_block_is_read_from_the_file_again_under_its_final_name(
    warc: WarcWriter, exchanges: dict[str, Exchange]
) -> None:
    each = exchanges["large"]
    _, [response, *_] = warc.append(each, OCCASION, original=None)
    record = read_record(warc.path, response.location.offset)
    assert record.block.octets is None

    warc.close()

    assert record.block.read() == each.response.read()
    assert record.block.read(1_000_000, 1_000_100) == each.response.read(1_000_000, 1_000_100)


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"url": "http://site.example/a b"}, "expected a URI"),
        ({"url": "http://пример.example/"}, "expected a URI"),
        ({"url": "site.example"}, "expected a URI"),
        ({"payload_digest": None}, "payload digest"),
        ({"began_at": BEGAN.replace(tzinfo=None)}, "its zone"),
        ({"head_length": 99_999}, "at least 99999 octets"),
        ({"peer": "eth0"}, "address of a server"),
    ],
)
def test_an_exchange_that_contradicts_itself_is_refused_and_leaves_no_trace(
    warc: WarcWriter, wrong: dict[str, Any], message: str
) -> None:
    size = warc.size

    with pytest.raises(ExchangeError, match=message):
        store(warc, replace(exchange(), **wrong))

    assert warc.path.stat().st_size == warc.size == size


@pytest.mark.parametrize("name", ["outcome", "Upper", "two words", "colon:", ""])
def test_notes_cannot_take_the_place_of_what_the_metadata_says(warc: WarcWriter, name: str) -> None:
    with pytest.raises(ExchangeError, match="names of their own"):
        store(warc, exchange(), occasion=replace(OCCASION, notes=((name, "value"),)))


@pytest.mark.parametrize("changed", [{"body": b"eight years"}, {"truncated": "time"}])
def test_a_revisit_of_another_payload_or_of_a_part_is_refused(warc: WarcWriter, changed: dict[str, Any]) -> None:
    original, _ = store(warc, exchange())

    with pytest.raises(ExchangeError, match="its original"):
        store(warc, exchange(**changed), original)


def test_a_revisit_of_a_revisit_is_refused(warc: WarcWriter) -> None:
    original, _ = store(warc, exchange())
    revisit, _ = store(warc, exchange(), original)

    with pytest.raises(ExchangeError, match="found the revisit"):
        store(warc, exchange(), revisit)


# --- any text, any octets --------------------------------------------------------------------------------------------

LINES = st.text(max_size=30) | st.sampled_from(["", " ", "a\r\nb: c", "\ud800", "\x85 \u2028", "outcome: ok"])


@settings(max_examples=120, deadline=None)
@given(
    head=st.binary(min_size=1, max_size=40),
    body=st.binary(max_size=200),
    request=st.binary(max_size=60),
    error=st.none() | LINES,
    via=st.none() | LINES,
    site=LINES,
    hops=st.text("LREXP", max_size=5),
    mime=st.none() | LINES,
    note=LINES,
    complete=st.booleans(),
)
def test_whatever_came_and_whatever_was_said_of_it_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    head: bytes,
    body: bytes,
    request: bytes,
    error: str | None,
    via: str | None,
    site: str,
    hops: str,
    mime: str | None,
    note: str,
    complete: bool,
) -> None:
    warc = writer(tmp_path_factory.mktemp("warc"))
    occasion = Occasion(crawl="c", site=site, via=via, hops=hops, notes=(("note", note), ("note", "twice")))
    if complete:
        each = exchange(head=head.replace(b"%d", b""), body=body, request=request, error=error, mime=mime)
    else:
        each = failure(Outcome.MALFORMED, request=request, received=head + body, error=error, truncated="time")
    sent, received = each.request.read(), each.response.read()

    capture, written = store(warc, each, occasion=occasion)
    records = list(read_records(warc.path))[1:]

    assert list(captures_in(read_records(warc.path))) == [capture]
    assert [record.written() for record in records] == written
    blocks = {record.type: record.block.read() for record in records}
    assert blocks.get("request", b"") == sent
    assert blocks.get("response", blocks.get("resource", b"")) == received
    with warc.path.open("rb") as file:
        theirs = [record.raw_stream.read() for record in WarcioIterator(file, no_record_parse=True)]
    assert theirs[1:] == [record.block.read() for record in records]


# --- a disk that refuses ---------------------------------------------------------------------------------------------

FULL_DISK = """
import os, resource, sys
from pathlib import Path
from warc_samples import *
from archive.errors import StorageError
from archive.warc import valid_length, captures_in, read_records

body = os.urandom(int(sys.argv[2]))
step = int(sys.argv[3])
warc = writer(Path(sys.argv[1]))
first, _ = store(warc, exchange())
before = warc.path.read_bytes()
page = exchange(body=body)
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
limit = len(before)
refused = 0
while True:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, unlimited[1]))
    try:
        second, _ = warc.append(page, OCCASION, original=None)
        break
    except StorageError:
        refused += 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    assert warc.path.read_bytes() == before, limit
    assert (warc.size, warc.records) == (len(before), 4)
    limit += step
page.close()
# up to a few octets: the ids of each go are new, and compress differently
assert limit - step - 32 < warc.size <= limit, (limit, warc.size)
closed = warc.close()
path = warc.path.with_name(closed.name)
assert closed.digest == digest(path.read_bytes())
assert list(captures_in(read_records(path))) == [first, second]
print(refused)
"""


@pytest.mark.parametrize(("body", "step"), [(100, 1), (2_500_000, 150_000)])
def test_a_disk_that_fills_at_any_octet_leaves_the_file_as_it_was(tmp_path: Path, body: int, step: int) -> None:
    told = subprocess.run(
        [sys.executable, "-c", FULL_DISK, tmp_path, str(body), str(step)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )

    assert told.returncode == 0, told.stderr
    assert int(told.stdout) > 15


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 64 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = (
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk], capture_output=True, check=False)
        if shutil.which("mount")
        else None
    )
    if mounted is None or mounted.returncode:
        pytest.skip("mounting a small disk takes root")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk_refuses_one_exchange_and_takes_a_smaller_one(small_disk: Path) -> None:
    warc = writer(small_disk)
    first, _ = store(warc, exchange())

    with pytest.raises(StorageError, match="No space left on device"):
        store(warc, exchange(body=os.urandom(100_000)))
    second, _ = store(warc, exchange())
    warc.sync()
    closed = warc.close()

    assert list(captures_in(read_records(small_disk / closed.name))) == [first, second]


def test_a_failed_sync_takes_back_what_was_not_safe_and_ends_the_file(
    warc: WarcWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = store(warc, exchange())
    warc.sync()
    size = warc.size
    store(warc, exchange())

    def refuse(_fd: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("archive.warc.fdatasync", refuse)
    with pytest.raises(StorageError, match="Input/output error"):
        warc.sync()
    with pytest.raises(StorageError, match="takes nothing more"):
        store(warc, exchange())
    closed = warc.close()

    path = warc.path.with_name(closed.name)
    assert closed.size == path.stat().st_size == size
    assert list(captures_in(read_records(path))) == [first]


# --- torn tails ------------------------------------------------------------------------------------------------------


def test_a_file_cut_at_any_octet_of_its_last_exchange_is_valid_up_to_its_last_whole_member(tmp_path: Path) -> None:
    warc = writer(tmp_path)
    _, before = store(warc, exchange())
    _, last = store(warc, failure(Outcome.MALFORMED, request=request_bytes(), received=b"not HTTP"))
    ends = [record.location.offset + record.location.length for record in [*before, *last]]
    octets = warc.path.read_bytes()
    cut = tmp_path / "cut.warc.gz.open"

    for length in range(ends[2], len(octets) + 1):
        cut.write_bytes(octets[:length])
        valid = valid_length(cut)
        whole = [end for end in ends if end <= length]
        assert (valid.length, valid.records) == (whole[-1], len(whole) + 1)
        assert (valid.problem is None) == (length == whole[-1])
        if valid.problem is not None:
            assert isinstance(valid.problem, RecordTruncatedError)
            assert valid.problem.offset == whole[-1]


@pytest.mark.parametrize("tail", [b"\0" * 512, b"garbage", b"\x1f\x8b\x08", gzip.compress(b"not a record", mtime=0)])
def test_a_tail_that_is_no_record_is_not_part_of_the_file(tmp_path: Path, tail: bytes) -> None:
    warc = writer(tmp_path)
    store(warc, exchange())
    with warc.path.open("ab") as file:
        file.write(tail)

    valid = valid_length(warc.path)

    assert (valid.length, valid.records) == (warc.size, 4)
    assert isinstance(valid.problem, RecordError)


def test_an_empty_file_has_no_valid_part(tmp_path: Path) -> None:
    path = tmp_path / "empty.warc.gz.open"
    path.touch()

    assert valid_length(path)[:3] == (0, 0, None)


@pytest.mark.parametrize("kept", [1, 2])
@pytest.mark.parametrize("kind", ["ordinary", "chunked", "continued", "head", "truncated", "large"])
def test_a_response_that_lost_its_metadata_is_a_capture_all_the_same(
    warc: WarcWriter, exchanges: dict[str, Exchange], kind: str, kept: int
) -> None:
    each = exchanges[kind]
    stored, _ = warc.append(each, OCCASION, original=None)

    [capture] = captures_in(list(read_records(warc.path))[: 1 + kept])

    lost = {"site": "site.example", "via": None, "hops": "", "error": None}
    assert capture == replace(stored, **lost)  # type: ignore[arg-type]


def test_a_request_that_lost_its_outcome_is_no_capture(warc: WarcWriter, exchanges: dict[str, Exchange]) -> None:
    warc.append(exchanges["reset"], OCCASION, original=None)

    assert list(captures_in(list(read_records(warc.path))[:-1])) == []


def test_metadata_that_lacks_what_it_must_say_is_refused(warc: WarcWriter) -> None:
    _, written = store(warc, exchange())
    records = list(read_records(warc.path))
    octets = records[-1].block.read().replace(b"payload-length", b"payload-size")
    records[-1] = replace(records[-1], block=replace(records[-1].block, octets=octets, length=len(octets)))

    with pytest.raises(RecordError, match=f"offset {written[-1].location.offset}: .*no line 'payload-length'"):
        list(captures_in(records))


def test_metadata_of_a_response_that_is_gone_is_no_capture(warc: WarcWriter) -> None:
    first, _ = store(warc, exchange())
    store(warc, exchange())
    last, _ = store(warc, exchange())
    records = list(read_records(warc.path))
    del records[4]
    told: list[RecordError] = []

    with pytest.raises(RecordError, match="a status, and no response"):
        list(captures_in(records))

    assert list(captures_in(records, damaged=told.append)) == [first, last]
    assert [error.offset for error in told] == [records[5].location.offset]


def test_reading_what_is_no_warc_says_what_was_expected_and_where(tmp_path: Path) -> None:
    path = tmp_path / "page.warc.gz"
    path.write_bytes(b"<!doctype html>")

    with pytest.raises(RecordError, match=r"page\.warc\.gz, offset 0: expected a gzip member"):
        list(read_records(path))
    with pytest.raises(StorageError, match=r"reading absent\.warc\.gz: No such file"):
        list(read_records(tmp_path / "absent.warc.gz"))


def test_a_request_that_was_sent_twice_is_told_of(warc: WarcWriter, exchanges: dict[str, Exchange]) -> None:
    written = []
    for octets in (None, 93):
        _, records = warc.append(replace(exchanges[KINDS[0]], sent_before=octets), OCCASION, original=None)
        written.append(records[-1])
    warc.sync()

    lines = [parse_warc_fields(read_record(warc.path, record.location.offset).block.read()) for record in written]
    assert [value_of(each, "sent-before") for each in lines] == [None, "93"]


@pytest.mark.parametrize("known", [True, False])
def test_macos_is_asked_to_empty_the_disks_cache_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, known: bool
) -> None:
    asked: list[object] = []

    def control(_fd: int, command: int) -> int:
        asked.append(command)
        if not known:
            raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))
        return 0

    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", control)
    monkeypatch.setattr(os, "fdatasync", lambda _fd: asked.append("fdatasync"), raising=False)
    with (tmp_path / "file").open("wb") as file:
        fdatasync(file.fileno())

    assert asked == ([51] if known else [51, "fdatasync"])


def test_a_disk_that_fails_is_not_asked_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def control(_fd: int, _command: int) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", control)
    with (tmp_path / "file").open("wb") as file, pytest.raises(OSError, match="Input/output error"):
        fdatasync(file.fileno())
