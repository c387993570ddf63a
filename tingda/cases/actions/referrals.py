"""Asking units for the facts, and what they found."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from tingda.cases import queries, rules
from tingda.cases.actions.casework import line, locked, move
from tingda.cases.actions.catching_up import OFF, catching_up, tell_of_all
from tingda.cases.models import Case, Fact, FactFile, Referral, Route
from tingda.cases.queries.clocks import clock, due
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.notify.actions import tell
from tingda.people.models import Person, Unit
from tingda.people.queries import people_with

ASKED = "referral.sent"  # what somebody is told who has to answer a referral


@dataclass(frozen=True, slots=True)
class Asked:
    """What a unit, or one person of it, is asked; `route`: the rule by which it goes by itself."""

    unit: Unit
    asks: str
    person: Person | None = None
    route: Route | None = None


@transaction.atomic
def refer(
    case: Case, unit: Unit, asks: str, *, by: Person, now: datetime, person: Person | None = None
) -> Referral:
    """Ask one unit for the facts; the limit comes from the table of clocks. The unit that leads
    the case answers for it; others are joined."""
    case = locked(case)
    move(case, "refer", by=by)
    return send(case, Asked(unit, asks, person), by=by, now=now)


def send(case: Case, asked: Asked, *, by: Person, now: datetime) -> Referral:
    """The sheet itself, in a locked case that is in the right state. A person sends it; what goes
    by a rule is sent in the name of the rule's owner, by the system."""
    asks = rules.written(asked.asks, _("请写明要核实什么"))
    unit, person = asked.unit, asked.person
    unit.must_be_open()
    if person and (person.unit_id != unit.pk or not person.is_active):
        raise Refused(_("%(name)s现在不是%(unit)s的人"), name=person.name, unit=unit.name)
    if case.referrals.filter(unit=unit, state=Referral.State.SENT).exists():
        raise Refused(_("已经有一张联系单在等%(unit)s反馈"), unit=unit.name)
    limits, objecting = (
        clock(rules.referral_clock(case.grade).code),
        clock(rules.objection_clock(case.kind).code),
    )
    due_at, how = due(limits.limit, now, limits.basis)
    until, until_how = due(objecting.limit, now, objecting.basis)
    row = Referral.objects.create(
        case=case,
        unit=unit,
        person=person,
        asks=asks,
        sent_by=by,
        sent_at=now,
        due_at=due_at,
        how=how,
        object_until=until,
        object_how=until_how,
    )
    by_rule = {"rule": asked.route.name} if asked.route else {}
    who = None if asked.route else by
    _referral_line(ASKED, row, by=who, now=now, public=True, **by_rule)
    tell_liaisons(ASKED, row, now)
    return row


@transaction.atomic
def record_fact(
    case: Case,
    *,
    what: str,
    by_whom: str,
    evidence: str,
    referral: Referral | None,
    by: Person,
    now: datetime,
) -> Fact:
    """Write down one checked statement. A liaison does it on the own unit's referral only."""
    if referral is None:
        case = locked(case)
        if not by.may("take_on"):
            raise Refused(_("请在发给本单位的联系单上填写"))
    else:
        referral = standing(referral, by)
        case = referral.case
    if not case.is_open:
        raise Refused(_("事项已经办结，要补充请先重新办理"))
    said = {"what": what.strip(), "by_whom": by_whom.strip()[:100]}
    said["evidence"] = evidence.strip()[:500]
    if not all(said.values()):
        raise Refused(_("“查明了什么、谁核实的、依据”三项都要写"))
    fact = Fact.objects.create(
        case=case, referral=referral, recorded_by=by, recorded_at=now, **said
    )
    data = {"what": fact.what, "by_whom": fact.by_whom}
    line("fact.recorded", case, data, by=by, now=now, subject=f"fact:{fact.pk}")
    return fact


@transaction.atomic
def attach(fact: Fact, *, name: str, path: str, size: int, sha256: str) -> FactFile:
    """Keep a file with its fact, by who recorded it; its fingerprint goes on the record."""
    row = FactFile.objects.create(fact=fact, name=name[:200], path=path, size=size, sha256=sha256)
    data, by, now = {"name": row.name, "sha256": sha256}, fact.recorded_by, fact.recorded_at
    line("file.attached", fact.case, data, by=by, now=now, subject=f"file:{row.pk}")
    return row


