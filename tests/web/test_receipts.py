"""查询进度: the person who wrote sees their own matter, and nothing else."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.publishing import publish
from tingda.answers.models import Confirmation
from tingda.cases import actions as cases
from tingda.cases.models import Case
from tingda.collect.actions.receiving import receive
from tingda.collect.models import Voice
from tingda.detect.models import Belonging
from tingda.notify.models import Notice

Make = Callable[..., Any]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr("tingda.lib.present.now", lambda: now)


@pytest.fixture
def told(db: None, now: datetime) -> tuple[Voice, str]:
    return receive("", "午餐里有一根头发。", "fake-contact-9", "清溪中学", now=now)


def enter(client: Client, code: str) -> Any:
    return client.post(reverse("receipt"), {"code": code})


def mine(client: Client) -> str:
    response = client.get(reverse("my-receipt"))
    assert response.status_code == 200
    return response.content.decode()


def test_a_code_opens_a_private_page(client: Client, told: tuple[Voice, str]) -> None:
    response = enter(client, told[1].lower().replace("-", " "))
    assert (response.status_code, response["Location"]) == (303, reverse("my-receipt"))
    page = client.get(reverse("my-receipt"))
    assert "no-store" in page["Cache-Control"]
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    shown = page.content.decode()
    assert "已收到，等待受理" in shown
    assert "11月27日 23:59" in shown
    assert "午餐里有一根头发。" in shown
    assert "fake-contact-9" not in shown


def test_a_wrong_code_says_so_and_keeps_what_was_typed(client: Client, db: None) -> None:
    response = enter(client, "ABCD-EFGH-JKMN")
    assert response.status_code == 422
    assert "没有这个查询码" in response.content.decode()
    assert "ABCD-EFGH-JKMN" in response.content.decode()
    assert enter(client, "").status_code == 422


def test_without_a_code_there_is_no_page(client: Client, db: None) -> None:
    response = client.get(reverse("my-receipt"))
    assert (response.status_code, response["Location"]) == (303, reverse("receipt"))


def test_guessing_is_slow_even_with_the_right_code(client: Client, told: tuple[Voice, str]) -> None:
    for _ in range(10):
        assert enter(client, "ABCD-EFGH-JKMN").status_code == 422
    response = enter(client, told[1])
    assert response.status_code == 429
    assert "请过一刻钟再试" in response.content.decode()


def test_leaving_forgets_the_code(client: Client, told: tuple[Voice, str]) -> None:
    enter(client, told[1])
    client.post(reverse("leave-receipt"))
    assert client.get(reverse("my-receipt")).status_code == 303


def test_the_page_follows_the_case(
    client: Client, cast: SimpleNamespace, make_case: Make, told: tuple[Voice, str], now: datetime
) -> None:
    enter(client, told[1])
    case = make_case(told[0])
    assert f"已受理，编号 {case.number}" in mine(client)
    referral = cases.refer(case, cast.edu, "请核实", by=cast.duty, now=now)
    assert "正在核实" in mine(client)
    cases.withdraw_referral(referral, "发错了", by=cast.duty, now=now)
    answer = publish(Case.objects.get(), cast, now)
    shown = mine(client)
    assert "已公布回应" in shown
    assert "清洗筐破损。情况属实。" in shown
    assert reverse("public-answer", args=[answer.pk]) in shown
    cases.close(case, reason="answered", text="已经答复并更换。", by=cast.duty, now=now)
    shown = mine(client)
    assert "已办结" in shown
    assert "已经答复并更换。" in shown


def test_a_closing_without_an_answer_shows_its_text(
    client: Client, cast: SimpleNamespace, make_case: Make, told: tuple[Voice, str], now: datetime
) -> None:
    case = make_case(told[0])
    cases.forward(case, "市场监管所", way="letter", text="转办函", by=cast.duty, now=now)
    cases.close(case, reason="handed_on", text="已转市场监管所办理。", by=cast.duty, now=now)
    enter(client, told[1])
    shown = mine(client)
    assert "已转市场监管所办理。" in shown
    assert "解决了您的问题吗" not in shown


def test_not_ours_is_said_with_its_reason(
    client: Client, make_issue: Make, told: tuple[Voice, str]
) -> None:
    make_issue(told[0], state="not_ours", reason="属于邻县，已电话告知。")
    enter(client, told[1])
    shown = mine(client)
    assert "这件事不属于我们办理" in shown
    assert "属于邻县，已电话告知。" in shown


def test_a_passed_promise_is_said_to_be_late(
    client: Client, monkeypatch: pytest.MonkeyPatch, told: tuple[Voice, str], now: datetime
) -> None:
    enter(client, told[1])
    later = now + timedelta(days=6, hours=8)
    assert "已超时" not in mine(client)
    monkeypatch.setattr("tingda.lib.present.now", lambda: later)
    enter(client, told[1])
    assert "已超时" in mine(client)


def test_other_voices_of_the_issue_are_not_shown(
    client: Client,
    cast: SimpleNamespace,
    make_case: Make,
    make_issue: Make,
    make_voice: Make,
    told: tuple[Voice, str],
    now: datetime,
) -> None:
    other = make_voice(title="别人的题目", text="别人说的话")
    issue = make_issue(other, title="议题的题目")
    Belonging.objects.create(voice=told[0], issue=issue, at=now, stamp=10**9)
    publish(make_case(issue, title="内部题目"), cast, now)
    enter(client, told[1])
    shown = mine(client)
    assert "已公布回应" in shown
    for words in ("别人的题目", "别人说的话", "议题的题目", "内部题目"):
        assert words not in shown


def test_the_person_says_whether_it_is_solved_and_may_change_it(
    client: Client, cast: SimpleNamespace, make_case: Make, told: tuple[Voice, str], now: datetime
) -> None:
    answer = publish(make_case(told[0]), cast, now)
    enter(client, told[1])
    for verdict, note in (("not", "还有头发"), ("solved", "")):
        response = client.post(reverse("my-receipt"), {"verdict": verdict, "note": note})
        assert response.status_code == 303
        row = Confirmation.objects.get()
        assert (row.answer, row.verdict, row.note) == (answer, verdict, note)
    assert "解决了" in mine(client)
    told_owner = Notice.objects.filter(person=cast.duty, verb="answer.not_solved")
    assert told_owner.count() == 1
    assert Case.objects.get().state == "published"  # nothing reopens by itself


def test_no_choice_is_an_error_that_keeps_the_note(
    client: Client, cast: SimpleNamespace, make_case: Make, told: tuple[Voice, str], now: datetime
) -> None:
    publish(make_case(told[0]), cast, now)
    enter(client, told[1])
    response = client.post(reverse("my-receipt"), {"note": "写了很长的说明"})
    assert response.status_code == 422
    assert "请先选一项" in response.content.decode()
    assert "写了很长的说明" in response.content.decode()
    assert Confirmation.objects.count() == 0


def test_nothing_can_be_confirmed_before_there_is_an_answer(
    client: Client, told: tuple[Voice, str]
) -> None:
    enter(client, told[1])
    assert client.post(reverse("my-receipt"), {"verdict": "solved"}).status_code == 422
    assert Confirmation.objects.count() == 0
