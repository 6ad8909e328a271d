"""The urlkey of a URL: what CDXJ lines are sorted and looked up by.

The name is that of the Sort-friendly URI Reordering Transform; what every indexer and replay tool writes under it is
more: addresses that mean the same page get the same key. In words:

- white space around is cut, line ends and tabs inside are dropped; without a scheme it is `http://`, and of several
  `http://` in a row the last one holds;
- user, password, fragment and the scheme's own port are left out; so is a `www.` (`www2.`, …) in front of the host;
- percent-escapes are undone until none is left, then what is not visible ASCII, `#` and `%` are escaped once;
- a host in other scripts is written in IDNA, an address given as one number, or in octal, in dotted decimals;
- `.` and `..` are resolved, empty segments dropped, and a slash at the end unless it is all there is;
- session identifiers in path and query are left out; the query's parts are sorted;
- everything is in lower case; the host's labels come in reverse, joined by commas and closed by `)`.

    http://www.Example.org:80/Cases/../a?b=2&a=1#top   →   org,example)/a?a=1&b=2

The keys equal those of the tool that gave the name to them, which the tests hold against this module.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
from collections.abc import Sequence
from urllib.parse import SplitResultBytes, quote_from_bytes, unquote_to_bytes

_PARTS = re.compile(
    rb"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.\-]*):(?://(?P<netloc>[^/?#]*))?(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?"
)
_SCHEME = re.compile(rb"[a-zA-Z][a-zA-Z0-9+.\-]*:")
_REPEATED_SCHEME = re.compile(rb"(?:https?://)*(https?://)")
_WWW = re.compile(rb"www\d*\.")
_NUMBERS = re.compile(rb"(?:0[0-7]*|[1-9][0-9]*)(?:\.[0-9]+){0,3}\Z")
_OCTAL = re.compile(rb"0[0-7]*(?:\.[0-7]+){0,3}\Z")
_VISIBLE = "".join(map(chr, range(0x21, 0x7F))).replace("#", "").replace("%", "")

_ASP_SESSION = (
    re.compile(rb"(.*/)\((?:[a-z]\([0-9a-z]{24}\))+\)/([^?]+\.aspx.*)\Z", re.IGNORECASE | re.DOTALL),
    re.compile(rb"(.*/)\([0-9a-z]{24}\)/([^?]+\.aspx.*)\Z", re.IGNORECASE | re.DOTALL),
)
_QUERY_SESSION = tuple(
    re.compile(rb"(.*)" + identifier + rb"(?:&(.*))?\Z", re.IGNORECASE | re.DOTALL)
    for identifier in (
        rb"jsessionid=[0-9a-z]{32}",
        rb"phpsessid=[0-9a-z]{32}",
        rb"sid=[0-9a-z]{32}",
        rb"aspsessionid[a-z]{8}=[a-z]{24}",
        rb"cfid=[^&]+&cftoken=[^&]+",
    )
)
_DEFAULT_PORTS = {b"http": 80, b"https": 443}


def urlkey(url: str) -> str:
    """The key of a URL; the URL itself where it cannot be taken apart (a port that is none), as indexers do.

    >>> urlkey("https://www.example.org/Case?page=2&id=17")
    'org,example)/case?id=17&page=2'
    """
    if not url:
        return "-"
    try:
        return _key(url.encode()).decode()
    except ValueError:
        return url


def _key(url: bytes) -> bytes:
    if url.startswith(b"filedesc"):
        return url
    url = re.sub(rb"[\n\r\t]", b"", url.strip())
    if not _SCHEME.match(url):
        url = b"http://" + url if url else url
    url = _REPEATED_SCHEME.sub(rb"\1", url, count=1) if _REPEATED_SCHEME.match(url) else url
    parts = _PARTS.match(url)
    if parts is None:
        raise ValueError("no URL")
    scheme, netloc, path, query = parts.group("scheme", "netloc", "path", "query")
    named, port = _host_and_port(netloc or b"")
    if not named and path and scheme.startswith(b"http"):
        # http:////host/path
        named, _, path = path.lstrip(b"/").partition(b"/")
        path = b"/" + path
    host = _host(named, scheme) if named else b""
    key = b",".join(reversed(host.split(b"."))) if host else scheme + b":"
    if host:
        key += (b":%d" % port if port is not None and port != _DEFAULT_PORTS.get(scheme.lower(), 0) else b"") + b")"
    path = _path(path, has_host=bool(host))
    query = _query(query) if query else b""
    return key + (path or (b"/" if query else b"")) + (b"?" + query if query else b"")


def _host_and_port(netloc: bytes) -> tuple[bytes, int | None]:
    if netloc.endswith(b":"):
        netloc = netloc.rstrip(b":")
    split = SplitResultBytes(b"", netloc, b"", b"", b"")
    return split.hostname or b"", split.port or None


def _host(named: bytes, scheme: bytes) -> bytes:
    host = _unescaped(named)
    if not host.isascii():
        # what can be no name in IDNA is kept as it is, escaped
        with contextlib.suppress(ValueError):
            host = host.decode("utf-8", "ignore").encode("idna")
    host = host.replace(b"..", b".").strip(b".")
    host = _dotted(host) or _escaped(host).lower()
    return _WWW.sub(b"", host, count=1) if scheme != b"dns" and _WWW.match(host) else host


def _dotted(host: bytes) -> bytes | None:
    """An IPv4 address that is written as a number, or in fewer or octal numbers, in its usual form."""
    if host.isdigit():
        return socket.inet_ntoa(struct.pack(">L", int(host) & 0xFFFFFFFF)).encode()
    if not _NUMBERS.match(host) or (host.startswith(b"0") and not _OCTAL.match(host)):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host.decode())).encode()
    except OSError:
        return None


def _path(path: bytes, *, has_host: bool) -> bytes:
    path = _unescaped(path)
    if has_host:
        path = _resolved(path.split(b"/")[1:])
    path = _escaped(path).lower()
    for session in _ASP_SESSION:
        found = session.match(path)
        if found:
            path = found[1] + found[2]
    return path[:-1] if path.endswith(b"/") and len(path) > 1 else path


def _resolved(segments: Sequence[bytes]) -> bytes:
    kept: list[bytes] = []
    for segment in segments:
        if segment == b".." and kept:
            kept.pop()
        elif segment != b".":
            kept.append(segment)
    *folders, last = kept or [b""]
    return b"/" + b"".join(folder + b"/" for folder in folders if folder) + last


def _query(query: bytes) -> bytes:
    query = _escaped(_unescaped(query))
    for session in _QUERY_SESSION:
        found = session.match(query)
        if found:
            query = found[1] + (found[2] or b"")
    # a part without "=" comes before the same name with an empty value
    parts = sorted(tuple(part.split(b"=", 1)) for part in query.lower().split(b"&"))
    return b"&".join(b"=".join(part) for part in parts)


def _unescaped(octets: bytes) -> bytes:
    while (once := unquote_to_bytes(octets)) != octets:
        octets = once
    return octets


def _escaped(octets: bytes) -> bytes:
    return quote_from_bytes(octets, safe=_VISIBLE).encode()
