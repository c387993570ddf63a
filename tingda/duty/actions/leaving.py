"""Somebody is on duty no more: another officer comes in their place."""

from contextlib import suppress
from datetime import datetime

from django.db import transaction

from tingda.duty.actions import one_at_a_time
from tingda.duty.actions.rosters import fill
from tingda.duty.actions.swaps import put_on
from tingda.duty.models import Roster, Team
from tingda.duty.queries import may_be_on, turns_to_come
from tingda.duty.rules import Days
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name

WHY = _("离开岗位，由别人接手")


@transaction.atomic
def give_shifts(person: Person, heir: Person, days: Days, *, by: Person, now: datetime) -> None:
    """The heir takes their place in every rotation and on every shift that is on or to come.

    Where the heir is on already, or elsewhere at that time, the shift stays one short: a gap, which
    is seen a week ahead. Shifts are made anew by `days`.
    """
    one_at_a_time()
    if not may_be_on(heir):
        text = _("%(name)s 不是在用的值班员，接不了班。请另选一位，或者先到值班页改好值班表")
        raise Refused(text, name=heir.name)
    rosters = set()
    for team in Team.objects.filter(members=person).select_related("roster"):
        team.members.remove(person)
        team.members.add(heir)
        rosters.add(team.roster)
    data = {"before": person.name, "to": heir.name}
    for row in sorted(rosters, key=lambda one: one.pk):
        told, subject = {"name": row.name, **data}, f"roster:{row.pk}"
        record("roster.handed_over", subject, actor=actor_name(by), now=now, data=told)
    Roster.objects.filter(pk__in=[row.pk for row in rosters]).update(filled="")
    fill(days, now=now)
    for turn in turns_to_come(person, now):  # what was changed by hand, and what has begun
        with suppress(Refused):
            put_on(turn.shift, person, heir, WHY, by=by, now=now)
