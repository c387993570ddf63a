"""What each list of cues and each piece speaks for: written by people, and learnt on top of it."""

import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from ahocorasick_rs import AhoCorasick
from numpy.typing import NDArray

from tingda.lib.cues import Cues
from tingda.lib.intents.features import Met

NAMES = ("asks", "seeks_help", "complains", "reports", "suggests", "thanks", "other")
TRUST = 0.3
"""How much a weight written by hand counts beside the learnt ones."""

_HEARD = 0.1
_MARKED = frozenset("|?^$")
_ROW = re.compile(r"-?\d{1,6}(?: -?\d{1,6}){7}")
ENOUGH = 90
"""Known pieces that count in full."""

FINE = 100  # weights are kept in hundredths
_URGENT = Path(__file__).parents[1] / "urgency/urgency.toml"  # dangers are listed once, there
_BY_SOMEBODY = frozenset(("violence", "abuse", "driving"))
_FELT = ("supply", "hazard", "ill", "suffers", "repeated")
LEARNT = Path(__file__).with_name("weights.txt")

Weights = NDArray[np.float32]


class Heard(NamedTuple):
    """How loud each of `NAMES` is; known pieces as (number, start, end) in `Met.said`.

    `rows` (n, 7) is what each of the pieces `numbers` says.
    """

    scores: Weights
    pieces: list[tuple[int, int, int]]
    share: float
    numbers: list[int]
    rows: Weights


class Speakers:
    """What each list and each piece says for each of `NAMES`.

    `lists` (l, 7) and `rows` (p, 7) are divided by the temperature already; `spread[p]` is how many
    of the texts that were learnt from have the piece.
    """

    def __init__(
        self, names: Sequence[str], lists: Weights, pieces: Sequence[str], rows: Weights
    ) -> None:
        self.names, self.pieces, self.lists, self.rows = tuple(names), tuple(pieces), lists, rows
        self._at = {name: row for row, name in enumerate(names)}
        self._automaton = AhoCorasick(pieces) if pieces else None
        self._can_be_shown = bytes(map(_can_be_shown, pieces))
        self._loud: dict[int, dict[str, float]] = {}

    def hear(self, found: Met) -> Heard:
        """What speaks for what in a text."""
        find = self._automaton.find_matches_as_indexes if self._automaton else None
        known = find(found.said, overlapping=True) if find else []
        numbers = list({number for number, _start, _end in known})
        share = share_of(len(numbers))
        rows = self.rows.take(numbers, 0)
        pieces = rows.sum(0) * share
        get = self._at.get
        said = [(row, much) for name, much in found.lists.items() if (row := get(name)) is not None]
        much = np.array([much for _row, much in said], np.float32)
        scores = pieces + much @ self.lists.take([row for row, _much in said], 0)
        return Heard(scores, known, share, numbers, rows)

    def loud(self, intent: int) -> Mapping[str, float]:
        """The lists that speak for an intent, and how much."""
        if intent not in self._loud:
            said = zip(self.names, self.lists[:, intent].tolist(), strict=True)
            self._loud[intent] = {name: much for name, much in said if much > 0}
        return self._loud[intent]

    def shown(self, heard: Heard, intent: int) -> dict[int, float]:
        """What each piece that was heard says for an intent; no single characters and marks."""
        column = heard.rows[:, intent].tolist()
        return {
            number: much
            for number, much in zip(heard.numbers, column, strict=True)
            if much > _HEARD and self._can_be_shown[number]
        }


def share_of(pieces: int) -> float:
    """What one piece counts: of a longer text each counts less, since it says more by chance."""
    return math.sqrt(min(1.0, ENOUGH / max(1, pieces)))


