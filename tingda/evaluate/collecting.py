"""How many sources one small machine listens to: the real worker, against thousands of hosts."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import TypedDict

from django.db.models import Min

from tingda.collect.models import Check, Host, Source
from tingda.evaluate.collect_hosts import REPORT, host_of, hosts_of, kind_of
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

INTERVAL = timedelta(minutes=30)
LATE = timedelta(minutes=1)


class Report(TypedDict):
    """`on_time` is the share of looks due in the measured minutes that began within one minute
    of it; `checks_a_minute` what the worker does when everything is due at once; `peak_mb` the
    worker's highest memory; the last two are what the hosts saw.
    """

    feeds: int
    minutes: float
    on_time: float
    latest_seconds: float
    checks_a_minute: int
    peak_mb: float
    closest_seconds: float
    most_at_once: int


def measure_collect(feeds: int, minutes: float) -> Report:
    """Listen to so many feeds for some minutes. Refused in a data folder that is in use."""
    if Source.objects.exists():
        raise Refused(_("这里已经有来源了。请在空的数据目录里做"))
    with _process([sys.executable, "-m", "tingda.evaluate.collect_hosts"]) as hosts:
        assert hosts.stdout is not None  # noqa: S101 - it was opened as a pipe
        port = int(hosts.stdout.readline())
        begin = present.now() + timedelta(seconds=5)
        due = _found(feeds, port, begin)
        allowed = {"TINGDA_PRIVATE_HOSTS": ",".join(hosts_of(feeds))}
        with _process([sys.executable, "-m", "tingda.worker"], allowed) as worker:
            end = begin + timedelta(minutes=minutes)
            _wait_until(end + LATE)
            on_time, latest = _lateness(due, end)
            checks = _at_once()
            peak = _peak_mb(worker.pid)
        seen = _seen_by_hosts(port)
    return Report(
        feeds=feeds,
        minutes=minutes,
        on_time=on_time,
        latest_seconds=latest,
        checks_a_minute=checks,
        peak_mb=peak,
        closest_seconds=float(seen["closest_seconds"]),
        most_at_once=int(seen["most_at_once"]),
    )


def _found(feeds: int, port: int, begin: datetime) -> dict[int, datetime]:
    """The sources, due evenly over one interval as they are after a while; when each is due."""
    Host.objects.bulk_create([Host(name=name) for name in hosts_of(feeds)], batch_size=500)
    ids = dict(Host.objects.values_list("name", "pk"))
    dice = Random(1)  # noqa: S311 - a measurement is repeatable on purpose
    rows = [
        Source(
            kind="feed",
            name=f"feed-{feed}",
            # port 9 is where nobody listens
            address=f"http://{host_of(feed)}:{9 if kind_of(feed) == 'refused' else port}/f/{feed}",
            host_id=ids[host_of(feed)],
            next_due=begin + INTERVAL * dice.random(),
        )
        for feed in range(feeds)
    ]
    Source.objects.bulk_create(rows, batch_size=500)
    return {pk: at for pk, at in Source.objects.values_list("pk", "next_due") if at}


def _lateness(due: Mapping[int, datetime], end: datetime) -> tuple[float, float]:
    first = dict(Check.objects.values_list("source").annotate(Min("at")))
    late = [
        (first[source] - at).total_seconds() if source in first else float("inf")
        for source, at in due.items()
        if at < end
    ]
    on_time = sum(1 for seconds in late if seconds <= LATE.total_seconds())
    return round(on_time / len(late), 4), round(max(late), 1)


def _at_once() -> int:
    """Everything is due at once, as after a night without power: looks in the next minute."""
    Source.objects.update(next_due=present.now())
    before = Check.objects.count()
    _wait_until(present.now() + timedelta(minutes=1))
    return Check.objects.count() - before


def _wait_until(moment: datetime) -> None:
    while present.now() < moment:
        time.sleep(0.5)


@contextmanager
def _process(
    command: list[str], settings: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | dict(settings or {})
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return round(int(line.split()[1]) / 1024, 1)


def _seen_by_hosts(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{REPORT}") as answer:
        seen: dict[str, float] = json.load(answer)
    return seen
