"""How hot a matter is: one formula of four parts, so that whoever sorts by it can redo it by hand.

    heat = 100 × (wₚ·people + wᵣ·reach + wᵤ·urgency + w_g·growth) / (wₚ + wᵣ + wᵤ + w_g)

Each part lies between 0 and 1 and halves with every `half_days` that nobody adds to it:

    people   log(1 + Σ over persons 2^(−age of the person's newest voice / half)) / log 101
    reach    log(1 + Σ over voices 2^(−age / half) · (1 if a copy, plus e / (e + usual))) / log 101
    urgency  greatest of urgency / 3 · 2^(−age / half)
    growth   how near the matter is to an alarm by growth: 1 is an alarm

`e` is the applause of a voice and `usual` what is usual where it was heard: twice as much on a
loud site as on a quiet one counts the same, and no voice counts more than 1 for it.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields

PARTS = ("people", "reach", "urgency", "growth")
FULL = 101.0  # a hundred persons fill their part
USUAL = 10.0  # applause, where nothing is known of a source
MOST_URGENT = 3
HALVINGS = 10  # older than so many half-lives is nothing


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part is worth beside the others, and after how many days it is worth half."""

    people: float = 40.0
    reach: float = 15.0
    urgency: float = 25.0
    growth: float = 20.0
    half_days: float = 3.0

    @classmethod
    def of(cls, stored: Mapping[str, float]) -> "Weights":
        """Stored values, with ours for what is not stored."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: float(value) for name, value in stored.items() if name in known})

    def stored(self) -> dict[str, float]:
        """For keeping as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Said:
    """One voice: whose, how many days ago, whether a copy, its applause and where it was heard."""

    person: str
    days_ago: float
    urgency: int = 0
    copy: bool = False
    applause: int = 0
    source: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands behind the four parts: sums that have faded with age; growth from 0 to 1."""

    people: float = 0.0
    reach: float = 0.0
    urgency: float = 0.0
    growth: float = 0.0


def facts_of(
    voices: Iterable[Said], usual: Mapping[int, float], *, half_days: float, growth: float = 0.0
) -> Facts:
    """Add up what was said of one matter. `usual` is the applause that is usual at each source."""
    newest: dict[str, float] = {}
    reach = urgency = 0.0
    for voice in voices:
        worth = 0.5 ** (max(voice.days_ago, 0.0) / half_days)
        newest[voice.person] = max(newest.get(voice.person, 0.0), worth)
        urgency = max(urgency, voice.urgency / MOST_URGENT * worth)
        if voice.copy:
            reach += worth
        if voice.applause > 0:
            typical = max(usual.get(voice.source, USUAL), 1.0)
            reach += worth * voice.applause / (voice.applause + typical)
    return Facts(sum(newest.values()), reach, urgency, min(max(growth, 0.0), 1.0))


def heat_of(facts: Facts, weights: Weights) -> tuple[float, dict[str, float]]:
    """The heat, 0 to 100, and what each part brings to it."""
    filled = {
        "people": _filled(facts.people),
        "reach": _filled(facts.reach),
        "urgency": facts.urgency,
        "growth": facts.growth,
    }
    whole = sum(getattr(weights, part) for part in PARTS)
    if whole <= 0:
        return 0.0, dict.fromkeys(PARTS, 0.0)
    points = {part: 100 * getattr(weights, part) / whole * filled[part] for part in PARTS}
    return sum(points.values()), points


def _filled(amount: float) -> float:
    return min(1.0, math.log1p(amount) / math.log(FULL))
