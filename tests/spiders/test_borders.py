"""Two words that no white space parts are two, and no word is broken, whatever the markup between them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.blocks import parse, walk
from pipelines.page import read_page
from pipelines.reading import Reading, StoredPage
from spiders.selector import text_of

TEXT = (
    "<p>The engineer Ivan Vydumanny was arrested at home in the made-up town, which reads his letters aloud every "
    "Tuesday, in the hall behind the library.</p>"
)
ROWS = "<div><b>Статус</b><span>под стражей</span></div><div><b>Срок</b><span>пять лет</span></div>"


def blocks(markup: str) -> list[str]:
    return [block.text for block in walk(parse(f"<html><body>{markup}</body></html>")).blocks]


def selected(markup: str) -> str:
    return text_of(parse(f"<html><body>{markup}</body></html>"))


def reading(markup: str) -> Reading:
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    octets = f"<html><body>{markup}</body></html>".encode()
    return read_page(StoredPage("https://site.example/a", moment, "urn:uuid:1", None, "text/html", octets))


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<b>Status</b><span>In custody</span>", "Status In custody"),
        ("<b>Status</b><a href='/x'>In <i>custody</i></a>", "Status In custody"),
        ("<span>Статус</span><span>Під вартою</span>", "Статус Під вартою"),
        ("<b>Статус</b>Под стражей", "Статус Под стражей"),
        ("Статус<b>Под стражей</b>", "Статус Под стражей"),
        ("<b>СТАТУС</b><span>Под стражей</span>", "СТАТУС Под стражей"),
        ("<b>Срок:</b>5 лет", "Срок: 5 лет"),
        ("<b>Срок:</b>пять лет", "Срок: пять лет"),
        ("<b>Статья</b>205.5", "Статья 205.5"),
        ("<b>Дата рождения</b><span>3 мая 1981</span>", "Дата рождения 3 мая 1981"),
        ("Возраст<b>35</b>", "Возраст 35"),
        ("<b>Срок</b>5 лет<br><b>Статья</b>541", "Срок 5 лет\nСтатья 541"),
        ("<span>12</span><span>Липовец</span>", "12 Липовец"),
        ("<span>ООО</span><b>«Ромашка»</b>", "ООО «Ромашка»"),
        ("<b>Иван Выдуманный</b><b>Пётр Придуманный</b>", "Иван Выдуманный Пётр Придуманный"),
        ("<i>Что дальше?</i><b>Суд</b>", "Что дальше? Суд"),
        ("<i>The hall was full.</i><b>Photo: nobody</b>", "The hall was full. Photo: nobody"),
        ("<i>Выдуманный,</i><b>инженер</b>", "Выдуманный, инженер"),
        ("<i>(appeal)</i><b>Court</b>", "(appeal) Court"),
    ],
)
def test_a_label_and_its_value_are_two_words(markup: str, text: str) -> None:
    assert blocks(f"<p>{markup}</p>") == [text]
    assert selected(f"<p>{markup}</p>") == text.replace("\n", " ")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<span>К</span>огда", "Когда"),
        ("<span>К</span><span>огда</span>", "Когда"),
        ("<span>Н</span><span>о</span><span>в</span><span>А</span>", "НовА"),
        ("сло<b>во</b>", "слово"),
        ("<em>Хар</em><em>ків</em>", "Харків"),
        ("<b>Хар</b><i>ків</i>", "Харків"),
        ("H<sub>2</sub>O, м<sup>2</sup>, слово<sup>1</sup>", "H2O, м2, слово1"),
        ("<b>Meter</b><sup>TM</sup>", "MeterTM"),
        ("<ruby>Kanji<rp>(</rp><rt>Kana</rt><rp>)</rp></ruby>", "Kanji(Kana)"),
        ("слово<a href='#n1'>1</a> и дальше", "слово1 и дальше"),
        ("<b>You</b><i>Tube</i>", "YouTube"),
        ("<b>Mac</b><i>Invented</i>", "MacInvented"),
        ("<i>i</i><b>Invented</b>", "iInvented"),
        ("<i>Ro</i><wbr><b>Tor</b>", "RoTor"),
        ("<i>Ro<wbr></i><b>Tor</b>", "RoTor"),
        ("<i>Ro</i><b><wbr>Tor</b>", "RoTor"),
        ("<i>Ро\u00ad</i><b>Тор</b>", "Ро\u00adТор"),
        ("<b>invented.</b><i>Example</i>", "invented.Example"),
        ("<b>И.</b><i>Выдуманный</i>", "И.Выдуманный"),
        ("<b>ст. 333.</b>36", "ст. 333.36"),
        ("<b>12:</b><b>30</b>, <b>3,</b><b>5</b>", "12:30, 3,5"),
        ("<b>https:</b><i>//site.example/?</i><i>q</i>=1", "https://site.example/?q=1"),
        ("<b>1</b><b>240</b>", "1240"),
        ("<b>2</b><sup>nd</sup>, <b>21</b><i>st</i>, <b>5</b><i>А</i>, <b>3</b><i>GB</i>", "2nd, 21st, 5А, 3GB"),
        ("<b>осуждён</b><i>(а)</i>", "осуждён(а)"),
        ("<b>ЕВ</b><i>РОПА</i>", "ЕВРОПА"),
        ("<span>Н</span>АЧАЛО, <span>П</span>ервый", "НАЧАЛО, Первый"),
        ("<b>Д’</b><i>Артаньян</i>, <b>ОВ-</b><i>Инфо</i>", "Д’Артаньян, ОВ-Инфо"),
    ],
)
def test_no_word_is_broken(markup: str, text: str) -> None:
    assert blocks(f"<p>{markup}</p>") == [text]
    assert selected(f"<p>{markup}</p>") == text


def test_a_small_letter_begins_a_value_in_a_row_of_several_alike() -> None:
    assert blocks(ROWS) == ["Статус под стражей", "Срок пять лет"]


@pytest.mark.parametrize(
    "markup",
    [
        "<div><b>Вымыш</b><span>ленный</span></div>",  # one row is none of several
        "<div><b>Вымыш</b><b>ленный</b></div><div><b>Приду</b><b>манный</b></div>",  # of one make
        "<div><b>Вымысл</b><i>ом</i></div><div><b>Выдумк</b><i>ами</i></div>",  # endings
        "<div><b>вымыш</b><i>ленный</i></div><div><b>приду</b><i>манный</i></div>",  # no labels
    ],
)
def test_a_small_letter_goes_on_elsewhere(markup: str) -> None:
    assert not any(" " in text for text in blocks(markup))


def test_preformatted_text_stays_as_it_is() -> None:
    assert blocks("<pre><b>Status</b><i>In custody</i></pre>") == ["StatusIn custody"]


def test_what_links_point_at_holds_behind_a_parted_border() -> None:
    one = reading('<p><b>Article</b><a href="/205">205.5</a>, <i>as</i><a href="/x">Part <b>2</b></a></p>')

    texts = [one.text_of(block) for block in one.blocks]
    assert texts == ["Article 205.5, as Part 2"]
    assert [texts[link.block][link.start : link.end] for link in one.links] == ["205.5", "Part 2"]


@pytest.mark.parametrize("between", ["", ": "])
def test_the_facts_of_a_card_are_read_and_cited_by_their_own_words(between: str) -> None:
    card = (
        f"<div><b>Status</b>{between}<span>Sentenced</span></div>"
        f"<div><b>Article</b>{between}<a href='/x'>205.5</a>, <a href='/y'>part 2</a></div>"
        f"<div><b>Term</b>{between}5 years<br><b>Detained</b>{between}12 February 2025<br>Letters are read aloud</div>"
    )
    one = reading(f"<article><h1>Ivan Vydumanny</h1>{TEXT}{card}</article>")

    said = {(fact.name, fact.value) for fact in one.facts}
    expected = {("stage", "sentenced"), ("article", "205.5 ч. 2"), ("sentence", "5 years"), ("detained", "2025-02-12")}
    assert expected <= said
    assert {fact.subject for fact in one.facts} == {"Ivan Vydumanny"}
    assert [one.text[fact.start : fact.end] for fact in one.facts] == [fact.cited for fact in one.facts]


_WORDS = st.text(alphabet="abАБвїЇ19 .:,)»(«\u200bßა中\u00a0", min_size=0, max_size=6)
_TREES = st.recursive(
    _WORDS,
    lambda inside: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>",
        st.sampled_from(["b", "i", "span", "a href='/x'", "sup", "div", "li"]),
        st.lists(inside, max_size=4),
    ).map(lambda markup: markup.replace("</a href='/x'>", "</a>")),
    max_leaves=16,
)


@given(markup=_TREES)
@example(markup="<b>АБвв</b><a href='/x'>Бв<i>Б</i></a>")
def test_only_spaces_are_put_in(markup: str) -> None:
    page = walk(parse(f"<html><body><div>{markup}</div></body></html>"))
    tree = parse(f"<html><body><div>{markup}</div></body></html>")

    said = "".join(block.text for block in page.blocks)
    assert "".join(said.split()) == "".join("".join(tree.itertext()).split())
    for block in page.blocks:
        assert all(one.end <= other.start for one, other in pairwise(block.anchors))
        assert all(block.text[one.start : one.end].strip() == block.text[one.start : one.end] for one in block.anchors)
