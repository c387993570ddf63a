"""设置 → 分派: the rules of where matters go, in order, with a bench that shows what they do."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from tingda.analyse.queries import lists_for
from tingda.cases.actions import add_route, change_route, drop_route
from tingda.cases.models import Route
from tingda.cases.queries.routing import LAST, Bench, Sent, bench, broken_routes, routes_for
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.lib.watching.parse import parse
from tingda.notify.actions import mark_read
from tingda.people.models import Person
from tingda.web.desk.configure import settings_page
from tingda.web.desk.routing_forms import RouteForm
from tingda.web.guard import desk, person_of
from tingda.web.paging import page
from tingda.web.routing_words import asked, trouble_text
from tingda.web.watch_bench import Hit, hit_of, pointed
from tingda.web.words import said

ROWS, SHOWN = 100, 12


@desk()
def routing(request: HttpRequest) -> HttpResponse:
    """All rules in order, what is wrong with them, and where the last voices would have gone."""
    person, now = person_of(request), present.now()
    mark_read(person, link="routes", now=now)
    rows = page(routes_for(person), request, ROWS)
    wrong = {route.pk: trouble_text(trouble) for route, trouble in broken_routes(person)}
    found = bench() if rows.items else None
    counts = found.counts if found else {}
    return settings_page(
        request,
        "settings_routing",
        page=rows,
        routes=[(row, asked(row), wrong.get(row.pk), counts.get(row.pk, 0)) for row in rows.items],
        broken=len(wrong),
        bench=found,
        last=LAST,
        untaken=_untaken(found) if found else [],
    )


def _untaken(found: Bench) -> list[Hit]:
    return [hit_of(one.voice, ()) for one in found.sent if one.route is None][:SHOWN]


@desk("configure")
def route_add(request: HttpRequest) -> HttpResponse:
    """A new rule, at the end unless said otherwise."""
    person = person_of(request)
    values = {"order": routes_for(person).count() + 1, "active": True, "at_once": "no"}
    wanted = Route(owner=person)
    form = RouteForm(request.POST or None, route=wanted, person=person, initial=values)
    return _edit(request, wanted, form)


@desk("configure")
def route(request: HttpRequest, pk: int) -> HttpResponse:
    """One rule, to change."""
    person = person_of(request)
    row = get_object_or_404(routes_for(person), pk=pk)
    return _edit(request, row, RouteForm(request.POST or None, route=row, person=person))


def _edit(request: HttpRequest, row: Route, form: RouteForm) -> HttpResponse:
    person, now = person_of(request), present.now()
    shown = {}
    if request.method == "POST" and form.is_valid():
        try:
            if row.pk is None:
                add_route(form.wanted(), by=person, now=now)
            else:
                change_route(form.wanted(), form.cleaned_data["revision"], by=person, now=now)
        except Refused as refusal:
            shown = _tried(form, person)
            form.add_error("condition" if "at" in refusal.params else None, said(refusal))
            form.seen_anew(Route.objects.filter(pk=row.pk).first())
        else:
            messages.success(request, gettext("已保存。之后的事按新的规则建议。"))
            return redirect("settings-routing")
    return _page(request, row, form, shown, status=422 if form.errors else 200)


def _page(
    request: HttpRequest,
    row: Route,
    form: RouteForm,
    shown: dict[str, object],
    status: int = 200,
) -> HttpResponse:
    kept = Route.objects.filter(pk=row.pk).first()
    return settings_page(
        request,
        "route_edit",
        tab="settings-routing",
        status=status,
        form=form,
        route=kept,
        title=kept.name if kept else gettext("新增规则"),
        bench_address=reverse("settings-route-bench", args=[row.pk or 0]),
        lists=lists_for(person_of(request)),
        **shown,
    )


@desk("configure")
@require_POST
def route_bench(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the last voices would go: below the form, or with the whole page without script."""
    person = person_of(request)
    row = get_object_or_404(routes_for(person), pk=pk) if pk else Route(owner=person)
    form = RouteForm(request.POST, route=row, person=person)
    shown = _tried(form, person)
    if "HX-Request" in request.headers:
        return render(request, "desk/route_bench.html", shown)
    typed = RouteForm(route=row, person=person, initial=request.POST.dict())
    return _page(request, row, typed, shown)


@desk("configure")
@require_POST
def route_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Let go of a rule."""
    person, now = person_of(request), present.now()
    row = get_object_or_404(routes_for(person), pk=pk)
    revision = request.POST.get("revision", "")
    seen = int(revision) if revision.isascii() and revision.isdigit() else 0
    drop_route(row, seen, by=person, now=now)
    messages.success(request, gettext("规则已去掉，台账里留着它原来的样子。"))
    return redirect("settings-routing")


def _tried(form: RouteForm, person: Person) -> dict[str, object]:
    """What the rule as it is typed would do, and what of it changes."""
    form.is_valid()
    values: dict[str, Any] = form.cleaned_data
    condition, unit = values.get("condition") or "", values.get("unit")
    try:
        if condition:
            parse(condition, list(lists_for(person).values_list("name", flat=True)))
    except Refused as refusal:
        return {"fault": said(refusal), "faulty": pointed(condition, refusal.params.get("at"))}
    if unit is None:
        return {"nothing_typed": True}
    wanted = form.wanted()
    found = bench(wanted)
    own = [one for one in found.sent if one.route is wanted]
    moved = {new.voice.pk for _was, new in found.changed}
    same = [one for one in own if one.voice.pk not in moved]
    return {
        "bench": found,
        "looked": len(found.sent),
        "own": len(own),
        "same": [hit_of(one.voice, one.spans) for one in same[:SHOWN]],
        "same_count": len(same),
        "changed": [(_said_of(was), _said_of(new)) for was, new in found.changed[:SHOWN]],
        "changed_count": len(found.changed),
    }


def _said_of(one: Sent) -> tuple[Hit, Sent]:
    return hit_of(one.voice, one.spans), one


urlpatterns = [
    path("settings/routing/", routing, name="settings-routing"),
    path("settings/routing/add/", route_add, name="settings-route-add"),
    path("settings/routing/<int:pk>/", route, name="settings-route"),
    path("settings/routing/<int:pk>/bench/", route_bench, name="settings-route-bench"),
    path("settings/routing/<int:pk>/drop/", route_drop, name="settings-route-drop"),
]
