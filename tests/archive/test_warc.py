"""WARC files: golden bytes, round trips, other tools' opinions, full disks, torn tails."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from warc_samples import (
    KINDS,
    OCCASION,
    all_exchanges,
    exchange,
    store,
    writer,
)

from archive.capture import Capture
from archive.digest import digest
from archive.exchange import Exchange
from archive.warc import (
    WarcWriter,
    WrittenRecord,
    captures_in,
    read_record,
    read_records,
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
