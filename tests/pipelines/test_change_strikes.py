"""That a name or a term was struck out is told as such, and the text of the page stays as it is."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from archive_samples import collection, crawled, page
from hypothesis import example, given
from hypothesis import strategies as st
from reading_schema import faults

from archive.catalogue import Catalogue
from archive.exchange import Exchange
from archive.kinds import ChangeKind
from crawler.change_words import edit_html, edit_text
from pipelines.blocks import parse, walk
from pipelines.change import compare
from pipelines.change_strikes import compared
from pipelines.edits import Change
from pipelines.noise import Mask, Slot, TextPattern
from pipelines.page import read_page
from pipelines.reading import Reading, StoredPage, comparable
from pipelines.stage import ReadingStage
from pipelines.weight import SIGNALS, edit_of

TEXT = "<p>The committee of the made-up town reads letters aloud every Tuesday, in the hall behind the library.</p>" * 4
NAMES = (
    *("Ivan Vydumanny", "Petr Pridumanny", "Anna Skazochnaya", "Olga Nebyvalaya", "Maria Vymyslova"),
    *("Oleg Fantazyorov", "Vera Nebylitsyna", "Gleb Basnin"),
)


def reading(inside: str) -> Reading:
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    markup = f"<html><body><article><h1>Letters are read</h1>{TEXT}{inside}{TEXT}</article></body></html>"
    return read_page(StoredPage("https://site.example/a", moment, "urn:uuid:1", None, "text/html", markup.encode()))


def changed(before: str, after: str, mask: Mask | None = None) -> Change:
    return compare(reading(before), reading(after), mask)


def struck(one: Reading) -> list[str]:
    return [one.text_of(block)[start:end] for block in one.blocks for start, end in block.struck]


def told(change: Change) -> list[tuple[str | None, list[str]]]:
    return [(edit.field, [word for pair in edit.words for word in pair]) for edit in change.reported]


def listed(line: str = "", name: str = "", *, as_: str = "<s>{}</s>") -> str:
    entries = (as_.format(one) if one == name else one for one in NAMES)
    return f"<h2>In custody</h2><ul>{''.join(f'<li>{one}, 4 years</li>' for one in entries)}</ul>{line}"


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<p>He got <s>five  years</s> of colony</p>", ["five years"]),
        ("<p>He got <strike>five <b>years</b></strike> <del>of</del> colony</p>", ["five years of"]),
        ("<p>He got <s>five</s> or <s>six</s> years</p>", ["five", "six"]),
        ("<p>He got<s> five </s><br><del> years<br>of</del> colony</p>", ["five\nyears\nof"]),
        ('<p>A <span style="color:red;text-decoration: line-through">B c</span> d</p>', ["B c"]),
        ('<p>A <a href="/x" style="text-decoration-line:underline LINE-THROUGH">b</a> c</p>', ["b"]),
        ('<ul><li style="text-decoration:line-through"><i>Ivan</i> V.</li><li>Petr</li></ul>', ["Ivan V."]),
        ("<del><p>All of it</p><p>and <ins>this</ins></p></del>", ["All of it", "and this"]),
        ("<pre>\n a <s> b  c </s>\n</pre>", ["b  c"]),
        ("<p><b>Term</b><s>Five years</s></p>", ["Five years"]),
        ("<p>е\u0308<s>е\u0308</s>е\u0308</p>", ["е\u0308"]),
        ('<p>A <span style="text-decoration:none">b</span> <s> </s><ins>c</ins> <span class="strike">d</span></p>', []),
        ('<p>A <span style="x-text-decoration:line-through;text-decoration:underline">b</span></p>', []),
    ],
)
def test_the_markup_that_strikes_out_is_known(markup: str, words: list[str]) -> None:
    one = reading(markup)

    assert struck(one) == words
    assert Reading.from_json(one.to_json()) == one
    assert not list(faults(json.loads(one.to_json()).get("blocks", []), {"type": "array"}))


def test_a_reading_without_struck_words_says_nothing_of_them() -> None:
    assert b"struck" not in reading("<p>He got five years</p>").to_json()


@pytest.mark.parametrize(
    ("before", "after", "edits"),
    [
        ("He got five years.", "He got <s>five years</s>.", [("struck", ["-five years"])]),
        ("He got <s>five years</s>.", "He got <b>five years</b>.", [("unstruck", ["+five years"])]),
        ("Of <s>one</s> and two.", "Of one and <s>two</s>.", [("struck", ["-two"]), ("unstruck", ["+one"])]),
        ("One, two and six.", "<s>One</s>, two and <s>six</s>.", [("struck", ["-One", "-six"])]),
        ("<s>A b</s> c.", "<s>A</s> <del>b</del> c.", []),
        ("A <s>b</s> c.", "A <s>b </s>c.", []),
        ("A «<s>b</s>» c.", "A <s>«b»</s> c.", []),
    ],
)
def test_what_was_struck_out_is_told(before: str, after: str, edits: list[Any]) -> None:
    change = changed(f"<p>{before}</p>", f"<p>{after}</p>")

    assert told(change) == edits
    assert change.kind == ("edited" if edits else "same")
    assert all(edit.before == edit.after for edit in change.reported)


def test_words_that_changed_besides_are_told_by_themselves() -> None:
    change = changed(
        "<p>The court gave Petr Pridumanny five years of colony.</p>",
        "<p>The court gave <del>Petr Pridumanny</del> six years of <s>strict</s> colony.</p>",
    )

    assert told(change) == [(None, ["-five", "+six", "+strict"]), ("struck", ["-Petr Pridumanny"])]


def test_a_block_that_is_cut_otherwise_is_asked_too() -> None:
    before = "<p>The term is five years of colony. The place is a made-up town in the north.</p>"
    after = "<p>The term is <s>five years</s> of colony.</p><p>The place is a made-up town in the north.</p>"

    assert told(changed(before, after)) == [("struck", ["-five years"])]


@pytest.mark.parametrize(
    ("words", "signal"),
    [("five years", "term"), ("Petr Pridumanny", "name-gone"), ("released", "freed"), ("not", "negation")],
)
def test_it_weighs_what_the_going_of_these_words_weighs(words: str, signal: str) -> None:
    line = f"The court said on Tuesday that {words} it was, and nobody in the hall of the town was surprised."
    change = changed(f"<p>{line}</p>", f"<p>{line.replace(words, f'<s>{words}</s>')}</p>")
    gone = changed(f"<p>{line}</p>", f"<p>{line.replace(words + ' ', '')}</p>")

    assert change.weight >= gone.weight >= SIGNALS[signal].value
    assert signal in {reason.name for reason in change.reasons}


def test_an_entry_of_a_list_that_is_struck_out_is_a_change_of_that_entry() -> None:
    change = changed(listed(), listed(name=NAMES[2]))

    assert change.kind == ChangeKind.LIST.value
    assert [(edit.level, edit.field, edit.subject) for edit in change.reported] == [("list", "struck", NAMES[2])]
    assert change.weight >= SIGNALS["list-struck"].value
    back = changed(listed(name=NAMES[2], as_='<i style="text-decoration:line-through">{}</i>'), listed())
    assert [(edit.level, edit.field) for edit in back.reported] == [("list", "unstruck")]


def test_it_is_told_beside_other_changes_of_the_list() -> None:
    before, after = listed(), listed(name=NAMES[2]).replace(f"<li>{NAMES[5]}, 4 years</li>", "")

    assert {(edit.op, edit.subject) for edit in changed(before, after).reported} == {
        ("edit", NAMES[2]),
        ("remove", NAMES[5]),
    }


def test_it_is_told_where_pages_of_a_list_are_settled_together(tmp_path: Path) -> None:
    def pages(names: Sequence[str], hour: float, name: str = "") -> list[Exchange]:
        both = []
        for number, some in enumerate((names[:4], names[4:]), 1):
            rows = "".join(f'<li><a href="/person/{one.split()[0]}">{one}</a>, 4 years</li>' for one in some)
            other = f'<nav><a href="http://site.example/prisoners?page={3 - number}">{3 - number}</a></nav>'
            body = f"<main><h1>In custody</h1><p>For what they said.</p><ul>{rows}</ul></main>{other}"
            body = body.replace(f"{name}</a>", f"<s>{name}</s></a>") if name else body
            url = f"http://site.example/prisoners?page={number}"
            both.append(page(f"<html lang=en><body>{body}</body></html>", url=url, hour=hour + number / 100))
        return both

    with collection(tmp_path) as at, Catalogue.open(at.catalogue_path, readonly=False) as derived:
        crawled(at, "c1", *pages(NAMES, 1))
        crawled(at, "c2", *pages((*NAMES[:1], *NAMES[2:]), 2, NAMES[2]))
        ReadingStage(at, derived, workers=1).run_until_done()
        edits = [edit for change in derived.changes() for edit in change.edits if "set_aside" not in edit]

    assert sorted((edit["op"], edit.get("subject")) for edit in edits) == [("edit", NAMES[2]), ("remove", NAMES[1])]


def test_in_furniture_it_is_set_aside() -> None:
    menu = '<nav class="menu"><a href="/a">First page</a> <a href="/b">{}</a></nav>'
    change = changed(menu.format("Shop"), menu.format("<s>Shop</s>"))

    assert change.kind == "noise"
    assert [(edit.field, edit.set_aside) for edit in change.edits] == [("struck", "menu")]


def test_no_mask_has_it_as_noise() -> None:
    mask = Mask((Slot("s1", "//p"),), (TextPattern("t1", ".*"),))

    assert told(changed("<p>He got 5 years.</p>", "<p>He got <s>5</s> years.</p>", mask)) == [("struck", ["-5"])]


def test_it_is_said_in_words() -> None:
    line = "He got five years of colony."
    edit = changed(f"<p>{line}</p>", "<p>He got <s>five years</s> of colony.</p>").reported[0]
    record = edit.as_record()

    assert edit_of(record) == edit
    assert edit_text(record) == "± struck out: He got [-five years-] of colony."
    assert edit_text(record, "ru") == "± зачёркнуто: He got [-five years-] of colony."
    assert edit_html(record) == "<b>struck out:</b> He got <del>five years</del> of colony."
    back = changed("<p>He got <s>five years</s> of colony.</p>", f"<p>{line}</p>").reported[0].as_record()
    assert edit_text(back) == "± struck out no longer: He got {+five years+} of colony."
    entry = changed(listed(), listed(name=NAMES[2])).reported[0].as_record()
    assert edit_text(entry) == f"± struck out in the list: [-{NAMES[2]}-], 4 years"
    assert edit_text(entry, "ru") == f"± в списке зачёркнуто: [-{NAMES[2]}-], 4 years"


def test_words_that_the_text_has_twice_are_shown_alone() -> None:
    before, after = "One year, then one year and a day.", "One year, then <s>one</s> year and a <s>day</s>."
    assert edit_text(changed(f"<p>{before}</p>", f"<p>{after}</p>").reported[0].as_record()).endswith(
        "One year, then [-one-] year and a [-day-]."
    )

    before, after = "Of 5 or 15 or 5 years.", "Of 5 or 15 or <s>5</s> <s>years</s>."
    assert edit_text(changed(f"<p>{before}</p>", f"<p>{after}</p>").reported[0].as_record()) == (
        "± struck out: Of 5 or 15 or [-5 years-]."
    )
    after = "Of 5 or 15 or <s>5</s> years."
    assert edit_text(changed(f"<p>{before}</p>", f"<p>{after}</p>").reported[0].as_record()) == "± struck out: [-5-]"


_WORDS = st.lists(st.text(alphabet="aБй ё\u0306\u0301\u00ad.5\u00a0", min_size=1, max_size=5), min_size=1, max_size=8)


@given(words=_WORDS, marks=st.lists(st.booleans(), min_size=8, max_size=8))
@example(words=["5 \u00ad"], marks=[True] * 8)
@example(words=["a ", "\u00ad", " b ", "c"], marks=[False, True] * 4)
@example(words=["и", "\u0306", "a"], marks=[False, True] * 4)
def test_striking_out_leaves_the_text_as_it_is(words: list[str], marks: list[bool]) -> None:
    markup = "".join(f"<s>{word}</s>" if mark else word for word, mark in zip(words, marks, strict=False))

    for inside in (f"<div>{markup}</div>", f"<ul><li>{markup}</li><li>b</li></ul>"):
        with_, without = (
            walk(parse(f"<html><body>{each}</body></html>"))
            for each in (inside, inside.replace("<s>", "<i>").replace("</s>", "</i>"))
        )
        assert [(one.text, one.path) for one in with_.blocks] == [(one.text, one.path) for one in without.blocks]
        for block in with_.blocks:
            assert all(block.text[start:end].strip() for start, end in block.struck)
            form = comparable(block.text)
            places = [place for stretch in compared(block.text, block.struck) for place in stretch]
            assert places == sorted(places)
            assert all(0 <= place <= len(form) for place in places)
            seen = [comparable(block.text[start:end]).replace(" ", "") for start, end in block.struck]
            if not any(map(unicodedata.combining, block.text)):
                found = [form[start:end].replace(" ", "") for start, end in compared(block.text, block.struck)]
                assert found == [each for each in seen if each]


def test_but_for_what_is_struck_out_the_reading_is_the_same() -> None:
    line = '<p>The court gave <{0}>Petr Pridumanny</{0}> <a href="/x"><{0}>five years</{0}></a> of colony.</p>'
    one, other = reading(line.format("s")), reading(line.format("i"))

    def rest(reading: Reading) -> dict[str, Any]:
        record = reading.to_record()
        record["blocks"] = [{k: v for k, v in block.items() if k != "struck"} for block in record["blocks"]]
        return record

    assert struck(one) == ["Petr Pridumanny five years"]
    assert rest(one) == rest(other)
