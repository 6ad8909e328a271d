from __future__ import annotations

import pytest
from lxml import html

from spiders.selector import check_selector, elements, select, text_of, texts

PAGE = html.document_fromstring(
    """<html><head><meta name="when" content=" 4  April "></head><body>
    <ul class=clause><li><span>Article 541 <i class=tip>what it says</i></span><li><span> Article&nbsp;9 </span></ul>
    <div class=letter><p><p>7 Sadovaya Street</p><p>Verkhny Plyos</p></div>
    <div class=box><div class=box>inner</div>outer</div>
    <a class=tag aria-label="Region: Plyos" href="/r/1">#</a><img alt="Portrait" src=p.jpg><p>о<b>дин</b> и<br>два</p>
    <script>var x = 1</script></body></html>"""
)


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("ul.clause li", ["Article 541 what it says", "Article 9"]),
        ("xpath://ul[@class='clause']/li/span/text()[1]", ["Article 541", "Article 9"]),
        ("div.letter p", ["7 Sadovaya Street", "Verkhny Plyos"]),
        ("div.letter", ["7 Sadovaya Street Verkhny Plyos"]),
        (".box", ["inner outer"]),
        ("a.tag::attr(aria-label)", ["Region: Plyos"]),
        ("a.tag::text", ["#"]),
        ("meta[name=when]", ["4 April"]),
        ("img", ["Portrait"]),
        ("xpath:string(//b)", ["дин"]),
        ("xpath://p[re:test(., 'и\\s*два')]", ["один и два"]),
        ("xpath:count(//nothing) > 3", []),
        (".nothing", []),
        (("", ".nothing", "xpath://b", "img"), ["дин"]),
        (".nothing || xpath://b \n || img", ["дин"]),
        ("", []),
    ],
)
def test_a_selector_finds_texts(selector: str | tuple[str, ...], found: list[str]) -> None:
    assert texts(PAGE, selector) == found


def test_what_is_cut_is_not_in_a_text() -> None:
    [first, _] = select(PAGE, "ul.clause li")

    assert text_of(first, without=select(PAGE, ".tip")) == "Article 541"


def test_of_an_attribute_the_element_is_known() -> None:
    assert [one.tag for one in elements(PAGE, "a.tag::attr(href)")] == ["a"]


@pytest.mark.parametrize(
    "wrong", ["div[", "p || div[", "xpath:", "xpath://[", "p::nothing", "xpath:nothing()", ":hover(1)"]
)
def test_a_selector_that_is_none_is_refused_by_name(wrong: str) -> None:
    if wrong == "xpath:nothing()":  # only evaluation shows it: it finds nothing
        assert texts(PAGE, wrong) == []
        return
    with pytest.raises(ValueError, match="CSS selector"):
        check_selector(wrong)
