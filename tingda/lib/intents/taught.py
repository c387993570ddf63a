"""What an office's own corrections change: a little is added to the weights that ship.

The same form as the shipped weights, held at nought (L2) and started there, so that what is rare
and shared by the corrected voices moves, and what every voice says stays as it was.
"""

import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tingda.lib.cues import read
from tingda.lib.intents.features import Met, met
from tingda.lib.intents.weights import NAMES, Speakers, Weights, lists, shipped, telling
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

VERSION = 1
LARGEST = 64 * 1024 * 1024
"""Bytes that a packed file may have when unpacked."""

MOST_PIECES = 30_000
RESTRAINT, ROUNDS = 0.5, 150
_LIST = 0.3  # lists are met everywhere: they move less than a piece that nobody had before
_ARRAYS = {"pieces": "|u1", "rows": "<f4"}

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
        return _of([], np.zeros((0, len(NAMES)), np.float32), len(rows))
    base = np.array([shipped().score(one) for one in found], np.float64)
    wanted = np.array([NAMES.index(name) for _title, _text, name in rows])
    scale = np.array([_moves(name) for name in names])
    learnt = _fit(_table(found, names, scale), base, wanted, len(names)) * scale[:, None]
    return _of(names, learnt.astype(np.float32), len(rows))


def _met(title: str, text: str) -> Met:
    reading = read(title, text)
    return met(reading.text, lists().cues.find(reading.text))


def _kept(found: Sequence[Met]) -> list[str]:
    """Lists, and the pieces that two rows share; the most widespread where there are too many."""
    counts = Counter(piece for one in found for piece in set(one.pieces))
    pieces = [piece for piece, count in counts.items() if count > 1]
    pieces = sorted(sorted(pieces, key=lambda one: (-counts[one], one))[:MOST_PIECES])
    groups = {f"= {hit.group}" for one in found for hit in one.hits if hit.group != "beside"}
    return sorted(groups) + pieces


def _moves(name: str) -> float:
    """How easily a list or piece moves: the rarer it is in what ships, the more."""
    if name.startswith("= "):
        return _LIST
    row = shipped().at.get(name)
    spread = 1.0 if row is None else float(shipped().spread[row])
    return 1 / (1 + np.log1p(spread) / 2)


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
        here = {at[piece]: one.share for piece in one.pieces if piece in at}
        here |= {at[f"= {name}"]: v for name, v in one.lists.items() if f"= {name}" in at}
        entries += [(text, term, value * scale[term]) for term, value in sorted(here.items())]
    text, term, value = zip(*entries, strict=True)
    return _Table(np.array(text), np.array(term), np.array(value, np.float64))


def _fit(table: _Table, base: Floats, wanted: NDArray[np.int64], count: int) -> Floats:
    """The residual, by Nesterov's accelerated gradient for what is strongly convex."""
    right = np.eye(len(NAMES))[wanted]

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
        chance = np.exp(scores - scores.max(1, keepdims=True))
        chance /= chance.sum(1, keepdims=True)
        stepped = ahead - (turned(chance - right) + RESTRAINT * ahead) / steep
        ahead = stepped + pull * (stepped - weights)
        weights = stepped
    return weights


def _sums(at: NDArray[np.int64], values: Floats, count: int) -> Floats:
    columns = [np.bincount(at, weights=column, minlength=count) for column in values.T]
    return np.stack(columns, 1)


def _steepness(table: _Table, count: int, rows: int) -> float:
    """The largest eigenvalue of the table with itself, a little above, by power iteration."""
    vector = np.ones(count) / count**0.5
    length = 1.0
    for _turn in range(20):
        image = np.bincount(table.text, weights=vector[table.term] * table.value, minlength=rows)
        vector = np.bincount(table.term, weights=image[table.text] * table.value, minlength=count)
        length = float(np.linalg.norm(vector)) or 1.0
        vector /= length
    return 1.2 * length


def _of(names: Sequence[str], rows: Weights, count: int) -> Taught:
    at = {name: number for number, name in enumerate(names)}
    return Taught(Speakers(at, rows, np.ones(len(at), np.int64), 1.0, telling(at, rows)), count)


def pack(one: Taught) -> bytes:
    """As a compressed npz file with a digest; the same gives the same bytes."""
    names = "\n".join(one.speakers.at).encode("utf-8")
    arrays = {"pieces": np.frombuffer(names, np.uint8), "rows": one.speakers.rows}
    header = {"version": VERSION, "names": list(NAMES), "count": one.count}
    header["digest"] = _digest(header, arrays)
    sheet = io.BytesIO()
    text = json.dumps(header, sort_keys=True).encode("utf-8")
    everything = {"header": np.frombuffer(text, np.uint8), **arrays}
    np.savez_compressed(sheet, **everything)  # type: ignore[arg-type] # its stub: names are flags
    return sheet.getvalue()


def unpack(data: bytes) -> Taught:
    """What `pack` made. Refused: a damaged file, one of a newer version or of other intents."""
    try:
        header, arrays = _read(data)
        version = int(str(header["version"]))
    except Exception as error:  # a damaged file fails in more ways than can be listed
        raise _damaged() from error
    if version > VERSION or header.get("names") != list(NAMES):
        raise Refused(
            _("意图的学习结果是另一个版本（%(found)s）做的，这个版本只认识到 %(known)s"),
            found=version,
            known=VERSION,
        )
    try:
        names = arrays["pieces"].tobytes().decode("utf-8")
        at = names.split("\n") if names else []
        rows = arrays["rows"]
        fits = rows.shape == (len(at), len(NAMES)) and bool(np.isfinite(rows).all())
        told = header.pop("digest")
        if not fits or told != _digest(header, arrays):
            raise _damaged()
        return _of(at, rows, int(str(header["count"])))
    except Refused:
        raise
    except Exception as error:  # right in form, wrong in contents
        raise _damaged() from error


def _damaged() -> Refused:
    return Refused(_("意图的学习结果已损坏，读不出来"))


def _read(data: bytes) -> tuple[dict[str, object], dict[str, NDArray[np.generic]]]:
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        if sum(part.file_size for part in parts.infolist()) > LARGEST:
            raise _damaged()
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        header = json.loads(found["header"].tobytes().decode("utf-8"))
        arrays = {name: found[name] for name in _ARRAYS}
    if any(arrays[name].dtype.str != kind for name, kind in _ARRAYS.items()):
        raise _damaged()
    return header, arrays


def _digest(header: dict[str, object], arrays: dict[str, NDArray[np.generic]]) -> str:
    said = hashlib.sha256(json.dumps(header, sort_keys=True).encode("utf-8"))
    for name in sorted(arrays):
        said.update(f"{name} {arrays[name].shape}".encode())
        said.update(np.ascontiguousarray(arrays[name]).tobytes())
    return said.hexdigest()
