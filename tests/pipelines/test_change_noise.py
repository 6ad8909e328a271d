"""What two readings show to be noise, with class names that say nothing; and what is reported in the middle of it."""

from __future__ import annotations

import pytest
from page_styles import reading_of

from pipelines.change import compare
from pipelines.edits import Change, Edit

PROSE = (
    "A court in the river town of Verkhny Plyos has sentenced a geography teacher to five years in a penal colony.",
    "On 12 February 2025 the teacher was detained in the staff room of his school, as the indictment tells at length.",
    "The court examined 14 witnesses in two days and refused to hear the pupils whom the defence had named there.",
)
TEASERS = (
    "The quiet end of the river port and its trains",
    "A winter without letters in a small post office",
    "Who counts the bridges of the region this year",
    "How a ferry timetable became a state secret",
)


def page(*, top: str = "", amid: str = "", below: str = "", prose: tuple[str, ...] = PROSE) -> str:
    first, *others = (f"<p>{line}</p>" for line in prose)
    return (
        f"<html><body><div>{top}</div><div><div><h1>The case of a teacher</h1>{first}{amid}{''.join(others)}</div>"
        f"<div>{below}</div></div></body></html>"
    )


def links(titles: tuple[str, ...]) -> str:
    return "".join(f'<div><a href="/n/{len(title)}{title[4]}">{title}</a></div>' for title in titles)


def change_of(before: str, after: str) -> Change:
    return compare(reading_of(before), reading_of(after))


def told(change: Change) -> list[Edit]:
    return [edit for edit in change.reported if edit.level in {"main", "side"} and edit.field is None]


NOISES = {
    "rates": ({"top": "<div>USD 78.84</div><div>EUR 93.01</div>"}, {"top": "<div>USD 81.02</div><div>EUR 95.77</div>"}),
    "views": ({"amid": "<div>Views: 1204</div>"}, {"amid": "<div>Views: 1377</div>"}),
    "shares": ({"below": "<div>Telegram 48 VK 49</div>"}, {"below": "<div>Telegram 51 VK 52</div>"}),
    "age": ({"below": "<div>5 minutes ago</div>"}, {"below": "<div>17 minutes ago</div>"}),
    "nonce": (
        {"below": "<div>Request token: 9f86d081884c7d65</div>"},
        {"below": "<div>Request token: 2c26b46b68ffc68f</div>"},
    ),
    "teasers": ({"below": links(TEASERS[:3])}, {"below": links(TEASERS[1:])}),
    "cookies": ({}, {"top": "<div><p>We use cookies to make this site better.</p><button>Accept</button></div>"}),
    "advertisement": (
        {},
        {"below": '<div><div>Advertisement</div><a href="https://ads.example/1">A boat for the whole family</a></div>'},
    ),
    "unnamed advertisement": (
        {},
        {"below": '<div><a href="https://ads.example/1">A boat for the whole family</a></div>'},
    ),
    "read also": (
        {"amid": '<div>Read also <a href="/n/1">The quiet end of the river port</a></div>'},
        {"amid": '<div>Read also <a href="/n/2">A winter without letters</a></div>'},
    ),
    "comments": (
        {"below": "<h3>Comments: 1</h3><ul><li><p>Thank you.</p></li></ul>"},
        {"below": "<h3>Comments: 2</h3><ul><li><p>Thank you.</p></li><li><p>Please add the date.</p></li></ul>"},
    ),
}


@pytest.mark.parametrize("name", sorted(NOISES))
def test_noise_is_set_aside_at_the_first_comparison(name: str) -> None:
    before, after = NOISES[name]
    change = change_of(page(**before), page(**after))

    assert told(change) == []
    assert change.kind == "noise"


@pytest.mark.parametrize("name", sorted(NOISES))
def test_one_word_is_reported_beside_any_noise(name: str) -> None:
    before, after = NOISES[name]
    edited = (PROSE[0].replace("five", "eight"), *PROSE[1:])

    assert [edit.words for edit in told(change_of(page(**before), page(**after, prose=edited)))] == [
        (("-five", "+eight"),)
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<div>Term: 5 years</div>", "<div>Term: 8 years</div>"),
        ("<div><div>Term</div><div>5 years</div></div>", "<div><div>Term</div><div>8 years</div></div>"),
        ("<div>Letters: 7 Sadovaya Street, 000123</div>", "<div>Letters: 9 Sadovaya Street, 000123</div>"),
        ("<div>Support him by letter: 7 Sadovaya</div>", "<div>Support him by letter: 9 Sadovaya</div>"),
        ("<div>Prisoners in the region: 1204</div>", "<div>Prisoners in the region: 1205</div>"),
        (
            "<aside><div><div>Term</div><div>5 years</div></div><div><div>Born</div><div>1981</div></div></aside>",
            "<aside><div><div>Term</div><div>5 years</div></div><div><div>Born</div><div>1984</div></div></aside>",
        ),
        (
            "<footer><address>7 Sadovaya Street</address></footer>",
            "<footer><address>9 Sadovaya Street</address></footer>",
        ),
        (
            "<div>bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq</div>",
            "<div>bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0g</div>",
        ),
    ],
)
def test_a_fact_beside_the_text_is_reported(old: str, new: str) -> None:
    [edit] = told(change_of(page(below=old), page(below=new)))

    assert (edit.op, edit.noise) == ("edit", False)


