"""Pages of so many blocks that not each can be compared with each: what is found all the same, and at what cost."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

from pipelines import change_pairs
from pipelines.change_pairs import CANDIDATES, NEAR, PAIRS_LIMIT, align
from pipelines.change_units import Unit

_SAID = (
    "ferry harbour lamp keeper winter letter bridge garden school teacher window paper boat island storm market road "
    "tower bell stone river field orchard baker clock station ladder rope kettle basket candle wheel barrel meadow"
)
WORDS = _SAID.split()
MANY = 600


def paragraphs(number: int, seed: int) -> list[str]:
    draws = random.Random(seed)
    return [" ".join(draws.choice(WORDS) for _ in range(draws.randint(9, 18))) for _ in range(number)]


def edited(texts: Sequence[str], seed: int) -> list[str]:
    """The same with one word another in each."""
    draws = random.Random(seed)
    found = []
    for text in texts:
        words = text.split()
        words[draws.randrange(len(words))] = "lighthouse"
        found.append(" ".join(words))
    return found


def units(texts: Sequence[str]) -> list[Unit]:
    return [Unit(text, "main", None, n + 1, f"/html/body/main/p[{n + 1}]", n, place=n) for n, text in enumerate(texts)]


def pairs(old: Sequence[str], new: Sequence[str]) -> set[tuple[int, int]]:
    return {(one.place, other.place) for one, other in align(units(old), units(new)).similar}


def test_there_are_more_blocks_than_can_be_compared_each_with_each() -> None:
    assert MANY * MANY > PAIRS_LIMIT


def test_each_of_many_edited_blocks_is_found_in_its_place() -> None:
    old = paragraphs(MANY, 1)

    assert pairs(old, edited(old, 2)) == {(place, place) for place in range(MANY)}


def test_few_words_in_all_that_tell_no_block_from_another_are_found_in_their_place() -> None:
    old = [f"The bell rang {n % 7} times at noon by the old harbour clock {n % 3}" for n in range(MANY)]
    new = [text.replace("noon", "dusk") for text in old]

    found = pairs(old, new)

    assert {place for place, _ in found} == set(range(MANY))
    assert all(abs(one - other) < NEAR for one, other in found)


def test_an_edited_block_is_found_far_from_its_place_among_many_that_were_rewritten() -> None:
    old, new = paragraphs(MANY, 3), paragraphs(MANY, 4)
    told = "The council of the invented town let the keeper of the lamp go home after five years and a day"
    old[20], new[520] = told, told.replace("five", "eight")

    assert (20, 520) in pairs(old, new)


@pytest.mark.parametrize("seed", range(4))
def test_of_blocks_edited_where_others_came_and_went_as_many_are_found_as_when_each_is_compared_with_each(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws = random.Random(seed)
    old = paragraphs(200, 10 + seed)
    new = [text for text in edited(old, seed) if draws.random() > 0.1]
    for text in paragraphs(20, 30 + seed):
        new.insert(draws.randrange(len(new)), text)
    each = pairs(old, new)

    monkeypatch.setattr(change_pairs, "PAIRS_LIMIT", 0)
    few = pairs(old, new)

    ours = {(one, other) for one, other in each if _alike(old[one], new[other])}
    assert len(ours) >= 170
    assert ours <= few


def _alike(one: str, other: str) -> bool:
    """Whether it is the one with a word another."""
    changed = [pair for pair in zip(one.split(), other.split(), strict=False) if pair[0] != pair[1]]
    return len(one.split()) == len(other.split()) and len(changed) == 1


@pytest.mark.parametrize("make", [lambda old: edited(old, 6), lambda old: paragraphs(len(old), 7)])
def test_each_block_is_compared_with_a_bounded_number_of_others(
    make: Callable[[list[str]], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = paragraphs(1500, 5)
    asked: list[int] = []
    extract, ratio = change_pairs.process.extract, change_pairs.fuzz.ratio

    def counted(query: str, choices: Sequence[str], **more: object) -> object:
        asked.append(len(choices))
        return extract(query, choices, **more)

    def one(*texts: str, **more: object) -> float:
        asked.append(1)
        return float(ratio(*texts, **more))

    monkeypatch.setattr(change_pairs.process, "extract", counted)
    monkeypatch.setattr(change_pairs.fuzz, "ratio", one)
    align(units(old), units(make(old)))

    # in its place, and elsewhere; what is few enough by then, each with each
    most = len(old) * (2 * NEAR + 2 * CANDIDATES) + 2 * PAIRS_LIMIT
    assert len(old) <= sum(asked) <= most < len(old) ** 2
