"""Sitemaps of news are heard like feeds; those of ordinary pages are not."""

import gzip
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.feed import Site, feed_site
from tingda.collect.rules import Entry, Look
from tingda.collect.sources.contract import Ask
from tingda.collect.sources.feed.fetch import look
from tingda.collect.sources.feed.parts import Ground
from tingda.collect.sources.feed.sitemap import Sitemap, read_sitemap
from tingda.collect.sources.manners import Manners
from tingda.lib.fetch import FetchFailed
from tingda.lib.refusal import Refused

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 21, 15, 40, tzinfo=ZONE)
GROUND = Ground("https://a.example.cn/news.xml", NOW, ZONE)
SPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)
URL = """<url><loc>https://a.example.cn/{0}</loc><lastmod>2026-11-20</lastmod>
<image:image><image:loc>https://a.example.cn/p.jpg</image:loc><image:title>图</image:title>
</image:image><news:news><news:publication><news:name>镇报</news:name>
<news:language>zh-cn</news:language></news:publication>
<news:publication_date>2026-11-21T08:03:05+08:00</news:publication_date>
<news:title>第{0}篇 &amp; 停水</news:title></news:news></url>"""


def urlset(*numbers: int, inside: str = "") -> str:
    urls = "".join(URL.format(number) for number in numbers)
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset {SPACES}>{urls}{inside}</urlset>'


def plain(*urls: str) -> str:
    inside = "".join(f"<url><loc>{url}</loc><lastmod>2026-11-20</lastmod></url>" for url in urls)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inside}</urlset>'


def index(*children: tuple[str, str]) -> str:
    inside = "".join(
        f"<sitemap><loc>{url}</loc><lastmod>{at}</lastmod></sitemap>" for url, at in children
    )
    return f"<sitemapindex {SPACES}>{inside}</sitemapindex>"


def heard(number: int) -> Entry:
    return Entry(
        title=f"第{number}篇 & 停水",
        url=f"https://a.example.cn/{number}",
        said_at=datetime(2026, 11, 21, 8, 3, 5, tzinfo=ZONE),
        precision="second",
        lang="zh-cn",
    )


@pytest.fixture
def site() -> Iterator[Site]:
    with feed_site() as (made, _hub):
        yield made


def looked(site: Site, path: str, memory: Any = None, seconds: float = 60.0) -> Look:
    host = site.address.partition("//")[2]
    manners = Manners(ZONE, allowed_hosts=(host,), seconds=seconds)
    return look(Ask(f"{site.address}{path}", NOW, memory=memory or {}), manners)


def reason(site: Site, path: str) -> str:
    with pytest.raises(Refused) as refused:
        looked(site, path)
    return refused.value.message % refused.value.params


# --- one sitemap ---


def test_the_news_of_a_sitemap_are_entries_with_title_link_and_time() -> None:
    found = read_sitemap(urlset(1, 2), GROUND)
    assert found == Sitemap("镇报", (heard(1), heard(2)))


@pytest.mark.parametrize(
    "written",
    [
        urlset(1).replace(' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"', ""),
        urlset(1).replace("sitemap-news/0.9", "sitemap-news/0.84"),
        urlset(1).replace("news:", "n:"),
        urlset(1).replace("</urlset>", ""),
        "<!-- <rss> -->" + urlset(1).partition("?>")[2],
    ],
    ids=["prefix without namespace", "old namespace", "other prefix", "cut off", "comment first"],
)
def test_a_sitemap_written_badly_is_read(written: str) -> None:
    found = read_sitemap(written, GROUND)
    assert found is not None
    assert found.entries == (heard(1),)


def test_a_page_among_the_news_is_no_news_and_no_news_is_no_failure() -> None:
    page = "<url><loc>https://a.example.cn/about</loc></url>"
    assert read_sitemap(urlset(1, inside=page), GROUND) == Sitemap("镇报", (heard(1),))
    assert read_sitemap(urlset(), GROUND) == Sitemap()


def test_a_plain_sitemap_is_refused_and_the_page_kind_named(site: Site) -> None:
    site.put("/sitemap.xml", plain("https://a.example.cn/1"))
    assert "请用“网页”" in reason(site, "/sitemap.xml")
    site.put("/long.xml", plain(*["https://a.example.cn/1"] * 60_000))  # the most there may be
    assert "请用“网页”" in reason(site, "/long.xml")


