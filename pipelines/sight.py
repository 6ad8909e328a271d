"""Sight: what a page is by its site's definition: kind, language, other-language versions, persons, source, facts.

Two steps, both pure. `look` reads the parsed page, before anything else touches it; `settled` adds what only reading
the text tells: the language, where nothing else says it.

- Identity: the address under which the page's history is kept (`spiders/identity.py`). A page's own word for it,
  `rel=canonical`, is believed when it is on the site, of the same kind and language, and neither the home page nor a
  list's first page for a page that is not.
- Language: which version of the page this is. By address where the definition's `language-paths` say it, else as the
  page says of itself (hreflang), else the text's own, else `<html lang>`, else the site's usual language. What the text
  is in is another thing and stands in `Reading.language`; `shown` is the one of both that lists and histories say.
- Translations: `hreflang` in `<link>`, in the Link header and in links of a language switch, and what
  `selectors.translation` finds. A home page is no translation of another page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from archive.digest import Digest, digest
from pipelines.language import UNDETERMINED
from pipelines.metadata import modified_at, published_at
from spiders.address import AddressError, join_link
from spiders.definition import SiteDefinition, definition_for_url
from spiders.identity import Identity
from spiders.kinds import OTHER, kind_of, language_of
from spiders.scope import Scope
from spiders.selector import alternatives, elements, select, text_of, texts

PERSONS: Final = 200
"""Persons, translations and values of one fact that are taken from a page at most."""
ITEMS: Final = 1_000
VALUE_LIMIT: Final = 10_000
"""Characters of one fact."""

_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{1,8})*\Z", re.IGNORECASE)
_SWITCH = re.compile(r"lang|locale|translation|i18n|wpml|polylang", re.IGNORECASE)
_SOURCE = re.compile(r"\s*(?:original\s+)?(?:source|источник|джерело|крыніца)\s*[:：—–-]\s*", re.IGNORECASE)
_PAGED = re.compile(r"/page/\d+|[?&](?:page|paged|start|offset|before|after)=\d+")
_NAMES_PAGE = re.compile(r"(?:\w*id|p|q|node|slug|name|code|lang|language|locale|hl)\Z", re.IGNORECASE)
_LINK_VALUE = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w*!#$&+.^`|~-]+\s*(?:=\s*(?:\"[^\"]*\"|[^\s;,\"]*))?)*)")
_LINK_PARAMETER = re.compile(r";\s*([\w*!#$&+.^`|~-]+)\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]*))")
_NAMES: Final = tuple(
    (re.compile(rf"\b(?:{words})|\A(?:{codes})\Z", re.IGNORECASE), language)
    for language, words, codes in (
        ("en", r"english|англ\w+|in english", "en|eng|анг|англ"),
        ("ru", r"russian|русск\w+|по-русски|рус\w*\b", "ru|rus"),
        ("uk", r"ukrainian|українськ\w+|украинск\w+|по-украински", "uk|ua|ukr|укр"),
        ("be", r"belarus\w+|беларуск\w+|белорусск\w+", "be|by|bel|бел"),
    )
)
"""What links to other-language versions are called."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A version of the page in another language."""

    language: str
    url: str
    """Its identity."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that the page states, under the name that the definition gives it."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Item:
    """One of several posts on a page."""

    id: str
    published: str | None
    modified: str | None
    edited: bool
    """Whether the page says that it was changed."""
    text_digest: Digest


@dataclass(frozen=True, slots=True)
class Sight:
    """What a page is by its site's definition."""

    kind: str
    language: str
    language_by: str
    """`address`, `hreflang`, `lang`, `text` or `default`: what told it; '' where nothing did."""
    identity: str
    identity_by: str
    """`canonical`, or `address`."""
    translations: tuple[Translation, ...] = ()
    person: tuple[str, ...] = ()
    source: str | None = None
    source_url: str | None = None
    facts: tuple[Fact, ...] = ()
    items: tuple[Item, ...] = ()
    canonical: str | None = None
    """As the page states it, believed or not."""
    shortlink: str | None = None
    amp: str | None = None
    matched: tuple[tuple[str, int], ...] = ()
    """How many elements each selector of the definition found; drift of a site shows here."""

    def as_record(self) -> dict[str, Any]:
        """As it stands in a reading."""
        return {
            "kind": self.kind,
            "language": self.language,
            "language_by": self.language_by,
            "identity": self.identity,
            "identity_by": self.identity_by,
            "translations": [{"language": one.language, "url": one.url} for one in self.translations],
            "person": list(self.person),
            "source": self.source,
            "source_url": self.source_url,
            "facts": [{"name": one.name, "value": one.value} for one in self.facts],
            "items": [
                {
                    "id": one.id,
                    "published": one.published,
                    "modified": one.modified,
                    "edited": one.edited,
                    "text_digest": one.text_digest,
                }
                for one in self.items
            ],
            "canonical": self.canonical,
            "shortlink": self.shortlink,
            "amp": self.amp,
            "matched": dict(self.matched),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Sight:
        """The sight whose record this is. Raises KeyError or TypeError for anything else."""
        return cls(
            kind=record["kind"],
            language=record["language"],
            language_by=record["language_by"],
            identity=record["identity"],
            identity_by=record["identity_by"],
            translations=tuple(Translation(**one) for one in record["translations"]),
            person=tuple(record["person"]),
            source=record["source"],
            source_url=record["source_url"],
            facts=tuple(Fact(**one) for one in record["facts"]),
            items=tuple(Item(**one) for one in record["items"]),
            canonical=record["canonical"],
            shortlink=record["shortlink"],
            amp=record["amp"],
            matched=tuple(record["matched"].items()),
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """A sight whose language the text may still decide."""

    sight: Sight
    lang: str | None
    """What `<html lang>` says, where the site is written in it."""
    usual: str | None
    """The site's usual language."""
    by_address: bool
    """Whether the site's addresses tell languages: then one that says nothing is of the usual one."""
    languages: tuple[str, ...]


def look(
    tree: Any, cut: Any, url: str, captured_at: datetime, site: SiteDefinition | None, link_header: str = ""
) -> Seen:
    """Read a parsed page, fetched from `url`, by its site's definition; `cut` is the tree `without` what is removed."""
    definition = site or _site_of(url)
    identity = _identity(site or _NO_SITE)
    base = _base(tree, url)
    links = [*_head_links(tree, base), *_header_links(link_header, url)]
    canonical = next((link.url for link in links if "canonical" in link.rel), None)
    own, own_by = url, "address"
    if canonical is not None and _believed(canonical, url, definition, identity):
        own, own_by = canonical, "canonical"
    page = _page(identity, own)
    selectors = definition.selectors
    stated = language_of(definition, own) or language_of(definition, url)
    self_said = _of_itself(links, page, identity)
    language, language_by = "", ""
    if stated is not None:
        language, language_by = stated, "address"
    elif self_said is not None and _fits(self_said, definition.languages):
        language, language_by = _short(self_said, definition.languages), "hreflang"
    source, source_url = _source(cut, selectors.source, base)
    kind = kind_of(definition, own)
    sight = Sight(
        kind=kind if kind != OTHER else kind_of(definition, url),
        language=language,
        language_by=language_by,
        identity=page,
        identity_by=own_by,
        # before anything is cut: a switch of languages often stands inside the article
        translations=tuple(_translations(tree, links, page, base, definition, identity)),
        person=tuple(dict.fromkeys(texts(cut, selectors.person)[:PERSONS])),
        source=source,
        source_url=source_url,
        facts=tuple(_facts(cut, definition)),
        items=tuple(_items(cut, definition, captured_at)),
        canonical=canonical,
        shortlink=next((link.url for link in links if "shortlink" in link.rel), None),
        amp=next((link.url for link in links if "amphtml" in link.rel), None),
        matched=tuple(_matched(tree, cut, definition)),
    )
    lang = next(iter(tree.xpath("/html/@lang | /html/@*[name()='xml:lang']")), "").strip()
    return Seen(
        sight,
        _short(lang, definition.languages) if lang and _fits(lang, definition.languages) else None,
        definition.languages[0] if definition.languages else None,
        bool(definition.language_paths),
        definition.languages,
    )


def settled(seen: Seen, detected: str) -> Sight:
    """The sight of a page whose main text is in the language `detected` ('und': not known)."""
    sight = seen.sight
    text = detected if detected != UNDETERMINED and _fits(detected, seen.languages) else None
    language, by = _by_page(seen, text)
    if not sight.language:
        sight = replace(sight, language=language, language_by=by)
    others = tuple(one for one in sight.translations if one.language != sight.language and one.url != sight.identity)
    return replace(sight, translations=others)


def plain(url: str, site: SiteDefinition | None) -> Seen:
    """The sight of a page without markup: what its address tells."""
    definition = site or _site_of(url)
    language = language_of(definition, url)
    sight = Sight(
        kind=kind_of(definition, url),
        language=language or "",
        language_by="address" if language else "",
        identity=identity_of(url, site),
        identity_by="address",
    )
    usual = definition.languages[0] if definition.languages else None
    return Seen(sight, None, usual, bool(definition.language_paths), definition.languages)


def identity_of(url: str, site: SiteDefinition | None) -> str:
    """The identity of a page of which nothing but the address is known."""
    return _page(_identity(site or _NO_SITE), url)


def key_of(url: str, site: SiteDefinition | None) -> str:
    """What tells a page from the site's other pages, whichever of its hosts serves it (`Identity.key`)."""
    try:
        return _identity(site or _NO_SITE).key(url)
    except AddressError:
        return url


def part_of_list(url: str) -> tuple[str, ...]:
    """What in an address says which part of a list it is, `/page/2`; nothing for a list's beginning and for pages."""
    return tuple(_PAGED.findall(url))


def without(tree: Any, selectors: Iterable[str]) -> Any:
    """The tree without what the selectors find; the tree itself where they find nothing."""
    if not any(elements(tree, selector) for selector in selectors):
        return tree
    cut = deepcopy(tree)
    for selector in selectors:
        for element in elements(cut, selector):
            if element.getparent() is not None:
                element.drop_tree()
    return cut


# --- identity -------------------------------------------------------------------------------------------------------


@lru_cache(64)
def _identity(site: SiteDefinition) -> Identity:
    return Identity(site)


@lru_cache(64)
def _scope(site: SiteDefinition) -> Scope:
    return Scope(site)


_NO_SITE: Final = SiteDefinition(name="unknown")
"""Stands for the definition of a site that has none: pages of different hosts are different pages."""


def _site_of(url: str) -> SiteDefinition:
    """The definition of a site that has none, by the address of one of its pages: all of its host."""
    parts = urlsplit(url)
    return _host_alone(f"{parts.scheme}://{parts.netloc}/")


@lru_cache(64)
def _host_alone(home: str) -> SiteDefinition:
    try:
        return replace(definition_for_url(home), include=())
    except AddressError:
        return _NO_SITE


def _page(identity: Identity, url: str) -> str:
    try:
        return identity.page(url)
    except AddressError:
        return url


def _believed(canonical: str, url: str, site: SiteDefinition, identity: Identity) -> bool:
    """Whether a page's own word for its address can be true."""
    try:
        same = identity.key(canonical) == identity.key(url)
    except AddressError:
        return False
    if same:
        return True
    if not _scope(site).has_host(canonical):
        return False
    if _is_home(canonical) and not _is_home(url):
        return False  # a habit of bad templates
    if part_of_list(url) != part_of_list(canonical):
        return False  # the second page of a list is not the first one
    if _drops_what_names(canonical, url):
        return False  # another one: `/text?id=7` is not `/text`
    kinds = {kind_of(site, one) for one in (canonical, url)} - {OTHER}
    languages = {language_of(site, one) for one in (canonical, url)}
    return len(kinds) < 2 and len(languages) < 2


def _drops_what_names(canonical: str, url: str) -> bool:
    """Whether an address is the page's own without a parameter that tells pages, or their languages, apart."""
    own, said = urlsplit(url), urlsplit(canonical)
    if own.path.rstrip("/") != said.path.rstrip("/"):
        return False
    dropped = {*parse_qsl(own.query)} - {*parse_qsl(said.query)}
    return any(value.isdecimal() or _NAMES_PAGE.match(name) for name, value in dropped)


def _is_home(url: str) -> bool:
    """Whether an address is that of a site's, or of a language's, front page."""
    parts = urlsplit(url)
    path = parts.path.strip("/").lower()
    names = [name for name, _ in parse_qsl(parts.query)]
    bare = path == "" or re.fullmatch(r"[a-z]{2}(?:[-_][a-z]{2})?|index\.\w{3,5}", path) is not None
    return bare and not {"p", "page_id", "id", "q", "node"}.intersection(names)


# --- language and translations ---------------------------------------------------------------------------------------


def shown(text: str, sight: Sight | None) -> str:
    """The one language that is said of a capture: the text's own, and only where that is `und` the page's evidence."""
    if text != UNDETERMINED or sight is None:
        return text
    return sight.language or UNDETERMINED


def _by_page(seen: Seen, text: str | None) -> tuple[str, str]:
    """The language where neither the address nor hreflang tells it."""
    if seen.lang is not None and (text is None or seen.lang == text):
        return seen.lang, "lang"
    if seen.lang is None and seen.usual is not None and seen.by_address:
        return seen.usual, "default"
    if text is not None:
        return text, "text"
    return (seen.usual, "default") if seen.usual is not None else ("", "")


def _fits(tag: str, languages: tuple[str, ...]) -> bool:
    match = _TAG.match(tag)
    if match is None:
        return False
    return not languages or any(_primary(one) == match[1].lower() for one in languages)


def _short(tag: str, languages: tuple[str, ...]) -> str:
    """A tag as the site's definition writes it: en-GB is the en of a site that is written in en."""
    primary = _primary(tag)
    whole = tag.replace("_", "-").lower()
    for wanted in (whole, primary):
        for one in languages:
            if one.lower() == wanted:
                return one
    return primary


def _primary(tag: str) -> str:
    return re.split("[-_]", tag, maxsplit=1)[0].lower()


@dataclass(frozen=True, slots=True)
class _Link:
    url: str
    rel: frozenset[str]
    language: str


def _head_links(tree: Any, base: str) -> Iterator[_Link]:
    for element in tree.iter("link"):
        href = element.get("href")
        if href and (url := _joined(base, href)):
            rel = frozenset((element.get("rel") or "").lower().split())
            yield _Link(url, rel, (element.get("hreflang") or "").strip())


def _header_links(header: str, url: str) -> Iterator[_Link]:
    """RFC 8288, 3: `<address>; rel="shortlink", …`."""
    for match in _LINK_VALUE.finditer(header):
        parameters: dict[str, str] = {}
        for name, quoted, bare in _LINK_PARAMETER.findall(match[2]):
            parameters.setdefault(name.lower(), quoted or bare)
        if joined := _joined(url, match[1]):
            rel = frozenset(parameters.get("rel", "").lower().split())
            yield _Link(joined, rel, parameters.get("hreflang", "").strip())


def _of_itself(links: Iterable[_Link], page: str, identity: Identity) -> str | None:
    """The language that hreflang gives to the page itself."""
    said = {
        _primary(link.language): link.language
        for link in links
        if "alternate" in link.rel and _TAG.match(link.language) and _page(identity, link.url) == page
    }
    return next(iter(said.values())) if len(said) == 1 else None


def _translations(
    tree: Any, links: Iterable[_Link], page: str, base: str, site: SiteDefinition, identity: Identity
) -> Iterator[Translation]:
    """Other-language versions, the surest word first; one a language."""
    candidates = [(link.language, link.url) for link in links if "alternate" in link.rel and link.language]
    candidates += _in_switches(tree, base)
    candidates += _selected(tree, base, site)
    found: dict[str, Translation] = {}
    for said, url in candidates:
        tag = said or language_of(site, url) or ""
        if not _fits(tag, site.languages):
            continue
        language, other = _short(tag, site.languages), _page(identity, url)
        if other == page or (_is_home(other) and not _is_home(page)):
            continue
        found.setdefault(language, Translation(language, other))
    yield from sorted(found.values(), key=lambda one: one.language)


def _in_switches(tree: Any, base: str) -> Iterator[tuple[str, str]]:
    """Links with `hreflang` that are alternates or stand in a switch of languages: other links have it too."""
    for element in tree.xpath("//a[@href and @hreflang]"):
        around = (element, *list(element.iterancestors())[:4])
        named = " ".join(f"{one.get('class') or ''} {one.get('id') or ''}" for one in around)
        url = _joined(base, element.get("href"))
        if url and ("alternate" in (element.get("rel") or "").lower().split() or _SWITCH.search(named)):
            yield element.get("hreflang").strip(), url


def _selected(tree: Any, base: str, site: SiteDefinition) -> Iterator[tuple[str, str]]:
    for found in select(tree, site.selectors.translation)[:PERSONS]:
        element = found if isinstance(getattr(found, "tag", None), str) else None
        href = str(found) if element is None else _href(element)
        url = _joined(base, href) if href else None
        if not url:
            continue
        said = "" if element is None else (element.get("hreflang") or element.get("lang") or "").strip()
        by_address = language_of(site, url)
        words = "" if element is None else text_of(element).strip(" .:()[]→»>")
        named = next((language for name, language in _NAMES if name.search(words)), "")
        usual = site.languages[0] if site.languages and site.language_paths else ""
        yield said or by_address or named or usual, url


def _href(element: Any) -> str | None:
    href = element.get("href")
    if href is None:
        inner = element.find(".//a[@href]")
        href = None if inner is None else inner.get("href")
    return None if href is None else str(href)


def _base(tree: Any, url: str) -> str:
    href = next(iter(tree.xpath("//base/@href")), None)
    return (_joined(url, href) if href else None) or url


def _joined(base: str, href: str) -> str | None:
    try:
        return join_link(base, href)
    except AddressError:
        return None


# --- what the selectors find -----------------------------------------------------------------------------------------


def _source(tree: Any, selector: Sequence[str], base: str) -> tuple[str | None, str | None]:
    """The line that names the original, without its label, and the address it links to."""
    found = [one for one in select(tree, selector) if text_of(one)]
    if len(found) > 1:
        # the selector may be one of paragraphs: the line that calls itself the source counts
        found = [one for one in found if _SOURCE.match(text_of(one))]
    if not found:
        return None, None
    element = found[0] if isinstance(getattr(found[0], "tag", None), str) else None
    href = None if element is None else _href(element)
    words = _SOURCE.sub("", text_of(found[0]), count=1)[:VALUE_LIMIT]
    return words or None, _joined(base, href) if href else None


def _facts(tree: Any, site: SiteDefinition) -> Iterator[Fact]:
    for name, selectors in facts_of(site).items():
        for value in list(dict.fromkeys(texts(tree, selectors)))[:PERSONS]:
            yield Fact(name, value[:VALUE_LIMIT])


def facts_of(site: SiteDefinition) -> dict[str, tuple[str, ...]]:
    """The facts that a definition names, each with the selectors that are tried in order."""
    named: dict[str, tuple[str, ...]] = {}
    for name, selector in site.facts:
        named[name] = (*named.get(name, ()), selector)
    return named


def _items(tree: Any, site: SiteDefinition, captured_at: datetime) -> Iterator[Item]:
    where = site.items
    for element in elements(tree, where.selector)[:ITEMS]:
        published = published_at(element, where.published, captured_at, site.timezone)
        modified = modified_at(element, where.modified, captured_at, site.timezone)
        edited = bool(elements(element, where.modified)) if where.modified != where.published else modified is not None
        words = " ".join(texts(element, where.text)) if where.text else text_of(element)
        id_ = next(iter(texts(element, where.id)), "")
        yield Item(id_, published, modified, edited, digest(words.encode()))


def _matched(tree: Any, cut: Any, site: SiteDefinition) -> Iterator[tuple[str, int]]:
    selectors = site.selectors
    named: dict[str, Sequence[str]] = {
        "title": selectors.title,
        "body": selectors.body,
        "published": selectors.published,
        "modified": selectors.modified,
        "person": selectors.person,
        "source": selectors.source,
        "listing": selectors.listing,
        "next": selectors.next,
        **{f"facts.{name}": several for name, several in facts_of(site).items()},
        "items": alternatives(site.items.selector),
    }
    counts = {name: len(select(cut, selector)) for name, selector in named.items() if selector}
    if selectors.translation:
        counts["translation"] = len(select(tree, selectors.translation))
    yield from sorted(counts.items())
