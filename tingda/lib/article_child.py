"""The articles of a batch of pages, read in a short-lived process, as seen by who wants them.

The libraries that read articles weigh 40 MB and meet whatever pages are out there. The process
that needs them ends with its batch; one that a page kills is replaced for the pages after it.
"""

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

# Isolated: neither the folder it is started in nor the environment's paths are searched.
_COMMAND = (sys.executable, "-I", "-m", "tingda.lib.article_reader")
# By the clock on the wall; the process itself counts what it takes of the processor.
START_SECONDS = 60.0
PATIENCE_SECONDS = 25.0  # for one page
_at_once = threading.BoundedSemaphore(2)  # however many sources are looked at


class ReadingFailed(Exception):
    """The process that reads articles did not start: no page is to blame."""


@dataclass(frozen=True, slots=True)
class PageBytes:
    """A page as it came: `content_type` is its header."""

    body: bytes
    url: str = ""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: `time` is aware or None; "" where the page does not say."""

    title: str
    text: str
    time: datetime | None
    precision: str
    author: str


def read_articles(
    pages: Sequence[PageBytes],
    *,
    now: datetime,
    zone: tzinfo,
    patience: float = PATIENCE_SECONDS,
    command: tuple[str, ...] = _COMMAND,
) -> list[Read | None]:
    """Read each page; None for one that could not be read within `patience` seconds and memory.

    `now` (aware) bounds the times, `zone` is where the pages were written. Raises ReadingFailed
    where not even the process could be started.
    """
    where = zone.key if isinstance(zone, ZoneInfo) else "UTC"
    waiting, found = list(pages), list[Read | None]()
    with _at_once:
        while waiting:
            done = list(_batch(waiting, (now, where), patience, command))
            found += done
            waiting = waiting[len(done) :]
    return found


def _batch(
    pages: Sequence[PageBytes], when: tuple[datetime, str], patience: float, command: Sequence[str]
) -> Iterator[Read | None]:
    """What one process reads, up to the page that ends it; of that one None."""
    with _process(command) as child:
        with _patience(child, START_SECONDS):
            if child.stdout is None or not child.stdout.readline():
                raise ReadingFailed
        for page in pages:
            with _patience(child, patience):
                read = _ask(child, _line(page, when))
            yield read
            if read is None:
                return


@contextmanager
def _patience(child: subprocess.Popen[bytes], seconds: float) -> Iterator[None]:
    """End the process where the block takes longer; what it waits for then ends, too."""
    timer = threading.Timer(seconds, child.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _process(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        yield child
    finally:
        child.kill()
        try:
            child.communicate()  # reads what is left, closes the pipes, takes the exit code
        except OSError:
            child.wait()


def _line(page: PageBytes, when: tuple[datetime, str]) -> bytes:
    asked = {
        "html": base64.b64encode(page.body).decode(),
        "url": page.url,
        "type": page.content_type,
        "now": when[0].isoformat(),
        "zone": when[1],
    }
    return json.dumps(asked).encode() + b"\n"


def _ask(child: subprocess.Popen[bytes], line: bytes) -> Read | None:
    if child.stdin is None or child.stdout is None:
        return None
    try:
        child.stdin.write(line)
        child.stdin.flush()
        answer = child.stdout.readline()
        told = json.loads(answer) if answer.endswith(b"\n") else None
    except (OSError, ValueError):
        return None
    if told is None:
        return None
    time = datetime.fromisoformat(told["time"]) if told["time"] else None
    return Read(told["title"], told["text"], time, told["precision"], told["author"])
