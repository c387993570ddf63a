"""Deadlines of a case, written from what they are computed from."""

from collections.abc import Sequence

from tingda.cases import rules
from tingda.cases.models import Case, Deadline
from tingda.cases.queries.clocks import Moved, clock_table, due_of


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
