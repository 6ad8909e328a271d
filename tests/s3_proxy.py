"""A proxy in front of a real S3 server that lies: by named lies, which a test switches on for chosen keys and times.

    with lying(server) as proxy:
        lost = proxy.tell(PutLost("archive/.*", times=1))
        …                       # the client speaks to proxy.endpoint, with the server's own credentials
        assert lost.told == 1   # a test in which the lie was never told proves nothing

What no lie is about goes through octet for octet, with the Host header that the client signed. A request that a lie
changes is signed again with the test's key, because a real server would refuse it otherwise. The lies themselves are
in `s3_lies`.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from s3_server import ACCESS_KEY, REGION, SECRET_KEY, Authority, S3Server

_NOT_PASSED_ON = frozenset({"connection", "keep-alive", "transfer-encoding", "expect", "content-length"})

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Asked:
    """A request, as it came."""

    operation: str
    """As S3 calls it: `PutObject`."""
    method: str
    target: str
    """Path and query as they stand in the request."""
    bucket: str
    key: str
    query: dict[str, str]
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of a header."""
        return header(self.headers, name)

    def without(self, pattern: str) -> Asked:
        """Less the headers whose names match a pattern."""
        return replace(self, headers=without(self.headers, pattern))

    def having(self, name: str, value: str) -> Asked:
        """With another value of a header."""
        return replace(self, headers=[*without(self.headers, re.escape(name.lower())), (name, value)])

    def plain(self) -> Asked:
        """The body without the chunks that boto3 puts it into over TLS, and its trailer among the headers."""
        if "aws-chunked" not in (self.header("content-encoding") or ""):
            return self
        octets, rest = b"", self.body
        while True:
            line, _, rest = rest.partition(b"\r\n")
            length = int(line.split(b";")[0], 16)
            if not length:
                break
            octets, rest = octets + rest[:length], rest[length + 2 :]
        headers = without(self.headers, "content-encoding|x-amz-trailer|x-amz-decoded-content-length")
        for line in rest.split(b"\r\n"):
            name, colon, value = line.decode("ascii").partition(":")
            if colon:
                headers.append((name, value.strip()))
        return replace(self, headers=headers, body=octets)


@dataclass(frozen=True)
class Answered:
    """An answer, as it goes to the client."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    length: int | None = None
    """What Content-Length says where that is not the body's."""
    broken: bool = False
    """The connection is reset behind the body, or instead of an answer where `status` is 0."""

    def header(self, name: str) -> str | None:
        """The value of a header."""
        return header(self.headers, name)

    def without(self, pattern: str) -> Answered:
        """Less the headers whose names match a pattern."""
        return replace(self, headers=without(self.headers, pattern))

    def having(self, name: str, value: str) -> Answered:
        """With another value of a header."""
        return replace(self, headers=[*without(self.headers, re.escape(name.lower())), (name, value)])

    @property
    def well(self) -> bool:
        """Whether it tells of success."""
        return 200 <= self.status < 300


def header(headers: Headers, name: str) -> str | None:
    """The value of the first header of a name."""
    return next((value for known, value in headers if known.lower() == name.lower()), None)


def without(headers: Headers, pattern: str) -> Headers:
    """Headers whose names do not match a pattern."""
    return [(name, value) for name, value in headers if not re.fullmatch(pattern, name.lower())]


def refusal(status: int, code: str, words: str = "said by the proxy") -> Answered:
    """An error as S3 tells it."""
    body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{words}</Message></Error>'
    return Answered(status, [("Content-Type", "application/xml")], body.encode())


