"""What the readings of the made-up site say: its languages, its articles without furniture, its edits and no more."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from crawler.demo import DemoSite
from pipelines.change import compare
from pipelines.edits import Change
from pipelines.page import read_page
from pipelines.reading import Reading, StoredPage


@dataclass(frozen=True)
class Seen:
    """The site in its two states, as it was read."""

    languages: Mapping[str, str]
    published: Mapping[str, str | None]
    first: Mapping[str, Reading]
    changes: Mapping[str, Change]
    edited: tuple[str, str]
    added: tuple[str, str]
    removed: str
    legacy: str
    still: tuple[str, ...]


def read(url: str) -> Reading:
    with urllib.request.urlopen(url, timeout=10) as response:
        return read_page(
            StoredPage(
                url=url,
                captured_at=datetime(2026, 11, 22, tzinfo=UTC),
                record_id="urn:uuid:6d8e9c6e-4b2f-4f0e-9c39-1b8b5a3f6c02",
                payload_digest=None,
                content_type=response.headers["Content-Type"],
                octets=response.read(),
            )
        )


@pytest.fixture(scope="module")
def seen() -> Seen:
    with DemoSite() as site:
        first = {page.url: read(page.url) for page in site.pages}
        site.edit()
        second = {url: read(url) for url in first if url != site.removed_url}
        with pytest.raises(urllib.error.HTTPError) as gone:
            urllib.request.urlopen(site.removed_url, timeout=10)
        assert gone.value.code == 410
        gone.value.close()
        return Seen(
            languages=site.languages,
            published={page.url: page.published for page in site.pages},
            first=first,
            changes={url: compare(first[url], second[url]) for url in second},
            edited=(site.edited_url, site.edited_url_ru),
            added=(site.added_url, site.added_paragraph),
            removed=site.removed_url,
            legacy=site.legacy_url,
            still=site.still_urls,
        )


def test_each_page_is_read_in_its_language(seen: Seen) -> None:
    assert {url: reading.language for url, reading in seen.first.items()} == dict(seen.languages)


def test_dates_are_those_that_the_pages_state(seen: Seen) -> None:
    for url, reading in seen.first.items():
        if url != seen.legacy:  # it states its date in the running text only
            assert (reading.published or "")[:10] == (seen.published[url] or ""), url


def test_the_address_in_russian_is_in_the_english_article_and_the_furniture_is_not(seen: Seen) -> None:
    text = seen.first[seen.edited[0]].text

    assert "899417, Сереброводская область, г. Крутоярск, ул. Фонарная, д. 17, ИК-94," in text
    for furniture in ("USD", "Views", "Readers on the site", "устаревшим браузером", "cookies", "Writing to prisoners"):
        assert furniture not in text


def test_the_windows_1251_page_is_read_by_what_its_meta_element_says(seen: Seen) -> None:
    reading = seen.first[seen.legacy]

    assert "правдивые сведения об адресе" in reading.text
    assert reading.charset["source"] == "meta"


def test_the_edits_are_found_and_nothing_else_is(seen: Seen) -> None:
    edited = {
        url: str(change.kind) for url, change in seen.changes.items() if str(change.kind) not in ("same", "noise")
    }

    assert edited == {seen.edited[0]: "edited", seen.edited[1]: "edited", seen.added[0]: "added"}
    for url, (before, after) in zip(seen.edited, (("five", "eight"), ("пять", "восемь")), strict=True):
        fact, edit = (edit for edit in seen.changes[url].edits if not edit.noise)
        assert (fact.level, fact.field) == ("fact", "sentence")
        assert (fact.before, fact.after) == tuple(f"{n} years, general regime penal colony" for n in (5, 8))
        assert (edit.op, edit.level) == ("edit", "main")
        assert edit.before is not None
        assert edit.after == edit.before.replace(before, after, 1)
    [edit] = [edit for edit in seen.changes[seen.added[0]].edits if not edit.noise]
    assert (edit.op, edit.level, edit.before, edit.after) == ("add", "main", None, seen.added[1])


def test_pages_without_moving_parts_are_the_same(seen: Seen) -> None:
    assert {url for url, change in seen.changes.items() if str(change.kind) == "same"} == set(seen.still)
