"""The life of a copy on a real S3 server, over http and over TLS, by the real commands in processes of their own.

Sent, killed in the middle of a part, gone on with, verified where it lies, locked, released here, read by ranges, and
in the end all that is left: a clone, restored, that crawls on.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError
from page_server import PageServer, Reply, serving
from s3_proxy import Answered, Asked, Lie, LyingProxy, lying
from s3_server import S3Server, make_authority, s3_server

from archive.copies import Step
from archive.state import State
from crawler.cli import Exit

BUCKET = "life"
PART = 5_300_000
WARC = r".*/archive/.*\.warc\.gz"
ROOT = Path(__file__).parent.parent.parent


@dataclass
class Held(Lie):
    """The third part of an upload does not arrive until it is let go."""

    operations: ClassVar = frozenset({"UploadPart"})

    reached: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        self.reached.set()
        self.let_go.wait(60)
        return Answered(0, broken=True)


@pytest.fixture(params=["http", "https"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[S3Server]:
    with s3_server(tmp_path / "s3", tls=request.param == "https") as server:
        server.make_bucket(BUCKET, locked=True)
        yield server


@pytest.fixture
def proxy(server: S3Server, tmp_path: Path) -> Iterator[LyingProxy]:
    (tmp_path / "authority").mkdir()
    with lying(server, authority=make_authority(tmp_path / "authority") if server.authority else None) as proxy:
        yield proxy


@pytest.fixture
def site() -> Iterator[PageServer]:
    # octets that no coding makes smaller: three parts
    scan = Reply(body=os.urandom(2 * PART + 1_000_000), headers={"Content-Type": "application/octet-stream"})
    with serving(
        {"/": '<a href="/case">Case</a> <a href="/scan.bin">Scan</a>', "/case": "five", "/scan.bin": scan}
    ) as at:
        yield at


@dataclass
class Machine:
    """A machine with a collection on it."""

    folder: Path
    proxy: LyingProxy

    def start(self, *words: str, at: str = "home") -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "crawler", "-C", str(self.folder / at), *words],
            cwd=ROOT,
            env=self.proxy.environment() | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, at: str = "home", status: int = 0) -> str:
        process = self.start(*words, at=at)
        out, err = process.communicate(timeout=300)
        assert "Traceback" not in out + err
        assert process.returncode == status, (words, out, err)
        return out

    @property
    def warcs(self) -> list[Path]:
        return sorted((self.folder / "home" / "archive").glob("*.warc.gz"))


@pytest.mark.timeout(600)
def test_a_copy_is_sent_killed_resumed_verified_locked_read_by_ranges_and_restored(
    server: S3Server, proxy: LyingProxy, site: PageServer, tmp_path: Path
) -> None:
    machine = Machine(tmp_path, proxy)
    home, place = tmp_path / "home", f"s3://{BUCKET}/ledger"
    (tmp_path / "disk").mkdir()
    machine.run("-q", "init", str(home))
    settings = home / "khronika.toml"
    text = settings.read_text("utf-8").replace("\n[crawl]\n", "\n[crawl]\nfetch-processes = 0\nworkers = 1\n", 1)
    text = text.replace("\n[keep]\n", '\n[keep]\nlocal = "copied"\ncopies = 2\ndays = 0\n', 1)
    text += f'\n[[copy]]\nname = "bucket"\nto = "{place}"\nendpoint = "{proxy.endpoint}"\nlock = "governance"\n'
    text += f'lock-days = 1\npart-size = {PART}\nprivate = true\npush = "by-hand"\n'
    text += '\n[[copy]]\nname = "disk"\nto = "../disk"\npush = "by-hand"\n'
    settings.write_text(text, "utf-8")
    machine.run("-q", "crawl", "--url", site.url("/"), "--delay", "0")
    (warc,) = machine.warcs
    octets = warc.read_bytes()

    # killed in the middle of a part
    held = proxy.tell(Held(WARC, later=2))
    pushing = machine.start("copies", "push", "bucket")
    assert held.reached.wait(120), pushing.communicate(timeout=60)
    pushing.send_signal(signal.SIGKILL)
    pushing.communicate(timeout=60)
    assert pushing.returncode == -signal.SIGKILL
    held.let_go.set()
    with State.open(home, readonly=True) as state:
        copy = state.copies.copy("bucket", f"archive/{warc.name}")
    assert copy is not None
    assert copy.step is Step.UPLOADING
    assert machine.warcs == [warc]

    # gone on with: what had arrived is not sent again
    proxy.be_honest()
    machine.run("copies", "push")
    assert proxy.operations(WARC).count("UploadPart") == 1
    client: Any = server.client()
    key = f"ledger/archive/{warc.name}"
    versions = client.list_object_versions(Bucket=BUCKET, Prefix=key)["Versions"]
    assert len(versions) == 1
    assert "Uploads" not in client.list_multipart_uploads(Bucket=BUCKET)

    # verified where it lies, and locked there
    machine.run("verify", "--at", place, "--endpoint", proxy.endpoint)
    with pytest.raises(ClientError, match=r"AccessDenied|403"):
        client.delete_object(Bucket=BUCKET, Key=key, VersionId=versions[0]["VersionId"])
    machine.run("copies", "check", "--all")

    # released here, and read by ranges from there
    machine.run("copies", "release")
    assert machine.warcs == []
    (tmp_path / "disk").rename(tmp_path / "unplugged")
    proxy.be_honest()
    assert "five" in machine.run("show", site.url("/case") + "@1", "--raw")
    read = [asked for asked in proxy.asked if asked.operation == "GetObject" and asked.key == key]
    assert read
    spans = [asked.header("range") or "" for asked in read]
    assert all(span.startswith("bytes=") and not span.endswith("-") for span in spans), spans
    asked_for = [1 + int(last) - int(first) for first, last in (span[6:].split("-") for span in spans)]
    assert sum(asked_for) < len(octets) // 10
    machine.run("verify")

    # and in the end all that is left
    (home / "keys" / "root.pem").rename(tmp_path / "root.pem")
    shutil.rmtree(home)
    machine.run("clone", place, str(tmp_path / "restored"), "--endpoint", proxy.endpoint)
    assert (tmp_path / "restored" / "archive" / warc.name).read_bytes() == octets
    machine.run("verify", at="restored")
    machine.run("crawl", "--url", site.url("/"), "--delay", "0", at="restored", status=Exit.ERROR)
    machine.run("key", "rotate", "--restored", "--root", str(tmp_path / "root.pem"), at="restored")
    site.pages["/case"] = "eight"
    machine.run("-q", "crawl", "--url", site.url("/"), "--delay", "0", at="restored")
    assert "eight" in machine.run("show", site.url("/case") + "@2", "--raw", at="restored")
    machine.run("verify", at="restored")
    (tmp_path / "unplugged").rename(tmp_path / "disk")
    machine.run("copies", "push", "bucket", at="restored")
    machine.run("verify", "--at", place, "--endpoint", proxy.endpoint)
