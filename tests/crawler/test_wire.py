"""Scrapy's download handler: stored first, answered second; bodies decoded before a Response is made."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import socket
import tempfile
import threading
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import brotli
import pytest
import scrapy
import scrapy.http.response.text
import zstandard
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)
from scrapy.http import HtmlResponse, JsonResponse, Response, TextResponse, XmlResponse
from wire_server import Do, Pause, Script, WireServer

from archive.capture import Capture, RecordLocation
from archive.digest import digest
from archive.errors import KhronikaError, StorageError
from archive.exchange import Exchange, Occasion, Outcome
from crawler.wire import FetchFailed, WireHandler
from crawler.wire_client import WireClient, WireLimits

LIMIT = 100_000
PAGE = "<!doctype html><html><head><title>Сторінка</title></head><body><p>Ім'я вигадане.</p></body></html>"
HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


class Keeping:
    """A session that keeps what it is given to store; a stand-in for the writer of a collection alone."""

    def __init__(self, failure: KhronikaError | None = None) -> None:
        self.exchanges: list[Exchange] = []
        self.responses: list[bytes] = []
        self.failure = failure
        self.given_up: KhronikaError | None = None
        self.stored = 0

    def give_up(self, error: KhronikaError) -> None:
        self.given_up = error

    async def store(self, exchange: Exchange, occasion: Occasion) -> Capture:
        self.exchanges.append(exchange)
        if self.failure is not None:
            exchange.close()
            raise self.failure
        await asyncio.sleep(0.01)  # storing takes its time; nobody may be answered meanwhile
        self.responses.append(exchange.response.read())
        exchange.close()
        self.stored += 1
        return Capture(
            url=exchange.url,
            captured_at=exchange.began_at,
            record_id=f"urn:uuid:00000000-0000-4000-8000-{self.stored:012d}",
            record_digest=digest(b""),
            location=RecordLocation("a.warc.gz", 0, 1),
            outcome=exchange.outcome,
            status=exchange.status,
            mime=exchange.mime,
            payload_digest=exchange.payload_digest,
            payload_length=exchange.payload_length,
            truncated=exchange.truncated,
            refers_to=None,
            crawl=occasion.crawl,
            site=occasion.site,
            via=occasion.via,
            hops=occasion.hops,
            error=exchange.error,
        )


def occasion(request: Request) -> Occasion:
    return Occasion("c1", "made-up", via=request.meta.get("via"))


def download(
    request: Request | str,
    session: Keeping | None = None,
    *,
    limits: WireLimits | None = None,
    spider_limit: int = LIMIT,
) -> Response:
    async def run() -> Response:
        client = WireClient(limits or WireLimits(connect=5, head=5, body=5))
        handler = WireHandler(client, session or Keeping(), occasion, spider_limit=spider_limit)
        try:
            return await handler.download_request(Request(request) if isinstance(request, str) else request)
        finally:
            await handler.close()

    return asyncio.run(run())


def page(body: bytes, *fields: str) -> Script:
    head = HTML + "".join(f"{field}\r\n" for field in fields).encode() + b"Content-Length: %d\r\n\r\n" % len(body)
    return [head + body]


def test_the_capture_is_there_before_the_response() -> None:
    session = Keeping()
    with WireServer({"/": page(b"<html>")}) as server:
        request = Request(server.url(), meta={"via": "http://from.example/", "capture": "of an earlier attempt"})
        response = download(request, session)

    capture = request.meta["capture"]
    assert session.stored == 1
    assert isinstance(capture, Capture)
    assert (capture.via, capture.site) == ("http://from.example/", "made-up")
    assert response.meta["capture"] is capture
    assert session.responses == [bytes(server.seen[0].response)]
    assert request.meta["download_latency"] == session.exchanges[0].duration


def test_a_response_says_what_the_server_said() -> None:
    fields = ("Set-Cookie: a=1", "X-Name: \xe9t\xe9", "set-cookie: b=2")
    head = HTML + "".join(f"{field}\r\n" for field in fields).encode("latin-1")
    with WireServer({"/a?b=c": [head + b"Content-Length: 1\r\n\r\nx"]}) as server:
        response = download(server.url("/a?b=c#part"))

    assert response.url == server.url("/a?b=c#part")
    assert (response.status, response.body, response.flags) == (200, b"x", [])
    assert response.headers.getlist("Set-Cookie") == [b"a=1", b"b=2"]
    assert response.headers["X-Name"] == b"\xe9t\xe9"
    assert str(response.ip_address) == "127.0.0.1"
    assert response.protocol == "HTTP/1.1"


BODY = PAGE.encode() * 20
CODED: dict[str, bytes] = {
    "identity": BODY,
    "gzip": gzip.compress(BODY),
    "x-gzip": gzip.compress(BODY),
    "deflate": zlib.compress(BODY),
    "br": brotli.compress(BODY),
    "zstd": zstandard.compress(BODY),
    "gzip, br": brotli.compress(gzip.compress(BODY)),
}


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("coding", CODED)
def test_the_spider_reads_the_page_whatever_its_coding(coding: str, chunked: bool) -> None:
    coded = CODED[coding]
    session = Keeping()
    head = HTML + b"Content-Encoding: " + coding.encode() + b"\r\n"
    if chunked:
        script: Script = [head + b"Transfer-Encoding: chunked\r\n\r\n"]
        script = [*script, *(b"%x;e=1\r\n%b\r\n" % (len(part), part) for part in (coded[:7], coded[7:])), b"0\r\n\r\n"]
    else:
        script = [head + b"Content-Length: %d\r\n\r\n" % len(coded), coded]
    with WireServer({"/": script}) as server:
        response = download(server.url(), session)

    assert isinstance(response, HtmlResponse)
    assert response.body == BODY
    assert "Content-Encoding" not in response.headers
    assert response.flags == []
    assert response.css("title::text").get() == "Сторінка"
    assert session.responses == [bytes(server.seen[0].response)]
    assert session.exchanges[0].payload_digest == digest(coded)


def test_a_request_asks_for_no_coding_that_cannot_be_decoded() -> None:
    session = Keeping()
    with WireServer({"/": page(b"x")}) as server:
        download(Request(server.url(), headers={"Accept-Encoding": "gzip, sdch", "X-Own": "y"}), session)

    lines = server.seen[0].request.split(b"\r\n")
    assert lines == [
        b"GET / HTTP/1.1",
        b"Host: 127.0.0.1:%d" % server.port,
        b"X-Own: y",
        b"Accept-Encoding: gzip, deflate, br, zstd",
        b"",
        b"",
    ]


def test_a_page_without_a_coding_though_its_head_names_one() -> None:
    with WireServer({"/": page(BODY, "Content-Encoding: gzip")}) as server:
        response = download(server.url())

    assert isinstance(response, HtmlResponse)
    assert (response.body, response.flags) == (BODY, ["undecoded"])


def test_an_unknown_coding_is_left_on_and_makes_no_text() -> None:
    with WireServer({"/": page(b"\x01\x02sealed", "Content-Encoding: sealed")}) as server:
        response = download(server.url())

    assert not isinstance(response, TextResponse)
    assert (response.body, response.flags) == (b"\x01\x02sealed", ["undecoded"])
    assert response.headers["Content-Encoding"] == b"sealed"


def test_a_coded_page_that_breaks_off_is_read_up_to_there() -> None:
    noise = "".join(hashlib.sha256(bytes([n])).hexdigest() for n in range(200)).encode()
    coded = gzip.compress(noise)
    script: Script = [
        HTML + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(coded),
        coded[:4000],
        Do.CLOSE,
    ]
    with WireServer({"/": script}) as server:
        response = download(server.url())

    assert response.flags == ["truncated"]
    assert len(response.body) > 1000
    assert noise.startswith(response.body)


@pytest.mark.parametrize(
    ("charset", "field", "meta", "encoding"),
    [
        ("windows-1251", "Content-Type: text/html; charset=windows-1251", "", "cp1251"),
        ("windows-1251", "Content-Type: text/html", '<meta charset="windows-1251">', "cp1251"),
        ("utf-8", "Content-Type: text/html", '<meta charset="utf-8">', "utf-8"),
        ("koi8-u", "Content-Type: text/html; charset=KOI8-U", '<meta charset="windows-1251">', "koi8-u"),
    ],
)
@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_no_charset_is_ever_guessed_from_coded_octets(
    monkeypatch: pytest.MonkeyPatch, coding: str, charset: str, field: str, meta: str, encoding: str
) -> None:
    """The page says its charset; guessing one would mean that Scrapy saw something else than the page."""

    def guess(_octets: bytes) -> object:
        raise AssertionError("a charset was guessed")

    monkeypatch.setattr(scrapy.http.response.text, "from_bytes", guess)
    text = f"<html><head>{meta}<title>Справа вигаданої людини</title></head></html>"
    octets = text.encode(charset)
    body = gzip.compress(octets) if coding == "gzip" else octets
    head = f"HTTP/1.1 200 OK\r\n{field}\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n"
    with WireServer({"/": [head.encode() + body]}) as server:
        response = download(server.url())

    assert isinstance(response, HtmlResponse)
    assert response.replace(url="http://other.example/").text == text
    assert response.encoding == encoding


def test_making_a_response_asks_for_no_charset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even of a page that names none: detection over its octets is the dearest thing a crawl can do."""
    asked: list[bytes] = []
    monkeypatch.setattr(scrapy.http.response.text, "html_to_unicode", lambda *args, **_: asked.append(args[1]))
    body = PAGE.encode("windows-1251")
    with WireServer({"/": page(gzip.compress(body), "Content-Encoding: gzip")}) as server:
        response = download(server.url())

    assert isinstance(response, HtmlResponse)
    assert response.body == body
    assert asked == []


