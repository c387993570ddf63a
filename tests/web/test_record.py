"""巡查记录 and coverage: every look of a day can be read and printed, and charts say what lacks."""

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from docx import Document

from tingda.collect.models import Check, Source, Voice
from tingda.lib import charts
from tingda.notify.actions import tell

Make = Callable[..., Any]
HOUR = timedelta(hours=1)
WHY = "连不上 %(host)s，或中途断开。请稍后再试，或在浏览器里看看它是否正常"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr("tingda.lib.present.now", lambda: now)


@pytest.fixture
def no_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_more: object) -> bytes:
        raise charts.DrawingFailed("no drawing in this test")

    monkeypatch.setattr(charts, "to_png", refuse)
    monkeypatch.setattr(charts, "to_svg", refuse)


@pytest.fixture
def board(db: None, now: datetime) -> Source:
    """A board: looked at each half hour from 8:00, something new at 10:00, failing from 12:30."""
    row = Source.objects.create(
        name="县府公告", kind="feed", looked_at=now, next_due=now, failures=3
    )
    morning = now.replace(hour=0, minute=0)  # 8:00 in Shanghai
    for half in range(9):
        heard = {"outcome": "heard", "added": 1} if half == 4 else {"outcome": "nothing"}
        Check.objects.create(source=row, at=morning + half * HOUR / 2, **heard)
    for hours in (4.5, 5.5, 7):
        Check.objects.create(
            source=row,
            at=morning + hours * HOUR,
            outcome="failed",
            cause="connect",
            note=WHY,
            note_params={"host": "a.cn"},
        )
    return row


def page_of(client: Client, day: str = "") -> str:
    response = client.get(reverse("record"), {"day": day} if day else {})
    assert response.status_code == 200
    return response.content.decode()


def test_every_look_of_the_day_is_in_the_record_and_what_came_is_linked(
    cast: SimpleNamespace,
    client_of: Callable[..., Client],
    board: Source,
    make_voice: Callable[..., Voice],
    now: datetime,
) -> None:
    voice = make_voice(source=board, title="停水通知", heard_at=now - 6 * HOUR)
    shown = page_of(client_of(cast.duty))
    assert "8:00—9:30 看 4 次，没有新的；10:00 新 1 条；10:30—12:00 看 4 次，没有新的；" in shown
    assert "12:30—15:00 看 3 次，没有看成：连不上 a.cn" in shown
    assert f'<a href="{reverse("voice", args=[voice.pk])}">停水通知</a>' in shown
    assert "看了 1 个来源，共 12 次；听到新的 1 条，没有看成 3 次" in shown
    assert "值班人员：____" in shown
    assert "?day=2026-11-20" in shown
    assert "?day=2026-11-22" not in shown


def test_nothing_found_is_said_and_a_day_without_looks_too(
    cast: SimpleNamespace, client_of: Callable[..., Client], board: Source
) -> None:
    Check.objects.filter(outcome="heard").delete()
    client = client_of(cast.auditor)
    assert "没有发现" in page_of(client)
    before = page_of(client, "2026-11-19")
    assert "这一天没有巡查" in before
    assert "?day=2026-11-20" in before


@pytest.mark.parametrize("day", ["2026-11-22", "yesterday", "0001-01-01", "2026-13-01"])
def test_a_day_that_cannot_be_is_not_there(
    cast: SimpleNamespace, client_of: Callable[..., Client], day: str
) -> None:
    assert client_of(cast.duty).get(reverse("record"), {"day": day}).status_code == 404


def test_only_the_desk_of_the_whole_office_sees_it(
    cast: SimpleNamespace, client_of: Callable[..., Client], board: Source
) -> None:
    cast.duty.unit = cast.edu
    cast.duty.save()
    for person in (cast.duty, cast.liaison_edu):
        for address in (reverse("record"), reverse("record-word", args=["2026-11-21"])):
            assert client_of(person).get(address).status_code == 404


def test_the_record_is_a_word_file_too(
    cast: SimpleNamespace, client_of: Callable[..., Client], board: Source
) -> None:
    response = client_of(cast.duty).get(reverse("record-word", args=["2026-11-21"]))
    assert "2026-11-21.docx" in response["Content-Disposition"]
    paper = Document(io.BytesIO(response.content))
    assert "巡查记录\n2026年11月21日" in paper.paragraphs[0].text
    cells = [cell.text for cell in paper.tables[0].rows[1].cells]
    assert cells[:2] == ["县府公告（订阅源）", "12"]
    assert "10:00 新 1 条" in cells[2]


def test_the_record_costs_the_same_for_few_and_many(
    cast: SimpleNamespace, client_of: Callable[..., Client], now: datetime
) -> None:
    client = client_of(cast.duty)

    def cost(first: int, last: int) -> int:
        for n in range(first, last):
            row = Source.objects.create(name=f"来源{n}", kind="feed", looked_at=now, next_due=now)
            Check.objects.create(source=row, at=now - HOUR, outcome="nothing")
        with CaptureQueriesContext(connection) as asked:
            page_of(client)
        return len(asked)

    assert cost(0, 1) == cost(1, 9)


# --- coverage ---


def test_charts_and_briefs_say_what_was_not_heard(
    cast: SimpleNamespace,
    client_of: Callable[..., Client],
    board: Source,
    make_issue: Make,
    no_drawing: None,
) -> None:
    client, issue = client_of(cast.duty), make_issue()
    line = "这段时间没听全：县府公告（11月21日 12:00 起，连不上）。"
    chart = client.get(reverse("issue-chart", args=[issue.pk]), headers={"HX-Request": "true"})
    assert line in chart.content.decode()
    assert client.get(reverse("briefs")).content.decode().count(line) == 2  # the day, two weeks
    response = client.get(reverse("brief-daily", args=["2026-11-21"]))
    paper = Document(io.BytesIO(response.content))
    assert [one.text for one in paper.paragraphs].count(line) == 2
    before = client.get(reverse("brief-daily", args=["2026-11-20"]))
    said = [one.text for one in Document(io.BytesIO(before.content)).paragraphs]
    assert said.count("这段时间所有来源都听全了。") == 2


# --- 今日 ---


def test_today_names_what_is_not_heard_and_what_is_silent(
    cast: SimpleNamespace, client_of: Callable[..., Client], board: Source, now: datetime
) -> None:
    Source.objects.create(
        name="镇报", kind="feed", looked_at=now, silent_at=now, heard_at=now - 99 * HOUR
    )
    link = f"source:{board.pk}"
    data = {"title": "县府公告"}
    tell([cast.duty], "source.deaf", key="one", link=link, now=now, data=data)
    many = {"count": 7, "names": ["县府公告"]}
    tell([cast.duty], "sources.deaf", key="many", link="sources", now=now, data=many)
    shown = client_of(cast.duty).get(reverse("today")).content.decode()
    assert "1 个听不到" in shown
    assert "1 个很久没有新的" in shown
    assert "连不上 a.cn" in shown
    assert "这个来源听不到了" in shown
    assert f'<a data-open href="{reverse("source", args=[board.pk])}">县府公告</a>' in shown
    assert f'<a data-open href="{reverse("sources")}">7 个来源听不到</a>' in shown
    assert reverse("record") in shown
