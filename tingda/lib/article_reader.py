"""Reads articles out of pages in a process of its own: `python -m tingda.lib.article_reader`.

It says READY, a line, when it has loaded what it needs. A request is one line of JSON on standard
input, `{"html": base64, "url", "type", "now", "zone"}`; its answer is one line on standard output,
`{"title", "text", "time", "precision", "author"}`. The process ends with its input. It sets itself
limits before it reads anything: a page that wants more memory or time than a page may want ends
this process and no other.
"""

import base64
import json
import resource
import sys
import time
from datetime import datetime
from math import ceil
from typing import BinaryIO
from zoneinfo import ZoneInfo

from tingda.lib.article import read_article

MEMORY = 1024 * 1024 * 1024  # bytes of address space; what is loaded at the start takes 60 MB
SECONDS = 8  # of the processor, for one page
MOST_SECONDS = 240  # for a whole batch
READY = b"ready\n"


def limit() -> None:
    """Take no more of the machine than this, and leave nothing behind when killed."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answer(line: bytes) -> bytes:
    """The answer to one request, newline included."""
    asked = json.loads(line)
    found = read_article(
        base64.b64decode(asked["html"]),
        url=asked["url"],
        content_type=asked["type"],
        now=datetime.fromisoformat(asked["now"]),
        zone=ZoneInfo(asked["zone"]),
    )
    told = {
        "title": found.title,
        "text": found.text,
        "time": found.time.isoformat() if found.time else "",
        "precision": found.precision or "",
        "author": found.author,
    }
    return json.dumps(told).encode() + b"\n"


def serve(source: BinaryIO, target: BinaryIO) -> None:
    """Answer one line after another until the input ends; a page that takes too long ends it."""
    target.write(READY)
    target.flush()
    for line in source:
        until = ceil(time.process_time()) + SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (min(until, MOST_SECONDS), MOST_SECONDS))
        target.write(answer(line))
        target.flush()


if __name__ == "__main__":
    limit()
    serve(sys.stdin.buffer, sys.stdout.buffer)
