"""The limits in force, the office's own days, and what a deadline is computed from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from tingda.cases import rules
from tingda.cases.models import Case, ClockSetting, Deadline, Extension, OfficeDay, Pause, Referral
from tingda.cases.rules import OPEN
from tingda.ledger.models import Line
from tingda.lib import clocks
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

CLOCKS_THREAD = "clocks"  # every change of a clock is on this thread of the ledger
OwnDays = Mapping[date, bool]  # a day of the office's own -> whether it works
Computed = tuple[datetime, dict[str, object]]


def due(
    limit: clocks.Limit,
    start: datetime,
    basis: str,
    *,
    extended: int = 0,
    pauses: tuple[clocks.Pause, ...] = (),
    days: OwnDays | None = None,
) -> Computed:
    """When a limit that began at `start` ends, and how that was computed, for the page.

    `extended` is added to the limit, in its kind of time. `days` in place of the office's own.
    """
    own = own_days() if days is None else days
    found = clocks.due(
        replace(limit, amount=limit.amount + extended),
        start,
        zone=ZoneInfo(settings.TIME_ZONE),
        extra_off=frozenset(day for day, works in own.items() if not works),
        extra_on=frozenset(day for day, works in own.items() if works),
        pauses=pauses,
    )
    how: dict[str, object] = {
        "start": start.isoformat(),
        "amount": limit.amount,
        "extended": extended,
        "kind": limit.kind,
        "basis": basis,
        "steps": [[step.day.isoformat(), step.counts, step.why] for step in found.steps],
    }
    return found.at, how


def own_days() -> OwnDays:
    """The office's own days as they are now."""
    return dict(OfficeDay.objects.values_list("day", "works"))


def due_of(case: Case, clock: rules.Clock) -> Computed:
    """When a stage of this case is due: from when the matter was heard, whatever happened since,
    without the time it stood still and with the time that was granted."""
    granted = case.extensions.filter(stage=clock.stage, granted=True).first()
    extended = granted.amount if granted else 0
    pauses = tuple(_still(row) for row in case.pauses.all())
    return due(clock.limit, case.heard_at, clock.basis, extended=extended, pauses=pauses)


def _still(row: Pause) -> clocks.Pause:
    return clocks.Pause(row.started_at, row.ended_at or row.until)


# ---- what a changed calendar moves ----
@dataclass(frozen=True)
class Moved:
    """An open deadline or referral that another calendar gives another time."""

    row: Deadline | Referral
    due_at: datetime
    how: dict[str, object]

    @property
    def case(self) -> Case:
        """The case it belongs to."""
        return self.row.case

    @property
    def stage(self) -> str:
        """The stage of a deadline; that of the clock of referrals."""
        return self.row.stage if isinstance(self.row, Deadline) else rules.REFERRAL.stage


def moved_by(days: OwnDays) -> list[Moved]:
    """What is open and would be due at another time, were these the office's own days; a calendar
    that was published since is in it, too. The nearest first."""
    return moved_rows(_counted_in_working_days(), days)


def moved_rows(rows: Iterable[Deadline | Referral], days: OwnDays) -> list[Moved]:
    """The same of these."""
    found = (_moved(row, days) for row in rows)
    return sorted((one for one in found if one), key=lambda one: one.row.due_at)


def moved_by_publishing() -> int:
    """How many of these were computed before the calendar of their year came out, and would be
    due at another time by it."""
    days, rows = own_days(), _counted_in_working_days(by="unknown_calendar")
    return sum(_moved(row, days) is not None for row in rows)


def _counted_in_working_days(by: str = "") -> Iterator[Deadline | Referral]:
    """With `by`: those of which a day was counted for that reason (lib/clocks.py)."""
    rows = Deadline.objects.filter(met_at=None, case__state__in=OPEN, how__kind="working_days")
    asked = Referral.objects.filter(state=Referral.State.SENT, how__kind="working_days")
    if by:
        text = Cast("how", TextField())
        rows = rows.annotate(text=text).filter(text__contains=by)
        asked = asked.annotate(text=text).filter(text__contains=by)
    yield from rows.select_related("case").prefetch_related("case__pauses")
    yield from asked.select_related("case", "unit")


def _moved(row: Deadline | Referral, days: OwnDays) -> Moved | None:
    how: Mapping[str, Any] = row.how
    paused = row.case.pauses.all() if isinstance(row, Deadline) else ()
    due_at, new = due(
        clocks.Limit(how["amount"], how["kind"]),
        datetime.fromisoformat(how["start"]),
        how["basis"],
        extended=how.get("extended", 0),
        pauses=tuple(_still(one) for one in paused),
        days=days,
    )
    return Moved(row, due_at, new) if due_at != row.due_at else None


# ---- the table ----
def clock_table(at: datetime | None = None) -> tuple[rules.Clock, ...]:
    """The limits in force: the defaults of rules.py with the office's own in their place.

    With `at`: as they were then. The record holds what each change replaced, newest undone first.
    """
    own: dict[str, tuple[int, str, int | None]] = {
        row.code: (row.amount, row.kind, row.extension) for row in ClockSetting.objects.all()
    }
    changed = bool(own and at)  # what was never changed has no lines
    since = Line.objects.filter(thread=CLOCKS_THREAD, at__gt=at) if changed else Line.objects.none()
    for line in since.order_by("-number"):
        was = line.data.get("was_extension")  # lines from before there were extensions have none
        own[line.data["code"]] = (line.data["was_amount"], line.data["was_unit"], was)
    return tuple(_own(clock, own) for clock in (*rules.CLOCKS, *rules.ASKING))


def _own(clock: rules.Clock, own: Mapping[str, tuple[int, str, int | None]]) -> rules.Clock:
    if clock.code not in own:
        return clock
    amount, kind, extension = own[clock.code]
    limit = rules.limit(amount, kind)
    basis = clock.basis if limit == clock.limit else _("本单位规定")
    extension = clock.extension if extension is None else extension
    return replace(clock, limit=limit, basis=basis, extension=extension)


def clock(code: str) -> rules.Clock:
    """The clock of that code as it is now; Refused where there is none."""
    for found in clock_table():
        if found.code == code:
            return found
    raise Refused(_("没有这个时钟"))


def clocks_of(case: Case) -> dict[str, rules.Clock]:
    """The clocks of a case by stage, as they were when it was opened."""
    return rules.clocks_for(case.kind, case.grade, clock_table(case.opened_at))


def office_days() -> QuerySet[OfficeDay]:
    """The office's own days, the latest first."""
    return OfficeDay.objects.order_by("-day")


def asked_extensions() -> QuerySet[Extension]:
    """Longer deadlines that were asked for and not decided, the oldest first."""
    rows = Extension.objects.filter(granted=None, case__state__in=OPEN)
    return rows.select_related("case", "case__unit", "asked_by").order_by("asked_at", "id")
