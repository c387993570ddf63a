"""What a person wants: by words anybody can read, the same in every writing."""

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tingda.evaluate.judging import rows_of
from tingda.lib.cues import read
from tingda.lib.intents import judge, packed
from tingda.lib.intents.features import met, pieces_of, where
from tingda.lib.intents.judge import CHINESE, NAMES, intent_of, judged
from tingda.lib.intents.packed import pack, unpack
from tingda.lib.intents.taught import Taught, taught
from tingda.lib.refusal import Refused

SETS = Path(__file__).parents[2] / "evaluate"

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


@settings(deadline=None)
@given(LETTERS)
def test_any_text_has_an_answer(text: str) -> None:
    found = intent_of(text[:20], text)
    assert found.name in NAMES
    assert 0 < found.probability <= 1


@settings(deadline=None)
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


REPORTED = "楼道里的水表箱又被第{}家锁上了，抄表的人说进不来"
"""What an office may want to have another name than we give it."""


def _corrected(count: int) -> list[tuple[str, str, str]]:
    return [("", REPORTED.format(number), "asks") for number in "一二三四五六七八九十"[:count]]


def _judged(text: str, learnt: Taught | None) -> str:
    return judged(read("", text), ("", text), learnt).name


def test_ten_corrections_of_a_kind_turn_the_eleventh() -> None:
    eleventh = "我们楼道里的水表箱又被锁上了，抄表的师傅进不来"
    assert intent_of("", eleventh).name != "asks"
    assert _judged(eleventh, taught(_corrected(10))) == "asks"


def test_corrections_leave_all_else_as_it_was() -> None:
    rows = rows_of(SETS / "intents_held.csv", "intent", CHINESE)
    learnt = taught(_corrected(10))
    before = [intent_of("", text).name for text, _label in rows]
    after = [_judged(text, learnt) for text, _label in rows]
    right = [CHINESE[label] for _text, label in rows]
    assert _macro(right, after) > _macro(right, before) - 0.01
    assert sum(one == other for one, other in zip(before, after, strict=True)) > 0.98 * len(rows)


def test_rows_that_say_what_we_say_change_nothing() -> None:
    texts = [text for text, _label in rows_of(SETS / "intents_held.csv", "intent", CHINESE)]
    before = [intent_of("", text).name for text in texts]
    half = len(texts) // 2
    rows = [("", text, name) for text, name in zip(texts[:half], before[:half], strict=True)]
    learnt = taught(rows)
    after = [_judged(text, learnt) for text in texts]
    assert sum(one != other for one, other in zip(before, after, strict=True)) <= len(texts) // 50


def test_the_words_of_a_correction_are_told() -> None:
    text = "我们楼道里的水表箱又被锁上了"
    words = judged(read("", text), ("", text), taught(_corrected(10))).words
    assert any("水表箱" in one.words for one in words)


def test_what_was_learnt_is_kept_as_bytes() -> None:
    learnt = taught(_corrected(10))
    data = pack(learnt)
    again = unpack(data)
    text = "楼道里的水表箱被锁了"
    one, other = (judged(read("", text), ("", text), each) for each in (learnt, again))
    assert (one, again.count, pack(again)) == (other, 10, data)
    assert pack(taught(_corrected(10))) == data


def test_nothing_corrected_changes_nothing() -> None:
    learnt = unpack(pack(taught([])))
    for text in SENTENCES:
        assert judged(read("", text), ("", text), learnt) == intent_of("", text)


def test_what_is_damaged_or_newer_or_unknown_is_refused() -> None:
    data = pack(taught(_corrected(3)))
    for broken in (b"", b"PK", data[:-40], data[: len(data) // 2], data.replace(b"P", b"Q")):
        with pytest.raises(Refused):
            unpack(broken)
    with pytest.raises(Refused, match="骂人"):
        taught([("", "你好", "骂人")])


def test_a_newer_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    learnt = taught(_corrected(3))
    monkeypatch.setattr(packed, "VERSION", packed.VERSION + 1)
    data = pack(learnt)
    monkeypatch.undo()
    with pytest.raises(Refused, match="版本"):
        unpack(data)


@example([("", "\x1f\x85", "asks")] * 2)
@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(LETTERS, LETTERS, st.sampled_from(NAMES)), max_size=8))
def test_anything_can_be_taught(rows: list[tuple[str, str, str]]) -> None:
    learnt = unpack(pack(taught(rows)))
    for title, text, _name in rows:
        assert judged(read(title, text), (title, text), learnt).name in NAMES


@settings(deadline=None)
@given(LETTERS, LETTERS)
def test_pieces_stand_where_they_are_said_to_stand(title: str, text: str) -> None:
    folded = read(title, text).text
    said = met(folded, []).said
    place = where(met(folded, []))
    assert len(place) == len(said)
    letters = [(char, at) for char, at in zip(said, place, strict=True) if char.isalpha()]
    assert [folded[at] for _char, at in letters] == [char for char, _at in letters]


@settings(deadline=None)
@given(LETTERS)
def test_a_piece_is_found_where_it_was_learnt(text: str) -> None:
    said = met(read("", text).text, []).said
    assert [piece for piece in pieces_of(said) if piece not in said] == []


def _macro(right: list[str], found: list[str]) -> float:
    marks = []
    for name in set(right):
        both = sum(one == other == name for one, other in zip(right, found, strict=True))
        marks.append(2 * both / (right.count(name) + found.count(name)))
    return sum(marks) / len(marks)
