"""What feeds of every form share: a line, an address, a moment, and what tells entries apart."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from hashlib import sha256
from urllib.parse import urljoin, urlsplit

from tingda.collect.rules import Entry
from tingda.lib.dates import parse_when
from tingda.lib.markup import plain_text
from tingda.lib.refusal import Refused


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed says of itself, and its items as they stand in it, empty ones too.

    `hub` tells subscribers what is new in `topic`, which is the feed's own name for itself; both
    are whole addresses, or "".
    """

    title: str = ""
    link: str = ""
    lang: str = ""
    entries: tuple[Entry, ...] = ()
    hub: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """What an entry is read against: the feed's address, the moment, the office's zone."""

    url: str
    now: datetime
    zone: tzinfo


def one_line(text: object) -> str:
    """Plain text without lines: a title, a name."""
    return " ".join(plain_text(str(text or "")).split())


def language(*told: object) -> str:
    """The first language that is one, as `zh-CN`; "" where none is told."""
    for tag in told:
        if isinstance(tag, str) and tag.strip():
            return tag.strip().replace("_", "-")[:35]
    return ""


def joined(base: str, link: str) -> str:
    """The whole address of a link; "" where it is none that a reader may be sent to."""
    link = link.strip()
    try:
        whole = urljoin(base, link) if link else ""
        good = urlsplit(whole).scheme.lower() in ("http", "https") and len(whole) <= 2000
    except ValueError:
        return ""
    return whole if good else ""


def moment(told: Iterable[str], ground: Ground) -> tuple[datetime | None, str]:
    """The first of `told` that is a time, and how fine it is.

    Nonsense times (1980, 2041) are no times. A time without a zone is the office's own.
    """
    for text in filter(None, told):
        try:
            when = parse_when(text, now=ground.now, zone=ground.zone)
        except Refused:
            continue
        return when.at, when.precision
    return None, "unknown"


def told_apart(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Entries that say something, each with an identity of its own.

    Where one guid, or one link without a guid, stands for several, it identifies none.
    """
    kept = [entry for entry in entries if entry.title or entry.text or entry.url]
    guids = _shared((entry.guid, (entry.url, entry.title)) for entry in kept)
    kept = [replace(entry, guid="") if entry.guid in guids else entry for entry in kept]
    links = _shared((entry.url, entry.title) for entry in kept if not entry.guid)
    for entry in kept:
        if not entry.guid and entry.url in links:
            said = f"{entry.url}\0{entry.title}\0{entry.text}"
            entry = replace(entry, guid=sha256(said.encode("utf-8", "replace")).hexdigest())
        yield entry


def _shared(pairs: Iterable[tuple[str, object]]) -> set[str]:
    return {key for key, count in Counter(key for key, _what in set(pairs)).items() if count > 1}
