"""来源: the list: how well each source is heard, finding some of many, and several at once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tingda.collect.models import Check, Source
from tingda.lib import present
from tingda.people.models import Person

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Person], Client]
LIST = "/desk/sources/"


@pytest.fixture
def admin(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    return client_of(cast.admin)


def feed(name: str = "镇报", **values: Any) -> Source:
    soon = present.now() + timedelta(minutes=20)
    address = f"https://news.example.cn/rss/{name}"
    fields = {"kind": "feed", "address": address, "next_due": soon, "looked_at": present.now()}
    return Source.objects.create(name=name, **fields | values)


def check(source: Source, at: datetime, outcome: str = "nothing", **values: Any) -> Check:
    return Check.objects.create(source=source, at=at, outcome=outcome, **values)


def names(client: Client, query: str = "") -> list[str]:
    answer = client.get(LIST + query)
    assert answer.status_code == 200
    return [row.source.name for row in answer.context["rows"]]


def test_each_source_says_in_a_word_how_it_is(admin: Client, now: datetime) -> None:
    check(feed("好的"), now, "heard", added=3)
    deaf = feed("坏的", failures=2)
    check(deaf, now - timedelta(hours=1), "heard", added=9)
    params = {"host": "a.cn", "status": 500}
    check(deaf, now, "failed", note="%(host)s 回答 %(status)s，没有给出内容", note_params=params)
    feed("新的", looked_at=None)
    feed("停的", active=False)
    Source.objects.create(kind="form", name="公众表单")
    rows = admin.get(LIST).context["rows"]
    assert (rows[0].source.name, rows[-1].source.name) == ("坏的", "停的")
    assert {row.source.name: (row.health.state, row.health.why) for row in rows} == {
        "坏的": ("听不到", "a.cn 回答 500，没有给出内容"),
        "公众表单": ("正常", ""),
        "好的": ("正常", ""),
        "新的": ("等第一次巡查", ""),
        "停的": ("停用", ""),
    }
    assert {row.source.name: row.check.outcome for row in rows if row.check} == {
        "坏的": "failed",
        "好的": "heard",
    }


@pytest.mark.parametrize("sort", ["name", "group", "kind", "health", "heard", "nonsense", ""])
def test_the_table_sorts(admin: Client, sort: str) -> None:
    feed("a", heard_at=present.now(), group="甲")
    feed("b", failures=1, group="乙")
    first = "b" if sort in ("health", "nonsense", "") else "a"
    first = min(["甲a", "乙b"])[1] if sort == "group" else first
    assert names(admin, f"?sort={sort}")[0] == first


def test_some_of_many_are_found_and_the_tabs_count_them(admin: Client) -> None:
    feed("县报", group="公告", failures=1)
    feed("镇报", group="公告", close_until=present.now() + timedelta(hours=1), close_minutes=5)
    feed("论坛", kind="forum", silent_at=present.now())
    feed("旧的", active=False, failures=4)
    assert names(admin, "?q=报&sort=name") == ["县报", "镇报"]
    assert names(admin, "?q=rss/论") == ["论坛"]
    assert names(admin, "?group=公告&state=deaf") == ["县报"]
    assert names(admin, "?group=-&kind=feed") == ["旧的"]
    states = {"deaf": "县报", "silent": "论坛", "close": "镇报", "paused": "旧的"}
    assert {state: names(admin, f"?state={state}") for state in states} == {
        state: [name] for state, name in states.items()
    }
    shown = admin.get(f"{LIST}?q=报&group=公告")
    assert [(tab.name, tab.count) for tab in shown.context["tabs"]] == [
        ("", 2),
        ("deaf", 1),
        ("silent", 0),
        ("close", 1),
        ("paused", 0),
    ]
    assert shown.context["groups"] == [("", 2), ("公告", 2)]
    assert "没有这样的来源" in admin.get(f"{LIST}?q=没有").content.decode()


def test_an_empty_list_says_what_to_do(admin: Client) -> None:
    text = admin.get(LIST).content.decode()
    assert "还没有来源" in text and 'href="/desk/sources/add/"' in text


def test_one_press_pauses_a_source_and_one_goes_on(admin: Client) -> None:
    source = feed()
    left = admin.post(f"{LIST}{source.pk}/switch/", {"query": "sort=name&page=2"})
    assert left["Location"] == f"{LIST}?sort=name&page=2"
    source.refresh_from_db()
    assert (source.active, source.next_due) == (False, None)
    back = admin.post(f"{LIST}{source.pk}/switch/", {"here": "1"})
    assert back["Location"] == f"{LIST}{source.pk}/"
    source.refresh_from_db()
    assert source.active and source.next_due is not None
    assert admin.get(f"{LIST}{source.pk}/switch/").status_code == 405


def test_what_is_ticked_is_changed_together(admin: Client) -> None:
    one, two, three = feed("a"), feed("b"), feed("c", group="旧组")
    some = {"source": [str(one.pk), str(two.pk), "x", "9" * 30], "query": "sort=name"}

    def do(**values: str) -> str:
        answer = admin.post(f"{LIST}several/", some | values, follow=True)
        assert answer.redirect_chain[0][0] == f"{LIST}?sort=name"
        return "".join(str(message) for message in answer.context["messages"])

    assert do(do="pause") == "已改 2 个来源。"
    assert set(Source.objects.filter(active=False)) == {one, two}
    assert do(do="resume") == "已改 2 个来源。"
    assert do(do="arrange", group="公告", minutes="90") == "已改 2 个来源。"
    assert list(Source.objects.order_by("name").values_list("group", "interval_minutes")) == [
        ("公告", 90),
        ("公告", 90),
        ("旧组", 30),
    ]
    assert "间隔请在" in do(do="arrange", minutes="1")
    assert "只写数字" in do(do="arrange", minutes="很快")
    assert "请填新的分组或间隔" in do(do="arrange")
    assert do(do="arrange", group="-") == "已改 2 个来源。"
    some["source"] = [str(three.pk)]
    assert do(do="nothing") == "请先勾选来源。"
    assert set(Source.objects.values_list("group", flat=True)) == {"", "旧组"}


def test_others_read_and_change_nothing(cast: SimpleNamespace, client_of: ClientOf) -> None:
    source = feed()
    posts = [f"{LIST}several/", f"{LIST}{source.pk}/switch/", f"{LIST}{source.pk}/key/"]
    pages = [f"{LIST}add/", f"{LIST}add/feed/", f"{LIST}many/"]
    for person in (cast.duty, cast.auditor, cast.drafter):
        client = client_of(person)
        assert names(client) == ["镇报"]
        assert client.get(f"{LIST}opml/").status_code == 200
        assert [client.post(address, {"source": source.pk}).status_code for address in posts] == [
            403
        ] * 3
        for address in pages:
            assert (client.get(address).status_code, client.post(address).status_code) == (403, 403)
    liaison = client_of(cast.liaison_edu)
    for address in (LIST, f"{LIST}{source.pk}/", f"{LIST}opml/", f"{LIST}closely/", *pages):
        assert liaison.get(address).status_code == 404
    auditor = client_of(cast.auditor)
    assert auditor.get(f"{LIST}closely/").status_code == 403
    assert auditor.post(f"{LIST}{source.pk}/look/").status_code == 403
    source.refresh_from_db()
    assert (source.name, source.active, Source.objects.count()) == ("镇报", True, 1)


def test_the_list_costs_the_same_for_one_and_for_three(admin: Client, now: datetime) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            names(admin)
        return len(queries)

    check(feed("a", failures=1), now, "failed", note="没有变化")
    cost()
    one = cost()
    check(feed("b"), now)
    check(feed("c", failures=1, group="组"), now, "failed", note="没有变化")
    assert cost() == one


def test_a_long_list_comes_in_pages(admin: Client) -> None:
    Source.objects.bulk_create(Source(kind="feed", name=f"{n:03}") for n in range(120))
    assert names(admin, "?sort=name&page=3") == [f"{n:03}" for n in range(100, 120)]
