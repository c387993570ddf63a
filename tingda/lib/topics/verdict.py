"""A new model against how topics were told until now, on rows that neither has learnt from; and
the measures that decide.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tingda.lib.topics.kinds import Example, Said
from tingda.lib.topics.model import Model
from tingda.lib.topics.training import parts, train

BINS = 10
FEWEST_ROWS = 10
"""Rows under which one row more or less would decide."""

FOLDS = 5
MAY_FALL = 0.02
"""Of macro-F1 on rows long held out: what people corrected lately must not cost the rest more."""


class Measures(NamedTuple):
    """Macro-F1, the share that is right, and how far probabilities are off; each 0 to 1."""

    f1: float
    accuracy: float
    error: float


class Judged(NamedTuple):
    """A row, the likeliest topic by the new and by the old way, and how sure the new one is."""

    example: Example
    new: str | None
    old: str | None
    probability: float


class Compared(NamedTuple):
    """Whether the new is `better`, the measures of both, and each row."""

    better: bool
    new: Measures
    old: Measures
    judged: list[Judged]


def compared(
    new: Model,
    old: Model,
    *,
    held: Sequence[Example],
    fresh: Sequence[Example],
    learnt_from: Sequence[Example],
) -> Compared:
    """Compare on `held`, which neither learnt from, and on `fresh`, which only the new one did:
    there it is asked in parts, each by a model that learnt all of `learnt_from` but that part.

    The new one is better if its macro-F1 over all these rows is higher, or equal and its
    probabilities more right, and it is no worse on `held` than MAY_FALL. With fewer than ten rows
    nothing is told.
    """
    rows = [*held, *fresh]
    found_new = [*_asked(new, held), *_crossed(new, fresh, learnt_from)]
    found_old = _asked(old, rows)
    new_all, old_all = _measured(found_new, rows), _measured(found_old, rows)
    new_held = _measured(found_new[: len(held)], held)
    old_held = _measured(found_old[: len(held)], held)
    better = (
        len(rows) >= FEWEST_ROWS
        and (new_all.f1, -new_all.error) > (old_all.f1, -old_all.error)
        and (len(held) < FEWEST_ROWS or new_held.f1 >= old_held.f1 - MAY_FALL)
    )
    judged = [
        Judged(row, one, other, sure)
        for row, (one, sure), (other, _q) in zip(rows, found_new, found_old, strict=True)
    ]
    return Compared(better, new_all, old_all, judged)


Answer = tuple[str | None, float]


def _asked(model: Model, rows: Sequence[Example]) -> list[Answer]:
    found = model.judge([Said(row.title, row.body) for row in rows], words=0)
    return [(one.likeliest, one.probability) for one in found]


def _crossed(new: Model, fresh: Sequence[Example], learnt_from: Sequence[Example]) -> list[Answer]:
    answers: dict[int, Answer] = {}
    part_of = parts(fresh, FOLDS)
    for part in sorted(set(part_of)):
        asked = [number for number, one in enumerate(part_of) if one == part]
        left_out = {fresh[number] for number in asked}
        others = [row for row in learnt_from if row not in left_out]
        model = train(others, new.topics, settings=new.settings)
        answers |= zip(asked, _asked(model, [fresh[number] for number in asked]), strict=True)
    return [answers[number] for number in range(len(fresh))]


def _measured(found: Sequence[Answer], rows: Sequence[Example]) -> Measures:
    right = [row.topic for row in rows]
    guesses = [guess for guess, _probability in found]
    hits = [guess == topic for guess, topic in zip(guesses, right, strict=True)]
    error = calibration_error([probability for _guess, probability in found], hits)
    accuracy = sum(hits) / len(hits) if hits else 0.0
    return Measures(round(macro_f1(guesses, right), 4), round(accuracy, 4), round(error, 4))


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
