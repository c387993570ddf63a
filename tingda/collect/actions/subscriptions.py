"""推送订阅: asking hubs to tell us what is new in a feed (WebSub), with a look a day beside them.

Nothing depends on a hub: one that refuses, falls silent or tells half of it costs only that the
feed is looked at as often as any other. See https://www.w3.org/TR/websub/.

Beside the words of a trouble, `error_params` keeps what the work needs: "again" (when the hub is
asked next), "tries" (since it last agreed), "weighed" (the last look that was weighed), "left"
(that we asked it to stop).
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from tingda.collect.models import Check, Source, Subscription
from tingda.collect.rules import next_check
from tingda.collect.sources.hearing import plain_params
from tingda.collect.sources.round import manners
from tingda.lib.fetch import FetchFailed, Own
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

PUSHED = _("由推送听到")  # the note on a record of what a hub brought
DAY = timedelta(days=1)
LEASE = timedelta(days=10)  # what we ask for; the hub decides
PATIENCE = timedelta(hours=1)  # for a hub to come and verify
LONGEST_PATIENCE = timedelta(days=7)
DEAD = timedelta(days=30)  # before a hub that told us nothing is asked once more
MOST_MISSED = 3
MOST_FAREWELLS = 3
RECENT = timedelta(minutes=10)  # longer than any look
MOST = 50
_UNWANTED = ~Q(source__active=True, source__kind=Source.Kind.FEED, source__memory__has_key="hub")


def subscribe_due(*, now: datetime) -> int:
    """Weigh what the last looks found beside the hubs, and ask one hub; how much was done."""
    done = _let_lapse(now) + _weigh_looks(now)
    if not (_is_reachable() or settings.PRIVATE_HOSTS):
        return done
    done += _begin(now)
    row = _due(now).first()
    if row is not None and _ask(row, now):
        done += 1
    return done


def rest_from(source: Source, now: datetime) -> None:
    """The hub tells what is new: the next look is a day after the last one. Not while somebody
    wants the source listened to closely, or asked for a look.
    """
    if source.next_due is None or source.is_close(now):
        return
    later = next_check(DAY, 0, str(source.pk), source.looked_at or now)
    if source.failures or later <= source.next_due or source.next_due <= now:
        return
    unchanged = Source.objects.filter(pk=source.pk, next_due=source.next_due, claimed_until=None)
    unchanged.update(next_due=later)


def give_up(row: Subscription, error: str, wait: timedelta, now: datetime, **params: Any) -> None:
    """The hub is not counted on any more: the feed is looked at as often as any other. It is
    asked again after `wait`.
    """
    told = plain_params(Refused(error, **params))
    Subscription.objects.filter(pk=row.pk).update(
        confirmed_at=None,
        lease_until=None,
        missed=0,
        error=error,
        error_params=told | {"again": stamp(now + wait), "tries": 0},
    )
    source = row.source
    usual = next_check(source.pace(now), 0, str(source.pk), now)
    Source.objects.filter(pk=source.pk, next_due__gt=usual).update(next_due=usual)


def hub_name(row: Subscription) -> str:
    """The host of a hub, as people are told of it."""
    return (urlsplit(row.hub).netloc or row.hub)[:200]


def stamp(at: datetime) -> str:
    """A moment as text that sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


# --- beginning and asking ---


def _is_reachable() -> bool:
    return settings.ADDRESS.startswith("https://") or settings.DEBUG


def _may_be_called(hub: str) -> bool:
    """Whether a hub could call us back: from outside only by https, from inside as it is."""
    parts = urlsplit(hub)
    return _is_reachable() or not {parts.netloc, parts.hostname}.isdisjoint(settings.PRIVATE_HOSTS)


def _begin(now: datetime) -> int:
    """A row for each feed that lately named a hub, or names another than it did."""
    told = Source.objects.filter(
        kind=Source.Kind.FEED,
        active=True,
        looked_at__gt=now - RECENT,
        memory__has_key="hub",
    ).annotate(
        told_hub=KeyTextTransform("hub", "memory"), told_topic=KeyTextTransform("self", "memory")
    )
    new = Q(subscription=None)
    other = ~Q(subscription__hub=F("told_hub")) | ~Q(subscription__topic=F("told_topic"))
    begun = 0
    for source in told.filter(new | other).order_by("-looked_at")[:MOST]:
        if not _may_be_called(source.memory["hub"]):
            continue
        values = {
            "hub": source.memory["hub"],
            "topic": source.memory["self"],
            "token": secrets.token_urlsafe(32),
            "key": secrets.token_hex(32),
            "asked_at": None,
            "confirmed_at": None,
            "lease_until": None,
            "missed": 0,
            "error": "",
            "error_params": {},
        }
        Subscription.objects.update_or_create(source=source, defaults=values)
        begun += 1
    return begun


def _due(now: datetime) -> QuerySet[Subscription]:
    """Hubs to be asked: it is time, or the source was paused or taken up again."""
    told = Subscription.objects.select_related("source").annotate(
        # as a text: lookups on a key of JSON want JSON
        again=Cast(KeyTextTransform("again", "error_params"), TextField()),
    )
    left = Q(error_params__has_key="left")
    time = Q(again=None) | Q(again__lte=stamp(now))
    return told.filter(time | (_UNWANTED & ~left) | (~_UNWANTED & left)).order_by("asked_at", "id")


