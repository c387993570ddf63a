"""Files that people hand in: streamed to disk under a name of our own, and checked on the way."""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import IO

from tingda.lib.archives import Bomb, NotThisKind, check_archive
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

_ZIP = rb"PK\x03\x04"
_OLE = rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MPEG4 = rb".{4}ftyp"

# What a file of each kind begins with; None is plain text, which holds no NUL. Programs, pages
# and pictures with scripts in them are not on the list.
KINDS: dict[str, re.Pattern[bytes] | None] = {
    kind: re.compile(opening, re.DOTALL) if opening else None
    for kind, opening in {
        "pdf": rb"%PDF-",
        "png": rb"\x89PNG\r\n\x1a\n",
        "jpg": rb"\xff\xd8\xff",
        "jpeg": rb"\xff\xd8\xff",
        "gif": rb"GIF8[79]a",
        "webp": rb"RIFF.{4}WEBP",
        "docx": _ZIP,
        "xlsx": _ZIP,
        "ofd": _ZIP,  # GB/T 33190, the layout format of official documents
        "doc": _OLE,
        "xls": _OLE,
        "wps": _OLE,
        "mp3": rb"ID3|\xff[\xe2-\xfd]",  # FF FE begins a text in UTF-16
        "m4a": _MPEG4,
        "mp4": _MPEG4,
        "mov": _MPEG4,
        "3gp": _MPEG4,
        "wav": rb"RIFF.{4}WAVE",
        "flac": rb"fLaC",
        "ogg": rb"OggS",
        "amr": rb"#!AMR",  # what telephones record calls in
        "webm": rb"\x1a\x45\xdf\xa3",
        "csv": None,
        "txt": None,
        "eml": None,
    }.items()
}
# What a browser plays, and what it is told that it is.
PLAYED = {
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
}
_ARCHIVES = frozenset(
    kind for kind, opening in KINDS.items() if opening and opening.pattern == _ZIP
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_LONGEST_OPENING = 16
_NAME_LENGTH = 120
Write = Callable[[bytes], int]


@dataclass(frozen=True, slots=True)
class Kept:
    """One file that was kept: where, what its owner calls it, how many bytes, its SHA-256."""

    path: Path
    name: str
    size: int
    sha256: str


def keep(file_chunks: Iterable[bytes], name: str, folder: Path, limit: int) -> Kept:
    """Write a file into `folder` under a random name, at most `limit` bytes.

    Raises Refused, and leaves nothing behind, when the kind is not allowed, the content is not
    of the kind its name says, it is empty or too large, or the disk does not take it.
    """
    name = clean_name(name)
    kind = _allowed(name)
    path = folder / f"{secrets.token_hex(16)}.{kind}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("xb") as file:
            size, sha256 = _copy(_checked(file_chunks, kind, name), file.write, limit, name)
        _look_inside(path, kind, name, size)
    except OSError as error:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise Refused(_("文件“%(name)s”没有存下来：磁盘写不进去"), name=name) from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Kept(path, name, size, sha256)


def check(content: bytes, name: str) -> str:
    """The name as `keep` would keep it. Raises Refused where it would not keep the file."""
    name = clean_name(name)
    for _chunk in _checked([content], _allowed(name), name):
        pass
    if not content:
        raise Refused(_("“%(name)s”是空的"), name=name)
    _look_inside(BytesIO(content), _allowed(name), name, len(content))
    return name


def _look_inside(place: Path | IO[bytes], kind: str, name: str, size: int) -> None:
    if kind not in _ARCHIVES:
        return
    try:
        check_archive(place, kind, size)
    except NotThisKind as error:
        raise _mismatch(name) from error
    except Bomb as error:
        raise Refused(
            _("“%(name)s”展开后大得不合常理，可能会撑满磁盘，没有收下"), name=name
        ) from error


def _allowed(name: str) -> str:
    kind = kind_of(name)
    if kind not in KINDS:
        allowed = " ".join(KINDS)
        raise Refused(_("“%(name)s”不是可以上传的文件，可用：%(kinds)s"), name=name, kinds=allowed)
    return kind


def kind_of(name: str) -> str:
    """The kind that a file's name says, in lower case: "jpg"."""
    return PurePosixPath(name).suffix.removeprefix(".").lower()


def clean_name(name: str) -> str:
    """The name as people know it: no folders, no control or invisible characters, not too long."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(char for char in last if unicodedata.category(char)[0] != "C")
    path = PurePosixPath(" ".join(seen.split()).strip(". ") or "file")
    return path.stem[:_NAME_LENGTH] + path.suffix[:10]


def _checked(chunks: Iterable[bytes], kind: str, name: str) -> Iterator[bytes]:
    """The same bytes; Refused as soon as they are not what the name says."""
    rest, head = iter(chunks), b""
    for chunk in rest:  # a slow sender's first chunks may be shorter than an opening
        head += chunk
        if len(head) >= _LONGEST_OPENING:
            break
    opening = KINDS[kind]
    if opening is not None and head and not opening.match(head):
        raise _mismatch(name)
    is_text = opening is None and not head.startswith(_UTF16)
    for chunk in chain([head], rest):
        if is_text and b"\0" in chunk:
            raise _mismatch(name)
        yield chunk


def _mismatch(name: str) -> Refused:
    return Refused(_("“%(name)s”的内容和它的扩展名不符，没有收下"), name=name)


def _copy(chunks: Iterable[bytes], write: Write, limit: int, name: str) -> tuple[int, str]:
    size, fingerprint = 0, hashlib.sha256()
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise Refused(
                _("“%(name)s”超过 %(limit)s MB，没有收下"), name=name, limit=limit // 2**20
            )
        write(chunk)
        fingerprint.update(chunk)
    if not size:
        raise Refused(_("“%(name)s”是空的"), name=name)
    return size, fingerprint.hexdigest()
