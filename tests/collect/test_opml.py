"""Lists of feeds from other readers, as programs and people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.opml import Outline, read_opml, write_opml
from tingda.lib.refusal import Refused

LIST = """<?xml version="1.0" encoding="{charset}"?>
<opml version="2.0"><head><title>我的订阅</title></head><body>
<outline text="本地"><outline text="报纸" title="报纸">
<outline type="rss" text="县报" title="县 报" xmlUrl="https://a.example.cn/rss?a=1&amp;b=2"
 htmlUrl="https://a.example.cn/"/></outline>
<outline TEXT="论坛" XMLURL="https://b.example.cn/feed"/></outline>
<outline text="没有地址"/>
<outline text="又一次" xmlUrl="https://b.example.cn/feed"/>
<outline text="坏的" xmlUrl="javascript:alert(1)"/>
<outline xmlUrl="feed://c.example.cn/atom.xml"/>
</body></opml>"""
READ = [
    Outline("县 报", "https://a.example.cn/rss?a=1&b=2", "https://a.example.cn/", ("本地", "报纸")),
    Outline("论坛", "https://b.example.cn/feed", "", ("本地",)),
    Outline("", "http://c.example.cn/atom.xml"),
]


@pytest.mark.parametrize("charset", ["utf-8", "gb2312", "gb18030", "utf-16"])
def test_a_list_is_read_with_its_groups_each_address_once(charset: str) -> None:
    assert read_opml(LIST.format(charset=charset).encode(charset)) == READ


def test_a_list_in_another_charset_than_it_says_is_read() -> None:
    assert read_opml(LIST.format(charset="utf-8").encode("gb18030")) == READ


@pytest.mark.parametrize(
    "broken",
    [
        LIST.format(charset="utf-8").replace("&amp;", "&"),
        LIST.format(charset="utf-8").partition("</body>")[0],
        "\n\n" + LIST.format(charset="utf-8"),
        LIST.format(charset="utf-8").partition("?>")[2],
    ],
    ids=["bare &", "cut off", "blank lines before it", "no declaration"],
)
def test_a_broken_list_is_read_as_far_as_it_goes(broken: str) -> None:
    assert [outline.title for outline in read_opml(broken.encode())] == ["县 报", "论坛", ""]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "这不是 OPML"),
        (b"<html><body>x</body></html>", "这不是 OPML"),
        (b"<opml><body/></opml>", "没有订阅地址"),
        (b"<opml>" + b" " * (5 * 2**20), "超过 5 MB"),
        (
            b'<!DOCTYPE opml [<!ENTITY a SYSTEM "file:///etc/passwd">]><opml><body>'
            b'<outline text="&a;" xmlUrl="http://a.cn/f"/></body></opml>',
            "DOCTYPE",
        ),
    ],
)
def test_what_is_no_list_is_refused_with_the_reason(data: bytes, why: str) -> None:
    with pytest.raises(Refused) as refused:
        read_opml(data)
    assert why in refused.value.message % refused.value.params


WORDS = st.text(max_size=20)
NAMES = WORDS.map(lambda text: "".join(filter(str.isalnum, text))).filter(bool)
ADDRESSES = st.from_regex(r"https?://[a-z]{1,9}\.cn/[a-z?=&\"'<]{0,9}", fullmatch=True)
OUTLINES = st.builds(
    Outline, NAMES, ADDRESSES, ADDRESSES | st.just(""), st.lists(NAMES, max_size=3).map(tuple)
)


@given(WORDS, st.lists(OUTLINES, min_size=1, max_size=8, unique_by=lambda one: one.feed))
def test_what_is_written_is_read_again(title: str, outlines: list[Outline]) -> None:
    read = read_opml(write_opml(title, outlines))
    assert sorted(read, key=lambda one: one.feed) == sorted(outlines, key=lambda one: one.feed)


@given(st.binary(max_size=300) | WORDS.map(lambda text: f"<opml><outline {text}".encode()))
def test_whatever_the_file_it_is_a_list_or_refused(data: bytes) -> None:
    try:
        found = read_opml(data)
    except Refused:
        return
    assert all(outline.feed.startswith("http") for outline in found)
