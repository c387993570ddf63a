"""What one person had in hand goes to another, a line for each."""

from datetime import datetime

from tingda.analyse.actions.watches import give_watch
from tingda.cases.actions.casework import line, locked
from tingda.cases.actions.meetings import give_meeting, give_task_over
from tingda.cases.actions.referrals import ASKED, tell_liaisons
from tingda.cases.actions.routing import give_route
from tingda.cases.models import Case, Referral
from tingda.cases.queries import cases_for, units_answered_for
from tingda.cases.queries.clocks import own_days
from tingda.cases.queries.people import Open
from tingda.duty.actions.leaving import give_shifts
from tingda.duty.rules import Days
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.notify.actions import tell
from tingda.people import actions as people
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office
from tingda.people.rules import LIAISON


def take_over(left: Open, person: Person, heir: Person, *, by: Person, now: datetime) -> None:
    """Give everything to one person, who must be able to look after it."""
    heir = Person.objects.select_related("unit").get(pk=heir.pk)
    if not heir.is_active:
        raise Refused(_("%(name)s已停用，不能接手"), name=heir.name)
    for case in left.cases:
        _give_case(case, heir, by=by, now=now)
    for referral in left.referrals:
        _give_referral(referral, heir, by=by, now=now)
    _give_work(left, person, heir, by=by, now=now)
    _give_people(left, person, heir, by=by, now=now)


def _give_work(left: Open, person: Person, heir: Person, *, by: Person, now: datetime) -> None:
    for watch in left.watches:
        give_watch(watch, heir, by=by, now=now)
    for task in left.tasks:
        give_task_over(task, heir, by=by, now=now)
    for route in left.routes:
        give_route(route, person, heir, by=by, now=now)
    for meeting in left.meetings:
        give_meeting(meeting, person, heir, by=by, now=now)


def _give_people(left: Open, person: Person, heir: Person, *, by: Person, now: datetime) -> None:
    """The units they lead, whom they stand in for, the rosters they turn in."""
    for unit in left.leads:
        contact = {"phone": unit.phone, "hours": unit.hours}
        people.set_unit_contact(unit, lead=heir, **contact, by=by, now=now)
    for absence in left.absences:
        people.change_deputy(absence, heir, by=by, now=now)
    if left.rosters or left.turns:
        give_shifts(person, heir, Days.of(own_days()), by=by, now=now)


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
    row = Referral.objects.select_for_update().get(pk=referral.pk)
    if row.person_id:
        row.person = heir
        row.save(update_fields=["person"])
    subject, data = f"referral:{referral.pk}", {"unit": unit.name, "to": heir.name}
    line("referral.handed_over", case, data, by=by, now=now, subject=subject)
    said = {"title": case.title, "due": referral.due_at.isoformat()}
    tell([heir], ASKED, key=f"{subject}:{heir.pk}", link=subject, now=now, data=said)


def unname(referral: Referral, *, by: Person, now: datetime) -> None:
    """The person to whom it was addressed is not there any more: all its unit's liaisons are
    asked."""
    case = locked(referral.case)
    row = Referral.objects.select_for_update().get(pk=referral.pk)
    row.person, row.case = None, case
    row.save(update_fields=["person"])
    names = tell_liaisons(ASKED, row, now)
    data = {"unit": row.unit.name, "to": "、".join(names)}
    line("referral.handed_over", case, data, by=by, now=now, subject=f"referral:{row.pk}")
