"""People leave, units are merged or closed, and nothing is left without an owner."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from tingda.cases.actions.casework import keep_in_sight, line, locked
from tingda.cases.actions.giving import take_over, unname
from tingda.cases.actions.referrals import ASKED, tell_liaisons
from tingda.cases.actions.routing import readdress_routes
from tingda.cases.models import Case, Referral
from tingda.cases.queries import units_answered_for
from tingda.cases.queries.people import (
    left_behind,
    named_on,
    open_matters,
    units_with_open_matters,
)
from tingda.cases.rules import OPEN
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.notify.actions.ways import follow_unit
from tingda.people import actions as people
from tingda.people.models import Person, Unit
from tingda.people.queries import parents
from tingda.people.rules import LIAISON, within


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
    was = open_matters(person, now)
    row = people.change_person(
        person, name=name, unit=unit, roles=roles, active=active, by=by, now=now
    )
    left = left_behind(was, row)
    if len(left) and heir is None:
        text = _("%(name)s名下还有 %(count)s 件没有办完的，请先选一位接手的人")
        raise Refused(text, name=row.name, count=len(left))
    if heir is not None:
        take_over(left, person, heir, by=by, now=now)
    answers = units_answered_for(row) if row.is_active and LIAISON in row.roles else set()
    for referral in named_on(row):
        if referral.unit_id not in answers:
            unname(referral, by=by, now=now)
    return row


@transaction.atomic
def change_unit(
    unit: Unit, *, parent: Unit | None, by: Person, now: datetime, **names: str
) -> Unit:
    """Give a unit other names or another place in the tree; who can no longer open its cases there
    owns them no more."""
    row = people.change_unit(unit, parent=parent, by=by, now=now, **names)
    if row.parent_id != unit.parent_id:
        for case in Case.objects.filter(unit__in=within(row.pk, parents()), state__in=OPEN):
            keep_in_sight(locked(case), by=by, now=now)
    return row


@transaction.atomic
def merge_unit(unit: Unit, heir: Unit, *, by: Person, now: datetime) -> Unit:
    """Make one unit a part of another; its open cases, its referrals that are not answered or whose
    objection is not decided, and the rules that send to it go there, a line for each.

    What is closed or answered stays under the name of then.
    """
    into = people.merge_unit(unit, heir, by=by, now=now)
    follow_unit(unit, into)
    waiting = units_with_open_matters(unit)
    for case in waiting.cases:
        row = locked(case)
        row.unit = into
        row.save(update_fields=["unit"])
        line("case.unit_changed", row, {"before": unit.name, "to": into.name}, by=by, now=now)
        keep_in_sight(row, by=by, now=now)
    for referral in waiting.referrals:
        _readdress(referral, unit, into, by=by, now=now)
    readdress_routes(unit, into, by=by, now=now)
    return into


@transaction.atomic
def close_unit(unit: Unit, *, by: Person, now: datetime) -> Unit:
    """The unit is no more. Refused while anything waits for it: then it is merged instead."""
    row = people.close_unit(unit, by=by, now=now)
    if waiting := len(units_with_open_matters(unit)):
        text = _("这个单位还有 %(count)s 件没有办完的，请并入接手的单位")
        raise Refused(text, count=waiting)
    return row


def _readdress(referral: Referral, unit: Unit, into: Unit, *, by: Person, now: datetime) -> None:
    case = locked(referral.case)
    row = Referral.objects.select_for_update().get(pk=referral.pk)
    if row.state not in (Referral.State.SENT, Referral.State.OBJECTED):
        return  # answered this moment: it stays under the old name
    row.unit, row.case = into, case
    row.save(update_fields=["unit"])
    data = {"before": unit.name, "to": into.name}
    line("referral.unit_changed", case, data, by=by, now=now, subject=f"referral:{row.pk}")
    if row.state == Referral.State.SENT:  # of the others the unit hears when it is decided
        tell_liaisons(ASKED, row, now)
