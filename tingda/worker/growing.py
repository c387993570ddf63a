"""The steps that judge growth, with the days that the office itself works or rests."""

from datetime import date, datetime

from tingda.cases.queries.clocks import office_days
from tingda.detect.actions.growth import judge_growth_due, learn_growth_due
from tingda.lib.rising.values import DayKind


def _own_days() -> dict[date, DayKind]:
    days = office_days().values_list("day", "works")
    return {day: "makeup" if works else "holiday" for day, works in days}


def learn_growth(*, now: datetime) -> int:
    """Learn what is usual, at night."""
    return learn_growth_due(now=now, own_days=_own_days())


def judge_growth(*, now: datetime) -> int:
    """Judge how all issues grow, each hour and as voices come."""
    return judge_growth_due(now=now, own_days=_own_days())
