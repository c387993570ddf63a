"""One look at a feed, over the network."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from tingda import __version__
from tingda.collect.rules import Look
from tingda.collect.sources.feed.parts import Ground, told_apart
from tingda.collect.sources.feed.read import read_feed
from tingda.lib.fetch import Limits, Response, fetch
from tingda.lib.words import mark as _


@dataclass(frozen=True, slots=True)
class Manners:
    """How we go out: whom a webmaster can reach, which private hosts are allowed, and limits.

    `zone` is what a time without one is read in.
    """

    zone: tzinfo
    contact: str = ""
    allowed_hosts: Collection[str] = ()
    limits: Limits = field(default_factory=Limits)

    @property
    def agent(self) -> str:
        """The name given to every server that is asked."""
        return f"Tingda/{__version__}" + (f" (+{self.contact})" if self.contact else "")


def look(
    address: str, *, now: datetime, manners: Manners, etag: str = "", last_modified: str = ""
) -> Look:
    """Look at a feed once. `etag` and `last_modified` are what the last look brought.

    Raises FetchFailed where it did not come, and Refused where what came is no feed.
    """
    came = fetch(
        address,
        agent=manners.agent,
        etag=etag or None,
        last_modified=last_modified or None,
        allowed_hosts=manners.allowed_hosts,
        limits=manners.limits,
    )
    if came.status == 304:
        return Look(
            "not_modified",
            etag=came.etag or etag,
            last_modified=came.last_modified or last_modified,
            moved_to=came.moved_permanently_to,
            note=_("没有变化"),
        )
    return _heard(came, now=now, zone=manners.zone)


def _heard(came: Response, *, now: datetime, zone: tzinfo) -> Look:
    feed = read_feed(came.body, came.headers, Ground(came.url, now, zone))
    return Look(
        "ok",
        tuple(told_apart(feed.entries)),
        etag=came.etag[:1000],
        last_modified=came.last_modified[:200],
        moved_to=came.moved_permanently_to,
        title=feed.title[:200],
    )
