"""Every shipped definition: it loads, holds for any host, and tells kind and language of the addresses of SITES.md."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import tomlkit
from page_styles import ARTICLE, CAPTURED_AT, drupal, wordpress

from crawler.cli import run
from crawler.config import read_config
from pipelines.page import read_page
from pipelines.reading import Reading, StoredPage
from pipelines.rules import ReadingRules
from spiders.definition import SiteDefinition, entry_of
from spiders.identity import Identity
from spiders.kinds import kind_of, language_of
from spiders.known import KNOWN_SITES, spider_class
from spiders.scope import Scope
from spiders.selector import check_selector

TEMPLATES = ("generic-wordpress", "generic-drupal", "generic-feed", "generic-sitemap", "sudrf-court")
"""Definitions that need the address of a site."""

SHIPPED = (
    *("rights-in-russia", "ovd-info", "ovd-info-data", "the-insider"),
    *("viasna", "viasna-prisoners", "mediazona", "sota", "khpg", "memorial-hrc", "memorial-center", "memo-ru", "hrw"),
    *("amnesty", "svoboda", "idelreal", "krymr", "severreal", "kavkazr", "ctrcenter"),
    *("holod", "verstka", "proekt", "agents", "paperpaper", "semnasem"),
    *TEMPLATES,
)

# addresses in the forms of SITES.md, under slugs that are made up: site, path, kind, language (None: the site's usual)
ADDRESSES = (
    ("ovd-info", "/express-news/2026/08/13/uchitel-geografii-pod-arestom", "news", None),
    ("ovd-info", "/en/express-news/2026/08/13/a-teacher-arrested", "news", "en"),
    ("ovd-info", "/news/2020/01/02/obysk-v-biblioteke", "news", None),
    ("ovd-info", "/articles/2025/03/04/karty-risuyut-lyudi", "article", None),
    ("ovd-info", "/stories/menya-zovut-velimir", "story", None),
    ("ovd-info", "/persons/velimir-verhoplyosov", "case", None),
    ("ovd-info", "/en/persons/velimir-verkhoplyosov", "case", "en"),
    ("ovd-info", "/texts?page=3", "list", None),
    ("ovd-info", "/express-news?page=12", "list", None),
    ("ovd-info", "/regions/lugodolskaya-oblast?page=2", "list", None),
    ("ovd-info", "/subjects", "list", None),
    ("ovd-info", "/documents/doklad-o-sudah", "document", None),
    ("ovd-info", "/rss.xml", "feed", None),
    ("ovd-info-data", "/v1/persons/17?language=en", "case", "en"),
    ("ovd-info-data", "/v1/persons?language=ru&subset=detailed", "list", "ru"),
    ("the-insider", "/news/100001", "news", None),
    ("the-insider", "/en/news/100002", "news", "en"),
    ("the-insider", "/en/politics/100003", "article", "en"),
    ("the-insider", "/confession/100004", "interview", None),
    ("the-insider", "/inv/100005", "investigation", None),
    ("the-insider", "/opinions/velimir-verhoplyosov/100006", "opinion", None),
    ("the-insider", "/en/opinion/velimir-verhoplyosov/100007", "opinion", "en"),
    ("the-insider", "/opinions", "list", None),
    ("the-insider", "/en", "list", "en"),
    ("viasna", "/be/news/100001", "news", "be"),
    ("viasna", "/ru/news/100001", "news", "ru"),
    ("viasna", "/en/news/100001", "news", "en"),
    ("viasna-prisoners", "/en/list", "list", "en"),
    ("viasna-prisoners", "/en/table", "list", "en"),
    ("viasna-prisoners", "/ru/person/velimir-verkhaplyosau", "case", "ru"),
    ("mediazona", "/news/2026/01/02/arest", "news", None),
    ("mediazona", "/article/2026/01/02/pochtalon", "article", None),
    ("mediazona", "/chronics/2026/01/02/mosty", "chronicle", None),
    ("mediazona", "/online/2026/01/02/sud", "report", None),
    ("mediazona", "/rss", "feed", None),
    ("sota", "/category/news/page/4/", "list", None),
    ("sota", "/pochtalon-pod-arestom/", "news", None),
    ("khpg", "/en/1608810000", "news", "en"),
    ("khpg", "/en/index.php?id=1508810000", "news", "en"),
    ("khpg", "/1608810000", "news", None),
    ("memorial-hrc", "/ru/blogs/o-sude-v-verhnem-plyose", "news", "ru"),
    ("memorial-hrc", "/en/news_old/a-trial-in-verkhny-plyos", "news", "en"),
    ("memorial-hrc", "/sites/default/files/doklad.pdf", "document", None),
    ("hrw", "/news/2026/01/02/verkhny-plyos-teacher-sentenced", "news", None),
    ("hrw", "/report/2026/01/02/maps-and-borders/a-report", "report", None),
    ("svoboda", "/a/uchitel-geografii/33000001.html", "news", None),
    ("idelreal", "/a/33000002.html", "news", None),
    ("krymr", "/a/pochtalon/33000003.html", "news", None),
    ("severreal", "/a/biblioteka/33000004.html", "news", None),
    ("kavkazr", "/a/mosty/33000005.html", "news", None),
    ("holod", "/2026/01/02/pochtalon/", "news", None),
    ("sudrf-court", "/modules.php?name=press_dep&op=12&arc_list=2024", "list", None),
    ("generic-wordpress", "/2026/01/02/a-teacher-sentenced/", "news", None),
    ("generic-wordpress", "/category/cases/page/2/", "list", None),
    ("generic-drupal", "/sites/default/files/report.pdf", "document", None),
)

# what is no page: share and login forms, second forms of listings, interfaces
REFUSED = (
    ("ovd-info", "/express-news?page=0"),
    ("ovd-info", "/user/login?destination=/x"),
    ("ovd-info", "/en/search?keys=x"),
    ("ovd-info", "/cdn-cgi/l/email-protection"),
    ("ovd-info", "/persons?sort_by=title&sort_order=ASC"),
    ("the-insider", "/login"),
    ("the-insider", "/en/search?q=x"),
    ("the-insider", "/news/100001?share=vk"),
    ("viasna", "/en/search?q=x"),
    ("mediazona", "/search?q=x"),
    ("sota", "/wp-json/wp/v2/posts/1"),
    ("sota", "/a-post/?share=telegram"),
    ("khpg", "/en/1608810000?print=1"),
    ("memorial-hrc", "/user/login"),
    ("hrw", "/sitemap-of-donors"),
    ("svoboda", "/amp/uchitel/33000001.html"),
    ("sudrf-court", "/modules.php?name=sud_delo"),
    ("generic-wordpress", "/a-post/feed/"),
    ("generic-wordpress", "/?s=word"),
    ("generic-drupal", "/user/login"),
)


def home_of(site: SiteDefinition) -> str:
    return re.sub(r"(?<=[^/:])/.*", "", site.addresses[0])


def test_all_that_are_promised_are_shipped() -> None:
    assert set(SHIPPED) <= set(KNOWN_SITES)


def test_the_documentation_names_them_all() -> None:
    docs = Path(__file__).resolve().parents[2] / "docs" / "sites.md"
    text = docs.read_text(encoding="utf-8")

    assert [name for name in KNOWN_SITES if f"`{name}`" not in text] == []


@pytest.mark.parametrize("name", KNOWN_SITES)
def test_a_definition_is_what_a_person_may_write(name: str) -> None:
    site = KNOWN_SITES[name]

    # the checks of khronika.toml: addresses, patterns, selectors, the names of its keys
    config = read_config(tomlkit.dumps({"site": [entry_of(site)]}).encode())

    assert config.sites == (site,)
    assert spider_class(site.spider)
    assert site.label and site.addresses
    Identity(site)
    Scope(site)


@pytest.mark.parametrize("name", KNOWN_SITES)
def test_patterns_hold_for_any_host(name: str) -> None:
    site = KNOWN_SITES[name]
    searched = [*site.include, *site.exclude, *site.browser, *(one for one, _ in (*site.kinds, *site.language_paths))]
    own = {re.sub(r"^https?://(?:www\.)?", "", url).partition("/")[0] for url in site.addresses}

    for pattern in searched:
        re.compile(pattern)
        assert pattern.startswith(("/", "^https?://[^/]+", "[?&]", "(?")), pattern
        assert not any(host in pattern or re.escape(host) in pattern for host in own), pattern


@pytest.mark.parametrize("name", KNOWN_SITES)
def test_selectors_can_be_read(name: str) -> None:
    site = KNOWN_SITES[name]
    selectors = [one for field in site.selectors.__slots__ for one in getattr(site.selectors, field)]

    for selector in (*selectors, *(one for _, one in site.facts)):
        assert check_selector(selector)


@pytest.mark.parametrize(("name", "path", "kind", "language"), ADDRESSES)
def test_kind_and_language_of_addresses(name: str, path: str, kind: str, language: str | None) -> None:
    site = KNOWN_SITES[name]
    url = home_of(site) + path

    assert (kind_of(site, url), language_of(site, url)) == (kind, language)
    if kind != "feed":
        assert Scope(site).admits(url).admitted
    # and on a mirror
    mirror = site.rebased("https://mirror.example/")
    assert kind_of(mirror, f"https://mirror.example{path}") == kind
    assert kind == "feed" or Scope(mirror).admits(f"https://mirror.example{path}").admitted


@pytest.mark.parametrize(("name", "path"), REFUSED)
def test_what_is_no_page_is_refused(name: str, path: str) -> None:
    site = KNOWN_SITES[name]

    assert not Scope(site).admits(home_of(site) + path).admitted


def test_what_a_server_is_known_to_ask_for_is_in_its_definition() -> None:
    assert (KNOWN_SITES["ovd-info-data"].delay or 0) >= 2
    assert not [url for url in KNOWN_SITES["holod"].addresses if "/wp-json/" in url]


def test_hosts_of_one_site_have_one_identity() -> None:
    insider = Identity(KNOWN_SITES["the-insider"])
    assert insider.same("https://theins.press/en/news/100002", "http://www.theins.ru/en/news/100002?utm_source=x")
    viasna = Identity(KNOWN_SITES["viasna"])
    assert viasna.same("http://spring96.org./en/news/100001", "https://spring96.org/en/news/100001")
    ovd = Identity(KNOWN_SITES["ovd-info"])
    assert ovd.same("https://ovdinfo.org/persons/x", "https://ovd.info/persons/x?amp")
    assert not ovd.same("https://en.ovdinfo.org/persons/x", "https://ovd.info/persons/x")


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shipped") / "collection"
    assert run(["-q", "init", str(path)]) == 0
    return path


@pytest.mark.parametrize("name", sorted(set(KNOWN_SITES) - {"telegram"}))
def test_each_can_be_added(name: str, collection: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--from", "https://rowan.example/list.xml", "--name", "rowan"] if name in TEMPLATES else []

    status = run(["-C", str(collection), "site", "add", name, *words, "--dry-run"])

    shown = capsys.readouterr()
    assert status == 0, shown.err
    assert f'name = "{"rowan" if words else name}"' in shown.out
    assert "site.invalid" not in shown.out


def read(name: str, path: str, markup: str) -> Reading:
    site = KNOWN_SITES[name].rebased("https://rowan.example/")
    page = StoredPage(
        f"https://rowan.example{path}", CAPTURED_AT, "urn:uuid:1", None, "text/html; charset=utf-8", markup.encode()
    )
    return read_page(page, ReadingRules.of(site))


def page_of(body: str, head: str = "") -> str:
    return f"<html><head><title>Rowan</title>{head}</head><body><div>Rowan 12 345</div>{body}<p>97</p></body></html>"


@pytest.mark.parametrize(
    ("name", "path", "style"),
    [("generic-wordpress", "/2026/04/04/teacher/", wordpress), ("generic-drupal", "/node/17", drupal)],
)
def test_generic_definitions_read_the_pages_of_common_software(
    name: str, path: str, style: Callable[[Sequence[str]], str]
) -> None:
    reading = read(name, path, style(ARTICLE))

    assert reading.title == ARTICLE[2]
    assert all(line in reading.text for line in ARTICLE[3:])
    assert not any(word in reading.text for word in ("USD 78.84", "A winter without letters", "Ваш браузер"))
    assert reading.sight is not None
    assert reading.sight.kind == ("news" if name == "generic-wordpress" else "other")


def test_sota_reads_the_body_of_a_post() -> None:
    heading = '<h1 class="entry-title">Почтальон под арестом</h1>'
    body = '<div class="entry-content"><p>Суд отправил его в СИЗО.</p></div>'

    reading = read("sota", "/pochtalon/", page_of(heading + body))

    assert (reading.title, reading.text) == ("Почтальон под арестом", "Суд отправил его в СИЗО.")


def test_a_page_of_viasnas_database_is_about_the_person_of_its_heading() -> None:
    head = '<link rel="canonical" href="https://rowan.example/en/person/velimir-verkhaplyosau">'

    reading = read(
        "viasna-prisoners", "/en/person/velimir-verkhaplyosau", page_of("<h1>Velimir Verkhaplyosau</h1>", head)
    )

    assert reading.sight is not None
    assert (reading.sight.kind, reading.sight.language) == ("case", "en")
    assert reading.sight.person == ("Velimir Verkhaplyosau",)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_definition_for_many_sites_asks_for_the_one(
    name: str, collection: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-C", str(collection), "site", "add", name, "--dry-run"]) == 2
    assert "--from" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "way"), [("generic-feed", "feeds"), ("generic-sitemap", "sitemaps")])
def test_a_feed_or_sitemap_is_taken_as_it_is_named(
    name: str, way: str, collection: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "https://rowan.example/news/list.php?format=xml"

    assert run(["-C", str(collection), "site", "add", name, "--from", url, "--name", "rowan", "--dry-run"]) == 0

    entry = tomllib.loads(capsys.readouterr().out)["site"][0]
    assert entry[way] == [url]
    assert "mirrors" not in entry
