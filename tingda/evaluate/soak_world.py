"""A small internet for a simulated week: feeds that change, servers that fail. Seeded."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from random import Random

from tingda.lib.fetch import FetchFailed, Kind, Response

HOUR = 3600.0
DAY = 24 * HOUR
STYLES = ("plain", "validators", "changing_ids", "tracking", "edited", "shuffled")
MINUTES = (15, 30, 60, 180)
# How a server fails: no connection, no answer, 500, 503 with Retry-After, a page instead of the
# feed, and a feed that breaks off in the middle.
_NO_ANSWER: dict[str, Kind] = {"connect": "connect", "timeout": "timeout"}
MODES = ("connect", "timeout", "http_500", "busy", "page", "cut")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of true time, in seconds since the beginning."""

    start: float
    end: float
    mode: str = ""


@dataclass
class Feed:
    """One feed: when each entry came out, and how many of the newest are shown."""

    number: int
    host: str
    style: str
    minutes: int
    shown: int
    born: list[float]

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://{self.host}/feed-{self.number}.xml"

    def mark(self, entry: int) -> str:
        """What tells one entry from all others, whatever else of it changes."""
        return f"F{self.number}E{entry}."

    def standing(self, at: float) -> list[int]:
        """The entries shown at a time, newest first."""
        out = [entry for entry, born in enumerate(self.born) if born <= at]
        return out[-self.shown :][::-1]

    def shown_in(self, entry: int) -> Span:
        """From when to when an entry stands in the feed."""
        last = entry + self.shown
        return Span(self.born[entry], self.born[last] if last < len(self.born) else float("inf"))


@dataclass
class World:
    """All feeds, and when each host fails. `closed` are the times a host asked to be left alone."""

    seed: int
    days: float
    start: datetime
    feeds: list[Feed] = field(default_factory=list)
    failing: dict[str, list[Span]] = field(default_factory=dict)
    closed: dict[str, list[Span]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        dice = Random(self.seed)  # noqa: S311 - a simulation is repeatable on purpose
        for number in range(24):
            host = f"host-{number % 9}.example"
            minutes, shown = dice.choice(MINUTES), dice.choice((3, 10, 30))
            # from "just stands for one interval" to "stands for days"
            apart = minutes * 60 * dice.choice((1.3, 3, 20)) / shown
            born = list(_poisson(dice, apart, -DAY / 4, self.days * DAY))
            self.feeds.append(Feed(number, host, STYLES[number % 6], minutes, shown, born))
        for host in sorted({feed.host for feed in self.feeds}):
            self.failing[host] = list(_outages(dice, self.days * DAY))
            self.closed[host] = []

    def trouble(self, host: str, at: float) -> str:
        """How a host fails at a time; "" while it is well."""
        return next((s.mode for s in self.failing[host] if s.start <= at < s.end), "")

    def answer(self, address: str, etag: str, at: float) -> Response:
        """What the server says. Raises FetchFailed as the network would."""
        feed = next(feed for feed in self.feeds if feed.address == address)
        mode = self.trouble(feed.host, at)
        if mode in _NO_ANSWER:
            raise FetchFailed(
                "connect" if mode == "connect" else "timeout", host=feed.host, seconds=20
            )
        if mode in ("http_500", "busy"):
            raise self._refused(feed.host, mode, at)
        if mode == "page":
            return _response(address, b"<!doctype html><html><body>502</body></html>")
        body = self._body(feed, at)
        if mode == "cut":
            return _response(address, body[: len(body) // 3])
        mark = sha256(body).hexdigest()[:16] if feed.style == "validators" else ""
        if mark and mark == etag:
            return Response(304, address, {}, b"", mark, "", "")
        return _response(address, body, mark)

    def _refused(self, host: str, mode: str, at: float) -> FetchFailed:
        failed = FetchFailed("http_error", host=host, status=500)
        failed.status = 500
        if mode == "busy":
            failed.status = 503
            failed.retry_after = timedelta(minutes=20)
            self.closed[host].append(Span(at, at + 20 * 60))
        return failed

    def _body(self, feed: Feed, at: float) -> bytes:
        entries = feed.standing(at)
        if feed.style == "shuffled":
            Random(int(at)).shuffle(entries)  # noqa: S311 - a simulation
        items = "".join(self._item(feed, entry, at) for entry in entries)
        return (
            f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
            f"<title>{feed.host} {feed.number}</title>{items}</channel></rss>"
        ).encode()

    def _item(self, feed: Feed, entry: int, at: float) -> str:
        mark = feed.mark(entry)
        link = f"http://{feed.host}/a/{feed.number}-{entry}"
        guid, text = link, f"{mark} 的内容"
        if feed.style == "changing_ids":
            guid = f"{mark}{int(at)}"
        if feed.style == "tracking":
            link, guid = f"{link}?utm_source=s{int(at)}", ""
        if feed.style == "edited" and at > feed.born[entry] + HOUR:
            text = f"{text}（已更新）"
        date = format_datetime(self.start + timedelta(seconds=feed.born[entry]))
        told = f"<guid>{escape(guid)}</guid>" if guid else ""
        return (
            f"<item>{told}<title>{mark}</title><link>{escape(link)}</link>"
            f"<description>{text}</description><pubDate>{date}</pubDate></item>"
        )

    def well(self, feed: Feed, entry: int) -> Iterator[Span]:
        """The stretches in which an entry stood there for whoever asked."""
        span = feed.shown_in(entry)
        closed = [*self.failing[feed.host], *self.closed[feed.host]]
        start = span.start
        for bad in sorted(closed, key=lambda bad: bad.start):
            if bad.end <= start or bad.start >= span.end:
                continue
            if bad.start > start:
                yield Span(start, bad.start)
            start = max(start, bad.end)
        if start < span.end:
            yield Span(start, span.end)


def _response(address: str, body: bytes, etag: str = "") -> Response:
    headers = {"content-type": "application/rss+xml; charset=utf-8"}
    return Response(200, address, headers, body, etag, "", "")


def _poisson(dice: Random, apart: float, start: float, end: float) -> Iterator[float]:
    at = start
    while (at := at + dice.expovariate(1 / apart)) < end:
        yield at


def _outages(dice: Random, end: float) -> Iterator[Span]:
    at = 0.0
    while (at := at + dice.expovariate(1 / (10 * HOUR))) < end:
        length = dice.choice((30.0, 5 * 60.0, HOUR, 6 * HOUR)) * dice.uniform(0.5, 1.5)
        yield Span(at, at + length, dice.choice(MODES))
        at += length
