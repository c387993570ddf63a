"""What a person wants with a voice, judged by words that an office can read."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from tingda.lib.cues import Found, Reading, read
from tingda.lib.intents import SURE
from tingda.lib.intents.features import Met, met, where
from tingda.lib.intents.taught import Taught
from tingda.lib.intents.weights import NAMES as NAMES
from tingda.lib.intents.weights import Heard, Speakers, lists, shipped

CHINESE = dict(zip(("咨询", "求助", "投诉", "举报", "建议", "表扬", "其他"), NAMES, strict=True))

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
    voices = [shipped().speakers] if taught is None else [shipped().speakers, taught.speakers]
    heard = [voice.hear(found) for voice in voices]
    scores = [sum(said) for said in zip(*(one.scores.tolist() for one in heard), strict=True)]
    best = scores.index(max(scores))
    total = sum([math.exp(score - scores[best]) for score in scores])
    loud = _speaking(best, zip(voices, heard, strict=True), found)
    told = _joined(loud, len(reading.title.text) + 1)
    words = tuple([reading.found(start, end, original) for start, end in told])
    return Intent(NAMES[best], 1 / total, words)


def _speaking(
    best: int, voices: Iterable[tuple[Speakers, Heard]], found: Met
) -> list[tuple[float, Span]]:
    """What spoke for the intent, how loud, and where: every cue, and the loudest pieces."""
    loud: list[tuple[float, Span]] = []
    for voice, heard in voices:
        says = voice.loud(best).get
        loud += [
            (weight, (start, end))
            for group, start, end in found.hits
            if (weight := says(group)) is not None
        ]
        shown = voice.shown(heard, best)
        pieces = [(shown[one[0]], one) for one in heard.pieces if one[0] in shown]
        if not pieces:
            continue
        pieces.sort(reverse=True)
        place = where(found)
        for weight, (_number, start, end) in pieces[:MOST_WORDS]:
            bare = found.said[start:end]
            first, last = end - len(bare.lstrip()), start + len(bare.rstrip())
            if first >= last:  # what parts words says nothing that can be shown
                continue
            loud.append((weight * heard.share, (place[first], place[last - 1] + 1)))
    return loud


def _joined(loud: list[tuple[float, Span]], body: int) -> list[Span]:
    """Where the loudest stand; what overlaps is told as one. The text starts at `body`."""
    enough = max(loud)[0] * _TELLING if loud else 0.0
    told: list[Span] = []
    loud = [one for one in loud if one[0] >= enough]
    for _weight, (start, end) in sorted(loud, key=lambda one: (-one[0], one[1])):
        if len(told) >= MOST_WORDS:
            break
        if start < body <= end:
            continue
        beside = [one for one in told if one[0] <= end and start <= one[1]]
        if beside:
            told = [one for one in told if one not in beside]
            start = min(start, *(one[0] for one in beside))
            end = max(end, *(one[1] for one in beside))
        told.append((start, end))
    return sorted(told)
