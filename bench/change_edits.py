"""Edits: what an archivist wants to be told of, injected into a marked page, with what a report of it has to say."""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from lxml import html as lxml_html

from bench.change_noise import Scene
from bench.change_pages import element, fill

Element = lxml_html.HtmlElement
_TOKEN = re.compile(r"\w+(?:[-'’ʼ]\w+)*")


def tokens(text: str | None) -> Counter[str]:
    """The words and numbers of a text, counted; soft hyphens are none of it."""
    plain = re.sub("[\u00ad\u200b-\u200f\u2060]", "", unicodedata.normalize("NFC", text or ""))
    return Counter(_TOKEN.findall(plain))


@dataclass(frozen=True, slots=True)
class Truth:
    """What was injected: (before, after) of the texts that it stands in, in every form that a report may tell it by."""

    forms: tuple[tuple[str, str], ...]
    level: str = "text"
    """text, move, link, picture, heading, translation."""
    also: str = ""
    """What else may be said of it: addresses in what was added or removed, the label beside a value."""
    neighbours: tuple[str, ...] = field(default=())
    """Of a move: the blocks that it went past; that these moved the other way is as true."""


def _text(one: Element) -> str:
    return " ".join(one.text_content().split())


def _set(one: Element, text: str) -> None:
    tail = one.tail
    for child in list(one):
        one.remove(child)
    one.text, one.tail = text, tail


def _pieces(scene: Scene, mark: str = "p") -> list[tuple[Element, bool]]:
    """(element, whether the tail): every run of text in the marked elements, in order."""
    found = []
    for block in scene.marks(mark):
        for each in block.iter():
            if isinstance(each.tag, str) and each.tag not in {"script", "style"} and (each.text or "").strip():
                found.append((each, False))
            if each is not block and (each.tail or "").strip():
                found.append((each, True))
    return found


def _rewrite(
    scene: Scene, candidates: Callable[[str], list[tuple[int, int, str]]], draws: random.Random
) -> Truth | None:
    """Replace one stretch of the text by another: (start, end, new) of each that may be."""
    found = []
    for one, tail in _pieces(scene):
        text = (one.tail if tail else one.text) or ""
        found += [(one, tail, *each) for each in candidates(text)]
    if not found:
        return None
    one, tail, start, end, new = draws.choice(found)
    text = (one.tail if tail else one.text) or ""
    block = next(each for each in (one, *one.iterancestors()) if each.get("data-k") == "p")
    old_block = _text(block)
    changed = text[:start] + new + text[end:]
    if tail:
        one.tail = changed
    else:
        one.text = changed
    return Truth(((old_block, _text(block)),))


def _words(pattern: str, text: str) -> list[tuple[int, int, str]]:
    return [(match.start(), match.end(), match.group()) for match in re.finditer(pattern, text)]


def word(scene: Scene) -> Truth | None:
    """One word for another."""
    pairs = dict(scene.words["words"]) | {b: a for a, b in scene.words["words"]}

    def candidates(text: str) -> list[tuple[int, int, str]]:
        return [(a, b, pairs[said]) for a, b, said in _words(r"\w+", text) if said in pairs]

    return _rewrite(scene, candidates, scene.where) or _rewrite(
        scene,
        lambda text: [
            (a, b, said[::-1]) for a, b, said in _words(r"(?<!\w)[^\W\d_]{4,}(?!\w)", text) if said[::-1] != said
        ],
        scene.where,
    )


def letter(scene: Scene) -> Truth | None:
    """One letter of a word: another ending, й for и, і for ї."""
    turns = {
        "й": "и",
        "и": "й",
        "ё": "е",
        "і": "ї",
        "ї": "і",
        "ў": "у",
        "ь": "ъ",
        "е": "ё",
        "s": "d",
        "e": "a",
        "r": "n",
    }

    def candidates(text: str) -> list[tuple[int, int, str]]:
        found = []
        for start, end, said in _words(r"(?<!\w)[^\W\d_]{5,}(?!\w)", text):
            at = next((n for n in range(len(said) - 1, 1, -1) if said[n] in turns), None)
            if at is not None:
                found.append((start, end, said[:at] + turns[said[at]] + said[at + 1 :]))
        return found

    return _rewrite(scene, candidates, scene.where)


