"""Who repeats whom: the first to say something, and who is it when that one says it no more."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.db import connection

from tingda.analyse.models import Reading
from tingda.analyse.queries.repeats import Recent, recent
from tingda.analyse.rules import Judgement, VoiceText, comparable

LOCK = 0x7469_6E67  # any number that nothing else locks


class Said(NamedTuple):
    """The voice that said it first, the digest of its words, and why it is the same."""

    voice: int
    digest: str
    why: Mapping[str, str]


def first_said(judgements: Sequence[Judgement], texts: Sequence[VoiceText]) -> list[Said | None]:
    """For each voice the one it repeats: word for word one of any time, or nearly one of the
    newest; None for what nobody said before.
    """
    _one_at_a_time()
    known = _same(judgements)
    memory = recent()
    memory.forget([found.key for found in judgements])  # read again, it does not repeat itself
    said = [
        _first(found, text, known, memory) for found, text in zip(judgements, texts, strict=True)
    ]
    of = {found.key: one for found, one in zip(judgements, said, strict=True) if one is not None}
    first = [None if one is None else _very_first(one, of) for one in said]
    _point_on({key: _very_first(one, of) for key, one in of.items()})
    return first


def _one_at_a_time() -> None:
    """Two workers that hear the same at the same moment would both be the first: the second
    waits here until what the first worker read is there to be seen.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _very_first(said: Said, of: Mapping[int, Said]) -> Said:
    """What is repeated by the one that is repeated; read at once, both may have become repeats."""
    seen: set[int] = set()
    while said.voice in of and said.voice not in seen:
        seen.add(said.voice)
        said = of[said.voice]._replace(why=said.why)
    return said


def _point_on(now_repeats: Mapping[int, Said]) -> None:
    """Who repeated a voice that is now a repeat itself repeats what that one repeats."""
    followed = Reading.objects.filter(repeat_of__in=now_repeats).values_list("repeat_of", flat=True)
    for voice in set(followed):
        said = now_repeats[voice or 0]
        copies = Reading.objects.filter(repeat_of=voice).exclude(pk=said.voice)
        copies.update(repeat_of=said.voice, digest=said.digest)


def _first(found: Judgement, text: VoiceText, known: dict[str, int], memory: Recent) -> Said | None:
    if not found.digest:  # says too little to be compared
        return None
    if (first := known.setdefault(found.digest, found.key)) != found.key:
        return Said(first, memory.digest(first) or found.digest, {"by": "same"})
    said = comparable(text.title, text.body)
    near = memory.find(said)
    if near is not None:
        known[found.digest] = near.key
        return Said(near.key, memory.digest(near.key), near.verdict.why)
    memory.add(found.key, found.digest, said)
    return None


def _same(judgements: Sequence[Judgement]) -> dict[str, int]:
    """Digest to the first voice that said just that."""
    digests = {found.digest for found in judgements} - {""}
    known = Reading.objects.filter(digest__in=digests, repeat_of=None).order_by("voice_id")
    first: dict[str, int] = {}
    for digest, voice in known.values_list("digest", "voice_id"):
        first.setdefault(digest, voice)
    return first


def pass_on(leaving: Sequence[int]) -> None:
    """Of the voices that repeat one that leaves, the first is from now on the one the others
    repeat. It is counted anew where it belongs.
    """
    rows = Reading.objects.filter(repeat_of__in=leaving).exclude(pk__in=leaving)
    heirs: dict[int, int] = {}
    for voice, original in rows.order_by("voice_id").values_list("voice_id", "repeat_of"):
        if original is not None:
            heirs.setdefault(original, voice)
    if not heirs:
        return
    Reading.objects.filter(pk__in=heirs.values()).update(repeat_of=None, ungathered=True)
    for original, heir in heirs.items():
        rows.filter(repeat_of=original).update(repeat_of=heir)
