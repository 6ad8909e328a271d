"""What stands before a page is told from the page; what only speaks of it, or carries a captcha, is the page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.http import Head, parse_head
from crawler.challenge import LOOKED_AT, challenge_of


def head(status: int = 200, *lines: str, media_type: str | None = "text/html") -> Head:
    first = [f"HTTP/1.1 {status} Any", *([f"Content-Type: {media_type}"] if media_type else [])]
    parsed = parse_head("\r\n".join((*first, *lines, "", "")).encode())
    assert parsed is not None
    return parsed


def page(body: str, title: str = "", script: str = "") -> bytes:
    scripts = f"<script>{script}</script>" if script else ""
    return f"<!doctype html><html><head><title>{title}</title>{scripts}</head><body>{body}</body></html>".encode()


COOKIE_SCRIPT = "document.cookie = 'seen=' + mix(41, 17) + '; path=/'; location.reload();"

CHALLENGES = [
    ("Cloudflare", 403, page("<h1>shop.example</h1>", "Just a moment...", "window._cf_chl_opt = {cvId: '3'};")),
    ("Cloudflare", 503, page('<form id="challenge-form" action="/x?__cf_chl_f_tk=1">Please wait</form>', "Wait")),
    ("DDoS-Guard", 403, page("<h1>One moment</h1>", "DDoS-Guard", "fetch('/.well-known/ddos-guard/js-challenge/x')")),
    ("Qrator", 401, page("", "", "</script><script src='/__qrator/qauth.js'>")),
    ("Imperva", 200, page('<iframe id="main-iframe" src="/_Incapsula_Resource?CWUDNSAI=9&xinfo=1"></iframe>')),
    ("Imperva", 200, b'<html><head><script src="/_Incapsula_Resource?SWJIYLWA=5"></script></head><body></body></html>'),
    ("Akamai", 200, page('<div id="sec-if-cpt-container"></div>', "Challenge Validation")),
    ("Akamai", 200, page('<meta http-equiv="refresh" content="5; URL=/?bm-verify=AAQ">', "")),
    ("Sucuri", 307, b""),
    ("Sucuri", 200, page("", "You are being redirected...", "sucuri_cloudproxy_js = 'x'; document.cookie = 'a=b'")),
    ("AWS WAF", 202, page("<noscript>JavaScript is off.</noscript>", "", "window.gokuProps = {key: 'x'};")),
    ("DataDome", 403, page("", "ledger.example", "var dd = {host: 'geo.captcha-delivery.com'}")),
    ("PerimeterX", 403, page('<div id="px-captcha"></div>', "Access to this page has been denied")),
    ("StormWall", 200, page("", "", "function get_jhash(b) { return b; }")),
    ("Variti", 200, page("Please wait", "", "document.cookie = 'ipp_key=1'")),
    ("Anubis", 200, page('<script id="anubis_challenge" type="application/json">{}</script>', "Wait")),
    ("a test of cookies", 200, page("", "", "document.cookie='__test='+toHex(slowAES.decrypt(c,2,a,b))")),
    ("a test of cookies", 200, page("", "", COOKIE_SCRIPT)),
    ("a test of visitors", 503, page("<h1>Checking your browser before accessing ledger.example</h1>")),
    ("a test of visitors", 200, page("<p>Подождите, идёт проверка браузера.</p>", "Проверка")),
    ("a test of visitors", 200, page("<p>Зачекайте: перевіряємо ваш браузер</p>", "Зачекайте")),
    ("a test of visitors", 200, page("<p>Подтвердите, что вы не робот</p>", "Проверка", "smartCaptcha.render()")),
    ("a test of visitors", 403, page('<div class="h-captcha"></div><p>Verify you are human', "One more step")),
    ("a captcha", 200, page('<div class="g-recaptcha" data-sitekey="x"></div>', "Captcha")),
    (
        "a block page of the network",
        200,
        page("<h1>Доступ ограничен</h1><p>Доступ к ресурсу ограничен на основании закона 149-ФЗ", "Доступ ограничен"),
    ),
    (
        "a block page of the network",
        200,
        page("<p>Доступ к информационному ресурсу ограничен по решению Министерства информации")
        .decode()
        .encode("cp1251"),
    ),
    ("a block page of the network", 200, page("<p>Доступ до сайту обмежено згідно з указом Президента")),
    ("a filter of the network", 200, page("<p>Blocked by policy", "Web Page Blocked!")),
    ("Imunify360", 200, page('<form id="f" method="post"><input type="hidden" name="wsidchk"></form>', "One moment")),
    (
        "a test of visitors",
        200,
        page("<p>Введите символы с картинки</p><img src='/k.png'><form><input name=c></form>"),
    ),
]


@pytest.mark.parametrize(("who", "status", "body"), CHALLENGES)
def test_a_challenge_is_known_by_its_body(who: str, status: int, body: bytes) -> None:
    lines = ("X-Sucuri-Block: geo", "Location: /") if not body else ()
    assert challenge_of(head(status, *lines), body) == who


@pytest.mark.parametrize(
    ("who", "status", "line"),
    [
        ("Cloudflare", 403, "CF-Mitigated: challenge"),
        ("AWS WAF", 202, "x-amzn-waf-action: challenge"),
        ("AWS WAF", 405, "x-amzn-waf-action: captcha"),
        ("a filter of the network", 200, "rimon: RWC_BLOCK"),
        ("a block page of the network", 302, "Location: http://warning.rt.ru/?id=7&st=0"),
        ("a block page of the network", 302, "Location: https://lawfilter.ertelecom.ru/"),
    ],
)
def test_a_challenge_is_known_by_its_head(who: str, status: int, line: str) -> None:
    assert challenge_of(head(status, line, media_type=None), b"") == who


PARAGRAPH = "<p>The court in Lipovka heard the case of Mira Solen for the third time this year. </p>"

PAGES = {
    "an article about Cloudflare": page(
        PARAGRAPH * 30 + "<p>Cloudflare shows “Just a moment...” and checks your browser; _cf_chl_opt is its script.",
        "Checking your browser: how Cloudflare works",
    ),
    "a short notice about a block, with an article's furniture": page(
        "<article><h1>Доступ к сайту «Вестник» ограничен</h1><p>Роскомнадзор внёс его в единый реестр.</article>",
        "Доступ к сайту «Вестник» ограничен",
    ),
    "a short notice about a block, among links": page(
        "<h1>Доступ к сайту ограничен</h1><p>Решение суда" + '<a href="/n">news</a>' * 20, "Доступ ограничен"
    ),
    "a comment form with a captcha": page(
        PARAGRAPH
        + '<form><textarea name="comment"></textarea>Подтвердите, что вы не робот<div class="h-captcha"></div>'
    ),
    "a login with a captcha": page('<form><input type="password"><div class="g-recaptcha"></div></form>', "Log in"),
    "a subscription with a captcha": page(
        '<form><input type="email"><div class="cf-turnstile"></div>Verify you are human</form>', "Write to us"
    ),
    "the script that Cloudflare adds to every page": page(
        PARAGRAPH,
        "Case 17",
        "window.__CF$cv$params={r:'8',t:'M'};a.src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'",
    ),
    "the script that Imperva adds to every page": page(
        PARAGRAPH + '<script src="/_Incapsula_Resource?SWJIYLWA=719d34d31c8e3a6e6fffd425f7e032f3"></script>', "Case 17"
    ),
    "an application that its scripts fill in": page(
        '<noscript>You need to enable JavaScript to run this app.</noscript><div id="root"></div>',
        "Ledger",
        "document.cookie = 'theme=dark'; if (old) location.href = '/new';",
    ),
    "a page that remembers a visitor": page(
        PARAGRAPH * 4, "Case 17", "document.cookie = 'seen=1'; button.onclick = () => location.reload();"
    ),
    "a short page": page("<p>Mira Solen is free.", "News"),
    "nothing": b"",
    "a plain refusal": page("<h1>403 Forbidden</h1><hr>nginx", "403 Forbidden"),
    "a refusal by Akamai": page(
        '<h1>Access Denied</h1>You don\'t have permission to access "http://ledger.example/" on this server.<p>'
        "Reference #18.1a2b3c4d.1775931942.5b4183e6",
        "Access Denied",
    ),
    "a busy server": page("<h1>503 Service Unavailable</h1>No server is available", "503 Service Unavailable"),
}


@pytest.mark.parametrize("status", [200, 403, 503])
@pytest.mark.parametrize("name", PAGES)
def test_an_ordinary_page_is_no_challenge(name: str, status: int) -> None:
    assert challenge_of(head(status), PAGES[name]) is None


def test_a_page_that_is_no_html_is_no_challenge() -> None:
    body = page("<p>Checking your browser", "Just a moment...")

    assert challenge_of(head(media_type="text/plain"), body) is None
    assert challenge_of(head(media_type=None), body) == "a test of visitors"


def test_a_body_cut_within_a_character_is_read_all_the_same() -> None:
    text = page("<p>Подождите, идёт проверка браузера.</p><!--", "Проверка").removesuffix(b"</body></html>")
    filler = "ы".encode() * LOOKED_AT

    for shift in (b"", b"x"):
        assert challenge_of(head(), text + shift + filler) == "a test of visitors"


@given(st.binary(max_size=2000), st.integers(100, 599))
def test_any_octets_are_looked_at_without_harm(octets: bytes, status: int) -> None:
    answered = parse_head(b"HTTP/1.1 %d X\r\nLocation: //[\r\n\r\n" % max(status, 200))
    assert answered is not None
    challenge_of(answered, octets)
    challenge_of(answered, b"<title>" + octets)
