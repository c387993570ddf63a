"""Shifts are made ahead of time, and whoever can help is told of gaps in them."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from tingda.cases.queries.clocks import own_days
from tingda.duty.actions.rosters import fill
from tingda.duty.queries import gaps
from tingda.duty.rules import Days
from tingda.notify.actions import tell
from tingda.people.models import Person
from tingda.people.rules import ADMIN, DUTY

EVERY = timedelta(minutes=1)
WARN_AT = time(8, 0)  # the day's notice is not read before
_last: datetime | None = None  # when this process looked last; to look twice does no harm


def keep_rosters(*, now: datetime) -> int:
    """Once a minute: shifts for the weeks to come, by the days that the office has now; and one
    notice a day of what nobody watches in the week to come. Returns how many shifts changed.
    """
    global _last
    if _last is not None and timedelta(0) <= now - _last < EVERY:
        return 0
    _last = now
    changed = fill(Days.of(own_days()), now=now)
    warn_of_gaps(now=now)
    return changed


def warn_of_gaps(*, now: datetime) -> int:
    """Tell administrators and duty officers once a day; how many gaps there are."""
    local = timezone.localtime(now)
    found = gaps(now) if local.time() >= WARN_AT else []
    if found:
        whom = Person.objects.filter(is_active=True, held_roles__role__in=[ADMIN, DUTY]).distinct()
        data = {"gaps": len(found), "first": found[0].starts_at.isoformat()}
        key = f"duty.gap:{local.date().isoformat()}"
        tell(whom, "duty.gap", key=key, link="duty", now=now, data=data)
    return len(found)
