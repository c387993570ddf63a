"""What corrections taught, as bytes: numpy arrays and a JSON header in one file, never a pickle."""

import hashlib
import io
import json
import zipfile

import numpy as np
from numpy.typing import NDArray

from tingda.lib.intents.taught import SIGN, Taught, of_arrays
from tingda.lib.intents.weights import NAMES
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

VERSION = 1
LARGEST = 64 * 1024 * 1024
"""Bytes that a packed file may have when unpacked."""

_ARRAYS = {"pieces": "|u1", "rows": "<f4"}


def pack(one: Taught) -> bytes:
    """As a compressed npz file with a digest; the same gives the same bytes."""
    voice = one.speakers
    names = "\n".join([*(SIGN + name for name in voice.names), *voice.pieces]).encode("utf-8")
    rows = np.concatenate([voice.lists, voice.rows])
    arrays = {"pieces": np.frombuffer(names, np.uint8), "rows": rows}
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
        rows = arrays["rows"].astype(np.float32)
        fits = rows.shape == (len(at), len(NAMES)) and bool(np.isfinite(rows).all())
        told = header.pop("digest")
        if not fits or told != _digest(header, arrays):
            raise _damaged()
        return of_arrays(at, rows, int(str(header["count"])))
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
