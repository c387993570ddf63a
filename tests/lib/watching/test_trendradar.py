"""TrendRadar's word files come in with their faults mended, and each difference is told."""

from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.watching.evaluate import match
from tingda.lib.watching.fold import Said
from tingda.lib.watching.parse import parse
from tingda.lib.watching.trendradar import Imported, read_word_file

FILE = """# 说明

[GLOBAL_FILTER]
演练
!没用

[WORD_GROUPS]
[用水]
停水
断水 => 停了
+小区
!通知
@5

# 交通
公交
ai
#打车#

公交
ai
#打车#

/停(水|电)/i => 停供
C++

!广告

+/(?=水)/
水
"""


def notes(one: Imported) -> list[str]:
    return [str(note) for note in one.notes]


def test_each_group_becomes_a_rule_with_its_name() -> None:
    assert [(one.name, one.rule) for one in read_word_file(FILE).rules] == [
        ("用水", "小区 (停水 OR 断水) -通知 -演练"),
        ("公交 / ai / #打车#", "(公交 OR ai OR #打车#) -演练"),
        ("公交 / ai / #打车#", "(公交 OR ai OR #打车#) -演练"),
        ("停供 / C++", "(/停(水|电)/ OR C++) -演练"),
        ("", ""),
        ("水", ""),
    ]


def test_each_difference_is_told() -> None:
    water, bus, again, pattern, only, lost = read_word_file(FILE).rules
    assert notes(water) == [
        "“通知”原来排除所有组的内容；这里只排除这一条规则的",
        "“@5”：这里没有显示条数的上限",
    ]
    assert notes(bus) == [
        "“ai”原来也会标出含有它的更长的英文词或数字；这里只标单独的词",
        "“#打车#”原来当作注释；这里是要找的词",
    ]
    assert notes(again)[2:] == ["原来会和“公交 / ai / #打车#”并成一组，因为词一样；这里是两条规则"]
    assert notes(pattern) == [
        "“C++”原来也会标出含有它的更长的英文词或数字；这里只标单独的词",
    ]
    assert notes(only)[1:] == ["没有要找的词，所以没有做成规则；原来这样会放过所有内容"]
    assert notes(lost)[0].startswith("正则 /(?=水)/ 没有带过来：第 1 个字：")
    assert notes(lost)[1:] == ["少了上面的词，意思就变了，所以没有做成规则：请自己写一条"]
    assert [str(note) for note in read_word_file(FILE).notes][3:] == [
        "全局过滤里的“!没用”原来就不起作用，没有带过来",
        "全局过滤词写进了每条规则的排除里：演练",
    ]


def test_what_its_users_miss_is_found() -> None:
    (rule,) = read_word_file("停水\r\nai\r\n#漏水#\r\n").rules
    found = parse(rule.rule)
    texts = ["停 水", "停　水", "＃漏水＃", "停·水", "用ＡＩ写", "chain", "停电"]
    assert [match(found, Said(title=text)) is not None for text in texts] == [True] * 5 + [
        False
    ] * 2


def test_words_that_look_like_our_signs_stay_words() -> None:
    (rule,) = read_word_file('AND\n或\na:b\n"停水"\n(停\nR&D\n停 水\nNEAR/3').rules
    words = ["and", '"或"', '"a:b"', '「"停水"」', '"(停"', '"r&d"', "停水", '"near/3"']
    assert rule.rule == f"({' OR '.join(words)})"


@given(
    st.lists(
        st.sampled_from(
            [*'[]!+@#/=>()*"「', "停水", "ai", "\n", "\n\n", " ", "GLOBAL_FILTER", "＋"]
        ),
        max_size=20,
    )
)
def test_any_file_is_read_and_every_rule_made_is_a_rule(pieces: list[str]) -> None:
    for one in read_word_file("".join(pieces)).rules:
        if one.rule:
            parse(one.rule)
        else:
            assert one.notes
