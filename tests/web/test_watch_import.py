"""A TrendRadar word file is shown as what it becomes, and what is ticked is added."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tingda.analyse.models import Watch, WatchVersion
from tingda.people.models import Person

pytestmark = pytest.mark.django_db
BRING = "/desk/settings/watches/bring/"
FILE = "[供水]\n停水\n断水\n!通知\n@3\n\n食堂\n+学校\n\n!广告\n"


@pytest.fixture
def duty(cast: SimpleNamespace, client_of: Callable[[Person], Client]) -> Client:
    return client_of(cast.duty)


def test_a_file_is_shown_as_what_it_becomes(duty: Client) -> None:
    assert duty.get(BRING).status_code == 200
    file = SimpleUploadedFile("frequency_words.txt", FILE.encode("utf-8-sig"))
    shown = duty.post(BRING, {"file": file}).content.decode()
    assert "(停水 OR 断水) -通知" in shown and "学校 食堂" in shown
    assert "这里没有显示条数的上限" in shown and "原来只看标题" in shown
    assert shown.count('name="pick"') == 2 and "没有做成规则" in shown
    assert Watch.objects.count() == 0


def test_what_is_ticked_is_added_and_a_taken_name_gets_a_number(
    duty: Client, cast: SimpleNamespace
) -> None:
    Watch.objects.create(name="供水", rule="水", owner=cast.admin)
    answer = duty.post(BRING, {"text": FILE, "add": "1", "pick": ["1", "3", "x"]})
    assert answer.status_code == 302
    made = Watch.objects.exclude(name="供水").get()
    assert (made.name, made.rule, made.owner) == ("供水 2", "(停水 OR 断水) -通知", cast.duty)
    assert WatchVersion.objects.get().watch == made


def test_nothing_ticked_adds_nothing(duty: Client) -> None:
    answer = duty.post(BRING, {"text": FILE, "add": "1"})
    assert (answer.status_code, "一条也没有勾选" in answer.content.decode()) == (422, True)
    assert Watch.objects.count() == 0


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", "停水\n".encode("gb18030"), b"\n\n# x\n"])
def test_any_file_is_answered(duty: Client, data: bytes) -> None:
    answer = duty.post(BRING, {"file": SimpleUploadedFile("x.txt", data)})
    assert answer.status_code == (200 if data.strip() else 422)


def test_a_file_that_is_too_long_is_refused(duty: Client) -> None:
    file = SimpleUploadedFile("x.txt", "停水\n".encode() * 40_000)
    answer = duty.post(BRING, {"file": file})
    assert (answer.status_code, "文件太长" in answer.content.decode()) == (422, True)


def test_only_whoever_keeps_watches_brings_them(
    cast: SimpleNamespace, client_of: Callable[[Person], Client]
) -> None:
    assert client_of(cast.auditor).get(BRING).status_code == 403
