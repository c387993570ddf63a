"""What was not heard in the days of a chart, in one line below it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import cache

from tingda.reports.actions import coverage_line
from tingda.reports.queries import day_bounds, unheard
from tingda.reports.rules import Unheard

_KEPT_SECONDS = 300


def coverage_of_days(first: date, last: date, now: datetime) -> str:
    """The line for the days from `first` to `last`; what it says may be five minutes old, because
    after a month of many failures it takes half a second to find."""
    zone = ZoneInfo(settings.TIME_ZONE)
    key = f"coverage:{first.isoformat()}:{last.isoformat()}"
    spans: list[Unheard] | None = cache.get(key)
    if spans is None:
        spans = unheard(day_bounds(first, zone)[0], day_bounds(last, zone)[1], now=now)
        cache.set(key, spans, _KEPT_SECONDS)
    return coverage_line(spans)
