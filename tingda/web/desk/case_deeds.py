"""What is done on a case's page: an address a deed; what could not be done comes back filled in."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tingda.answers.actions.lookbacks import look_back_if_grave
from tingda.cases import actions
from tingda.cases.models import Case, Fact, Promise, Referral
from tingda.cases.queries import cases_for
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.lib.uploads import Kept
from tingda.lib.words import mark
from tingda.people.models import Person
from tingda.web.desk import case_forms, routing_forms
from tingda.web.desk.case_page import show_case
from tingda.web.guard import desk, person_of
from tingda.web.templatetags.tingda import when
from tingda.web.uploading import as_row, kept_together
from tingda.web.words import said

Values = dict[str, Any]
Act = Callable[[Case, Values, Person, datetime], str]


def _refer(case: Case, values: Values, by: Person, now: datetime) -> str:
    unit, person = values["unit"], values["person"]
    row = actions.refer(case, unit, values["asks"], person=person, by=by, now=now)
    return _("联系单已发给%(unit)s，对方的联络员会收到通知。") % {"unit": row.unit.name}


def _fact(case: Case, values: Values, by: Person, now: datetime) -> str:
    keep_fact(case, values, referral=None, by=by, now=now)
    return _("已记下一条核实。")


def _grade(case: Case, values: Values, by: Person, now: datetime) -> str:
    actions.set_grade(case, **values, by=by, now=now)
    return _("等级已改，还没到的时限已按新等级重算，仍从听到时算起。")


def _kind(case: Case, values: Values, by: Person, now: datetime) -> str:
    actions.set_kind(case, values["kind"], reason=values["reason"], by=by, now=now)
    return _("种类已改，时限按新种类算，仍从听到时算起。")


def _owner(case: Case, values: Values, by: Person, now: datetime) -> str:
    actions.hand_over(case, **values, by=by, now=now)
    return _("已移交给%(name)s，对方会收到通知。") % {"name": values["owner"].name}


def _close(case: Case, values: Values, by: Person, now: datetime) -> str:
    closed = actions.close(case, reason=values["reason"], text=values["text"], by=by, now=now)
    look_back_if_grave(closed, now=now)
    return _("事项已办结，办结说明已公开。")


def _reopen(case: Case, values: Values, by: Person, now: datetime) -> str:
    actions.reopen(case, reason=values["reason"], by=by, now=now)
    return _("事项已重新办理。")


def _pause(case: Case, values: Values, by: Person, now: datetime) -> str:
    row = actions.pause(case, values["reason"], values["days"], values["text"], by=by, now=now)
    return _("时限已暂停，最迟到 %(until)s 自己恢复。") % {"until": when(row.until)}


def _resume(case: Case, _values: Values, by: Person, now: datetime) -> str:
    actions.resume(case, by=by, now=now)
    return _("时限恢复计时。")


def _ask_extension(case: Case, values: Values, by: Person, now: datetime) -> str:
    deadline, amount = values["deadline"], values["amount"]
    actions.ask_extension(deadline, amount, values["reason"], by=by, now=now)
    return _("已提出延期，等签发人决定；没有批准以前，时限不变。")


def _decide_extension(case: Case, values: Values, by: Person, now: datetime) -> str:
    asked = case.extensions.filter(granted=None).first()
    if asked is None:
        raise Refused(mark("这个延期申请已经有人决定了"))
    actions.decide_extension(asked, values["granted"], values["note"], by=by, now=now)
    return _("已同意延期，时限已改，理由公开。") if values["granted"] else _("已记下：不同意延期。")


def _lead(case: Case, values: Values, by: Person, now: datetime) -> str:
    row = actions.set_lead(case, **values, by=by, now=now)
    return _("主办单位改为%(unit)s。") % {"unit": row.unit.name}


def _confirm(case: Case, _values: Values, by: Person, now: datetime) -> str:
    actions.confirm_grade(case, by=by, now=now)
    return _("等级已确认。")


def _forward(case: Case, values: Values, by: Person, now: datetime) -> str:
    with files_kept(values["attachments"], "forwarded") as kept:
        row = actions.forward(
            case, values["to"], way=values["way"], text=values["text"], by=by, now=now
        )
        for one in kept:
            actions.keep_forwarded(row, one, path_of(one), came_back=False)
        if values.get("days"):
            waits = _("已转%(to)s办理，等答复。") % {"to": row.to}
            actions.pause(case, "outside", values["days"], waits, by=by, now=now)
    return _("已记下转给%(to)s的内容。") % {"to": row.to}


# the name of an offer (case_page.py) -> its form and what it does
DEEDS: dict[str, tuple[type[case_forms.CaseForm], Act]] = {
    "refer": (case_forms.Refer, _refer),
    "fact": (case_forms.CaseFact, _fact),
    "grade": (case_forms.Grade, _grade),
    "kind": (case_forms.Kind, _kind),
    "owner": (case_forms.HandOver, _owner),
    "close": (case_forms.CloseForm, _close),
    "reopen": (case_forms.Reopen, _reopen),
    "pause": (case_forms.Pause, _pause),
    "resume": (case_forms.Resume, _resume),
    "extend": (case_forms.AskExtension, _ask_extension),
    "decide": (case_forms.DecideExtension, _decide_extension),
    "lead": (routing_forms.SetLead, _lead),
    "confirm": (routing_forms.ConfirmGrade, _confirm),
    "forward": (routing_forms.Forward, _forward),
}
NEEDS = {"decide": "extend"}  # the role that a deed needs, where it is not taking on


@desk()
@require_POST
def deed(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Do one thing to a case."""
    person = person_of(request)
    case = get_object_or_404(cases_for(person), pk=pk)
    if name not in DEEDS:
        raise Http404
    if not person.may(NEEDS.get(name, "take_on")):
        raise PermissionDenied
    kind, act = DEEDS[name]
    form = kind(request.POST, request.FILES, auto_id=f"{name}_%s", case=case)
    return done(request, case, name, form, act)


