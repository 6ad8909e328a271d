"""Main blocks have a role, and the article's body is what has none."""

from __future__ import annotations

import pytest
from page_styles import reading_of

PARAGRAPHS = (
    "Zoya Malinkina, a bookbinder from Nizhny Yar, was taken from her workshop on the morning of 4 June 2025.",
    "The court listened to the glue for two hours, her lawyer says, and then sentenced her to three years in a colony.",
    "Her sister brings her thread once a month. It is counted at the gate, and counted again when she goes home.",
)
TITLE = "The bookbinder of Nizhny Yar"
BODY = "".join(f"<p>{line}</p>" for line in PARAGRAPHS)


def roles_of(markup: str) -> dict[str, str | None]:
    reading = reading_of(f"<html><head><title>{TITLE}</title></head><body>{markup}</body></html>")
    return {reading.text_of(block): block.role for block in reading.blocks if block.level == "main"}


@pytest.mark.parametrize(
    ("markup", "text", "role"),
    [
        ("<p>5 March 2026</p>", "5 March 2026", "date"),
        ("<p>Опубликовано: 5 марта 2026</p>", "Опубликовано: 5 марта 2026", "date"),
        ("<p>By Vera Ostrovnaya</p>", "By Vera Ostrovnaya", "byline"),
        ("<p>Автор: Вера Островная</p>", "Автор: Вера Островная", "byline"),
        ("<figure><img src=a><figcaption>In the workshop</figcaption></figure>", "In the workshop", "caption"),
        (
            "<p>The workshop before the search (Photo: Rowan Committee)</p>",
            "The workshop before the search (Photo: Rowan Committee)",
            "caption",
        ),
    ],
)
def test_what_stands_over_the_text_has_its_role(markup: str, text: str, role: str) -> None:
    found = roles_of(f"<article><h1>{TITLE}</h1>{markup}{BODY}</article>")

    assert found[text] == role
    assert found[TITLE] == "title"
    assert [found[line] for line in PARAGRAPHS] == [None, None, None]


def test_a_lead_in_a_container_of_its_own_is_a_lead() -> None:
    lead = "A woman who sews pages together is said to have undermined the state."

    found = roles_of(f"<main><div><h1>{TITLE}</h1><div class=dek>{lead}</div></div><div>{BODY}</div></main>")

    assert found[lead] == "lead"


def test_the_days_of_a_chronicle_are_of_the_body() -> None:
    days = "".join(f"<p>{day} March 2026</p><p>{line}</p>" for day, line in enumerate(PARAGRAPHS, 3))

    found = roles_of(f"<article><h1>{TITLE}</h1><p>{PARAGRAPHS[0]} At first.</p>{days}</article>")

    assert [found[f"{day} March 2026"] for day in (3, 4, 5)] == [None, None, None]


def test_a_line_that_is_a_link_is_one_where_links_are_few_and_text_where_they_are_the_list() -> None:
    one = "<p><a href=/x>Who else was taken that morning</a></p>"
    names = "".join(f"<li><a href=/{n}>{name} Malinkin</a></li>" for n, name in enumerate(["Pyotr", "Lev", "Ilya"] * 9))

    few = roles_of(f"<article><h1>{TITLE}</h1>{PARAGRAPHS[0]}{one}{BODY}</article>")
    many = roles_of(f"<h1>{TITLE}</h1><ul>{names}</ul>")

    assert few.get("Who else was taken that morning", "link") == "link"
    assert many["Lev Malinkin"] is None


def test_the_body_is_the_text_without_what_has_a_role() -> None:
    reading = reading_of(
        f"<html><head><title>{TITLE}</title></head><body><article><h1>{TITLE}</h1><p>5 March 2026</p>{BODY}</article>"
    )

    assert reading.body == "\n\n".join(PARAGRAPHS)
    assert all(block.role is None for block in reading.blocks if block.level == "side")
