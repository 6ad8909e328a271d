"""Who came to a list, who is gone from it, and what is none of both."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from list_makes import EN, MAKES, NAMES, address, cards, items, links, many, page, paragraphs, rows, with_items
from page_styles import reading_of

from pipelines.change import compare
from pipelines.change_lists import COUNTER, OLDER, PUSHED_OUT, TOLD_ONCE, WHOLE
from pipelines.edits import Change, Edit
from pipelines.lists import lists_of
from pipelines.reading import Reading

LANGUAGES = sorted(NAMES)
Make = Callable[[Sequence[str]], str]
PEOPLE = (
    *("Arseny Polyansky", "Vasil Hlybotski", "Oksana Dubrovenko", "Taras Vyshnia", "Marfa Kolosnitsyna"),
    *("Zakhar Mirolyub", "Olena Barvinok", "Yury Kalodka", "Timur Abzalov", "Nina Suslova", "Leonid Chernyak"),
)


def change_of(before: str, after: str, content_type: str = "text/html; charset=utf-8") -> Change:
    return compare(reading_of(before, content_type), reading_of(after, content_type))


def of_lists(change: Change) -> list[Edit]:
    return [edit for edit in change.edits if edit.level == "list"]


def told(change: Change) -> list[tuple[str, str, str | None]]:
    return [(edit.op, edit.level, edit.subject) for edit in change.reported]


def names_of(edit: Edit) -> list[str]:
    """Of one entry, or of a whole list."""
    return [edit.subject] if edit.subject else (edit.before or edit.after or "").split("; ")


def without(names: Sequence[str], at: int) -> list[str]:
    return [*names[:at], *names[at + 1 :]]


# --- who is gone, who came --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("make", MAKES)
def test_a_name_that_is_gone_is_that_entry_and_nothing_else(make: str, language: str) -> None:
    names = NAMES[language]

    change = change_of(page(MAKES[make](names), language), page(MAKES[make](without(names, 2)), language))

    assert change.kind == "list"
    assert told(change) == [("remove", "list", names[2])]
    assert [edit.words for edit in change.reported] == [((f"-{names[2]}",),)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("make", MAKES)
def test_a_name_that_came_is_that_entry_and_nothing_else(make: str, language: str) -> None:
    names = NAMES[language]

    change = change_of(page(MAKES[make](without(names, 0)), language), page(MAKES[make](names), language))

    assert told(change) == [("add", "list", names[0])]


@pytest.mark.parametrize("make", MAKES)
def test_another_order_is_no_change_of_the_list(make: str) -> None:
    change = change_of(page(MAKES[make](EN)), page(MAKES[make](sorted(EN))))

    assert of_lists(change) == []
    assert [edit for edit in change.reported if edit.field not in {"link", "picture"}] == []


@pytest.mark.parametrize("old", MAKES)
@pytest.mark.parametrize("new", MAKES)
def test_another_make_of_the_page_takes_nobody_off_the_list(old: str, new: str) -> None:
    names = NAMES["ru"]
    same = change_of(page(MAKES[old](names), "ru"), page(MAKES[new](names), "ru"))
    less = change_of(page(MAKES[old](names), "ru"), page(MAKES[new](without(names, 3)), "ru"))

    assert [edit for edit in of_lists(same) if not edit.noise] == []
    assert [(edit.op, edit.subject) for edit in of_lists(less) if not edit.noise] == [("remove", names[3])]


def test_a_list_that_became_a_sentence_takes_nobody_off() -> None:
    change = change_of(page(items(EN)), page(f"<p>They are {', '.join(EN)}.</p>"))

    assert of_lists(change) == []


def test_who_is_named_in_a_sentence_alone_is_gone_from_the_list() -> None:
    news = f"<p>On Monday the committee learned that {EN[1]} has been released and is at home.</p>"

    change = change_of(page(items(EN)), page(items(without(EN, 1)), after=news))

    assert ("remove", "list", EN[1]) in told(change)


def test_who_stands_under_another_heading_now_is_an_edit() -> None:
    def two(held: Sequence[str], released: Sequence[str]) -> str:
        return page(f"<h2>In prison</h2>{items(held)}<h2>Released</h2>{items(released)}")

    change = change_of(two(PEOPLE[:6], PEOPLE[6:]), two(PEOPLE[1:6], (PEOPLE[0], *PEOPLE[6:])))

    assert told(change) == [("edit", "list", PEOPLE[0])]
    assert change.reported[0].words == (("-In prison", "+Released"),)


def test_a_heading_that_was_reworded_moves_nobody() -> None:
    def two(first: str) -> str:
        return page(f"<h2>{first}</h2>{items(PEOPLE[:6])}<h2>Released</h2>{items(PEOPLE[6:])}")

    change = change_of(two("In prison (6)"), two("Behind bars (6)"))

    assert of_lists(change) == []


# --- what is said of them ---------------------------------------------------------------------------------------------


def table(terms: Sequence[int]) -> str:
    cells = "".join(
        f"<tr><td>{n}</td><td><a href={address(name)}>{name}</a></td><td>{years} years</td></tr>"
        for n, (name, years) in enumerate(zip(EN, terms, strict=False), 1)
    )
    return page(f"<table>{cells}</table>")


def test_another_term_in_a_row_is_an_edit_of_that_entry() -> None:
    change = change_of(table([5, 5, 5, 5, 5, 5]), table([5, 5, 8, 5, 5, 5]))

    [edit] = [edit for edit in change.reported if edit.level == "list"]
    assert (edit.op, edit.subject, edit.words) == ("edit", EN[2], (("-5", "+8"),))
    assert (edit.before, edit.after) == (f"{EN[2]} · 5 years", f"{EN[2]} · 8 years")


def test_a_mark_alone_in_an_entry_is_not_lost() -> None:
    names = [f"{name}, under arrest" for name in EN]

    change = change_of(page(items(names)), page(items([names[0] + "?", *names[1:]])))

    assert told(change) == [("edit", "list", EN[0])]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Семёнов Пётр", "Семенов Петр"),
        ("Ганна Хлебнікава", "Ганна Хлебнікаўна"),
        ("Arseny Polyansky", "Arsenii Polianskyi"),
        ("Полянский Андрей", "Полянский Андреи"),
        ("Мария Ёлкина", "Мария Игоревна Ёлкина"),
        ("А. Полянский", "Арсений Полянский"),
    ],
)
def test_another_spelling_of_a_name_is_an_edit(old: str, new: str) -> None:
    names = NAMES["ru"]

    change = change_of(page(items([*names, old]), "ru"), page(items([*names, new]), "ru"))

    assert [(edit.op, edit.level, edit.before, edit.after) for edit in change.reported] == [("edit", "list", old, new)]


def test_another_name_under_the_same_link_is_an_edit() -> None:
    change = change_of(page(links(EN)), page(links(EN).replace(f">{EN[0]}<", ">Yakub Zorin<")))

    assert [(edit.op, edit.before, edit.after) for edit in change.reported] == [("edit", EN[0], "Yakub Zorin")]


def test_another_person_is_one_gone_and_one_come() -> None:
    names = [*EN[:3], "Yakub Zorin", *EN[4:]]

    change = change_of(page(items(EN)), page(items(names)))

    assert sorted(told(change)) == [("add", "list", "Yakub Zorin"), ("remove", "list", EN[3])]


def test_one_of_two_namesakes_is_gone() -> None:
    names = [f"{name}, Lipovets" for name in EN] + [f"{EN[0]}, Verkhny Plyos"]

    change = change_of(page(items(names)), page(items(names[:-1])))

    assert [(edit.op, edit.before) for edit in change.reported] == [("remove", f"{EN[0]}, Verkhny Plyos")]


def test_counters_in_entries_are_set_aside() -> None:
    def counted(views: int) -> str:
        return page(items([f"{name}, {views + n} views" for n, name in enumerate(EN)]))

    change = change_of(counted(100), counted(250))

    assert change.kind == "noise"
    assert {edit.set_aside for edit in of_lists(change)} == {COUNTER}


def test_the_same_words_in_every_entry_are_told_once() -> None:
    change = change_of(
        page(items([f"{name}, under arrest" for name in EN])), page(items([f"{name}, released" for name in EN]))
    )

    [edit] = change.reported
    assert (edit.level, edit.field, edit.subject) == ("list", WHOLE, None)
    assert (edit.before, edit.after) == ("under arrest", "released")
    assert [edit.set_aside for edit in of_lists(change)].count(TOLD_ONCE) == len(EN)


# --- whole lists ------------------------------------------------------------------------------------------------------


def test_a_list_that_vanished_is_told_once_with_all_its_names() -> None:
    change = change_of(page(items(PEOPLE)), page("<p>The list is being loaded, please wait for a moment.</p>"))

    [edit] = [edit for edit in change.reported if edit.level == "list"]
    assert (edit.op, edit.field, edit.subject) == ("remove", WHOLE, None)
    assert edit.before == "; ".join(PEOPLE)


def test_a_list_that_shrank_to_one_is_told_once() -> None:
    change = change_of(page(links(PEOPLE)), page(links(PEOPLE[:1])))

    [edit] = [edit for edit in change.reported if edit.level == "list"]
    assert edit.before == "; ".join(PEOPLE[1:])


def test_the_menu_of_a_page_whose_list_is_empty_is_not_gone_when_the_list_fills() -> None:
    words = ("About us", "Register", "News", "Help them", "Contacts", "Archive")
    menu = "".join(f"<li><a href=/{n}>{word}</a></li>" for n, word in enumerate(words))
    case = "A case of the district court that was heard in spring, with the papers that the defence has kept of it"

    def listed(entries: str) -> Reading:
        html = f"<header><nav><ul>{menu}</ul></nav></header><main><h1>All cases</h1><ul>{entries}</ul></main>"
        reading = reading_of(html)
        assert reading.sight is not None
        return replace(reading, sight=replace(reading.sight, kind="list"))

    empty, filled = listed(""), listed(f"<li><a href=/case/1>{case}</a></li><li><a href=/case/2>{case}, again</a></li>")

    assert [entry.name for entry in lists_of(empty).entries] == list(words)
    assert {edit.op for edit in compare(empty, filled).reported} == {"add"}
    assert {edit.op for edit in compare(filled, empty).reported} == {"remove"}
    told = [edit.before or edit.after or "" for edit in compare(empty, filled).reported]
    assert not any(word in text for word in words for text in told)


@pytest.mark.parametrize("number", ["", "{}. "])
def test_a_link_that_went_with_an_entry_is_told_with_it(number: str) -> None:
    def listed(names: Sequence[str]) -> str:
        one = '<li>{}{} <a href="{}">more</a></li>'
        numbered = [one.format(number.format(n), name, address(name)) for n, name in enumerate(names, 1)]
        return page(f"<ul>{''.join(numbered)}</ul>")

    change = change_of(listed(EN), listed(without(EN, 3)))

    assert told(change) == [("remove", "list", EN[3])]
    moved = change_of(listed(EN), listed(EN).replace(address(EN[3]), "/elsewhere"))
    assert [(edit.op, edit.field) for edit in moved.reported] == [("edit", "link")]


def test_half_a_list_is_told_name_by_name() -> None:
    change = change_of(page(items(PEOPLE)), page(items(PEOPLE[:5])))

    assert [edit.subject for edit in change.reported] == list(PEOPLE[5:])


# --- lists of the newest ----------------------------------------------------------------------------------------------


def news(first: int, *, dated: bool = True) -> str:
    posts = "".join(
        f'<article><h2><a href="/news/{n}">The harbour of town {n} lost its trains again</a></h2>'
        f"{f'<p>{n:02}.05.2026</p>' if dated else ''}<p>Engineers explain what came after in town {n}.</p></article>"
        for n in range(first, first - 6, -1)
    )
    return f"<html><body><main><h1>All the news</h1>{posts}</main></body></html>"


@pytest.mark.parametrize("dated", [True, False])
def test_what_falls_off_the_end_of_a_list_of_news_is_older_than_it_shows(dated: bool) -> None:
    change = change_of(news(10, dated=dated), news(12, dated=dated))

    assert [edit.op for edit in change.reported] == ["add", "add"]
    assert [(edit.op, edit.set_aside) for edit in of_lists(change) if edit.noise] == [("remove", OLDER)] * 2


def test_what_is_taken_out_of_the_middle_of_the_news_is_told() -> None:
    markup = news(12)
    taken = markup.replace(
        markup[markup.index('<article><h2><a href="/news/10') : markup.index('<article><h2><a href="/news/9')], ""
    )

    change = change_of(markup, taken)

    assert [(edit.op, edit.field) for edit in change.reported] == [("remove", "/news/10")]


def test_the_last_of_a_list_of_persons_is_gone_though_another_came_to_its_top() -> None:
    change = change_of(page(items(PEOPLE[1:])), page(items(PEOPLE[:-1])))

    assert sorted(told(change)) == [("add", "list", PEOPLE[0]), ("remove", "list", PEOPLE[-1])]


# --- other formats ----------------------------------------------------------------------------------------------------


def test_an_entry_gone_from_a_rest_collection_is_told() -> None:
    posts = [
        {
            "id": n,
            "link": f"https://rowan.example/{n}",
            "title": {"rendered": name},
            "content": {"rendered": "<p>In prison.</p>"},
        }
        for n, name in enumerate(EN)
    ]

    change = change_of(json.dumps(posts), json.dumps(without(posts, 2)), "application/json")  # type: ignore[arg-type]

    assert told(change) == [("remove", "list", EN[2])]


def test_a_row_gone_from_a_csv_file_and_a_cell_that_changed_are_told() -> None:
    lines = ["id,name,term", *(f'{n},"{name}",5 years' for n, name in enumerate(EN, 101))]
    fewer = [line.replace("5 years", "8 years") if EN[4] in line else line for line in without(lines, 2)]

    change = change_of("\n".join(lines), "\n".join(fewer), "text/csv")

    assert sorted((edit.op, edit.level, edit.subject) for edit in change.reported) == [
        ("edit", "list", EN[4]),
        ("remove", "list", EN[1]),
    ]


# --- all of it --------------------------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(
    st.sets(st.sampled_from(PEOPLE), min_size=5),
    st.sets(st.sampled_from(PEOPLE), min_size=5),
    st.sampled_from([items, rows, cards, paragraphs]),
)
def test_every_name_that_went_or_came_is_told_and_no_other(old: set[str], new: set[str], make: Make) -> None:
    change = change_of(page(make(sorted(old))), page(make(sorted(new))))

    gone, come = (
        {name for edit in change.reported if edit.level == "list" and edit.op == op for name in names_of(edit)}
        for op in ("remove", "add")
    )
    assert (gone, come) == (old - new, new - old)


def test_twenty_thousand_entries_are_compared() -> None:
    names = many(20_000)
    before = with_items(reading_of(page(items(EN))), names)
    after = with_items(before, without(names, 7_777))

    assert told(compare(before, after)) == [("remove", "list", names[7_777])]


# --- what one page leaves open ----------------------------------------------------------------------------------------


def dated(first: int) -> str:
    rows = "".join(
        f"<div><h3><a href={address(name)}>{name}</a></h3><p>{20 - n:02}.05.2026</p></div>"
        for n, name in enumerate(PEOPLE[first : first + 8], first)
    )
    return page(f"<section>{rows}</section>")


def test_who_moved_out_of_the_latest_by_date_is_older_than_the_list_shows() -> None:
    change = change_of(dated(1), dated(0))

    assert told(change) == [("add", "list", PEOPLE[0])]
    assert [(edit.subject, edit.set_aside) for edit in of_lists(change) if edit.noise] == [(PEOPLE[8], OLDER)]


def test_who_is_gone_from_the_middle_of_the_latest_is_told() -> None:
    markup = dated(0)
    taken = markup.replace(f">{PEOPLE[3]}<", f">{PEOPLE[9]}<").replace(address(PEOPLE[3]), address(PEOPLE[9]))

    assert ("remove", "list", PEOPLE[3]) in told(change_of(markup, taken))


def test_that_the_last_is_gone_where_another_came_to_the_top_is_not_established() -> None:
    change = change_of(page(items(PEOPLE[1:])), page(items(PEOPLE[:-1])))
    alone = change_of(page(items(PEOPLE)), page(items(PEOPLE[:-1])))

    assert [edit.unsure for edit in change.reported if edit.op == "remove"] == [PUSHED_OUT]
    assert [edit.unsure for edit in alone.reported if edit.op == "remove"] == [None]


# --- as sites make them -----------------------------------------------------------------------------------------------


def told_of_lists(before: str, after: str) -> list[tuple[str, str | None]]:
    change = change_of(before, after)
    assert all(edit.level == "list" for edit in change.reported)
    return [(edit.op, edit.subject) for edit in change.reported]


def test_a_name_ends_with_its_line() -> None:
    def bold(names: Sequence[str]) -> str:
        return "".join(f"<p><b>{n}. {name}</b><br>under investigation</p>" for n, name in enumerate(names, 1))

    assert told_of_lists(page(bold(PEOPLE), "en"), page(bold(PEOPLE[1:]), "en")) == [("remove", PEOPLE[0])]
    assert told_of_lists(page(bold(PEOPLE), "en"), page(bold(PEOPLE[::-1]), "en")) == []


def test_letters_of_an_alphabet_that_lead_down_the_page_are_no_other_pages() -> None:
    letters = "".join(f'<a href="#{letter}">{letter}</a> ' for letter in "ABCD")

    change = change_of(
        page(f"<div>{letters}</div>{items(PEOPLE)}", "en"), page(f"<div>{letters}</div>{items(PEOPLE[1:])}", "en")
    )

    assert [(edit.op, edit.unsure) for edit in change.reported] == [("remove", None)]


def test_a_second_surname_is_an_edit_of_the_entry_though_its_page_was_renamed() -> None:
    def linked(names: Sequence[str]) -> str:
        return "".join(
            f'<tr><td><a href="/p/{name.replace(" ", "-")}">{name}</a></td><td>{n} years</td></tr>'
            for n, name in enumerate(names, 3)
        )

    before, after = (f"<table>{linked(names)}</table>" for names in (PEOPLE, ["Arseny Polyansky-Reed", *PEOPLE[1:]]))
    change = change_of(page(before, "en"), page(after, "en"))

    assert [(edit.op, edit.words) for edit in of_lists(change)] == [("edit", (("-Polyansky", "+Polyansky-Reed"),))]


def test_what_a_label_names_and_an_address_are_no_persons() -> None:
    def boxes(place: str, street: str) -> str:
        names = "".join(f"<p>{name}</p>" for name in PEOPLE[:4])
        return (
            f"<div><p>Held at:</p><p>{place}</p></div><div>{names}</div>"
            f"<div><p>{street} 111020</p><p>Polyansky Arseny Pavlovich</p></div>"
        )

    change = change_of(
        page(boxes("Lefortovo, Moscow", "5 Harbour Lane, Lipovets"), "en"),
        page(boxes("Lower Ferry, Lipovets", "67 Upper Quay, Lipovets"), "en"),
    )

    assert [edit.op for edit in change.reported if edit.level == "list"] == []
    assert {edit.op for edit in change.reported} == {"edit"}


def test_a_prison_under_a_name_is_what_is_said_of_the_person() -> None:
    def cards(names: Sequence[str], place: str) -> str:
        return "".join(
            f"<div><div><div><span>{one}</span></div><div><span>{place}</span></div></div></div>" for one in names
        )

    change = change_of(page(cards(PEOPLE, "СИЗО-1, Тверь"), "ru"), page(cards(PEOPLE[:-1], "СИЗО-1, Тверь"), "ru"))

    assert told(change) == [("remove", "list", PEOPLE[-1])]
    assert [edit.before for edit in change.reported] == [f"{PEOPLE[-1]} · СИЗО-1, Тверь"]


def test_a_list_that_becomes_a_line_of_the_same_names_loses_nobody_but_who_is_gone() -> None:
    some = PEOPLE[:4]

    def line(names: Sequence[str]) -> str:
        return f"<p>Co-defendants: {', '.join(names)}</p>"

    same = change_of(page(items(some), "en"), page(line(some), "en"))
    fewer = change_of(page(items(some), "en"), page(line(some[1:]), "en"))
    struck_off = change_of(page(line(some) + items(some), "en"), page(line(some), "en"))

    assert of_lists(same) == []
    assert [edit.subject for edit in of_lists(fewer)] == [some[0]]
    assert [edit.subject for edit in struck_off.reported if edit.level == "list"] == list(some)


def test_a_letter_of_the_alphabet_goes_with_the_last_name_under_it() -> None:
    def register(names: Sequence[str]) -> str:
        letters = sorted({name[0] for name in names})
        index = " ".join(f'<a href="#{letter}">{letter}</a>' for letter in letters)
        under = (f"<h2>{one}</h2>{items([name for name in names if name[0] == one])}" for one in letters)
        return f"<div>{index}</div>{''.join(under)}"

    change = change_of(page(register(PEOPLE), "en"), page(register(PEOPLE[1:]), "en"))

    assert told(change) == [("remove", "list", PEOPLE[0])]


def test_the_number_of_a_house_is_no_number_of_an_entry() -> None:
    def boxes(house: int) -> str:
        names = "".join(f"<p>• {name}</p>" for name in PEOPLE[:4])
        return f"<div>{names}</div><div><p>{house} Abay Street, Lipovets</p><p>Polyansky Arseny</p></div>"

    change = change_of(page(boxes(12), "en"), page(boxes(21), "en"))

    assert [edit.words for edit in change.reported] == [(("-12", "+21"),)]
