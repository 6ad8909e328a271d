"""Route: the way to a site's servers, straight or through a proxy of the operator's, and how they label the place.

A proxy is written as a URL: `http://host:port` or `socks5://host:port`, with `user:password@` before the host where
it asks for them (RFC 1929, RFC 9110, 11), percent-encoded where they hold a reserved character (RFC 3986, 3.2.1).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import unquote

from archive.exchange import Vantage

NO_PROXY: Final = ("", "direct")
"""What stands in the place of a proxy's URL for none."""
PROXY_EXPECTED: Final = "http://host:port or socks5://host:port, with user:password@ before the host where needed"

_PROXY = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?:(?P<user>[^/?#]*)@)?(?P<rest>[^/?#@]*)/?")
_REST = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{0,5}))?")
_HOST = re.compile(r"[0-9A-Za-z._-]{1,253}")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy of the operator's. Neither its address nor its credentials belong in any record, log or message."""

    scheme: Literal["http", "socks5"]
    host: str = field(repr=False)
    """Name in lower case, or an address without brackets."""
    port: int = field(repr=False)
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Route:
    """How the servers of a site are reached."""

    proxy: Proxy | None = None
    """None: straight."""
    label: str | None = None
    """The operator's own label of the place that is fetched from; None without one."""

    def vantage(self, scheme: str) -> Vantage:
        """How a URL of a scheme is fetched."""
        if self.proxy is None:
            return "direct"
        if self.proxy.scheme == "socks5":
            return "socks5 proxy"
        return "http proxy" if scheme == "http" else "connect proxy"


DIRECT: Final = Route()
"""Straight, from a place without a label."""


def without_credentials(text: str) -> str:
    """A line with whatever may be a user and password in a proxy's URL taken out, so that it can be shown.

    >>> without_credentials("http://me:secret@proxy.example:8080")
    'http://…@proxy.example:8080'
    """
    before, at, after = text.rpartition("@")
    if not at:
        return text
    kept, slashes, _ = before.partition("//")
    return f"{kept}{slashes}…@{after}" if slashes else f"…@{after}"


def parse_proxy(text: str) -> Proxy:
    """The proxy that a URL names; ValueError says what was expected and what was found, without credentials.

    >>> parse_proxy("socks5://127.0.0.1:9050").port
    9050
    """
    shown = without_credentials(text)
    wrong = ValueError(f"expected {PROXY_EXPECTED}, found {shown!r}")
    match = _PROXY.fullmatch(text)
    if match is None:
        raise wrong
    scheme = match["scheme"].lower()
    if scheme == "socks5h":  # as curl calls it: the name is looked up by the proxy, which is what we always do
        scheme = "socks5"
    if scheme not in ("http", "socks5"):
        raise ValueError(f"expected a proxy of kind http or socks5, found {scheme!r} in {shown!r}")
    host, port = _host_and_port(match["rest"], shown)
    user, password = _credentials(match["user"])
    if scheme == "socks5" and not f"{user}{password}".isascii():
        raise ValueError("expected the user and password of a socks5 proxy in ASCII, found other characters")
    return Proxy("http" if scheme == "http" else "socks5", host, port, user, password)


def _host_and_port(rest: str, shown: str) -> tuple[str, int]:
    match = _REST.fullmatch(rest)
    if match is None:
        raise ValueError(f"expected {PROXY_EXPECTED}, found {shown!r}")
    host, port = match["host"].lower(), match["port"]
    if not port:
        raise ValueError(f"expected a port after the proxy's host, like :8080, found none in {shown!r}")
    if not 0 < int(port) < 65536:
        raise ValueError(f"expected a port from 1 to 65535, found {port} in {shown!r}")
    if host.startswith("["):
        try:
            return ipaddress.IPv6Address(host[1:-1]).compressed, int(port)
        except ValueError as error:
            raise ValueError(f"expected an IPv6 address in brackets, found {shown!r}") from error
    if not _HOST.fullmatch(host):
        raise ValueError(f"expected the name or address of the proxy's host, found {shown!r}")
    return host, int(port)


def _credentials(text: str | None) -> tuple[str | None, str | None]:
    """User and password; RFC 1929 gives each up to 255 octets, and RFC 7617, 2 forbids a colon in the first."""
    if text is None:
        return None, None
    user, colon, password = (unquote(part) for part in text.partition(":"))
    if not user or not colon or not password:
        raise ValueError("expected user:password before the proxy's host, found one of the two missing")
    if ":" in user:
        raise ValueError("expected the proxy's user without a colon, found one in it")
    if any(len(part.encode()) > 255 or not part.isprintable() for part in (user, password)):
        raise ValueError("expected the proxy's user and password of up to 255 octets each, without control characters")
    return user, password
