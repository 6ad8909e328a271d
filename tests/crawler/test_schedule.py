"""Schedules: words, cron expressions, zones, and the nights in which a clock is set."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from minute_walker import Expression, walk

from crawler.schedule import Schedule, parse_schedule

ODD = {
    # zone: days (UTC) near which its clock was set, in ways of its own
    "Australia/Lord_Howe": ("2024-04-06", "2024-10-05"),
    "Europe/Kyiv": ("2024-03-31", "2024-10-27"),
    "Europe/Chisinau": ("2019-03-31", "2019-10-27"),
    "Africa/Casablanca": ("2024-03-10", "2024-04-14", "2018-10-28"),
    "Asia/Gaza": ("2023-04-28", "2023-10-27", "2011-08-30", "2012-03-29"),
    "America/St_Johns": ("2006-04-02", "2010-11-07", "2024-03-10"),
    "Pacific/Apia": ("2011-12-29", "2012-04-01", "2020-09-26"),
    "Europe/Moscow": ("2011-03-27", "2014-10-25"),
    "Europe/Volgograd": ("2018-10-27", "2020-12-26", "2014-10-25"),
    "America/Santiago": ("2024-04-07", "2024-09-08"),
    "Africa/Cairo": ("2023-04-27", "2023-10-26", "2010-08-10"),
    "Asia/Beirut": ("2023-03-25", "2023-10-28"),
    "Asia/Tehran": ("2022-03-21", "2022-09-21"),
    "Antarctica/Troll": ("2024-03-31", "2024-10-27"),
    "Asia/Pyongyang": ("2015-08-14", "2018-05-04"),
    "America/Caracas": ("2007-12-09", "2016-05-01"),
    "Asia/Kathmandu": ("2024-06-01",),
    "Pacific/Kwajalein": ("2024-06-01",),
    "Europe/Dublin": ("2024-03-31", "2024-10-27"),
    "Asia/Vladivostok": ("2011-03-26", "2014-10-25"),
}
NIGHTS = [(zone, datetime.fromisoformat(day).replace(tzinfo=UTC)) for zone, days in ODD.items() for day in days]


def number(low: int, high: int) -> st.SearchStrategy[str]:
    return st.integers(low, high).map(str)


def part(low: int, high: int) -> st.SearchStrategy[str]:
    span = st.tuples(st.integers(low, high), st.integers(low, high)).map(lambda two: f"{min(two)}-{max(two)}")
    step = st.tuples(st.one_of(st.just("*"), span), st.integers(1, 12)).map(lambda two: f"{two[0]}/{two[1]}")
    one = st.one_of(number(low, high), span, step)
    return st.one_of(st.just("*"), one, st.lists(number(low, high), min_size=2, max_size=4).map(",".join))


HOURS = st.one_of(st.sampled_from(["0", "1", "2", "3", "0-3", "*/2", "23"]), part(0, 23))
EXPRESSIONS = st.tuples(
    part(0, 59), HOURS, st.one_of(st.just("*"), part(1, 31)), st.one_of(st.just("*"), part(1, 12)), part(0, 7)
).map(" ".join)
DAILY = st.tuples(part(0, 59), HOURS).map(lambda two: f"{two[0]} {two[1]} * * *")


@settings(max_examples=200, deadline=None)
@given(st.one_of(DAILY, EXPRESSIONS), st.sampled_from(NIGHTS), st.integers(0, 59))
def test_the_instants_are_those_at_which_the_clock_on_the_wall_shows_a_time_or_has_passed_it_over(
    expression: str, night: tuple[str, datetime], minute: int
) -> None:
    zone, day = night
    begin = day - timedelta(hours=12) + timedelta(minutes=minute)
    end = day + timedelta(days=1, hours=12)
    try:
        schedule = parse_schedule(expression, zone, "example")
    except ValueError as error:
        assert "never comes" in str(error) or "day-of-month" in str(error)
        assert not list(walk(Expression(expression), zone, begin, end))
        return

    assert until(schedule, begin, end) == list(walk(Expression(expression), zone, begin, end))


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(DAILY, EXPRESSIONS, st.sampled_from(["hourly", "daily", "weekly", "monthly", "every 3 days"])),
    st.sampled_from(sorted(ODD)),
    st.integers(946684800, 2114380800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
def test_each_instant_is_later_than_the_one_before_and_the_first_after_it(
    text: str, zone: str, begin: datetime
) -> None:
    try:
        schedule = parse_schedule(text, zone, "example")
    except ValueError:
        return
    instants = list(islice(schedule.instants(begin), 12))

    assert all(earlier < later for earlier, later in pairwise([begin, *instants]))
    assert instants == [schedule.after(before) for before in [begin, *instants[:-1]]]
    # nothing lies between
    between = begin + (instants[0] - begin) / 2
    assert between == begin or schedule.after(between) == instants[0]


def until(schedule: Schedule, begin: datetime, end: datetime) -> list[datetime]:
    found = []
    for instant in schedule.instants(begin):
        if instant > end:
            break
        found.append(instant)
    return found


@pytest.mark.parametrize(
    ("expression", "zone", "begin", "expected"),
    [
        # 02:30 is passed over: the clock goes from 02:00 to 03:00
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:30Z"]),
        # 02:30 comes twice: the first counts
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]),
        # several that are passed over are one, and one with 03:00 itself
        ("*/20 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00Z", ["2026-03-29T01:00Z", "2026-03-29T01:20Z"]),
        # half an hour only
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00Z", ["2026-10-03T15:30Z", "2026-10-04T15:15Z"]),
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00Z", ["2026-04-04T14:45Z", "2026-04-05T15:15Z"]),
        # a whole day that never was: 30 December 2011
        ("0 9 30 12 *", "Pacific/Apia", "2011-12-01T00:00Z", ["2011-12-30T10:00Z", "2012-12-29T19:00Z"]),
        # midnight is passed over
        ("0 0 * * *", "America/Santiago", "2026-09-05T12:00Z", ["2026-09-06T04:00Z", "2026-09-07T03:00Z"]),
        # every hour: an hour is an hour
        ("30 * * * *", "Europe/Berlin", "2026-10-24T23:45Z", ["2026-10-25T00:30Z", "2026-10-25T01:30Z"]),
        ("30 * * * *", "Europe/Berlin", "2026-03-29T00:15Z", ["2026-03-29T00:30Z", "2026-03-29T01:30Z"]),
    ],
)
def test_nights_in_which_a_clock_is_set(expression: str, zone: str, begin: str, expected: list[str]) -> None:
    schedule = parse_schedule(expression, zone, "example")

    found = list(islice(schedule.instants(datetime.fromisoformat(begin)), len(expected)))

    assert found == [datetime.fromisoformat(instant) for instant in expected]


@pytest.mark.parametrize(("word", "step"), [("hourly", 60), ("every 6 hours", 360), ("every 20 minutes", 20)])
def test_what_names_no_hour_of_the_day_comes_after_the_same_time_whatever_the_clock_does(word: str, step: int) -> None:
    schedule = parse_schedule(word, "Australia/Lord_Howe", "example")
    begin = datetime(2026, 1, 1, tzinfo=UTC)

    instants = until(schedule, begin, begin + timedelta(days=365))

    assert {later - earlier for earlier, later in pairwise(instants)} == {timedelta(minutes=step)}
    assert len(instants) == 365 * 24 * 60 // step


@pytest.mark.parametrize(("word", "days"), [("daily", 1), ("every 3 days", 3), ("weekly", 7), ("every 2 weeks", 14)])
def test_a_word_for_days_comes_once_on_each_of_them(word: str, days: int) -> None:
    zone = ZoneInfo("Europe/Kyiv")
    begin = datetime(2026, 1, 1, tzinfo=UTC)

    for name in map("site-{}".format, range(20)):
        instants = until(parse_schedule(word, "Europe/Kyiv", name), begin, begin + timedelta(days=728))
        on = [instant.astimezone(zone).date() for instant in instants]
        assert {(later - earlier).days for earlier, later in pairwise(on)} == {days}
        assert 728 // days - 1 <= len(on) <= 728 // days + 1


def test_monthly_comes_once_in_each_month() -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)

    for name in map("site-{}".format, range(20)):
        instants = until(parse_schedule("monthly", "UTC", name), begin, datetime(2028, 1, 1, tzinfo=UTC))
        assert Counter((instant.year, instant.month) for instant in instants) == {
            (year, month): 1 for year in (2026, 2027) for month in range(1, 13)
        }


def test_words_do_not_begin_all_sites_at_once_and_a_site_always_at_the_same_time() -> None:
    names = [f"site-{number}" for number in range(200)]
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    daily = Counter(parse_schedule("daily", "UTC", name).after(begin).hour for name in names)
    hourly = Counter(parse_schedule("hourly", "UTC", name).after(begin).minute for name in names)

    assert len(daily) == 24
    assert max(daily.values()) < 25
    assert max(hourly.values()) < 15
    # kept for ever: another release must not move everybody's runs
    assert parse_schedule("daily", "Europe/Vilnius", "example").words() == GOLDEN_DAILY
    assert parse_schedule("weekly", "UTC", "example").words() == GOLDEN_WEEKLY
    assert parse_schedule("hourly", "UTC", "example").words() == GOLDEN_HOURLY


GOLDEN_DAILY = "daily at 09:35, Europe/Vilnius"
GOLDEN_WEEKLY = "weekly on Tuesday at 09:35, UTC"
GOLDEN_HOURLY = "hourly, at minute 35"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dialy", "did you mean 'daily'?"),
        ("@daily", "did you mean 'daily'?"),
        ("every 0 hours", "expected a word"),
        ("every 400 days", "expected a span of up to 366 days"),
        ("every -1 hours", "expected a word"),
        ("", "expected a word"),
        ("15 3 * *", "found 4 fields"),
        ("0 15 3 * * *", "found 6 fields"),
        ("60 3 * * *", "its minute cannot be read"),
        ("0 24 * * *", "its hour cannot be read"),
        ("0 0 30 2 *", "its day-of-month cannot be read"),
        ("0 0 0 * *", "its day-of-month cannot be read"),
        ("0 0 * 13 *", "its month cannot be read"),
        ("0 0 * * 8", "its day-of-week cannot be read"),
        ("0 0 * * fri-mon", "its day-of-week cannot be read"),
        ("*/0 * * * *", "its minute cannot be read"),
        ("9" * 5000 + " * * * *", "characters"),
        ("tomorrow", "expected a word"),
    ],
)
def test_what_no_schedule_can_mean_is_refused_with_what_was_expected_and_found(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"^expected") as caught:
        parse_schedule(text, "UTC", "example")

    assert said in str(caught.value)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.text("0123456789*/-,#LW?@ abcdefMONSUN²٣", max_size=40),
        st.lists(st.text("0123456789*/-,#LWMONSU²٣", min_size=1, max_size=6), min_size=5, max_size=5).map(" ".join),
    )
)
def test_any_text_is_a_schedule_or_a_clear_refusal(text: str) -> None:
    try:
        schedule = parse_schedule(text, "Europe/Chisinau", "example")
    except ValueError as error:
        assert str(error).startswith("expected")
        return
    assert schedule.after(datetime(2026, 1, 1, tzinfo=UTC)) > datetime(2026, 1, 1, tzinfo=UTC)


def test_the_period_is_the_usual_time_between_two() -> None:
    assert parse_schedule("hourly", "UTC", "example").period == timedelta(hours=1)
    assert parse_schedule("15 3 * * *", "Europe/Kyiv", "example").period == timedelta(days=1)
    assert parse_schedule("0 0 * * mon", "UTC", "example").period == timedelta(days=7)
    assert parse_schedule("0 8,20 * * *", "UTC", "example").period == timedelta(hours=12)


def test_passed_counts_the_instants_between_two_moments() -> None:
    schedule = parse_schedule("0 3 * * *", "UTC", "example")
    at = datetime(2026, 1, 1, 3, tzinfo=UTC)

    assert schedule.passed(at, at + timedelta(days=21), 1000) == 21
    assert schedule.passed(at, at + timedelta(days=21), 5) == 5
    assert schedule.passed(at, at + timedelta(hours=23), 1000) == 0
