"""DemoSite: the loopback server of the made-up site.

It behaves as real servers do: keep-alive, a moved page (301), a missing one (404), one that is taken down (410), a
page sent in chunks and gzipped, one in windows-1251 that only its own meta element names, robots.txt with a crawl
delay, a feed, a sitemap. It listens on 127.0.0.1 only, on a port that the system chooses, and prints nothing.
"""

from __future__ import annotations

import gzip
import socket
import socketserver
import sys
import threading
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, Self

from crawler.demo import contents
from crawler.demo.contents import Moment

_CHUNK = 1000
_COOKIE = "visits=1; Path=/; Max-Age=31536000; SameSite=Lax"


@dataclass(frozen=True, slots=True)
class DemoPage:
    """A page of the site, as a visitor may check it."""

    url: str
    language: str
    """Two letters: what the page is written in."""
    title: str
    published: str | None
    """The date that the page states, YYYY-MM-DD; None where it states none."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Words that `DemoSite.edit` puts in the place of others, once on the page."""

    url: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Served:
    """A request that the server has answered."""

    method: str
    path: str
    status: int


class DemoSite:
    """The site, reachable while the `with` block runs.

    All addresses are absolute and hold the port, so they are known only inside the block.
    """

    def __init__(self) -> None:
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._server = _Server()
        # The default poll of half a second would be the longest part of many a test.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="demo-site", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving and cut what connections there are; a second time it does nothing.

        Raises the first fault that the server itself met while answering, if there was one.
        """
        server, self._server = self._server, None
        if server is None or self._thread is None:
            return
        server.shutdown()
        self._thread.join()
        server.cut_connections()
        server.server_close()
        if server.faults:
            raise server.faults[0]

    def edit(self) -> None:
        """Go over to the site's second state: what `edits`, `added_url` and `removed_url` tell, and nothing else."""
        self._serving().edited = True

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT/`, the home page."""
        return self._serving().base

    @property
    def pages(self) -> tuple[DemoPage, ...]:
        """Every page of the first state; links lead from the home page to all of them."""
        return tuple(
            DemoPage(self._at(page.path), page.language, page.title, page.published) for page in contents.PAGES
        )

    @property
    def languages(self) -> dict[str, str]:
        """The language of every page, by address."""
        return {page.url: page.language for page in self.pages}

    @property
    def still_urls(self) -> tuple[str, ...]:
        """The pages without ticker and counters: the same bytes at every load."""
        return tuple(self._at(page.path) for page in contents.PAGES if not page.moving)

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The term of imprisonment that `edit` changes, in English and in Russian."""
        return (
            Edit(self._at(contents.ZAVYALETS), contents.WORDS_BEFORE, contents.WORDS_AFTER),
            Edit(self._at(contents.ZAVYALETS_RU), contents.WORDS_BEFORE_RU, contents.WORDS_AFTER_RU),
        )

    @property
    def edited_url(self) -> str:
        """The English case page on which `edit` changes one sentence."""
        return self._at(contents.ZAVYALETS)

    @property
    def edited_url_ru(self) -> str:
        """Its Russian version."""
        return self._at(contents.ZAVYALETS_RU)

    @property
    def added_url(self) -> str:
        """The case page that `edit` gives one more paragraph."""
        return self._at(contents.DUBROVENKO)

    @property
    def added_paragraph(self) -> str:
        """The text of that paragraph."""
        return contents.ADDED_PARAGRAPH

    @property
    def removed_url(self) -> str:
        """The case page that `edit` takes down: 410 from then on."""
        return self._at(contents.TAKEN_DOWN)

    @property
    def legacy_url(self) -> str:
        """The page in windows-1251; its Content-Type names no charset, its meta element does."""
        return self._at(contents.CHRONICLE)

    @property
    def chunked_url(self) -> str:
        """The page sent in chunks, and gzipped to whom accepts that."""
        return self._at(contents.SEARCHES)

    @property
    def moved_url(self) -> str:
        """An old address, answered by 301."""
        return self._at(contents.MOVED)

    @property
    def moved_to_url(self) -> str:
        """Where `moved_url` sends to."""
        return self._at(contents.MOVED_TO)

    @property
    def missing_url(self) -> str:
        """An address that a page links to and that is answered by 404."""
        return self._at(contents.MISSING)

    @property
    def forbidden_url(self) -> str:
        """An address that a page links to and that robots.txt disallows."""
        return self._at(contents.FORBIDDEN)

    @property
    def robots_url(self) -> str:
        """robots.txt."""
        return self._at(contents.ROBOTS)

    @property
    def crawl_delay(self) -> float:
        """Seconds between two requests that robots.txt asks for."""
        return contents.CRAWL_DELAY

    @property
    def feed_url(self) -> str:
        """The Atom feed."""
        return self._at(contents.FEED)

    @property
    def sitemap_url(self) -> str:
        """The sitemap."""
        return self._at(contents.SITEMAP)

    @property
    def served(self) -> tuple[Served, ...]:
        """Every request answered so far, in order."""
        return tuple(self._serving().served)

    def _serving(self) -> _Server:
        if self._server is None:
            raise RuntimeError("the demo site is not running: use it in a with statement")
        return self._server

    def _at(self, path: str) -> str:
        return self._serving().base.rstrip("/") + path


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    chunked: bool = False


class _Server(socketserver.ThreadingTCPServer):
    # http.server.HTTPServer would ask the resolver for this machine's name, which nobody here may learn.
    daemon_threads = False
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.base = f"http://127.0.0.1:{self.server_address[1]}/"
        self.edited = False
        self.served: list[Served] = []
        self.faults: list[BaseException] = []
        self._lock = threading.Lock()
        self._loads = 0
        self._views: Counter[str] = Counter()
        self._connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def cut_connections(self) -> None:
        """Wake the threads that wait on kept-alive connections."""
        with self._lock:
            for connection in self._connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # closed by the other side already

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        # A visitor who hangs up is no fault; anything else must not pass unseen.
        if error is not None and not isinstance(error, (ConnectionError, TimeoutError)):
            self.faults.append(error)

    def answer(self, path: str, *, gzipped: bool) -> _Answer:
        """What the site says to a GET of a path, counted as a load where a page is shown."""
        files = {
            contents.ROBOTS: ("text/plain; charset=utf-8", contents.robots),
            contents.FEED: ("application/atom+xml; charset=utf-8", contents.feed),
            contents.SITEMAP: ("application/xml", contents.sitemap),
        }
        if path in files:
            kind, make = files[path]
            return _Answer(200, (("Content-Type", kind),), make(self.base))
        if path == contents.STYLE:
            return _Answer(200, (("Content-Type", "text/css"), ("Cache-Control", "max-age=86400")), contents.style())
        if path == contents.FORBIDDEN:
            return _Answer(403, (("Content-Type", "text/plain"),), b"Members only.\n")
        target = contents.MOVED_TO if path == contents.MOVED else f"{path}/"
        if path == contents.MOVED or target in contents.BY_PATH:
            return _Answer(301, (("Location", self.base.rstrip("/") + target), ("Content-Type", "text/html")), b"")
        page = contents.BY_PATH.get(path)
        gone = self.edited and path == contents.TAKEN_DOWN
        if page is None or gone:
            body = contents.render_problem(contents.language_of(path), gone=gone)
            return _Answer(410 if gone else 404, (("Content-Type", "text/html; charset=utf-8"),), body)
        with self._lock:
            self._loads += 1
            self._views[path] += 1
            moment = Moment(self._loads, self._views[path])
        body = contents.render(page, self.base, moment, edited=self.edited)
        # An old server that names no charset: the page's own meta element is all there is.
        kind = "text/html" if page.kind == "legacy" else "text/html; charset=utf-8"
        headers = [("Content-Type", kind), ("Cache-Control", "no-cache"), ("Set-Cookie", _COOKIE)]
        if page.chunked:
            headers.append(("Vary", "Accept-Encoding"))
        if page.chunked and gzipped:
            headers.append(("Content-Encoding", "gzip"))
            body = gzip.compress(body, mtime=0)
        return _Answer(200, tuple(headers), body, page.chunked)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    server: _Server

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def version_string(self) -> str:
        """The Server field: not that of http.server, which names the Python here."""
        return "rowan/2.4"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the terminal belongs to the demo."""

    def _answer(self, *, with_body: bool) -> None:
        path = self.path.split("?", 1)[0]
        answer = self.server.answer(path, gzipped=_accepts_gzip(self.headers.get("Accept-Encoding", "")))
        # HTTP/1.0 knows no chunks (RFC 9112, 6.1).
        chunked = answer.chunked and self.request_version != "HTTP/1.0"
        self.send_response(answer.status, HTTPStatus(answer.status).phrase)
        for name, value in answer.headers:
            self.send_header(name, value)
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(answer.body)))
        # Counted before the last byte leaves: who has the answer finds it in `served`.
        self.server.served.append(Served(self.command, self.path, answer.status))
        self.end_headers()
        if with_body:
            self.wfile.write(_chunks(answer.body) if chunked else answer.body)


def _accepts_gzip(field: str) -> bool:
    codings = [part.strip().lower().split(";") for part in field.split(",")]
    return any(coding[0].strip() == "gzip" and "q=0" not in [p.strip() for p in coding[1:]] for coding in codings)


def _chunks(body: bytes) -> bytes:
    pieces = (body[start : start + _CHUNK] for start in range(0, len(body), _CHUNK))
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
