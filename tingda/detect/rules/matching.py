"""How alike a voice and an issue are, and how alike they must be to be the same matter.

How well two fit is the cosine of their TF-IDF vectors (Salton & Buckley 1988; Manning, Raghavan
& Schütze, "Introduction to Information Retrieval", ch. 6: logarithmic term weight), and how well
they must fit depends on whether they name the same place. Frequencies count issues rather than
voices, so that a thousand voices about one matter do not make its words look common.
"""

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from tingda.lib.places import is_kind, misspelt, same_name
from tingda.lib.terms import is_name, is_route
from tingda.lib.vectors import Sum, unit_vector

SECONDS_A_DAY = 86_400.0
MAIN = 2  # times a name must occur to outweigh that two voices name different places


@dataclass(frozen=True, slots=True)
class Settings:
    """How alike a voice and an issue must be (cosine, 0 to 1), and how much is remembered.

    `same_place` where both name the same rare place or body, `unplaced` where nothing tells,
    `other_place` where each names another; `matter` is the least that words other than names
    must add, so that a place alone never makes an issue. A name counts for an issue when `share`
    of its voices have it, and counts as rare from `rare` on (1: one issue has it, 0: all have).
    Where each names another place and the rest of the words agree to `twin` or more, it is the
    place that tells the two apart, and they are never joined.
    A bigger issue is favoured by `size` for each e-fold of voices, a silent one made harder to
    join by a half in `fade_days`. Beyond `most_live` issues the longest silent are let go.
    """

    same_place: float = 0.17
    unplaced: float = 0.31
    other_place: float = 0.45
    matter: float = 0.033
    share: float = 0.2
    rare: float = 0.5
    size: float = 0.05
    fade_days: float = 365.0
    most_live: int = 6_000
    words: int = 60
    prior: int = 200
    twin: float = 0.6


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
    """An issue that voices may still join: the sum of its voices' unit vectors and its names."""

    sum: Sum = field(default_factory=Sum)
    voices: int = 0
    places: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    last: float = 0.0


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
    issue: int
    similarity: float
    needed: float
    fit: float
    places: tuple[str, ...]


class Frequencies:
    """In how many issues each word was heard, and what follows for how telling it is."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.having: Counter[str] = Counter()  # term or "@place" -> issues that ever had it
        self.issues = 0

    def voice(self, item: Item) -> Spoken:
        counts = Counter(item.terms)
        total = self.issues + 1 + self.settings.prior

        def weight(term: str) -> float:
            return math.log(total / (self.having[term] + 0.5))

        weights = unit_vector(counts, weight, self.settings.words)
        rare = frozenset(filter(is_name, weights))
        together = " ".join((*item.places, *rare))
        named = frozenset(t for t in weights if (t in together or is_kind(t)) and not is_route(t))
        main = frozenset(term for term in rare if counts[term] >= MAIN)
        matter = math.sqrt(sum(weights[term] ** 2 for term in weights if term not in named))
        return Spoken(weights, item.places, rare, main, named, matter, item.said_at.timestamp())

    def match(self, voice: Spoken, issue: int, live: Live) -> Match | None:
        settings = self.settings
        matter = named = 0.0
        enough = max(2.0, settings.share * live.voices)
        for term, weight in voice.weights.items():
            other = live.sum.weights.get(term)
            if other:
                if term in voice.named or live.named.get(term, 0) >= enough:
                    named += weight * other
                else:
                    matter += weight * other
        length = math.sqrt(live.sum.square) or 1.0
        similarity = (matter + named) / length
        favour = 1.0 + settings.size * math.log(max(1, live.voices))
        if matter / length < settings.matter or similarity * favour < settings.same_place:
            return None
        places, needed, elsewhere = self.needed(voice, live)
        if elsewhere and matter / length >= settings.twin * voice.matter:
            return None  # the same words about another place: another matter
        days = abs(voice.said - live.last) / SECONDS_A_DAY
        needed *= 1.0 + 0.5 * days / settings.fade_days
        return Match(issue, similarity, needed, similarity * favour / needed, places)

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
