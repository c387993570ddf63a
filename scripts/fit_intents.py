"""Writes tingda/lib/intents/weights.txt: what speaks for which intent, learnt from our sentences.

    .venv/bin/python scripts/fit_intents.py            # learn and write
    .venv/bin/python scripts/fit_intents.py --measure  # each writer judged by what the others teach

Learns from all of evaluate/intents*.csv but `intents_held.csv`; every file has one writer, except
that `intents.csv` and `intents_more.csv` have the same. The same rows give the same file.
"""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.sparse import csr_array

from tingda.evaluate.judging import rows_of
from tingda.lib.cues import read
from tingda.lib.intents import weights as shipped
from tingda.lib.intents.features import Met, met, pieces_of
from tingda.lib.intents.judge import CHINESE
from tingda.lib.intents.weights import NAMES, TRUST

SETS = Path(__file__).parents[1] / "evaluate"
NEVER = "intents_held"
SAME = {"intents_more": "intents"}
RESTRAINT, RESTRAINT_OF_LISTS, ROUNDS, LEAST = 4.0, 10.0, 80, 2
COUNTED = 0.5  # what each piece counts in each intent before anything is seen
FAINT = 0.035  # what says less than this for every intent is left out of the file

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Rows:
    """All sentences: what was met in each, what is wanted, who wrote it."""

    def __init__(self) -> None:
        self.met: list[Met] = []
        wanted: list[int] = []
        writers: list[str] = []
        for file in sorted(SETS.glob("intents*.csv")):
            if file.stem == NEVER:
                continue
            for text, label in rows_of(file, "intent", CHINESE):
                folded = read("", text).text
                self.met.append(met(folded, shipped.lists().cues.find(folded)))
                wanted.append(NAMES.index(CHINESE[label]))
                writers.append(SAME.get(file.stem, file.stem))
        self.wanted, self.writers = np.array(wanted), np.array(writers)
        self.lists = list(shipped.lists().weights)
        self.pieces_of = [pieces_of(one.said) for one in self.met]

    def pieces(self, chosen: NDArray[np.bool_]) -> dict[str, int]:
        """The pieces of some rows that are not alone, and how many rows have each."""
        spread: Counter[str] = Counter()
        for at in np.flatnonzero(chosen):
            spread.update(self.pieces_of[at])
        return {piece: spread[piece] for piece in sorted(spread) if spread[piece] >= LEAST}

    def table(self, pieces: dict[str, int]) -> csr_array:
        """Lists first, then pieces."""
        at = {f"= {name}": number for number, name in enumerate(self.lists)}
        at |= {piece: number for number, piece in enumerate(pieces, start=len(at))}
        text, term, value = [], [], []
        for number, one in enumerate(self.met):
            said = {f"= {name}": much for name, much in one.lists.items()}
            known = [piece for piece in self.pieces_of[number] if piece in at]
            said |= dict.fromkeys(sorted(known), shipped.share_of(len(known)))
            for name, much in said.items():
                if name in at and much:
                    text.append(number)
                    term.append(at[name])
                    value.append(much)
        return csr_array((value, (text, term)), shape=(len(self.met), len(at)))


def fit(table: csr_array, wanted: Ints, start: Floats, restraint: Floats) -> Floats:
    """Multinomial regression (L2 around `start`, L-BFGS); small classes count a little more."""
    count = len(NAMES)
    right = np.eye(count)[wanted]
    share = np.sqrt(len(wanted) / count / np.maximum(1, np.bincount(wanted, minlength=count)))
    loud, turned, base = share[wanted][:, None], csr_array(table.T), table @ start

    def loss(flat: Floats) -> tuple[float, Floats]:
        added = flat.reshape(start.shape)
        scores = base + table @ added
        top = scores.max(1, keepdims=True)
        logs = scores - top - np.log(np.exp(scores - top).sum(1, keepdims=True))
        slope = turned @ ((np.exp(logs) - right) * loud) + restraint * added
        value = -float((logs * right * loud).sum()) + float((restraint * added**2).sum()) / 2
        return value, slope.ravel()

    done = minimize(
        loss, np.zeros(start.size), jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS}
    )
    found: Floats = done.x.reshape(start.shape)
    return found


