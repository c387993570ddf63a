"""How well repeats are told: pairs of texts `a,b,repeat`, held to `tingda.lib.repeats`."""

from collections import Counter
from pathlib import Path
from typing import TypedDict

from tingda.evaluate.examples import ratio, read_examples
from tingda.lib.refusal import Refused
from tingda.lib.repeats import is_repeat
from tingda.lib.words import mark as _


class Report(TypedDict):
    """Of the pairs called repeats, and of those that are."""

    precision: float
    recall: float
    f1: float


def evaluate_repeats(path: Path) -> Report:
    """Refused where `repeat` is neither 1 nor 0."""
    counts: Counter[tuple[bool, bool]] = Counter()
    for number, (a, b, repeat) in enumerate(read_examples(path, ("a", "b", "repeat")), start=2):
        if repeat.strip() not in ("0", "1"):
            raise Refused(_("第 %(row)s 行的 repeat 应是 1 或 0"), row=number)
        counts[is_repeat(a, b).repeat, repeat.strip() == "1"] += 1
    right = counts[True, True]
    precision = ratio(right, right + counts[True, False])
    recall = ratio(right, right + counts[False, True])
    both = precision + recall
    return Report(
        precision=precision,
        recall=recall,
        f1=round(2 * precision * recall / both, 4) if both else 0.0,
    )
