"""How a deadline was computed, day by day, in the reader's language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import get_language, gettext, ngettext

from tingda.lib.clocks import name_of_holiday, unpublished
from tingda.lib.words import mark as _

WHY = {
    "start": _("起算，当天不计"),
    "hours": _("到这一天的这个时刻"),
    "day": _("最后一天"),
    "workday": _("工作日"),
    "weekend": _("休息日"),
    "holiday": _("节假日"),
    "makeup": _("调休上班"),
    "office_off": _("本单位放假"),
    "office_on": _("本单位上班"),
    "paused": _("暂停计时"),
    "unknown_calendar": _("暂按工作日计，节假日安排还没有公布"),
}


@dataclass(frozen=True)
class Counted:
    """One day; `number` is its place in the count, 0 where it does not count."""

    day: date
    number: int
    why: str


@dataclass(frozen=True)
class Explained:
    """`start`: from when it counts; `limit`, `extended`, `basis`: texts; `unsure`: years whose
    holidays are not published yet."""

    start: datetime
    limit: str
    extended: str
    basis: str
    days: list[Counted]
    unsure: list[int]


def explain(how: Mapping[str, Any]) -> Explained | None:
    """The stored computation of a deadline (cases/queries.py `due`) as texts; None without one."""
    if not how.get("steps"):
        return None
    return Explained(
        start=datetime.fromisoformat(how["start"]),
        limit=limit_text(how["amount"], how["kind"]),
        extended=limit_text(how["extended"], how["kind"]) if how.get("extended") else "",
        basis=gettext(how["basis"]) if how["basis"] else "",
        days=list(_days(how["steps"])),
        unsure=unpublished(
            date.fromisoformat(day)
            for day, _counts, why in how["steps"]
            if why == "unknown_calendar"
        ),
    )


def limit_text(amount: int, kind: str) -> str:
    """A limit in words: 48 小时（连续计时）, 5 个工作日."""
    if kind == "hours":
        text = ngettext("%(n)s 小时（连续计时）", "%(n)s 小时（连续计时）", amount)
    elif kind == "days":
        text = ngettext("%(n)s 天（含休息日）", "%(n)s 天（含休息日）", amount)
    else:
        text = ngettext("%(n)s 个工作日", "%(n)s 个工作日", amount)
    return text % {"n": amount}


def _days(steps: list[list[Any]]) -> Iterator[Counted]:
    """Each day with its number; of calendar days, all of which count, only the last is told."""
    number = 0
    for index, (day, counts, why) in enumerate(steps, start=1):
        number += counts and why != "hours"
        if why != "day" or index == len(steps):
            yield Counted(
                day=date.fromisoformat(day),
                number=number if counts and why != "hours" else 0,
                why=_why(date.fromisoformat(day), why),
            )


def _why(day: date, why: str) -> str:
    if why == "holiday":
        language = "en_US" if get_language() == "en" else "zh_CN"
        return name_of_holiday(day, language=language) or gettext(WHY[why])
    return gettext(WHY[why]) if why in WHY else why
