"""What a page is by its site's definition: identity, kind, language, pair, dates, person, source, facts, posts."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.change import compare
from pipelines.page import read_page
from pipelines.reading import Reading, StoredPage
from pipelines.rules import ReadingRules
from pipelines.sight import Fact, Sight, Translation, shown
from spiders.definition import Items, Selectors, SiteDefinition

AT = datetime(2026, 12, 1, tzinfo=UTC)
HOME = "https://rowan.example"
TEXT = "".join(
    f"<p>{line}</p>"
    for line in (
        "A court in the river town of Verkhny Plyos has sentenced a geography teacher to five years in a penal colony.",
        "According to the indictment he had told the ninth form that maps are drawn by people and can be drawn again.",
        "The charge rests on the words of one lesson. Nothing in them calls for violence of any kind.",
    )
)
TEXT_RU = "".join(
    f"<p>{line}</p>"
    for line in (
        "Суд в речном городе Верхний Плёс приговорил учителя географии к пяти годам колонии общего режима.",
        "По версии следствия, он сказал девятому классу, что карты рисуют люди и их можно нарисовать заново.",
        "Обвинение держится на словах одного урока. Ничто в них не призывает к насилию.",
    )
)
SITE = SiteDefinition(
    name="rowan",
    start=(f"{HOME}/", f"{HOME}/en/"),
    mirrors=("rowan-mirror.example",),
    hosts=("old.rowan.example",),
    languages=("ru", "en"),
    language_paths=((r"^https?://[^/]+/en(?:/|$)", "en"),),
    kinds=((r"/figurant/[^/]+", "case"), (r"/news/[^/?]+", "news"), (r"^https?://[^/]+/(?:en/)?$", "list")),
    selectors=Selectors(
        title=("h1.name",),
        body=("div.art",),
        published=("#when",),
        modified=("xpath://meta[@property='og:updated_time']/@content",),
        person=("div.dossier a", "h1.name"),
        source=("p.origin",),
        translation=(".languages a",),
        remove=(".tip", ".languages", ".share"),
        volatile=(".views", ".rates"),
    ),
    facts=(
        ("article", "ul.clause li span"),
        ("address", "div[data-modal=letter] p"),
        ("tag", "a.tag::attr(aria-label)"),
        ("term", "td.years"),
        ("term", "td.term"),
    ),
    timezone="Europe/Moscow",
)


def stored(markup: str, path: str = "/figurant/polyanskij/", link: str = "", base: str = HOME) -> StoredPage:
    record = "urn:uuid:00000000-0000-4000-8000-000000000017"
    return StoredPage(base + path, AT, record, None, "text/html; charset=utf-8", markup.encode(), link)


def read(
    markup: str,
    path: str = "/figurant/polyanskij/",
    site: SiteDefinition | None = SITE,
    link: str = "",
    base: str = HOME,
) -> Reading:
    rules = ReadingRules() if site is None else ReadingRules.of(site)
    return read_page(stored(markup, path, link, base), rules)


def seen(markup: str, path: str = "/figurant/polyanskij/", **more: Any) -> Sight:
    sight = read(markup, path, **more).sight
    assert sight is not None
    return sight


def page(head: str = "", body: str = "", text: str = TEXT, lang: str = "") -> str:
    html = f'<html lang="{lang}">' if lang else "<html>"
    return f"{html}<head><title>Rowan</title>{head}</head><body>{body}<div class=art>{text}</div></body></html>"


CARD = page(
    '<link rel="canonical" href="https://rowan.example/figurant/polyanskij/">'
    '<link rel="shortlink" href="https://rowan.example/?p=17">'
    '<link rel="amphtml" href="https://rowan.example/figurant/polyanskij/?amp">'
    '<link rel="alternate" hreflang="ru" href="https://rowan.example/figurant/polyanskij/">'
    '<link rel="alternate" hreflang="en" href="https://rowan.example/en/figurant/polyansky/">'
    '<link rel="alternate" hreflang="x-default" href="https://rowan.example/figurant/polyanskij/">'
    '<meta property="og:updated_time" content="2026-08-13T19:05:01+03:00">'
    '<script type="application/ld+json">{"@type":"NewsArticle","headline":"Other","datePublished":"2026-08-12",'
    '"dateModified":"2026-08-12"}</script>',
    """<h1 class=name> Полянский  Арсений <span class=tip>о нём</span>Игоревич</h1>
    <span id=when>13.08.2026, 17:57</span>
    <ul class=clause><li><span>ч. 2 ст. 541 <i class=tip>что это</i></span></li><li><span>ст.&nbsp;9</span></li></ul>
    <a class=tag aria-label="Region: Plyos">#</a><a class=tag aria-label="Stage: colony">#</a>
    <table><tr><td>Term</td><td class=term>5 лет</td></tr></table>
    <div data-modal=letter><p><p>000123, Заозёрная область,<br>г. Верхний Плёс</p></div>
    <p class=origin>Источник: <a href="https://alder.example/77">Комитет «Ольха»</a></p>""",
    '<div class=languages><a href="/en/figurant/polyansky/" hreflang=en>EN</a></div>'
    + TEXT_RU
    + "<p>Смотрели <span class=views>17</span></p><p class=rates>USD 78.84</p><ul class=share><li>Telegram</li></ul>",
    "ru-RU",
)


def test_a_card_says_all_that_the_definition_asks_for() -> None:
    reading = read(CARD)

    assert (reading.title, reading.published, reading.modified) == (
        "Полянский Арсений Игоревич",
        "2026-08-13T17:57:00+03:00",
        "2026-08-13T19:05:01+03:00",
    )
    assert reading.sight == Sight(
        kind="case",
        language="ru",
        language_by="hreflang",
        identity=f"{HOME}/figurant/polyanskij/",
        identity_by="canonical",
        translations=(Translation("en", f"{HOME}/en/figurant/polyansky/"),),
        person=("Полянский Арсений Игоревич",),
        source="Комитет «Ольха»",
        source_url="https://alder.example/77",
        facts=(
            Fact("article", "ч. 2 ст. 541"),
            Fact("article", "ст. 9"),
            Fact("address", "000123, Заозёрная область, г. Верхний Плёс"),
            Fact("tag", "Region: Plyos"),
            Fact("tag", "Stage: colony"),
            Fact("term", "5 лет"),
        ),
        canonical=f"{HOME}/figurant/polyanskij/",
        shortlink=f"{HOME}/?p=17",
        amp=f"{HOME}/figurant/polyanskij/?amp",
        matched=(
            ("body", 1),
            ("facts.address", 2),
            ("facts.article", 2),
            ("facts.tag", 2),
            ("facts.term", 1),
            ("modified", 1),
            ("person", 1),
            ("published", 1),
            ("source", 1),
            ("title", 1),
            ("translation", 1),
        ),
    )


def test_the_main_text_is_the_body_without_what_is_cut_and_what_moves_by_itself() -> None:
    reading = read(CARD)

    assert reading.text.startswith("Суд в речном городе")
    assert reading.text.endswith("не призывает к насилию.\n\nСмотрели")
    side = {reading.text_of(block): block.furniture for block in reading.blocks if block.level == "side"}
    assert (side["17"], side["USD 78.84"], side["EN"], side["Telegram"]) == (
        "volatile",
        "volatile",
        "ignored",
        "ignored",
    )
    assert side["о нём"] == "ignored"


def test_a_fact_stands_in_the_record_with_its_subject_and_its_place() -> None:
    record = read(CARD).to_record()

    fact = next(fact for fact in record["facts"] if fact["by"] == "site" and fact["name"] == "article")
    assert fact == {
        "subject": "Полянский Арсений Игоревич",
        "name": "article",
        "value": "ч. 2 ст. 541",
        "cited": "ч. 2 ст. 541",
        "start": 0,
        "end": 12,
        "block": 3,
        "language": "ru",
        "by": "site",
    }
    inside = replace(SITE, facts=(("court", "div.art p:first-of-type"),))
    record = read(CARD, site=inside).to_record()
    fact = next(fact for fact in record["facts"] if fact["name"] == "court")
    assert record["text"][fact["start"] : fact["end"]] == fact["value"]


def test_what_moves_in_a_volatile_slot_is_noise() -> None:
    before, after = read(CARD), read(CARD.replace(">17<", ">9 870 раз за день<").replace("78.84", "81.02"))

    assert compare(before, after).kind == "noise"
    assert compare(before, read(CARD.replace("пяти годам", "восьми годам"))).kind == "edited"


def test_the_canonical_form_gives_sight_back_and_older_readings_have_none() -> None:
    reading = read(CARD)
    older = {key: value for key, value in reading.to_record().items() if key != "site"}

    assert Reading.from_json(reading.to_json()) == reading
    assert Reading.from_json(json.dumps(older).encode()).sight is None
    assert "site" not in Reading.from_json(json.dumps(older).encode()).to_record()


# --- identity -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "canonical", "identity", "by"),
    [
        ("/figurant/a/?utm_source=x", "", "/figurant/a/", "address"),
        ("/?p=17", "/figurant/a/", "/figurant/a/", "canonical"),
        ("/figurant/a/", "https://rowan-mirror.example/figurant/a/", "/figurant/a/", "canonical"),
        ("/figurant/a/amp/", "/figurant/a/", "/figurant/a/", "canonical"),
        # a bad template's
        ("/figurant/a/", "/", "/figurant/a/", "address"),
        ("/en/figurant/a/", "/en/", "/en/figurant/a/", "address"),
        ("/figurant/a/", "https://elsewhere.example/figurant/a/", "/figurant/a/", "address"),
        ("/figurant/a/", "/news/a", "/figurant/a/", "address"),
        ("/en/figurant/a/", "/figurant/a/", "/en/figurant/a/", "address"),
        ("/all/page/2/", "/all/", "/all/page/2/", "address"),
        ("/all?page=2", "/all", "/all?page=2", "address"),
        ("/text?id=7", "/text", "/text?id=7", "address"),
        ("/text?slug=a&print=yes", "/text?slug=a", "/text?slug=a", "canonical"),
        ("/text?from=feed", "/text", "/text", "canonical"),
        ("/figurant/a/", "mailto:nobody", "/figurant/a/", "address"),
    ],
)
def test_a_pages_own_word_for_its_address_is_believed_where_it_can_be_true(
    path: str, canonical: str, identity: str, by: str
) -> None:
    sight = seen(page(f'<link rel=canonical href="{canonical}">' if canonical else ""), path)

    assert (sight.identity, sight.identity_by) == (HOME + identity, by)


def test_a_mirror_serves_the_same_page_and_a_former_host_another() -> None:
    mirrored = seen(page(), base="http://rowan-mirror.example")
    former = seen(page(), base="http://old.rowan.example")

    assert mirrored.identity == f"{HOME}/figurant/polyanskij/"
    assert mirrored.kind == "case"
    assert former.identity == "http://old.rowan.example/figurant/polyanskij/"


def test_a_link_header_says_what_links_of_the_page_say() -> None:
    header = (
        f'<{HOME}/wp-json/>; rel="https://api.w.org/"'
        f", <{HOME}/figurant/a/>; rel=canonical, <{HOME}/?p=17>; rel=shortlink"
        f', <{HOME}/en/figurant/a/>; rel="alternate"; hreflang="en"'
    )
    sight = seen(page(), "/?p=17", link=header)

    assert (sight.identity, sight.shortlink) == (f"{HOME}/figurant/a/", f"{HOME}/?p=17")
    assert sight.translations == (Translation("en", f"{HOME}/en/figurant/a/"),)


# --- language ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "lang", "text", "language", "by"),
    [
        ("/en/news/a", "ru", TEXT_RU, "en", "address"),
        ("/news/a", "ru-RU", TEXT_RU, "ru", "lang"),
        # a theme that was never translated
        ("/news/a", "en-US", TEXT_RU, "ru", "text"),
        ("/news/a", "en", TEXT, "en", "lang"),
        ("/news/a", "de", TEXT_RU, "ru", "default"),
        ("/news/a", "", TEXT, "ru", "default"),
        ("/news/a", "", "<p>541</p>", "ru", "default"),
    ],
)
def test_the_address_tells_the_language_before_the_page_and_the_text(
    path: str, lang: str, text: str, language: str, by: str
) -> None:
    sight = seen(page(text=text, lang=lang), path)

    assert (sight.language, sight.language_by) == (language, by)


@pytest.mark.parametrize(
    ("languages", "lang", "text", "language", "by"),
    [
        ((), "", TEXT_RU, "ru", "text"),
        ((), "be-BY", TEXT_RU, "ru", "text"),
        ((), "be-BY", "<p>541</p>", "be", "lang"),
        ((), "ru-RU", TEXT_RU, "ru", "lang"),
        ((), "", "<p>541</p>", "", ""),
        (("en", "ru"), "", TEXT_RU, "ru", "text"),
        (("en",), "", TEXT_RU, "en", "default"),
        (("en",), "en-GB", TEXT_RU, "en", "lang"),
    ],
)
def test_where_addresses_do_not_tell_the_page_and_its_text_do(
    languages: tuple[str, ...], lang: str, text: str, language: str, by: str
) -> None:
    site = SiteDefinition(name="alder", start=(f"{HOME}/",), languages=languages)
    sight = seen(page(text=text, lang=lang), "/news/a", site=site)

    assert (sight.language, sight.language_by) == (language, by)


@pytest.mark.parametrize(
    ("text", "said", "language"),
    [("ru", "en", "ru"), ("und", "be", "be"), ("und", "", "und"), ("uk", "", "uk")],
)
def test_one_language_is_said_of_a_page_its_texts_before_its_markups(text: str, said: str, language: str) -> None:
    sight = Sight("case", said, "lang" if said else "", f"{HOME}/a", "address")

    assert shown(text, sight) == language
    assert shown(text, None) == text


def test_hreflang_of_the_page_itself_tells_its_language() -> None:
    head = f'<link rel=alternate hreflang=en href="{HOME}/news/a"><link rel=alternate hreflang=ru href="{HOME}/news/b">'
    sight = seen(page(head, text=TEXT_RU, lang="ru"), "/news/a")

    assert (sight.language, sight.language_by) == ("en", "hreflang")
    assert sight.translations == (Translation("ru", f"{HOME}/news/b"),)


def test_other_links_with_hreflang_are_no_translations() -> None:
    body = (
        '<a href="/regions/plyos" hreflang="en">Plyos</a><ul class="language-switcher-x"><li>'
        '<a class="language-link" hreflang="en" href="/en/news/other-slug">English</a></li></ul>'
    )

    assert seen(page(body=body), "/news/a").translations == (Translation("en", f"{HOME}/en/news/other-slug"),)


@pytest.mark.parametrize(
    "head",
    [
        f'<link rel=alternate hreflang=en href="{HOME}/en/">',
        f'<link rel=alternate hreflang=x-default href="{HOME}/en/news/a">',
        f'<link rel=alternate hreflang=de href="{HOME}/de/news/a">',
        f'<link rel=alternate hreflang=ru href="{HOME}/news/a">',
        '<meta property="og:locale:alternate" content="en_US">',
        '<link rel=alternate hreflang=en href="javascript:void(0)">',
    ],
)
def test_a_home_page_and_what_names_no_page_are_no_translations(head: str) -> None:
    assert seen(page(head), "/news/a").translations == ()


def test_a_link_that_the_definition_names_is_a_translation_in_the_language_of_its_address_or_words() -> None:
    site = replace(SITE, language_paths=(), languages=("ru", "en", "be"))
    switch = '<p class=languages><a href="/n/1">Read it in English</a><a href="/n/2" lang=be>BY</a></p>'
    flag = '<p class=languages><a href="/n/3"><img src=flag.png></a></p>'

    assert seen(page(body=switch, text=TEXT_RU), "/news/a", site=site).translations == (
        Translation("be", f"{HOME}/n/2"),
        Translation("en", f"{HOME}/n/1"),
    )
    assert seen(page(body=switch), "/en/news/a").translations == ()
    assert seen(page(body=flag), "/en/news/a").translations == (Translation("ru", f"{HOME}/n/3"),)
    assert seen(page(body=flag), "/news/a").translations == ()


# --- persons, sources, dates, posts -----------------------------------------------------------------------------------


def test_several_persons_stand_as_they_are_listed_each_once() -> None:
    names = "<a>Арсений  Полянский</a>, <a>Лев Сорокин</a><a>Лев Сорокин</a>"
    body = f"<div class=dossier>{names}</div><h1 class=name>Both</h1>"

    assert seen(page(body=body)).person == ("Арсений Полянский", "Лев Сорокин")


def test_of_paragraphs_the_one_that_is_a_date_and_the_one_that_names_its_source_count() -> None:
    site = replace(
        SITE, selectors=Selectors(published=("div.art p",), source=("div.art p",)), languages=("en",), language_paths=()
    )
    text = TEXT + "<p>On 3 March 2021 he was detained.</p><p>17 May 2022</p><p>Source: Rowan Committee, 16 May 2022</p>"
    reading = read(page(text=text), "/weekly-update-19/", site=site)

    assert reading.published == "2022-05-17"
    assert reading.sight is not None
    assert reading.sight.source == "Rowan Committee, 16 May 2022"
    assert read(page(), "/weekly-update-20/", site=site).published is None


POSTS = """<html><body><h3 id=sites-page-title>News</h3>
<div class=post><h4><a href="/news/first">First</a></h4>
<div class=when>posted 13 Nov 2017, 06:01 by Rowan Service [ updated 14 Nov 2017, 07:02 ]</div><p>One text.</p></div>
<div class=post><h4><a href="/news/second">Second</a></h4>
<div class=when>posted 12 Nov 2017, 05:00 by Rowan Service</div><p>Another text.</p></div></body></html>"""


def test_several_posts_on_one_page_each_have_their_dates_and_the_page_has_none() -> None:
    items = Items(selector="div.post", id="xpath:.//h4/a/@href", published=".when", modified=".when", text="p")
    site = SiteDefinition(name="rowan", start=(f"{HOME}/",), items=items)
    reading = read(POSTS, "/news", site=site)

    assert reading.published is None
    assert reading.sight is not None
    assert [(one.id, one.published, one.modified, one.edited) for one in reading.sight.items] == [
        ("/news/first", "2017-11-13T06:01:00", "2017-11-14T07:02:00", True),
        ("/news/second", "2017-11-12T05:00:00", None, False),
    ]
    again = read(POSTS.replace("One text.", "One other text."), "/news", site=site)
    assert again.sight is not None
    digests = [[one.text_digest for one in sight.items] for sight in (reading.sight, again.sight)]
    assert (digests[0][0] == digests[1][0], digests[0][1] == digests[1][1]) == (False, True)


CHANNEL = """<html><body><div class=tgme_channel_history>
<div class=tgme_widget_message data-post="rowan/17"><div class=tgme_widget_message_text>Five years<br>of words.</div>
<span class=tgme_widget_message_views>1.2K</span><span class=tgme_widget_message_meta>edited&nbsp;<a
 class=tgme_widget_message_date><time datetime="2026-08-13T14:57:00+00:00">17:57</time></a></span></div>
