"""A case as the lead of its unit reads it: what is due when, who is at it, who was called on.

Not what people said, nor what other units found: that is for the desk.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tingda.cases.models import Case
from tingda.cases.queries import referrals_for
from tingda.cases.queries.ladder import calls_of
from tingda.cases.queries.meetings import tasks_for
from tingda.lib import present
from tingda.web.guard import person_of

MOST_CALLS = 20


def show_to_lead(request: HttpRequest, case: Case) -> HttpResponse:
    """Its page."""
    person = person_of(request)
    context = {
        "here": "late",
        "now": present.now(),
        "case": case,
        "deadlines": case.deadlines.order_by("due_at"),
        "referrals": referrals_for(person).filter(case=case).order_by("-id"),
        "tasks": tasks_for(person).filter(case=case).order_by("-done_at", "due_at", "id"),
        "reports": case.reports.order_by("number"),
        "calls": calls_of(case)[:MOST_CALLS],
    }
    return render(request, "desk/case_led.html", context)
