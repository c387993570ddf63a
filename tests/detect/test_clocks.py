"""A source whose clock is off: an emergency is told by when it was heard, old news is not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse

from tingda.analyse.actions.reading import read_due
from tingda.collect.actions.hearing import hear
from tingda.collect.models import Source
from tingda.collect.rules import Entry
from tingda.detect.actions.gathering import gather_due
from tingda.detect.models import Alert
from tingda.people.models import Person

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DANGER = "清溪村口的河里有孩子掉水里了，快来救人"
SLOW = "来源“%(source)s”的钟大约慢 %(days)s 天，按听到的时间算"
FAST = "来源“%(source)s”的钟大约快 %(days)s 天，按听到的时间算"


def look(source: Source, now: datetime, said: dict[str, datetime]) -> None:
    """One look that finds these texts, each said then, and what comes of them."""
    source.refresh_from_db()
    entries = [Entry(guid=text, text=text, said_at=at) for text, at in said.items()]
    hear(source, entries, now=now)
    Source.objects.filter(pk=source.pk).update(looked_at=now)
    read_due(now=now)
    gather_due(now=now)


def source(kind: str = "feed") -> Source:
    return Source.objects.create(kind=kind, name="镇民论坛")


def warned() -> list[tuple[str, object]]:
    """Of each alert its colour and what it says of a clock."""
    clocks = (SLOW, FAST)
    return [
        (
            one.colour,
            [(text, params["days"]) for text, params in one.why["reasons"] if text in clocks],
        )
        for one in Alert.objects.all()
    ]


@pytest.mark.parametrize(("off", "text"), [(365, SLOW), (-365, FAST), (20_000, SLOW)])
def test_an_emergency_of_a_source_whose_clock_is_off_is_told_with_how_far_it_is(
    cast: SimpleNamespace, now: datetime, off: int, text: str
) -> None:
    one, ago = source(), off * DAY
    look(one, now - HOUR, {"路灯不亮": now - HOUR - ago - DAY})
    assert warned() == []
    look(one, now, {DANGER: now - ago})
    assert warned() == [("red", [(text, abs(off))])]


def test_what_is_old_wakes_nobody(cast: SimpleNamespace, now: datetime) -> None:
    live, table = source(), Source.objects.create(kind="import", name="旧表格")
    look(live, now - 2 * HOUR, {"路灯不亮": now - 3 * HOUR, DANGER: now - 365 * DAY})
    look(live, now - HOUR, {f"{DANGER}！第二次": now - 300 * DAY})  # an old one comes up again
    look(table, now - HOUR, {"井盖坏了": now - 366 * DAY})
    look(table, now, {f"{DANGER}，都在喊": now - 365 * DAY})
    assert warned() == []


def test_after_failures_what_was_missed_is_as_old_as_it_says(
    cast: SimpleNamespace, now: datetime
) -> None:
    one = source()
    look(one, now - 20 * DAY, {"路灯不亮": now - 21 * DAY})
    Source.objects.update(failures=9, looked_at=now - HOUR)
    look(one, now, {DANGER: now - 12 * DAY})
    assert warned() == []


def test_the_page_of_the_source_says_it_until_its_clock_is_right(
    cast: SimpleNamespace, client_of: Callable[[Person], Client], now: datetime
) -> None:
    one, client = source(), client_of(cast.duty)

    def page() -> str:
        return client.get(reverse("source", args=[one.pk])).content.decode()

    look(one, now - 2 * HOUR, {"路灯不亮": now - 366 * DAY})
    look(one, now - HOUR, {"井盖坏了": now - HOUR - 365 * DAY})
    assert "它给的时间大约慢 365 天" in page()
    look(one, now, {"树倒了": now - HOUR})
    assert "它给的时间" not in page()
