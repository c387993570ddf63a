"""Reads the ways in which Chinese offices, spreadsheets and feeds write a moment."""

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_tz
from typing import Literal

from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

Precision = Literal["second", "minute", "hour", "day", "month", "year"]

EARLIEST_YEAR = 1990
FUTURE_ALLOWED = timedelta(days=1)
LONGEST = 80


@dataclass(frozen=True, slots=True)
class When:
    """A moment, in the zone of the office, and how finely it was told (a day is its midnight)."""

    at: datetime
    precision: Precision


def parse_when(text: str, *, now: datetime, zone: tzinfo) -> When:
    """Read one date as people, spreadsheets and feeds write it.

    `now` (aware) is what 昨天 and 11月21日 are counted from; `zone` is used where the text names
    none. Refuses what is not a date, and years before 1990 or more than a day after `now`.
    """
    plain = _plain(text)
    here = now.astimezone(zone)
    if not plain or len(plain) > LONGEST:
        raise Refused(_("看不懂的时间：%(text)s"), text=text.strip()[:40])
    for form in _FORMS:
        try:
            when = form(plain, here)
        except (ValueError, OverflowError) as error:
            raise Refused(_("没有这个时间：%(text)s"), text=plain) from error
        if when is not None:
            return _plausible(when, here, plain)
    raise Refused(_("看不懂的时间：%(text)s"), text=plain)


def _plausible(when: When, here: datetime, text: str) -> When:
    if when.at.year < EARLIEST_YEAR:
        raise Refused(_("时间太早：%(text)s（早于 %(year)s 年）"), text=text, year=EARLIEST_YEAR)
    if when.at > here + FUTURE_ALLOWED:
        raise Refused(_("时间还没有到：%(text)s"), text=text)
    return When(when.at.astimezone(here.tzinfo), when.precision)


# --- writing forms are made one before they are read ---

_DIGITS = {d: i for i, d in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "○": 0}
_HAN_NUMBER = re.compile(
    r"[零〇○一二三四五六七八九十两]+(?=\s*(?:年|月|日|号|时|点|分|秒|小时|天|周|个))"
)
_SPACES = re.compile(r"[\s\u200b-\u200f\ufeff]+")


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text.replace("\ufeff", ""))
    folded = _SPACES.sub(" ", folded).strip(" ,，。;'\"")
    folded = _HAN_NUMBER.sub(lambda found: str(_han(found.group())), folded)
    return folded.removeprefix("北京时间").strip(" :")


def _han(run: str) -> int:
    if "十" not in run:
        return int("".join(str(_DIGITS[c]) for c in run))
    tens, _ten, ones = run.partition("十")
    return (_han(tens) if tens else 1) * 10 + (_han(ones) if ones else 0)


# --- time of day ---

_HALF = (
    r"(?P<half>凌晨|清晨|早晨|早上|上午|中午|下午|午后|傍晚|晚上|夜里|深夜|晚|早|[AaPp]\.?[Mm]\.?)"
)
_CLOCK = re.compile(
    rf"^(?:{_HALF})?\s*(?P<h>\d{{1,2}})\s*(?::|时|点钟?)\s*"
    r"(?:(?P<half_hour>半)|(?P<m>\d{1,2})\s*(?:分(?!钟)|:|$|(?=[\sA-Za-z+\-]))"
    r"\s*(?:(?P<s>\d{1,2})(?P<fraction>\.\d+)?\s*秒?)?)?"
    r"\s*(?P<half_after>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?P<zone>Z|UTC|GMT|CST|(?:UTC|GMT)?\s*[+-]\d{1,2}:?(?:\d{2})?)?"
    r"(?:\s*(?:CST|UTC|GMT|\([A-Z]+\)))?$"
)
_NOON_ON = ("中午", "下午", "午后", "傍晚", "晚上", "夜里", "深夜", "晚")
_NIGHT = ("晚上", "夜里", "深夜", "晚")


def _at(day: datetime, clock: str) -> When | None:
    """Put a time of day on midnight `day`; None where `clock` is no time of day."""
    clock = clock.strip()
    if not clock:
        return When(day, "day")
    found = _CLOCK.match(clock)
    if found is None:
        return None
    minute = 30 if found["half_hour"] else int(found["m"] or 0)
    second = int(found["s"] or 0)
    hour = _hour(int(found["h"]), found["half"] or found["half_after"] or "")
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and minute + second > 0):
        raise ValueError(clock)
    micro = int(float(found["fraction"] or 0) * 1_000_000)
    # Wall-clock arithmetic on purpose: 24:00 is the next midnight, 23:59:60 the next second.
    at = day + timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micro)
    if found["zone"]:
        at = at.replace(tzinfo=_zone(found["zone"], day.tzinfo))
    return When(at, _fineness(found))


