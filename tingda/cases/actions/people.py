"""People leave, units are merged or closed, and nothing is left without an owner."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from tingda.analyse.actions.watches import give_watch
from tingda.cases.actions.casework import line, locked
from tingda.cases.actions.referrals import tell_liaisons
from tingda.cases.models import Case, Referral
from tingda.cases.queries import cases_for, units_answered_for
from tingda.cases.queries.people import Open, left_behind, open_matters, units_with_open_matters
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.notify.actions import tell
from tingda.notify.actions.ways import follow_unit
from tingda.people import actions as people
from tingda.people.models import Person, Unit
from tingda.people.queries import is_of_the_office
from tingda.people.rules import LIAISON

ASKED = "referral.sent"  # what somebody is told who has to answer a referral


@transaction.atomic
def change_person(  # noqa: PLR0913 - who somebody is, and who takes over
    person: Person,
    *,
    name: str,
    unit: Unit,
    roles: Iterable[str],
    active: bool,
    heir: Person | None,
    by: Person,
    now: datetime,
) -> Person:
    """Change who somebody is. What they can no longer look after goes to the heir; without one,
    nothing changes."""
    was = open_matters(person)
    row = people.change_person(
        person, name=name, unit=unit, roles=roles, active=active, by=by, now=now
    )
    left = left_behind(was, row)
    if len(left) and heir is None:
        text = _("%(name)s名下还有 %(count)s 件没有办完的，请先选一位接手的人")
        raise Refused(text, name=row.name, count=len(left))
    if heir is not None:
        _take_over(left, heir, by=by, now=now)
    return row


@transaction.atomic
def merge_unit(unit: Unit, heir: Unit, *, by: Person, now: datetime) -> Unit:
    """Make one unit a part of another; its open cases and referrals go there, a line for each.

    What is closed or answered stays under the name of then.
    """
    into = people.merge_unit(unit, heir, by=by, now=now)
    follow_unit(unit, into)
    cases, referrals = units_with_open_matters(unit)
    for case in cases:
        row = locked(case)
        row.unit = into
        row.save(update_fields=["unit"])
        line("case.unit_changed", row, {"before": unit.name, "to": into.name}, by=by, now=now)
    for referral in referrals:
        _readdress(referral, unit, into, by=by, now=now)
    return into


@transaction.atomic
def close_unit(unit: Unit, *, by: Person, now: datetime) -> Unit:
    """The unit is no more. Refused while anything waits for it: then it is merged instead."""
    row = people.close_unit(unit, by=by, now=now)
    cases, referrals = units_with_open_matters(unit)
    if waiting := len(cases) + len(referrals):
        text = _("这个单位还有 %(count)s 件没有办完的，请并入接手的单位")
        raise Refused(text, count=waiting)
    return row


def _take_over(left: Open, heir: Person, *, by: Person, now: datetime) -> None:
    """Give everything to one person, who must be able to look after it."""
    heir = Person.objects.select_related("unit").get(pk=heir.pk)
    if not heir.is_active:
        raise Refused(_("%(name)s已停用，不能接手"), name=heir.name)
    for case in left.cases:
        _give_case(case, heir, by=by, now=now)
    for referral in left.referrals:
        _give_referral(referral, heir, by=by, now=now)
    for watch in left.watches:
        give_watch(watch, heir, by=by, now=now)
    for unit in left.leads:
        contact = {"phone": unit.phone, "hours": unit.hours}
        people.set_unit_contact(unit, lead=heir, **contact, by=by, now=now)


def _give_case(case: Case, heir: Person, *, by: Person, now: datetime) -> None:
    row = locked(case)
    if not cases_for(heir).filter(pk=row.pk).exists():
        raise Refused(_("%(name)s看不到这个事项，不能做负责人"), name=heir.name)
    row.owner = heir
    row.save(update_fields=["owner"])
    told = line("case.handed_over", row, {"to": heir.name}, by=by, now=now)
    data = {"title": row.title, "by": by.name}
    key = f"case.handed_over:{told.pk}"
    tell([heir], "case.handed_over", key=key, link=row.thread, now=now, data=data)


def _give_referral(referral: Referral, heir: Person, *, by: Person, now: datetime) -> None:
    """The heir answers for the unit from now on, or is of the duty desk, which may anyway."""
    case, unit = locked(referral.case), referral.unit
    if not (heir.may("take_on") and is_of_the_office(heir)):
        if unit.pk not in units_answered_for(heir):
            text = _("%(name)s不属于%(unit)s，接不了它的联系单。请另选一位")
            raise Refused(text, name=heir.name, unit=unit.name)
        if LIAISON not in heir.roles:
            roles = heir.roles | {LIAISON}
            people.change_person(
                heir, name=heir.name, unit=heir.unit, roles=roles, active=True, by=by, now=now
            )
    subject, data = f"referral:{referral.pk}", {"unit": unit.name, "to": heir.name}
    line("referral.handed_over", case, data, by=by, now=now, subject=subject)
    said = {"title": case.title, "due": referral.due_at.isoformat()}
    tell([heir], ASKED, key=f"{subject}:{heir.pk}", link=subject, now=now, data=said)


def _readdress(referral: Referral, unit: Unit, into: Unit, *, by: Person, now: datetime) -> None:
    case = locked(referral.case)
    row = Referral.objects.select_for_update().get(pk=referral.pk)
    if row.state != Referral.State.SENT:  # answered this moment: it stays under the old name
        return
    row.unit, row.case = into, case
    row.save(update_fields=["unit"])
    data = {"before": unit.name, "to": into.name}
    line("referral.unit_changed", case, data, by=by, now=now, subject=f"referral:{row.pk}")
    tell_liaisons(ASKED, row, now)
