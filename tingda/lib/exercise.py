"""A copy of the office in which something is practised: its own clock, and every way out shut.

`TINGDA_DRILL` names a JSON file that says so: {"name", "begins", "speed", "back", "started"}; only
the processes of a copy are given it. Without it nothing here does anything.
"""

import json
import os
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from socket import AF_UNIX

VARIABLE = "TINGDA_DRILL"
FOLDER = "drill"  # in the data folder: where a copy lies
MARK = "演练 · DRILL"  # on every page of paper
BEFORE_NAME, BEFORE_ENGLISH_NAME = "【演练】", "[DRILL] "  # of whoever speaks in a copy
_WAYS_OUT = frozenset({
    "socket.connect", "socket.sendto", "socket.getaddrinfo",
    "socket.gethostbyname", "socket.gethostbyaddr",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exercise:
    """What is practised. `begins` is the copy's time at the start, `started` the true moment of
    that; until it is known the copy's clock stands still. `back` is the real office's page.
    """

    name: str
    begins: datetime
    speed: int
    back: str
    started: datetime | None

    def at(self, real: datetime) -> datetime:
        """What time it is in the copy at a true moment; never before its begin."""
        if self.started is None:
            return self.begins
        return self.begins + max(real - self.started, timedelta(0)) * self.speed

    def told(self) -> dict[str, object]:
        """As it stands in the file."""
        started = self.started.isoformat() if self.started else ""
        return {
            "name": self.name,
            "begins": self.begins.isoformat(),
            "speed": self.speed,
            "back": self.back,
            "started": started,
        }


class _Kept:
    """What the file said once it said when it started: from then on it does not change."""

    exercise: Exercise | None = None


def exercise() -> Exercise | None:
    """What this process practises; None where it is the real office."""
    name = os.environ.get(VARIABLE)
    if not name:
        return None
    if _Kept.exercise is None:
        found = read(Path(name))
        if found.started is None:
            return found
        _Kept.exercise = found
    return _Kept.exercise


def read(file: Path) -> Exercise:
    """What such a file says."""
    told = json.loads(file.read_text("utf-8"))
    started = told.get("started")
    return Exercise(
        name=told["name"],
        begins=datetime.fromisoformat(told["begins"]),
        speed=int(told["speed"]),
        back=told["back"],
        started=datetime.fromisoformat(started) if started else None,
    )


class DoorsShut(ConnectionRefusedError):
    """In an exercise nothing leaves the house."""


def shut_doors() -> None:
    """From now on this process reaches nobody: no connection, no datagram, no look-up of a name.

    The interpreter itself refuses, whichever library asks; it cannot be undone.
    """
    sys.addaudithook(_guard)


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    if event in _WAYS_OUT and getattr(arguments[0], "family", None) != AF_UNIX:
        raise DoorsShut("nothing leaves the house in a drill")
