"""A Word file in the layout of GB/T 9704-2012, the national standard for official documents.

Texts arrive as they are; what XML cannot hold (control characters) is left out. Lengths are in
millimetres, type in points. The standard's fonts are named in the file with the substitutes that
come with Office; a machine that has neither shows its own.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.image.exceptions import (
    InvalidImageStreamError,
    UnexpectedEndOfFileError,
    UnrecognizedImageError,
)
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Mm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from tingda.lib import official_layout as layout
from tingda.lib.exercise import MARK, exercise
from tingda.lib.xml_text import clean

_WEB_ADDRESS = re.compile(r"https?://[^\s]+", re.IGNORECASE)
_NOT_A_PICTURE = (
    InvalidImageStreamError,
    UnexpectedEndOfFileError,
    UnrecognizedImageError,
    ZeroDivisionError,  # a picture of no width
)


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to a web address. Any other kind of address is left out, the words stay."""

    text: str
    url: str


Part = str | Link


class OfficialDocument:
    """One document, written from top to bottom; `save` may be called more than once."""

    def __init__(
        self, *, subject: str = "", author: str = "", created: datetime | None = None
    ) -> None:
        """`subject`, `author` and `created` (aware) are the file's properties, not its text."""
        self._doc = Document()
        self._counters = [0, 0, 0]
        self._has_masthead = False
        layout.lay_out(self._doc)
        if exercise() is not None:
            layout.head_pages(self._doc, MARK)
        properties = self._doc.core_properties
        properties.title, properties.author = clean(subject)[:255], clean(author)[:255]
        properties.comments, properties.language = "", "zh-CN"
        if created is not None:
            moment = created.astimezone(UTC).replace(tzinfo=None)
            properties.created = properties.modified = moment

    def masthead(self, name: str, *, left: str = "", right: str = "") -> None:
        """The red name over the document (发文机关标志), a line below it, the red rule."""
        self._has_masthead = True
        name = clean(name)
        head = self._doc.add_paragraph(style="Masthead")
        size = min(layout.MASTHEAD_PT, int(layout.TEXT_WIDTH_PT / max(len(name), 1)))
        head.add_run(name).font.size = Pt(size)
        below = self._doc.add_paragraph(f"{clean(left)}\t{clean(right)}", style="Masthead Line")
        below.paragraph_format.tab_stops.add_tab_stop(
            Mm(layout.TEXT_WIDTH_MM), WD_TAB_ALIGNMENT.RIGHT
        )

    def title(self, text: str) -> Paragraph:
        """The title, centred; a line break in it is kept. Two lines are left under a red rule."""
        if self._has_masthead:
            self._blank(2)
        return self._doc.add_paragraph(clean(text), style="Title")

    def addressee(self, text: str) -> Paragraph:
        """To whom, flush left, one line under the title; the full-width colon is added."""
        self._blank(1)
        return self._doc.add_paragraph(clean(text).rstrip(":：") + "：", style="Normal")

    def heading(self, text: str, level: int = 1) -> Paragraph:
        """A heading of level 1 (一、), 2 (（一）) or 3 (1.); it numbers itself."""
        if level not in (1, 2, 3):
            raise ValueError(f"a heading has level 1 to 3, not {level}")
        self._counters[level - 1] += 1
        self._counters[level:] = [0] * (3 - level)
        number = layout.heading_number(level, self._counters[level - 1])
        return self._doc.add_paragraph(number + clean(text), style=f"Heading {level}")

    def paragraph(self, *parts: Part) -> Paragraph:
        """Body text, its first line two characters in; parts follow one another."""
        made = self._doc.add_paragraph(style="Body Text")
        _write(made, parts)
        return made

    def table(
        self,
        head: Sequence[str],
        rows: Sequence[Sequence[Part]],
        *,
        widths: Sequence[float] = (),
        numbers: frozenset[int] = frozenset(),
    ) -> Table:
        """A ruled table whose head comes again on every page; no row is cut in two.

        `widths` are shares, scaled to the text's width; `numbers` are the places (from 0) of
        columns set flush right. Raises ValueError for no columns or a row of another length.
        """
        if not head or any(len(row) != len(head) for row in rows):
            raise ValueError("each row of a table needs one cell for each column of its head")
        lines = [head, *rows]
        made: Table = self._doc.add_table(len(lines), len(head), style="Table Grid")
        made.autofit, made.alignment = False, WD_TABLE_ALIGNMENT.CENTER
        shares = [max(share, 0.01) for share in widths] or [1.0] * len(head)
        columns = [Mm(layout.TEXT_WIDTH_MM * share / sum(shares)) for share in shares]
        for column, width in zip(made.columns, columns, strict=True):
            column.width = width
        for number, (row, cells) in enumerate(zip(made.rows, lines, strict=True)):
            # python-docx has no words for these two.
            marks = ["w:cantSplit", "w:tblHeader"] if number == 0 else ["w:cantSplit"]
            row._tr.get_or_add_trPr().extend(OxmlElement(mark) for mark in marks)
            for place, (cell, part, width) in enumerate(
                zip(row.cells, cells, columns, strict=True)
            ):
                cell.width = width
                style = "Table Head" if number == 0 else "Table Text"
                _fill(cell, part, style, right=number > 0 and place in numbers)
        self._doc.add_paragraph(style="Table Text")
        return made

    def picture(
        self, png: bytes, alt: str, *, caption: str = "", width_mm: float = layout.TEXT_WIDTH_MM
    ) -> Paragraph:
        """A picture, centred, with `alt` for those who cannot see it, and a caption below.

        It is made smaller where it would not fit the text block. Raises ValueError when the
        bytes are not a picture.
        """
        frame = self._doc.add_paragraph(style="Picture")
        width = Mm(min(width_mm, layout.TEXT_WIDTH_MM))
        try:
            shape = frame.add_run().add_picture(io.BytesIO(png), width=width)
        except _NOT_A_PICTURE as error:
            frame._p.getparent().remove(frame._p)
            raise ValueError("these bytes are not a picture") from error
        too_high = shape.height / Mm(layout.TEXT_HEIGHT_MM * 0.8)
        if too_high > 1:
            shape.width, shape.height = (
                Emu(int(width / too_high)),
                Emu(int(shape.height / too_high)),
            )
        shape._inline.docPr.set("descr", clean(alt))
        if caption:
            frame.paragraph_format.keep_with_next = True
            self._doc.add_paragraph(clean(caption), style="Caption")
        return frame

    def signature(self, name: str, day: str) -> None:
        """Who signs, and the date as it is to be read (2026年11月21日).

        The date stands four characters from the right, the name centred over it.
        """
        self._blank(2, keep=True)
        name, day = clean(name), clean(day)
        inset = 4 + (layout.width_in_characters(day) - layout.width_in_characters(name)) / 2
        signed = self._doc.add_paragraph(name, style="Normal")
        signed.paragraph_format.keep_with_next = True
        layout.inset_right(signed, max(inset, 0))
        layout.inset_right(self._doc.add_paragraph(day, style="Normal"), 4)

    def save(self, target: str | Path | IO[bytes]) -> None:
        """Write the .docx to a path or a binary stream."""
        self._doc.save(str(target) if isinstance(target, Path) else target)

    def _blank(self, lines: int, *, keep: bool = False) -> None:
        for _ in range(lines):
            self._doc.add_paragraph(style="Normal").paragraph_format.keep_with_next = keep


def link(paragraph: Paragraph, text: str, url: str) -> None:
    """Add words that lead to `url` at the end of the paragraph.

    Only http and https lead anywhere: a file or share address in a document would make the
    reader's machine call a stranger. With another address only the words are added.
    """
    url = clean(url).strip()
    if not _WEB_ADDRESS.fullmatch(url):
        paragraph.add_run(clean(text))
        return
    anchor = OxmlElement("w:hyperlink")
    anchor.set(
        qn("r:id"), paragraph.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    )
    anchor.append(paragraph.add_run(clean(text), style="Hyperlink")._r)
    paragraph._p.append(anchor)


def _write(paragraph: Paragraph, parts: Sequence[Part]) -> None:
    for part in parts:
        if isinstance(part, Link):
            link(paragraph, part.text, part.url)
        else:
            paragraph.add_run(clean(part))


def _fill(cell: _Cell, part: Part, style: str, *, right: bool) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.style = style
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _write(paragraph, [part])
