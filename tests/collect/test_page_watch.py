"""One page that is watched: its changes are heard in words, and noise is not."""

import itertools
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import NOW
from tests.servers.page import Site, board, page_site
from tingda.collect.actions.looking import look_at
from tingda.collect.models import Check, Source, Voice
from tingda.collect.sources.page.watching import KEPT

pytestmark = pytest.mark.django_db
PARAGRAPHS = ("<p>办理时间：上午九点到十一点半。</p>", "<p>办理地点：政务大厅二楼。</p>")


@pytest.fixture
def site(settings: Any) -> Iterator[Site]:
    with page_site() as made:
        settings.PRIVATE_HOSTS = [made.host]
        made.pages["/banshi"] = board("".join(PARAGRAPHS))
        yield made


@pytest.fixture
def source(site: Site) -> Source:
    return Source.objects.create(
        kind="page",
        name="办事指南",
        address=f"{site.address}/banshi",
        options={"mode": "watch"},
        next_due=NOW,
    )


def looked(source: Source, hours: int = 0) -> Check:
    source.refresh_from_db()
    check = look_at(source, now=NOW + timedelta(hours=hours))
    source.refresh_from_db()
    return check


def test_a_change_is_heard_in_words(site: Site, source: Source) -> None:
    first = looked(source)
    assert (first.outcome, "第一次看" in first.note) == ("nothing", True)
    assert looked(source, 1).note == "没有变化"
    site.pages["/banshi"] = board(PARAGRAPHS[0] + "<p>办理地点搬到了图书馆一楼大厅。</p>")
    assert looked(source, 2).added == 1
    voice = Voice.objects.get()
    assert voice.title == "〈通知公告_清河镇〉有改动"
    assert voice.text == (
        "新增：\n办理地点搬到了图书馆一楼大厅。\n\n删去：\n办理地点：政务大厅二楼。\n\n"
        "（2026-11-21 18:20 发现）"
    )
    assert (voice.url, voice.said_at) == (source.address, None)
    assert looked(source, 3).outcome == "nothing"


def test_a_change_to_and_fro_is_heard_each_time(site: Site, source: Source) -> None:
    looked(source)
    for hour in range(1, 5):
        site.pages["/banshi"] = board("".join(PARAGRAPHS[: 1 + hour % 2]))
        looked(source, hour)
    assert Voice.objects.count() == 3  # the first hour changed nothing


def test_numbers_dates_and_spaces_are_noise(site: Site, source: Source) -> None:
    looks = (
        "<p>今天是2026年11月21日 星期六，您是第1023位访客。</p>",
        "<div><p>今天是2026年11月22日  星期日，\n 您是第20480位访客。</p></div>",
        "<span>今天是2026年1月2日 星期五 上午 10:20，您是第９位访客。</span>",
    )
    for hour, noise in enumerate(looks):
        site.pages["/banshi"] = board("".join(PARAGRAPHS) + noise)
        assert looked(source, hour).added == 0
    assert source.failures == 0


def test_menus_are_not_watched_unless_they_are_asked_for(site: Site, source: Source) -> None:
    looked(source)
    plain = site.pages["/banshi"]
    site.pages["/banshi"] = plain.replace("栏目3", "新开的栏目")
    assert looked(source, 1).added == 0
    source.options = {"mode": "watch", "watch_selector": ".nav"}
    source.memory = {}
    source.save()
    looked(source, 2)
    site.pages["/banshi"] = plain
    assert looked(source, 3).added == 1


def test_a_part_that_is_gone_is_a_loud_failure(site: Site, source: Source) -> None:
    source.options = {"mode": "watch", "watch_selector": "div.main"}
    source.save()
    looked(source)
    site.pages["/banshi"] = "<html><body><p>新版网站</p></body></html>"
    check = looked(source, 1)
    assert (check.outcome, check.cause) == ("failed", "rebuilt")
    assert check.note % check.note_params == (
        "网页改版了，找不到要看的部分（div.main），请重新指一次"
    )
    site.pages["/banshi"] = board("<p>搬到新楼了，欢迎来办事。</p>")
    assert looked(source, 2).added == 1  # what stood before was not forgotten


def test_a_page_without_words_is_a_failure_and_not_a_change(site: Site, source: Source) -> None:
    looked(source)
    site.pages["/banshi"] = "<html><body><script>draw()</script></body></html>"
    assert looked(source, 1).outcome == "failed"
    site.pages["/banshi"] = "<form><input type=password></form>"
    assert looked(source, 2).cause == "login"
    assert Voice.objects.count() == 0


def test_only_so_much_is_kept(site: Site, source: Source) -> None:
    signs = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
    three = itertools.product(signs, repeat=3)
    long = [f"<p>{''.join(who)}说了一句不短的话，大家听见了。</p>" for who in three]
    site.pages["/banshi"] = board("".join(long))
    looked(source)
    assert len(source.memory["text"]) == KEPT
    site.pages["/banshi"] = board("<p>头条消息来了。</p>" + "".join(long))
    assert looked(source, 1).added == 1
    assert Voice.objects.get().text.startswith("新增：\n头条消息来了。\n\n（")


def test_what_reads_articles_is_not_loaded_by_the_kind() -> None:
    code = (
        "import sys, django; django.setup()\n"
        "from tingda.collect.sources import kind; kind('page')\n"
        "print(sorted({'trafilatura', 'readability', 'htmldate'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
