"""What stays behind when somebody leaves, changes, or a unit is merged."""

from collections.abc import Sequence
from dataclasses import dataclass

from tingda.analyse.models import Watch
from tingda.cases.models import Case, Referral
from tingda.cases.queries import cases_for, units_answered_for
from tingda.cases.rules import OPEN
from tingda.people.models import Person, Unit
from tingda.people.queries import people_with
from tingda.people.rules import LIAISON


@dataclass(frozen=True)
class Open:
    """Matters that wait for one person: the cases they own, the referrals that nobody else answers
    for, the watches they own, the units they lead."""

    cases: Sequence[Case] = ()
    referrals: Sequence[Referral] = ()
    watches: Sequence[Watch] = ()
    leads: Sequence[Unit] = ()

    def __len__(self) -> int:
        return sum(map(len, (self.cases, self.referrals, self.watches, self.leads)))


def open_matters(person: Person) -> Open:
    """Everything that would be nobody's, were this person not there."""
    return Open(
        list(_owned(person)),
        _answered_by_nobody_but(person) if LIAISON in person.roles else [],
        list(Watch.objects.filter(owner=person, active=True)),
        list(Unit.objects.filter(lead=person, closed_at=None)),
    )


def left_behind(was: Open, person: Person) -> Open:
    """Of what was theirs, what they can no longer look after as they are now."""
    seen = set(cases_for(person).filter(pk__in=[one.pk for one in was.cases]).values_list("pk"))
    answers = person.is_active and LIAISON in person.roles
    units = units_answered_for(person) if answers else set()
    return Open(
        [one for one in was.cases if (one.pk,) not in seen],
        [one for one in was.referrals if one.unit_id not in units],
        [] if person.is_active else was.watches,
        [] if person.is_active else was.leads,
    )


def heirs_of(person: Person) -> list[Person]:
    """Who may take over from somebody; whether they can, their units and roles say."""
    rows = Person.objects.filter(is_active=True).exclude(pk=person.pk).select_related("unit")
    return list(rows.order_by("unit_id", "id"))


def units_with_open_matters(unit: Unit) -> tuple[list[Case], list[Referral]]:
    """Open cases that a unit leads, and referrals it has not answered."""
    asked = Referral.objects.filter(unit=unit, state=Referral.State.SENT).select_related("case")
    return list(Case.objects.filter(unit=unit, state__in=OPEN)), list(asked)


def _owned(person: Person) -> Sequence[Case]:
    return list(Case.objects.filter(owner=person, state__in=OPEN).order_by("id"))


def _answered_by_nobody_but(person: Person) -> list[Referral]:
    mine = units_answered_for(person)
    asked = Referral.objects.filter(state=Referral.State.SENT, unit__in=mine)
    others = [one for one in people_with(LIAISON).select_related("unit") if one != person]
    answered = {unit for one in others for unit in units_answered_for(one)}
    rows = asked.exclude(unit__in=answered).select_related("case", "unit").order_by("id")
    return list(rows)
