"""Events of pages from their captures: what redirects say, where a page went on, and told often or once the same."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from archive_samples import URL, collection, crawled, page, status, timeout
from page_styles import ARTICLE, STYLES
from warc_samples import exchange

from archive.catalogue import Catalogue
from archive.collection import Collection
from archive.exchange import Exchange, Outcome
from archive.kinds import ChangeKind, State
from pipelines.rules import ReadingRules
from pipelines.stage import ReadingStage
from pipelines.state_rules import Rules
from spiders.definition import SiteDefinition

HOST = "http://site.example"
PAGE = STYLES["semantic"]()
EDITED = STYLES["semantic"](tuple(line.replace("him to five years", "him to eight years") for line in ARTICLE))
NEW = f"{HOST}/new/17"
ERROR = "<html><head><title>Page not found</title></head><body><h1>Page not found</h1><p>Start again.</p></body></html>"
RULES = ReadingRules.of(SiteDefinition(name="north", start=(f"{HOST}/",), mirrors=("mirror.example",)))


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Collection]:
    with collection(tmp_path) as made:
        yield made


@pytest.fixture
def derived(at: Collection) -> Iterator[Catalogue]:
    with Catalogue.open(at.catalogue_path, readonly=False) as opened:
        yield opened


def run(at: Collection, derived: Catalogue, **more: object) -> None:
    ReadingStage(at, derived, workers=1, rules_for_site=lambda _: RULES, **more).run_until_done()  # type: ignore[arg-type]


def redirect(to: str, *, url: str = URL, hour: float = 0, code: int = 301) -> Exchange:
    head = f"HTTP/1.1 {code} Moved\r\nLocation: {to}\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n".encode()
    return exchange(url, head=head, body=b"<p>!", status=code, mime="text/html", after=timedelta(hours=hour))


def events(derived: Catalogue) -> list[tuple[str, str, str]]:
    """Address, kind, and the hour of the capture that established it."""
    first = next(derived.captures()).captured_at
    return [
        (change.url, change.kind.value, f"{(change.to_at - first) / timedelta(hours=1):g}")
        for change in derived.changes()
        if change.kind not in {ChangeKind.SAME, ChangeKind.NOISE}
    ]


def test_a_page_that_stays_away_is_gone_at_the_third_look(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c0", page(PAGE))
    for n in range(1, 6):
        crawled(at, f"c{n}", status(404, hour=n))

    run(at, derived)

    assert events(derived) == [(URL, "gone", "3")]
    [gone] = [change for change in derived.changes() if change.kind is ChangeKind.GONE]
    assert (gone.from_at, gone.provenance["looks"]) == (derived.captures_of(URL)[0].captured_at, 3)
    assert gone.weight > 0.5


def test_how_many_looks_it_takes_is_up_to_the_collection(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c0", page(PAGE))
    crawled(at, "c1", status(404, hour=1))
    run(at, derived)
    assert events(derived) == []

    run(at, derived, state_rules=Rules(missing=1))

    assert events(derived) == [(URL, "gone", "1")]


def test_told_after_each_crawl_or_once_at_the_end_it_is_the_same(at: Collection, derived: Catalogue) -> None:
    known: list[str] = []
    for n, answer in enumerate("p44p444ss5p"):
        made = {"p": page(PAGE, hour=n), "4": status(404, hour=n), "s": page(ERROR, hour=n), "5": timeout(hour=n)}
        crawled(at, f"c{n:02}", made[answer])
        if n in (0, 4, 6, 10):
            run(at, derived)
            now = [change.id for change in derived.changes(kinds=["gone", "soft-404", "back"])]
            assert now[: len(known)] == known
            known = now
    assert events(derived) == [(URL, "gone", "6"), (URL, "back", "10")]
    whole = list(derived.changes())

    derived.close()
    at.close()
    Collection.rebuild(at.path)
    with Collection.open(at.path) as again, Catalogue.open(again.catalogue_path, readonly=False) as rebuilt:
        run(again, rebuilt)
        assert list(rebuilt.changes()) == whole


@pytest.mark.parametrize(
    ("to", "there", "expected"),
    [
        ("/", lambda: page("<p>All cases", url=f"{HOST}/"), "redirected-home"),
        ("/en/?from=17", None, "redirected-home"),
        ("https://elsewhere.example/", None, "redirected-home"),
        ("/error", lambda: page(ERROR, url=f"{HOST}/error"), "soft-404"),
        ("/error", lambda: status(404, url=f"{HOST}/error"), "gone"),
        ("/new/17", None, "moved"),
        ("https://elsewhere.example/cases/17", None, "moved"),
    ],
)
def test_a_redirect_says_what_was_seen_where_it_leads(
    at: Collection, derived: Catalogue, to: str, there: Callable[[], Exchange] | None, expected: str
) -> None:
    crawled(at, "c0", page(PAGE))
    for n in range(1, 4):
        crawled(at, f"c{n}", redirect(to, hour=n), *([] if there is None else [there()]))

    run(at, derived)

    assert [one for one in events(derived) if one[0] == URL] == [(URL, expected, "3")]
    states = {row.state for row in derived.history(URL) if row.capture.url == URL and row.n > 1}
    assert (State.REDIRECTED_HOME in states) == (expected == "redirected-home")


def test_a_page_that_asks_for_a_password_is_blocked(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c0", page(PAGE))
    for n in range(1, 6):
        crawled(at, f"c{n}", redirect(f"/wp-login.php?again={n}", hour=n, code=302))

    run(at, derived)

    assert events(derived) == [(URL, "blocked", "5")]


def test_a_redirect_to_a_mirror_or_to_https_is_no_event(at: Collection, derived: Catalogue) -> None:
    mirror = URL.replace("site.example", "mirror.example")
    crawled(at, "c0", page(PAGE))
    for n in range(1, 5):
        crawled(at, f"c{n}", redirect(mirror, hour=n), page(PAGE, url=mirror, hour=n + 0.1))

    run(at, derived)

    assert events(derived) == []


def test_a_page_that_moved_has_one_history_and_is_compared_across_the_move(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c0", page(PAGE))
    for n in range(1, 4):
        crawled(at, f"c{n}", redirect(NEW, hour=n), page(EDITED, url=NEW, hour=n + 0.1))

    run(at, derived)

    assert events(derived) == [(NEW, "edited", "1.1"), (URL, "moved", "3")]
    [edit] = [change for change in derived.changes() if change.kind is ChangeKind.EDITED]
    assert edit.from_record == derived.captures_of(URL)[0].record_id
    assert [row.capture.url for row in derived.history(NEW)] == [URL, NEW, NEW, NEW]
    assert {change.url for change in derived.changes(url=URL)} == {URL, NEW}


@pytest.mark.parametrize("spelt", [f"{URL}/", f"{URL}/index.html", f"{HOST}/Cases/17"])
def test_an_address_that_is_only_spelt_otherwise_is_no_event_and_one_history(
    at: Collection, derived: Catalogue, spelt: str
) -> None:
    crawled(at, "c0", page(PAGE))
    for n in range(1, 5):
        crawled(at, f"c{n}", redirect(spelt, hour=n), page(EDITED if n == 4 else PAGE, url=spelt, hour=n + 0.1))
    crawled(at, "c5", page(PAGE, hour=5))

    run(at, derived)

    assert events(derived) == [(spelt, "edited", "4.1")]
    assert [row.capture.url for row in derived.history(URL) if row.state is State.PRESENT] == [URL, *[spelt] * 4, URL]


def test_a_page_whose_text_is_found_elsewhere_has_moved(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c0", page(PAGE), page(PAGE.replace("ourt", "ort"), url=f"{HOST}/copy"))
    for n in range(1, 4):
        crawled(at, f"c{n}", status(404, hour=n), page(PAGE, url=NEW, hour=n + 0.1))

    run(at, derived)

    assert events(derived) == [(URL, "moved", "3")]
    [moved] = [change for change in derived.changes() if change.kind is ChangeKind.MOVED]
    assert (moved.provenance["target"], moved.provenance["told_by"]) == (NEW, "content")


def test_a_page_of_another_person_in_the_same_words_is_not_where_it_went_on(at: Collection, derived: Catalogue) -> None:
    def card(name: str) -> str:
        words = "The case is heard by the district court; letters are welcome, please write in the local language. " * 3
        return f"<html><head><title>{name}</title></head><body><main><h1>{name}</h1><p>{words}</p></main></body></html>"

    crawled(at, "c0", page(card("Ada Lindqvist")))
    for n in range(1, 4):
        crawled(at, f"c{n}", status(404, hour=n), page(card("Boris Kremer"), url=NEW, hour=n + 0.1))

    run(at, derived)

    assert events(derived) == [(URL, "gone", "3")]


def test_pages_of_the_same_text_that_go_together_have_not_moved_to_each_other(
    at: Collection, derived: Catalogue
) -> None:
    urls = [f"{HOST}/s/{n}" for n in range(3)]
    crawled(at, "c0", *(page(PAGE, url=url, hour=n / 10) for n, url in enumerate(urls)))
    crawled(at, "c1", *(status(404, url=url, hour=1) for url in urls), page(PAGE, url=NEW, hour=1.1))
    for n in range(2, 4):
        crawled(at, f"c{n}", *(status(404, url=url, hour=n) for url in (*urls, NEW)))

    run(at, derived)

    assert sorted(events(derived)) == [(url, "gone", "3") for url in urls]


def test_an_error_page_is_not_compared_with_the_page(at: Collection, derived: Catalogue) -> None:
    for n, text in enumerate((PAGE, ERROR, EDITED)):
        crawled(at, f"c{n}", page(text, hour=n))

    run(at, derived)

    assert [row.state for row in derived.history(URL)] == [State.PRESENT, State.SOFT_404, State.PRESENT]
    assert events(derived) == [(URL, "edited", "2")]


def test_what_is_seen_of_an_error_page_again_is_known_without_reading_it(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c0", page(PAGE))
    crawled(at, "c1", page(ERROR, hour=1))
    run(at, derived)

    [revisit] = crawled(at, "c2", page(ERROR, hour=2))

    assert revisit.is_revisit
    assert [row.state for row in derived.history(URL)][1:] == [State.SOFT_404] * 2


def test_newer_rules_that_know_an_error_page_again_make_it_the_page(at: Collection, derived: Catalogue) -> None:
    for n, text in enumerate((PAGE, ERROR, EDITED)):
        crawled(at, f"c{n}", page(text, hour=n))
    run(at, derived)
    capture = derived.captures_of(URL)[1]
    row = derived.reading(capture.record_id)
    assert row is not None
    assert row.state is State.SOFT_404

    derived.put_reading(capture.record_id, replace(row, rules="other", state=State.PRESENT))
    run(at, derived)

    assert [row.state for row in derived.history(URL)] == [State.PRESENT] * 3
    assert [row.change_kind for row in derived.history(URL)] == [None, ChangeKind.EDITED, ChangeKind.EDITED]


def test_another_page_in_its_place_is_no_edit_however_many_captures_it_has(at: Collection, derived: Catalogue) -> None:
    menu = "".join(f'<li><a href="/section/{n}">Section {n}</a></li>' for n in range(5))
    words = "prosecutor district court sentenced librarian leaflets station witness appeal letters colony arrest lawyer"
    bread = "bakery harbour fishermen sourdough croissants weddings windmill butter pastures cherries orchard counter"

    def shown(title: str, said: str, around: str) -> str:
        text = " ".join(f"{word}{end}" for end in ("ing", "ness") for word in said.split())
        return (
            f"<html><head><title>{title}</title></head><body><nav><ul>{around}</ul></nav>"
            f"<main><h1>{title}</h1><p>{text}.</p></main></body></html>"
        )

    case, shop = shown("Ada Lindqvist", words, menu), shown("Harbour Bread", bread, "<li>Orders</li>")
    for n in range(7):
        crawled(at, f"c{n}", page(case if n in (0, 6) else shop, hour=n))

    run(at, derived)

    assert events(derived) == [(URL, "replaced", "3"), (URL, "back", "6")]
    states = [row.state for row in derived.history(URL)]
    assert states == [State.PRESENT, *[State.REPLACED] * 5, State.PRESENT]


def cut(text: str, octets: int, *, hour: float) -> Exchange:
    """A page of which so many octets came."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(text.encode())}\r\n\r\n".encode()
    more = {"outcome": Outcome.TRUNCATED, "truncated": "disconnect", "error": "expected more"}
    return exchange(URL, head=head, body=text.encode()[:octets], after=timedelta(hours=hour), **more)


