"""What a row must be to become a voice, when two are the same, when a source is due again."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.collect.rules import (
    FIELDS,
    LONGEST_WAIT,
    Entry,
    count,
    identity,
    next_check,
    parse_map,
    recognise,
    require_words,
    to_entry,
    web_address,
)
from tingda.lib.refusal import Refused

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 21, 15, 40, tzinfo=ZONE)


# --- columns ---


@pytest.mark.parametrize(
    ("columns", "fields"),
    [
        (
            "留言编号 留言用户 留言主题 留言时间 留言详情 点赞数 反对数",
            "id author title time text likes dislikes",
        ),
        ("id author topic time detail likes dislikes", "id author title time text likes dislikes"),
        ("标题 内容 时间 链接 平台 作者 地点 原因", "title text time url source author place -"),
        ("Title Text Created_At URL Source User", "title text time url source author"),
        ("tweet_id event time_utc text info_source", "id - time text -"),
        ("发布时间（北京时间） *标题 正　文", "time title text"),
        ("序号 编号 reply reply_time 答复内容", "- id - - -"),
    ],
)
def test_columns_are_recognised_in_chinese_and_english(columns: str, fields: str) -> None:
    names = columns.split(" ")
    expected = {f: c for c, f in zip(names, fields.split(), strict=True) if f != "-"}
    assert recognise(names) == expected


def test_of_two_columns_for_one_field_the_surer_name_wins() -> None:
    assert recognise(["主题", "留言主题", "标题"]) == {"title": "留言主题"}


def test_a_given_column_wins_over_what_was_recognised() -> None:
    columns = ["标题", "内容", "诉求人说"]
    assert recognise(columns, {"诉求人说": "text"}) == {"title": "标题", "text": "诉求人说"}
    assert recognise(columns, {"内容": "标题"}) == {"title": "内容"}
    assert recognise(columns, {"标题": ""}) == {"text": "内容"}


@pytest.mark.parametrize(
    ("given_map", "reason"),
    [
        ({"正文": "text"}, "没有“正文”这一列。文件里有：标题、内容"),
        ({"标题": "颜色"}, f"没有“颜色”这一项。可以用：{'、'.join(FIELDS)}"),
        ({"标题": "text", "内容": "text"}, "有两列都指定为“text”"),
    ],
)
def test_an_unknown_column_or_field_is_refused_with_those_that_exist(
    given_map: dict[str, str], reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        recognise(["标题", "内容"], given_map)
    assert str(refused.value) == reason


def test_a_table_without_words_is_refused() -> None:
    columns = ["编号", "颜色"]
    with pytest.raises(Refused, match="认不出哪一列是标题"):
        require_words(recognise(columns), columns)


def test_pairs_of_the_command_line_are_read() -> None:
    assert parse_map(["诉求 = text", "a=b=title"]) == {"诉求": "text", "a=b": "title"}
    with pytest.raises(Refused, match="看不懂“诉求”"):
        parse_map(["诉求"])


# --- rows ---

COLUMNS = {
    "title": "标题",
    "text": "内容",
    "time": "时间",
    "likes": "赞",
    "url": "链接",
    "id": "编号",
}


def row(**cells: str) -> Entry:
    values = {COLUMNS[field]: cell for field, cell in cells.items()}
    return to_entry(values, COLUMNS, now=NOW, zone=ZONE)


def test_a_row_becomes_an_entry_in_plain_text() -> None:
    entry = row(
        title=" <b>停水</b>\n通知 ",
        text="<p>三天&nbsp;了</p>水压 < 1",
        time="昨天 15:20",
        likes="1.2万",
        url="www.example.com/a?b=1",
        id="17",
    )
    assert entry == Entry(
        title="停水 通知",
        text="三天 了\n水压 < 1",
        url="http://www.example.com/a?b=1",
        said_at=datetime(2026, 11, 20, 15, 20, tzinfo=ZONE),
        precision="minute",
        likes=12000,
        guid="17",
    )


def test_a_row_without_a_time_is_allowed() -> None:
    for entry in (row(title="停水"), row(title="停水", time=" "), row(title="停水", time="无")):
        assert (entry.said_at, entry.precision) == (None, "unknown")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"time": "昨天"}, "没有标题，也没有内容"),
        ({"title": "<p></p>"}, "没有标题，也没有内容"),
        ({"title": "停水", "time": "1900-01-01"}, "时间太早：1900-01-01（早于 1990 年）"),
        ({"title": "停水", "time": "2041-01-01"}, "时间还没有到：2041-01-01"),
        ({"title": "停水", "likes": "很多"}, "看不懂的数量：很多"),
        ({"title": "停水", "url": "javascript:alert(1)"}, "链接不是网址：javascript:alert(1)"),
    ],
)
def test_a_row_that_cannot_become_a_voice_is_refused(cells: dict[str, str], reason: str) -> None:
    with pytest.raises(Refused) as refused:
        row(**cells)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        ("-", 0),
        ("12", 12),
        ("1,234", 1234),
        ("３", 3),
        ("12.0", 12),
        ("3k", 3000),
        ("10万+", 100000),
        ("1.5亿", 150000000),
    ],
)
def test_counts_are_read_as_sites_write_them(text: str, number: int) -> None:
    assert count(text) == number


@pytest.mark.parametrize("text", ["-3", "abc", "1e9", "999亿", "99999999999999999999", "1.2.3"])
def test_a_count_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="看不懂的数量"):
        count(text)


@given(st.text(max_size=60))
def test_any_link_is_an_address_or_nothing_or_refused(text: str) -> None:
    try:
        address = web_address(text)
    except Refused:
        return
    assert address == "" or address.lower().startswith(("http://", "https://"))


# --- is it the same ---


def test_an_id_decides_before_a_link_and_a_link_before_the_words() -> None:
    entry = Entry(title="停水", text="三天", url="http://example.com/1", guid="17", said_at=NOW)
    by_id = replace(entry, title="x", url="http://example.com/2", said_at=None)
    assert identity(by_id) == identity(entry)
    by_link = replace(entry, guid="")
    assert identity(replace(by_link, title="x")) == identity(by_link) != identity(entry)
    by_words = replace(by_link, url="")
    assert identity(replace(by_words, author="b", likes=3)) == identity(by_words)
    assert identity(replace(by_words, said_at=NOW + timedelta(1))) != identity(by_words)
    assert identity(replace(by_words, title="停水三", text="天")) != identity(by_words)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a.com/1?utm_source=x&spm=1", "https://A.com/1#top", True),
        ("http://a.com/?b=2&a=1", "http://a.com/?a=1&b=2", True),
        ("http://a.com/?id=1&id=2", "http://a.com/?id=1", False),
        ("http://a.com/#/thread/1", "http://a.com/#/thread/2", False),
        ("http://a.com/1", "http://a.com/2", False),
    ],
)
def test_what_only_tracks_readers_is_no_part_of_a_link(one: str, other: str, same: bool) -> None:
    assert (identity(Entry(url=one)) == identity(Entry(url=other))) is same


@given(st.text(max_size=40), st.text(max_size=40))
def test_every_entry_has_an_identity_of_64_letters(url: str, title: str) -> None:
    assert len(identity(Entry(url=url, title=title))) == 64


# --- when to look again ---

HOUR = timedelta(hours=1)


def test_failures_lengthen_the_wait_in_a_line_up_to_thirty_days() -> None:
    waits = [next_check(HOUR, failures, "a", NOW) - NOW for failures in (0, 1, 2, 3, 10_000)]
    full = [HOUR, HOUR, 2 * HOUR, 3 * HOUR, LONGEST_WAIT]
    assert all(0.84 * most <= wait <= 0.95 * most for wait, most in zip(waits, full, strict=True))


def test_sources_part_and_the_same_source_is_steady() -> None:
    first = [next_check(HOUR, 0, f"source:{n}", NOW) for n in range(50)]
    assert first == [next_check(HOUR, 0, f"source:{n}", NOW) for n in range(50)]
    assert len(set(first)) == 50


def test_a_source_that_asks_for_time_gets_it() -> None:
    assert next_check(HOUR, 0, "a", NOW, timedelta(days=2)) == NOW + timedelta(days=2)
    assert next_check(HOUR, 0, "a", NOW, timedelta(days=400)) == NOW + LONGEST_WAIT


@given(
    st.timedeltas(timedelta(0), timedelta(days=9000)),
    st.integers(0, 10**9),
    st.none() | st.timedeltas(),
)
def test_the_next_look_is_never_past_and_never_beyond_thirty_days(
    interval: timedelta, failures: int, retry_after: timedelta | None
) -> None:
    due = next_check(interval, failures, "a", NOW, retry_after)
    assert NOW <= due <= NOW + LONGEST_WAIT
