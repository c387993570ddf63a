"""今日: what needs me now, what is new, and the day in numbers."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.core.cache import cache
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tingda.analyse.queries import quarantine_for
from tingda.analyse.queries.labels import unsure_for
from tingda.cases.queries import open_cases, passed
from tingda.collect.models import Source
from tingda.collect.queries import sources_for, voices_for
from tingda.collect.queries.health import failing_of, reason_of
from tingda.detect.models import Belonging, Issue
from tingda.detect.queries import daily_messages, issues_for, standing_alerts
from tingda.lib import present
from tingda.lib.clocks import day_kind
from tingda.notify.actions import mark_read
from tingda.notify.queries import unread_for
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office
from tingda.reports.queries import four_rates
from tingda.reports.rules import Rate
from tingda.web.guard import desk, person_of, signed_in
from tingda.web.needs import Need, in_order, needs_of
from tingda.web.needs_beside import needs_beside

MOST_NEEDS, MOST_ISSUES, MOST_VOICES, MOST_DEAF, MOST_UNSURE = 30, 8, 6, 3, 1000
CURVE_DAYS, RATE_DAYS, MANY = 14, 30, 2000
SHOWN = ("title", "place", "people", "messages", "copies")  # of a new issue
SHOWN_BESIDE = ("topic__name", "topic__name_en", "alert__colour", "alert__ended_at")
FRESH, MOST_FRESH = timedelta(days=3), 3  # of the notices, what is not folded away
NOTE_AT = time(17, 0)  # the daily note is written then; what came later belongs to the next one


@dataclass(frozen=True)
class NewIssue:
    """A new issue with one quote and its curve; `tone` is the colour of its alert."""

    issue: Issue
    quote: str
    counts: list[int]
    tone: str


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """The page a person works on: 今日 at the desk, referrals for a unit's liaison."""
    return redirect("today" if person_of(request).is_staff_member else "referrals")


@signed_in
def today(request: HttpRequest) -> HttpResponse:
    """One page to begin and to end the day with; who works for a unit is led to their own."""
    now, person = present.now(), person_of(request)
    if not person.is_staff_member:
        return redirect("referrals")
    needs, notices = _apart(_needs(person, now), now)
    of_the_office = is_of_the_office(person)
    context = {
        "here": "today",
        "now": now,
        "day_says": _kind_of_day(now),
        "needs": needs[:MOST_NEEDS],
        "more_needs": max(0, len(needs) - MOST_NEEDS),
        "notices": notices,
        "of_the_office": of_the_office,
        "may_hear": person.may("hear"),
        "numbers": _on_hand(person, now) | (_heard(person, now) if of_the_office else {}),
        "rates": _rates(now),
    }
    if of_the_office:
        context |= _new(person, now)
    return render(request, "desk/today.html", context)


def _new(person: Person, now: datetime) -> dict[str, object]:
    """What was heard, by issue, voice and source, and what waits to be sorted."""
    since = _last_note(now)
    issues, more = _new_issues(person, since, now)
    voices = voices_for(person).select_related("reading").order_by("-heard_at", "-id")
    return {
        "since": since,
        "new_issues": issues,
        "more_issues": more,
        "voices": voices[:MOST_VOICES],
        "sources": _sources(person),
        "set_aside": quarantine_for(person).count(),
        "unsure": unsure_for(person)[:MOST_UNSURE].count(),
        "most_unsure": MOST_UNSURE,
    }


def _rates(now: datetime) -> list[Rate]:
    """Of many cases they take long to count, move slowly, and may be a minute old."""
    found: list[Rate] | None = cache.get("today:rates")
    if found is None:
        found = four_rates(start=now - timedelta(days=RATE_DAYS), end=now)
        if sum(rate.whole for rate in found) > MANY:
            cache.set("today:rates", found, 60)
    return found


def _needs(person: Person, now: datetime) -> list[Need]:
    return in_order([*needs_of(person, now), *needs_beside(person)])


def _apart(needs: list[Need], now: datetime) -> tuple[list[Need], list[Need]]:
    """What is shown, and the notices folded below it: old ones, and more than a few new ones."""
    notices = [need for need in needs if need.told_at]
    fresh = [need for need in notices if need.told_at and need.told_at > now - FRESH][:MOST_FRESH]
    shown = [need for need in needs if not need.told_at] + fresh
    return shown, [need for need in notices if need not in fresh]


