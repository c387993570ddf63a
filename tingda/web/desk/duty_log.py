"""值班日志: what each shift was; completed, signed, taken over, printed as a sheet."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from tingda.duty.actions.logs import (
    raise_point,
    settle_point,
    sign_log,
    take_over,
    write_log,
)
from tingda.duty.models import OpenPoint, Shift, ShiftLog
from tingda.duty.queries import log_of, logs_for, may_be_on, open_points, to_take_over
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.people.queries import institution
from tingda.web.desk.duty import shift_text
from tingda.web.guard import desk, person_of
from tingda.web.paging import page
from tingda.web.shift_facts import gather_facts, in_lines, in_numbers
from tingda.web.words import said


class LogForm(forms.Form):
    """What the officer adds."""

    remarks = forms.CharField(
        label=_("值班情况和说明"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    nothing = forms.BooleanField(
        label=_("无事"), required=False, help_text=_("这一班没有要交代的事，也是一条记录")
    )


class PointForm(forms.Form):
    """One thing the next shift must know."""

    text = forms.CharField(label=_("再记一件"), max_length=300)


@require_safe
@desk()
def logs(request: HttpRequest) -> HttpResponse:
    """Every shift that has begun, the newest first."""
    now, person = present.now(), person_of(request)
    shown = page(logs_for(person, now), request)
    context = {
        "here": "duty",
        "tab": "duty-logs",
        "now": now,
        "page": shown,
        "rows": [(row, shift_text(row), getattr(row, "log", None)) for row in shown.items],
    }
    return render(request, "desk/duty_logs.html", context)


@desk()
def log(request: HttpRequest, pk: int) -> HttpResponse:
    """One shift: what happened by itself, what the officer adds, and the signatures."""
    now, person = present.now(), person_of(request)
    row = get_object_or_404(logs_for(person, now), pk=pk)
    kept = log_of(row)
    form = LogForm(request.POST or None, initial={"remarks": kept.remarks, "nothing": kept.nothing})
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            write_log(row, typed["remarks"], typed["nothing"], by=person, now=now)
            if "sign" in request.POST:
                sign_log(row, gather_facts(person, row, now), by=person, now=now)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            signed = gettext("已签字交班，等下一班接班。")
            messages.success(request, signed if "sign" in request.POST else gettext("已保存。"))
            return redirect("duty-log", pk=pk)
    return _page(request, row, kept, form)


def _page(request: HttpRequest, row: Shift, kept: ShiftLog, form: LogForm) -> HttpResponse:
    now, person = present.now(), person_of(request)
    writes = kept.state == "open" and may_be_on(person)
    facts = gather_facts(person, row, now) if kept.state == "open" else kept.facts
    on = [turn.person for turn in row.turns.all()]
    able = [one for one in on if may_be_on(one)]
    context = {
        "here": "duty",
        "tab": "duty-logs",
        "now": now,
        "row": row,
        "title": shift_text(row),
        "on": on,
        "log": kept,
        "form": form if writes else None,
        "lost": form if form.errors and not writes else None,
        "point_form": PointForm() if writes else None,
        "may_sign": writes and (person in able or not able),
        "may_take": kept.state == "signed" and may_be_on(person),
        "for_me": kept.state == "signed" and to_take_over(person, now).filter(pk=row.pk).exists(),
        "numbers": in_numbers(facts),
        "lines": in_lines(facts),
        "facts": facts,
        "points": open_points() if kept.state == "open" else [],
        "handed": kept.points,
        "office": institution(),
        "may_settle": may_be_on(person),
    }
    return render(request, "desk/duty_log.html", context, status=422 if form.errors else 200)


@require_POST
@desk()
def point(request: HttpRequest, pk: int) -> HttpResponse:
    """A new open point."""
    now, person = present.now(), person_of(request)
    row = get_object_or_404(logs_for(person, now), pk=pk)
    form = PointForm(request.POST)
    raise_point(row, form.data.get("text", ""), by=person, now=now)
    messages.success(request, gettext("已记下未了事项。"))
    return redirect("duty-log", pk=pk)


@require_POST
@desk()
def settled(request: HttpRequest, pk: int) -> HttpResponse:
    """An open point is done."""
    settle_point(get_object_or_404(OpenPoint, pk=pk), by=person_of(request), now=present.now())
    messages.success(request, gettext("已办完。"))
    back = request.POST.get("back", "")
    return (
        redirect("duty-log", pk=int(back))
        if back.isascii() and back.isdigit()
        else redirect("duty")
    )


@require_POST
@desk()
def taken(request: HttpRequest, pk: int) -> HttpResponse:
    """The incoming officer signs."""
    now, person = present.now(), person_of(request)
    row = get_object_or_404(logs_for(person, now), pk=pk)
    take_over(row, by=person, now=now)
    messages.success(request, gettext("已签字接班。未了事项现在由您负责。"))
    return redirect("duty-log", pk=pk)


urlpatterns = [
    path("duty/log/", logs, name="duty-logs"),
    path("duty/log/<int:pk>/", log, name="duty-log"),
    path("duty/log/<int:pk>/points/", point, name="duty-point"),
    path("duty/log/<int:pk>/take-over/", taken, name="duty-take-over"),
    path("duty/points/<int:pk>/settled/", settled, name="duty-settled"),
]