def digit(scene: Scene) -> Truth | None:
    """One number for another."""
    draws = scene.where

    def other(said: str) -> str:
        at = draws.randrange(len(said))
        figure = draws.choice([each for each in "123456789" if each != said[at]])
        return said[:at] + figure + said[at + 1 :]

    return _rewrite(
        scene,
        lambda text: [(a, b, other(said)) for a, b, said in _words(r"(?<![\w.,:/-])\d{1,4}(?![\w.,:/-])", text)],
        draws,
    )


def day(scene: Scene) -> Truth | None:
    """One date for another."""
    months = scene.words["months"]
    pattern = (
        rf"\b\d{{1,2}} (?:{'|'.join(months)})\b|\b(?:{'|'.join(months)}) \d{{1,2}}\b|\b\d{{1,2}}\.\d{{2}}\.\d{{4}}\b"
    )

    def other(said: str) -> str:
        number = re.search(r"\d{1,2}", said)
        assert number is not None
        new = int(number.group()) % 27 + 1
        return said[: number.start()] + f"{new:0{len(number.group()) if said[0] == '0' else 1}}" + said[number.end() :]

    found = _rewrite(scene, lambda text: [(a, b, other(said)) for a, b, said in _words(pattern, text)], scene.where)
    if found is not None:
        return found
    # a page without a date in its text: the month of a year, or none
    return _rewrite(
        scene,
        lambda text: [
            (a, b, str(int(said) + 1)) for a, b, said in _words(r"(?<![\w.,:/-])(?:19|20)\d\d(?![\w.,:/-])", text)
        ],
        scene.where,
    )


def name(scene: Scene) -> Truth | None:
    """One person's name for another's."""
    new = scene.where.choice(scene.words["people"]).split()[-1]
    pattern = r"(?<=[a-zа-яёіїў,] )[A-ZА-ЯЁІЇЎ][a-zа-яёіїў’-]{3,}(?!\w)"
    return _rewrite(
        scene, lambda text: [(a, b, new) for a, b, said in _words(pattern, text) if said != new], scene.where
    )


def negation(scene: Scene) -> Truth | None:
    """A sentence says the opposite: the word for "not" comes or goes."""
    w = scene.words
    no, verbs = w["not"], "|".join(w["negation"])
    gone = _rewrite(scene, lambda text: [(a, b, "") for a, b, _ in _words(rf"(?<=\w )\b{no}\b ", text)], scene.where)
    if gone is not None and scene.where.random() < 0.5:
        return gone
    if gone is not None:
        return gone

    def candidates(text: str) -> list[tuple[int, int, str]]:
        found = _words(rf"(?<!\w)(?:{verbs})(?!\w)", text)
        return [(a, b, f"{no} {said}" if w["not_first"] else f"{said} {no}") for a, b, said in found]

    return _rewrite(scene, candidates, scene.where)


def added_paragraph(scene: Scene) -> Truth | None:
    """A paragraph more."""
    blocks = scene.marks("p")
    before = scene.where.choice(blocks[:-1])
    text = scene.words["insert"]
    made = element(f"<{before.tag}></{before.tag}>")
    made.text = text
    if before.get("class"):
        made.set("class", before.get("class"))
    made.tail, before.tail = before.tail, None
    before.addnext(made)
    return Truth((("", text),))


def removed_paragraph(scene: Scene) -> Truth | None:
    """A paragraph less."""
    one = scene.where.choice(scene.marks("p")[1:])
    text, also = _text(one), _addresses(one)
    _drop(one)
    return Truth(((text, ""),), also=also)


def _addresses(one: Element) -> str:
    return " ".join(each.get(name) for each in one.iter() for name in ("href", "src", "alt") if each.get(name))


def _drop(one: Element) -> None:
    before, parent = one.getprevious(), one.getparent()
    if one.tail:
        if before is not None:
            before.tail = (before.tail or "") + one.tail
        else:
            parent.text = (parent.text or "") + one.tail
    parent.remove(one)


