"""What an office's own corrections change: a little is added to the weights that ship.

The same form as the shipped weights, held at nought (L2) and started there, so that what is rare
and shared by the corrected voices moves, and what every voice says stays as it was.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tingda.lib.cues import read
from tingda.lib.intents.features import Met, met, pieces_of
from tingda.lib.intents.weights import NAMES, Speakers, Weights, lists, share_of, shipped
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

MOST_PIECES = 30_000
RESTRAINT, ROUNDS = 0.5, 60
_LIST = 0.3  # lists are met everywhere: they move less than a piece that nobody had before
SIGN = "="  # of a list; pieces have a mark for it

Floats = NDArray[np.float64]
Row = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Taught:
    """What was learnt of `count` rows."""

    speakers: Speakers
    count: int


def taught(rows: Sequence[Row]) -> Taught:
    """Learns from (title, text, one of `NAMES`); the same rows teach the same.

    Refused: an intent that is not known.
    """
    for number, (_title, _text, name) in enumerate(rows, start=1):
        if name not in NAMES:
            raise Refused(_("第 %(number)s 条的“%(label)s”不认识"), number=number, label=name)
    found = [_met(title, text) for title, text, _name in rows]
    names = _kept(found)
    if not names:
        return of_arrays([], np.zeros((0, len(NAMES)), np.float32), len(rows))
    base = np.array([shipped().speakers.hear(one).scores for one in found], np.float64)
    wanted = np.array([NAMES.index(name) for _title, _text, name in rows])
    scale = np.array([_moves(name) for name in names])
    learnt = _fit(_table(found, names, scale), base, wanted, len(names)) * scale[:, None]
    return of_arrays(names, learnt.astype(np.float32), len(rows))


def _met(title: str, text: str) -> Met:
    reading = read(title, text)
    return met(reading.text, lists().cues.find(reading.text))


def _kept(found: Sequence[Met]) -> list[str]:
    """Lists, and the pieces that two rows share; the most widespread where there are too many."""
    counts = Counter(piece for one in found for piece in pieces_of(one.said))
    pieces = [piece for piece, count in counts.items() if count > 1]
    pieces = sorted(sorted(pieces, key=lambda one: (-counts[one], one))[:MOST_PIECES])
    groups = {hit.group for one in found for hit in one.hits if hit.group != "beside"}
    return [SIGN + group for group in sorted(groups)] + pieces


def _moves(name: str) -> float:
    """How easily a list or piece moves: the rarer it is in what ships, the more."""
    if name.startswith(SIGN):
        return _LIST
    return float(1 / (1 + np.log1p(shipped().spread.get(name, 1)) / 2))


@dataclass(frozen=True, slots=True)
class _Table:
    """A sparse table: `value[i]` in `text[i]`, `term[i]`."""

    text: NDArray[np.int64]
    term: NDArray[np.int64]
    value: Floats


def _table(found: Sequence[Met], names: Sequence[str], scale: Floats) -> _Table:
    at = {name: number for number, name in enumerate(names)}
    entries: list[tuple[int, int, float]] = []
    for text, one in enumerate(found):
        pieces = [at[piece] for piece in pieces_of(one.said) if piece in at]
        here = dict.fromkeys(pieces, share_of(len(pieces)))
        for name, much in one.lists.items():
            if (term := at.get(SIGN + name)) is not None:
                here[term] = much
        entries += [(text, term, value * scale[term]) for term, value in sorted(here.items())]
    texts, terms, values = zip(*entries, strict=True)
    return _Table(np.array(texts), np.array(terms), np.array(values, np.float64))


def _fit(table: _Table, base: Floats, wanted: NDArray[np.int64], count: int) -> Floats:
    """The residual, by Nesterov's accelerated gradient for what is strongly convex."""
    right: Floats = np.eye(len(NAMES))[wanted]

    def turned(errors: Floats) -> Floats:
        return _sums(table.term, errors[table.text] * table.value[:, None], count)

    def scored(weights: Floats) -> Floats:
        return _sums(table.text, weights[table.term] * table.value[:, None], len(wanted))

    steep = _steepness(table, count, len(wanted)) / 2 + RESTRAINT
    slow = (RESTRAINT / steep) ** 0.5
    pull = (1 - slow) / (1 + slow)
    weights = ahead = np.zeros((count, len(NAMES)))
    for _turn in range(ROUNDS):
        scores = base + scored(ahead)
        chance: Floats = np.exp(scores - scores.max(1, keepdims=True))
        chance = chance / chance.sum(1, keepdims=True)
        stepped = ahead - (turned(chance - right) + RESTRAINT * ahead) / steep
        ahead = stepped + pull * (stepped - weights)
        weights = stepped
    return weights


def _sums(at: NDArray[np.int64], values: Floats, count: int) -> Floats:
    columns = [np.bincount(at, weights=column, minlength=count) for column in values.T]
    return np.stack(columns, 1)


def _steepness(table: _Table, count: int, rows: int) -> float:
    """The largest eigenvalue of the table with itself, a little above, by power iteration."""
    vector: Floats = np.full(count, count**-0.5)
    length = 1.0
    for _turn in range(20):
        image = np.bincount(table.text, weights=vector[table.term] * table.value, minlength=rows)
        back = np.bincount(table.term, weights=image[table.text] * table.value, minlength=count)
        length = float(np.linalg.norm(back)) or 1.0
        vector = back.astype(np.float64) / length
    return 1.2 * length


def of_arrays(names: Sequence[str], rows: Weights, count: int) -> Taught:
    """From names, the lists first and signed, and what each adds (names, 7)."""
    lists = [name for name in names if name.startswith(SIGN)]
    told = [name.removeprefix(SIGN) for name in lists]
    pieces = names[len(lists) :]
    return Taught(Speakers(told, rows[: len(lists)], pieces, rows[len(lists) :]), count)
