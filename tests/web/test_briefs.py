"""简报: the page shows today, each of two weeks can be downloaded, and only the office sees it."""

import io
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from docx import Document

from tingda.lib import charts

Make = Callable[..., Any]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr("tingda.lib.present.now", lambda: now)


@pytest.fixture
def no_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The chart's own tests draw; here a picture is only carried."""

    def refuse(*_args: object, **_more: object) -> bytes:
        raise charts.DrawingFailed("no drawing in this test")

    monkeypatch.setattr(charts, "to_png", refuse)


def test_the_desk_shows_today_and_two_weeks_to_download(
    cast: SimpleNamespace, client_of: Callable[..., Client], make_issue: Make
) -> None:
    issue = make_issue(title="食堂午餐有异物")
    shown = client_of(cast.duty).get(reverse("briefs")).content.decode()
    assert "食堂午餐有异物" in shown
    assert reverse("issue", args=[issue.pk]) in shown
    days = [f"2026-11-{day:02d}" for day in range(8, 22)]
    assert all(reverse("brief-daily", args=[day]) in shown for day in days)


def test_an_empty_day_says_so_on_the_page(
    cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    shown = client_of(cast.auditor).get(reverse("briefs")).content.decode()
    assert "今日未听到新的声音。没有听到也是一条记录" in shown


def test_the_button_gives_a_word_file(
    cast: SimpleNamespace, client_of: Callable[..., Client], no_drawing: None
) -> None:
    response = client_of(cast.duty).get(reverse("brief-daily", args=["2026-11-20"]))
    assert response.status_code == 200
    assert response["Content-Type"].endswith("wordprocessingml.document")
    assert "2026-11-20.docx" in response["Content-Disposition"]
    title = Document(io.BytesIO(response.content)).paragraphs[0].text
    assert "2026年11月20日" in title


@pytest.mark.parametrize("day", ["2026-11-22", "2026-13-01", "yesterday", "1900-01-01"])
def test_there_is_no_brief_of_a_day_that_is_none(
    cast: SimpleNamespace, client_of: Callable[..., Client], day: str
) -> None:
    assert client_of(cast.duty).get(f"/desk/briefs/daily/{day}.docx").status_code == 404


def test_a_brief_is_for_the_whole_office_only(
    cast: SimpleNamespace, client_of: Callable[..., Client], client: Client
) -> None:
    for name, args in (("briefs", []), ("brief-daily", ["2026-11-20"])):
        assert client_of(cast.liaison_edu).get(reverse(name, args=args)).status_code == 404
        assert client.get(reverse(name, args=args)).status_code == 302
