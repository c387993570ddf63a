"""超时: what became late today, by unit, with who was called on; what still will be late today."""

from collections import Counter
from datetime import date, datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from tingda.cases.queries.late import day_of
from tingda.cases.rules import ALL_STAGES
from tingda.lib import present
from tingda.web.guard import person_of, supervised
from tingda.web.told import address_of

_OLDEST = timedelta(days=3660)
MOST_COMING = 50


@require_safe
@supervised
def late(request: HttpRequest) -> HttpResponse:
    """The day that is asked for, today otherwise."""
    now = present.now()
    today = timezone.localdate(now)
    day = _day(request.GET.get("day", ""), today)
    start = timezone.make_aware(datetime.combine(day, datetime.min.time()))
    end = timezone.make_aware(datetime.combine(day + timedelta(days=1), datetime.min.time()))
    person = person_of(request)
    found = day_of(person, start, end, now)
    units, coming = Counter(one.unit for one in found.late), found.coming[:MOST_COMING]
    context = {
        "here": "today",
        "now": now,
        "day": day,
        "today": today,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1) if day < today else None,
        "found": found,
        "at_the_desk": person.is_staff_member,
        "units": sorted(units.items(), key=lambda one: (-one[1], one[0].pk)),
        "late": [(one, ALL_STAGES[one.stage], address_of(one.link)) for one in found.late],
        "coming": [(one, ALL_STAGES[one.stage], address_of(one.link)) for one in coming],
        "more_coming": len(found.coming) > len(coming) or found.more,
    }
    return render(request, "desk/late.html", context)


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError as error:
        raise Http404 from error
    if not today - _OLDEST <= day <= today:
        raise Http404
    return day


urlpatterns = [path("late/", late, name="late")]
