"""Which names of a copy a clone takes: a bucket's names are words of whoever can write to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.clone import clone
from archive.clone_files import Kind, is_safe, is_warc_name, kind_of, listed
from archive.errors import NoCollectionError
from archive.store import FolderStore
from archive.writer import utc_now

LOG = (
    "log/checkpoint",
    "log/keys.note",
    "log/policy",
    "log/checkpoints/0",
    "log/checkpoints/138",
    "log/cosig/138",
    "log/tile/0/000",
    "log/tile/0/000.p/138",
    "log/tile/3/x001/x234/067",
    "log/tile/entries/x001/067.p/1",
    "log/keys/12.note",
    "log/keys/1.policy",
    "log/tsa/138.example.tsr",
    "log/tsa/example.pem",
)
ELSEWHERE = (
    "../khronika.toml",
    "log/../../etc/passwd",
    "/etc/passwd",
    "log//checkpoint",
    "log/checkpoint/",
    "",
    ".",
    "..",
    "log/tile/0/../../../x",
    "log\\..\\x",
    "C:/x",
    "log/a\x00b",
    "log/a\nb",
    "log/" + "x" * 300,
    "/".join("x" * 20),
)


@pytest.mark.parametrize("name", LOG)
def test_the_files_of_a_log_are_taken(name: str) -> None:
    assert kind_of(name) is Kind.LOG


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_name_that_leads_elsewhere_is_unsafe(name: str) -> None:
    assert kind_of(name) is Kind.UNSAFE


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("keys/log.pem", Kind.KEYS),
        ("keys/deep/x", Kind.KEYS),
        ("khronika.toml", Kind.PRIVATE),
        ("state.sqlite", Kind.PRIVATE),
        ("noise/example", Kind.PRIVATE),
        ("noise/deep/example", Kind.UNKNOWN),
        ("state.sqlite-wal", Kind.PASSED),
        ("archive/x.warc.gz", Kind.PASSED),
        ("log/journal", Kind.PASSED),
        ("log/checkpoints/007", Kind.UNKNOWN),
        ("log/tile/0/000/x", Kind.UNKNOWN),
        ("log/hooks/x", Kind.UNKNOWN),
        ("log", Kind.UNKNOWN),
        ("clone.json", Kind.PASSED),
        ("search.sqlite", Kind.PASSED),
        ("khronika-copy", Kind.PASSED),
        (".lock", Kind.PASSED),
        ("recovered/x.tail", Kind.PRIVATE),
        ("run.sh", Kind.UNKNOWN),
    ],
)
def test_other_names_are_what_they_are(name: str, kind: Kind) -> None:
    assert kind_of(name) is kind


@given(st.text(max_size=60), st.lists(st.sampled_from(["..", ".", "", "log", "tile", "x", "\\", "0"]), max_size=8))
def test_whatever_is_safe_stays_below_the_folder(text: str, parts: list[str]) -> None:
    for name in (text, "/".join(parts), f"log/{text}", "/".join([*parts, text])):
        if is_safe(name):
            path = os.path.normpath(f"/base/folder/{name}")
            assert path.startswith("/base/folder/") and path == f"/base/folder/{name}"


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("khronika-20261123005947780-00000-071c3732.warc.gz", True),
        ("../x.warc.gz", False),
        ("a/b.warc.gz", False),
        (".hidden.warc.gz", False),
        ("x.warc.gz.open", False),
        ("x.sh", False),
        ("", False),
        ("x" * 300 + ".warc.gz", False),
    ],
)
def test_only_the_name_of_a_warc_may_stand_in_the_archive(name: str, good: bool) -> None:
    assert is_warc_name(name) is good


def test_links_in_a_folder_are_told_and_not_followed(tmp_path: Path) -> None:
    outside, copy = tmp_path / "outside", tmp_path / "copy"
    outside.mkdir()
    (outside / "checkpoint").write_text("x")
    (copy / "log").mkdir(parents=True)
    (copy / "log" / "checkpoint").symlink_to(outside / "checkpoint")
    (copy / "log" / "tsa").symlink_to(outside)
    (copy / "state.sqlite").symlink_to("/nowhere")

    found = dict(listed(FolderStore(copy)))

    assert found == {"log/checkpoint": Kind.LINK, "log/tsa": Kind.LINK, "state.sqlite": Kind.LINK}


class Hostile(FolderStore):
    """A copy that lists whatever it likes, and gives something for every name."""

    def names(self, prefix: str) -> Iterator[str]:
        return iter([*ELSEWHERE, *LOG])

    def open(self, name: str, offset: int = 0, length: int | None = None) -> BinaryIO:
        assert name in LOG, f"it was asked for {name!r}"
        return super().open("any", offset, length)


def test_a_hostile_list_writes_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "any").write_bytes(b"x")

    class Remote(Hostile):
        pass

    store = Remote(tmp_path)
    # no folder of this machine, so that its list is what is believed
    found = list(clone(_Far(store), "s3://hostile", tmp_path / "in" / "clone", now=utc_now))

    assert found[-1].verdict == "failed" and not found[-1].whole  # type: ignore[union-attr] # the last is the summary
    assert found[-1].passed["unsafe"] == len(ELSEWHERE)  # type: ignore[union-attr]
    assert {path.name for path in tmp_path.iterdir()} == {"any", "in"}
    assert {path.name for path in (tmp_path / "in").iterdir()} == {"clone"}


class _Far:
    """A store that is no folder."""

    def __init__(self, store: Hostile) -> None:
        self.read, self.open, self.size = store.read, store.open, store.size
        self.names, self.exists = store.names, store.exists


def test_an_empty_folder_holds_no_copy(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()

    with pytest.raises(NoCollectionError, match="log/checkpoint"):
        list(clone(FolderStore(tmp_path / "copy"), "copy", tmp_path / "clone", now=utc_now))
