from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.metadata import FLOOR, Answer, answers, score
from pipelines.blocks import parse
from pipelines.labelled import Labelled
from pipelines.metadata import Places, Stated, Value, made, names_in, stated
from pipelines.metadata_json_ld import JsonLd
from pipelines.metadata_text import with_text

AT = datetime(2026, 11, 22, tzinfo=UTC)
KEYS = st.sampled_from(["@type", "@id", "@graph", "author", "name", "headline", "publisher", "url", "license", "x"])
NOWHERE = Places()
URL = "https://hearth-archive.example/en/case/17"


def read(head: str, body: str = "<p>Words of the article.</p>", *, places: Places = NOWHERE, link: str = "") -> Stated:
    tree = parse(f"<html lang=en><head>{head}</head><body>{body}</body></html>")
    return stated(tree, AT, places, url=URL, link=link)


def kept(found: Stated, name: str) -> list[tuple[str, str]]:
    return [(value.value, value.by) for value in found.metadata if value.name == name]


def linked(**node: object) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", **node})}</script>'


@pytest.fixture(scope="module")
def given_answers() -> list[Answer]:
    return list(answers())


def test_made_up_pages_say_what_they_state(given_answers: list[Answer]) -> None:
    wrong = [answer for answer in given_answers if not answer.right]

    assert len({answer.page for answer in given_answers}) >= 40
    assert len(wrong) <= (1 - FLOOR) * len(given_answers), wrong


def test_no_page_gets_a_date_that_it_does_not_state(given_answers: list[Answer]) -> None:
    undated = [answer for answer in given_answers if answer.name == "published" and answer.wanted is None]

    assert len(undated) >= 8
    assert [answer for answer in undated if not answer.right] == []


def test_answers_are_counted_by_what_was_asked() -> None:
    told = [Answer("a", "title", "x", "x"), Answer("b", "title", "x", None), Answer("b", "authors", [], [])]

    assert score(told) == {"title": (1, 2), "authors": (1, 1)}


def test_where_sources_contradict_each_other_the_surest_counts_and_all_are_kept() -> None:
    head = (
        "<meta property='article:published_time' content='2025-03-10T10:00:00Z'><meta name=dc.date content=2025-03-08>"
    )
    body = (
        "<article><span itemprop=datePublished content=2025-03-11>x</span><time datetime=2025-03-12>y</time></article>"
    )
    found = read(linked(headline="Words", datePublished="2025-03-09") + head, body)

    assert (found.published, found.sources["published"]) == ("2025-03-09", "json-ld")
    assert kept(found, "published") == [
        ("2025-03-09", "json-ld"),
        ("2025-03-10T10:00:00Z", "meta"),
        ("2025-03-08", "meta"),
        ("2025-03-11", "microdata"),
        ("2025-03-12", "time"),
    ]


def test_what_the_definition_names_comes_before_all_else() -> None:
    places = Places(title=(".t",), published=(".d",), zone="Europe/Moscow", language="ru")
    body = "<p class=t>Agata Sornova</p><p class=d>03/04/2024, 15:30</p>"
    found = read(linked(headline="Another", datePublished="2025-03-09"), body, places=places)

    assert (found.title, found.published) == ("Agata Sornova", "2024-04-03T15:30:00+03:00")
    assert (found.sources["title"], found.sources["published"]) == ("site", "site")


@pytest.mark.parametrize(
    ("title", "head", "wanted"),
    [
        ("The trial goes on | Hearth", "<meta property=og:site_name content=Hearth>", "The trial goes on"),
        ("Hearth: The trial goes on", "<meta property=og:site_name content=Hearth>", "The trial goes on"),
        ("The trial goes on — hearth-archive.example", "", "The trial goes on"),
        ("The trial goes on - Hearth Archive", "", "The trial goes on"),
        ("The trial goes on: day four", "", "The trial goes on: day four"),
        ("Self-made man", "", "Self-made man"),
    ],
)
def test_a_title_is_without_the_sites_name(title: str, head: str, wanted: str) -> None:
    assert read(f"<title>{title}</title>{head}").title == wanted


