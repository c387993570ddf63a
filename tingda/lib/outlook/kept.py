"""What was learnt, as plain values that JSON keeps, and back."""

from dataclasses import asdict, fields

import numpy as np

from tingda.lib.outlook.bands import Bands
from tingda.lib.outlook.learning import Lessons
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

FORM = 1  # changes when what is kept means something else


def plain(lessons: Lessons) -> dict[str, object]:
    """Lists and numbers."""
    return {"form": FORM} | {name: _plain(value) for name, value in asdict(lessons).items()}


def lessons_of(kept: dict[str, object]) -> Lessons:
    """The lessons. Refused: damaged, or kept by another version."""
    try:
        if kept["form"] != FORM:
            raise ValueError(kept["form"])
        bands = kept["bands"]
        if not isinstance(bands, list):
            raise TypeError(bands)
        return Lessons(
            weekdays=np.array(kept["weekdays"], dtype=float),
            life=np.array(kept["life"], dtype=float),
            mix=np.array(kept["mix"], dtype=float),
            bands=tuple(
                Bands(**{one.name: np.array(band[one.name], float) for one in fields(Bands)})
                for band in bands
            ),
            issues=int(str(kept["issues"])),
            origins=np.array(kept["origins"], dtype=np.int64),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(_("走势的经验读不出来，等后台重新学一次")) from error


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray):
        return np.round(value, 10).tolist() if value.dtype.kind == "f" else value.tolist()
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value
