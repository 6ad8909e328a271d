"""Facts about the operator in every form that they can take in octets."""

from __future__ import annotations

import base64
import json
import uuid
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.facts import Fact, FactKind
from archive.traces import MARGIN, Forms, is_common, is_distinctive, shapes

V4 = Fact(FactKind.ADDRESS, "203.0.113.7", "given")
V6 = Fact(FactKind.ADDRESS, "2001:db8:1:0:a:b:c:d", "given")
NETWORK = Fact(FactKind.NETWORK, "2001:db8:1::", "given")
MAC = Fact(FactKind.MAC, "0a1b2c3d4e5f", "network interface")
HOST = Fact(FactKind.HOST, "kestrel", "this machine")
PATH = Fact(FactKind.PATH, "/home/anna/мой архив", "the collection's folder")
PERSON = Fact(FactKind.PERSON, "Анна Вымышленная", "account")
MACHINE = Fact(FactKind.MACHINE, "0123456789abcdef0123456789abcdef", "this machine")


def found(fact: Fact, text: str | bytes) -> list[str]:
    octets = text if isinstance(text, bytes) else text.encode()
    return [trace.form for trace in Forms([fact]).traces(octets)]


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (V4, "from 203.0.113.7."),
        (V4, "http://203.0.113.7:80/"),
        (V4, "::ffff:203.0.113.7"),
        (V4, "203-0-113-7.dyn.provider.example"),
        (V4, "host_203_0_113_7"),
        (V4, "ip=203%2E0%2E113%2E7&x"),
        (V4, "7.113.0.203.in-addr.arpa"),
        (V4, "203.000.113.007"),
        (V4, '"CB007107"'),
        (V4, "::ffff:cb00:7107"),
        (V4, "addr=3405803783;"),
        (V6, "2001:DB8:1:0:A:B:C:D"),
        (V6, "2001:0db8:0001:0000:000a:000b:000c:000d"),
        (V6, "2001%3Adb8%3A1%3A0%3Aa%3Ab%3Ac%3Ad"),
        (V6, "2001-db8-1-0-a-b-c-d.provider.example"),
        (V6, "20010db800010000000a000b000c000d"),
        (V6, ".".join(reversed("20010db800010000000a000b000c000d")) + ".ip6.arpa"),
        (NETWORK, "2001:db8:1:0:ffff:1:2:3"),
        (NETWORK, "2001:db8:1::99"),
        (MAC, "0A:1B:2C:3D:4E:5F"),
        (MAC, "0a-1b-2c-3d-4e-5f"),
        (MAC, "0a1b.2c3d.4e5f"),
        (MAC, "0a1b2c3d4e5f"),
        (MAC, "bcda0bad-e673-11f1-85fa-0a1b2c3d4e5f"),
        (MAC, "fe80::81b:2cff:fe3d:4e5f"),
        (HOST, "crawl@kestrel.example.org"),
        (HOST, "WARC-20261122010000-00000-KESTREL.warc.gz"),
        (PATH, "/home/anna/мой архив/archive"),
        (PATH, "file:///home/anna/" + quote("мой архив")),
        (PATH, json.dumps("/home/anna/мой архив")),
        (PERSON, "operator: Анна Вымышленная"),
        (PERSON, "АННА ВЫМЫШЛЕННАЯ"),
        (PERSON, json.dumps("Анна Вымышленная")),
        (MACHINE, "id 0123456789abcdef0123456789abcdef"),
        (MACHINE, "01234567-89AB-cdef-0123-456789abcdef"),
    ],
)
def test_a_fact_is_found_in_all_its_forms(fact: Fact, text: str) -> None:
    assert found(fact, text)


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (V4, "203.0.113.70"),
        (V4, "1203.0.113.7"),
        (V4, "9.203.0.113.7"),
        (V4, "203.0.113.7.9"),
        (V4, "13405803783"),
        (V6, "2001:db8:1:0:a:b:c:de"),
        (NETWORK, "2001:db8:1:1::99"),
        (HOST, "kestrels"),
        (HOST, "skestrel"),
        (PATH, "https://example.org/home/anna/мой архив"),
        (PATH, "/home/anna/мой архив-2"),
    ],
)
def test_a_part_of_something_else_is_not_it(fact: Fact, text: str) -> None:
    assert found(fact, text) == []


