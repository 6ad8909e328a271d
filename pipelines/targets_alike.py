"""When two addresses lead to the same place, as far as a page's reader is concerned; and pictures likewise.

`link_key` leaves out of an address what says nothing of where it leads: http or https, `www.`, the page's own host
(which is another on each mirror), the prefix of a web archive, parameters that follow visitors or name their session,
tokens, stamps that keep caches fresh. `picture_key` leaves out what only says how large a picture is sent.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final
from urllib.parse import unquote, urlsplit

from pipelines.reading import is_document

OWN: Final = "@"
"""Stands for the page's own host."""

_ARCHIVE = re.compile(r"https?://web\.archive\.org/web/\d{1,14}(?:[a-z]{2}_)?/(?=https?:|//|www\.)", re.IGNORECASE)
_PROTECTED = re.compile(r"/cdn-cgi/l/email-protection(?:#([0-9a-f]{4,512}))?\Z", re.IGNORECASE)
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#;]*", re.IGNORECASE)
_SESSION = re.compile(
    r"utm_\w*|hsa_\w*|pk_\w*|mtm_\w*|matomo_\w*|[fg]bclid|[gyt]clid|dclid|msclkid|igshid|mc_[ce]id|_ga|_gl|_gac\w*|_hs\w*"
    r"|_openstat|yclid|ysclid|vero_id|wickedid|oly_\w*_id|rb_clickid|s_cid|cmpid|trk\w*|ref_src|ref_url|spm|__cf\w*"
    r"|(?:php|asp|j)?sess?(?:ion)?_?(?:id|key)?|sid|jsessionid|cfid|cftoken|zenid|oscsid"
    r"|\w*csrf\w*|\w*xsrf\w*|\w*token|\w*nonce|sesskey|form_build_id|viewstate|captcha\w*"
    r"|x-amz-\w[\w-]*|x-goog-\w[\w-]*|awsaccesskeyid|googleaccessid|signature|sig|expires|key-pair-id"
    r"|oh|oe|_nc_\w*|itok|__tn__|__cft__.*|return_?to|return_?url|redirect_?(?:to|url)?|destination|back_?url|next",
    re.IGNORECASE,
)
"""Parameters that follow visitors, name their session or their way, or are a token of theirs."""
_STAMP_NAMES: Final = frozenset(
    {"t", "ts", "_", "time", "timestamp", "cb", "cachebuster", "nocache", "rand", "rnd", "r"}
)
_VERSION_NAMES: Final = frozenset({"v", "ver", "version", "rev"})
_STAMP = re.compile(r"\d{6,}(?:\.\d+)?|0?\.\d{5,}|[0-9a-f]{8,}|\d+(?:\.\d+)+", re.IGNORECASE)
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?)\Z", re.IGNORECASE)
_SHARE = re.compile(
    r"(?:facebook\.com/(?:sharer|share|dialog)|(?:twitter|x)\.com/(?:intent|share|home\?status)|(?:t|telegram)\.me/share"
    r"|vk\.com/share|vkontakte\.ru/share|connect\.(?:ok|mail)\.ru|ok\.ru/dk\?st\.cmd=addshare|(?:api\.)?whatsapp\.com/send"
    r"|wa\.me/?\?|linkedin\.com/(?:share|cws|sharing)|pinterest\.\w+/pin/create|reddit\.com/submit|plus\.google\.com/share"
    r"|livejournal\.com/update|addtoany\.com|addthis\.com|getpocket\.com/(?:save|edit)|viber://forward|mailto:\?"
    r"|bsky\.app/intent|threads\.net/intent|sharethis\.com|tumblr\.com/(?:share|widgets))",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"(?=[^/]*\d)[A-Za-z0-9_=%.-]{16,}\Z")
_DIGITS = re.compile(r"\d+")
_CLICK = re.compile(
    r"\A(?:ad[sv]?|adserver|adclick|click|banners?|track(?:er|ing)?)\d*\.|/(?:ad)?clic?k\w*\b|/redir\w*\b|/banners?\b"
    r"|/adv?s?\b|doubleclick|googleadservices|[?&](?:banner|zone|campaign|ad)_?id=",
    re.IGNORECASE,
)
_TEXT_FRAGMENT = re.compile(r":~:.*\Z", re.DOTALL)

