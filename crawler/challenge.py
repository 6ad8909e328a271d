"""Whether a response is the page, or something that stands before it: a challenge to visitors, or a block page.

Services against bots answer with a page of their own (a script to run, a picture to read), often with status 200;
networks that block a site put theirs in its place. Neither says anything about the page that was asked for.

Careful rather than complete: what an ordinary page may hold too (an article about Cloudflare, a form with a captcha,
the script that a service adds to every page) is not enough. A head that says so is; otherwise the page must be bare
(little text, hardly a link, none of the furniture of an article) and carry a mark of the service or its words.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from archive.http import Head

LONGEST: Final = 256 << 10
"""Octets of a decoded body up to which it may be no page: such are far shorter."""
LOOKED_AT: Final = 64 << 10
"""Octets of it that are looked at."""
TEXT: Final = 1500
"""Visible characters up to which a page may be no more than a challenge."""
SHORT_TEXT: Final = 700
"""The same for a page that is known by its words alone."""
LINKS: Final = 8
"""Links up to which it may: help, contact, the service's own address."""
STUB: Final = 12 << 10
"""Octets up to which a page may be no more than a script that sets a cookie and asks again."""

_HTML: Final = frozenset({None, "text/html", "application/xhtml+xml"})

# What a service writes into the markup of its challenges, and not into the pages that it lets through.
_MARKS: Final = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (
            "Cloudflare",
            r"_cf_chl_opt|cf-browser-verification|jschl[-_]answer|cf_captcha_kind|/challenge-platform/h/\w+/orchestrate"
            r"|id=[\"']challenge-(form|running|stage|error-text)[\"']",
        ),
        ("DDoS-Guard", r"/\.well-known/ddos-guard/(js-challenge|check|mark)|check\.ddos-guard\.net"),
        ("Qrator", r"/__qrator/|qrator_js(id|r)"),
        ("Imperva", r"incapsula incident id|_incapsula_resource\?(cwudnsai|swudnsai|swhanedl)|distil_r_captcha"),
        ("Akamai", r"sec-if-cpt-container|/_sec/cp_challenge/|[?&]bm-verify=|id=[\"']sec-bc-"),
        ("Sucuri", r"sucuri_cloudproxy_js|sucuri website firewall"),
        ("AWS WAF", r"window\.gokuprops|awswafintegration\.(gettoken|forcerefreshtoken|checkforcerefresh)"),
        ("DataDome", r"(geo|ct)\.captcha-delivery\.com"),
        ("PerimeterX", r"id=[\"']px-captcha|/captcha/pxc?apdk|_pxblockedurl"),
        ("Kasada", r"window\.kpsdk"),
        ("StormWall", r"\bget_jhash\b|__js_p_|static\.stormwall\.pro|stormwall antibot"),
        ("Variti", r"\bipp_(uid|key|sign)\b|variti\.(com|net|ru)/"),
        ("Servicepipe", r"\.servicepipe\.(ru|tech)|window\.__sp_challenge"),
        ("Anubis", r"anubis_challenge|/\.within\.website/x/(cmd/anubis|xess)"),
        ("Yandex SmartCaptcha", r"checkbox-captcha-form|/showcaptcha\?|/checkcaptcha\?"),
        ("Imunify360", r"name=[\"']?wsidchk\b"),
        ("a test of cookies", r"slowaes\.decrypt\("),
        ("a proof of work", r"/\.basedflare/|/\.sssg/|go-away-challenge"),
    )
)

