"""事项: the list, taking one on, one case. Its page is case_page.py, its deeds case_deeds.py."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Case as Cases
from django.db.models import F, Q, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from tingda.answers.queries.lookbacks import said_before
from tingda.cases import actions, rules
from tingda.cases.models import Case
from tingda.cases.queries import (
    cases_for,
    cases_to_read_for,
    files_for,
    open_case_about,
    with_lateness,
    with_next_deadline,
)
from tingda.cases.queries.clocks import clock, clock_table, due
from tingda.cases.queries.judging import likely_units
from tingda.cases.queries.promises import promise_files_for
from tingda.cases.queries.routing import suggest
from tingda.collect.models import Source, Voice
from tingda.collect.queries import voices_for
from tingda.detect.models import Issue
from tingda.detect.queries import issues_for
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.notify.actions import mark_read
from tingda.people.models import Person
from tingda.web.desk import case_deeds
from tingda.web.desk.case_forms import NewCase
from tingda.web.desk.case_led import show_to_lead
from tingda.web.desk.case_page import show_case
from tingda.web.guard import desk, person_of, supervised
from tingda.web.learnt import learnt
from tingda.web.paging import page
from tingda.web.routing_words import shown
from tingda.web.uploading import download, played
from tingda.web.words import said


def _rank(field: str, order: list[str]) -> Cases:
    return Cases(*(When(**{field: code}, then=Value(place)) for place, code in enumerate(order)))


# What the heading of a column sorts by; "-" before its name turns the order round.
ORDERS: dict[str, F | Cases] = {
    "number": F("id"),
    "title": F("title"),
    "grade": _rank("grade", list(rules.GRADES)),
    "unit": F("unit__name"),
    "owner": F("owner__name"),
    "state": _rank("state", list(rules.STATES)),
    "due": F("next_due"),
    "opened": F("opened_at"),
    "closed": F("closed_at"),
}
TABS = ("open", "late", "closed")


@dataclass(frozen=True)
class Column:
    """One heading: its text, the address that sorts by it, and how it sorts now."""

    text: str
    address: str
    sorted: str


@desk()
def cases(request: HttpRequest) -> HttpResponse:
    """On hand, late, or closed; the nearest deadline first unless asked otherwise."""
    now, person = present.now(), person_of(request)
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "open"
    seen = cases_for(person).select_related(None).select_related("unit", "owner")
    mine = bool(request.GET.get("mine"))
    if mine:
        seen = seen.filter(owner=person)
    on_hand = with_lateness(seen.filter(state__in=rules.OPEN), now)
    tabs = {
        "open": on_hand,
        "late": on_hand.filter(Q(is_late=True)),
        "closed": seen.filter(closed_at__isnull=False),  # an index lists them; none is late
    }
    standard = "-closed" if tab == "closed" else "due"
    sort = request.GET.get("sort", "")
    sort = sort if _sorts(sort.removeprefix("-"), tab) else standard
    context = {
        "here": "cases",
        "now": now,
        "today": timezone.localdate(now),
        "tab": tab,
        "mine": mine,
        "tabs": [(name, _tab_name(name), rows.count()) for name, rows in tabs.items()],
        "columns": _columns(request, tab, sort),
        "page": page(with_next_deadline(_sorted(tabs[tab], sort)), request),
        "may_take_on": person.may("take_on"),
    }
    return render(request, "desk/cases.html", context)


def _sorts(name: str, tab: str) -> bool:
    return name in ORDERS and (name != "due" or tab != "closed")


def _tab_name(tab: str) -> str:
    return {"open": _("在办"), "late": _("已超时"), "closed": _("已办结")}[tab]


def _sorted(rows: "QuerySet[Case]", sort: str) -> "QuerySet[Case]":
    name = sort.removeprefix("-")
    last = True if name == "due" else None  # nothing else is ever missing, and an index serves it
    if sort.startswith("-"):
        return rows.order_by(ORDERS[name].desc(nulls_last=last), "-id")
    return rows.order_by(ORDERS[name].asc(nulls_last=last), "-id")


def _columns(request: HttpRequest, tab: str, sort: str) -> list[Column]:
    names = {
        "number": _("编号"),
        "title": _("题目"),
        "grade": _("等级"),
        "unit": _("主办"),
        "owner": _("负责人"),
        "state": _("状态"),
        "due": _("下一个时限"),
        "opened": _("受理"),
    }
    if tab == "closed":
        del names["due"]
        names["closed"] = _("办结")
    columns = []
    for name, text in names.items():
        query = request.GET.copy()
        query.pop("page", None)
        query["sort"] = f"-{name}" if sort == name else name
        now = {name: "ascending", f"-{name}": "descending"}.get(sort, "")
        columns.append(Column(text, "?" + query.urlencode(), now))
    return columns


@supervised
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """One case; who only leads its unit reads when each step is due and who is at it."""
    person = person_of(request)
    opened = cases_for(person).filter(pk=pk).first()
    row = opened or get_object_or_404(cases_to_read_for(person), pk=pk)
    mark_read(person, link=row.thread, now=present.now())
    return show_case(request, row) if opened else show_to_lead(request, row)


@desk("take_on")
def case_new(request: HttpRequest) -> HttpResponse:
    """Take on the issue or the voice named in the address."""
    person, now = person_of(request), present.now()
    about = _about(request, person)
    if there := open_case_about(about):
        messages.info(request, _("这件事已经立为事项，就是这一件。"))
        return redirect("case", pk=there.pk)
    if request.method != "POST":
        found = suggest(about)
        values = {"title": _title(about), "kind": _kind(about), "unit": found.unit}
        return _ask_new(request, about, NewCase(initial=values), now)
    form = NewCase(request.POST)
    if form.is_valid():
        try:
            row = actions.open_case(about, **form.cleaned_data, by=person, now=now)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            text = _("已立为事项 %(number)s，时限从听到时算起。") % {"number": row.number}
            messages.success(request, text)
            return redirect("case", pk=row.pk)
    return _ask_new(request, about, form, now, status=422)


def _ask_new(
    request: HttpRequest, about: Issue | Voice, form: NewCase, now: datetime, status: int = 200
) -> HttpResponse:
    values = form.data if form.is_bound else form.initial
    suggestion = shown(suggest(about))
    issue = about if isinstance(about, Issue) else None
    context = {
        "here": "cases",
        "now": now,
        "form": form,
        "issue": issue,
        "voice": about if isinstance(about, Voice) else None,
        "alert": getattr(about, "alert", None),
        "asked": request.GET.urlencode(),
        "suggestion": suggestion,
        "units": likely_units(issue) if issue and not suggestion else [],
        "learnt": learnt(about, person_of(request)),
        "before": said_before(_text(about)),
        **_clocks(about, values.get("kind", ""), values.get("grade", ""), now),
    }
    return render(request, "desk/case_new.html", context, status=status)


@desk("take_on")
@require_GET
def case_clocks(request: HttpRequest) -> HttpResponse:
    """The deadlines that a kind and a grade would give: shown while the form is filled in."""
    about = _about(request, person_of(request))
    asked = request.GET
    now = present.now()
    context = _clocks(about, asked.get("kind", ""), asked.get("grade", ""), now)
    return render(request, "parts/clocks.html", context | {"now": now})


def _clocks(about: Issue | Voice, kind: str, grade: str, now: datetime) -> dict[str, object]:
    """`clocks`: name of the stage, when it ends, how that is computed. Empty without a kind."""
    found = []
    for stage, one in rules.clocks_for(kind, grade, clock_table()).items():
        due_at, how = due(one.limit, about.heard_at, one.basis)
        found.append((rules.STAGES[stage], due_at, how))
    if found and rules.band(grade) == "major":
        upward = clock(rules.REPORT.code)
        found.insert(0, (rules.ALL_STAGES[upward.stage], *due(upward.limit, now, upward.basis)))
    return {"clocks": found, "graded": grade in rules.GRADES}


def _about(request: HttpRequest, person: Person) -> Issue | Voice:
    for name, rows in (("issue", issues_for(person)), ("voice", voices_for(person))):
        number = request.GET.get(name, "")
        if number.isascii() and number.isdigit() and len(number) < 19:
            found = rows.filter(pk=int(number)).first()
            while isinstance(found, Issue) and found.merged_into:
                found = found.merged_into
            if isinstance(found, Issue | Voice):
                return found
    raise Http404


def _title(about: Issue | Voice) -> str:
    return (about.title if isinstance(about, Issue) else about.headline)[:200]


def _text(about: Issue | Voice) -> str:
    return about.title if isinstance(about, Issue) else f"{about.title}\n{about.text}"


def _kind(about: Issue | Voice) -> str:
    called = isinstance(about, Voice) and about.source.kind == Source.Kind.HOTLINE
    return "hotline" if called else "public_concern"


@login_required
def file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Evidence, as a download only: it came from outside and is never shown as a page."""
    row = get_object_or_404(files_for(person_of(request)), pk=pk)
    return download(row.path, row.name)


