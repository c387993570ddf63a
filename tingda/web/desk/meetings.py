"""会商: joint assessments, standing joint meetings, and the tasks that come of them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tingda.cases.actions.meetings import (
    Called,
    add_minutes,
    call_meeting,
    finish_task,
    give_task,
    prove_task,
)
from tingda.cases.models import Case, Meeting, Task
from tingda.cases.queries import cases_for, open_cases
from tingda.cases.queries.ladder import calls_about
from tingda.cases.queries.meetings import meetings_for, my_tasks, task_files_for, tasks_for
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.notify.actions import mark_read
from tingda.people.models import Person
from tingda.people.queries import people_with
from tingda.web.desk.case_deeds import files_kept
from tingda.web.desk.meeting_forms import MeetingForm, MinutesForm, ProofForm, TaskForm
from tingda.web.guard import desk, person_of, signed_in
from tingda.web.paging import page
from tingda.web.uploading import as_row, download, played
from tingda.web.words import said

MOST_CASES = 60  # on hand, to choose from


@require_safe
@desk()
def meetings(request: HttpRequest) -> HttpResponse:
    """What is coming and what was, the latest first; below it the tasks that are not done."""
    person = person_of(request)
    rows = meetings_for(person).prefetch_related("cases", "tasks", "minutes")
    tasks = tasks_for(person).filter(done_at=None).order_by("due_at", "id")
    context = {
        "here": "meetings",
        "now": present.now(),
        "page": page(rows.order_by("-at", "-id"), request),
        "tasks": page(tasks, request, 30, "tasks"),
        "may_call": person.may("take_on"),
    }
    return render(request, "desk/meetings.html", context)


@desk("take_on")
def meeting_new(request: HttpRequest) -> HttpResponse:
    """Call one; `?case=` is what it is about, without it a standing joint meeting."""
    person, now = person_of(request), present.now()
    asked = request.GET.get("case", "")
    case = cases_for(person).filter(pk=asked).first() if asked.isdecimal() else None
    form = MeetingForm(
        request.POST or None, initial=_suggested(case, person, now), cases=_choice(person, case)
    )
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        values |= {"people": list(values["people"]), "cases": list(values["cases"])}
        try:
            row = call_meeting(Called(**values), by=person, now=now)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, _("已记下。开了会，在这里写纪要、交办任务。"))
            return redirect("meeting", pk=row.pk)
    context = {"here": "meetings", "form": form, "case": case}
    return render(request, "desk/meeting_new.html", context, status=422 if form.errors else 200)


def _suggested(case: Case | None, person: Person, now: datetime) -> dict[str, object]:
    """A joint assessment is now, with whoever calls it and who answers for the unit that leads."""
    if case is None:
        return {"kind": Meeting.Kind.STANDING}
    asked = people_with("liaison").filter(unit=case.unit_id).values_list("pk", flat=True)
    people = {person.pk, *asked}
    return {
        "kind": Meeting.Kind.ASSESSMENT,
        "title": case.title,
        "cases": [case.pk],
        "at": timezone.localtime(now).strftime("%Y-%m-%dT%H:%M"),
        "people": sorted(people),
    }


def _choice(person: Person, case: Case | None) -> object:
    """The newest cases on hand and the one it is about."""
    newest = open_cases(person).order_by("-id").values_list("pk", flat=True)[:MOST_CASES]
    keys = {*newest, *([case.pk] if case else [])}
    return cases_for(person).filter(pk__in=keys).order_by("-id")


@signed_in
def meeting(request: HttpRequest, pk: int) -> HttpResponse:
    """One meeting with its record."""
    person = person_of(request)
    row = get_object_or_404(meetings_for(person), pk=pk)
    mark_read(person, link=f"meeting:{row.pk}", now=present.now())
    return _show(request, row, {})


def _show(request: HttpRequest, row: Meeting, bound: dict[str, forms.Form]) -> HttpResponse:
    person, now = person_of(request), present.now()
    minutes = list(row.minutes.select_related("by").order_by("id"))
    may, cases = person.may("take_on"), list(row.cases.order_by("id"))
    seen = set(cases_for(person).filter(meetings=row).values_list("pk", flat=True))
    context = {
        "here": "meetings",
        "now": now,
        "meeting": row,
        "people": row.people.select_related("unit").order_by("unit", "id"),
        "cases": cases,
        "only": cases[0] if len(cases) == 1 and cases[0].pk in seen else None,
        "seen": seen,
        "minutes": minutes,
        "tasks": row.tasks.select_related("owner__unit")
        .prefetch_related("files")
        .order_by("due_at", "id"),
        "minutes_form": (bound.get("minutes") or MinutesForm(initial=_present(row)))
        if may and row.at <= now
        else None,
        "task_form": (bound.get("task") or TaskForm(auto_id="task_%s")) if may else None,
        "tasking": "task" in bound,
        "adding": "minutes" in bound or not minutes,
    }
    return render(request, "desk/meeting.html", context, status=422 if bound else 200)


def _present(row: Meeting) -> dict[str, str]:
    names = [person.name for person in row.people.order_by("unit", "id")]
    return {"present": _("、").join([*names, *filter(None, row.others.splitlines())])}


def _minutes(row: Meeting, form: forms.Form, by: Person) -> str:
    add_minutes(row, **form.cleaned_data, by=by, now=present.now())
    return _("纪要已记下。")


def _task(row: Meeting, form: forms.Form, by: Person) -> str:
    cases = list(row.cases.all()[:2])
    case = cases[0] if len(cases) == 1 else None
    task = give_task(**form.cleaned_data, case=case, meeting=row, by=by, now=present.now())
    return _("任务已交给%(name)s。") % {"name": task.owner.name}


DEEDS: dict[str, tuple[type[forms.Form], str, Callable[[Meeting, forms.Form, Person], str]]] = {
    "minutes": (MinutesForm, "id_%s", _minutes),
    "task": (TaskForm, "task_%s", _task),
}


@desk("take_on")
@require_POST
def meeting_deed(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Write minutes, or give a task that was decided."""
    person = person_of(request)
    row = get_object_or_404(meetings_for(person), pk=pk)
    if name not in DEEDS:
        raise Http404
    kind, ids, act = DEEDS[name]
    form = kind(request.POST, auto_id=ids)
    if form.is_valid():
        try:
            text = act(row, form, person)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, text)
            return redirect("meeting", pk=row.pk)
    return _show(request, row, {name: form})