def moved_paragraph(scene: Scene) -> Truth | None:
    """A paragraph stands elsewhere: past one or two others."""
    blocks = [each for each in scene.marks("p") if len(_text(each)) >= 40]
    homes = [each.getparent() for each in blocks]
    one_home = max(set(homes), key=homes.count)
    wrapped = homes.count(one_home) < 3  # each paragraph in a wrapper of its own
    rows = [each.getparent() if wrapped else each for each in blocks if wrapped or each.getparent() is one_home]
    if len(rows) < 4:
        return None
    at = scene.where.randrange(len(rows) - 2)
    one, last = rows[at], rows[at + 1 + scene.where.randrange(2)]
    if one.getparent() is not last.getparent():
        return None
    between = []
    step = one.getnext()
    while step is not None and step is not last:
        between.append(_text(step) if isinstance(step.tag, str) else "")
        step = step.getnext()
    text = _text(one)
    _drop(one)
    one.tail, last.tail = last.tail, None
    last.addnext(one)
    past = tuple(each for each in (*between, _text(last)) if each)
    return Truth(((text, text),), "move", _addresses(one), past)


def title(scene: Scene) -> Truth | None:
    """Another word in the title, in the heading and in what the page says it is called."""
    marks = scene.marks("title")
    said = scene.tree.find(".//title")
    old = _text(marks[0]) if marks else _text(said) if said is not None else ""
    # behind a line, and in most pages' <title>, stands the name of the site
    own = old if marks else re.split(r"\s[|–—-]\s", old)[0]
    found = _words(r"(?<!\w)[^\W\d_]{4,}(?!\w)", own)
    if not found:
        return None
    start, end, gone = scene.where.choice(found)
    new_word = scene.where.choice([each for pair in scene.words["words"] for each in pair if each != gone])
    new = old[:start] + new_word + old[end:]
    if marks:
        _set(marks[0], new)
    at_word = re.compile(rf"(?<!\w){re.escape(gone)}(?!\w)")
    for each in scene.tree.iter("title", "h1"):
        if each not in marks and not len(each) and each.text:
            each.text = at_word.sub(new_word, each.text, count=1)
    for meta in scene.tree.iter("meta"):
        if (meta.get("property") or meta.get("name") or "").endswith("title") and meta.get("content"):
            meta.set("content", at_word.sub(new_word, meta.get("content"), count=1))
    for script in scene.tree.iter("script"):
        if "json" in (script.get("type") or "") and script.text:
            script.text = script.text.replace(old, new)
    return Truth(((old, new),))


def published(scene: Scene) -> Truth | None:
    """Another date of publication."""
    marks = scene.marks("date")
    if not marks:
        return None
    one = marks[0]
    match = re.match(r"\s*(\d{1,2}) (\w+) (\d{4})", one.text or "")
    if match is None:
        return None
    number, month = int(match[1]), scene.words["months"].index(match[2]) + 1
    new = number % 27 + 1
    old_iso, new_iso = f"{match[3]}-{month:02}-{number:02}", f"{match[3]}-{month:02}-{new:02}"
    old_line = f"{match[1]} {match[2]} {match[3]}"
    new_line = f"{new} {match[2]} {match[3]}"
    one.text = (one.text or "").replace(old_line, new_line, 1)
    for each in scene.tree.iter():
        for attribute in ("datetime", "content"):
            if isinstance(each.tag, str) and old_iso in (each.get(attribute) or ""):
                each.set(attribute, each.get(attribute).replace(old_iso, new_iso))
        if each.tag == "script" and old_iso in (each.text or ""):
            each.text = each.text.replace(old_iso, new_iso)
    return Truth(((old_line, new_line), (old_iso, new_iso)))


def fact(scene: Scene) -> Truth | None:
    """Another value in the card of facts beside the text."""
    known = {a: b for values in scene.words["values"].values() for a, b in (values, values[::-1])}
    found = [each for each in scene.marks("fact") if _text(each) in known]
    if not found:
        return None
    one = scene.where.choice(found)
    old, new = _text(one), known[_text(one)]
    _set(one, new)
    return Truth(((old, new),), also=" ".join(scene.words["labels"].values()))


def removed_entry(scene: Scene) -> Truth | None:
    """A name less in a list."""
    one = scene.where.choice(scene.marks("item"))
    text, card = _text(one), one
    if one.tag == "a":  # the card that the name stands in
        card = one.getparent().getparent()
    also = _addresses(card)
    _drop(card)
    return Truth(((text, ""),), also=also)