@transaction.atomic
def answer_referral(referral: Referral, *, by: Person, now: datetime) -> Referral:
    """The unit says that its facts are complete; when no other is waited for, the case moves."""
    row = standing(referral, by)
    if not row.facts.exists():
        raise Refused(_("请至少填写一条核实，再反馈"))
    row.answered_by, row.answered_at = by, now
    stop(row, Referral.State.ANSWERED)
    _referral_line("referral.answered", row, by=by, now=now, public=True)
    tell_owner("referral.answered", row, now)
    return row


@transaction.atomic
def withdraw_referral(referral: Referral, reason: str, *, by: Person, now: datetime) -> Referral:
    """Take a referral back, with the reason; what the unit found so far stays."""
    row = standing(referral, by)
    if not by.may("take_on") or not reason.strip():
        raise Refused(_("收回联系单须由值班员写明理由"))
    row.reason = reason.strip()
    stop(row, Referral.State.WITHDRAWN)
    _referral_line("referral.withdrawn", row, by=by, now=now)
    tell_liaisons("referral.withdrawn", row, now)
    return row


@transaction.atomic
def note_late(referral: Referral, *, now: datetime, as_whole: bool = False) -> bool:
    """Put a lateness on the record once and tell the owner; `as_whole`: with others that were
    missed. Lateness itself is always computed."""
    claimed = Referral.objects.filter(
        pk=referral.pk, state=Referral.State.SENT, late_noted=False, due_at__lt=now
    ).update(late_noted=True)
    if claimed:
        _referral_line("referral.late", referral, by=None, now=now)
        if as_whole and referral.due_at < now - OFF:
            tell_of_all([referral.case.owner], now)
        else:
            tell_owner("referral.late", referral, now)
    return bool(claimed)


def note_late_due(*, now: datetime) -> int:
    """Note every lateness that is not on the record yet; how many there were."""
    late = Referral.objects.filter(
        state=Referral.State.SENT, late_noted=False, due_at__lt=now
    ).select_related("case", "case__owner", "unit")
    found = list(late[:100])
    as_whole = bool(found) and catching_up(now)
    return sum(note_late(row, now=now, as_whole=as_whole) for row in found)


def standing(referral: Referral, by: Person) -> Referral:
    """The referral as it is now, and its case, both held: two units may answer at once."""
    case = locked(referral.case)
    row = Referral.objects.select_for_update().get(pk=referral.pk)
    row.case = case
    if not queries.may_answer(by, row):
        by.must("state_facts")
        raise Refused(_("这张联系单是发给别的单位的"))
    if row.state != Referral.State.SENT:
        raise Refused(_("这张联系单已经结束"))
    return row


def stop(row: Referral, state: str) -> None:
    """End a referral. When the unit that leads has answered, or nothing is waited for any more:
    facts complete, or taken on again."""
    row.state, case = state, row.case
    row.save()
    if case.state != "referred":
        return
    leads = state == Referral.State.ANSWERED and row.unit_id == case.unit_id
    if leads or not case.referrals.filter(state=Referral.State.SENT).exists():
        move(case, "facts_complete" if case.facts.exists() else "recall", by=None)


def _referral_line(
    verb: str,
    row: Referral,
    *,
    by: Person | None,
    now: datetime,
    public: bool = False,
    **more: str,
) -> None:
    data = {"unit": row.unit.name} | ({"reason": row.reason} if row.reason else {}) | more
    subject = f"referral:{row.pk}"
    line(verb, row.case, data, by=by, now=now, subject=subject, public=public)


def tell_liaisons(verb: str, row: Referral, now: datetime) -> list[str]:
    """Tell whom it was addressed to; without a name, or where they left, those who answer for the
    unit; and who stands in for them. The names of those it was meant for."""
    named = [row.person] if row.person and row.person.is_active else []
    liaisons = named or list(people_with("liaison").filter(unit=row.unit))
    data = {"title": row.case.title, "due": row.due_at.isoformat(), "unit": row.unit.name}
    key, link = f"{verb}:{row.pk}", f"referral:{row.pk}"
    tell(liaisons, verb, key=key, link=link, now=now, data=data, unit=row.unit_id)
    return [one.name for one in liaisons]


def tell_owner(verb: str, row: Referral, now: datetime) -> None:
    """Tell whose case it is; of two referrals of one unit that are found late at once, once."""
    data = {"title": row.case.title, "unit": row.unit.name}
    late = f"{row.case_id}:{row.unit_id}:{now.isoformat()}"
    key = f"{verb}:{late if verb == 'referral.late' else row.pk}"
    link = row.case.thread
    tell([row.case.owner], verb, key=key, link=link, now=now, data=data, unit=row.unit_id)
