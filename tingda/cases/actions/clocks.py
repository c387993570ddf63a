"""Clocks and days: the office's own limits and calendar."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction

from tingda.cases import rules
from tingda.cases.actions.deadlines import write_moved
from tingda.cases.models import ClockSetting, OfficeDay
from tingda.cases.queries.clocks import (
    CLOCKS_THREAD,
    Moved,
    moved_by,
    moved_by_publishing,
    own_days,
)
from tingda.cases.queries.clocks import clock as clock_now
from tingda.ledger.actions import record
from tingda.lib.clocks import CALENDAR_KNOWN_UNTIL
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.notify.actions import tell
from tingda.people.models import Institution, Person, actor_name
from tingda.people.queries import people_with
from tingda.people.rules import ADMIN


@transaction.atomic
def set_clock(
    code: str,
    amount: int,
    kind: str,
    *,
    by: Person,
    now: datetime,
    extension: int | None = None,
) -> None:
    """Set the office's own limit, for what begins after it; the default's own value ends it.

    `extension`: by how much at most it may be lengthened; None leaves that as it is.
    """
    by.must("configure")
    Institution.objects.select_for_update().get(pk=1)
    clock, limit = clock_now(code), rules.limit(amount, kind)
    extension = clock.extension if extension is None else extension
    if limit == clock.limit and extension == clock.extension:
        return
    ClockSetting.objects.update_or_create(
        code=code, defaults={"amount": amount, "kind": kind, "extension": extension}
    )
    what = {"code": code, "kind": clock.kind, "stage": clock.stage, "grades": clock.grades}
    was = {"was_amount": clock.limit.amount, "was_unit": clock.limit.kind}
    was["was_extension"] = clock.extension
    data = {**what, **was, "amount": amount, "unit": kind, "extension": extension}
    thread, actor = CLOCKS_THREAD, actor_name(by)
    record("clock.changed", f"clock:{code}", thread=thread, actor=actor, now=now, data=data)


@transaction.atomic
def set_office_day(
    day: date, works: bool | None, name: str, *, by: Person, now: datetime, seen: int = 0
) -> None:
    """Work or rest on a day in the office's own way; None is the calendar's way again.

    What is open moves with it. `seen` is how many deadlines the person was shown that would move;
    another number now is Refused, for nobody agreed to that.
    """
    by.must("configure")
    Institution.objects.select_for_update().get(pk=1)
    name = rules.written(name, _("请写明是什么日子"))[:100]
    if works is None:
        OfficeDay.objects.filter(day=day).delete()
    else:
        OfficeDay.objects.update_or_create(day=day, defaults={"works": works, "name": name})
    data = {"day": day.isoformat(), "works": works, "name": name}
    record("day.changed", f"day:{day}", actor=actor_name(by), now=now, data=data)
    _follow(moved_by(own_days()), seen, by=by, now=now)


@transaction.atomic
def follow_calendar(seen: int, *, by: Person, now: datetime) -> None:
    """What is open follows a calendar that was published since it was computed."""
    by.must("configure")
    Institution.objects.select_for_update().get(pk=1)
    _follow(moved_by(own_days()), seen, by=by, now=now)


class _Looked:
    """The calendar by which this process looked; a newer one comes with a newer program."""

    until: date | None = None


def tell_of_calendar(*, now: datetime) -> int:
    """A calendar came out, and what is open would be due at another time by it: administrators are
    told, see what moves, and move it. How many would move."""
    until = CALENDAR_KNOWN_UNTIL
    if _Looked.until == until:
        return 0
    moved = moved_by_publishing()
    if moved:
        key, data = f"calendar.out:{until.isoformat()}", {"moves": moved}
        tell(people_with(ADMIN), "calendar.out", key=key, link="clocks", now=now, data=data)
    _Looked.until = until
    return moved


def _follow(moved: Iterable[Moved], seen: int, *, by: Person, now: datetime) -> None:
    moved = list(moved)
    if len(moved) != seen:
        raise Refused(_("这会改动 %(count)s 个时限，请看过再确认"), count=len(moved))
    for one in moved:
        thread = one.case.thread
        was, new = one.row.due_at.isoformat(), one.due_at.isoformat()
        data = {"stage": one.stage, "due_was": was, "due_now": new}
        record("deadline.moved", thread, thread=thread, actor=actor_name(by), now=now, data=data)
    write_moved(moved)
