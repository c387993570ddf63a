"""研判: one page on which a person judges an issue, and what they write about it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tingda.analyse.models import Intent
from tingda.cases.actions.claims import check_claim
from tingda.cases.models import Claim, Fact
from tingda.cases.queries import cases_for
from tingda.cases.queries.judging import facts_of_issue, likely_units
from tingda.cases.queries.routing import suggest
from tingda.detect.actions.judging import LONGEST, assess
from tingda.detect.models import Issue
from tingda.detect.queries import assessments_of, issues_for
from tingda.lib import present
from tingda.lib.claims import same
from tingda.lib.clocks import unpublished
from tingda.lib.refusal import Refused
from tingda.people.queries import day_of
from tingda.web.desk.judge_charts import chart
from tingda.web.gathered import gathered
from tingda.web.guard import desk, person_of
from tingda.web.judged import (
    Stated,
    changes,
    found_in,
    kind_name,
    refused,
    stated,
    template_of,
)
from tingda.web.learnt import learnt
from tingda.web.routing_words import shown as shown_suggestion
from tingda.web.templatetags.tingda import when
from tingda.web.words import said


def _area(rows: int = 2) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class AssessmentForm(forms.Form):
    """What a person makes of the issue; filled from the page's numbers to begin with."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    nature = forms.CharField(
        label=gettext_lazy("性质"),
        help_text=gettext_lazy("是什么事，属于谁的职责"),
        max_length=LONGEST,
        widget=_area(),
    )
    reach = forms.CharField(
        label=gettext_lazy("波及范围"), max_length=LONGEST, required=False, widget=_area()
    )
    trend = forms.CharField(
        label=gettext_lazy("走势"), max_length=LONGEST, required=False, widget=_area()
    )
    stakes = forms.CharField(
        label=gettext_lazy("利害"),
        help_text=gettext_lazy("对谁有什么影响，最坏会怎样，哪些还没有核实"),
        max_length=LONGEST,
        required=False,
        widget=_area(),
    )
    suggestion = forms.CharField(
        label=gettext_lazy("建议"),
        help_text=gettext_lazy("请谁做什么、什么时候"),
        max_length=LONGEST,
        widget=_area(3),
    )


class ClaimForm(forms.Form):
    """What was found about one claim."""

    text = forms.CharField(widget=forms.HiddenInput, max_length=400)
    verdict = forms.ChoiceField(
        label=gettext_lazy("查下来"), choices=Claim.Verdict.choices, widget=forms.RadioSelect
    )
    fact = forms.ChoiceField(label=gettext_lazy("凭哪条核实"), required=False)
    reason = forms.CharField(label=gettext_lazy("理由"), max_length=500, required=False)

    def __init__(self, *args: Any, facts: Sequence[Fact], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["fact"]
        if isinstance(field, forms.ChoiceField):
            told = [(fact.pk, f"{fact.case.number} {fact.what[:40]}") for fact in facts]
            field.choices = [("", _("没有，理由写在下面")), *told]


def _open_issue(request: HttpRequest, pk: int) -> Issue:
    rows = issues_for(person_of(request)).select_related("alert")
    return get_object_or_404(rows, pk=pk)


@desk()
def judge(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; sent with the form, a new assessment."""
    row = _open_issue(request, pk)
    if row.merged_into_id:
        return redirect("issue-judge", pk=row.merged_into_id)
    if request.method != "POST":
        return _page(request, row)
    form = AssessmentForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form)
    parts = {name: str(value) for name, value in form.cleaned_data.items()}
    by, now = person_of(request), present.now()
    try:
        _made, other = assess(row, parts, seen=form.cleaned_data["seen"], by=by, now=now)
    except Refused as refusal:
        form.add_error(None, said(refusal))
        return _page(request, row, form)
    if other:
        text = _("已记下。您写的时候，%(name)s 也写了一份（%(at)s），两份都留着，请对照看看。")
        messages.warning(request, text % {"name": other.by.name, "at": when(other.at)})
    else:
        messages.success(request, _("研判意见已记下。"))
    return redirect("issue-judge", pk=row.pk)


@desk()
@require_POST
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    """What was found about a claim that the page shows."""
    row = _open_issue(request, pk)
    by, now = person_of(request), present.now()
    facts = list(facts_of_issue(row.pk))
    form = ClaimForm(request.POST, facts=facts)
    text = request.POST.get("text", "")[:400]
    shown = stated(row, found_in(row, now))
    meant = next((one for one in shown if same(one.text, text)), None)
    if meant is None:
        raise Refused(_("这个说法现在不在页面上了，请回去重新看看"))
    if form.is_valid():
        data = form.cleaned_data
        try:
            check_claim(
                row,
                meant.text,
                verdict=data["verdict"],
                fact=next((one for one in facts if str(one.pk) == data["fact"]), None),
                reason=data["reason"],
                by=by,
                now=now,
            )
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, _("已记下。"))
            return redirect(reverse("issue-judge", args=[row.pk]) + f"#claim-{meant.number}")
    return _page(request, row, claim_form=(meant.text, form))


def _page(
    request: HttpRequest,
    row: Issue,
    form: AssessmentForm | None = None,
    claim_form: tuple[str, ClaimForm] | None = None,
) -> HttpResponse:
    """With a form that could not be carried out, as the person left it."""
    now, person = present.now(), person_of(request)
    found = found_in(row, now)
    shown = stated(row, found)
    written = list(assessments_of(row.pk))
    may_judge, suggestion = person.may("take_on"), suggest(row)
    said_by_rule = shown_suggestion(suggestion)
    units = [] if said_by_rule else likely_units(row)
    facts = list(facts_of_issue(row.pk)) if may_judge else []
    if form is None and may_judge:
        first = suggestion.unit or (units[0].unit if units else None)
        begun = template_of(row, found, shown, first)
        form = AssessmentForm(initial=begun | {"seen": written[0].pk if written else 0})
    context = {
        "here": "issues",
        "now": now,
        "issue": row,
        "alert": getattr(row, "alert", None),
        "found": found,
        "intents": [(Intent(name).label, n) for name, n in found.intents],
        "questions": gathered(row).questions,
        "claims": [(one, _kinds(one), _form_of(one, facts, claim_form)) for one in shown],
        "claim_error": claim_form[0] if claim_form else "",
        "prospect": found.prospect,
        "changes": changes(found.prospect) if found.prospect else "",
        "unpublished": unpublished([day_of(now) + timedelta(days=7)]),
        "refused": refused(found),
        "suggestion": said_by_rule,
        "units": units,
        "learnt": learnt(row, person),
        "cases": cases_for(person).filter(issue=row).order_by("-id"),
        "assessments": written,
        "form": form,
        "may_judge": may_judge,
    }
    wrong = (form is not None and form.is_bound) or claim_form is not None
    return render(request, "desk/judge.html", context, status=422 if wrong else 200)


def _kinds(claim: Stated) -> str:
    return _("、").join(map(kind_name, claim.kinds))


def _form_of(
    claim: Stated, facts: Sequence[Fact], bound: tuple[str, ClaimForm] | None
) -> ClaimForm:
    if bound and bound[0] == claim.text:
        return bound[1]
    initial = {"text": claim.text}
    return ClaimForm(facts=facts, initial=initial, auto_id=f"claim{claim.number}_%s")


urlpatterns = [
    path("issues/<int:pk>/judge/", judge, name="issue-judge"),
    path("issues/<int:pk>/judge/claim/", claim, name="issue-claim"),
    path("issues/<int:pk>/judge/chart/<slug:which>/", chart, name="issue-judge-chart"),
]
