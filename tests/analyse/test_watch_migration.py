"""Watches by plain words become rules, and keep what they marked."""

from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps

from tingda.analyse.models import Watch, WatchHit, WatchVersion
from tingda.collect.models import Voice

pytestmark = pytest.mark.django_db
to_rules = import_module("tingda.analyse.migrations.0005_rules_of_words")._to_rules


def test_old_watches_become_rules_and_keep_their_hits(
    cast: SimpleNamespace, make_voice: Callable[..., Voice]
) -> None:
    rows = {"校车": "校车 超员\n黑校车\n", "符号": "停水|停电\n或", "空": "\u200b"}
    rows["长"] = "\n".join(f"停水{number}号" for number in range(1500))
    for name, words in rows.items():
        Watch.objects.create(name=name, rule=words, owner=cast.duty)
    hit = WatchHit.objects.create(
        watch=Watch.objects.get(name="校车"), voice=make_voice(), words=["黑校车"]
    )
    to_rules(apps, None)
    made = {watch.name: watch for watch in Watch.objects.all()}
    assert made["校车"].rule == "校车 超员 OR 黑校车"
    assert made["符号"].rule == '"停水|停电" OR "或"'
    assert [made["空"].active, made["长"].active, made["长 2"].active] == [False, True, True]
    hit.refresh_from_db()
    assert (hit.words, hit.watch, hit.spans) == (["黑校车"], made["校车"], [])
    assert WatchVersion.objects.count() == len(made)
    assert set(WatchVersion.objects.values_list("number", "by")) == {(1, cast.duty.pk)}
