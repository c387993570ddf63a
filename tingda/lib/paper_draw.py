"""Draws a PDF: started as a process of its own, for what it needs is given back with it.

One JSON document on standard input: {"font", "index", "language", "title", "author", "mark",
"created", "target", "blocks": [[style, text], …]}; styles are those of `_SIZES`. "mark" stands on
every page. It runs isolated, without the package.
"""

import json
import sys
from datetime import datetime
from typing import Any

from fpdf import FPDF
from fpdf.enums import Align, WrapMode, XPos, YPos

_SIZES = {"title": 18, "part": 14, "head": 11, "small": 8.5, "text": 10.5}
_GREY = {"small": 90}


class _Paper(FPDF):
    """A4; a mark at the head of each page, its number at the foot."""

    mark = ""

    def header(self) -> None:
        """Called by the library where a page begins."""
        self.set_font("cjk", size=9)
        self.set_text_color(90)
        self.cell(0, 6, self.mark, align=Align.R, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_text_color(0)

    def footer(self) -> None:
        """Called by the library where a page ends."""
        self.set_y(-14)
        self.set_font("cjk", size=9)
        self.cell(0, 8, str(self.page_no()), align=Align.C)


def draw(told: dict[str, Any]) -> None:
    """Write the file that is asked for."""
    paper = _Paper(format="A4")
    paper.mark = told["mark"]
    paper.set_margins(20, 14, 20)
    paper.set_auto_page_break(True, 18)
    paper.add_font("cjk", "", told["font"], collection_font_number=told["index"])
    paper.set_title(told["title"])
    paper.set_author(told["author"])
    paper.set_lang(told["language"])
    paper.set_creation_date(datetime.fromisoformat(told["created"]))
    paper.add_page()
    for style, text in told["blocks"]:
        _block(paper, style, text)
    paper.output(told["target"])


def _block(paper: _Paper, style: str, text: str) -> None:
    size = _SIZES[style]
    if style in ("part", "head"):
        paper.ln(4 if style == "part" else 2)
    if style == "part":
        paper.start_section(text)
    paper.set_font("cjk", size=size)
    paper.set_text_color(_GREY.get(style, 0))
    paper.multi_cell(
        0,
        size * 0.56,
        text,
        align=Align.C if style == "title" else Align.L,
        new_x=XPos.LMARGIN,
        new_y=YPos.NEXT,
        wrapmode=WrapMode.CHAR,
    )


if __name__ == "__main__":
    draw(json.load(sys.stdin))
