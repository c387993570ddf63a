"""Rules are read in one way only, or refused where the mistake stands."""

import time

import pytest
from hypothesis import given, settings

from tests.lib.watching.strategies import anything
from tingda.lib.refusal import Refused
from tingda.lib.watching.parse import LONGEST, parse
from tingda.lib.watching.syntax import FIELDS


def refused(rule: str, lists: list[str] | None = None) -> tuple[object, str]:
    with pytest.raises(Refused) as error:
        parse(rule, lists)
    return error.value.params["at"], str(error.value)


@pytest.mark.parametrize(
    ("rule", "canonical"),
    [
        ("停水 OR 停电 通知", "停水 OR 停电 通知"),
        ("(停水 OR 停电) 通知", "(停水 OR 停电) 通知"),
        ("((停水) 且 (通知 小区))", "停水 通知 小区"),
        ("停水|停电｜停气", "停水 OR 停电 OR 停气"),
        ("停水 非 通知", "停水 -通知"),
        ("停水 NOT (通知 OR 公告)", "停水 -(通知 OR 公告)"),
        ("停水 NOT NOT 通知", "停水 通知"),
        ("“停水 小区”～5", "停水 NEAR/5 小区"),
        (
            "(ai OR 電話) ONEAR/３ /停.水/ NEAR/1 elect*",
            "(ai OR 电话) ONEAR/3 /停.水/ NEAR/1 elect*",
        ),
        ("-(a NEAR/2 b) c", "-(a NEAR/2 b) c"),
        ('"AND" "且" "R&D" AND-gate', 'and "且" "r&d" and-gate'),
        ("#停水# Title：“A B” likes:≥3 urgency:2", '停水 title:"a b" likes:>=3 urgency:2'),
        ("site:Forum.example.org place:elect* @供水", "site:forum.example.org place:elect* @供水"),
        ("「停水」『通知』", "停水 通知"),
        ("停水AND停电NOT通知", "停水 停电 -通知"),
        ("停水-(检修)", "停水 -检修"),
        ("title:停水AND@供水OR停电", "title:停水 @供水 OR 停电"),
        ("停水-通知 covid-19", "停水通知 covid-19"),
        ("停水 and 停电", "停水 and 停电"),
    ],
)
def test_a_rule_has_one_canonical_text(rule: str, canonical: str) -> None:
    assert str(parse(rule)) == canonical
    assert parse(canonical) == parse(rule)


@pytest.mark.parametrize(
    ("rule", "at", "says"),
    [
        ("", 1, "规则是空的"),
        ("停水 （）", 5, "括号里是空的"),
        ("停水 （通知", 4, "没有右括号"),
        ("停水 通知）", 6, "没有左括号"),
        ("停水 “”", 4, "引号里是空的"),
        ("停水 “通知", 4, "引号没有成对"),
        ("停水 *电", 4, "* 不能放在词的前面"),
        ("停水 ab*", 4, "至少要有 3 个英文字母"),
        ("停水 ab*cd", 4, "只能放在英文词的末尾"),
        ("停水 NEAR 小区", 4, "要写距离"),
        ("停水 NEAR/21 小区", 4, "距离要在 1 到 20 之间"),
        ("“停水 小区”~0", 1, "距离要在 1 到 20 之间"),
        ("“停水 的 小区”~3", 1, "要有两个词"),
        ("停水 - 小区", 4, "减号要紧贴"),
        ("停水 /(/", 4, "RE2 读不了"),
        ("停水 /(.{30}){30}/", 4, "这条正则太大"),
        ("停水 /通知", 4, "两条斜线"),
        ("停水 ~5", 4, "~ 只能紧跟在引号后面"),
        ("停水 foo:bar", 4, "没有“foo”这个字段"),
        ("停水 title:(a OR b)", 4, "title: 后面要直接写一个词"),
        ("停水 site:/a/", 9, "比较整个名称"),
        ("停水 likes:>多", 10, "likes: 后面要写数字"),
        ("停水 OR", 4, "“OR”后面少一个词"),
        ("或 停水", 1, "“或”前面少一个词"),
        ("停水 AND )", 8, "没有左括号"),
        ("(停水 AND)", 5, "“AND”后面少一个词"),
        ("停水 NEAR/3 (a b)", 4, "NEAR 两边只能是"),
        ("-停水", 1, "只有排除"),
        ("停水 @", 4, "@ 后面要写名单的名字"),
        ("\ufeff停\u200b水 *电", 6, "* 不能放在词的前面"),
    ],
)  # fmt: skip
def test_a_refusal_points_at_the_character_and_says_what_to_write(
    rule: str, at: int, says: str
) -> None:
    where, message = refused(rule)
    assert (where, message.startswith(f"第 {at} 个字：")) == (at, True)
    assert says in message


def test_an_unknown_list_is_refused_where_it_is_named() -> None:
    assert refused("停水 title:@没有", ["供水"])[0] == 4
    assert str(parse("停水 @供水", ["供水"])) == "停水 @供水"


def test_every_field_of_the_language_is_read() -> None:
    for field in FIELDS:
        assert str(parse(f"{field.upper()}: 2 停水")) == f"{field}:2 停水"


@pytest.mark.parametrize(
    "rule",
    ["停水" * 10_000, "(" * 4000, "NOT " * 999 + "x", "停水|" * 1300 + "x", "/" * 4000, '"' * 3999,
     "-(" * 2000, "/((a{100}){100}){100}/", "/[\\pL]{500}/", "\u200b" * 4000,
     "x NEAR/3 " * 400 + "x"],
)  # fmt: skip
def test_a_rule_made_to_hurt_is_read_or_refused_at_once(rule: str) -> None:
    began = time.process_time()
    try:
        parse(rule)
    except Refused as error:
        assert "at" in error.params
    assert time.process_time() - began < 1


def test_what_is_too_long_is_refused_with_the_limit() -> None:
    assert refused("停" * (LONGEST + 1)) == (
        LONGEST + 1,
        "第 4001 个字：规则最长 4000 个字，请拆成几条，或者把词放进名单",
    )


@settings(max_examples=500, deadline=1000)
@given(anything)
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    try:
        rule = parse(text)
    except Refused as error:
        at = error.params["at"]
        assert isinstance(at, int)
        assert 1 <= at <= len(text) + 1
    else:
        assert parse(str(rule)) == rule
