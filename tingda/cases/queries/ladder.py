"""Ladders in force, what is due on them, and who is called."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from tingda.cases import rules
from tingda.cases.models import Case, Deadline, Escalation, LadderSetting, Referral, Report, Task
from tingda.cases.models.laddered import unreckoned
from tingda.duty.queries import on_duty
from tingda.people.models import Person, Unit
from tingda.people.queries import people_with
from tingda.people.rules import LIAISON, RELEASER

Row = Deadline | Referral | Report | Task
KINDS: tuple[type[Row], ...] = (Deadline, Referral, Report, Task)
OPEN: Mapping[type[Row], Q] = {
    Deadline: Q(met_at=None),
    Referral: Q(state=Referral.State.SENT),
    Report: Q(sent_at=None, lifted_at=None),
    Task: Q(done_at=None),
}
_WITH: Mapping[type[Row], tuple[str, ...]] = {
    Deadline: ("case__owner", "case__unit"),
    Referral: ("case__owner", "unit"),
    Report: ("case__owner", "case__unit"),
    Task: ("case", "owner__unit"),
}


@dataclass(frozen=True, slots=True)
class Target:
    """What a ladder stands around: who has to do it, of which unit, since when."""

    name: str  # referral:4
    link: str  # the page of it, as a notice names it
    stage: str
    title: str
    case: Case | None
    unit: Unit
    begun: datetime
    row: "Row"

    @property
    def grade(self) -> str:
        """The grade of its case; what belongs to none is ordinary."""
        return self.case.grade if self.case else "ordinary"

    @property
    def thread(self) -> str:
        """Where its lines stand in the ledger."""
        return self.case.thread if self.case else self.name


def open_rows(kind: type[Row]) -> "QuerySet[Row]":
    """What is not done yet."""
    rows: QuerySet[Row] = kind._default_manager.filter(OPEN[kind])
    return rows


def due_rows(now: datetime, limit: int) -> Iterator[Row]:
    """Of each kind at most `limit`: whose limit moved or is new, and whose next step is due."""
    for kind in KINDS:
        rows = open_rows(kind)
        if not rows.filter(unreckoned() | Q(step_at__lte=now)).exists():
            continue  # as in nearly every second of the year
        rows = rows.select_related(*_WITH[kind])
        found = list(rows.filter(unreckoned()).order_by("id")[:limit])
        yield from found
        rest = limit - len(found)
        yield from (
            rows.filter(step_at__lte=now)
            .exclude(pk__in=[row.pk for row in found])
            .order_by("step_at")[:rest]
        )


def overdue_steps(before: datetime, most: int) -> int:
    """How many steps should have been taken before then and were not, at most so many."""
    found = 0
    for kind in KINDS:
        rows = open_rows(kind).filter(step_at__lt=before)
        found += len(rows.values_list("pk", flat=True)[: most - found])
    return found


def target_of(row: Row) -> Target:
    """The same for all kinds."""
    if isinstance(row, Deadline):
        case = row.case
        return Target(
            f"deadline:{row.pk}",
            case.thread,
            row.stage,
            case.title,
            case,
            case.unit,
            case.heard_at,
            row,
        )
    if isinstance(row, Referral):
        name = f"referral:{row.pk}"
        stage = rules.REFERRAL.stage
        return Target(name, name, stage, row.case.title, row.case, row.unit, row.sent_at, row)
    if isinstance(row, Report):
        case, name = row.case, f"report:{row.pk}"
        stage = rules.REPORT.stage
        return Target(name, name, stage, case.title, case, case.unit, row.begun_at, row)
    name, unit = f"task:{row.pk}", row.owner.unit
    return Target(name, name, "task", row.what, row.case, unit, row.made_at, row)


def asked_of(row: Row) -> list[Person]:
    """Who has to do it. Of a referral: whom it was addressed to; without a name, or where they
    left, the unit's liaisons."""
    if isinstance(row, Task):
        return [row.owner]
    if not isinstance(row, Referral):
        return [row.case.owner]
    if row.person and row.person.is_active:
        return [row.person]
    return list(people_with(LIAISON).filter(unit=row.unit))


def ladders() -> dict[str, rules.Ladder]:
    """The ladders in force: the defaults of rules.py with the office's own in their place."""
    own = {
        row.code: tuple(rules.Step(**step) for step in row.steps)
        for row in LadderSetting.objects.all()
    }
    return {**rules.LADDERS, **own}


def people_called(to: str, target: Target, now: datetime) -> list[Person]:
    """Who is called, active people only and never nobody while anybody is there."""
    found = _active(_chosen(to, target, now))
    return found or _active([target.case.owner] if target.case else []) or on_duty(now)


def _chosen(to: str, target: Target, now: datetime) -> Sequence[Person]:
    if to == "asked":
        return asked_of(target.row)
    if to == "lead":
        return leads(target.unit, target)
    return heads() if to == "head" else on_duty(now)


def leads(unit: Unit, target: Target) -> list[Person]:
    """Who answers for a unit; where nobody is named, its liaisons and whose case it is."""
    if unit.lead and unit.lead.is_active:
        return [unit.lead]
    liaisons = list(people_with(LIAISON).filter(unit=unit))
    return [*liaisons, *([target.case.owner] if target.case else asked_of(target.row))]


def heads() -> list[Person]:
    """Who answers for the whole office; where nobody is named, those who release."""
    top = Unit.objects.filter(parent=None).order_by("id").first()
    lead = top.lead if top else None
    return [lead] if lead and lead.is_active else list(people_with(RELEASER))


def _active(people: Sequence[Person]) -> list[Person]:
    return list({person.pk: person for person in people if person.is_active}.values())


def calls_of(case: Case) -> QuerySet[Escalation]:
    """Who was called on in a case, the latest first."""
    return case.escalations.select_related("by").order_by("-id")


def calls_about(names: Sequence[str]) -> dict[str, list[Escalation]]:
    """The same by target, the earliest first."""
    found: dict[str, list[Escalation]] = {}
    for row in Escalation.objects.filter(target__in=names).select_related("by").order_by("id"):
        found.setdefault(row.target, []).append(row)
    return found
