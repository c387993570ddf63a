"""议题: the list, and one issue with its voices. What a person does to it is in grouping.py."""

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib import messages
from django.core.cache import cache
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from tingda.analyse.models import Intent, Topic, WatchHit
from tingda.cases.models import Case
from tingda.cases.rules import OPEN
from tingda.detect.actions.alerts import MAY_KNOW
from tingda.detect.models import Belonging, Issue
from tingda.detect.queries import (
    assessments_of,
    belongings_of,
    daily_messages,
    history,
    issues_for,
    proposals_for,
    rules,
)
from tingda.lib import charts, present
from tingda.notify.actions import mark_read
from tingda.notify.queries import unread_for
from tingda.people.models import Person
from tingda.web.coverage import coverage_of_days
from tingda.web.desk import grouping
from tingda.web.desk.plans import plans_beside
from tingda.web.gathered import (
    answered_before,
    cases_about,
    gathered,
    kept_a_minute,
    proposals_about,
    same_texts,
)
from tingda.web.guard import desk, person_of
from tingda.web.marks import marked, spans_of, together, words_found
from tingda.web.paging import Page, page
from tingda.web.warning_words import growth_said, parts_of, reasons_of

log = logging.getLogger(__name__)
ORDERS = {
    "heat": ("-heat", "-id"),
    "people": ("-people", "-id"),
    "messages": ("-messages", "-id"),
    "new": ("-heard_at", "-id"),
    "last": ("-last_at", "-id"),
}
ALERT_AND_WHO = [f"alert__{deed}_by" for deed in ("acknowledged", "confirmed", "ended")]
CURVE_DAYS, CHART_DAYS, MOST_PROPOSALS = 14, 30, 999
MOST_TEXT, MOST_COPIES, MOST_FOR_PLACES, MOST_ALONE = 400, 60, 300, 500


@desk()
def issues(request: HttpRequest) -> HttpResponse:
    """The list: by heat unless asked otherwise."""
    now, person = present.now(), person_of(request)
    sort = request.GET.get("sort", "")
    sort = sort if sort in ORDERS else "heat"
    on_hand = Case.objects.filter(state__in=OPEN).order_by("-id")
    rows = (
        _filtered(issues_for(person), request)
        .select_related("topic", "alert")
        .prefetch_related(Prefetch("cases", on_hand, to_attr="on_hand"))
        .order_by(*ORDERS[sort])
    )
    shown = page(rows, request)
    counts = daily_messages([issue.pk for issue in shown.items], CURVE_DAYS, now)
    context = {
        "here": "issues",
        "now": now,
        "page": shown,
        "rows": [(issue, counts[issue.pk], _tone(issue)) for issue in shown.items],
        "columns": _columns(request, sort),
        "topics": Topic.objects.filter(active=True).order_by("group", "id"),
        "asked": {name: _asked(request, name) for name in ("q", "topic", "place", "state")},
        "proposals": proposals_for(person)[:MOST_PROPOSALS].count(),
        "filtered": any(_asked(request, name) for name in ("q", "topic", "place", "state")),
        "may_group": person.may("group"),
        "may_hear": person.may("hear"),
    }
    return render(request, "desk/issues.html", context)


