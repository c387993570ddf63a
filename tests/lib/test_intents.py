"""What a person wants: by words anybody can read, the same in every writing."""

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.intents import judge
from tingda.lib.intents.judge import CHINESE, NAMES, intent_of

SENTENCES = {
    "请问新生儿上户口要带什么材料？": "asks",
    "What documents do I need to renew my permit?": "asks",
    "母亲重病没钱治，求求大家帮帮我们": "seeks_help",
    "楼下烧烤摊吵到凌晨，油烟直往屋里钻，投诉几次没人管": "complains",
    "你们到底管不管？": "complains",
    "物业乱收费，服务又差，建议换一家物业": "complains",
    "举报某诊所无证行医，请卫健委查处": "reports",
    "My boss pays cash in hand to evade tax, please investigate": "reports",
    "建议在公园增设几张长椅": "suggests",
    "感谢三号窗口的工作人员，耐心又细心": "thanks",
    "關於召開居民代表大會的通知": "other",
    "旺铺出租，价格面议，加微信": "other",
}
LETTERS = st.text(max_size=120)
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


@pytest.mark.parametrize(("text", "name"), SENTENCES.items())
def test_what_is_wanted_first_of_all(text: str, name: str) -> None:
    assert intent_of("", text).name == name


def test_the_words_that_decided_stand_as_they_were_written() -> None:
    text = "實名舉報：有人無證經營"
    words = intent_of("", text).words
    assert "實名舉報" in [one.words for one in words]
    assert [text[one.start : one.end] for one in words] == [one.words for one in words]


def test_a_title_counts_and_its_words_are_told_as_of_the_title() -> None:
    found = intent_of("表扬公交司机", "108路的司机等我母亲坐稳才开车")
    assert (found.name, found.words[0].words, found.words[0].in_title) == ("thanks", "表扬", True)


def test_a_text_that_says_nothing_is_not_sure() -> None:
    assert [intent_of("", text).sure for text in ("", "。。。", "某某某")] == [False] * 3


def test_a_quoted_document_decides_nothing() -> None:
    plain, quoted = intent_of("", "举报材料"), intent_of("", "《举报材料》")
    assert (plain.name, quoted.name == "reports") == ("reports", False)


@given(LETTERS)
def test_any_text_has_an_answer(text: str) -> None:
    found = intent_of(text[:20], text)
    assert found.name in NAMES
    assert 0 < found.probability <= 1


@given(st.sampled_from(list(SENTENCES)), st.integers(2, 9))
def test_case_width_and_repeated_marks_change_nothing(text: str, times: int) -> None:
    once = intent_of("", text + "!")
    for other in (text + "!" * times, (text + "!").upper(), (text + "!").translate(FULL_WIDTH)):
        told = intent_of("", other)
        assert (told.name, told.probability) == (once.name, once.probability)


@pytest.mark.parametrize("piece", ["煤气味很浓，", "停水", "😀", "a", "建议 ", "「"])
def test_a_megabyte_is_judged_within_a_second(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    intent_of("", "the lists are read once")
    began = time.process_time()
    intent_of(text, text)
    assert time.process_time() - began < 1


def test_every_list_speaks_only_for_intents_there_are() -> None:
    written = tomllib.loads(Path(judge.__file__).with_name("intents.toml").read_text("utf-8"))
    known = {*NAMES, "words", "first", "last"}
    assert [name for name, cue in written["cue"].items() if not set(cue) <= known] == []
    assert [name for name, cue in written["cue"].items() if not cue["words"]] == []
    assert list(CHINESE) == ["咨询", "求助", "投诉", "举报", "建议", "表扬", "其他"]