def test_the_sites_name_in_a_heading_is_no_title() -> None:
    found = read(
        "<title>The trial goes on | Hearth Archive</title>", "<h1>Hearth Archive</h1><h2>The trial goes on</h2>"
    )

    assert (found.title, found.sources["title"]) == ("The trial goes on", "heading")


def test_links_of_the_page_and_of_its_header_are_kept_with_their_languages() -> None:
    head = '<link rel=canonical href="/en/case/17"><link rel=alternate hreflang=ru href="/ru/case/17">'
    link = '<https://hearth-archive.example/uk/case/17>; rel=alternate; hreflang="uk", </c>; rel="canonical"'
    found = read(head, link=link)

    assert kept(found, "canonical") == [(URL, "link"), ("https://hearth-archive.example/c", "header")]
    assert [(value.language, value.by) for value in found.metadata if value.name == "alternate"] == [
        ("ru", "link"),
        ("uk", "header"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        '<p>Source: <a href="https://rowan.example/9">Rowan Herald</a></p>',
        '<p><b>Source:</b> <a href="https://rowan.example/9">Rowan Herald</a></p>',
        '<p>Источник — <span><a href="https://rowan.example/9">Rowan Herald</a></span></p>',
        '<p>Originally published by <a href="https://rowan.example/9">Rowan Herald</a>.</p>',
    ],
)
def test_a_link_that_is_called_the_source_is_kept(body: str) -> None:
    found = read("", body)

    assert kept(found, "source") == [("Rowan Herald", "link")]
    assert kept(found, "source_url") == [("https://rowan.example/9", "link")]


def test_links_that_nothing_calls_the_source_are_none() -> None:
    found = read(
        "", "<p>We asked a source close to the court: <a href=/a>they</a> said so. See <a href=/b>more</a></p>"
    )

    assert kept(found, "source_url") == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("By Marta Ellwood and Jonas Rowan", ["Marta Ellwood", "Jonas Rowan"]),
        ("Автор: Марта Елкина", ["Марта Елкина"]),
        ("Marta Ellwood, Jonas Rowan", ["Marta Ellwood", "Jonas Rowan"]),
        ("Ellwood, Marta", ["Ellwood, Marta"]),
        ("Centre of Memory and law", ["Centre of Memory and law"]),
        ("admin", []),
        ("https://example.org/marta", []),
        ("Jonas Rowan 14 May 2024", []),
        ("", []),
    ],
)
def test_a_byline_gives_names(text: str, names: list[str]) -> None:
    assert names_in(text) == names


@pytest.mark.parametrize(
    ("byline", "authors"),
    [
        ("<div>Марта Елкина</div><div>юристка Архива</div>", ("Марта Елкина",)),
        ("By <a href=/m>Marta Ellwood</a> and <a href=/j>Jonas Rowan</a>", ("Marta Ellwood", "Jonas Rowan")),
        ("Hearth Archive", ("Hearth Archive",)),
        ("admin", ()),
    ],
)
def test_an_element_that_is_called_author_names_them(byline: str, authors: tuple[str, ...]) -> None:
    found = read("", f"<article><h1>The trial goes on</h1><div class=post-author>{byline}</div></article>")

    assert found.authors == authors


# --- JSON-LD ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        '{"@type":"Article","headline":"A","datePublished":"2025-03-09"}',
        '[{"@type":"Organization","name":"H"},{"@type":["Report","Article"],"headline":"A","datePublished":"2025-03-09"}]',
        '{"@graph":[{"@type":"WebPage"},{"@type":"BlogPosting","headline":"A","datePublished":"2025-03-09"}]}',
        '{"@type":"WebPage","mainEntity":{"@type":"Article","headline":"A","datePublished":"2025-03-09"}}',
        '<!-- {"@type":"Article","headline":"A","datePublished":"2025-03-09",} -->',
        '{"@type":"Thing"}\n{"@type":"https://schema.org/Article","headline":"A","datePublished":"2025-03-09"}',
        '{"@type":"Article","headline":"A","datePublished":"2025-03-09","text":"a "quoted" word"}',
    ],
)
def test_json_ld_is_found_wherever_it_stands(script: str) -> None:
    found = JsonLd([script])

    assert (found.text("headline"), found.text("datePublished")) == ("A", "2025-03-09")


