"""A model: judges what texts are about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tingda.lib.topics.deciding import Evidence, Learnt, deciding_words
from tingda.lib.topics.keywords import Hit, Keywords, shares
from tingda.lib.topics.kinds import Guess, Said, Settings, Topic, TopicJudgement, as_said
from tingda.lib.topics.terms import Cut, Floats, Sparse, Vocabulary, cut

BATCH_TEXTS = 256
BATCH_CHARACTERS = 400_000
_AT_ONCE = 8
"""Texts whose products are added together: what stays near the processor is added faster."""


@dataclass(frozen=True, slots=True)
class Taught:
    """What was learnt from confirmed rows; a model without it goes by the topics' own words."""

    vocabulary: Vocabulary
    weights: NDArray[np.float32]
    bias: Floats
    temperature: float
    rows: int


class Model:
    """Judges texts. `topics` in the order of its columns; `rows` it was taught by, 0 for none."""

    def __init__(
        self, topics: Sequence[Topic], settings: Settings, taught: Taught | None = None
    ) -> None:
        self.topics, self.settings, self.taught = tuple(topics), settings, taught
        self._keywords = Keywords(topics)

    @property
    def rows(self) -> int:
        return self.taught.rows if self.taught else 0

    def judge(
        self, texts: Sequence[Said | str], *, threshold: float | None = None, words: int = 5
    ) -> list[TopicJudgement]:
        """A judgement for each text, in order, with at most so many words that decided.

        `threshold` instead of the settings'. Without words it is a third faster.
        """
        least = self.settings.threshold if threshold is None else threshold
        return [
            judgement
            for batch in _batches([as_said(text) for text in texts])
            for judgement in self._judged([cut(said) for said in batch], least, words)
        ]

    def probabilities(self, texts: Sequence[Said | str]) -> Floats:
        """The probability of each topic for each text, as (texts, topics)."""
        parts = [
            _softmax(self._evidence([cut(said) for said in batch]).scores)[:, : len(self.topics)]
            for batch in _batches([as_said(text) for text in texts])
        ]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.topics)))

    def prior(self, texts: Sequence[Cut]) -> Floats:
        """What the topics' own words say, as (texts, topics), to be added to what is learnt."""
        return self._shares(self._amounts(texts, [self._hits(text) for text in texts]))

    def _hits(self, text: Cut) -> list[Hit]:
        return self._keywords.hits(text.joined)

    def _amounts(self, texts: Sequence[Cut], hits: Sequence[Sequence[Hit]]) -> Floats:
        evidence = np.zeros((len(texts), len(self.topics)))
        for row, (text, found) in enumerate(zip(texts, hits, strict=True)):
            counts: dict[int, int] = {}
            for keyword, _start, end in found:
                counted = self.settings.title if end < text.body_at else 1
                counts[keyword] = counts.get(keyword, 0) + counted
            if counts:
                # each repeat adds less than the one before
                often = np.sqrt(np.fromiter(counts.values(), dtype=float))
                evidence[row] = often @ self._keywords.worth[list(counts)]
        return evidence

    def _shares(self, evidence: Floats) -> Floats:
        doubt = self.settings.doubt
        if len(self.topics) == 1:  # its one rival is that it is about something else
            evidence = np.column_stack((evidence, np.zeros(len(evidence))))
        return shares(evidence, doubt=doubt, trust=self.settings.trust)

    def _evidence(self, texts: Sequence[Cut]) -> Evidence:
        hits = [self._hits(text) for text in texts]
        amounts = self._amounts(texts, hits)
        scores = self._shares(amounts)
        known: NDArray[np.bool_] = amounts.sum(axis=1) > 0
        if self.taught is None:
            return Evidence(texts, hits, self._keywords.worth, scores, known, None)
        found = self.taught.vocabulary.find(texts)
        terms = self.taught.vocabulary.weigh(found, title=self.settings.title)
        scores = scores + _product(terms, self.taught.weights, len(texts)) + self.taught.bias
        known = known | (np.bincount(terms.text, minlength=len(texts)) > 0)
        learnt = Learnt(found, terms, self.taught.weights, len(self.taught.vocabulary.words))
        scores = scores / self.taught.temperature
        return Evidence(texts, hits, self._keywords.worth, scores, known, learnt)

    def _judged(
        self, texts: Sequence[Cut], threshold: float, words: int
    ) -> Iterator[TopicJudgement]:
        evidence = self._evidence(texts)
        probability = _softmax(evidence.scores)[:, : len(self.topics)]
        order = np.argsort(-probability, axis=1, kind="stable")
        best = order[:, 0]
        told = deciding_words(evidence, best, self.settings.title, most=words) if words else None
        for row in range(len(texts)):
            if not evidence.known[row]:
                yield TopicJudgement(None, 0.0, None, None, ())
                continue
            first = self._guess(probability, row, int(best[row]))
            second = (
                self._guess(probability, row, int(order[row, 1])) if order.shape[1] > 1 else None
            )
            sure = first.topic if first.probability >= threshold else None
            said = told[row] if told else ()
            yield TopicJudgement(sure, first.probability, first.topic, second, said)

    def _guess(self, probability: Floats, row: int, column: int) -> Guess:
        return Guess(self.topics[column].key, round(float(probability[row, column]), 4))


def _batches(texts: Sequence[Said]) -> Iterator[list[Said]]:
    """Batches that fit the memory; always at least one text in each."""
    batch: list[Said] = []
    size = 0
    for said in texts:
        length = len(said.title) + len(said.body)
        if batch and (len(batch) >= BATCH_TEXTS or size + length > BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(said)
        size += length
    if batch:
        yield batch


def _softmax(scores: Floats) -> Floats:
    raised: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: Floats = raised / raised.sum(axis=1, keepdims=True)
    return result


def _product(terms: Sparse, weights: NDArray[np.float32], rows: int) -> Floats:
    """Each text's terms times their weights; entries are in order of texts."""
    result = np.zeros((rows, weights.shape[1]))
    if len(terms.text):
        starts = np.flatnonzero(np.diff(terms.text, prepend=-1))
        for first in range(0, len(starts), _AT_ONCE):
            some = starts[first : first + _AT_ONCE]
            beyond = first + _AT_ONCE
            end = starts[beyond] if beyond < len(starts) else len(terms.text)
            entries = slice(some[0], end)
            parts = terms.value[entries, None] * weights.take(terms.term[entries], 0)
            result[terms.text[some]] = np.add.reduceat(parts, some - some[0], axis=0)
    return result
