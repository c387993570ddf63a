"""What became late on a day, and what still will, for those who supervise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import F, Q, QuerySet

from tingda.cases.models import Deadline, Escalation, Referral, Report, Task
from tingda.cases.queries import of_cases_for, referrals_for
from tingda.cases.queries.ladder import KINDS, OPEN, Row, calls_about, target_of
from tingda.cases.queries.meetings import reports_for, tasks_for
from tingda.people.models import Person, Unit

MOST = 100  # of one kind; what is beyond is counted
_DONE: Mapping[type[Row], str] = {
    Deadline: "met_at",
    Referral: "answered_at",
    Report: "sent_at",
    Task: "done_at",
}


@dataclass(frozen=True, slots=True)
class Late:
    """One thing that was or will be due; `done_at` where it was done after all, but late."""

    target: str
    link: str
    stage: str
    title: str
    unit: Unit
    due_at: datetime
    done_at: datetime | None
    calls: Sequence[Escalation] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """What became late, what will be due, how many more there are, and how many are late from
    earlier days."""

    late: list[Late]
    coming: list[Late]
    more: int
    earlier: int


def rows_for(kind: type[Row], person: Person) -> "QuerySet[Row]":
    """What this person may see of a kind, with what a page says of it."""
    if kind is Deadline:
        deadlines = Deadline.objects.select_related("case__unit", "case__owner")
        return of_cases_for(person, deadlines, to_read=True)
    if kind is Referral:
        return referrals_for(person).select_related("case__owner", "unit", "person")
    return reports_for(person) if kind is Report else tasks_for(person)


def day_of(person: Person, start: datetime, end: datetime, now: datetime) -> Day:
    """The day from `start` to `end` as it stands at `now`."""
    found: list[Late] = []
    more = earlier = 0
    for kind in KINDS:
        rows, done = rows_for(kind, person), _DONE[kind]
        missed = OPEN[kind] | Q(**{f"{done}__gt": F("due_at")})
        of_day = rows.filter(missed, due_at__gte=start, due_at__lt=end).order_by("due_at", "id")
        some = list(of_day[: MOST + 1])
        more += len(some) > MOST
        found += [_late(row, getattr(row, done)) for row in some[:MOST]]
        earlier += rows.filter(OPEN[kind], due_at__lt=start).count()
    calls = calls_about([one.target for one in found])
    found = [replace(one, calls=calls.get(one.target, ())) for one in found]
    late = [one for one in found if one.due_at < now]
    coming = [one for one in found if one.due_at >= now and one.done_at is None]
    return Day(
        late=sorted(late, key=lambda one: (one.unit.pk, one.due_at)),
        coming=sorted(coming, key=lambda one: one.due_at),
        more=more,
        earlier=earlier,
    )


def _late(row: Row, done_at: datetime | None) -> Late:
    target = target_of(row)
    return Late(
        target=target.name,
        link=target.link,
        stage=target.stage,
        title=target.title,
        unit=target.unit,
        due_at=row.due_at,
        done_at=done_at,
    )
