"""值班: who watches when, this week and next; swaps, and who stands in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from tingda.cases.queries.clocks import own_days
from tingda.duty import rules
from tingda.duty.actions.swaps import answer_swap, ask_swap, put_on, withdraw_swap
from tingda.duty.models import KeyPeriod, Roster, Shift, Swap, Turn
from tingda.duty.queries import (
    gaps,
    may_be_on,
    open_points,
    shifts_for,
    swaps_for,
    to_take_over,
)
from tingda.lib import present
from tingda.lib.clocks import name_of_holiday, unpublished
from tingda.lib.refusal import Refused
from tingda.notify.actions import mark_read, tell
from tingda.notify.queries import unread_for
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office, people_with
from tingda.people.rules import DUTY
from tingda.web.context import hours_text
from tingda.web.guard import desk, person_of
from tingda.web.words import said

WEEKS = 2
_OLDEST = timedelta(days=800)


@dataclass(frozen=True)
class OnIt:
    """One person of a shift on the page."""

    turn: Turn
    me: bool
    able: bool
    may_swap: bool


@dataclass(frozen=True)
class Row:
    """One shift on the page."""

    shift: Shift
    hours: str
    people: list[OnIt]
    missing: int
    now: bool
    over: bool
    may_step_in: bool


@dataclass(frozen=True)
class DayRows:
    """One day with its shifts; `sort` is what kind of day it is, in words."""

    day: date
    text: str
    sort: str
    unknown: bool
    today: bool
    rows: list[Row]


@require_safe
@desk()
def duty(request: HttpRequest) -> HttpResponse:
    """This week and the next as a table."""
    now, person = present.now(), person_of(request)
    if not is_of_the_office(person):
        raise Http404
    if unread_for(person).filter(link="duty").exists():
        mark_read(person, link="duty", now=now)
    today = timezone.localdate(now)
    monday = _monday(request.GET.get("from", ""), today)
    start, end = _bounds(monday)
    days = rules.Days.of(own_days())
    rows = _by_day(shifts_for(person, start, end), person, now)
    every = [monday + timedelta(days=n) for n in range(7 * WEEKS)]
    shown = [_day_rows(day, rows.get(day, []), days, today) for day in every]
    context = {
        "here": "duty",
        "tab": "duty",
        "weeks": [shown[at : at + 7] for at in range(0, len(shown), 7)],
        "any": any(day.rows for day in shown),
        "rosters": Roster.objects.filter(active=True).exists(),
        "before": monday - timedelta(days=7),
        "after": monday + timedelta(days=7),
        "this_week": monday == today - timedelta(days=today.weekday()),
        "gaps": [(gap, _gap_text(gap)) for gap in gaps(now)],
        "unknown": unpublished(day.day for day in shown if day.unknown),
        "swaps": [(swap, swap.to_id == person.pk) for swap in swaps_for(person, now)],
        "decided": _decided(person, now),
        "periods": KeyPeriod.objects.filter(starts_at__lt=end, ends_at__gt=max(start, now)),
        "points": open_points()[:20],
        "take_over": to_take_over(person, now),
        "may_configure": person.may("configure"),
    }
    return render(request, "desk/duty.html", context)


def _monday(asked: str, today: date) -> date:
    try:
        day = date.fromisoformat(asked) if asked else today
    except ValueError as error:
        raise Http404 from error
    if abs(day - today) > _OLDEST:
        raise Http404
    return day - timedelta(days=day.weekday())


def _bounds(monday: date) -> tuple[datetime, datetime]:
    first, last = monday, monday + timedelta(days=7 * WEEKS)
    zone = timezone.get_default_timezone()
    return datetime.combine(first, time.min, zone), datetime.combine(last, time.min, zone)


def _by_day(shifts: Sequence[Shift], person: Person, now: datetime) -> dict[date, list[Row]]:
    found: dict[date, list[Row]] = {}
    for shift in shifts:
        found.setdefault(shift.day, []).append(_row(shift, person, now))
    return found


def _row(shift: Shift, person: Person, now: datetime) -> Row:
    turns = list(shift.turns.all())
    people = [
        OnIt(
            turn=turn,
            me=turn.person_id == person.pk,
            able=may_be_on(turn.person),
            may_swap=turn.person_id == person.pk and shift.starts_at > now,
        )
        for turn in turns
    ]
    missing = max(0, shift.needs - sum(one.able for one in people))
    mine = any(one.me for one in people)
    return Row(
        shift=shift,
        hours=hours_text(shift.starts_at, shift.ends_at),
        people=people,
        missing=missing,
        now=shift.starts_at <= now < shift.ends_at,
        over=shift.ends_at <= now,
        may_step_in=bool(missing) and may_be_on(person) and not mine and shift.ends_at > now,
    )


def _day_rows(day: date, rows: list[Row], days: rules.Days, today: date) -> DayRows:
    names = {"workday": "", "weekend": gettext("休息日"), "holiday": gettext("节假日")}
    sort = days.sort_of(day)
    told = name_of_holiday(day) if sort == "holiday" else ""
    made_up = sort == "workday" and day.weekday() >= 5
    return DayRows(
        day=day,
        text=date_format(day, gettext("n月j日 D")),
        sort=gettext("要上班") if made_up else (gettext(told) if told else names[sort]),
        unknown=bool(rules.unknown_days(day, day, days)),
        today=day == today,
        rows=rows,
    )


def _gap_text(gap: rules.Gap) -> str:
    when = f"{date_format(timezone.localtime(gap.starts_at), gettext('n月j日 D'))} "
    when += hours_text(gap.starts_at, gap.ends_at)
    if gap.shift is None:
        last = timezone.localtime(gap.ends_at)
        begun = f"{timezone.localtime(gap.starts_at):%H:%M}"
        when = f"{date_format(timezone.localtime(gap.starts_at), gettext('n月j日 D'))} {begun}"
        when += f" – {date_format(last, gettext('n月j日 D'))} {last:%H:%M}"
        return gettext("%(when)s 没有排班") % {"when": when}
    told = {"when": when, "shift": gettext(gap.name), "n": gap.missing}
    return gettext("%(when)s %(shift)s 缺 %(n)s 人") % told


def _decided(person: Person, now: datetime) -> list[Swap]:
    rows = Swap.objects.filter(asker=person, decided_at__gt=now - timedelta(days=3))
    return list(rows.select_related("to").order_by("-decided_at")[:5])


# ---- swapping ----
class SwapForm(forms.Form):
    """With whom, and why."""

    other = forms.ChoiceField(label=_("和谁换"))
    reason = forms.CharField(
        label=_("为什么"), max_length=200, help_text=_("对方同意以后才会换；会记入台账")
    )

    def __init__(self, *args: Any, choices: list[Any], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["other"].choices = choices  # type: ignore[attr-defined]


def shift_text(shift: Shift) -> str:
    """11月25日 周三 夜班 17:30–08:00"""
    day = date_format(shift.day, gettext("n月j日 D"))
    return f"{day} {gettext(shift.name)} {hours_text(shift.starts_at, shift.ends_at)}"


@desk()
def swap(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask somebody to take a shift of one's own."""
    now, person = present.now(), person_of(request)
    mine = get_object_or_404(Turn.objects.select_related("shift"), pk=pk, person=person)
    others = Turn.objects.filter(
        person__in=people_with(DUTY),
        shift__starts_at__gt=now,
        shift__starts_at__lt=now + rules.AHEAD,
    ).exclude(person=person)
    turns = list(
        others.exclude(shift=mine.shift_id)
        .select_related("shift", "person")
        .order_by("shift__starts_at", "id")
    )
    people = list(people_with(DUTY).exclude(pk=person.pk).order_by("id"))
    choices = [
        ("", gettext("请选择")),
        (
            gettext("换一个班"),
            [(f"turn:{t.pk}", f"{shift_text(t.shift)} · {t.person.name}") for t in turns],
        ),
        (gettext("只请对方替，不还"), [(f"person:{p.pk}", p.name) for p in people]),
    ]
    form = SwapForm(request.POST or None, choices=choices)
    if request.method == "POST" and form.is_valid():
        kind, _sep, number = form.cleaned_data["other"].partition(":")
        theirs = next((t for t in turns if kind == "turn" and t.pk == int(number)), None)
        to = theirs.person if theirs else next(p for p in people if p.pk == int(number))
        try:
            ask_swap(mine, theirs, to, form.cleaned_data["reason"], by=person, now=now)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(
                request, gettext("已经问了%(who)s，对方同意以后才会换。") % {"who": to.name}
            )
            return redirect("duty")
    context = {"title": gettext("换班"), "about": shift_text(mine.shift), "alone": not people}
    context["send"] = gettext("问对方")
    return _form_page(request, form, context)


