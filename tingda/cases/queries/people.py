"""What stays behind when somebody leaves, changes, or a unit is merged."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from tingda.analyse.models import Watch
from tingda.cases.models import Case, Meeting, Promise, Referral, Route, Task
from tingda.cases.queries import cases_for, units_answered_for
from tingda.cases.rules import OPEN
from tingda.duty.models import Roster, Turn
from tingda.duty.queries import may_be_on, on_duty, rosters_of, turns_to_come
from tingda.people.models import Absence, Person, Unit
from tingda.people.queries import day_of, is_of_the_office, may_stand_in, people_with
from tingda.people.rules import DUTY, LIAISON


@dataclass(frozen=True)
class Open:
    """Matters that wait for one person: cases they own that are open or have a promise to keep,
    referrals that nobody else answers for, watches and rules in use they answer for, units they
    lead, tasks, rosters they turn in, shifts and meetings to come, people they stand in for."""

    cases: Sequence[Case] = ()
    referrals: Sequence[Referral] = ()
    watches: Sequence[Watch] = ()
    leads: Sequence[Unit] = ()
    tasks: Sequence[Task] = ()
    routes: Sequence[Route] = ()
    rosters: Sequence[Roster] = ()
    turns: Sequence[Turn] = ()
    meetings: Sequence[Meeting] = ()
    absences: Sequence[Absence] = ()

    def __len__(self) -> int:
        return sum(len(getattr(self, one.name)) for one in fields(self))


@dataclass(frozen=True)
class OfUnit:
    """What waits for a unit: open cases it leads, referrals it has not answered or whose objection
    nobody decided, rules in use that send to it."""

    cases: list[Case] = field(default_factory=list)
    referrals: list[Referral] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.cases) + len(self.referrals) + len(self.routes)


def open_matters(person: Person, now: datetime) -> Open:
    """Everything that would be nobody's, were this person not there."""
    routes = Route.objects.select_related("unit", "owner", "person", "topic", "source")
    meetings = Meeting.objects.filter(Q(people=person) | Q(called_by=person), at__gt=now)
    absences = person.stands_in.filter(ends__gte=day_of(now))
    return Open(
        cases=_owned(person),
        referrals=_answered_by_nobody_but(person) if LIAISON in person.roles else [],
        watches=list(Watch.objects.filter(owner=person, active=True)),
        leads=list(Unit.objects.filter(lead=person, closed_at=None)),
        tasks=list(person.tasks.filter(done_at=None).select_related("case").order_by("due_at")),
        routes=list(routes.filter(Q(owner=person) | Q(person=person), active=True)),
        rosters=rosters_of(person),
        turns=turns_to_come(person, now),
        meetings=list(meetings.distinct().order_by("at", "id")),
        absences=list(absences.select_related("person__unit", "deputy")),
    )


def left_behind(was: Open, person: Person) -> Open:
    """Of what was theirs, what they can no longer look after as they are now."""
    seen = set(cases_for(person).filter(pk__in=[one.pk for one in was.cases]).values_list("pk"))
    answers = person.is_active and LIAISON in person.roles
    units = units_answered_for(person) if answers else set()
    gone = not person.is_active
    on = may_be_on(person)
    return Open(
        cases=[one for one in was.cases if (one.pk,) not in seen],
        referrals=[one for one in was.referrals if one.unit_id not in units],
        watches=was.watches if gone else [],
        leads=was.leads if gone else [],
        tasks=was.tasks if gone else [],
        routes=[one for one in was.routes if gone or not _still_answers(one, person)],
        rosters=[] if on else was.rosters,
        turns=[] if on else was.turns,
        meetings=was.meetings if gone else [],
        absences=[one for one in was.absences if not may_stand_in(person, one.person)],
    )


def _still_answers(route: Route, person: Person) -> bool:
    """Whether a rule may go on naming this person."""
    sends = person.may("take_on") and is_of_the_office(person)
    owns = route.owner_id != person.pk or not route.at_once or sends
    return owns and (route.person_id != person.pk or route.unit_id == person.unit_id)


def named_on(person: Person) -> list[Referral]:
    """Referrals without an answer that are addressed to this person by name."""
    rows = Referral.objects.filter(state=Referral.State.SENT, person=person)
    return list(rows.select_related("case", "unit", "person").order_by("id"))


def looked_after_by(case: Case, now: datetime) -> list[Person]:
    """Who is told about a case, also when it was closed long ago: its owner; where they left, who
    is on duty."""
    return [case.owner] if case.owner.is_active else on_duty(now) or list(people_with(DUTY))


def heirs_of(person: Person) -> list[Person]:
    """Who may take over from somebody; whether they can, their units and roles say."""
    rows = Person.objects.filter(is_active=True).exclude(pk=person.pk).select_related("unit")
    return list(rows.order_by("unit_id", "id"))


def units_with_open_matters(unit: Unit) -> OfUnit:
    """What is not done in the name of a unit."""
    waiting = (Referral.State.SENT, Referral.State.OBJECTED)
    asked = Referral.objects.filter(unit=unit, state__in=waiting).order_by("id")
    return OfUnit(
        list(Case.objects.filter(unit=unit, state__in=OPEN).order_by("id")),
        list(asked.select_related("case", "person").filter(_undecided())),
        list(Route.objects.filter(unit=unit, active=True)),
    )


def _undecided() -> Q:
    """Not of a case that was closed meanwhile; one that was is history, objection and all."""
    return Q(state=Referral.State.SENT) | Q(case__state__in=OPEN)


def _owned(person: Person) -> Sequence[Case]:
    made = Promise.objects.filter(case=OuterRef("pk"), kept_at=None, broken_at=None)
    rows = Case.objects.filter(Q(state__in=OPEN) | Q(Exists(made)), owner=person)
    return list(rows.order_by("id"))


def _answered_by_nobody_but(person: Person) -> list[Referral]:
    mine = units_answered_for(person)
    asked = Referral.objects.filter(state=Referral.State.SENT, unit__in=mine)
    others = [one for one in people_with(LIAISON).select_related("unit") if one != person]
    answered = {unit for one in others for unit in units_answered_for(one)}
    rows = asked.exclude(unit__in=answered).select_related("case", "unit").order_by("id")
    return list(rows)
