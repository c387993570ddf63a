"""One case: everything that was done, what comes next, and only the buttons that will work."""

from collections.abc import Callable, Collection

from django import forms
from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from tingda.answers.models import Answer
from tingda.answers.queries import answers_for
from tingda.cases.models import Case, Deadline, Extension, Pause, Promise, Referral
from tingda.cases.queries import contact_held, rare_parts, standing_issue, voices_of
from tingda.cases.queries.routing import Suggestion
from tingda.cases.rules import moves_from
from tingda.collect.queries.evidence import evidence_for
from tingda.detect.queries import assessments_of, issue_family
from tingda.ledger.queries import thread_lines
from tingda.lib import present
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office
from tingda.web.desk import case_forms
from tingda.web.desk.case_major import major_context
from tingda.web.desk.case_owner import (
    Bound,
    Offer,
    as_suggested,
    owner_context,
    owner_offers,
    suggestion,
)
from tingda.web.desk.case_steps import way_of
from tingda.web.gathered import cases_about
from tingda.web.guard import person_of
from tingda.web.kept import kept_for
from tingda.web.routing_words import shown

LINES_SHOWN, LINES_MOST = 12, 500
_DEADLINES = Deadline.objects.order_by("due_at")
_PAUSES = Pause.objects.select_related("by").order_by("started_at")
_EXTENSIONS = Extension.objects.select_related("asked_by", "decided_by").order_by("asked_at")


def show_case(
    request: HttpRequest, case: Case, bound: Bound | None = None, status: int = 200
) -> HttpResponse:
    """The page; `bound` holds the form that could not be carried out, by the name of its offer."""
    now, person = present.now(), person_of(request)
    has = rare_parts(case)
    _read_clocks(case, has)
    deadlines = list(case.deadlines.all())
    referrals = _referrals(case)
    facts = list(case.facts.select_related("recorded_by").prefetch_related("files").order_by("id"))
    found = answers_for(person).filter(case=case).select_related(None)
    answers = list(found.order_by("-id"))
    lines = list(thread_lines(case.thread)[:LINES_MOST])
    issue = standing_issue(case)
    family = issue_family(issue.pk) if issue else set()
    about = cases_about(issue, person, family) if issue else []
    waiting = [row for row in referrals if row.state == Referral.State.SENT]
    suggested = suggestion(case, person, referrals)
    waits = any(row.state == Referral.State.OBJECTED for row in referrals)
    context = {
        "here": "cases",
        "now": now,
        "today": timezone.localdate(now),
        "case": case,
        "issue": issue,
        "siblings": [one for one in about if one != case],
        "assessments": list(assessments_of(issue.pk, family)) if issue else [],
        "sees_voices": is_of_the_office(person),
        "contact_held": contact_held(case),
        "evidence": kept_for(evidence_for(person).filter(voice__in=voices_of(case).order_by())),
        "way": way_of(case, referrals, facts, answers, deadlines, now),
        "deadlines": deadlines,
        "pauses": list(case.pauses.all()),
        "extensions": list(case.extensions.all()),
        **owner_context(case, person, referrals, facts, has, bound or {}),
        "suggestion": shown(suggested) if suggested else None,
        **major_context(case, person, waiting, has, family, bound or {}, now),
        "facts": facts,
        "answers": answers,
        "answer": answers[0] if answers else None,
        "may_draft": _may_draft(case, answers, person),
        **_promises(case, person, bound or {}, made="promises" in has),
        "owes_report": any(row.stage == "rectify" and not row.met_at for row in deadlines),
        "opened": next(iter(bound or {}), request.GET.get("do", "")),
        "offers": _offers(case, person, bound or {}, suggested, waits=waits),
        "new_lines": lines[:LINES_SHOWN],
        "old_lines": lines[LINES_SHOWN:],
    }
    return render(request, "desk/case.html", context, status=status)


def _read_clocks(case: Case, has: Collection[str]) -> None:
    """Its deadlines, pauses and extensions, for every `.all()` of them."""
    prefetch_related_objects(
        [case],
        Prefetch("deadlines", _DEADLINES),
        Prefetch("pauses", _PAUSES if "pauses" in has else _PAUSES.none()),
        Prefetch("extensions", _EXTENSIONS if "extensions" in has else _EXTENSIONS.none()),
    )


def _referrals(case: Case) -> list[Referral]:
    """The unit that leads first, those that joined below it; of each the newest first."""
    rows = case.referrals.select_related(
        "unit", "person", "sent_by", "answered_by", "objection", "put_by"
    )
    rows = rows.prefetch_related(  # joined, they would cost every case as much as all the rest
        "objection__by",
        "objection__decided_by",
        "objection__moved_to__unit",
        "put_by__referral__unit",
    )
    return sorted(rows.order_by("-id"), key=lambda row: row.unit_id != case.unit_id)


