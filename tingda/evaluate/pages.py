"""How long the server takes for each page of the desk, in a made-up office of any size."""

import time
from collections.abc import Iterator
from datetime import datetime
from statistics import median
from typing import Any

from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, models
from django.test import Client

from tingda.answers.models import Answer
from tingda.cases.models import Case, Referral
from tingda.collect.models import Voice
from tingda.detect.models import Issue
from tingda.evaluate.filled import COMMON, PLACES, RARE, VOICES_AN_ISSUE, Office
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person

WARM, MEASURED = 1, 20
ANEW = "judging the largest issue, anew"
"""Nothing of it was kept since somebody looked last."""

SORTS = ("people", "messages", "new", "last")


def addresses() -> dict[str, str]:
    """The pages that are measured, each by what it is called in the report."""
    by_size = Issue.objects.order_by("-messages", "-id")
    ordinary = by_size.filter(messages__lte=VOICES_AN_ISSUE).first() or by_size.last()
    largest, case = by_size.first(), Case.objects.filter(state="referred").first()
    voice = Voice.objects.order_by("-id").first()
    answer = Answer.objects.order_by("-id").first()
    numbers = [row.pk if row else 0 for row in (ordinary, largest, voice, case, answer)]
    sorts = {f"issues by {sort}": f"issues/?sort={sort}" for sort in SORTS}
    return {
        "today": "",
        **sorts,
        "issues of a place": f"issues/?place={PLACES[0]}",
        "issue": f"issues/{numbers[0]}/",
        "largest issue": f"issues/{numbers[1]}/",
        "largest issue, chart": f"issues/{numbers[1]}/chart/",
        "judging": f"issues/{numbers[0]}/judge/",
        "judging the largest issue": f"issues/{numbers[1]}/judge/",
        ANEW: f"issues/{numbers[1]}/judge/",
        "judging the largest issue, sources": f"issues/{numbers[1]}/judge/chart/sources/",
        "voices": "voices/",
        "voices of a day": f"voices/?day={Voice.objects.latest('heard_at').heard_at.date()}",
        "voice": f"voices/{numbers[2]}/",
        "search, common word": f"search/?q={COMMON}",
        "search, rare word": f"search/?q={RARE}",
        "cases": "cases/",
        "case": f"cases/{numbers[3]}/",
        "referrals": "referrals/",
        "answers": "answers/",
        "answer": f"answers/{numbers[4]}/",
        "briefs": "briefs/",
        "sources": "sources/",
        "ledger": "ledger/",
    }


def measure_pages(voices: int, *, now: datetime) -> dict[str, Any]:
    """Fill an empty office and measure it: {"voices", "pages": {name: ms}, "p95": {name: ms}, …}.

    The median of twenty after one warm-up, and what one in twenty takes at least, in the server,
    without the network. Refused in an office that holds anything already.
    """
    if Voice.objects.exists() or Person.objects.exists():
        raise Refused(_("这里已经有数据：测速只在空的数据文件夹里做"))
    duty = Office(voices, now).fill()
    _settle()
    call_command("collectstatic", verbosity=0, interactive=False)
    client = Client(SERVER_NAME="localhost")
    client.force_login(duty)
    pages, p95 = {}, {}
    for name, address in addresses().items():
        times = sorted(_times(client, f"/desk/{address}", anew=name == ANEW))
        pages[name] = round(median(times) * 1000, 1)
        p95[name] = round(times[-(MEASURED // 20)] * 1000, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM analyse_search")
        rows = cursor.fetchone()[0]
    return {
        "voices": voices,
        "pages": pages,
        "p95": p95,
        "slowest": max(pages.values()),
        "search_rows": rows,
        "rows": _sizes(Voice, Issue, Case, Referral, Answer),
    }


def _settle() -> None:
    """Let PostgreSQL look at what it was given, as it does by itself in time."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _sizes(*tables: type[models.Model]) -> dict[str, int]:
    return {table.__name__: table._default_manager.count() for table in tables}


def _times(client: Client, address: str, *, anew: bool) -> Iterator[float]:
    for turn in range(WARM + MEASURED):
        if anew:
            cache.clear()
        began = time.perf_counter()
        response = client.get(address)
        seconds = time.perf_counter() - began
        if response.status_code != 200:
            raise Refused(_("%(page)s 回答 %(code)s"), page=address, code=response.status_code)
        if turn >= WARM:
            yield seconds
