"""What to fetch, and the octets that ask for it (RFC 9112, 3 and 5)."""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from archive.http import ACCEPT_ENCODING
from crawler.route import DIRECT, Proxy, Route

_URL = re.compile(r"(https?)://([^/?#\\]*)([^#]*)", re.IGNORECASE | re.DOTALL)
_PORT = re.compile(r"[0-9]{1,5}")
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# What cannot stand in a request line: white space and controls would end the target, the rest is not ASCII.
_NOT_IN_TARGET = re.compile(r"[^!-~]")
_DEFAULT_PORTS = {"http": 80, "https": 443}
# RFC 3986 knows none of these, servers may; they are sent as they stand, and cannot stand in a record (WARC 5.14).
_NOT_IN_RECORD = re.compile(r"[^!-~]|[\"<>]")
# Ours to say: where the message goes and how it is framed and coded.
_OWN_FIELDS = frozenset(
    {
        b"host",
        b"content-length",
        b"transfer-encoding",
        b"connection",
        b"accept-encoding",
        b"expect",
        b"proxy-authorization",
        b"proxy-connection",
    }
)


class UrlError(ValueError):
    """A URL that cannot be fetched as it stands."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes, taken from its URL."""

    scheme: str
    """`http` or `https`."""
    host: str
    """Name in lower case and ASCII, or an address without brackets."""
    port: int
    path: str
    """Path and query as they stand in the URL; `/` for an empty path."""
    url: str
    """The URL without fragment and without user and password, quotes and angle brackets percent-encoded: what is
    recorded."""

    @property
    def origin(self) -> tuple[str, str, int]:
        """What a connection can be kept for."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """Value of Host: the port only where it is not the scheme's own (RFC 9110, 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def target_of(url: str) -> Target:
    """Take a URL apart, changing nothing in path and query that can be sent.

    Raises UrlError for another scheme than http and https, without a host, and for a port that is none.
    """
    match = _URL.match(url)
    if match is None:
        raise UrlError(f"expected an address that begins with http:// or https://, found {url[:200]!r}")
    scheme = match[1].lower()
    authority = match[2].rpartition("@")[2]
    host, port = _host_and_port(authority, scheme, url)
    rest = _NOT_IN_TARGET.sub(_percent_encoded, match[3])
    path = rest if rest.startswith("/") else f"/{rest}"
    written = authority if authority.isascii() else Target(scheme, host, port, path, "").authority
    url = _NOT_IN_RECORD.sub(_percent_encoded, f"{match[1]}://{written}{path}")
    return Target(scheme, host, port, path, url)


def recordable(url: str) -> str:
    """A URL that cannot be fetched, as far as it may stand in a record: no fragment, no password, no white space."""
    without_user = re.sub(r"(//)[^/?#]*@", r"\1", url, count=1)
    return _NOT_IN_RECORD.sub(_percent_encoded, without_user.partition("#")[0])


def _percent_encoded(match: re.Match[str]) -> str:
    return "".join(f"%{octet:02X}" for octet in match[0].encode("utf-8", "surrogatepass"))


def _host_and_port(authority: str, scheme: str, url: str) -> tuple[str, int]:
    if authority.startswith("["):
        host, end, port = authority[1:].partition("]")
        try:
            if not end:
                raise ValueError("no closing bracket")
            host = ipaddress.IPv6Address(host).compressed
        except ValueError as error:
            raise UrlError(f"expected an IPv6 address in brackets, found {authority[:100]!r}") from error
        if port and not port.startswith(":"):
            raise UrlError(f"expected a colon after the brackets, found {authority[:100]!r}")
        port = port[1:]
    else:
        host, _, port = authority.partition(":")
        host = _ascii_name(host, url)
    if not port:
        return host, _DEFAULT_PORTS[scheme]
    if not _PORT.fullmatch(port) or not 0 < int(port) < 65536:
        raise UrlError(f"expected a port from 1 to 65535, found {port[:100]!r}")
    return host, int(port)


def _ascii_name(host: str, url: str) -> str:
    if not host:
        raise UrlError(f"expected a host name, found none in {url[:200]!r}")
    if _NOT_IN_TARGET.search(host) is None:
        return host.lower()
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise UrlError(f"expected a host name, found {host[:100]!r}") from error


MAX_SIZE: Final = "khronika_max_size"
"""request.meta: `max_size` of the WireRequest."""


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One request to make."""

    url: str
    method: str = "GET"
    headers: Sequence[tuple[bytes, bytes]] = ()
    """Fields in the order to send them, names in the case to send. Host, Connection, Content-Length,
    Transfer-Encoding, Expect, Accept-Encoding and what is meant for a proxy are left out of them: those are the
    client's own."""
    body: bytes = b""
    route: Route = DIRECT
    max_size: int | None = None
    """Octets of the response's body after which it is cut, where that is less than the client's own limit."""

    def __post_init__(self) -> None:
        """Refuse, with ValueError, what would end a line of the head early."""
        if not _TOKEN.fullmatch(self.method.encode("latin-1", "replace")):
            raise ValueError(f"expected a method (RFC 9110, 9), found {self.method[:40]!r}")
        for name, value in self.headers:
            if not _TOKEN.fullmatch(name):
                raise ValueError(f"expected a field name (RFC 9110, 5.1), found {name[:40]!r}")
            if any(octet in value for octet in (b"\r", b"\n", b"\0")):
                raise ValueError(f"expected a field value in one line (RFC 9110, 5.5), found {value[:40]!r}")


def serialise(request: WireRequest, target: Target, *, proxy: Proxy | None = None) -> bytes:
    r"""The octets of a request: for the origin, or with `proxy` as an HTTP proxy takes it (RFC 9112, 3.2.2).

    >>> serialise(WireRequest("http://a.example/b?c#d", headers=[(b"X-y", b"z")]), target_of("http://a.example/b?c#d"))
    b'GET /b?c HTTP/1.1\r\nHost: a.example\r\nX-y: z\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\r\n'
    """
    place = target.path if proxy is None else f"{target.scheme}://{target.authority}{target.path}"
    lines = [
        f"{request.method} {place} HTTP/1.1".encode("ascii"),
        f"Host: {target.authority}".encode("ascii"),
        *(proxy_fields(proxy) if proxy is not None else ()),
        *(b"%b: %b" % field for field in request.headers if field[0].lower() not in _OWN_FIELDS),
        f"Accept-Encoding: {ACCEPT_ENCODING}".encode("ascii"),
    ]
    # RFC 9110, 8.6: with a method that gives content a meaning, an empty body has a length too.
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        lines.append(b"Content-Length: %d" % len(request.body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + request.body


def proxy_fields(proxy: Proxy) -> list[bytes]:
    """The field lines that are meant for a proxy alone (RFC 9110, 11.7.2; RFC 7617)."""
    if proxy.user is None:
        return []
    return [b"Proxy-Authorization: Basic " + base64.b64encode(f"{proxy.user}:{proxy.password}".encode())]
