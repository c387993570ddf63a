"""联系单: what a unit is asked. Its liaison sees this and nothing else of the case."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tingda.cases import actions
from tingda.cases.models import Referral
from tingda.cases.queries import cases_to_read_for, may_answer, referrals_for
from tingda.cases.queries.routing import may_object
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.notify.actions import mark_read
from tingda.people.models import Person
from tingda.people.queries import units_led
from tingda.web.desk.case_deeds import Values, keep_fact
from tingda.web.desk.case_forms import FactForm, Reason
from tingda.web.desk.case_major import urged_on_page
from tingda.web.guard import person_of, signed_in
from tingda.web.paging import page
from tingda.web.words import said

MOST_OPEN = 50
Act = Callable[[Referral, Values, Person, datetime], str]


@signed_in
def referrals(request: HttpRequest) -> HttpResponse:
    """What waits for an answer, the latest first; below it what is done."""
    now, person = present.now(), person_of(request)
    _allowed(person)
    seen = referrals_for(person)
    waiting = seen.filter(state=Referral.State.SENT)
    done = seen.exclude(state=Referral.State.SENT).order_by("-id")
    # thousands are put in order by their numbers alone, and only those of the page are read
    numbers = page(done.values_list("pk", flat=True), request)
    context = {
        "here": "referrals",
        "now": now,
        "waiting": page(waiting.order_by("due_at", "id"), request, MOST_OPEN, "waiting"),
        "page": replace(numbers, items=list(done.filter(pk__in=numbers.items))),
    }
    return render(request, "desk/referrals.html", context)


@signed_in
def referral(request: HttpRequest, pk: int) -> HttpResponse:
    """One referral; the notice about it is read."""
    person = person_of(request)
    seen = referrals_for(person).select_related(
        "objection__by", "objection__decided_by", "objection__moved_to__unit"
    )
    row = get_object_or_404(seen.select_related("put_by__referral__unit"), pk=pk)
    mark_read(person, link=f"referral:{row.pk}", now=present.now())
    return _show(request, row)


def _allowed(person: Person) -> None:
    """Other colleagues without a unit to answer for or to lead have no such page."""
    if person.may("state_facts") or person.is_staff_member or units_led(person):
        return
    if not referrals_for(person).exists():
        raise Http404


def _show(
    request: HttpRequest, row: Referral, bound: dict[str, forms.Form] | None = None
) -> HttpResponse:
    person, bound, now = person_of(request), bound or {}, present.now()
    answers = row.state == Referral.State.SENT and may_answer(person, row)
    context = {
        "here": "referrals",
        "now": now,
        "referral": row,
        "urged": urged_on_page(row, person, now),
        "facts": row.facts.select_related("recorded_by").prefetch_related("files").order_by("id"),
        "sees_case": cases_to_read_for(person).filter(pk=row.case_id).exists(),
        "may_answer": answers,
        "may_object": answers and may_object(row, now),
        "over": answers and row.object_until is not None and row.object_until < now,
        "objection_known": hasattr(row, "objection") or hasattr(row, "put_by"),
        "fact_form": bound.get("fact") or FactForm(initial={"by_whom": row.unit.name}),
        "done_form": bound.get("done"),
        "object_form": bound.get("object") or Reason(auto_id="object_%s"),
        "objecting": "object" in bound,
    }
    return render(request, "desk/referral.html", context, status=422 if bound else 200)


def _fact(row: Referral, values: Values, by: Person, now: datetime) -> str:
    keep_fact(row.case, values, referral=row, by=by, now=now)
    return _("已记下。还有别的就接着写，写完了按“反馈完毕”。")


def _complete(row: Referral, values: Values, by: Person, now: datetime) -> str:
    actions.answer_referral(row, by=by, now=now)
    return _("已反馈，谢谢。值班员会收到通知。")


def _object(row: Referral, values: Values, by: Person, now: datetime) -> str:
    actions.object_referral(row, values["reason"], by=by, now=now)
    return _("异议已提出，由值班员或签发人决定归谁。")


# the name in the address -> its form and what it does
DEEDS: dict[str, tuple[type[forms.Form], Act]] = {
    "fact": (FactForm, _fact),
    "done": (forms.Form, _complete),
    "object": (Reason, _object),
}


@signed_in
@require_POST
def deed(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Fill in a referral, say that it is complete, or object to it."""
    person = person_of(request)
    row = get_object_or_404(referrals_for(person), pk=pk)
    if name not in DEEDS or not may_answer(person, row):
        raise Http404
    kind, act = DEEDS[name]
    form = kind(request.POST, request.FILES, auto_id="object_%s" if name == "object" else "id_%s")
    if form.is_valid():
        try:
            text = act(row, form.cleaned_data, person, present.now())
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, text)
            return redirect("referral", pk=row.pk)
    row.refresh_from_db()
    return _show(request, row, {name: form})


urlpatterns = [
    path("referrals/", referrals, name="referrals"),
    path("referrals/<int:pk>/", referral, name="referral"),
    path("referrals/<int:pk>/<slug:name>/", deed, name="referral-deed"),
]
