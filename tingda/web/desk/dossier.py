"""档案: everything of one case in one order, to read, to print, and to take along as one file."""

import io

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tingda.answers.actions.exports import KEPT, ask_export
from tingda.answers.models import DossierExport
from tingda.answers.queries.exports import exports_for
from tingda.cases.models import Case
from tingda.cases.queries import cases_for
from tingda.lib import present
from tingda.reports.actions.dossier import mark, write_word
from tingda.reports.queries.dossier import dossier_of
from tingda.web.guard import desk, person_of
from tingda.web.uploading import download

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHOWN = 8  # exports


def _case(request: HttpRequest, pk: int) -> Case:
    return get_object_or_404(cases_for(person_of(request)), pk=pk)


@require_safe
@desk()
def dossier(request: HttpRequest, pk: int) -> HttpResponse:
    """The dossier as a page, and the exports that this person may take along."""
    person, now = person_of(request), present.now()
    case = _case(request, pk)
    exports = list(exports_for(person).filter(case=case)[:SHOWN])
    context = {
        "here": "cases",
        "now": now,
        "case": case,
        "exports": exports,
        "unfinished": any(row.state in ("due", "running") for row in exports),
        "kept_days": KEPT.days,
        "mark": mark(),
    }
    if request.headers.get("HX-Request") == "true":
        return render(request, "parts/exports.html", context)
    context["dossier"] = dossier_of(case, person, now=now)
    return render(request, "desk/dossier.html", context)


@desk()
@require_POST
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for everything as one file."""
    case = _case(request, pk)
    ask_export(case, get_language() or "", by=person_of(request), now=present.now())
    messages.success(request, _("后台正在导出，做好了会通知您，也会出现在这一页。"))
    return redirect("dossier", pk=case.pk)


@require_safe
@login_required
def take(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One finished export."""
    row: DossierExport = get_object_or_404(exports_for(person_of(request)), pk=pk, state="done")
    return download(row.path, _("档案-%(number)s.zip") % {"number": row.case.number})


@require_safe
@desk()
def word(request: HttpRequest, pk: int) -> HttpResponse:
    """The dossier as a Word file, without its files."""
    case, stream = _case(request, pk), io.BytesIO()
    write_word(dossier_of(case, person_of(request), now=present.now()), stream)
    response = HttpResponse(stream.getvalue(), content_type=WORD)
    name = _("档案-%(number)s.docx") % {"number": case.number}
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


urlpatterns = [
    path("cases/<int:pk>/dossier/", dossier, name="dossier"),
    path("cases/<int:pk>/dossier/export/", export, name="dossier-export"),
    path("cases/<int:pk>/dossier.docx", word, name="dossier-word"),
    path("exports/<int:pk>.zip", take, name="dossier-take"),
]