# What such pages say, as a title or within the little text that they have.
_WORDS: Final = re.compile(
    r"(just a|one) moment,?( please)?\.\.\.|attention required! \| cloudflare|one more step|pardon our interruption"
    r"|check(ing)? (if the site connection is secure|your browser)"
    r"|verif(y|ying) (that )?you(['’]re| are) (not a robot|human)"
    r"|making sure you(['’]re| are) not a bot|prove (that )?you(['’]re| are) (human|not a robot)|human verification"
    r"|are you (a )?(robot|human)\?|(please )?enable (javascript and cookies|cookies and javascript) to continue"
    r"|ddos protection by|automated scraping|bot verification"
    r"|проверка (вашего )?браузера|(про)?веря(ем|ется) (ваш )?браузер|идет проверка (браузера|безопасности)"
    r"|подтвердите,? что (вы|запросы)[^.]{0,40} не робот|(вы|запросы отправляли вы, а) не робот"
    r"|введите (символы|код|текст|цифры|слово),? [^.!?]{0,40}(картинк|изображени)"
    r"|введіть (символи|код|текст)[^.!?]{0,40}зображенн"
    r"|докажите,? что вы (не робот|человек)|проверка,? что вы (не робот|человек)|защита от ddos"
    r"|перевір(ка|яємо|яється) (ваш(ого)? )?браузер|підтвердіть,? що ви не робот|доведіть,? що ви (не робот|людина)"
    r"|праверка (вашага )?браўзера|пацвердзіце,? што вы не робат"
)

_WIDGET: Final = re.compile(
    r"class=[\"'][^\"']*\b(cf-turnstile|h-captcha|g-recaptcha|smart-captcha|frc-captcha)\b"
    r"|(hcaptcha\.com|challenges\.cloudflare\.com/turnstile|recaptcha(\.net|/)|smartcaptcha\.yandexcloud\.net)"
)
# A form that asks a person for something: then the captcha guards the form, not the page.
_FORM: Final = re.compile(r"<textarea|<select|type=[\"']?(password|email|tel|search|file)")

_COOKIE: Final = re.compile(r"document\.cookie\s*=")
_AGAIN: Final = re.compile(
    r"location\.(reload|replace|assign)\s*\(|location(\.href)?\s*=[^=]|history\.go\(0\)|http-equiv=[\"']?refresh"
)
# A page that its own scripts fill in.
_APPLICATION: Final = re.compile(r"id=[\"']?(root|app|__next|__nuxt|gatsby-focus-wrapper|___gatsby)\b|<app-root")

# Pages that networks put in the place of a blocked one: that it is blocked, and by what law or whose word.
_BLOCKED: Final = re.compile(
    r"доступ (к|на)[^.!?]{0,120}?(ограничен|заблокирован|запрещен|закрыт|приостановлен)"
    r"|доступ (ограничен|заблокирован|закрыт|запрещен)|(сайт|ресурс|страница)[^.!?]{0,60}? (заблокирован|ограничен)"
    r"|доступ до[^.!?]{0,120}?(обмежен|заблокован|заборонен)|доступ (обмежен|заблокован)"
    r"|доступ да[^.!?]{0,120}?(абмежаван|заблакаван)"
    r"|(access to|this)[^.!?]{0,80}? (web)?(site|page|resource|content)[^.!?]{0,60}? (blocked|restricted)"
    r"|eri[sş]im[^.!?]{0,60}? engellen"
)
_BY_LAW: Final = re.compile(
    r"149-фз|139-фз|федеральн\w+ закон|роскомнадзор|единый реестр|реестр\w* (запрещенных|доменных)"
    r"|(eais|blocklist|rkn\.gov|zapret-info)\.?|решени\w+ (суда|государственн|органов|уполномоченн|министерства)"
    r"|генеральн\w+ прокуратур|мининформ|министерств\w+ информации|закон\w* республики"
    r"|рішення (суду|рнбо|ради)|указ\w* президента|нцек|5651 say|court order|in accordance with the law"
    r"|by order of|законодательств"
)
# How filters of networks and of resolvers name their pages.
_FILTER: Final = re.compile(r"(web|dns|content|url)[ -]?filter|(web ?page|site|access|content) (is )?blocked")
_BLOCK_HOSTS: Final = re.compile(
    r"(^|\.)(warning\.rt\.ru|lawfilter\.ertelecom\.ru|blackhole\.beeline\.ru|fz139\.ttk\.ru|blocked\.mts\.ru"
    r"|block\.mts\.ru|rkn\.megafon\.ru|m\.megafonpro\.ru|zapret\.[a-z0-9-]+\.ru|eais\.rkn\.gov\.ru)$"
)

