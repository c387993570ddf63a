"""Examples to measure on: a CSV file in UTF-8 with a header row."""

import csv
from pathlib import Path

from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

LONGEST_FIELD = 2_000_000
"""Characters of a field; a text of a megabyte is an example as well."""


def read_examples(path: Path, columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The named columns of every row. Refused where one is missing or there is no row."""
    csv.field_size_limit(LONGEST_FIELD)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(_("读不了这个文件：%(error)s"), error=str(error)) from error
    if not rows:
        raise Refused(_("这个文件里没有例子：%(file)s"), file=path.name)
    missing = [name for name in columns if name not in rows[0]]
    if missing:
        raise Refused(_("缺少这一列：%(column)s"), column=missing[0])
    return [tuple(row[name] or "" for name in columns) for row in rows]


def ratio(part: int, whole: int) -> float:
    """A share to four places; 1 where there was nothing to be right or wrong about."""
    return round(part / whole, 4) if whole else 1.0
