"""Identity: when two addresses of a site are the same page.

`clean` is what is fetched for an address that was found, `key` what tells pages of a site apart: within a crawl, where
each page is fetched once, and over the years, where a page keeps its history when the site moves to a mirror. What
was really fetched stays in the evidence; only how captures are gathered depends on this.

Folded: scheme, `www.`, a host's trailing dot, mirrors, default ports, percent-encoding (RFC 3986, 6.2.2), AMP forms,
parameters of trackers and session ids. Not folded, because servers tell them apart: letter case and trailing slash of
a path, the order of other parameters.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from spiders.address import AddressError, site_host, url_key
from spiders.definition import SiteDefinition

TRACKING: Final = re.compile(
    r"(?:utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|ysclid|ymclid|_openstat|openstat|mc_cid|mc_eid"
    r"|igshid|igsh|twclid|ttclid|vero_id|vero_conv|wickedid|_hsenc|_hsmi|hsctatracking|mkt_tok|oly_anon_id|oly_enc_id"
    r"|_ga|_gl|epik|s_kwcid|ef_id|rb_clickid|srsltid|frommarket|at_(?:medium|campaign|custom\w*)|pk_(?!id\Z)\w+|mtm_\w+"
    r"|matomo_\w+|piwik_\w+|hsa_\w+|ref_src|ref_url|tgrcode|etext|clckid|admitad_uid|__cf_chl_\w+|__twitter_impression"
    r"|ocid|cmpid|xtor)\Z",
    re.IGNORECASE,
)
"""Names of parameters that tell who sent the reader; they name no page."""

SESSION: Final = re.compile(
    r"(?:phpsessid|jsessionid|aspsessionid\w*|asp\.net_sessionid|cfid|cftoken|oscsid|zenid|xtcsid)\Z",
    re.IGNORECASE,
)
_PERHAPS_SESSION: Final = re.compile(r"(?:sid|s|sess|psid|sessionid|session_id|sess_id)\Z", re.IGNORECASE)
"""Names that are a session's only where the value looks like one: courts and parliaments number their sessions."""
# 24 hexadecimal digits are a number of MongoDB's
_RANDOM: Final = re.compile(
    r"[0-9a-f]{25,128}\Z|[0-9A-Za-z]{26}\Z|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE
)
_IN_PATH: Final = re.compile(r";jsessionid=[^/?;]*|;phpsessid=[^/?;]*|/\(S\([0-9a-z]{20,30}\)\)", re.IGNORECASE)

_AMP_PARAMETER: Final = re.compile(r"amp(?:=1|=true|)\Z", re.IGNORECASE)
_AMP_PATH: Final = re.compile(r"(?<=[^/])/amp(/?)\Z")

_REMEMBERED: Final = 1 << 15


class Identity:
    """The addresses of one site, as pages."""

    def __init__(self, site: SiteDefinition) -> None:
        """Raises AddressError when a seed or a mirror of the definition is no address."""
        self._drop = frozenset(name.lower() for name in site.drop_parameters)
        self._keep = frozenset(name.lower() for name in site.keep_parameters)
        seeds = site.seeds
        first = urlsplit(url_key(seeds[0])) if seeds else None
        self._home = (first.scheme, first.netloc) if first else ("https", "")
        mirrors = (f"http://{mirror}/" for mirror in site.mirrors)
        self._folded = frozenset(_host(url_key(url)) for url in (*seeds[:1], *mirrors))
        self._elsewhere = self._folded - {_host(urlunsplit((*self._home, "/", "", "")))} if first else frozenset()
        # a crawl asks for the same few thousand addresses again and again
        self.clean = lru_cache(_REMEMBERED)(self._clean)
        self.key = lru_cache(_REMEMBERED)(self._key)

    def _clean(self, url: str) -> str:
        """The address to fetch for one that was found: without fragment, trackers, session ids and `?amp`, and on the
        site's own host where it was found on a mirror.

        A mirror's pages may link to the blocked original, which the site's definition then has among its mirrors: what
        the archivist put first is what is asked. An address that has none of these stays as it is, letter for letter.
        Raises AddressError.
        """
        url = url.partition("#")[0]
        parts = urlsplit(url)
        if self._elsewhere and _host(url_key(url)) in self._elsewhere:
            scheme, host = self._home
            parts = parts._replace(scheme=scheme, netloc=host)
            url = urlunsplit(parts)
        path = _IN_PATH.sub("", parts.path) if "(" in parts.path or ";" in parts.path else parts.path
        query = self._query(parts.query) if parts.query else parts.query
        if path == parts.path and query == parts.query:
            return url
        return urlunsplit(parts._replace(path=path or "/", query=query))

    def _key(self, url: str) -> str:
        """What tells the site's pages apart: `~/path?query` on its own host and its mirrors, `host/path?query` on any
        other one. Raises AddressError."""
        parts = urlsplit(url_key(self.clean(url)))
        host = _host(url_key(url))
        place = "~" if host in self._folded else host
        path = _AMP_PATH.sub(r"\1", parts.path) or "/"
        return f"{place}{path}?{parts.query}" if parts.query else f"{place}{path}"

    def page(self, url: str) -> str:
        """The page's address on the site's own host, as people are shown it. Raises AddressError."""
        key = self.key(url)
        if key.startswith("~"):
            scheme, host = self._home
            return f"{scheme}://{host}{key[1:]}"
        return self.clean(url)

    def same(self, one: str, other: str) -> bool:
        """Whether two addresses are one page; False where one of them is no address."""
        try:
            return self.key(one) == self.key(other)
        except AddressError:
            return False

    def _query(self, query: str) -> str:
        return "&".join(one for one in query.split("&") if not self._is_idle(one))

    def _is_idle(self, parameter: str) -> bool:
        name, _, value = parameter.partition("=")
        name = name.lower()
        if name in self._keep:
            return False
        if name in self._drop or TRACKING.match(name) or SESSION.match(name) or _AMP_PARAMETER.match(parameter):
            return True
        return bool(_PERHAPS_SESSION.match(name) and _RANDOM.match(value))


def _host(url: str) -> str:
    host, port = site_host(url)
    return host if port is None else f"{host}:{port}"
