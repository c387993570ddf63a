"""Whether this machine can draw Chinese."""

import shutil
import subprocess
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
