"""Deadlines and steps counted anew, one second, minute or day after another.

What the product computes is compared with this, so nothing here may come from `lib/clocks.py`,
`lib/ladder.py` or the deadlines of `cases`. It is as slow as it is plain.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays

Stretch = tuple[datetime, datetime]  # from, and before
_MINUTE, _SECOND, _DAY = timedelta(minutes=1), timedelta(seconds=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Task:
    """How much of what (hours, days, working_days), since when, and when the clock stood still."""

    amount: int
    unit: str
    start: datetime
    still: tuple[Stretch, ...] = ()


@lru_cache(maxsize=1)
def _calendar() -> HolidayBase:
    return country_holidays("CN", years=range(2016, 2036))


@lru_cache(maxsize=100_000)
def end_of(task: Task, zone: str, days: tuple[tuple[date, bool], ...]) -> datetime:
    """The last moment that is in time. `days` are the office's own and whether it works then."""
    if task.unit == "hours":
        return _second_by_second(task)
    here, own = ZoneInfo(zone), dict(days)
    day, left = task.start.astimezone(here).date(), task.amount
    while left:
        day += _DAY
        counts = task.unit == "days" or works(day, own)
        if counts and not _stands_still(last_of(day, here), task.still):
            left -= 1
    return last_of(day, here)


def works(day: date, own: Mapping[date, bool]) -> bool:
    """By the office's own word, else by the calendar."""
    if day in own:
        return own[day]
    return bool(_calendar().is_working_day(day))


def last_of(day: date, zone: ZoneInfo) -> datetime:
    """The second before the next day begins."""
    begins = datetime(day.year, day.month, day.day, 12, tzinfo=zone).astimezone(UTC)
    while begins.astimezone(zone).date() == day:
        begins += timedelta(minutes=15)
    return begins - _SECOND


def _stands_still(at: datetime, still: Iterable[Stretch]) -> bool:
    return any(begin <= at < end for begin, end in still)


def _second_by_second(task: Task) -> datetime:
    """By minutes while a whole one runs or stands, else by seconds."""
    left, at = task.amount * 3600, task.start.astimezone(UTC)
    edges = [edge for stretch in task.still for edge in stretch]
    while left:
        whole = left >= 60 and not any(at < edge < at + _MINUTE for edge in edges)
        step = _MINUTE if whole else _SECOND
        if not _stands_still(at, task.still):
            left -= 60 if whole else 1
        at += step
    return at


# ---- steps around a limit ----
@dataclass(frozen=True, slots=True)
class Stair:
    """A step so many hours after the limit; `since` it is in the table."""

    code: str
    hours: int
    since: datetime | None = None


def stairs_due(
    stairs: Iterable[Stair], begun: datetime, limit: datetime, now: datetime
) -> Iterator[str]:
    """The steps whose time has come; one before the limit waits for half of the time, one that
    was put into the table later is not made up for."""
    half = begun + (limit - begun) / 2
    for stair in stairs:
        at = limit + timedelta(hours=stair.hours)
        if stair.hours < 0 and at < half:
            at = half
        if at <= now and (stair.since is None or at > stair.since):
            yield stair.code