@dataclass
class Lie:
    """Something that the proxy says or does against the truth.

    `keys` is a pattern of the whole keys that it is about; `times` how often it is told (None: always); `later` how
    many requests of its operations are answered truly first. `told` counts.
    """

    keys: str = ".*"
    times: int | None = None
    later: int = 0
    told: int = field(default=0, init=False)
    seen: int = field(default=0, init=False)

    operations: ClassVar[frozenset[str]]
    """Where it is told."""
    upheld: ClassVar[frozenset[str]] = frozenset()
    """Where what was told before is told again; that is not counted."""

    def is_due(self, asked: Asked) -> bool:
        """Whether to lie at this request."""
        if asked.operation not in self.operations or not self.is_about(asked):
            return False
        self.seen += 1
        if self.seen <= self.later or (self.times is not None and self.told >= self.times):
            return False
        self.told += 1
        return True

    def is_about(self, asked: Asked) -> bool:
        """Whether the request is one that the lie could be about."""
        return re.fullmatch(self.keys, asked.key) is not None

    def ask(self, asked: Asked, proxy: LyingProxy) -> Asked | Answered | None:
        """What the server is asked instead; an answer where it is not asked at all; None where all stays as it is."""
        return None

    def answer(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        """What the client is told instead of what the server answered."""
        return answered

    def uphold(self, asked: Asked, answered: Answered, proxy: LyingProxy) -> Answered:
        """The same in an answer to an operation of `upheld`."""
        return answered


L = TypeVar("L", bound=Lie)


class LyingProxy:
    """Passes requests on to a server, and lies as it is told to."""

    def __init__(self, server: S3Server, authority: Authority | None = None) -> None:
        self.server = server
        self.asked: list[Asked] = []
        """All that was asked, in order."""
        self.errors: list[BaseException] = []
        self._lies: list[Lie] = []
        self._turn = threading.RLock()
        self._authority = authority
        self._http = _Server(("127.0.0.1", 0), _handler_of(self))
        self._http.proxy = self
        if authority is not None:
            self._http.socket = authority.context().wrap_socket(
                self._http.socket, server_side=True, do_handshake_on_connect=False
            )
        scheme = "http" if authority is None else "https"
        self.endpoint = f"{scheme}://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def tell(self, lie: L) -> L:
        """Switch a lie on; the same one, whose `told` counts."""
        with self._turn:
            self._lies.append(lie)
        return lie

    def be_honest(self) -> None:
        """Switch all lies off, and forget what was asked."""
        with self._turn:
            self._lies.clear()
            self.asked.clear()

    def environment(self) -> dict[str, str]:
        """What a process needs to speak to the server through it."""
        environment = self.server.environment()
        if self._authority is not None:
            environment["AWS_CA_BUNDLE"] = str(self._authority.root)
        return environment

    def operations(self, key: str = ".*") -> list[str]:
        """What was asked about keys, by S3's names."""
        return [asked.operation for asked in self.asked if re.fullmatch(key, asked.key)]

    def close(self) -> None:
        """End it. Raises what went wrong in it."""
        self._http.shutdown()
        self._thread.join(10)
        self._http.server_close()
        if self.errors:
            raise self.errors[0]

    def respond(self, asked: Asked) -> Answered:
        """The answer to a request, with all the lies that are due."""
        with self._turn:
            self.asked.append(asked)
            due = [lie for lie in self._lies if lie.is_due(asked)]
            upheld = [lie for lie in self._lies if asked.operation in lie.upheld and lie.is_about(asked)]
        answered: Answered | None = None
        sent = asked
        for lie in due:
            changed = lie.ask(sent, self)
            if isinstance(changed, Answered):
                answered = changed
                break
            sent = changed or sent
        if answered is None:
            answered = self.forward(sent, signed=sent is asked)
        for lie in due:
            answered = lie.answer(asked, answered, self)
        for lie in upheld:
            if lie not in due:
                answered = lie.uphold(asked, answered, self)
        return answered

    def forward(self, asked: Asked, *, signed: bool) -> Answered:
        """What the server answers; a request that is not `signed` as it stands is signed anew."""
        if not signed:
            asked = self._sign(asked)
        address = urlsplit(self.server.endpoint)
        assert address.hostname is not None
        connection: http.client.HTTPConnection
        if self.server.authority is None:
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        else:
            context = ssl.create_default_context(cafile=str(self.server.authority.root))
            connection = http.client.HTTPSConnection(address.hostname, address.port, timeout=60, context=context)
        try:
            connection.putrequest(asked.method, asked.target, skip_host=True, skip_accept_encoding=True)
            for name, value in asked.headers:
                if name.lower() not in _NOT_PASSED_ON:
                    connection.putheader(name, value)
            if asked.body or asked.method in {"PUT", "POST"}:
                connection.putheader("Content-Length", str(len(asked.body)))
            connection.endheaders(asked.body or None)
            response = connection.getresponse()
            body = response.read()
            length = response.getheader("Content-Length")
            headers = [(name, value) for name, value in response.getheaders() if name.lower() not in _NOT_PASSED_ON]
            is_head = asked.method == "HEAD" and length is not None
            return Answered(response.status, headers, body, int(length) if is_head and length else None)
        finally:
            connection.close()

    def _sign(self, asked: Asked) -> Asked:
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        asked = asked.plain().without("authorization|x-amz-date|x-amz-content-sha256|content-length")
        url = f"http://{asked.header('host')}{asked.target}"
        request = AWSRequest(asked.method, url, dict(asked.headers), asked.body)
        S3SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "s3", REGION).add_auth(request)
        return replace(asked, headers=[(name, str(value)) for name, value in request.headers.items()])


