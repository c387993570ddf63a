"""Writes what could not be taken in, so that it can be mended and read again."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from tingda.lib.tables import BROKEN_LINE, REASON, Format, Raw


def rejects_suffix(form: Format) -> str:
    """The kind of file rejects go to: JSONL stays JSONL, CSV and XLSX become CSV."""
    return ".jsonl" if form == "jsonl" else ".csv"


class Rejects:
    """Writes rejected rows whole, with the reason last, so that they can be mended and read again.

    The file appears with the first row; `count` says how many went in.
    """

    def __init__(self, path: Path, columns: Sequence[str], form: Format) -> None:
        self.path = path
        self.count = 0
        self._columns = list(columns)
        self._form = form
        self._file: TextIO | None = None

    def __enter__(self) -> "Rejects":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def add(self, raw: Raw, reason: str) -> None:
        """Write one `raw` of a Row or BadRow. Errors of the disk are the caller's to report."""
        if self._file is None:
            self._file = self._start()
        if isinstance(raw, str):
            self._file.write(json.dumps(_with_reason(raw, reason), ensure_ascii=False) + "\n")
        else:
            width = len(self._columns)
            cells = list(raw) + [""] * (width - len(raw))
            csv.writer(self._file).writerow([*cells[:width], reason, *cells[width:]])
        self._file.flush()
        self.count += 1

    def _start(self) -> TextIO:
        # The mark at the start is for Excel, which otherwise reads UTF-8 as the local charset.
        encoding = "utf-8" if self._form == "jsonl" else "utf-8-sig"
        file = self.path.open("w", encoding=encoding, newline="")
        if self._form != "jsonl":
            csv.writer(file).writerow([*self._columns, REASON])
        return file


def _with_reason(line: str, reason: str) -> dict[str, object]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    return {**(found if isinstance(found, dict) else {BROKEN_LINE: line}), REASON: reason}
