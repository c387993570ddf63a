"""Whose a case is: objections are decided, and what came back from a body outside is noted."""

from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tingda.cases import actions
from tingda.cases.models import Case, ForwardedFile, Forwarding, Referral
from tingda.cases.queries import cases_for, of_cases_for
from tingda.people.models import Person
from tingda.web.desk.case_deeds import Values, done, files_kept, path_of
from tingda.web.desk.routing_forms import Decide, Reply
from tingda.web.guard import desk, person_of
from tingda.web.uploading import download


@desk("decide_owner")
@require_POST
def decide(request: HttpRequest, pk: int, referral: int) -> HttpResponse:
    """Say whose it is."""
    case = get_object_or_404(cases_for(person_of(request)), pk=pk)
    row: Referral = get_object_or_404(case.referrals, pk=referral)
    name = f"objection-{row.pk}"

    def act(_case: Case, values: Values, by: Person, now: datetime) -> str:
        to = None if values["stays"] else values["unit"]
        stands = actions.decide_objection(row, to, values["note"], by=by, now=now)
        return _("已决定：由%(unit)s办，不能再提异议。") % {"unit": stands.unit.name}

    return done(request, case, name, Decide(request.POST, auto_id=f"{name}_%s"), act)


@desk("take_on")
@require_POST
def reply(request: HttpRequest, pk: int, forwarding: int) -> HttpResponse:
    """Note what came back."""
    case = get_object_or_404(cases_for(person_of(request)), pk=pk)
    row: Forwarding = get_object_or_404(case.forwardings, pk=forwarding)
    name = f"reply-{row.pk}"

    def act(_case: Case, values: Values, by: Person, now: datetime) -> str:
        with files_kept(values["attachments"], "forwarded") as kept:
            noted = actions.note_reply(row, values["text"], by=by, now=now)
            for one in kept:
                actions.keep_forwarded(noted, one, path_of(one), came_back=True)
        return _("已记下%(to)s的答复。") % {"to": row.to}

    return done(request, case, name, Reply(request.POST, request.FILES, auto_id=f"{name}_%s"), act)


@login_required
def forwarded_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A file that was sent outside or came back, as a download only."""
    rows = of_cases_for(person_of(request), ForwardedFile.objects.all(), "forwarding__case")
    row = get_object_or_404(rows, pk=pk)
    return download(row.path, row.name)


urlpatterns = [
    path("cases/<int:pk>/objection/<int:referral>/", decide, name="case-objection"),
    path("cases/<int:pk>/reply/<int:forwarding>/", reply, name="case-reply"),
    path("forwarded/<int:pk>/", forwarded_file, name="forwarded-file"),
]