_COUNTED_BY = re.compile(
    r"//(?:[\w.-]*\.)?(?:mc\.yandex\.\w+|counter\.[\w.-]+|top-fwz1\.mail\.ru|top\.mail\.ru|rambler\.ru/top100|hotlog\.ru"
    r"|google-analytics\.com|doubleclick\.net|googlesyndication\.com|scorecardresearch\.com|quantserve\.com|tns-counter\.ru"
    r"|pixel\.[\w.-]+|liveinternet\.ru|yadro\.ru|addtoany\.com|matomo\.[\w.-]+|stats\.[\w.-]+|ad\.[\w.-]+|ads\.[\w.-]+)"
    r"|facebook\.com/tr\b|/(?:piwik|matomo)\.php|/b/ss/|/pixel(?:\.gif|\?|/|\Z)|[/_-](?:1x1|spacer|blank|clear|loader|"
    r"loading|placeholder)[\w.-]*\.(?:gif|png|svg)",
    re.IGNORECASE,
)
_PACKED = re.compile(r"/(?:_next/image|_vercel/image|_ipx/[^?]*)\?(?:.*&)?url=([^&]+)", re.IGNORECASE)
_PHOTON = re.compile(r"\A(?:https?:)?//i\d\.wp\.com/", re.IGNORECASE)
_RESIZING = re.compile(
    r"/cdn-cgi/image/[^/]+(?=/)|(?<=/upload)(?:/[a-z]{1,3}_[^/]+)+(?=/)|(?<=/upload)/v\d{6,}(?=/)"
    r"|/styles/[\w-]+/public(?=/)|/(?:resize|resized|crop|thumbs?|thumbnails?|scale|fit-in|resize_cache)(?=/)"
    r"|/\d{2,4}x\d{2,4}(?:/(?:smart|center))?(?=/)|/[wh]_?\d{2,4}(?=/)",
    re.IGNORECASE,
)
_SIZE = re.compile(
    r"(?:[-_.]\d{2,4}x\d{2,4}(?:[-_]c\w*)?|[-_](?:scaled|thumb(?:nail)?|small|medium|large)|@[1-4]x)+(?=\.\w{2,5}\Z)",
    re.IGNORECASE,
)
_BUILD = re.compile(r"(?<=[^/])[.-](?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,32}(?=\.\w{2,5}\Z)", re.IGNORECASE)
_RECODED = re.compile(r"(\.(?:jpe?g|png|gif))\.(?:webp|avif)\Z", re.IGNORECASE)


@lru_cache(16384)
def link_key(target: str, own: frozenset[str] = frozenset()) -> str:
    """What tells where a link leads: equal keys, one place; `own`: the page's own hosts (`host_of`)."""
    unwrapped = _ARCHIVE.sub("", target)
    try:
        parts = urlsplit(unwrapped)
    except ValueError:
        return unwrapped
    if parts.scheme not in {"http", "https", ""} or not (parts.netloc or unwrapped.startswith("www.")):
        return unwrapped
    protected = _PROTECTED.search(f"{parts.path}#{parts.fragment}" if parts.fragment else parts.path)
    if protected is not None:
        return f"mailto:{_unprotected(protected[1] or '')}"
    host = host_of(unwrapped)
    path = _INDEX.sub("/", _SESSION_IN_PATH.sub("", unquote(parts.path)))
    path = re.sub("/{2,}", "/", path).rstrip("/")
    document = is_document(unwrapped)
    pairs = sorted(pair for pair in parts.query.split("&") if pair and _tells(*_named(pair), document=document))
    fragment = _TEXT_FRAGMENT.sub("", unquote(parts.fragment))
    query = "?" + "&".join(map(unquote, pairs)) if pairs else ""
    return f"{OWN if host in own else host}{path}{query}{'#' + fragment if fragment else ''}"


def host_of(url: str) -> str:
    """The host of an address, without `www.` and the usual ports; '' where it has none."""
    try:
        netloc = urlsplit(_ARCHIVE.sub("", url)).netloc
    except ValueError:
        return ""
    host = netloc.rpartition("@")[2].lower().rstrip(".")
    return re.sub(r":(?:80|443)\Z", "", host).removeprefix("www.")


