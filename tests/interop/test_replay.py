"""Other tools read our WARCs: FastWARC, cdxj-indexer, warcio and gzip count every record, pywb replays every capture.

The WARCs are those of two real crawls of a local server, the second of which finds most pages unchanged. pywb has an
environment of its own (`make pywb`): its brotlipy takes the place of the brotli that Scrapy needs. Where that
environment is missing the tests of it are skipped; with CI=true that is a failure.
"""

from __future__ import annotations

import gzip
import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import brotli
import pytest
import trustme
import zstandard
from fastwarc.warc import ArchiveIterator, WarcRecordType, is_warc_11
from wire_server import Do, Script, WireServer

from archive.capture import Capture
from archive.check import check_file
from archive.collection import Collection
from archive.warc import Record, http_head, read_records
from crawler.config import load_config
from crawler.policy import CrawlPolicy
from crawler.runner import run_crawl

ROOT = Path(__file__).parent.parent.parent
PYWB = ROOT / ".venv-pywb" / "bin"
OWN = Path(sys.executable).parent

POLICY = CrawlPolicy(retries=0, timeout_connect=5, timeout_head=5, timeout_body=5)
PAGE = ("<html><body><p>Дело № 17: пять лет колонии.</p>" + "<p>И ещё абзац.</p>" * 60 + "</body></html>").encode()
IMAGE = bytes(range(256)) * 6000
"""More than a reader holds at one time, and no text."""
MISSING = b"<p>no such page"


def answer(body: bytes, *fields: str, status: str = "200 OK", media: str = "text/html; charset=utf-8") -> Script:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {media}", f"Content-Length: {len(body)}", *fields, "", ""]
    return ["\r\n".join(lines).encode() + body]


