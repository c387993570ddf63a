"""What is done on a case's page: an address a deed; what could not be done comes back filled in."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tingda.cases import actions
from tingda.cases.models import Case, Fact, Promise, Referral
from tingda.cases.queries import cases_for
from tingda.lib.refusal import Refused
from tingda.lib.uploads import Kept, keep
from tingda.lib.words import mark
from tingda.people.models import Person
from tingda.web.desk import case_forms
from tingda.web.desk.case_page import show_case
from tingda.web.guard import desk, person_of
from tingda.web.templatetags.tingda import when
from tingda.web.words import said

FILE_LIMIT = 20 * 2**20
Values = dict[str, Any]
Act = Callable[[Case, Values, Person, datetime], str]


def _refer(case: Case, values: Values, by: Person, now: datetime) -> str:
    row = actions.refer(case, values["unit"], values["asks"], by=by, now=now)
    return _("联系单已发给%(unit)s，对方的联络员会收到通知。") % {"unit": row.unit.name}


def _fact(case: Case, values: Values, by: Person, now: datetime) -> str:
    keep_fact(case, values, referral=None, by=by, now=now)
    return _("已记下一条核实。")


def _grade(case: Case, values: Values, by: Person, now: datetime) -> str:
    actions.set_grade(case, values["grade"], reason=values["reason"], by=by, now=now)
    return _("等级已改，还没到的时限已按新等级重算，仍从听到时算起。")


def _owner(case: Case, values: Values, by: Person, now: datetime) -> str:
    actions.hand_over(case, values["owner"], by=by, now=now)
    return _("已移交给%(name)s，对方会收到通知。") % {"name": values["owner"].name}


def _close(case: Case, values: Values, by: Person, now: datetime) -> str:
    actions.close(case, reason=values["reason"], text=values["text"], by=by, now=now)
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


# the name of an offer (case_page.py) -> its form and what it does
DEEDS: dict[str, tuple[type[case_forms.CaseForm], Act]] = {
    "refer": (case_forms.Refer, _refer),
    "fact": (case_forms.CaseFact, _fact),
    "grade": (case_forms.Grade, _grade),
    "owner": (case_forms.HandOver, _owner),
    "close": (case_forms.CloseForm, _close),
    "reopen": (case_forms.Reopen, _reopen),
    "pause": (case_forms.Pause, _pause),
    "resume": (case_forms.Resume, _resume),
    "extend": (case_forms.AskExtension, _ask_extension),
    "decide": (case_forms.DecideExtension, _decide_extension),
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
    return _done(request, case, name, form, act)


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
    return _done(request, case, name, form, act)


@desk("take_on")
@require_POST
def promise_kept(request: HttpRequest, pk: int, promise: int) -> HttpResponse:
    """Say how a promise was kept."""
    case = get_object_or_404(cases_for(person_of(request)), pk=pk)
    row: Promise = get_object_or_404(case.promises, pk=promise)
    name = f"keep-{row.pk}"

    def act(_case: Case, values: Values, by: Person, now: datetime) -> str:
        actions.keep_promise(row, how=values["how"], by=by, now=now)
        return _("已记为兑现，公开页面同时更新。")

    form = case_forms.Kept(request.POST, auto_id=f"{name}_%s")
    return _done(request, case, name, form, act)


def _done(request: HttpRequest, case: Case, name: str, form: forms.Form, act: Act) -> HttpResponse:
    if form.is_valid():
        try:
            text = act(case, form.cleaned_data, person_of(request), timezone.now())
        except Refused as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, text)
            return redirect("case", pk=case.pk)
    case.refresh_from_db()
    return show_case(request, case, {name: form}, status=422)


def keep_fact(
    case: Case, values: Values, *, referral: Referral | None, by: Person, now: datetime
) -> Fact:
    """Record a fact with its files: all of it or nothing, on disk and in the database."""
    kept: list[Kept] = []
    try:
        for file in values["attachments"]:
            kept.append(_kept(file))
        with transaction.atomic():
            fact = actions.record_fact(
                case,
                what=values["what"],
                by_whom=values["by_whom"],
                evidence=values["evidence"],
                referral=referral,
                by=by,
                now=now,
            )
            for one in kept:
                path = one.path.relative_to(settings.MEDIA_ROOT)
                actions.attach(
                    fact, name=one.name, path=str(path), size=one.size, sha256=one.sha256
                )
    except BaseException:
        for one in kept:
            one.path.unlink(missing_ok=True)
        raise
    return fact


def _kept(file: "UploadedFile[Any]") -> Kept:
    return keep(file.chunks(), file.name or "", Path(settings.MEDIA_ROOT) / "facts", FILE_LIMIT)