def is_share(target: str) -> bool:
    """Whether a link hands the page on to somebody, or to a network."""
    return _SHARE.search(target) is not None


def differs_by_token(one: str, other: str) -> bool:
    """Whether two keys of links differ in nothing but the values of parameters that look like tokens."""
    left, right = one.partition("?"), other.partition("?")
    if left[0] != right[0] or not left[2] or not right[2]:
        return False
    olds, news = left[2].partition("#"), right[2].partition("#")
    pairs, others = olds[0].split("&"), news[0].split("&")
    if olds[2] != news[2] or len(pairs) != len(others):
        return False
    differing = [(a, b) for a, b in zip(pairs, others, strict=True) if a != b]
    return all(
        _named(a)[0] == _named(b)[0] and _TOKEN.match(_named(a)[1]) and _TOKEN.match(_named(b)[1]) for a, b in differing
    )


def is_click(one: str, other: str, *, bare: bool) -> bool:
    """Whether two keys of links are those of one advertisement, which counts its clicks: they differ in numbers only.

    `bare`: the link has no words, it is of a picture.
    """
    if one.startswith(OWN) or one.partition("?")[0] != other.partition("?")[0]:
        return False
    if _DIGITS.sub("0", one) != _DIGITS.sub("0", other) and not differs_by_token(one, other):
        return False
    return bare or _CLICK.search(one) is not None


@lru_cache(8192)
def picture_key(source: str, own: frozenset[str] = frozenset()) -> str:
    """What tells one picture from another, in whatever size it is sent."""
    source = _ARCHIVE.sub("", source)
    if (packed := _PACKED.search(source)) is not None:
        source = unquote(packed[1])
    source = _PHOTON.sub("https://", source)
    if source.startswith("data:"):
        return source
    try:
        parts = urlsplit(source)
    except ValueError:
        return source
    host = host_of(source)
    path = _RESIZING.sub("", unquote(parts.path))
    path = _BUILD.sub("", _SIZE.sub("", _RECODED.sub(r"\1", path)))
    # a script that shows pictures names them by a parameter
    shown = [pair for pair in parts.query.split("&") if _is_name(*_named(pair))] if not _has_suffix(path) else []
    query = "?" + "&".join(sorted(shown)) if shown else ""
    return f"{OWN if not host or host in own else host}{path}{query}"


def is_counting(source: str) -> bool:
    """Whether a picture is one that counts visitors, or stands in for another."""
    return _COUNTED_BY.search(source) is not None


def _tells(name: str, value: str, *, document: bool) -> bool:
    """Whether a parameter says something of where the address leads."""
    if _SESSION.fullmatch(name):
        return False
    if name.lower() in _STAMP_NAMES:
        return _STAMP.fullmatch(value) is None
    # the version of a document says that it is another
    return document or name.lower() not in _VERSION_NAMES or _STAMP.fullmatch(value) is None


_SIZING: Final = frozenset(
    {
        *("w", "h", "q", "width", "height", "quality", "fit", "crop", "auto", "format", "fm", "dpr", "resize", "ssl"),
        *("strip", "sharp", "size", "sw", "sh", "mw", "mh", "rect", "f", "ixlib", "cs", "zoom", "scale", "disable"),
        *("upscale", "bg-color", "s", "imwidth", "wid", "hei", "qlt", "v", "ver", "t", "ts", "_", "itok", "cb", "rnd"),
    }
)


def _is_name(name: str, value: str) -> bool:
    return bool(value) and name.lower() not in _SIZING and _SESSION.fullmatch(name) is None


def _has_suffix(path: str) -> bool:
    return re.search(r"\.(?:jpe?g|png|gif|webp|avif|svg|bmp|tiff?)\Z", path, re.IGNORECASE) is not None


def _named(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return unquote(name), value


def _unprotected(code: str) -> str:
    """The address in a mail address that Cloudflare hides: each octet XOR the first one."""
    octets = bytes.fromhex(code[: len(code) // 2 * 2])
    return bytes(octet ^ octets[0] for octet in octets[1:]).decode("utf-8", "replace") if octets else ""


def own_hosts(urls: Collection[str]) -> frozenset[str]:
    """The hosts of addresses that name one page."""
    return frozenset(filter(None, map(host_of, urls)))