def _asked(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").strip().replace("\x00", "")[:100]


def _filtered(rows: QuerySet[Issue], request: HttpRequest) -> QuerySet[Issue]:
    other = _asked(request, "state") == "not_ours"
    rows = rows.filter(state=Issue.State.NOT_OURS if other else Issue.State.OPEN)
    if words := _asked(request, "q"):
        rows = rows.filter(title__icontains=words)
    if topic := _asked(request, "topic"):
        rows = rows.filter(topic__code=topic)
    if place := _asked(request, "place"):
        rows = rows.filter(place__icontains=place)
    return rows


def _columns(request: HttpRequest, sort: str) -> list[tuple[str, str, bool]]:
    """(heading, address that sorts by it, whether it sorts now)."""
    headings = {
        "heat": _("热度"),
        "people": _("人数"),
        "messages": _("条数"),
        "new": _("首次听到"),
        "last": _("最近"),
    }
    columns = []
    for name, heading in headings.items():
        query = request.GET.copy()
        query.pop("page", None)
        query["sort"] = name
        columns.append((heading, "?" + query.urlencode(), name == sort))
    return columns


def _tone(issue: Issue) -> str:
    alert = getattr(issue, "alert", None)
    return alert.colour if alert and alert.stands else "brand"


@dataclass(frozen=True)
class Said:
    """One voice on the page of its issue, with its copies folded under it."""

    belonging: Belonging
    text: SafeString
    title: SafeString
    why: str
    watched: list[str]
    danger: str
    copies: list[Belonging]
    count: int
    speaks: bool = False  # for the others as well

    @property
    def copies_more(self) -> int:
        """Copies that are not listed."""
        return self.count - len(self.copies)


@desk()
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """One issue; a merged one sends on to where it went."""
    now, person = present.now(), person_of(request)
    rows = issues_for(person).select_related(*ALERT_AND_WHO, "split_from")
    row = get_object_or_404(rows, pk=pk)
    if row.merged_into_id:
        text = _("议题 %(number)s“%(title)s”已并入这里。")
        messages.info(request, text % {"number": row.pk, "title": row.title})
        return redirect("issue", pk=row.merged_into_id)
    if unread_for(person).filter(link=f"issue:{pk}").exists():
        mark_read(person, link=f"issue:{pk}", now=now)
    days = _days(row, now)
    shown = page(_unfolded(row), request)
    whole = gathered(row)
    cases = cases_about(row, person)
    open_ones = [case for case in cases if case.is_open]
    context = {
        "here": "issues",
        "now": now,
        "issue": row,
        **_warmth(row, person),
        "page": shown,
        "said": _said(row, _speaker_first(row, shown, whole.speaks), whole.speaks),
        "questions": whole.questions,
        "same_texts": same_texts(row),
        "proposals": proposals_about(row, person),
        "answered_before": answered_before(row, person),
        "days": [(day, count) for day, count in reversed(days) if count],
        "chart_from": days[0][0],
        "places": _places(row),
        "intents": _intents(row),
        "cases": cases,
        "assessments": list(assessments_of(pk)),
        "on_hand": next(iter(open_ones), None),
        "may_lead": open_ones if len(open_ones) > 1 else [],
        **plans_beside(row, getattr(row, "alert", None)),
        "may_hear": person.may("hear"),
        "may_group": person.may("group"),
        "parts": row.messages - row.copies > 1,
        "may_take_on": person.may("take_on"),
    }
    return render(request, "desk/issue.html", context)


def _warmth(row: Issue, person: Person) -> dict[str, object]:
    """Heat and alert of an issue. `alert` is one that stands, `last_alert` also one that ended."""
    last = getattr(row, "alert", None)
    return {
        "alert": last if last and last.stands else None,
        "last_alert": last,
        "why": reasons_of(last) if last else [],
        "alert_steps": list(last.steps.select_related("by")) if last else [],
        "heat_parts": parts_of(row, rules()),
        "growth": growth_said(row),
        "history": history(),
        "may_know": any(person.may(deed) for deed in MAY_KNOW),
    }


@desk()
def chart(request: HttpRequest, pk: int) -> HttpResponse:
    """The picture of an issue's days, fetched after the page: to draw takes longer than to read."""
    row = get_object_or_404(issues_for(person_of(request)), pk=pk)
    words = charts.DayWords(
        title=_("每天听到多少条"),
        day="",
        value=_("条"),
        mark=_("%(month)d月%(day)d日：%(value)d 条"),
    )
    now = present.now()
    days = _days(row, now)
    spec = charts.bars_by_day(days, words)
    try:
        drawn = charts.to_svg(spec, shelf=cache)
    except charts.DrawingFailed:
        log.exception("chart of issue %s", pk)
        drawn = ""
    context = {
        "here": "issues",
        "issue": row,
        "drawn": mark_safe(drawn),  # noqa: S308 - drawn by our own code from numbers
        "coverage": coverage_of_days(days[0][0], days[-1][0], now),
    }
    alone = "HX-Request" not in request.headers  # a browser without script opens it as a page
    return render(request, "desk/issue_chart.html" if alone else "parts/chart.html", context)


def _days(row: Issue, now: datetime) -> list[tuple[date, int]]:
    """Messages of each of the last days; of an issue that is silent, of its last days."""
    end = now if now - row.last_at < timedelta(days=CHART_DAYS) else row.last_at
    last = timezone.localdate(end)
    told = kept_a_minute(
        row, f"days:{last}", lambda: daily_messages([row.pk], CHART_DAYS, end)[row.pk]
    )
    return [
        (last - timedelta(days=CHART_DAYS - 1 - index), count) for index, count in enumerate(told)
    ]


def _unfolded(row: Issue) -> QuerySet[Belonging]:
    """All but copies whose first one is in the same issue: those are shown under it."""
    first = Belonging.objects.filter(
        issue=row, copy=False, voice=OuterRef("voice__reading__repeat_of")
    )
    alone = row.belongings.filter(~Exists(first), copy=True).values_list("voice", flat=True)
    some = kept_a_minute(row, "alone", lambda: list(alone[: MOST_ALONE + 1]))
    rows = belongings_of(row).select_related("voice__reading__topic")
    if len(some) > MOST_ALONE:
        return rows.exclude(Q(copy=True) & Exists(first))
    return rows.filter(Q(copy=False) | Q(voice__in=some))


def _speaker_first(row: Issue, shown: Page, speaks: int | None) -> list[Belonging]:
    """The first page begins with the voice that speaks for the others."""
    if speaks is None or shown.newer:
        return shown.items
    first = [one for one in shown.items if one.voice_id == speaks]
    if not first:
        first = list(_unfolded(row).filter(voice=speaks))
    return first + [one for one in shown.items if one.voice_id != speaks]


def _said(row: Issue, belongings: list[Belonging], speaks: int | None) -> list[Said]:
    ids = [one.voice_id for one in belongings]
    folded = Belonging.objects.filter(
        issue=row, copy=True, voice__reading__repeat_of__in=[*ids, 0]
    ).order_by()
    of = "voice__reading__repeat_of"
    many = folded.values_list(of).annotate(Count("voice"))
    counts = kept_a_minute(row, f"copies:{hash((*ids,))}", lambda: dict(many))
    copies: dict[int, list[Belonging]] = {}
    recent = folded.select_related("voice__source", "voice__reading").order_by("-at", "-voice_id")
    for copy in recent[:MOST_COPIES]:
        copies.setdefault(copy.voice.reading.repeat_of_id or 0, []).append(copy)
    hits: dict[int, list[str]] = {}
    for voice, name in WatchHit.objects.filter(voice__in=ids).values_list("voice", "watch__name"):
        hits.setdefault(voice, []).append(name)
    return [
        _said_one(
            one,
            watched=hits.get(one.voice_id, []),
            copies=copies.get(one.voice_id, []),
            count=counts.get(one.voice_id, 0),
            speaks=one.voice_id == speaks,
        )
        for one in belongings
    ]


def _said_one(
    one: Belonging, *, watched: list[str], copies: list[Belonging], count: int, speaks: bool
) -> Said:
    voice = one.voice
    reading = getattr(voice, "reading", None)
    why = reading.why if reading else {}
    danger = words_found(why, "danger", voice.title, voice.text) if reading else []
    return Said(
        belonging=one,
        title=marked(voice.title, spans_of(why, "title")),
        text=marked(voice.text, spans_of(why, "text"), most=MOST_TEXT),
        why=together(one.why, by_person=one.by_person),
        watched=watched,
        danger="、".join(danger),
        copies=copies,
        count=count,
        speaks=speaks,
    )


def _intents(row: Issue) -> list[tuple[str, int]]:
    """What people want, in words, and how many do; copies and what wants nothing apart."""
    rows = Belonging.objects.filter(issue=row, copy=False).order_by()
    counts = Counter(dict(rows.values_list("voice__reading__intent").annotate(Count("voice"))))
    wants = [(str(intent.label), counts[intent]) for intent in Intent if intent != Intent.OTHER]
    return sorted([one for one in wants if one[1]], key=lambda one: -one[1])


def _places(row: Issue) -> list[tuple[str, int]]:
    """Places named in the newest voices, the most named first; 称某某苑 beside 某某苑 is none."""
    rows = belongings_of(row).values_list("voice__reading__places", flat=True)[:MOST_FOR_PLACES]
    named: Counter[str] = Counter()
    for places in rows:
        named.update({str(place) for place in places or [] if place})
    kept: list[tuple[str, int]] = []
    for place, count in named.most_common(20):
        if not any(other in place for other, _count in kept):
            kept.append((place, count))
    return kept[:5]


urlpatterns = [
    path("issues/", issues, name="issues"),
    path("issues/<int:pk>/", issue, name="issue"),
    path("issues/<int:pk>/chart/", chart, name="issue-chart"),
    *grouping.urlpatterns,
]
