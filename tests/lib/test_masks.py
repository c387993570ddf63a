"""Masks: personal data of private persons is covered; officials, offices and places stay."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.masks import KINDS, masked, masks

WORDS = st.sampled_from(
    [
        *("我叫", "王小明", "，", "。", "张老师", "13812345678", "幸福里", "3栋2单元501", "住在"),
        *("京A12345", "wx:", "ab_cd99", "a@b.cn", "电话", " ", "區長", "李建国", "某某", "é", "①"),
        *("6222021234567890123", "11010119900307851X", "My name is ", "John Smith", "\u200b", "😀"),
    ]
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=12).map("".join))


def found(text: str) -> list[tuple[str, str]]:
    return [(text[mask.start : mask.end], mask.kind) for mask in masks(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我叫王小明，电话13812345678", [("王小明", "name"), ("13812345678", "phone")]),
        ("联系人：歐陽靖", [("歐陽靖", "name")]),
        ("手机１３８ 1234 5678，请回电", [("１３８ 1234 5678", "phone")]),
        ("二班的周老师和保安胡大爷", [("周老师", "name"), ("胡大爷", "name")]),
        ("身份证11010119900307851X", [("11010119900307851X", "idcard")]),
        ("住在云杉里3栋2单元501", [("云杉里3栋2单元501", "address")]),
        ("车牌京A·12345堵门", [("京A·12345", "plate")]),
        ("卡号6222 0212 3456 7890 123", [("6222 0212 3456 7890 123", "bankcard")]),
        (
            "写信到li@example.com，微信li_2020",
            [("li@example.com", "email"), ("li_2020", "account")],
        ),
        (
            "My name is Anna Lee, call 07700 900123",
            [("Anna Lee", "name"), ("07700 900123", "phone")],
        ),
        ("谭华荣不签字。后来谭华荣签了。", [("谭华荣", "name"), ("谭华荣", "name")]),
    ],
)
def test_personal_data_is_found(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "区长李建国到现场，王局长说下周修好",
        "派出所民警张勇出警",
        "李某某老师收礼，电话138****5678",
        "请拨打12345，水务局电话0731-88888888",
        "张家港路和王家村的路灯坏了",
        "幸福里小区3栋停水",
        "订单号2025031112345678",
        "英语老师天天拖堂，马上高考了",
        "Mayor Susan Clark visited St Mary's School in Elm Road.",
    ],
)
def test_officials_offices_and_places_stay(text: str) -> None:
    assert masks(text) == []


def test_a_public_text_shows_who_and_where_only_roughly() -> None:
    assert masked("王小明住在云杉里3栋2单元501，车是京A12345，电话13812345678。我叫王小明") == (
        "王某某住在云杉里****，车是京****，电话138****。我叫王某某"
    )


@given(TEXTS)
def test_masks_lie_in_the_text_apart_and_in_order(text: str) -> None:
    marked = masks(text)
    edges = [edge for mask in marked for edge in (mask.start, mask.end)]
    assert edges == sorted(edges)
    assert all(0 <= mask.start < mask.end <= len(text) for mask in marked)
    assert {mask.kind for mask in marked} <= set(KINDS)


@given(TEXTS)
def test_a_public_text_holds_nothing_of_what_was_found(text: str) -> None:
    marked, last, pattern = masks(text), 0, ""
    for mask in marked:
        pattern += re.escape(text[last : mask.start]) + "(.*?)"
        last = mask.end
    covers = re.fullmatch(pattern + re.escape(text[last:]), masked(text), re.DOTALL)
    assert covers is not None
    for mask, cover in zip(marked, covers.groups(), strict=True):
        assert text[mask.start : mask.end] not in cover


@pytest.mark.parametrize(
    "text", ["", "王", "1" * 5000, "王小明" * 20_000, "\ud800张老师", "@" * 999]
)
def test_odd_texts_are_read(text: str) -> None:
    assert all(mask.end <= len(text) for mask in masks(text))
