"""来源: one source: every look at it, and what an administrator may change."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from tingda.collect.models import Check, Source, Subscription
from tingda.collect.rules import Entry, Look
from tingda.lib import present
from tingda.people.models import Person
from tingda.web.desk import sources_add

pytestmark = pytest.mark.django_db
ADDRESS = "https://news.example.cn/rss"
TYPED = {
    "address": ADDRESS,
    "name": "镇报新",
    "group": "公告",
    "interval_minutes": "120",
    "exclude": "广告",
    "active": "no",
}


@pytest.fixture
def admin(cast: SimpleNamespace, client_of: Callable[[Person], Client]) -> Client:
    return client_of(cast.admin)


def feed(name: str = "镇报", **values: Any) -> Source:
    fields = {"kind": "feed", "address": ADDRESS, "next_due": present.now()}
    return Source.objects.create(name=name, **fields | values)


def page(client: Client, source: Source) -> str:
    answer = client.get(f"/desk/sources/{source.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_nothing_new_is_on_the_page_of_looks_too(admin: Client, now: datetime) -> None:
    source = feed()
    rows: list[dict[str, Any]] = [
        {"outcome": "heard", "added": 3, "repeated": 4, "edited": 5, "left_out": 6},
        {"outcome": "nothing", "note": "没有变化"},
    ]
    for hours, values in enumerate(rows):
        Check.objects.create(source=source, at=now + timedelta(hours=hours), **values)
    shown = admin.get(f"/desk/sources/{source.pk}/")
    assert [(c.outcome, c.edited, c.left_out, why) for c, why in shown.context["checks"]] == [
        ("nothing", 0, 0, "没有变化"),
        ("heard", 5, 6, ""),
    ]
    assert "没有新的" in shown.content.decode()


def test_everything_of_a_feed_is_changed(admin: Client) -> None:
    source, other = feed(), feed("别的", address=f"{ADDRESS}/2")
    moved = TYPED | {"address": "https://new.example.cn/rss"}
    assert admin.post(f"/desk/sources/{source.pk}/", moved).status_code == 302
    source.refresh_from_db()
    assert (source.address, source.name, source.group) == (
        "https://new.example.cn/rss",
        "镇报新",
        "公告",
    )
    assert (source.interval_minutes, source.exclude, source.active) == (120, "广告", False)
    again = admin.post(f"/desk/sources/{other.pk}/", TYPED)
    assert (again.status_code, "已有同名的来源" in again.content.decode()) == (422, True)
    assert "<h1>别的</h1>" in again.content.decode() and 'value="镇报新"' in again.content.decode()


def test_a_change_is_tried_before_it_is_saved(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Look("ok", (Entry(title="有广告"), Entry(title="没有")))
    monkeypatch.setattr(sources_add, "try_source", lambda wanted, now, source: found)
    source = feed()
    tried = admin.post(f"/desk/sources/{source.pk}/", TYPED | {"try": "1"})
    assert tried.status_code == 200
    assert [left for _entry, left in tried.context["entries"]] == [True, False]
    assert 'value="镇报新"' in tried.content.decode()
    source.refresh_from_db()
    assert (source.name, source.exclude) == ("镇报", "")


def test_a_look_is_asked_for(cast: SimpleNamespace, client_of: Callable[[Person], Client]) -> None:
    later = present.now() + timedelta(hours=3)
    source = feed(next_due=later)
    client = client_of(cast.duty)
    assert "马上看一次" in page(client, source) and "由管理员修改" in page(client, source)
    client.post(f"/desk/sources/{source.pk}/", TYPED)
    client.post(f"/desk/sources/{source.pk}/look/")
    source.refresh_from_db()
    assert source.next_due is not None and source.next_due <= present.now()
    assert source.name == "镇报"
    paused = feed("停", active=False)
    assert client.post(f"/desk/sources/{paused.pk}/look/").status_code == 409


def test_what_the_site_decided_is_told_in_words(admin: Client, now: datetime) -> None:
    source = feed()
    assert "robots.txt" not in page(admin, source)
    refused = {"allowed": False, "at": now.isoformat(), "urls": ["https://a.cn/private"]}
    Source.objects.update(robots=refused, moved_to="https://b.cn/rss", moved_times=2)
    text = page(admin, source)
    assert "不让读下面的网页" in text and "https://a.cn/private" in text
    assert "已经搬到 https://b.cn/rss（连着说了 2 次）。连着说 3 次" in text
    Source.objects.update(robots=refused | {"allowed": True, "urls": []}, moved_to="")
    assert "允许读" in page(admin, source) and "搬到" not in page(admin, source)


def test_a_push_subscription_is_one_line(admin: Client, now: datetime) -> None:
    source = feed()
    row = Subscription.objects.create(source=source, hub="h", topic="t", token="t", key="k")
    assert "正在向对方订推送" in page(admin, source)
    Subscription.objects.filter(pk=row.pk).update(confirmed_at=now)
    assert "还没有推送过" in page(admin, source)
    Subscription.objects.filter(pk=row.pk).update(pushed_at=now)
    assert "最近一次" in page(admin, source)
    Subscription.objects.filter(pk=row.pk).update(error="x")
    assert "推送没有订上" in page(admin, source)


def test_what_people_bring_is_neither_paused_nor_changed(admin: Client) -> None:
    source = Source.objects.create(kind="form", name="公众表单")
    text = page(admin, source)
    assert "不用巡查" in text and "停用</button>" not in text
    admin.post(f"/desk/sources/{source.pk}/", TYPED)
    assert admin.post(f"/desk/sources/{source.pk}/switch/").status_code == 409
    source.refresh_from_db()
    assert (source.name, source.active) == ("公众表单", True)
