"""A voice whose words came broken says so, and shows them as they came."""

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from tingda.analyse.actions.reading import read_due
from tingda.analyse.models import Reading
from tingda.collect.models import Voice
from tingda.people.models import Person

pytestmark = pytest.mark.django_db
WHOLE = "小区停水三天了没有人管"
BROKEN = WHOLE.encode().decode("gbk", "ignore")


@pytest.mark.parametrize("field", ["title", "text"])
def test_a_broken_voice_says_so_until_it_is_mended(
    field: str,
    make_voice: Callable[..., Voice],
    client_of: Callable[[Person], Client],
    cast: SimpleNamespace,
    now: datetime,
) -> None:
    values: dict[str, Any] = {"title": "", "text": WHOLE, "unread": True} | {field: BROKEN}
    voice = make_voice(**values)
    whole = make_voice(title="", text="路灯坏了没有人修", unread=True)
    while read_due(now=now):
        pass
    assert Reading.objects.get(voice=voice).why["broken"] is True
    assert "broken" not in Reading.objects.get(voice=whole).why
    desk = client_of(cast.duty)
    shown = desk.get(f"/desk/voices/{voice.pk}/").content.decode()
    assert "文字像是编码坏了，读不准；原文照存" in shown
    assert BROKEN in shown
    assert "编码坏了" not in desk.get(f"/desk/voices/{whole.pk}/").content.decode()
    Voice.objects.filter(pk=voice.pk).update(**{field: WHOLE}, unread=True)
    while read_due(now=now):
        pass
    assert "编码坏了" not in desk.get(f"/desk/voices/{voice.pk}/").content.decode()
