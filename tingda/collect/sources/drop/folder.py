"""The folder of one drop source on disk: what may be taken, and where everything else goes."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

STILL = timedelta(seconds=5)  # a file that did not change for so long is whole
TAKING, DONE, FAILED = "taking", "done", "failed"
REASON = ".reason.txt"
_UNFINISHED = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".swp", ".lock")
_LONGEST = 60  # bytes of a name's stem: the database keeps the whole path

Shape = tuple[int, int, int]  # inode, bytes, time of change
# What was seen of files that may still be growing, by path: its shape, and since when. A process
# that begins anew waits those few seconds again.
_seen: dict[Path, tuple[Shape, datetime]] = {}


def drop_folder() -> Path:
    """Where the folders of all drop sources are."""
    return Path(settings.HOME) / "drop"


def shape(path: Path) -> Shape | None:
    """What changes when a file is written; None for what is gone or no plain file (a link could
    lead anywhere).
    """
    try:
        found = path.lstat()
    except OSError:
        return None
    plain = stat.S_ISREG(found.st_mode)
    return (found.st_ino, found.st_size, found.st_mtime_ns) if plain else None


@dataclass(frozen=True, slots=True)
class Folder:
    """One source's folder, with `taking`, `done` and `failed` in it."""

    path: Path

    @classmethod
    def of(cls, source_pk: int) -> "Folder":
        """The folder of this source, whatever its address says."""
        return cls(drop_folder() / str(source_pk))

    @classmethod
    def at(cls, address: str) -> "Folder":
        """The folder that stands in a source's address."""
        return cls(Path(address))

    def make(self) -> None:
        """Make what is missing."""
        for name in (TAKING, DONE, FAILED):
            (self.path / name).mkdir(parents=True, exist_ok=True)

    def require(self) -> None:
        """Refused where files could not be taken from here."""
        for folder in (self.path, *(self.path / name for name in (TAKING, DONE, FAILED))):
            if not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
                raise Refused(_("投递文件夹不在了，或者不能读写：%(path)s"), path=folder)

    def refused(self) -> int:
        """How many files lie in `failed`."""
        names = (entry.name for entry in os.scandir(self.path / FAILED))
        return sum(1 for name in names if not name.endswith(REASON) and not _is_aside(name))

    def ready(self, now: datetime) -> list[Path]:
        """Files that are whole, in the order of their names."""
        found: list[Path] = []
        here: set[Path] = set()
        for entry in sorted(os.scandir(self.path), key=lambda entry: entry.name):
            path = self.path / entry.name
            if _is_aside(entry.name) or (now_is := shape(path)) is None:
                continue
            here.add(path)
            was, since = _seen.get(path, (None, now))
            if was != now_is or since > now:  # it grows, or the clock was put back
                _seen[path] = (now_is, now)
            elif now - since >= STILL:
                found.append(path)
        for path in [path for path in _seen if path.parent == self.path and path not in here]:
            _seen.pop(path, None)
        return found

    def take(self, path: Path, now: datetime) -> Path | None:
        """Move a whole file to `taking`, with the time in its name; None where another process
        was quicker.
        """
        time = timezone.localtime(now).strftime("%Y%m%d-%H%M%S")
        _seen.pop(path, None)
        place = free_place(self.path / TAKING, f"{time}-{_short(path)}")
        try:
            return path.rename(place)
        except FileNotFoundError:
            return None

    def under_way(self) -> Iterator[Path]:
        """What was taken and has not been put away."""
        for entry in sorted(os.scandir(self.path / TAKING), key=lambda entry: entry.name):
            path = Path(entry.path)
            if not _is_aside(entry.name) and ".rejects" not in entry.name and shape(path):
                yield path

    def put_away(self, path: Path, rejects: str, reason: str) -> Path | None:
        """Move a taken file to `done`, or to `failed` with the reason beside it; its file of bad
        rows goes with it, and where that lies now is returned.
        """
        goal = self.path / (FAILED if reason else DONE)
        goal.mkdir(exist_ok=True)
        if reason:
            (goal / f"{path.name}{REASON}").write_text(f"{reason}\n", "utf-8")
        beside: Path | None = None
        if rejects and Path(rejects).parent == path.parent and Path(rejects).is_file():
            beside = Path(rejects).rename(goal / Path(rejects).name)
        path.rename(goal / path.name)
        return beside

    def give_back(self, path: Path) -> None:
        """Let it be taken again: somebody was still writing."""
        path.rename(free_place(self.path, path.name))


def free_place(folder: Path, name: str) -> Path:
    """A name in this folder that nothing has yet, here or where it is put away."""
    place, number = folder / name, 1
    around = [folder.parent / other for other in (TAKING, DONE, FAILED)] + [folder]
    while any((other / place.name).exists() for other in around):
        number += 1
        place = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
    return place


def _short(path: Path) -> str:
    stem = path.stem.encode("utf-8", "ignore")[:_LONGEST].decode("utf-8", "ignore")
    suffix = path.suffix.encode("utf-8", "ignore")[:10].decode("utf-8", "ignore")
    # Names with this in them are our own files of bad rows.
    return f"{stem.replace('.rejects', '-rejects') or 'file'}{suffix}"


def _is_aside(name: str) -> bool:
    """Files that a program is still making, or that no person sees."""
    return name.startswith((".", "~$")) or name.lower().endswith(_UNFINISHED)
