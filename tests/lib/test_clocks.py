"""Deadlines. Rows name the weekday, because the weekday is what goes wrong."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib import clocks
from tingda.lib.clocks import Limit, Pause, Step, due

CHINA = ZoneInfo("Asia/Shanghai")
# Lord Howe changes by half an hour, Santiago at midnight, Casablanca twice around Ramadan
_NAMES = ("Asia/Shanghai", "Asia/Urumqi", "Europe/London", "UTC", "Europe/Berlin")
_NAMES += ("Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca")
ZONES = st.sampled_from([ZoneInfo(name) for name in _NAMES])
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


# ---- standing still ----
MINUTES = st.integers(min_value=0, max_value=30 * 24 * 60)
PAUSES = st.lists(st.tuples(MINUTES, st.integers(min_value=0, max_value=9 * 24 * 60)), max_size=4)
LIMITS = st.builds(Limit, FEW, st.sampled_from(["hours", "days", "working_days"]))


def standing(start: datetime, pairs: list[tuple[int, int]]) -> list[Pause]:
    begins = [start + timedelta(minutes=after) for after, _long in pairs]
    lengths = [timedelta(minutes=long) for _after, long in pairs]
    return [Pause(begin, begin + length) for begin, length in zip(begins, lengths, strict=True)]


@pytest.mark.parametrize(
    ("limit", "pause", "expected"),
    [
        # Friday 12:40 + 48 h = Sunday 12:40; it stood still for a day
        (Limit(48, "hours"), ("2026-11-21 10:00", "2026-11-22 10:00"), "Mon 2026-11-23 12:40:00"),
        # begun before the start: only what lies after it
        (Limit(5, "hours"), ("2026-11-20 10:40", "2026-11-20 13:40"), "Fri 2026-11-20 18:40:00"),
        # begun when it was over
        (Limit(5, "hours"), ("2026-11-20 17:40", "2026-11-22 13:40"), "Fri 2026-11-20 17:40:00"),
        # ends of Tuesday and Wednesday: Monday, Thursday and Friday are left
        (
            Limit(3, "working_days"),
            ("2026-11-24 10:00", "2026-11-26 10:00"),
            "Fri 2026-11-27 23:59:59",
        ),
        # within one day: nothing
        (Limit(2, "days"), ("2026-11-21 10:00", "2026-11-21 23:00"), "Sun 2026-11-22 23:59:59"),
        # over the last day's end
        (Limit(2, "days"), ("2026-11-22 10:00", "2026-11-24 09:00"), "Tue 2026-11-24 23:59:59"),
    ],
)
def test_a_clock_stands_still_in_a_pause(limit, pause, expected):
    answer = due(
        limit, at("2026-11-20 12:40"), zone=CHINA, pauses=[Pause(at(pause[0]), at(pause[1]))]
    )
    assert answer.at.astimezone(CHINA).strftime("%a %Y-%m-%d %H:%M:%S") == expected


def test_the_days_of_a_pause_are_told():
    pause = Pause(at("2026-11-23 10:00"), at("2026-11-25 10:00"))
    answer = due(Limit(1, "working_days"), at("2026-11-22 09:00"), zone=CHINA, pauses=[pause])
    assert answer.steps == (
        Step(date(2026, 11, 22), False, "start"),
        Step(date(2026, 11, 23), False, "paused"),
        Step(date(2026, 11, 24), False, "paused"),
        Step(date(2026, 11, 25), True, "workday"),
    )


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2026, 11, 20), datetime(2026, 11, 21, tzinfo=UTC)),  # noqa: DTZ001 - refused
        (datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)),
    ],
)
def test_a_pause_that_cannot_be_is_refused(start, end):
    with pytest.raises(ValueError, match="pause"):
        Pause(start, end)


@given(LIMITS, MOMENTS, ZONES, PAUSES, DAYS, DAYS)
def test_pauses_never_make_a_deadline_earlier_nor_put_it_on_a_day_off(
    limit, start, zone, pairs, off, on
):
    own = {"zone": zone, "extra_off": off, "extra_on": on}
    plain = due(limit, start, **own)
    answer = due(limit, start, **own, pauses=standing(start, pairs))
    assert answer.at >= plain.at >= start
    last = answer.at.astimezone(zone).date()
    if limit.kind == "working_days":
        assert clocks.is_working_day(last, extra_off=off, extra_on=on)
        assert sum(step.counts for step in answer.steps) == limit.amount


@given(st.integers(1, 200), MOMENTS, ZONES, PAUSES)
def test_running_hours_run_exactly_so_long_outside_of_pauses(hours, start, zone, pairs):
    answer = due(Limit(hours, "hours"), start, zone=zone, pauses=standing(start, pairs))
    # counted minute by minute, which is slow and sure
    ran = [True] * int((answer.at - start).total_seconds() // 60)
    for after, long in pairs:
        for minute in range(after, min(after + long, len(ran))):
            ran[minute] = False
    assert sum(ran) == hours * 60


@given(LIMITS, MOMENTS, ZONES, PAUSES)
def test_the_order_of_pauses_and_pauses_cut_in_two_change_nothing(limit, start, zone, pairs):
    pauses = standing(start, pairs)
    halves = [Pause(one.start, one.start + (one.end - one.start) / 2) for one in pauses]
    rest = [Pause(half.end, one.end) for half, one in zip(halves, pauses, strict=True)]
    cut = due(limit, start, zone=zone, pauses=[*reversed(rest), *halves])
    assert cut.at == due(limit, start, zone=zone, pauses=pauses).at


@given(FEW, MOMENTS, ZONES, st.integers(1, 9))
def test_a_pause_of_whole_days_moves_a_limit_of_days_by_as_many(days, start, zone, still):
    first = datetime.combine(start.astimezone(zone).date(), datetime.min.time(), tzinfo=zone)
    begin = first + timedelta(days=1)
    pause = Pause(begin, begin + timedelta(days=still))
    moved = due(Limit(days, "days"), start, zone=zone, pauses=[pause])
    plain = due(Limit(days + still, "days"), start, zone=zone)
    assert moved.at == plain.at


# ---- days that have two of an hour, or lack one; 29 February ----
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("start", "limit", "expected"),
    [
        # 2:30 comes twice on 25 October 2026: hours run on through both
        ("2026-10-24T23:30:00+02:00", Limit(4, "hours"), "2026-10-25T02:30:00+01:00"),
        ("2026-10-25T02:30:00+02:00", Limit(1, "hours"), "2026-10-25T02:30:00+01:00"),
        # 2:30 does not come on 29 March
        ("2026-03-29T01:30:00+01:00", Limit(1, "hours"), "2026-03-29T03:30:00+02:00"),
        ("2026-03-28T12:00:00+01:00", Limit(1, "days"), "2026-03-29T23:59:59+02:00"),
        ("2026-10-24T12:00:00+02:00", Limit(1, "days"), "2026-10-25T23:59:59+01:00"),
        ("2026-10-24T12:00:00+02:00", Limit(48, "hours"), "2026-10-26T11:00:00+01:00"),
    ],
)
def test_hours_run_through_a_change_of_the_clock_and_days_end_at_their_midnight(
    start: str, limit: Limit, expected: str
) -> None:
    answer = due(limit, datetime.fromisoformat(start), zone=BERLIN)
    assert answer.at.astimezone(BERLIN).isoformat() == expected


def test_of_the_same_hour_twice_each_has_a_deadline_of_its_own() -> None:
    twice = [datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=fold) for fold in (0, 1)]
    found = [due(Limit(5, "hours"), one, zone=BERLIN).at for one in twice]
    assert found[1] - found[0] == timedelta(hours=1)


@pytest.mark.parametrize(
    ("start", "limit", "expected"),
    [
        ("2028-02-28 09:00", Limit(1, "days"), "Tue 2028-02-29 23:59:59"),
        ("2028-02-29 09:00", Limit(1, "days"), "Wed 2028-03-01 23:59:59"),
        ("2028-02-29 09:00", Limit(366, "days"), "Thu 2029-03-01 23:59:59"),
        ("2027-02-28 09:00", Limit(1, "days"), "Mon 2027-03-01 23:59:59"),
        ("2024-02-28 09:00", Limit(1, "working_days"), "Thu 2024-02-29 23:59:59"),
        ("2024-02-29 09:00", Limit(48, "hours"), "Sat 2024-03-02 09:00:00"),
    ],
)
def test_a_leap_day_is_a_day_like_others(start: str, limit: Limit, expected: str) -> None:
    assert last_day(limit, at(start)) == expected
