"""Whose turn it is at a host, kept in the database so that all workers share it; robots.txt."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from time import sleep as real_sleep
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from protego import Protego

from tingda.collect.models import Host
from tingda.collect.sources.manners import RobotsRefused
from tingda.lib.fetch import FetchFailed, Limits, Own, Response
from tingda.lib.words import mark as _

AT_ONCE = 2
LEASE = timedelta(seconds=40)  # longer than any request; of one that died the place is free then
LONGEST_PACE = 60.0  # seconds; what a robots.txt asks for beyond that is a request to stay away
ROBOTS_KEPT = timedelta(days=1)
ROBOTS_LARGEST = 500 * 1024
_dice = Random()  # noqa: S311 - spreads requests, guards nothing


def host_of(address: str) -> Host | None:
    """The row of the host of a web address, made when it is first needed."""
    name = (urlsplit(address).hostname or "").lower()
    return Host.objects.get_or_create(name=name[:255])[0] if name else None


@dataclass
class Gate:
    """The one way out. `clock` and `sleep` are the world's; `patience` is in seconds.

    `pace` in seconds takes the place of the office's own, never of what a site asks for.
    `decisions` are what the robots.txt of sites said in this look: {url: (allowed, rule)}.
    """

    clock: Callable[[], datetime]
    agent: str
    fetch: Callable[..., Response]
    allowed_hosts: tuple[str, ...] = ()
    sleep: Callable[[float], None] = real_sleep
    patience: float = 60.0
    pace: float | None = None
    decisions: dict[str, bool] = field(default_factory=dict)

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """Wait until this host may be asked: at most two requests at once, and apart in time.

        Raises FetchFailed "busy" where that takes longer than our patience.
        """
        waited = 0.0
        while (wait := self._take(host)) > 0:
            if waited + wait > self.patience:
                raise FetchFailed("busy", host=host)
            self.sleep(wait)
            waited += wait
        try:
            yield
        finally:
            self._leave(host)

    def _take(self, host: str) -> float:
        """Take a place at the host, or say after how many seconds to ask again."""
        with transaction.atomic():
            rows = Host.objects.select_for_update()
            row = rows.filter(name=host).first() or rows.get_or_create(name=host)[0]
            now = self.clock()  # after we had to wait for the row
            pace = self._pace(row)
            busy = [
                end for end in map(datetime.fromisoformat, row.busy) if now < end <= now + LEASE
            ]
            free_at = row.free_at or now
            # a time further off than any pace was set before the clock was put back
            if now < free_at <= now + 2 * pace:
                return (free_at - now).total_seconds()
            if len(busy) >= AT_ONCE:
                return 0.25 + _dice.random() / 4
            spread = pace * (1.1 + _dice.random() / 5)
            busy.append(now + LEASE)
            Host.objects.filter(pk=row.pk).update(
                free_at=now + spread, busy=[end.isoformat() for end in busy]
            )
        return 0.0

    def _leave(self, host: str) -> None:
        with transaction.atomic():
            row = Host.objects.select_for_update().get(name=host)
            # a request that was slow to leave the house came late: the next is apart from that
            rest = self.clock() + self._pace(row)
            Host.objects.filter(pk=row.pk).update(
                busy=row.busy[1:], free_at=max(row.free_at or rest, rest)
            )

    def _pace(self, row: Host) -> timedelta:
        ours = settings.HOST_PACE_SECONDS if self.pace is None else self.pace
        return timedelta(seconds=max(ours, row.pace_seconds or 0.0))

    # --- robots.txt ---

    def robots(self, url: str) -> None:
        """Raise RobotsRefused where the site asks robots like us to stay away from this page."""
        parts = urlsplit(url)
        base = f"{parts.scheme}://{parts.netloc}"
        rules = Protego.parse(self._robots_of(base, (parts.hostname or "").lower()))
        allowed = bool(rules.can_fetch(url, self.agent.split("/")[0]))
        self.decisions[url] = allowed
        if not allowed:
            raise RobotsRefused(
                _("%(host)s 的 robots.txt 不让读这个网页，所以没有读。请改用订阅源，或联系对方"),
                host=parts.netloc,
            )

    def _robots_of(self, base: str, host: str) -> str:
        now = self.clock()
        name = f"{base}/robots.txt"
        row, _new = Host.objects.get_or_create(name=host)
        if row.robots_at and timedelta(0) <= now - row.robots_at < ROBOTS_KEPT:
            return row.robots
        text = self._fetch_robots(name)
        asked = Protego.parse(text).crawl_delay(self.agent.split("/")[0])
        pace = min(float(asked), LONGEST_PACE) if asked else None
        Host.objects.filter(pk=row.pk).update(robots=text, robots_at=now, pace_seconds=pace)
        return text

    def _fetch_robots(self, name: str) -> str:
        """Its text; "" where there is none. A server that fails says neither yes nor no."""
        limits = Limits(body=ROBOTS_LARGEST, total=10.0, turn=self.turn)
        try:
            came = self.fetch(
                name,
                agent=self.agent,
                own=Own(),
                allowed_hosts=self.allowed_hosts,
                limits=limits,
            )
        except FetchFailed as failed:
            if failed.kind == "too_large" or (400 <= failed.status < 500 and failed.status != 429):
                return ""
            raise
        return came.body.decode("utf-8", "replace").replace("\0", "")