def _form_page(request: HttpRequest, form: forms.Form, context: dict[str, Any]) -> HttpResponse:
    status = 422 if form.errors else 200
    page = {"here": "duty", "tab": "duty", "form": form, **context}
    return render(request, "desk/duty_form.html", page, status=status)


@require_POST
@desk()
def swap_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree or decline; the one who asked is told."""
    now, person = present.now(), person_of(request)
    row = get_object_or_404(swaps_for(person, now), pk=pk)
    if "withdraw" in request.POST:
        withdraw_swap(row, by=person, now=now)
        messages.success(request, gettext("已收回换班的请求。"))
        return redirect("duty")
    agree = "agree" in request.POST
    about = shift_text(row.mine.shift) if row.mine else ""
    with transaction.atomic():
        answer_swap(row, agree, by=person, now=now)
        verb = "duty.swapped" if agree else "duty.declined"
        data = {"title": about, "unit": person.name}
        tell([row.asker], verb, key=f"swap:{row.pk}", link="duty", now=now, data=data)
        for late in Swap.objects.filter(state="overtaken", decided_at=now).select_related("asker"):
            told = {"title": about, "unit": person.name}
            key = f"swap:{late.pk}"
            tell([late.asker], "duty.overtaken", key=key, link="duty", now=now, data=told)
    messages.success(request, gettext("已换班。") if agree else gettext("已回复不换。"))
    return redirect("duty")


class PutForm(forms.Form):
    """Who stands in for whom, this once."""

    out = forms.ChoiceField(label=_("替换谁"), required=False)
    person = forms.ChoiceField(label=_("换成谁"))
    reason = forms.CharField(label=_("原因"), max_length=200, help_text=_("会记入台账"))

    def __init__(self, *args: Any, on: list[Person], able: list[Person], **more: Any) -> None:
        super().__init__(*args, **more)
        there = {one.pk for one in on}
        nobody = [("", gettext("不替换，加一个人"))]
        self.fields["out"].choices = [*((str(p.pk), p.name) for p in on), *nobody]  # type: ignore[attr-defined]
        self.fields["person"].choices = [  # type: ignore[attr-defined]
            (str(p.pk), p.name) for p in able if p.pk not in there
        ]


@desk()
def put(request: HttpRequest, pk: int) -> HttpResponse:
    """One-off: another person on a shift. Administrators anybody, a duty officer themselves."""
    now, person = present.now(), person_of(request)
    if not is_of_the_office(person):
        raise Http404
    if not (person.may("configure") or may_be_on(person)):
        raise PermissionDenied
    shift = get_object_or_404(Shift, pk=pk, ends_at__gt=now)
    able = list(people_with(DUTY).order_by("id")) if person.may("configure") else [person]
    on = [turn.person for turn in shift.turns.select_related("person")]
    if not person.may("configure"):
        on = [one for one in on if not may_be_on(one)]
    form = PutForm(request.POST or None, on=on, able=able)
    if request.method == "POST" and form.is_valid():
        out = next((p for p in on if str(p.pk) == form.cleaned_data["out"]), None)
        new = next(p for p in able if str(p.pk) == form.cleaned_data["person"])
        try:
            with transaction.atomic():
                put_on(shift, out, new, form.cleaned_data["reason"], by=person, now=now)
                data = {"title": shift_text(shift), "unit": new.name}
                whom = [one for one in (out, new) if one and one.pk != person.pk]
                key = f"duty.replaced:{shift.pk}:{new.pk}:{now.isoformat()}"
                tell(whom, "duty.replaced", key=key, link="duty", now=now, data=data)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, gettext("已改好，会通知有关的人。"))
            return redirect("duty")
    return _form_page(request, form, {"title": gettext("换人"), "about": shift_text(shift)})


urlpatterns = [
    path("duty/", duty, name="duty"),
    path("duty/turns/<int:pk>/swap/", swap, name="duty-swap"),
    path("duty/swaps/<int:pk>/", swap_answer, name="duty-swap-answer"),
    path("duty/shifts/<int:pk>/put/", put, name="duty-put"),
]