def test_an_author_that_is_named_by_reference_is_found() -> None:
    graph = [
        {"@type": "Article", "headline": "A &#8211; B", "author": {"@id": "#p"}},
        {"@type": "Person", "@id": "#p", "name": "Marta Ellwood"},
    ]
    found = JsonLd([json.dumps({"@graph": graph})])

    assert (found.authors(), found.text("headline")) == (["Marta Ellwood"], "A – B")


def test_of_several_articles_the_pages_own_counts() -> None:
    nodes = [{"@type": "Article", "headline": f"A{n}", "url": f"https://h.example/{n}"} for n in range(4)]

    assert JsonLd([json.dumps(nodes)], ["http://www.h.example/2/"]).text("headline") == "A2"
    assert JsonLd([json.dumps(nodes)], [], ["a3"]).text("headline") == "A3"
    assert JsonLd([json.dumps(nodes)]).text("headline") == ""


@given(st.recursive(st.none() | st.text(max_size=8), lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)))
def test_no_json_breaks_the_reader(value: object) -> None:
    found = JsonLd([json.dumps(value)], [URL])

    assert isinstance(found.text("headline"), str)
    assert all(isinstance(name, str) for name in (*found.authors(), found.site_name(), *found.addresses("license")))


# --- what the text says ----------------------------------------------------------------------------------------------


def told(*texts: str, title: str | None = "The trial goes on", language: str = "en") -> Stated:
    blocks = [Labelled(text, "paragraph", f"/{n}", "main") for n, text in enumerate(texts)]
    return with_text(Stated(title=title), blocks, AT, language=language)


FAR = ("Nobody from the library was admitted to the hearing.",) * 12


@pytest.mark.parametrize(
    ("line", "published"),
    [
        ("17 May 2022", "2022-05-17"),
        ("04.01.2024, 15:30", "2024-01-04T15:30:00"),
        ("Дата публикации: 04.01.2024", "2024-01-04"),
        ("Tuesday, 17 May 2022 | News", "2022-05-17"),
        ("On 17 May 2022 the court met again", None),
        ("Born on 17 May 2002", None),
        ("03/04/2024", None),
        ("17 May 1999", None),
        ("17 May 2031", None),
        ("Updated 17 May 2022", None),
        ("Montag, 2. Mai 2022", "2022-05-02"),
        ("четвъртък, 17 март 2022 г.", "2022-03-17"),
        ("çərşənbə axşamı, 17 may 2022", "2022-05-17"),
        ("Submitted by inna on Thu, 05/17/2022 - 09:12", "2022-05-17T09:12:00"),
        ("Опубликовано вт, 17.05.2022 - 18:22 пользователем Редакция", "2022-05-17T18:22:00"),
        ("By Inna Velm · 17 May 2022", "2022-05-17"),
        ("May 17, 2022 9:12 PM GMT+3 · Updated May 18, 2022", "2022-05-17T21:12:00+03:00"),
        ("by 17 May 2022 all letters had come back", None),
    ],
)
def test_a_date_beside_the_title_counts_where_its_line_says_nothing_else(line: str, published: str | None) -> None:
    for texts in ((line, "The trial goes on", *FAR), ("The trial goes on", line, *FAR)):
        found = told(*texts)
        assert (found.published, found.sources.get("published")) == (published, "text" if published else None)


