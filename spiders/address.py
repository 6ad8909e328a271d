"""Addresses: what a link on a page names, and when two addresses are the same page for a crawl.

`join_link` resolves a link as RFC 3986, 5.2 and the browsers do; `url_key` is the normal form of RFC 3986, 6.2.2
(case, percent-encoding and path segments), 6.2.3 (default port, empty path) without the fragment. It is no SURT: `/A`
and `/a`, and two orders of one query, are different resources to a server, and a crawl that folds them loses pages.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from w3lib.url import safe_url_string

MAX_LENGTH = 8000
"""Characters of an address; longer ones are skipped and counted. RFC 9110, 4.1 asks servers for 8000 octets."""

DEFAULT_PORTS = {"http": 80, "https": 443}

_CACHED = 1 << 16

_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
# WHATWG URL, 4.4: white space around an address goes, and line ends and tabs anywhere in it
_AROUND = " \t\n\r\f\v\0"
_INSIDE = re.compile(r"[\t\n\r]")


class AddressError(ValueError):
    """A text that is no address of a page: its message is the reason, as the frontier keeps it."""


def join_link(base: str, link: str, encoding: str = "utf-8") -> str:
    """The address that `link` on the page `base` names, without its fragment, in ASCII.

    `encoding` is the page's: a query with other letters is sent in it, the path in UTF-8 (WHATWG URL, 4.4).
    Raises AddressError when it names no http or https resource.
    """
    return Joiner(base, encoding).join(link)


class Joiner:
    """Joins the links of one page, remembering across pages: those of a site repeat the same few hundred."""

    def __init__(self, base: str, encoding: str = "utf-8") -> None:
        """`base`: the page's address; `encoding`: the page's own."""
        self._base = base
        self._encoding = encoding
        resource = _QUERY.split(base, maxsplit=1)[0]
        authority = _AUTHORITY.match(resource)
        self._root = f"{authority[0]}/" if authority else base
        # RFC 3986, 5.2.3: of the base's path a relative link takes only what is before its last slash
        self._folder = resource[: resource.rfind("/") + 1] if authority and "/" in resource[authority.end() :] else base

    def join(self, link: str) -> str:
        """As `join_link`."""
        link = _INSIDE.sub("", link.strip(_AROUND)).partition("#")[0]
        if "\\" in link:  # WHATWG URL, 4.4: as good as a slash before the query
            resource, mark, query = link.partition("?")
            link = resource.replace("\\", "/") + mark + query
        # All of the base that the answer can depend on, and no more: the less there is, the more is remembered.
        if _OF_PAGE.match(link):
            base = self._base
        elif link[:1] == "/":
            base = self._root
        else:
            base = self._folder
        # a page of a few long links must not stay in memory for as long as the crawl goes on
        join = _joined if len(link) <= MAX_LENGTH else _joined.__wrapped__
        return join(base, link, self._encoding)


_QUERY = re.compile("[?#]")
_AUTHORITY = re.compile(r"https?://[^/?#]+", re.IGNORECASE)
_CLEAN = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,20}(?:/(?!\.)[a-zA-Z0-9_~.-]*)+"
    r"(?:\?[a-zA-Z0-9_][a-zA-Z0-9_=&.-]*)?"
)
"""Whole addresses that come out of all that is done to one as they went in; most do."""
# `//` without a host and `http:` before a relative link are no more to urljoin than nothing
_OF_PAGE = re.compile(r"(?:https?:)?(?://)?(?:[?;]|\Z)", re.IGNORECASE)
"""Beginnings of links that keep the last segment or the query of the base; an empty link is one."""


# The pages of a site repeat the same few hundred links; without these caches most of a crawl's time goes here.
@lru_cache(_CACHED)
def _joined(base: str, link: str, encoding: str) -> str:
    if len(link) <= MAX_LENGTH and _CLEAN.fullmatch(link):
        return link
    try:
        joined = urljoin(base, link)
    except ValueError as error:
        raise AddressError("not an address") from error
    return _clean(joined, encoding)


@lru_cache(_CACHED)
def _clean(url: str, encoding: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise AddressError("not an address") from error
    if parts.scheme.lower() not in DEFAULT_PORTS:
        raise AddressError(f"scheme {parts.scheme[:20] or 'missing'}")
    if not parts.hostname:
        raise AddressError("no host")
    try:
        url = safe_url_string(urlunsplit(parts._replace(fragment="")), encoding=_known_encoding(encoding))
    except (ValueError, UnicodeError) as error:
        raise AddressError("not an address") from error
    if len(url) > MAX_LENGTH:
        raise AddressError(f"longer than {MAX_LENGTH} characters")
    return _with_path(url)


@lru_cache(_CACHED)
def url_key(url: str) -> str:
    """The normal form that the frontier tells pages apart by. Raises AddressError."""
    parts = urlsplit(join_link(url, ""))
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    if parts.port is not None and parts.port != DEFAULT_PORTS[scheme]:
        host = f"{host}:{parts.port}"
    path = _remove_dot_segments(_normal_escapes(parts.path)) or "/"
    return urlunsplit(SplitResult(scheme, host, path, _normal_escapes(parts.query), ""))


@lru_cache(_CACHED)
def host_and_port(url: str) -> str:
    """`host:port` of an address, lower case, the default port written out: what politeness is kept per."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    port = parts.port or DEFAULT_PORTS.get(parts.scheme.lower(), 0)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def site_host(url: str) -> tuple[str, int | None]:
    """What a site's host is known by: without `www.` and trailing dot, with the port unless it is the scheme's own."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower().rstrip(".").removeprefix("www.")
    port = parts.port
    return host, None if port == DEFAULT_PORTS.get(parts.scheme.lower()) else port


def is_loopback(url: str) -> bool:
    """Whether the address is on this machine by its name alone: 127.0.0.0/8, ::1, localhost (RFC 6761, 6.3)."""
    host = (urlsplit(url).hostname or "").lower().rstrip(".")
    return (
        host == "localhost"
        or host.endswith(".localhost")
        or host == "::1"
        or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None
    )


def _known_encoding(name: str) -> str:
    try:
        "".encode(name)
    except (LookupError, ValueError):
        return "utf-8"
    return name


def _with_path(url: str) -> str:
    parts = urlsplit(url)
    return url if parts.path else urlunsplit(parts._replace(path="/"))


def _normal_escapes(text: str) -> str:
    def normal(match: re.Match[str]) -> str:
        letter = chr(int(match[1], 16))
        return letter if letter in _UNRESERVED else match[0].upper()

    return _ESCAPE.sub(normal, text)


def _remove_dot_segments(path: str) -> str:
    """RFC 3986, 5.2.4, for a path that begins with a slash or is empty."""
    kept: list[str] = []
    segments = path.split("/")
    for n, segment in enumerate(segments):
        last = n == len(segments) - 1
        if segment == ".." and len(kept) > 1:
            kept.pop()
        if segment in {".", ".."}:
            if last:
                kept.append("")
            continue
        kept.append(segment)
    return "/".join(kept)
