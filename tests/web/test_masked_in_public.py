"""Personal data in words of voices is masked where everybody reads; who signs an answer is told."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.publishing import WORDS, publish
from tingda.answers import actions as answers
from tingda.answers.models import Answer
from tingda.cases import actions as cases
from tingda.people.models import Person

Make = Callable[..., Any]
ClientOf = Callable[[Person], Client]
PHONE, PLATE = "13812345678", "京A12345"
TITLE = f"我叫王小明，电话{PHONE}，楼下的车{PLATE}堵门"
HIDDEN = ("王小明", PHONE, PLATE)
ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr("tingda.lib.present.now", lambda: now)


def page(client: Client, name: str, *args: object, **more: str) -> str:
    response = client.get(reverse(name, args=args), **more)
    assert response.status_code == 200
    return response.content.decode()


def shows_none(text: str) -> bool:
    return not any(words in text for words in HIDDEN)


def test_a_closing_without_an_answer_shows_nobodys_name_or_number(
    client: Client, cast: SimpleNamespace, make_case: Make, make_issue: Make, now: datetime
) -> None:
    case = make_case(make_issue(title=TITLE), title=TITLE)
    text = f"已电话{PHONE}告知王小明同志，请他等通知。"
    before = now - timedelta(hours=1)
    cases.close(case, reason="no_answer_needed", text=text, by=cast.duty, now=before)
    for more in ({}, ENGLISH):
        shown = page(client, "public-numbers", **more)
        assert shows_none(shown)
        assert "王某某" in shown and "138****" in shown and "堵门" in shown
    case.refresh_from_db()
    assert case.title.count("王小明") == 1 and case.closing_text == text  # kept as it was typed


def test_the_public_record_of_a_case_shows_nobodys_name_or_number(
    client: Client, cast: SimpleNamespace, make_case: Make, make_issue: Make, now: datetime
) -> None:
    case = make_case(make_issue(title=TITLE), title=TITLE)
    answer = publish(case, cast, now)
    why = f"王小明同志来电{PHONE}说没有解决。"
    cases.close(case, reason="answered", text=why, by=cast.duty, now=now)
    cases.reopen(case, reason=why, by=cast.duty, now=now)
    shown = page(client, "public-answer", answer.pk)
    assert shows_none(shown)
    assert "重新办理，理由：王某某" in shown
    for name in ("public-answers", "public-feed", "public-promises"):
        assert shows_none(page(client, name))


def test_a_draft_does_not_begin_with_anybodys_name(
    client_of: ClientOf, cast: SimpleNamespace, make_case: Make, make_issue: Make
) -> None:
    case = make_case(make_issue(title=TITLE), title=TITLE)
    form = client_of(cast.drafter).get(reverse("answer-new", args=[case.pk])).context["form"]
    assert shows_none(form.initial["title"] + form.initial["heard"])
    assert "堵门" in form.initial["title"]


@pytest.fixture
def draft(cast: SimpleNamespace, make_case: Make, now: datetime) -> Answer:
    found = f"我们请王小明同志（{PHONE}）到场看过。"
    wording = answers.Wording(**WORDS | {"found": found})
    return answers.draft(make_case(), wording, by=cast.drafter, now=now)


def test_who_signs_is_told_what_would_be_public_and_decides(
    client: Client, client_of: ClientOf, cast: SimpleNamespace, draft: Answer, now: datetime
) -> None:
    for name in ("answer", "answer-preview"):
        shown = page(client_of(cast.drafter), name, draft.pk)
        assert f"电话 1 处（{PHONE}）" in shown and "姓名 1 处（王小明）" in shown
    answers.submit(draft, by=cast.drafter, now=now)
    releaser = client_of(cast.releaser)
    assert "姓名 1 处" in page(releaser, "answer", draft.pk)
    releaser.post(reverse("answer-release", args=[draft.pk]), {"version": "1"})
    assert "姓名 1 处" not in page(releaser, "answer", draft.pk)  # nothing can be changed any more
    assert f"王小明同志（{PHONE}）" in page(client, "public-answer", draft.pk)  # as it was signed


def test_who_signs_a_correction_is_told_too(
    client_of: ClientOf, cast: SimpleNamespace, make_case: Make, now: datetime
) -> None:
    answer = publish(make_case(), cast, now)
    answers.correct(answer, f"联系电话应为{PHONE}。", by=cast.drafter, now=now)
    assert f"电话 1 处（{PHONE}）" in page(client_of(cast.releaser), "answer", answer.pk)


def test_nothing_is_said_where_nothing_is_held(
    client_of: ClientOf, cast: SimpleNamespace, make_case: Make, now: datetime
) -> None:
    row = answers.draft(make_case(), answers.Wording(**WORDS), by=cast.drafter, now=now)
    assert "个人信息的" not in page(client_of(cast.drafter), "answer", row.pk)