@pytest.mark.parametrize(
    ("field", "path", "kind"),
    [  # the page is the same each time: what cannot be told from its head is told from its octets
        ("Content-Type: application/rss+xml", "/feed", XmlResponse),
        ("Content-Type: application/json", "/x", JsonResponse),
        ("Content-Type: text/plain", "/robots.txt", TextResponse),
        ("X: no type", "/a.html", HtmlResponse),
        ("X: no type", "/a", HtmlResponse),
    ],
)
def test_the_kind_of_response_follows_the_decoded_page(field: str, path: str, kind: type[Response]) -> None:
    coded = gzip.compress(b"<html><title>x</title>")
    head = f"HTTP/1.1 200 OK\r\n{field}\r\nContent-Encoding: gzip\r\nContent-Length: {len(coded)}\r\n\r\n".encode()
    with WireServer({"*": [head + coded]}) as server:
        response = download(server.url(path))

    assert type(response) is kind
    assert response.body == b"<html><title>x</title>"


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_an_image_is_no_text(coding: str) -> None:
    image = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
    body = gzip.compress(image) if coding == "gzip" else image
    head = f"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Encoding: {coding}\r\n\r\n".encode()
    with WireServer({"*": [head + body, Do.CLOSE]}) as server:
        response = download(server.url("/a.png"))

    assert not isinstance(response, TextResponse)
    assert response.body == image


