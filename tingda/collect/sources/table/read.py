"""The rows of an imported table as entries; those that cannot be heard, with the reason."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any

from tingda.collect import rules
from tingda.lib.refusal import Refused
from tingda.lib.tables import BadRow, Raw, Row, Table

BATCH_ROWS = 500
BATCH_LENGTH = 1024 * 1024  # characters: a cell may hold a megabyte, and memory stays flat
SAMPLE_ROWS = 100
SAMPLE_CELL = 4000  # characters
SAMPLE_LENGTH = 500_000


@dataclass(frozen=True, slots=True)
class Told:
    """One row as it stood: `entry` is what is heard of it, or `reason` why nothing is."""

    number: int
    raw: Raw
    entry: rules.Entry | None = None
    reason: Refused | None = None


def told(row: Row | BadRow, mapping: Mapping[str, str], now: datetime, zone: tzinfo) -> Told:
    """What is heard of one row. `now` is what 昨天 in a row is counted from."""
    if isinstance(row, BadRow):
        return Told(row.number, row.raw, reason=row.reason)
    try:
        entry = rules.to_entry(row.values, mapping, now=now, zone=zone)
    except Refused as refusal:
        return Told(row.number, row.raw, reason=refusal)
    return Told(row.number, row.raw, entry=replace(entry, guid=_guid(entry)))


def _guid(entry: rules.Entry) -> str:
    """The same row again is the same voice. Other words under the same number are another one:
    two spreadsheets often both count from 1, and all answers to a post share its address.
    """
    said = [entry.title, entry.text]
    if not entry.guid:
        said += [entry.author, entry.said_at.isoformat() if entry.said_at else ""]
    words = hashlib.sha256("\0".join(said).encode("utf-8", "replace")).hexdigest()
    return f"{rules.identity(entry)} {words}"


def batches(
    table: Table, mapping: Mapping[str, str], *, now: datetime, zone: tzinfo
) -> Iterator[list[Told]]:
    """All rows in their order. The same file is always cut at the same places."""
    batch: list[Told] = []
    length = 0
    for row in table.rows():
        batch.append(told(row, mapping, now, zone))
        length += _length(row.raw)
        if len(batch) >= BATCH_ROWS or length >= BATCH_LENGTH:
            yield batch
            batch, length = [], 0
    if batch:
        yield batch


def _length(raw: Raw) -> int:
    return len(raw) if isinstance(raw, str) else sum(map(len, raw))


# --- a look before anything is kept ---


def take_sample(table: Table) -> dict[str, Any]:
    """The beginning of a table as JSON values, small enough to be looked at again and again."""
    rows: list[dict[str, Any]] = []
    left = SAMPLE_LENGTH
    for row in table.rows():
        taken = _sampled(row)
        left -= len(str(taken))
        rows.append(taken)
        if len(rows) >= SAMPLE_ROWS or left <= 0:
            break
    return {
        "format": table.format,
        "encoding": table.encoding,
        "columns": table.columns,
        "rows": rows,
    }


def _sampled(row: Row | BadRow) -> dict[str, Any]:
    if isinstance(row, Row):
        cells = {name: cell[:SAMPLE_CELL] for name, cell in row.values.items()}
        return {"number": row.number, "values": cells}
    raw = row.raw if isinstance(row.raw, str) else " ".join(row.raw)
    params = {name: str(value) for name, value in row.reason.params.items()}
    return {
        "number": row.number,
        "raw": raw[:SAMPLE_CELL],
        "reason": row.reason.message,
        "params": params,
    }


@dataclass(frozen=True)
class Sample:
    """The beginning of a table: what it is, its columns with an example, its rows as told."""

    format: str
    encoding: str
    columns: list[tuple[str, str]]
    rows: list[Told]


def read_sample(
    taken: Mapping[str, Any], mapping: Mapping[str, str], *, now: datetime, zone: tzinfo
) -> Sample:
    """What `take_sample` kept, as it would be heard with this mapping of field to column."""
    rows = [_row(one) for one in taken["rows"]]
    return Sample(
        format=taken["format"],
        encoding=taken["encoding"],
        columns=[(name, _example(name, rows)) for name in taken["columns"]],
        rows=[told(row, mapping, now, zone) for row in rows],
    )


def _row(one: Mapping[str, Any]) -> Row | BadRow:
    if "values" in one:
        return Row(one["number"], one["values"], tuple(one["values"].values()))
    return BadRow(one["number"], one["raw"], Refused(one["reason"], **one["params"]))


def _example(column: str, rows: Iterable[Row | BadRow]) -> str:
    cells = (row.values.get(column, "").strip() for row in rows if isinstance(row, Row))
    return next((cell for cell in cells if cell), "")