def _can_be_shown(piece: str) -> bool:
    return len(piece) > (4 if piece[0] == " " else 1) and _MARKED.isdisjoint(piece)


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of cues, and what is written to speak for what."""

    cues: Cues
    weights: Mapping[str, Sequence[float]]


@lru_cache(1)
def lists() -> Lists:
    """The lists and weights of `intents.toml`, with the dangers of `urgency.toml`."""
    written = tomllib.loads(Path(__file__).with_name("intents.toml").read_text("utf-8"))
    weights: dict[str, list[float]] = {}
    for name, cue in written["cue"].items():
        row = [float(cue.get(intent, 0)) for intent in NAMES]
        weights[name] = row
        for place in ("first", "last"):
            weights[f"{name} {place}"] = [one * (cue.get(place, 1.0) - 1) for one in row]
    for name, shape in written["shape"].items():
        weights[name] = [float(shape.get(intent, 0)) for intent in NAMES]
    groups = {name: list(cue["words"]) for name, cue in written["cue"].items()}
    urgent = tomllib.loads(_URGENT.read_text("utf-8"))
    for name, words in urgent["danger"].items():
        groups["harmed" if name in _BY_SOMEBODY else "danger_now"] += words
    groups["serious"] += [word for name in _FELT for word in urgent["serious"][name]]
    groups["beside"] = list(urgent["beside"]["words"])
    return Lists(Cues(groups), weights)


class Shipped(NamedTuple):
    """The weights that come with the product; `spread` is how widespread each piece is."""

    speakers: Speakers
    spread: Mapping[str, int]


@lru_cache(1)
def shipped() -> Shipped:
    """Written weights and what was learnt on top of them (scripts/fit_intents.py)."""
    return joined(lists().weights, LEARNT.read_text("utf-8") if LEARNT.exists() else "")


def joined(written: Mapping[str, Sequence[float]], learnt: str) -> Shipped:
    """Both as one. A list that the office took out is passed over, as is a damaged line."""
    names, numbers = _lines(learnt)
    table = numbers[:, : len(NAMES)].astype(np.float32) / FINE
    at = {name: row for row, name in enumerate(names)}
    heat = max(float(table[at["= temperature"], 0]), 1 / FINE) if "= temperature" in at else 1.0
    known = np.array([TRUST * np.array(row) for row in written.values()], np.float32)
    for row, name in enumerate(written):
        if (found := at.get(f"= {name}")) is not None:
            known[row] += table[found]
    pieces = [row for row, name in enumerate(names) if not name.startswith("= ")]
    told = [names[row] for row in pieces]
    spread = dict(zip(told, numbers[pieces, -1].tolist(), strict=True))
    known, rows = (known / heat).astype(np.float32), (table[pieces] / heat).astype(np.float32)
    return Shipped(Speakers(tuple(written), known, told, rows), spread)


def _lines(learnt: str) -> tuple[list[str], NDArray[np.int64]]:
    """The names and their whole numbers, (lines, 8)."""
    lines = [line.partition("\t") for line in learnt.split("\n")]
    lines = [line for line in lines if _ROW.fullmatch(line[2])]
    numbers = np.fromstring(" ".join(row for _name, _tab, row in lines), dtype=np.int64, sep=" ")
    return [name for name, _tab, _row in lines], numbers.reshape(-1, len(NAMES) + 1)


def written_out(
    lists_learnt: Mapping[str, Iterable[float]],
    pieces: Mapping[str, tuple[Iterable[float], int]],
    temperature: float,
) -> str:
    """The file that `speakers` reads: a name, what it adds for each intent, how widespread."""
    rows = [("= temperature", [temperature] * len(NAMES), 0)]
    rows += [(f"= {name}", list(row), 0) for name, row in lists_learnt.items()]
    rows += [(piece, list(row), spread) for piece, (row, spread) in pieces.items()]
    lines = []
    for name, row, spread in rows:
        numbers = [str(round(one * FINE)) for one in row]
        lines.append(f"{name}\t{' '.join(numbers)} {spread}")
    return "\n".join(lines) + "\n"
