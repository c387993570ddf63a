"""A model as bytes: numpy arrays and a JSON header in one file, never a pickle.

The same model gives the same bytes. A file from outside is taken for what it says only after its
digest, its version, its topics and the shape of each array were found right.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tingda.lib.refusal import Refused
from tingda.lib.topics.kinds import Settings, Topic, checked
from tingda.lib.topics.model import Model, Taught
from tingda.lib.topics.terms import Vocabulary
from tingda.lib.words import mark as _

VERSION = 1
DAMAGED = _("主题模型文件已损坏，读不出来")
NEWER = _("主题模型是更新的版本（%(found)s）做的，这个版本只认识到 %(known)s")
TOPICS_CHANGED = _("主题表在模型训练之后改过，需要重新训练")
LARGEST = 512 * 1024 * 1024
"""Bytes that a model may have when unpacked."""

_HEADER = "header"
_TERMS = ("words", "pairs")
_ARRAYS = {"rarity": "<f8", "weights": "<f4", "bias": "<f8"}

Arrays = dict[str, NDArray[Any]]


def pack(model: Model) -> bytes:
    """The model as a compressed npz file."""
    arrays: Arrays = {}
    taught = model.taught
    if taught is not None:
        arrays = {
            "words": _signs(taught.vocabulary.words),
            "pairs": _signs(taught.vocabulary.pairs),
            "rarity": taught.vocabulary.rarity,
            "weights": taught.weights,
            "bias": taught.bias,
        }
    header = {
        "version": VERSION,
        "topics": [asdict(topic) for topic in model.topics],
        "settings": asdict(model.settings),
        "rows": model.rows,
        "temperature": taught.temperature if taught else 1.0,
    }
    header["digest"] = _digest(header, arrays)
    text = json.dumps(header, ensure_ascii=False, sort_keys=True)
    sheet = io.BytesIO()
    everything: Arrays = {_HEADER: _bytes(text), **arrays}
    np.savez_compressed(sheet, **everything)  # type: ignore[arg-type] # its stub: names are flags
    return sheet.getvalue()


def unpack(data: bytes, topics: Sequence[Topic]) -> Model:
    """The model that `pack` made, to sort into these topics.

    Refused: a damaged file, one of a newer version, one made for another list of topics. Names
    and keywords may have changed since; the model goes by those it was made with.
    """
    wanted = {topic.key for topic in checked(topics)}
    try:
        header, arrays = _read(data)
        version = int(header["version"])
    except Refused:
        raise
    except Exception as error:  # a damaged file fails in more ways than can be listed
        raise _damaged() from error
    if version > VERSION:
        raise Refused(NEWER, found=version, known=VERSION)
    try:
        if header.pop("digest") != _digest(header, arrays):
            raise _damaged()
        model = _model(header, arrays)
    except Refused:
        raise
    except Exception as error:  # right digest, wrong contents: somebody else's file
        raise _damaged() from error
    if {topic.key for topic in model.topics} != wanted:
        raise Refused(TOPICS_CHANGED)
    return model


def _damaged() -> Refused:
    return Refused(DAMAGED)


def _read(data: bytes) -> tuple[dict[str, Any], Arrays]:
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        if sum(part.file_size for part in parts.infolist()) > LARGEST:
            raise _damaged()
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        arrays = {name: found[name] for name in found.files}
    header = json.loads(arrays.pop(_HEADER).tobytes().decode("utf-8"))
    return header, arrays


def _model(header: Mapping[str, Any], arrays: Arrays) -> Model:
    topics = checked([
        Topic(row["key"], row["name"], row["description"], tuple(row["keywords"]))
        for row in header["topics"]
    ])  # fmt: skip
    settings = Settings(**header["settings"])
    if not header["rows"]:
        return Model(topics, settings)
    words, pairs = (_terms(arrays[name]) for name in _TERMS)
    rarity, weights, bias = (_numbers(arrays[name], kind) for name, kind in _ARRAYS.items())
    size = len(words) + len(pairs)
    if (rarity.shape, weights.shape) != ((size,), (size, len(topics))):
        raise _damaged()
    temperature = float(header["temperature"])
    if bias.shape != (len(topics),) or not 0 < temperature < np.inf:
        raise _damaged()
    vocabulary = Vocabulary(words, pairs, rarity)
    return Model(topics, settings, Taught(vocabulary, weights, bias, temperature, header["rows"]))


def _numbers(array: NDArray[Any], kind: str) -> NDArray[Any]:
    if array.dtype.str != kind or not np.isfinite(array).all():
        raise _damaged()
    return array


def _bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode("utf-8"), dtype=np.uint8)


def _signs(terms: Sequence[str]) -> NDArray[np.uint8]:
    return _bytes("\n".join(terms))


def _terms(array: NDArray[Any]) -> list[str]:
    text = array.tobytes().decode("utf-8")
    return text.split("\n") if text else []


def _digest(header: Mapping[str, object], arrays: Arrays) -> str:
    said = hashlib.sha256(json.dumps(header, ensure_ascii=False, sort_keys=True).encode("utf-8"))
    for name in sorted(arrays):
        array = arrays[name]
        said.update(f"{name} {array.dtype.str} {array.shape}".encode())
        said.update(np.ascontiguousarray(array).tobytes())
    return said.hexdigest()
