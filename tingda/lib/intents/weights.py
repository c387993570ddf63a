"""What each list of cues and each piece speaks for: written by people, and learnt on top of it."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tingda.lib.cues import Cues
from tingda.lib.intents.features import Met

NAMES = ("asks", "seeks_help", "complains", "reports", "suggests", "thanks", "other")
TRUST = 0.3
"""How much a weight written by hand counts beside the learnt ones."""

_HEARD = 0.1
_MARKED = frozenset("|?^$")
FINE = 100  # weights are kept in hundredths
_URGENT = Path(__file__).parents[1] / "urgency/urgency.toml"  # dangers are listed once, there
_BY_SOMEBODY = frozenset(("violence", "abuse", "driving"))
_FELT = ("supply", "hazard", "ill", "suffers", "repeated")
LEARNT = Path(__file__).with_name("weights.txt")

Weights = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Speakers:
    """`rows[at[name]]` is what a list or piece says for each of `NAMES`; a list is `= name`.

    `spread[row]` is how many of the texts that were learnt from have the piece.
    """

    at: Mapping[str, int]
    rows: Weights
    spread: NDArray[np.int64]
    temperature: float = 1.0

    telling: tuple[Mapping[str, float], ...] = ()
    """For each intent what speaks for it and can be shown: lists, and pieces of some length."""

    def score(self, found: Met) -> Weights:
        """How loud each intent is."""
        get = self.at.get
        pieces = [row for row in map(get, set(found.pieces)) if row is not None]
        lists = [(get(f"= {name}"), much) for name, much in found.lists.items() if much]
        known = [(row, much) for row, much in lists if row is not None]
        total = self.rows[pieces].sum(0) * found.share
        if known:
            total += np.array([much for _row, much in known], np.float32) @ self.rows[
                [row for row, _much in known]
            ]
        result: Weights = total / self.temperature
        return result


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


@lru_cache(1)
def shipped() -> Speakers:
    """The weights that come with the product (scripts/fit_intents.py)."""
    return speakers(lists().weights, LEARNT.read_text("utf-8") if LEARNT.exists() else "")


def speakers(written: Mapping[str, Sequence[float]], learnt: str) -> Speakers:
    """Both as one. A list that the office took out is passed over, as is a damaged line."""
    at = {f"= {name}": row for row, name in enumerate(written)}
    rows = [[TRUST * one for one in row] for row in written.values()]
    spread, temperature = [0] * len(rows), 1.0
    names, numbers = _lines(learnt)
    for name, found in zip(names, numbers, strict=True):
        if name == "= temperature":
            temperature = max(found[0], 1) / FINE
        elif name in at:
            row = rows[at[name]]
            rows[at[name]] = [one + more / FINE for one, more in zip(row, found, strict=False)]
        elif not name.startswith("= "):
            at[name] = len(rows)
            rows.append([one / FINE for one in found[: len(NAMES)]])
            spread.append(found[-1])
    table = np.array(rows, np.float32).reshape(-1, len(NAMES))
    return Speakers(at, table, np.array(spread, np.int64), temperature, telling(at, table))


def telling(at: Mapping[str, int], rows: Weights) -> tuple[Mapping[str, float], ...]:
    """Of each intent what speaks for it, but for single characters and marks."""
    shown = [(name, row) for name, row in at.items() if _can_be_shown(name)]
    numbers = rows[[row for _name, row in shown]].T.tolist()
    return tuple(
        {name: one for (name, _row), one in zip(shown, column, strict=True) if one > _HEARD}
        for column in numbers
    )


def _can_be_shown(name: str) -> bool:
    if name.startswith("= "):
        return not name.endswith((" first", " last"))
    return len(name) > (3 if name[0] == " " else 1) and _MARKED.isdisjoint(name)


def _lines(learnt: str) -> tuple[list[str], list[list[int]]]:
    names, numbers = [], []
    for line in learnt.split("\n"):
        name, tab, row = line.partition("\t")
        try:
            found = list(map(int, row.split(" "))) if tab else []
        except ValueError:
            continue
        if len(found) == len(NAMES) + 1:
            names.append(name)
            numbers.append(found)
    return names, numbers


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
