"""What grouping works on: its settings, a voice as it was read, an issue as it stands."""

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from tingda.lib.vectors import Sum

SECONDS_A_DAY = 86_400.0
FOURTH = 0.25


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

    Two that name the same matter (`lib/matters.toml`) at the same place are more alike by `agree`;
    each naming another, a text of next to no words must fit better by `disagree`, one of `brief`
    words or more need not. One of so few words that names another spot never joins. A voice with
    no word of an issue but its place joins one of `talk` voices that is not silent for more than
    `talk_days`. An issue of `spoken` voices is over when nothing was heard of it for `over_days`
    and for twice as long as it lasted: the same again is another.

    A bigger issue is favoured by `size` for each e-fold of voices. One that is in everybody's
    mouth just now is favoured by `burst` for each e-fold of voices a day beyond `lively`, by
    `most_burst` at most, but not by who names another place (what many speak of is what the next
    speaks of: Ahmed & Xing, "Dynamic non-parametric mixture models", SDM 2008). A silent one is
    made harder to join by a half in `fade_days`, and by `pause` for each e-fold of voices beyond
    `paced` that its pace would have brought meanwhile: what many spoke of and nobody speaks of any
    more is over. Beyond `most_live` issues the longest silent are let go.
    """

    same_place: float = 0.16
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
    agree: float = 0.15
    disagree: float = 2.5
    brief: int = 20
    spoken: int = 5
    over_days: float = 45.0
    talk: int = 4
    talk_days: float = 2.0


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
    matters: Counter[str] = field(default_factory=Counter)
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

    def is_about(self, matter: str) -> bool:
        """Whether a matter is named by at least every fourth of its voices."""
        return self.matters.get(matter, 0) >= max(1.0, FOURTH * self.voices)

    def add(self, voice: "Spoken") -> list[str]:
        """One more voice; the words that are new to the issue."""
        self.places.update(voice.places)
        self.names.update(voice.names)
        self.named.update(voice.named)
        if voice.matters:
            self.matters.update(voice.matters)
        self.voices += 1
        self.rate += 1.0
        return self.sum.add(voice.weights)

    def take(self, voice: "Spoken") -> None:
        """Undo `add`, about: frequencies have changed since, so weights stop at nought."""
        self.sum.take(voice.weights)
        self.places.subtract(voice.places)
        self.names.subtract(voice.names)
        self.named.subtract(voice.named)
        self.matters.subtract(voice.matters)
        self.voices -= 1

    def absorb(self, other: "Live") -> list[str]:
        """All voices of the other; the words that are new to this one."""
        self.places.update(other.places)
        self.names.update(other.names)
        self.named.update(other.named)
        self.matters.update(other.matters)
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
    matters: frozenset[str]
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