def _fineness(found: re.Match[str]) -> Precision:
    if found["s"]:
        return "second"
    return "minute" if found["m"] or found["half_hour"] else "hour"


def _hour(hour: int, half: str) -> int:
    half = half.upper().replace(".", "")
    if hour == 12 and half in (*_NIGHT, "AM", "凌晨"):
        return 24 if half in _NIGHT else 0
    if hour < 12 and (half == "PM" or half in _NOON_ON):
        return hour if half == "中午" and hour > 9 else hour + 12
    return hour


def _zone(name: str, here: tzinfo | None) -> tzinfo | None:
    """CST is China's time in Chinese software, so it is read as the office's own zone."""
    if name == "CST":
        return here
    digits = re.sub(r"[^\d+-]", "", name)
    if not digits:
        return UTC
    sign = -1 if digits[0] == "-" else 1
    number = digits[1:]
    hours, minutes = (number[:-2], number[-2:]) if len(number) > 2 else (number, "0")
    return timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))


# --- the forms, tried in this order ---

_BARE = re.compile(r"^\d+(?:\.\d+)?$")
_EXCEL_START = datetime(1899, 12, 30, tzinfo=UTC)


def _bare_number(text: str, here: datetime) -> When | None:
    if not _BARE.match(text):
        return None
    whole, _dot, fraction = text.partition(".")
    if len(whole) in (10, 13):
        seconds = float(text) / (1000 if len(whole) == 13 else 1)
        return When(datetime.fromtimestamp(seconds, UTC).astimezone(here.tzinfo), "second")
    if len(whole) == 5:
        return _excel(float(text), here)
    if fraction:
        # 2026.11 is a month, 12.5 is nothing
        return None
    return _run_together(whole, here)


def _excel(serial: float, here: datetime) -> When:
    days = math.floor(serial)
    seconds = round((serial - days) * 86400)
    at = (_EXCEL_START + timedelta(days=days, seconds=seconds)).replace(tzinfo=here.tzinfo)
    return When(at, "second" if seconds else "day")


def _run_together(digits: str, here: datetime) -> When | None:
    """20261121, 202611210803, 20261121080305; also a year alone and year with month."""
    forms: dict[int, tuple[str, Precision]] = {
        4: ("%Y", "year"),
        6: ("%Y%m", "month"),
        8: ("%Y%m%d", "day"),
        12: ("%Y%m%d%H%M", "minute"),
        14: ("%Y%m%d%H%M%S", "second"),
    }
    if len(digits) not in forms:
        return None
    pattern, precision = forms[len(digits)]
    return When(datetime.strptime(digits, pattern).replace(tzinfo=here.tzinfo), precision)


_AGO = re.compile(
    r"^(?:大?约)?(?P<n>\d+|半)\s*个?\s*"
    r"(?P<unit>秒钟?|分钟?|小时|钟头|天|周|星期|seconds?|secs?|minutes?|mins?|hours?|days?|weeks?)\s*"
    r"(?P<half>半)?\s*(?:之?前|以前|ago)$",
    re.IGNORECASE,
)
_SPANS: dict[str, tuple[timedelta, Precision]] = {
    "秒": (timedelta(seconds=1), "second"),
    "s": (timedelta(seconds=1), "second"),
    "分": (timedelta(minutes=1), "minute"),
    "m": (timedelta(minutes=1), "minute"),
    "小": (timedelta(hours=1), "hour"),
    "钟": (timedelta(hours=1), "hour"),
    "h": (timedelta(hours=1), "hour"),
    "天": (timedelta(days=1), "day"),
    "d": (timedelta(days=1), "day"),
    "周": (timedelta(weeks=1), "day"),
    "星": (timedelta(weeks=1), "day"),
    "w": (timedelta(weeks=1), "day"),
}


