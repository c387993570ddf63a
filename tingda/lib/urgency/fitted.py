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
LONG = "long"
"""The name of what is weighed by how long a text is."""

BOUND = "3 from"
"""The name of the line with the probability from which a voice is a 3."""

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Fitted:
    """What lists and small words speak for each level; a voice is a 3 from the chance `bound`."""

    lists: Mapping[str, Row]
    small: Mapping[str, Row]
    bound: float

    def level(self, met: Set[str], long: float, words: Set[str], share: float) -> int:
        """0 to 3, from `features.lists_met` and `features.small_words`.

        `long` (0 to 1) is how much of a long text it is.
        """
        none, one, two, three = (
            a + long * b + share * c
            for a, b, c in zip(
                _sum(met, self.lists),
                self.lists.get(LONG, NONE),
                _sum(words, self.small),
                strict=True,
            )
        )
        most = max(none, one, two, three)
        total = sum(math.exp(score - most) for score in (none, one, two, three))
        if math.exp(three - most) / total >= self.bound:
            return 3
        return max(range(3), key=(none, one, two).__getitem__)


def _sum(names: Iterable[str], rows: Mapping[str, Row]) -> Row:
    known = list(filter(None, map(rows.get, names)))
    if not known:
        return NONE
    none, one, two, three = map(sum, zip(*known, strict=True))
    return none, one, two, three


@lru_cache(1)
def fitted() -> Fitted:
    """The weights beside this file; a damaged line is passed over."""
    lists: dict[str, Row] = {}
    small: dict[str, Row] = {}
    bound = 0.5
    # equal numbers are one object: 50,000 of their own lie too far apart to be read fast
    known: dict[str, float] = {}
    for line in FILE.read_text("utf-8").splitlines() if FILE.exists() else ():
        name, _tab, written = line.partition("\t")
        numbers = [known.setdefault(one, float(one)) for one in _NUMBER.findall(written)]
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
