"""Which characters a text file is written in, and its lines, with bad bytes marked.

Order: byte order mark, UTF-16 by its NULs, UTF-8 where the file as a whole reads so, GB18030.
Guessing libraries misread short GBK (停水通知 in GBK is valid UTF-8), so the whole file is
asked, not its first line.
"""

import codecs
import io
import re
from pathlib import Path
from typing import BinaryIO, TextIO

from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

CHUNK = 1024 * 1024
HEAD = 64 * 1024
ENOUGH = 4 * CHUNK  # of text that is not ASCII, to settle UTF-8 against GB18030
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARY_STARTS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"Rar!", b"7z\xbc")
_ZIP = b"PK\x03\x04"
_CONTROLS = bytes(set(range(32)) - {9, 10, 12, 13, 27})

# What a bad byte becomes while reading; no decoder can give it otherwise.
_SPOILED_CHARACTER = "\udcff"
SPOILED = re.compile("[\ud800-\udfff\x00]")


def _mark_spoiled(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        return _SPOILED_CHARACTER, error.end
    raise error


codecs.register_error("tables-spoiled", _mark_spoiled)


def looks_binary(head: bytes) -> bool:
    """Whether the start of a file is no text in any of the charsets read here."""
    if any(head.startswith(mark) for mark, _name in _MARKS) or _utf16(head):
        return False
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return head.startswith(_BINARY_STARTS) or controls > 1 + len(head) * 0.02


def text_encoding(path: Path) -> str:
    """Name the charset of a text file for `open()`: UTF-8, UTF-16 or GB18030."""
    with path.open("rb") as file:
        return encoding_of(file)


def encoding_of(file: BinaryIO) -> str:
    """The same of a file that is open at its beginning, where it is left."""
    head = file.read(HEAD)
    file.seek(0)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    name = _utf16(head) or ("utf-8" if _is_utf8(file) else "gb18030")
    file.seek(0)
    return name


def read_text(raw: bytes) -> str:
    """The whole of a small text file. Refused where it is no text, or a character is broken."""
    if raw.startswith(_ZIP):
        raise Refused(_("这是 Excel 或压缩文件。请在表格软件里另存为 CSV 再选"))
    if looks_binary(raw[:HEAD]):
        raise Refused(_("这不是文本文件。请在表格软件里另存为 CSV 再选"))
    text = raw.decode(encoding_of(io.BytesIO(raw)), "tables-spoiled").removeprefix("\ufeff")
    if spoiled := SPOILED.search(text):
        row = text.count("\n", 0, spoiled.start()) + 1
        raise Refused(_("第 %(row)s 行有读不出的字，整份没有收。请另存为 UTF-8 再选"), row=row)
    return text


def _utf16(head: bytes) -> str | None:
    """UTF-16 without a mark: NULs on one side only, and lines when read so."""
    low, high = head[1::2].count(0), head[0::2].count(0)
    if not (low or high) or (low and high):
        return None
    name = "utf-16-le" if low else "utf-16-be"
    text = head[: len(head) // 2 * 2].decode(name, "replace")
    strange = sum(text.count(c) for c in ("\ufffd", "\x00", "\x01", "\x02", "\x03"))
    return name if "\n" in text and strange * 100 <= len(text) else None


def _is_utf8(file: BinaryIO) -> bool:
    """UTF-8 as a whole, or with fewer bad places than good characters (a few spoiled rows)."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    good = bad = 0
    while chunk := file.read(CHUNK):
        if chunk.isascii():
            continue
        text = decoder.decode(chunk)
        wrong = text.count("\ufffd")
        good += len(text) - len(text.encode("ascii", "ignore")) - wrong
        bad += wrong
        if bad and good + bad > ENOUGH:
            break
    return bad <= good


class TooLong(Exception):
    """A line longer than the limit; its start is in `taken`, the rest of it was passed over."""


class TextLines:
    """Lines of an open text, remembering those `taken` and able to take them back."""

    def __init__(self, file: TextIO, limit: int) -> None:
        self._file = file
        self._limit = limit
        self._waiting: list[str] = []
        self.taken: list[str] = []
        self.ended = False

    @property
    def position(self) -> int:
        """Bytes read so far, in steps of the reading buffer."""
        return self._file.buffer.tell()

    def put_back(self, lines: list[str]) -> None:
        self._waiting.extend(reversed(lines))
        self.ended = False

    def __iter__(self) -> "TextLines":
        return self

    def __next__(self) -> str:
        if self._waiting:
            self.taken.append(self._waiting[-1])
            return self._waiting.pop()
        line = self._file.readline(self._limit)
        if not line:
            self.ended = True
            raise StopIteration
        self.taken.append(line)
        if len(line) >= self._limit and not line.endswith("\n"):
            self._pass_over()
            raise TooLong
        return line

    def _pass_over(self) -> None:
        while (more := self._file.readline(self._limit)) and not more.endswith("\n"):
            pass
