"""What an interrupted verification keeps cannot be made by who has the folder alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from archive_samples import collection, crawled, page

from archive.audit_progress import Progress, sound
from archive.collection import Collection


@pytest.fixture
def at(tmp_path: Path) -> Collection:
    at = collection(tmp_path)
    crawled(at, "one", page("<p>1"))
    return at


def kept(at: Collection) -> Progress:
    [warc] = at.archive_folder.iterdir()
    progress = Progress(at.path)
    found = sound(warc, records=4, captures=1)
    assert found is not None
    progress.note(warc.name, found)
    return progress


def test_what_was_kept_is_taken_up(at: Collection) -> None:
    progress = kept(at)
    assert progress.write()

    again = Progress(at.path)

    assert again.load()
    assert again.files == progress.files


def test_what_was_forged_without_the_key_is_not(at: Collection) -> None:
    progress = kept(at)
    assert progress.write()
    path = at.path / "inbox/verify.json"
    octets, _, code = path.read_bytes().rpartition(b"\n")
    told = json.loads(octets)
    told["files"]["another.warc.gz"] = next(iter(told["files"].values()))

    for forged in (json.dumps(told).encode() + b"\n" + code, octets, octets + b"\n", octets + b"\n" + b"0" * 64):
        path.write_bytes(forged)
        assert not Progress(at.path).load()


def test_without_the_log_key_nothing_is_kept_and_nothing_taken_up(at: Collection) -> None:
    assert kept(at).write()
    (at.path / "keys/log.pem").unlink()

    assert not Progress(at.path).load()
    assert not kept(at).write()
