"""Finding the list on a page, remembering where it is, and going on to the next page."""

import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import NOW
from tingda.lib.article_child import PageBytes, ReadingFailed, read_articles
from tingda.lib.differences import news
from tingda.lib.listing import Listing, find_lists, is_place, read_list
from tingda.lib.listing_chosen import Chosen, check_selector, read_chosen
from tingda.lib.listing_guard import is_harmless
from tingda.lib.listing_links import clean, next_page
from tingda.lib.listing_page import Page, page_of
from tingda.lib.listing_records import Item, day_in, is_cut
from tingda.lib.refusal import Refused

FIXTURES = Path(__file__).parents[1] / "collect/page_fixtures"
SHARED = Path(__file__).parents[3] / "shared/data/pages/chinese"
BASE = "http://town.example/a/"


def page(html: str | bytes, content_type: str = "") -> Page:
    found = page_of(html.encode() if isinstance(html, str) else html, content_type, BASE)
    assert found is not None
    return found


def fixture(name: str) -> Page:
    return page((FIXTURES / f"{name}.html").read_bytes())


def rows(*titles: str, tag: str = "ul", name: str = "news") -> str:
    inside = "".join(
        f"<li><a href='/{n}.html'>{t}</a> 2026-11-0{n + 1}</li>" for n, t in enumerate(titles)
    )
    return f"<div id='main'><{tag} class='{name}'>{inside}</{tag}></div>"


TITLES = (
    "停水通知，请提前储水",
    "施工通告，请绕行通过",
    "招聘公告，欢迎报名参加",
    "森林防火通知请遵守",
)
FIRST = "关于城东水厂检修期间临时停水的通知"
LAST = "农村饮水安全工程验收结果公告"


# --- finding ---


@pytest.mark.parametrize(
    ("name", "count", "first", "last"),
    [
        ("notices", 9, (FIRST, "202611/t20261120_3100.html", "2026-11-20"), LAST),
        ("table", 9, (FIRST, "show.asp?id=900", "2026/11/20"), LAST),
        (
            "board",
            7,
            ("版规：发帖前请先看这里", "thread-500-1-1.html", "2026-11-20"),
            "菜市场旁边的垃圾没人清运",
        ),
        ("cards", 8, (FIRST, "/news/70", "1小时前"), "关于滨河路夜间施工的情况说明"),
        ("leaves", 9, (FIRST, "/art/2026/11/20/art_0.html", "2026-11-20"), LAST),
        ("pairs", 9, (FIRST, "/xx/0.shtml", "11月20日"), LAST),
        ("inside_gbk", 9, (FIRST, "/n/0.htm", "2026-11-20 10:30"), LAST),
        (
            "english",
            5,
            (
                "Water main repair on River Road this Saturday",
                "/2026/11/water",
                "2026-11-20T09:00:00+08:00",
            ),
            "Council minutes of the October session",
        ),
    ],
)
def test_the_list_is_found_among_menus_and_footers(
    name: str, count: int, first: tuple[str, str, str], last: str
) -> None:
    this = fixture(name)
    best = find_lists(this)[0]
    title, url, date = first
    base = BASE if not url.startswith("/") else "http://town.example"
    assert (len(best.items), best.items[0]) == (count, Item(title, base + url, date))
    assert best.items[-1].title == last
    again = read_list(this, best.place)
    assert again == Listing(best.place, best.items)


def test_the_second_list_is_offered_too_and_both_are_told_apart() -> None:
    this = page(
        rows(*TITLES)
        + rows(*(f"下载表格第{n}号文件样本" for n in "一二三四"), name="files").replace(
            "href='/", "href='/f/"
        )
    )
    found = find_lists(this)
    assert sorted(listing.items[0].url for listing in found) == [
        "http://town.example/0.html",
        "http://town.example/f/0.html",
    ]
    assert [read_list(this, one.place) for one in found] == [
        Listing(one.place, one.items) for one in found
    ]


