"""How alike a voice and an issue are, and how alike they must be to be the same matter.

How well two fit is the cosine of their TF-IDF vectors (Salton & Buckley 1988; Manning, Raghavan
& Schütze, "Introduction to Information Retrieval", ch. 6: logarithmic term weight), and how well
they must fit depends on whether they name the same place. Frequencies count issues rather than
voices, so that a thousand voices about one matter do not make its words look common.
"""

import heapq
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from tingda.lib.places import is_kind, misspelt, same_name
from tingda.lib.terms import is_matter, is_name, root
from tingda.lib.vectors import Sum, unit_vector

SECONDS_A_DAY = 86_400.0
LEAST = 3  # letters that a part of a tag has more than
MAIN = 2  # times a name must occur to outweigh that two voices name different places


@dataclass(frozen=True, slots=True)
class Settings:
    """How alike a voice and an issue must be (cosine, 0 to 1), and how much is remembered.

    `same_place` where both name the same rare place or body, `unplaced` where nothing tells,
    `other_place` where each names another; `matter` is the least that words other than names
    must add, so that a place alone never makes an issue. A name counts for an issue when `share`
    of its voices have it, and counts as rare from `rare` on (1: one issue has it, 0: all have).
    A word that fewer than `seldom` issues have weighs as if so many had it: what nobody else says
    joins nothing, and must not outweigh in a short voice what somebody does say.
    Where each names another place and the rest of the words agree to `twin` or more, it is the
    place that tells the two apart, and they are never joined.

    A bigger issue is favoured by `size` for each e-fold of voices. One that is in everybody's
    mouth just now is favoured by `burst` for each e-fold of voices a day beyond `lively`, by
    `most_burst` at most, but not by who names another place (what many speak of is what the next
    speaks of: Ahmed & Xing, "Dynamic non-parametric mixture models", SDM 2008). A silent one is
    made harder to join by a half in `fade_days`, and by `pause` for each e-fold of voices beyond
    `paced` that its pace would have brought meanwhile: what many spoke of and nobody speaks of any
    more is over. Beyond `most_live` issues the longest silent are let go.
    """

    same_place: float = 0.17
    unplaced: float = 0.37
    other_place: float = 0.45
    matter: float = 0.033
    share: float = 0.2
    rare: float = 0.5
    seldom: int = 2
    size: float = 0.05
    burst: float = 0.8
    lively: float = 3.0
    most_burst: float = 2.5
    fade_days: float = 365.0
    pause: float = 0.5
    paced: float = 100.0
    most_live: int = 20_000
    words: int = 60
    prior: int = 200
    twin: float = 0.5


@dataclass(frozen=True, slots=True)
class Item:
    """A voice to group: what its Reading holds, and when it was said (aware)."""

    key: int
    terms: tuple[str, ...]
    places: tuple[str, ...]
    digest: str
    said_at: datetime


@dataclass(slots=True)
class Live:
    """An issue that voices may still join: the sum of its voices' unit vectors and its names.

    `first` and `last` are seconds; `rate` is voices a day as it stood at `last`, without copies.
    """

    sum: Sum = field(default_factory=Sum)
    voices: int = 0
    places: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    first: float = math.inf
    last: float = 0.0
    rate: float = 0.0

    def rate_at(self, moment: float) -> float:
        """Voices a day, of which each counts half as much a day later."""
        return float(self.rate * 2.0 ** (-abs(moment - self.last) / SECONDS_A_DAY))

    def heard(self, moment: float) -> None:
        """Its span of time reaches to this moment."""
        self.rate = self.rate_at(moment)
        self.first, self.last = min(self.first, moment), max(self.last, moment)

    def pace(self) -> float:
        """Voices a day over all its time."""
        return self.voices / max(1.0, (self.last - self.first) / SECONDS_A_DAY)

    def add(self, voice: "Spoken") -> list[str]:
        """One more voice; the words that are new to the issue."""
        self.places.update(voice.places)
        self.names.update(voice.names)
        self.named.update(voice.named)
        self.voices += 1
        self.rate += 1.0
        return self.sum.add(voice.weights)

    def take(self, voice: "Spoken") -> None:
        """Undo `add`, about: frequencies have changed since, so weights stop at nought."""
        self.sum.take(voice.weights)
        self.places.subtract(voice.places)
        self.names.subtract(voice.names)
        self.named.subtract(voice.named)
        self.voices -= 1

    def absorb(self, other: "Live") -> list[str]:
        """All voices of the other; the words that are new to this one."""
        self.places.update(other.places)
        self.names.update(other.names)
        self.named.update(other.named)
        self.voices += other.voices
        self.rate += other.rate
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        return self.sum.add(other.sum.weights)


@dataclass(slots=True)
class Spoken:
    """An item as a unit vector; `names` are names in it, `named` those and parts of places."""

    weights: dict[str, float]
    places: tuple[str, ...]
    names: frozenset[str]
    main: frozenset[str]
    named: frozenset[str]
    matter: float  # length of the part of the vector that is not names
    said: float


@dataclass(slots=True)
class Match:
    """How well a voice fits an issue: it joins from `fit` 1 on. `matter` is the part of the
    similarity that is no name, `burst` what it owes to the issue being spoken of much just now.
    """

    issue: int
    similarity: float
    needed: float
    fit: float
    matter: float
    burst: float
    places: tuple[str, ...]


@lru_cache(10_000)
def _log_of_half_more(count: int) -> float:
    return math.log(count + 0.5)