@contextmanager
def lying(server: S3Server, *, authority: Authority | None = None) -> Iterator[LyingProxy]:
    """A proxy before a server, over TLS with an `authority`; gone at the end."""
    proxy = LyingProxy(server, authority)
    try:
        yield proxy
    finally:
        proxy.close()


_OPERATIONS: dict[tuple[str, str, str], str] = {
    ("PUT", "object", ""): "PutObject",
    ("PUT", "object", "uploadId"): "UploadPart",
    ("PUT", "object", "retention"): "PutObjectRetention",
    ("PUT", "object", "legal-hold"): "PutObjectLegalHold",
    ("GET", "object", ""): "GetObject",
    ("GET", "object", "uploadId"): "ListParts",
    ("GET", "object", "retention"): "GetObjectRetention",
    ("GET", "object", "attributes"): "GetObjectAttributes",
    ("HEAD", "object", ""): "HeadObject",
    ("DELETE", "object", ""): "DeleteObject",
    ("DELETE", "object", "uploadId"): "AbortMultipartUpload",
    ("POST", "object", "uploads"): "CreateMultipartUpload",
    ("POST", "object", "uploadId"): "CompleteMultipartUpload",
    ("GET", "bucket", ""): "ListObjectsV2",
    ("GET", "bucket", "versions"): "ListObjectVersions",
    ("GET", "bucket", "uploads"): "ListMultipartUploads",
    ("GET", "bucket", "versioning"): "GetBucketVersioning",
    ("GET", "bucket", "object-lock"): "GetObjectLockConfiguration",
    ("HEAD", "bucket", ""): "HeadBucket",
    ("POST", "bucket", "delete"): "DeleteObjects",
}


def _understood(method: str, target: str, headers: Headers, body: bytes) -> Asked:
    address = urlsplit(target)
    bucket, _, key = unquote(address.path).lstrip("/").partition("/")
    query = dict(parse_qsl(address.query, keep_blank_values=True))
    what = "object" if key else "bucket"
    marks = [mark for verb, kind, mark in _OPERATIONS if (verb, kind) == (method, what) and mark and mark in query]
    operation = _OPERATIONS.get((method, what, marks[0] if marks else ""), f"{method} {what}")
    return Asked(operation, method, target, bucket, key, query, headers, body)


class _Server(ThreadingHTTPServer):
    proxy: LyingProxy
    daemon_threads = True
    block_on_close = False  # a client that keeps its connection would hold up the test's end

    def handle_error(self, request: Any, client_address: Any) -> None:
        import sys

        error = sys.exception()
        if error is not None and not isinstance(error, (ConnectionError, ssl.SSLError, TimeoutError)):
            self.proxy.errors.append(error)


def _handler_of(proxy: LyingProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60
        # else each answer waits some 40 ms for the client's system to acknowledge its head
        disable_nagle_algorithm = True

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (ConnectionError, ssl.SSLError):
                self.close_connection = True

        def _serve(self) -> None:
            body = self._body()
            answered = proxy.respond(_understood(self.command, self.path, list(self.headers.items()), body))
            if answered.status:
                length = len(answered.body) if answered.length is None else answered.length
                self.send_response_only(answered.status)
                for name, value in answered.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(length))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answered.body)
                    if length != len(answered.body):
                        self.close_connection = True
                self.wfile.flush()
            if answered.broken:
                self._break()

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve  # noqa: N815 - as http.server calls them

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                octets = b""
                while length := int(self.rfile.readline().split(b";")[0], 16):
                    octets += self.rfile.read(length)
                    self.rfile.readline()
                self.rfile.readline()
                return octets
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _break(self) -> None:
            self.close_connection = True
            with suppress(OSError):
                # a reset, and no orderly end
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