def parting(table: csr_array, wanted: Ints, lists: int) -> Floats:
    """How much each piece parts one intent from the others, after Wang & Manning 2012."""
    met = csr_array(table)
    met.data = np.ones_like(met.data)
    here = met.T @ np.eye(len(NAMES))[wanted] + COUNTED
    elsewhere = here.sum(axis=1, keepdims=True) - here
    ratio = np.log(here / here.sum(axis=0)) - np.log(elsewhere / elsewhere.sum(axis=0))
    scale: Floats = np.sqrt(np.abs(ratio).max(axis=1))
    scale /= scale[lists:].mean()
    scale[:lists] = 1.0
    return scale


def learn(
    rows: Rows, chosen: NDArray[np.bool_]
) -> tuple[dict[str, int], csr_array, Floats, Floats]:
    """The pieces, the table of all rows, where the weights start, and what is added."""
    pieces = rows.pieces(chosen)
    table = rows.table(pieces)
    written = np.array([shipped.lists().weights[name] for name in rows.lists]) * TRUST
    start = np.vstack([written, np.zeros((len(pieces), len(NAMES)))])
    restraint = np.full((len(start), 1), RESTRAINT)
    restraint[: len(written)] = RESTRAINT_OF_LISTS
    seen, wanted = csr_array(table[chosen]), rows.wanted[chosen]
    scale = parting(seen, wanted, len(written))
    scaled = csr_array(seen.multiply(scale[None, :]))
    return pieces, table, start, fit(scaled, wanted, start, restraint) * scale[:, None]


def unseen(rows: Rows) -> Floats:
    """The scores of every row by what the other writers taught."""
    scores = np.zeros((len(rows.wanted), len(NAMES)))
    for writer in np.unique(rows.writers):
        others = rows.writers != writer
        _pieces, table, start, added = learn(rows, others)
        scores[~others] = table[~others] @ (start + added)
    return scores


def log_chances(scores: Floats, temperature: float) -> Floats:
    cooled = scores / temperature
    top = cooled.max(1, keepdims=True)
    result: Floats = cooled - top - np.log(np.exp(cooled - top).sum(1, keepdims=True))
    return result


def temperature_of(scores: Floats, wanted: Ints) -> float:
    """By what to divide, so that probabilities are right on writers not learnt from."""
    every = np.arange(len(wanted))
    found = minimize_scalar(
        lambda log: -float(log_chances(scores, np.exp(log))[every, wanted].mean()),
        bounds=(-1.5, 1.5),
        method="bounded",
    )
    return float(np.exp(found.x))


def macro(wanted: Ints, found: Ints) -> float:
    marks = []
    for code in np.unique(wanted):
        both = int(((wanted == code) & (found == code)).sum())
        marks.append(2 * both / max(1, int((wanted == code).sum() + (found == code).sum())))
    return float(np.mean(marks))


def measure(rows: Rows) -> None:
    """Prints how well each writer is judged by what the others teach, and how sure."""
    scores = unseen(rows)
    found, writers = scores.argmax(1), np.unique(rows.writers)
    marks = [macro(rows.wanted[rows.writers == w], found[rows.writers == w]) for w in writers]
    heat = temperature_of(scores, rows.wanted)
    chance = np.exp(log_chances(scores, heat)).max(1)
    right = found == rows.wanted
    lines = [f"{writer}\t{mark:.3f}" for writer, mark in zip(writers, marks, strict=True)]
    lines.append(f"mean\t{np.mean(marks):.4f}\tall\t{macro(rows.wanted, found):.4f}\t{heat:.2f}")
    for least in (0.4, 0.45, 0.5, 0.55, 0.6, 0.7):
        sure = chance >= least
        lines.append(f"sure {least}\t{sure.mean():.3f}\tright {right[sure].mean():.3f}")
    for low in np.arange(0.2, 1, 0.1):
        part = (chance >= low) & (chance < low + 0.1)
        if part.any():
            lines.append(f"{low:.1f}\t{part.sum()}\t{right[part].mean():.3f}")
    sys.stdout.write("\n".join(lines) + "\n")


def main(arguments: list[str]) -> None:
    rows = Rows()
    if "--measure" in arguments:
        measure(rows)
        return
    heat = temperature_of(unseen(rows), rows.wanted)
    pieces, _table, _start, added = learn(rows, np.ones(len(rows.wanted), bool))
    count = len(rows.lists)
    learnt = {
        piece: (row, spread)
        for (piece, spread), row in zip(pieces.items(), added[count:].tolist(), strict=True)
        if max(map(abs, row)) >= FAINT
    }
    lists = dict(zip(rows.lists, added[:count].tolist(), strict=True))
    shipped.LEARNT.write_text(shipped.written_out(lists, learnt, heat), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
