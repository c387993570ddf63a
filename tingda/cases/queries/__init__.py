"""Which cases, referrals and files somebody may see, and what is late."""

from collections.abc import Collection
from datetime import datetime
from typing import TypeVar

from django.db.models import Exists, F, Model, OuterRef, Prefetch, Q, QuerySet, Subquery, Value
from django.db.models.lookups import In

from tingda.cases.models import Case, Deadline, FactFile, Promise, Referral
from tingda.cases.rules import OPEN
from tingda.collect.models import Voice
from tingda.detect.models import Belonging, Issue
from tingda.detect.queries import issue_family
from tingda.people.models import Person, Unit
from tingda.people.queries import is_of_the_office, parents, unit_ids_within, units_led
from tingda.people.rules import STAFF, within

Row = TypeVar("Row", bound=Model)
_RARE = (  # what most cases have nothing of
    "pauses",
    "extensions",
    "forwardings",
    "escalations",
    "tasks",
    "reports",
    "meetings",
    "promises",
)


def cases_for(person: Person) -> QuerySet[Case]:
    """The cases a person may open: the office's desk all, other desks those their units lead.

    A liaison alone opens no case, only what was referred to the own unit (`referrals_for`).
    """
    cases = Case.objects.select_related("unit", "owner", "issue", "voice")
    if not (person.is_active and person.is_staff_member):
        return cases.none()
    if is_of_the_office(person):
        return cases
    return cases.filter(unit__in=unit_ids_within(person))


def cases_to_read_for(person: Person) -> QuerySet[Case]:
    """The same and, to read, those whose unit the person leads: the lead of the office all."""
    if is_of_the_office(person) or not (units := read_as_lead(person)):
        return cases_for(person)
    cases = Case.objects.select_related("unit", "owner", "issue", "voice")
    return cases.filter(unit__in=units | _looked_after(person))


def of_cases_for(
    person: Person,
    rows: QuerySet[Row],
    case: str = "case",
    *,
    to_read: bool = False,
    many: bool = False,
) -> QuerySet[Row]:
    """Those of the rows that belong to a case of `cases_for`, or of `cases_to_read_for`; `case` is
    the way to it.

    For the office's desk, which sees all, no list of a hundred thousand cases is compared. Where
    the rows are not `many`, their own day or state finds them: SQLite, which does not know how many
    there are, would begin with all cases of a unit.
    """
    if person.is_active and is_of_the_office(person):
        return rows
    units = _looked_after(person) | (read_as_lead(person) if to_read else set())
    unit = F(f"{case}__unit_id")
    return rows.filter(In(unit if many else unit + 0, units))


def _looked_after(person: Person) -> set[int]:
    """The units whose cases a person of a desk may open."""
    return unit_ids_within(person) if person.is_active and person.is_staff_member else set()


def referrals_for(person: Person) -> QuerySet[Referral]:
    """Referrals to the person's units (a liaison) and to those they lead, referrals addressed to
    them by name, and those of the cases they may open."""
    referrals = Referral.objects.select_related("unit", "case", "sent_by", "answered_by")
    if not person.is_active:
        return referrals.none()
    if is_of_the_office(person):
        return referrals
    units = read_as_lead(person)
    if person.may("state_facts"):
        units |= units_answered_for(person)
    seen = Q(unit__in=units) | Q(person=person)
    if looked_after := _looked_after(person):  # for others no case has to be looked at
        seen |= Q(case__unit__in=looked_after)
    return referrals.filter(seen)


def may_answer(person: Person, referral: Referral) -> bool:
    """Whether the person may say what was found: who takes on cases; the unit's liaison and whoever
    leads it; to whom it was addressed by name."""
    if not person.is_active:
        return False
    if person.may("take_on") or referral.person_id == person.pk:
        return True
    units = units_answered_for(person) if person.may("state_facts") else set()
    return referral.unit_id in units | answered_as_lead(person)


def read_as_lead(person: Person) -> set[int]:
    """The units somebody leads and all below them: what these are asked, they may read."""
    return _below(units_led(person))


def answered_as_lead(person: Person) -> set[int]:
    """The units for which somebody answers because they lead them or one above; as with liaisons,
    the lead of the office does so for it alone."""
    led = units_led(person)
    return {one.pk for one in led} | _below([one for one in led if one.parent_id is not None])


def _below(units: Collection[Unit]) -> set[int]:
    """The units and everything below them."""
    if not units:
        return set()
    tree = parents()
    return {found for one in units for found in within(one.pk, tree)}


def units_answered_for(person: Person) -> set[int]:
    """The units for which a liaison answers: the own one and those below it.

    The unit at the top has all others below it; its liaison still answers for it alone.
    """
    return {person.unit_id} if person.unit.parent_id is None else unit_ids_within(person)


def files_for(person: Person) -> QuerySet[FactFile]:
    """Files of facts of the cases and referrals that the person may see."""
    files = FactFile.objects.select_related("fact")
    if person.is_active and is_of_the_office(person):
        return files
    return files.filter(
        Q(fact__case__in=cases_for(person)) | Q(fact__referral__in=referrals_for(person))
    )


