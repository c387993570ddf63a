"""One look at one source, and the record of it, whatever came."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from time import sleep as real_sleep
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from tingda.collect.models import Check, Host, Source
from tingda.collect.rules import Entry, Look, next_check
from tingda.collect.sources import kind
from tingda.collect.sources.contract import Ask
from tingda.collect.sources.gate import Gate, host_of
from tingda.collect.sources.hearing import Hear, plain_params
from tingda.collect.sources.manners import Manners
from tingda.ledger.actions import record
from tingda.lib.fetch import FetchFailed
from tingda.lib.refusal import Refused
from tingda.lib.sealing import unseal
from tingda.lib.words import mark as _
from tingda.people.models import actor_name

log = logging.getLogger(__name__)
LOOK = timedelta(minutes=3)  # longer than any look; one that died is free again then
GONE = timedelta(days=30)
SURE = 3  # times in a row that a source says it moved for good
SOON = timedelta(seconds=30)  # when a look ended before everything was fetched
KEY = "sources.key"


def manners(now: datetime) -> Manners:
    """How this office goes out to other people's servers; its clock starts at `now`."""
    plain = Manners(
        zone=ZoneInfo(settings.TIME_ZONE),
        contact=settings.CONTACT,
        allowed_hosts=tuple(settings.PRIVATE_HOSTS),
    )
    return through_gate(plain, watch(now))


def watch(now: datetime) -> Callable[[], datetime]:
    """A clock that shows `now` and goes on from there."""
    began = monotonic()
    return lambda: now + timedelta(seconds=monotonic() - began)


def through_gate(
    plain: Manners, clock: Callable[[], datetime], sleep: Callable[[float], None] = real_sleep
) -> Manners:
    """The same manners, with every host's turn and robots.txt kept."""
    gate = Gate(clock, plain.agent, plain.fetch, tuple(plain.allowed_hosts), sleep)
    limits = replace(plain.limits, turn=gate.turn)
    return replace(plain, limits=limits, robots=gate.robots, decisions=gate.decisions)


def go_round(
    source: Source,
    hear: Hear,
    fresh: Callable[[Source, Sequence[Entry]], list[Entry]],
    now: datetime,
    out: Manners,
) -> Check:
    """Look, hear and note. Nobody waits for the network inside a transaction."""
    try:
        found = kind(source.kind).look(ask(source, fresh, now), out)
    except Refused as refusal:
        return _deaf(source, refusal, out, now)
    except Exception:
        log.exception("looking at source %s failed", source.pk)
        return _deaf(source, Refused(_("读取时程序出错，已记入日志。稍后会自动再看")), out, now)
    return _heard(source, found, hear, out, now)


def ask(
    source: Source, fresh: Callable[[Source, Sequence[Entry]], list[Entry]], now: datetime
) -> Ask:
    """What its kind is asked about this source now."""
    return Ask(
        address=source.address,
        now=now,
        etag=source.etag,
        last_modified=source.last_modified,
        options=source.options,
        secret=unseal(Path(settings.HOME), KEY, bytes(source.secret)) if source.secret else "",
        memory=source.memory,
        fresh=lambda entries: fresh(source, entries),
        name=source.name,
    )


@transaction.atomic
def _heard(source: Source, found: Look, hear: Hear, out: Manners, now: datetime) -> Check:
    heard = hear(source, found.entries, now=now)
    values: dict[str, object] = {
        "failures": 0,
        "etag": found.etag[:1000],
        "last_modified": found.last_modified[:200],
    }
    if found.memory is not None:
        values["memory"] = dict(found.memory)
    values |= _moved(source, found.moved_to, now)
    again = next_check(source.pace(now), 0, str(source.pk), now)
    _look_again(source, values | _robots(out, now), now + SOON if found.more else again, now)
    return Check.objects.create(
        source=source,
        at=now,
        outcome=Check.Outcome.HEARD if heard.added or heard.edited else Check.Outcome.NOTHING,
        added=len(heard.added),
        repeated=heard.repeated,
        edited=heard.edited,
        left_out=heard.left_out,
        note=found.note,
        note_params=dict(found.note_params or {}),
    )


def _moved(source: Source, moved_to: str, now: datetime) -> dict[str, object]:
    """Believe that it moved for good after it said so three times in a row."""
    if not moved_to or len(moved_to) > 1000:
        return {"moved_to": "", "moved_times": 0} if source.moved_times else {}
    times = source.moved_times + 1 if moved_to == source.moved_to else 1
    if times < SURE:
        return {"moved_to": moved_to, "moved_times": times}
    data = {"name": source.name, "address": moved_to}
    record("source.changed", f"source:{source.pk}", actor=actor_name(None), now=now, data=data)
    return {"address": moved_to, "moved_to": "", "moved_times": 0, "host": host_of(moved_to)}


def _robots(out: Manners, now: datetime) -> dict[str, object]:
    """What robots.txt decided in this look, for the record."""
    if not out.decisions:
        return {}
    refused = [url for url, allowed in out.decisions.items() if not allowed]
    said = {"allowed": not refused, "at": now.isoformat(), "urls": refused[:5]}
    return {"robots": said}


@transaction.atomic
def _deaf(source: Source, refusal: Refused, out: Manners, now: datetime) -> Check:
    failed = refusal if isinstance(refusal, FetchFailed) else None
    cause = str(getattr(refusal, "kind", "content"))
    asked = failed.retry_after if failed else None
    if cause == "gone":
        asked = GONE
    # a host that was busy with us is no failure of the source
    failures = source.failures + (cause != "busy")
    again = next_check(source.pace(now), failures, str(source.pk), now, asked)
    _look_again(source, {"failures": failures} | _robots(out, now), again, now)
    if failed and failed.status in (429, 503) and source.host_id and asked:
        # the whole host wants to be left alone, not this address only
        until = now + min(asked, timedelta(days=1))
        Host.objects.filter(pk=source.host_id).update(closed_until=until)
    return Check.objects.create(
        source=source,
        at=now,
        outcome=Check.Outcome.FAILED,
        cause=cause,
        note=refusal.message,
        note_params=plain_params(refusal),
    )


def _look_again(source: Source, values: dict[str, object], again: datetime, now: datetime) -> None:
    values |= {"claimed_until": None, "claimed_by": "", "looked_at": now}
    if source.host_id is None and kind(source.kind).on_web:
        values.setdefault("host", host_of(source.address))
    Source.objects.filter(pk=source.pk).update(**values)
    # Not where somebody paused it, or asked for a look at once, while this one was under way.
    Source.objects.filter(pk=source.pk, next_due=source.next_due).update(next_due=again)