# What an article has, and no challenge: then even its words are the article's own.
_ARTICLE: Final = re.compile(
    r"<article\b|application/ld\+json|application/(rss|atom)\+xml|property=[\"']?(og:type|article:)|itemprop="
    r"|<link [^<>]*rel=[\"']?(canonical|amphtml|prev|next)\b"
)

_UNSEEN: Final = re.compile(r"<!--.*?(-->|$)|<(script|style|svg|template)\b.*?(</\2\s*>|$)", re.DOTALL)
# Not `[^>]*`: octets that are `<` over and over would be gone through as often as there are.
_TAG: Final = re.compile(r"<[^<>]*>")


def challenge_of(head: Head, octets: bytes) -> str | None:
    """Who stands before the page, in a word or two for a message; None where nobody is known to.

    `octets`: the body with its codings removed, or its beginning.
    """
    return _by_head(head) or (_by_body(head, octets) if head.media_type in _HTML else None)


def _by_head(head: Head) -> str | None:
    if (head.value("cf-mitigated") or "").strip().lower() == "challenge":
        return "Cloudflare"
    if (head.value("x-amzn-waf-action") or "").strip().lower() in {"challenge", "captcha"}:
        return "AWS WAF"
    if head.value("x-sucuri-block") is not None:
        return "Sucuri"
    if "block" in (head.value("rimon") or "").lower():
        return "a filter of the network"
    location = head.value("location") if 300 <= head.status < 400 else None
    return "a block page of the network" if location is not None and _is_block_address(location) else None


def _is_block_address(location: str) -> bool:
    try:
        host = urlsplit(location).hostname
    except ValueError:
        return False
    return host is not None and _BLOCK_HOSTS.search(host) is not None


def _by_body(head: Head, octets: bytes) -> str | None:
    # most pages end here: cheap tests first
    if not octets or len(octets) > LONGEST or 300 <= head.status < 400:
        return None
    if octets.count(b"<a ") + octets.count(b"<A ") > LINKS:
        return None
    octets = octets[:LOOKED_AT]
    source = _text_of(octets).lower().replace("ё", "е")
    if _ARTICLE.search(source):
        return None
    seen = _UNSEEN.sub(" ", source)
    title = _plain(seen.partition("<title")[2].partition(">")[2].partition("</title")[0])
    text = _plain(seen)
    if len(text) > TEXT:
        return None
    for name, mark in _MARKS:
        if mark.search(source):
            return name
    asks = _FORM.search(seen) is not None
    if len(text) <= SHORT_TEXT and not asks and (_WORDS.search(title) or _WORDS.search(text)):
        return "a test of visitors"
    if not asks and _WIDGET.search(source) and "captcha" in title:
        return "a captcha"
    if _FILTER.search(title) and len(text) <= SHORT_TEXT:
        return "a filter of the network"
    if _BLOCKED.search(text) and (_BY_LAW.search(text) or (_BLOCKED.search(title) and len(text) <= SHORT_TEXT)):
        return "a block page of the network"
    return _by_script(source, text, octets)


def _by_script(source: str, text: str, octets: bytes) -> str | None:
    """Pages without a text of their own, whose script sets a cookie and asks for the page again."""
    if len(octets) > STUB or len(text) > 200:
        return None
    if not text and "_incapsula_resource" in source and len(octets) <= 2048:
        return "Imperva"
    if _COOKIE.search(source) and _AGAIN.search(source) and not _APPLICATION.search(source):
        return "a test of cookies"
    return None


def _plain(markup: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


def _text_of(octets: bytes) -> str:
    """Good enough for words and marks: what is no UTF-8 is most often windows-1251 where the words matter."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        # cut within a character
        if error.start >= len(octets) - 3 and len(octets) == LOOKED_AT:
            return octets[: error.start].decode("utf-8")
        return octets.decode("windows-1251", "replace")
