"""A real HTTP server on loopback for tests of crawling: pages from a table, and a log of who asked for what when."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Reply:
    """What the server answers."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    """How long the server thinks first."""
    cut: int | None = None
    """Bytes of the body that are sent before the connection is closed; None: all."""


Answer = Reply | str | bytes | Callable[[int], "Reply | str | bytes"]
"""A reply, an HTML page, or a function of how often the path was asked for before."""


@dataclass(frozen=True)
class Asked:
    """One request that came in."""

    path: str
    at: float
    until: float
    """When its answer began to leave. A thread that is kept waiting would write down the end of it only after the
    crawler had it, and the rest that the crawler kept would look shorter than it was."""
    headers: tuple[tuple[str, str], ...]
    together: int
    """Requests that were being answered when it came, itself among them."""

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class PageServer:
    """Answers from `pages`, which a test may change while the server runs."""

    def __init__(self, pages: Mapping[str, Answer]) -> None:
        self.pages = dict(pages)
        self.asked: list[Asked] = []
        self._count: Counter[str] = Counter()
        self._open = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _reply(self, path: str) -> Reply:
        answer = self.pages.get(path)
        with self._lock:
            before = self._count[path]
            self._count[path] += 1
        if callable(answer):
            answer = answer(before)
        if answer is None:
            return Reply("<p>no such page", 404, {"Content-Type": "text/html"})
        if isinstance(answer, Reply):
            return answer
        return Reply(answer, headers={"Content-Type": "text/html; charset=utf-8"})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                at = until = time.monotonic()
                with server._lock:
                    server._open += 1
                    together = server._open
                try:
                    reply = server._reply(self.path)
                    time.sleep(reply.seconds)
                    until = time.monotonic()
                    body = reply.body.encode() if isinstance(reply.body, str) else reply.body
                    self.send_response(reply.status)
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body if reply.cut is None else body[: reply.cut])
                    self.close_connection = self.close_connection or reply.cut is not None
                except OSError:
                    self.close_connection = True  # the crawler went away
                finally:
                    with server._lock:
                        server._open -= 1
                        server.asked.append(Asked(self.path, at, until, tuple(self.headers.items()), together))

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        return Handler


@contextmanager
def serving(pages: Mapping[str, Answer]) -> Iterator[PageServer]:
    """A server that is closed at the end."""
    server = PageServer(pages)
    try:
        yield server
    finally:
        server.close()
