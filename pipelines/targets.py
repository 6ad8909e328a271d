"""Where the links and pictures of a page lead: addresses as markup writes them → absolute ones.

An absolute address stays as it is written, but for the white space around it and line ends within; a relative one is
joined with the page's base. What names no resource (`javascript:`) is none. An address is never checked here: what a
page says is kept, though no browser could follow it.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final
from urllib.parse import urljoin, urlsplit

TARGET_LIMIT: Final = 2_000
"""Characters of an address that are kept; of a longer one, half of it and the digest of all."""
STAND_IN: Final = 400
"""Characters of a `data:` address up to which it is an empty picture in the place of one that a script loads."""

_AROUND: Final = "".join(map(chr, range(0x21)))
_INSIDE = re.compile("[\t\n\r]")
_ABSOLUTE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{0,20}:")
_NO_RESOURCE = re.compile(r"(?:javascript|data|about|blob|vbscript|view-source):", re.IGNORECASE)
_HTTP = re.compile(r"https?:", re.IGNORECASE)
_PLAIN = re.compile(rf"https?://[!-~]{{1,{TARGET_LIMIT - 8}}}")
"""Nothing to do about it, as about most."""
_ROOT = re.compile(r"https?://[^/?#\\]*", re.IGNORECASE)
_DOTS = re.compile(r"(?:^|/)\.\.?(?:/|$|[?#])")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Targets:
    """Makes the addresses of one page absolute."""

    def __init__(self, base: str) -> None:
        """`base`: the address that relative ones start from."""
        self._base = base
        root = _ROOT.match(base)
        self._root = root[0] if root else ""
        self._known: dict[str, str | None] = {}

    def target(self, href: str) -> str | None:
        """Where a link leads; None for what names no resource."""
        if href not in self._known:
            self._known[href] = self._target(href)
        return self._known[href]

    def source(self, address: str) -> str | None:
        """Where a picture is; of one that the page holds itself, its media type and the digest of what it is."""
        if address[:5].lower() == "data:":
            if len(address) < STAND_IN:
                return None
            head = address[5:105].partition(",")[0].partition(";")[0]
            return f"data:{head};sha256={_hash(address)}"
        return self.target(address)

    def _target(self, href: str) -> str | None:
        if _PLAIN.fullmatch(href):
            return href
        href = _SURROGATE.sub("\ufffd", _INSIDE.sub("", href.strip(_AROUND)))
        if not href or _NO_RESOURCE.match(href):
            return None
        joined = self._joined(href)
        if len(joined) > TARGET_LIMIT:
            return f"{joined[: TARGET_LIMIT // 2]}…sha256={_hash(joined)}"
        return joined

    def _joined(self, href: str) -> str:
        if _ABSOLUTE.match(href) and (not _HTTP.match(href) or "//" in href[:8]):
            return href
        if href[0] == "/" and href[:2] not in {"//", "/\\"} and self._root and not _DOTS.search(href):
            return self._root + href
        try:
            return urljoin(self._base, href.replace("\\", "/") if href[0] == "\\" else href)
        except ValueError:  # a host in brackets that is no address
            return href


def base_of(url: str, href: str | None) -> str:
    """What the relative addresses of a page start from: its `<base href>`, where that is one of http, else itself."""
    if not href:
        return url
    try:
        joined = urljoin(url, _INSIDE.sub("", href.strip(_AROUND)))
        return joined if urlsplit(joined).netloc and _HTTP.match(joined) else url
    except ValueError:
        return url


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
