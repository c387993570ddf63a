"""How well personal data is found: texts with spans `text,spans`, held to `tingda.lib.masks`.

Counted in characters. Over all, a character is right when it is covered, by whatever kind; under
`kinds` also the kind has to be right.
"""

import json
from collections import Counter
from pathlib import Path
from typing import TypedDict

from tingda.evaluate.examples import ratio, read_examples
from tingda.lib.masks import KINDS, masks
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

Marked = set[tuple[int, str]]  # index of a character, kind


class Share(TypedDict):
    """Of the characters covered, and of those that should be."""

    precision: float
    recall: float


class Report(Share):
    """Over all, and for each kind that occurs."""

    kinds: dict[str, Share]


def evaluate_masks(path: Path) -> Report:
    """Refused where spans are not a JSON list of `[start, end, kind]` within the text."""
    every: Counter[str] = Counter()
    kinds = {kind: Counter[str]() for kind in KINDS}
    for number, (text, spans) in enumerate(read_examples(path, ("text", "spans")), start=2):
        wanted = _wanted(text, spans, number)
        found = {(at, mask.kind) for mask in masks(text) for at in range(mask.start, mask.end)}
        _count(every, {at for at, _kind in found}, {at for at, _kind in wanted})
        for kind, counts in kinds.items():
            _count(counts, _of(found, kind), _of(wanted, kind))
    seen = {kind: _share(counts) for kind, counts in kinds.items() if counts.total()}
    return Report(**_share(every), kinds=seen)


def _wanted(text: str, spans: str, row: int) -> Marked:
    try:
        listed = [(int(start), int(end), str(kind)) for start, end, kind in json.loads(spans)]
    except (ValueError, TypeError) as error:
        raise Refused(_("第 %(row)s 行的 spans 读不懂"), row=row) from error
    for start, end, kind in listed:
        if not 0 <= start < end <= len(text) or kind not in KINDS:
            raise Refused(_("第 %(row)s 行的 spans 不在原文里，或种类不对"), row=row)
    return {(at, kind) for start, end, kind in listed for at in range(start, end)}


def _of(marked: Marked, kind: str) -> set[int]:
    return {at for at, one in marked if one == kind}


def _count(counts: Counter[str], found: set[int], wanted: set[int]) -> None:
    counts["right"] += len(found & wanted)
    counts["found"] += len(found)
    counts["wanted"] += len(wanted)


def _share(counts: Counter[str]) -> Share:
    return Share(
        precision=ratio(counts["right"], counts["found"]),
        recall=ratio(counts["right"], counts["wanted"]),
    )
