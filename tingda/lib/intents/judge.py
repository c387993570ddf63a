"""What a person wants with a voice, judged by lists of words that an office can read."""

import math
import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tingda.lib.cues import Cues, Found, Hit, Reading, read

NAMES = ("asks", "seeks_help", "complains", "reports", "suggests", "thanks", "other")
CHINESE = dict(zip(("咨询", "求助", "投诉", "举报", "建议", "表扬", "其他"), NAMES, strict=True))

SURE = 0.5
"""Probability from which an intent is told as found; below it a person is asked."""

MOST_WORDS = 8
_URGENT = Path(__file__).parents[1] / "urgency/urgency.toml"  # dangers are listed once, there
_BY_SOMEBODY = frozenset(("violence", "abuse", "driving"))
_MASKED = frozenset(("danger_now", "harmed", "serious", "grumbles", "bad_condition"))
_FELT = ("supply", "hazard", "ill", "suffers", "repeated")
_TIMES = 2  # a list that is met more often says no more
_QUOTED = re.compile(r"“[^”]{1,200}”|「[^」]{1,200}」|『[^』]{1,200}』|\"[^\"\n]{1,200}\"")
_DOCUMENT = re.compile(r"《[^》]{1,80}》")
_CLAUSE = re.compile(r"[^,.!?;:。\n]+")
_NUMBER = re.compile(r"-?\d+\.\d+")
_LETTER = re.compile(r"[^\W_]")


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


def judged(reading: Reading, original: tuple[str, str]) -> Intent:
    """The same for a text that is read already."""
    hits = _lists().cues.find(reading.text)
    weights = _lists().weights
    features = features_of(reading.text, hits)
    scores = [0.0] * len(NAMES)
    for name, value in features.items():
        row = weights.get(name)
        if row:
            scores = [score + value * weight for score, weight in zip(scores, row, strict=True)]
    best = max(range(len(NAMES)), key=scores.__getitem__)
    total = sum(math.exp(score - scores[best]) for score in scores)
    return Intent(NAMES[best], 1 / total, _deciding(best, reading, hits, original))


def _deciding(
    best: int, reading: Reading, hits: Sequence[Hit], original: tuple[str, str]
) -> tuple[Found, ...]:
    """The words that spoke loudest for the intent, in the order they stand."""
    weights = _lists().weights
    speak = [(weights[hit.group][best], hit) for hit in _outermost(hits) if hit.group != "beside"]
    speak = [(weight, hit) for weight, hit in speak if weight > 0]
    speak.sort(key=lambda pair: -pair[0])
    places = dict.fromkeys((hit.start, hit.end) for _weight, hit in speak)
    chosen = sorted(list(places)[:MOST_WORDS])
    return tuple(reading.found(start, end, original) for start, end in chosen)


def features_of(text: str, hits: Sequence[Hit]) -> dict[str, float]:
    """How much each list of cues is met, anywhere, at the beginning and at the end; the shape."""
    features: defaultdict[str, float] = defaultdict(float)
    spans = (clause.span() for clause in _CLAUSE.finditer(text))
    clauses = [span for span in spans if _LETTER.search(text, *span)] or [(0, 0)]
    first, last = clauses[0][1], clauses[-1][0]
    inside = _muted(text)
    for group, start, _end in _outermost(hits):
        if group == "beside":
            continue
        loud = next((much for begin, end, much in inside if begin <= start < end), 1.0)
        features[group] += loud
        if start < first:
            features[f"{group} first"] = max(features[f"{group} first"], loud)
        if start >= last and len(clauses) > 1:
            features[f"{group} last"] = max(features[f"{group} last"], loud)
    for group in features:
        features[group] = min(features[group], 1.0) + 0.3 * min(
            max(features[group] - 1, 0.0), _TIMES
        )
    return features | _shape(text, len(clauses), bool(features))


def _shape(text: str, clauses: int, met: bool) -> dict[str, float]:
    bare = text.rstrip("!。.~ \n")
    return {
        "always": 1.0,
        "long": float(len(bare) > 14),
        "no cue": float(not met),
        "asks last": float(bare.endswith("?")),
        "asks once": float("?" in text),
        "ends in 吗": float(bare.rstrip("?").endswith(("吗", "呢", "么", "不", "没", "呀", "吧"))),
        "bracketed": float(text.lstrip().startswith(("【", "["))),
        "one clause": float(clauses == 1),
        "many clauses": float(clauses > 4),
    }


def _outermost(hits: Sequence[Hit]) -> list[Hit]:
    """Without those that stand inside a longer one of the same list."""
    kept: list[Hit] = []
    reach: dict[str, int] = {}
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if hit.group in _MASKED and hit.end <= reach.get("beside", -1):
            continue
        if hit.end > reach.get(hit.group, -1):
            reach[hit.group] = hit.end
            kept.append(hit)
    return kept


def _muted(text: str) -> list[tuple[int, int, float]]:
    quoted = [(found.start(), found.end(), 0.5) for found in _QUOTED.finditer(text)]
    return [(found.start(), found.end(), 0.0) for found in _DOCUMENT.finditer(text)] + quoted


@dataclass(frozen=True, slots=True)
class _Lists:
    cues: Cues
    weights: Mapping[str, Sequence[float]]


@lru_cache(1)
def _lists() -> _Lists:
    """The written weights and what was fitted on top of them (scripts/fit_intents.py)."""
    written = written_lists()
    weights = dict(written.weights)
    fitted = Path(__file__).with_name("fitted.txt")
    for line in fitted.read_text("utf-8").splitlines() if fitted.exists() else ():
        name, _tab, row = line.partition("\t")
        added = _NUMBER.findall(row)
        # a list that the office took out is passed over, as is a damaged line
        if name in weights and len(added) == len(NAMES):
            pairs = zip(weights[name], map(float, added), strict=True)
            weights[name] = [one + more for one, more in pairs]
    return _Lists(written.cues, weights)


def written_lists() -> _Lists:
    """The lists and weights of `intents.toml`, with the dangers of `urgency.toml`."""
    written = tomllib.loads(Path(__file__).with_name("intents.toml").read_text("utf-8"))
    weights: dict[str, list[float]] = {}
    for name, cue in written["cue"].items():
        row = [float(cue.get(intent, 0)) for intent in NAMES]
        weights[name] = row
        for place in ("first", "last"):
            weights[f"{name} {place}"] = [one * (cue.get(place, 1.0) - 1) for one in row]
    for name, shape in written["shape"].items():
        weights[name] = [float(shape.get(intent, 0)) for intent in NAMES]
    groups = {name: list(cue["words"]) for name, cue in written["cue"].items()}
    urgent = tomllib.loads(_URGENT.read_text("utf-8"))
    for name, words in urgent["danger"].items():
        groups["harmed" if name in _BY_SOMEBODY else "danger_now"] += words
    groups["serious"] += [word for name in _FELT for word in urgent["serious"][name]]
    groups["beside"] = list(urgent["beside"]["words"])
    return _Lists(Cues(groups), weights)
