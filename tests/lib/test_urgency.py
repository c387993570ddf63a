"""How soon a voice has to be looked at: by what is at stake, never by mood."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.urgency.judge import judge, urgency_of

LEVELS = {
    3: [
        "家里有很浓的煤气味，人已经头晕",
        "三楼着火了，楼梯全是烟",
        "樓上瓦斯味很重，有人暈倒",
        "我不想活了，今晚就跳下去",
        "隔壁天天打孩子，胳膊全是青的",
        "五岁的孩子在商场不见了",
        "Someone is trapped in the lift and can't breathe",
        "My husband hits me and threatened to kill me tonight",
    ],
    2: [
        "整个小区停水两天了，没人通知",
        "路中间的井盖不见了，晚上很危险",
        "电梯坏了，坐轮椅的父亲下不了楼",
        "老板明天就跑，三十个人的工资一分没发，求帮忙",
        "同一件事我反映了五次，没人理",
        "No heating for five days and there is a newborn in the flat",
    ],
    1: [
        "楼下烧烤摊每天吵到凌晨，投诉没人管",
        "气死我了！！！快递又丢了！！！",
        "THE NOISE FROM THE BAR IS KILLING US, nobody does anything",
        "累死了，跑了四趟才盖上一个章，态度还差",
    ],
    0: [
        "请问居住证怎么办理，要带什么材料",
        "建议学校多做防火演练，让孩子知道着火了怎么跑",
        "感谢消防员，昨天楼下着火十分钟就扑灭了",
        "关于开展消防安全演练的通知",
        "晚上一起吃火锅吗",
        "据新华社报道，外省一煤矿发生瓦斯爆炸",
        "昨晚看了部电影，男主跳楼那段太感人了",
        "Fire drill at the school this Thursday at 10",
    ],
}
ROWS = [(text, level) for level, texts in LEVELS.items() for text in texts]
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


@pytest.mark.parametrize(("text", "level"), ROWS)
def test_what_is_at_stake(text: str, level: int) -> None:
    assert urgency_of("", text).level == level


@pytest.mark.parametrize(
    "text",
    [
        "小区去年着过火，物业到现在没换灭火器",
        "楼道电动车乱停，万一着火怎么办，物业不管",
        "没有发生火灾，只是烟雾报警器坏了，物业不修",
        "物业费催缴的态度像要杀人似的，投诉",
        "打车软件乱扣费，客服态度差",
    ],
)
def test_past_feared_denied_and_likened_dangers_are_not_urgent(text: str) -> None:
    assert urgency_of("", text).level < 3


def test_a_threat_to_oneself_under_a_condition_is_urgent() -> None:
    assert urgency_of("", "如果再不解决，我就从楼顶跳下去，不想活了").level == 3


def test_why_names_the_reason_and_the_words_as_written() -> None:
    text = "樓上瓦斯味很重，快來人"
    found = urgency_of("", text)
    told = [(why.reason, why.found.words) for why in found.why]
    assert ("gas", "瓦斯味") in told
    assert [text[why.found.start : why.found.end] for why in found.why] == [one for _r, one in told]


def test_the_title_counts() -> None:
    assert urgency_of("五楼着火了", "请快来人").why[0].found.in_title is True


@given(st.text(max_size=200))
def test_any_text_has_an_answer(text: str) -> None:
    intent, urgency = judge(text[:20], text)
    assert urgency.level in range(4)
    assert (urgency.level > 1) <= bool(urgency.why)
    assert intent.name


@given(st.sampled_from(ROWS), st.integers(2, 9))
def test_case_width_and_repeated_marks_change_nothing(row: tuple[str, int], times: int) -> None:
    text, level = row
    for other in (text + "!" * times, text.upper(), text.translate(FULL_WIDTH), text.swapcase()):
        assert urgency_of("", other).level == level


@pytest.mark.parametrize("piece", ["煤气味很浓，", "孩子被打", "没有火锅", "😀", "gas leak ", "?"])
def test_a_megabyte_is_judged_within_a_second(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    urgency_of("", "the lists are read once")
    began = time.process_time()
    urgency_of(text, text)
    assert time.process_time() - began < 1
