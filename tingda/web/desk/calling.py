"""催办 and 交办 on the pages of a case and of a referral."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tingda.cases.actions.ladder import urge
from tingda.cases.actions.meetings import give_task
from tingda.cases.models import Case
from tingda.cases.queries import cases_for, referrals_for
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.web.desk.case_page import show_case
from tingda.web.desk.meeting_forms import TaskForm, Urge
from tingda.web.guard import desk, person_of
from tingda.web.words import said


def _again(
    request: HttpRequest, case: Case, name: str, form: forms.Form, refusal: Refused | None
) -> HttpResponse:
    """The case's page with what could not be done, filled in."""
    if refusal:
        form.add_error(None, said(refusal))
    return show_case(request, case, {name: form}, status=422)


@desk("take_on")
@require_POST
def remind(request: HttpRequest, pk: int) -> HttpResponse:
    """Remind the unit of a referral; back to where the button was pressed."""
    person, now = person_of(request), present.now()
    row = get_object_or_404(referrals_for(person), pk=pk)
    name = f"urge-{row.pk}"
    form, refused = Urge(request.POST, auto_id=f"{name}_%s"), None
    if form.is_valid():
        try:
            made = urge(row, form.cleaned_data["text"], by=person, now=now)
        except Refused as refusal:
            refused = refusal
        else:
            names = _("、").join(made.names) or _("这个单位还没有联络员，请打电话")
            messages.success(request, _("已催办：%(names)s") % {"names": names})
            return redirect("case", pk=row.case_id)
    case = get_object_or_404(cases_for(person), pk=row.case_id)
    return _again(request, case, name, form, refused)


@desk("take_on")
@require_POST
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """Give somebody a task in a case."""
    person, now = person_of(request), present.now()
    case = get_object_or_404(cases_for(person), pk=pk)
    form, refused = TaskForm(request.POST, auto_id="task_%s"), None
    if form.is_valid():
        try:
            row = give_task(**form.cleaned_data, case=case, by=person, now=now)
        except Refused as refusal:
            refused = refusal
        else:
            messages.success(request, _("任务已交给%(name)s。") % {"name": row.owner.name})
            return redirect("case", pk=case.pk)
    return _again(request, case, "task", form, refused)


urlpatterns = [
    path("referrals/<int:pk>/urge/", remind, name="referral-urge"),
    path("cases/<int:pk>/task/", task, name="case-task"),
]
