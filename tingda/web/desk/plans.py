"""预案: written ahead, opened beside an alert, ticked off."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from tingda.analyse.queries import topics_for
from tingda.detect.models import Alert, Issue
from tingda.detect.queries import issues_for
from tingda.duty import rules
from tingda.duty.actions.plans import Written, end_plan, set_plan, start_plan, tick
from tingda.duty.models import Plan, PlanRun, PlanTick
from tingda.duty.queries import fitting_plans, plans, runs, runs_of, ticks_of
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.people.queries import is_of_the_office
from tingda.web.fields import InUse
from tingda.web.guard import desk, person_of
from tingda.web.ledger_words import address
from tingda.web.paging import page
from tingda.web.templatetags.tingda import named
from tingda.web.words import said

URGENT = ("red", "orange")


@dataclass(frozen=True)
class Step:
    """One step of a run; `tick` is the line that says it is done."""

    number: int
    text: str
    tick: PlanTick | None


@dataclass(frozen=True)
class Followed:
    """A run on the page."""

    run: PlanRun
    steps: list[Step]
    history: list[tuple[PlanTick, str]]

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(step.tick is not None for step in self.steps)

    @property
    def next(self) -> int:
        """The first step that is not done; -1 where all are."""
        return next((step.number for step in self.steps if step.tick is None), -1)


def followed(rows: Iterable[PlanRun]) -> list[Followed]:
    """Runs with their steps as they stand."""
    return [
        Followed(
            run=run,
            steps=[
                Step(number, run.steps[number], tick) for number, tick in enumerate(ticks_of(run))
            ],
            history=[(one, run.steps[one.step]) for one in run.ticks.all()],
        )
        for run in rows
    ]


def plans_beside(issue: Issue, alert: Alert | None) -> dict[str, Any]:
    """For the page of an issue: what is being followed, and the plans that fit its alert."""
    if alert is None:
        return {"followed": [], "fitting": []}
    merged = issue.merged.values_list("pk", flat=True)
    found = runs_of(*(f"issue:{pk}" for pk in (issue.pk, *merged)))
    going = {run.plan_id for run in found if not run.ended_at}
    topic = issue.topic.code if issue.topic else ""
    fits = fitting_plans(alert.colour, topic) if issue.state == Issue.State.OPEN else []
    return {
        "followed": followed(found),
        "fitting": [plan for plan in fits if plan.pk not in going],
    }


class PlanForm(forms.Form):
    """A plan as it is written."""

    name = forms.CharField(label=_("名称"), max_length=100, help_text=_("如：燃气泄漏应急预案"))
    conditions = forms.CharField(
        label=_("什么时候启动"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("写给人看：什么情况、什么话、到什么程度"),
    )
    colours = forms.MultipleChoiceField(
        label=_("哪些颜色的预警旁边打开"),
        choices=list(rules.COLOURS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    topics = forms.MultipleChoiceField(
        label=_("哪些主题"),
        required=False,
        help_text=_("不选就是所有主题；可以选多个"),
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )
    steps = forms.CharField(
        label=_("步骤"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("一行一步，启动后逐条勾选"),
    )
    phones = forms.CharField(
        label=_("电话表"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("一行一个：名称：号码"),
    )
    text = forms.CharField(
        label=_("预案全文"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    active = InUse()

    def __init__(self, *args: Any, topics: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        colours = [(code, gettext(name)) for code, name in rules.COLOURS.items()]
        self.fields["colours"].choices = colours  # type: ignore[attr-defined]
        self.fields["topics"].choices = list(topics)  # type: ignore[attr-defined]


@require_safe
@desk()
def plan_list(request: HttpRequest) -> HttpResponse:
    """All plans, and where they were followed last."""
    person = person_of(request)
    if not is_of_the_office(person):
        raise Http404
    shown = page(runs(), request, 20)
    context = {
        "here": "duty",
        "tab": "duty-plans",
        "plans": plans(),
        "colours": rules.COLOURS,
        "page": shown,
        "followed": [(one, address(one.run.subject)) for one in followed(shown.items)],
        "may_configure": person.may("configure"),
    }
    return render(request, "desk/plans.html", context)


@require_safe
@desk()
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """One plan as it stands, to read and to print."""
    person = person_of(request)
    if not is_of_the_office(person):
        raise Http404
    row = get_object_or_404(Plan, pk=pk)
    codes = topics_for(person).filter(code__in=row.topics)
    context = {
        "here": "duty",
        "tab": "duty-plans",
        "plan": row,
        "colours": [rules.COLOURS[code] for code in rules.COLOURS if code in row.colours],
        "topics": [named(topic) for topic in codes],
        "may_configure": person.may("configure"),
    }
    return render(request, "desk/plan.html", context)


@desk("configure")
def plan_edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """A new plan, or one to change."""
    now, person = present.now(), person_of(request)
    row = get_object_or_404(Plan, pk=pk) if pk else None
    topics = [(one.code, named(one)) for one in topics_for(person).order_by("group", "id")]
    form = PlanForm(request.POST or None, initial=_kept(row), topics=topics)
    if request.method == "POST" and form.is_valid():
        try:
            made = set_plan(row, Written(**form.cleaned_data), by=person, now=now)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, gettext("已保存。"))
            return redirect("duty-plan", pk=made.pk)
    title = row.name if row else gettext("新的预案")
    context = {"here": "duty", "tab": "duty-plans", "title": title, "form": form}
    context["back"] = "duty-plans"
    return render(request, "desk/duty_form.html", context, status=422 if form.errors else 200)


def _kept(row: Plan | None) -> dict[str, Any]:
    if row is None:
        return {"active": True, "colours": list(URGENT)}
    return {
        "name": row.name,
        "conditions": row.conditions,
        "colours": row.colours,
        "topics": row.topics,
        "steps": "\n".join(row.steps),
        "phones": "\n".join(f"{one['name']}：{one['number']}" for one in row.phones),
        "text": row.text,
        "active": row.active,
    }


@require_POST
@desk("take_on")
def plan_start(request: HttpRequest, pk: int, issue: int) -> HttpResponse:
    """Follow a plan about an issue."""
    now, person = present.now(), person_of(request)
    about = get_object_or_404(issues_for(person), pk=issue)
    run = start_plan(get_object_or_404(Plan, pk=pk), f"issue:{about.pk}", by=person, now=now)
    messages.success(request, gettext("预案“%(name)s”已启动，做一步勾一步。") % {"name": run.name})
    return redirect(reverse("issue", args=[about.pk]) + f"#run-{run.pk}")


def _run(request: HttpRequest, pk: int) -> PlanRun:
    person = person_of(request)
    run = get_object_or_404(PlanRun, pk=pk)
    kind, _sep, number = run.subject.partition(":")
    if kind == "issue":
        get_object_or_404(issues_for(person), pk=int(number))
    return run


@require_POST
@desk("take_on")
def run_tick(request: HttpRequest, pk: int) -> HttpResponse:
    """One step is done, or is not after all."""
    run, asked = _run(request, pk), request.POST.get("step", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else -1
    done = "undo" not in request.POST
    tick(run, number, done, by=person_of(request), now=present.now())
    return redirect((address(run.subject) or reverse("duty-plans")) + f"#run-{run.pk}")


@require_POST
@desk("take_on")
def run_end(request: HttpRequest, pk: int) -> HttpResponse:
    """It is over."""
    run = _run(request, pk)
    end_plan(run, request.POST.get("ending", ""), by=person_of(request), now=present.now())
    messages.success(request, gettext("预案“%(name)s”已结束，经过都留着。") % {"name": run.name})
    return redirect((address(run.subject) or reverse("duty-plans")) + f"#run-{run.pk}")


urlpatterns = [
    path("duty/plans/", plan_list, name="duty-plans"),
    path("duty/plans/new/", plan_edit, name="duty-plan-new"),
    path("duty/plans/<int:pk>/", plan, name="duty-plan"),
    path("duty/plans/<int:pk>/edit/", plan_edit, name="duty-plan-edit"),
    path("duty/plans/<int:pk>/start/<int:issue>/", plan_start, name="duty-plan-start"),
    path("duty/runs/<int:pk>/tick/", run_tick, name="duty-run-tick"),
    path("duty/runs/<int:pk>/end/", run_end, name="duty-run-end"),
]
