"""crawl.log has Heritrix's twelve columns, one line for each exchange."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import archive_samples
import pytest
import warc_samples
from archive_samples import crawled, page

from archive.collection import Collection
from archive.errors import StorageError
from archive.exchange import Exchange, Failure, Occasion, Outcome
from crawler.crawl_log import CrawlLog, LogLine, code_of

NOW = datetime(2026, 11, 22, 1, 0, 1, 470999, UTC)
OCCASION = Occasion(crawl="c1", site="north", via="http://site.example/cases/", hops="LL")


def line(at: Path, exchange: Exchange, occasion: Occasion = OCCASION, *, crawl: str = "c1", worker: int = 1) -> str:
    """The line of an exchange, stored as a crawl of its own."""
    logged = LogLine(exchange, occasion)
    made = (at / "collection").exists()
    collection = Collection.open(at / "collection") if made else archive_samples.collection(at)
    with collection.writer() as writer:
        writer.begin_crawl(crawl)
        capture = writer.store(exchange, replace(occasion, crawl=crawl)).result()
    return logged.text(capture, now=NOW, worker=worker)


def test_the_line_of_a_page_is_heritrixs(tmp_path: Path) -> None:
    digest = warc_samples.digest(b"five years")

    assert line(tmp_path, page("five years")) == (
        f"2026-11-22T01:00:01.470Z   200         10 {archive_samples.URL} LL http://site.example/cases/ text/html #001"
        f" 20261122010001123+250 {digest} north -"
    )


def test_a_start_address_has_neither_path_nor_referrer(tmp_path: Path) -> None:
    columns = line(tmp_path, page("five"), Occasion(crawl="c1", site="north"), worker=12).split()

    assert (columns[4], columns[5], columns[7]) == ("-", "-", "#012")


def test_a_failure_has_heritrixs_number_and_says_its_name(tmp_path: Path) -> None:
    exchange = warc_samples.failure(Outcome.UNRESOLVED, stage="resolve", failure=Failure.NXDOMAIN, error="no such name")

    columns = line(tmp_path, exchange).split()
    assert columns[1:3] == ["-1", "0"]
    assert columns[6] == "-"
    assert columns[8:] == ["20261122010001123+1500", "-", "north", "failure:nxdomain"]


def test_what_was_not_fetched_has_no_size_and_no_time(tmp_path: Path) -> None:
    exchange = warc_samples.failure(Outcome.ROBOTS, stage="policy", failure=Failure.ROBOTS_DENIED)

    columns = line(tmp_path, exchange).split()
    assert (columns[1], columns[2], columns[8], columns[11]) == ("-9998", "-", "-", "failure:robots-denied")


def test_annotations_say_what_is_special(tmp_path: Path) -> None:
    occasion = replace(OCCASION, notes=(("attempt", "2"),))
    first = page("five", url="https://site.example/")
    again = page("five", url="https://site.example/", hour=1, tls=warc_samples.TLS)
    cut = page(
        "five ye", hour=2, outcome=Outcome.TRUNCATED, truncated="time", stage="body", failure=Failure.BODY_TIMEOUT
    )

    assert line(tmp_path, first, crawl="c1").split()[11] == "-"
    assert line(tmp_path, again, crawl="c2").split()[11] == "revisit,certificate:self-signed"
    assert line(tmp_path, cut, occasion, crawl="c3").split()[11] == "truncated:time,failure:body-timeout,try:2"
    against = replace(
        OCCASION, notes=(("robots", "overridden; Disallow: / (line 2)"), ("robots-override", "by: N. N."))
    )
    assert (
        line(tmp_path, page("five", url="https://site.example/", hour=3), against, crawl="c4").split()[11]
        == "revisit,robots:overridden"
    )


def test_white_space_never_makes_a_column(tmp_path: Path) -> None:
    exchange = replace(page("five", url="http://site.example/a"), mime="text/html x")
    occasion = Occasion(crawl="c1", site="the north", via="http://site.example/a b")

    columns = line(tmp_path, exchange, occasion).split()
    assert len(columns) == 12
    assert (columns[5], columns[6], columns[10]) == (
        "http://site.example/a%20b",
        "text/html%20x",
        "the%20north",
    )


@pytest.mark.parametrize("failure", list(Failure))
def test_every_failure_without_a_status_has_a_negative_number(tmp_path: Path, failure: Failure) -> None:
    at = archive_samples.collection(tmp_path)
    exchange = warc_samples.failure(Outcome.TIMEOUT, stage="connect", failure=failure)
    (capture,) = crawled(at, "c1", exchange)

    assert code_of(capture) < 0
    assert code_of(replace(capture, status=451)) == 451


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome.UNRESOLVED, -1),
        (Outcome.REFUSED, -2),
        (Outcome.TLS, -2),
        (Outcome.RESET, -3),
        (Outcome.TIMEOUT, -4),
        (Outcome.ROBOTS, -9998),
    ],
)
def test_an_outcome_alone_has_a_number_too(tmp_path: Path, outcome: Outcome, code: int) -> None:
    (capture,) = crawled(archive_samples.collection(tmp_path), "c1", warc_samples.failure(outcome))

    assert code_of(capture) == code


def test_lines_are_added_and_a_torn_one_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "crawls" / "c1" / "crawl.log"
    log = CrawlLog(path)
    log.write("one")
    log.close()
    with path.open("a") as file:
        file.write("tw")
    log = CrawlLog(path)
    log.write("three")
    log.close()
    log.write("four")

    assert path.read_text() == "one\ntw\nthree\nfour\n"


def test_a_line_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "crawls" / "c1" / "crawl.log"
    log = CrawlLog(path)
    log.write("one")
    write = os.write
    left = [3]

    def short(fd: int, octets: bytes) -> int:
        if not left[0]:
            raise OSError(28, "No space left on device")
        written, left[0] = left[0], 0
        return write(fd, octets[:written])

    monkeypatch.setattr(os, "write", short)
    with pytest.raises(StorageError, match=r"crawls/c1/crawl.log cannot be written: No space"):
        log.write("two lines' worth")
    monkeypatch.undo()
    log.write("three")
    log.close()

    assert path.read_text() == "one\nthree\n"
