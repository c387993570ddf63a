"""What could not be analysed waits aside with its reason, and is tried again; nothing is lost."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from tingda.analyse.models import Quarantine, Reading
from tingda.collect.models import Voice
from tingda.collect.rules import storable
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name

WAITS = (timedelta(minutes=10), timedelta(hours=1), timedelta(days=1))  # the last for ever after


@transaction.atomic
def put_aside(voice: int, stage: str, error: Exception, *, now: datetime) -> Quarantine:
    """This voice fails by itself: it holds up no other, and is tried again later."""
    if stage == Quarantine.Stage.READ:
        Voice.objects.filter(pk=voice).update(unread=False)
    else:
        Reading.objects.filter(pk=voice).update(ungathered=False)
    row, new = Quarantine.objects.get_or_create(pk=voice, defaults={"at": now, "stage": stage})
    row.tries += 1
    row.next_due = now + WAITS[min(row.tries, len(WAITS)) - 1]
    row.error = storable(f"{type(error).__name__}: {error}")[:500]
    if new or row.stage != Quarantine.Stage.READ:  # a reading that is owed is grouped after it
        row.stage = stage
    row.save()
    return row


def due_again(stage: str, now: datetime, limit: int) -> list[int]:
    """The voices that are to be tried again now, in the caller's transaction."""
    rows = Quarantine.objects.filter(stage=stage, next_due__lte=now).order_by("next_due", "pk")
    if connection.vendor == "postgresql":
        rows = rows.select_for_update(skip_locked=True)
    return list(rows.values_list("pk", flat=True)[:limit])


def settled(done: Sequence[int]) -> None:
    """These were analysed after all."""
    Quarantine.objects.filter(pk__in=done).delete()


@transaction.atomic
def try_again(voice: int | None, *, by: Person, now: datetime) -> int:
    """Ask that a voice, or all of them, be tried again at once; how many are."""
    by.must("hear")
    rows = Quarantine.objects.all() if voice is None else Quarantine.objects.filter(pk=voice)
    count = rows.update(next_due=now)
    if not count:
        raise Refused(_("没有待查的声音了，可能已经处理好"))
    subject = "voice:all" if voice is None else f"voice:{voice}"
    data = {"count": count}
    record("voice.tried_again", subject, actor=actor_name(by), now=now, data=data)
    return count
