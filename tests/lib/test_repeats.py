"""Repeats: the same utterance carried further is known, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.numerals import in_digits
from tingda.lib.repeats import Repeats, is_repeat

BASE = "云杉里小区3栋停水三天了，物业电话没人接，请尽快恢复供水。"
ALPHABET = "停水电了3三12不没小区路号，。！ @/:转发【】aB你我请月日"


@pytest.mark.parametrize(
    "other",
    [
        f"转发：{BASE}",
        f"【转】{BASE}谢谢！",
        f"太过分了//@路人: {BASE}",
        "雲杉里小區三棟停水3天了,物業電話沒人接,請盡快恢復供水",
        f"{BASE} https://example.com/a?b=1",
        "您好，云杉里小区3栋停水三天了，物业电话一直没人接，请尽快恢复供水🙏",
    ],
)
def test_what_is_carried_further_is_a_repeat(other: str) -> None:
    assert is_repeat(BASE, other).repeat


@pytest.mark.parametrize(
    "other",
    [
        BASE.replace("3栋", "5栋"),
        BASE.replace("三天", "四天"),
        BASE.replace("云杉", "云松"),
        BASE.replace("停水", "停电"),
        BASE + "更新：已经来水了。",
        f"已经来水了//@路人: {BASE}",
        "云杉里小区3栋停水三天了，物业电话有人接，请尽快恢复供水。",
        "云杉里小区3栋停水三天了，物业电话没人接，请放心，已恢复供水。",
    ],
)
def test_another_number_name_or_claim_is_no_repeat(other: str) -> None:
    assert not is_repeat(BASE, other).repeat


def test_a_verdict_says_what_differs() -> None:
    assert is_repeat("城北桥头的路灯坏了", "城南桥头的路灯坏了").why == {
        "by": "difference",
        "one": "北",
        "other": "南",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("三月二日下午三点半", "3月2日15点30分"),
        ("二〇二三年", "2023年"),
        ("十二万", "120000"),
        ("两万块钱", "20000元"),
        ("三百五十元", "350元"),
        ("8:00至18:30", "8点至18点30分"),
        ("2025-03-11", "2025年3月11日"),
        ("百姓千万小心", "百姓千万小心"),
        ("three weeks", "3 weeks"),
    ],
)
def test_numbers_are_written_one_way(text: str, expected: str) -> None:
    assert in_digits(text) == expected


@given(st.text(ALPHABET, max_size=40), st.text(ALPHABET, max_size=40))
def test_the_order_of_two_texts_is_no_matter(a: str, b: str) -> None:
    assert is_repeat(a, b).repeat == is_repeat(b, a).repeat


@given(st.text(max_size=60))
def test_every_text_repeats_itself(text: str) -> None:
    assert is_repeat(text, text).repeat


def test_the_first_voice_is_pointed_at_until_it_is_forgotten() -> None:
    index = Repeats()
    assert index.meet(1, BASE) is None
    assert index.meet(2, BASE.replace("3栋", "5栋")) is None
    again = index.meet(3, f"转发：{BASE}大家看看")
    assert again is not None
    assert again.key == 1
    index.forget([1, 99])
    assert (len(index), index.find(BASE)) == (1, None)


def test_a_short_text_said_twice_is_said_by_two() -> None:
    index = Repeats()
    index.add(1, "谢谢")
    assert (len(index), index.find("谢谢")) == (0, None)


def test_a_key_added_again_has_its_new_text() -> None:
    index = Repeats()
    index.add(1, BASE)
    index.add(1, "城北桥头的路灯坏了两个星期")
    assert index.find(BASE) is None


@pytest.mark.parametrize("text", ["", "。。。", "😀" * 5000, "停水" * 50_000, "\ud800坏", "//@:"])
def test_odd_texts_are_read(text: str) -> None:
    index = Repeats()
    index.meet(1, text)
    assert is_repeat(text, text).repeat
