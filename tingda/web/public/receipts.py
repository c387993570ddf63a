"""查询进度: a person who wrote to us looks after their own voice, by code."""

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tingda.answers.actions import confirm
from tingda.answers.models import Answer, Confirmation
from tingda.answers.queries import published_answers
from tingda.cases.models import Case, Extension, Pause
from tingda.cases.queries import case_of_voice
from tingda.collect.models import Receipt, Voice
from tingda.collect.queries import receipt_of
from tingda.detect.models import Belonging, Issue
from tingda.lib import present
from tingda.lib.words import mark
from tingda.web.limits import too_many
from tingda.web.public.ask import promised_by

RATE = "10/15m"
_KEPT = "receipt"
STEPS = (mark("已收到"), mark("已受理"), mark("核实中"), mark("已公布"), mark("已办结"))
_STEP_OF = {"taken": 1, "published": 3, "closed": 4}


class CodeForm(forms.Form):
    """The code as it was written down."""

    code = forms.CharField(label=_("查询码"), max_length=100)


class VerdictForm(forms.Form):
    """Whether it is solved, and what the person wants to say about it."""

    verdict = forms.ChoiceField(choices=Confirmation.Verdict.choices)
    note = forms.CharField(label=_("补充说明"), required=False, max_length=2000)


@dataclass(frozen=True)
class Progress:
    """How far one voice has come. `step` is a place in STEPS; `closed_without` one is skipped."""

    step: int
    case: Case | None
    answers: list[Answer]
    not_ours: str
    promised: datetime
    pause: Pause | None
    extension: Extension | None

    @property
    def steps(self) -> list[tuple[str, str]]:
        """Each step that this matter walks, and "done", "now" or ""."""
        marks = [
            (name, "done" if place < self.step else "now" if place == self.step else "")
            for place, name in enumerate(STEPS)
        ]
        return [one for one in marks if one[0] != STEPS[3] or self.step < 4 or self.answers]


def progress_of(voice: Voice) -> Progress:
    """What the person who said this may know: nothing of other voices, nothing inside."""
    case = case_of_voice(voice)
    answers = list(published_answers().filter(case=case)) if case else []
    where = Belonging.objects.select_related("issue").filter(voice=voice).first()
    refused = where is not None and case is None and where.issue.state == Issue.State.NOT_OURS
    return Progress(
        step=_STEP_OF.get(case.state, 2) if case else 0,
        case=case,
        answers=answers,
        not_ours=where.issue.reason if where and refused else "",
        promised=_promised(voice, case),
        pause=case.pauses.filter(ended_at=None).first() if case else None,
        extension=case.extensions.filter(granted=True).first() if case else None,
    )


def _promised(voice: Voice, case: Case | None) -> datetime:
    """What the person was told when they wrote, or the case's own time where that is earlier."""
    told = promised_by(voice.heard_at)
    own = case.deadlines.filter(stage="first_answer").first() if case else None
    if own is None or case is None:
        return told
    if own.how.get("extended") or case.pauses.exists():  # both are told on the page
        return own.due_at
    return min(told, own.due_at)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def receipt(request: HttpRequest) -> HttpResponse:
    """Enter the code. Guessing is slow: few tries for one address."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if too_many(request, "receipt", RATE):
            status = 429
            form.add_error(None, _("试得太多了，请过一刻钟再试。"))
        elif form.is_valid():
            if found := receipt_of(form.cleaned_data["code"]):
                request.session.cycle_key()
                request.session[_KEPT] = found.pk
                return _go("my-receipt")
            form.add_error("code", _("没有这个查询码。请对照您记下的 12 位字母和数字再输一次。"))
    context = {"here": "receipt", "form": form}
    return render(request, "public/receipt.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """State, promised time, answer, and the person's own verdict on it."""
    kept = request.session.get(_KEPT)
    if kept is None:
        return _go("receipt")
    row = get_object_or_404(Receipt.objects.select_related("voice"), pk=kept)
    progress = progress_of(row.voice)
    form = VerdictForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and progress.answers and form.is_valid():
        verdict, note = form.cleaned_data["verdict"], form.cleaned_data["note"]
        now = present.now()
        confirm(row, progress.answers[0], verdict=verdict, note=note, now=now)
        return _go("my-receipt")
    context = {
        "here": "receipt",
        "voice": row.voice,
        "progress": progress,
        "confirmation": Confirmation.objects.filter(receipt=row).first(),
        "verdicts": Confirmation.Verdict.choices,
        "form": form,
    }
    status = 422 if request.method == "POST" else 200
    response = render(request, "public/my_receipt.html", context, status=status)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Forget the code in this browser: it may be somebody else's."""
    request.session.pop(_KEPT, None)
    return _go("receipt")


def _go(name: str) -> HttpResponse:
    response = HttpResponseRedirect(reverse(name))
    response.status_code = 303
    return response


urlpatterns = [
    path("receipt/", receipt, name="receipt"),
    path("receipt/mine/", mine, name="my-receipt"),
    path("receipt/leave/", leave, name="leave-receipt"),
]
