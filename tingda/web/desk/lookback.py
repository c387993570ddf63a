"""复盘: what happened, times against limits, what went well, what to change, and who does it."""

from collections.abc import Callable
from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tingda.answers.actions import lookbacks as actions
from tingda.answers.models import Lookback
from tingda.cases.models import Case
from tingda.cases.queries import cases_for, of_cases_for
from tingda.cases.queries.meetings import improvements_of
from tingda.ledger.models import Line
from tingda.ledger.queries import thread_lines
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.notify.actions import mark_read
from tingda.people.models import Person
from tingda.reports.queries.lookback import times_of
from tingda.web.desk.case_forms import area
from tingda.web.desk.meeting_forms import TaskForm
from tingda.web.guard import desk, person_of
from tingda.web.ledger_words import sentence
from tingda.web.templatetags.tingda import when
from tingda.web.words import said

Act = Callable[[Person, datetime], str]
FROM_RECORD = 30  # lines


class LearntForm(forms.Form):
    """What a review says."""

    happened = forms.CharField(
        label=gettext_lazy("发生了什么"),
        widget=area(6),
        required=False,
        help_text=gettext_lazy("先后经过已按台账填好，改成别人也看得懂的话"),
    )
    went_well = forms.CharField(label=gettext_lazy("做得好的"), widget=area(4), required=False)
    to_change = forms.CharField(
        label=gettext_lazy("要改的"),
        widget=area(4),
        required=False,
        help_text=gettext_lazy("说事，不说谁的错；要有人去做的，列成任务"),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)


def _case(request: HttpRequest, pk: int) -> Case:
    return get_object_or_404(cases_for(person_of(request)), pk=pk)


def _row(request: HttpRequest, pk: int) -> Lookback:
    rows = of_cases_for(person_of(request), Lookback.objects.all())
    return get_object_or_404(rows.select_related("case", "written_by", "finished_by"), case=pk)


@desk()
def lookback(request: HttpRequest, pk: int) -> HttpResponse:
    """The review of one case."""
    row = _row(request, pk)
    mark_read(person_of(request), link=f"lookback:{pk}", now=present.now())
    return _show(request, row)


def _show(
    request: HttpRequest, row: Lookback, bound: dict[str, forms.Form] | None = None
) -> HttpResponse:
    person, now, bound = person_of(request), present.now(), bound or {}
    may_write = row.finished_at is None and person.may("take_on")
    lines = list(thread_lines(row.case.thread)[:FROM_RECORD])
    context = {
        "here": "cases",
        "now": now,
        "case": row.case,
        "lookback": row,
        "times": times_of(row.case, now),
        "may_write": may_write,
        "form": bound.get("write") or LearntForm(initial=_first(row, lines)),
        "task_form": bound.get("task") or TaskForm(auto_id="task_%s"),
        "tasks": improvements_of(row.case),
        "lines": lines[::-1],
        "opened": next(iter(bound), ""),
    }
    return render(request, "desk/lookback.html", context, status=422 if bound else 200)


def _first(row: Lookback, lines: list[Line]) -> dict[str, object]:
    """What stands there; before anything does, the course of things from the record."""
    course = "\n".join(f"{when(line.at)} {sentence(line)}" for line in reversed(lines))
    return {
        "happened": row.happened if row.edition else course,
        "went_well": row.went_well,
        "to_change": row.to_change,
        "seen": row.edition,
    }


def _fill(
    request: HttpRequest, row: Lookback, name: str, form: forms.Form, act: Act
) -> HttpResponse:
    if form.is_valid():
        try:
            text = act(person_of(request), present.now())
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, text)
            return redirect("lookback", pk=row.case_id)
    row.refresh_from_db()
    return _show(request, row, {name: form})


@desk("take_on")
@require_POST
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Look back at a case that is over."""
    case = _case(request, pk)
    actions.ask_lookback(case, by=person_of(request), now=present.now())
    return redirect("lookback", pk=case.pk)


@desk("take_on")
@require_POST
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what was written; "finish" finishes it."""
    row, form = _row(request, pk), LearntForm(request.POST)

    def act(by: Person, now: datetime) -> str:
        values = dict(form.cleaned_data)
        seen = values.pop("seen")
        kept = actions.write_lookback(row, actions.Learnt(**values), seen, by=by, now=now)
        if "finish" not in request.POST:
            return _("已保存。")
        actions.finish_lookback(kept, by=by, now=now)
        return _("复盘已定稿，放进案例库。")

    return _fill(request, row, "write", form, act)


@desk("take_on")
@require_POST
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """Give out a task."""
    row = _row(request, pk)
    form = TaskForm(request.POST, auto_id="task_%s")

    def act(by: Person, now: datetime) -> str:
        given = actions.add_task(row, **form.cleaned_data, by=by, now=now)
        return _("任务已交给%(name)s。") % {"name": given.owner.name}

    return _fill(request, row, "task", form, act)


urlpatterns = [
    path("cases/<int:pk>/lookback/", lookback, name="lookback"),
    path("cases/<int:pk>/lookback/ask/", ask, name="lookback-ask"),
    path("cases/<int:pk>/lookback/write/", write, name="lookback-write"),
    path("cases/<int:pk>/lookback/task/", task, name="lookback-task"),
]