<div class=tgme_widget_message data-post="rowan/18"><div class=tgme_widget_message_text>Letters arrive.</div>
<span class=tgme_widget_message_views>900</span><span class=tgme_widget_message_meta><a
 class=tgme_widget_message_date><time datetime="2026-08-14T14:57:00+00:00">17:57</time></a></span></div>
</div></body></html>"""


def test_a_message_is_edited_where_the_page_says_so_without_a_date() -> None:
    items = Items(
        selector="div.tgme_widget_message[data-post]",
        id="xpath:@data-post",
        published="time[datetime]",
        modified="xpath:.//*[contains(@class, 'message_meta')]/text()[contains(., 'edited')]",
        text=".tgme_widget_message_text",
    )
    selectors = Selectors(volatile=(".tgme_widget_message_views",))
    site = SiteDefinition(name="t-rowan", start=("https://t.example/s/rowan",), items=items, selectors=selectors)
    reading = read(CHANNEL, "/s/rowan", site=site, base="https://t.example")

    assert reading.sight is not None
    assert [(one.id, one.published, one.modified, one.edited) for one in reading.sight.items] == [
        ("rowan/17", "2026-08-13T14:57:00Z", None, True),
        ("rowan/18", "2026-08-14T14:57:00Z", None, False),
    ]
    later = read(CHANNEL.replace("1.2K", "31K, much read"), "/s/rowan", site=site, base="https://t.example")
    assert compare(reading, later).kind == "noise"


# --- rules -----------------------------------------------------------------------------------------------------------


def test_a_site_without_a_definition_has_pages_with_an_identity_too() -> None:
    sight = seen(page(f'<link rel=canonical href="{HOME}/a">', lang="en"), "/a?utm_source=x", site=None)

    assert (sight.kind, sight.language, sight.identity, sight.identity_by, sight.matched) == (
        "other",
        "en",
        f"{HOME}/a",
        "canonical",
        (),
    )


def test_a_text_without_markup_has_the_sight_of_its_address() -> None:
    plain = replace(stored("Five years of words and of letters."), content_type="text/plain")
    sight = read_page(plain, ReadingRules.of(SITE)).sight

    assert sight is not None
    assert (sight.kind, sight.language, sight.language_by) == ("case", "ru", "default")


@pytest.mark.parametrize(
    ("change", "reads_text"),
    [
        ({"selectors": Selectors(title=("h2",))}, True),
        ({"timezone": "Asia/Tbilisi"}, True),
        ({"mirrors": ("other.example",)}, False),
        ({"kinds": (("/x/", "case"),)}, False),
        ({"facts": (("term", "td"),)}, False),
        ({"items": Items(selector="div.post")}, False),
    ],
)
def test_the_version_says_which_definition_read_a_page(change: dict[str, Any], reads_text: bool) -> None:
    one, other = (ReadingRules.of(site) for site in (SITE, replace(SITE, **change)))
    texts = [rules.version.split("+sight-")[0] for rules in (one, other)]

    assert one.version != other.version
    assert (texts[0] != texts[1]) == reads_text


def test_how_a_site_is_fetched_is_no_part_of_how_it_is_read() -> None:
    site = replace(SITE, proxy="http://user:secret@proxy.example:8080", vantage="office", delay=10.0, paused=True)
    rules = ReadingRules.of(site)

    assert rules.version == ReadingRules.of(SITE).version
    assert b"secret" not in pickle.dumps(rules)
    assert pickle.loads(pickle.dumps(rules)) == rules


def test_a_mirror_more_in_the_definition_makes_no_change_of_the_page() -> None:
    before, after = (
        read(CARD),
        read(CARD.replace("пяти годам", "восьми годам"), site=replace(SITE, mirrors=("m.example",))),
    )

    assert compare(before, after).provenance["source"] == "source"


def test_the_same_page_and_definition_give_the_same_bytes_in_any_process() -> None:
    program = (
        "import sys, hashlib, importlib.util as util\n"
        f"spec = util.spec_from_file_location('sight', {__file__!r})\n"
        "sys.modules['sight'] = module = util.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n"
        "print(hashlib.sha256(module.read(module.CARD).to_json()).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "17", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=Path(__file__).parents[2],
    )

    assert run.stdout.strip() == hashlib.sha256(read(CARD).to_json()).hexdigest()


def test_a_counter_inside_a_line_is_no_part_of_it_whatever_stands_before() -> None:
    line = "<p>Read <span hidden>never</span><script>1</script><span class=views>17</span> times</p>"
    reading = read(page(text=TEXT + line))

    assert reading.texts("main")[-1] == "Read times"
    [counter] = [block for block in reading.blocks if reading.text_of(block) == "17"]
    assert (counter.furniture, counter.path) == ("volatile", "/html[1]/body[1]/div[1]/p[4]/span[2]")


def test_no_page_breaks_sight() -> None:
    head = '<link rel="canonical" href="http://[::1"><base href="::"><link rel=alternate hreflang="" href="">'
    sight = seen(f"<html lang='!!'>{head}<body><time datetime=''><a hreflang href>x</a></body>", "/news/\u0442?p=%zz")

    assert sight.identity.startswith(HOME)
