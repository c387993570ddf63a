"""快报: the immediate report upward: written from the case, sent by a person, on paper, as Word."""

import io
from datetime import datetime, timedelta

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from tingda.cases.actions.reports import Told, note_reply, send_report
from tingda.cases.models import Referral, Report
from tingda.cases.queries import standing_issue
from tingda.cases.queries.ladder import calls_about
from tingda.cases.queries.meetings import reports_for, superiors
from tingda.detect.models import Issue
from tingda.detect.queries import issue_family
from tingda.duty.queries import runs_of, ticks_of
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.notify.actions import mark_read
from tingda.people.queries import institution
from tingda.reports.actions import write_upward
from tingda.web.desk.meeting_forms import ReplyForm, ReportForm
from tingda.web.guard import desk, person_of, supervised
from tingda.web.templatetags.tingda import named, when
from tingda.web.words import said

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
AGAIN = timedelta(hours=2)  # when a next report is suggested


@supervised
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """One report: to fill in and send; once it is sent, as it was, with what was said back."""
    person, now = person_of(request), present.now()
    row = get_object_or_404(reports_for(person), pk=pk)
    mark_read(person, link=f"report:{row.pk}", now=now)
    if not person.may("take_on"):
        return _show(request, row, {})
    form = ReportForm(request.POST or None, initial=_template(row, now) if row.is_owed else {})
    if request.method == "POST" and form.is_valid():
        values = {key: form.cleaned_data[key] for key in ("what", "place", "people", "done")}
        told = Told(**values, to=form.told_to(), next_at=form.cleaned_data["next_at"])
        try:
            send_report(row, told, by=person, now=now)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, _("已记为报出。对方说了什么，记在下面。"))
            return redirect("report", pk=row.pk)
    return _show(request, row, {"report": form})


def _show(request: HttpRequest, row: Report, bound: dict[str, forms.Form]) -> HttpResponse:
    person, form = person_of(request), bound.get("report")
    may = person.may("take_on")
    reply = bound.get("reply") or ReplyForm(auto_id="reply_%s")
    wrong = any(one.is_bound for one in bound.values())
    context = {
        "here": "cases",
        "now": present.now(),
        "report": row,
        "case": row.case,
        "office": institution(),
        "form": form if row.is_owed or (form and form.is_bound) else None,
        "reply_form": reply if may and row.sent_at else None,
        "replies": row.replies.select_related("by").order_by("id"),
        "calls": calls_about([f"report:{row.pk}"]).get(f"report:{row.pk}", []),
        "nobody": row.is_owed and not superiors().filter(active=True).exists(),
        "may_configure": person.may("configure"),
    }
    return render(request, "desk/report.html", context, status=422 if wrong else 200)


def _template(row: Report, now: datetime) -> dict[str, object]:
    """What the case already says; a report that continues another begins with its words."""
    before = row.case.reports.exclude(sent_at=None).order_by("-number").first()
    again = timezone.localtime(now + AGAIN).strftime("%Y-%m-%dT%H:%M")
    if before:
        kept = {"what": before.what, "place": before.place, "people": before.people}
        return {**kept, "done": before.done, "next_at": again}
    case, issue = row.case, standing_issue(row.case)
    bodies = superiors().filter(active=True)[:2]
    heard = _("%(at)s 听到") % {"at": when(case.heard_at)}
    place = issue.place if issue else ""
    people = _("正在核实")
    if issue:
        said_by = ngettext("%(n)s 人反映", "%(n)s 人反映", issue.people) % {"n": issue.people}
        people = f"{said_by}{_('；')}{people}"
    return {
        "what": "\n".join([case.title, *_facts(row)]),
        "place": _("，").join(filter(None, [heard, place])),
        "people": people,
        "done": "\n".join(_steps(row, issue)) or _("正在核实"),
        "next_at": again,
        "bodies": [str(one.pk) for one in bodies] if len(bodies) == 1 else [],
    }


def _facts(row: Report) -> list[str]:
    return list(row.case.facts.order_by("id").values_list("what", flat=True))


def _steps(row: Report, issue: Issue | None) -> list[str]:
    """What was done so far, in the order of time: steps of emergency plans, whom we asked."""
    asked: list[Referral] = list(row.case.referrals.select_related("unit"))
    done = [
        (
            one.sent_at,
            _("%(at)s 请%(unit)s核实") % {"at": when(one.sent_at), "unit": named(one.unit)},
        )
        for one in asked
    ]
    runs = runs_of(*(f"issue:{pk}" for pk in issue_family(issue.pk))) if issue else []
    for run in runs:
        for text, tick in zip(run.steps, ticks_of(run), strict=True):
            if tick:
                done.append((tick.at, f"{when(tick.at)} {text}"))
    return [text for _at, text in sorted(done)]


@desk("take_on")
@require_POST
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """Take down what was said back."""
    person = person_of(request)
    row = get_object_or_404(reports_for(person), pk=pk)
    form = ReplyForm(request.POST, auto_id="reply_%s")
    if form.is_valid():
        try:
            note_reply(row, **form.cleaned_data, by=person, now=present.now())
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, _("回话已记下。"))
            return redirect("report", pk=row.pk)
    return _show(request, row, {"reply": form})


@require_safe
@supervised
def word(request: HttpRequest, pk: int) -> HttpResponse:
    """The report that was sent, as a Word file."""
    row = get_object_or_404(reports_for(person_of(request)), pk=pk)
    if row.sent_at is None:
        raise Http404
    stream = io.BytesIO()
    write_upward(row, institution(), stream)
    response = HttpResponse(stream.getvalue(), content_type=WORD)
    name = _("快报-%(number)s-%(n)s.docx") % {"number": row.case.number, "n": row.number}
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


urlpatterns = [
    path("reports/<int:pk>/", report, name="report"),
    path("reports/<int:pk>/reply/", reply, name="report-reply"),
    path("reports/<int:pk>.docx", word, name="report-word"),
]
