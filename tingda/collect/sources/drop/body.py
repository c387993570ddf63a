"""What was delivered over the web, row by row, read with the import's tolerance."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from itertools import islice
from pathlib import Path
from typing import Literal

from tingda.collect import rules
from tingda.collect.sources.table.read import Told, told
from tingda.lib.refusal import Refused
from tingda.lib.tables import BadRow, Row, open_table
from tingda.lib.words import mark as _

Form = Literal["json", "csv"]
MOST_ROWS = 5_000
_BYTE_MARK = b"\xef\xbb\xbf"


class TooMany(Refused):
    """More rows than one delivery may bring."""


def read_body(
    body: bytes, form: Form, given: Mapping[str, str], *, now: datetime, zone: tzinfo
) -> list[Told]:
    """All rows: one JSON object, a list of them, one a line, or a CSV table. `given` is
    {column: field} as the office said. Refused where nothing can be made of it.

    Objects may name their fields differently: each is recognised by its own names.
    """
    found: list[Told] = []
    known: dict[tuple[str, ...], dict[str, str]] = {}
    for row in islice(_rows(body, form), MOST_ROWS + 1):
        if isinstance(row, Row):
            columns = tuple(row.values)
            if columns not in known:
                here = {name: field for name, field in given.items() if name in columns}
                known[columns] = rules.recognise(columns, here)
            found.append(told(row, known[columns], now, zone))
        else:
            found.append(told(row, {}, now, zone))
    if len(found) > MOST_ROWS:
        raise TooMany(_("一次最多 %(most)s 行，请分几次送来"), most=MOST_ROWS)
    return found


def _rows(body: bytes, form: Form) -> Iterator[Row | BadRow]:
    if form == "json":
        lines = _lines(body.removeprefix(_BYTE_MARK))
        if not lines:
            return
        body, name = lines, "body.jsonl"
    else:
        name = "body.csv"
    with tempfile.TemporaryDirectory(prefix="tingda-") as folder:
        path = Path(folder) / name
        path.write_bytes(body)
        yield from open_table(path).rows()


def _lines(body: bytes) -> bytes:
    """The objects, one a line."""
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        return _own_lines(body)
    items = whole if isinstance(whole, list) else [whole]
    if items and not any(isinstance(item, dict) for item in items):
        raise Refused(_("要送来 JSON 对象，或者一列 JSON 对象"))
    return "\n".join(json.dumps(item) for item in items).encode()


def _own_lines(body: bytes) -> bytes:
    """A body that is no JSON as a whole: one object a line, or broken."""
    first = next((line for line in body.splitlines() if line.strip()), b"")
    try:
        good = isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        good = False
    if not good:
        raise Refused(_("看不懂：不是完整的 JSON，也不是每行一个 JSON 对象"))
    return body
