"""Where two pieces of a page's text that no white space parts are two words all the same: a label and its value, say.

`<b>Status</b><span>In custody</span>` stands apart on the screen, by style sheets that nobody here reads, while
`<b>W</b>ord` does not. What parts is told by the signs on both sides of a border between elements, and by where the
elements stand; in doubt nothing is parted. Never parted are pieces that one element holds, with `<wbr>` or a picture
between them; what is raised, lowered or set over letters (`sub`, `sup`, `ruby`); a single letter from its word, as in
drop caps and letter-spaced words; the two halves of a name with a capital inside (`MacNamed`).

- Sentence marks, a comma, a closing quotation mark or a parenthesis before a letter; a colon before a digit too; a
  full stop only behind a sentence, as names of sites have one.
- A small letter before a capital: in writing no word goes on so, but some names of companies do (`_CAPITAL_INSIDE`).
- Capitals before a capital that begins a word; a digit before one.
- A word before a digit: where the word is a label, the digit is its value.
- A small letter before a small one: in rows of a card alone, two of one make side by side, each a label and a value.
"""

from __future__ import annotations

import re
from typing import Any, Final

_HOLDS_TOGETHER: Final = frozenset({"sub", "sup", "ruby", "rb", "rt", "rtc", "rp"})
_LINES: Final = frozenset({"br", "hr", "p", "div", "li", "ul", "ol", "dl", "table"})
"""Elements behind which a line begins."""
_PARTING: Final = frozenset(":;,?!…)»”.")
_LAST_WORD = re.compile(r"[^\W_]+\Z")
_FIRST_WORD = re.compile(r"[^\W_]+")
_SURNAMES = """
    al de del della der des di du el fitz ibn la le lo mac mc san van von
    де дел дер ди ду ибн ла ле мак ван фон эль аль
"""
_HALVES: Final = frozenset(_SURNAMES.split())
"""First halves of surnames whose second half has a capital too."""
_COMPANIES = """
    airbnb bitcoin buzzfeed cloudflare deviantart dropbox duckduckgo facebook flipboard github gitlab indiegogo
    javascript linkedin livejournal macbook mastercard openai openstreetmap paypal postgresql protonmail pubmed
    researchgate sharethis soundcloud stackoverflow startpage techcrunch tiktok typescript wechat whatsapp wikileaks
    wordpress youtube
"""
_CAPITAL_INSIDE: Final = frozenset(_COMPANIES.split())
"""Names that are often written with a capital inside, in small letters."""
_SENTENCE: Final = 2
"""Spaces of a piece from which its full stop ends a sentence: fewer may be the first half of a site's name."""
_LABEL_SPACES: Final = 3
"""Spaces of a label at most."""
_LEAST: Final = 3
"""Letters of a label's last word, and of a word that follows a number."""
_LEAST_VALUE: Final = 4
"""Letters of a value that is told from its label by the row alone: more than most endings have."""


def may_part(left: str, right: str) -> bool:
    """Whether the signs at a border leave it open that two words meet there; asked of every border, so it is quick."""
    last, first = left[-1], right[0]
    if first.isalnum():
        return last.isalnum() or last in _PARTING
    return first == "«" and last.isalnum()


def parts(left: str, before: Any, right: str, after: Any) -> bool:
    """Whether two words meet where one piece of text ends and the next begins, given that `may_part` holds.

    `before` and `after` are the elements that the pieces stand in. Neither piece is blank; there is no white space
    between them.
    """
    if before is after:
        return False
    ends, begins = _up_to_common(before, after)
    if any(one.tag in _HOLDS_TOGETHER for one in (*ends, *begins)) or _is_jointed(ends, begins):
        return False
    last, first = left[-1], right[0]
    if first == "«":
        return True
    if not last.isalnum():
        return _is_parting(left, first)
    ending, beginning = _LAST_WORD.search(left), _FIRST_WORD.match(right)
    if ending is None or beginning is None:
        return False
    word, following = ending[0], beginning[0]
    if first.isdigit():
        return last.islower() and len(word) >= _LEAST and _is_label(left) and _begins_line(ends, begins)
    if not word.isalpha():
        return word.isdigit() and first.isupper() and len(following) >= _LEAST and following[1].islower()
    if len(word) > 1 and first.isupper() and not _is_one_name(word, following) and _is_end(word, following, ends):
        return True
    return _is_row(left, right, ends, begins)


