"""Who watches when: shifts of a rotation, gaps, swaps, plans that fit. And is the machine awake.

Moments are aware, days are days of the office's own zone. A team is a place in the rotation.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Literal
from zoneinfo import ZoneInfo

from tingda.lib.clocks import calendar_known, day_kind, is_working_day
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

SILENT_AFTER = timedelta(minutes=2)
DAY = (time(8, 0), time(17, 30))
AHEAD = timedelta(days=28)  # shifts stand in the roster so long before
WARNED = timedelta(days=7)  # a gap is seen so long before
NEXT_SHIFT = timedelta(hours=12)  # whoever begins within so long may take over
LONGEST_PERIOD = timedelta(days=400)
MOST_TEAMS, MOST_KINDS, MOST_STEPS = 60, 8, 60
CLOSEST, SELDOMEST = 2, 24 * 60  # minutes between two looks in a key period

Rotation = Literal["shift", "day", "week"]
ROTATIONS: dict[str, str] = {
    "shift": _("逐班轮换：每个班轮到下一组，工作日和休息日分开轮"),
    "day": _("逐日轮换：一组值一整天"),
    "week": _("逐周轮换：一组值一周的同一个班"),
}
SWAPS: dict[str, str] = {
    "asked": _("等对方答复"),
    "agreed": _("已换"),
    "declined": _("对方没有同意"),
    "withdrawn": _("已收回"),
    "overtaken": _("这个班已经另有安排"),
}
LOGS: dict[str, str] = {
    "open": _("在记"),
    "signed": _("已交班，等接班"),
    "taken": _("已接班"),
}
COLOURS: dict[str, str] = {
    "red": _("红色"),
    "orange": _("橙色"),
    "yellow": _("黄色"),
    "blue": _("蓝色"),
}

_NUMBERED = re.compile(r"^\(?（?\d{1,3}[.、．)）]\s*(?=\D)")

# How often a team is rather passed over than made to work two shifts without a rest between.
_WITHOUT_REST = 6


def shift_at(local: datetime) -> tuple[str, str]:
    """The shift that is on at a local time where no roster says otherwise: name and hours."""
    if DAY[0] <= local.time() < DAY[1]:
        return _("白班"), "08:00–17:30"
    return _("夜班"), "17:30–08:00"


def is_silent(seen: datetime | None, now: datetime) -> bool:
    """Whether the worker has not been seen for too long (or never)."""
    return seen is None or now - seen > SILENT_AFTER


# ---- the rotation ----
@dataclass(frozen=True, slots=True)
class Hours:
    """One shift of a day: its hours (an end that is not after the start is on the next day), how
    many people it needs, and on which days it is.
    """

    name: str
    starts: time
    ends: time
    needs: int = 1
    workdays: bool = True
    weekends: bool = True
    holidays: bool = True


@dataclass(frozen=True, slots=True)
class Days:
    """The office's own days, which override the calendar."""

    off: frozenset[date] = frozenset()
    on: frozenset[date] = frozenset()

    @classmethod
    def of(cls, works: Mapping[date, bool]) -> "Days":
        """From a day to whether the office works on it."""
        return cls(*(frozenset(d for d, on in works.items() if on is one) for one in (False, True)))

    def sort_of(self, day: date) -> Literal["workday", "weekend", "holiday"]:
        """What a day is for a roster: make-up days are workdays, the office's own days off are
        holidays.
        """
        if is_working_day(day, extra_off=self.off, extra_on=self.on):
            return "workday"
        return "holiday" if day in self.off or day_kind(day) == "holiday" else "weekend"


@dataclass(frozen=True, slots=True)
class Slot:
    """One shift as it is planned. `team` is the place in the rotation, None without teams."""

    name: str
    day: date
    starts_at: datetime
    ends_at: datetime
    needs: int
    team: int | None


@dataclass(frozen=True)
class Pattern:
    """A roster as its rules are: from which day it counts, how it turns, how many teams."""

    begins: date
    rotation: str
    hours: Sequence[Hours]
    teams: int


def moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A wall-clock time as a moment (UTC). One that the clock jumps over is as long after the
    jump; of two, it is the first: neighbouring shifts always meet.
    """
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def slots(pattern: Pattern, until: date, days: Days, zone: ZoneInfo) -> list[Slot]:
    """Every shift that begins from `pattern.begins` up to and with `until`, with its team.

    The team that had the fewest shifts of this sort (same hours; workdays and days off apart)
    is next; one that would have no rest between two shifts is passed over a few times (a week is
    too long for that), one that is on at the same time as long as there is another.
    """
    turns = _Turns(pattern.teams)
    found = []
    blocks = _blocks(pattern, until, days, zone)
    for sort, block in sorted(blocks, key=lambda one: (one[1][0].starts_at, one[0])):
        team = turns.next(sort, block)
        found += [
            Slot(one.name, one.day, one.starts_at, one.ends_at, one.needs, team) for one in block
        ]
    return sorted(found, key=lambda one: (one.starts_at, one.ends_at, one.name))


_Sort = tuple[str, ...]


def _blocks(
    pattern: Pattern, until: date, days: Days, zone: ZoneInfo
) -> Iterator[tuple[_Sort, list[Slot]]]:
    """What one team does as a whole, and what sort of work that is."""
    every = [(day, days.sort_of(day)) for day in _days(pattern.begins, until)]
    planned = [
        (one, sort)
        for day, sort in every
        for hours in pattern.hours
        if getattr(hours, f"{sort}s")
        for one in _one(hours, day, zone)
    ]
    if pattern.rotation == "day":
        for _day, group in groupby(planned, key=lambda pair: pair[0].day):
            some = list(group)
            yield ("day", _rest(some[0][1])), [one for one, _sort in some]
    elif pattern.rotation == "week":
        weeks: dict[tuple[date, str], list[Slot]] = defaultdict(list)
        for one, _sort in planned:
            weeks[one.day - timedelta(days=one.day.weekday()), one.name].append(one)
        for (_monday, name), some_slots in weeks.items():
            yield ("week", name), some_slots
    else:
        for one, sort in planned:
            yield ("shift", one.name, _rest(sort)), [one]


def _rest(sort: str) -> str:
    return "work" if sort == "workday" else "rest"


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _one(hours: Hours, day: date, zone: ZoneInfo) -> Iterator[Slot]:
    next_day = day + timedelta(days=1) if hours.ends <= hours.starts else day
    start, end = moment(day, hours.starts, zone), moment(next_day, hours.ends, zone)
    if start < end:  # hours that the clock jumps over are not there on that day
        yield Slot(hours.name, day, start, end, hours.needs, None)


class _Turns:
    """Whose turn it is."""

    def __init__(self, teams: int) -> None:
        self._teams = range(teams)
        self._had: Counter[tuple[_Sort, int]] = Counter()
        self._all: Counter[int] = Counter()
        self._last: dict[int, datetime] = {}

    def next(self, sort: _Sort, block: Sequence[Slot]) -> int | None:
        """The team for a block, which counts as done; None where there is no team."""
        if not self._teams:
            return None
        start = block[0].starts_at
        never = datetime.min.replace(tzinfo=UTC)

        def order(team: int) -> tuple[bool, int, int, datetime, int]:
            last = self._last.get(team, never)
            tired = _WITHOUT_REST if last == start and sort[0] != "week" else 0
            return (last > start, self._had[sort, team] + tired, self._all[team], last, team)

        team = min(self._teams, key=order)
        self._had[sort, team] += 1
        self._all[team] += 1
        self._last[team] = max(one.ends_at for one in block)
        return team


def unknown_days(first: date, last: date, days: Days) -> list[date]:
    """Days in between that are workdays or weekends only as far as anybody knows: the calendar
    of their year is not published yet, and the office did not say.
    """
    own = days.off | days.on
    return [day for day in _days(first, last) if not calendar_known(day) and day not in own]


# ---- gaps ----
@dataclass(frozen=True, slots=True)
class Cover:
    """A shift with the people who are on it and may be."""

    starts_at: datetime
    ends_at: datetime
    needs: int
    present: int
    name: str = ""
    shift: int | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nobody watches, or fewer than should. `missing` people; `shift` is None
    where no shift is planned at all.
    """

    starts_at: datetime
    ends_at: datetime
    missing: int
    name: str = ""
    shift: int | None = None


def gaps(watches: Iterable[Cover], start: datetime, end: datetime, *, all_day: bool) -> list[Gap]:
    """What is not watched from `start` to `end`, in order. With `all_day` the times without any
    shift are gaps, too.
    """
    near = [one for one in watches if one.starts_at < end and one.ends_at > start]
    found = [
        Gap(one.starts_at, one.ends_at, one.needs - one.present, one.name, one.shift)
        for one in near
        if one.present < one.needs
    ]
    if all_day:
        at = start
        for one in sorted(near, key=lambda one: one.starts_at):
            if one.starts_at > at:
                found.append(Gap(at, one.starts_at, 1))
            at = max(at, one.ends_at)
        if at < end:
            found.append(Gap(at, end, 1))
    return sorted(found, key=lambda gap: (gap.starts_at, gap.ends_at, gap.name))


