"""Deadlines of a case, written from what they are computed from."""

from collections.abc import Sequence
from datetime import datetime

from tingda.cases import rules
from tingda.cases.models import Case, Deadline, Report
from tingda.cases.queries.clocks import Moved, clock_table, due, due_of
from tingda.cases.queries.clocks import clock as clock_now


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
