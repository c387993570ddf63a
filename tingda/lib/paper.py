"""A PDF with Chinese in it, drawn by a short-lived process (paper_draw.py)."""

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from tingda.lib.exercise import MARK, exercise
from tingda.lib.fonts import chinese_font
from tingda.lib.xml_text import clean

# By path, and isolated: the child starts without the package, in half the time.
_COMMAND = (sys.executable, "-I", str(Path(__file__).with_name("paper_draw.py")))
PATIENCE_SECONDS = 300.0
Style = Literal["title", "part", "head", "small", "text"]
Block = tuple[Style, str]


class NoPaper(Exception):
    """No PDF was made: "font" (none with Chinese is installed) or "drawing" (it failed)."""


@dataclass(frozen=True, slots=True)
class About:
    """What stands in the file's properties and, `mark`, at the head of each page."""

    title: str
    author: str
    mark: str
    language: str
    created: datetime


def write_pdf(target: Path, about: About, blocks: Iterable[Block]) -> None:
    """Write the file, or raise NoPaper and leave nothing. What the font lacks is left blank."""
    font = chinese_font()
    if font is None:
        raise NoPaper("font")
    told = {
        "font": str(font.path),
        "index": font.index,
        "language": about.language,
        "title": clean(about.title),
        "author": clean(about.author),
        "mark": clean(f"{MARK}　{about.mark}" if exercise() is not None else about.mark),
        "created": about.created.isoformat(),
        "target": str(target),
        "blocks": [[style, clean(text)] for style, text in blocks if text.strip()],
    }
    try:
        subprocess.run(  # noqa: S603 - our own interpreter and our own file
            _COMMAND,
            input=json.dumps(told).encode("utf-8", "replace"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        target.unlink(missing_ok=True)
        raise NoPaper("drawing") from error
