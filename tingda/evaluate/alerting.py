"""How long from a voice that is heard to its alert at a receiver, while many more are heard."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from typing import TypedDict

from tingda.analyse.models import Reading
from tingda.collect.actions.hearing import hear
from tingda.collect.models import Source, Voice
from tingda.collect.rules import Entry
from tingda.detect.models import Alert, Belonging
from tingda.evaluate.analyse_posts import chinese_names, posts
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.notify.actions.ways import Wishes, add_reach
from tingda.notify.models import Sending
from tingda.people.actions import add_person, add_unit, name_institution
from tingda.people.models import Person

PATIENCE = 180.0  # seconds to wait for what is still on its way
LARGEST = 1_000_000  # bytes of a message
SEED = 1
DANGER = "{}一楼厨房闻到很浓的煤气味，有两个人已经头晕倒下，快来人"


class Delay(TypedDict):
    """Seconds from heard to received, of the `alerts` on issues of one voice; `missing`: what was
    still owed after three minutes. `heard_per_s` is what was heard each second beside them."""

    alerts: int
    missing: int
    heard_per_s: int
    p50_s: float
    p95_s: float
    max_s: float


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Take a message."""
        self.rfile.read(min(int(self.headers.get("Content-Length", 0)), LARGEST))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def measure_alerting(seconds: int, per_second: int) -> Delay:
    """Hear so many made-up posts a second and one emergency, each elsewhere; in an empty office,
    the worker beside it. Refused: an office that is in use."""
    if Person.objects.exists():
        raise Refused(_("这里已经有人在用，只能在空的数据目录里量"))
    receiver = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    _found(f"http://127.0.0.1:{receiver.server_port}/")
    with _worker():
        _awake()
        _burst(seconds, per_second)
        end = time.monotonic() + PATIENCE
        while _owed() and time.monotonic() < end:
            time.sleep(0.5)
    receiver.shutdown()
    times = _delays() or [0.0]
    return Delay(
        alerts=len(times),
        missing=_owed(),
        heard_per_s=per_second,
        p50_s=round(times[len(times) // 2], 1),
        p95_s=round(times[min(len(times) - 1, int(len(times) * 0.95))], 1),
        max_s=round(times[-1], 1),
    )


def _found(address: str) -> None:
    """An office with one person on duty, who is told by a program of theirs."""
    now = present.now()
    name_institution("测量", by=None, now=now)
    office = add_unit("office", "测量", by=None, now=now)
    duty = add_person("duty", "值班员", office, ["duty"], password=None, by=None, now=now)
    add_reach("webhook", "测量", {"url": address}, Wishes(), by=duty, now=now)


@contextmanager
def _worker() -> Iterator[None]:
    worker = subprocess.Popen([sys.executable, "-m", "tingda.worker"])
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(60)


def _awake() -> None:
    """Wait until the worker has read something: it takes a while to start."""
    source = Source.objects.create(kind=Source.Kind.IMPORT, name="开工")
    hear(source, [Entry(guid="first", text="开工了")], now=present.now())
    end = time.monotonic() + PATIENCE
    while not Belonging.objects.exists():
        if time.monotonic() > end:
            raise Refused(_("后台没有开工"))
        time.sleep(0.2)


def _burst(seconds: int, per_second: int) -> None:
    """So many posts each second, and an emergency among them."""
    source = Source.objects.create(kind=Source.Kind.IMPORT, name="测量")
    crowd = posts(seconds * per_second, SEED)
    places = list(islice(reversed(chinese_names()), seconds))
    begun = time.monotonic()
    for number, place in enumerate(places):
        entries = [
            Entry(guid=f"{number}-{index}", title=said.title, text=said.body)
            for index, said in enumerate(islice(crowd, per_second))
        ]
        entries.append(Entry(guid=f"danger-{number}", title="", text=DANGER.format(place)))
        hear(source, entries, now=present.now())
        time.sleep(max(0.0, begun + number + 1 - time.monotonic()))


def _owed() -> int:
    """What is not read, not grouped, or not sent yet."""
    waiting = Sending.objects.exclude(state=Sending.State.SENT).count()
    unread = Voice.objects.filter(unread=True).count()
    return waiting + unread + Reading.objects.filter(ungathered=True).count()


def _delays() -> list[float]:
    """By the outbox: of each alert on an issue of one voice, from when that was heard to when a
    message about it was taken by the receiver. Many that wait together go out as one message."""
    alone = Alert.objects.filter(issue__messages=1).values_list("issue", "issue__heard_at")
    rows = Sending.objects.filter(verb="alert.raised", state=Sending.State.SENT)
    sent = dict(rows.values_list("link", "done_at"))
    times = [(sent.get(f"issue:{issue}"), heard) for issue, heard in alone]
    return sorted((done - heard).total_seconds() for done, heard in times if done)
