"""How well voices are grouped by settings that were chosen on other issues than they are judged by.

Settings that are judged by what they were chosen on look better than they are (Hastie, Tibshirani &
Friedman, "The Elements of Statistical Learning", ch. 7: cross-validation).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from random import Random
from typing import TypedDict

from tingda.detect.rules import Item, Settings
from tingda.evaluate.issues import bcubed, read_stream, stream_of, truth_of
from tingda.evaluate.issues_grouped import group_stream

FACTORS = (0.7, 1.0, 1.4)  # of the thresholds: for the same place, and for all others
SPLITS = 10

Found = Mapping[str, int]  # row -> group


class Held(TypedDict):
    """`mean` and `least` B-cubed F1 of the halves that settings were not chosen on, of `halves`
    (each split both ways); `of_each` is the F1 over all rows by each setting, by its factors."""

    mean: float
    least: float
    halves: int
    of_each: dict[str, float]


def evaluate_held_out(stream: Path, truth: Path, seed: int = 1) -> Held:
    """Issues of the truth are halved at random; the thresholds best on one half are judged by the
    other. What the rules themselves look at was thought of with all issues known."""
    said = stream_of(stream)
    _judged, items = read_stream(said)
    rows = [row.id for row in said]
    meant = {row: issue for row, issue in truth_of(truth).items() if row in set(rows)}
    runs = {
        f"{near} {far}": _grouped(items, rows, near, far) for near, far in product(FACTORS, FACTORS)
    }
    judged = [_chosen(runs, meant, half) for half in _halves(sorted(set(meant.values())), seed)]
    return Held(
        mean=round(sum(judged) / len(judged), 4),
        least=min(judged),
        halves=len(judged),
        of_each={name: bcubed(found, meant)["f1"] for name, found in runs.items()},
    )


def _grouped(items: Sequence[Item], rows: Sequence[str], near: float, far: float) -> Found:
    usual = Settings()
    settings = replace(
        usual,
        same_place=usual.same_place * near,
        unplaced=usual.unplaced * far,
        other_place=usual.other_place * far,
    )
    issue_of, _renumbered = group_stream(items, settings)
    return {rows[key]: issue for key, issue in issue_of.items()}


def _halves(issues: Sequence[str], seed: int) -> list[frozenset[str]]:
    random, halves = Random(seed), []  # noqa: S311 - a drawing that anyone may foresee
    for _ in range(SPLITS):
        half = frozenset(random.sample(issues, len(issues) // 2))
        halves += [half, frozenset(issues) - half]
    return halves


def _chosen(runs: Mapping[str, Found], meant: Mapping[str, str], half: frozenset[str]) -> float:
    """The F1 over the other half, of the settings that are best over this one."""
    here = {row: issue for row, issue in meant.items() if issue in half}
    there = {row: issue for row, issue in meant.items() if issue not in half}
    best = max(runs.values(), key=lambda found: bcubed(found, here)["f1"])
    return bcubed(best, there)["f1"]