@desk()
@require_POST
def put_away(request: HttpRequest, pk: int) -> HttpResponse:
    """The person has seen a notice."""
    person = person_of(request)
    notice = get_object_or_404(unread_for(person), pk=pk)
    mark_read(person, link=notice.link, now=present.now())
    return redirect("today")


def _last_note(now: datetime) -> datetime:
    """17:00 of the day before."""
    yesterday = timezone.localdate(now) - timedelta(days=1)
    return timezone.make_aware(datetime.combine(yesterday, NOTE_AT))


def _kind_of_day(now: datetime) -> str:
    names = {
        "weekend": _("正常休息日"),
        "holiday": _("法定节假日"),
        "makeup": _("调休，要上班"),
        "workday": "",
    }
    return names[day_kind(timezone.localdate(now))]


def _new_issues(person: Person, since: datetime, now: datetime) -> tuple[list[NewIssue], int]:
    """The largest issues first heard since then, and how many more there are."""
    said = Belonging.objects.filter(issue=OuterRef("pk"), copy=False).order_by("-at", "-voice_id")
    new = issues_for(person).filter(state=Issue.State.OPEN, heard_at__gt=since)
    shown = list(
        new.select_related(None)
        .select_related("topic", "alert")
        .only(*SHOWN, *SHOWN_BESIDE)
        .annotate(said=Subquery(said.values("voice_id")[:1]))
        .order_by("-people", "-id")[:MOST_ISSUES]
    )
    quotes = voices_for(person).in_bulk([getattr(issue, "said", 0) for issue in shown])
    counts = daily_messages([issue.pk for issue in shown], CURVE_DAYS, now)
    more = new.count() - len(shown) if len(shown) == MOST_ISSUES else 0
    rows = []
    for issue in shown:
        voice = quotes.get(getattr(issue, "said", 0))
        alert = getattr(issue, "alert", None)
        rows.append(
            NewIssue(
                issue=issue,
                quote=voice.text[:90] if voice and voice.text[:40] != issue.title[:40] else "",
                counts=counts[issue.pk],
                tone=alert.colour if alert and alert.stands else "brand",
            )
        )
    return rows, more


def _on_hand(person: Person, now: datetime) -> dict[str, int]:
    late = Count("pk", filter=passed(now))
    return open_cases(person).aggregate(on_hand=Count("pk"), late=late)


def _heard(person: Person, now: datetime) -> dict[str, int]:
    start = timezone.make_aware(datetime.combine(timezone.localdate(now), time.min))
    voices = voices_for(person).order_by()
    before = voices.filter(heard_at__gte=start - timedelta(days=1), heard_at__lt=start)
    new = issues_for(person).filter(state=Issue.State.OPEN, heard_at__gte=start)
    return {
        "heard": voices.filter(heard_at__gte=start).count(),
        "yesterday": before.count(),
        "new_issues": new.count(),
        "alerts": standing_alerts(person).count(),
    }


@dataclass(frozen=True)
class Hearing:
    """How many sources are heard, fail, and are silent for too long; the worst of those that
    fail, with what went wrong last, and a few that are silent.
    """

    well: int
    deaf: int
    silent: int
    worst: list[tuple[Source, str]]
    quiet: list[Source]


def _sources(person: Person) -> Hearing:
    active = sources_for(person).filter(active=True)
    failing, wondered = Q(failures__gt=0), Q(failures=0) & ~Q(silent_at=None)
    counts = active.order_by().aggregate(
        all=Count("pk"), deaf=Count("pk", filter=failing), silent=Count("pk", filter=wondered)
    )
    deaf = active.filter(failing).order_by("-failures", "name")
    quiet = active.filter(wondered).order_by("silent_at", "name")
    worst = list(deaf[:MOST_DEAF]) if counts["deaf"] else []
    last = failing_of([source.pk for source in worst])
    return Hearing(
        well=counts["all"] - counts["deaf"] - counts["silent"],
        deaf=counts["deaf"],
        silent=counts["silent"],
        worst=[
            (source, reason_of(last[source.pk].check) if source.pk in last else "")
            for source in worst
        ],
        quiet=list(quiet[:MOST_DEAF]) if counts["silent"] else [],
    )


urlpatterns = [
    path("", today, name="today"),
    path("home/", home, name="home"),
    path("notices/<int:pk>/seen/", put_away, name="notice-seen"),
]