def test_rows_with_a_department_a_fat_title_or_another_class_are_rows_too() -> None:
    this = page(
        "<div class='wrap'><ul class='k'><li class='top'><b><a href='/1'>关于安全用电的提示</a></b>"
        "11-20</li><li class='on'><a href='/2' style='color:red'>关于停水的通知</a>11-19</li>"
        "<li><span>[<a href='/unit/1'>水务所</a>]</span><a href='/3'>关于施工的通知</a>11-18</li>"
        "</ul>"
    )
    best = find_lists(this)[0]
    assert [(item.url[-2:], item.date) for item in best.items] == [
        ("/1", "11-20"),
        ("/2", "11-19"),
        ("/3", "11-18"),
    ]
    assert read_list(this, best.place) == Listing(best.place, best.items)


def test_a_page_without_a_list_has_none() -> None:
    menu = "".join(f"<li><a href='/{n}/'>{n}号</a></li>" for n in range(9))
    assert find_lists(page(f"<div class='nav'><ul>{menu}</ul></div><p>你好</p>")) == []
    assert find_lists(page("<p>没有链接</p>")) == []


@pytest.mark.real_data
def test_real_pages_lists_are_found_again_where_they_were() -> None:
    if not SHARED.exists():
        pytest.skip("the shared pages are not here")
    seen = 0
    for path in sorted(SHARED.glob("*/*.html"))[::3]:
        this = page(path.read_bytes())
        for one in find_lists(this):
            seen += 1
            assert read_list(this, one.place) == Listing(one.place, one.items), path
    assert seen >= 8


# --- the same list later ---


def test_a_list_is_read_where_it_was_with_fewer_more_or_other_rows() -> None:
    place = find_lists(page(rows(*TITLES)))[0].place
    assert is_place(place)
    for titles in (("只剩一条了",), TITLES[::-1], TITLES * 2):
        later = read_list(page("<p>节日快乐</p>" + rows(*titles)), place)
        assert later is not None
        assert [item.title for item in later.items] == list(titles)


def test_an_empty_list_is_empty_and_a_rebuilt_page_has_no_list() -> None:
    place = find_lists(page(rows(*TITLES)))[0].place
    assert read_list(page(rows()), place) == Listing(place, ())
    assert read_list(page("<div id='main'><ul class='news'><li>暂无信息</li></ul></div>"), place)
    assert read_list(page("<div id='main'><p>暂无信息</p></div>"), place) == Listing(place, ())
    assert read_list(page("<div id='main'><p>网站升级</p></div>"), place) is None
    assert read_list(page(rows(*TITLES).replace("li>", "p>")), place) is None
    assert read_list(page(rows(*TITLES, name="cards")), place) is None


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_text_as_a_place_is_too_odd(place: str) -> None:
    is_place(place)
    read_list(page(rows(*TITLES)), place)


MARKUP = ["<div>", "</div>", "<a href='/x'>你好啊你好", "<ul>", "<li>", "<b>", "</a>", "<!--"]
MARKUP += ["<table><tr><td>", "<td>", "</tr>", "2026-1-1", "<a href='/y'>", "</ul>"]


@given(st.lists(st.sampled_from(MARKUP)))
@settings(max_examples=80, deadline=None)
def test_no_markup_is_too_broken(parts: list[str]) -> None:
    this = page_of("".join(parts).encode(), "", BASE)
    for one in find_lists(this) if this else []:
        assert read_list(this, one.place) == Listing(one.place, one.items)
        assert next_page(this) == ""


# --- CSS selectors ---


def test_selectors_name_rows_titles_and_dates() -> None:
    this = fixture("leaves")
    found = read_chosen(this, Chosen("ul.infolist > li", "h4", "div.cal"))
    assert found is not None
    assert (len(found), found[0].title, found[0].date) == (9, FIRST, "2026-11-20")
    whole = read_chosen(this, Chosen("ul.infolist"))
    assert whole is not None
    assert len(whole) == 9
    assert read_chosen(page(rows()), Chosen("ul.news > li")) == ()
    assert read_chosen(page(rows()), Chosen("ul.other > li")) is None


