"""A flood of copies in an hour: folded, one alert, and the desk stays quick."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import median
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.test import Client

from tingda.analyse.actions.reading import read_due
from tingda.collect.actions.hearing import hear
from tingda.collect.models import Source
from tingda.collect.rules import Entry
from tingda.detect.actions.gathering import gather_due
from tingda.detect.actions.weighing import heat_due
from tingda.detect.models import Alert, AlertStep, Issue
from tingda.people.models import Person

COPIES, BATCH = 100_000, 2_000
HOUR = timedelta(hours=1)
TEXT = "幸福里小区2号楼楼道里有天然气味，很浓，快来人"
MOST_MS = 150  # of the server's CPU, for a page


def cpu_ms(client: Client, address: str) -> float:
    """The median of five looks, after one that fills what is kept."""
    times = []
    for _ in range(6):
        began = time.process_time()
        assert client.get(address).status_code == 200
        times.append((time.process_time() - began) * 1000)
    return median(times[1:])


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.django_db
def test_a_hundred_thousand_copies_in_an_hour_are_one_issue_with_one_alert(
    cast: SimpleNamespace, client_of: Callable[[Person], Client], now: datetime
) -> None:
    source = Source.objects.create(name="镇民论坛", kind="import")
    for start in range(0, COPIES, BATCH):
        at = now + HOUR * start / COPIES
        entries = [
            Entry(text=TEXT, guid=f"{n}", author=f"人{n}", said_at=at, precision="minute")
            for n in range(start, start + BATCH)
        ]
        hear(source, entries, now=at)
        while read_due(now=at) or gather_due(now=at):
            pass
        heat_due(now=at)
    (issue,) = Issue.objects.all()
    assert (issue.messages, issue.copies, issue.people) == (COPIES, COPIES - 1, COPIES)
    assert Alert.objects.count() == 1
    assert list(AlertStep.objects.values_list("what", flat=True)) == ["raised"]
    cache.clear()
    client = client_of(cast.duty)
    pages = ("", "issues/", f"issues/{issue.pk}/", f"issues/{issue.pk}/judge/", "alerts/")
    slow = {page: ms for page in pages if (ms := cpu_ms(client, f"/desk/{page}")) >= MOST_MS}
    assert slow == {}
