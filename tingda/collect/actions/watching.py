"""Noticing that a source went silent or deaf, and that it is heard again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from tingda.collect.models import Source
from tingda.collect.queries.health import failing_of, looked_at_sources, rhythms_of
from tingda.ledger.actions import record
from tingda.lib.rhythm import SHORTEST_SILENCE, is_silent
from tingda.notify.actions import tell
from tingda.people.models import Person, actor_name
from tingda.people.rules import ADMIN, DUTY

EVERY = timedelta(minutes=10)
SHORTEST_DEAFNESS, LOOKS = timedelta(hours=3), 6  # hiccups are not told
MANY = 5  # more than so many at once have one cause, and are told once
NAMED = 3  # of many, so many are named
_CHUNK = 200
T = TypeVar("T")
_last: datetime | None = None  # when this process looked last; to look twice does no harm


@dataclass(frozen=True, slots=True)
class _Finding:
    """What is new about one source, and since when it is, or was, so."""

    source: Source
    what: Literal["silent", "deaf", "heard again"]
    since: datetime


def notice_silence(*, now: datetime) -> int:
    """Once in ten minutes: how many sources were found silent, deaf or heard again."""
    global _last
    if _last is not None and timedelta(0) <= now - _last < EVERY:
        return 0
    _last = now
    return notice_now(now=now)


def notice_now(*, now: datetime) -> int:
    """Look through all sources that may be silent; each is told once until it is heard again."""
    found = list(_findings(now))
    many = [one for one in found if one.what != "heard again"]
    told = len(many) > MANY
    for chunk in _chunks(found):
        with transaction.atomic():
            # a person may have paused or changed one of them in the meantime
            noted = [one for one in chunk if _note(one, now)]
            if not told:
                for one in noted:
                    _tell_one(one, now)
            elif any(one.what != "heard again" for one in noted):
                _tell_many(many, now)
    return len(found)


def _findings(now: datetime) -> Iterator[_Finding]:
    wondered = ~Q(silent_at=None)
    maybe = Q(failures__gt=0) | Q(heard_at__lt=now - SHORTEST_SILENCE)
    rows = looked_at_sources().filter(wondered | maybe)
    # only what is needed: a source's memory may be large
    rows = rows.only("name", "failures", "heard_at", "silent_at", "interval_minutes")
    for chunk in _chunks(list(rows)):
        yield from _compared(chunk, now)


def _compared(sources: Sequence[Source], now: datetime) -> Iterator[_Finding]:
    failing = failing_of([row.pk for row in sources if row.failures])
    rhythms = rhythms_of([row.pk for row in sources if not row.failures])
    for row in sources:
        what: Literal["", "silent", "deaf"] = ""
        since = now
        if failed := failing.get(row.pk):
            longest = max(SHORTEST_DEAFNESS, LOOKS * timedelta(minutes=row.interval_minutes))
            if now - failed.since > longest:
                what, since = "deaf", failed.since
        elif not row.failures and is_silent(row.heard_at, now, rhythms[row.pk]):
            what, since = "silent", row.heard_at or now
        if what and row.silent_at is None:
            yield _Finding(row, what, since)
        elif not what and not row.failures and row.silent_at is not None:
            yield _Finding(row, "heard again", row.silent_at)


def _note(one: _Finding, now: datetime) -> bool:
    """Mark it, and put it on the record; whether that was still to be done."""
    begins = one.what != "heard again"
    rows = looked_at_sources().filter(pk=one.source.pk, silent_at=one.source.silent_at)
    if not rows.update(silent_at=now if begins else None):
        return False
    _line(one, now)
    return True


def _line(one: _Finding, now: datetime) -> None:
    verbs = {
        "silent": "source.silent",
        "deaf": "source.deaf",
        "heard again": "source.heard_again",
    }
    data = {"name": one.source.name, "since": one.since.isoformat()}
    verb, subject = verbs[one.what], f"source:{one.source.pk}"
    record(verb, subject, actor=actor_name(None), now=now, data=data)


def _tell_one(one: _Finding, now: datetime) -> None:
    if one.what == "heard again":
        return
    verb = f"source.{one.what}"
    key = f"{verb}:{one.source.pk}:{one.since.isoformat()}"
    data = {"title": one.source.name, "since": one.since.isoformat()}
    link = f"source:{one.source.pk}"
    tell(_whom(), verb, key=key, link=link, now=now, data=data)


def _tell_many(found: Sequence[_Finding], now: datetime) -> None:
    hour = now.astimezone(ZoneInfo(settings.TIME_ZONE)).strftime("%Y-%m-%d %H")
    names = [one.source.name for one in found[:NAMED]]
    data = {"count": len(found), "names": names}
    tell(_whom(), "sources.deaf", key=f"sources.deaf:{hour}", link="sources", now=now, data=data)


def _whom() -> list[Person]:
    """Duty people and administrators; who is both is told once."""
    held = Person.objects.filter(is_active=True, held_roles__role__in=[DUTY, ADMIN])
    return list(held.distinct())


def _chunks(rows: Sequence[T]) -> Iterator[list[T]]:
    left = iter(rows)
    while chunk := list(islice(left, _CHUNK)):
        yield chunk
