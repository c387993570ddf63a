"""The weights that were fitted, as a text anybody can read: one name and four numbers a line."""

import math
import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tingda.lib.text import fold
from tingda.lib.urgency.features import WORD, stem

Row = tuple[float, float, float, float]
NONE: Row = (0.0, 0.0, 0.0, 0.0)
FILE = Path(__file__).with_name("fitted.txt")
BOUND = "3 from"
"""The name of the line with the probability from which a voice is a 3."""

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Fitted:
    """What lists and small words speak for each level; a voice is a 3 from the chance `bound`."""

    lists: Mapping[str, Row]
    small: Mapping[str, Row]
    bound: float

    def level(self, met: Mapping[str, float], words: Set[str], share: float) -> int:
        """0 to 3, from `features.lists_met` and `features.small_words`."""
        scores = self._sum(met.keys() & self.lists.keys(), self.lists, met)
        spoken = self._sum(words & self.small.keys(), self.small, {})
        none, one, two, three = (a + share * b for a, b in zip(scores, spoken, strict=True))
        most = max(none, one, two, three)
        total = sum(math.exp(score - most) for score in (none, one, two, three))
        if math.exp(three - most) / total >= self.bound:
            return 3
        return max(range(3), key=(none, one, two).__getitem__)

    @staticmethod
    def _sum(names: Set[str], rows: Mapping[str, Row], values: Mapping[str, float]) -> Row:
        none = one = two = three = 0.0
        for name in names:
            row, value = rows[name], values.get(name, 1.0)
            none += value * row[0]
            one += value * row[1]
            two += value * row[2]
            three += value * row[3]
        return none, one, two, three


@lru_cache(1)
def fitted() -> Fitted:
    """The weights beside this file; a damaged line is passed over."""
    lists: dict[str, Row] = {}
    small: dict[str, Row] = {}
    bound = 0.5
    for line in FILE.read_text("utf-8").splitlines() if FILE.exists() else ():
        name, _tab, written = line.partition("\t")
        numbers = [float(one) for one in _NUMBER.findall(written)]
        if name == BOUND and numbers:
            bound = numbers[0]
        elif len(numbers) == len(NONE):
            row = (numbers[0], numbers[1], numbers[2], numbers[3])
            if name.startswith(WORD):
                small[name[len(WORD) :]] = row
            else:
                lists[name] = row
    return Fitted(lists, small, bound)


def without(weights: Fitted, cues: Iterable[str]) -> Fitted:
    """The same without the small words that are these cues."""
    gone = set()
    for cue in cues:
        plain = fold(cue.strip()).text
        gone |= {plain, " ".join(map(stem, plain.split()))}
    small = {word: row for word, row in weights.small.items() if word not in gone}
    return Fitted(weights.lists, small, weights.bound)
