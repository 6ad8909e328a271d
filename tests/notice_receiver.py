"""A real receiver of notices on loopback: it may be up, slow, unwell, or break off after it has taken a message."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Taken:
    """A message that came in whole."""

    key: str
    path: str
    record: dict[str, Any]
    headers: dict[str, str]
    at: float
    status: int | None
    """What was answered; None: nothing."""

    @property
    def kept(self) -> bool:
        """Whether the receiver has kept it: it may have done so without an answer."""
        return self.status is None or 200 <= self.status < 300


@dataclass(frozen=True)
class Answer:
    """How a message is answered."""

    status: int | None = 200
    """None: the message is kept, and the connection closed without an answer."""
    seconds: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()
    echo: bool = False
    """Whether the body of the answer quotes the address that was asked for."""


class Receiver:
    """Answers as `answer` says, which a test may change; keeps all that came."""

    def __init__(
        self, answer: Callable[[int, dict[str, Any]], Answer] | None = None, *, tls: ssl.SSLContext | None = None
    ) -> None:
        self.answer = answer or (lambda number, record: Answer())
        self.taken: list[Taken] = []
        self.came = threading.Event()
        self._lock = threading.Lock()
        self._tls = tls
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.up()

    def up(self) -> None:
        """Listen, on the port that it had before."""
        server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler(), bind_and_activate=False)
        server.allow_reuse_address = True
        server.daemon_threads = True
        server.server_bind()
        server.server_activate()
        if self._tls is not None:
            server.socket = self._tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = server.server_address[1]
        self._server = server
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        """Take no connection."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def url(self, path: str = "/hook") -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}{path}"

    @property
    def keys(self) -> list[str]:
        """Ids of what was kept, in the order in which they came."""
        return [one.key for one in self.taken if one.kept]

    @property
    def twice(self) -> list[str]:
        """Ids of what was kept more than once."""
        return [key for key, times in Counter(self.keys).items() if times > 1]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                record = json.loads(body)
                with receiver._lock:
                    number = len(receiver.taken)
                    answer = receiver.answer(number, record)
                    key = self.headers.get("Idempotency-Key", "")
                    headers = dict(self.headers.items())
                    receiver.taken.append(Taken(key, self.path, record, headers, time.monotonic(), answer.status))
                receiver.came.set()
                time.sleep(answer.seconds)
                if answer.status is None:
                    self.close_connection = True
                    return
                try:
                    self.send_response(answer.status)
                    for name, value in answer.headers:
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(f"you asked {self.path}".encode() if answer.echo else b"")
                except OSError:
                    self.close_connection = True

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        return Handler