def test_nothing_is_fetched_or_put_in_for_whoever_wrote_the_sitemap() -> None:
    trick = '<!DOCTYPE urlset [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    body = trick + urlset(1).partition("?>")[2].replace("停水", "&a;停水")
    found = read_sitemap(body, GROUND)
    assert found is not None
    assert [entry.title for entry in found.entries] == ["第1篇 & 停水"]
    many = '<!DOCTYPE urlset [<!ENTITY a "' + "x" * 5000 + '">]>'
    with pytest.raises(Refused, match="写得不正常"):
        read_sitemap(many + urlset(1).partition("?>")[2].replace("停水", "&a;" * 5000), GROUND)


def test_a_packed_sitemap_is_unpacked_and_a_bomb_is_not(site: Site) -> None:
    site.put("/news.xml.gz", gzip.compress(urlset(1).encode()), "application/x-gzip")
    assert looked(site, "/news.xml.gz").entries == (heard(1),)
    site.put("/bomb.xml.gz", gzip.compress(b" " * 16 * 2**20), "application/x-gzip")
    assert "超过 15 MB" in reason(site, "/bomb.xml.gz")
    site.put("/cut.xml.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xff", "application/x-gzip")
    assert "解不开" in reason(site, "/cut.xml.gz")


# --- an index ---


def with_index(site: Site) -> list[str]:
    """Four files; the newest of them with news is the fourth in the index."""
    site.put("/pages.xml", plain("https://a.example.cn/about"))
    site.put("/old.xml", urlset(1))
    site.put("/new.xml", urlset(2, 3))
    site.put("/news-late.xml.gz", gzip.compress(urlset(3, 4).encode()))
    told = [
        ("/old.xml", "2026-09-01"),
        ("/pages.xml", "2026-11-21"),
        ("/news-late.xml.gz", "2020-01-01"),
        ("/new.xml", "2026-11-20"),
    ]
    site.put("/index.xml", index(*[(f"{site.address}{path}", at) for path, at in told]))
    return ["/index.xml", "/news-late.xml.gz", "/pages.xml", "/new.xml"]


def test_an_index_leads_to_at_most_three_files_news_and_newest_first(site: Site) -> None:
    asked = with_index(site)
    found = looked(site, "/index.xml")
    assert site.asked == asked
    assert [entry.url[-1] for entry in found.entries] == ["3", "4", "2", "3"]


def test_an_index_that_did_not_change_does_not_hide_news_in_its_files(site: Site) -> None:
    with_index(site)
    memory = looked(site, "/index.xml").memory
    again = looked(site, "/index.xml", memory)
    assert (again.status, again.entries) == ("not_modified", ())
    site.asked.clear()
    site.put("/new.xml", urlset(5))
    third = looked(site, "/index.xml", again.memory)
    assert third.entries == (heard(5),)
    # the file of pages, which is large, is not read at every look
    assert site.asked == ["/index.xml", "/news-late.xml.gz", "/new.xml"]


def test_a_file_that_fails_costs_only_itself_and_is_asked_for_again(site: Site) -> None:
    with_index(site)
    lost = site.pages.pop("/new.xml")
    found = looked(site, "/index.xml")
    assert [entry.url[-1] for entry in found.entries] == ["3", "4"]
    assert found.note == "站点地图有一部分这次没有读到，下次再读"
    site.pages["/new.xml"] = lost
    assert looked(site, "/index.xml", found.memory).entries == (heard(2), heard(3))


def test_an_index_without_news_is_refused_and_one_whose_files_fail_has_failed(site: Site) -> None:
    site.put("/pages.xml", plain("https://a.example.cn/about"))
    site.put("/index.xml", index((f"{site.address}/pages.xml", "")))
    assert "请用“网页”" in reason(site, "/index.xml")
    site.put("/index.xml", index((f"{site.address}/none.xml", "")))
    with pytest.raises(FetchFailed):
        looked(site, "/index.xml")


@given(st.text(max_size=200))
def test_whatever_the_text_it_is_read_or_refused(text: str) -> None:
    for body in (text, f"<urlset><news:news>{text}", urlset(1).replace("停水", text)):
        try:
            found = read_sitemap(body, GROUND)
        except Refused:
            continue
        assert found is None or all(entry.title or entry.url for entry in found.entries)
