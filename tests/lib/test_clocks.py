"""Deadlines. Rows name the weekday, because the weekday is what goes wrong."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib import clocks
from tingda.lib.clocks import Limit, Step, due

CHINA = ZoneInfo("Asia/Shanghai")
ZONES = st.sampled_from(
    [ZoneInfo(name) for name in ("Asia/Shanghai", "Asia/Urumqi", "Europe/London", "UTC")]
)
MOMENTS = st.integers(min_value=0, max_value=17 * 365 * 24 * 60).map(
    lambda minutes: datetime(2015, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
FEW = st.integers(min_value=1, max_value=40)
DAYS = st.frozensets(st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 12, 31)), max_size=9)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def last_day(limit: Limit, start: datetime) -> str:
    return due(limit, start, zone=CHINA).at.astimezone(CHINA).strftime("%a %Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("start", "amount", "expected"),
    [
        ("2026-11-20 12:40", 5, "Fri 2026-11-27 23:59:59"),  # an ordinary Friday
        ("2026-11-21 12:40", 1, "Mon 2026-11-23 23:59:59"),  # an ordinary Saturday
        ("2026-01-01 09:00", 1, "Sun 2026-01-04 23:59:59"),  # New Year: Sunday 4 is worked
        ("2026-01-02 09:00", 2, "Mon 2026-01-05 23:59:59"),
        ("2026-02-13 17:00", 1, "Sat 2026-02-14 23:59:59"),  # Saturday before Spring Festival
        ("2026-02-14 17:00", 1, "Tue 2026-02-24 23:59:59"),  # the whole festival lies between
        ("2026-02-14 17:00", 5, "Sat 2026-02-28 23:59:59"),  # ending on a make-up Saturday
        ("2026-04-03 10:00", 1, "Tue 2026-04-07 23:59:59"),  # Tomb-Sweeping on a Sunday
        ("2026-04-30 10:00", 1, "Wed 2026-05-06 23:59:59"),  # Labour Day
        ("2026-04-30 10:00", 4, "Sat 2026-05-09 23:59:59"),
        ("2026-06-18 10:00", 1, "Mon 2026-06-22 23:59:59"),  # Dragon Boat on a Friday
        ("2026-09-18 10:00", 1, "Sun 2026-09-20 23:59:59"),  # Sunday before National Day
        ("2026-09-24 10:00", 1, "Mon 2026-09-28 23:59:59"),  # Mid-Autumn on a Friday
        ("2026-09-30 18:00", 1, "Thu 2026-10-08 23:59:59"),  # National Day
        ("2026-09-30 18:00", 3, "Sat 2026-10-10 23:59:59"),  # ending on a make-up Saturday
        ("2018-12-28 09:00", 1, "Sat 2018-12-29 23:59:59"),  # moved by the next year's notice
        ("2018-12-29 09:00", 1, "Wed 2019-01-02 23:59:59"),
    ],
)
def test_working_days_end_on_the_day_the_calendar_says(start, amount, expected):
    assert last_day(Limit(amount, "working_days"), at(start)) == expected


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (Limit(48, "hours"), "Sun 2026-11-22 12:40:00"),
        (Limit(5, "hours"), "Fri 2026-11-20 17:40:00"),
        (Limit(14, "days"), "Fri 2026-12-04 23:59:59"),
        (Limit(1, "days"), "Sat 2026-11-21 23:59:59"),
    ],
)
def test_hours_run_on_and_calendar_days_end_at_midnight(limit, expected):
    assert last_day(limit, at("2026-11-20 12:40")) == expected


def test_every_day_on_the_way_says_why_it_counts_or_not():
    answer = due(Limit(3, "working_days"), at("2026-09-30 18:00"), zone=CHINA)
    assert answer.steps == (
        Step(date(2026, 9, 30), False, "start"),
        Step(date(2026, 10, 1), False, "holiday"),
        Step(date(2026, 10, 2), False, "holiday"),
        Step(date(2026, 10, 3), False, "holiday"),
        Step(date(2026, 10, 4), False, "weekend"),
        Step(date(2026, 10, 5), False, "holiday"),
        Step(date(2026, 10, 6), False, "holiday"),
        Step(date(2026, 10, 7), False, "holiday"),
        Step(date(2026, 10, 8), True, "workday"),
        Step(date(2026, 10, 9), True, "workday"),
        Step(date(2026, 10, 10), True, "makeup"),
    )
    assert answer.calendar_known


def test_hours_and_days_show_their_steps_too():
    start = at("2026-11-20 12:40")
    assert due(Limit(24, "hours"), start, zone=CHINA).steps == (
        Step(date(2026, 11, 20), False, "start"),
        Step(date(2026, 11, 21), True, "hours"),
    )
    assert due(Limit(2, "days"), start, zone=CHINA).steps == (
        Step(date(2026, 11, 20), False, "start"),
        Step(date(2026, 11, 21), True, "day"),
        Step(date(2026, 11, 22), True, "day"),
    )


def test_the_institutions_own_days_override_the_calendar():
    answer = due(
        Limit(2, "working_days"),
        at("2026-11-20 12:40"),
        zone=CHINA,
        extra_off=frozenset({date(2026, 11, 22), date(2026, 11, 23)}),
        extra_on=frozenset({date(2026, 11, 22)}),
    )
    assert answer.steps[1:] == (
        Step(date(2026, 11, 21), False, "weekend"),
        Step(date(2026, 11, 22), True, "office_on"),  # in both lists: worked
        Step(date(2026, 11, 23), False, "office_off"),
        Step(date(2026, 11, 24), True, "workday"),
    )


def test_a_year_without_a_published_calendar_is_counted_and_said():
    year = clocks.CALENDAR_KNOWN_UNTIL.year + 1
    start = datetime(year, 3, 2, 9, tzinfo=CHINA)
    answer = due(Limit(1, "working_days"), start, zone=CHINA)
    assert not answer.calendar_known
    assert [step.why for step in answer.steps if step.counts] == ["unknown_calendar"]
    assert clocks.day_kind(date(year, 10, 1)) == "holiday"
    assert not clocks.is_working_day(date(year, 10, 1))


def test_the_last_days_of_a_known_year_may_still_be_moved():
    year = clocks.CALENDAR_KNOWN_UNTIL.year
    assert [clocks.calendar_known(date(year, 12, day)) for day in (25, 26)] == [True, False]


@pytest.mark.parametrize(
    ("day", "kind", "name"),
    [
        (date(2026, 2, 14), "makeup", ""),  # Saturday
        (date(2026, 2, 16), "holiday", "农历除夕"),  # Monday
        (date(2026, 2, 21), "weekend", ""),  # Saturday
        (date(2026, 10, 1), "holiday", "国庆节"),  # Thursday
        (date(2026, 10, 3), "holiday", "国庆节"),  # Saturday
        (date(2026, 10, 7), "holiday", "休息日（由 2026-10-10 调休）"),  # Wednesday
        (date(2026, 11, 20), "workday", ""),  # Friday
    ],
)
def test_a_day_has_a_kind_and_perhaps_a_name(day, kind, name):
    assert (clocks.day_kind(day), clocks.name_of_holiday(day)) == (kind, name)


def test_a_holiday_has_an_english_name():
    assert clocks.name_of_holiday(date(2026, 10, 1), language="en_US") == "National Day"


def test_the_deadlines_last_second_is_on_time():
    due_at = due(Limit(1, "days"), at("2026-11-20 12:40"), zone=CHINA).at
    assert due_at == datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)
    second = timedelta(seconds=1)
    assert clocks.late_by(due_at, due_at) == timedelta(0)
    assert clocks.late_by(due_at, due_at + second) == second
    assert clocks.remaining(due_at, due_at - second) == second
    assert clocks.remaining(due_at, due_at + second) == timedelta(0)


@pytest.mark.parametrize(
    ("amount", "kind"), [(0, "days"), (-1, "hours"), (3661, "working_days"), (1, "weeks")]
)
def test_a_limit_out_of_range_is_refused(amount, kind):
    with pytest.raises(ValueError, match="limit"):
        Limit(amount, kind)


def test_a_start_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="aware"):
        due(Limit(1, "days"), at("2026-11-20").replace(tzinfo=None), zone=CHINA)


def test_a_deadline_in_another_century_still_has_an_answer():
    for year in (1900, 2041, 2150):
        start = datetime(year, 6, 1, 12, tzinfo=CHINA)
        assert due(Limit(5, "working_days"), start, zone=CHINA).at > start


@given(start=MOMENTS, amount=FEW, zone=ZONES, off=DAYS, on=DAYS)
def test_a_working_day_deadline_is_always_a_working_day(start, amount, zone, off, on):
    begun = start.replace(tzinfo=zone)
    limit = Limit(amount, "working_days")
    answer = due(limit, begun, zone=zone, extra_off=off, extra_on=on)
    day = answer.at.astimezone(zone).date()
    assert clocks.is_working_day(day, extra_off=off, extra_on=on)
    assert sum(step.counts for step in answer.steps) == amount
    assert answer.steps[-1].day == day


@given(start=MOMENTS, amount=FEW, zone=ZONES, kind=st.sampled_from(("days", "working_days")))
def test_one_more_day_is_never_earlier_and_never_before_the_start(start, amount, zone, kind):
    begun = start.replace(tzinfo=zone)
    sooner = due(Limit(amount, kind), begun, zone=zone)
    later = due(Limit(amount + 1, kind), begun, zone=zone)
    assert begun < sooner.at < later.at
    assert later.steps[: len(sooner.steps)] == sooner.steps


@given(start=MOMENTS, amount=FEW, zone=ZONES, kind=st.sampled_from(("days", "working_days")))
def test_the_same_wall_clock_gives_the_same_wall_clock_in_every_zone(start, amount, zone, kind):
    here = due(Limit(amount, kind), start.replace(tzinfo=CHINA), zone=CHINA)
    there = due(Limit(amount, kind), start.replace(tzinfo=zone), zone=zone)
    assert here.steps == there.steps
    assert here.at.astimezone(CHINA).replace(tzinfo=None) == there.at.astimezone(zone).replace(
        tzinfo=None
    )


@given(start=MOMENTS, first=FEW, second=FEW, zone=ZONES)
def test_hours_add_up(start, first, second, zone):
    begun = start.replace(tzinfo=zone)
    halfway = due(Limit(first, "hours"), begun, zone=zone).at
    at_once = due(Limit(first + second, "hours"), begun, zone=zone).at
    assert due(Limit(second, "hours"), halfway, zone=zone).at == at_once
    assert at_once - begun.astimezone(UTC) == timedelta(hours=first + second)
