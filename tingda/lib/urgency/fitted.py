"""The weights that were fitted, as a text anybody can read: one name and four numbers a line."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tingda.lib.text import fold
from tingda.lib.urgency.features import PAIR, WORD, stem

Row = tuple[float, float, float, float]
NONE: Row = (0.0, 0.0, 0.0, 0.0)
FILE = Path(__file__).with_name("fitted.txt")
BOUND = "3 from"
"""The name of the line with the probability from which a voice is a 3."""

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Fitted:
    """What each feature speaks for each level; a voice is a 3 from the probability `bound`."""

    rows: Mapping[str, Row]
    bound: float

    def level(self, features: Mapping[str, float]) -> int:
        """0 to 3."""
        none = one = two = three = 0.0
        rows = self.rows
        for name, value in features.items():
            row = rows.get(name)
            if row:
                none += value * row[0]
                one += value * row[1]
                two += value * row[2]
                three += value * row[3]
        scores = (none, one, two)
        most = max(*scores, three)
        total = sum(math.exp(score - most) for score in (*scores, three))
        if math.exp(three - most) / total >= self.bound:
            return 3
        return scores.index(max(scores))


@lru_cache(1)
def fitted() -> Fitted:
    """The weights beside this file; a damaged line is passed over."""
    rows: dict[str, Row] = {}
    bound = 0.5
    for line in FILE.read_text("utf-8").splitlines() if FILE.exists() else ():
        name, _tab, written = line.partition("\t")
        numbers = [float(one) for one in _NUMBER.findall(written)]
        if name == BOUND and numbers:
            bound = numbers[0]
        elif len(numbers) == len(NONE):
            rows[name] = (numbers[0], numbers[1], numbers[2], numbers[3])
    return Fitted(rows, bound)


def without(weights: Fitted, cues: Iterable[str]) -> Fitted:
    """The same without the small words that are these cues."""
    gone = set()
    for cue in cues:
        plain = fold(cue.strip()).text
        gone |= {plain, " ".join(map(stem, plain.split()))}
    rows = {name: row for name, row in weights.rows.items() if not _is(name, gone)}
    return Fitted(rows, weights.bound)


def _is(name: str, gone: set[str]) -> bool:
    return name.startswith(WORD) and PAIR not in name and name[len(WORD) :] in gone
