"""What a person wants with a voice, judged by words that an office can read."""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

from tingda.lib.cues import Found, Reading, read
from tingda.lib.intents.features import Met, met, place_of
from tingda.lib.intents.taught import Taught
from tingda.lib.intents.weights import NAMES, Speakers, lists, shipped

CHINESE = dict(zip(("咨询", "求助", "投诉", "举报", "建议", "表扬", "其他"), NAMES, strict=True))

SURE = 0.5
"""Probability from which an intent is told as found; below it a person is asked."""

MOST_WORDS = 8
_TELLING = 0.3  # of what the loudest says, to be told beside it

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Intent:
    """One of `NAMES`, how likely it is right (0 to 1), and the words that decided, as written."""

    name: str
    probability: float
    words: tuple[Found, ...]

    @property
    def sure(self) -> bool:
        """Whether it need not be asked of a person."""
        return self.probability >= SURE


def intent_of(title: str, text: str) -> Intent:
    """What the person wants first of all. Case, width and repeated marks change nothing."""
    return judged(read(title, text), (title, text))


def judged(reading: Reading, original: tuple[str, str], taught: Taught | None = None) -> Intent:
    """The same for a text that is read already, as the office's own corrections would have it."""
    found = met(reading.text, lists().cues.find(reading.text))
    voices = [shipped()] if taught is None else [shipped(), taught.speakers]
    scores = sum(voice.score(found) for voice in voices).tolist()
    best = max(range(len(NAMES)), key=scores.__getitem__)
    total = sum(math.exp(score - scores[best]) for score in scores)
    told = _deciding(best, voices, found, reading)
    words = tuple(reading.found(start, end, original) for start, end in told)
    return Intent(NAMES[best], 1 / total, words)


def _deciding(best: int, voices: Sequence[Speakers], found: Met, reading: Reading) -> list[Span]:
    """Where the words stand that spoke loudest for the intent; what overlaps is told as one."""
    loud = sorted(_speaking(best, voices, found, reading.text), key=lambda one: (-one[0], one[1]))
    enough = loud[0][0] * _TELLING if loud else 0.0
    body = len(reading.title.text) + 1
    told: list[Span] = []
    for weight, (start, end) in loud:
        if weight < enough or len(told) >= MOST_WORDS:
            break
        if start < body <= end:
            continue
        joined = [one for one in told if one[0] <= end and start <= one[1]]
        told = [one for one in told if one not in joined]
        told.append((min([start, *(one[0] for one in joined)]), max([end, *(one[1] for one in joined)])))
    return sorted(told)


def _speaking(
    best: int, voices: Sequence[Speakers], found: Met, text: str
) -> list[tuple[float, Span]]:
    """What spoke for the intent, how loud, and where: every cue, and the loudest pieces."""
    loud: list[tuple[float, Span]] = []
    for voice in voices:
        telling = voice.telling[best]
        for group, start, end in found.hits:
            weight = telling.get(f"= {group}", 0.0)
            if weight > 0:
                loud.append((weight, (start, end)))
        pieces = [(telling[one], at) for at, one in enumerate(found.pieces) if one in telling]
        for weight, number in heapq.nlargest(MOST_WORDS, pieces):
            loud.append((weight * found.share, place_of(found, text, number)))
    return loud
