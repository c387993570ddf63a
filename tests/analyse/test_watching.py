"""All watches are compiled once, and anew when one of them or a list changes."""

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace

import pytest

from tingda.analyse.actions.reading import read_due
from tingda.analyse.actions.watches import add_watch, change_watch
from tingda.analyse.actions.wordlists import add_list, change_list
from tingda.analyse.models import Watch, WatchHit, WordList
from tingda.analyse.queries import watching
from tingda.collect.models import Voice

pytestmark = pytest.mark.django_db


def test_watches_are_compiled_anew_only_when_something_changed(
    cast: SimpleNamespace, now: datetime
) -> None:
    me = {"by": cast.duty, "now": now}
    row = add_list("水", "停水", "", **me)
    watch = add_watch("供水", "@水", owner=cast.duty, **me)
    first = watching()
    assert watching() is first
    change_watch(watch, name="供水", rule="@水 小区", active=True, **me)
    second = watching()
    assert second is not first
    change_list(row, name="水", words="断水", note="", **me)
    assert watching() is not second


def test_a_rule_or_list_that_cannot_be_read_stops_nothing(
    cast: SimpleNamespace, make_voice: Callable[..., Voice], now: datetime
) -> None:
    WordList.objects.create(name="坏", words="ab*")
    for name, rule in {"坏": "(停水", "无": "@没有 OR @坏", "好": "停水"}.items():
        Watch.objects.create(name=name, rule=rule, owner=cast.duty)
    make_voice(title="", text="小区停水", unread=True)
    assert read_due(now=now) == 1
    assert list(WatchHit.objects.values_list("watch__name", "words")) == [("好", ["停水"])]


def test_many_watches_mark_as_few_do(
    cast: SimpleNamespace, make_voice: Callable[..., Voice], now: datetime
) -> None:
    rules = [Watch(name=f"关注{n}", rule=f"停水 {n}号楼", owner=cast.duty) for n in range(250)]
    Watch.objects.bulk_create(rules)
    make_voice(title="", text="7号楼停水", unread=True)
    read_due(now=now)
    assert list(WatchHit.objects.values_list("watch__name", flat=True)) == ["关注7"]
