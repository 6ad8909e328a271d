"""Selectors: how a site's definition says where on a page something stands.

A selector is CSS (level 3, and parsel's `::text` and `::attr(name)`), or XPath 1.0 with EXSLT's `re:` after `xpath:`.
What it finds are elements, or texts where it asks for an attribute or a text. Within an element, XPath that is to stay
inside it begins with `.//` or `@`. Of several, given as a list or as one text with ` || ` between them, the first that
finds something counts.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from functools import lru_cache
from typing import Any, Final

from lxml import etree
from parsel.csstranslator import HTMLTranslator

from spiders.borders import may_part, parts

_XPATH: Final = "xpath:"
_OR: Final = re.compile(r"\s+\|\|\s+")
_NAMESPACES: Final = {"re": "http://exslt.org/regular-expressions"}
_SPACE: Final = re.compile(r"\s+")
_UNREAD: Final = frozenset({"script", "style", "template", "noscript", "svg", "iframe", "select", "textarea"})
_INLINE: Final = frozenset(
    {
        *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i"),
        *("ins", "kbd", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub"),
        *("sup", "time", "tt", "u", "var", "wbr"),
    }
)
"""Elements that do not part words; all others do."""
_SAYING: Final = {"meta": "content", "img": "alt", "input": "value"}
"""Elements that have no text, and the attribute that says theirs."""


def check_selector(selector: str) -> str:
    """The selector itself. Raises ValueError, naming it and what is wrong with it, when it is none."""
    for one in alternatives(selector):
        _compiled(one)
    return selector


def alternatives(selector: str | Sequence[str]) -> tuple[str, ...]:
    """The selectors that are tried in order, without empty ones."""
    given = (selector,) if isinstance(selector, str) else selector
    return tuple(one for several in given for one in _OR.split(several.strip()) if one)


def select(tree: Any, selector: str | Sequence[str]) -> list[Any]:
    """What a selector finds in a tree or an element, in document order: elements, and texts. Nothing for ''."""
    return next((found for one in alternatives(selector) if (found := _select(tree, one))), [])


def _select(tree: Any, selector: str) -> list[Any]:
    try:
        found = _compiled(selector)(tree)
    except etree.XPathError:  # such as a function that is given what it cannot take on this page
        return []
    if isinstance(found, list):
        return found
    return [str(found)] if not isinstance(found, bool) and str(found).strip() else []


def elements(tree: Any, selector: str | Sequence[str]) -> list[Any]:
    """The elements that a selector finds; of an attribute or a text, the element that has it."""
    found = (one if etree.iselement(one) else _holder(one) for one in select(tree, selector))
    return list(dict.fromkeys(one for one in found if one is not None))


def texts(tree: Any, selector: str | Sequence[str]) -> list[str]:
    """The texts of what a selector finds, without empty ones, and without those inside another match."""
    found = select(tree, selector)
    whole = {one for one in found if etree.iselement(one)}
    outer = (one for one in found if one not in whole or whole.isdisjoint(one.iterancestors()))
    return [text for text in map(text_of, outer) if text]


def text_of(found: Any, *, without: Container[Any] = ()) -> str:
    """The visible text of an element, or a text, with white space as one space; other code points stay."""
    if not etree.iselement(found):
        return _SPACE.sub(" ", str(found)).strip()
    said = _SAYING.get(found.tag) if isinstance(found.tag, str) else None
    if said is not None:
        return _SPACE.sub(" ", found.get(said) or "").strip()
    pieces: list[str] = []
    last: tuple[str, Any] | None = None
    """The last piece that is a text, and the element that it stands in."""
    walker = etree.iterwalk(found, events=("start", "end"))
    for event, element in walker:
        if element.tag not in _INLINE:
            pieces.append(" ")
            last = None
        if event == "start":
            if not isinstance(element.tag, str) or element.tag in _UNREAD or element in without:
                walker.skip_subtree()
                continue
            said, holder = element.text, element
        else:
            said, holder = (element.tail, element.getparent()) if element is not found else (None, None)
        if said and not said.isspace():
            if last is not None and may_part(last[0], said) and parts(*last, said, holder):
                pieces.append(" ")
            last = said, holder
        elif said:
            last = None
        pieces.append(said or "")
    return _SPACE.sub(" ", "".join(pieces)).strip()


@lru_cache(1024)
def _compiled(selector: str) -> etree.XPath:
    expected = "expected a CSS selector, or XPath after xpath:"
    try:
        if selector.startswith(_XPATH):
            return etree.XPath(selector.removeprefix(_XPATH).strip(), namespaces=_NAMESPACES)
        return etree.XPath(HTMLTranslator().css_to_xpath(selector))
    except (etree.XPathSyntaxError, SyntaxError) as error:
        raise ValueError(f"{expected}, found {selector!r} ({error})") from error
    except Exception as error:
        # cssselect's own errors of expressions that it knows and cannot translate are of no common kind
        raise ValueError(f"{expected}, found {selector!r} ({error})") from error


def _holder(text: Any) -> Any:
    holder = getattr(text, "getparent", None)
    return holder() if holder is not None else None