@desk("take_on")
@require_POST
def withdraw(request: HttpRequest, pk: int, referral: int) -> HttpResponse:
    """Take a referral back."""
    case = get_object_or_404(cases_for(person_of(request)), pk=pk)
    row: Referral = get_object_or_404(case.referrals, pk=referral)
    name = f"withdraw-{row.pk}"

    def act(_case: Case, values: Values, by: Person, now: datetime) -> str:
        actions.withdraw_referral(row, values["reason"], by=by, now=now)
        return _("联系单已收回。")

    form = case_forms.Reason(request.POST, auto_id=f"{name}_%s")
    return done(request, case, name, form, act)


@desk("take_on")
@require_POST
def promise_kept(request: HttpRequest, pk: int, promise: int) -> HttpResponse:
    """Say how a promise was kept."""
    case = get_object_or_404(cases_for(person_of(request)), pk=pk)
    row: Promise = get_object_or_404(case.promises, pk=promise)
    name = f"keep-{row.pk}"

    def act(_case: Case, values: Values, by: Person, now: datetime) -> str:
        keep_promise(row, values, by=by, now=now)
        return _("已记为兑现，公开页面同时更新。")

    form = case_forms.Kept(request.POST, request.FILES, auto_id=f"{name}_%s")
    return done(request, case, name, form, act)


@desk("take_on")
@require_POST
def promise_broken(request: HttpRequest, pk: int, promise: int) -> HttpResponse:
    """Say in public that a promise cannot be kept."""
    case = get_object_or_404(cases_for(person_of(request)), pk=pk)
    row: Promise = get_object_or_404(case.promises, pk=promise)
    name = f"break-{row.pk}"

    def act(_case: Case, values: Values, by: Person, now: datetime) -> str:
        actions.break_promise(row, **values, by=by, now=now)
        return _("已公开说明这项承诺做不到、为什么、改做什么。")

    form = case_forms.Broken(request.POST, auto_id=f"{name}_%s")
    return done(request, case, name, form, act)


def done(request: HttpRequest, case: Case, name: str, form: forms.Form, act: Act) -> HttpResponse:
    """Do it and go back to the case, or show the page with the form that could not be done."""
    if form.is_valid():
        try:
            text = act(case, form.cleaned_data, person_of(request), present.now())
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, text)
            return redirect("case", pk=case.pk)
    case.refresh_from_db()
    return show_case(request, case, {name: form}, status=422)


@contextmanager
def files_kept(files: "Iterable[UploadedFile[Any]]", folder: str) -> Iterator[list[Kept]]:
    """Files on disk and what is written of them: all of it or nothing."""
    with kept_together(files, folder) as kept, transaction.atomic():
        yield kept


def path_of(kept: Kept) -> str:
    """Where a file lies, as the tables have it."""
    return str(kept.path.relative_to(settings.MEDIA_ROOT))


def keep_fact(
    case: Case, values: Values, *, referral: Referral | None, by: Person, now: datetime
) -> Fact:
    """Record a fact with its files."""
    said = {name: values[name] for name in ("what", "by_whom", "evidence")}
    with files_kept(values["attachments"], "facts") as kept:
        fact = actions.record_fact(case, **said, referral=referral, by=by, now=now)
        for one in kept:
            actions.attach(fact, name=one.name, path=path_of(one), size=one.size, sha256=one.sha256)
    return fact


def keep_promise(row: Promise, values: Values, *, by: Person, now: datetime) -> None:
    """Say how a promise was kept, with its proof: all of it or nothing."""
    with files_kept(values["attachments"], "promises") as kept:
        actions.keep_promise(row, how=values["how"], by=by, now=now)
        for one in kept:
            actions.prove_promise(row, **as_row(one), by=by, now=now)
