"""What an erasure says of the copies elsewhere: each that holds the file, or may."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from archive_samples import collection

from archive.copies import ProblemKind
from archive.digest import digest
from archive.erasure import _in_copies
from archive.state import State
from archive.target import Level

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FILE = "archive/one.warc.gz"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("waits", None),
        ("uploading", "may lie"),
        ("uploaded", "lies"),
        ("verified", "lies"),
        ("begun anew", "may lie"),
    ],
)
def test_each_copy_that_holds_the_file_or_may_is_named(tmp_path: Path, step: str, words: str | None) -> None:
    places: Any = [SimpleNamespace(entry=SimpleNamespace(file="one.warc.gz"))]
    with collection(tmp_path) as at:
        with State.open(at.path, readonly=False) as state:
            copies = state.copies
            copies.begin_target("north", "s3://example/one", None, "mark", NOW)
            copies.wait("north", [(FILE, 3, digest(b"one"))], NOW)
            if step != "waits":
                copies.begin_upload("north", FILE)
            if step not in {"waits", "uploading"}:
                copies.uploaded("north", FILE, "v1", NOW)
            if step in {"verified", "begun anew"}:
                copies.verified("north", FILE, Level.READ, NOW)
            if step == "begun anew":
                copies.note_problem("north", FILE, ProblemKind.DELETED, "the newest", "a delete marker", NOW)
                copies.again("north", FILE, NOW)

        told = _in_copies(at, places)

    if words is None:
        assert told == []
    else:
        assert len(told) == 1 and f"the copy north, where one.warc.gz {words} as it was" in told[0]