def test_a_truncated_body_is_stored_and_given_with_a_flag() -> None:
    session = Keeping()
    with WireServer({"/": [HTML + b"Content-Length: 100\r\n\r\n<p>half", Do.CLOSE]}) as server:
        response = download(server.url(), session)

    assert (response.body, response.flags) == (b"<p>half", ["truncated"])
    assert response.meta["capture"].truncated == "disconnect"


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_body_over_the_limit_is_kept_whole_and_withheld(coding: str) -> None:
    body = bytes(LIMIT + 1)
    coded = gzip.compress(body) if coding == "gzip" else body
    session = Keeping()
    with WireServer({"/": page(coded, f"Content-Encoding: {coding}")}) as server:
        response = download(server.url(), session)

    assert (response.body, response.flags, response.status) == (b"", ["withheld"], 200)
    assert isinstance(response, HtmlResponse)
    assert session.responses == [bytes(server.seen[0].response)]
    assert session.exchanges[0].payload_length == len(coded)


def test_a_body_at_the_limit_is_given() -> None:
    with WireServer({"/": page(bytes(LIMIT))}) as server:
        response = download(server.url())

    assert (len(response.body), response.flags) == (LIMIT, [])


def test_a_large_page_is_decoded_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []
    import crawler.wire as wire

    decode = wire.decode_content

    def watched(*args: Any, **kwargs: Any) -> Any:
        threads.append(threading.current_thread())
        return decode(*args, **kwargs)

    monkeypatch.setattr(wire, "decode_content", watched)
    with WireServer({"/small": page(b"x"), "/large": page(bytes(400_000))}) as server:
        download(server.url("/small"))
        download(server.url("/large"), spider_limit=1 << 20)

    assert threads[0] is threading.main_thread()
    assert threads[1] is not threading.main_thread()


def test_head_and_post_requests() -> None:
    session = Keeping()
    with WireServer({"/": page(b"four"), "/head": [HTML + b"Content-Length: 4\r\n\r\n"]}) as server:
        head = download(Request(server.url("/head"), method="HEAD"), session)
        post = download(
            Request(server.url(), method="POST", body="ім'я=x", headers={"Content-Type": "text/plain"}), session
        )

    assert (head.status, head.body) == (200, b"")
    assert post.body == b"four"
    assert server.seen[1].request.endswith("Content-Length: 9\r\n\r\nім'я=x".encode())
    assert session.exchanges[0].payload_length == 0


@pytest.mark.parametrize("status", [204, 301, 304, 404, 500, 999])
def test_every_status_is_a_response(status: int) -> None:
    head = b"HTTP/1.1 %d \r\nContent-Length: 0\r\nLocation: /x\r\n\r\n" % status
    with WireServer({"/": [head]}) as server:
        assert download(server.url()).status == status


def refused() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"


FAILURES: dict[str, tuple[Script, Outcome, type[Exception]]] = {
    "/reset": ([Do.RESET], Outcome.RESET, DownloadFailedError),
    "/silent": ([b"HTTP/1.1 2", Do.HOLD], Outcome.TIMEOUT, DownloadTimeoutError),
    "/garbage": ([b"garbage\r\n"], Outcome.MALFORMED, DownloadFailedError),
    "refused": ([], Outcome.REFUSED, DownloadConnectionRefusedError),
    "http://nowhere.invalid/": ([], Outcome.UNRESOLVED, CannotResolveHostError),
}


