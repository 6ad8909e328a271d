"""`khronika verify --at s3://…` against a real server: a copy elsewhere is held against its log like a folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import forked
import pytest
from page_server import serving
from s3_server import ACCESS_KEY, SECRET_KEY, S3Server, s3_server

ROOT = Path(__file__).parent.parent.parent
PREFIX = "backups/one/"


@dataclass
class Ran:
    status: int
    lines: list[dict[str, Any]]
    errors: str

    @property
    def findings(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["type"] == "finding"]

    @property
    def summary(self) -> dict[str, Any]:
        return self.lines[-1]


def khronika(*words: str, environment: dict[str, str] | None = None) -> Ran:
    ran = forked.khronika(["--json", *words], cwd=ROOT, env=environment)
    assert "Traceback" not in ran.stderr
    assert SECRET_KEY not in ran.stdout + ran.stderr
    return Ran(ran.returncode, [json.loads(line) for line in ran.stdout.splitlines()], ran.stderr)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection of two crawls."""
    home = tmp_path_factory.mktemp("collection") / "home"
    pages = {"/": "<p>Дела <a href='/17'>17</a>", "/17": "<p>Дело 17: пять лет колонии."}
    assert khronika("init", str(home)).status == 0
    (home / "khronika.toml").write_text("[crawl]\ndelay = 0\n")
    with serving(pages) as served:
        for _ in range(2):
            assert khronika("-C", str(home), "crawl", "--url", served.url()).status == 0
    return home


@pytest.fixture
def bucket(server: S3Server, home: Path, request: pytest.FixtureRequest) -> str:
    """A copy of the collection, without its keys, in a bucket of the test's own."""
    name = f"copy-{abs(hash(request.node.name)) % 10**12}"
    server.put_folder(home, name, PREFIX, leave_out=("keys", "state.sqlite", ".lock"))
    return name


def verify(server: S3Server, bucket: str, *words: str, **environment: str) -> Ran:
    place = f"s3://{bucket}/{PREFIX}"
    return khronika(
        *("verify", "--at", place, "--endpoint", server.endpoint, *words),
        environment={**server.environment(), **environment},
    )


def warcs(home: Path) -> list[Path]:
    return sorted((home / "archive").glob("*.warc.gz"))


def test_a_sound_copy_is_as_good_as_the_folder(server: S3Server, bucket: str, home: Path) -> None:
    here = khronika("-C", str(home), "verify")
    there = verify(server, bucket)
    held = verify(server, bucket, "--against", str(home / "log" / "checkpoint"))

    assert (there.status, there.findings) == (0, [])
    assert there.summary["verdict"] == here.summary["verdict"] == "self-attested"
    assert {name: there.summary[name] for name in ("records", "files", "log")} == {
        name: here.summary[name] for name in ("records", "files", "log")
    }
    assert held.status == 0


def test_a_flipped_octet_is_found_and_its_record_named(server: S3Server, bucket: str, home: Path) -> None:
    path = warcs(home)[0]
    octets = bytearray(path.read_bytes())
    octets[len(octets) // 2] ^= 1
    server.client().put_object(Bucket=bucket, Key=f"{PREFIX}archive/{path.name}", Body=bytes(octets))

    ran = verify(server, bucket)

    assert ran.status == 6
    assert {(one["kind"], one["file"]) for one in ran.findings} == {("altered", path.name)}
    assert any(one["record_id"] for one in ran.findings)


def test_an_object_that_is_gone_is_missing(server: S3Server, bucket: str, home: Path) -> None:
    path = warcs(home)[-1]
    server.client().delete_object(Bucket=bucket, Key=f"{PREFIX}archive/{path.name}")

    ran = verify(server, bucket)

    assert ran.status == 6
    assert {(one["kind"], one["file"]) for one in ran.findings} == {("missing", path.name)}


def test_an_object_that_the_log_does_not_know_is_inserted(server: S3Server, bucket: str, home: Path) -> None:
    name = warcs(home)[0].name.replace("20", "19", 1)
    server.client().put_object(Bucket=bucket, Key=f"{PREFIX}archive/{name}", Body=warcs(home)[0].read_bytes())

    ran = verify(server, bucket)

    assert ran.status == 6
    assert ("inserted", name) in {(one["kind"], one["file"]) for one in ran.findings}


def test_a_copy_without_a_log_is_not_ok(server: S3Server, bucket: str) -> None:
    for found in server.client().list_objects_v2(Bucket=bucket, Prefix=f"{PREFIX}log/")["Contents"]:
        server.client().delete_object(Bucket=bucket, Key=found["Key"])

    ran = verify(server, bucket)

    assert ran.status != 0


def test_an_older_copy_is_rolled_back(server: S3Server, bucket: str, home: Path) -> None:
    newer = khronika("-C", str(home), "checkpoint")
    assert newer.status == 0
    kept = home.parent / "kept"
    with serving({"/": "<p>Дело 18"}) as served:
        assert khronika("-C", str(home), "crawl", "--url", served.url()).status == 0
    kept.write_bytes((home / "log" / "checkpoint").read_bytes())

    assert verify(server, bucket).status == 0
    ran = verify(server, bucket, "--against", str(kept))

    assert ran.status == 6
    assert [one["kind"] for one in ran.findings] == ["rolled-back"]


def test_an_empty_place_holds_no_collection(server: S3Server) -> None:
    server.make_bucket("empty")

    ran = verify(server, "empty")

    assert ran.status in (6, 10)
    assert ran.status == 10 or ran.findings


def test_wrong_credentials_are_no_finding(server: S3Server, bucket: str) -> None:
    for wrong in ({"AWS_SECRET_ACCESS_KEY": "another"}, {"AWS_ACCESS_KEY_ID": "nobody"}):
        ran = verify(server, bucket, **wrong)

        assert ran.status == 1
        assert not ran.findings
        assert "key" in ran.errors or "denied" in ran.errors


def test_a_missing_bucket_is_no_finding(server: S3Server) -> None:
    ran = verify(server, "nowhere")

    assert ran.status == 1
    assert "nowhere" in ran.errors


def test_a_server_that_is_gone_is_no_finding(tmp_path: Path) -> None:
    with s3_server(tmp_path / "s3") as server:
        server.make_bucket("copy")

    ran = verify(server, "copy")

    assert ran.status == 1
    assert not ran.findings
    assert ACCESS_KEY not in ran.errors
    assert os.fspath(tmp_path) not in ran.errors
