"""Word lists: named in rules as @name, kept at the desk, and followed by every rule."""

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace

import pytest
from django.test import Client

from tingda.analyse.actions.reading import read_due
from tingda.analyse.actions.watches import add_watch
from tingda.analyse.actions.wordlists import add_list, change_list, drop_list, seed_lists
from tingda.analyse.models import WatchHit, WordList
from tingda.analyse.queries import built_in_lists, lists_now
from tingda.collect.models import Voice
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.people.models import Person

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Person], Client]
ADD = "/desk/settings/lists/add/"


@pytest.fixture
def duty(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    return client_of(cast.duty)


def test_our_own_lists_are_seeded_once_and_each_can_be_read(now: datetime) -> None:
    assert (seed_lists(now=now) >= 20, seed_lists(now=now)) == (True, 0)
    assert len(lists_now()) == WordList.objects.count() == len(built_in_lists())
    assert all(row.lines() for row in WordList.objects.all())
    assert Line.objects.latest("number").verb == "list.seeded"


def test_a_rule_follows_its_list(
    cast: SimpleNamespace, make_voice: Callable[..., Voice], now: datetime
) -> None:
    row = add_list("水", "停水\n断水", "", by=cast.duty, now=now)
    add_watch("供水", "@水 小区", by=cast.duty, owner=cast.duty, now=now)
    make_voice(title="", text="小区断水", unread=True)
    make_voice(title="", text="小区没水", unread=True)
    read_due(now=now)
    assert [hit.words for hit in WatchHit.objects.all()] == [["小区断水"]]
    change_list(row, name="水", words="没水", note="", by=cast.duty, now=now)
    Voice.objects.update(unread=True)
    read_due(now=now)
    assert {tuple(hit.words) for hit in WatchHit.objects.all()} == {("小区断水",), ("小区没水",)}


def test_a_list_that_a_rule_names_stays(cast: SimpleNamespace, now: datetime) -> None:
    row = add_list("水", "停水", "", by=cast.duty, now=now)
    watch = add_watch("供水", "小区 -@水", by=cast.duty, owner=cast.duty, now=now)
    typed = {"words": "停水", "note": "", "by": cast.duty, "now": now}
    for deed in (
        lambda: drop_list(row, by=cast.duty, now=now),
        lambda: change_list(row, name="别的", **typed),
    ):
        with pytest.raises(Refused, match="关注“供水”的规则里写着 @水"):
            deed()
    watch.delete()
    drop_list(WordList.objects.get(), by=cast.duty, now=now)
    assert (WordList.objects.count(), Line.objects.latest("number").verb) == (0, "list.dropped")


@pytest.mark.parametrize(
    ("name", "words", "why"),
    [
        ("水 电", "停水", "要能写在 @ 后面"),
        ("(水)", "停水", "要能写在 @ 后面"),
        ("水", "停水\nab*", "不是一个词"),
        ("ＡＢ", "停水", "已有同名的名单"),
        ("水", "\n".join(map(str, range(2001))), "最多 2000 个词"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_in_the_form(
    duty: Client, cast: SimpleNamespace, now: datetime, name: str, words: str, why: str
) -> None:
    add_list("ab", "x", "", by=cast.duty, now=now)
    answer = duty.post(ADD, {"name": name, "words": words})
    assert (answer.status_code, why in answer.content.decode()) == (422, True)


def test_lists_are_kept_at_the_desk(
    duty: Client, cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    assert duty.post(ADD, {"name": "水", "words": "停水\n断水", "note": "供水"}).status_code == 302
    row = WordList.objects.get()
    address = f"/desk/settings/lists/{row.pk}/"
    assert "停水、断水" in duty.get("/desk/settings/watches/").content.decode()
    assert "去掉这个名单" in duty.get(address).content.decode()
    typed = {"name": "水", "words": "断水", "note": ""}
    assert duty.post(address, typed).status_code == 302
    add_watch("供水", "@水", by=cast.duty, owner=cast.duty, now=now)
    shown = duty.get(address).content.decode()
    assert "去掉这个名单" not in shown and "供水" in shown
    assert duty.post(f"{address}drop/").status_code == 409
    for who in ("auditor", "drafter", "releaser"):
        client = client_of(getattr(cast, who))
        assert [client.get(ADD).status_code, client.post(f"{address}drop/").status_code] == [
            403
        ] * 2
        assert "新增名单" not in client.get("/desk/settings/watches/").content.decode()
    assert client_of(cast.liaison_edu).get(address).status_code == 404