def with_next_deadline(cases: QuerySet[Case]) -> QuerySet[Case]:
    """The same cases with what is still due in `.open_deadlines` and `.open_promises`."""
    rows = Deadline.objects.filter(met_at=None).order_by("due_at")
    made = Promise.objects.filter(kept_at=None, broken_at=None).order_by("due_on")
    return cases.prefetch_related(
        Prefetch("deadlines", rows, to_attr="open_deadlines"),
        Prefetch("promises", made, to_attr="open_promises"),
    )


def open_cases(person: Person) -> QuerySet[Case]:
    """Cases on hand."""
    return cases_for(person).filter(state__in=OPEN)


def next_due(case: str = "pk", told: str = "due_at") -> Subquery:
    """The nearest open deadline of a case: when, or its `told`; `case` is the way to it."""
    waiting = Deadline.objects.filter(case=OuterRef(case), met_at=None)
    return Subquery(waiting.order_by("due_at").values(told)[:1])


def with_lateness(cases: QuerySet[Case], now: datetime) -> QuerySet[Case]:
    """The same cases with `.next_due` (their nearest open deadline) and `.is_late`."""
    return cases.annotate(
        next_due=next_due(),
        late_referral=_late_referral(now),
        is_late=Q(state__in=OPEN) & passed(now),
    )


def passed(now: datetime) -> Q:
    """What makes a case on hand late: an open deadline that passed, or a referral's."""
    waiting = Deadline.objects.filter(case=OuterRef("pk"), met_at=None, due_at__lt=now)
    return Q(Exists(waiting)) | Q(_late_referral(now))


def _late_referral(now: datetime) -> Exists:
    asked = Referral.objects.filter(case=OuterRef("pk"), state=Referral.State.SENT)
    return Exists(asked.filter(due_at__lt=now))


def late_referrals(person: Person, now: datetime) -> QuerySet[Referral]:
    """Referrals that this person may see and that should have been answered."""
    rows = referrals_for(person).filter(state=Referral.State.SENT, due_at__lt=now)
    return rows.order_by("due_at")


def late_deadlines(person: Person, now: datetime) -> QuerySet[Deadline]:
    """Open deadlines that passed, of cases this person may open."""
    late = Deadline.objects.filter(met_at=None, due_at__lt=now, case__state__in=OPEN)
    rows = of_cases_for(person, late)
    return rows.select_related("case", "case__unit").order_by("due_at")


def cases_of_issue(issue: int) -> QuerySet[Case]:
    """The cases taken on from an issue or from one that was merged into it, newest first."""
    return Case.objects.filter(issue__in=issue_family(issue)).order_by("-id")


def taken_on(issues: Collection[int]) -> set[int]:
    """Those of the issues that a case was ever opened about."""
    rows = Case.objects.filter(issue__in=issues).values_list("issue_id", flat=True)
    return {issue for issue in rows if issue}


def case_of_voice(voice: Voice) -> Case | None:
    """The newest case that carries this voice, alone or through its issue."""
    through = Q(voice=voice)
    if belonging := Belonging.objects.filter(voice=voice).first():
        through |= Q(issue__in=issue_family(belonging.issue_id))
    return Case.objects.filter(through).order_by("-id").first()


def open_case_about(about: Issue | Voice) -> Case | None:
    """The case on hand that already carries this issue or voice."""
    if isinstance(about, Issue):
        return cases_of_issue(about.pk).filter(state__in=OPEN).first()
    return Case.objects.filter(voice=about, state__in=OPEN).first()


def voices_of(case: Case) -> QuerySet[Voice]:
    """What was said that this case is about, newest first."""
    through = Q(pk=case.voice_id)
    if case.issue_id:
        through = Q(belonging__issue=standing_issue(case))
    return Voice.objects.filter(through).order_by("-at", "-pk")


def standing_issue(case: Case) -> Issue | None:
    """The issue of a case, or the one it was merged into since."""
    issue = case.issue
    while issue and issue.merged_into:
        issue = issue.merged_into
    return issue


def contact_held(case: Case) -> bool:
    """Whether somebody who wrote left a way to reach them; never which."""
    return voices_of(case).filter(receipt__contact__isnull=False).exists()


def rare_parts(case: Case) -> set[str]:
    """The names of what a case has of these: one question, and most of the others are spared."""
    rows = [getattr(case, name).order_by().values_list(Value(name)) for name in _RARE]
    return {name for (name,) in rows[0].union(*rows[1:])}


def possible_owners(case: Case) -> QuerySet[Person]:
    """Who can open this case and so may be given it."""
    at_the_desk = Person.objects.filter(is_active=True, held_roles__role__in=STAFF)
    return at_the_desk.filter(Q(unit__parent=None) | Q(unit=case.unit)).distinct()


def open_promises() -> QuerySet[Promise]:
    """Everything promised in public that is still to be kept, the nearest first."""
    rows = Promise.objects.filter(kept_at=None, broken_at=None)
    return rows.select_related("case").order_by("due_on", "id")
