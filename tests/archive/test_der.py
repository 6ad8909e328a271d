"""DER is read strictly: what openssl writes, and nothing that has a second form."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from authority import der, generalized_time, integer, oid, sequence
from hypothesis import given
from hypothesis import strategies as st

from archive.der import DerError, parse_der


@given(st.integers(-(2**200), 2**200))
def test_a_number_is_read_as_it_was_written(number: int) -> None:
    if number >= 0:
        assert parse_der(integer(number)).integer() == number
    else:
        octets = number.to_bytes((number + 1).bit_length() // 8 + 1, "big", signed=True)
        assert parse_der(der(0x02, octets)).integer() == number


@given(st.lists(st.integers(0, 2**70), min_size=1, max_size=10), st.integers(0, 2))
def test_an_object_identifier_is_read_as_it_was_written(arcs: list[int], first: int) -> None:
    dotted = ".".join(map(str, (first, arcs[0] % 40, *arcs[1:])))

    assert parse_der(oid(dotted)).oid() == dotted


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda at: at.year >= 1000))
def test_a_time_is_read_as_it_was_written(at: datetime) -> None:
    assert parse_der(generalized_time(at)).time() == at


def test_what_is_finer_than_a_microsecond_is_cut_off() -> None:
    value = parse_der(der(0x18, b"20261122010000.123456999Z"))

    assert value.time() == datetime(2026, 11, 22, 1, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x30",
        b"\x30\x80\x00\x00",  # indefinite length
        b"\x30\x81\x01\x05",  # a length in two octets that fits in one
        b"\x30\x82\x00\x80" + bytes(128),
        b"\x30\x85\x01\x00\x00\x00\x00",
        b"\x30\x02\x05",  # shorter than it says
        b"\x05\x00\x05\x00",  # two values
        b"\x1f\x81\x01\x00",  # a tag of two octets
    ],
)
def test_what_is_not_der_is_refused(octets: bytes) -> None:
    with pytest.raises(DerError):
        parse_der(octets)


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"\xff\xff"])
def test_a_number_in_a_longer_form_is_refused(content: bytes) -> None:
    with pytest.raises(DerError, match="a number"):
        parse_der(der(0x02, content)).integer()


@pytest.mark.parametrize("content", [b"", b"\x2a\x80\x01", b"\x2a\x86"])
def test_an_object_identifier_in_another_form_is_refused(content: bytes) -> None:
    with pytest.raises(DerError, match="object identifier"):
        parse_der(der(0x06, content)).oid()


@pytest.mark.parametrize(
    "content",
    [b"20261122010000", b"20261122010000.Z", b"20261122010000.50Z", b"20261322010000Z", b"202611220100Z", b"2" * 40],
)
def test_a_time_in_another_form_is_refused(content: bytes) -> None:
    with pytest.raises(DerError, match="a time"):
        parse_der(der(0x18, content)).time()


@given(st.binary(max_size=60))
def test_no_octets_do_worse_than_to_be_refused(octets: bytes) -> None:
    try:
        value = parse_der(octets)
        for child in value.children():
            child.oid()
    except DerError:
        return


def test_a_value_knows_where_it_stands() -> None:
    octets = sequence(integer(1), oid("1.2.3"))
    number, identifier = parse_der(octets).children()

    assert (number.octets, identifier.octets) == (integer(1), oid("1.2.3"))
    assert octets[identifier.start : identifier.end] == identifier.octets
