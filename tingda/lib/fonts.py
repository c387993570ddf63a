"""Whether this machine can draw Chinese."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("~/.fonts"),
    Path("~/.local/share/fonts"),
    Path("/System/Library/Fonts"),
    Path("/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)
# Parts of file names, in small letters, of the Chinese fonts that systems bring along.
_NAMES = (
    "cjk", "sourcehan", "wqy", "droidsansfallback", "simsun", "simhei", "simkai", "simfang",
    "msyh", "pingfang", "heiti", "songti", "fangsong", "kaiti", "uming", "ukai", "notosanssc",
    "notoserifsc", "fandol", "harmonyos_sans_sc",
)  # fmt: skip
_OUTLINES = (".ttf", ".ttc", ".otf", ".otc")
_FONT_FILES = (".ttf", ".ttc", ".otf", ".otc", ".pcf.gz")


def chinese_font_present(folders: tuple[Path, ...] = ()) -> bool:
    """Whether a font with Chinese characters is installed.

    Asks fontconfig where it is there; else, or when `folders` are given, looks for the file
    names of well-known Chinese fonts.
    """
    asked = None if folders else _ask_fontconfig()
    if asked is not None:
        return asked
    return any(_is_chinese(file) for folder in folders or _FOLDERS for file in _files(folder))


@dataclass(frozen=True, slots=True)
class FontFile:
    """A font that can be put into a document; `index` is its place in a collection (.ttc)."""

    path: Path
    index: int


def chinese_font() -> FontFile | None:
    """A Chinese font with outlines: sans serif, regular and Simplified where there is a choice.

    None where there is none, or where nobody can be asked which there are.
    """
    command = shutil.which("fc-list")
    if command is None:
        return None
    form = "%{file}\t%{index}\t%{family}\t%{style}\n"
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, nothing from outside in it
            [command, "-f", form, ":lang=zh-cn:outline=true"],
            capture_output=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    rows = [line.split("\t") for line in done.stdout.decode("utf-8", "replace").splitlines()]
    rows = [row for row in rows if len(row) == 4 and row[0].lower().endswith(_OUTLINES)]
    if not rows:
        return None
    path, index, _family, _style = min(rows, key=_rank)
    return FontFile(Path(path), int(index) & 0xFFFF)


def _rank(row: list[str]) -> tuple[bool, bool, bool, list[str]]:
    path, _index, family, style = row
    serif = any(word in path.lower() for word in ("serif", "song", "ming", "kai", "fang"))
    return "Regular" not in style, "SC" not in family and "CJK" in family, serif, row


def _ask_fontconfig() -> bool | None:
    command = shutil.which("fc-list")
    if command is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, nothing from outside in it
            [command, ":lang=zh-cn", "family"], capture_output=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return bool(done.stdout.strip())


def _files(folder: Path) -> list[Path]:
    try:
        return list(folder.expanduser().rglob("*"))
    except (OSError, RuntimeError):  # not readable, or no home folder
        return []


def _is_chinese(file: Path) -> bool:
    name = file.name.lower()
    return name.endswith(_FONT_FILES) and any(part in name for part in _NAMES)
