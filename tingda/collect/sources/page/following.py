"""From an entry of a list to its article; what does not fit into one look waits for the next."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from tingda.collect.rules import Entry, identity
from tingda.collect.sources.contract import Ask
from tingda.collect.sources.manners import Manners, RobotsRefused
from tingda.collect.sources.page import pages
from tingda.lib.article_child import PageBytes, Read, ReadingFailed, read_articles
from tingda.lib.fetch import FetchFailed
from tingda.lib.listing_records import is_cut
from tingda.lib.refusal import Refused

A_LOOK = 10  # articles fetched in one look
MOST_TRIES = 3
MOST_WAITING = 600
REST = timedelta(minutes=10)  # before an article that failed is asked for again
LARGEST = 3_000_000  # bytes of one article
_SIGN_IN = ("login", "signin", "sign-in", "passport", "logon")


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry whose article is not read yet. Times are ISO texts, "" where there is none."""

    title: str
    url: str
    date: str = ""
    precision: str = "unknown"
    tries: int = 0
    again: str = ""

    @property
    def entry(self) -> Entry:
        """As far as the list tells it."""
        said_at = datetime.fromisoformat(self.date) if self.date else None
        return Entry(title=self.title, url=self.url, said_at=said_at, precision=self.precision)


def waiting_of(entry: Entry) -> Waiting:
    """An entry of the list, to be kept until its article is read."""
    date = entry.said_at.isoformat() if entry.said_at else ""
    return Waiting(entry.title, entry.url, date, entry.precision)


def remembered(memory: Mapping[str, Any]) -> list[Waiting]:
    """What waited at the end of the last look."""
    return [Waiting(**one) for one in memory.get("waiting", [])]


def to_remember(waiting: Iterable[Waiting]) -> list[dict[str, Any]]:
    """The same as JSON."""
    return [asdict(one) for one in waiting]


def unknown(entries: Sequence[Entry], waiting: Sequence[Waiting], ask: Ask) -> list[Entry]:
    """The entries that were never heard and do not wait already."""
    known = {identity(one.entry) for one in waiting}
    return ask.fresh([entry for entry in entries if identity(entry) not in known])


@dataclass(frozen=True, slots=True)
class Followed:
    """What was read or given up, what waits on, and whether that can go on at once."""

    entries: tuple[Entry, ...]
    waiting: tuple[Waiting, ...]
    more: bool


def follow(waiting: Sequence[Waiting], ask: Ask, manners: Manners) -> Followed:
    """Fetch and read the articles of those that wait, as many as fit into this look.

    One that fails three times is heard with its title and its link; so is what waits beyond
    all measure.
    """
    now = ask.now
    ripe = [one for one in waiting if not one.again or datetime.fromisoformat(one.again) <= now]
    resting = [one for one in waiting if one not in ripe]
    fetched, failed, left = _fetched(ripe, now, manners)
    try:
        entries = list(_read(fetched, ask, manners))
    except ReadingFailed:
        again = (now + REST).isoformat()
        failed += [replace(one, tries=one.tries + 1, again=again) for one, _page in fetched]
        entries = []
    entries += [one.entry for one in failed if one.tries >= MOST_TRIES]
    waits = [*left, *resting, *(one for one in failed if one.tries < MOST_TRIES)]
    entries += [one.entry for one in waits[MOST_WAITING:]]
    return Followed(tuple(entries), tuple(waits[:MOST_WAITING]), bool(left))


Fetched = list[tuple[Waiting, PageBytes]]


def _fetched(
    ripe: Sequence[Waiting], now: datetime, manners: Manners
) -> tuple[Fetched, list[Waiting], list[Waiting]]:
    """What came, what failed (with one try more), and what was not asked for."""
    came: Fetched = []
    failed: list[Waiting] = []
    for number, one in enumerate(ripe):
        if number >= A_LOOK or not manners.has_time:
            return came, failed, list(ripe[number:])
        try:
            came.append((one, _article(one, manners)))
        except (RobotsRefused, pages.LoginWall):
            failed.append(replace(one, tries=MOST_TRIES))  # it will not let us in tomorrow either
        except FetchFailed as failure:
            if failure.kind == "busy":  # not its fault
                return came, failed, list(ripe[number:])
            again = (now + max(REST, failure.retry_after or REST)).isoformat()
            failed.append(replace(one, tries=one.tries + 1, again=again))
            if failure.status in (429, 503):  # the whole host wants to be left alone
                rest = [replace(other, again=again) for other in ripe[number + 1 :]]
                return came, [*failed, *rest], []
        except Refused:
            failed.append(replace(one, tries=MOST_TRIES))
    return came, failed, []


def _article(one: Waiting, manners: Manners) -> PageBytes:
    limits = replace(manners.limits, body=min(manners.limits.body, LARGEST))
    came = pages.get(replace(manners, limits=limits), one.url)
    path = urlsplit(came.url).path.lower()
    if came.url != one.url and any(word in path for word in _SIGN_IN):
        raise pages.wall(came.url)
    kind = came.headers.get("content-type", "")
    is_page = "html" in kind.lower() or b"<" in came.body[:1000]
    return PageBytes(came.body if is_page else b"", came.url, kind)


def _read(fetched: Fetched, ask: Ask, manners: Manners) -> Iterator[Entry]:
    if not fetched:
        return
    read = read_articles([page for _one, page in fetched], now=ask.now, zone=manners.zone)
    for (one, _page), article in zip(fetched, read, strict=True):
        yield _entry(one, article) if article else one.entry


def _entry(one: Waiting, article: Read) -> Entry:
    """The list's title, unless the list cut it off; the article's time, unless it tells none."""
    title = article.title if article.title and is_cut(one.title) else one.title
    told = replace(one.entry, title=title, text=article.text, author=article.author)
    if article.time is None:
        return told
    return replace(told, said_at=article.time, precision=article.precision)
