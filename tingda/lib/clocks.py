"""Deadlines: running hours, calendar days, and working days with China's make-up days (调休).

Every function takes its moments as arguments and returns how a deadline was counted, day by
day, so that a page can show it. Codes are returned, never sentences.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import count
from typing import Literal
from zoneinfo import ZoneInfo

from holidays import country_holidays
from holidays.countries.china import ChinaStaticHolidays

LimitKind = Literal["hours", "days", "working_days"]
DayKind = Literal["workday", "weekend", "holiday", "makeup"]
Why = Literal[
    "start",  # the day it began; it never counts
    "hours",  # the day on which running hours end
    "day",  # a calendar day
    "workday",
    "weekend",
    "holiday",
    "makeup",  # a weekend day that is worked (调休)
    "office_off",  # closed by the institution itself
    "office_on",  # opened by the institution itself
    "unknown_calendar",  # counted as a workday, but the year's calendar is not out yet
    "paused",  # the clock stood still (running hours: it stood still from this day on)
]

LONGEST_DAYS = 3660
_LONGEST: dict[LimitKind, int] = {
    "hours": LONGEST_DAYS * 24,
    "days": LONGEST_DAYS,
    "working_days": LONGEST_DAYS,
}
_END_OF_DAY = time(23, 59, 59)

# The package lists the days that the State Council's yearly notice moved; a year without an
# entry has no notice yet. That notice may also move the last days of the year before it (for
# 2019 it made 2018-12-29 a working Saturday and 12-31 a day off), so those days are not sure.
_LAST_NOTICE = max(ChinaStaticHolidays.special_public_holidays)
CALENDAR_KNOWN_UNTIL = date(_LAST_NOTICE, 12, 25)


@dataclass(frozen=True, slots=True)
class Limit:
    """How long somebody has. `amount` is at least 1; ten years are the longest.

    Raises ValueError for an amount or a kind outside that.
    """

    amount: int
    kind: LimitKind

    def __post_init__(self) -> None:
        if self.kind not in _LONGEST:
            raise ValueError(f"unknown kind of limit: {self.kind}")
        if not 1 <= self.amount <= _LONGEST[self.kind]:
            raise ValueError(f"a limit of {self.amount} {self.kind} is out of range")


@dataclass(frozen=True, slots=True)
class Pause:
    """While a clock stands still: from `start` to before `end` (aware).

    Raises ValueError for naive moments and for an end before the start.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.utcoffset() is None or self.end.utcoffset() is None:
            raise ValueError("a pause needs aware moments")
        if self.end < self.start:
            raise ValueError("a pause cannot end before it begins")


