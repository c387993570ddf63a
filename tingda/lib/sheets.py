"""Rows of an XLSX file as text, streamed, and safe against files made to hurt."""

import datetime as clock
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

UNPACKED_LIMIT = 300 * 1024 * 1024  # bytes
LAST_ROW = 1_048_576  # of Excel itself


class Sheet:
    """The first visible sheet with anything on it; `declared_rows` is what the file claims."""

    def __init__(self, path: Path, unpacked_limit: int) -> None:
        self._path = path
        self.declared_rows = 1
        _check_archive(path, unpacked_limit)
        self._title = self._find()

    def _find(self) -> str:
        with self._book() as book:
            sheets = sorted(book.worksheets, key=lambda sheet: sheet.sheet_state != "visible")
            for sheet in sheets:
                self.declared_rows = min(sheet.max_row or 1, LAST_ROW)
                self._title = sheet.title
                if next(self.rows(), None) is not None:
                    return sheet.title
        raise Refused(_("表格里没有内容"))

    @contextmanager
    def _book(self) -> Iterator["Workbook"]:
        import openpyxl  # noqa: PLC0415 - heavy, and few processes ever see a table

        with self._path.open("rb") as file:
            try:
                # data_only: what a formula came to, not how it was written.
                book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            except Exception as error:  # broken in any of the many ways openpyxl lets through
                raise _broken() from error
            with closing(book):
                yield book

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (row number, cells as text) of each row that is not blank."""
        with self._book() as book:
            sheet = book[self._title]
            # The size a file claims for itself is often the whole grid.
            sheet.reset_dimensions()
            rows = enumerate(sheet.iter_rows(values_only=True), start=1)
            while True:
                try:
                    number, cells = next(rows)
                except StopIteration:
                    return
                except Exception as error:
                    raise _broken() from error
                if number > LAST_ROW:
                    raise _broken()
                texts = (
                    [cell_text(cell) for cell in cells] if any(c is not None for c in cells) else []
                )
                while texts and not texts[-1].strip():
                    texts.pop()
                if texts:
                    yield number, texts


def cell_text(value: object) -> str:
    """Write a cell as a person would type it: dates as ISO, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, clock.datetime):
        midnight = value.time() == clock.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _broken() -> Refused:
    return Refused(_("表格文件坏了，打不开。请用 Excel 或 WPS 打开后另存一份再导入"))


def _check_archive(path: Path, limit: int) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            size = sum(part.file_size for part in archive.infolist())
            # Reads every part, never past its stated size, and compares the checksums.
            whole = size > limit or archive.testzip() is None
    except Exception as error:  # zipfile lets zlib, struct and encryption errors through
        raise _broken() from error
    if size > limit:
        raise Refused(
            _("表格展开后有 %(size)s MB，超过 %(limit)s MB。请分成几份，或另存为 CSV"),
            size=size // 2**20,
            limit=limit // 2**20,
        )
    if not whole:
        raise _broken()
    if "xl/workbook.xml" not in names:
        raise Refused(_("这是压缩包或别的文件，不是 Excel 表格（.xlsx）"))