@pytest.mark.parametrize("selector", ["ul >", "li:nosuch", "a[", "x" * 400, "a::before", "!"])
def test_a_wrong_selector_is_refused(selector: str) -> None:
    with pytest.raises(Refused, match="CSS"):
        check_selector(selector)


# --- links, days, the next page ---


@pytest.mark.parametrize(
    ("name", "following"),
    [
        ("notices", f"{BASE}index_1.html"),
        ("table", f"{BASE}list.asp?page=2"),
        ("board", f"{BASE}forum-2-2.html"),
        ("cards", "http://town.example/news?page=2"),
        ("leaves", f"{BASE}?page=2"),
        ("english", "http://town.example/news/page/2"),
        ("pairs", ""),
    ],
)
def test_the_next_page_is_found(name: str, following: str) -> None:
    assert next_page(fixture(name)) == following


@pytest.mark.parametrize(
    "html",
    [
        "<a href='http://other.example/2'>下一页</a>",
        "<a href='javascript:go(2)'>下一页</a>",
        "<a href='#'>下一页</a>",
        "<a href='/last'>&gt;&gt;</a>",
        "<script>createPageHTML(2, 1, 'index', 'html')</script>",
    ],
)
def test_what_leads_nowhere_is_no_next_page(html: str) -> None:
    assert next_page(page(html)) == ""


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("http://a.cn/x;jsessionid=8A?id=1", "http://a.cn/x?id=1"),
        ("http://a.cn/t.php?tid=5&extra=page%3D3", "http://a.cn/t.php?tid=5"),
        ("http://a.cn/t.php?extra=page%3D1&tid=5", "http://a.cn/t.php?tid=5"),
        ("http://a.cn/t.php?PHPSESSID=ab#top", "http://a.cn/t.php#top"),
        ("http://a.cn/thread-12-1-3.html", "http://a.cn/thread-12-1-1.html"),
        ("http://a.cn/t.php?tid=5", "http://a.cn/t.php?tid=5"),
    ],
)
def test_a_link_is_the_same_on_every_page_of_the_list(url: str, same: str) -> None:
    assert clean(url) == same


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("水务所 [2026-11-20]", "2026-11-20"),
        ("2026年11月2日 10:05 来源", "2026年11月2日 10:05"),
        ("20 2026-11 标题", "2026-11-20"),
        ("2026.11 08", "2026-11-08"),
        ("11-08 2026", "2026-11-08"),
        ("2026 11/08", "2026-11-08"),
        ("Nov 8, 2026 by x", "Nov 8, 2026"),
        ("昨天 10:31 回复 12", "昨天 10:31"),
        ("3 小时前", "3 小时前"),
        ("11月8日 回复 3/12", "11月8日"),
        ("回复 3/12 浏览 1-40", ""),
        ("电话 0731-8822", ""),
    ],
)
def test_days_are_read_as_lists_write_them(text: str, day: str) -> None:
    assert day_in(text) == day


def test_a_cut_title_is_known() -> None:
    assert [is_cut(t) for t in ("停水…", "停水...", "停水。", "")] == [True, True, False, False]


# --- pages that mean harm ---


def test_a_page_that_would_take_minutes_is_not_parsed() -> None:
    many = " ".join(f"a{n}" for n in range(30_000))
    for html in (
        f"<div {many}>",
        f"<!-->\n<DIV {many}>",
        f"<SCRIPT></script><p {many}>",
        "<" * 500_000,
    ):
        began = time.monotonic()
        assert not is_harmless(html)
        assert page_of(html.encode(), "", BASE) is None
        assert time.monotonic() - began < 2
    assert is_harmless("<!--" * 100_000 + "<script>" * 100_000)


def test_deep_and_long_pages_take_no_time() -> None:
    began = time.monotonic()
    deep = page("<div>" * 100_000 + "<a href='/x'>你好你好</a>")
    assert find_lists(deep) == []
    long = page(
        "<ul>" + "".join(f"<li><a href='/{n}'>第{n}号很长的通知</a>" for n in range(20_000))
    )
    assert len(find_lists(long)[0].items) == 500
    assert time.monotonic() - began < 8


