"""Somebody pastes any address; the feeds there are found, and why is said."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.collect.test_feed_sitemap import index, plain, urlset
from tests.servers.feed import Site, feed_site
from tingda.collect.sources import kind
from tingda.collect.sources.contract import Pasted, Proposal
from tingda.collect.sources.feed.discover import COMMON
from tingda.collect.sources.manners import Manners
from tingda.collect.sources.round import through_gate
from tingda.lib.fetch import FetchFailed
from tingda.lib.refusal import Refused

ZONE = ZoneInfo("Asia/Shanghai")
RSS = (
    "<rss version='2.0'><channel><title>{}</title><item><title>停水</title></item></channel></rss>"
)
ATOM = "<feed xmlns='http://www.w3.org/2005/Atom'><title>镇报</title></feed>"
JSON = '{"version": "https://jsonfeed.org/version/1.1", "title": "镇报", "items": []}'


def page(head: str = "", body: str = "") -> str:
    return (
        f"<!doctype html><html><head><title>镇 政府</title>{head}</head><body>{body}</body></html>"
    )


@pytest.fixture
def site() -> Iterator[Site]:
    with feed_site() as (made, _hub):
        yield made


def polite(site: Site, seconds: float = 60.0) -> Manners:
    return Manners(ZONE, allowed_hosts=(site.address.partition("//")[2],), seconds=seconds)


def found(site: Site, path: str, manners: Manners | None = None) -> list[Proposal]:
    out = manners or polite(site)
    pasted = Pasted(f"{site.address}{path}", out.get(f"{site.address}{path}"))
    site.asked.clear()
    return kind("feed").recognise(pasted, out)


def told(proposals: list[Proposal], site: Site) -> list[tuple[str, str]]:
    assert {one.kind for one in proposals} <= {"feed"}
    return [(one.address.removeprefix(site.address), one.name) for one in proposals]


def why(proposal: Proposal) -> str:
    return proposal.why % proposal.params


# --- it is one ---


@pytest.mark.parametrize("body", [RSS.format("镇报"), "\n \n" + ATOM, JSON])
def test_the_address_of_a_feed_is_that_feed_by_its_title(site: Site, body: str) -> None:
    site.put("/x", body, "text/html")  # whatever the server calls it
    (one,) = found(site, "/x")
    assert (one.address, one.name) == (f"{site.address}/x", "镇报")
    assert "这就是订阅源，现在有" in why(one)
    assert site.asked == []


def test_a_feed_that_moved_for_good_is_proposed_where_it_is(site: Site) -> None:
    site.put("/new", RSS.format("镇报"))
    site.put("/old", "", Location="/new")
    site.pages["/old"].status = 301
    site.put("/now", "", Location="/new")
    site.pages["/now"].status = 302
    assert told(found(site, "/old"), site) == [("/new", "镇报")]
    assert told(found(site, "/now"), site) == [("/now", "镇报")]


def test_where_nothing_could_be_fetched_nothing_is_guessed(site: Site) -> None:
    pasted = Pasted(site.address, refusal=FetchFailed("dns", host="x"))
    assert kind("feed").recognise(pasted, polite(site)) == []
    assert site.asked == []


# --- a page names them ---


def test_each_feed_a_page_declares_is_proposed_comments_last(site: Site) -> None:
    links = """<base href="/in/"><link rel="alternate" hreflang="en" href="/en">
    <link rel="alternate" type="application/rss+xml" title="全站 » 评论 Feed" href="/comments/feed">
    <LINK REL="Alternate home" TYPE="application/atom+xml; charset=utf-8" HREF="atom.xml">
    <link rel="alternate" type="application/rss+xml" title="通知" href="/notices.rss">
    <link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">
    <link rel="alternate" type="text/xml" title="RSS" href="/x.xml">
    <link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
    <link rel="stylesheet" type="text/xml" href="/rss.xml">"""
    site.put("/", page(links))
    proposals = found(site, "/")
    assert told(proposals, site) == [
        ("/in/atom.xml", "镇 政府"),
        ("/notices.rss", "通知"),
        ("/x.xml", "RSS"),
        ("/comments/feed", "全站 » 评论 Feed"),
    ]
    assert why(proposals[0]) == "网页里写着这个订阅地址"
    assert why(proposals[-1]) == "网页里写着这个订阅地址，是评论的订阅"
    assert site.asked == []  # the test button will say whether they work


def test_links_that_look_like_feeds_are_opened_and_proposed_where_they_are(site: Site) -> None:
    site.put("/a/rss.xml", RSS.format("要闻"))
    site.put("/rss/", page())
    links = """<a href="/rss/">订阅说明</a><a href="/a/rss.xml">要闻</a><a href="/feedback">反馈</a>
    <a href="/gone.rss"></a><a href="https://reader.example.com/feed/http%3A%2F%2Fa.cn">在别处订阅</a>"""
    site.put("/", page(body=links))
    proposals = found(site, "/")
    assert told(proposals, site) == [("/a/rss.xml", "要闻")]
    assert "打开就是订阅源，现在有 1 条" in why(proposals[0])
    assert sorted(site.asked) == ["/a/rss.xml", "/gone.rss", "/rss/"]


# --- nobody names them ---


def test_a_few_usual_places_are_tried_and_the_first_feed_ends_it(site: Site) -> None:
    site.put("/news/list.html", page())
    site.put("/feed", page())  # a page that says "not found" with a 200
    site.put("/rss.xml", RSS.format("镇报"))
    proposals = found(site, "/news/list.html")
    assert told(proposals, site) == [("/rss.xml", "镇报")]
    assert "常见的位置找到了订阅源" in why(proposals[0])
    assert site.asked == ["/feed", "/rss", "/rss.xml"]


def test_where_there_is_nothing_it_ends_after_a_handful(site: Site) -> None:
    site.put("/", page())
    assert found(site, "/") == []
    assert site.asked == [*COMMON, "/robots.txt"]


def test_a_site_that_wants_to_be_left_alone_is_not_asked_on(site: Site) -> None:
    site.put("/", page())
    site.put("/feed", "")
    site.pages["/feed"].status = 503
    assert found(site, "/") == []
    assert site.asked == ["/feed", "/robots.txt"]


def test_without_time_nothing_is_tried(site: Site) -> None:
    site.put("/", page())
    assert found(site, "/", polite(site, seconds=0)) == []
    assert site.asked == []


@pytest.mark.django_db
def test_guesses_keep_to_robots_txt(site: Site) -> None:
    site.put("/", page())
    site.put("/robots.txt", "User-agent: *\nDisallow: /feed\nDisallow: /rss\n", "text/plain")
    site.put("/rss.xml", RSS.format("不让读"))
    site.put("/atom.xml", ATOM)
    out = through_gate(polite(site), lambda: datetime(2026, 11, 21, tzinfo=UTC))
    assert told(found(site, "/", out), site) == [("/atom.xml", "镇报")]
    assert "/feed" not in site.asked
    assert "/rss.xml" not in site.asked


# --- sitemaps ---


def test_a_news_sitemap_and_an_index_that_leads_to_one_are_proposed(site: Site) -> None:
    site.put("/news.xml", urlset(1, 2))
    site.put("/index.xml", index((f"{site.address}/news.xml", "")))
    (one,) = found(site, "/news.xml")
    assert (one.name, why(one)) == ("镇报", "这是新闻站点地图，现在有 2 条（只有标题、网址和时间）")
    (one,) = found(site, "/index.xml")
    assert told([one], site) == [("/index.xml", "镇报")]
    assert "其中有新闻站点地图" in why(one)


def test_a_plain_sitemap_is_refused_with_what_to_do(site: Site) -> None:
    site.put("/sitemap.xml", plain("https://a.example.cn/1"))
    with pytest.raises(Refused, match="请用“网页”"):
        found(site, "/sitemap.xml")


@pytest.mark.parametrize("pasted", ["/robots.txt", "/"])
def test_a_news_sitemap_that_robots_txt_names_is_proposed(site: Site, pasted: str) -> None:
    site.put("/", page())
    site.put("/map.xml", plain("https://a.example.cn/1"))
    site.put("/news-map.xml", urlset(1))
    named = f"User-agent: *\nAllow: /\nSitemap: {site.address}/map.xml\nsitemap:/news-map.xml\n"
    site.put("/robots.txt", named, "text/plain")
    assert told(found(site, pasted), site) == [("/news-map.xml", "镇报")]


@pytest.mark.parametrize(
    "body", ["", "\0\0", "plain words", "%PDF-1.7", "<", "{}", "<!doctype html>"]
)
def test_what_is_no_feed_is_no_proposal(site: Site, body: str) -> None:
    site.put("/x", body)
    try:
        proposals = found(site, "/x")
    except Refused:
        return
    assert proposals == []