def _ask(row: Subscription, now: datetime) -> bool:
    """Ask a hub to begin, to go on, or to stop. Its own question comes back on another way."""
    is_leaving = Subscription.objects.filter(_UNWANTED, pk=row.pk).exists()
    told = row.error_params
    was_leaving = "left" in told
    tries = int(told.get("tries", 0)) if is_leaving == was_leaving else 0
    if is_leaving and (row.confirmed_at is None or tries >= MOST_FAREWELLS):
        return bool(row.delete()[0])
    marks: dict[str, Any] = {"again": stamp(now + _patience(tries)), "tries": tries + 1}
    marks |= {name: told[name] for name in ("weighed",) if name in told}
    marks |= {"left": True} if is_leaving else {}
    error = row.error
    if tries and not is_leaving and not error:
        error = _("%(hub)s 收下了推送订阅的请求，却没有来核对。照常巡查，以后再问")
    marks |= {"hub": hub_name(row)}
    marks |= {name: told[name] for name in told if name not in {*marks, "left"}} if error else {}
    as_read = Subscription.objects.filter(pk=row.pk, asked_at=row.asked_at)
    if not as_read.update(asked_at=now, error=error, error_params=marks):
        return False  # another worker was quicker
    try:
        manners(now).get(row.hub, own=_request(row, "unsubscribe" if is_leaving else "subscribe"))
    except Refused as refusal:
        _note_refusal(row, refusal, marks, now)
    return True


def _patience(tries: int) -> timedelta:
    return min(PATIENCE * (1 << min(tries, 10)), LONGEST_PATIENCE)


def _request(row: Subscription, mode: str) -> Own:
    told = {
        "hub.mode": mode,
        "hub.topic": row.topic,
        "hub.callback": f"{settings.ADDRESS}/hub/{row.token}/",
    }
    if mode == "subscribe":
        told |= {"hub.secret": row.key, "hub.lease_seconds": str(int(LEASE.total_seconds()))}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return Own(headers, urlencode(told).encode())


def _note_refusal(
    row: Subscription, refusal: Refused, marks: Mapping[str, Any], now: datetime
) -> None:
    """Say why; where nobody was at home, nobody else asks that hub for a while."""
    asked = Subscription.objects.filter(pk=row.pk, asked_at=now)
    # it may have come to verify already, and stumbled afterwards
    asked.exclude(confirmed_at__gte=now).update(
        error=refusal.message, error_params={**plain_params(refusal), **marks}
    )
    if isinstance(refusal, FetchFailed) and not refusal.status:
        others = Subscription.objects.filter(hub=row.hub, asked_at=None).exclude(pk=row.pk)
        others.update(error_params={"again": marks["again"], "tries": 0})


# --- what looks find beside the hub ---


def _let_lapse(now: datetime) -> int:
    """A lease that nobody renewed is over."""
    over = Subscription.objects.filter(confirmed_at__isnull=False, lease_until__lte=now)
    rows = list(over.select_related("source")[:MOST])
    for row in rows:
        error = _("%(hub)s 的推送订阅到期了，没有续上。照常巡查，以后再问")
        give_up(row, error, timedelta(0), now, hub=hub_name(row))
    return len(rows)


def _weigh_looks(now: datetime) -> int:
    """After a look that found nothing new the feed rests for a day; what a look found and no push
    brought counts against the hub.
    """
    looks = Check.objects.filter(source=OuterRef("source")).exclude(note=PUSHED)
    newest = Subquery(looks.order_by("-at", "-id").values("pk")[:1])
    rows = Subscription.objects.filter(
        ~_UNWANTED,
        confirmed_at__isnull=False,
        lease_until__gt=now,
        source__looked_at__gt=now - RECENT,
    ).annotate(newest=newest)
    weighed = 0
    for row in rows.select_related("source"):
        if (
            not row.source.is_close(now)
            and row.newest
            and row.newest != row.error_params.get("weighed")
        ):
            _weigh(row, Check.objects.get(pk=row.newest), now)
            weighed += 1
    return weighed


@transaction.atomic
def _weigh(row: Subscription, look: Check, now: datetime) -> None:
    marks = row.error_params | {"weighed": look.pk}
    Subscription.objects.filter(pk=row.pk).update(error_params=marks)
    since = row.confirmed_at
    if since is None or look.at <= since or look.outcome == Check.Outcome.FAILED:
        return
    if not look.added:
        rest_from(row.source, now)
        return
    # the first look since the hub agreed may find what is older than that
    earlier = Check.objects.filter(source=row.source, at__gt=since, at__lt=look.at)
    if not earlier.exclude(outcome=Check.Outcome.FAILED).exclude(note=PUSHED).exists():
        return
    Subscription.objects.filter(pk=row.pk).update(missed=F("missed") + 1)
    if row.missed + 1 >= MOST_MISSED:
        error = _("%(hub)s 答应推送，却有 %(times)s 次没有推送新内容。不再靠它，照常巡查")
        give_up(row, error, DEAD, now, hub=hub_name(row), times=MOST_MISSED)
