"""A server of raw sockets that plays scripts and remembers every octet, for tests of the wire."""

from __future__ import annotations

import contextlib
import enum
import hashlib
import socket
import ssl
import struct
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

KEPT = 16 << 20
"""Octets of one response that are remembered as they are; of a longer one only length and digest are."""


@dataclass(frozen=True)
class Pause:
    """Wait, in seconds."""

    seconds: float


@dataclass(frozen=True)
class Repeat:
    """Send the same octets many times over."""

    octets: bytes
    times: int


class Do(enum.Enum):
    """What ends a script in another way than waiting for the next request."""

    CLOSE = "close"  # close the connection in order
    RESET = "reset"  # break it: RST instead of FIN
    DROP = "drop"  # close it as TCP does, without the alert that ends TLS
    HOLD = "hold"  # say nothing more until the client leaves


Script = Sequence[bytes | Pause | Repeat | Do]


class Turns:
    """Several scripts for one path: played in turn, and the last one from then on."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = list(scripts)

    def next(self) -> Script:
        """The script whose turn it is."""
        return self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]


@dataclass
class Seen:
    """One request as it came, and what was sent in answer to it."""

    connection: int
    """Number of the connection, from 0."""
    request: bytes
    response: bytearray = field(default_factory=bytearray)
    length: int = 0
    hash: hashlib._Hash = field(default_factory=hashlib.sha256)

    def sent(self, octets: bytes) -> None:
        """Remember what was sent."""
        self.length += len(octets)
        self.hash.update(octets)
        if self.length <= KEPT:
            self.response += octets


class WireServer:
    """Plays one script a path; after a script it waits for the next request on the same connection.

    `greeting` is played on every connection before anything is read, and before TLS. `*` is the path of the script
    for all others.
    """

    def __init__(
        self,
        scripts: Mapping[str, Script | Turns],
        *,
        tls: ssl.SSLContext | None = None,
        greeting: Script = (),
        host: str = "127.0.0.1",
    ) -> None:
        self.seen: list[Seen] = []
        self.connections = 0
        self.errors: list[Exception] = []
        self._turns = {path: script if isinstance(script, Turns) else Turns(script) for path, script in scripts.items()}
        self._tls = tls
        self._greeting = greeting
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.host = host
        self.port: int = self._listener.getsockname()[1]

    def url(self, path: str = "/", *, host: str | None = None) -> str:
        """Address of a path."""
        name = host or (f"[{self.host}]" if ":" in self.host else self.host)
        return f"{'https' if self._tls else 'http'}://{name}:{self.port}{path}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        socket.create_connection((self.host, self.port)).close()  # so that `accept` returns
        with self._lock:
            for connected in self._sockets:
                with contextlib.suppress(OSError):
                    connected.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._listener.close()
        if self.errors:
            raise self.errors[0]

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stop.is_set():
            connected, _ = self._listener.accept()
            if self._stop.is_set():
                connected.close()
                return
            # Each step leaves at once: what Nagle holds back behind a session ticket, a reset would throw away.
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            number, self.connections = self.connections, self.connections + 1
            self._start(self._serve, connected, number)

    def _serve(self, connected: socket.socket, number: int) -> None:
        with self._lock:
            self._sockets.add(connected)
        try:
            if self._play(connected, self._greeting, Seen(number, b"")):
                if self._tls is not None:
                    connected = self._secure(connected)
                while self._answer(connected, number):
                    pass
        except OSError:
            pass  # the client left, or TLS did not come about: what was seen until then is there
        except Exception as error:
            self.errors.append(error)
        finally:
            with self._lock:
                self._sockets.discard(connected)
            connected.close()

    def _secure(self, connected: socket.socket) -> socket.socket:
        assert self._tls is not None
        with self._lock:
            self._sockets.discard(connected)
        secured = self._tls.wrap_socket(connected, server_side=True)
        with self._lock:
            self._sockets.add(secured)
        return secured

    def _answer(self, connected: socket.socket, number: int) -> bool:
        request = _read_request(connected)
        if not request:
            return False
        path = request.split(b" ", 2)[1].decode("ascii") if request.count(b" ") > 1 else "*"
        with self._lock:
            seen = Seen(number, request)
            self.seen.append(seen)
            script = (self._turns.get(path) or self._turns["*"]).next()
        return self._play(connected, script, seen)

    def _play(self, connected: socket.socket, script: Script, seen: Seen) -> bool:
        """Play a script; whether the connection is to be used further."""
        for step in script:
            if isinstance(step, bytes):
                connected.sendall(step)
                seen.sent(step)
            elif isinstance(step, Repeat):
                for _ in range(step.times):
                    connected.sendall(step.octets)
                    seen.sent(step.octets)
            elif isinstance(step, Pause):
                self._stop.wait(step.seconds)
            elif step is Do.HOLD:
                while connected.recv(65536):
                    pass
                return False
            else:
                if step is Do.RESET:
                    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                elif step is Do.CLOSE and isinstance(connected, ssl.SSLSocket):
                    with contextlib.suppress(OSError):
                        connected.unwrap()
                return False
        return not self._stop.is_set()


def _read_request(connected: socket.socket) -> bytes:
    """One request, by Content-Length; what there is when the client stops."""
    received = bytearray()
    while True:
        head, end, body = bytes(received).partition(b"\r\n\r\n")
        if end:
            fields = [line.partition(b":") for line in head.lower().split(b"\r\n")[1:]]
            length = next((int(value) for name, _, value in fields if name == b"content-length"), 0)
            if len(body) >= length:
                return bytes(received)
        octets = connected.recv(65536)
        if not octets:
            return bytes(received)
        received += octets
