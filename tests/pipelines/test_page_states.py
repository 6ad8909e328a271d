"""What became of a page over its looks: told once, when it is established, and never at a flap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.kinds import EVENTS, ChangeKind, State
from pipelines.page_states import Event, Look, events
from pipelines.state_rules import Rules

BEGAN = datetime(2026, 3, 1, 6, tzinfo=UTC)
STATES = {
    "p": State.PRESENT,
    "g": State.GONE,
    "s": State.SOFT_404,
    "h": State.REDIRECTED_HOME,
    "r": State.REPLACED,
    "b": State.BLOCKED,
    "u": State.UNREACHABLE,
    "x": State.MOVED,
    "y": State.MOVED,
    "z": State.MOVED,
}


def looks(letters: str, *, every: timedelta = timedelta(hours=6)) -> list[Look]:
    return [
        Look(BEGAN + n * every, f"urn:uuid:{n}", STATES[letter], letter if letter in "xyz" else None)
        for n, letter in enumerate(letters)
    ]


def told(letters: str, *, every: timedelta = timedelta(hours=6), rules: Rules | None = None) -> list[tuple[int, str]]:
    """The look that establishes each event, and its kind."""
    found = events(looks(letters, every=every), rules or Rules())
    return [(int(event.after.record_id.rpartition(":")[2]), event.kind.value) for event in found]


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("pppp", []),
        ("ggggg", []),
        ("bbbbbbbb", []),
        ("pggpggpggp", []),
        ("pggg", [(3, "gone")]),
        ("pgggggggg", [(3, "gone")]),
        ("pgugug", [(5, "gone")]),
        ("pguuuug", []),
        ("psss", [(3, "soft-404")]),
        ("phhh", [(3, "redirected-home")]),
        ("prrr", [(3, "replaced")]),
        ("pxxx", [(3, "moved")]),
        ("pxyz", []),
        ("pxyxzx", [(5, "moved")]),
        ("pggs", [(3, "gone")]),
        ("pssg", [(3, "soft-404")]),
        ("pgsh", [(3, "redirected-home")]),
        ("pbbbb", []),
        ("pbbbbb", [(5, "blocked")]),
        ("puuuuu", [(5, "unreachable")]),
        ("pbubub", [(5, "blocked")]),
        ("pbbbbp", []),
        ("pbbbbgbbbb", []),
        ("pbbbbbbbp", [(5, "blocked"), (8, "back")]),
        ("pbbbbbggg", [(5, "blocked"), (8, "gone")]),
        ("pggguuuuuuu", [(3, "gone")]),
        ("pgggsss", [(3, "gone")]),
        ("pgggxxx", [(3, "gone"), (6, "moved")]),
        ("pgggxxxyyy", [(3, "gone"), (6, "moved")]),
        ("pgggpggp", [(3, "gone"), (4, "back")]),
        ("pgggpggg", [(3, "gone"), (4, "back"), (7, "gone")]),
        ("gggpggg", [(6, "gone")]),
        ("", []),
    ],
)
def test_events_of_a_history(letters: str, expected: list[tuple[int, str]]) -> None:
    assert told(letters) == expected


@pytest.mark.parametrize(
    ("letters", "days", "expected"),
    [
        ("pgg", 7, [(2, "gone")]),
        ("pgg", 6, []),
        ("pggg", 6, [(3, "gone")]),
        ("pbb", 7, []),
        ("pbbb", 4, [(3, "blocked")]),
        ("pbbb", 3, []),
        ("pgpgpg", 30, []),
        ("pg", 400, []),
    ],
)
def test_fewer_looks_are_enough_when_a_week_lies_between(
    letters: str, days: int, expected: list[tuple[int, str]]
) -> None:
    assert told(letters, every=timedelta(days=days)) == expected


def test_how_many_looks_it_takes_is_set() -> None:
    assert told("pg", rules=Rules(missing=1)) == [(1, "gone")]
    assert told("pgggg", rules=Rules(missing=5)) == []
    assert told("pb", rules=Rules(unseen=1)) == [(1, "blocked")]
    assert told("pgg", every=timedelta(days=2), rules=Rules(days=2)) == [(2, "gone")]
    assert Rules().version != Rules(days=2).version


def test_an_event_names_the_last_look_that_saw_the_page_the_first_of_the_row_and_the_one_that_established_it() -> None:
    made = looks("ppgugg" + "p")

    gone, back = events(made)

    assert (gone.before, gone.first, gone.after, gone.looks) == (made[1], made[2], made[5], 3)
    assert (back.kind, back.before, back.after) == (ChangeKind.BACK, made[5], made[6])
    assert events(looks("pxxx"))[0].target == "x"


HISTORIES = st.lists(
    st.tuples(st.sampled_from(sorted(STATES)), st.integers(min_value=1, max_value=24 * 12)), max_size=40
)


def made(history: list[tuple[str, int]]) -> list[Look]:
    at = BEGAN
    found = []
    for n, (letter, hours) in enumerate(history):
        at += timedelta(hours=hours)
        found.append(Look(at, f"urn:uuid:{n}", STATES[letter], letter if letter in "xyz" else None))
    return found


@given(HISTORIES)
def test_told_as_the_looks_come_or_all_at_once_it_is_the_same(history: list[tuple[str, int]]) -> None:
    all_looks = made(history)
    whole = events(all_looks)

    so_far: list[Event] = []
    for end in range(len(all_looks) + 1):
        now = events(all_looks[:end])
        # nothing that was told is ever told otherwise
        assert now[: len(so_far)] == so_far
        assert all(event.after == all_looks[end - 1] for event in now[len(so_far) :])
        so_far = now
    assert so_far == whole


@given(HISTORIES)
def test_the_kinds_take_turns_and_each_is_told_once(history: list[tuple[str, int]]) -> None:
    found = events(made(history))

    assert {event.kind for event in found} <= EVENTS
    away: list[ChangeKind] = []
    for event in found:
        if event.kind is ChangeKind.BACK:
            assert away
            away = []
        else:
            assert event.kind not in away
            assert len(away) < 3
            away.append(event.kind)
        assert event.before.at < event.after.at
        assert (event.before.state is State.PRESENT) == (event.kind is not ChangeKind.BACK)


@given(st.text(alphabet="pggsu", max_size=60))
def test_where_the_page_is_seen_at_each_third_look_at_least_nothing_is_told(letters: str) -> None:
    often = "".join(letter if n % 3 else "p" for n, letter in enumerate(letters))

    assert events(looks(often)) == []
