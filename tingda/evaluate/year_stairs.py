"""Which steps of which ladders had to be taken, kept turn by turn beside the product."""

from collections.abc import Iterator
from datetime import datetime

from tingda.cases.models import Case, Deadline, Escalation, Referral, Report, Task
from tingda.evaluate.year_slow import Stair, stairs_due

Key = tuple[str, str, datetime]  # referral:4, its step, the limit that it was about
USUAL = {
    "ordinary": (Stair("-24.asked", -24), Stair("0.lead", 0), Stair("24.head", 24)),
    "major": (
        Stair("-2.asked", -2),
        Stair("0.lead", 0),
        Stair("0.duty", 0),
        Stair("1.head", 1),
    ),
}


class Stairs:
    """Looked at before and after each turn of the worker: what was due at both had to be taken,
    what was due at neither must not be."""

    def __init__(self) -> None:
        self.table: dict[str, tuple[Stair, ...]] = dict(USUAL)
        self._seen: set[Key] = set()
        self._must: set[Key] = set()
        self._may: set[Key] = set()
        self._last = 0

    def before(self, now: datetime) -> None:
        """The worker is about to take its turn."""
        self._seen = set(self._due(now))

    def after(self, now: datetime) -> Iterator[str]:
        """The turn is over: what was missed, what was too much."""
        due = set(self._due(now))
        self._may |= self._seen | due
        owed = self._seen & due - self._must
        self._must |= owed
        fresh = Escalation.objects.exclude(rung="").filter(pk__gt=self._last).order_by("pk")
        for row in fresh:
            self._last = row.pk
            key = (row.target, row.rung, row.due_at)
            if key not in self._may:
                yield f"{row.target}: step {row.rung} for {row.due_at} was not due at {now}"
        for target, rung, limit in sorted(owed):
            steps = Escalation.objects.filter(target=target, rung=rung, due_at=limit)
            if not steps.exists():
                yield f"{target}: step {rung} for {limit} was missed at {now}"

    def _due(self, now: datetime) -> Iterator[Key]:
        for name, stage, case, begun, limit in _open():
            grade = case.grade if case else "ordinary"
            band = "major" if grade in ("major", "extra_major") else "ordinary"
            stairs = self.table.get(f"{band}.{stage}") or self.table[band]
            for code in stairs_due(stairs, begun, limit, now):
                yield name, code, limit


def _open() -> Iterator[tuple[str, str, Case | None, datetime, datetime]]:
    for row in Deadline.objects.filter(met_at=None).select_related("case"):
        yield f"deadline:{row.pk}", row.stage, row.case, row.case.heard_at, row.due_at
    for asked in Referral.objects.filter(state="sent").select_related("case"):
        yield f"referral:{asked.pk}", "facts", asked.case, asked.sent_at, asked.due_at
    for report in Report.objects.filter(sent_at=None, lifted_at=None).select_related("case"):
        yield f"report:{report.pk}", "upward", report.case, report.begun_at, report.due_at
    for task in Task.objects.filter(done_at=None).select_related("case"):
        yield f"task:{task.pk}", "task", task.case, task.made_at, task.due_at
