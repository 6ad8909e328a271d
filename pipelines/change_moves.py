"""Which of the blocks that stayed stand in another order, said with as few moves as there can be."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from pipelines.change_units import Unit

Pair = tuple[Unit, Unit]


def longest_rising(numbers: Sequence[int]) -> list[int]:
    """The places of a longest rising subsequence of different numbers."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for place, number in enumerate(numbers):
        length = bisect_left(tails, number)
        before.append(ends[length - 1] if length else -1)
        if length == len(tails):
            tails.append(number)
            ends.append(place)
        else:
            tails[length] = number
            ends[length] = place
    found: list[int] = []
    place = ends[-1] if ends else -1
    while place >= 0:
        found.append(place)
        place = before[place]
    return found[::-1]


def moved(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """The pairs that must have moved for the others to be in order, those that moved as one stretch together.

    What keeps its place is the largest number of blocks, so what moved is the smallest.
    """
    by_old = sorted(pairs, key=lambda pair: pair[0].place)
    rank = {pair[1].place: number for number, pair in enumerate(sorted(pairs, key=lambda pair: pair[1].place))}
    order = [rank[new.place] for _, new in by_old]
    if all(a < b for a, b in pairwise(order)):
        return []
    kept = set(longest_rising(order))
    stretches: list[list[Pair]] = []
    last = (-2, -2)
    for place, pair in enumerate(by_old):
        if place in kept:
            continue
        if (place, order[place]) == (last[0] + 1, last[1] + 1):
            stretches[-1].append(pair)
        else:
            stretches.append([pair])
        last = (place, order[place])
    return stretches
