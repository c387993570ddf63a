"""Dates as Chinese offices, spreadsheets, mail and feeds write them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.dates import When, parse_when
from tingda.lib.refusal import Refused

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 21, 15, 40, tzinfo=ZONE)  # a Saturday


def read(text: str) -> tuple[str, str]:
    when = parse_when(text, now=NOW, zone=ZONE)
    return when.at.isoformat(sep=" ")[:19], when.precision


@pytest.mark.parametrize(
    ("text", "at", "precision"),
    [
        ("2026-11-21 08:03:05", "2026-11-21 08:03:05", "second"),
        ("2026/1/5 9:03", "2026-01-05 09:03:00", "minute"),
        ("2026.1.5", "2026-01-05 00:00:00", "day"),
        ("20261121", "2026-11-21 00:00:00", "day"),
        ("202611210803", "2026-11-21 08:03:00", "minute"),
        ("20261121080305", "2026-11-21 08:03:05", "second"),
        ("2026年11月21日 下午3点20分", "2026-11-21 15:20:00", "minute"),
        ("2026年11月21日8时", "2026-11-21 08:00:00", "hour"),
        ("2026年11月21日15:20", "2026-11-21 15:20:00", "minute"),
        ("2026年11月21日星期六 8点半", "2026-11-21 08:30:00", "minute"),
        ("2026年1月5日 09时03分05秒", "2026-01-05 09:03:05", "second"),
        ("2026-11-20晚8点", "2026-11-20 20:00:00", "hour"),
        ("2026-11-20 晚上12点", "2026-11-21 00:00:00", "hour"),
        ("2026-11-20 中午12点半", "2026-11-20 12:30:00", "minute"),
        ("2026-11-20 凌晨1:05", "2026-11-20 01:05:00", "minute"),
        ("2026-11-20 24:00", "2026-11-21 00:00:00", "minute"),
        ("11月21日 08:00", "2026-11-21 08:00:00", "minute"),
        ("12月31日 08:00", "2025-12-31 08:00:00", "minute"),
        ("2月29日", "2024-02-29 00:00:00", "day"),
        ("11-20 08:00", "2026-11-20 08:00:00", "minute"),
        ("昨天 15:20", "2026-11-20 15:20:00", "minute"),
        ("昨天下午3点", "2026-11-20 15:00:00", "hour"),
        ("今天", "2026-11-21 00:00:00", "day"),
        ("前天", "2026-11-19 00:00:00", "day"),
        ("3小时前", "2026-11-21 12:40:00", "hour"),
        ("半小时前", "2026-11-21 15:10:00", "hour"),
        ("两小时前", "2026-11-21 13:40:00", "hour"),
        ("5分钟前", "2026-11-21 15:35:00", "minute"),
        ("三天前", "2026-11-18 00:00:00", "day"),
        ("刚刚", "2026-11-21 15:40:00", "minute"),
        ("45982.5", "2025-11-21 12:00:00", "second"),
        ("45982", "2025-11-21 00:00:00", "day"),
        ("1763700000", "2025-11-21 12:40:00", "second"),
        ("1763700000123", "2025-11-21 12:40:00", "second"),
        ("2026-11-21T00:03:05Z", "2026-11-21 08:03:05", "second"),
        ("2026-11-21T08:03:05.123+08:00", "2026-11-21 08:03:05", "second"),
        ("2026-11-21 08:03:05 +0800 CST", "2026-11-21 08:03:05", "second"),
        ("Sat, 21 Nov 2026 00:03:05 GMT", "2026-11-21 08:03:05", "second"),
        ("Fri, 20 Nov 2026 08:03:05 EST", "2026-11-20 21:03:05", "second"),
        ("Wed Oct 10 20:19:24 +0000 2018", "2018-10-11 04:19:24", "second"),
        ("21 Nov 2026", "2026-11-21 00:00:00", "day"),
        ("November 21, 2026 8:03 AM", "2026-11-21 08:03:00", "minute"),
        ("２０２６－１１－２１　０８：０３", "2026-11-21 08:03:00", "minute"),
        ("二〇二六年十一月二十一日", "2026-11-21 00:00:00", "day"),
        ("二〇二六年十一月二十一日上午八时三十分", "2026-11-21 08:30:00", "minute"),
        ("2026年11月", "2026-11-01 00:00:00", "month"),
        ("2026-11", "2026-11-01 00:00:00", "month"),
        ("2026年", "2026-01-01 00:00:00", "year"),
        ("\ufeff2026-11-21\u200b 08:03 ", "2026-11-21 08:03:00", "minute"),
    ],
)
def test_reads_the_forms_offices_use(text: str, at: str, precision: str) -> None:
    assert read(text) == (at, precision)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1900-01-01", "时间太早：1900-01-01（早于 1990 年）"),
        ("1989-12-31", "时间太早：1989-12-31（早于 1990 年）"),
        ("2041-01-01", "时间还没有到：2041-01-01"),
        ("2026-11-22 16:00", "时间还没有到：2026-11-22 16:00"),
        ("2026-02-30", "没有这个时间：2026-02-30"),
        ("2026-11-21 25:00", "没有这个时间：2026-11-21 25:00"),
        ("2026-13-01", "没有这个时间：2026-13-01"),
        ("停水", "看不懂的时间：停水"),
        ("12/11/2026", "看不懂的时间：12/11/2026"),
        ("", "看不懂的时间："),
        ("99999999999999999999", "看不懂的时间：99999999999999999999"),
    ],
)
def test_refuses_with_a_reason_that_names_the_date(text: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        read(text)
    assert str(refused.value) == reason


def test_a_day_ahead_is_allowed_for_clocks_that_differ() -> None:
    assert read("2026-11-22 15:00") == ("2026-11-22 15:00:00", "minute")


MOMENTS = st.datetimes(min_value=datetime(1990, 1, 2), max_value=datetime(2026, 11, 21))  # noqa: DTZ001 - made aware by the test


@given(MOMENTS)
def test_every_written_form_of_a_moment_reads_back(naive: datetime) -> None:
    at = naive.replace(microsecond=0, tzinfo=ZONE)
    if at.astimezone(ZoneInfo("UTC")).astimezone(ZONE) != at or at.fold:
        return
    forms = ["%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y年%m月%d日 %H时%M分%S秒", "%Y%m%d%H%M%S"]
    expected = When(at, "second")
    assert [parse_when(at.strftime(f), now=NOW, zone=ZONE) for f in forms] == [expected] * 4
    assert parse_when(at.isoformat(), now=NOW, zone=ZONE) == expected


@given(st.integers(1, 12), st.integers(1, 31), st.integers(0, 23))
def test_a_date_without_a_year_is_never_in_the_future(month: int, day: int, hour: int) -> None:
    try:
        when = parse_when(f"{month}月{day}日 {hour}:00", now=NOW, zone=ZONE)
    except Refused:
        return
    assert when.at <= NOW


ALPHABET = "0123456789年月日时点分秒前后上下午昨今天半小周二十〇-/.:：+ TZGMTAPNovSat,％\x00二"


@given(st.text(ALPHABET, max_size=24) | st.text(max_size=40))
def test_any_text_is_read_or_refused_and_never_breaks(text: str) -> None:
    try:
        when = parse_when(text, now=NOW, zone=ZONE)
    except Refused as refused:
        assert str(refused)
        return
    assert when.at.year >= 1990
    assert when.at <= NOW + timedelta(days=1)