def test_a_name_that_is_gone_from_a_list_of_links_is_reported() -> None:
    names = ("Arseny Polyansky", "Vasil Hlybotski", "Oksana Dubrovenko", "Taras Vyshnia", "Marfa Kolosnitsyna")
    change = change_of(page(below=links(names)), page(below=links((*names[:2], *names[3:]))))

    assert any(edit.op == "remove" and "Oksana Dubrovenko" in (edit.before or "") for edit in change.reported)


def test_sections_that_change_places_are_one_move() -> None:
    one = tuple(f"The first part says in its sentence {n} what happened before the trial began." for n in range(6))
    two = tuple(f"The second part says in its sentence {n} what the appeal court wrote then." for n in range(3))
    change = change_of(page(prose=one + two), page(prose=two + one))

    [edit] = told(change)
    assert (edit.op, edit.before) == ("move", "\n".join(two))


def test_a_paragraph_that_moved_and_was_edited_is_both() -> None:
    long = tuple(f"Sentence {n} of a longer text tells what the witnesses said about lesson {n * 7}." for n in range(7))
    moved = long[5].replace("witnesses", "deputies")
    change = change_of(page(prose=long), page(prose=(long[0], moved, *long[1:5], long[6])))

    assert {(edit.op, edit.words) for edit in told(change)} == {
        ("edit", (("-witnesses", "+deputies"),)),
        ("move", ()),
    }


def test_another_template_with_the_same_text_is_noise_and_a_word_in_it_is_not() -> None:
    def old(term: str) -> str:
        menu = "".join(f"<li><a href=/{n}>{word}</a></li>" for n, word in enumerate(("News", "Cases", "About us")))
        text = "".join(f"<p>{line}</p>" for line in PROSE)
        main = f"<div><h1>The case of a teacher</h1>{text}</div>"
        return f"<ul>{menu}</ul>{main}<div>Term: {term}</div><div>Write to us</div>"

    def new(term: str) -> str:
        text = "".join(f"<div><span>{line}</span></div>" for line in PROSE)
        menu = "".join(f"<div><a href=/{n}>{word}</a></div>" for n, word in enumerate(("Home", "People", "Archive")))
        card = f"<dl><dt>Term</dt><dd>{term}</dd></dl>"
        main = f"<main><section><h1>The case of a teacher</h1>{text}{card}</section></main>"
        return f"{main}<div>{menu}</div><p>A new look</p>"

    assert told(change_of(old("5 years"), new("5 years"))) == []
    [edit] = told(change_of(old("5 years"), new("8 years")))
    assert ("-5", "+8") in edit.words


TRAILS = {
    "slashes": '<a href="/">Home</a> / <a href="/people/">People</a> / {}',
    "angles": '<a href="/">Главная</a> › <a href="/people/">Люди</a> › {}',
    "arrows": '<a href="/">Галоўная</a> » {}',
    "bars": '<a href="/">Головна</a> | <a href="/people/">Люди</a> | {}',
}


@pytest.mark.parametrize("name", TRAILS)
def test_a_line_that_says_where_on_the_site_the_page_is_is_a_menu(name: str) -> None:
    trail = f"<div>{TRAILS[name].format('The case of a teacher')}</div>"

    for old, new in ((page(top=trail), page()), (page(), page(top=trail))):
        [edit] = change_of(old, new).edits
        assert edit.set_aside == "menu"


def test_another_step_on_the_way_to_a_page_is_reported_and_what_ends_otherwise_is_no_such_line() -> None:
    line = '<div><a href="/">Home</a> / <a href="/list/">{}</a> / The case of a teacher</div>'
    other = '<div><a href="/">Home</a> / <a href="/law/">Article 541</a> / five years</div>'

    [edit] = told(change_of(page(top=line.format("Detained")), page(top=line.format("Released"))))
    assert ("-Detained", "+Released") in edit.words
    [edit] = told(change_of(page(top=other), page()))
    assert edit.op == "remove"


def test_another_title_is_not_told_again_where_a_line_ends_with_it() -> None:
    old = page(top=f"<div>{TRAILS['slashes'].format('The case of a teacher')}</div>")
    new = old.replace("The case of a teacher", "The case of the geography teacher")

    assert [edit.level for edit in told(change_of(old, new))] == ["main"]


