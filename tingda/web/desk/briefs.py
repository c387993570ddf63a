"""简报: the daily brief, on the page and as a Word file."""

import io
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from tingda.ledger.queries import newest_number
from tingda.lib import present
from tingda.people.queries import is_of_the_office
from tingda.reports.actions import coverage_line, write_daily
from tingda.reports.queries import daily_numbers
from tingda.reports.rules import Daily
from tingda.web.guard import desk, person_of

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_KEPT_SECONDS = 60


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def _today(now: datetime) -> Daily:
    """Today's numbers, kept for a minute or until the next line of the ledger: on a day on which
    a hundred thousand voices are imported they take a second to count."""
    day = timezone.localdate(now)
    key = f"daily:{day.isoformat()}:{newest_number()}"
    kept: Daily | None = cache.get(key)
    if kept is None:
        kept = daily_numbers(day, zone=_zone(), now=now)
        cache.set(key, kept, _KEPT_SECONDS)
    return kept


def _whole_office(request: HttpRequest) -> None:
    """A brief counts everything: for people of one unit it does not exist."""
    if not is_of_the_office(person_of(request)):
        raise Http404


@require_safe
@desk()
def briefs(request: HttpRequest) -> HttpResponse:
    """Today's brief as it stands, and the last two weeks to download."""
    _whole_office(request)
    numbers = _today(present.now())
    context = {
        "here": "briefs",
        "numbers": numbers,
        "counts": [count for _day, count in numbers.days],
        "days": list(reversed(numbers.days)),
        "coverage": coverage_line(numbers.unheard),
        "coverage_today": coverage_line(numbers.unheard_today),
    }
    return render(request, "desk/briefs.html", context)


@require_safe
@desk()
def daily(request: HttpRequest, day: str) -> HttpResponse:
    """The brief of one day as a Word file; no brief of a day that has not begun."""
    _whole_office(request)
    now = present.now()
    try:
        asked = date.fromisoformat(day)
    except ValueError as error:
        raise Http404 from error
    if not timezone.localdate(now) - timedelta(days=3660) <= asked <= timezone.localdate(now):
        raise Http404
    stream = io.BytesIO()
    write_daily(daily_numbers(asked, zone=_zone(), now=now), stream)
    response = HttpResponse(stream.getvalue(), content_type=WORD)
    name = gettext("民情日报-%(day)s.docx") % {"day": asked.isoformat()}
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


urlpatterns = [
    path("briefs/", briefs, name="briefs"),
    path("briefs/daily/<slug:day>.docx", daily, name="brief-daily"),
]
