"""Sparse vectors of words with weights, and the sum of many."""

import heapq
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from sys import intern

Vector = dict[str, float]


def unit_vector(counts: Mapping[str, int], rarity: Callable[[str], float], most: int) -> Vector:
    """TF-IDF of length 1 over the `most` heaviest words: (1 + ln count) · rarity.

    Logarithmic term frequency as in Manning, Raghavan & Schütze, "Introduction to Information
    Retrieval", 6.4.1. No words give no vector.
    """
    raw = {
        word: rarity(word) if count == 1 else (1.0 + math.log(count)) * rarity(word)
        for word, count in counts.items()
    }
    heaviest = heapq.nlargest(most, raw, key=raw.__getitem__)
    length = math.sqrt(sum([raw[word] ** 2 for word in heaviest])) or 1.0
    return {intern(word): raw[word] / length for word in heaviest}


@dataclass(slots=True)
class Sum:
    """The sum of vectors; `square` is its length squared, kept current."""

    weights: Vector = field(default_factory=dict)
    square: float = 0.0

    def add(self, vector: Vector) -> list[str]:
        """Add one; the words that are new to the sum."""
        new = [word for word in vector if word not in self.weights]
        for word, weight in vector.items():
            old = self.weights.get(word, 0.0)
            self.weights[word] = old + weight
            self.square += weight * (2 * old + weight)
        return new

    def take(self, vector: Vector) -> None:
        """Take one out that was added with about these weights; none falls below nought."""
        for word, weight in vector.items():
            if word in self.weights:
                self.weights[word] = max(0.0, self.weights[word] - weight)
        self._measure()

    def keep(self, most: int) -> list[str]:
        """Keep the heaviest words only; those that were dropped."""
        dropped = heapq.nsmallest(
            len(self.weights) - most, self.weights, key=self.weights.__getitem__
        )
        for word in dropped:
            del self.weights[word]
        self._measure()
        return dropped

    def _measure(self) -> None:
        self.square = sum(weight * weight for weight in self.weights.values())
