"""Entries: golden octets of every kind, round trips, and nothing taken that is not in the one canonical form."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.digest import Digest
from archive.entry import (
    ENTRY_LIMIT,
    AnchorEntry,
    BeaconEntry,
    Entry,
    EventEntry,
    EventType,
    GenesisEntry,
    KeyEntry,
    Outcome,
    ReadingsEntry,
    RecordEntry,
    SealEntry,
    canonical,
    new_nonce,
    parse_entry,
)
from archive.errors import LogError

AT = datetime(2026, 11, 22, 1, 0, 1, 123456, tzinfo=UTC)
FILE = "khronika-20261122010000000-00000-1a2b3c4d.warc.gz"
DIGEST = Digest("sha256:74f5509f0282c833ecd36882197bb7d9e836d39d704c58b7b441c657bb3ae937")
PAYLOAD = Digest("sha256:e78afe2e7386aff123aa3fb4125e44c92dab9bf94a905b84830c602d810eb935")
NONCE = "000102030405060708090a0b0c0d0e0f"
ORIGIN = "log.khronika.invalid/0f3a5b7c9d1e2f4a6b8c"
LOG = "log.khronika.invalid/0f3a5b7c9d1e2f4a6b8c+da56a7d6+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
ROOT = "log.khronika.invalid/0f3a5b7c9d1e2f4a6b8c/root+20324abe+ASmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"

RECORD = RecordEntry(AT, DIGEST, FILE, "urn:uuid:5fb5830d-6775-491e-8acf-4015f7655ce0", 1292, 1, "response", PAYLOAD)

GOLDEN: list[tuple[Entry, str]] = [
    (
        RECORD,
        f'{{"date":"2026-11-22T01:00:01.123456Z","digest":"{DIGEST}","file":"{FILE}",'
        '"id":"<urn:uuid:5fb5830d-6775-491e-8acf-4015f7655ce0>","length":1292,"n":1,'
        f'"payload":"{PAYLOAD}","type":"response","v":1,"what":"record"}}',
    ),
    (
        replace(RECORD, payload=None, recovered=True, type="metadata"),
        f'{{"date":"2026-11-22T01:00:01.123456Z","digest":"{DIGEST}","file":"{FILE}",'
        '"id":"<urn:uuid:5fb5830d-6775-491e-8acf-4015f7655ce0>","length":1292,"n":1,'
        '"recovered":1,"type":"metadata","v":1,"what":"record"}',
    ),
    (
        replace(RECORD, file='Дело "17".warc.gz'),
        f'{{"date":"2026-11-22T01:00:01.123456Z","digest":"{DIGEST}","file":"Дело \\"17\\".warc.gz",'
        '"id":"<urn:uuid:5fb5830d-6775-491e-8acf-4015f7655ce0>","length":1292,"n":1,'
        f'"payload":"{PAYLOAD}","type":"response","v":1,"what":"record"}}',
    ),
    (
        GenesisEntry(AT, ORIGIN, LOG, ROOT, "Example Archive <contact@archive.example>", nonce=NONCE),
        f'{{"alg":"sha256","created":"2026-11-22T01:00:01.123456Z","log":"{LOG}","nonce":"{NONCE}",'
        f'"operator":"Example Archive <contact@archive.example>","origin":"{ORIGIN}","root":"{ROOT}",'
        '"v":1,"what":"genesis"}',
    ),
    (
        GenesisEntry(AT, ORIGIN, LOG, ROOT, nonce=NONCE),
        f'{{"alg":"sha256","created":"2026-11-22T01:00:01.123456Z","log":"{LOG}","nonce":"{NONCE}",'
        f'"origin":"{ORIGIN}","root":"{ROOT}","v":1,"what":"genesis"}}',
    ),
    (
        SealEntry(FILE, 5676, DIGEST, 12, 1, NONCE),
        f'{{"bytes":5676,"digest":"{DIGEST}","file":"{FILE}","first":1,"nonce":"{NONCE}","records":12,'
        '"v":1,"what":"seal"}',
    ),
    (
        EventEntry(
            EventType.RECOVERY,
            AT,
            "khronika/0.1.0",
            Outcome.WARNING,
            "ligne\nдва\x00\x1f\x7f\u2028",
            7,
            FILE,
            nonce=NONCE,
        ),
        '{"agent":"khronika/0.1.0","date":"2026-11-22T01:00:01.123456Z",'
        f'"detail":"ligne\\nдва\\u0000\\u001f\x7f\u2028","nonce":"{NONCE}","object":"{FILE}","of":7,"outcome":"warning",'
        '"type":"recovery","v":1,"what":"event"}',
    ),
    (
        EventEntry(EventType.EXPORT, AT, "khronika/0.1.0", Outcome.SUCCESS, "", nonce=NONCE),
        '{"agent":"khronika/0.1.0","date":"2026-11-22T01:00:01.123456Z","detail":"",'
        f'"nonce":"{NONCE}","outcome":"success","type":"export","v":1,"what":"event"}}',
    ),
    (
        EventEntry(EventType.FIXITY_CHECK, AT, "khronika/0.1.0", Outcome.FAILURE, "3", via="inbox", nonce=NONCE),
        '{"agent":"khronika/0.1.0","date":"2026-11-22T01:00:01.123456Z","detail":"3",'
        f'"nonce":"{NONCE}","outcome":"failure","type":"fixity-check","v":1,"via":"inbox","what":"event"}}',
    ),
    (
        KeyEntry(DIGEST, 2, NONCE),
        f'{{"digest":"{DIGEST}","nonce":"{NONCE}","serial":2,"v":1,"what":"key"}}',
    ),
    (
        AnchorEntry("tsa-1", AT, DIGEST, 14, NONCE),
        f'{{"authority":"tsa-1","date":"2026-11-22T01:00:01.123456Z","digest":"{DIGEST}","nonce":"{NONCE}",'
        '"size":14,"v":1,"what":"anchor"}',
    ),
    (
        BeaconEntry(AT, "drand", "00ff", 4_500_000, NONCE),
        f'{{"date":"2026-11-22T01:00:01.123456Z","nonce":"{NONCE}","round":4500000,"source":"drand","v":1,'
        '"value":"00ff","what":"beacon"}',
    ),
    (
        ReadingsEntry("20261122010000-1a2b3c4d", 2**53 - 1, DIGEST, "reading-1", NONCE),
        f'{{"count":9007199254740991,"crawl":"20261122010000-1a2b3c4d","digest":"{DIGEST}","nonce":"{NONCE}",'
        '"rules":"reading-1","v":1,"what":"readings"}',
    ),
]
KINDS = [f"{n} {entry.what}" for n, (entry, _) in enumerate(GOLDEN)]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=60).filter(
    lambda name: name not in {".", ".."}
)
numbers = st.integers(0, 2**53 - 1)
dates = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
digests = st.binary(min_size=32, max_size=32).map(lambda octets: Digest("sha256:" + octets.hex()))
nonces = st.binary(min_size=16, max_size=16).map(bytes.hex)
ids = st.uuids().map(lambda one: one.urn) | st.just("http://example.org/Записи".encode().hex()).map("urn:x:".__add__)
records = st.builds(
    RecordEntry, dates, digests, names, ids, numbers, numbers, texts, st.none() | digests, recovered=st.booleans()
)
others = st.one_of(
    st.builds(GenesisEntry, dates, texts, texts, texts, st.none() | texts, st.just("sha256"), nonces),
    st.builds(SealEntry, names, numbers, digests, numbers, numbers, nonces),
    st.builds(
        EventEntry,
        st.sampled_from(EventType),
        dates,
        texts,
        st.sampled_from(Outcome),
        texts,
        st.none() | numbers,
        st.none() | texts,
        st.none() | texts,
        nonces,
    ),
    st.builds(KeyEntry, digests, numbers, nonces),
    st.builds(AnchorEntry, texts, dates, digests, numbers, nonces),
    st.builds(BeaconEntry, dates, texts, texts, st.none() | numbers, nonces),
    st.builds(ReadingsEntry, texts, numbers, digests, texts, nonces),
)
entries = records | others


def rfc8785(members: dict[str, Any]) -> str:
    """RFC 8785 as it is written: names by their UTF-16 units, only the escapes that it lists."""
    escapes = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}

    def text(value: str) -> str:
        signs = (escapes.get(ord(one)) or (f"\\u{ord(one):04x}" if ord(one) < 32 else one) for one in value)
        return '"' + "".join(signs) + '"'

    names = sorted(members, key=lambda name: name.encode("utf-16-be"))
    values = (text(members[name]) if isinstance(members[name], str) else str(members[name]) for name in names)
    return "{" + ",".join(f"{text(name)}:{value}" for name, value in zip(names, values, strict=True)) + "}"


# --- golden octets and round trips -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("entry", "octets"), GOLDEN, ids=KINDS)
def test_an_entry_is_written_as_the_format_has_it(entry: Entry, octets: str) -> None:
    assert entry.octets().decode() == octets
    assert parse_entry(octets.encode()) == entry


@given(entry=entries)
def test_an_entry_comes_back_from_its_octets(entry: Entry) -> None:
    octets = entry.octets()

    assert parse_entry(octets) == entry
    assert parse_entry(octets).octets() == octets


@given(entry=entries)
def test_an_entry_is_canonical_json_after_rfc_8785(entry: Entry) -> None:
    octets = entry.octets()
    members = json.loads(octets)

    assert rfc8785(members).encode() == octets
    assert canonical(members) == octets
    assert members["v"] == 1
    assert members["what"] == entry.what


@given(record=records)
def test_a_record_is_written_the_same_the_fast_way_and_the_general_one(record: RecordEntry) -> None:
    plain = replace(record, file=FILE, type="response", id="urn:uuid:5fb5830d-6775-491e-8acf-4015f7655ce0")

    assert plain.octets() == canonical(json.loads(plain.octets()))


def test_a_date_is_written_in_utc_whatever_zone_it_came_in() -> None:
    moscow = AT.astimezone(timezone(timedelta(hours=3)))

    assert replace(RECORD, date=moscow).octets() == RECORD.octets()


def test_an_entry_that_is_no_record_cannot_be_guessed() -> None:
    made = [EventEntry(EventType.PROOF, AT, "khronika", Outcome.SUCCESS, "") for _ in range(100)]

    assert len({entry.octets() for entry in made}) == 100
    assert len(new_nonce()) == 32


def test_an_entry_of_65535_octets_is_the_longest() -> None:
    event = EventEntry(EventType.IMPORT, AT, "khronika", Outcome.SUCCESS, "", nonce=NONCE)
    room = ENTRY_LIMIT - len(event.octets())
    assert len(replace(event, detail="x" * room).octets()) == ENTRY_LIMIT
    with pytest.raises(LogError, match="65535"):
        replace(event, detail="x" * (room + 1)).octets()
    # octets are counted, not letters
    with pytest.raises(LogError, match="65535"):
        replace(event, detail="я" * room).octets()
    for file in ("x" * ENTRY_LIMIT, "я" * ENTRY_LIMIT):
        with pytest.raises(LogError, match="65535"):
            replace(RECORD, file=file).octets()


@pytest.mark.parametrize(
    "members",
    [
        {"a": 1.0},
        {"a": True},
        {"a": None},
        {"a": []},
        {"a": {}},
        {"a": b"x"},
        {"a": -1},
        {"a": 2**53},
        {"a": "\ud800"},
        {"ключ": 1},
    ],
    ids=str,
)
def test_what_an_entry_cannot_say_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(LogError, match="expected"):
        canonical(members)


# --- the one form ----------------------------------------------------------------------------------------------------


def changed(octets: str) -> dict[str, str]:
    """The same entry in other JSON, and entries that are none."""
    members = json.loads(octets)
    upside_down = dict(reversed(members.items()))

    def compact(value: Any) -> str:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

    name, value = next((name, value) for name, value in members.items() if isinstance(value, str) and value.isascii())
    number = next((name for name in members if isinstance(members[name], int) and name != "v"), "v")
    other = {
        "white space after a colon": json.dumps(members, sort_keys=True, ensure_ascii=False),
        "white space at the end": octets + " ",
        "white space before": " " + octets,
        "a line end": octets + "\n",
        "a zero octet at the end": octets + "\0",
        "a second entry at the end": octets + octets,
        "a byte order mark": "\ufeff" + octets,
        "members in another order": compact(upside_down),
        "a member twice, the same": octets[:-1] + f',"{name}":{compact(value)}}}',
        "a member twice, first another value": "{" + f'"{name}":"x",' + octets[1:],
        "v twice": octets.replace('"v":1', '"v":1,"v":1'),
        "an escape that is not asked for": octets.replace('"what"', '"wh\\u0061t"'),
        "an escape in a value": octets.replace(
            f'"what":"{members["what"]}"', f'"what":"\\u00{ord(members["what"][0]):02x}{members["what"][1:]}"'
        ),
        "an escaped slash": compact({**members, name: "a/b"}).replace("a/b", "a\\/b"),
        "v as a fraction": octets.replace('"v":1', '"v":1.0'),
        "v with an exponent": octets.replace('"v":1', '"v":1e0'),
        "v as a text": octets.replace('"v":1', '"v":"1"'),
        "v as true": octets.replace('"v":1', '"v":true'),
        "v is 2": octets.replace('"v":1', '"v":2'),
        "v is 01": octets.replace('"v":1', '"v":01'),
        "no v": compact({key: one for key, one in members.items() if key != "v"}),
        "no what": compact({key: one for key, one in members.items() if key != "what"}),
        "another what": compact({**members, "what": "record " + members["what"]}),
        "what is a list": compact({**members, "what": [members["what"]]}),
        "what is another kind's": compact({**members, "what": "key" if members["what"] != "key" else "seal"}),
        "a member that no entry has": compact(dict(sorted({**members, "zzz": "1"}.items()))),
        "the address of a page": compact(dict(sorted({**members, "uri": "http://example.org/"}.items()))),
        "a member with a name in another script": compact(dict(sorted({**members, "имя": "1"}.items()))),
        "a member is null": compact({**members, name: None}),
        "an absent member is null": compact(
            dict(sorted({"payload": None, "of": None, "round": None, **members}.items()))
        ),
        "a text is a list": compact({**members, name: [value]}),
        "a text is a number": compact({**members, name: 17}),
        "a lone surrogate": compact({**members, name: "x"}).replace('"x"', '"\\ud800"', 1),
        "a number is a fraction": compact({**members, number: 1.5}),
        "a number is below zero": compact({**members, number: -1}),
        "a number is minus zero": compact({**members, number: 7777}).replace("7777", "-0"),
        "a number beyond 2**53": compact({**members, number: 2**53}),
        "a number that Python does not read": compact({**members, number: 7777}).replace("7777", "7" * 5000),
        "a number that is none": compact({**members, number: 7777}).replace("7777", "NaN"),
        "a number without end": compact({**members, number: 7777}).replace("7777", "Infinity"),
        "a number with a leading zero": compact({**members, number: 7777}).replace("7777", "07777"),
        "a number in a text": compact({**members, number: "7"}),
        "a number is true": compact({**members, number: True}),
        "upside down": octets[::-1],
        "cut": octets[:-1],
        "a list": f"[{octets}]",
        "a text": compact(octets),
        "nothing": "",
        "null": "null",
        "nested without end": '{"v":1,"what":' + "[" * 20_000,
    }
    for each in members:
        if each not in {"payload", "recovered", "operator", "of", "object", "round", "via"}:
            other[f"no {each}"] = compact({key: one for key, one in members.items() if key != each})
    for each in set(members) & {"date", "created"}:
        for date in (
            "2026-11-22T01:00:01Z",
            "2026-11-22T01:00:01.1234560Z",
            "2026-11-22T01:00:01.123456789Z",
            "2026-11-22T01:00:01.123456+00:00",
            "2026-11-22T01:00:01.123456",
            "2026-11-22T01:00:60.123456Z",
            "2026-11-31T01:00:01.123456Z",
            "2026-11-22 01:00:01.123456Z",
            "2026-11-22T01:00:01.123456z",
            "20261122010001",
            "2026",
            "٢٠٢٦-11-22T01:00:01.123456Z",
            "",
        ):
            other[f"{each} is {date}"] = compact({**members, each: date})
    for each in set(members) & {"digest", "payload"}:
        for digest in (
            str(DIGEST).upper(),
            DIGEST[:-1],
            DIGEST + "0",
            DIGEST[7:],
            f"sha512:{DIGEST[7:]}",
            DIGEST + "\n",
        ):
            other[f"{each} is {digest}"] = compact({**members, each: digest})
    if "nonce" in members:
        for nonce in (NONCE.upper(), NONCE[:-1], NONCE + "0", "", "x" * 32, NONCE + "\n"):
            other[f"nonce is {nonce}"] = compact({**members, "nonce": nonce})
    if "id" in members:
        for one in (members["id"][1:-1], "<>", "", members["id"] + " ", "<no uri>", members["id"] + "\n"):
            other[f"id is {one}"] = compact({**members, "id": one})
    if "recovered" in members:
        other["recovered is 0"] = octets.replace('"recovered":1', '"recovered":0')
    if members["what"] == "event":
        other["type of no event"] = compact({**members, "type": "captured"})
        other["outcome of no event"] = compact({**members, "outcome": "Success"})
    return {kind: text for kind, text in other.items() if text != octets}


@pytest.mark.parametrize(("entry", "octets"), GOLDEN, ids=KINDS)
def test_an_entry_in_another_form_is_refused(entry: Entry, octets: str) -> None:
    for kind, text in changed(octets).items():
        with pytest.raises(LogError, match="expected"):
            parse_entry(text.encode("utf-8", "surrogatepass"))
            pytest.fail(kind)


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp1251"])
def test_an_entry_in_another_coding_is_refused(coding: str) -> None:
    """`json.loads` would read most of these."""
    event = EventEntry(EventType.EXPORT, AT, "khronika", Outcome.SUCCESS, "дело", nonce=NONCE)

    with pytest.raises(LogError, match="expected"):
        parse_entry(event.octets().decode().encode(coding))


def test_no_bit_of_an_entry_can_be_changed_without_another_meaning() -> None:
    for entry, octets in GOLDEN:
        for bit in range(len(octets.encode()) * 8):
            other = bytearray(octets.encode())
            other[bit // 8] ^= 1 << bit % 8
            try:
                found = parse_entry(bytes(other))
            except LogError:
                continue
            assert found != entry
            assert found.octets() == other


def test_a_changed_entry_is_refused_or_given_back_as_it_was() -> None:
    chance = random.Random(8785)
    taken = 0
    pieces = [
        b'"',
        b"\\",
        b"{",
        b"}",
        b",",
        b":",
        b"0",
        b"1",
        b".",
        b"e",
        b"\\u0000",
        b" ",
        b"\xff",
        b'"v":1',
        b'"x":""',
    ]
    for _ in range(20_000):
        octets = bytearray(chance.choice(GOLDEN)[1].encode())
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(octets))
            if chance.random() < 0.5:
                del octets[at : at + chance.randint(1, 8)]
            octets[at:at] = chance.choice(pieces)
        try:
            found = parse_entry(bytes(octets))
        except LogError:
            continue
        assert found.octets() == octets
        taken += 1
    assert taken > 100


@given(octets=st.binary(max_size=200))
def test_made_up_octets_are_no_entry(octets: bytes) -> None:
    with pytest.raises(LogError):
        parse_entry(octets)


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(
    members=st.dictionaries(texts | st.sampled_from(["date", "digest", "nonce", "id", "n"]), values, max_size=4),
    what=st.sampled_from(["record", "genesis", "seal", "event", "key", "anchor", "beacon", "readings", "", "x"]),
)
def test_made_up_members_are_no_entry(members: dict[str, Any], what: str) -> None:
    octets = json.dumps({**members, "v": 1, "what": what}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    with pytest.raises(LogError):
        parse_entry(octets.encode())


@pytest.mark.parametrize("name", ["", ".", "..", "../x.warc.gz", "/etc/passwd", "a/b.warc.gz", "a\0b"])
@pytest.mark.parametrize("kind", ["record", "seal"])
def test_the_name_of_a_file_leads_to_no_other_folder(kind: str, name: str) -> None:
    what = {"record": RecordEntry, "seal": SealEntry}[kind]
    made = next(entry for entry, _ in GOLDEN if isinstance(entry, what))

    with pytest.raises(LogError, match="without a folder"):
        parse_entry(replace(made, file=name).octets())
