"""How soon a voice has to be looked at: by what is at stake, never by mood."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.refusal import Refused
from tingda.lib.urgency.judge import Lists, judge, urgency_of
from tingda.lib.urgency.lists import LABELS, all_lists, label_of

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


MOOD = ["气死我了", "太过分了", "岂有此理", "忍无可忍", "furious", "disgraceful", "unacceptable"]


@given(st.sampled_from(ROWS), st.sampled_from(MOOD), st.booleans())
def test_words_of_mood_change_nothing(row: tuple[str, int], mood: str, first: bool) -> None:
    text, level = row
    other = f"{mood}!!! {text}" if first else f"{text}, {mood}!!!"
    assert urgency_of("", other).level == level


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("阁楼的梁断了，姑姑压在下头，喊她没声", 3),
        ("弟弟把灭蚊水喝了，嘴唇发紫", 3),
        ("他说现在就点煤气罐，一家人都别活", 3),
        ("老爷子早上出门买菜没回来，脑子糊涂，外面零下五度", 3),
        ("My aunt is on the bathroom floor, she is grey and not answering me", 3),
        ("他们把我锁在仓库里不让走，手机快没电了", 3),
        ("谢谢你们，我爸那次心梗抢救过来了，现在天天遛弯", 0),
        ("请问灭火器几年要年检一次", 0),
        ("昨晚打游戏被人砍死三次，笑死", 0),
        ("本周五举行消防演练，届时有烟雾，请勿惊慌", 0),
        ("快递柜超时收费，客服不理人", 1),
    ],
)
def test_danger_is_seen_by_its_signs_and_not_by_its_name(text: str, level: int) -> None:
    assert urgency_of("", text).level == level


def test_spaces_part_clauses_where_somebody_writes_no_marks() -> None:
    assert urgency_of("", "我妈晕倒了 叫不醒 嘴唇发紫 快来人").level == 3


def test_a_word_of_the_office_is_a_danger_unless_it_is_damped() -> None:
    lists = Lists().changed({"danger.gas": ["蓝莓铃开"]}, {})
    told = lists.judge("", "食堂里蓝莓铃开了")[1]
    assert (told.level, told.why[0].reason, told.why[0].found.words) == (3, "gas", "蓝莓铃开")
    for past in ("去年食堂里蓝莓铃开过", "没有蓝莓铃开", "万一蓝莓铃开怎么办"):
        assert lists.judge("", past)[1].level < 3
    assert urgency_of("", "食堂里蓝莓铃开了").level < 3


def test_a_serious_word_of_the_office_is_at_least_a_2() -> None:
    lists = Lists().changed({"serious.supply": ["泵房歇了"]}, {})
    assert lists.judge("", "泵房歇了")[1].level == 2


def test_a_removed_word_counts_no_more() -> None:
    added = Lists().changed({"danger.gas": ["蓝莓铃开"]}, {})
    removed = added.changed({}, {"danger.gas": ["蓝莓铃开"]})
    assert removed.judge("", "食堂里蓝莓铃开了")[1] == urgency_of("", "食堂里蓝莓铃开了")
    lists = dict(Lists().changed({}, {"danger.fire": ["着火"]}).all_lists())
    assert "着火" not in lists["danger.fire"]


def test_changes_add_up() -> None:
    lists = (
        Lists().changed({"danger.gas": ["蓝莓铃开"]}, {}).changed({"danger.fire": ["红灯转"]}, {})
    )
    found = [lists.judge("", text)[1].level for text in ("蓝莓铃开了", "红灯转了")]
    assert found == [3, 3]


@pytest.mark.parametrize("cue", ["", "…", "#", "（甲|乙）", "(甲|乙", "长" * 61])
def test_a_cue_that_cannot_be_read_is_refused(cue: str) -> None:
    with pytest.raises(Refused):
        Lists().changed({"danger.fire": [cue]}, {})


def test_a_list_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refused):
        Lists().changed({"danger.snow": ["雪"]}, {})


def test_every_list_has_a_label() -> None:
    assert {name for name, _words in all_lists()} | {"wording"} == set(LABELS)
    assert label_of("gas") == LABELS["danger.gas"]
    assert label_of("wording") == LABELS["wording"]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("气炸了", 0),
        ("煤气炸了", 3),
        ("天然气炸了三楼", 3),
        ("车站冒黑烟了", 3),
        ("gas leak behind the bakery", 3),
        ("gas leak detector on sale", 0),
    ],
)
def test_a_few_words_tell_a_danger_from_what_only_sounds_like_one(text: str, level: int) -> None:
    assert urgency_of("", text).level == level
