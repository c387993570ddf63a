"""Who repeats whom: the first to say something, and who is it when that one says it no more."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tingda.analyse.models import Reading
from tingda.analyse.queries.repeats import Recent, recent
from tingda.analyse.rules import Judgement, VoiceText, comparable


class Said(NamedTuple):
    """The voice that said it first, the digest of its words, and why it is the same."""

    voice: int
    digest: str
    why: Mapping[str, str]


def first_said(judgements: Sequence[Judgement], texts: Sequence[VoiceText]) -> list[Said | None]:
    """For each voice the one it repeats: word for word one of any time, or nearly one of the
    newest; None for what nobody said before.
    """
    known = _same(judgements)
    memory = recent()
    memory.forget([found.key for found in judgements])  # read again, it does not repeat itself
    return [
        _first(found, text, known, memory) for found, text in zip(judgements, texts, strict=True)
    ]


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
