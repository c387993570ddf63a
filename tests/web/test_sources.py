"""来源: how well each source is heard, every look, and what an administrator may change."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tingda.collect.models import Check, Source
from tingda.collect.rules import Entry, Look
from tingda.lib.refusal import Refused
from tingda.people.models import Person
from tingda.web.desk import sources as view

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Person], Client]
ADDRESS = "https://news.example.cn/rss"


@pytest.fixture
def admin(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    return client_of(cast.admin)


def feed(name: str = "镇报", **values: Any) -> Source:
    fields = {"kind": "feed", "address": f"{ADDRESS}/{name}", "next_due": timezone.now()}
    return Source.objects.create(name=name, **fields | values)


def check(source: Source, at: datetime, outcome: str = "nothing", **values: Any) -> Check:
    return Check.objects.create(source=source, at=at, outcome=outcome, **values)


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_source_says_in_a_word_how_it_is(admin: Client, now: datetime) -> None:
    check(feed("好的"), now, "heard", added=3)
    deaf = feed("坏的", failures=2)
    check(deaf, now - timedelta(hours=1), "heard", added=9)
    params = {"host": "a.cn", "status": 500}
    check(deaf, now, "failed", note="%(host)s 回答 %(status)s，没有给出内容", note_params=params)
    feed("新的")
    feed("停的", active=False)
    Source.objects.create(kind="form", name="公众表单")
    rows = admin.get("/desk/sources/").context["rows"]
    assert (rows[0].source.name, rows[-1].source.name) == ("坏的", "停的")
    assert {row.source.name: (row.health, row.why) for row in rows} == {
        "坏的": ("听不到", "a.cn 回答 500，没有给出内容"),
        "公众表单": ("正常", ""),
        "好的": ("正常", ""),
        "新的": ("等第一次巡查", ""),
        "停的": ("停用", ""),
    }


@pytest.mark.parametrize("sort", ["name", "kind", "health", "heard", "nonsense", ""])
def test_the_table_sorts(admin: Client, sort: str) -> None:
    feed("a", heard_at=timezone.now())
    feed("b", failures=1)
    rows = admin.get(f"/desk/sources/?sort={sort}").context["rows"]
    first = "b" if sort in ("health", "nonsense", "") else "a"
    assert rows[0].source.name == first


def test_nothing_new_is_on_the_page_of_looks_too(admin: Client, now: datetime) -> None:
    source = feed()
    check(source, now - timedelta(hours=1), "heard", added=3, repeated=4)
    check(source, now, note="没有变化")
    shown = admin.get(f"/desk/sources/{source.pk}/")
    assert [(c.outcome, c.added, why) for c, why in shown.context["checks"]] == [
        ("nothing", 0, "没有变化"),
        ("heard", 3, ""),
    ]
    assert "没有新的" in shown.content.decode()


def test_an_address_is_tried_and_then_added(
    admin: Client, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    entries = tuple(Entry(title=f"第{n}篇<b>", said_at=now) for n in range(7))
    monkeypatch.setattr(
        view, "try_source", lambda wanted, now: Look("ok", entries=entries, title="镇报")
    )
    typed = {"address": ADDRESS, "name": "", "interval_minutes": "60"}
    tried = admin.post("/desk/sources/add/", typed | {"try": "1"})
    text = tried.content.decode()
    assert (tried.status_code, Source.objects.count()) == (200, 0)
    assert "第0篇&lt;b&gt;" in text and "第5篇" not in text and "7 条" in text
    assert 'value="镇报"' in text and f'value="{ADDRESS}"' in text
    added = admin.post("/desk/sources/add/", typed | {"name": "镇报", "add": "1"})
    source = Source.objects.get()
    assert added["Location"] == f"/desk/sources/{source.pk}/"
    assert (source.name, source.address, source.interval_minutes) == ("镇报", ADDRESS, 60)
    assert "还没有看过" in text_of(admin, added["Location"])


def test_what_is_no_feed_is_said_beside_what_was_typed(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(address: str, now: datetime) -> Look:
        raise Refused("这不是订阅源（RSS 或 Atom）。请检查地址")

    monkeypatch.setattr(view, "try_source", refuse)
    typed = {"address": ADDRESS, "name": "x", "interval_minutes": "60"}
    tried = admin.post("/desk/sources/add/", typed | {"try": "1"})
    assert tried.status_code == 422
    text = tried.content.decode()
    assert "这不是订阅源" in text and f'value="{ADDRESS}"' in text
    for wrong in ({"address": "ftp://a.cn"}, {"interval_minutes": "1"}, {"name": ""}):
        answer = admin.post("/desk/sources/add/", typed | wrong | {"add": "1"})
        assert (answer.status_code, Source.objects.count()) == (422, 0)


def test_a_private_address_cannot_be_tried(admin: Client) -> None:
    typed = {"address": "http://127.0.0.1:9/x", "name": "x", "interval_minutes": "60"}
    tried = admin.post("/desk/sources/add/", typed | {"try": "1"})
    assert (tried.status_code, "是内部网络地址" in tried.content.decode()) == (422, True)


def test_a_feed_is_changed_and_paused(admin: Client) -> None:
    source, other = feed(), feed("别的")
    typed = {"name": "镇报新", "interval_minutes": "120", "active": "no"}
    assert admin.post(f"/desk/sources/{source.pk}/", typed).status_code == 302
    source.refresh_from_db()
    assert (source.name, source.interval_minutes, source.active) == ("镇报新", 120, False)
    again = admin.post(f"/desk/sources/{other.pk}/", typed)
    assert (again.status_code, "已有同名的来源" in again.content.decode()) == (422, True)
    assert "<h1>别的</h1>" in again.content.decode()


def test_others_read_and_change_nothing(cast: SimpleNamespace, client_of: ClientOf) -> None:
    source = feed()
    for person in (cast.duty, cast.auditor, cast.drafter):
        client = client_of(person)
        assert "由管理员修改" in text_of(client, f"/desk/sources/{source.pk}/")
        client.post(f"/desk/sources/{source.pk}/", {"name": "x", "interval_minutes": 60})
        assert client.get("/desk/sources/add/").status_code == 403
        assert client.post("/desk/sources/add/", {"add": "1"}).status_code == 403
    liaison = client_of(cast.liaison_edu)
    for address in ("/desk/sources/", f"/desk/sources/{source.pk}/", "/desk/sources/add/"):
        assert liaison.get(address).status_code == 404
    source.refresh_from_db()
    assert (source.name, Source.objects.count()) == ("镇报", 1)


def test_an_empty_list_says_what_to_do(admin: Client) -> None:
    text = text_of(admin, "/desk/sources/")
    assert "还没有来源" in text and 'href="/desk/sources/add/"' in text


def test_the_list_costs_the_same_for_one_and_for_three(admin: Client, now: datetime) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            text_of(admin, "/desk/sources/")
        return len(queries)

    check(feed("a"), now)
    cost()
    one = cost()
    check(feed("b"), now)
    check(feed("c", failures=1), now, "failed", note="没有变化")
    assert cost() == one
