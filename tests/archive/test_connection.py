"""What exchanges rest on, DNS answers and certificates: as blocks, in files, and found again from a capture."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from archive_samples import URL, collection, crawled, page, put, timeout
from hypothesis import given
from hypothesis import strategies as st
from warc_samples import BEGAN, OCCASION, TLS, exchange, failure, store, writer

from archive.audit import verify
from archive.check import Finding, FindingKind, check_file
from archive.collection import Collection
from archive.connection import (
    chain_uri,
    dns_uri,
    format_chain,
    format_dns,
    is_foundation,
    parse_chain,
    parse_dns,
    same_answer,
)
from archive.digest import digest
from archive.errors import RecordError, StorageError
from archive.exchange import DnsAnswer, Exchange, Outcome
from archive.header import parse_warc_fields, value_of
from archive.warc import Record, WarcWriter, captures_in, read_records

ANSWER = DnsAnswer(
    "site.example",
    BEGAN - timedelta(seconds=1),
    "NOERROR",
    ("site.example. 300 IN CNAME www.site.example.", "www.site.example. 60 IN A 192.0.2.17"),
)
NONE = DnsAnswer("nowhere.invalid", BEGAN, "NXDOMAIN", (), "system")


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Collection]:
    with collection(tmp_path) as made:
        yield made


def answered(minutes: float = 0, answer: DnsAnswer = ANSWER, **more: Any) -> Exchange:
    return exchange(after=timedelta(minutes=minutes), dns=answer, **more)


def lines_of(record: Record) -> dict[str, str]:
    return dict(parse_warc_fields(record.block.read()))


# --- blocks ----------------------------------------------------------------------------------------------------------


def test_an_answer_has_these_very_octets() -> None:
    assert format_dns(ANSWER) == (
        b"; site.example looked up 2026-11-22T01:00:00.123456Z: NOERROR (source dns)\r\n"
        b"site.example. 300 IN CNAME www.site.example.\r\n"
        b"www.site.example. 60 IN A 192.0.2.17\r\n"
    )
    assert format_dns(NONE) == b"; nowhere.invalid looked up 2026-11-22T01:00:01.123456Z: NXDOMAIN (source system)\r\n"
    assert dns_uri("site.example") == "dns:site.example"


@pytest.mark.parametrize("answer", [ANSWER, NONE])
def test_an_answer_is_read_as_it_was_written(answer: DnsAnswer) -> None:
    assert parse_dns(format_dns(answer)) == answer


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"site.example. 300 IN A 192.0.2.17\r\n",
        format_dns(ANSWER)[:-2],
        format_dns(ANSWER).replace(b"2026-11-22", b"2026-11-32"),
        format_dns(ANSWER).replace(b"source dns", b"source gossip"),
        b"\xff\xfe\r\n",
    ],
)
def test_a_block_that_is_no_answer_is_refused(block: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_dns(block)


def test_answers_are_the_same_whatever_their_time_their_ttl_and_their_order() -> None:
    later = replace(
        ANSWER,
        looked_up_at=BEGAN,
        records=("www.site.example. 3 IN A 192.0.2.17", "site.example. 1 IN CNAME www.site.example."),
    )

    assert same_answer(later) == same_answer(ANSWER)
    for other in (
        replace(ANSWER, rcode="SERVFAIL"),
        replace(ANSWER, source="system"),
        replace(ANSWER, records=ANSWER.records[:1]),
        replace(ANSWER, records=(ANSWER.records[0], "www.site.example. 60 IN A 192.0.2.18")),
    ):
        assert same_answer(other) != same_answer(ANSWER)


@given(st.lists(st.binary(min_size=1, max_size=2000), min_size=1, max_size=4))
def test_a_chain_is_read_as_it_was_written(chain: list[bytes]) -> None:
    block = format_chain(chain)

    assert parse_chain(block) == tuple(chain)
    assert ssl.PEM_cert_to_DER_cert(block.decode()[: block.index(b"-----END") + 25]) == chain[0]


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"\xff",
        format_chain([b"leaf"]) + b"\n",
        format_chain([b"leaf"])[:-1],
        format_chain([b"leaf"]).replace(b"\n", b"\r\n"),
        format_chain([b"leaf"]).replace(b"bGVhZg==", b"bGVhZg="),
        format_chain([b"leaf"]).replace(b"bGVhZg==", b"bGVhZh=="),
    ],
)
def test_a_block_that_is_no_chain_is_refused(block: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_chain(block)


def test_a_page_is_no_foundation() -> None:
    assert is_foundation("resource", "dns:site.example")
    assert is_foundation("resource", chain_uri(digest(b"leaf")))
    for kind, target in (("response", "dns:site.example"), ("resource", "urn:received:" + URL), ("warcinfo", None)):
        assert not is_foundation(kind, target)


# --- in a file -------------------------------------------------------------------------------------------------------


def test_an_answer_is_written_once_until_it_changes_and_each_exchange_names_its_own(tmp_path: Path) -> None:
    warc = writer(tmp_path)
    moved = replace(ANSWER, looked_up_at=BEGAN + timedelta(minutes=2), records=("site.example. 9 IN A 192.0.2.18",))
    again = replace(ANSWER, looked_up_at=BEGAN + timedelta(minutes=1))
    captures = [
        store(warc, each)[0]
        for each in (answered(), answered(1, again), answered(3, moved), answered(4, moved), answered(5, again))
    ]
    store(warc, failure(Outcome.UNRESOLVED, "http://nowhere.invalid/", dns=NONE))
    path = tmp_path / warc.close().name
    records = list(read_records(path))

    answers = [record for record in records if record.target_uri == "dns:site.example"]
    assert [parse_dns(record.block.read()) for record in answers] == [ANSWER, moved, again]
    for record in answers:
        assert (record.type, record.value("Content-Type"), record.concurrent_to) == ("resource", "text/dns", [])
        assert record.date == parse_dns(record.block.read()).looked_up_at
    named = [value_of(parse_warc_fields(one.block.read()), "dns-record") for one in records if one.type == "metadata"]
    first, second, third = (f"<{record.record_id}>" for record in answers)
    assert named[:5] == [first, first, second, second, third]
    last = lines_of(records[-1])
    assert (last["dns-host"], last["dns-rcode"]) == ("nowhere.invalid", "NXDOMAIN")
    assert last["dns-record"] == f"<{records[-2].record_id}>"
    assert list(captures_in(records))[:5] == captures
    assert list(check_file(path)) == []


def test_a_chain_is_written_once_a_file_whatever_connection_it_came_from(tmp_path: Path) -> None:
    other = replace(TLS, chain=(*TLS.chain, b"root in DER"))
    copied = replace(TLS, chain=tuple(bytes(bytearray(each)) for each in TLS.chain), verdict="ok")
    bare = replace(TLS, chain=(), verdict="no certificate")
    paths = []
    for serial in range(2):
        warc = writer(tmp_path, serial=serial, start=1 + 100 * serial)
        for minutes, tls in enumerate((TLS, copied, other, TLS, bare)):
            store(warc, answered(minutes, tls=tls))
        paths.append(tmp_path / warc.close().name)

    for path in paths:
        records = list(read_records(path))
        chains = [record for record in records if record.value("Content-Type") == "application/pem-certificate-chain"]
        assert [parse_chain(record.block.read()) for record in chains] == [TLS.chain, other.chain]
        assert {record.target_uri for record in chains} == {chain_uri(digest(TLS.chain[0]))}
        named = [lines_of(record).get("tls-chain") for record in records if record.type == "metadata"]
        one, two = (record.block.digest for record in chains)
        assert named == [one, one, two, one, None]
        assert list(check_file(path)) == []


def test_what_failed_to_be_written_is_written_with_the_next_exchange(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warc = writer(tmp_path)
    before = warc.path.read_bytes()

    def refuse(self: WarcWriter) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(WarcWriter, "_flush", refuse)
        with pytest.raises(StorageError, match="No space left"):
            store(warc, answered(tls=TLS))
    assert warc.path.read_bytes() == before
    _, written = store(warc, answered(1, tls=TLS))

    assert [record.type for record in written] == ["resource", "resource", "response", "request", "metadata"]


def test_a_tail_torn_between_what_an_exchange_rests_on_and_the_exchange_loses_nothing_else(
    at: Collection, tmp_path: Path
) -> None:
    warc = WarcWriter.create(
        at.archive_folder, prefix="khronika", warcinfo=[("isPartOf", "one")], now=BEGAN, serial=0, new_id=counted()
    )
    first, _ = store(warc, answered(tls=TLS), occasion=replace(OCCASION, crawl="one"))
    moved = replace(ANSWER, rcode="SERVFAIL", records=())
    _, written = store(warc, failure(Outcome.UNRESOLVED, dns=moved, request=b"", tls=replace(TLS, chain=(b"x",))))
    octets = warc.path.read_bytes()
    warc.abandon()
    for kept in (1, 2):
        end = written[kept - 1].location.offset + written[kept - 1].location.length
        folder = tmp_path / f"kept-{kept}"
        with collection(folder) as torn:
            (torn.archive_folder / warc.path.name).write_bytes(octets[:end] + octets[end : end + 9])
            torn.writer().close()

            assert list(torn.catalogue.captures()) == [first]
            assert torn.connection_of(first).answer == ANSWER
            assert [found for found in verify(torn) if isinstance(found, Finding)] == []


def counted() -> Any:
    numbers = iter(range(1, 10_000))
    return lambda: "urn:uuid:{0:08x}-0000-4000-8000-{0:012x}".format(next(numbers))


# --- from a capture --------------------------------------------------------------------------------------------------


def test_what_an_exchange_rests_on_is_found_from_its_capture(at: Collection) -> None:
    moved = replace(ANSWER, rcode="SERVFAIL", records=())
    other = replace(TLS, chain=(TLS.chain[0], b"another issuer"))
    with at.writer() as writing:
        captures = put(
            writing,
            "one",
            answered(0, tls=TLS),
            answered(1, tls=other),
            answered(2, moved, tls=TLS),
            page("<p>plain", hour=1),
            timeout(hour=2),
            replace(timeout(hour=3), dns=ANSWER, tls=other),
            replace(timeout(hour=4), dns=NONE),
        )

    found = [at.connection_of(capture) for capture in captures]
    assert [one.answer for one in found] == [ANSWER, ANSWER, moved, None, None, ANSWER, NONE]
    chains = [TLS.chain, other.chain, TLS.chain, (), (), other.chain, ()]
    assert [one.certificates for one in found] == chains
    # and is none of the exchange's own records
    assert [[record.type for record in at.exchange_of(capture)] for capture in captures] == [
        *[["request", "response", "metadata"]] * 4,
        *[["metadata"]] * 3,
    ]


def test_what_an_exchange_rests_on_is_the_same_after_rebuild(at: Collection) -> None:
    crawled(at, "one", answered(0, tls=TLS), replace(timeout(hour=3), dns=NONE))
    before = [
        (row.foundation, row.record_id) for file in at.catalogue.files() for row in at.catalogue.records_of(file.name)
    ]
    assert [target for target, _ in before if target] == [
        "dns:site.example",
        chain_uri(digest(TLS.chain[0])),
        "dns:nowhere.invalid",
    ]
    at.close()

    Collection.rebuild(at.path)

    assert [
        (row.foundation, row.record_id) for file in at.catalogue.files() for row in at.catalogue.records_of(file.name)
    ] == before


# --- taken out -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["dns:site.example", chain_uri(digest(TLS.chain[0]))])
def test_a_foundation_that_is_gone_is_missed(at: Collection, target: str) -> None:
    captures = crawled(at, "one", answered(0, tls=TLS), answered(1, tls=TLS))
    [file] = at.archive_folder.iterdir()
    octets = file.read_bytes()
    [gone] = [record for record in read_records(file) if record.target_uri == target]
    start = gone.location.offset
    file.write_bytes(octets[:start] + octets[start + gone.location.length :])
    at.close()
    Collection.rebuild(at.path)  # whoever took it out made the catalogue fit

    whole = [found for found in verify(at) if isinstance(found, Finding)]
    one = [
        found
        for found in verify(at, captures=[at.catalogue.capture(captures[1].record_id)])
        if isinstance(found, Finding)
    ]

    assert [(found.kind, found.record_id) for found in whole] == [(FindingKind.MISSING, gone.record_id)]
    assert (FindingKind.MISSING, gone.record_id) in [(found.kind, found.record_id) for found in one]
    with pytest.raises(RecordError, match="earlier in the file, found none"):
        at.connection_of(at.catalogue.capture(captures[0].record_id))


def test_a_foundation_that_was_altered_is_found_with_the_capture_that_rests_on_it(at: Collection) -> None:
    [capture] = crawled(at, "one", answered(0, tls=TLS))
    [file] = at.archive_folder.iterdir()
    [record] = [record for record in read_records(file) if record.target_uri == "dns:site.example"]
    octets = bytearray(file.read_bytes())
    octets[record.location.offset + record.location.length - 5] ^= 1  # the member's CRC and length
    file.write_bytes(octets)

    found = [one for one in verify(at, captures=[capture]) if isinstance(one, Finding)]

    assert [(one.kind, one.offset) for one in found] == [(FindingKind.ALTERED, record.location.offset)]


def test_a_foundation_that_does_not_say_what_its_target_says_is_not_taken_for_it(at: Collection) -> None:
    lying = replace(ANSWER, host="other.example")
    with at.writer() as writing:
        writing.begin_crawl("one")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("archive.warc.dns_uri", lambda host: dns_uri("site.example"))
            capture = writing.store(answered(0, lying), replace(OCCASION, crawl="one")).result()

    with pytest.raises(RecordError, match=r"dns:site\.example|other\.example"):
        at.connection_of(capture)
