"""我要反映: the form keeps what was typed, gives a code once, and tells nobody the contact."""

import io
import re
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import pytest
from django.test import Client
from django.urls import reverse

from tests.publishing import publish
from tingda.analyse.models import Topic
from tingda.cases import actions as cases
from tingda.collect.models import Receipt, Voice
from tingda.collect.queries import receipt_of
from tingda.ledger.models import Line

CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")
CONTACT = "fake-contact-9"
TYPED = {"text": "路灯坏了一个星期，晚上看不见路。", "place": "滨河路", "contact": CONTACT}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)


def ask(client: Client, **values: str) -> Any:
    return client.post(reverse("ask"), TYPED | values)


def code_after(client: Client) -> str:
    found = CODE.findall(client.get(reverse("asked")).content.decode())
    return found[0] if found else ""


def test_the_form_warns_of_danger_and_says_who_sees_the_contact(client: Client, db: None) -> None:
    shown = client.get(reverse("ask")).content.decode()
    assert "110 / 119 / 120" in shown
    assert "只有值班员凭理由能看，每次查看都有记录" in shown
    assert "最多 3000 字" in shown
    assert "11月27日 星期五" in shown  # five working days from a Saturday


def test_what_was_told_is_heard_and_the_code_is_shown_once(client: Client, db: None) -> None:
    response = ask(client)
    assert (response.status_code, response["Location"]) == (303, reverse("asked"))
    voice = Voice.objects.get()
    assert (voice.text, voice.place, voice.title) == (TYPED["text"], TYPED["place"], "")
    shown = client.get(reverse("asked"))
    code = CODE.findall(shown.content.decode())[0]
    found = receipt_of(code)
    assert found is not None
    assert found.voice == voice
    assert "11月27日 23:59" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert code_after(client) == ""
    assert "查询码已经显示过了" in client.get(reverse("asked")).content.decode()


def test_the_code_is_in_nobodys_session(client: Client, db: None) -> None:
    response = ask(client)
    cookie = response.cookies["receipt_code"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (
        True,
        "Strict",
        "/ask/done/",
    )
    assert not any("receipt_code" in key for key in list(client.session.keys()))


def test_a_chosen_field_heads_the_voice(client: Client, db: None) -> None:
    Topic.objects.create(code="t1", group="城市照明", group_en="Lights", name="路灯")
    ask(client, group="城市照明")
    assert Voice.objects.get().title == "城市照明：路灯坏了一个星期"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"text": ""}, "请写下要反映的内容。"),
        ({"text": "短"}, "请再多写几个字"),
        ({"text": "长" * 3001}, "最多 3000 字，现在 3001 字"),
        ({"place": "长" * 101}, "最多 100 字"),
        ({"group": "不存在的"}, "哪方面的事"),
        ({"website": "https://spam.example"}, "应当留空"),
        ({"text": "有\0的内容写在这里"}, "您要反映的内容"),
    ],
)
def test_an_error_keeps_what_was_typed(
    client: Client, db: None, values: dict[str, str], words: str
) -> None:
    Topic.objects.create(code="t1", group="城市照明", group_en="Lights", name="路灯")
    response = ask(client, **values)
    shown = response.content.decode()
    assert response.status_code == 422
    assert words in shown
    for kept in {name: text for name, text in TYPED.items() if name not in values}.values():
        assert kept in shown
    assert Voice.objects.count() == 0


def test_three_thousand_characters_with_line_breaks_fit(client: Client, db: None) -> None:
    text = ("长" * 9 + "\r\n") * 300
    assert ask(client, text=text).status_code == 303
    assert Voice.objects.get().text == text.replace("\r\n", "\n").strip()


def test_the_sixth_within_an_hour_waits_and_loses_nothing(client: Client, db: None) -> None:
    for _ in range(5):
        assert ask(client, text="x").status_code == 422  # mistakes are not counted
        assert ask(client).status_code == 303
    response = ask(client, text="第六件事也很要紧，请看一看。")
    assert response.status_code == 429
    assert "提交得太多了" in response.content.decode()
    assert "第六件事也很要紧，请看一看。" in response.content.decode()
    assert Voice.objects.count() == 5
    assert client.post(reverse("ask"), TYPED, REMOTE_ADDR="192.0.2.9").status_code == 303


def test_behind_the_proxy_visitors_are_told_apart(client: Client, db: None, settings: Any) -> None:
    settings.BEHIND_PROXY = True
    for number in range(6):
        forged = f"10.0.0.{number}, 192.0.2.1"  # what a visitor writes himself does not help
        last = client.post(reverse("ask"), TYPED, headers={"X-Forwarded-For": forged})
    assert last.status_code == 429
    other = client.post(reverse("ask"), TYPED, headers={"X-Forwarded-For": "192.0.2.2"})
    assert other.status_code == 303


def test_a_form_from_another_site_is_refused(db: None) -> None:
    assert Client(enforce_csrf_checks=True).post(reverse("ask"), TYPED).status_code == 403


def test_scripts_in_every_field_are_text(client: Client, db: None) -> None:
    evil = "<script>alert(1)</script>"
    response = ask(client, text=evil, place=evil, contact=evil, website=evil)
    assert evil not in response.content.decode()


def test_promise_5_a_contact_never_appears_anywhere(
    client: Client,
    cast: SimpleNamespace,
    make_case: Callable[..., Any],
    client_of: Callable[..., Client],
    now: datetime,
) -> None:
    ask(client)
    code = code_after(client)
    voice = Voice.objects.get()
    case = make_case(voice, title="滨河路路灯不亮")
    answer = publish(case, cast, now)
    client.post(reverse("receipt"), {"code": code})
    cases.close(answer.case, reason="answered", text="路灯已经修好。", by=cast.duty, now=now)
    public = [
        "public-answers",
        "public-feed",
        "public-promises",
        "public-numbers",
        "ask",
        "receipt",
    ]
    pages = [client.get(reverse(name)) for name in [*public, "my-receipt"]]
    pages.append(client.get(reverse("public-answer", args=[answer.pk])))
    desk = client_of(cast.duty)
    for name in ("today", "issues", "cases", "answers", "briefs", "sources", "voices"):
        pages.append(desk.get(reverse(name)))
    pages.append(client_of(cast.auditor).get(reverse("ledger")))
    pages.append(desk.get(reverse("case", args=[case.pk])))
    pages.append(desk.get(reverse("voice", args=[voice.pk])))
    for shown in pages:
        assert shown.status_code == 200
        assert CONTACT.encode() not in shown.content
    brief = desk.get(reverse("brief-daily", args=["2026-11-21"]))
    with ZipFile(io.BytesIO(brief.content)) as parts:
        assert not [name for name in parts.namelist() if CONTACT.encode() in parts.read(name)]
    assert CONTACT not in str(list(Line.objects.values()))
    assert CONTACT not in str(list(Voice.objects.values()))
    held = Receipt.objects.get().contact
    assert held is not None
    assert CONTACT.encode() not in bytes(held.ciphertext)