def test_a_menu_that_became_one_line_in_another_template_counts_as_another() -> None:
    menu = "".join(f"<li><a href=/{n}>{word}</a></li>" for n, word in enumerate(("News", "Cases", "About us")))
    text, other = ("".join(f"<{tag}>{line}</{tag}>" for line in PROSE) for tag in ("p", "blockquote"))
    line = "".join(f"<span><a href=/{n}>{word}</a></span>" for n, word in enumerate(("News", "Cases", "About us")))
    old = f"<ul>{menu}</ul><main><h1>The case of a teacher</h1>{text}</main><div>An old look, since 2009</div>"
    new = f"<div>{line}</div><main><section><h1>The case of a teacher</h1>{other}</section></main>"

    assert told(change_of(old, new)) == []


@pytest.mark.parametrize("title", ["Дапамажыце аплаціць адвакатаў: станьце нашым сябрам", "Падтрымайце нашу працу"])
def test_an_appeal_that_came_below_the_text_is_noise(title: str) -> None:
    assert told(change_of(page(), page(below=f'<div><a href="/give">{title}</a></div>'))) == []


LEAD = "What the river carried past the school that week in spring, and who wrote it down."
DATE = "7 March 2025"


def article(first: tuple[str, ...], *, other: bool, prose: tuple[str, ...] = PROSE) -> str:
    """A page that begins with these lines, in one of two templates whose elements are others."""
    if other:
        lines = "".join(f"<div><span>{line}</span></div>" for line in (*first, *prose))
        return f"<main><section><div><h1>The case of a teacher</h1>{lines}</div></section></main>"
    lines = "".join(f"<p>{line}</p>" for line in (*first, *prose))
    return f"<html><body><div><article><h1>The case of a teacher</h1>{lines}</article></div></body></html>"


def dated(lead_first: bool, *, other: bool) -> str:
    date = f'<time datetime="2025-03-07">{DATE}</time>'
    return article((LEAD, date) if lead_first else (date, LEAD), other=other)


def test_another_template_sets_the_date_before_the_lead() -> None:
    change = change_of(dated(True, other=False), dated(False, other=True))

    assert [edit.set_aside for edit in change.edits if edit.op == "move"] == ["redesign"]
    assert told(change) == []


def test_the_date_before_the_lead_in_the_same_template_is_told_and_so_is_a_paragraph_that_moved_in_another() -> None:
    assert [edit.op for edit in told(change_of(dated(True, other=False), dated(False, other=False)))] == ["move"]
    turned = (PROSE[1], PROSE[0], PROSE[2])
    moved = change_of(article((), other=False), article((), other=True, prose=turned))
    assert [edit.op for edit in told(moved)] == ["move"]


def test_a_date_that_stood_in_the_line_of_the_title_may_stand_alone_in_another_template() -> None:
    def old(date: str) -> str:
        text = "".join(f"<p>{line}</p>" for line in PROSE)
        return f"<table><tr><td><b>The case of a teacher</b><br><i>{date}</i><div>{text}</div></td></tr></table>"

    def new(date: str) -> str:
        text = "".join(f"<p>{line}</p>" for line in PROSE)
        return (
            f"<main><div><h1>The case of a teacher</h1><p><time>{date}</time></p><section>{text}</section></div></main>"
        )

    assert told(change_of(old(DATE), new(DATE))) == []
    assert told(change_of(old(DATE), new("8 March 2025")))


def test_two_numbers_that_a_sign_parts_are_not_one_number() -> None:
    old = page(below="<div><p>Term: 5 - 8 years</p></div>")
    new = page(below="<div><div><span>Term: 58 years</span></div></div>")

    assert told(change_of(old, new))


@pytest.mark.parametrize("heading", ["Comments: {}", "Комментарии ({})", "{} каментары"])
def test_what_readers_write_below_their_number_in_the_column_of_the_text_is_noise(heading: str) -> None:
    def written(count: int, more: str = "") -> str:
        said = "".join(f"<p><b>reader{n}</b></p><p>Strength to all of them, {n} times.</p>" for n in range(count))
        text = "".join(f"<p>{line}</p>" for line in PROSE)
        below = f"<h3>{heading.format(count)}</h3>{said}{more}"
        return f"<html><body><div><h1>The case of a teacher</h1>{text}{below}</div></body></html>"

    assert told(change_of(written(2), written(3))) == []
    after = "<h3>What came next</h3><p>He was taken to another prison, the lawyer says.</p>"
    [*_, edit] = told(change_of(written(2), written(2, after)))
    assert edit.after == "He was taken to another prison, the lawyer says."
    uncounted = written(2).replace(heading.format(2), "Comments")
    assert told(
        change_of(uncounted, uncounted.replace("</div></body>", "<p>One more says the same of it.</p></div></body>"))
    )
