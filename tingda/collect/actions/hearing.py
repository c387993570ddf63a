"""Hearing: what a source said becomes voices, each once, and an edit is an edit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from tingda.collect import rules
from tingda.collect.actions.attachments import keep_with
from tingda.collect.models import Edit, Source, Tombstone, Voice
from tingda.collect.rules import storable
from tingda.collect.sources import kind
from tingda.ledger.actions import record
from tingda.lib.drift import drift
from tingda.lib.secrets import keyed_hash, secret
from tingda.people.models import actor_name

MOST_EDITS = 24
_CHUNK = 500
_LARGEST = 2**31 - 1


@dataclass(frozen=True)
class Heard:
    """What came of hearing a batch: the ids of new voices, how many were known already, how many
    of those now say something else, and how many the source's own words left out.
    """

    added: list[int] = field(default_factory=list)
    repeated: int = 0
    edited: int = 0
    left_out: int = 0


@transaction.atomic
def hear(source: Source, entries: Iterable[rules.Entry], *, now: datetime) -> Heard:
    """Keep what a source said; what it said before is counted, and its edits are followed.

    Authors become keyed hashes here and are nowhere else. Another process may hear the same
    entries at the same time: each voice is kept once. What was deleted when its time was over
    is known, too.
    """
    key = _key()
    words = rules.exclude_words(source.exclude)
    wanted, left_out = [], 0
    for entry in entries:
        if words and rules.is_left_out(entry, words):
            left_out += 1
        else:
            wanted.append(entry)
    fresh: dict[str, Voice] = {}
    told: dict[str, rules.Entry] = {}
    for entry in wanted:
        voice = _voice(source, entry, key, now)
        fresh.setdefault(voice.identity, voice)
        told.setdefault(voice.identity, entry)
    known = _known(source, list(fresh))
    edited = _follow_edits(source, known, fresh, now)
    for identity in {*known, *_seen_before(source, [*fresh.values()])}:
        fresh.pop(identity, None)
    Voice.objects.bulk_create(fresh.values(), batch_size=_CHUNK, ignore_conflicts=True)
    kept = _known(source, list(fresh), heard_at=now)
    _keep_letters(kept, told, now)
    added = sorted(voice.pk for voice in kept.values())
    heard = Heard(added, len(wanted) - len(added), edited, left_out)
    if added or edited:
        _note(source, heard, now)
    if added and source.is_looked_at and kind(source.kind).on_web:
        _compare_clocks(source, [*kept.values()], now)
    return heard


def fresh_entries(source: Source, entries: Sequence[rules.Entry]) -> list[rules.Entry]:
    """Those of the entries that were never heard from this source. Their texts may be missing
    yet, so only their ids and links are compared.
    """
    key = _key()
    identities = {keyed_hash(key, storable(rules.identity(entry))): entry for entry in entries}
    known = {*_known(source, list(identities)), *_buried(source, list(identities))}
    return [entry for identity, entry in identities.items() if identity not in known]


def _keep_letters(
    kept: Mapping[str, Voice], told: Mapping[str, rules.Entry], now: datetime
) -> None:
    for identity, voice in kept.items():
        entry = told[identity]
        if entry.contact or entry.attachments:
            keep_with(voice, entry, now=now)


def _key() -> bytes:
    return secret(Path(settings.HOME), "author.key")


def _note(source: Source, heard: Heard, now: datetime) -> None:
    Source.objects.filter(pk=source.pk).update(heard_at=now)
    counts = {"added": len(heard.added), "repeated": heard.repeated}
    record(
        "source.heard",
        f"source:{source.pk}",
        actor=actor_name(None),
        now=now,
        data=counts | ({"edited": heard.edited} if heard.edited else {}),
    )


def _compare_clocks(source: Source, voices: Iterable[Voice], now: datetime) -> None:
    """How far off its clock is, by what it calls new: an emergency must not seem a year old."""
    said = [voice.said_at for voice in voices if voice.said_at]
    found = drift(source.clock, said, now, None if source.failures else source.looked_at)
    source.clock, source.clock_days = found.kept, found.days
    Source.objects.filter(pk=source.pk).update(clock=found.kept, clock_days=found.days)


def _known(source: Source, identities: list[str], **which: datetime) -> dict[str, Voice]:
    rows = Voice.objects.filter(source=source, **which).defer("url", "platform", "place")
    return {
        voice.identity: voice
        for start in range(0, len(identities), _CHUNK)
        for voice in rows.filter(identity__in=identities[start : start + _CHUNK])
    }


def _buried(source: Source, identities: list[str]) -> set[str]:
    rows = Tombstone.objects.filter(source=source)
    return {
        identity
        for start in range(0, len(identities), _CHUNK)
        for identity in rows.filter(identity__in=identities[start : start + _CHUNK]).values_list(
            "identity", flat=True
        )
    }


def _seen_before(source: Source, voices: Sequence[Voice]) -> set[str]:
    """The identities of what was deleted when its time was over, or came before with another id:
    some sources give everything a new id at every look.
    """
    seen = _buried(source, [voice.identity for voice in voices])
    by_imprint = {voice.imprint: voice.identity for voice in voices if voice.imprint}
    imprints = list(by_imprint)
    for start in range(0, len(imprints), _CHUNK):
        some = Q(source=source, imprint__in=imprints[start : start + _CHUNK])
        for rows in (Voice.objects.filter(some), Tombstone.objects.filter(some)):
            seen |= {by_imprint[imprint] for imprint in rows.values_list("imprint", flat=True)}
    return seen


def _follow_edits(
    source: Source, known: dict[str, Voice], told: dict[str, Voice], now: datetime
) -> int:
    """What stands now is what is read; what stood before is kept. Each voice is followed 24 times:
    a page that counts its visitors would otherwise never end.
    """
    if not source.is_looked_at:
        return 0
    changed = 0
    for identity, old in known.items():
        new = told[identity]
        same = (old.title, old.text) == (new.title, new.text)
        if same or not (new.title or new.text) or old.edits >= MOST_EDITS:
            continue
        Edit.objects.create(voice=old, at=now, title=old.title, text=old.text)
        Voice.objects.filter(pk=old.pk).update(
            title=new.title,
            text=new.text,
            imprint=new.imprint,
            edits=F("edits") + 1,
            unread=True,
        )
        changed += 1
    return changed


def _voice(source: Source, entry: rules.Entry, key: bytes, now: datetime) -> Voice:
    title, text = storable(entry.title).strip(), storable(entry.text)
    if len(title) > 500:  # nothing of what was said is lost
        text, title = f"{title}\n{text}", title[:500]
    author = storable(entry.author).strip()
    platform = storable(entry.platform).strip()[:100]
    url = storable(entry.url).strip()
    # a form letter is one of each sender; where nothing is edited, ids do not change either
    tells_twice = source.is_looked_at and kind(source.kind).follows_edits and not entry.contact
    imprint = keyed_hash(key, storable(rules.imprint(entry))) if tells_twice else ""
    return Voice(
        source=source,
        # keyed as well: an identity may be made from the author's name
        identity=keyed_hash(key, storable(rules.identity(entry))),
        imprint=imprint,
        title=title,
        text=text,
        url=url if len(url) <= 2000 else "",  # half an address leads nowhere
        platform=platform,
        place=storable(entry.place).strip()[:200],
        told_topic=storable(entry.topic).strip()[:100],
        said_at=entry.said_at,
        precision=entry.precision,
        heard_at=now,
        at=entry.said_at or now,
        author_hash=keyed_hash(key, platform or source.name, author) if author else "",
        likes=min(max(entry.likes, 0), _LARGEST),
        dislikes=min(max(entry.dislikes, 0), _LARGEST),
    )
