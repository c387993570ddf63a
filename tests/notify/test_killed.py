"""Workers that are killed while they send, and workers that send at the same time."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.house import House
from tests.servers.receivers import Receiver, listening

pytestmark = pytest.mark.once
BEGIN = """
import django; django.setup()
from datetime import UTC, datetime, timedelta
from tingda.notify.actions.sending import deliver_due
now = datetime.now(UTC)
"""
TOLD = """
from tingda.notify.actions import tell
from tingda.notify.actions.ways import Wishes, add_reach
from tingda.people.actions import add_person, add_unit
office = add_unit("office", "公共服务中心", by=None, now=now)
for who in range(2):
    one = add_person(f"p{{who}}", f"人{{who}}", office, ["duty"],
                     password="long-enough-password", by=None, now=now)
    add_reach("webhook", "程序", {{"url": "{address}", "token": ""}}, Wishes(), by=one, now=now)
    for count in range(4):
        tell([one], "answer.sent_back", key=f"{{who}}:{{count}}", link="answer:1", now=now,
             data={{"title": f"{{who}}:{{count}}"}})
"""
LATER = "now += timedelta(minutes=6)\n"
DELIVER = "deliver_due(now=now)"


def _begin(house: House, receiver: Receiver, code: str) -> "subprocess.Popen[bytes]":
    host = f"127.0.0.1:{receiver.port}"
    env = house.environment(DJANGO_SETTINGS_MODULE="tingda.settings", TINGDA_PRIVATE_HOSTS=host)
    return subprocess.Popen([sys.executable, "-c", BEGIN + code], env=env)


def _states(house: House) -> list[str]:
    with sqlite3.connect(house.home / "tingda.sqlite3") as connection:
        asked = "SELECT state FROM notify_sending ORDER BY id"
        return [state for (state,) in connection.execute(asked)]


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_kill_while_sending_and_two_workers_at_once_send_nothing_twice(house: House) -> None:
    with listening(Receiver()) as receiver:
        receiver.seconds = 3
        killed = _begin(house, receiver, TOLD.format(address=receiver.address) + DELIVER)
        _until(lambda: len(receiver.received) == 1)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert _states(house)[0] == "under_way"
        receiver.seconds = 0.05
        workers = [_begin(house, receiver, LATER + DELIVER) for _count in range(2)]
        assert [worker.wait(60) for worker in workers] == [0, 0]
        assert _states(house) == ["doubt", *["sent"] * 7]
    keys = [f"稿子退回修改：{who}:{count}" for who in range(2) for count in range(4)]
    assert sorted(receiver.titles()) == keys
    for who in range(2):
        own = [title for title in receiver.titles() if f"：{who}:" in title]
        assert own == sorted(own)
