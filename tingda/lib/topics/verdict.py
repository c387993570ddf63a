"""Whether a new model is better than the one in use, and the measures that decide."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tingda.lib.topics.kinds import Example, Said
from tingda.lib.topics.model import Model

BINS = 10
FEWEST_ROWS = 10
"""Held-out rows under which one row more or less would decide."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`keep` the new model or not. F1 is macro-F1 over `rows` held-out rows, 0 to 1."""

    keep: bool
    new_f1: float
    old_f1: float
    new_calibration_error: float
    old_calibration_error: float
    rows: int


def better(new: Model, old: Model, held_out: Sequence[Example]) -> Verdict:
    """Compare two models on rows that neither has learnt from (see `training.hold_out`).

    The new one is kept if its macro-F1 is higher, or equal and its probabilities more right.
    With fewer than ten rows whose topic the new one knows, the old one stays.
    """
    known = {topic.key for topic in new.topics}
    rows = [row for row in held_out if row.topic in known]
    if not rows:
        return Verdict(False, 0.0, 0.0, 0.0, 0.0, 0)
    new_f1, new_error = _measured(new, rows)
    old_f1, old_error = _measured(old, rows)
    keep = len(rows) >= FEWEST_ROWS and (new_f1, -new_error) > (old_f1, -old_error)
    return Verdict(keep, new_f1, old_f1, new_error, old_error, len(rows))


def _measured(model: Model, rows: Sequence[Example]) -> tuple[float, float]:
    found = model.judge([Said(row.title, row.body) for row in rows], words=0)
    guesses = [judgement.likeliest for judgement in found]
    right = [row.topic for row in rows]
    hits = [guess == topic for guess, topic in zip(guesses, right, strict=True)]
    error = calibration_error([judgement.probability for judgement in found], hits)
    return round(macro_f1(guesses, right), 4), round(error, 4)


def macro_f1(found: Sequence[str | None], right: Sequence[str]) -> float:
    """The mean over the topics of `right` of F1; a row without a guess is a miss of its topic."""
    scores = []
    for topic in sorted(set(right)):
        both = sum(f == topic == r for f, r in zip(found, right, strict=True))
        either = sum(f == topic for f in found) + sum(r == topic for r in right)
        scores.append(2 * both / either)
    return float(np.mean(scores)) if scores else 0.0


def calibration_error(probability: Sequence[float], hits: Sequence[bool]) -> float:
    """How far, on average over rows, probabilities are from the share that is right (ECE).

    Ten bins of equal width; Naeini, Cooper & Hauskrecht 2015.
    """
    chance, right = np.array(probability, dtype=float), np.array(hits, dtype=float)
    if not len(chance):
        return 0.0
    inside = np.minimum((chance * BINS).astype(int), BINS - 1)
    gaps = np.bincount(inside, weights=chance - right, minlength=BINS)
    return float(np.abs(gaps).sum() / len(chance))