# ---- swaps ----
@dataclass(frozen=True, slots=True)
class Post:
    """One person on one shift."""

    shift: int
    person: int
    starts_at: datetime
    ends_at: datetime


def exchanged(mine: Post, theirs: Post | None, to: int) -> list[Post]:
    """The posts after a swap: as many as before. Without `theirs` the other only takes over."""
    after = [Post(mine.shift, to, mine.starts_at, mine.ends_at)]
    if theirs:
        after.append(Post(theirs.shift, mine.person, theirs.starts_at, theirs.ends_at))
    return after


def check_swap(
    mine: Post, theirs: Post | None, to: int, others: Collection[Post], now: datetime
) -> None:
    """Refuse what cannot be swapped. `others` are the posts of both that stay as they are."""
    if to == mine.person:
        raise Refused(_("不能和自己换班"))
    if theirs and theirs.person != to:
        raise Refused(_("这个班已经不是对方的了"))
    if theirs and theirs.shift == mine.shift:
        raise Refused(_("两人本来就在同一个班"))
    for post in (mine, theirs):
        if post and post.starts_at <= now:
            raise Refused(_("这个班已经开始，不能再换"))
    for post in exchanged(mine, theirs, to):
        clash(post, others)


def clash(post: Post, others: Iterable[Post]) -> None:
    """Refuse to put a person on two shifts at the same time."""
    for other in others:
        same = other.person == post.person
        if same and other.starts_at < post.ends_at and post.starts_at < other.ends_at:
            raise Refused(_("那段时间已经另有一个班，一个人不能同时值两个班"))


# ---- key periods, plans ----
def check_period(starts_at: datetime, ends_at: datetime, minutes: int | None) -> None:
    """Refuse a key period that nobody can mean."""
    if ends_at <= starts_at:
        raise Refused(_("结束要在开始之后"))
    if ends_at - starts_at > LONGEST_PERIOD:
        raise Refused(_("重要时段最长 %(days)s 天"), days=LONGEST_PERIOD.days)
    if minutes is not None and not CLOSEST <= minutes <= SELDOMEST:
        raise Refused(
            _("间隔请在 %(least)s 分钟到 %(most)s 分钟之间"), least=CLOSEST, most=SELDOMEST
        )


def check_hours(hours: Sequence[Hours]) -> None:
    """Refuse shifts that cannot stand in one roster."""
    if not hours:
        raise Refused(_("至少要有一个班次"))
    if len(hours) > MOST_KINDS:
        raise Refused(_("班次最多 %(most)s 种"), most=MOST_KINDS)
    twice = [name for name, count in Counter(one.name for one in hours).items() if count > 1]
    if twice:
        raise Refused(_("有两个班次都叫“%(name)s”，请改一个名称"), name=twice[0])
    for one in hours:
        if not (one.workdays or one.weekends or one.holidays):
            raise Refused(_("班次“%(name)s”没有选哪些日子值"), name=one.name)


@dataclass(frozen=True)
class Conditions:
    """When a plan is suggested: at these colours, and about these topics (none: about any)."""

    plan: int
    colours: Collection[str] = ()
    topics: Collection[str] = field(default_factory=tuple)


def fitting(plans: Iterable[Conditions], colour: str, topic: str) -> list[int]:
    """The plans that an alert calls for, those made for its topic first."""
    fits = [
        (not one.topics, number, one.plan)
        for number, one in enumerate(plans)
        if colour in one.colours and (not one.topics or topic in one.topics)
    ]
    return [plan for _general, _number, plan in sorted(fits)]


def written_lines(text: str) -> list[str]:
    """The lines of what somebody wrote, without empty ones and without their own numbers."""
    lines = (_NUMBERED.sub("", line.strip()).strip() for line in text.splitlines())
    return [line[:300] for line in lines if line]


def telephones(text: str) -> list[dict[str, str]]:
    """ "name: number" a line each; the number is what follows the last colon or space."""
    found = []
    for line in text.splitlines():
        plain = line.replace("：", ":").strip()
        if not plain:
            continue
        mark = ":" if ":" in plain else " "
        name, _mark, number = plain.rpartition(mark)
        if not name or not any(sign.isdigit() for sign in number):
            raise Refused(
                _("电话表的这一行看不懂：%(line)s。请写成“名称：号码”"), line=line.strip()
            )
        found.append({"name": name.strip()[:100], "number": number.strip()[:40]})
    return found


def ticked(ticks: Iterable[tuple[int, bool]], steps: int) -> Mapping[int, bool]:
    """Which steps are done: the last line about each says so. `ticks` oldest first."""
    done = dict.fromkeys(range(steps), False)
    done |= {step: value for step, value in ticks if 0 <= step < steps}
    return done
