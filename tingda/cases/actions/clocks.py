"""The office's own limits and days."""

from datetime import date, datetime

from django.db import transaction

from tingda.cases import queries, rules
from tingda.cases.models import ClockSetting, OfficeDay
from tingda.ledger.actions import record
from tingda.lib.words import mark as _
from tingda.people.models import Institution, Person, actor_name


@transaction.atomic
def set_clock(code: str, amount: int, kind: str, *, by: Person, now: datetime) -> None:
    """Set the office's own limit, for what begins after it; the default's own value ends it."""
    by.must("configure")
    Institution.objects.select_for_update().get(pk=1)
    clock, limit = queries.clock(code), rules.limit(amount, kind)
    if limit == clock.limit:
        return
    ClockSetting.objects.update_or_create(code=code, defaults={"amount": amount, "kind": kind})
    what = {"code": code, "kind": clock.kind, "stage": clock.stage, "grades": clock.grades}
    was = {"was_amount": clock.limit.amount, "was_unit": clock.limit.kind}
    data = {**what, **was, "amount": amount, "unit": kind}
    thread, actor = queries.CLOCKS_THREAD, actor_name(by)
    record("clock.changed", f"clock:{code}", thread=thread, actor=actor, now=now, data=data)


@transaction.atomic
def set_office_day(day: date, works: bool | None, name: str, *, by: Person, now: datetime) -> None:
    """Work or rest on a day in the office's own way; None is the calendar's way again."""
    by.must("configure")
    name = rules.written(name, _("请写明是什么日子"))[:100]
    if works is None:
        OfficeDay.objects.filter(day=day).delete()
    else:
        OfficeDay.objects.update_or_create(day=day, defaults={"works": works, "name": name})
    data = {"day": day.isoformat(), "works": works, "name": name}
    record("day.changed", f"day:{day}", actor=actor_name(by), now=now, data=data)
