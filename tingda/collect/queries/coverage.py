"""Which sources were not heard in some time, from when to when, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery

from tingda.collect.models import Check, Source
from tingda.collect.queries.health import failed_looks, good_looks, looked_at_sources
from tingda.collect.sources import KINDS

LOOKS = 2.2  # intervals; one look that failed is not worth a line, nor one that came late
PAUSED, UNWATCHED = "paused", "unwatched"  # causes beside those of a failed look
_WITNESSES = 8  # sources by which it is seen that nobody went anywhere


@dataclass(frozen=True, slots=True)
class Deaf:
    """A source that was not heard from `start` to `end`; `going_on` where it still is not.

    `cause` is that of the newest failed look within, or PAUSED. Where nobody looked anywhere it
    is UNWATCHED, and `source` is 0.
    """

    source: int
    name: str
    start: datetime
    end: datetime
    cause: str
    going_on: bool = False


def deaf_spans(start: datetime, end: datetime, now: datetime) -> list[Deaf]:
    """Every time within `start` to `end` in which a source was not heard for more than two of
    its intervals, longest first. A constant number of questions, whose cost grows with the
    failures and not with the looks.
    """
    end = min(end, now)
    if start >= end:
        return []
    spans = [*_failing(start, end, now), *_unwatched(start, end, now)]
    spans += [*_paused(end, now), *_never(now)]
    spans = [span for span in spans if span.end > start and span.start < end]
    return sorted(spans, key=lambda span: (span.start - span.end, span.start, span.name))


# --- sources that failed ---


def _failing(start: datetime, end: datetime, now: datetime) -> Iterator[Deaf]:
    """From the last good look before a failure to the next good one after it."""
    sources = Source.objects.in_bulk()
    found: dict[tuple[int, datetime | None], tuple[datetime, datetime | None, str]] = {}
    for pk, at, cause, before, after in _failures(start, end):
        first = found.get((pk, before), (at,))[0]
        found[pk, before] = (min(first, at), after, cause)
    for (pk, before), (first, after, cause) in found.items():
        row = sources[pk]
        if after and after > now:  # as it stood then
            after = None
        begins, ends = before or first, after or now
        if not after and not row.active:
            ends = row.looked_at or now  # from there on it is paused
        if _is_long(row, begins, ends):
            yield Deaf(pk, row.name, begins, ends, cause, not after and row.active)


def _failures(
    start: datetime, end: datetime
) -> Iterator[tuple[int, datetime, str, datetime | None, datetime | None]]:
    """(source, at, cause, last good look before, next good look), oldest first of a source."""
    good = good_looks().filter(source=OuterRef("source"))
    before = good.filter(at__lt=OuterRef("at")).order_by("-at").values("at")[:1]
    after = good.filter(at__gt=OuterRef("at")).order_by("at").values("at")[:1]
    earlier = failed_looks().filter(pk__in=_newest_before(start))
    for rows in (earlier, failed_looks().filter(at__gte=start, at__lt=end)):
        yield from (
            rows.annotate(good_before=Subquery(before), good_after=Subquery(after))
            .order_by("at")
            .values_list("source", "at", "cause", "good_before", "good_after")
        )


def _newest_before(moment: datetime) -> list[int]:
    """The newest look at each source before a moment: what fails then may fail on."""
    looks = Check.objects.filter(source=OuterRef("pk"), at__lt=moment)
    newest = looks.order_by("-at", "-id").values("pk")[:1]
    sources = Source.objects.filter(kind__in=KINDS).annotate(newest=Subquery(newest))
    return [pk for pk in sources.order_by().values_list("newest", flat=True) if pk]


# --- times in which nobody went ---


def _paused(end: datetime, now: datetime) -> Iterator[Deaf]:
    """Sources that are paused now, since their last look."""
    rows = Source.objects.filter(kind__in=KINDS, active=False, looked_at__lt=end)
    for row in rows:
        if row.looked_at and _is_long(row, row.looked_at, now):
            yield Deaf(row.pk, row.name, row.looked_at, now, PAUSED, True)


def _never(now: datetime) -> Iterator[Deaf]:
    """Sources that wait for their first look, and nobody goes."""
    for row in looked_at_sources().filter(looked_at=None, next_due__lt=now):
        if row.next_due and _is_long(row, row.next_due, now):
            yield Deaf(row.pk, row.name, row.next_due, now, UNWATCHED, True)


def _unwatched(start: datetime, end: datetime, now: datetime) -> Iterator[Deaf]:
    """Times in which none of the sources that are looked at most often was looked at, though
    one of them did not fail: those that fail are left alone for longer and longer.
    """
    looked_at = looked_at_sources().exclude(looked_at=None)
    witnesses = list(looked_at.order_by("interval_minutes", "pk")[:_WITNESSES])
    if not witnesses:
        return
    # somewhat more at both ends, so that a gap is seen whole
    more = 2 * LOOKS * timedelta(minutes=witnesses[0].interval_minutes)
    begins, until = start - more, min(end + more, now)
    works = _worked_before(begins, witnesses)
    looks = Check.objects.filter(source__in=witnesses, at__gte=begins, at__lt=until)
    left = begins
    for pk, at, outcome in looks.order_by("at", "id").values_list("source", "at", "outcome"):
        if any(works.values()) and _is_long(witnesses[0], left, at):
            yield Deaf(0, "", left, at, UNWATCHED)
        left, works[pk] = at, outcome != Check.Outcome.FAILED
    if any(works.values()) and _is_long(witnesses[0], left, until):
        yield Deaf(0, "", left, until, UNWATCHED, until == now)


def _worked_before(moment: datetime, sources: Sequence[Source]) -> dict[int, bool]:
    """Whether the newest look before a moment was a good one, of the sources that had one."""
    looks = Check.objects.filter(source=OuterRef("pk"), at__lt=moment).order_by("-at", "-id")
    rows = Source.objects.filter(pk__in=[row.pk for row in sources])
    newest = rows.annotate(newest=Subquery(looks.values("outcome")[:1]))
    found = dict(newest.values_list("pk", "newest"))
    return {pk: outcome != Check.Outcome.FAILED for pk, outcome in found.items() if outcome}


def _is_long(source: Source, start: datetime, end: datetime) -> bool:
    return end - start > LOOKS * timedelta(minutes=source.interval_minutes)
