from __future__ import annotations

import pytest

from spiders.drift import Listing, Matches, listings_adrift, selectors_adrift


def pages(kind: str, selector: str, found: int, of: int) -> list[Matches]:
    return [Matches(kind, {selector: int(n < found), "title": 1}) for n in range(of)]


@pytest.mark.parametrize(
    ("before", "now", "adrift"),
    [
        ((10, 10), (0, 10), True),
        ((8, 10), (1, 10), True),
        ((7, 10), (0, 10), False),  # it was never on all of them
        ((10, 10), (2, 10), False),
        ((10, 10), (0, 2), False),  # too few to tell
        ((2, 2), (0, 10), False),
        ((10, 10), (0, 0), False),
    ],
)
def test_a_selector_that_is_found_no_more_is_told(before: tuple[int, int], now: tuple[int, int], adrift: bool) -> None:
    found = selectors_adrift(pages("case", "facts.address", *before), pages("case", "facts.address", *now))

    assert [(one.kind, one.selector) for one in found] == ([("case", "facts.address")] if adrift else [])


def test_kinds_are_told_apart() -> None:
    before = pages("case", "body", 9, 9) + pages("news", "body", 9, 9)
    now = pages("case", "body", 9, 9) + pages("news", "body", 0, 9)

    (drift,) = selectors_adrift(before, now)

    assert drift.words == "selector body was found on 100% of the news pages before, and on 0% of the 9 read last"


def test_a_selector_that_the_definition_has_no_more_is_none() -> None:
    assert selectors_adrift(pages("case", "body", 9, 9), [Matches("case", {"title": 1})] * 9) == []


def runs(*named: int, complete: bool = True, problem: str = "") -> list[Listing]:
    earlier = [Listing("l", "https://ledger.example/list/", number, True) for number in named[:-1]]
    return [*earlier, Listing("l", "https://ledger.example/list/", named[-1], complete, problem)]


@pytest.mark.parametrize(
    ("named", "adrift"),
    [((100, 69), True), ((100, 70), False), ((20, 11), False), ((20, 10), True), ((100, 60, 60), True), ((60,), False)],
)
def test_a_listing_that_shrinks_is_told(named: tuple[int, ...], adrift: bool) -> None:
    found = listings_adrift(runs(*named))

    assert bool(found) is adrift
    if found:
        assert found[0].words == (
            f"listing https://ledger.example/list/ named {named[0]} pages before, and {named[-1]} now"
        )


def test_a_listing_that_could_not_be_read_says_so_and_is_no_shrunk_one() -> None:
    assert [one.words for one in listings_adrift(runs(100, 3, complete=False, problem="HTTP 503"))] == [
        "listing https://ledger.example/list/ could not be read to its end: HTTP 503"
    ]
    assert listings_adrift(runs(100, 3, complete=False)) == []


def test_each_listing_is_compared_with_itself() -> None:
    mixed = [Listing("a", "a", 100, True), Listing("b", "b", 10, True), Listing("a", "a", 100, True)]

    assert listings_adrift([*mixed, Listing("b", "b", 9, True)]) == []
