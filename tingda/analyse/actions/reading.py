"""Reading: what a voice speaks of. An edited voice is read again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Length

from tingda.analyse.actions.quarantine import due_again, put_aside, settled
from tingda.analyse.actions.repeats import pass_on
from tingda.analyse.actions.searching import indexed, put_in, take_out
from tingda.analyse.models import Quarantine, Reading, WatchHit
from tingda.analyse.queries import reader
from tingda.analyse.queries.bench import host
from tingda.analyse.rules import Judgement, Reader, VoiceText
from tingda.collect.models import Voice

BATCH = 500
CHARACTERS = 1_000_000
MOST_WORDS, MOST_SPANS = 20, 200  # kept of one hit: a text may be one word a million times
# A database that is away or full says nothing about a voice: the batch stays owed.
NOT_THE_VOICES_FAULT = (OperationalError, InterfaceError)
_FOUND: tuple[str, ...] = (
    "topic",
    "topic_score",
    "place",
    "places",
    "danger",
    "why",
    "digest",
    "repeat_of",
)
_FOUND += ("terms", "read_at", "edits", "ungathered")


def read_due(*, now: datetime, limit: int = BATCH, characters: int = CHARACTERS) -> int:
    """Read the voices that are owed a reading, the longest waiting first; how many were done.

    A batch ends at `limit` voices or, after the first voice, at `characters`: many long texts
    at once would not fit the memory. A worker that dies in it leaves it owed. A batch that fails
    is halved until the voice that cannot be read is alone: that one is put aside with its
    reason, and the others are read.
    """
    with transaction.atomic():
        owed = Voice.objects.filter(unread=True).order_by("id")
        if connection.vendor == "postgresql":  # no_key: who groups may still point at the voice
            owed = owed.select_for_update(skip_locked=True, no_key=True)
        length = Length("title") + Length("text")
        batch = list(_fitting(owed.values_list("pk", length)[:limit], characters))
        _read(batch, now)
    return len(batch)


def read_again_due(*, now: datetime, limit: int = 20) -> int:
    """Try again the voices that could not be read, when their time has come; how many."""
    with transaction.atomic():
        waiting = due_again(Quarantine.Stage.READ, now, limit)
        _read(waiting, now)
    return len(waiting)


def _fitting(lengths: Iterable[tuple[int, int]], characters: int) -> Iterator[int]:
    """The first voices whose texts are no longer than that together; always at least one."""
    used = 0
    for number, (voice, length) in enumerate(lengths):
        used += length
        if number and used > characters:
            return
        yield voice


def _read(batch: Sequence[int], now: datetime) -> None:
    if batch:
        this = reader()  # where this fails, no voice is at fault
        rows = Voice.objects.filter(pk__in=batch).select_related("source").order_by("id")
        if connection.vendor == "postgresql":  # an edit that comes now waits, and is read next
            rows = rows.select_for_update(no_key=True, of=("self",))
        _by_halves(list(rows), this, now)


def _by_halves(voices: Sequence[Voice], this: Reader, now: datetime) -> None:
    try:
        with transaction.atomic():
            _keep(voices, this, now)
    except NOT_THE_VOICES_FAULT:
        raise
    except Exception as error:
        if len(voices) > 1:
            middle = len(voices) // 2
            _by_halves(voices[:middle], this, now)
            _by_halves(voices[middle:], this, now)
            return
        put_aside(voices[0].pk, Quarantine.Stage.READ, error, now=now)


def _keep(voices: Sequence[Voice], this: Reader, now: datetime) -> None:
    """Keep what was found. Of a voice that was read before, the new takes the place of the old;
    where it belongs, and what people decided about it, stays.
    """
    judgements = this.read([_text(row) for row in voices])
    before = indexed(voices)  # asked before the readings change
    _let_say_otherwise([row.voice for row in before], judgements)
    first = _first_said(judgements)
    edits = {row.pk: row.edits for row in voices}
    readings = [_reading(found, first, edits[found.key], now) for found in judgements]
    Reading.objects.bulk_create(
        readings, update_conflicts=True, unique_fields=["voice"], update_fields=_FOUND
    )
    _keep_hits(judgements)
    take_out(before)
    put_in(voices)
    Voice.objects.filter(pk__in=[row.pk for row in voices]).update(unread=False)
    settled([row.pk for row in voices])


def _text(row: Voice) -> VoiceText:
    return VoiceText(
        key=row.pk,
        title=row.title,
        body=row.text,
        place=row.place,
        source=row.source.name,
        site=host(row.url),
        channel=row.source.kind,
        likes=row.likes,
    )


def _keep_hits(judgements: Sequence[Judgement]) -> None:
    """A hit of words that were edited away stays, but no longer points at them."""
    read = [found.key for found in judgements]
    WatchHit.objects.filter(voice__in=read).exclude(spans=[]).update(spans=[])
    WatchHit.objects.bulk_create(
        (
            WatchHit(
                watch_id=watch,
                voice_id=found.key,
                words=list(dict.fromkeys(one.what for one in words))[:MOST_WORDS],
                spans=[[one.field, one.start, one.end] for one in words[:MOST_SPANS]],
            )
            for found in judgements
            for watch, words in found.watch_hits.items()
        ),
        update_conflicts=True,
        unique_fields=["watch", "voice"],
        update_fields=["words", "spans"],
    )


def _let_say_otherwise(known: Sequence[int], judgements: Sequence[Judgement]) -> None:
    """Voices that no longer say what they said are nobody's first any more."""
    now_say = {found.key: found.digest for found in judgements}
    said = Reading.objects.filter(pk__in=known).values_list("voice_id", "digest")
    others = [voice for voice, digest in said if digest != now_say[voice]]
    if others:
        pass_on(others)
        Reading.objects.filter(pk__in=others).update(digest="")


def _reading(found: Judgement, first: Mapping[str, int], edits: int, now: datetime) -> Reading:
    original = first.get(found.digest, found.key)
    return Reading(
        voice_id=found.key,
        topic_id=found.topic,
        topic_score=found.topic_score,
        place=found.place[:100],
        places=list(found.places),
        danger=bool(found.danger),
        why=found.why(),
        digest=found.digest,
        repeat_of_id=original if original != found.key else None,
        terms=" ".join(found.terms),
        read_at=now,
        edits=edits,
    )


def _first_said(judgements: Iterable[Judgement]) -> dict[str, int]:
    """Digest to the first voice that said just that, now or before."""
    digests = {found.digest for found in judgements} - {""}  # too short to be compared
    first: dict[str, int] = {}
    known = Reading.objects.filter(digest__in=digests, repeat_of=None)
    for digest, voice in known.order_by("voice_id").values_list("digest", "voice_id"):
        first.setdefault(digest, voice)
    for found in judgements:
        if found.digest:
            first.setdefault(found.digest, found.key)
    return first
