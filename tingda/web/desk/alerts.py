"""预警: those that stand, those that were ended, and how many were false."""

import logging
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tingda.detect.actions import alerts as actions
from tingda.detect.models import Alert
from tingda.detect.queries import Week, alert_weeks, alerts_for, standing_alerts
from tingda.lib import charts, present
from tingda.lib.refusal import Refused
from tingda.web.desk.grouping import Deed
from tingda.web.guard import desk, person_of
from tingda.web.paging import page
from tingda.web.templatetags.tingda import when
from tingda.web.warning_words import lately, reasons_of
from tingda.web.words import said

log = logging.getLogger(__name__)
MOST = 100
COLOURS = list(Alert.Colour.values)


@dataclass(frozen=True)
class Row:
    """An alert on the page, with why it was raised."""

    alert: Alert
    why: str


class EndForm(forms.Form):
    """Why an alert is over, and whether it was one."""

    reason = forms.CharField(
        label=gettext_lazy("理由"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("写给以后看的人：为什么这样判断。会记入台账。"),
    )
    noise = forms.BooleanField(
        label=gettext_lazy("这是误报"),
        required=False,
        help_text=gettext_lazy("勾上以后，要再有三个人反映才会重新提出"),
    )


@desk()
def alerts(request: HttpRequest) -> HttpResponse:
    """What stands, what nobody knows of first; then what was ended."""
    now, person = present.now(), person_of(request)
    standing = list(standing_alerts(person)[:MOST])
    standing.sort(key=lambda one: (one.acknowledged_at is not None, COLOURS.index(one.colour)))
    ended = page(alerts_for(person).exclude(ended_at=None).order_by("-ended_at", "-id"), request)
    weeks = lately(alert_weeks(now))
    context = {
        "here": "today",
        "now": now,
        "rows": [Row(one, "，".join(reasons_of(one))) for one in standing],
        "page": ended,
        "ended": [Row(one, "，".join(reasons_of(one))) for one in ended.items],
        "weeks": weeks[::-1],
        "any_week": any(week.raised for week in weeks),
        "may_know": any(person.may(deed) for deed in actions.MAY_KNOW),
        "may_take_on": person.may("take_on"),
    }
    return render(request, "desk/alerts.html", context)


@desk()
def chart(request: HttpRequest) -> HttpResponse:
    """Alerts by week as a picture, fetched after the page."""
    weeks = lately(alert_weeks(present.now()))
    words = charts.NameWords(
        title=_("每周提出多少预警"), value=_("次"), mark=_("%(name)s：%(value)d 次")
    )
    spec = charts.bars_by_name([(_name(week), week.raised) for week in weeks], words)
    try:
        drawn = charts.to_svg(spec, shelf=cache)
    except charts.DrawingFailed:
        log.exception("chart of alerts")
        drawn = ""
    context = {
        "here": "today",
        "drawn": mark_safe(drawn),  # noqa: S308 - drawn by our own code from numbers
        "label": _("每周提出多少预警，用左右方向键逐周听数；旁边有同样内容的表格"),
    }
    alone = "HX-Request" not in request.headers
    return render(request, "desk/alerts_chart.html" if alone else "parts/chart.html", context)


def _name(week: Week) -> str:
    start = {"day": when(week.monday), "n": week.wrong}
    return _("%(day)s 起（误报 %(n)s）") % start if week.wrong else _("%(day)s 起") % start


@desk()
@require_POST
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """One key: I have seen it. The second to press hears who was first."""
    person = person_of(request)
    row = get_object_or_404(alerts_for(person), pk=pk)
    try:
        actions.acknowledge(row, by=person, now=present.now())
        messages.success(request, _("已记下您知道了，不再通知更多人。"))
    except Refused as refusal:
        messages.warning(request, said(refusal))
    back = request.POST.get("back")
    if back == "issue":
        return redirect("issue", pk=row.issue_id)
    return redirect("today" if back == "today" else "alerts")


@desk("take_on")
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End an alert with a reason."""
    person, now = person_of(request), present.now()
    row = get_object_or_404(standing_alerts(person), pk=pk)
    form = EndForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            actions.end_alert(row, **form.cleaned_data, by=person, now=now)
            messages.success(request, _("预警已结束。"))
            return redirect("alerts")
        except Refused as refusal:
            form.add_error(None, said(refusal))
    deed = Deed(
        _("结束预警"),
        _("事情过去了，或者是误报。以后又听到新的，会重新提出。"),
        _("结束预警"),
        "",
    )
    context = {"here": "today", "issue": row.issue, "deed": deed, "form": form}
    return render(request, "desk/issue_deed.html", context, status=status)


urlpatterns = [
    path("alerts/", alerts, name="alerts"),
    path("alerts/chart/", chart, name="alerts-chart"),
    path("alerts/<int:pk>/acknowledge/", acknowledge, name="alert-acknowledge"),
    path("alerts/<int:pk>/end/", end, name="alert-end"),
]
