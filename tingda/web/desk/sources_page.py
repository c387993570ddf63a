"""来源: one source: how it is, every look at it, and what may be changed."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from tingda.collect.actions.sources import change_source, look_now
from tingda.collect.models import Source, Subscription
from tingda.collect.queries import sources_for
from tingda.collect.queries.health import reason_of
from tingda.collect.rules import Look
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.people.models import Person
from tingda.web.desk.sources_add import groups_of, trial, tried
from tingda.web.desk.sources_forms import ChangeForm, initial_from
from tingda.web.desk.sources_health import heard_of
from tingda.web.guard import desk, person_of
from tingda.web.paging import page
from tingda.web.words import said

SURE = 3  # as `collect.sources.round` believes that a source has moved


@dataclass(frozen=True)
class Robots:
    """What the site's robots.txt decided at the last look."""

    allowed: bool
    at: Any
    urls: list[str]


@sensitive_post_parameters("secret")
@desk()
def source(request: HttpRequest, pk: int) -> HttpResponse:
    """One source with every look at it; an administrator changes it here."""
    person = person_of(request)
    row = get_object_or_404(sources_for(person), pk=pk)
    if not (person.may("configure") and row.is_looked_at):
        return _page(request, person, row, None)
    keeps = bool(row.secret)
    if request.method != "POST":
        form = ChangeForm(row.kind, initial=initial_from(row), keeps_secret=keeps)
        return _page(request, person, row, form)
    form = ChangeForm(row.kind, request.POST, keeps_secret=keeps)
    found = None
    if form.is_valid():
        if "try" in request.POST:
            found = tried(form, form.wanted, row)
        else:
            try:
                change_source(row, form.wanted, by=person, now=present.now())
            except Refused as refusal:
                form.add_error(None, said(refusal))
                row.refresh_from_db()
            else:
                messages.success(request, gettext("已保存。"))
                return redirect("source", pk=pk)
    form.hold_secret()
    return _page(request, person, row, form, found, status=200 if found else 422)


def _page(
    request: HttpRequest,
    person: Person,
    row: Source,
    form: ChangeForm | None,
    found: Look | None = None,
    status: int = 200,
) -> HttpResponse:
    now = present.now()
    shown = page(row.checks.order_by("-at", "-id"), request)
    newest = row.checks.order_by("-at", "-id").first()
    context = {
        "here": "sources",
        "source": row,
        "heard": heard_of([row], {row.pk: newest} if newest else {}, now)[0],
        "page": shown,
        "checks": [(check, reason_of(check)) for check in shown.items],
        "form": form,
        "groups": groups_of(request) if form else [],
        "may_hear": person.may("hear"),
        "may_configure": person.may("configure"),
        "close": row.close_until and now < row.close_until,
        "key_close": row.key_until and now < row.key_until,
        "robots": _robots(row),
        "sure": SURE,
        "subscription": Subscription.objects.filter(source=row).first(),
        "now": now,
        **trial(found, form.data.get("exclude", "") if form else ""),
    }
    return render(request, "desk/source.html", context, status=status)


def _robots(row: Source) -> Robots | None:
    if not row.robots:
        return None
    at = parse_datetime(str(row.robots.get("at", "")))
    return Robots(bool(row.robots.get("allowed")), at, list(row.robots.get("urls", [])))


@require_POST
@desk("hear")
def look(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a look at once."""
    row = get_object_or_404(sources_for(person_of(request)), pk=pk)
    look_now(row, by=person_of(request), now=present.now())
    messages.success(request, gettext("马上去看，过一会儿刷新这一页。"))
    return redirect("source", pk=pk)


urlpatterns = [
    path("sources/<int:pk>/", source, name="source"),
    path("sources/<int:pk>/look/", look, name="source-look"),
]
