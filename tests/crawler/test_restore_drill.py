"""The backup and restore drill of docs/operations.md, line by line: two copies, the machine lost, restored, gone on."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from page_server import PageServer, serving
from s3_server import S3Server, s3_server

from archive.collection import Collection
from crawler.cli import run

GUIDE = Path(__file__).parent.parent.parent / "docs" / "operations.md"
CASE = "<html lang=en><article><h1>Case {}</h1><p>Who is invented was sentenced to {} years.</p></article></html>"
BUCKET = "example-bucket"


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        server.make_bucket(BUCKET)
        yield server


@pytest.fixture
def site() -> Iterator[PageServer]:
    pages = {f"/case/{n}": CASE.format(n, 5) for n in range(4)}
    with serving({"/": "".join(f'<a href="/case/{n}">{n}</a>' for n in range(4)), **pages}) as server:
        yield server


@dataclass
class Machine:
    """Where the guide's words are typed, and what they name on this machine."""

    folder: Path
    collection: Path
    s3: S3Server

    def type(self, line: str) -> int:
        words = [
            word.replace("/mnt/second-disk/archive", str(self.folder / "second-disk" / "archive")).replace(
                "https://s3.example.org", self.s3.endpoint
            )
            for word in shlex.split(line)[1:]
        ]
        at = [] if "-C" in words or words[0] == "clone" else ["-C", str(self.collection)]
        return run([*at, *words])


@pytest.fixture
def machine(tmp_path: Path, s3: S3Server, site: PageServer, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A collection after two crawls, which is copied to a disk and to a bucket; its root key is elsewhere."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in s3.environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    machine = Machine(tmp_path, tmp_path / "collection", s3)
    (tmp_path / "second-disk" / "archive").mkdir(parents=True)
    assert run(["-q", "init", str(machine.collection)]) == 0
    settings = machine.collection / "khronika.toml"
    settings.write_text(
        settings.read_text().replace("\n[crawl]\n", "\n[crawl]\nfetch-processes = 0\nworkers = 1\n", 1)
        + f'\n[[site]]\nname = "ledger"\nstart = ["{site.url("/")}"]\n'
        + f'\n[[copy]]\nname = "disk"\nto = "{tmp_path / "second-disk" / "archive"}"\nprivate = true\n'
        + f'\n[[copy]]\nname = "bucket"\nto = "s3://{BUCKET}/{tmp_path.name}"\nendpoint = "{s3.endpoint}"\n'
        + "private = true\n"
    )
    for years in (5, 8):
        site.pages["/case/1"] = CASE.format(1, years)
        assert run(["-q", "-C", str(machine.collection), "crawl"]) == 0
    shutil.move(machine.collection / "keys" / "root.pem", tmp_path / "root.pem")
    shutil.copy(machine.collection / "log" / "checkpoint", tmp_path / "checkpoint")
    return machine


def drill() -> list[list[str]]:
    """The command lines of the guide's part, one list for each block."""
    part = GUIDE.read_text(encoding="utf-8").split("## Backup, and the drill\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^```console\n(.*?)^```$", part, re.DOTALL | re.MULTILINE)
    return [[line.removeprefix("$ ") for line in block.splitlines()] for block in blocks]


def history(collection: Path) -> list[tuple[str, str]]:
    with Collection.open(collection) as opened:
        return sorted((one.url, one.record_id) for one in opened.catalogue.captures())


def test_a_collection_that_is_lost_twice_is_restored_from_one_copy_and_then_from_the_other(
    machine: Machine, site: PageServer
) -> None:
    rehearsal, loss = drill()
    for line in rehearsal:
        assert machine.type(line) == 0, line
    before = history(machine.collection)
    assert len(before) == 12  # robots.txt, the list and four cases, twice
    assert history(machine.folder / "drill") == before

    # the drill has signed nothing, so the collection itself goes on
    shutil.rmtree(machine.folder / "drill")
    assert machine.type("khronika verify") == 0

    shutil.rmtree(machine.collection)
    restored = machine.folder / "restored"
    for years, at in ((11, "/mnt/second-disk/archive"), (13, f"s3://{BUCKET}/{machine.folder.name}")):
        site.pages["/case/2"] = CASE.format(2, years)
        for line in loss:
            typed = line.replace("s3://example-bucket/archive", at)
            typed = typed if at.startswith("s3") else re.sub(r" --endpoint \S+", "", typed)
            assert machine.type(typed) == 0, line

        after = history(restored)
        assert set(before) < set(after)
        assert len(after) == len(before) + 6
        before = after
        # what had changed is known, that of before the loss as well
        with Collection.open(restored) as opened:
            edited = list(opened.catalogue.changes(kinds=["edited"]))
        assert len(edited) == (2 if years == 11 else 3)
        if years == 11:
            shutil.rmtree(restored)


def test_a_copy_that_is_older_or_damaged_does_not_pass_the_drill(machine: Machine) -> None:
    rehearsal, _ = drill()
    assert machine.type(rehearsal[0]) == 0
    copy = machine.folder / "second-disk" / "archive"
    shutil.copytree(copy, machine.folder / "older")
    assert run(["-q", "-C", str(machine.collection), "crawl"]) == 0
    shutil.copy(machine.collection / "log" / "checkpoint", machine.folder / "checkpoint")
    assert run(["clone", str(machine.folder / "older"), "older-drill", "--against", "checkpoint"]) == 6

    warc = next((copy / "archive").glob("*.warc.gz"))
    octets = bytearray(warc.read_bytes())
    octets[len(octets) // 2] ^= 1
    warc.chmod(0o600)
    warc.write_bytes(octets)
    assert machine.type(rehearsal[1]) == 6
    assert machine.type(rehearsal[2]) == 6