@require_safe
@signed_in
def tasks(request: HttpRequest) -> HttpResponse:
    """What I have to do, and what I did."""
    person = person_of(request)
    done = tasks_for(person).filter(owner=person).exclude(done_at=None)
    context = {
        "here": "meetings",
        "now": present.now(),
        "waiting": page(my_tasks(person), request, 30, "waiting"),
        "page": page(done.order_by("-done_at"), request),
    }
    return render(request, "desk/tasks.html", context)


@signed_in
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """One task; its owner, or the desk on their behalf, says how it was done."""
    person, now = person_of(request), present.now()
    row: Task = get_object_or_404(tasks_for(person), pk=pk)
    may = row.done_at is None and (row.owner_id == person.pk or person.may("take_on"))
    form = ProofForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            _finished(row, form.cleaned_data, person, now)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, _("已记为办成。"))
            return redirect("task", pk=row.pk)
    mark_read(person, link=f"task:{row.pk}", now=now)
    context = {
        "here": "meetings",
        "now": now,
        "task": row,
        "form": form if may or form.is_bound else None,
        "calls": calls_about([f"task:{row.pk}"]).get(f"task:{row.pk}", []),
        "sees_case": cases_for(person).filter(tasks=row).exists(),
        "sees_meeting": meetings_for(person).filter(tasks=row).exists(),
    }
    return render(request, "desk/task.html", context, status=422 if form.errors else 200)


def _finished(row: Task, typed: dict[str, Any], by: Person, now: datetime) -> None:
    """Done, with its proof: all of it or nothing."""
    with files_kept(typed["attachments"], "tasks") as kept:
        finish_task(row, typed["proof"], by=by, now=now)
        for one in kept:
            prove_task(row, **as_row(one), by=by, now=now)


@require_safe
@login_required
def task_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Proof of a task, as a download."""
    row = get_object_or_404(task_files_for(person_of(request)), pk=pk)
    return download(row.path, row.name)


@require_safe
@login_required
def task_play(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Sound or film among the proofs."""
    row = get_object_or_404(task_files_for(person_of(request)), pk=pk)
    return played(request, row.path, row.name)


urlpatterns = [
    path("meetings/", meetings, name="meetings"),
    path("meetings/new/", meeting_new, name="meeting-new"),
    path("meetings/<int:pk>/", meeting, name="meeting"),
    path("meetings/<int:pk>/<slug:name>/", meeting_deed, name="meeting-deed"),
    path("tasks/", tasks, name="tasks"),
    path("tasks/<int:pk>/", task, name="task"),
    path("tasks/files/<int:pk>/", task_file, name="task-file"),
    path("tasks/files/<int:pk>/play/", task_play, name="task-play"),
]
