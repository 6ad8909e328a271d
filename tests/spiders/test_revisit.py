from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from spiders.revisit import ALWAYS, ANYWAY, EARLY, Past, Policies, Policy, Word, due_at, has_changed, parse_policy

BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
NEWS = "hourly for 2 days, daily for 30 days, then monthly"
FETCHED = Past("~/case/1", BEGIN, fetched_at=BEGIN + 100 * DAY, status=200)


def pause(policy: str, past: Past = FETCHED) -> timedelta | None:
    due = due_at(past, parse_policy(policy))
    assert past.fetched_at is not None
    return None if due is None else due - past.fetched_at


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("hourly", HOUR),
        ("daily", DAY),
        ("Weekly", 7 * DAY),
        ("monthly", 30 * DAY),
        ("yearly", 365 * DAY),
        ("every hour", HOUR),
        ("every 6 hours", 6 * HOUR),
        ("every 1 day", DAY),
        ("every  2 weeks", 14 * DAY),
        ("every 30 minutes", HOUR / 2),
        ("always", timedelta(0)),
    ],
)
def test_a_rhythm_is_read(text: str, interval: timedelta) -> None:
    assert parse_policy(text).interval(5 * DAY) == interval
    assert pause(text) == interval * EARLY


def test_a_rhythm_may_change_with_a_page_s_age() -> None:
    policy = parse_policy(NEWS)

    intervals = [policy.interval(age * DAY) for age in (0, 1.9, 2, 31.9, 32, 4000)]

    assert intervals == [HOUR, HOUR, DAY, DAY, 30 * DAY, 30 * DAY]


@pytest.mark.parametrize(
    "text",
    [
        *("", "often", "every", "every 3", "every 3 moons", "daily for", "daily for 3 days", "hourly, daily", "3 days"),
        *(
            "hourly for 2 days,",
            "hourly for 2 days, changed",
            "daily for ever, then monthly",
            "in any case",
            "every 99999 days",
        ),
    ],
)
def test_what_is_no_rhythm_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a rhythm like .*found"):
        parse_policy(text)


def test_policies_are_by_kind() -> None:
    policies = Policies((("case", "daily"), ("other", "weekly")))

    assert [policies.of(kind).interval(DAY) for kind in ("case", "news", None)] == [DAY, 7 * DAY, 7 * DAY]
    assert policies.of("list") == policies.of("rest") == ALWAYS
    assert Policies((("list", "daily"),)).of("list").interval(DAY) == DAY
    assert Policies((("case", "daily"),)).of("news") == ALWAYS
    assert not Policies(())
    with pytest.raises(ValueError, match=r"revisit\.case: expected a rhythm"):
        Policies((("case", "sometimes"),))


def test_what_was_never_fetched_is_due() -> None:
    for policy in ("once", "changed", "yearly"):
        assert due_at(Past("~/", BEGIN), parse_policy(policy)) == BEGIN


def test_a_run_a_little_earlier_than_yesterday_s_finds_its_pages_due() -> None:
    due = due_at(FETCHED, parse_policy("daily"))

    assert FETCHED.fetched_at is not None
    assert due is not None
    assert due < FETCHED.fetched_at + DAY - timedelta(minutes=90)


def test_once_is_once_but_not_before_it_was_had() -> None:
    assert pause("once") is None
    assert pause("once", replace(FETCHED, status=503, failures=1)) == timedelta(0)
    assert pause("once", replace(FETCHED, status=404, failures=1)) == DAY * EARLY


def test_what_failed_is_tried_at_the_next_runs_and_then_more_and_more_seldom() -> None:
    failed = [pause("monthly", replace(FETCHED, status=None, failures=n)) for n in range(1, 14)]

    assert failed[:5] == [timedelta(0), timedelta(0), timedelta(0), DAY * EARLY, 2 * DAY * EARLY]
    assert failed[-1] == ANYWAY * EARLY


def test_what_is_gone_is_still_visited_and_more_and_more_seldom() -> None:
    gone = [pause("weekly", replace(FETCHED, status=404, failures=n)) for n in range(1, 9)]

    # soon at first, until it is known to be gone
    assert gone[:5] == [DAY * EARLY, DAY * EARLY, 7 * DAY * EARLY, 14 * DAY * EARLY, 28 * DAY * EARLY]
    assert gone[-1] == ANYWAY * EARLY
    assert pause("always", replace(FETCHED, status=410, failures=9)) == timedelta(0)


