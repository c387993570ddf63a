"""Two issues became one and each had its case: which case leads is a person's to say.

Nothing closes by itself. The others are closed as 并入另一事项, each with its own text; what was
promised or published stays where it is.
"""

from collections.abc import Sequence

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tingda.cases.actions import close
from tingda.cases.models import Case
from tingda.detect.queries import issues_for
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.web.gathered import cases_about
from tingda.web.guard import desk, person_of
from tingda.web.words import said


class LeadForm(forms.Form):
    """Whether one case is closed into the leading one, and with which words."""

    closes = forms.BooleanField(label=gettext_lazy("并入主办的事项，办结"), required=False)
    text = forms.CharField(
        label=gettext_lazy("办结说明"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("反映人凭查询码看到的就是这段话，也会写进公开台账"),
    )


Rows = Sequence[tuple[Case, LeadForm]]


@desk("take_on")
def lead(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Case `number` leads the matter of issue `pk`; which others go into it, with which words."""
    person = person_of(request)
    issue = get_object_or_404(issues_for(person), pk=pk)
    cases = [case for case in cases_about(issue, person) if case.is_open]
    leading = next((case for case in cases if case.pk == number), None)
    others = [case for case in cases if case.pk != number]
    if leading is None or not others:
        raise Http404
    text = _("与事项 %(number)s 是同一件事，并入该事项一并办理，结果以该事项的答复为准。")
    first = {"closes": True, "text": text % {"number": leading.number}}
    bound = request.POST if request.method == "POST" else None
    rows = [(case, LeadForm(bound, prefix=f"c{case.pk}", initial=first)) for case in others]
    status = 200
    if bound is not None:
        status = 422
        if _closed(request, rows):
            messages.success(request, _("由事项 %(number)s 主办。") % {"number": leading.number})
            return redirect("case", pk=leading.pk)
    context = {"here": "issues", "issue": issue, "leading": leading, "rows": rows}
    return render(request, "desk/issue_lead.html", context, status=status)


def _closed(request: HttpRequest, rows: Rows) -> bool:
    """All that were ticked, or none: False, and the form of the one that cannot be says why."""
    if not all(form.is_valid() for _case, form in rows):
        return False
    ticked = [(case, form) for case, form in rows if form.cleaned_data["closes"]]
    if not ticked:
        rows[0][1].add_error(None, _("请勾选要并入的事项；都留着在办，就不用确定。"))
        return False
    by, now = person_of(request), present.now()
    current = None
    try:
        with transaction.atomic():
            for case, form in ticked:
                current = form
                close(case, reason="merged", text=form.cleaned_data["text"], by=by, now=now)
    except Refused as refusal:
        if current is not None:
            current.add_error(None, said(refusal))
        return False
    return True


urlpatterns = [path("issues/<int:pk>/lead/<int:number>/", lead, name="issue-lead")]
