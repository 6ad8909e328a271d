"""A proxy of raw sockets for tests: plain HTTP in absolute-form, CONNECT, and SOCKS5 with names looked up in a table.

It tells the protocols apart by the first octet, remembers what it was asked, and can be made to fail in many ways.
"""

from __future__ import annotations

import base64
import contextlib
import enum
import ipaddress
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self
from urllib.parse import urlsplit


class Fault(enum.Enum):
    """What the proxy does instead of its work."""

    CLOSE = "close"  # close each connection as soon as it is made
    RESET = "reset"  # break each connection as soon as it is made
    HOLD = "hold"  # read, and never answer
    CLOSE_ASKED = "close asked"  # close when the request (HTTP) or the greeting (SOCKS5) is read
    RESET_ASKED = "reset asked"
    GARBAGE = "garbage"  # answer with octets of no protocol


@dataclass(frozen=True)
class Asked:
    """One thing that the proxy was asked for."""

    connection: int
    """Number of the connection, from 0."""
    kind: Literal["absolute", "connect", "socks5"]
    host: str
    """As the client named it: a name is a name, for the proxy to look up."""
    port: int
    credentials: tuple[str, str] | None
    message: bytes
    """Head of the HTTP request, as it came; the SOCKS5 request."""


class ProxyServer:
    """A proxy on loopback.

    `names` says where hosts are: `{"pages.example": "127.0.0.1"}`, or `("127.0.0.1", 8000)` for another port. A host
    that is neither there nor an address does not exist. `credentials` are asked for when given.

    - `answer`: these octets instead of the proxy's own answer to CONNECT or an absolute-form request. One that begins
      with `HTTP/1.x 2` opens the tunnel all the same.
    - `reply`: this SOCKS5 reply code instead of an attempt.
    - `octet_by_octet`: answers come in as many packets as they have octets.
    - `eager`: the tunnel's first octets are sent in one packet with the answer; only for a server that talks first.
    """

    def __init__(
        self,
        names: Mapping[str, str | tuple[str, int]] | None = None,
        *,
        credentials: tuple[str, str] | None = None,
        fault: Fault | None = None,
        answer: bytes | None = None,
        reply: int | None = None,
        octet_by_octet: bool = False,
        eager: bool = False,
        host: str = "127.0.0.1",
    ) -> None:
        self.asked: list[Asked] = []
        self.connections = 0
        self.errors: list[Exception] = []
        self._names = dict(names or {})
        self._credentials = credentials
        self._fault = fault
        self._answer = answer
        self._reply = reply
        self._octet_by_octet = octet_by_octet
        self._eager = eager
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.host = host
        self.port: int = self._listener.getsockname()[1]

    def url(self, scheme: Literal["http", "socks5"], *, user: str | None = None) -> str:
        """The proxy's own URL, as the setting has it; `user` is `name:password`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{f'{user}@' if user else ''}{host}:{self.port}"

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

    # connections

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
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            number, self.connections = self.connections, self.connections + 1
            self._own(connected)
            self._start(self._serve, connected, number)

    def _own(self, connected: socket.socket) -> None:
        with self._lock:
            self._sockets.add(connected)
            if self._stop.is_set():
                with contextlib.suppress(OSError):
                    connected.shutdown(socket.SHUT_RDWR)

    def _serve(self, client: socket.socket, number: int) -> None:
        try:
            if self._fault in (Fault.CLOSE, Fault.RESET):
                self._break(client, reset=self._fault is Fault.RESET)
                return
            first = client.recv(1, socket.MSG_PEEK)
            if first == b"\x05":
                self._socks(client, number)
            elif first:
                while self._http(client, number):
                    pass
        except OSError:
            pass  # somebody left; what was asked until then is known
        except Exception as error:
            self.errors.append(error)
        finally:
            self._close(client)

    def _close(self, connected: socket.socket) -> None:
        with self._lock:
            self._sockets.discard(connected)
        connected.close()

    def _break(self, client: socket.socket, *, reset: bool) -> None:
        if reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _failed_when_asked(self, client: socket.socket) -> bool:
        """Play the fault for a request that was read; whether there is one."""
        if self._fault in (Fault.CLOSE_ASKED, Fault.RESET_ASKED):
            self._break(client, reset=self._fault is Fault.RESET_ASKED)
        elif self._fault is Fault.GARBAGE:
            client.sendall(b"\x00\x01 no protocol of ours\r\n\r\n")
        elif self._fault is Fault.HOLD:
            while client.recv(65536):
                pass
        return self._fault is not None

    def _say(self, client: socket.socket, octets: bytes) -> None:
        if not self._octet_by_octet:
            client.sendall(octets)
            return
        for octet in octets:
            client.sendall(bytes([octet]))
            self._stop.wait(0.001)

    def _server(self, host: str, port: int) -> socket.socket:
        """A connection to a server; LookupError for a host that does not exist."""
        known = self._names.get(host.lower().rstrip("."))
        if known is None:
            try:
                known = str(ipaddress.ip_address(host))
            except ValueError as error:
                raise LookupError(host) from error
        where = known if isinstance(known, tuple) else (known, port)
        server = socket.create_connection(where, timeout=10)
        server.settimeout(None)
        # What Nagle holds back, a reset would throw away.
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._own(server)
        return server

    def _tunnel(self, client: socket.socket, server: socket.socket, answer: bytes) -> None:
        if self._eager:
            self._say(client, answer + server.recv(65536))
        else:
            self._say(client, answer)
        self._start(self._copy, server, client)
        self._copy(client, server)

    def _copy(self, source: socket.socket, sink: socket.socket) -> None:
        """Pass octets on until the end, and the end too."""
        try:
            while octets := source.recv(65536):
                sink.sendall(octets)
            sink.shutdown(socket.SHUT_WR)
        except ConnectionResetError:
            with contextlib.suppress(OSError):
                self._break(sink, reset=True)
                # A socket that another thread reads from breaks only when that one lets go of it.
                sink.shutdown(socket.SHUT_RD)
        except OSError:
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_RDWR)

    # HTTP

    def _http(self, client: socket.socket, number: int) -> bool:
        """Serve one request; whether the connection is to be used further."""
        head, rest = _read_head(client)
        if not head:
            return False
        method, target, _ = head.split(b"\r\n", 1)[0].decode("ascii").split(" ", 2)
        host, port = _authority(target if method == "CONNECT" else urlsplit(target).netloc)
        credentials = _basic(head)
        kind: Literal["connect", "absolute"] = "connect" if method == "CONNECT" else "absolute"
        self.asked.append(Asked(number, kind, host, port, credentials, head))
        if self._failed_when_asked(client):
            return False
        if self._credentials is not None and credentials != self._credentials:
            self._say(
                client,
                b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=r\r\n"
                b"Content-Length: 6\r\n\r\nwho?\r\n",
            )
            return True
        if self._answer is not None and not (kind == "connect" and self._answer[9:10] == b"2"):
            self._say(client, self._answer)
            return False
        try:
            server = self._server(host, port)
        except (LookupError, OSError):
            self._say(client, b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 7\r\n\r\nno way!")
            return True
        try:
            if kind == "connect":
                self._tunnel(client, server, self._answer or b"HTTP/1.1 200 Connection established\r\n\r\n")
                return False
            return self._forward(client, server, head, rest)
        finally:
            self._close(server)

    def _forward(self, client: socket.socket, server: socket.socket, head: bytes, rest: bytes) -> bool:
        """One request in origin-form to the server, and all that it answers back; only for bodies with a length."""
        line, _, fields = head.partition(b"\r\n")
        method, target, version = line.split(b" ", 2)
        parts = urlsplit(target.decode("ascii"))
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        kept = [field for field in fields.split(b"\r\n") if not field.lower().startswith(b"proxy-")]
        server.sendall(b" ".join((method, path.encode("ascii"), version)) + b"\r\n" + b"\r\n".join(kept))
        left = _content_length(head) - len(rest)
        server.sendall(rest)
        while left > 0 and (octets := client.recv(65536)):
            server.sendall(octets)
            left -= len(octets)
        answer, body = _read_head(server)
        self._say(client, answer + body)
        if b"content-length:" not in answer.lower():
            self._copy(server, client)
            return False
        left = (0 if method == b"HEAD" else _content_length(answer)) - len(body)
        while left > 0:
            octets = server.recv(65536)
            if not octets:
                return False
            client.sendall(octets)
            left -= len(octets)
        return True

    # SOCKS5 (RFC 1928, RFC 1929)

    def _socks(self, client: socket.socket, number: int) -> None:
        methods = _exactly(client, _exactly(client, 2)[1])
        if self._failed_when_asked(client):
            return
        wanted = 0x02 if self._credentials is not None else 0x00
        if wanted not in methods:
            self._say(client, b"\x05\xff")
            return
        self._say(client, bytes([5, wanted]))
        credentials = None
        if wanted == 0x02:
            user = _exactly(client, _exactly(client, 2)[1]).decode()
            password = _exactly(client, _exactly(client, 1)[0]).decode()
            credentials = (user, password)
            self._say(client, b"\x01\x00" if credentials == self._credentials else b"\x01\x01")
            if credentials != self._credentials:
                return
        request = _exactly(client, 4)
        if request[3] == 0x03:
            length = _exactly(client, 1)
            name = _exactly(client, length[0])
            host, address = name.decode("ascii"), length + name
        else:
            address = _exactly(client, 4 if request[3] == 0x01 else 16)
            host = str(ipaddress.ip_address(address))
        port = _exactly(client, 2)
        self.asked.append(
            Asked(number, "socks5", host, int.from_bytes(port, "big"), credentials, request + address + port)
        )
        code, server = (self._reply, None) if self._reply else self._attempt(host, int.from_bytes(port, "big"))
        answer = bytes([5, code or 0, 0, 1]) + bytes(6)
        if server is None:
            self._say(client, answer)
            return
        try:
            self._tunnel(client, server, answer)
        finally:
            self._close(server)

    def _attempt(self, host: str, port: int) -> tuple[int, socket.socket | None]:
        try:
            return 0, self._server(host, port)
        except LookupError:
            return 0x04, None
        except ConnectionRefusedError:
            return 0x05, None
        except OSError:
            return 0x01, None


def _exactly(connected: socket.socket, count: int) -> bytes:
    octets = bytearray()
    while len(octets) < count:
        piece = connected.recv(count - len(octets))
        if not piece:
            raise ConnectionError("the client left")
        octets += piece
    return bytes(octets)


def _read_head(connected: socket.socket) -> tuple[bytes, bytes]:
    """A head with its empty line, and what came after it; what there is when the other side stops."""
    received = bytearray()
    while b"\r\n\r\n" not in received:
        octets = connected.recv(65536)
        if not octets:
            return bytes(received), b""
        received += octets
    end = received.index(b"\r\n\r\n") + 4
    return bytes(received[:end]), bytes(received[end:])


def _field(head: bytes, name: bytes) -> bytes | None:
    for line in head.split(b"\r\n")[1:]:
        found, colon, value = line.partition(b":")
        if colon and found.lower() == name:
            return value.strip()
    return None


def _content_length(head: bytes) -> int:
    return int(_field(head, b"content-length") or 0)


def _basic(head: bytes) -> tuple[str, str] | None:
    value = _field(head, b"proxy-authorization")
    if value is None:
        return None
    user, _, password = base64.b64decode(value.split(b" ", 1)[1]).decode().partition(":")
    return user, password


def _authority(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    return parts.hostname or "", parts.port or 80
