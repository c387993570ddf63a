"""Reads tables of unknown make (CSV, XLSX, JSONL) row by row, in flat memory.

A row that cannot be read comes out as a `BadRow` in its place; only a file of which nothing can
be made is refused. XLSX goes through openpyxl's streaming reader: calamine builds the whole
rectangle in memory, and one cell at XFD1048576 aborts the process.
"""

import csv
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

from tingda.lib.charsets import SPOILED, TextLines, TooLong, looks_binary, text_encoding
from tingda.lib.refusal import Refused
from tingda.lib.sheets import UNPACKED_LIMIT, Sheet
from tingda.lib.words import mark as _

Format = Literal["csv", "xlsx", "jsonl"]
Raw = tuple[str, ...] | str

REASON = "原因"
BROKEN_LINE = "原行"
CELL_LIMIT = 4 * 1024 * 1024  # characters
LINE_LIMIT = 2 * CELL_LIMIT
SAMPLE_LINES = 1000
LONGEST_NAME = 100
ZIP = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
JSON_NAMES = (".jsonl", ".ndjson", ".json")

# The csv module has one limit for the process; its own (128 KB) is less than people paste.
csv.field_size_limit(CELL_LIMIT)


@dataclass(frozen=True, slots=True)
class Row:
    """One readable row. `number` counts as a spreadsheet does (header included)."""

    number: int
    values: dict[str, str]
    raw: Raw


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that cannot be read, as it stood, and why."""

    number: int
    raw: Raw
    reason: Refused


class Table(ABC):
    """An opened table: `columns`, `format`, `encoding`; `position` of `size` for a progress bar."""

    format: Format
    encoding: str
    columns: list[str]
    size: int
    position: int

    @abstractmethod
    def rows(self) -> Iterator[Row | BadRow]:
        """Read from the start, once per call. Refused midway only if the file itself breaks."""


def open_table(path: Path, *, unpacked_limit: int = UNPACKED_LIMIT) -> Table:
    """Look into a file and say what it is; the content decides, not the name.

    Refuses a file that is missing, empty, binary, locked, broken, without a header, or (XLSX)
    larger than `unpacked_limit` bytes when unpacked.
    """
    head = _head(path)
    if head.startswith(OLD_EXCEL):
        raise Refused(_("这是旧版 Excel（.xls）或加了密码的表格。请去掉密码，另存为 .xlsx 再导入"))
    if head.startswith(ZIP):
        return XlsxTable(path, unpacked_limit)
    if looks_binary(head):
        raise Refused(_("这不是表格文件（内容是二进制数据）。请导入 CSV、XLSX 或 JSONL"))
    encoding = text_encoding(path)
    first = head.decode(encoding, "ignore").lstrip("\ufeff \t\r\n")
    if not first:
        raise Refused(_("文件是空的"))
    if first.lower().startswith(("<html", "<!doctype", "<table", "<?xml")):
        raise Refused(
            _("这是网页格式的文件，不是表格。请用 Excel 或 WPS 打开，另存为 .xlsx 再导入")
        )
    if first[0] == "[" and path.suffix.lower() in JSON_NAMES:
        raise Refused(_("这是一个 JSON 数组。请改成每行一个对象（JSONL）再导入"))
    if first[0] == "{" or path.suffix.lower() in JSON_NAMES:
        return JsonTable(path, encoding)
    return CsvTable(path, encoding)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(64 * 1024)
    except FileNotFoundError:
        raise Refused(_("没有这个文件：%(path)s"), path=path) from None
    except OSError as error:
        raise Refused(
            _("打不开文件：%(path)s（%(error)s）"), path=path, error=error.strerror
        ) from error
    if not head:
        raise Refused(_("文件是空的"))
    return head


# --- CSV ---


class CsvTable(Table):
    """Comma, semicolon or tab; quoted newlines; one bad row spoils nothing else."""

    format: Format = "csv"

    def __init__(self, path: Path, encoding: str) -> None:
        self._path = path
        self.encoding = encoding
        self.size = path.stat().st_size
        self.position = 0
        self._delimiter = ","
        self._width = 0
        self._header_number, header = self._find_header()
        self._width = len(header)
        self.columns, self._reason_at = _columns(header)

    def _find_header(self) -> tuple[int, list[str]]:
        with _text(self._path, self.encoding) as file:
            try:
                line = next((line for line in TextLines(file, LINE_LIMIT) if line.strip()), "")
            except TooLong:
                raise Refused(_("第一行太长，不像表头")) from None
        self._delimiter = max(",;\t", key=lambda mark: len(_split(line, mark)))
        for number, cells in self._records():
            if isinstance(cells, BadRow):
                raise cells.reason
            if any(cell.strip() for cell in cells):
                return number, cells
        raise Refused(_("文件是空的"))

    def rows(self) -> Iterator[Row | BadRow]:
        for number, cells in self._records():
            if number <= self._header_number:
                continue
            if isinstance(cells, BadRow):
                raw = _without(list(cells.raw), self._reason_at)
                yield BadRow(number, tuple(raw), cells.reason)
            elif any(cell.strip() for cell in cells):
                yield _row(number, cells, self.columns, self._reason_at)

    def _records(self) -> Iterator[tuple[int, list[str] | BadRow]]:
        with _text(self._path, self.encoding) as file:
            lines = TextLines(file, LINE_LIMIT)
            reader = csv.reader(lines, delimiter=self._delimiter)
            number = 0
            while True:
                lines.taken.clear()
                number += 1
                self.position = lines.position
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except (csv.Error, TooLong):
                    yield number, self._first_only(number, lines, _("这一行太长，或引号没有配对"))
                    continue
                if self._swallowed(cells, lines):
                    yield number, self._first_only(number, lines, _("引号没有配对"))
                elif SPOILED.search(bad := "".join(lines.taken)):
                    yield number, BadRow(number, _mended(cells), _spoiled(bad, self.encoding))
                else:
                    yield number, cells

    def _swallowed(self, cells: list[str], lines: TextLines) -> bool:
        """Whether an opening quote without its partner has eaten the rows after it."""
        if len(lines.taken) < 2:
            return False
        if lines.ended and "".join(lines.taken).count('"') % 2:
            return True
        width = self._width
        return bool(width) and len(cells) != width == len(_split(lines.taken[1], self._delimiter))

    def _first_only(self, number: int, lines: TextLines, reason: str) -> BadRow:
        """Give up the first line of what was taken and read the others again."""
        first, *others = lines.taken
        lines.put_back(others)
        return BadRow(number, _mended(_split(first, self._delimiter)), Refused(reason))


def _split(line: str, delimiter: str) -> list[str]:
    bare = line.rstrip("\r\n")
    if bare.count('"') % 2:
        return bare.split(delimiter)
    try:
        return next(csv.reader([bare], delimiter=delimiter), [])
    except csv.Error:
        return [line[:CELL_LIMIT]]


@contextmanager
def _text(path: Path, encoding: str) -> Iterator[TextIO]:
    with path.open(encoding=encoding, errors="tables-spoiled", newline="") as file:
        yield file


def _mended(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(SPOILED.sub("\ufffd", cell) for cell in cells)


def _spoiled(text: str, encoding: str) -> Refused:
    if "\x00" in text:
        return Refused(_("含有不可用的字符（空字符）"))
    return Refused(_("含有无法识别的字节（文件按 %(encoding)s 读取）"), encoding=encoding)


# --- what CSV and XLSX share ---


def _columns(header: list[str]) -> tuple[list[str], int | None]:
    """Make the names usable and unique; also where our own reason column stands, if it does."""
    names = [" ".join(name.replace("\ufeff", "").split()) for name in header]
    while names and not names[-1]:
        names.pop()
    if not names or any(len(name) > LONGEST_NAME for name in names):
        raise Refused(_("第一行不像表头。请在第一行写上列名，如：标题、内容、时间"))
    if all(re.fullmatch(r"[\d\s.,:/+-]*", name) for name in names):
        raise Refused(_("第一行都是数字，不像表头。请在第一行写上列名，如：标题、内容、时间"))
    reason_at = len(names) - 1 if len(names) > 1 and names[-1] == REASON else None
    if reason_at is not None:
        names.pop()
    unique: dict[str, None] = {}
    for index, name in enumerate(names, start=1):
        label, again = name or f"#{index}", 2
        while label in unique:
            label, again = f"{name or f'#{index}'} {again}", again + 1
        unique[label] = None
    return list(unique), reason_at


def _without(cells: list[str], index: int | None) -> list[str]:
    return cells if index is None else cells[:index] + cells[index + 1 :]


def _row(number: int, cells: list[str], columns: list[str], reason_at: int | None) -> Row | BadRow:
    cells = _without(cells, reason_at)
    while len(cells) > len(columns) and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != len(columns):
        reason = Refused(
            _("这一行有 %(found)s 格，表头有 %(expected)s 格"),
            found=len(cells),
            expected=len(columns),
        )
        return BadRow(number, tuple(cells), reason)
    return Row(number, dict(zip(columns, cells, strict=True)), tuple(cells))


# --- XLSX ---


class XlsxTable(Table):
    """The first visible sheet with anything on it."""

    format: Format = "xlsx"
    encoding = "utf-8"

    def __init__(self, path: Path, unpacked_limit: int) -> None:
        self._sheet = Sheet(path, unpacked_limit)
        self.size = self._sheet.declared_rows
        self.position = 0
        self._header_number, header = next(self._sheet.rows(), (0, []))
        if not header:
            raise Refused(_("表格里没有内容"))
        self.columns, self._reason_at = _columns(header)

    def rows(self) -> Iterator[Row | BadRow]:
        for number, cells in self._sheet.rows():
            self.position = number
            self.size = max(self.size, number)
            if number <= self._header_number:
                continue
            if SPOILED.search(bad := "".join(cells)):
                yield BadRow(number, _mended(cells), _spoiled(bad, self.encoding))
                continue
            width = len(self.columns) + (self._reason_at is not None)
            yield _row(number, cells + [""] * (width - len(cells)), self.columns, self._reason_at)


# --- JSONL ---


class JsonTable(Table):
    """One JSON object a line; columns are the keys of the first thousand lines, in order."""

    format: Format = "jsonl"

    def __init__(self, path: Path, encoding: str) -> None:
        self._path = path
        self.encoding = encoding
        self.size = path.stat().st_size
        self.position = 0
        seen: dict[str, None] = {}
        for count, row in enumerate(self.rows()):
            if count >= SAMPLE_LINES:
                break
            if isinstance(row, Row):
                seen.update(dict.fromkeys(row.values))
        self.position = 0
        self.columns = list(seen)
        if not seen:
            raise Refused(_('没有一行是 JSON 对象。JSONL 每行写一个，如：{"标题": "…"}'))

    def rows(self) -> Iterator[Row | BadRow]:
        with _text(self._path, self.encoding) as file:
            lines = TextLines(file, LINE_LIMIT)
            number = 0
            while True:
                lines.taken.clear()
                number += 1
                self.position = lines.position
                try:
                    line = next(lines).strip().lstrip("\ufeff")
                except StopIteration:
                    return
                except TooLong:
                    yield BadRow(number, _mended(lines.taken)[0], Refused(_("这一行太长")))
                    continue
                if line:
                    yield self._row(number, line)

    def _row(self, number: int, line: str) -> Row | BadRow:
        if SPOILED.search(line):
            return BadRow(number, SPOILED.sub("\ufffd", line), _spoiled(line, self.encoding))
        try:
            found = json.loads(line)
            if isinstance(found, dict) and isinstance(found.get(BROKEN_LINE), str):
                found = json.loads(line := found[BROKEN_LINE])
        except (ValueError, RecursionError):
            return BadRow(number, line, Refused(_("这一行不是完整的 JSON")))
        if not isinstance(found, dict):
            return BadRow(number, line, Refused(_("这一行不是 JSON 对象")))
        values = {key: _json_text(value) for key, value in found.items() if key != REASON}
        if SPOILED.search(bad := "".join((*values, *values.values()))):
            return BadRow(number, line, _spoiled(bad, self.encoding))
        return Row(number, values, line)


def _json_text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