# --- articles in a process of their own ---

ARTICLE = (
    "<html><head><title>停水通知</title></head><body><h1>停水通知</h1>"
    + "<p>因管道检修，本周六上午八点到下午五点停水，请大家提前储水备用。</p>" * 4
)


def test_a_page_that_kills_the_reader_costs_itself_and_no_other() -> None:
    script = (
        "import json,os,sys,time\nprint('ready', flush=True)\n"
        "for line in sys.stdin:\n"
        "    url = json.loads(line)['url']\n"
        "    if url == 'dies': os.abort()\n"
        "    if url == 'hangs': time.sleep(60)\n"
        "    if url == 'lies': print('no json'); sys.stdout.flush(); continue\n"
        "    told = dict(title=url, text='', time='', precision='', author='')\n"
        "    print(json.dumps(told), flush=True)\n"
    )

    urls = ("a", "dies", "b", "hangs", "lies", "c")
    began = time.monotonic()
    found = read_articles(
        [PageBytes(b"x" * 300_000, url) for url in urls],
        now=NOW,
        zone=NOW.tzinfo,
        patience=1.0,
        command=(sys.executable, "-S", "-c", script),
    )
    assert [one.title if one else None for one in found] == ["a", None, "b", None, None, "c"]
    assert time.monotonic() - began < 10


def test_the_reader_reads_and_keeps_its_limits() -> None:
    script = (
        "from tingda.lib import article_reader as r\nr.limit()\n"
        "try: bytes(2 * r.MEMORY)\nexcept MemoryError: pass\nelse: raise SystemExit(1)\n"
        "import sys; r.serve(sys.stdin.buffer, sys.stdout.buffer)"
    )

    found = read_articles(
        [PageBytes(ARTICLE.encode()), PageBytes(b"")],
        now=NOW,
        zone=NOW.tzinfo,
        command=(sys.executable, "-I", "-c", script),
    )
    assert [(one.title, "提前储水备用" in one.text) if one else None for one in found] == [
        ("停水通知", True),
        ("", False),
    ]


def test_a_page_that_takes_too_much_of_the_processor_ends_its_reader() -> None:
    script = (
        "from tingda.lib import article_reader as r\nr.limit(); r.SECONDS = 1\n"
        "plain = r.answer\n"
        "def answer(line):\n"
        "    while b'endless' in line: pass\n"
        "    return plain(line)\n"
        "r.answer = answer\n"
        "import sys; r.serve(sys.stdin.buffer, sys.stdout.buffer)"
    )
    began = time.monotonic()
    found = read_articles(
        [PageBytes(b"", "endless")],
        now=NOW,
        zone=NOW.tzinfo,
        patience=60.0,
        command=(sys.executable, "-I", "-c", script),
    )
    assert found == [None]
    assert time.monotonic() - began < 30


def test_a_reader_that_does_not_start_blames_no_page() -> None:
    with pytest.raises(ReadingFailed):
        read_articles(
            [PageBytes(b"x")], now=NOW, zone=NOW.tzinfo, command=(sys.executable, "-c", "1/0")
        )


# --- what is new on a page ---


def test_only_words_are_news() -> None:
    before = "停水通知。\n今天是2026年11月20日 星期五\n访问量：1023\n请储水。"
    same = "访问量： 2048\n停水通知。\n今天是2026年11月21日  星期六\n请储水。"
    assert news(before, same, most=1000) == ([], [])
    after = same.replace("请储水。", "已经恢复供水。")
    assert news(before, after, most=1000) == (["请储水。"], ["已经恢复供水。"])


def test_what_was_cut_off_is_not_new() -> None:
    letters = "甲乙丙丁戊己庚辛壬癸"
    full = "".join(f"{a}{b}说的话。" for a in letters for b in letters)
    kept = full[:300]
    assert news(kept, full, most=300) == ([], [])
    gone, new = news(kept, "头条消息。" + full.replace("甲丙说的话。", ""), most=300)
    assert (gone, new) == (["甲丙说的话。"], ["头条消息。"])
