"""来源: an address is pasted, recognised, tried and added; everything typed is kept."""

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from tingda.collect.actions import sources as acts
from tingda.collect.models import Source
from tingda.collect.rules import Entry, Look
from tingda.collect.sources.contract import Ask, Kind, Option, Proposal
from tingda.collect.sources.manners import Manners
from tingda.collect.sources.round import ask
from tingda.lib.refusal import Refused
from tingda.people.models import Person
from tingda.web.desk import sources_add, sources_forms

pytestmark = pytest.mark.django_db
ADD = "/desk/sources/add/"
ADDRESS = "https://news.example.cn/rss"
TYPED = {"address": ADDRESS, "name": "镇报", "group": "公告", "interval_minutes": "60"}
OPTIONS = (
    Option("words", "找什么", form="lines"),
    Option(
        "order", "次序", form="choice", choices=(("new", "新的"), ("old", "旧的")), default="new"
    ),
    Option("whole", "整页", form="flag"),
    Option("most", "最多", form="number"),
    Option("board", "版块", required=True),
)


@pytest.fixture
def admin(cast: SimpleNamespace, client_of: Callable[[Person], Client]) -> Client:
    return client_of(cast.admin)


def test_a_pasted_address_becomes_proposals_to_choose_from(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [
        Proposal("feed", ADDRESS, "镇<报>", why="网页里写着 %(n)s 个", params={"n": 2}),
        Proposal("page", "https://news.example.cn/", "列表", {"list": '"ul'}),
    ]
    monkeypatch.setattr(sources_add, "recognise", lambda address, now: found)
    shown = admin.post(ADD, {"address": "news.example.cn"})
    text = shown.content.decode()
    assert [(o.kind, o.why) for o in shown.context["offers"]] == [
        ("订阅源", "网页里写着 2 个"),
        ("网页", ""),
    ]
    assert "镇&lt;报&gt;" in text and 'value="news.example.cn"' in text
    assert f'action="{ADD}page/"' in text and "{&quot;list&quot;: &quot;\\&quot;ul&quot;}" in text
    assert Source.objects.count() == 0


def test_what_is_nothing_is_said_beside_what_was_typed(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(address: str, now: datetime) -> list[Proposal]:
        raise Refused("没有认出这是什么")

    monkeypatch.setattr(sources_add, "recognise", refuse)
    shown = admin.post(ADD, {"address": "news.example.cn"})
    text = shown.content.decode()
    assert shown.status_code == 422
    assert "没有认出这是什么" in text and 'value="news.example.cn"' in text
    assert f'href="{ADD}mailbox/"' in text
    assert 'value="a.cn/x?y"' in admin.get(f"{ADD}?address=a.cn/x%3Fy").content.decode()


def test_a_private_address_is_refused(admin: Client) -> None:
    for address in (ADD, f"{ADD}feed/"):
        typed = TYPED | {"address": "http://127.0.0.1:9/x", "try": "1"}
        tried = admin.post(address, typed)
        assert (tried.status_code, "是内部网络地址" in tried.content.decode()) == (422, True)


def test_a_proposal_fills_the_form(admin: Client) -> None:
    chosen = {"choose": "1", "address": ADDRESS, "name": "镇报", "options": "{}"}
    text = admin.post(f"{ADD}feed/", chosen).content.decode()
    assert f'value="{ADDRESS}"' in text and 'value="镇报"' in text and 'value="30"' in text
    for nonsense in ("[1]", "{", '"x"'):
        assert admin.post(f"{ADD}feed/", chosen | {"options": nonsense}).status_code == 200
    assert admin.get(f"{ADD}nothing/").status_code == 404
    assert Source.objects.count() == 0


def test_a_source_is_tried_and_then_added(
    admin: Client, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    entries = tuple(Entry(title=f"第{n}篇<b>", said_at=now) for n in range(7))
    found = Look("ok", entries=entries, title="镇报")
    monkeypatch.setattr(sources_add, "try_source", lambda wanted, now, source: found)
    typed = TYPED | {"name": "", "exclude": "第2篇\n第6篇"}
    tried = admin.post(f"{ADD}feed/", typed | {"try": "1"})
    text = tried.content.decode()
    assert (tried.status_code, Source.objects.count()) == (200, 0)
    assert "第0篇&lt;b&gt;" in text and "第5篇" not in text and "7 条" in text
    assert [left for _entry, left in tried.context["entries"]] == [False, False, True, False, False]
    assert tried.context["left_out"] == 2
    assert 'value="镇报"' in text and f'value="{ADDRESS}"' in text
    added = admin.post(f"{ADD}feed/", typed | {"name": "镇报", "add": "1"})
    source = Source.objects.get()
    assert added["Location"] == f"/desk/sources/{source.pk}/"
    kept = (source.name, source.address, source.group, source.interval_minutes, source.exclude)
    assert kept == ("镇报", ADDRESS, "公告", 60, "第2篇\n第6篇")
    assert "还没有看过" in admin.get(added["Location"]).content.decode()


@pytest.mark.parametrize(
    "wrong", [{"address": "ftp://a.cn"}, {"interval_minutes": "1"}, {"name": ""}, {"address": ""}]
)
def test_an_error_keeps_what_was_typed(admin: Client, wrong: dict[str, str]) -> None:
    answer = admin.post(f"{ADD}feed/", TYPED | wrong | {"add": "1"})
    assert (answer.status_code, Source.objects.count()) == (422, 0)
    assert 'value="公告"' in answer.content.decode()


class Odd:
    """A kind with every sort of option, and a secret."""

    def __init__(self) -> None:
        self.asks: list[Ask] = []
        self.kind = Kind(self.look, options=OPTIONS, secret="令牌", interval_minutes=15)

    def look(self, asked: Ask, _out: Manners) -> Look:
        self.asks.append(asked)
        return Look("ok", title="怪")


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Odd:
    made = Odd()
    for module in (acts, sources_forms):
        monkeypatch.setattr(module, "kind", lambda name: made.kind)
    return made


def filled(**values: str) -> dict[str, str]:
    return {
        **TYPED,
        "option_words": "甲\r\n乙",
        "option_order": "old",
        "option_whole": "yes",
        "option_most": "",
        "option_board": "生活",
        **values,
    }


def test_a_form_is_made_of_what_the_kind_offers(admin: Client, odd: Odd) -> None:
    text = admin.get(f"{ADD}forum/").content.decode()
    for field in ("words", "order", "whole", "most", "board"):
        assert f'name="option_{field}"' in text
    assert 'type="password"' in text and 'value="15"' in text
    lacking = admin.post(f"{ADD}forum/", filled(option_board="", option_most="x", add="1"))
    assert set(lacking.context["form"].errors) == {"option_board", "option_most", "secret"}
    assert admin.post(f"{ADD}forum/", filled(secret="t0ken", add="1")).status_code == 302
    assert Source.objects.get().options == {
        "words": "甲\n乙",
        "order": "old",
        "whole": True,
        "board": "生活",
    }


def test_a_password_is_typed_once_and_never_shown(admin: Client, odd: Odd, now: datetime) -> None:
    tried = admin.post(f"{ADD}forum/", filled(secret="t0ken", **{"try": "1"}))
    text = tried.content.decode()
    assert odd.asks[-1].secret == "t0ken"
    assert "t0ken" not in text and "已经存好，不再显示" in text
    carried = tried.context["form"]["sealed"].value()
    assert f'value="{carried}"' in text
    admin.post(f"{ADD}forum/", filled(sealed=carried, add="1"))
    source = Source.objects.get()
    asked: Any = ask(source, lambda _source, entries: list(entries), now)
    assert asked.secret == "t0ken"
    page = admin.get(f"/desk/sources/{source.pk}/").content.decode()
    assert "t0ken" not in page and 'name="secret"' in page
    saved = admin.post(f"/desk/sources/{source.pk}/", filled(active="yes", name="新名"))
    assert saved.status_code == 302
    source.refresh_from_db()
    assert (source.name, ask(source, lambda _s, e: list(e), now).secret) == ("新名", "t0ken")


def test_a_password_of_another_form_does_not_pass(admin: Client, odd: Odd) -> None:
    refused = admin.post(f"{ADD}forum/", filled(sealed="00" * 50, add="1"))
    assert (refused.status_code, Source.objects.count()) == (422, 0)
    assert "还缺：令牌" in refused.content.decode()


def test_the_key_of_a_drop_is_shown_once(admin: Client) -> None:
    typed = {"name": "12345热线", "interval_minutes": "60", "add": "1"}
    added = admin.post(f"{ADD}drop/", typed)
    source = Source.objects.get()
    key = added.context["key"]
    assert (len(key), key in added.content.decode()) == (64, True)
    assert "no-store" in added["Cache-Control"]
    page = admin.get(f"/desk/sources/{source.pk}/").content.decode()
    assert key not in page and "换一把投递密钥" in page
    again = admin.post(f"/desk/sources/{source.pk}/key/")
    assert again.context["key"] != key
    other = Source.objects.create(kind="feed", name="x")
    assert admin.post(f"/desk/sources/{other.pk}/key/").status_code == 404