@given(before=st.binary(max_size=8), behind=st.binary(max_size=8))
def test_base64_is_seen_through_at_every_offset(before: bytes, behind: bytes) -> None:
    assert "base64" in found(V4, base64.b64encode(before + b"203.0.113.7" + behind))


@given(st.sampled_from([V4, V6, MAC, HOST, PATH, PERSON, MACHINE]), st.binary(max_size=200), st.binary(max_size=200))
def test_many_facts_are_found_as_each_alone(fact: Fact, before: bytes, behind: bytes) -> None:
    octets = before + b" " + fact.value.encode() + b" " + behind
    every = Forms([V4, V6, MAC, HOST, PATH, PERSON, MACHINE, Fact(FactKind.HOST, "kes", "x")])

    assert fact in {trace.fact for trace in every.traces(octets)}
    assert {(trace.form, trace.start) for trace in Forms([fact]).traces(octets)} == {
        (trace.form, trace.start) for trace in every.traces(octets) if trace.fact == fact
    }


def test_a_form_fits_into_the_margin() -> None:
    long = Fact(FactKind.PATH, "/home/" + "x" * MARGIN, "home folder")

    assert found(long, long.value) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<urn:uuid:216f2c1c-e63a-11f1-ac7e-0a1b2c3d4e5f>", "a MAC address"),
        ("<urn:uuid:1e63a216-f2c1-6c7e-8c7e-0a1b2c3d4e5f>", "a MAC address"),
        ("ether 0a:1b:2c:3d:4e:5f", "a MAC address"),
        ("192.168.1.5:80", "a private network address"),
        ("10.0.0.1", "a private network address"),
        ("100.64.0.9", "a private network address"),
        ("fe80::1%eth0", "a private network address"),
        ("fd12:3456::1", "a private network address"),
        ("warc file /home/anna/x", "an absolute path"),
        ("/Users/Anna/x", "an absolute path"),
        ("'C:\\Users\\Anna'", "an absolute path"),
        ("file:///home/anna/x", "an absolute path"),
        ("2026-11-22T04:00:00+03:00", "a time zone"),
        ("22/Nov/2026:04:00:00 -0500", "a time zone"),
    ],
)
def test_what_looks_like_a_fact_is_seen(text: str, what: str) -> None:
    assert [trace.what for trace in shapes(text.encode())] == [what]


@pytest.mark.parametrize(
    "text",
    [
        str(uuid.UUID("bc9d0228-dad8-4454-a6b3-b61c79942ca5")),
        # RFC 9562, 6.10: a node that was drawn at random
        "216f2c1c-e63a-11f1-ac7e-0b1b2c3d4e5f",
        "AA:BB:CC:DD:EE:FF:00:11",
        "203.0.113.7",
        "127.0.0.1",
        "Chrome/10.1.2.3",
        "1.10.0.0.1",
        "https://example.org/home/anna",
        "/cases/17",
        "2026-11-22T04:00:00Z",
        "2026-11-22T04:00:00+00:00",
        "10:00-11:30",
    ],
)
def test_what_looks_otherwise_is_not(text: str) -> None:
    assert list(shapes(text.encode())) == []


def test_common_words_are_not_looked_for_and_given_names_not_in_pages() -> None:
    assert is_common(Fact(FactKind.USER, "root", "account"))
    assert is_common(Fact(FactKind.HOST, "Debian", "this machine"))
    assert is_common(Fact(FactKind.HOST, "vm", "this machine"))
    assert not is_common(HOST)
    assert not is_distinctive(Fact(FactKind.USER, "marina", "account"))
    assert not is_distinctive(HOST)
    assert is_distinctive(Fact(FactKind.HOST, "kestrel.example.org", "this machine"))
    assert is_distinctive(V4)