@dataclass(frozen=True, slots=True)
class Step:
    """One day on the way to a deadline; `day` is a day of the institution's own zone."""

    day: date
    counts: bool
    why: Why


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline: the last moment that is still on time (UTC), and the days that led there."""

    at: datetime
    steps: tuple[Step, ...]

    @property
    def calendar_known(self) -> bool:
        """False where a day was counted by a calendar that is not published yet."""
        return all(step.why != "unknown_calendar" for step in self.steps)


def due(
    limit: Limit,
    start: datetime,
    *,
    zone: ZoneInfo,
    extra_off: frozenset[date] = frozenset(),
    extra_on: frozenset[date] = frozenset(),
    pauses: Sequence[Pause] = (),
) -> Due:
    """When `limit` ends for something that began at `start` (aware).

    Hours run on, day and night. Days and working days end at 23:59:59 of the last one in
    `zone`; the day after the start is day one. A day in both `extra_off` and `extra_on` is
    worked: the earlier deadline is the safer promise. In a `pause` hours do not run, and a day at
    whose end the clock stands still does not count; pauses may overlap, and one that begins when
    the limit is over changes nothing. Raises ValueError for a naive `start`.
    """
    if start.utcoffset() is None:
        raise ValueError("start must be an aware datetime")
    first = Step(start.astimezone(zone).date(), False, "start")
    still = _merged(pauses)
    if limit.kind == "hours":
        return _running(first, start.astimezone(UTC), timedelta(hours=limit.amount), still, zone)
    steps: list[Step] = []
    left = limit.amount
    for day in _days_after(first.day):
        step = _judge(day, extra_off, extra_on) if limit.kind != "days" else Step(day, True, "day")
        if any(pause.start <= _end_of(day, zone) < pause.end for pause in still):
            step = Step(day, False, "paused")
        steps.append(step)
        left -= step.counts
        if not left:
            break
    return Due(_end_of(steps[-1].day, zone), (first, *steps))


def day_kind(day: date) -> DayKind:
    """What China's calendar says of this day; by weekday and fixed festivals where it is not
    published yet (see `calendar_known`)."""
    off, on = _moved_days(day.year)
    if day in on:
        return "makeup"
    if day in off:
        return "holiday"
    return "weekend" if day.weekday() >= 5 else "workday"


def calendar_known(day: date) -> bool:
    """Whether the calendar of working days that this day stands in has been published."""
    return day <= CALENDAR_KNOWN_UNTIL


def unpublished(days: Iterable[date]) -> list[int]:
    """The years whose list of holidays has to come out before these days are sure."""
    return sorted(
        {max(day.year, CALENDAR_KNOWN_UNTIL.year + 1) for day in days if not calendar_known(day)}
    )


def is_working_day(
    day: date,
    *,
    extra_off: frozenset[date] = frozenset(),
    extra_on: frozenset[date] = frozenset(),
) -> bool:
    """Whether the institution works on this day; its own days override the calendar."""
    return _judge(day, extra_off, extra_on).counts


def name_of_holiday(day: date, *, language: str = "zh_CN") -> str:
    """The holiday's name, such as 国庆节 or 休息日（由 2026-10-10 调休）; "" on any other day.

    `language` is one the holidays package knows: zh_CN, zh_TW, en_US.
    """
    return _names(day.year, language).get(day, "")


def remaining(due_at: datetime, now: datetime) -> timedelta:
    """Time left until `due_at`; zero when it has passed."""
    return max(due_at - now, timedelta(0))


def late_by(due_at: datetime, now: datetime) -> timedelta:
    """How long ago `due_at` passed; zero while there is time left."""
    return max(now - due_at, timedelta(0))


def _merged(pauses: Sequence[Pause]) -> list[Pause]:
    """The same times without overlap, in order, in UTC."""
    merged: list[Pause] = []
    for pause in sorted(pauses, key=lambda one: one.start):
        start, end = pause.start.astimezone(UTC), pause.end.astimezone(UTC)
        if merged and start <= merged[-1].end:
            merged[-1] = Pause(merged[-1].start, max(merged[-1].end, end))
        else:
            merged.append(Pause(start, end))
    return merged


def _running(
    first: Step, start: datetime, length: timedelta, pauses: Sequence[Pause], zone: ZoneInfo
) -> Due:
    at, steps = start + length, [first]
    for pause in pauses:
        begin = max(pause.start, start)
        if begin < min(at, pause.end):
            at += pause.end - begin
            steps.append(Step(begin.astimezone(zone).date(), False, "paused"))
    return Due(at, (*steps, Step(at.astimezone(zone).date(), True, "hours")))


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    # fold=1: on the day that has two of this moment, the deadline is the later one.
    return datetime.combine(day, _END_OF_DAY, tzinfo=zone).replace(fold=1).astimezone(UTC)


def _days_after(day: date) -> Iterator[date]:
    return (day + timedelta(days=number) for number in count(1))


def _judge(day: date, extra_off: frozenset[date], extra_on: frozenset[date]) -> Step:
    if day in extra_on:
        return Step(day, True, "office_on")
    if day in extra_off:
        return Step(day, False, "office_off")
    kind = day_kind(day)
    if kind == "workday" and not calendar_known(day):
        return Step(day, True, "unknown_calendar")
    return Step(day, kind in ("workday", "makeup"), kind)


@lru_cache(maxsize=64)
def _moved_days(year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Days of the year that are off by name, and weekend days that are worked.

    Read once into plain sets: the package's own object fills itself while it is being asked,
    which threads must not share. A neighbouring year's notice may move days of this one.
    """
    table = country_holidays("CN", years=(year - 1, year, year + 1), expand=False)
    off = frozenset(day for day in table if day.year == year)
    return off, frozenset(day for day in table.weekend_workdays if day.year == year)


@lru_cache(maxsize=64)
def _names(year: int, language: str) -> dict[date, str]:
    years = (year - 1, year, year + 1)
    return dict(country_holidays("CN", years=years, expand=False, language=language).items())
