"""Writes tingda/lib/urgency/fitted.txt: how much what is met in a text weighs for its urgency.

    .venv/bin/python scripts/fit_urgency.py evaluate/urgency.csv evaluate/urgency_more.csv \
        evaluate/urgency_wide.csv evaluate/urgency_short.csv evaluate/urgency_writer_*.csv [--apart]

These files are what was learnt from (`urgency_writer_*`: one file for each writer, `urgency_wide`:
many kinds of danger beside what only looks like it, `urgency_short` in a few words of Chinese and
English); `evaluate/urgency_held.csv` and `urgency_short_held.csv` are never among them.
Multinomial regression, held small. With `--apart` nothing is written: each file of a writer is
measured by weights that were fitted without it. `BOUND_OF_3` is the bound at which that finds 95
of 100 dangers.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from tingda.evaluate.judging import LEVELS, rows_of
from tingda.lib.cues import read
from tingda.lib.urgency.features import PAIR, WORD, paused
from tingda.lib.urgency.fitted import BOUND, FILE
from tingda.lib.urgency.judge import Lists

HELD, ROUNDS = 0.7, 80
LIST, TWO, SMALL = 0.5, 0.3, 0.9  # how freely a list, two in one clause, a small word may speak
FEWEST = 3  # rows with a small word or two lists, for these to be weighed at all
LEAST = 0.045  # a weight below speaks too softly to be written
BOUND_OF_3 = 0.32
Features = dict[str, float]
Floats = NDArray[np.float64]


def scaled(features: Features) -> Features:
    """Each feature as loud as its kind may be."""
    return {name: value * scale(name) for name, value in features.items()}


def scale(name: str) -> float:
    """How loud a kind may be."""
    if name in ("always", "long"):
        return 1.0
    if name.startswith(WORD):
        return SMALL
    return TWO if PAIR in name else LIST


def matrix(rows: Sequence[Features], names: Sequence[str]) -> csr_matrix:
    """Rows by features."""
    at = {name: column for column, name in enumerate(names)}
    cells = [
        (row, at[name], value)
        for row, features in enumerate(rows)
        for name, value in features.items()
        if name in at
    ]
    found, columns, values = zip(*cells, strict=True)
    return csr_matrix((values, (found, columns)), shape=(len(rows), len(names)))


def fit(rows: Sequence[Features], levels: Sequence[int]) -> tuple[list[str], Floats]:
    """The names that are weighed and their weights, by L-BFGS."""
    counts = Counter(name for features in rows for name in features)
    names = sorted(name for name, count in counts.items() if count >= FEWEST)
    found = matrix(rows, names)
    turned = found.T.tocsr()
    wanted = np.eye(len(LEVELS))[list(levels)]
    free = np.array([0.0 if name == "always" else HELD for name in names])[:, None]

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(len(names), len(LEVELS))
        scores = found @ weights
        chance = np.exp(scores - scores.max(1, keepdims=True))
        chance /= chance.sum(1, keepdims=True)
        lost = -float((wanted * np.log(chance + 1e-12)).sum())
        slope = turned @ (chance - wanted) + free * weights
        return lost + 0.5 * float((free * weights**2).sum()), slope.ravel()

    start = np.zeros(len(names) * len(LEVELS))
    done = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS})
    return names, done.x.reshape(len(names), len(LEVELS))


def chances(rows: Sequence[Features], names: Sequence[str], weights: Floats) -> Floats:
    """The probability of each level."""
    scores = matrix(rows, names) @ weights
    chance = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(chance / chance.sum(1, keepdims=True))


def told(name: str, levels: Sequence[int], chance: Floats) -> str:
    """Measures of one set: at the bound, and how many false 3s a recall would cost."""
    truth = np.array(levels)
    found = np.where(chance[:, 3] >= BOUND_OF_3, 3, chance[:, :3].argmax(1))
    scores = [
        2
        * ((found == level) & (truth == level)).sum()
        / max(1, (found == level).sum() + (truth == level).sum())
        for level in range(len(LEVELS))
    ]
    three = np.sort(chance[truth == 3, 3])
    needed = [three[int((1 - recall) * len(three))] for recall in (0.9, 0.95)]
    costs = [1000 * (chance[truth != 3, 3] >= one).mean() for one in needed]
    recall = (found[truth == 3] == 3).mean()
    false = 1000 * (found[truth != 3] == 3).mean()
    return (
        f"{name}: rows {len(truth)}, macro-F1 {np.mean(scores):.3f}, recall of 3 {recall:.3f}, "
        f"false 3 per 1000 {false:.0f}; bounds {needed[0]:.2f} {needed[1]:.2f} would give "
        f"{costs[0]:.0f} {costs[1]:.0f}"
    )


def write(names: Sequence[str], weights: Floats) -> None:
    """The weights as the judge reads them, without those that hardly speak."""
    lines = [f"{BOUND}\t{BOUND_OF_3}"]
    for name, row in zip(names, weights, strict=True):
        loud = (row - row.mean()) * scale(name)
        if np.abs(loud).max() >= LEAST or name == "always":
            lines.append(f"{name}\t{' '.join(f'{one:.2f}' for one in loud)}")
    FILE.write_text("\n".join(lines) + "\n", "utf-8")


def main(arguments: list[str]) -> None:
    """Read the rows, fit, write or measure."""
    lists = Lists()
    rows: dict[str, list[Features]] = {}
    levels: dict[str, list[int]] = {}
    for file in (Path(one) for one in arguments if not one.startswith("--")):
        table = rows_of(file, "urgency", LEVELS)
        rows[file.stem] = [
            scaled(lists.features(read("", paused(text)).text)) for text, _level in table
        ]
        levels[file.stem] = [int(level) for _text, level in table]
    if "--apart" not in arguments:
        write(*fit([*chain(*rows.values())], [*chain(*levels.values())]))
        return
    truth: list[int] = []
    found: list[Floats] = []
    for apart in (name for name in rows if name.startswith("urgency_writer")):
        kept = [name for name in rows if name != apart]
        names, weights = fit(
            [one for name in kept for one in rows[name]],
            [one for name in kept for one in levels[name]],
        )
        found.append(chances(rows[apart], names, weights))
        truth += levels[apart]
        sys.stdout.write(told(apart, levels[apart], found[-1]) + "\n")
        sys.stdout.flush()
    sys.stdout.write(told("together", truth, np.vstack(found)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
