"""An office's learning as bytes, to be kept; never a pickle."""

import io
import zipfile
from dataclasses import fields

import numpy as np

from tingda.lib.rising.curve import Curve
from tingda.lib.rising.office import Office
from tingda.lib.rising.usual import Usual


def pack(office: Office) -> bytes:
    """Everything that was learnt."""
    sheet = io.BytesIO()
    values = {
        f"{part}.{field.name}": np.asarray(getattr(thing, field.name))
        for part, thing in (("usual", office.usual), ("curve", office.curve))
        for field in fields(thing)
    }
    np.savez_compressed(sheet, **values)  # type: ignore[arg-type] # its stub: names are flags
    return sheet.getvalue()


def unpack(data: bytes) -> Office | None:
    """What was learnt; None where there is nothing that can be read."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as sheet:
            parts = {one.name: _value(sheet[f"usual.{one.name}"]) for one in fields(Usual)}
            usual = Usual(**parts)  # type: ignore[arg-type] # numbers and tables as they were
            curve = Curve(**{one.name: sheet[f"curve.{one.name}"] for one in fields(Curve)})
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile):
        return None
    return Office(usual, curve)


def _value(value: "np.typing.NDArray[np.float64]") -> "np.typing.NDArray[np.float64] | float":
    return float(value) if value.ndim == 0 else value
