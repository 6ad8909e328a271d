"""Record headers, dates and warc-fields: parse and format invert each other, and nothing makes the parser fail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.header import (
    format_date,
    format_header,
    format_warc_fields,
    is_uri,
    one_line,
    parse_date,
    parse_header,
    parse_record_id,
    parse_warc_fields,
)

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True)
VALUES = st.text(st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=40).map(one_line)
FIELDS = st.lists(st.tuples(NAMES, VALUES), max_size=8)


@given(FIELDS)
def test_a_header_that_was_written_is_read_as_it_was(fields: list[tuple[str, str]]) -> None:
    header = parse_header(format_header(fields))

    assert header.version == "WARC/1.1"
    assert list(header.fields) == fields


@given(FIELDS)
def test_fields_that_were_written_are_read_as_they_were(fields: list[tuple[str, str]]) -> None:
    assert list(parse_warc_fields(format_warc_fields(fields))) == fields


@given(st.binary(max_size=300))
def test_no_octets_make_the_parser_fail(octets: bytes) -> None:
    header = parse_header(octets)

    assert header.problems, "what is no header is never found sound"


@given(st.text(max_size=60))
def test_any_text_becomes_one_line_that_stays_as_it_is(text: str) -> None:
    line = one_line(text)

    assert len(line.splitlines()) <= 1
    assert one_line(line) == line


@given(st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - the zone is beside it
def test_a_date_that_was_written_is_read_as_it_was(moment: datetime) -> None:
    assert parse_date(format_date(moment)) == moment


def test_a_date_is_written_in_utc_with_microseconds() -> None:
    minsk = timezone(timedelta(hours=3))

    assert format_date(datetime(2026, 11, 22, 4, 0, 1, tzinfo=minsk)) == "2026-11-22T01:00:01.000000Z"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T01:00:01Z", datetime(2026, 11, 22, 1, 0, 1, tzinfo=UTC)),
        ("2026-11-22T01:00:01.123456789Z", datetime(2026, 11, 22, 1, 0, 1, 123456, tzinfo=UTC)),
        ("2026-11-22T01:00:01.5Z", datetime(2026, 11, 22, 1, 0, 1, 500000, tzinfo=UTC)),
        ("2026-11-22T01:00Z", datetime(2026, 11, 22, 1, 0, tzinfo=UTC)),
        ("2026-11", datetime(2026, 11, 1, tzinfo=UTC)),
    ],
)
def test_dates_of_every_precision_are_read(text: str, moment: datetime) -> None:
    assert parse_date(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        *("", "2026-11-22 01:00:01Z", "2026-11-22T01:00:01", "2026-11-22T01:00:01+00:00", "2026-13-01T00:00:00Z"),
        *("2026-02-30", "2026-11-22T24:00:00Z", "2026-11-22T01:00:01.1234567890Z", "２０２６-11-22T01:00:01Z"),
        *("2026-11-22T01:00:01Z\n", "0000-01-01"),
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize("url", ["http://site.example/", "urn:uuid:1", "dns:site.example", "http://a/?b[]=c|d%"])
def test_these_can_be_targets(url: str) -> None:
    assert is_uri(url)


@pytest.mark.parametrize(
    "url",
    ["", "site.example", "http:", "http://a b", "http://a/<b>", 'http://a/"', "http://дело/", "http://a\n", "1:a"],
)
def test_these_cannot_be_targets(url: str) -> None:
    assert not is_uri(url)


@pytest.mark.parametrize("text", ["urn:uuid:1", "<>", "<uuid>", "<urn:uuid:1 2>", "<urn:a><urn:b>", "<urn:uuid:1>x"])
def test_what_is_no_id_in_brackets_is_none(text: str) -> None:
    assert parse_record_id(text) is None


def test_an_id_is_read_without_its_brackets() -> None:
    assert parse_record_id("<urn:uuid:1>") == "urn:uuid:1"
