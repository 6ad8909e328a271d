"""The feed of changes is Atom, RFC 4287: by the RELAX NG of its appendix B, and by the rules that this cannot say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html
from warc_samples import BEGAN

from archive.catalogue import ChangeRow
from archive.kinds import ChangeKind
from archive.marks import Mark, MarkKind
from archive.withholding import Withheld
from crawler.atom import Feed, format_feed
from crawler.change_choice import Told

ATOM = "{http://www.w3.org/2005/Atom}"

# RFC 4287, appendix B, in the XML syntax of RELAX NG; extension elements, which we have none of, are left out, and with
# them the Schematron rules, which are the assertions of `checked`.
SCHEMA = """
<grammar xmlns="http://relaxng.org/ns/structure/1.0" datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes"
         ns="http://www.w3.org/2005/Atom">
  <start><ref name="feed"/></start>
  <define name="common">
    <optional><attribute name="xml:base"><data type="anyURI"/></attribute></optional>
    <optional><attribute name="xml:lang">
      <data type="string"><param name="pattern">([A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*)?</param></data>
    </attribute></optional>
  </define>
  <define name="feed"><element name="feed"><ref name="common"/><interleave>
    <zeroOrMore><ref name="author"/></zeroOrMore>
    <zeroOrMore><ref name="category"/></zeroOrMore>
    <zeroOrMore><ref name="contributor"/></zeroOrMore>
    <optional><element name="generator"><ref name="common"/>
      <optional><attribute name="uri"><data type="anyURI"/></attribute></optional>
      <optional><attribute name="version"/></optional><text/></element></optional>
    <optional><element name="icon"><ref name="common"/><data type="anyURI"/></element></optional>
    <element name="id"><ref name="common"/><data type="anyURI"/></element>
    <zeroOrMore><ref name="link"/></zeroOrMore>
    <optional><element name="logo"><ref name="common"/><data type="anyURI"/></element></optional>
    <optional><element name="rights"><ref name="text"/></element></optional>
    <optional><element name="subtitle"><ref name="text"/></element></optional>
    <element name="title"><ref name="text"/></element>
    <element name="updated"><ref name="date"/></element>
    <zeroOrMore><ref name="entry"/></zeroOrMore>
  </interleave></element></define>
  <define name="entry"><element name="entry"><ref name="common"/><interleave>
    <zeroOrMore><ref name="author"/></zeroOrMore>
    <zeroOrMore><ref name="category"/></zeroOrMore>
    <optional><ref name="content"/></optional>
    <zeroOrMore><ref name="contributor"/></zeroOrMore>
    <element name="id"><ref name="common"/><data type="anyURI"/></element>
    <zeroOrMore><ref name="link"/></zeroOrMore>
    <optional><element name="published"><ref name="date"/></element></optional>
    <optional><element name="rights"><ref name="text"/></element></optional>
    <optional><element name="summary"><ref name="text"/></element></optional>
    <element name="title"><ref name="text"/></element>
    <element name="updated"><ref name="date"/></element>
  </interleave></element></define>
  <define name="date"><ref name="common"/><data type="dateTime"/></define>
  <define name="text"><ref name="common"/>
    <optional><attribute name="type"><choice><value>text</value><value>html</value></choice></attribute></optional>
    <text/></define>
  <define name="content"><element name="content"><ref name="common"/>
    <optional><attribute name="type"><choice><value>text</value><value>html</value></choice></attribute></optional>
    <text/></element></define>
  <define name="author"><element name="author"><ref name="person"/></element></define>
  <define name="contributor"><element name="contributor"><ref name="person"/></element></define>
  <define name="person"><ref name="common"/><interleave>
    <element name="name"><text/></element>
    <optional><element name="uri"><ref name="common"/><data type="anyURI"/></element></optional>
    <optional><element name="email">
      <data type="string"><param name="pattern">.+@.+</param></data></element></optional>
  </interleave></define>
  <define name="category"><element name="category"><ref name="common"/>
    <attribute name="term"/>
    <optional><attribute name="scheme"><data type="anyURI"/></attribute></optional>
    <optional><attribute name="label"/></optional></element></define>
  <define name="link"><element name="link"><ref name="common"/>
    <attribute name="href"><data type="anyURI"/></attribute>
    <optional><attribute name="rel"/></optional>
    <optional><attribute name="type">
      <data type="string"><param name="pattern">.+/.+</param></data></attribute></optional>
    <optional><attribute name="hreflang"/></optional>
    <optional><attribute name="title"/></optional>
    <optional><attribute name="length"/></optional></element></define>
</grammar>
"""
RELAXNG = etree.RelaxNG(etree.fromstring(SCHEMA))


def checked(octets: bytes) -> Any:
    """The feed, of which every rule of RFC 4287 was checked that it can break."""
    feed = etree.fromstring(octets)
    RELAXNG.assertValid(feed)
    entries = feed.findall(f"{ATOM}entry")
    # 4.1.1: an author, of the feed or of each entry
    assert feed.find(f"{ATOM}author/{ATOM}name").text.strip()
    # 4.2.6: absolute IRIs, each entry's another
    ids = [feed.findtext(f"{ATOM}id"), *(entry.findtext(f"{ATOM}id") for entry in entries)]
    assert all(id_.startswith("urn:uuid:") for id_ in ids)
    assert len(set(ids)) == len(ids)
    # 3.3: an upper-case T, and a time zone
    for moment in feed.iter(f"{ATOM}updated"):
        assert datetime.fromisoformat(moment.text).tzinfo is not None
        assert "T" in moment.text and moment.text.endswith("Z")
    for entry in entries:
        alternates = [link for link in entry.findall(f"{ATOM}link") if link.get("rel") in {None, "alternate"}]
        # 4.1.2: no two of one type and language
        assert len(alternates) == 1
        assert entry.findtext(f"{ATOM}title").strip()
        # 4.1.3.3: HTML that could stand in a <div>, escaped once
        assert html.fragment_fromstring(entry.findtext(f"{ATOM}content"), create_parent="div") is not None
    return feed


def change(
    id_: str = "c0", kind: str = "edited", *edits: dict[str, Any], url: str = "https://example.org/1"
) -> ChangeRow:
    return ChangeRow(
        id=id_,
        url=url,
        site="example",
        from_record="urn:uuid:1",
        to_record="urn:uuid:2",
        from_at=BEGAN,
        to_at=BEGAN + timedelta(days=1),
        kind=ChangeKind(kind),
        weight=0.91,
        edits=edits,
        rules="change-2",
        provenance={},
    )


def edit(before: str | None, after: str | None, level: str = "main", **more: object) -> dict[str, Any]:
    return {"op": "edit", "level": level, "before": before, "after": after, **more}


TERM = edit("5 years", "8 years", "fact", field="sentence", subject="Мария Лужицкая")
WORD = edit("Приговор: пять лет <b>& штраф</b>", "Приговор: восемь лет <b>& штраф</b>")
FEED = Feed("origin and filters")


def entries_of(told: Sequence[Told], feed: Feed = FEED) -> list[Any]:
    return checked(format_feed(told, feed)).findall(f"{ATOM}entry")


def test_a_feed_is_atom_with_a_title_in_plain_words() -> None:
    [entry] = entries_of([Told(change("c0", "edited", WORD, TERM))])

    assert entry.findtext(f"{ATOM}title") == "Sentence (Мария Лужицкая): 5 years → 8 years"
    assert entry.find(f"{ATOM}link").get("href") == "https://example.org/1"
    assert entry.findtext(f"{ATOM}updated") == (BEGAN + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    content = html.fragment_fromstring(entry.findtext(f"{ATOM}content"), create_parent="div")
    assert [one.text for one in content.iter("del")] == ["пять", "5 years"]
    assert [one.text for one in content.iter("ins")] == ["восемь", "8 years"]
    assert "<b>& штраф</b>" in content.text_content()


def test_a_feed_of_nothing_is_a_feed() -> None:
    assert entries_of([]) == []


def test_the_titles_of_a_russian_feed_are_russian() -> None:
    feed = checked(format_feed([Told(change("c0", "gone"))], replace(FEED, language="ru")))

    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "ru"
    assert feed.findtext(f"{ATOM}entry/{ATOM}title") == "Страница исчезла"


def test_ids_are_those_of_the_change_whatever_the_feed() -> None:
    told = [Told(change("c0")), Told(change("c1"))]
    one, other = format_feed(told, FEED), format_feed(told[1:], Feed("another collection"))

    ids = [checked(octets).findtext(f"{ATOM}id") for octets in (one, other)]
    assert ids[0] != ids[1]
    entries = [entry.findtext(f"{ATOM}id") for entry in checked(one).findall(f"{ATOM}entry")]
    assert entries[1] == checked(other).findtext(f"{ATOM}entry/{ATOM}id")
    assert len(set(entries)) == 2
    # readers of the feed have seen this one: it may never be another
    assert entries[0] == "urn:uuid:ec5bc347-cd75-5c37-8d8f-fe34f0c1e06b"
    assert format_feed(told, FEED) == one


def test_a_group_of_pages_that_moved_names_all_their_new_addresses() -> None:
    targets = {f"https://example.org/{n}": f"https://example.net/new/{n}" for n in (1, 2, 3)}
    told = [
        Told(replace(change(f"c{n}", "moved", url=url), group_id="g1"), pages=tuple(targets), targets=targets)
        for n, url in enumerate(targets)
    ]

    [entry] = entries_of(told)

    content = html.fragment_fromstring(entry.findtext(f"{ATOM}content"), create_parent="div")
    assert [one.text_content() for one in content.iter("li")] == [f"{old} → {new}" for old, new in targets.items()]


def test_a_group_is_one_entry_with_its_pages() -> None:
    pages = ("https://example.org/1", "https://example.org/2", "https://example.org/3")
    told = [
        Told(replace(change(f"c{number}", "edited", WORD, url=url), group_id="g1"), pages=pages)
        for number, url in enumerate(pages)
    ]

    [entry] = entries_of(told)

    assert entry.findtext(f"{ATOM}title").startswith("The same on 3 pages: text changed: ")
    assert all(f">{url}<" in entry.findtext(f"{ATOM}content") for url in pages)


def test_what_is_withheld_has_its_kind_and_no_words() -> None:
    row = replace(change("c0", "moved", TERM), provenance={"target": "https://example.org/secret"})
    withheld = Withheld("urn:uuid:2", 7, "the wish of the family", "The Board", BEGAN, 9, from_disk=False)

    octets = format_feed([Told(row, withheld)], FEED)

    checked(octets)
    for word in ("5 years", "Лужицкая", "secret"):
        assert word not in octets.decode()


def test_a_mark_and_its_note_are_in_no_feed() -> None:
    mark = Mark("c0", MarkKind.IMPORTANT, "call the lawyers", datetime(2026, 11, 22, tzinfo=UTC))

    octets = format_feed([Told(change("c0", "edited", WORD), mark=mark)], FEED)

    assert b"lawyers" not in octets
    assert b"important" not in octets


def test_the_newest_change_dates_the_feed() -> None:
    old, new = change("c0"), replace(change("c1"), to_at=BEGAN + timedelta(days=9))

    feed = checked(format_feed([Told(new), Told(old)], FEED))

    assert feed.findtext(f"{ATOM}updated").startswith("2026-12-01")


@pytest.mark.parametrize(
    "url",
    [
        'https://example.org/"><script>',
        "https://example.org/страница?q=a b&c=d",
        "https://example.org/%D0%B0#x",
        "https://example.org/{a}|b\\c^`",
        "https://[::1]/",
    ],
)
def test_any_address_is_an_iri_in_its_attribute(url: str) -> None:
    [entry] = entries_of([Told(change("c0", "moved", url=url))])

    assert " " not in entry.find(f"{ATOM}link").get("href")


def test_an_address_that_runs_a_script_is_no_link() -> None:
    row = replace(change("c0", "moved"), provenance={"target": "javascript:alert(1)"})

    [entry] = entries_of([Told(row)])

    content = html.fragment_fromstring(entry.findtext(f"{ATOM}content"), create_parent="div")
    assert [link.get("href") for link in content.iter("a")] == ["https://example.org/1"]


anything = st.text(max_size=60)


@settings(deadline=None)
@given(st.none() | anything, st.none() | anything, anything, st.sampled_from(["main", "side", "meta", "list", "fact"]))
def test_whatever_a_page_says_the_feed_is_atom(before: str | None, after: str | None, subject: str, level: str) -> None:
    row = change("c0", "edited", edit(before, after, level, subject=subject, field="title"))

    [entry] = entries_of([Told(row)])

    assert not list(html.fragment_fromstring(entry.findtext(f"{ATOM}content"), create_parent="div").iter("script"))


def test_the_check_of_this_test_finds_what_is_no_atom() -> None:
    good = format_feed([Told(change())], FEED)
    for old, new in (
        (b"<updated>", b"<update>"),
        (b"<author><name>Khronika</name></author>", b""),
        (b"</title>", b"</title><title>again</title>"),
        (b'href="https', b'src="https'),
    ):
        with pytest.raises((AssertionError, AttributeError, etree.XMLSyntaxError, etree.DocumentInvalid)):
            checked(good.replace(old, new))