def _ago(text: str, here: datetime) -> When | None:
    if text in ("刚刚", "刚才", "just now"):
        return When(here, "minute")
    found = _AGO.match(text)
    if found is None:
        return None
    span, precision = _SPANS[found["unit"][0].lower()]
    count = 0.5 if found["n"] == "半" else int(found["n"]) + (0.5 if found["half"] else 0)
    # Real elapsed time: through UTC, so that a clock change in between does not count.
    at = (here.astimezone(UTC) - span * count).astimezone(here.tzinfo)
    if precision == "day":
        at = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return When(at, precision)


_NEAR = re.compile(r"^(今天|今日|昨天|昨日|前天|大前天|today|yesterday)\s*(.*)$", re.IGNORECASE)
_NEAR_DAYS = {"今": 0, "t": 0, "昨": 1, "y": 1, "前": 2, "大": 3}


def _near_day(text: str, here: datetime) -> When | None:
    found = _NEAR.match(text)
    if found is None:
        return None
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    return _at(midnight - timedelta(days=_NEAR_DAYS[found[1][0].lower()]), found[2])


_WEEKDAY = r"(?:\s*[(（]?(?:星期|周)[一二三四五六日天][)）]?)?"
_FULL = re.compile(
    r"^(?P<y>\d{4})\s*(?P<sep>[-/.年])\s*(?P<mo>\d{1,2})"
    rf"(?:\s*(?:(?P=sep)|月)\s*(?P<d>\d{{1,2}})(?!\d)\s*[日号]?{_WEEKDAY}[\sT,]*(?P<rest>.*))?"
    r"\s*月?$"
)
_YEAR = re.compile(r"^(\d{4})\s*年$")


def _full_date(text: str, here: datetime) -> When | None:
    if year := _YEAR.match(text):
        return When(datetime(int(year[1]), 1, 1, tzinfo=here.tzinfo), "year")
    found = _FULL.match(text)
    if found is None:
        return None
    day = found["d"]
    at = datetime(int(found["y"]), int(found["mo"]), int(day or 1), tzinfo=here.tzinfo)
    return _at(at, found["rest"]) if day else When(at, "month")


_SHORT = re.compile(
    rf"^(?P<mo>\d{{1,2}})\s*(?:[-/]|月)\s*(?P<d>\d{{1,2}})\s*[日号]?{_WEEKDAY}"
    r"(?:\s+|$|(?=[^\d/.\-]))(?P<rest>.*)$"
)


def _no_year(text: str, here: datetime) -> When | None:
    """Somebody who leaves out the year speaks of the last such day, never of a coming one."""
    found = _SHORT.match(text)
    if found is None:
        return None
    for year in range(here.year, here.year - 9, -1):  # 29 February may be eight years back
        try:
            day = datetime(year, int(found["mo"]), int(found["d"]), tzinfo=here.tzinfo)
        except ValueError:
            continue
        when = _at(day, found["rest"])
        if when is None or when.at <= here:
            return when
    raise ValueError(text)


_ENGLISH = re.compile(
    r"^(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
    r"(?:(?P<d>\d{1,2})(?:st|nd|rd|th)?[\s-]+(?P<mo>[a-z]{3,9})\.?|"
    r"(?P<mo2>[a-z]{3,9})\.?\s+(?P<d2>\d{1,2})(?:st|nd|rd|th)?)"
    r",?[\s-]+(?P<y>\d{4})(?:,|\s|T|$)\s*(?:at\s+)?(?P<rest>.*)$",
    re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _english(text: str, here: datetime) -> When | None:
    found = _ENGLISH.match(text)
    month = (found["mo"] or found["mo2"]).lower()[:3] if found else ""
    if found and month in _MONTHS:
        number = _MONTHS.index(month) + 1
        day = datetime(int(found["y"]), number, int(found["d"] or found["d2"]), tzinfo=here.tzinfo)
        when = _at(day, found["rest"])
        if when is not None:
            return when
    return _mail(text, here)


def _mail(text: str, here: datetime) -> When | None:
    """The rest of what mail and old feeds write: named zones, two-digit years, ctime."""
    parts = parsedate_tz(text) if re.search(r"[A-Za-z]{3}", text) else None
    if parts is None:
        return None
    offset = parts[9]
    zone = here.tzinfo if offset is None else timezone(timedelta(seconds=offset))
    return When(datetime(*parts[:6], tzinfo=zone), "second")


_FORMS: tuple[Callable[[str, datetime], When | None], ...] = (
    _bare_number,
    _ago,
    _near_day,
    _full_date,
    _no_year,
    _english,
)
