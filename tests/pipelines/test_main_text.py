"""The main text holds every line of an article, and no furniture, whatever make the page is of."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from page_styles import ADDRESS_EN, ADDRESS_RU, ARTICLE, CALM, STYLES, TITLE, reading_of

from pipelines.reading import comparable
from pipelines.rules import ReadingRules

Style = Callable[..., str]


@pytest.fixture(params=sorted(STYLES))
def style(request: pytest.FixtureRequest) -> Style:
    return STYLES[request.param]


def main_lines(markup: str, **how: object) -> list[str]:
    return [comparable(line) for text in reading_of(markup, **how).texts("main") for line in text.split("\n")]  # type: ignore[arg-type]


def test_every_line_of_the_article_is_main_text(style: Style) -> None:
    lines = main_lines(style())

    assert [line for line in ARTICLE if comparable(line) not in lines] == []


def test_no_furniture_is_main_text(style: Style) -> None:
    lines = {line.casefold() for line in main_lines(style())}

    assert [line for line in CALM.lines() if comparable(line).casefold() in lines] == []


def test_all_furniture_is_kept_as_side_blocks(style: Style) -> None:
    reading = reading_of(style())
    side = " ".join(comparable(text) for text in reading.texts("side"))

    assert [line for line in CALM.lines() if comparable(line) not in side] == []


def test_main_blocks_are_slices_of_the_text(style: Style) -> None:
    reading = reading_of(style())
    blocks = [block for block in reading.blocks if block.level == "main"]

    gaps = [reading.text[left.end : right.start] for left, right in pairwise(blocks)]
    assert blocks[0].start == 0
    assert blocks[-1].end == len(reading.text)
    assert set(gaps) <= {"\n", "\n\n"}
    assert reading.text.split() == " ".join(reading.texts("main")).split()


def test_the_russian_address_is_a_russian_span_of_an_english_page(style: Style) -> None:
    reading = reading_of(style())
    spans = {s.language: reading.text[s.start : s.end] for s in reading.spans}

    assert reading.language == "en"
    assert "Заозёрная область" in spans["ru"]
    assert "Penal Colony" not in spans["ru"]


def test_the_title_is_the_heading_without_the_sites_name(style: Style) -> None:
    assert reading_of(style()).title == TITLE


def test_addresses_that_are_cells_of_a_table_are_main_text() -> None:
    paragraphs = "".join(f"<p>{line}</p>" for line in ARTICLE if line not in {ADDRESS_EN, ADDRESS_RU, TITLE})
    table = f"<table><tr><td>{ADDRESS_RU}</td><td>{ADDRESS_EN}</td></tr></table>"

    lines = main_lines(f"<html><body><article><h1>{TITLE}</h1>{paragraphs}{table}</article></body></html>")

    assert ADDRESS_RU in lines
    assert ADDRESS_EN in lines


def test_a_body_called_menu_is_not_believed() -> None:
    paragraphs = "".join(f"<p>{line}</p>" for line in ARTICLE)

    lines = main_lines(f'<html><body><div class="menu footer"><h1>{TITLE}</h1>{paragraphs}</div></body></html>')

    assert [line for line in ARTICLE if comparable(line) not in lines] == []


def test_a_list_of_names_is_main_text_though_no_extractor_takes_it() -> None:
    names = ["Arseny Polyansky", "Vasil Hlybotski", "Oksana Dubrovenko", "Taras Vyshnia", "Marfa Kolosnitsyna"]
    items = "".join(f"<li><a href='/{n}'>{name}</a></li>" for n, name in enumerate(names))

    lines = main_lines(
        f"<html><body><nav><a href='/'>Home</a></nav><h1>Prisoners</h1><ul class='people'>{items}</ul></body></html>"
    )

    assert [name for name in names if name not in lines] == []
    assert "Home" not in lines


def test_hidden_text_is_no_main_text_unless_it_is_the_page() -> None:
    paragraphs = "".join(f"<p>{line}</p>" for line in ARTICLE)

    shown = main_lines(
        f"<body><article>{paragraphs}<div style='display: none'>Secret paragraph of words.</div></article>"
    )
    wrapped = main_lines(f"<body><div style='display:none' id=app><article>{paragraphs}</article></div>")

    assert "Secret paragraph of words." not in shown
    assert [line for line in ARTICLE if comparable(line) not in wrapped] == []


def test_a_sites_rules_name_the_main_container() -> None:
    markup = "<body><div class=x><p>Short words.</p></div><div class=y><p>Other words that are longer.</p></div>"

    lines = main_lines(markup, rules=ReadingRules(main="div.x"))

    assert lines == ["Short words."]


def test_a_sites_rules_name_what_is_never_main_text() -> None:
    paragraphs = "".join(f"<p>{line}</p>" for line in ARTICLE)
    box = "<div class=bookbox><p>Our book is in the shops, buy it now today.</p></div>"
    markup = f"<body><article>{paragraphs}{box}</article>"

    assert "Our book is in the shops, buy it now today." in main_lines(markup)
    assert "Our book is in the shops, buy it now today." not in main_lines(
        markup, rules=ReadingRules(ignore=(".bookbox",))
    )


def test_text_keeps_the_sources_code_points() -> None:
    decomposed = "Фонарныи\u0306 и е\u0308лка: слово\u00a0слово, это довольно длинное предложение для проверки."

    assert decomposed in reading_of(f"<p>{decomposed}</p>").text


ABOVE = ["Home", "REPORTS", "INVESTIGATIONS", "• USD78.84", "EUR93.01", "DONATE", "97"]


def bare_list_above() -> str:
    items = "".join(f"<li>{line}</li>" for line in ABOVE)
    return f"<div class=a><ul>{items}</ul></div><div class=b>{''.join(f'<p>{line}</p>' for line in ARTICLE)}</div>"


def bare_lines_above() -> str:
    items = "".join(f"<div>{line}</div>" for line in ABOVE)
    return f"<div class=a>{items}</div><div class=b>{''.join(f'<p>{line}</p>' for line in ARTICLE)}</div>"


def lines_parted_by_breaks() -> str:
    return f"<header>{''.join(f'<div>{line}</div>' for line in ABOVE)}</header><main>{'<br><br>'.join(ARTICLE)}</main>"


def spans_in_nameless_boxes() -> str:
    links = "".join(f'<a href="/{n}"><span>{line}</span></a>' for n, line in enumerate(ABOVE))
    boxes = "".join(f"<div class=z{n}><div><span>{line}</span></div></div>" for n, line in enumerate(ARTICLE))
    return f"<div id=x><div class=x1>{links}</div><div class=x2>{boxes}</div></div>"


def cells_of_a_layout_table() -> str:
    return f"<table><tr><td>{'<br>'.join(ABOVE)}</td><td>{'<br>'.join(ARTICLE)}</td></tr></table>"


@pytest.mark.parametrize(
    "make",
    [bare_list_above, bare_lines_above, lines_parted_by_breaks, spans_in_nameless_boxes, cells_of_a_layout_table],
)
def test_pages_without_any_helpful_markup_are_read_whole_and_clean(make: Callable[[], str]) -> None:
    page = f"<html><head><title>{TITLE} | Rowan Committee</title></head><body>{make()}</body></html>"

    lines = main_lines(page)

    assert [line for line in ARTICLE if comparable(line) not in lines] == []
    assert [line for line in ABOVE if line in lines] == []


DECLARATION = [
    f"Everyone who lives on the river has the right to cross it, in any boat and at any hour of day {n}."
    for n in range(9)
]


def test_all_of_several_sections_that_are_alike_are_main_text() -> None:
    articles = "".join(f"<article><h3>Article {n}</h3><p>{text}</p></article>" for n, text in enumerate(DECLARATION))

    lines = main_lines(f"<body><h1>The declaration of the river</h1>{articles}</body>")

    assert [text for text in DECLARATION if text not in lines] == []
    assert [n for n in range(9) if f"Article {n}" not in lines] == []


def test_teasers_that_are_sections_beside_the_article_are_not() -> None:
    paragraphs = "".join(f"<p>{line}</p>" for line in ARTICLE)
    teasers = "".join(
        f"<article><h3><a href=/{n}>Another page {n}</a></h3><p>{text} {text} {text}</p></article>"
        for n, text in enumerate(DECLARATION * 3)
    )

    lines = main_lines(f"<body><main><article><h1>{TITLE}</h1>{paragraphs}</article>{teasers}</main></body>")

    assert [line for line in lines if line.startswith("Everyone who lives")] == []


def test_a_preamble_in_a_header_is_main_text_and_a_sites_header_is_not() -> None:
    preamble = "Whereas the river has two banks and no bridge has ever been built between them,"
    articles = "".join(f"<section><p>{text}</p></section>" for text in DECLARATION)

    lines = main_lines(
        "<body><header><a href=/>The river</a><p>Notes of the ferrymen, who row here since the year of the flood</p>"
        f"</header><h1>The declaration of the river</h1><header><p>{preamble}</p></header>{articles}</body>"
    )

    assert preamble in lines
    assert "The river" not in lines


@pytest.mark.parametrize(
    "pointer",
    [
        "<p>Read more: <a href=/x>How the ferry was lost in the autumn flood</a></p>",
        "<p><b>Читайте также:</b> <a href=/x>Как осенью пропал паром</a></p>",
    ],
)
def test_a_pointer_to_another_page_inside_the_text_is_none_of_it(pointer: str) -> None:
    paragraphs = [f"<p>{line}</p>" for line in ARTICLE]

    lines = main_lines(f"<body><article>{''.join(paragraphs[:8])}{pointer}{''.join(paragraphs[8:])}</article></body>")

    assert [line for line in lines if "ferry" in line or "паром" in line] == []
    assert [line for line in ARTICLE if comparable(line) not in lines] == []


def test_lines_of_one_element_that_are_all_furniture_are_no_text() -> None:
    paragraphs = "<br><br>".join(ARTICLE)

    lines = main_lines(f"<body><font>{paragraphs}</font><hr>97<br>© 2026 Rowan Committee</body>")

    assert [line for line in lines if "©" in line or line == "97"] == []


BODY = (
    "<p>The district court of Lower Log has sentenced the glassblower to six years for two comments under a video.</p>"
    "<p>He told the judge that he had written them himself, and that he would write them again if he were free.</p>"
    "<p>The defence asked for another examination of the comments; the court saw no reason why it should have one.</p>"
)


@pytest.mark.parametrize(
    "line",
    [
        "Two linguists, one word, six years.",
        "By Inna Velm · 14 Mar 2024",
        "Mar 14, 2024",
        "14 March 2024, 10:30 | Courts",
    ],
)
@pytest.mark.parametrize("box", ["<article><header><h1>{0}</h1><p>{1}</p></header><section>{2}</section></article>"])
def test_a_short_line_between_the_title_and_the_text_is_main_text(line: str, box: str) -> None:
    markup = f"<title>Six years</title><body><ul><li>News</li></ul>{box.format('Six years', line, BODY)}</body>"
    assert comparable(line) in main_lines(markup)


def test_what_a_card_over_the_text_says_is_main_text() -> None:
    card = "<dl><dt>Article</dt><dd>207.3</dd><dt>Term</dt><dd>six years</dd></dl>"
    lines = main_lines(f"<title>Six years</title><body><div><h1>Six years</h1>{card}</div><div>{BODY}</div></body>")
    assert {"Article", "207.3", "Term", "six years"} <= set(lines)


def test_in_the_header_of_the_page_itself_a_bare_number_is_a_counter_and_one_with_its_label_none() -> None:
    inside = "<h1>Six years</h1><p>3 March 2026</p><div>16418</div><div><div>Born</div><div>1981</div></div>"
    reading = reading_of(f"<title>Six years</title><body><header><div>{inside}</div></header><div>{BODY}</div></body>")
    furniture = {reading.text_of(block): block.furniture for block in reading.blocks}

    assert furniture["16418"] == "counter"
    assert furniture["1981"] is None


def test_tools_between_the_title_and_the_text_are_none() -> None:
    tools = "<ul><li>Print</li><li>Larger letters</li></ul><div>Larger letters</div>"
    lines = main_lines(f"<title>Six years</title><body><div><h1>Six years</h1>{tools}</div><div>{BODY}</div></body>")
    assert not {"Print", "Larger letters"} & set(lines)


def test_comments_in_a_field_of_that_name_are_side_blocks() -> None:
    said = "<h2>Коментарі</h2><div><p>Thank you for writing of him.</p></div>"
    said = f"<section class='field field--name-comment'>{said}</section>"
    assert "Thank you for writing of him." not in main_lines(f"<title>Six years</title><h1>Six years</h1>{BODY}{said}")