@pytest.mark.parametrize("where", FAILURES)
def test_a_failure_is_stored_and_is_the_exception_that_scrapy_retries(where: str) -> None:
    script, outcome, kind = FAILURES[where]
    session = Keeping()
    with WireServer({"*": script}) as server:
        url = server.url(where) if where.startswith("/") else refused() if where == "refused" else where
        request = Request(url)
        with pytest.raises(kind) as raised:
            download(request, session, limits=WireLimits(head=0.3))

    assert isinstance(raised.value, FetchFailed)
    assert raised.value.exchange_outcome is outcome
    assert raised.value.capture is request.meta["capture"]
    assert raised.value.capture.outcome is outcome
    assert str(raised.value) == session.exchanges[0].error
    retried = RetryMiddleware(scrapy.settings.Settings()).exceptions_to_retry
    assert isinstance(raised.value, retried)


def test_what_cannot_be_stored_is_not_answered() -> None:
    with WireServer({"/": page(b"x")}) as server:
        request = Request(server.url())
        with pytest.raises(StorageError, match="disk full"):
            download(request, Keeping(StorageError("disk full")))

    assert "capture" not in request.meta


def test_a_disk_that_refuses_ends_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    session = Keeping()
    with WireServer({"/": page(bytes(2_000_000))}) as server, pytest.raises(StorageError) as raised:
        download(server.url(), session)

    assert session.given_up is raised.value
    assert session.exchanges == []


def test_a_bare_scrapy_crawl_is_refused() -> None:
    with pytest.raises(KhronikaError, match="khronika crawl"):
        WireHandler.from_crawler(Crawler(Spider))


class CountingHandler(WireHandler):
    """The handler as Scrapy makes it, with a session that keeps what it gets."""

    session: Keeping

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(WireClient(WireLimits(head=30)), cls.session, occasion, spider_limit=LIMIT)


class Visitor(Spider):
    """Asks for some pages and remembers what it was given."""

    name = "visitor"

    def __init__(self, urls: list[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.urls = urls
        self.given: dict[str, tuple[int, bytes, int]] = {}
        self.failed: dict[str, Exception] = {}

    async def start(self) -> Any:
        for url in self.urls:
            yield Request(url, errback=self.fail)

    def parse(self, response: Response) -> None:
        path = response.url.partition("/")[2].partition("/")[2].partition("/")[2]
        self.given[path] = (response.status, response.body, CountingHandler.session.stored)

    def fail(self, failure: Any) -> None:
        self.failed[failure.request.url.rpartition("/")[2]] = failure.value


@pytest.fixture
def settings() -> Iterator[Mapping[str, Any]]:
    yield {
        "TWISTED_REACTOR_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "DOWNLOAD_HANDLERS": {"http": CountingHandler, "https": CountingHandler},
        "COMPRESSION_ENABLED": False,
        "CONCURRENT_REQUESTS": 32,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 32,
        "DOWNLOAD_DELAY": 0,
        "RETRY_TIMES": 1,
        "LOG_ENABLED": False,
    }


def test_scrapy_crawls_with_it_without_a_reactor(settings: Mapping[str, Any]) -> None:
    pages = {f"/{n}": page(gzip.compress(b"page %d" % n), "Content-Encoding: gzip") for n in range(60)}
    redirect: Script = [b"HTTP/1.1 301 Moved\r\nLocation: /7\r\nContent-Length: 0\r\n\r\n"]
    scripts: dict[str, Script] = {**pages, "/moved": redirect, "/broken": [Pause(0.01), Do.RESET]}

    async def crawl(server: WireServer) -> Visitor:
        runner = AsyncCrawlerRunner(dict(settings))
        crawler = runner.create_crawler(Visitor)
        await runner.crawl(crawler, [server.url(path) for path in scripts])
        assert isinstance(crawler.spider, Visitor)
        return crawler.spider

    CountingHandler.session = Keeping()
    with WireServer(scripts) as server:
        spider = asyncio.run(crawl(server))

    assert {path: body for path, (_, body, _) in spider.given.items()} == {str(n): b"page %d" % n for n in range(60)}
    assert isinstance(spider.failed["broken"], FetchFailed)
    # each page, the redirect, and the broken one with its retry; what /moved led to was seen already
    outcomes = [exchange.outcome for exchange in CountingHandler.session.exchanges]
    assert (outcomes.count(Outcome.RESPONSE), outcomes.count(Outcome.RESET)) == (61, 2)
    sent = sorted(bytes(seen.response) for seen in server.seen if seen.response)
    assert sorted(response for response in CountingHandler.session.responses if response) == sent
    assert server.connections < len(server.seen)
