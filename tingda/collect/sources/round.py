"""One look at one source, and the record of it, whatever came."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from tingda.collect.models import Check, Source
from tingda.collect.rules import Look, next_check
from tingda.collect.sources import KINDS
from tingda.collect.sources.feed.fetch import Manners
from tingda.collect.sources.hearing import Hear, plain_params
from tingda.ledger.actions import record
from tingda.lib.fetch import FetchFailed
from tingda.lib.refusal import Refused
from tingda.people.models import actor_name

LOOK = timedelta(minutes=3)  # longer than any fetch; a look that died is free again then


def manners() -> Manners:
    """How this office goes out to other people's servers."""
    return Manners(
        zone=ZoneInfo(settings.TIME_ZONE),
        contact=settings.CONTACT,
        allowed_hosts=settings.PRIVATE_HOSTS,
    )


def go_round(source: Source, hear: Hear, now: datetime) -> Check:
    """Look, hear and note. Nobody waits for the network inside a transaction."""
    validators = {"etag": source.etag, "last_modified": source.last_modified}
    try:
        look = KINDS[source.kind]
        found = look(source.address, now=now, manners=manners(), **validators)
    except Refused as refusal:
        return _deaf(source, refusal, now)
    return _heard(source, found, hear, now)


@transaction.atomic
def _heard(source: Source, found: Look, hear: Hear, now: datetime) -> Check:
    heard = hear(source, found.entries, now=now)
    values: dict[str, object] = {
        "failures": 0,
        "etag": found.etag,
        "last_modified": found.last_modified,
    }
    if found.moved_to and len(found.moved_to) <= 1000:
        values["address"] = found.moved_to
        data = {"name": source.name, "address": found.moved_to}
        subject = f"source:{source.pk}"
        record("source.changed", subject, actor=actor_name(None), now=now, data=data)
    _look_again(source, values, next_check(_pace(source), 0, str(source.pk), now))
    return Check.objects.create(
        source=source,
        at=now,
        outcome=Check.Outcome.HEARD if heard.added else Check.Outcome.NOTHING,
        added=len(heard.added),
        repeated=heard.repeated,
        note=found.note,
    )


@transaction.atomic
def _deaf(source: Source, refusal: Refused, now: datetime) -> Check:
    failures = source.failures + 1
    asked = refusal.retry_after if isinstance(refusal, FetchFailed) else None
    again = next_check(_pace(source), failures, str(source.pk), now, asked)
    _look_again(source, {"failures": failures}, again)
    return Check.objects.create(
        source=source,
        at=now,
        outcome=Check.Outcome.FAILED,
        note=refusal.message,
        note_params=plain_params(refusal),
    )


def _look_again(source: Source, values: dict[str, object], again: datetime) -> None:
    Source.objects.filter(pk=source.pk).update(claimed_until=None, **values)
    # Not where somebody paused it, or asked for a look at once, while this one was under way.
    Source.objects.filter(pk=source.pk, next_due=source.next_due).update(next_due=again)


def _pace(source: Source) -> timedelta:
    return timedelta(minutes=source.interval_minutes)