@pytest.mark.parametrize(
    ("label", "published"),
    [
        ("Задержан", None),
        ("Date of birth", None),
        ("Дата вироку", None),
        ("Дата", "2022-05-17"),
        ("Courts", "2022-05-17"),
    ],
)
def test_a_date_under_a_label_of_an_event_is_not_of_the_page(label: str, published: str | None) -> None:
    assert told("The trial goes on", label, "17 May 2022", *FAR).published == published


def test_a_cell_beside_a_label_tells_no_date_of_the_page() -> None:
    rows = [("Court", "Log District Court"), ("Since", "17 May 2022")]
    cells = [
        Labelled(text, "cell", f"/table[1]/tr[{n}]/td[{m}]", "main")
        for n, row in enumerate(rows, 1)
        for m, text in enumerate(row, 1)
    ]
    title = Labelled("The trial goes on", "heading", "/h1[1]", "main", role="title")
    assert with_text(Stated(title=title.text), [title, *cells], AT, language="en").published is None


def test_the_dates_of_a_short_list_of_posts_are_not_of_the_page() -> None:
    posts = [("The bell-ringer is free", "17 May 2022"), ("Nothing new", "16 May 2022")]
    blocks = [Labelled("News", "heading", "/h1[1]", "main", role="title")]
    for n, (head, day) in enumerate(posts, 1):
        blocks.append(Labelled(head, "heading", f"/div[{n}]/h2[1]", "main"))
        blocks.append(Labelled(day, "paragraph", f"/div[{n}]", "main"))
    assert with_text(Stated(title="News"), blocks, AT, language="en").published is None
    assert with_text(Stated(title="News"), blocks[:3], AT, language="en").published == "2022-05-17"


@pytest.mark.parametrize(
    ("body", "published"),
    [
        ("<article><h1>Trial</h1><time datetime='2022-05-17'>17 May</time><p>Words</p></article>", "2022-05-17"),
        ("<h1>Trial</h1><p>Words</p><section><h2>More</h2><time datetime='2022-05-17'>17 May</time></section>", None),
        ("<h1>Trial</h1><a href='/x'><time datetime='2022-05-17'>17 May</time> Other</a>", None),
        ("<h1>Trial</h1><div><h3>Other</h3><time class='published' datetime='2022-05-17'>17 May</time></div>", None),
        ("<h1>Trial</h1><div><span class='news-date'>17.05.2022</span>Words of the text</div>", "2022-05-17"),
        ("<h1>Trial</h1><div><span class='birth-date'>17.05.2022</span>Words of the text</div>", None),
        (
            "<article><h1>Arrest</h1><time datetime='2022-05-17'>17 May</time><p>He is free, they say.</p></article>",
            "2022-05-17",
        ),
        ("<p>He was heard on <time datetime='2022-05-17'>17 May</time> in the court of Log, and went home.</p>", None),
        ("<ul><li>Arrested <time datetime='2022-05-17'>17 May</time></li><li>Free</li></ul>", None),
        ("<div><a href='/1'>Free again</a> <span class='news-date'>17.05.2022</span></div><p>Words</p>", None),
        ("<i class='post-date'>17.05.2022</i>a<i class='post-date'>16.05.2022</i>", None),
    ],
)
def test_a_date_of_another_part_of_the_page_is_not_the_pages(body: str, published: str | None) -> None:
    assert read("<title>Trial</title>", body).published == published


@pytest.mark.parametrize(
    "head",
    [
        "<h1><a href='/'>Letters Home</a></h1><h3>He is free</h3>",
        "<a href='/'><h1>Letters Home</h1></a><h2>He is free</h2>",
    ],
)
def test_a_heading_that_leads_to_the_first_page_is_the_sites_name(head: str) -> None:
    assert read("<title>Letters Home: He is free</title>", head).title == "He is free"


def test_a_date_far_from_the_title_is_none() -> None:
    assert told("The trial goes on", *FAR, "17 May 2022", *FAR).published is None


def test_two_days_beside_one_title_are_no_date_unless_one_is_labelled() -> None:
    assert told("The trial goes on", "17 May 2022", "18 May 2022", *FAR).published is None
    assert told("The trial goes on", "17 May 2022", "Published 18 May 2022", *FAR).published == "2022-05-18"


