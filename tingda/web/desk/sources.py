"""来源: the list of where voices come from, how well each is heard, and what is done to several."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from tingda.collect.actions.sources import set_active
from tingda.collect.actions.sources_many import change_several, pause_several
from tingda.collect.models import Check, Source
from tingda.collect.queries import sources_for
from tingda.collect.sources import BROUGHT, KINDS, kind_name
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.lib.words import mark
from tingda.web.desk import sources_add, sources_close, sources_key, sources_many, sources_page
from tingda.web.desk.sources_health import heard_of
from tingda.web.guard import desk, person_of
from tingda.web.paging import page
from tingda.web.words import said

ORDERS: dict[str, tuple[Any, ...]] = {
    "health": ("-active", "-failures", F("silent_at").asc(nulls_last=True), "name"),
    "name": ("name",),
    "group": ("group", "name"),
    "kind": ("kind", "name"),
    "heard": (F("heard_at").desc(nulls_last=True), "name"),
}
ON_PAGE = 50
NO_GROUP = ("-", "—", "－")
FILTERS = ("q", "group", "kind", "state", "sort")


@dataclass(frozen=True)
class Tab:
    """One state of sources: its name in the address, its word, and how many are in it."""

    name: str
    text: str
    count: int
    address: str


def _states(request: HttpRequest) -> dict[str, tuple[str, Q]]:
    listening, now = Q(active=True), present.now()
    deaf = listening & Q(failures__gt=0)
    return {
        "": (gettext("全部"), Q()),
        "deaf": (gettext("听不到"), deaf),
        "silent": (gettext("很久没有新的"), listening & Q(silent_at__isnull=False)),
        "close": (gettext("加密巡查"), listening & (Q(close_until__gt=now) | Q(key_until__gt=now))),
        "paused": (gettext("停用"), Q(active=False)),
    }


@desk()
def sources(request: HttpRequest) -> HttpResponse:
    """All of them, those that are not heard first."""
    person = person_of(request)
    asked = {name: request.GET.get(name, "").replace("\0", "").strip()[:100] for name in FILTERS}
    sort = asked["sort"] if asked["sort"] in ORDERS else "health"
    states = _states(request)
    everything = sources_for(person)
    chosen = _filtered(everything, asked)
    state = asked["state"] if asked["state"] in states else ""
    newest = Check.objects.filter(source=OuterRef("pk")).order_by("-at", "-id").values("pk")[:1]
    rows = chosen.filter(states[state][1]).annotate(newest=Subquery(newest))
    shown = page(rows.order_by(*ORDERS[sort]), request, ON_PAGE)
    checks = Check.objects.filter(pk__in=[row.newest for row in shown.items if row.newest])
    tabs = _tabs(request, chosen, states)
    context = {
        "here": "sources",
        "page": shown,
        "rows": heard_of(shown.items, {one.source_id: one for one in checks}, present.now()),
        "columns": _columns(request, sort),
        "tabs": tabs,
        "state": state,
        "asked": asked,
        "filtered": any(asked[name] for name in ("q", "group", "kind", "state")),
        "groups": _groups(everything),
        "kinds": [(name, gettext(kind_name(name))) for name in (*KINDS, *BROUGHT)],
        "query": request.GET.urlencode(),
        "now": present.now(),
        "may_configure": person.may("configure"),
        "may_hear": person.may("hear"),
    }
    return render(request, "desk/sources.html", context)


def _filtered(rows: QuerySet[Source], asked: dict[str, str]) -> QuerySet[Source]:
    if words := asked["q"]:
        rows = rows.filter(Q(name__icontains=words) | Q(address__icontains=words))
    if group := asked["group"]:
        rows = rows.filter(group="" if group == "-" else group)
    if asked["kind"] in {*KINDS, *BROUGHT}:
        rows = rows.filter(kind=asked["kind"])
    return rows


def _tabs(
    request: HttpRequest, rows: QuerySet[Source], states: dict[str, tuple[str, Q]]
) -> list[Tab]:
    counts = rows.order_by().aggregate(
        **{
            f"n_{name}": Count("pk", filter=q) if name else Count("pk")
            for name, (_t, q) in states.items()
        }
    )
    return [
        Tab(name, text, counts[f"n_{name}"], _with(request, state=name))
        for name, (text, _q) in states.items()
    ]


def _with(request: HttpRequest, **values: str) -> str:
    query = request.GET.copy()
    query.pop("page", None)
    for name, value in values.items():
        query[name] = value
        if not value:
            query.pop(name)
    return "?" + query.urlencode()


def _columns(request: HttpRequest, sort: str) -> list[tuple[str, str, bool]]:
    """(heading, address that sorts by it or "", whether it sorts now)."""
    headings = [
        ("name", gettext("名称")),
        ("group", gettext("分组")),
        ("kind", gettext("种类")),
        ("health", gettext("听得到吗")),
        ("heard", gettext("最近听到")),
        ("", gettext("最近巡查")),
        ("", gettext("下次")),
    ]
    return [
        (text, _with(request, sort=name) if name else "", name == sort) for name, text in headings
    ]


def _groups(rows: QuerySet[Source]) -> list[tuple[str, int]]:
    counted = rows.order_by("group").values_list("group").annotate(n=Count("pk"))
    return list(counted)


# --- what is done from the list ---


@require_POST
@desk("configure")
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Pause a source or go on with it, in one press."""
    row = get_object_or_404(sources_for(person_of(request)), pk=pk)
    set_active(row, not row.active, by=person_of(request), now=present.now())
    done = gettext("已恢复：%(name)s") if row.active else gettext("已停用：%(name)s")
    messages.success(request, done % {"name": row.name})
    return _back(request, "source", pk) if request.POST.get("here") else _back(request)


