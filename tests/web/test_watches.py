"""设置 → 关注 at the desk: rules, their versions, and the test bench."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tingda.analyse.actions.reading import read_due
from tingda.analyse.actions.watches import add_watch, change_watch
from tingda.analyse.models import Watch, WatchHit, WatchVersion
from tingda.analyse.queries import bench as benches
from tingda.collect.models import Voice
from tingda.ledger.models import Line
from tingda.lib import present
from tingda.people.models import Person

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Person], Client]
Make = Callable[..., Voice]
ADD, TRY = "/desk/settings/watches/add/", "/desk/settings/watches/0/bench/"
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def duty(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    return client_of(cast.duty)


@pytest.fixture
def said(make_voice: Make) -> list[Voice]:
    """Five voices of the last days."""
    texts = ["幸福里小区又停水了", "停水通知", "学校停电", "路灯不亮", "停·水三天"]
    at = present.now() - timedelta(days=2)
    return [make_voice(title="", text=text, at=at) for text in texts]


def bench(client: Client, rule: str, address: str = TRY) -> str:
    answer = client.post(address, {"rule": rule}, **HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_rule_that_cannot_be_read_is_not_saved_and_its_place_is_shown(duty: Client) -> None:
    answer = duty.post(ADD, {"name": "停水", "rule": "小区 (停水 OR 停电"})
    shown = answer.content.decode()
    assert (answer.status_code, Watch.objects.count()) == (422, 0)
    assert "第 4 个字：这个左括号没有右括号" in shown
    assert '小区 <mark class="fault" title="这里">(</mark>停水 OR 停电' in shown
    assert 'value="停水"' in shown


def test_every_change_of_a_rule_is_a_version(duty: Client, cast: SimpleNamespace) -> None:
    duty.post(ADD, {"name": "停水", "rule": "停水"})
    watch = Watch.objects.get()
    address = f"/desk/settings/watches/{watch.pk}/"
    for rule in ("停水 OR 停电", "停水 OR 停电", "停水 OR\r\n断水"):
        typed = {"name": "水", "rule": rule, "active": "yes"}
        assert duty.post(address, typed).status_code == 302
    kept = WatchVersion.objects.order_by("number").values_list("number", "rule", "by")
    me = cast.duty.pk
    assert list(kept) == [(1, "停水", me), (2, "停水 OR 停电", me), (3, "停水 OR\n断水", me)]
    assert Line.objects.filter(verb="watch.changed").count() == 3
    assert "第 2 版 · 值班员" in duty.get(address).content.decode()


def test_the_bench_shows_what_a_rule_would_mark(duty: Client, said: list[Voice]) -> None:
    shown = bench(duty, "停水 -通知")
    assert "最近 30 天的 5 条声音里，会标出 2 条（40%）" in shown
    assert '又<mark class="watch" title="规则找到的词">停水</mark>了' in shown
    assert '<mark class="watch" title="规则找到的词">停·水</mark>三天' in shown
    assert f'href="/desk/voices/{said[0].pk}/"' in shown
    assert f'href="/desk/voices/{said[1].pk}/"' not in shown
    assert WatchHit.objects.count() == 0


def test_the_bench_knows_what_was_judged_as_the_watch_will(
    duty: Client, said: list[Voice], cast: SimpleNamespace
) -> None:
    rule = "intent:投诉 urgency:>=1 lang:zh (停水 OR 路灯)"
    watch = add_watch("投诉", rule, by=cast.duty, owner=cast.duty, now=present.now())
    Voice.objects.update(unread=True)
    while read_due(now=present.now()):
        pass
    marked = WatchHit.objects.filter(watch=watch).count()
    assert 0 < marked < len(said)
    assert f"会标出 {marked} 条" in bench(duty, rule)


def test_the_bench_points_at_a_fault(duty: Client) -> None:
    shown = bench(duty, "停水 NEAR 小区")
    assert "NEAR 后面要写距离" in shown
    assert '停水 <mark class="fault" title="这里">N</mark>EAR 小区' in shown
    assert "没有“没有的”这个名单" in bench(duty, "@没有的")
    assert "写上规则，这里马上列出" in bench(duty, "  ")
    assert "&lt;script&gt;" in bench(duty, "(<script>")


def test_the_bench_compares_with_the_saved_rule(
    duty: Client, cast: SimpleNamespace, said: list[Voice], now: datetime
) -> None:
    watch = add_watch("水", "停水", by=cast.duty, owner=cast.duty, now=now)
    address = f"/desk/settings/watches/{watch.pk}/bench/"
    shown = bench(duty, "停水 -通知 OR 停电", address)
    assert "多标出 1 条" in shown and "不再标出 1 条" in shown
    assert "标出的一样" in bench(duty, "停 水", address)
    watch.refresh_from_db()
    assert watch.rule == "停水"


def test_the_bench_tells_what_looks_like_a_mistake(
    duty: Client, cast: SimpleNamespace, make_voice: Make, now: datetime
) -> None:
    at = present.now() - timedelta(hours=1)
    for text in ["停水了"] * 3 + ["停电了"] * 2 + ["谢谢"] * 20:
        make_voice(title="", text=text, at=at)
    add_watch("水", "停水", by=cast.duty, owner=cast.duty, now=now)
    add_watch("电", "停电 OR 停水", by=cast.duty, owner=cast.duty, now=now)
    assert "超过全部声音的两成" in bench(duty, "谢谢")
    assert "一条也没有标出" in bench(duty, "没有人说")
    shown = bench(duty, "停水了")
    assert "和关注“水”标出的完全一样" in shown and "标出的，关注“电”全都标出了" in shown
    assert "关注“水”标出的，这条全都标出了" in bench(duty, "停电 OR 停水")


def test_the_bench_works_without_script_and_keeps_what_was_typed(
    duty: Client, said: list[Voice]
) -> None:
    answer = duty.post(TRY, {"name": "水", "rule": "停水"})
    shown = answer.content.decode()
    assert "会标出 3 条" in shown and 'value="水"' in shown and "<html" in shown
    assert Watch.objects.count() == 0


def test_the_bench_goes_on_where_it_stopped(
    duty: Client, said: list[Voice], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benches, "AT_ONCE", 1)
    monkeypatch.setattr(benches, "PIECE", 2)
    looked = []
    for _n in range(3):
        shown = bench(duty, "停水 OR 停电 OR 路灯")
        looked.append((shown.split("天的 ")[1][:1], "还在往前看" in shown))
    assert looked == [("2", True), ("4", True), ("5", False)]


def test_the_bench_looks_at_so_many_voices_and_says_so(
    duty: Client, said: list[Voice], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benches, "MOST_VOICES", 3)
    assert "只看了最新的 3 条" in bench(duty, "停水")


def test_the_bench_holds_so_many_characters_and_always_the_newest(
    duty: Client, said: list[Voice], make_voice: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benches, "MOST_CHARACTERS", 1)
    monkeypatch.setattr(benches, "PIECE", 2)
    assert "只看了最新的 2 条" in bench(duty, "停水")
    make_voice(text="井盖不见了", at=present.now() - timedelta(hours=1))
    shown = bench(duty, "井盖")
    assert "只看了最新的 2 条" in shown and "会标出 1 条" in shown


def test_an_edited_voice_is_tried_as_it_reads_now(duty: Client, said: list[Voice]) -> None:
    assert "会标出 1 条" in bench(duty, "路灯")
    Voice.objects.filter(pk=said[3].pk).update(text="井盖不见了", edits=1)
    assert "会标出 0 条" in bench(duty, "路灯")
    assert "会标出 1 条" in bench(duty, "井盖")


def test_only_whoever_keeps_watches_tries_them(cast: SimpleNamespace, client_of: ClientOf) -> None:
    for who, status in (("auditor", 403), ("drafter", 403), ("admin", 200)):
        answer = client_of(getattr(cast, who)).post(TRY, {"rule": "停水"}, **HTMX)
        assert answer.status_code == status
    assert client_of(cast.duty).get(TRY).status_code == 405


def test_fields_decide_too(duty: Client, cast: SimpleNamespace, make_voice: Make) -> None:
    at, url = present.now() - timedelta(hours=1), "https://luntan.example/t/1"
    voice = make_voice(title="问", text="又停水", url=url, likes=20, at=at, unread=True)
    rules = {"站": "site:luntan.example", "赞": "likes:>10", "源": "source:镇民论坛"}
    rules |= {"类": "channel:import", "少": "likes:<10"}
    for name, rule in rules.items():
        add_watch(name, rule, by=cast.duty, owner=cast.duty, now=at)
        assert f"会标出 {0 if name == '少' else 1} 条" in bench(duty, rule)
    read_due(now=at)
    hits = WatchHit.objects.filter(voice=voice).values_list("watch__name", flat=True)
    assert set(hits) == {"站", "赞", "源", "类"}


def test_what_a_watch_marked_is_highlighted_on_the_voice(
    duty: Client, cast: SimpleNamespace, make_voice: Make, now: datetime
) -> None:
    watch = add_watch("水", "“停水” 三天", by=cast.duty, owner=cast.duty, now=now)
    voice = make_voice(title="急", text="停·水三天了", unread=True)
    read_due(now=now)
    hit = WatchHit.objects.get()
    assert (hit.words, hit.spans) == (["停·水三天"], [["text", 0, 5]])
    page = duty.get(f"/desk/voices/{voice.pk}/").content.decode()
    mark = '<mark class="watch" title="关注：水[^"]*" tabindex="0">停·水三天</mark>'
    assert re.search(mark, page)
    Voice.objects.filter(pk=voice.pk).update(text="来水了", edits=1, unread=True)
    voice.earlier.create(at=now, title="急", text="停·水三天了")
    read_due(now=now)
    hit.refresh_from_db()
    assert (hit.words, hit.spans) == (["停·水三天"], [])
    change_watch(watch, name="水", rule="停水", active=True, by=cast.duty, now=now)
    assert WatchHit.objects.count() == 1


def test_the_bench_costs_the_same_for_few_and_many(
    duty: Client, make_voice: Make, said: list[Voice]
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            bench(duty, "停水")
        return len(queries)

    cost()
    before = cost()
    for _n in range(3):
        make_voice(text="停水", at=present.now() - timedelta(hours=1))
    cost()
    assert cost() == before
