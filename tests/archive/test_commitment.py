"""Commitments to facts about the operator: they tell nothing, each opens alone, and only what was committed to."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
from pathlib import Path

import pytest
from archive_samples import unprivileged
from hypothesis import given
from hypothesis import strategies as st
from privacy_samples import packed, record

from archive import facts
from archive.commitment import (
    NAMES,
    OPENINGS,
    Opening,
    choose,
    commitments_line,
    kept_openings,
    parse_opening,
    published,
)
from archive.errors import RecordError, StorageError, UsageError

SALT = "ab" * 32
GOLDEN = b'{"name":"host-name","salt":"' + SALT.encode() + '","value":"пустельга"}'.encode()


def test_an_opening_is_the_canonical_json_and_its_digest_the_commitment() -> None:
    opening = Opening("host-name", SALT, "пустельга")

    assert opening.octets() == GOLDEN
    assert opening.commitment == "sha256:" + hashlib.sha256(GOLDEN).hexdigest()
    assert parse_opening(GOLDEN + b"\n") == opening


@given(st.text(), st.text(), st.binary(min_size=32, max_size=32))
def test_an_opening_is_read_as_it_was_written(name: str, value: str, salt: bytes) -> None:
    opening = Opening(name.encode("utf-8", "replace").decode(), salt.hex(), value.encode("utf-8", "replace").decode())

    assert parse_opening(opening.octets()) == opening


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"null",
        b"[1]",
        b"\xff",
        b'{"name":"a","salt":"' + SALT.encode() + b'"}',
        b'{"name":"a","salt":"' + SALT.encode() + b'","value":1}',
        b'{"name":"a","salt":"abc","value":"b"}',
        GOLDEN.replace(b",", b", "),
        GOLDEN.replace(b"ab", b"AB"),
        GOLDEN[:-1] + b',"more":"x"}',
        json.dumps(json.loads(GOLDEN), separators=(",", ":")).encode(),
    ],
)
def test_what_is_no_opening_in_its_one_form_is_refused(octets: bytes) -> None:
    with pytest.raises(UsageError, match="expected an opening"):
        parse_opening(octets)


@given(st.binary(max_size=200))
def test_no_octets_pass_for_an_opening_by_chance(octets: bytes) -> None:
    with pytest.raises(UsageError):
        parse_opening(octets)


def test_every_run_commits_to_every_fact_and_keeps_what_opens_it(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    first = commitments_line(keys, "first").split(" ")
    second = commitments_line(keys, "second").split(" ")

    kept = kept_openings(keys)
    assert [one.opening.commitment for one in kept] == first + second
    assert [one.opening.name for one in kept] == [*NAMES, *NAMES]
    assert [one.crawl for one in kept] == ["first"] * len(NAMES) + ["second"] * len(NAMES)
    assert kept[0].opening.value == facts.host_name()
    assert kept[1].opening.value == facts.user_name()
    assert kept[5].opening.value == ""
    # nothing links two runs of one machine, and no salt serves twice
    assert len(set(first + second)) == len({one.opening.salt for one in kept}) == 2 * len(NAMES)
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in first)


def test_the_openings_are_for_their_owner_alone(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    before = os.umask(0)
    try:
        commitments_line(keys, "first")
        choose(keys, "collector", "Анна Вымышленная")
    finally:
        os.umask(before)

    assert keys.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in keys.iterdir()} == {0o600}
    (keys / OPENINGS).chmod(0o644)
    commitments_line(keys, "second")
    assert (keys / OPENINGS).stat().st_mode & 0o777 == 0o600


def test_what_the_operator_says_of_themselves_is_committed_to_from_then_on(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    commitments_line(keys, "before")
    choose(keys, "collector", "Анна Вымышленная")
    choose(keys, "exit-address", "203.0.113.7")
    commitments_line(keys, "after")

    values = {(one.crawl, one.opening.name): one.opening.value for one in kept_openings(keys)}
    assert values["before", "collector"] == ""
    assert values["after", "collector"] == "Анна Вымышленная"
    assert values["after", "exit-address"] == "203.0.113.7"
    with pytest.raises(UsageError, match="expected one of exit-address, collector, remark"):
        choose(keys, "host-name", "another")


@pytest.mark.parametrize("cut", range(1, 400, 37))
def test_a_line_that_a_kill_left_unfinished_spoils_no_other(tmp_path: Path, cut: int) -> None:
    keys = tmp_path / "keys"
    commitments_line(keys, "first")
    whole = (keys / OPENINGS).read_bytes()
    (keys / OPENINGS).write_bytes(whole + whole[:cut].rstrip(b"\n"))
    line = commitments_line(keys, "second")

    kept = kept_openings(keys)
    assert [one.opening.commitment for one in kept if one.crawl == "second"] == line.split(" ")
    assert len(kept) >= 2 * len(NAMES)


def test_a_disk_that_refuses_is_told_by_the_file_name_alone(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o500)

    with pytest.raises(StorageError, match=r"^writing keys/commitments\.jsonl: Permission denied$"):
        unprivileged(lambda: commitments_line(keys, "first"))
    assert list(keys.iterdir()) == []


def test_no_line_is_kept_that_could_not_be_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = tmp_path / "keys"
    commitments_line(keys, "first")
    before = (keys / OPENINGS).read_bytes()

    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        commitments_line(keys, "second")
    assert (keys / OPENINGS).read_bytes() == before


@pytest.mark.parametrize("name", ["a.warc.gz", "a.warc"])
def test_commitments_are_read_from_any_warc(tmp_path: Path, name: str) -> None:
    line = commitments_line(tmp_path / "keys", "crawl-1")
    records = [
        record("warcinfo", f"isPartOf: crawl-1\r\noperator-commitments: {line}\r\n".encode()),
        record("metadata", f"operator-commitments: {line}\r\n".encode(), number=2, target="http://site.example/"),
        record("warcinfo", b"software: another\r\n", number=3),
    ]
    (tmp_path / name).write_bytes(packed(records) if name.endswith("gz") else b"".join(records))

    assert list(published(tmp_path / name)) == [("crawl-1", one) for one in line.split(" ")]


def test_a_damaged_warc_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(gzip.compress(record("warcinfo", b"x: y\r\n"))[:-20])

    with pytest.raises(RecordError):
        list(published(tmp_path / "a.warc.gz"))
