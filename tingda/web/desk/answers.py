"""回应: the list, writing one, and what happens to it until it stands in public."""

from collections.abc import Callable
from datetime import date, datetime

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tingda.answers import actions
from tingda.answers.models import Answer
from tingda.answers.queries import answers_for, corrections_awaiting
from tingda.answers.queries.lookbacks import Said, said_before, text_of
from tingda.cases.models import Case
from tingda.cases.queries import cases_for
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.notify.actions import mark_read
from tingda.people.models import Person
from tingda.web.desk.answer_forms import CorrectionForm, Note, WordingForm, first_words, words_of
from tingda.web.desk.answer_page import personal_in, show_answer
from tingda.web.desk.case_forms import Reason
from tingda.web.gathered import asked_in
from tingda.web.guard import desk, person_of
from tingda.web.paging import page
from tingda.web.words import said

# tab -> states of an answer
TABS = {"drafting": ("drafting",), "review": ("review",), "published": ("released", "published")}


@desk()
def answers(request: HttpRequest) -> HttpResponse:
    """By state; who may sign begins with what waits for a signature."""
    person = person_of(request)
    seen = answers_for(person)
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "review" if person.may("release") else "drafting"
    names = {"drafting": _("拟稿"), "review": _("待签发"), "published": _("已发布")}
    rows = seen.filter(state__in=TABS[tab]).prefetch_related("versions__author")
    context = {
        "here": "answers",
        "now": present.now(),
        "tab": tab,
        "tabs": [
            (name, names[name], seen.filter(state__in=states).count())
            for name, states in TABS.items()
        ],
        "page": page(rows.order_by("-published_at", "-id"), request),
        "corrections": corrections_awaiting(person).order_by("id"),
    }
    return render(request, "desk/answers.html", context)


@desk()
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """One answer."""
    row = _answer(request, pk)
    mark_read(person_of(request), link=f"answer:{row.pk}", now=present.now())
    return show_answer(request, row)


def _answer(request: HttpRequest, pk: int) -> Answer:
    return get_object_or_404(answers_for(person_of(request)), pk=pk)


@desk("draft")
def answer_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin an answer to the case `pk`."""
    person, now = person_of(request), present.now()
    case = get_object_or_404(cases_for(person), pk=pk)
    if (there := case.answers.exclude(state="published").first()) and request.method == "GET":
        return redirect("answer", pk=there.pk)
    rectifies = request.GET.get("rectify") == "1"
    before = said_before(text_of(case), but=case.pk)
    start = _start(request, before)
    form = WordingForm(request.POST or None, initial=first_words(case) | start)
    context = {"here": "answers", "case": case, "form": form, "number": 1}
    context |= {"rectifies": rectifies, "before": before, "may_start": True, "started": start}
    context |= _beside(case)
    if not form.is_bound:
        return render(request, "desk/answer_write.html", context)
    if form.is_valid():
        try:
            row = actions.draft(case, form.wording(), by=person, now=now, rectifies=rectifies)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            return _written(request, row, now)
    return render(request, "desk/answer_write.html", context, status=422)


@desk("draft")
def answer_write(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the next version."""
    person, now = person_of(request), present.now()
    row = _answer(request, pk)
    newest = row.newest
    if row.state != "drafting" and request.method == "GET":
        return redirect("answer", pk=row.pk)
    form = WordingForm(request.POST or None, initial=words_of(newest))
    number = newest.number + 1
    context = {
        "here": "answers",
        "case": row.case,
        "answer": row,
        "form": form,
        "number": number,
        "based_on": newest.number,
        **_beside(row.case),
    }
    if not form.is_bound:
        return render(request, "desk/answer_write.html", context)
    if form.is_valid() and _still_newest(request, newest.number, form):
        try:
            actions.write(row, form.wording(), by=person, now=now, after=newest.number)
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            return _written(request, row, now)
    return render(request, "desk/answer_write.html", context, status=422)


def _start(request: HttpRequest, before: list[Said]) -> dict[str, str]:
    """The words of an answer given before, to be rewritten for this case."""
    asked = request.GET.get("start", "")
    for one in before:
        if str(one.answer.pk) == asked:
            said_then = one.answer.newest
            return {"found": said_then.found, "done": said_then.done}
    return {}


def _beside(case: Case) -> dict[str, object]:
    """What is read while writing: what was found, and what people ask."""
    return {"facts": case.facts.order_by("id"), "questions": asked_in(case)}


def _still_newest(request: HttpRequest, newest: int, form: forms.Form) -> bool:
    """Two people may write at once: the second learns of the first before going over it."""
    if request.POST.get("based_on") == str(newest):
        return True
    text = _("您打开之后，别人已经写了第 %(number)s 稿。核对之后再保存，就会成为下一稿。")
    form.add_error(None, text % {"number": newest})
    return False


def _written(request: HttpRequest, row: Answer, now: datetime) -> HttpResponse:
    """Saved; "save and submit" goes on to submit."""
    if "submit" not in request.POST:
        messages.success(request, _("已保存。"))
        return redirect("answer", pk=row.pk)
    try:
        actions.submit(row, by=person_of(request), now=now)
        messages.success(request, _("已保存并提交，等另一个人签发。"))
    except Refused as refusal:
        messages.warning(request, _("已保存，但没有提交：%(why)s") % {"why": said(refusal)})
    return redirect("answer", pk=row.pk)


