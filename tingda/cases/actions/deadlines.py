"""Deadlines of a case, written from what they are computed from."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from tingda.cases import rules
from tingda.cases.models import Case, Deadline, Report
from tingda.cases.queries.clocks import Moved, clock_table, due, due_of
from tingda.cases.queries.clocks import clock as clock_now
from tingda.ledger.actions import record
from tingda.people.models import actor_name

EVERY = timedelta(hours=1)


def set_deadlines(case: Case) -> None:
    """Compute what is not met yet from when the matter was heard: nothing restarts a clock, and
    a clock that the office changed since is for the cases after it."""
    met = set(case.deadlines.filter(met_at__isnull=False).values_list("stage", flat=True))
    for stage, clock in rules.clocks_for(
        case.kind, case.grade, clock_table(case.opened_at)
    ).items():
        if stage not in met:
            due_at, how = due_of(case, clock)
            Deadline.objects.update_or_create(
                case=case, stage=stage, defaults={"due_at": due_at, "how": how}
            )


def follow_kind(case: Case, now: datetime) -> None:
    """The limits of another kind, counted from when the matter was heard as ever. What is open and
    has no clock in this kind is owed no longer; both are on the record."""
    table = clock_table(case.opened_at)
    wanted = rules.clocks_for(case.kind, case.grade, table)
    for row in case.deadlines.filter(met_at=None).exclude(stage__in=wanted):
        _line("deadline.lifted", row, now)
        row.delete()
    owe_missing(case, now)
    set_deadlines(case)


def owe_missing(case: Case, now: datetime) -> int:
    """Stages of its kind that a case has no limit for get one, and a line each; how many. What was
    reached before is not owed."""
    there = set(case.deadlines.values_list("stage", flat=True))
    clocks = rules.clocks_for(case.kind, case.grade, clock_table(case.opened_at))
    missing = {stage: clock for stage, clock in clocks.items() if stage not in there}
    for stage, clock in missing.items():
        due_at, how = due_of(case, clock)
        met_at = case.published_at if stage in ("acknowledge", "first_answer") else None
        row = Deadline.objects.create(case=case, stage=stage, due_at=due_at, how=how, met_at=met_at)
        _line("deadline.owed", row, now)
    return len(missing)


def owe_missing_due(*, now: datetime, limit: int = 100) -> int:
    """Cases on hand that were opened before a clock of their kind existed get it; how many."""
    if _Looked.at and _Looked.at <= now < _Looked.at + EVERY:
        return 0
    _Looked.at = now
    lacking = Q(pk__in=[])
    for clock in rules.CLOCKS:
        if not clock.grades:
            has = Deadline.objects.filter(case=OuterRef("pk"), stage=clock.stage)
            lacking |= Q(~Exists(has), kind=clock.kind)
    done = 0
    for case in Case.objects.filter(lacking, state__in=rules.OPEN).order_by("id")[:limit]:
        with transaction.atomic():
            done += bool(owe_missing(Case.objects.select_for_update().get(pk=case.pk), now))
    return done


class _Looked:
    """When this process last looked for limits that are missing: they come with a new version."""

    at: datetime | None = None


def _line(verb: str, row: Deadline, now: datetime) -> None:
    data = {"stage": row.stage, "due_at": row.due_at.isoformat()}
    thread = row.case.thread
    record(verb, thread, thread=thread, actor=actor_name(None), now=now, data=data)


def write_moved(moved: Sequence[Moved]) -> None:
    """Open deadlines and referrals get the times that another calendar gives them."""
    for one in moved:
        one.row.due_at, one.row.how = one.due_at, one.how
        one.row.save(update_fields=["due_at", "how"])


def owe_report(case: Case, now: datetime, *, due_at: datetime | None = None) -> Report:
    """The next report upward is owed: by the clock of reports, or by a time that was announced."""
    limits = clock_now(rules.REPORT.code)
    by_clock, how = due(limits.limit, now, limits.basis)
    last = case.reports.order_by("-number").first()
    return Report.objects.create(
        case=case,
        number=last.number + 1 if last else 1,
        begun_at=now,
        due_at=due_at or by_clock,
        how={} if due_at else how,
    )


def follow_grade(case: Case, now: datetime) -> None:
    """A major case owes a report upward, another does not. Graded up again it has the time that
    it had: nothing restarts a clock."""
    owed = case.reports.filter(sent_at=None)
    if rules.band(case.grade) != "major":
        owed.filter(lifted_at=None).update(lifted_at=now)
    elif not owed.update(lifted_at=None) and not case.reports.exists():
        owe_report(case, now)
