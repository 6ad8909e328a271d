"""A server of raw sockets that behaves in a named way for each path, and remembers every octet that crossed the wire.

A path is `/<name of the behaviour>/<anything>`, so that each request has an address of its own. Beside the server: a
proxy for absolute-form requests that passes on everything else untouched, whatever it is.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from conformance_behaviours import Behaviour
from wire_server import Do, Pause, Repeat

_PIECE = 16 << 10
_LINGER = struct.pack("ii", 1, 0)


@dataclass
class Seen:
    """One request as it came, and the octets of the answer that the kernel took."""

    connection: int
    """Number of the connection, from 0."""
    turn: int
    """Number of the request on its connection, from 0."""
    request: bytes
    response: bytearray = field(default_factory=bytearray)
    left: bool = False
    """The client left before everything was sent."""


class _Sockets:
    """A listener, a thread for each connection, and all their sockets, to be closed at the end."""

    def __init__(self, host: str) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family, backlog=128)
        self.host = host
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self.errors: list[Exception] = []
        self.stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self.start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        socket.create_connection((self.host, self.port)).close()  # so that `accept` returns
        with self._lock:
            for one in self._open:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(20)
            assert not thread.is_alive(), "a connection of the server's did not end"
        self._listener.close()
        if self.errors:
            raise self.errors[0]

    def start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=self._run, args=(target, *args), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self, target: Callable[..., None], *args: object) -> None:
        try:
            target(*args)
        except OSError:
            pass  # the other side left; what was seen until then is there
        except Exception as error:
            self.errors.append(error)

    def _accept(self) -> None:
        while not self.stop.is_set():
            connected, _ = self._listener.accept()
            if self.stop.is_set():
                connected.close()
                return
            number, self.connections = self.connections, self.connections + 1
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.start(self.serve, self.own(connected), number)

    def own(self, connected: socket.socket) -> socket.socket:
        with self._lock:
            self._open.add(connected)
        return connected

    def disown(self, connected: socket.socket) -> None:
        with self._lock:
            self._open.discard(connected)

    def serve(self, connected: socket.socket, number: int) -> None:
        raise NotImplementedError


class ConformanceServer(_Sockets):
    """Answers each request as the behaviour that its path names; `/robots.txt` and other paths with 404."""

    def __init__(
        self, behaviours: Mapping[str, Behaviour], *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> None:
        super().__init__(host)
        self.seen: defaultdict[str, list[Seen]] = defaultdict(list)
        """Requests by path, in the order of their coming."""
        self._behaviours = behaviours
        self._tls = tls

    def url(self, path: str, *, host: str | None = None) -> str:
        """Address of a path."""
        name = host or (f"[{self.host}]" if ":" in self.host else self.host)
        return f"{'https' if self._tls else 'http'}://{name}:{self.port}{path}"

    def serve(self, connected: socket.socket, number: int) -> None:
        try:
            if self._tls is not None:
                self.disown(connected)
                connected = self.own(self._tls.wrap_socket(connected, server_side=True))
            turn = 0
            while self._answer(connected, number, turn) and not self.stop.is_set():
                turn += 1
        finally:
            self.disown(connected)
            connected.close()

    def _answer(self, connected: socket.socket, number: int, turn: int) -> bool:
        """Take one request and answer it; whether the connection is to be used further."""
        head, body = read_head(connected)
        if not head:
            return False
        path = head.split(b" ", 2)[1].decode("ascii")
        behaviour = self._behaviours.get(path.split("/")[1])
        early = behaviour is not None and behaviour.early
        length = content_length(head)
        while len(body) < length and not early and (octets := connected.recv(65536)):
            body += octets
        seen = Seen(number, turn, head + body)
        self.seen[path].append(seen)
        if behaviour is None:
            self._send(connected, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", seen)
            return True
        if behaviour.stale is not None and turn:
            return self._do(connected, behaviour.stale)
        go_on = self._play(connected, behaviour, seen)
        # after an early answer the request goes on for as long as the client sends it, and the next one may follow
        while (left := len(head) + length - len(seen.request)) and (octets := connected.recv(min(left, 65536))):
            seen.request += octets
        return go_on

    def _play(self, connected: socket.socket, behaviour: Behaviour, seen: Seen) -> bool:
        for step in behaviour.script:
            match step:
                case bytes():
                    self._send(connected, step, seen)
                case Repeat():
                    for _ in range(step.times):
                        self._send(connected, step.octets, seen)
                case Pause():
                    self.stop.wait(step.seconds)
                case Do():
                    return self._do(connected, step)
        return True

    def _send(self, connected: socket.socket, octets: bytes, seen: Seen) -> None:
        """Send in one piece what fits in one, and remember what the kernel took, even when the client leaves."""
        left = memoryview(octets)
        try:
            while left:
                count = connected.send(left[: _PIECE if len(left) > 4 * _PIECE else None])
                seen.response += left[:count]
                left = left[count:]
        except OSError:
            seen.left = True
            raise

    def _do(self, connected: socket.socket, step: Do) -> bool:
        if step is Do.HOLD:
            while connected.recv(65536):
                pass
        elif step is Do.RESET:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
        elif step is Do.CLOSE and isinstance(connected, ssl.SSLSocket):
            with contextlib.suppress(OSError):
                connected.unwrap()
        return False


class AbsoluteProxy(_Sockets):
    """A proxy that takes requests in absolute-form, sends them on in origin-form, and copies back whatever comes.

    `names`: where hosts are. Ends and breaks of a connection on one side are made on the other, too.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__("127.0.0.1")
        self.asked: list[bytes] = []
        """Heads of requests as they came."""
        self._names = names

    def serve(self, connected: socket.socket, number: int) -> None:
        server: socket.socket | None = None
        copying = threading.Event()
        try:
            while True:
                head, body = read_head(connected)
                if not head:
                    break
                self.asked.append(head)
                line, _, fields = head.partition(b"\r\n")
                method, target, version = line.split(b" ")
                url = urlsplit(target.decode("ascii"))
                if server is None:
                    where = (self._names.get(url.hostname or "", url.hostname or ""), url.port or 80)
                    server = self.own(socket.create_connection(where))
                    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self.start(self._copy_back, server, connected, copying)
                path = target[target.index(b"/", len(b"http://")) :]
                kept = [one for one in fields.split(b"\r\n") if not one.lower().startswith(b"proxy-")]
                server.sendall(b" ".join((method, path, version)) + b"\r\n" + b"\r\n".join(kept) + body)
                left = content_length(head) - len(body)
                while left > 0 and (octets := connected.recv(65536)):
                    server.sendall(octets)
                    left -= len(octets)
        finally:
            if server is not None:
                with contextlib.suppress(OSError):
                    server.shutdown(socket.SHUT_RDWR)
                copying.wait(20)
                self.disown(server)
                server.close()
            self.disown(connected)
            connected.close()

    def _copy_back(self, server: socket.socket, client: socket.socket, copying: threading.Event) -> None:
        try:
            while octets := server.recv(65536):
                client.sendall(octets)
            client.shutdown(socket.SHUT_WR)
        except ConnectionResetError:
            # Sent when the last thread lets go of the socket; the one that reads from it is woken to do so.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
            client.shutdown(socket.SHUT_RD)
        finally:
            copying.set()


def read_head(connected: socket.socket) -> tuple[bytes, bytes]:
    """A request's head with its empty line, and what came with it; nothing when the client left."""
    received = b""
    while b"\r\n\r\n" not in received:
        octets = connected.recv(65536)
        if not octets:
            return b"", b""
        received += octets
    end = received.index(b"\r\n\r\n") + 4
    return received[:end], received[end:]


def content_length(head: bytes) -> int:
    """Octets of a request's body."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
