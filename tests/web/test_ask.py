"""我要反映: the form keeps what was typed, gives a code once, and tells nobody the contact."""

import io
import re
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from tests.publishing import publish
from tingda.analyse.models import Topic
from tingda.answers.models import Answer, Version
from tingda.answers.queries import answers_like
from tingda.cases import actions as cases
from tingda.collect.models import Attachment, Receipt, Voice
from tingda.collect.queries import receipt_of
from tingda.ledger.models import Line
from tingda.notify.models import Notice

CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")
CONTACT = "fake-contact-9"
TYPED = {"text": "路灯坏了一个星期，晚上看不见路。", "place": "滨河路", "contact": CONTACT}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr("tingda.lib.present.now", lambda: now)


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


# --- files ---


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path / "files"


def photo(name: str = "路灯.jpg") -> SimpleUploadedFile:
    """A picture that says where it was taken, and by what."""
    exif = Image.Exif()
    exif[271] = "Maker-of-phones"
    exif.get_ifd(34853)[1] = "N"
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(out, "JPEG", exif=exif)
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


def text_file(name: str, content: bytes = b"words") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "text/plain")


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_files_are_kept_with_the_voice_and_pictures_lose_what_is_not_seen(
    client: Client, db: None, folder: Path
) -> None:
    sent = photo()
    assert b"Maker-of-phones" in sent.read()
    sent.seek(0)
    response = client.post(reverse("ask"), TYPED | {"attachments": [sent, text_file("单据.txt")]})
    assert response.status_code == 303
    rows = Voice.objects.get().attachments.order_by("id")
    assert [row.name for row in rows] == ["路灯.jpg", "单据.txt"]
    assert b"Maker-of-phones" not in (folder / rows[0].path).read_bytes()
    assert len(kept(folder)) == 2


def test_the_form_says_what_is_taken_off_and_who_sees_it(client: Client, db: None) -> None:
    shown = client.get(reverse("ask")).content.decode()
    assert "拍摄地点、时间和手机型号会被去掉" in shown
    assert "只有本单位工作人员能看到，不会公开" in shown
    assert 'enctype="multipart/form-data"' in shown


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([text_file("a.txt"), text_file("坏.exe")], "不是可以上传的文件"),
        ([photo(), text_file("假.jpg")], "扩展名不符"),
        ([text_file("空.txt", b"")], "空"),
        ([text_file(f"{n}.txt") for n in range(6)], "最多附 5 个文件，您选了 6 个"),
    ],
)
def test_a_refused_file_keeps_what_was_typed_and_nothing_else(
    client: Client, db: None, folder: Path, files: list[SimpleUploadedFile], words: str
) -> None:
    for file in files:
        file.seek(0)
    response = client.post(reverse("ask"), TYPED | {"attachments": files})
    shown = response.content.decode()
    assert response.status_code == 422
    assert words in shown
    for typed in TYPED.values():
        assert typed in shown
    assert "附件没有留住" in shown
    assert (Voice.objects.count(), Attachment.objects.count(), kept(folder)) == (0, 0, [])


def test_refused_files_do_not_use_up_what_somebody_may_send(
    client: Client, db: None, folder: Path
) -> None:
    for _n in range(6):
        bad = client.post(reverse("ask"), TYPED | {"attachments": [text_file("a.exe")]})
        assert bad.status_code == 422
    assert ask(client).status_code == 303
    for _n in range(14):
        client.post(reverse("ask"), TYPED | {"attachments": [text_file("a.exe")]})
    last = client.post(reverse("ask"), TYPED | {"attachments": [text_file("a.txt")]})
    assert (last.status_code, ask(client).status_code) == (429, 303)


def test_a_form_larger_than_all_its_files_may_be_is_not_even_read(client: Client, db: None) -> None:
    response = client.post(reverse("ask"), TYPED, CONTENT_LENGTH=str(200 * 2**20))
    assert response.status_code == 413
    assert "附件加起来太大" in response.content.decode()


# --- harm to a child ---


