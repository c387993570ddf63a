"""Looking at what is due: each source in its turn, and no host too often."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from tingda.collect.actions.hearing import Heard, fresh_entries, hear
from tingda.collect.actions.receiving import watch_over
from tingda.collect.models import Check, Host, Source, Voice
from tingda.collect.rules import Entry
from tingda.collect.sources import kind
from tingda.collect.sources.manners import Manners
from tingda.collect.sources.round import LOOK, go_round, manners
from tingda.duty.models import Pulse

DEAD = timedelta(seconds=35)  # three signs of life left out
_AHEAD = 4  # how many more rows are read than are wanted: some are of one host


def look_at(source: Source, *, now: datetime, out: Manners | None = None) -> Check:
    """One look at one source, and the record of it, whatever came.

    `out` is the way out to other servers; the office's own where it is not given.
    """
    return go_round(source, _hear, fresh_entries, now, out or manners(now))


@transaction.atomic
def _hear(source: Source, entries: Iterable[Entry], *, now: datetime) -> Heard:
    heard = hear(source, entries, now=now)
    if heard.added and kind(source.kind).from_reporters:
        watch_over(Voice.objects.filter(pk__in=heard.added), now=now)
    return heard


def look_due(*, now: datetime) -> int:
    """Look at the source that is due longest; how many were looked at (0 or 1)."""
    claimed = claim_due(now=now, limit=1, worker="")
    for source in claimed:
        look_at(source, now=now)
    return len(claimed)


def claim_due(*, now: datetime, limit: int, worker: str) -> list[Source]:
    """Take the sources that are due longest, one of each host and only of hosts that may be
    asked now: whoever waits for a slow host would hold up the others.
    """
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    due = Source.objects.filter(free, active=True, next_due__lte=now)
    rows = due.filter(_may_be_asked(now)).order_by("next_due", "id")[: limit * _AHEAD]
    taken: list[Source] = []
    for row in _one_of_each_host(list(rows), limit):
        if due.filter(pk=row.pk).update(claimed_until=now + LOOK, claimed_by=worker):
            taken.append(row)
    return taken


def _may_be_asked(now: datetime) -> Q:
    rested = Q(host__free_at=None) | Q(host__free_at__lte=now)
    open_again = Q(host__closed_until=None) | Q(host__closed_until__lte=now)
    return Q(host=None) | (rested & open_again)


def _one_of_each_host(rows: Sequence[Source], limit: int) -> list[Source]:
    seen: set[int] = set()
    chosen = []
    for row in rows:
        if row.host_id and row.host_id in seen:
            continue
        seen.add(row.host_id or 0)
        chosen.append(row)
    return chosen[:limit]


def free_claims_of_the_dead(*, now: datetime) -> int:
    """Give back what workers had taken that show no sign of life any more; how much it was."""
    alive = Pulse.objects.filter(seen_at__gte=now - DEAD).values("worker")
    held = Source.objects.filter(claimed_until__isnull=False).exclude(claimed_by="")
    return held.exclude(claimed_by__in=alive).update(claimed_until=None, claimed_by="")


@transaction.atomic
def put_clock_right(*, now: datetime) -> None:
    """The clock was put back: what seems to lie in the future is due now."""
    Source.objects.filter(active=True, next_due__gt=now).update(next_due=now)
    Source.objects.filter(looked_at__gt=now).update(looked_at=now)
    Source.objects.filter(claimed_until__gt=now + LOOK).update(claimed_until=None)
    rested = now + timedelta(seconds=settings.HOST_PACE_SECONDS)
    Host.objects.filter(free_at__gt=now).update(free_at=rested)
    # How much of a Retry-After is left nobody knows; the host will say so again.
    Host.objects.filter(closed_until__gt=now).update(closed_until=None)
