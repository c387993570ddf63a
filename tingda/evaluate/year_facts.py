"""What the record says of any moment: limits, own days, grades; and every deadline by it."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from tingda.cases import rules
from tingda.cases.models import Case, Deadline, Extension, Pause, Referral, Report, Task
from tingda.evaluate.year_slow import Task as Count
from tingda.evaluate.year_slow import end_of, last_of
from tingda.ledger.models import Line

_TOLD = ("clock.changed", "day.changed", "case.opened", "case.graded", "referral.withdrawn")
OwnDays = tuple[tuple[date, bool], ...]


@dataclass
class Facts:
    """From the ledger: when limits, days and grades changed, and into what."""

    limits: dict[str, list[tuple[datetime, int, str]]] = field(default_factory=dict)
    days: list[tuple[datetime, OwnDays]] = field(default_factory=list)
    grades: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)
    withdrawn: dict[str, datetime] = field(default_factory=dict)
    given: dict[str, date] = field(default_factory=dict)

    @classmethod
    def read(cls) -> "Facts":
        """Everything that was ever changed."""
        facts, days = cls(), dict[date, bool]()
        for line in Line.objects.filter(verb__in=(*_TOLD, "task.given")).order_by("number"):
            facts._take(line, days)
        return facts

    def _take(self, line: Line, days: dict[date, bool]) -> None:
        data = line.data
        if line.verb == "clock.changed":
            change = (line.at, data["amount"], data["unit"])
            self.limits.setdefault(data["code"], []).append(change)
        elif line.verb == "day.changed":
            day = date.fromisoformat(data["day"])
            days.pop(day, None)
            if data["works"] is not None:
                days[day] = data["works"]
            self.days.append((line.at, tuple(sorted(days.items()))))
        elif line.verb == "referral.withdrawn":
            self.withdrawn[line.subject] = line.at
        elif line.verb == "task.given":
            self.given[line.subject] = date.fromisoformat(data["due_on"])
        else:
            grade = data["grade"] if line.verb == "case.opened" else data["to"]
            self.grades.setdefault(line.thread, []).append((line.at, grade))

    def limit(self, clock: rules.Clock, at: datetime) -> tuple[int, str]:
        """Amount and unit of a clock as they were then."""
        held = clock.limit.amount, str(clock.limit.kind)
        for when, amount, unit in self.limits.get(clock.code, []):
            if when <= at:
                held = amount, unit
        return held

    def own_days(self, at: datetime) -> OwnDays:
        """The office's own days as they were then."""
        place = bisect_right([when for when, _days in self.days], at)
        return self.days[place - 1][1] if place else ()

    def grade(self, case: Case, at: datetime) -> str:
        """The grade of a case as it was then."""
        held = [grade for when, grade in self.grades.get(case.thread, []) if when <= at]
        return held[-1] if held else case.grade


def clock_for(kind: str, grade: str, stage: str) -> rules.Clock | None:
    """The row of the table: the one for the grade, else the one for all."""
    rows = [row for row in rules.CLOCKS if (row.kind, row.stage) == (kind, stage)]
    own = [row for row in rows if grade in row.grades]
    return next(iter([*own, *[row for row in rows if not row.grades]]), None)


def _row(code: str) -> rules.Clock:
    return next(row for row in rules.ASKING if row.code == code)


def wrong_deadlines(facts: Facts, now: datetime) -> Iterator[str]:
    """A line for each deadline that is not where slow counting finds it."""
    yield from _of_cases(facts, now)
    yield from _of_referrals(facts, now)
    yield from _of_reports(facts)
    zone = ZoneInfo(settings.TIME_ZONE)
    for task in Task.objects.all():
        if given := facts.given.get(f"task:{task.pk}"):
            yield from _compared(f"task:{task.pk}", "due", last_of(given, zone), task.due_at)


def _of_cases(facts: Facts, now: datetime) -> Iterator[str]:
    pauses, longer = dict[int, list[Pause]](), dict[tuple[int, str], Extension]()
    for pause in Pause.objects.order_by("id"):
        pauses.setdefault(pause.case_id, []).append(pause)
    for extension in Extension.objects.filter(granted=True):
        longer[extension.case_id, extension.stage] = extension
    for row in Deadline.objects.select_related("case").order_by("id"):
        at, case = row.met_at or now, row.case
        clock = clock_for(case.kind, facts.grade(case, at), row.stage)
        if clock is None:
            yield f"{case.number} {row.stage}: a deadline without a clock"
            continue
        amount, unit = facts.limit(clock, case.opened_at)
        more = longer.get((case.pk, row.stage))
        if more and more.decided_at and more.decided_at <= at:
            amount += more.amount
        still = tuple(
            (one.started_at, one.ended_at if one.ended_at and one.ended_at <= at else one.until)
            for one in pauses.get(case.pk, [])
            if one.started_at <= at
        )
        found = end_of(
            Count(amount, unit, case.heard_at, still), settings.TIME_ZONE, facts.own_days(at)
        )
        yield from _compared(case.number, row.stage, found, row.due_at)


def _of_referrals(facts: Facts, now: datetime) -> Iterator[str]:
    for row in Referral.objects.select_related("case").order_by("id"):
        name = f"referral:{row.pk}"
        ended = facts.withdrawn.get(name) or row.answered_at or now
        until = now if row.state == Referral.State.SENT else ended
        grave = facts.grade(row.case, row.sent_at) in ("extra_major", "major")
        code = "referral.facts.major" if grave else "referral.facts"
        amount, unit = facts.limit(_row(code), row.sent_at)
        count = Count(amount, unit, row.sent_at)
        found = end_of(count, settings.TIME_ZONE, facts.own_days(until))
        yield from _compared(f"{row.case.number} {name}", "facts", found, row.due_at)
        code = "petition.objection" if row.case.kind == "petition" else "referral.objection"
        amount, unit = facts.limit(_row(code), row.sent_at)
        count = Count(amount, unit, row.sent_at)
        found = end_of(count, settings.TIME_ZONE, facts.own_days(row.sent_at))
        if row.object_until:
            yield from _compared(f"{row.case.number} {name}", "objection", found, row.object_until)


def _of_reports(facts: Facts) -> Iterator[str]:
    announced: dict[tuple[int, int], datetime | None] = {}
    for row in Report.objects.select_related("case").order_by("number"):
        announced[row.case_id, row.number] = row.next_at
        found = announced.get((row.case_id, row.number - 1))
        if found is None:
            amount, unit = facts.limit(_row("report.upward"), row.begun_at)
            count = Count(amount, unit, row.begun_at)
            found = end_of(count, settings.TIME_ZONE, facts.own_days(row.begun_at))
        yield from _compared(f"{row.case.number} report:{row.pk}", "upward", found, row.due_at)


def _compared(what: str, stage: str, expected: datetime, found: datetime) -> Iterator[str]:
    if expected != found:
        zone = ZoneInfo(settings.TIME_ZONE)
        should, is_now = (f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}" for at in (expected, found))
        yield f"{what} {stage}: due {should} by slow counting, found {is_now}"