def test_a_list_of_dated_things_has_no_date() -> None:
    items = [text for day in (17, 18, 19) for text in (f"{day} May 2022", *FAR)]

    assert told("The trial goes on", *items).published is None


def test_what_the_text_says_comes_after_what_the_markup_said() -> None:
    before = made([Value("title", "T", "meta"), Value("published", "2022-05-16", "json-ld")], html_language="en")
    found = with_text(before, [Labelled("T\n17 May 2022", "paragraph", "/1", "main")], AT, language="en")

    assert found.published == "2022-05-16"
    assert kept(found, "published") == [("2022-05-16", "json-ld"), ("2022-05-17", "text")]


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("Translated by Rowan Circle", "translated_by", "Rowan Circle"),
        ("[Translation: Jonas Rowan]", "translated_by", "Jonas Rowan"),
        ("Translated from Russian by Jonas Rowan", "translated_by", "Jonas Rowan"),
        ("Перевод: Иона Рябинин", "translated_by", "Иона Рябинин"),
        ("Перевела с английского: Марта Елкина", "translated_by", "Марта Елкина"),
        ("Переклад: Іона Горобина", "translated_by", "Іона Горобина"),
        ("Пераклад з рускай: Іона Рабіна", "translated_by", "Іона Рабіна"),
        ("Source: Help for Prisoners. Hearth", "source", "Help for Prisoners. Hearth"),
        ("Источник: Рябиновый вестник", "source", "Рябиновый вестник"),
        ("Джерело – Горобиновий вісник", "source", "Горобиновий вісник"),
        ("Крыніца: https://rabina.example/9", "source_url", "https://rabina.example/9"),
    ],
)
def test_a_line_that_names_a_source_or_a_translator_is_kept(line: str, name: str, value: str) -> None:
    assert kept(told("The trial goes on", *FAR, line), name) == [(value, "text")]


@pytest.mark.parametrize(
    ("line", "language", "authors"),
    [
        ("By Marta Ellwood", "en", ("Marta Ellwood",)),
        ("By Marta Ellwood and Jonas Rowan", "en", ("Marta Ellwood", "Jonas Rowan")),
        ("Автор: Марта Елкина", "ru", ("Марта Елкина",)),
        ("Аўтар: Марта Ёлкіна", "be", ("Марта Ёлкіна",)),
        ("Von Marta Ellwald", "de", ("Marta Ellwald",)),
        ("By the end of the week", "en", ()),
        ("By Monday", "en", ()),
        ("Text: the whole of it is below", "en", ()),
    ],
)
def test_a_byline_beside_the_title_names_the_authors(line: str, language: str, authors: tuple[str, ...]) -> None:
    assert told("The trial goes on", line, *FAR, language=language).authors == authors


@given(st.lists(st.text(alphabet="By Marta:.0123456789/мая —\n()", max_size=60), max_size=8))
def test_no_text_breaks_the_reading_of_lines(texts: list[str]) -> None:
    found = told(*texts, title=None)

    assert all(value.by == "text" for value in found.metadata)


@pytest.mark.parametrize(
    "text",
    [
        "Source: " * 120_000,
        "Translated from " * 60_000,
        "17 May 2022, " * 70_000,
        "1" * 1_000_000,
        "<!--" + "\n" * 1_000_000 + "x",
        ", " * 500_000,
        "Автор: А" * 100_000,
        "(" * 1_000_000,
        ("By " + "A" * 90 + "\n") * 10_000,
    ],
)
def test_a_hostile_text_takes_no_time(text: str) -> None:
    began = time.process_time()

    told("The trial goes on", text)
    JsonLd([text, "{" * 500_000, '"' + text])
    names_in(text)
    read(f"<title>{text[:200_000].replace('<', '')}</title>", f"<p>{text[:200_000]}<a href=/x>y</a></p>", link=text)

    assert time.process_time() - began < 10
