"""来源: paste an address, choose what it is, see what would be heard, add it."""

import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from tingda.collect.actions.deliveries import DROP
from tingda.collect.actions.sources import Wanted, add_source, try_source
from tingda.collect.models import Source
from tingda.collect.queries import sources_for
from tingda.collect.rules import Entry, Look, exclude_words, is_left_out
from tingda.collect.sources import KINDS, kind_name
from tingda.collect.sources.contract import Proposal
from tingda.collect.sources.recognise import recognise
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.web.desk.sources_forms import SourceForm, initial_of
from tingda.web.desk.sources_key import show_new_key
from tingda.web.guard import desk, person_of
from tingda.web.words import said

SHOWN_OF_TRIAL = 5


class PasteForm(forms.Form):
    """Any address."""

    address = forms.CharField(
        label=_("网址"),
        max_length=1000,
        help_text=_("网站首页、公告栏、论坛、订阅地址、邮箱地址都可以"),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
    )


@dataclass(frozen=True)
class Offer:
    """A proposal with its words: what it would be, why, and what the next form is told."""

    proposal: Proposal
    kind: str
    why: str
    options: str


@desk("configure")
def add(request: HttpRequest) -> HttpResponse:
    """Paste an address and see what it may be."""
    if request.method != "POST":
        return _pasting(request, PasteForm(initial={"address": request.GET.get("address", "")}))
    form = PasteForm(request.POST)
    if not form.is_valid():
        return _pasting(request, form, status=422)
    try:
        found = recognise(form.cleaned_data["address"], now=present.now())
    except Refused as refusal:
        form.add_error("address", said(refusal))
        return _pasting(request, form, status=422)
    return _pasting(request, form, offers=[_offer(one) for one in found])


def _offer(proposal: Proposal) -> Offer:
    why = said(Refused(proposal.why, **proposal.params)) if proposal.why else ""
    named = gettext(kind_name(proposal.kind))
    return Offer(proposal, named, why, json.dumps(dict(proposal.options), ensure_ascii=False))


def _pasting(
    request: HttpRequest, form: forms.Form, offers: list[Offer] | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "here": "sources",
        "form": form,
        "offers": offers,
        "kinds": [(name, gettext(text)) for name, text in KINDS.items()],
    }
    return render(request, "desk/source_add.html", context, status=status)


@sensitive_post_parameters("secret")
@desk("configure")
def set_up(request: HttpRequest, kind: str) -> HttpResponse:
    """Set up a source of one kind: from a proposal, or from nothing."""
    if kind not in KINDS:
        raise Http404
    if request.method != "POST" or "choose" in request.POST:
        return set_up_page(request, SourceForm(kind, initial=_proposed(request)))
    form = SourceForm(kind, request.POST)
    if "try" in request.POST:
        return _try(request, form.for_trying())
    if form.is_valid():
        try:
            source = add_source(form.wanted, by=person_of(request), now=present.now())
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            return _added(request, source)
    form.hold_secret()
    return set_up_page(request, form, status=422)


def _proposed(request: HttpRequest) -> dict[str, Any]:
    """What was proposed, or named in the address of this page; nonsense is nothing."""
    asked = request.POST if request.method == "POST" else request.GET
    try:
        options = json.loads(asked.get("options", "{}"))
    except ValueError:
        options = {}
    plain = {name: asked.get(name, "") for name in ("address", "name")}
    return plain | initial_of(options if isinstance(options, dict) else {})


def _try(request: HttpRequest, form: SourceForm) -> HttpResponse:
    good = form.is_valid()
    form.fields["name"].required = True
    if not good:
        form.hold_secret()
        return set_up_page(request, form, status=422)
    found = tried(form, form.wanted)
    form.hold_secret()
    if found and not form.data.get("name"):
        form.data["name"] = found.title[:100]  # type: ignore[index]  # a copy of ours
    return set_up_page(request, form, found=found, status=200 if found else 422)


def tried(form: SourceForm, wanted: Wanted, source: Source | None = None) -> Look | None:
    """What would be heard; None, and the reason in the form, where nothing can be."""
    try:
        return try_source(wanted, now=present.now(), source=source)
    except Refused as refusal:
        form.add_error(None, said(refusal))
        return None


def _added(request: HttpRequest, source: Source) -> HttpResponse:
    messages.success(request, gettext("已添加，马上看第一次。"))
    if source.kind == DROP:
        return never_cache(show_new_key)(request, source)
    return redirect("source", pk=source.pk)


def set_up_page(
    request: HttpRequest, form: SourceForm, found: Look | None = None, status: int = 200
) -> HttpResponse:
    """The form, and beside it what would be heard."""
    context: dict[str, Any] = {
        "here": "sources",
        "form": form,
        "kind": gettext(kind_name(form.kind_name)),
        "groups": groups_of(request),
        **trial(found, form.data.get("exclude", "")),
    }
    return render(request, "desk/source_set_up.html", context, status=status)


def trial(found: Look | None, exclude: str) -> dict[str, Any]:
    """What a look brought, as the pages show it: each entry with whether it would be left out."""
    if found is None:
        return {"found": None}
    words = exclude_words(exclude)
    entries: list[tuple[Entry, bool]] = [
        (entry, bool(words) and is_left_out(entry, words)) for entry in found.entries
    ]
    return {
        "found": found,
        "entries": entries[:SHOWN_OF_TRIAL],
        "count": len(entries),
        "note": gettext(found.note) if found.note else "",
        "left_out": sum(left for _entry, left in entries),
    }


def groups_of(request: HttpRequest) -> list[str]:
    """The groups there are, to choose from."""
    rows = sources_for(person_of(request)).exclude(group="").order_by("group")
    return list(rows.values_list("group", flat=True).distinct())


urlpatterns = [
    path("sources/add/", add, name="source-add"),
    path("sources/add/<slug:kind>/", set_up, name="source-set-up"),
]