class Frequencies:
    """In how many issues each word was heard, and what follows for how telling it is."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.having: Counter[str] = Counter()  # term or "@place" -> issues that ever had it
        self.issues = 0

    def copy(self) -> "Frequencies":
        """One to try things with."""
        fresh = Frequencies(self.settings)
        fresh.having, fresh.issues = self.having.copy(), self.issues
        return fresh

    # ---- as vectors ----

    def voice(self, item: Item) -> Spoken:
        """What was said, as the words are weighed now."""
        counts = Counter(map(root, item.terms))
        for tag in [term for term in counts if term[0] == "#"]:
            counts.update(self._parts(tag[1:]))
        total = math.log(self.issues + 1 + self.settings.prior)
        having, seldom = self.having, self.settings.seldom

        def weight(term: str) -> float:
            return total - _log_of_half_more(max(seldom, having.get(term, 0)))

        weights = unit_vector(counts, weight, self.settings.words)
        rare = frozenset(filter(is_name, weights))
        together = " ".join((*item.places, *(name for name in rare if not is_matter(name))))
        named = frozenset(t for t in weights if (t in together or is_kind(t)) and not is_matter(t))
        main = frozenset(term for term in rare if counts[term] >= MAIN)
        return Spoken(
            weights,
            item.places,
            rare,
            main,
            named,
            _length(weights, named),
            item.said_at.timestamp(),
        )

    def whole(self, live: Live) -> Spoken:
        """An issue as if one voice had said what its voices have in common."""
        length = math.sqrt(live.sum.square) or 1.0
        heaviest = heapq.nlargest(
            self.settings.words, live.sum.weights, key=live.sum.weights.__getitem__
        )
        weights = {term: live.sum.weights[term] / length for term in heaviest}
        enough = self.settings.share * live.voices
        places = tuple(place for place, count in live.places.items() if count >= enough)
        names = frozenset(t for t, count in live.names.items() if count >= enough and t in weights)
        named = frozenset(t for t, n in live.named.items() if n >= max(1, enough) and t in weights)
        main = names if live.voices > 1 else frozenset()
        return Spoken(weights, places, names, main, named, _length(weights, named), live.last)

    def _parts(self, tag: str) -> list[str]:
        """The words at both ends of a tag that others use by themselves: #bohol|quake."""
        if not tag.isascii():
            return []
        ends = (root(tag[cut:]) for cut in range(LEAST, len(tag) - LEAST))
        starts = (root(tag[:cut]) for cut in range(len(tag) - 1, LEAST, -1))
        found = (
            next((word for word in words if len(word) > LEAST and word in self.having), "")
            for words in (ends, starts)
        )
        return [word for word in found if word]

    # ---- how alike ----

    def match(self, voice: Spoken, issue: int, live: Live) -> Match | None:
        """How a voice and an issue fit; None for two that are not one matter for certain."""
        settings = self.settings
        matter, similarity = self._alike(voice, live)
        favour = 1.0 + settings.size * math.log(max(1, live.voices))
        beyond = live.rate_at(voice.said) / settings.lively
        burst = min(settings.most_burst, settings.burst * math.log(max(1.0, beyond)))
        if matter < settings.matter or similarity * (favour + burst) < settings.same_place:
            return None
        places, needed, elsewhere = self.needed(voice, live)
        if elsewhere and matter >= settings.twin * voice.matter:
            return None  # the same words about another place: another matter
        days = abs(voice.said - live.last) / SECONDS_A_DAY
        missed = math.log(max(1.0, days * live.pace() / settings.paced))
        needed *= 1.0 + 0.5 * days / settings.fade_days + settings.pause * missed
        burst = 0.0 if elsewhere else burst
        fit = similarity * (favour + burst) / needed
        return Match(issue, similarity, needed, fit, matter, burst, places)

    def _alike(self, voice: Spoken, live: Live) -> tuple[float, float]:
        """The cosine, before it the part of it that is no name."""
        matter = named = 0.0
        enough = max(2.0, self.settings.share * live.voices)
        for term, weight in voice.weights.items():
            other = live.sum.weights.get(term)
            if other:
                if term in voice.named or live.named.get(term, 0) >= enough:
                    named += weight * other
                else:
                    matter += weight * other
        length = math.sqrt(live.sum.square) or 1.0
        return matter / length, (matter + named) / length

    def needed(self, voice: Spoken, live: Live) -> tuple[tuple[str, ...], float, bool]:
        """The places in common, how alike the two must be, given the names in them, and whether
        they speak of different places."""
        settings = self.settings
        enough = settings.share * live.voices
        standing = [place for place, count in live.places.items() if count >= enough]
        pairs = [(mine, theirs) for mine in voice.places for theirs in standing]
        shared = [pair for pair in pairs if same_name(*pair)]
        elsewhere = bool(pairs) and not shared and not any(misspelt(*pair) for pair in pairs)
        names = voice.main if elsewhere else voice.names
        rarities = [self.rarity(name) for name in names if live.names.get(name, 0) >= enough]
        rarities += (min(map(self.rarity, ("@" + mine, "@" + theirs))) for mine, theirs in shared)
        far = settings.other_place if elsewhere else settings.unplaced
        known = 2.0 * (max(rarities, default=0.0) - settings.rare) + 0.5
        needed = far - (far - settings.same_place) * min(1.0, max(0.0, known))
        return tuple(dict.fromkeys(mine for mine, _ in shared)), needed, elsewhere

    def rarity(self, name: str) -> float:
        """1 for a name that one issue has, 0 for one that all have, on a logarithmic scale."""
        return 1.0 - math.log(max(1, self.having[name])) / math.log(self.issues + 30)


def _length(weights: Mapping[str, float], without: frozenset[str]) -> float:
    return math.sqrt(sum(weights[term] ** 2 for term in weights if term not in without))
