"""Pictures from outside lose all that is not seen: where, when and with what they were taken."""

import subprocess
import sys
from pathlib import Path

from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

# By path, and isolated: a picture made to break its reader breaks a process that holds nothing.
_COMMAND = (sys.executable, "-I", str(Path(__file__).with_name("pictures_clean.py")))
_FORMATS = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP"}
_TOO_LARGE = 3
PATIENCE_SECONDS = 60.0


def is_picture(name: str) -> bool:
    """Whether a file of this name is one that `without_metadata` reads."""
    return _kind(name) in _FORMATS


def without_metadata(content: bytes, name: str) -> bytes:
    """The picture drawn anew: upright, first frame only, no EXIF, GPS, XMP, profile or preview.

    Raises Refused where it cannot be read, or has more than 64 million dots.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own file
            (*_COMMAND, _FORMATS[_kind(name)]),
            input=content,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _unread(name) from error
    if done.returncode == _TOO_LARGE:
        raise Refused(_("图片“%(name)s”太大，没有收下。请缩小到 6400 万像素以内"), name=name)
    if done.returncode or not done.stdout:
        raise _unread(name)
    return done.stdout


def _kind(name: str) -> str:
    return Path(name).suffix.removeprefix(".").lower()


def _unread(name: str) -> Refused:
    return Refused(_("图片“%(name)s”打不开，没有收下。请换一张，或另存后再试"), name=name)
