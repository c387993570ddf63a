"""Listening more closely while a key period lasts, and as usual when it is over."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from tingda.collect.models import Source
from tingda.collect.queries.health import looked_at_sources
from tingda.duty.models import KeyPeriod
from tingda.duty.queries import running_periods
from tingda.ledger.actions import record
from tingda.people.models import actor_name

EVERY = timedelta(seconds=20)
_last: datetime | None = None  # when this process looked last; to look twice does no harm


def follow_key_periods(*, now: datetime) -> int:
    """A few times a minute: bring the sources to what the key periods of this moment ask for.
    Returns how many sources were changed.
    """
    global _last
    if _last is not None and timedelta(0) <= now - _last < EVERY:
        return 0
    _last = now
    return follow_now(now=now)


@transaction.atomic
def follow_now(*, now: datetime) -> int:
    """The same at once. What a person asked for with 加密巡查 stays beside it, untouched."""
    changed = 0
    wanted = Q(pk__in=[])
    for period, rows in _shares(now):
        minutes, until = period.minutes, period.ends_at
        wanted |= Q(pk__in=rows.values("pk"))
        others = rows.exclude(key_minutes=minutes, key_until=until)
        found = list(others.values_list("pk", flat=True))
        if not found or minutes is None:
            continue
        Source.objects.filter(pk__in=found).update(key_minutes=minutes, key_until=until)
        soon = now + timedelta(minutes=minutes)
        Source.objects.filter(pk__in=found, failures=0, next_due__gt=soon).update(next_due=soon)
        _line("key_period.listening", period, len(found), now)
        changed += len(found)
    over = Source.objects.filter(key_until__isnull=False).exclude(wanted)
    count = over.update(key_minutes=None, key_until=None)
    if count:
        _line("key_period.as_usual", None, count, now)
    return changed + count


def _shares(now: datetime) -> Iterator[tuple[KeyPeriod, QuerySet[Source]]]:
    """Each period with the sources that are its own: of two, the denser one has them."""
    dense = [period for period in running_periods(now) if period.minutes]
    left = looked_at_sources()
    for period in sorted(dense, key=lambda one: (one.minutes or 0, one.ends_at, one.pk)):
        yield period, left.filter(group__in=period.groups) if period.groups else left
        left = left.exclude(group__in=period.groups) if period.groups else left.none()


def _line(verb: str, period: KeyPeriod | None, count: int, now: datetime) -> None:
    data: dict[str, object] = {"sources": count}
    if period:
        data |= {"name": period.name, "minutes": period.minutes}
    subject = f"key_period:{period.pk}" if period else "key_periods"
    record(verb, subject, actor=actor_name(None), now=now, data=data)
