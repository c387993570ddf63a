"""Web pages as offices, papers, boards and blogs write them, and as nobody should."""

import subprocess
import sys
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tingda.lib.article import Article, decoded, read_article
from tingda.lib.article_furniture import begins_afterword, is_furniture
from tingda.lib.article_title import without_site

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 21, 16, 20, tzinfo=ZONE)
EMPTY = Article("", "", None, None, "", "")

NEWS = """<!DOCTYPE html><html><head><meta charset="{charset}">
<title>老城区供热管网改造提前完工_本地新闻_河湾在线</title></head><body>
<div class="nav"><a href="/">首页</a>
<a href="/n">新闻</a> <a href="/s">社会</a></div>
<h1>老城区供热管网改造提前完工</h1>
<div class="info">2024年05月06日 10:20 来源：河湾日报 作者：李文</div>
<div class="content">
<p>本报讯 历时三个月的老城区供热管网改造工程昨天全部完工，比计划提前了十二天。</p>
<p>施工单位负责人介绍，这次一共更换管道十一公里，涉及二十三个小区、六千多户居民。</p>
<p>居民张女士说：“往年一到冬天暖气就不热，今年终于可以放心了。”</p>
<p>供热公司表示，试压工作于本周内进行，如有漏水请立即拨打服务电话。</p>
<p>责任编辑：王小</p></div>
<div class="related"><h3>相关阅读</h3><ul>
<li><a href="/1">供热公司公布今年收费标准，多项优惠延续</a></li>
<li><a href="/2">城区多条道路夜间施工，请注意绕行</a></li></ul></div>
<div class="footer">河湾在线 版权所有，未经许可不得转载。</div></body></html>"""
NEWS_TEXT = (
    "本报讯 历时三个月的老城区供热管网改造工程昨天全部完工，比计划提前了十二天。\n"
    "施工单位负责人介绍，这次一共更换管道十一公里，涉及二十三个小区、六千多户居民。\n"
    "居民张女士说：“往年一到冬天暖气就不热，今年终于可以放心了。”\n"
    "供热公司表示，试压工作于本周内进行，如有漏水请立即拨打服务电话。"
)


def read(page: str | bytes, **more: str) -> Article:
    html = page.encode() if isinstance(page, str) else page
    return read_article(html, now=NOW, zone=ZONE, **more)


def test_a_news_page_gives_its_text_title_time_and_author_without_what_stands_around() -> None:
    assert read(NEWS.format(charset="utf-8")) == Article(
        "老城区供热管网改造提前完工",
        NEWS_TEXT,
        datetime(2024, 5, 6, 10, 20, tzinfo=ZONE),
        "minute",
        "李文",
        "zh",
    )


@pytest.mark.parametrize(
    ("told", "written", "header"),
    [
        ("gb2312", "gb18030", ""),
        ("gb2312", "utf-8", ""),
        ("", "gb18030", ""),
        ("", "utf-8", ""),
        ("iso-8859-1", "gb18030", "text/html; charset=gbk"),
        ("nonsense", "utf-8", "text/html; charset=nonsense"),
    ],
)
def test_a_wrong_charset_in_the_head_does_not_spoil_the_text(
    told: str, written: str, header: str
) -> None:
    page = NEWS.format(charset=told).encode(written)
    assert read(page, content_type=header).text == NEWS_TEXT


def test_a_short_page_in_gbk_that_is_valid_utf8_is_read_as_it_says() -> None:
    page = "<meta charset=gbk><p>停水通知".encode("gbk")
    assert page.decode("utf-8") != "<meta charset=gbk><p>停水通知"
    assert decoded(page) == "<meta charset=gbk><p>停水通知"