def test_the_age_is_since_the_last_change_that_a_listing_tells_or_the_publication() -> None:
    found_now = Past("~/", BEGIN, fetched_at=BEGIN, status=200)
    old = replace(found_now, published="2019-01-01T00:00:00Z")
    renewed = replace(FETCHED, words=(Word("feed", "2026-08-08T20:00:00Z", "2026-08-08T20:00:00Z"),))

    assert pause(NEWS, found_now) == HOUR * EARLY
    assert pause(NEWS, old) == 30 * DAY * EARLY
    assert pause(f"{NEWS} in any case", renewed) == HOUR * EARLY


@pytest.mark.parametrize("policy", ["hourly", "daily", "changed", NEWS])
def test_what_a_registry_says_to_be_as_it_was_is_left_alone_for_a_while(policy: str) -> None:
    same = replace(FETCHED, words=(Word("rest", "2026-01-01T00:00:00", "2026-01-01T00:00:00"),))
    other = replace(FETCHED, words=(Word("rest", "2026-08-20T00:00:00", "2026-01-01T00:00:00"),))

    unchanged = pause(policy, same)
    assert unchanged is not None
    assert ANYWAY / 3 <= unchanged <= ANYWAY
    assert pause(policy, other) == timedelta(0)


def test_in_any_case_is_whatever_a_listing_says() -> None:
    same = replace(FETCHED, words=(Word("rest", "2026-01-01", "2026-01-01"),))

    assert pause("daily in any case", same) == DAY * EARLY
    assert pause("always", same) == timedelta(0)
    assert pause("once", same) is None


def test_a_sitemap_is_believed_for_a_shorter_time() -> None:
    same = replace(FETCHED, words=(Word("sitemap", "2026-01-01", "2026-01-01"),))

    assert 4 * DAY < (pause("daily", same) or ANYWAY) <= 14 * DAY
    assert 30 * DAY < (pause("changed", same) or DAY) <= ANYWAY
    assert pause("monthly", same) == 30 * DAY
    assert (pause("changed") or DAY) >= ANYWAY / 3


def test_after_a_day_of_a_change_the_page_is_looked_at_once_more() -> None:
    """A sitemap says the day alone: a second change on it would not be told."""
    assert FETCHED.fetched_at is not None
    morning = replace(FETCHED, fetched_at=FETCHED.fetched_at.replace(hour=10, minute=0))
    day = f"{morning.fetched_at:%Y-%m-%d}"

    for policy in ("daily", "changed"):
        assert pause(policy, replace(morning, words=(Word("sitemap", day, day),))) == timedelta(hours=14)
        hour = f"{day}T09:00:00Z"
        assert (pause(policy, replace(morning, words=(Word("sitemap", hour, hour),))) or DAY) > 4 * DAY
        assert (pause(policy, replace(morning, words=(Word("sitemap", "2020-01-01", "2020-01-01"),))) or DAY) > 4 * DAY


def test_visits_that_are_made_anyway_are_spread() -> None:
    registry = [replace(FETCHED, key=f"~/case/{n}", words=(Word("rest", "x", "x"),)) for n in range(7000)]
    days = [(pause("daily", page) or ANYWAY).days for page in registry]

    # of 7,000 cards that were fetched on one day, so many come up on any later one: less than two in a hundred
    assert max(days.count(day) for day in range(30, 90)) < 140
    assert min(days) >= 30
    assert max(days) < 90


@pytest.mark.parametrize(
    ("modified", "fetched", "changed"),
    [
        ("2026-08-20T00:00:00", "2026-01-01T00:00:00", True),
        ("2025-12-31T00:00:00", "2026-01-01T00:00:00", True),
        ("2026-01-01T00:00:00", "2026-01-01T00:00:00", False),
        ("2026-01-01T03:00:00+03:00", "2026-01-01T00:00:00Z", False),
        ("", "2026-01-01T00:00:00", False),
        ("2026-08-08T23:59:00Z", "", False),
        ("2026-08-09T00:01:00Z", "", True),
        ("2026-08-09", "", True),
        ("2026-08-07", "", False),
        ("lately", "", True),
    ],
)
def test_a_listing_says_whether_a_page_was_changed(modified: str, fetched: str, changed: bool) -> None:
    fetched_at = datetime(2026, 8, 9, tzinfo=UTC)

    assert has_changed(Word("rest", modified, fetched), fetched_at) is changed


def test_a_policy_of_one_phase_is_the_same_at_any_age() -> None:
    assert isinstance(parse_policy("daily"), Policy)
    assert parse_policy("daily").interval(timedelta(0)) == parse_policy("daily").interval(timedelta.max) == DAY