def added_entry(scene: Scene) -> Truth | None:
    """A name more in a list."""
    from copy import deepcopy

    one = scene.where.choice(scene.marks("item"))
    card = one.getparent().getparent() if one.tag == "a" else one
    new = fill(
        scene.words["list_entry"],
        scene.words,
        scene.where,
        "Zakhar Mirolyub" if scene.words["site"].isascii() else "Захар Міралюб",
    )
    made = deepcopy(card)
    target = made if card is one else next(each for each in made.iter() if each.get("data-k") == "item")
    _set(target, new)
    also = []
    for each in made.iter():
        for attribute in ("href", "src"):
            if each.get(attribute):
                each.set(attribute, each.get(attribute).replace("/6", "/96"))
                also.append(each.get(attribute))
    made.tail, card.tail = card.tail, None
    card.addnext(made)
    return Truth((("", new),), also=" ".join(also))


def address(scene: Scene) -> Truth | None:
    """Another number in the address for letters."""
    marks = scene.marks("address")
    if not marks:
        return None
    old = _text(marks[0])
    found = _words(r"(?<!\w)\d{1,2}(?!\w)", old)
    start, end, said = scene.where.choice(found)
    new = old[:start] + str((int(said) + 31) % 99 + 1) + old[end:]
    _set(marks[0], new)
    return Truth(((old, new),))


def link(scene: Scene) -> Truth | None:
    """The document that a link leads to is another."""
    marks = scene.marks("doc")
    if not marks:
        return None
    old = marks[0].get("href") or ""
    new = old.replace("verdict-2025-1", "verdict-2025-2")
    marks[0].set("href", new)
    return Truth((("verdict-2025-1.pdf", "verdict-2025-2.pdf"),), "link")


def picture(scene: Scene) -> Truth | None:
    """Another picture in the place of one."""
    marks = scene.marks("img")
    if not marks:
        return None
    one = marks[0]
    old_src, old_alt = one.get("src") or "", one.get("alt") or ""
    new_alt = scene.words["picture_alt"][1]
    one.set("src", old_src.replace("court-1", "gate-7"))
    if one.get("srcset"):
        one.set("srcset", one.get("srcset").replace("court-1", "gate-7"))
    one.set("alt", new_alt)
    return Truth((("court-1.jpg", "gate-7.jpg"), (old_alt, new_alt)), "picture")


def heading(scene: Scene) -> Truth | None:
    """A heading of another rank."""
    marks = scene.marks("heading")
    if not marks:
        return None
    one = scene.where.choice(marks)
    one.tag = "h5" if one.tag != "h5" else "h2"
    return Truth(((_text(one), _text(one)),), "heading")


def translation(scene: Scene) -> Truth | None:
    """The page is there in another language, as its head says and a link beside the title."""
    head = scene.tree.find("head")
    code = scene.words["other_language"]
    if head is None or any(each.get("hreflang") == code for each in scene.tree.iter("link", "a")):
        return None
    head.append(element(f'<link rel="alternate" hreflang="{code}" href="/{code}/case/17">'))
    marks = scene.marks("title")
    if marks and marks[0].getparent().tag in {"div", "article", "header", "main", "td"}:
        made = element(f'<div class="lang-switch"><a hreflang="{code}" href="/{code}/case/17"></a></div>')
        made[0].text = scene.words["language_name"]
        made.tail, marks[0].tail = marks[0].tail, None
        marks[0].addnext(made)
    return Truth(
        (("", f"/{code}/case/17"), ("", code)), "translation", f"{scene.words['language_name']} {code} /{code}/case/17"
    )


EDITS: Final[dict[str, Callable[[Scene], Truth | None]]] = {
    "word": word,
    "letter": letter,
    "digit": digit,
    "date": day,
    "name": name,
    "negation": negation,
    "paragraph added": added_paragraph,
    "paragraph removed": removed_paragraph,
    "paragraph moved": moved_paragraph,
    "title": title,
    "publication date": published,
    "fact card": fact,
    "entry removed": removed_entry,
    "entry added": added_entry,
    "address line": address,
    "link target": link,
    "heading rank": heading,
    "picture": picture,
    "translation": translation,
}
WHOLE: Final = ("word", "digit", "name", "negation", "fact card", "entry removed", "entry added")
"""Of which each one has to be found."""
