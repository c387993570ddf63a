"""来源: where voices come from, how well each is heard, and what every look at it brought."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import F, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tingda.collect.actions.sources import (
    LONGEST,
    SHORTEST,
    Wanted,
    add_source,
    change_source,
    try_source,
)
from tingda.collect.models import Check, Source
from tingda.collect.queries import sources_for
from tingda.collect.rules import Look
from tingda.lib.refusal import Refused
from tingda.web.fields import InUse
from tingda.web.guard import desk, person_of
from tingda.web.paging import page
from tingda.web.words import said

ORDERS = {
    "health": ("-active", "-failures", "name"),
    "name": ("name",),
    "kind": ("kind", "name"),
    "heard": (F("heard_at").desc(nulls_last=True), "name"),
}
SHOWN_OF_TRIAL = 5


@dataclass(frozen=True)
class Heard:
    """One source in the list: its newest look, and how it is in a word with a colour."""

    source: Source
    check: Check | None
    health: str
    colour: str
    why: str


@desk()
def sources(request: HttpRequest) -> HttpResponse:
    """All of them, those that are not heard first."""
    person = person_of(request)
    sort = request.GET.get("sort", "")
    sort = sort if sort in ORDERS else "health"
    newest = Check.objects.filter(source=OuterRef("pk")).order_by("-at", "-id").values("pk")[:1]
    rows = sources_for(person).annotate(newest=Subquery(newest))
    shown = page(rows.order_by(*ORDERS[sort]), request)
    checks = Check.objects.in_bulk([row.newest for row in shown.items if row.newest])
    context = {
        "here": "sources",
        "page": shown,
        "rows": [_heard(row, checks.get(row.newest)) for row in shown.items],
        "columns": _columns(sort),
        "may_configure": person.may("configure"),
        "may_hear": person.may("hear"),
    }
    return render(request, "desk/sources.html", context)


def _columns(sort: str) -> list[tuple[str, str, bool]]:
    """(heading, address that sorts by it or "", whether it sorts now)."""
    headings = [
        ("name", gettext("名称")),
        ("kind", gettext("种类")),
        ("health", gettext("听得到吗")),
        ("heard", gettext("最近听到")),
        ("", gettext("最近巡查")),
        ("", gettext("下次")),
    ]
    return [(text, f"?sort={name}" if name else "", name == sort) for name, text in headings]


def _heard(source: Source, check: Check | None) -> Heard:
    if not source.active:
        return Heard(source, check, gettext("停用"), "", "")
    if source.failures:
        why = reason_of(check) if check else ""
        return Heard(source, check, gettext("听不到"), "orange", why)
    if source.kind == Source.Kind.FEED and check is None:
        return Heard(source, check, gettext("等第一次巡查"), "", "")
    return Heard(source, check, gettext("正常"), "green", "")


def reason_of(check: Check) -> str:
    """What a look noted, in the reader's language; "" where there was nothing to say."""
    return said(Refused(check.note, **check.note_params)) if check.note else ""


class FeedForm(forms.Form):
    """A feed: what it is called and how often to look. What is allowed the action decides."""

    name = forms.CharField(label=_("名称"), max_length=100)
    interval_minutes = forms.IntegerField(
        label=_("多久看一次（分钟）"),
        initial=30,
        min_value=SHORTEST,
        max_value=LONGEST,
        help_text=_("一般 30 分钟；不常更新的可以 360 或 1440（一天）"),
    )


class NewFeed(FeedForm):
    """A feed to add; its name may be left to what it calls itself until it is added."""

    address = forms.CharField(
        label=_("网址"),
        max_length=1000,
        help_text=_("RSS 或 Atom 的地址，可以从网页上“订阅”的链接复制"),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "url"}),
    )
    field_order = ("address", "name", "interval_minutes")


class Trial(NewFeed):
    """The address alone, and what else was typed, for trying it."""

    name = forms.CharField(required=False, max_length=100)


@desk("configure")
def add(request: HttpRequest) -> HttpResponse:
    """Paste an address, try it, add it."""
    if request.method != "POST":
        return _adding(request, NewFeed())
    if "try" in request.POST:
        return _try(request)
    form = NewFeed(request.POST)
    if form.is_valid():
        try:
            source = add_source(
                Wanted("feed", **form.cleaned_data), by=person_of(request), now=timezone.now()
            )
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, gettext("已添加，马上看第一次。"))
            return redirect("source", pk=source.pk)
    return _adding(request, form, status=422)


def _try(request: HttpRequest) -> HttpResponse:
    typed = Trial(request.POST)
    if not typed.is_valid():
        return _adding(request, typed, status=422)
    try:
        found = try_source(Wanted("feed", typed.cleaned_data["address"]), now=timezone.now())
    except Refused as refusal:
        typed.add_error("address", said(refusal))
        return _adding(request, typed, status=422)
    kept = typed.cleaned_data | {"name": typed.cleaned_data["name"] or found.title[:100]}
    return _adding(request, NewFeed(initial=kept), found=found)


def _adding(
    request: HttpRequest, form: forms.Form, found: Look | None = None, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"here": "sources", "form": form, "found": found}
    if found:
        context |= {"entries": found.entries[:SHOWN_OF_TRIAL], "count": len(found.entries)}
    return render(request, "desk/source_add.html", context, status=status)


@desk()
def source(request: HttpRequest, pk: int) -> HttpResponse:
    """One source with every look at it; an administrator changes it here."""
    person = person_of(request)
    row = get_object_or_404(sources_for(person), pk=pk)
    may_change = person.may("configure") and row.kind == Source.Kind.FEED
    form: ChangeFeed | None = None
    if may_change:
        kept = {"name": row.name, "interval_minutes": row.interval_minutes, "active": row.active}
        form = ChangeFeed(request.POST or None, initial=kept)
    if form and request.method == "POST" and form.is_valid():
        try:
            change_source(
                row,
                Wanted("feed", row.address, **form.cleaned_data),
                by=person,
                now=timezone.now(),
            )
        except Refused as refusal:
            form.add_error(None, said(refusal))
            row.refresh_from_db()
        else:
            messages.success(request, gettext("已保存。"))
            return redirect("source", pk=pk)
    shown = page(row.checks.order_by("-at", "-id"), request)
    newest = row.checks.order_by("-at", "-id").first()
    context = {
        "here": "sources",
        "source": row,
        "heard": _heard(row, newest),
        "page": shown,
        "checks": [(check, reason_of(check)) for check in shown.items],
        "form": form,
        "may_hear": person.may("hear"),
    }
    return render(request, "desk/source.html", context, status=422 if form and form.errors else 200)


class ChangeFeed(FeedForm):
    """The same, and whether it is listened to at all."""

    active = InUse(help_text=_("停用就不再巡查，听到过的都留着"))


urlpatterns = [
    path("sources/", sources, name="sources"),
    path("sources/add/", add, name="source-add"),
    path("sources/<int:pk>/", source, name="source"),
]
