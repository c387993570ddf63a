"""Reading: what a voice speaks of. An edited voice is read again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Length

from tingda.analyse.actions.labels import labels_of
from tingda.analyse.actions.quarantine import due_again, put_aside, settled
from tingda.analyse.actions.repeats import first_said, pass_on
from tingda.analyse.actions.searching import indexed, put_in, take_out
from tingda.analyse.models import Quarantine, Reading, WatchHit
from tingda.analyse.queries import reader
from tingda.analyse.queries.bench import host
from tingda.analyse.queries.sorting import Sorter, sorter
from tingda.analyse.rules import Judgement, Reader, VoiceText
from tingda.collect.models import Voice

BATCH = 500
CHARACTERS = 1_000_000
MOST_WORDS, MOST_SPANS = 20, 200  # kept of one hit: a text may be one word a million times
# A database that is away or full says nothing about a voice: the batch stays owed.
NOT_THE_VOICES_FAULT = (OperationalError, InterfaceError)
_FOUND: tuple[str, ...] = ("topic", "guess", "topic_score", "intent", "intent_score", "urgency")
_FOUND += ("lang", "place", "places", "danger", "why", "said_by_person", "digest", "repeat_of")
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


class _Means(NamedTuple):
    """By which voices are read."""

    sorter: Sorter
    reader: Reader


def _means() -> _Means:
    this = sorter()
    return _Means(this, reader(this))


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
        this = _means()  # where this fails, no voice is at fault
        rows = Voice.objects.filter(pk__in=batch).select_related("source").order_by("id")
        if connection.vendor == "postgresql":  # an edit that comes now waits, and is read next
            rows = rows.select_for_update(no_key=True, of=("self",))
        _by_halves(list(rows), this, now)


def _by_halves(voices: Sequence[Voice], this: _Means, now: datetime) -> None:
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


def _keep(voices: Sequence[Voice], this: _Means, now: datetime) -> None:
    """Keep what was found. Of a voice that was read before, the new takes the place of the old;
    where it belongs, and what people decided about it, stays.
    """
    told = labels_of(voices, this.sorter, now)
    texts = [_text(row, told.get(row.pk, {})) for row in voices]
    judgements = this.reader.read(texts)
    before = indexed(voices)  # asked before the readings change
    _let_say_otherwise([row.voice for row in before], judgements, voices)
    first = first_said(judgements, texts)
    readings = [
        _reading(found, row, this.sorter.ids, now)
        for found, row in zip(judgements, voices, strict=True)
    ]
    for reading, said in zip(readings, first, strict=True):
        if said is not None:
            reading.repeat_of_id, reading.digest = said.voice, said.digest
            reading.why |= {"repeat": said.why}
    Reading.objects.bulk_create(
        readings, update_conflicts=True, unique_fields=["voice"], update_fields=_FOUND
    )
    _keep_hits(judgements)
    take_out(before)
    put_in(voices)
    Voice.objects.filter(pk__in=[row.pk for row in voices]).update(unread=False)
    settled([row.pk for row in voices])


def _text(row: Voice, told: Mapping[str, str]) -> VoiceText:
    return VoiceText(
        key=row.pk,
        title=row.title,
        body=row.text,
        place=row.place,
        source=row.source.name,
        site=host(row.url),
        channel=row.source.kind,
        likes=row.likes,
        told=told,
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


def _let_say_otherwise(
    known: Sequence[int], judgements: Sequence[Judgement], voices: Sequence[Voice]
) -> None:
    """Voices that no longer say what they said are nobody's first any more.

    One that nobody edited says what it said: it may carry the digest of a first that is gone.
    """
    now_say = {found.key: found.digest for found in judgements}
    edits = {row.pk: row.edits for row in voices}
    said = Reading.objects.filter(pk__in=known).values_list("voice_id", "digest", "edits")
    others = [
        voice
        for voice, digest, edited in said
        if digest != now_say[voice] and edited != edits[voice]
    ]
    if others:
        pass_on(others)
        Reading.objects.filter(pk__in=others).update(digest="")


def _reading(found: Judgement, row: Voice, topics: Mapping[str, int], now: datetime) -> Reading:
    why = found.why()
    if found.second:
        why["second"] = [topics.get(found.second[0]), found.second[1]]
    return Reading(
        voice_id=found.key,
        topic_id=topics.get(found.topic or ""),
        guess_id=topics.get(found.guess or ""),
        topic_score=found.topic_score,
        intent=found.intent,
        intent_score=found.intent_score,
        urgency=found.urgency,
        lang=found.lang,
        place=found.place[:100],
        places=list(found.places),
        danger=bool(found.danger),
        why=why,
        said_by_person=list(found.told),
        digest=found.digest,
        terms=" ".join(found.terms),
        read_at=now,
        edits=row.edits,
    )
