"""What on a page is a list, and who stands on it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from list_makes import EN, MAKES, NAMES, many, page, with_items
from page_styles import ARTICLE, STYLES, reading_of

from pipelines.lists import leading_name, link_key, lists_of, without_number
from pipelines.reading import Reading

LANGUAGES = sorted(NAMES)
HERE = "https://rowan.example/list?utm_source=x"


def names_of(reading: Reading) -> list[str]:
    return [entry.name for entry in lists_of(reading).entries]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("make", MAKES)
def test_a_list_of_names_is_one_in_every_make(make: str, language: str) -> None:
    names = NAMES[language]
    reading = reading_of(page(MAKES[make](names), language))

    entries = lists_of(reading).entries

    assert [entry.name for entry in entries] == list(names)
    assert all(entry.person for entry in entries)


def test_an_article_has_no_list() -> None:
    for style in STYLES.values():
        assert names_of(reading_of(style(ARTICLE))) == []


def test_the_cells_of_a_row_are_one_entry_without_its_number() -> None:
    cells = "".join(
        f"<tr><td>{n}</td><td><a href=/p/{n}>{name}</a></td><td>Article {n}</td></tr>" for n, name in enumerate(EN, 1)
    )
    reading = reading_of(page(f"<table><tr><th>No.</th><th>Name</th><th>Charge</th></tr>{cells}</table>"))

    [one] = lists_of(reading).lists

    assert one.entries[1].cells == ("Oksana Dubrovenko", "Article 2")
    assert one.entries[1].link == "/p/2"


def test_the_terms_and_descriptions_of_a_definition_list_are_one_entry() -> None:
    terms = "".join(f"<dt>{name}</dt><dd>teacher</dd><dd>{n} years</dd>" for n, name in enumerate(EN, 3))
    reading = reading_of(page(f"<dl>{terms}</dl>"))

    assert [entry.cells for entry in lists_of(reading).entries][:2] == [
        ("Arseny Polyansky", "teacher", "3 years"),
        ("Oksana Dubrovenko", "teacher", "4 years"),
    ]


def test_a_card_of_facts_is_no_list_though_it_is_made_like_one_beside_it() -> None:
    card = "".join(
        f"<li>{line}</li>"
        for line in (
            "Article: 541, part 2",
            "Date of Birth: 5 May 1981",
            "Detained: 12 February 2025",
            "Place: Prison 3",
        )
    )
    listed = "".join(f"<li>{name}, Lipovets, under arrest</li>" for name in EN)
    reading = reading_of(page(f"<div><ul>{card}</ul></div><div><ul>{listed}</ul></div>"))

    assert names_of(reading) == list(EN)


def test_labels_with_capitals_are_no_names() -> None:
    labels = ("Full Name", "Birth Date", "Criminal Case", "Current Status", "Prison Address")
    reading = reading_of(page(f"<dl>{''.join(f'<dt>{one}</dt><dd>{one} value</dd>' for one in labels)}</dl>"))

    assert names_of(reading) == []


def test_menus_and_teasers_are_no_lists() -> None:
    menu = "".join(f'<li><a href="/{n}">{name}</a></li>' for n, name in enumerate(EN))
    markup = page("<p>One paragraph more about what the court has said.</p>").replace(
        "<main>", f"<nav><ul>{menu}</ul></nav><main>"
    )
    related = f"<div class=related><h3>Read also</h3><ul>{menu}</ul></div>"

    assert names_of(reading_of(markup)) == []
    assert names_of(reading_of(markup.replace("</article>", f"</article>{related}"))) == []


def test_links_alone_are_a_list_where_they_are_what_the_page_is_about() -> None:
    titles = [f"How the harbour of town number {n} lost its trains" for n in range(8)]
    listed = "".join(f'<div><h2><a href="/news/{n}">{title}</a></h2></div>' for n, title in enumerate(titles))
    whole = f"<html><body><main><h1>All reports</h1>{listed}</main></body></html>"
    article = "".join(f"<p>{line}</p>" for line in ARTICLE * 3)

    assert names_of(reading_of(whole)) == titles
    assert names_of(reading_of(whole.replace("<h1>", f"{article}<h1>"))) == []


def test_a_page_that_the_definition_calls_a_list_is_one() -> None:
    lines = [f"case {n} of the district court, heard in the spring" for n in range(6)]
    reading = reading_of(page("".join(f"<div>{line}</div>" for line in lines)))
    assert reading.sight is not None
    called = replace(reading, sight=replace(reading.sight, kind="list"))

    assert names_of(reading) == []
    assert names_of(called)[-6:] == lines


def test_a_heading_that_an_entry_stands_under_is_kept() -> None:
    listed = f"<h2>Held</h2>{MAKES['items'](EN[:3])}<h2>Released</h2>{MAKES['items'](EN[3:])}"

    entries = lists_of(reading_of(page(listed))).entries

    assert [entry.section for entry in entries] == ["Held"] * 3 + ["Released"] * 3


def test_a_rest_collection_is_a_list() -> None:
    posts = [
        {
            "id": n,
            "link": f"https://rowan.example/person/{n}",
            "title": {"rendered": name},
            "content": {"rendered": f"<p>{name} was sentenced to {n + 3} years.</p>"},
        }
        for n, name in enumerate(EN)
    ]
    entries = lists_of(reading_of(json.dumps(posts), "application/json")).entries

    assert [(entry.name, entry.link) for entry in entries] == [(name, f"/person/{n}") for n, name in enumerate(EN)]
    assert entries[2].cells == ("Taras Vyshnia", "Taras Vyshnia was sentenced to 5 years.")


def test_any_array_of_names_is_a_list() -> None:
    value = {"total": 6, "items": [{"name": name, "status": "under arrest", "n": n} for n, name in enumerate(EN)]}
    entries = lists_of(reading_of(json.dumps(value), "application/json")).entries

    assert [entry.name for entry in entries] == list(EN)


def test_a_csv_file_is_a_list() -> None:
    text = "id,name,term\r\n" + "".join(f'{n},"{name}",{n} years\r\n' for n, name in enumerate(EN, 1))
    entries = lists_of(reading_of(text, "text/csv")).entries

    assert [entry.cells for entry in entries if entry.person][1] == ("Oksana Dubrovenko", "2 years")


@pytest.mark.parametrize(
    ("text", "name", "rest"),
    [
        ("12. Arseny Polyansky, b. 1979", "Arseny Polyansky", 9),
        ("Полянский Арсений Игоревич (1979)", "Полянский Арсений Игоревич", 7),
        ("А. И. Полянский", "А. И. Полянский", 0),
        ("А.И. Полянский — 5 лет", "А.И. Полянский", 8),
        ("Polyansky, Arseny", "Polyansky, Arseny", 0),
        ("Їжакевич Сергій", "Їжакевич Сергій", 0),
        ("№ 7 Аўген Дуброўка", "Аўген Дуброўка", 0),
        ("Arseny Polyansky went home", "Arseny Polyansky", -1),
        ("The Quiet End of a River Port", "", 0),
        ("Дата рождения", "", 0),
        ("арсений полянский", "", 0),
        ("5 лет колонии", "", 0),
    ],
)
def test_the_name_that_a_line_begins_with(text: str, name: str, rest: int) -> None:
    assert leading_name(text) == (name, rest)


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("https://rowan.example/person/7/", "/person/7"),
        ("http://www.rowan.example/person/7?utm_medium=y", "/person/7"),
        ("https://rowan.example/person?b=2&a=1", "/person?a=1&b=2"),
        ("https://rowan.example/list#polyansky", "#polyansky"),
        ("https://rowan.example/list", None),
        ("https://elsewhere.example/7", "//elsewhere.example/7"),
        ("tel:+100", None),
        ("https://rowan.example/%D0%B8%D0%BA", "/ик"),
    ],
)
def test_what_a_link_leads_to(target: str, key: str | None) -> None:
    assert link_key(target, HERE) == key


def test_a_number_in_front_is_left_out_and_one_in_the_text_is_not() -> None:
    assert without_number("12) Arseny Polyansky") == "Arseny Polyansky"
    assert without_number("541.2 of the code") == "541.2 of the code"
    assert without_number("5 years in a colony") == "5 years in a colony"


def test_a_page_of_twenty_thousand_entries_is_read_whole() -> None:
    reading = with_items(reading_of(page("")), many(20_000))

    assert len(lists_of(reading).entries) == 20_000


RARE = (
    *("Corwin Ashgrove", "Rufus Ashgrove", "Osric Broadmoor", "Peregrine Thistledown", "Lysander Moorcock"),
    *("Ottoline Fairweather", "Zebedee Hawkswell", "Thaddeus Quillfeather"),
)


def test_names_that_nobody_knows_are_names_by_their_shape_beside_a_year() -> None:
    row = "<tr><td>{}</td><td>{}</td><td>{}</td></tr>"
    with_years = "".join(row.format(n, name, 1960 + n) for n, name in enumerate(RARE, 1))
    with_words = "".join(f"<tr><td>{name}</td><td>to be read</td></tr>" for name in RARE)

    entries = lists_of(reading_of(page(f"<table>{with_years}</table>"))).entries

    assert [(entry.name, entry.person) for entry in entries] == [(name, True) for name in RARE]
    assert lists_of(reading_of(page(f"<table>{with_words}</table>"))).entries == []


def test_headlines_with_capitals_beside_a_year_are_no_names() -> None:
    titles = [f"{name} Was Taken To Court" for name in RARE]
    rows = "".join(f"<tr><td>{title}</td><td>{2000 + n}</td></tr>" for n, title in enumerate(titles))

    assert lists_of(reading_of(page(f"<table>{rows}</table>"))).entries == []


def test_a_name_with_a_number_behind_it_is_one_by_its_shape() -> None:
    with_terms = "".join(f"<li>{name}, Verlock, {n} years</li>" for n, name in enumerate(RARE, 2))
    with_words = "".join(f"<li>{name}, a novel of the sea</li>" for name in RARE)

    assert [entry.name for entry in lists_of(reading_of(page(f"<ul>{with_terms}</ul>"))).entries] == list(RARE)
    assert lists_of(reading_of(page(f"<ul>{with_words}</ul>"))).entries == []


def test_names_under_a_photograph_each_are_a_list() -> None:
    with_photographs = "".join(f"<figure><img src=/{n}.jpg><p>{name}</p></figure>" for n, name in enumerate(RARE))
    without = "".join(f"<div><p>{name}</p></div>" for name in RARE)

    assert [entry.name for entry in lists_of(reading_of(page(with_photographs))).entries] == list(RARE)
    assert lists_of(reading_of(page(without))).entries == []


def test_a_map_of_persons_is_a_list() -> None:
    value = {"total": 6, "people": {f"p{n:x}x": {"name": name, "term": "5 years"} for n, name in enumerate(EN, 300)}}
    entries = lists_of(reading_of(json.dumps(value), "application/json")).entries

    assert [(entry.name, entry.cells) for entry in entries] == [(name, (name, "5 years")) for name in EN]


def test_georgian_names_are_known_without_capitals() -> None:
    names = ("ბადრი გურაძე", "ნათია ლაშიშვილი", "ომარ ვახავა", "ეკა ჯემიანი")
    words = ("ეს არის სია", "მეორე გვერდი აქ", "მესამე დღე დღეს", "ახალი ამბავი მოვიდა")

    for some, found in ((names, list(names)), (words, [])):
        listed = "".join(f"<li>{one}</li>" for one in some)
        assert names_of(reading_of(page(f"<ul>{listed}</ul>"))) == found