def coded(octets: bytes, *, hour: float) -> Exchange:
    """A page whose server says that it is packed by gzip."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    return exchange(URL, head=head, body=octets, after=timedelta(hours=hour))


@pytest.mark.parametrize("way", ["cut", "broken gzip", "no gzip"])
def test_a_page_that_breaks_off_is_no_edit_and_is_compared_when_it_is_whole(
    at: Collection, derived: Catalogue, way: str
) -> None:
    packed = gzip.compress(PAGE.encode(), mtime=0)
    broken = {
        "cut": lambda hour: cut(PAGE, len(PAGE.encode()) // 2, hour=hour),
        "broken gzip": lambda hour: coded(packed[: len(packed) // 2] + b"\0\1\2 no more" * 9, hour=hour),
        "no gzip": lambda hour: coded(b"\x1f\x8b\x08\0\xff nothing of the kind" * 9, hour=hour),
    }[way]
    for n, answer in enumerate("p!!p!e!!!!!e"):
        crawled(at, f"c{n:02}", broken(n) if answer == "!" else page(EDITED if answer == "e" else PAGE, hour=n))

    run(at, derived)

    assert events(derived) == [(URL, "edited", "5"), (URL, "unreachable", "10"), (URL, "back", "11")]
    assert [row.state for row in derived.history(URL)][:4] == [
        *(State.PRESENT, State.UNREACHABLE, State.UNREACHABLE, State.PRESENT)
    ]


def test_a_server_that_names_a_wrong_length_is_seen_all_the_same(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c0", page(PAGE))
    for n in (1, 2, 3):
        text = PAGE if n < 3 else EDITED
        crawled(at, f"c{n}", cut(text, len(text.encode()) - 3, hour=n))

    run(at, derived)

    assert events(derived) == [(URL, "edited", "3")]


def test_a_picture_that_was_replaced_is_told_by_its_digests(at: Collection, derived: Catalogue) -> None:
    url = f"{HOST}/portrait.jpg"
    for n in range(2):
        head = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 3\r\n\r\n"
        crawled(at, f"c{n}", exchange(url, head=head, body=b"p%d!" % n, mime="image/jpeg", after=timedelta(hours=n)))

    run(at, derived)

    [change] = derived.changes()
    old, new = derived.captures_of(url)
    assert change.kind is ChangeKind.LINK
    assert [(edit["field"], edit["before"], edit["after"]) for edit in change.edits] == [
        ("picture", old.payload_digest, new.payload_digest)
    ]
