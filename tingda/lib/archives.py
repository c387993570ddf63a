"""Office files are ZIPs: what they hold, counted without keeping any of it."""

import zipfile
import zlib
from pathlib import Path
from typing import IO

MOST_ENTRIES = 10_000
LARGEST = 2 * 2**30  # bytes, unpacked
SMALL = 100 * 2**20  # unpacked: less than this is never a bomb
MOST_TIMES = 100  # unpacked, against its size; a sheet of repeated numbers reaches 40
_PIECE = 2**16
# what is in every file of the kind, and never in one of another
_MARKS = {"docx": "word/", "xlsx": "xl/", "ofd": "OFD.xml"}
_MACROS = "vbaProject.bin"  # belongs into .docm and .xlsm, which are not taken


class NotThisKind(Exception):
    """It is no ZIP, a damaged one, or not what its name says."""


class Bomb(Exception):
    """It would unpack to very much more than it is."""


def check_archive(place: Path | IO[bytes], kind: str, size: int) -> None:
    """Unpack everything once, piece by piece, and forget it.

    What its list of contents says is not believed: bytes are counted as they come. `size` is
    the archive's own, in bytes. Raises NotThisKind or Bomb.
    """
    try:
        with zipfile.ZipFile(place) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES:
                raise Bomb
            names = [entry.filename for entry in entries]
            mark = _MARKS[kind]
            if not any(name.startswith(mark) for name in names):
                raise NotThisKind
            if any(name.endswith(_MACROS) for name in names):
                raise NotThisKind
            _unpack(archive, entries, size)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise NotThisKind from error
    except (NotImplementedError, RuntimeError) as error:  # another packing, or a password
        raise NotThisKind from error


def _unpack(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], size: int) -> None:
    if sum(entry.compress_size for entry in entries) > size:
        raise Bomb  # several entries are the same bytes
    most = min(LARGEST, max(SMALL, MOST_TIMES * size))
    unpacked = 0
    for entry in entries:
        with archive.open(entry) as file:
            while piece := file.read(_PIECE):
                unpacked += len(piece)
                if unpacked > most:
                    raise Bomb