def test_harm_to_a_child_is_told_to_the_duty_at_once_and_the_page_says_whom_to_call(
    client: Client, cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    ask(client, text="三年级的老师打了学生，脸都肿了")
    shown = client.get(reverse("asked")).content.decode()
    for number in ("110", "12355", "12345"):
        assert f'href="tel:{number}"' in shown
    voice = Voice.objects.get()
    told = Notice.objects.values_list("person__login", "verb", "link")
    assert sorted(told) == [
        ("duty", "voice.harm", f"voice:{voice.pk}"),
        ("duty2", "voice.harm", f"voice:{voice.pk}"),
    ]
    today = client_of(cast.duty).get(reverse("today")).content.decode()
    assert "像是有孩子受到伤害" in today
    assert reverse("voice", args=[voice.pk]) in today
    ledger = client_of(cast.auditor).get(reverse("ledger")).content.decode()
    assert "像是有孩子受到伤害（老师打了），已通知值班员" in ledger


def test_anything_else_tells_nobody(client: Client, cast: SimpleNamespace) -> None:
    ask(client, text="建议学校多办防欺凌讲座")
    assert "tel:110" not in client.get(reverse("asked")).content.decode()
    assert (Notice.objects.count(), Line.objects.filter(verb="voice.harm").count()) == (0, 0)


# --- others asked this ---


@pytest.fixture
def published(cast: SimpleNamespace, make_case: Callable[..., Any], now: datetime) -> list[Answer]:
    words = [
        ("滨河路路灯已经修好", "滨河路的路灯晚上不亮，看不见路。"),
        ("老城区停水的原因", "老城区连续三天停水。"),
        ("镇中心小学食堂的菜", "学生说食堂的菜里有虫。"),
    ]
    return [
        publish(make_case(title=title), cast, now, title=title, heard=heard)
        for title, heard in words
    ]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("滨河路的路灯又坏了，晚上看不见", [0]),
        ("我们老城区怎么又停水了", [1]),
        ("请问公积金怎么提取", []),
        ("路灯", []),
        ("", []),
        ("%_\\'\"", []),
    ],
)
def test_only_answers_that_may_serve_are_found(
    published: list[Answer], asked: str, expected: list[int]
) -> None:
    assert answers_like(asked) == [published[index] for index in expected]


def test_an_answer_that_is_not_published_is_never_shown(
    published: list[Answer], cast: SimpleNamespace
) -> None:
    assert answers_like("滨河路的路灯又坏了，晚上看不见") == [published[0]]
    Answer.objects.filter(pk=published[0].pk).update(state="released")
    assert answers_like("滨河路的路灯又坏了，晚上看不见") == []


def test_only_the_newest_wording_is_compared(
    published: list[Answer], cast: SimpleNamespace, now: datetime
) -> None:
    words = {"title": "另一件事", "heard": "别的内容", "found": "x"}
    Version.objects.create(answer=published[0], number=2, author=cast.drafter, at=now, **words)
    assert answers_like("滨河路的路灯又坏了，晚上看不见") == []


def test_thousands_of_answers_are_searched_quickly(
    published: list[Answer], cast: SimpleNamespace, now: datetime
) -> None:
    case = published[0].case
    answers = Answer.objects.bulk_create(
        Answer(case=case, state="published", made_at=now, published_at=now) for _n in range(3000)
    )
    Version.objects.bulk_create(
        Version(
            answer=answer,
            number=1,
            title=f"第{n}条街的垃圾清运",
            heard=f"第{n}条街的垃圾桶满了没有人清运，夏天气味大。",
            author=cast.drafter,
            at=now,
        )
        for n, answer in enumerate(answers)
    )
    answers_like("垃圾桶满了没有人清运")  # words are cut once
    began = time.perf_counter()
    with CaptureQueriesContext(connection) as asked:
        found = answers_like("滨河路的路灯又坏了，晚上看不见，垃圾桶也满了没有人清运")
    assert published[0] in found
    assert time.perf_counter() - began < 2.0
    assert len(asked) <= 5


def test_while_writing_answers_appear_that_open_in_a_new_window(
    client: Client, published: list[Answer]
) -> None:
    shown = client.post(reverse("ask-like"), {"text": "滨河路的路灯又坏了，晚上看不见"})
    page = shown.content.decode()
    link = f'<a href="{reverse("public-answer", args=[published[0].pk])}" target="_blank"'
    assert (shown.status_code, page.count("<li>"), link in page) == (200, 1, True)
    nothing = client.post(reverse("ask-like"), {"text": "请问公积金怎么提取"})
    assert nothing.content.strip() == b""
    assert client.get(reverse("ask-like")).status_code == 405
    assert Receipt.objects.count() == 0


def test_asking_too_often_while_writing_changes_nothing(client: Client, db: None) -> None:
    text = {"text": "滨河路的路灯又坏了"}
    statuses = [client.post(reverse("ask-like"), text).status_code for _n in range(31)]
    assert statuses == [200] * 30 + [204]


def test_without_script_a_button_looks_and_keeps_everything(
    client: Client, published: list[Answer]
) -> None:
    typed = TYPED | {"text": "滨河路的路灯又坏了，晚上看不见", "look": "1"}
    response = client.post(reverse("ask"), typed | {"attachments": [text_file("a.txt")]})
    shown = response.content.decode()
    assert response.status_code == 200
    assert published[0].newest.title in shown
    assert "还没有提交" in shown
    assert "附件没有留住" in shown
    for name in ("text", "place", "contact"):
        assert typed[name] in shown
    assert "errorlist" not in shown
    assert Receipt.objects.count() == 0
    none = client.post(reverse("ask"), typed | {"text": "请问公积金怎么提取"})
    assert "没有找到现成的回应，请接着提交" in none.content.decode()


def test_the_contact_is_not_sent_while_writing(client: Client, db: None) -> None:
    shown = client.get(reverse("ask")).content.decode()
    assert 'hx-params="text,csrfmiddlewaretoken"' in shown
