from __future__ import annotations

import pytest

from spiders.definition import SiteDefinition
from spiders.scope import Scope
from spiders.trackers import is_share_or_login, is_tracker, never_fetched

HOST = "https://ledger.example"


@pytest.mark.parametrize(
    "url",
    [
        "https://www.google-analytics.com/collect?v=1",
        "https://mc.yandex.ru/watch/12345",
        "https://counter.yadro.ru/hit?t44.6",
        "http://top-fwz1.mail.ru./counter?id=1",
        "https://www.facebook.com/tr?id=1&ev=PageView",
        f"{HOST}/matomo.php?idsite=1",
        f"{HOST}/stats/piwik.js",
        f"{HOST}/cdn-cgi/rum?",
        f"{HOST}/pixel.gif?x=1",
        "https://sub.doubleclick.net/x",
    ],
)
def test_trackers(url: str) -> None:
    assert is_tracker(url)
    assert never_fetched(url) == "tracker"


@pytest.mark.parametrize(
    "url",
    [
        "https://www.facebook.com/sharer/sharer.php?u=x",
        "https://twitter.com/intent/tweet?text=x",
        "https://t.me/share/url?url=x",
        "https://vk.com/share.php?url=x",
        "https://wa.me/?text=x",
        f"{HOST}/2026/11/case/?share=telegram",
        f"{HOST}/share?url=https%3A%2F%2Fledger.example",
        f"{HOST}/wp-login.php?redirect_to=x",
        f"{HOST}/wp-admin/",
        f"{HOST}/user/login?destination=node/1",
        f"{HOST}/login",
        f"{HOST}/en/sign-in/",
        f"{HOST}/login.php?next=/",
        f"{HOST}/forum/ucp.php?mode=login",
        f"{HOST}/forum/posting.php?mode=reply&t=4",
        f"{HOST}/index.php?action=login",
        f"{HOST}/?login=yes&backurl=/",
        f"{HOST}/accounts/login/",
        f"{HOST}/wiki/Special:UserLogin",
        f"{HOST}/w/index.php?title=Служебная:UserLogin",
    ],
)
def test_shares_and_logins(url: str) -> None:
    assert is_share_or_login(url)
    assert never_fetched(url) == "share or login"


@pytest.mark.parametrize(
    "url",
    [
        f"{HOST}/",
        f"{HOST}/register/",  # of political prisoners
        f"{HOST}/register-of-persons/17/",
        f"{HOST}/news/how-the-state-tracks-you/",
        f"{HOST}/news/login-denied-to-the-defence/",
        f"{HOST}/share-of-convictions/",
        f"{HOST}/persons/counter/",
        f"{HOST}/accounts/of-witnesses/",
        f"{HOST}/members/",
        f"{HOST}/auth/or/",
        f"{HOST}/case/17?page=2",
        f"{HOST}/index.php?id=17&action=view",
        f"{HOST}/forum/memberlist.php?mode=viewprofile&u=7",
        f"{HOST}/forum/viewtopic.php?f=2&t=17",
        f"{HOST}/?share=17",
        f"{HOST}/session/12/",
        f"{HOST}/collect?page=3",
        f"{HOST}/wp-json/wp/v2/posts?page=2",
        f"{HOST}/email/archive/",
        "https://t.me/s/ledger",
        "https://t.me/ledger/17",
        "https://twitter.com/ledger/status/1",
        "https://liveinternetbutnot.example/",
        "not an address",
    ],
)
def test_pages_are_neither(url: str) -> None:
    assert never_fetched(url) == ""


def test_the_scope_says_why() -> None:
    scope = Scope(SiteDefinition(name="ledger", start=(f"{HOST}/",)))

    assert scope.admits(f"{HOST}/matomo.php").reason == "tracker"
    assert scope.admits(f"{HOST}/wp-login.php").reason == "share or login"
    assert scope.admits("https://mc.yandex.ru/watch/1").reason == "other host"


def test_requisites_come_from_the_sites_own_hosts_and_those_that_are_named() -> None:
    site = SiteDefinition(
        name="ledger",
        start=(f"{HOST}/",),
        mirrors=("mirror.example:8080",),
        include=("/case/",),
        requisites=True,
        requisite_hosts=("cdn.example", "fonts.example:8443"),
    )
    scope = Scope(site)

    def reason(url: str) -> str:
        return scope.admits_requisite(url).reason

    for url in (
        f"{HOST}/a.css",
        "https://static.ledger.example/a.css",
        "http://mirror.example:8080/a.css",
        "https://cdn.example/a.png",
        "https://img.cdn.example/a.png",
        "https://fonts.example:8443/a.woff",
    ):
        assert reason(url) == "", url
    for url in (
        "https://other.example/a.css",
        "https://fonts.example/a.woff",
        "https://notledger.example/a.css",
        "https://static.ledger.example:8443/a.css",
    ):
        assert reason(url) == "requisite on another host", url
    assert reason(f"{HOST}/pixel.gif") == "tracker"
    assert reason("https://mc.yandex.ru/watch/1.gif") == "tracker"
    assert reason("ftp://ledger.example/a") == "scheme ftp"