def chunked(body: bytes, *fields: str) -> Script:
    lines = ["HTTP/1.1 200 OK", "Content-Type: text/html; charset=utf-8", "Transfer-Encoding: chunked", *fields, "", ""]
    pieces = [body[at : at + 100] for at in range(0, len(body), 100)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    return ["\r\n".join(lines).encode() + framed]


@dataclass(frozen=True)
class Shown:
    """What a client makes of a page."""

    script: Script
    status: int = 200
    body: bytes = PAGE
    location: str | None = None


PAGES = {
    "/plain": Shown(answer(PAGE)),
    "/gzip": Shown(answer(gzip.compress(PAGE), "Content-Encoding: gzip")),
    "/br": Shown(answer(brotli.compress(PAGE), "Content-Encoding: br")),
    "/chunked": Shown(chunked(PAGE)),
    "/chunked-gzip": Shown(chunked(gzip.compress(PAGE), "Content-Encoding: gzip")),
    "/until-close": Shown([b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE, Do.CLOSE]),
    "/image.png": Shown(answer(IMAGE, media="image/png"), body=IMAGE),
    "/empty": Shown(answer(b""), body=b""),
    "/find?name=%D0%90&b=2&a=1": Shown(answer(PAGE)),
    "/%D0%B4%D0%B5%D0%BB%D0%BE": Shown(answer(PAGE)),
    "/moved": Shown(answer(b"on", "Location: /plain", status="302 Found"), 302, b"on", "/plain"),
    "/gone": Shown(answer(MISSING, status="404 Not Found"), 404, MISSING),
    "/broken": Shown(answer(b"sorry", status="500 Internal Server Error"), 500, b"sorry"),
}
ODD: dict[str, Script] = {
    "/robots.txt": answer(b"", status="404 Not Found"),
    "/without-a-head": [b"SSH-2.0-OpenSSH_9.2\r\n", Do.CLOSE],
    "/cut": [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99999\r\n\r\n<p>half", Do.CLOSE],
    "/silent": [Do.CLOSE],
    "/zstd": answer(zstandard.compress(PAGE), "Content-Encoding: zstd"),
}


@dataclass(frozen=True)
class Crawled:
    """A collection after two crawls."""

    collection: Collection
    warcs: tuple[Path, ...]
    site: str
    """Origin of the pages."""
    secure: str
    """Of those behind TLS."""

    def records(self) -> list[Record]:
        return [record for warc in self.warcs for record in read_records(warc)]

    def captures(self, url: str) -> list[Capture]:
        return self.collection.catalogue.captures_of(url)


def wait_for_the_next_second() -> None:
    """A capture of its own for the 14 digits by which tools name them."""
    second = int(time.time())
    while int(time.time()) == second:
        time.sleep(0.01)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    folder = tmp_path_factory.mktemp("interop") / "collection"
    collection = Collection.create(folder, "")
    config = replace(load_config(collection.config_path), crawl=POLICY)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(tls)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
        scripts = {**ODD, **{path: shown.script for path, shown in PAGES.items()}}
        with WireServer(scripts) as plain, WireServer(scripts, tls=tls) as secure:
            # a name, and not an address, has to be looked up
            behind_tls = secure.url("", host="localhost")
            urls = [plain.url(path) for path in scripts if path != "/robots.txt"]
            urls += [behind_tls + "/plain", behind_tls + "/gzip", refused, "http://nowhere.invalid/"]
            for _ in range(2):
                wait_for_the_next_second()
                run_crawl(collection, config, urls=urls, reading=False, fresh=True)
    warcs = tuple(sorted((folder / "archive").iterdir()))
    assert all(warc.name.endswith(".warc.gz") for warc in warcs)
    yield Crawled(collection, warcs, plain.url(""), behind_tls)
    collection.close()


@pytest.fixture(scope="module")
def pywb() -> Path:
    """The folder with pywb's programs."""
    if not (PYWB / "wayback").exists():
        missing = "pywb's environment is missing: make pywb"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return PYWB


def ran(*words: str | Path, cwd: Path | None = None, status: int = 0) -> str:
    done = subprocess.run([*map(str, words)], cwd=cwd, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def indexed(crawled: Crawled) -> Counter[tuple[str, str]]:
    """How often each address is to be found in an index at which second; requests and metadata are in none."""
    return Counter(
        (f"{record.date:%Y%m%d%H%M%S}", record.target_uri or "")
        for record in crawled.records()
        if record.type in {"response", "revisit", "resource"}
    )


def test_the_crawls_hold_every_kind_of_record(crawled: Crawled) -> None:
    kinds = Counter(record.type for record in crawled.records())

    # all pages that were answered 2xx, not empty and complete: 10 here, and two behind TLS
    assert kinds["revisit"] == 12
    assert {"warcinfo", "response", "revisit", "request", "resource", "metadata"} == set(kinds)
    # neither of these may disturb an index or a replay
    resources = {(record.target_uri or "").partition(":")[2].partition(":")[0] for record in crawled.records()}
    assert {"dns", "urn"} <= {(record.target_uri or "").partition(":")[0] for record in crawled.records()}
    assert {"received", "sha256"} <= resources
    assert [finding for warc in crawled.warcs for finding in check_file(warc)] == []


def test_gzip_finds_every_member_whole(crawled: Crawled) -> None:
    ran("gzip", "-t", *crawled.warcs)


def test_fastwarc_reads_every_record(crawled: Crawled) -> None:
    counted: list[tuple[str, int, str]] = []
    for warc in crawled.warcs:
        with warc.open("rb") as file:
            for record in ArchiveIterator(
                file, record_types=WarcRecordType.any_type, parse_http=False, func_filter=is_warc_11, strict_mode=True
            ):
                assert record.verify_block_digest(), record.record_id
                counted.append((record.record_id.strip("<>"), record.stream_pos, record.headers["WARC-Type"]))
    own = [(record.record_id, record.location.offset, record.type) for record in crawled.records()]

    assert counted == own


def test_fastwarc_checks_every_record(crawled: Crawled) -> None:
    for warc in crawled.warcs:
        ran(OWN / "fastwarc", "check", "-q", warc)


def test_warcio_checks_every_block(crawled: Crawled, pywb: Path) -> None:
    """Of the chunked ones it takes the payload digest over the chunks, framing and all, and WARC 1.1 (5.9) does not."""
    read: list[str] = []
    failed: dict[str, str] = {}
    framed: set[str] = set()
    for warc in crawled.warcs:
        chunked_here = {record.record_id for record in read_records(warc) if is_chunked(record)}
        framed |= chunked_here
        # its brotli is the one of pywb's environment
        said = ran(pywb / "warcio", "check", "-v", warc, status=int(bool(chunked_here)))
        for record_id, verdicts in re.findall(r"WARC-Record-ID <(\S+)> \w+\n((?:    .*\n)*)", said):
            read.append(record_id)
            if "failed" in verdicts:
                failed[record_id] = verdicts.strip().partition(" sha256")[0]

    assert read == [record.record_id for record in crawled.records()]
    assert failed == dict.fromkeys(framed, "payload digest failed")
    assert len(failed) == 2


def is_chunked(record: Record) -> bool:
    head = http_head(record) if record.type == "response" else None
    return head is not None and head.value("transfer-encoding") is not None


def test_cdxj_indexer_finds_every_capture_where_it_lies(crawled: Crawled) -> None:
    lines = [
        (line.split(" ", 2)[1], json.loads(line.split(" ", 2)[2]))
        for line in ran(OWN / "cdxj-indexer", "-s", *crawled.warcs).splitlines()
    ]
    own = {
        (record.location.file, str(record.location.offset), str(record.location.length)): record
        for record in crawled.records()
    }

    assert Counter((date, entry["url"]) for date, entry in lines) == indexed(crawled)
    for date, entry in lines:
        record = own.pop((entry["filename"], entry["offset"], entry["length"]))
        assert (date, entry["url"]) == (f"{record.date:%Y%m%d%H%M%S}", record.target_uri)
        if record.type in {"response", "revisit"}:
            assert entry["digest"] == record.value("WARC-Payload-Digest")
            head = http_head(record)
            assert head is not None
            assert entry["status"] == str(head.status)
        if record.type == "revisit":
            assert entry["mime"] == "warc/revisit"


@pytest.fixture(scope="module")
def replayed(crawled: Crawled, pywb: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """pywb, serving the two WARCs."""
    folder = tmp_path_factory.mktemp("pywb")
    ran(pywb / "wb-manager", "init", "c", cwd=folder)
    ran(pywb / "wb-manager", "add", "c", *crawled.warcs, cwd=folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [pywb / "wayback", "-b", "127.0.0.1", "-p", str(port)], cwd=folder, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        until = time.monotonic() + 120
        while True:
            try:
                asked(port, "/")
                break
            except ConnectionRefusedError:
                assert server.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < until, "pywb does not answer"
                time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def asked(port: int, target: str) -> tuple[int, bytes, dict[str, str]]:
    """What pywb answers; each time over a connection of its own: of a cut page it waits for the rest for ever."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", target, headers={"Connection": "close"})
        response = connection.getresponse()
        return response.status, response.read(), dict(response.getheaders())


def replay(port: int, timestamp: str, url: str) -> tuple[int, bytes, dict[str, str]]:
    """The capture as it was, nothing rewritten."""
    return asked(port, f"/c/{timestamp}id_/{url}")


def test_pywb_indexes_every_capture(crawled: Crawled, pywb: Path) -> None:
    # it leaves out what it cannot read and ends with 0 all the same: the lines are counted
    lines = ran(pywb / "cdx-indexer", "-s", "-j", *crawled.warcs).splitlines()

    assert Counter((line.split(" ", 2)[1], json.loads(line.split(" ", 2)[2])["url"]) for line in lines) == indexed(
        crawled
    )


def test_each_of_its_captures_is_known_to_pywb(crawled: Crawled, replayed: int) -> None:
    for path in PAGES:
        url = crawled.site + path
        _, timemap, _ = asked(replayed, "/c/timemap/link/" + url)
        known = re.findall(r"/c/(\d{14})mp_/", timemap.decode())
        assert known == [capture.timestamp for capture in crawled.captures(url)], path


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("nth", [0, 1], ids=["first", "second"])
def test_pywb_replays_each_capture_as_it_was(crawled: Crawled, replayed: int, path: str, nth: int) -> None:
    capture = crawled.captures(crawled.site + path)[nth]
    shown = PAGES[path]
    assert capture.is_revisit == (nth == 1 and shown.status == 200 and shown.body != b"")

    status, body, fields = replay(replayed, capture.timestamp, capture.url)

    assert (status, body) == (shown.status, shown.body)
    assert fields["Memento-Datetime"] == f"{capture.captured_at:%a, %d %b %Y %H:%M:%S} GMT"
    if shown.location is not None:
        assert urlsplit(fields["Location"]).path == shown.location


@pytest.mark.parametrize("path", ["/plain", "/gzip"])
@pytest.mark.parametrize("nth", [0, 1], ids=["first", "second"])
def test_pywb_replays_what_came_over_tls(crawled: Crawled, replayed: int, path: str, nth: int) -> None:
    capture = crawled.captures(crawled.secure + path)[nth]

    assert replay(replayed, capture.timestamp, capture.url)[:2] == (200, PAGE)


def test_octets_without_a_head_are_not_replayed_as_the_page(crawled: Crawled, replayed: int) -> None:
    url = crawled.site + "/without-a-head"
    [capture, _] = crawled.captures(url)

    assert capture.status is None
    status, body, _ = replay(replayed, capture.timestamp, url)
    assert status == 404
    assert b"SSH-2.0" not in body
