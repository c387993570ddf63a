"""A text as numbers: words and pairs of characters, weighed as TF-IDF, each kind of length 1.

Words tell the matter; pairs of characters catch what the dictionary cuts wrongly.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from operator import add

import numpy as np
import rjieba
from numpy.typing import NDArray

from tingda.lib.text import Folded, fold
from tingda.lib.topics.kinds import MOST_CHARACTERS, Said

_LONGEST_WORD = 32

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cut:
    """A text folded and cut: `ends[i]` is where word i ends, in title and body joined as one.

    The body starts at `body_at`, one after the title's end.
    """

    title: Folded
    body: Folded
    joined: str
    words: list[str]

    @property
    def body_at(self) -> int:
        return len(self.title.text) + 1

    def place(self, start: int, end: int) -> tuple[bool, int, int]:
        """A piece of the joined text: whether in the title, and where in the original."""
        if end < self.body_at:
            return True, *self.title.span(start, end)
        return False, *self.body.span(start - self.body_at, end - self.body_at)


def cut(said: Said) -> Cut:
    title = fold(said.title[:MOST_CHARACTERS], squeeze=True)
    body = fold(said.body[:MOST_CHARACTERS], squeeze=True)
    # a control character of its own between them, so that no word spans both
    words = [*rjieba.cut(title.text), "\n", *rjieba.cut(body.text)]
    return Cut(title, body, f"{title.text}\n{body.text}", words)


def _pairs(text: str) -> Iterable[str]:
    return map(add, text, text[1:])


@dataclass(frozen=True, slots=True)
class Found:
    """All known terms of a batch, each where it stands; rows of equal length.

    `term` numbers words first, then pairs; `start` and `end` are in the joined text.
    """

    text: Ints
    term: Ints
    start: Ints
    end: Ints
    in_title: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sparse:
    """TF-IDF of a batch: `value[i]` of `term[i]` in `text[i]`, by text and then by term.

    `at[j]` is the entry that the occurrence j of `Found` went into.
    """

    text: Ints
    term: Ints
    value: Floats
    at: Ints


class Vocabulary:
    """The terms that a model knows, and how rare each is."""

    def __init__(self, words: Sequence[str], pairs: Sequence[str], rarity: Floats) -> None:
        self.words, self.pairs, self.rarity = tuple(words), tuple(pairs), rarity
        self._word = {word: number for number, word in enumerate(words)}
        self._pair = {pair: number for number, pair in enumerate(pairs, start=len(words))}

    def __len__(self) -> int:
        return len(self.words) + len(self.pairs)

    @classmethod
    def of(cls, texts: Sequence[Cut], *, most: int) -> "Vocabulary":
        """The terms of these texts, the most widespread first to be kept.

        A term of one text alone is left out where there are texts enough to judge by.
        """
        least = 2 if len(texts) >= 200 else 1
        words, pairs = Counter[str](), Counter[str]()
        for text in texts:
            words.update({word for word in text.words if _tells(word)})
            pairs.update({pair for pair in set(_pairs(text.joined)) if _is_chinese(pair)})
        kept_words = _widespread(words, least, most // 2)
        kept_pairs = _widespread(pairs, least, most - len(kept_words))
        spread = [words[word] for word in kept_words] + [pairs[pair] for pair in kept_pairs]
        # smoothed as if one more text held every term
        rarity = np.log((1 + len(texts)) / (1 + np.array(spread, dtype=float))) + 1
        return cls(kept_words, kept_pairs, rarity)

    def find(self, texts: Sequence[Cut]) -> Found:
        """Where the known terms stand in each text."""
        words = _numbers(map(self._word.get, text.words, repeat(-1)) for text in texts)
        pairs = _numbers(map(self._pair.get, _pairs(text.joined), repeat(-1)) for text in texts)
        sizes = _numbers(map(len, text.words) for text in texts)
        of_word, begins = _laid_out([len(text.words) for text in texts])
        of_pair, pairs_begin = _laid_out([len(text.joined) - 1 for text in texts])
        reach = np.concatenate(([0], np.cumsum(sizes)))
        ends = reach[1:] - reach[begins][of_word]
        pair_ends = np.arange(2, len(pairs) + 2) - pairs_begin[of_pair]
        word, pair = np.flatnonzero(words >= 0), np.flatnonzero(pairs >= 0)
        number = np.concatenate((of_word[word], of_pair[pair]))
        order = np.argsort(number, kind="stable")  # a text's words, then its pairs
        number = number[order]
        term = np.concatenate((words[word], pairs[pair]))[order]
        end = np.concatenate((ends[word], pair_ends[pair]))[order]
        size = np.concatenate((sizes[word], np.full(len(pair), 2)))[order]
        bodies = np.array([text.body_at for text in texts], dtype=np.int64)
        return Found(number, term, end - size, end, end < bodies[number])

    def weigh(self, found: Found, *, title: int) -> Sparse:
        """(1 + ln count) · rarity, each text's words of length 1 and its pairs too."""
        size = max(1, len(self))
        keys, at = np.unique(found.text * size + found.term, return_inverse=True)
        count = np.bincount(at, weights=np.where(found.in_title, title, 1), minlength=len(keys))
        text, term = keys // size, keys % size
        value = (1 + np.log(count)) * self.rarity[term] if len(keys) else np.zeros(0)
        block = text * 2 + (term >= len(self.words))
        length = np.sqrt(np.bincount(block, weights=value * value))
        return Sparse(text, term, value / length[block], at)


def _numbers(rows: Iterable[Iterable[int]]) -> Ints:
    return np.fromiter(chain.from_iterable(rows), dtype=np.int64)


def _laid_out(counts: Sequence[int]) -> tuple[Ints, Ints]:
    """Of rows laid end to end the row of each entry, and where each row begins."""
    row = np.repeat(np.arange(len(counts)), counts)
    return row, np.cumsum(counts, dtype=np.int64) - np.array(counts, dtype=np.int64)


def _tells(word: str) -> bool:
    return len(word) <= _LONGEST_WORD and word.isalpha()


def _is_chinese(pair: str) -> bool:
    return pair.isalpha() and not pair[0].isascii() and not pair[1].isascii()


def _widespread(counts: Counter[str], least: int, most: int) -> list[str]:
    known = [term for term, count in counts.items() if count >= least]
    return sorted(sorted(known, key=lambda term: (-counts[term], term))[: max(0, most)])
