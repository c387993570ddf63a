"""推送: a hub asks whether we meant it, and then brings what is new in a feed (WebSub)."""

import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from tingda.collect.actions.hearing import Heard, hear
from tingda.collect.actions.subscriptions import (
    DEAD,
    LEASE,
    PUSHED,
    give_up,
    hub_name,
    rest_from,
    stamp,
)
from tingda.collect.models import Check, Source, Subscription
from tingda.collect.rules import Entry
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

Taken = Literal["heard", "ignored", "unknown"]
LONGEST_LEASE = timedelta(days=90)
SHORTEST_RENEWAL = timedelta(minutes=10)
LEAST_REST = timedelta(minutes=5)  # between two looks that pushes ask for
LONGEST_CHALLENGE = 2000
_DIGESTS = frozenset(("sha1", "sha256", "sha384", "sha512"))


def answer_hub(token: str, said: Mapping[str, str], *, now: datetime) -> str | None:
    """What a hub that verifies is answered; None where we asked for no such thing.

    `said` is its question (hub.mode, hub.topic, hub.challenge, hub.lease_seconds).
    """
    row = _row(token)
    if row is None or row.asked_at is None or said.get("hub.topic") != row.topic:
        return None
    answer = _ANSWERS.get(said.get("hub.mode", ""))
    challenge = said.get("hub.challenge", "")
    if answer is None or len(challenge) > LONGEST_CHALLENGE:
        return None
    return challenge if answer(row, said, now) else None


def _row(token: str) -> Subscription | None:
    rows = Subscription.objects.select_related("source")
    return rows.filter(token=token).first() if len(token) <= 64 else None


def _is_wanted(row: Subscription) -> bool:
    source = row.source
    return source.active and source.kind == Source.Kind.FEED and "hub" in source.memory


def _begin(row: Subscription, said: Mapping[str, str], now: datetime) -> bool:
    if not _is_wanted(row) or not said.get("hub.challenge"):
        return False
    lease = _lease(said.get("hub.lease_seconds", ""))
    renewal = now + max(lease - min(lease / 4, timedelta(days=1)), SHORTEST_RENEWAL)
    kept = {name: row.error_params[name] for name in ("weighed",) if name in row.error_params}
    Subscription.objects.filter(pk=row.pk).update(
        confirmed_at=row.confirmed_at or now,
        lease_until=now + lease,
        error="",
        error_params=kept | {"again": stamp(renewal), "tries": 0},
    )
    return True


def _lease(told: str) -> timedelta:
    """How long it will last. A hub that does not say is taken to have given what we asked for."""
    if not told.isascii() or not told.isdecimal() or len(told) > 12 or not int(told):
        return LEASE
    return min(timedelta(seconds=int(told)), LONGEST_LEASE)


def _end(row: Subscription, _said: Mapping[str, str], _now: datetime) -> bool:
    if _is_wanted(row):  # somebody else asked for that
        return False
    row.delete()
    return True


def _refused(row: Subscription, said: Mapping[str, str], now: datetime) -> bool:
    if not _is_wanted(row):
        return True
    reason = " ".join(said.get("hub.reason", "").replace("\0", "").split())[:200]
    error = _("%(hub)s 不给推送（%(reason)s）。照常巡查，以后再问")
    give_up(row, error, DEAD, now, hub=hub_name(row), reason=reason or "—")
    return True


_ANSWERS: dict[str, Callable[[Subscription, Mapping[str, str], datetime], bool]] = {
    "subscribe": _begin,
    "unsubscribe": _end,
    "denied": _refused,
}


# --- what it brings ---


def take_push(token: str, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Taken:
    """Hear what a hub brought. `headers` are its, by names in small letters.

    "unknown" where nobody wants it; "ignored" where its signature is not made with our key.
    A push that is no feed only says that there is something new: the feed is looked at.
    """
    row = _row(token)
    if row is None or not _is_wanted(row):
        return "unknown"
    if not _is_signed(body, headers.get("x-hub-signature", ""), row.key):
        return "ignored"
    entries = _entries(body, headers, row, now)
    Subscription.objects.filter(pk=row.pk).update(pushed_at=now, missed=0)
    if not entries:
        _look_soon(row.source, now)
        return "heard"
    _hear(row, entries, now)
    return "heard"


def _is_signed(body: bytes, signature: str, key: str) -> bool:
    method, _equals, digest = signature.strip().partition("=")
    if method not in _DIGESTS or not digest.isascii():
        return False
    return hmac.compare_digest(hmac.digest(key.encode(), body, method).hex(), digest.lower())


def _entries(
    body: bytes, headers: Mapping[str, str], row: Subscription, now: datetime
) -> list[Entry]:
    # the parser is loaded when the first push comes: most web processes never need it
    read: Any = import_module("tingda.collect.sources.feed.read")
    zone = ZoneInfo(settings.TIME_ZONE)
    try:
        found: list[Entry] = read.parse(
            body, headers.get("content-type", ""), row.topic, now=now, zone=zone
        )
    except Refused:
        return []
    return found


@transaction.atomic
def _hear(row: Subscription, entries: list[Entry], now: datetime) -> None:
    heard: Heard = hear(row.source, entries, now=now)
    Check.objects.create(
        source=row.source,
        at=now,
        outcome=Check.Outcome.HEARD if heard.added or heard.edited else Check.Outcome.NOTHING,
        added=len(heard.added),
        repeated=heard.repeated,
        edited=heard.edited,
        left_out=heard.left_out,
        note=PUSHED,
    )
    if row.confirmed_at and row.lease_until and now < row.lease_until:
        rest_from(row.source, now)


def _look_soon(source: Source, now: datetime) -> None:
    soon = max(now, source.looked_at + LEAST_REST) if source.looked_at else now
    Source.objects.filter(pk=source.pk, active=True, next_due__gt=soon).update(next_due=soon)
