"""“Not ours”: a unit says so in time and once, another person decides whose the matter is."""

from datetime import datetime

from django.db import transaction

from tingda.cases import rules
from tingda.cases.actions.casework import lead, line, locked, move
from tingda.cases.actions.deadlines import write_moved
from tingda.cases.actions.referrals import (
    Asked,
    send,
    standing,
    stop,
    tell_liaisons,
    tell_owner,
)
from tingda.cases.models import Case, Objection, Referral
from tingda.cases.models.laddered import NEVER
from tingda.cases.queries.clocks import moved_rows, own_days
from tingda.cases.queries.routing import deciders, has_objected
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.notify.actions import tell
from tingda.people.models import Person, Unit


@transaction.atomic
def object_referral(referral: Referral, reason: str, *, by: Person, now: datetime) -> Referral:
    """The unit says "not ours" and why, within the limit and once; somebody decides."""
    row = standing(referral, by)
    row.reason = rules.written(reason, _("提出异议必须写明理由"))
    if has_objected(row):
        raise Refused(_("归属已经有人决定过，就在这里办，不能再提异议"))
    if row.object_until and now > row.object_until:
        raise Refused(_("提出异议的期限已过，就在这里办；确实办不了请打电话给值班员"))
    row.answered_by, row.answered_at = by, now
    Objection.objects.create(referral=row, reason=row.reason, by=by, at=now)
    stop(row, Referral.State.OBJECTED)
    _line("referral.objected", row, {"reason": row.reason}, by, now)
    tell_owner("referral.objected", row, now)
    case = row.case
    others = deciders(case) - {by.pk, row.sent_by_id, case.owner_id}
    data = {"title": case.title, "unit": row.unit.name}
    key = f"referral.objected:{row.pk}"
    tell(
        Person.objects.filter(pk__in=others),
        "referral.objected",
        key=key,
        link=case.thread,
        now=now,
        data=data,
    )
    return row


@transaction.atomic
def decide_objection(
    referral: Referral, to: Unit | None, note: str, *, by: Person, now: datetime
) -> Referral:
    """Say whose it is: None, of the unit that was asked, which answers it; or of another one.

    Gives the referral that stands now. It cannot be objected to any more.
    """
    case = locked(referral.case)
    by.must("decide_owner")
    row = Referral.objects.select_for_update().get(pk=referral.pk)
    row.case = case
    if row.state != Referral.State.OBJECTED:
        raise Refused(_("这个异议已经有人决定了"))
    objection = _objection(row, now)
    rules.check_decider(by.pk, frozenset({row.sent_by_id, objection.by_id}), deciders(case))
    note = rules.written(note, _("请写明决定的理由"))
    if to == row.unit:
        raise Refused(_("留给原来的单位，请选“留在原单位”"))
    objection.decided_by, objection.decided_at, objection.note = by, now, note
    stands = _send_back(row) if to is None else _pass_on(row, to, objection, by=by, now=now)
    objection.save()
    data = {"to": stands.unit.name, "decision": note}
    _line("objection.decided", row, data, by, now)
    if to is None:
        tell_liaisons("objection.stays", row, now)
    else:
        tell_liaisons("objection.moved", row, now)
    return stands


def _objection(row: Referral, now: datetime) -> Objection:
    """Its objection; one from before there were decisions has none yet."""
    who = row.answered_by or row.sent_by
    values = {"reason": row.reason, "by": who, "at": row.answered_at or now}
    return Objection.objects.get_or_create(referral=row, defaults=values)[0]


def _send_back(row: Referral) -> Referral:
    """It is asked again, or what it became a part of meanwhile; by the limit that it always had,
    counted with the days as they are now."""
    row.unit = row.unit.standing
    row.unit.must_be_open()
    row.state, row.reason = Referral.State.SENT, ""
    row.answered_by = row.answered_at = None
    row.step_for = NEVER  # grade and ladders may have changed since
    write_moved(moved_rows([row], own_days()))
    row.save()
    _wait_again(row.case)
    return row


def _pass_on(
    row: Referral, to: Unit, objection: Objection, *, by: Person, now: datetime
) -> Referral:
    """Another unit is asked the same; where the first one led the case, the other one leads."""
    case = row.case
    row.state = Referral.State.MOVED
    row.save()
    if case.unit_id == row.unit_id:
        lead(case, to, objection.note, by=by, now=now)
    _wait_again(case)
    objection.moved_to = send(case, Asked(to, row.asks), by=by, now=now)
    return objection.moved_to


def _wait_again(case: Case) -> None:
    """Facts are waited for again, unless the unit that leads has given them."""
    given = case.referrals.filter(unit=case.unit_id, state=Referral.State.ANSWERED).exists()
    if not given and case.state in rules.MOVES["refer"].start:
        move(case, "refer", by=None)


def _line(verb: str, row: Referral, data: dict[str, str], by: Person, now: datetime) -> None:
    told = {"unit": row.unit.name} | data
    line(verb, row.case, told, by=by, now=now, subject=f"referral:{row.pk}")
