"""A weak real server: Ceph's radosgw, where Debian's packages are installed. `make test-ceph` runs these tests.

It takes a wrong SHA-256 with 200, tells none, and ignores the lock of an upload in parts. `doctor s3` has to say so,
and a copy there must rest on what was read back, and on locks that were set afterwards.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ceph_server import SECRET_KEY, CephServer, ceph_server, lacking
from khronika_command import Khronika
from page_server import serving

from crawler.cli import Exit, run

pytestmark = [
    pytest.mark.ceph,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        bool(lacking()), reason=f"NOT RUN: Ceph is not installed here (lacking: {', '.join(lacking())})"
    ),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CephServer]:
    with ceph_server(tmp_path_factory.mktemp("ceph")) as server:
        server.make_bucket("locked", locked=True)
        server.make_bucket("plain")
        yield server


@pytest.fixture(autouse=True)
def credentials(server: CephServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in server.environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)


def probed(server: CephServer, capsys: pytest.CaptureFixture[str], bucket: str, *words: str) -> tuple[int, Any, Any]:
    status = run(["--json", "doctor", "s3", f"s3://{bucket}/one", "--endpoint", server.endpoint, *words])
    said = capsys.readouterr()
    assert SECRET_KEY not in said.out + said.err
    lines = [json.loads(line) for line in said.out.splitlines()]
    return status, {line["check"]: line["weight"] for line in lines if line["type"] == "check"}, lines[-1]


def test_what_it_cannot_do_is_told(server: CephServer, capsys: pytest.CaptureFixture[str]) -> None:
    status, checks, summary = probed(server, capsys, "locked", "--lock", "governance")

    assert status == 0
    weak = {"wrong-checksum", "checksum-told", "parts-wrong-checksum", "parts-checksum-told", "lock-on-parts"}
    assert {check: checks[check] for check in weak} == dict.fromkeys(weak, "weak")
    good = {"read-back", "versions", "ranges", "parts", "parts-listed", "lists", "lock-on-put", "lock-afterwards"}
    assert {check: checks[check] for check in good} == dict.fromkeys(good, "good")
    assert (summary["level"], summary["quick_level"], summary["checksum"]) == ("read", "size", False)
    left = server.client().list_object_versions(Bucket="locked")
    assert (left.get("Versions", []), left.get("DeleteMarkers", [])) == ([], [])


def test_a_copy_there_rests_on_what_was_read_back(
    server: CephServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    khronika = Khronika(tmp_path / "home", capsys)
    with serving({"/": "<p>Case 17: five years in a colony."}) as served:
        assert khronika("crawl", "--url", served.url(), "--delay", "0")[0] == Exit.DONE
    settings = khronika.path / "khronika.toml"
    text = settings.read_text("utf-8")
    text = text.replace("\n[keep]\n", '\n[keep]\nlocal = "copied"\ncopies = 2\ndays = 0\n', 1)
    text += f'\n[[copy]]\nname = "ceph"\nto = "s3://locked/home"\nendpoint = "{server.endpoint}"\nlock = "governance"\n'
    text += 'lock-days = 1\n\n[[copy]]\nname = "disk"\nto = "../disk"\n'
    (tmp_path / "disk").mkdir()
    settings.write_text(text, "utf-8")

    first = khronika("copies", "push")
    assert first[0] == Exit.VERIFICATION_FAILED, "it tells no checksum, and nobody has said that it cannot"
    kinds = {one["kind"] for one in khronika.records("copies", "list") if one["type"] == "problem"}
    assert kinds == {"no-checksum"}
    assert khronika("copies", "release")[0] == Exit.VERIFICATION_FAILED
    assert list((khronika.path / "archive").iterdir())

    # once it was probed, a checksum is not waited for: what counts is what was read back
    assert khronika("doctor", "s3", "ceph")[0] == Exit.DONE
    for words in (("copies", "push"), ("copies", "check", "--all"), ("copies", "release")):
        status, out, err = khronika(*words)
        assert status == Exit.DONE, (words, out, err)
    assert not list((khronika.path / "archive").glob("*.warc.gz"))
    status, out, err = khronika("verify")
    assert status == Exit.DONE, (out, err)
