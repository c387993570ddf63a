"""How quick the desk stays in an office with many cases while many people work at once, and whether
anything that they were told was saved is lost. The real server and the real worker run."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from math import ceil
from threading import Barrier
from typing import TypedDict

from django.core.management import call_command
from django.db import connection, connections
from django.test import Client

from tingda.cases.models import Case
from tingda.evaluate.handling_browser import Browser
from tingda.evaluate.handling_filled import Caseload, Staff
from tingda.evaluate.handling_kept import lost
from tingda.evaluate.handling_people import HABITS, PAGES, SHARE, Day, Someone
from tingda.ledger.models import Line
from tingda.ledger.queries import verify
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person

WARM = 0.25  # of the measured time before it: caches fill, the worker does what is due at once
RACES = 10  # how often two people change the same case in the same moment
READY = 90  # seconds
TIMED = "tingda.evaluate.handling_timed:application"
Milliseconds = dict[str, float]


class Report(TypedDict):
    """`p95_ms`: server time of each page by the clock, `cpu_p95_ms` what of it was computing in
    this process; `others_p95_ms`: the pages and deeds beside them. `lost_updates`: what people were
    told was saved and what is not so; `told`: what was refused with a reason.
    """

    p95_ms: Milliseconds
    lost_updates: int
    cpu_p95_ms: Milliseconds
    others_p95_ms: Milliseconds
    asked: dict[str, int]
    saved: int
    told: int
    ledger_ok: bool
    database: str
    people: int
    cases: int
    ledger_lines: int


class Work(TypedDict):
    """How many people work for how many minutes."""

    people: int
    minutes: float


def measure_cases(cases: int, work: Work, *, now: datetime, say: Callable[[str], None]) -> Report:
    """Fill an empty office, let people work in it, and look at what they left. Refused in an
    office that holds anything already."""
    if Person.objects.exists():
        raise Refused(_("这里已经有数据：测速只在空的数据文件夹里做"))
    caseload = Caseload(cases, now, say)
    staff = caseload.handle()
    _settle()
    return at_work(staff, work, say)


def at_work(staff: Staff, work: Work, say: Callable[[str], None]) -> Report:
    """People work in a filled office, and what they left is looked at."""
    call_command("collectstatic", verbosity=0, interactive=False)
    day = Day()
    port = _free_port()
    everybody = _sign_in(staff, work["people"], port, day)
    connections.close_all()
    with _house(port):
        say("warming up")
        _work(everybody, work["minutes"] * WARM)
        day.times.clear()
        say(f"{len(everybody)} people at work for {work['minutes']:g} minutes")
        _work(everybody, work["minutes"])
        _races([who for role, who in everybody if role == "duty"][:2])
    say("looking for what was lost")
    return _report(day, len(everybody))


def _report(day: Day, people: int) -> Report:
    if day.wrong:
        raise Refused(
            _("%(count)s 次没有正常回答，例如 %(first)s"), count=len(day.wrong), first=day.wrong[0]
        )
    pages = [page for page in PAGES if day.times[page]]
    others = sorted(set(day.times) - set(PAGES))
    return Report(
        p95_ms={page: p95(wall for wall, _cpu in day.times[page]) for page in pages},
        lost_updates=len(lost(day.saved)),
        cpu_p95_ms={page: p95(cpu for _wall, cpu in day.times[page]) for page in pages},
        others_p95_ms={name: p95(wall for wall, _cpu in day.times[name]) for name in others},
        asked={name: len(day.times[name]) for name in [*pages, *others]},
        saved=len(day.saved),
        told=len(day.told),
        ledger_ok=verify().ok,
        database=connection.vendor,
        people=people,
        cases=Case.objects.count(),
        ledger_lines=Line.objects.count(),
    )


def p95(values: Iterator[float]) -> float:
    """The value that 95 of 100 do not exceed."""
    ordered = sorted(values)
    return round(ordered[ceil(0.95 * len(ordered)) - 1], 1)


def _settle() -> None:
    """What PostgreSQL does by itself in time: look at what it was given."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


# ---- the house ----
def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _house(port: int) -> Iterator[None]:
    """Web server and worker as `tingda up` keeps them."""
    command = [sys.executable, "-m", "tingda.cli.keep", "127.0.0.1", str(port), TIMED]
    kept = subprocess.Popen(command, env=os.environ, stdout=sys.stderr)  # noqa: S603 - our own command
    try:
        _wait_well(port)
        yield
    finally:
        kept.terminate()
        kept.wait()


def _wait_well(port: int) -> None:
    end = time.monotonic() + READY
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                if answer.status == 200 and json.load(answer):
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise Refused(_("服务没有启动起来，原因在上面"))


# ---- the people ----
def _sign_in(staff: Staff, count: int, port: int, day: Day) -> list[tuple[str, Someone]]:
    """So many of them, each role by its share, each in a browser; with voices to take on."""
    everybody: list[tuple[str, Someone]] = []
    for role, share in SHARE.items():
        people: Sequence[Person] = getattr(staff, role)
        least = 2 if role == "duty" else 1  # two people race
        for person in islice(people, max(least, round(share * count))):
            client = Client(SERVER_NAME="localhost")
            client.force_login(person)
            browser = Browser(port, client.cookies["sessionid"].value)
            everybody.append((role, Someone(len(everybody), person.pk, browser, day)))
    free = Case.objects.exclude(issue=None).order_by("-id").values_list("id", flat=True)
    first = Case.objects.exclude(voice=None).values_list("id", "voice_id").first()
    if first:  # case and voice have the same distance everywhere
        taken = set(Case.objects.exclude(voice=None).values_list("voice_id", flat=True))
        voices = (case - first[0] + first[1] for case in free)
        for n, voice in enumerate(islice((one for one in voices if one not in taken), 500)):
            everybody[n % len(everybody)][1].voices.append(voice)
    return everybody[:count]


def _work(everybody: Sequence[tuple[str, Someone]], minutes: float) -> None:
    until = time.monotonic() + minutes * 60
    with ThreadPoolExecutor(len(everybody)) as threads:
        for role, who in everybody:
            threads.submit(who.work, HABITS[role], until)


def _races(pair: Sequence[Someone]) -> None:
    """Two people who have read the same page change the same case in the same moment: what one
    of them did not see, must not be gone over."""
    cases = list(Case.objects.filter(state="taken").order_by("-id")[:RACES])
    connections.close_all()
    both = Barrier(len(pair))

    def change(who: Someone, case: Case, deed: str) -> None:
        page = who.look("race", f"/desk/cases/{case.pk}/")
        both.wait()
        who.do(deed, case.pk, page)

    with ThreadPoolExecutor(len(pair)) as threads:
        for n, case in enumerate(cases):
            deed = ("grade", "owner")[n % 2]
            list(threads.map(lambda who: change(who, case, deed), pair))  # noqa: B023 - ends here