def _promises(case: Case, person: Person, bound: Bound, *, made: bool) -> dict[str, object]:
    rows = case.promises.prefetch_related("files").order_by("due_on", "id") if made else ()
    return {
        "promises": [(row, promise_offers(row, person, bound)) for row in rows],
        "open_promises": sum(row.is_open for row in rows),
    }


def _may_draft(case: Case, answers: list[Answer], person: Person) -> bool:
    being_made = any(answer.state != "published" for answer in answers)
    return not being_made and "draft" in moves_from(case.state, person.roles)


def _offers(
    case: Case, person: Person, bound: Bound, suggestion: Suggestion | None, *, waits: bool
) -> dict[str, Offer]:
    """What may be done; `waits`: an objection that nobody has decided."""
    first = "refer" if case.state == "taken" and not waits else ""
    moves, takes_on = moves_from(case.state, person.roles), person.may("take_on")

    def form(name: str, kind: type[case_forms.CaseForm]) -> forms.Form:
        return bound.get(name) or kind(case=case, auto_id=f"{name}_%s")

    def offer(name: str, label: str, form: forms.Form, button: str, note: str = "") -> Offer:
        address = reverse("case-deed", args=[case.pk, name])
        return Offer(name, label, form, address, button, note, primary=name == first)

    offers = []
    if "refer" in moves:
        refer = bound.get("refer") or case_forms.Refer(
            case=case, auto_id="refer_%s", initial=as_suggested(suggestion)
        )
        offers.append(offer("refer", _("发联系单…"), refer, _("发出")))
    if takes_on and case.is_open:
        offers += owner_offers(case, offer, form)
        offers.append(offer("fact", _("记下核实…"), form("fact", case_forms.CaseFact), _("记下")))
        offers.append(offer("grade", _("改等级…"), form("grade", case_forms.Grade), _("改")))
        offers.append(offer("kind", _("改种类…"), form("kind", case_forms.Kind), _("改")))
        offers.append(offer("owner", _("移交…"), form("owner", case_forms.HandOver), _("移交")))
    offers += _waiting_offers(case, person, offer, form, bound)
    if "close" in moves:
        offers.append(
            offer("close", _("办结…"), form("close", case_forms.CloseForm), _("确定办结"))
        )
    if "reopen" in moves:
        reason = form("reopen", case_forms.Reopen)
        note = _("时限仍从听到时算起，不会重新计算。")
        offers.append(offer("reopen", _("重新办理…"), reason, _("重新办理"), note))
    return {one.name: one for one in offers}


def _waiting_offers(
    case: Case,
    person: Person,
    offer: Callable[..., Offer],
    form: Callable[[str, type[case_forms.CaseForm]], forms.Form],
    bound: Bound,
) -> list[Offer]:
    """Clocks that stand still or are lengthened."""
    found = []
    if person.may("take_on") and case.is_open:
        if any(row.ended_at is None for row in case.pauses.all()):
            found.append(
                offer("resume", _("恢复计时…"), form("resume", case_forms.Resume), _("恢复计时"))
            )
        elif any(row.met_at is None for row in case.deadlines.all()):
            found.append(offer("pause", _("暂停计时…"), form("pause", case_forms.Pause), _("暂停")))
        rows = case_forms.extendable(case)
        if rows:
            asked = bound.get("extend") or case_forms.AskExtension(
                rows=rows, case=case, auto_id="extend_%s"
            )
            note = _("要由另一位签发人批准，一个时限只能延长一次。")
            found.append(offer("extend", _("申请延期…"), asked, _("提出"), note))
    asked_by = [row.asked_by_id for row in case.extensions.all() if row.granted is None]
    if person.may("extend") and asked_by and person.pk not in asked_by:
        decide = form("decide", case_forms.DecideExtension)
        found.append(offer("decide", _("决定延期…"), decide, _("确定")))
    return found


def promise_offers(row: Promise, person: Person, bound: Bound) -> list[Offer]:
    """Kept, or not to be kept; who came second still has what they typed, and the reason."""
    if not person.may("take_on"):
        return []
    kept, broken = f"keep-{row.pk}", f"break-{row.pk}"
    offers = [
        Offer(
            kept,
            _("兑现了…"),
            bound.get(kept) or case_forms.Kept(auto_id=f"{kept}_%s"),
            reverse("case-keep", args=[row.case_id, row.pk]),
            _("记为兑现"),
            _("凭据只给工作人员看，写的话会公开。"),
        ),
        Offer(
            broken,
            _("做不到…"),
            bound.get(broken) or case_forms.Broken(auto_id=f"{broken}_%s"),
            reverse("case-break", args=[row.case_id, row.pk]),
            _("公开说明"),
            _("这项承诺会一直公开挂着，标明没有做到、为什么、改做什么。"),
        ),
    ]
    return [one for one in offers if row.is_open or one.name in bound]
