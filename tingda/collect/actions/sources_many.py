"""Many sources at once: a pasted or uploaded list, and what is done to several of them."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from django.db import transaction

from tingda.collect.actions.sources import (
    Wanted,
    add_source,
    arrange,
    listen_closely,
    set_active,
)
from tingda.collect.models import Source
from tingda.collect.sources.hearing import source_name_of
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person

MOST = 500
_FEEDLIKE = re.compile(
    r"(^|[/._\-?&=])(rss|atom|feeds?|rdf|opml)([/._\-?&=\d]|$)|\.(xml|rss|atom|rdf)$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(https?://)?[^\s/:@]+\.[^\s/:@]+(:\d+)?(/\S*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Listed:
    """One line of a list: an address, and what stands beside it. `is_feed` where that is said."""

    address: str
    name: str = ""
    group: str = ""
    is_feed: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one line. `refusal` says why it was not added."""

    line: Listed
    state: Literal["added", "known", "unclear", "refused"]
    source: Source | None = None
    refusal: Refused | None = None

    @property
    def has_address(self) -> bool:
        """Whether there is an address in the line at all."""
        return bool(_ADDRESS.fullmatch(self.line.address))


def read_lines(text: str) -> list[Listed]:
    """A line each: an address, and a name after a tab or a comma (or before it). Blank lines and
    lines that begin with # do not count. Refuses more than 500 lines.
    """
    lines = [line.strip() for line in text.replace("\0", "").splitlines()]
    kept = [line for line in lines if line and not line.startswith("#")]
    if len(kept) > MOST:
        raise Refused(
            _("一次最多 %(most)s 行，这里有 %(n)s 行。请分几次加"), most=MOST, n=len(kept)
        )
    return [_listed(line) for line in kept]


def _listed(line: str) -> Listed:
    if _ADDRESS.fullmatch(line):
        # Commas may stand in an address too: the name begins with a cell that looks like one.
        cells = line.split(",")
        for at in range(1, len(cells)):
            address = ",".join(cells[:at])
            if _is_name(cells[at]) and _ADDRESS.fullmatch(address):
                return Listed(address, source_name_of(",".join(cells[at:])))
        return Listed(line)
    cells = line.split("\t") if "\t" in line else next(csv.reader([line]), [])
    cells = [cell.strip() for cell in re.split("，", line)] if len(cells) < 2 else cells
    cells = [cell.strip() for cell in cells]
    address = next((cell for cell in cells if _ADDRESS.fullmatch(cell)), "")
    name = next((cell for cell in cells if cell and cell != address), "")
    return Listed(address, source_name_of(name)) if address else Listed(line)


def _is_name(cell: str) -> bool:
    return bool(cell) and (not cell.isascii() or cell.isalpha())


def looks_like_feed(address: str) -> bool:
    """Whether an address has the look of a feed's, as /rss.xml, /feed/, ?format=atom have."""
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
    except ValueError:
        return False
    return bool(_FEEDLIKE.search(parts.path.rstrip("/")) or _FEEDLIKE.search(parts.query))


def add_many(
    lines: Sequence[Listed], *, group: str, minutes: int, by: Person, now: datetime
) -> list[Outcome]:
    """Add as feeds what is one by its list or by its look, without asking anybody; the first
    looks are spread over the interval. What became of every line, in their order.

    Each is added by itself: one that cannot be does not undo the others.
    """
    by.must("configure")
    if len(lines) > MOST:
        raise Refused(
            _("一次最多 %(most)s 行，这里有 %(n)s 行。请分几次加"), most=MOST, n=len(lines)
        )
    taken = {name.casefold() for name in Source.objects.values_list("name", flat=True)}
    outcomes = []
    for number, line in enumerate(lines):
        wait = timedelta(minutes=minutes) * number / max(len(lines), 1)
        if not (line.is_feed or looks_like_feed(line.address)):
            outcomes.append(Outcome(line, "unclear", refusal=_unclear(line)))
            continue
        wanted = Wanted(
            "feed",
            line.address,
            _name(line, taken),
            line.group or group,
            interval_minutes=minutes,
        )
        outcomes.append(_added(line, wanted, wait, by, now))
        if outcomes[-1].source:
            taken.add(wanted.name.casefold())
    return outcomes


def _unclear(line: Listed) -> Refused:
    if not _ADDRESS.fullmatch(line.address):
        return Refused(_("这一行里没有网址"))
    return Refused(_("看地址不像订阅源，要先试一试才知道"))


def _added(line: Listed, wanted: Wanted, wait: timedelta, by: Person, now: datetime) -> Outcome:
    known = Source.objects.filter(kind="feed", address__in=_written(line.address)).first()
    if known:
        return Outcome(line, "known", known)
    try:
        return Outcome(line, "added", add_source(wanted, by=by, now=now, wait=wait))
    except Refused as refusal:
        return Outcome(line, "refused", refusal=refusal)


def _written(address: str) -> list[str]:
    plain = address.strip()
    return [plain] if "://" in plain else [f"http://{plain}", f"https://{plain}"]


def _name(line: Listed, taken: Iterable[str]) -> str:
    """The name it was given, or where it is; with a number where another has that name."""
    return next(name for name in _names(line) if name.casefold() not in taken)


def _names(line: Listed) -> Iterator[str]:
    place = re.sub(r"^https?://(www\.)?", "", line.address, flags=re.IGNORECASE).rstrip("/")
    base = source_name_of(line.name or place)[:90] or "?"
    yield base
    number = 2
    while True:
        yield f"{base} {number}"
        number += 1


# --- what is done to several ---


@transaction.atomic
def pause_several(sources: Sequence[Source], active: bool, *, by: Person, now: datetime) -> int:
    """Pause or go on with those for which that is a change; how many."""
    changed = [one for one in sources if one.is_looked_at and one.active is not active]
    for source in changed:
        set_active(source, active, by=by, now=now)
    return len(changed)


@transaction.atomic
def change_several(
    sources: Sequence[Source],
    *,
    group: str | None = None,
    minutes: int | None = None,
    by: Person,
    now: datetime,
) -> int:
    """Give several the same group or the same interval; how many are otherwise than before.

    They are not looked at at once: so many servers would be asked in one moment.
    """
    changed = 0
    for source in sources:
        new = " ".join((source.group if group is None else group).split())[:50]
        often = minutes or source.interval_minutes
        if source.is_looked_at and (new, often) != (source.group, source.interval_minutes):
            arrange(source, new, often, by=by, now=now)
            changed += 1
    return changed


@transaction.atomic
def listen_closely_to(
    sources: Sequence[Source], minutes: int, until: datetime, why: str, *, by: Person, now: datetime
) -> int:
    """Listen closely to all of them, or, where one cannot be, to none; how many."""
    if not sources:
        raise Refused(_("请至少勾选一个来源"))
    for source in sources:
        listen_closely(source, minutes, until, why, by=by, now=now)
    return len(sources)
