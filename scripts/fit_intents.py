"""Writes tingda/lib/intents/fitted.txt: what is added to the weights of intents.toml.

    .venv/bin/python scripts/fit_intents.py evaluate/intents.csv evaluate/intents_more.csv

Multinomial regression that starts from the written weights and is held near them. Fitted on our own
sentences only; `evaluate/intents_held.csv` is never among them.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tingda.evaluate.judging import rows_of
from tingda.lib.cues import read
from tingda.lib.intents import judge

HELD, ROUNDS, STEP = 4.0, 800, 0.03
CODES = {name: code for code, name in enumerate(judge.NAMES)}


def fit(
    features: NDArray[np.float64], wanted: NDArray[np.int64], start: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The weights, by Adam over all rows; small classes count a little more."""
    count = len(judge.NAMES)
    target = np.eye(count)[wanted]
    share = np.sqrt(len(wanted) / count / np.maximum(1, np.bincount(wanted, minlength=count)))
    weights, mean, spread = start.copy(), np.zeros_like(start), np.zeros_like(start)
    for turn in range(1, ROUNDS + 1):
        scores = features @ weights
        chance = np.exp(scores - scores.max(1, keepdims=True))
        chance /= chance.sum(1, keepdims=True)
        slope = features.T @ ((chance - target) * share[wanted][:, None])
        slope += HELD * (weights - start)
        mean = 0.9 * mean + 0.1 * slope
        spread = 0.99 * spread + 0.01 * slope**2
        weights -= STEP * (mean / (1 - 0.9**turn)) / (np.sqrt(spread / (1 - 0.99**turn)) + 1e-8)
    return weights


def main(files: list[str]) -> None:
    """Read the rows, fit, write."""
    rows = [row for file in files for row in rows_of(Path(file), "intent", judge.CHINESE)]
    lists = judge.written_lists()
    names = sorted(lists.weights)
    start = np.array([lists.weights[name] for name in names])
    features = np.zeros((len(rows), len(names)))
    for at, (text, _wanted) in enumerate(rows):
        folded = read("", text).text
        for name, value in judge.features_of(folded, lists.cues.find(folded)).items():
            features[at, names.index(name)] = value
    wanted = np.array([CODES[judge.CHINESE[label]] for _text, label in rows])
    added = fit(features, wanted, start) - start
    lines = [
        f"{name}\t{' '.join(f'{one:.2f}' for one in row)}"
        for name, row in zip(names, added, strict=True)
    ]
    Path(judge.__file__).with_name("fitted.txt").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
