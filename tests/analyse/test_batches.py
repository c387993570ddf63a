"""How much is read at once, and who keeps watches."""

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace

import pytest

from tingda.analyse.actions.reading import read_due
from tingda.analyse.actions.watches import add_watch, change_watch
from tingda.analyse.models import Watch
from tingda.collect.models import Voice
from tingda.lib.refusal import Refused

pytestmark = pytest.mark.django_db
Make = Callable[..., Voice]


def owed() -> list[str]:
    return list(Voice.objects.filter(unread=True).order_by("id").values_list("title", flat=True))


def test_a_batch_ends_at_so_many_characters_but_never_before_its_first_voice(
    make_voice: Make, now: datetime
) -> None:
    for title, length in (("甲", 399), ("乙", 399), ("丙", 399), ("丁", 2000), ("戊", 1)):
        make_voice(title=title, text="水" * length, unread=True)
    left = []
    while read_due(now=now, characters=800):
        left.append("".join(owed()))
    assert left == ["丙丁戊", "丁戊", "戊", ""]


def test_a_batch_ends_at_so_many_voices(make_voice: Make, now: datetime) -> None:
    for _n in range(5):
        make_voice(unread=True)
    assert [read_due(now=now, limit=2) for _n in range(4)] == [2, 2, 1, 0]


def test_watches_are_kept_by_duty_officers_and_administrators_and_owned_by_anybody(
    cast: SimpleNamespace, now: datetime
) -> None:
    for who in ("liaison_edu", "drafter", "releaser", "auditor"):
        with pytest.raises(Refused, match="您的角色不能做这一步"):
            add_watch("油烟", "油烟", by=getattr(cast, who), owner=cast.duty, now=now)
    watch = add_watch("油烟", "油烟", by=cast.duty, owner=cast.liaison_edu, now=now)
    assert watch.owner == cast.liaison_edu
    kept = {"name": "油烟", "rule": "烧烤", "active": True}
    with pytest.raises(Refused, match="您的角色不能做这一步"):
        change_watch(watch, **kept, by=cast.liaison_edu, now=now)
    change_watch(watch, **kept, by=cast.admin, now=now)
    assert Watch.objects.get().rule == "烧烤"