@desk("draft")
@require_POST
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the newest version forward."""
    row = _answer(request, pk)

    def act(by: Person, now: datetime) -> str:
        actions.submit(row, by=by, now=now)
        return _("已提交，签发人会收到通知。")

    return _press(request, row, act)


@desk("release")
@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign what was read on the page, and carry it out at once."""
    row = _answer(request, pk)

    def act(by: Person, now: datetime) -> str:
        if request.POST.get("version") != str(row.newest.number):
            raise Refused(_("稿子刚刚改过，请看过新的一稿再签发"))
        actions.release(row, by=by, now=now)
        actions.publish_due(now=now)
        row.refresh_from_db()
        return _("已签发并公开。") if row.state == "published" else _("已签发，正在发布。")

    return _press(request, row, act)


def _press(
    request: HttpRequest, row: Answer, act: Callable[[Person, datetime], str]
) -> HttpResponse:
    """A button without fields; what cannot be done is said on the page as it is now."""
    try:
        messages.success(request, act(person_of(request), present.now()))
    except Refused as refusal:
        now_there = _answer(request, row.pk)
        return show_answer(request, now_there, error=said(refusal), status=409)
    return redirect("answer", pk=row.pk)


def _fill(
    request: HttpRequest, row: Answer, name: str, form: forms.Form, act: Callable[[], str]
) -> HttpResponse:
    """A form on the page; what could not be done comes back filled in."""
    if form.is_valid():
        try:
            text = act()
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, text)
            return redirect("answer", pk=row.pk)
    return show_answer(request, _answer(request, row.pk), bound={name: form}, status=422)


@desk("review")
@require_POST
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it back to its author, saying what to change."""
    row, by, now = _answer(request, pk), person_of(request), present.now()
    form = Note(request.POST, auto_id="back_%s")

    def act() -> str:
        actions.send_back(row, note=form.cleaned_data["note"], by=by, now=now)
        return _("已退回，拟稿人会收到通知。")

    return _fill(request, row, "send-back", form, act)


@desk("draft")
@require_POST
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Draft a correction."""
    row, by, now = _answer(request, pk), person_of(request), present.now()
    form = CorrectionForm(request.POST, auto_id="correct_%s")

    def act() -> str:
        actions.correct(row, form.cleaned_data["text"], by=by, now=now)
        return _("更正已提交，由另一个人签发后公开。")

    return _fill(request, row, "correct", form, act)


@desk("release")
@require_POST
def correction_release(request: HttpRequest, pk: int, correction: int) -> HttpResponse:
    """Sign a correction."""
    row = _answer(request, pk)
    fixed = get_object_or_404(row.corrections, pk=correction)

    def act(by: Person, now: datetime) -> str:
        actions.release_correction(fixed, by=by, now=now)
        return _("更正已签发并公开。")

    return _press(request, row, act)


@desk("review")
@require_POST
def correction_drop(request: HttpRequest, pk: int, correction: int) -> HttpResponse:
    """Give a correction up before it was signed."""
    row, by, now = _answer(request, pk), person_of(request), present.now()
    fixed = get_object_or_404(row.corrections, pk=correction)
    form = Reason(request.POST, auto_id=f"drop-{fixed.pk}_%s")

    def act() -> str:
        actions.drop_correction(fixed, reason=form.cleaned_data["reason"], by=by, now=now)
        return _("这条更正已放弃，记在台账里。")

    return _fill(request, row, f"drop-{fixed.pk}", form, act)


@desk()
@require_GET
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The newest version as it would stand in public."""
    row, now = _answer(request, pk), present.now()
    row.published_at = row.published_at or now
    version = row.newest
    promised = [
        {"what": line["what"], "due_on": date.fromisoformat(line["due_on"])}
        for line in version.promises
    ]
    context = {
        "answer": row,
        "version": version,
        "promises": promised,
        "people": row.case.issue.people if row.case.issue else 1,
        "back": row.pk,
        "personal": personal_in(row, version),
    }
    return render(request, "desk/answer_preview.html", context)


urlpatterns = [
    path("answers/", answers, name="answers"),
    path("cases/<int:pk>/answer/new/", answer_new, name="answer-new"),
    path("answers/<int:pk>/", answer, name="answer"),
    path("answers/<int:pk>/write/", answer_write, name="answer-write"),
    path("answers/<int:pk>/preview/", preview, name="answer-preview"),
    path("answers/<int:pk>/submit/", submit, name="answer-submit"),
    path("answers/<int:pk>/send-back/", send_back, name="answer-send-back"),
    path("answers/<int:pk>/release/", release, name="answer-release"),
    path("answers/<int:pk>/correct/", correct, name="answer-correct"),
    path(
        "answers/<int:pk>/corrections/<int:correction>/release/",
        correction_release,
        name="correction-release",
    ),
    path(
        "answers/<int:pk>/corrections/<int:correction>/drop/",
        correction_drop,
        name="correction-drop",
    ),
]
