"""巡查记录: one day of watching as the duty log needs it: on the page, on paper, as a Word file."""

import io
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from tingda.collect.queries.record import Watched, WatchRecord, record_for
from tingda.lib import present
from tingda.people.queries import institution
from tingda.reports.actions import looks_in_words, record_totals, write_record
from tingda.reports.queries import day_bounds
from tingda.web.guard import desk, person_of

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_OLDEST = timedelta(days=3660)


@dataclass(frozen=True)
class Row:
    """One source of the day, and its looks in words."""

    watched: Watched
    looks: str


@require_safe
@desk()
def record(request: HttpRequest) -> HttpResponse:
    """The record of the day that is asked for, today's otherwise."""
    today = timezone.localdate(present.now())
    day = _day(request.GET.get("day", ""), today)
    watch, apart = _record(request, day), gettext("；")
    context = {
        "here": "sources",
        "day": day,
        "title": date_format(day, gettext("Y年n月j日 l")),
        "today": today,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1) if day < today else None,
        "watch": watch,
        "totals": record_totals(watch),
        "rows": [Row(row, apart.join(looks_in_words(row.runs))) for row in watch.watched],
        "unwatched": gettext("、").join(watch.unwatched),
    }
    return render(request, "desk/record.html", context)


@require_safe
@desk()
def record_word(request: HttpRequest, day: str) -> HttpResponse:
    """The same as a Word file."""
    asked = _day(day, timezone.localdate(present.now()))
    stream = io.BytesIO()
    write_record(_record(request, asked), institution(), stream)
    response = HttpResponse(stream.getvalue(), content_type=WORD)
    name = gettext("巡查记录-%(day)s.docx") % {"day": asked.isoformat()}
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


def _record(request: HttpRequest, day: date) -> WatchRecord:
    start, end = day_bounds(day, ZoneInfo(settings.TIME_ZONE))
    watch = record_for(person_of(request), start, end)
    if watch is None:  # it names every source: for people of one unit it does not exist
        raise Http404
    return watch


def _day(text: str, today: date) -> date:
    """The day that was asked for; none that has not begun."""
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError as error:
        raise Http404 from error
    if not today - _OLDEST <= day <= today:
        raise Http404
    return day


urlpatterns = [
    path("record/", record, name="record"),
    path("record/<slug:day>.docx", record_word, name="record-word"),
]
