"""Pages of one list: who is gone from one and stands on another is not gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from archive_samples import collection, crawled, page, status

from archive.catalogue import Catalogue, ChangeRow
from archive.collection import Collection
from archive.exchange import Exchange
from archive.kinds import ChangeKind
from pipelines.lists_pass import ELSEWHERE, NOT_SEEN, PAGES_GONE, SLIPPED, UNSEEN, settle_lists
from pipelines.passes import Settling
from pipelines.rules import ReadingRules
from pipelines.stage import ReadingStage

NAMES = (
    *("Arseny Polyansky", "Vasil Hlybotski", "Oksana Dubrovenko", "Taras Vyshnia", "Marfa Kolosnitsyna"),
    *("Zakhar Mirolyub", "Olena Barvinok", "Yury Kalodka", "Timur Abzalov", "Nina Suslova", "Leonid Chernyak"),
    *("Vera Chizhik", "Anton Zorin", "Semyon Pakhar", "Uladzimir Rakita"),
)
LIST = "http://site.example/prisoners"
PER_PAGE = 5


def url_of(number: int) -> str:
    return LIST if number == 1 else f"{LIST}?page={number}"


def markup(names: Sequence[str], number: int, *, terms: str = "5 years") -> str:
    rows = "".join(f'<li><a href="/person/{NAMES.index(one)}">{one}</a>, {terms}</li>' for one in names)
    pager = "".join(f'<a href="{url_of(other)}">{other}</a> ' for other in (1, 2, 3) if other != number)
    return (
        "<html lang=en><head><title>Prisoners</title></head><body><main><h1>Political prisoners</h1><p>These people "
        f"are in prison for what they said.</p><ul>{rows}</ul></main><nav>{pager}</nav></body></html>"
    )


def listing(names: Sequence[str], hour: float, *, without: Sequence[int] = ()) -> list[Exchange]:
    """The pages of a list of some names, as one crawl gets them."""
    pages = [names[at : at + PER_PAGE] for at in range(0, len(names), PER_PAGE)]
    return [
        page(markup(some, number), url=url_of(number), hour=hour + number / 100)
        for number, some in enumerate(pages, 1)
        if number not in without
    ]


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Collection]:
    with collection(tmp_path) as made:
        yield made


@pytest.fixture
def derived(at: Collection) -> Iterator[Catalogue]:
    with Catalogue.open(at.catalogue_path, readonly=False) as opened:
        yield opened


def settled(at: Collection, derived: Catalogue) -> list[ChangeRow]:
    """The changes, once all is read, compared and settled."""
    ReadingStage(at, derived, workers=1).run_until_done()
    return [change for change in derived.changes() if change.kind is not ChangeKind.SAME]


def reported(changes: Sequence[ChangeRow]) -> list[tuple[str, str, str | None]]:
    return [
        (change.url, edit["op"], edit.get("subject"))
        for change in changes
        for edit in change.edits
        if edit["level"] == "list" and "set_aside" not in edit
    ]


def test_a_name_gone_from_the_first_page_is_told_once_and_what_moved_up_not_at_all(
    at: Collection, derived: Catalogue
) -> None:
    crawled(at, "c1", *listing(NAMES, 1))
    crawled(at, "c2", *listing((*NAMES[:2], *NAMES[3:]), 2))

    changes = settled(at, derived)

    assert reported(changes) == [(LIST, "remove", "Oksana Dubrovenko")]
    assert {change.url: change.kind for change in changes} == {
        LIST: ChangeKind.LIST,
        url_of(2): ChangeKind.NOISE,
        url_of(3): ChangeKind.NOISE,
    }
    asides = {edit["set_aside"] for change in changes for edit in change.edits if "set_aside" in edit}
    assert ELSEWHERE in asides


def test_a_name_that_came_to_the_top_is_told_once(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c1", *listing(NAMES[1:], 1))
    crawled(at, "c2", *listing(NAMES, 2))

    changes = settled(at, derived)

    assert reported(changes) == [(LIST, "add", "Arseny Polyansky")]


def test_who_moved_to_another_page_and_is_said_otherwise_there_is_an_edit(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c1", *listing(NAMES, 1))
    later = listing((*NAMES[:2], *NAMES[3:]), 2, without=[1])
    first = markup((*NAMES[:2], *NAMES[3:6]), 1).replace("Zakhar Mirolyub</a>, 5", "Zakhar Mirolyub</a>, 8")
    crawled(at, "c2", page(first, url=LIST, hour=2), *later)

    changes = settled(at, derived)

    assert sorted(reported(changes)) == [
        (LIST, "remove", "Oksana Dubrovenko"),
        (url_of(2), "edit", "Zakhar Mirolyub"),
    ]
    [edit] = next(change for change in changes if change.url == url_of(2)).edits
    assert edit["words"] == [["-5", "+8"]]


def test_who_is_gone_while_another_page_was_not_seen_is_told_with_that_said(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c1", *listing(NAMES, 1))
    third = status(503, url=url_of(3), hour=2)
    crawled(at, "c2", *listing((*NAMES[:2], *NAMES[3:]), 2, without=[3]), third)

    changes = settled(at, derived)

    assert (LIST, "remove", "Oksana Dubrovenko") in reported(changes)
    first = next(change for change in changes if change.url == LIST)
    assert first.provenance[NOT_SEEN] == [url_of(3)]


def test_the_last_page_that_is_no_longer_there_is_seen(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c1", *listing(NAMES[:11], 1))
    third = status(404, url=url_of(3), hour=2)
    crawled(at, "c2", *listing((*NAMES[:2], *NAMES[3:11]), 2), third)

    changes = settled(at, derived)

    assert reported(changes) == [(LIST, "remove", "Oksana Dubrovenko")]
    assert all(NOT_SEEN not in change.provenance for change in changes)


def test_who_went_from_one_list_to_another_list_is_gone_from_the_first(at: Collection, derived: Catalogue) -> None:
    released = "http://site.example/released"
    crawled(at, "c1", page(markup(NAMES[:6], 1), url=LIST, hour=1), page(markup(NAMES[9:], 1), url=released, hour=1.1))
    crawled(
        at,
        "c2",
        page(markup(NAMES[:5], 1), url=LIST, hour=2),
        page(markup((NAMES[5], *NAMES[9:]), 1), url=released, hour=2.1),
    )

    changes = settled(at, derived)

    assert sorted(reported(changes)) == [(LIST, "remove", NAMES[5]), (released, "add", NAMES[5])]


def test_the_pass_done_twice_says_the_same(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c1", *listing(NAMES, 1))
    crawled(at, "c2", *listing((*NAMES[:2], *NAMES[3:]), 2))
    once = settled(at, derived)
    # as after a kill between this pass and the one that says what is settled
    derived.settle([change.id for change in once], "")

    turned = settle_lists(Settling(at, derived, lambda _: ReadingRules(), lambda: False))

    assert turned == 0
    again = [derived.change(change.id) for change in once]
    assert [(one.kind, one.edits, one.weight) for one in again if one is not None] == [
        (change.kind, change.edits, change.weight) for change in once
    ]


@pytest.mark.parametrize("form", ["http://site.example/archive/{}", "http://site.example/list-{}.html", "first/{}"])
def test_pages_of_a_list_are_those_that_it_counts(at: Collection, derived: Catalogue, form: str) -> None:
    def url(number: int) -> str:
        bare = form.startswith("first") and number == 1
        return (
            "http://site.example/archive"
            if bare
            else form.replace("first", "http://site.example/archive").format(number)
        )

    def shown(names: Sequence[str], hour: float) -> list[Exchange]:
        made = []
        for number in (1, 2, 3):
            text = markup(names[PER_PAGE * (number - 1) : PER_PAGE * number], number)
            for other in (3, 2, 1):
                text = text.replace(f'"{url_of(other)}"', f'"{url(other)}"')
            made.append(page(text, url=url(number), hour=hour + number / 100))
        return made

    crawled(at, "c1", *shown(NAMES, 1))
    crawled(at, "c2", *shown((*NAMES[:2], *NAMES[3:]), 2))

    assert reported(settled(at, derived)) == [(url(1), "remove", "Oksana Dubrovenko")]


def test_numbers_that_lead_to_cases_or_years_are_no_pages_of_a_list(at: Collection, derived: Catalogue) -> None:
    def shown(names: Sequence[str], hour: float) -> Exchange:
        rows = "".join(
            f'<tr><td><a href="/prisoners/{NAMES.index(one) + 1}">{NAMES.index(one) + 1}</a></td><td>{one}</td></tr>'
            for one in names
        )
        years = "".join(f'<a href="/prisoners/{year}">{year}</a> ' for year in (2024, 2025))
        return page(f"<html><body><main><table>{rows}</table><p>{years}</p></main></body></html>", url=LIST, hour=hour)

    everyone = "".join(f"<li>{one}</li>" for one in NAMES)
    text = f"<html><body><main><h1>Cases</h1><ul>{everyone}</ul></main></body></html>"
    cases = [page(text, url=f"{LIST}/{n}", hour=n / 1000) for n in (1, 2, 3, 2024, 2025)]
    crawled(at, "c1", shown(NAMES, 1), *cases)
    crawled(at, "c2", shown((*NAMES[:2], *NAMES[3:]), 2))

    assert reported(settled(at, derived)) == [(LIST, "remove", "Oksana Dubrovenko")]


def edits_of(changes: Sequence[ChangeRow], subject: str) -> list[dict[str, object]]:
    return [
        dict(edit)
        for change in changes
        for edit in change.edits
        if edit.get("subject") == subject and "set_aside" not in edit
    ]


def test_who_was_pushed_to_a_page_that_was_not_seen_is_not_established_to_be_gone(
    at: Collection, derived: Catalogue
) -> None:
    crawled(at, "c1", *listing(NAMES[1:], 1))
    crawled(at, "c2", *listing(NAMES, 2, without=[2]), status(503, url=url_of(2), hour=2))

    [edit] = edits_of(settled(at, derived), NAMES[5])

    assert (edit["op"], edit["unsure"]) == ("remove", UNSEEN)


def test_who_is_seen_again_on_a_page_that_was_not_seen_once_has_not_come(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c1", *listing(NAMES[1:], 1))
    crawled(at, "c2", *listing(NAMES, 2, without=[2]), status(503, url=url_of(2), hour=2))
    crawled(at, "c3", *listing(NAMES, 3))

    changes = settled(at, derived)

    assert ("add", NAMES[5]) not in [(op, subject) for _, op, subject in reported(changes)]


def test_who_slips_from_a_page_to_the_one_before_while_the_list_is_fetched_is_not_established_to_be_gone(
    at: Collection, derived: Catalogue
) -> None:
    crawled(at, "c1", *listing(NAMES, 1))
    first, *_ = listing(NAMES, 2)
    _, *others = listing(NAMES[1:], 2)
    crawled(at, "c2", first, *others)

    [edit] = edits_of(settled(at, derived), NAMES[PER_PAGE])

    assert (edit["op"], edit["unsure"]) == ("remove", SLIPPED)


def test_who_is_gone_from_a_list_that_was_seen_whole_is_established(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c1", *listing(NAMES, 1))
    crawled(at, "c2", *listing((*NAMES[:7], *NAMES[8:]), 2))

    [edit] = edits_of(settled(at, derived), NAMES[7])

    assert edit["op"] == "remove"
    assert "unsure" not in edit


def test_who_alone_stood_on_the_last_page_is_told_when_that_page_is_gone(at: Collection, derived: Catalogue) -> None:
    crawled(at, "c1", *listing(NAMES[:11], 1))
    crawled(at, "c2", *listing(NAMES[:10], 2), status(404, url=url_of(3), hour=2))

    changes = settled(at, derived)

    assert [(op, subject) for _, op, subject in reported(changes)] == [("remove", NAMES[10])]
    [told] = [change for change in changes if PAGES_GONE in change.provenance]
    assert told.provenance[PAGES_GONE] == [url_of(3)]


def test_a_page_of_the_list_that_was_never_fetched_leaves_it_open_who_is_gone(
    at: Collection, derived: Catalogue
) -> None:
    crawled(at, "c1", *listing(NAMES, 1, without=[3]))
    crawled(at, "c2", *listing((*NAMES[:2], *NAMES[3:]), 2, without=[3]))

    [edit] = edits_of(settled(at, derived), NAMES[2])

    assert (edit["op"], edit["unsure"]) == ("remove", UNSEEN)


def test_blocks_of_a_list_that_is_not_recognised_move_between_its_pages(at: Collection, derived: Catalogue) -> None:
    def shown(words: Sequence[str], hour: float) -> list[Exchange]:
        made = []
        for number in (1, 2):
            text = "".join(f"<p>{line}</p>" for line in words[3 * number - 3 : 3 * number])
            other = f"<nav><a href='{url_of(3 - number)}'>{3 - number}</a></nav>"
            made.append(
                page(
                    f"<html><body><main><h1>All</h1>{text}</main>{other}</body></html>",
                    url=url_of(number),
                    hour=hour + number / 100,
                )
            )
        return made

    words = (
        *("a harrier over the salt marsh", "two plovers beside the pier", "dunlin, some forty of them"),
        *("knot in winter plumage", "one sanderling at low tide", "godwits, a great many", "curlew heard by night"),
    )
    crawled(at, "c1", *shown(words[1:], 1))
    crawled(at, "c2", *shown(words, 2))

    changes = settled(at, derived)

    told = [
        (change.url, edit["op"], edit["after"] or edit["before"])
        for change in changes
        for edit in change.edits
        if "set_aside" not in edit
    ]
    assert [(url, op) for url, op, text in told if "harrier" in text] == [(LIST, "add")]
    assert not any(line in text for line in words[1:6] for _, _, text in told)


def test_what_many_pages_say_has_not_gone_to_one_of_them(at: Collection, derived: Catalogue) -> None:
    # old sites number their cases with the words that others number the pages of a list with
    def shown(stages: Sequence[str], hour: float) -> list[Exchange]:
        made = []
        for number, stage in enumerate(stages, 1):
            text = f"<p>Letters are read aloud.</p><p>He is {stage} since the spring.</p>"
            address = f"http://site.example/index.php?page={number}"
            made.append(page(f"<main><h1>Case {number}</h1>{text}</main>", url=address, hour=hour + number / 100))
        return made

    crawled(at, "c1", *shown(("in custody", "in custody", "sentenced"), 1))
    crawled(at, "c2", *shown(("sentenced", "in custody", "sentenced"), 2))

    changes = settled(at, derived)

    told = [(edit["before"], edit["after"]) for one in changes for edit in one.edits if "set_aside" not in edit]
    assert told == [("He is in custody since the spring.", "He is sentenced since the spring.")]


def test_a_namesake_on_another_page_is_another_person(at: Collection, derived: Catalogue) -> None:
    def shown(people: Sequence[tuple[str, int]], hour: float) -> list[Exchange]:
        made = []
        for number in (1, 2):
            rows = "".join(
                f"<tr><td>{name}</td><td>{year}</td></tr>" for name, year in people[5 * number - 5 : 5 * number]
            )
            pager = f"<nav><a href='{url_of(3 - number)}'>{3 - number}</a></nav>"
            text = f"<html><body><main><h1>Prisoners</h1><table>{rows}</table></main>{pager}</body></html>"
            made.append(page(text, url=url_of(number), hour=hour + number / 100))
        return made

    people = [(name, 1970 + n) for n, name in enumerate(NAMES[:9])]
    people.insert(6, (NAMES[2], 1955))
    crawled(at, "c1", *shown(people, 1))
    crawled(at, "c2", *shown(people[:6] + people[7:], 2))

    [told] = edits_of(settled(at, derived), NAMES[2])

    assert (told["op"], told["before"]) == ("remove", f"{NAMES[2]} · 1955")