def _is_parting(left: str, first: str) -> bool:
    """Whether the mark that a piece ends with parts it from what begins with this sign."""
    mark, behind = left[-1], left[-2:-1]
    if mark == ".":
        word = left.rsplit(maxsplit=1)[-1][:-1]
        return first.isupper() and left.strip().count(" ") >= _SENTENCE and len(word) > 1 and "." not in word
    if mark == ":":
        return left[-3:-1].isalpha() and len(left) > 2
    if mark == ",":
        return behind.isalpha() and first.isalpha()
    return first.isupper() or (mark == ";" and first.isalpha())


def _is_end(word: str, following: str, ends: list[Any]) -> bool:
    """Whether a word does not go on with a capital: it ends small, or is one of capitals before one that is not."""
    return word[-1].islower() or (word.isupper() and bool(ends) and following[1:2].islower())


def _is_one_name(word: str, following: str) -> bool:
    """Whether a capital inside belongs to the name: `Mac|Named`, `You|Tube`."""
    return word.lower() in _HALVES or (word + following).lower() in _CAPITAL_INSIDE


def _is_label(left: str) -> bool:
    label = left.strip()
    return label[:1].isupper() and label.count(" ") <= _LABEL_SPACES


def _begins_line(ends: list[Any], begins: list[Any]) -> bool:
    """Whether the left piece is the first of its line; where none of its elements ends there, the right is the last."""
    if ends:
        outer = ends[-1]
        parent, previous = outer.getparent(), outer.getprevious()
        lead = parent.text if previous is None else previous.tail
        return _is_blank(lead) and (previous is None or previous.tag in _LINES)
    inner = begins[-1]
    alone = inner.getprevious() is None and inner.getnext() is None and _is_blank(inner.tail)
    # the number of a note is a link as a rule
    return alone and all(one.tag != "a" for one in begins)


def _is_row(left: str, right: str, ends: list[Any], begins: list[Any]) -> bool:
    """Whether label and value are all that stands in one row of several alike: two elements of different make."""
    if not ends or not begins or ends[-1].getnext() is not begins[-1] or _make(ends[-1]) == _make(begins[-1]):
        return False
    value = _FIRST_WORD.match(right)
    label = _LAST_WORD.search(left)
    if value is None or label is None or len(label[0]) < _LEAST or not _is_label(left):
        return False
    if len(value[0]) < _LEAST_VALUE and " " not in right.strip():
        return False
    row = ends[-1].getparent()
    shape = _shape(row)
    return len(shape) == 2 and any(
        other is not None and other.tag == row.tag and _shape(other) == shape
        for other in (row.getprevious(), row.getnext())
    )


def _shape(row: Any) -> list[tuple[Any, Any]]:
    """The make of each child of a row; nothing where it has text of its own, or many children."""
    if len(row) != 2 or not all(map(_is_blank, (row.text, *(one.tail for one in row)))):
        return []
    return [_make(one) for one in row]


def _make(element: Any) -> tuple[Any, Any]:
    return element.tag, element.get("class")


def _up_to_common(before: Any, after: Any) -> tuple[list[Any], list[Any]]:
    """The elements that end at a border and those that begin there, the innermost first."""
    above = [before, *before.iterancestors()]
    begins: list[Any] = []
    for one in (after, *after.iterancestors()):
        if one in above:
            return above[: above.index(one)], begins
        begins.append(one)
    return above, begins


def _is_jointed(ends: list[Any], begins: list[Any]) -> bool:
    """Whether `<wbr>` stands at a border: a line may break there, inside of a word."""
    if any(len(one) and one[-1].tag == "wbr" and _is_blank(one[-1].tail) for one in ends):
        return True
    if any(len(one) and one[0].tag == "wbr" and _is_blank(one.text) for one in begins):
        return True
    between = ends[-1].getnext() if ends else begins[-1].getprevious()
    joint = between is not None and between.tag == "wbr"
    return joint and _is_blank((ends[-1] if ends else between).tail)


def _is_blank(text: str | None) -> bool:
    return not text or text.isspace()