def _back(request: HttpRequest, name: str = "sources", *args: object) -> HttpResponse:
    query = request.POST.get("query", "")[:1000]
    address = reverse(name, args=args)
    return redirect(f"{address}?{query}" if query and not args else address)


def _pause(rows: Sequence[Source], request: HttpRequest) -> int:
    return pause_several(rows, False, by=person_of(request), now=present.now())


def _resume(rows: Sequence[Source], request: HttpRequest) -> int:
    return pause_several(rows, True, by=person_of(request), now=present.now())


def _arrange(rows: Sequence[Source], request: HttpRequest) -> int:
    """Group and interval, whichever is filled in."""
    typed = request.POST.get("minutes", "").strip()
    group = request.POST.get("group", "").replace("\0", "").strip()
    if typed and not (typed.isascii() and typed.isdigit() and len(typed) < 6):
        raise Refused(mark("请填多少分钟看一次，只写数字"))
    if not (typed or group):
        raise Refused(mark("请填新的分组或间隔"))
    return change_several(
        rows,
        group=("" if group in NO_GROUP else group) if group else None,
        minutes=int(typed) if typed else None,
        by=person_of(request),
        now=present.now(),
    )


DEEDS: dict[str, Callable[[Sequence[Source], HttpRequest], int]] = {
    "pause": _pause,
    "resume": _resume,
    "arrange": _arrange,
}


@require_POST
@desk("configure")
def several(request: HttpRequest) -> HttpResponse:
    """Do one thing to all that are ticked."""
    deed = DEEDS.get(request.POST.get("do", ""))
    rows = sources_close.ticked(request)
    if not rows or deed is None:
        messages.warning(request, gettext("请先勾选来源。"))
        return _back(request)
    try:
        changed = deed(rows, request)
    except Refused as refusal:
        messages.error(request, said(refusal))
        return _back(request)
    text = ngettext("已改 %(n)s 个来源。", "已改 %(n)s 个来源。", changed)
    messages.success(request, text % {"n": changed})
    return _back(request)


urlpatterns = [
    path("sources/", sources, name="sources"),
    path("sources/several/", several, name="sources-several"),
    path("sources/<int:pk>/switch/", switch, name="source-switch"),
    *sources_add.urlpatterns,
    *sources_many.urlpatterns,
    *sources_close.urlpatterns,
    *sources_page.urlpatterns,
    *sources_key.urlpatterns,
]