@require_safe
@login_required
def file_play(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Sound or film among the evidence, for the player beside its name."""
    row = get_object_or_404(files_for(person_of(request)), pk=pk)
    return played(request, row.path, row.name)


@require_safe
@login_required
def promise_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Proof of a promise, as a download."""
    row = get_object_or_404(promise_files_for(person_of(request)), pk=pk)
    return download(row.path, row.name)


@require_safe
@login_required
def promise_play(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Sound or film among the proofs."""
    row = get_object_or_404(promise_files_for(person_of(request)), pk=pk)
    return played(request, row.path, row.name)


urlpatterns = [
    path("cases/", cases, name="cases"),
    path("cases/new/", case_new, name="case-new"),
    path("cases/new/clocks/", case_clocks, name="case-clocks"),
    path("cases/<int:pk>/", case, name="case"),
    path("cases/<int:pk>/<slug:name>/", case_deeds.deed, name="case-deed"),
    path("cases/<int:pk>/withdraw/<int:referral>/", case_deeds.withdraw, name="case-withdraw"),
    path("cases/<int:pk>/keep/<int:promise>/", case_deeds.promise_kept, name="case-keep"),
    path("cases/<int:pk>/break/<int:promise>/", case_deeds.promise_broken, name="case-break"),
    path("files/<int:pk>/", file, name="file"),
    path("proofs/<int:pk>/", promise_file, name="promise-file"),
    path("proofs/<int:pk>/play/", promise_play, name="promise-play"),
    path("files/<int:pk>/play/", file_play, name="file-play"),
]
