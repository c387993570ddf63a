"""设置 → 时钟: the limits in force and the office's own days. Administrators change them."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tingda.cases import rules as cases
from tingda.cases.actions import follow_calendar, set_clock, set_office_day
from tingda.cases.queries.clocks import Moved, clock_table, moved_by, office_days, own_days
from tingda.lib import present
from tingda.lib.words import mark
from tingda.web.clock_words import limit_text
from tingda.web.desk.configure import settings_edit, settings_page
from tingda.web.guard import desk, person_of

KINDS = cases.KINDS | {
    cases.REFERRAL.kind: mark("联系单"),
    cases.REPORT.kind: mark("快报"),
}
STAGES = cases.STAGES | {
    cases.REFERRAL.stage: mark("反馈核实"),
    cases.OBJECTION.stage: mark("提出异议"),
    cases.REPORT.stage: mark("上报"),
}
MOST_SHOWN = 50
WORKS = {"yes": True, "no": False, "calendar": None}


class ClockForm(forms.Form):
    """How long somebody has."""

    amount = forms.IntegerField(label=_("多少"), min_value=1)
    kind = forms.ChoiceField(
        label=_("按什么算"),
        choices=[
            ("hours", _("小时，连续计时")),
            ("days", _("天，含休息日")),
            ("working_days", _("工作日，算上调休")),
        ],
        help_text=_("只用于之后新立的事项和新发的联系单；已经在办的不变"),
    )
    extension = forms.IntegerField(
        label=_("最多可以延长多少"),
        required=False,
        min_value=0,
        max_value=3660,
        help_text=_("和时限同一种算法；0 是不能延长。延期要写理由、由另一位签发人批准，只能一次"),
    )


class DayForm(forms.Form):
    """A day on which this office works or rests in its own way."""

    day = forms.DateField(
        label=_("哪一天"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    works = forms.TypedChoiceField(
        label=_("这一天"),
        choices=[
            ("yes", _("本单位上班")),
            ("no", _("本单位放假")),
            ("calendar", _("按国家日历")),
        ],
        coerce=WORKS.__getitem__,
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        label=_("说明"),
        max_length=100,
        help_text=_("如：校庆补休、汛期值守。会改动在办时限的，先列出来请您确认"),
    )


def _name(clock: cases.Clock) -> str:
    parts = [KINDS[clock.kind], *(cases.GRADES[grade] for grade in clock.grades)]
    return " · ".join(gettext(part) for part in [*parts, STAGES[clock.stage]])


@desk()
def clocks(request: HttpRequest) -> HttpResponse:
    """The limits in force, and what they were where the office has its own."""
    rows = [
        {
            "code": clock.code,
            "name": _name(clock),
            "kind": KINDS[clock.kind],
            "stage": STAGES[clock.stage],
            "grades": [cases.GRADES[grade] for grade in clock.grades],
            "limit": limit_text(clock.limit.amount, clock.limit.kind),
            "basis": clock.basis,
            "extension": limit_text(clock.extension, clock.limit.kind) if clock.extension else "",
            "instead_of": ""
            if clock.limit == default.limit
            else limit_text(default.limit.amount, default.limit.kind),
        }
        for default, clock in zip((*cases.CLOCKS, *cases.ASKING), clock_table(), strict=True)
    ]
    published = moved_by(own_days()) if person_of(request).may("configure") else []
    return settings_page(
        request, "settings_clocks", clocks=rows, days=office_days(), moved=shown_moves(published)
    )


@desk("configure")
def clock(request: HttpRequest, code: str) -> HttpResponse:
    """One limit, to change."""
    person, now = person_of(request), present.now()
    row = next((one for one in clock_table() if one.code == code), None)
    if row is None:
        raise Http404
    form = ClockForm(request.POST or None, initial=_limit(row))
    page = {"tab": "settings-clocks", "title": _name(row)}
    return settings_edit(
        request, form, lambda typed: set_clock(code, **typed, by=person, now=now), page
    )


def _limit(row: cases.Clock) -> dict[str, Any]:
    return {"amount": row.limit.amount, "kind": row.limit.kind, "extension": row.extension}


@desk("configure")
def office_day(request: HttpRequest) -> HttpResponse:
    """One day of the office's own; `?day=` names one that is to be changed."""
    person, now = person_of(request), present.now()
    form = DayForm(request.POST or None, initial=_kept(request.GET.get("day", "")))
    page: dict[str, Any] = {"tab": "settings-clocks", "title": gettext("本单位的日子")}
    seen = number_of(request.POST.get("seen", ""))
    if request.method == "POST" and form.is_valid():
        day, works = form.cleaned_data["day"], form.cleaned_data["works"]
        days = {one: now for one, now in own_days().items() if one != day}
        moved = moved_by(days if works is None else days | {day: works})
        page |= {"moved": shown_moves(moved)}
        if len(moved) != seen:  # shown first, then moved
            return settings_page(request, "settings_edit", status=422, form=form, **page)
    return settings_edit(
        request, form, lambda typed: set_office_day(**typed, seen=seen, by=person, now=now), page
    )


@desk("configure")
@require_POST
def calendar(request: HttpRequest) -> HttpResponse:
    """Open deadlines follow a calendar that came out after they were computed."""
    seen = number_of(request.POST.get("seen", ""))
    follow_calendar(seen, by=person_of(request), now=present.now())
    messages.success(request, gettext("在办的时限已按新的日历改好，台账里各有一行。"))
    return redirect("settings-clocks")


def number_of(text: str) -> int:
    """A count as a form sends it; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def shown_moves(moved: Sequence[Moved]) -> dict[str, Any]:
    """What moves, for parts/moved.html; the first of many are listed."""
    rows = [(one.case, STAGES[one.stage], one.row.due_at, one.due_at) for one in moved]
    return {"count": len(rows), "rows": rows[:MOST_SHOWN]}


def _kept(asked: str) -> dict[str, Any]:
    try:
        day = parse_date(asked)
    except ValueError:  # such as the 30th of February
        day = None
    row = office_days().filter(day=day).first() if day else None
    return {"day": row.day, "works": "yes" if row.works else "no", "name": row.name} if row else {}


urlpatterns = [
    path("settings/clocks/", clocks, name="settings-clocks"),
    path("settings/clocks/<str:code>/", clock, name="settings-clock"),
    path("settings/days/", office_day, name="settings-day"),
    path("settings/days/follow/", calendar, name="settings-calendar"),
]
