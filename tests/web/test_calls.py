"""来电来访: written down while somebody speaks, the code read out, and on to the next."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tingda.collect.models import Receipt, Voice
from tingda.collect.queries import receipt_of
from tingda.ledger.models import Line
from tingda.notify.models import Notice
from tingda.people.models import Person

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Person], Client]
CALL = {
    "how": "来访",
    "title": "路灯不亮",
    "text": "东街三盏路灯坏了",
    "place": "东街",
    "contact": "13800000000",
}


@pytest.fixture
def duty(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    return client_of(cast.duty)


def test_a_call_is_kept_and_its_code_is_read_out_once(duty: Client) -> None:
    saved = duty.post("/desk/call/", CALL)
    assert (saved.status_code, saved["Location"]) == (303, "/desk/call/")
    page = duty.get("/desk/call/")
    code = page.context["code"]
    voice = Voice.objects.get()
    receipt = receipt_of(code)
    assert receipt is not None and receipt.voice_id == voice.pk
    assert (voice.title, voice.text, voice.place) == ("路灯不亮", "东街三盏路灯坏了", "东街")
    assert (voice.platform, voice.source.kind) == ("来访", "hotline")
    text = page.content.decode()
    assert f'<p class="code">{code}</p>' in text
    assert "路灯不亮" in text and "13800000000" not in text
    assert "<textarea" in text and "东街三盏" not in text.split("<aside")[0]
    assert duty.get("/desk/call/").context["code"] == ""


def test_the_contact_is_sealed_and_nowhere_else(duty: Client) -> None:
    duty.post("/desk/call/", CALL)
    assert Receipt.objects.get().contact is not None
    assert "13800000000" not in str(list(Voice.objects.values()) + list(Line.objects.values()))


def test_only_the_words_are_needed(duty: Client) -> None:
    assert duty.post("/desk/call/", {"how": "来电", "text": "停水了"}).status_code == 303
    assert Receipt.objects.get().contact is None
    empty = duty.post("/desk/call/", CALL | {"text": " "})
    assert (empty.status_code, Voice.objects.count()) == (422, 1)
    assert 'value="路灯不亮"' in empty.content.decode()


def test_the_first_field_has_the_focus_and_the_last_five_are_listed(duty: Client) -> None:
    for number in range(7):
        duty.post("/desk/call/", CALL | {"title": f"第{number}件"})
    page = duty.get("/desk/call/")
    assert [voice.title for voice in page.context["last"]] == [f"第{n}件" for n in (6, 5, 4, 3, 2)]
    assert page.content.decode().count("autofocus") == 1


def test_a_script_stays_text(duty: Client) -> None:
    evil = "<script>alert(1)</script>"
    duty.post("/desk/call/", dict.fromkeys(CALL, evil) | {"how": "来电"})
    assert "<script>alert" not in duty.get("/desk/call/").content.decode()


def test_only_who_may_hear_takes_calls(cast: SimpleNamespace, client_of: ClientOf) -> None:
    for person, status in ((cast.auditor, 403), (cast.drafter, 403), (cast.liaison_edu, 404)):
        client = client_of(person)
        assert client.get("/desk/call/").status_code == status
        assert client.post("/desk/call/", CALL).status_code == status
    assert Voice.objects.count() == 0


def test_what_a_visitor_brought_is_kept_with_the_voice(
    duty: Client, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    good, bad = SimpleUploadedFile("单据.txt", b"words"), SimpleUploadedFile("坏.exe", b"MZ")
    refused = duty.post("/desk/call/", CALL | {"attachments": [good, bad]})
    shown = refused.content.decode()
    assert (refused.status_code, Voice.objects.count()) == (422, 0)
    assert "不是可以上传的文件" in shown and "附件没有留住" in shown and "东街三盏路灯坏了" in shown
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    good.seek(0)
    assert duty.post("/desk/call/", CALL | {"attachments": [good]}).status_code == 303
    assert [row.name for row in Voice.objects.get().attachments.all()] == ["单据.txt"]


def test_harm_to_a_child_is_said_to_the_officer_and_told_to_all_on_duty(
    duty: Client, cast: SimpleNamespace
) -> None:
    duty.post("/desk/call/", CALL | {"title": "学生被老师打了"})
    page = duty.get("/desk/call/").content.decode()
    assert "像是有孩子受到伤害" in page and "12355" in page
    assert {notice.person for notice in Notice.objects.all()} == {cast.duty, cast.duty2}
    duty.post("/desk/call/", CALL)
    assert "像是有孩子受到伤害" not in duty.get("/desk/call/").content.decode()
