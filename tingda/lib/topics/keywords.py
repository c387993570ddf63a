"""What the topics' own words say of a text, before anybody confirmed anything."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from ahocorasick_rs import AhoCorasick, Implementation
from numpy.typing import NDArray

from tingda.lib.places import dictionary_count
from tingda.lib.terms import words_of
from tingda.lib.text import fold, stands_alone
from tingda.lib.topics.kinds import Topic

DESCRIBED = 0.5
"""A word of the description beside a keyword: it says what is meant, not what people say."""

EVERYDAY = 8_000
"""Times in the segmenter's dictionary from which a word of a description tells nothing (没有)."""

_LONGEST_COUNTED = 6


class Hit(NamedTuple):
    """A keyword found in a folded text."""

    keyword: int
    start: int
    end: int


class Keywords:
    """All words of all topics, looked for at once. `worth` is (keywords, topics)."""

    def __init__(self, topics: Sequence[Topic]) -> None:
        found: dict[str, dict[int, float]] = {}
        for column, topic in enumerate(topics):
            for word, worth in _words(topic):
                owners = found.setdefault(word, {})
                owners[column] = max(worth, owners.get(column, 0.0))
        # a word of most topics tells nothing (管理, 服务 in every description)
        told = {word: who for word, who in found.items() if len(who) <= max(1, len(topics) // 2)}
        self.worth: NDArray[np.float64] = np.zeros((len(told), len(topics)))
        for row, (word, owners) in enumerate(told.items()):
            for column, worth in owners.items():
                self.worth[row, column] = worth * weight(word) / len(owners)
        self._latin = [any("a" <= sign <= "z" or sign.isdigit() for sign in word) for word in told]
        kind = Implementation.DFA if len(told) < 5_000 else Implementation.ContiguousNFA
        self._finder = AhoCorasick(told, implementation=kind) if told else None

    def hits(self, text: str) -> list[Hit]:
        """Those in a folded text that do not lie within a longer one, in reading order."""
        if self._finder is None or not text:
            return []
        kept: list[Hit] = []
        found = self._finder.find_matches_as_indexes(text, overlapping=True)
        end = 0
        for hit in sorted(found, key=_outer_first):
            keyword, start, stop = hit
            if stop <= end:
                continue
            if self._latin[keyword] and not stands_alone(text, start, stop):
                continue
            kept.append(Hit(keyword, start, stop))
            end = stop
        return kept


def _outer_first(hit: tuple[int, int, int]) -> tuple[int, int]:
    return hit[1], -hit[2]


def weight(word: str) -> float:
    """Two Chinese characters count 1, four 2, six and more 3; Latin words 2 each."""
    if word.isascii():
        return 2.0 * len(word.split())
    return min(len(word), _LONGEST_COUNTED) / 2


def _words(topic: Topic) -> Iterator[tuple[str, float]]:
    for keyword in (*topic.keywords, topic.name):
        word = fold(keyword, squeeze=True).text.strip()
        if word:
            yield word, 1.0
    for text in (topic.name, topic.description):
        for word in words_of(fold(text, squeeze=True).text):
            if dictionary_count(word) < EVERYDAY:
                yield word, DESCRIBED


def shares(evidence: NDArray[np.float64], *, doubt: float, trust: float) -> NDArray[np.float64]:
    """Evidence (texts, topics) as logarithms of each topic's share, times `trust`.

    Smoothed as counts are by a Dirichlet prior, so that one word is less sure than ten. By the
    square root, since the doubt of many topics adds up: a word says about as much among sixty
    topics as among seven.
    """
    smooth = evidence + doubt / np.sqrt(evidence.shape[1])
    result: NDArray[np.float64] = trust * np.log(smooth / smooth.sum(axis=1, keepdims=True))
    return result