def test_a_notice_of_an_office_keeps_its_words_and_its_day() -> None:
    page = read(
        """<html><head><title>关于冬季消防安全检查的通知-河湾县人民政府</title>
    <meta name="ArticleTitle" content="关于冬季消防安全检查的通知"></head><body>
    <div class="location">您现在的位置：首页 &gt; 政务公开 &gt; 通知公告</div>
    <table class="head"><tr><td>索引号：</td><td>HW-2023-118</td></tr>
    <tr><td>发布日期：</td><td>2023-11-02</td></tr></table>
    <div class="bt">关于冬季消防安全检查的通知</div>
    <div>发布时间：2023-11-02 &nbsp; 浏览次数：118</div>
    <div class="TRS_Editor"><p>各乡镇人民政府，县直各单位：</p>
    <p>　　为做好冬季消防安全工作，县消防救援大队定于11月10日起，对学校、医院开展检查。</p>
    <p>　　一、请各单位于11月8日前完成自查，并将自查情况书面报送。</p>
    <p>　　二、检查中发现的隐患，应当当场改正；不能当场改正的，限期整改。</p>
    <p>河湾县消防安全委员会</p></div><div class="tools">打印 关闭</div></body></html>"""
    )
    assert (page.title, page.precision) == ("关于冬季消防安全检查的通知", "day")
    assert page.time == datetime(2023, 11, 2, tzinfo=ZONE)
    assert page.text.splitlines()[1:] == [
        "为做好冬季消防安全工作，县消防救援大队定于11月10日起，对学校、医院开展检查。",
        "一、请各单位于11月8日前完成自查，并将自查情况书面报送。",
        "二、检查中发现的隐患，应当当场改正；不能当场改正的，限期整改。",
        "河湾县消防安全委员会",
    ]


def test_a_thread_of_a_board_gives_what_was_said() -> None:
    page = read(
        """<html><head><title>幸福路晚上十点还在施工，没人管吗 - 城市论坛 - 河湾社区</title></head>
    <body>
    <div id="hd"><a>登录</a><a>注册</a></div>
    <h1 id="thread_subject">幸福路晚上十点还在施工，没人管吗</h1>
    <div class="authi">楼主 发表于 2025-3-4 22:41:09</div>
    <table><tr><td class="t_f" id="postmessage_1">举报幸福路工地，
    连续四天夜里施工，孩子根本没法睡。<br>
    打过两次电话，每次都说会处理，可是一到晚上又开始了。<br>
    希望有关部门来现场看看，给一个明确的答复！</td></tr></table>
    <div class="pgs"><a>上一页</a><a>下一页</a></div></body></html>"""
    )
    assert page.title == "幸福路晚上十点还在施工，没人管吗"
    assert (page.time, page.precision) == (datetime(2025, 3, 4, 22, 41, 9, tzinfo=ZONE), "second")
    assert page.text.splitlines() == [
        "举报幸福路工地， 连续四天夜里施工，孩子根本没法睡。",
        "打过两次电话，每次都说会处理，可是一到晚上又开始了。",
        "希望有关部门来现场看看，给一个明确的答复！",
    ]


def test_a_text_that_a_script_would_show_later_is_found() -> None:
    page = read(
        """<html><head><meta property="og:title" content="明天停水，请提前储水"></head><body>
    <h2 class="rich_media_title">明天停水，请提前储水</h2>
    <em id="publish_time">昨天</em>
    <div class="rich_media_content" id="js_content" style="visibility: hidden;">
    <section><section>因主管道检修，明天八点到十八点，城东片区停水，请提前储水。
    </section></section>
    <section><section>恢复供水后，水质可能短时发黄，请先放水几分钟，再正常使用。</section>
    </section></div>
    <script>var ct = "1714962000"; document.getElementById("publish_time");</script>
    </body></html>"""
    )
    assert page.title == "明天停水，请提前储水"
    assert page.time == datetime(2024, 5, 6, 10, 20, tzinfo=ZONE)
    assert page.text.splitlines() == [
        "因主管道检修，明天八点到十八点，城东片区停水，请提前储水。",
        "恢复供水后，水质可能短时发黄，请先放水几分钟，再正常使用。",
    ]


def test_an_english_blog_keeps_its_zone_and_drops_its_pointers() -> None:
    page = read(
        """<html lang="en-GB"><head><title>The bridge is open again | Riverbend Notes</title>
    <meta property="article:published_time" content="2024-05-06T08:15:00+01:00">
    <meta name="author" content="Pat Example"></head><body><nav><a href="/">Home</a></nav>
    <article><h1>The bridge is open again</h1><time>May 6, 2024</time>
    <p>After eleven weeks of repairs, the old bridge over the river opened again on Monday.</p>
    <p>Read more: Why the bridge was closed</p>
    <p>Drivers waited, cheered, and then drove across it slowly, as the new signs ask them to.</p>
    <p>The council says that the night-time works, which many had complained about, are over.</p>
    </article><aside><h3>Related</h3><p>The council, the river, and the long road to a bridge.</p>
    </aside><footer>Copyright Riverbend Notes. All rights reserved.</footer></body></html>"""
    )
    assert page == Article(
        "The bridge is open again",
        "After eleven weeks of repairs, the old bridge over the river opened again on Monday.\n"
        "Drivers waited, cheered, and then drove across it slowly, as the new signs ask them to.\n"
        "The council says that the night-time works, which many had complained about, are over.",
        datetime(2024, 5, 6, 15, 15, tzinfo=ZONE),
        "second",
        "Pat Example",
        "en",
    )


