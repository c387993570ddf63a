"""The worker killed in the middle of its work, again and again: nothing lost, nothing twice."""

import csv
import json
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

from tests.cli.test_import import ask
from tests.house import House
from tests.process.test_up import children
from tingda.evaluate.filled import made_up

ROWS, BAD, REPEATED = 600, 4, 20

BEGIN = """
from datetime import UTC, datetime
from tingda.collect.actions.tables import begin_import, confirm_import
from tingda.collect.queries import imports_folder
from tingda.people.actions import add_person, add_unit
now = datetime.now(UTC)
office = add_unit("office", "清溪镇公共服务中心", by=None, now=now)
duty = add_person("duty", "值班员", office, ["duty"], password="long-enough-password",
                  by=None, now=now)
row = begin_import(imports_folder() / "table.csv", "留言.csv", source_name="", mapping={},
                   by=duty, now=now)
confirm_import(row, {column: field for field, column in row.mapping.items()}, "镇民论坛",
               by=duty, now=now)
"""
# A claim ends two minutes after its holder died; the test lets that time pass at once.
TIME_PASSES = """
from datetime import UTC, datetime
from tingda.collect.models import Import
Import.objects.exclude(claimed_until=None).update(claimed_until=datetime(2020, 1, 1, tzinfo=UTC))
"""
LOOK = """
import json
from django.db.models import Sum
from tingda.analyse.models import Reading
from tingda.collect.models import Import, Voice
from tingda.detect.models import Belonging, Issue
from django.db import connection
cursor = connection.cursor()
cursor.execute("SELECT count(*) FROM analyse_search")
row = Import.objects.get()
print(json.dumps({
    "state": row.state, "read": row.read, "added": row.added, "repeated": row.repeated,
    "rejected": row.rejected, "voices": Voice.objects.count(),
    "readings": Reading.objects.count(), "searchable": cursor.fetchone()[0],
    "belongings": Belonging.objects.count(),
    "messages": Issue.objects.aggregate(n=Sum("messages"))["n"],
    "copies": Issue.objects.aggregate(n=Sum("copies"))["n"]
              - Belonging.objects.filter(copy=True).count(),
    "empty issues": Issue.objects.filter(messages=0).exclude(state="merged").count(),
    "left": [str(place) for place in __import__("pathlib").Path(
             row.rejects_file).parent.glob("table*") if "rejects" not in place.name],
}))
"""


def write_table(path: Path) -> None:
    """ROWS different voices; BAD rows say nothing, REPEATED ones were said before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    said = [made_up(number) for number in range(ROWS)]
    lines = [[str(n), one.title, one.text, "2026-11-01 08:00"] for n, one in enumerate(said)]
    for n in range(BAD):
        lines.insert(140 * (n + 1), [str(90_000 + n), "", "", "2026-11-01 08:00"])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["编号", "留言主题", "留言详情", "留言时间"])
        writer.writerows([*lines, *lines[:REPEATED]])


def until(true: Callable[[], bool], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not in {seconds} s: {what}"
        time.sleep(0.02)


def kill_worker(house: House) -> None:
    """As the power does it: no warning, no last words. The parent starts another one."""
    before = children(house)["worker"]
    os.kill(before, signal.SIGKILL)
    until(lambda: children(house).get("worker", before) != before, 60, "a new worker")
    house.python(TIME_PASSES)


def test_a_worker_killed_in_the_middle_loses_nothing_and_does_nothing_twice(house: House) -> None:
    chance = random.Random()  # noqa: S311 - moments, not secrets

    def number(table: str, where: str = "") -> int:
        return ask(house, f"SELECT count(*) FROM {table} {where}")  # noqa: S608 - our own words

    write_table(house.home / "imports" / "table.csv")
    house.start()
    house.python(BEGIN)
    caught = []
    for table in ("collect_voice", "analyse_reading", "detect_belonging"):
        until(lambda table=table: number(table) > 0, 90, table)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.3))
        kill_worker(house)
        caught.append((table, number(table)))
    until(lambda: number("collect_import", "WHERE state = 'done'") == 1, 120, "imported")
    owed = {"collect_voice": "unread", "analyse_reading": "ungathered"}
    for table, owing in owed.items():
        until(lambda t=table, o=owing: number(t, f"WHERE {o}") == 0, 180, owing)  # type: ignore[misc]
    until(lambda: number("detect_belonging") == ROWS, 180, f"all grouped; killed at {caught}")
    assert json.loads(house.python(LOOK)) == {
        "state": "done",
        "read": ROWS + BAD + REPEATED,
        "added": ROWS,
        "repeated": REPEATED,
        "rejected": BAD,
        "voices": ROWS,
        "readings": ROWS,
        "searchable": ROWS,
        "belongings": ROWS,
        "messages": ROWS,
        "copies": 0,
        "empty issues": 0,
        "left": [],
    }, caught
    verified = house.run("ledger", "verify", "--json")
    assert json.loads(verified.stdout)["ok"] is True
    assert min(count for _table, count in caught) > 0
