"""What counts as a claim, and which claims are the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tingda.lib.claims import Claim, Said, claims, kinds_of, same


@pytest.mark.parametrize(
    ("sentence", "kinds"),
    [
        ("听说食堂要换承包商", ["hearsay"]),
        ("听说食堂要换承包商，是真的吗？", ["hearsay"]),  # asks, and passes on what was heard
        ("物业私自克扣押金", ["accusation"]),
        ("施工挖断水管导致停水", ["cause"]),
        ("水费每吨涨了2.5元", ["number"]),
        ("三十名学生昨天拉肚子", ["number", "date"]),
        ("据说11月3日要停暖，因为欠费", ["hearsay", "cause", "date"]),
        ("I heard that 30 children were sick", ["hearsay", "number"]),
        ("网传每户多收30元", ["hearsay", "accusation", "number"]),
        # nothing that can be checked, or nothing that is stated
        ("请问什么时候来水", []),
        ("为什么停水3天？", []),
        ("希望3天内解决", []),
        ("昨天真让人生气", []),
        ("我是锦绣苑4号楼住户", []),
        ("我家孩子上八年级", []),
        ("一直一下一天到晚吵", []),
        ("see https://example.org/2026/11/3 for more", []),
    ],
)
def test_what_a_sentence_states(sentence: str, kinds: list[str]) -> None:
    assert kinds_of(sentence) == tuple(kinds)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("我们小区停水三天了", "停水3天了", True),
        ("听说清溪中学食堂要换承包商", "清溪中学食堂的承包商听说要换了", True),
        ("小區停水三天", "小区停水三天", True),
        ("小区停水三天", "小区停水五天", False),
        ("饭里有虫子，违规采购", "饭里没有虫子，违规采购", False),
        ("物业多收费", "学校乱收费", False),
    ],
)
def test_numbers_and_denial_tell_claims_apart(one: str, other: str, expected: bool) -> None:
    assert (same(one, other), same(other, one)) == (expected, expected)


def test_people_and_copies_are_counted_apart_and_nobody_twice() -> None:
    texts = [
        Said("甲", "", "听说食堂要换承包商。听说食堂要换承包商了", carried=4),
        Said("甲", "", "再说一次，听说食堂要换承包商"),
        Said("乙", "听说食堂要换承包商", "大家怎么看"),
        Said("丙", "", "转发：听说食堂要换承包商 https://example.org/3"),
        Said("丁", "", "好的//@戊:物业私自克扣押金"),  # what stands behind is another's
    ]
    assert claims(texts) == [Claim("听说食堂要换承包商", ("hearsay",), people=3, carried=4)]


def test_what_most_people_say_stands_first_and_no_more_than_asked_for() -> None:
    texts = [Said(str(n), "", "物业多收费2元") for n in range(3)]
    texts += [Said("x", "", f"据说第{n}小学要关门") for n in range(2, 9)]
    found = claims(texts, limit=2)
    assert [one.people for one in found] == [3, 1]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(max_size=80), max_size=6))
def test_any_text_gives_claims_that_somebody_made(texts: list[str]) -> None:
    found = claims([Said(str(n), "", text) for n, text in enumerate(texts)])
    assert all(1 <= one.people <= len(texts) and one.kinds for one in found)