def test_broken_markup_is_read_all_the_same() -> None:
    broken = NEWS.format(charset="utf-8").replace("</p>", "").replace("</div>", "", 2)
    assert read(broken.replace("</body></html>", "<div <p <<")).text == NEWS_TEXT


@pytest.mark.parametrize("page", [b"", b" \n", b"<!-- -->", b"<html></html>", b"\x00\xff\xfe"])
def test_an_empty_page_is_an_empty_article(page: bytes) -> None:
    assert read(page) == EMPTY


def test_a_page_that_tells_no_time_has_none() -> None:
    page = NEWS.format(charset="utf-8").replace("2024年05月06日 10:20", "")
    assert (read(page).time, read(page).precision) == (None, None)
    told = read(page, url="https://example.org/zwgk/202405/t20240506_118.html")
    assert (told.time, told.precision) == (datetime(2024, 5, 6, tzinfo=ZONE), "day")


def test_a_date_within_the_text_or_of_the_future_is_not_the_time() -> None:
    page = NEWS.format(charset="utf-8").replace("2024年05月06日", "2062年05月06日")
    page = page.replace("本报讯", "本报讯 2019年3月1日动工，")
    assert read(page).time is None


def test_a_later_edit_in_hidden_fields_is_not_the_time() -> None:
    hidden = '<meta property="article:published_time" content="2024-05-06T12:44:09+08:00">'
    page = NEWS.format(charset="utf-8").replace("<title>", hidden + "<title>")
    assert read(page).time == datetime(2024, 5, 6, 10, 20, tzinfo=ZONE)


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [
        b"<div>" * 1_000_000,
        b"<p>x</p>" * 620_000,
        b'<a href="x">' * 420_000,
        b"<table><tr><td>" * 333_000,
        "".join(
            f"<p>第{n}条，停水通知{n * 7919}，请各户注意。</p>" for n in range(28_000)
        ).encode(),
        b"&&&&&" * 1_000_000,
        b"<title>" + b"a|" * 2_500_000,
        b"<p>" + b"2019-" * 1_000_000,
    ],
    ids=["deep", "many", "links", "tables", "lines", "signs", "title", "digits"],
)
def test_five_megabytes_of_anything_take_seconds(page: bytes) -> None:
    began = time.process_time()
    read(page)
    assert time.process_time() - began < 20


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["<p>", "</p>", "<div>", "<a>", "，", "text. ", "<h1>", "&", "<"])))
def test_no_page_makes_it_fail(pieces: list[str]) -> None:
    assert isinstance(read("".join(pieces)), Article)


def test_the_name_of_the_site_is_no_part_of_the_title() -> None:
    titles = {
        "停水通知_河湾在线": "停水通知",
        "Water - off again - Riverbend": "Water",
        "老城区停水通知-河湾新闻网": "老城区停水通知",
        "老城区停水通知 — 河湾": "老城区停水通知",
        "COVID-19 update": "COVID-19 update",
        "首页_老城区停水通知": "老城区停水通知",
    }
    assert {told: without_site(told) for told in titles} == titles


def test_what_somebody_has_to_say_is_not_taken_for_a_button() -> None:
    said = [
        "举报一家餐馆夜里往河里倒油，已经两个月了，希望有人来查一查。",
        "声明：我校从未向学生收取所谓的资料费，请家长不要转账。",
        "作者认为，这次改造没有征求居民的意见，希望以后先开会再动工。",
        "Followers of the team were told to wait.",
    ]
    assert [line for line in said if is_furniture(line)] == []
    labels = ["举报", "责任编辑：王小", "Read more: the bridge", "（原标题：某某）", "打印"]
    assert [line for line in labels if not is_furniture(line)] == []
    assert [begins_afterword(line) for line in ("相关阅读", "相关部门已经到场。")] == [True, False]


def test_the_pages_of_the_desk_do_not_carry_it() -> None:
    code = (
        "import sys, django; django.setup(); import tingda.urls; "
        "sys.exit('trafilatura' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
