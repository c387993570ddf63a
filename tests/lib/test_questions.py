"""What people ask: their own sentences, the same ones together, most people first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.questions import LONGEST, MOST, Question, Said, questions

FUMES = [
    ("甲", "", "尊敬的领导您好！云溪苑楼下烧烤店油烟太大。请问油烟净化设备装了没有？谢谢！"),
    ("乙", "", "窗户都不敢开。烧烤店的油烟净化设备到底装了没有，谁来检查？"),
    ("丙", "", "云溪苑烧烤店油烟净化设备究竟有没有装？盼复。"),
    ("丁", "", "夜里十二点还在营业，请问夜间营业允许到几点？"),
    ("戊", "", "云溪苑烧烤店夜间营业允许到几点？孩子睡不着。"),
    ("戊", "", "再问一遍：云溪苑烧烤店夜间营业允许到几点？"),
]


def test_the_same_question_in_other_words_is_counted_by_people() -> None:
    found = questions(FUMES)
    assert [one.people for one in found[:2]] == [3, 2]
    assert "净化设备" in found[0].text
    assert found[1].text == "云溪苑烧烤店夜间营业允许到几点？"


@pytest.mark.parametrize(
    "said",
    [
        "尊敬的领导，您好！",
        "谢谢领导，盼复！",
        "请领导尽快处理。",
        "楼下烧烤店油烟很大，晚上不敢开窗。",
        "开发商要求业主购买车位。",
        "我们请来了记者看油烟。",
        "Thank you, kind regards.",
    ],
)
def test_greetings_complaints_and_bare_pleas_ask_nothing(said: str) -> None:
    assert questions([("甲", "", said)]) == []


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("桥上的路灯坏了，请尽快修好滨河路的路灯！", "桥上的路灯坏了，请尽快修好滨河路的路灯！"),
        ("停水三天了。什么时候恢复供水？", "什么时候恢复供水？"),
        ("但是滨河路的公交站什么时候建成？", "滨河路的公交站什么时候建成？"),
        ("20:30停水，请问供水何时恢复", "20:30停水，请问供水何时恢复"),
        (
            "The lamp is dark. When will the street lamp be repaired?",
            "When will the street lamp be repaired?",
        ),
        ("Please repair the street lamp on Bridge Road.",) * 2,
    ],
)
def test_what_is_asked_is_told_in_the_persons_own_words(said: str, asked: str) -> None:
    assert [one.text for one in questions([("甲", "", said)])] == [asked]


def test_personal_data_is_masked() -> None:
    (one,) = questions([("甲", "", "请联系13812345678说明油烟检查结果是什么？")])
    assert one == Question("请联系138****说明油烟检查结果是什么？", 1)


def test_what_one_alone_asks_gives_way_to_what_several_ask() -> None:
    several = [
        (f"{who}{number}", "", text)
        for number, text in enumerate(
            ("油烟净化设备装了没有？", "夜间营业允许到几点？", "执法队检查结果如何公布？")
        )
        for who in "甲乙"
    ]
    alone = ("丙", "", "隔壁理发店招牌为什么闪烁？")
    assert [one.people for one in questions([alone, *several])] == [2, 2, 2]


TEXTS = st.text("停水了吗？请问什么时候修好。，希望路灯help when?\n", max_size=80)


@given(st.lists(st.tuples(st.sampled_from("甲乙丙"), TEXTS, TEXTS), max_size=12))
def test_at_most_five_each_short_and_asked_by_somebody(said: list[Said]) -> None:
    found = questions(said)
    people = [one.people for one in found]
    assert len(found) <= MOST
    assert people == sorted(people, reverse=True)
    assert all(0 < one.people <= len({who for who, _, _ in said}) for one in found)
    assert all(0 < len(one.text) <= LONGEST + 8 for one in found)  # a mask may be longer
