"""A house whose index holds the words of before goes on, and nothing in it is left behind."""

from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from tests.environment import DATABASE
from tingda.analyse.actions.forgetting import forget_readings
from tingda.analyse.actions.reading import read_due
from tingda.analyse.queries import search_voices
from tingda.collect.models import Edit, Voice

pytestmark = pytest.mark.django_db
again = import_module("tingda.analyse.migrations.0009_search_again")
editor = SimpleNamespace(connection=connection)


def found(words: str) -> list[str]:
    return sorted(voice.text for voice in search_voices(words))


def as_before(text: str) -> str:
    """How words were put in once: names that are called, and no emoji."""
    return text.replace("@", " ").replace("😡", "")


def test_what_was_read_before_is_found_anew_and_can_be_taken_out(
    make_voice: Callable[..., Voice], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["@zhangsan 停水三天😡", "电梯坏了//@lisi:一直没人修", "路灯不亮"]
    voices = [make_voice(title="", text=text, unread=True) for text in texts]
    with monkeypatch.context() as patched:
        patched.setattr("tingda.analyse.actions.searching.pairs", as_before)
        while read_due(now=now):
            pass
    unread = make_voice(title="", text="还没有读的", unread=True)
    # edited since it was read: the index holds the words of before
    Edit.objects.create(voice=voices[2], at=now, title="", text=voices[2].text)
    Voice.objects.filter(pk=voices[2].pk).update(text="路灯修好了", edits=1, unread=True)
    again.put_in_again(apps, editor)
    assert found("zhangsan") == found("lisi") == found("还没有读的") == []
    assert found("停水三天😡") == [texts[0]]
    assert found("路灯不亮") == ["路灯修好了"]  # by what it said when it was read
    while read_due(now=now):
        pass
    assert (found("路灯不亮"), found("路灯修好")) == ([], ["路灯修好了"])
    forget_readings(list(Voice.objects.filter(pk__in=[row.pk for row in [*voices, unread]])))
    index_is_sound()
    assert [found(words) for words in ("停水", "电梯", "路灯", "没有读")] == [[], [], [], []]


def index_is_sound() -> None:
    if DATABASE == "postgresql":  # it needs no telling what is taken out
        return
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO analyse_search (analyse_search) VALUES ('integrity-check')")
