"""Sorting by topic: from names and keywords, from confirmed rows, and all that goes wrong."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tingda.lib.refusal import Refused
from tingda.lib.topics import fit_here
from tingda.lib.topics.fit_here import TrainingFailed
from tingda.lib.topics.kinds import Example, Guess, Said, Settings, Topic, TopicJudgement
from tingda.lib.topics.model import Model
from tingda.lib.topics.training import hold_out, parts, train

BUS = Topic("bus", "公交", "公交线路、班次和司机服务。", ("公交车", "末班车", "站台", "bus"))
WATER = Topic("water", "供水", "自来水、水压和停水。", ("停水", "自来水", "水压"))
SCHOOL = Topic("school", "学校", "上课、作业和收费。", ("作业", "老师", "补课"))
TOPICS = (BUS, WATER, SCHOOL)

PLACES = ("东门", "西桥", "南塘", "北坡", "新村", "老街", "河湾", "后山", "前庄", "高台")
SAID = {
    "bus": ("%s的师傅不停站就开走了", "%s早上等了四十分钟没有一趟", "%s刷卡机又坏了请修理"),
    "water": ("%s的龙头从早上就没有流出来", "%s的管子爆了马路淹了", "%s流出来的是黄色的还有泥沙"),
    "school": ("%s放学后孩子写到半夜", "%s的班级要交三百元资料钱", "%s周末还要去上课孩子太累"),
}
ROWS = [
    Example(f"{place}的事", pattern % place, topic)
    for topic, patterns in SAID.items()
    for pattern in patterns
    for place in PLACES
]


@pytest.fixture(scope="module")
def cold() -> Model:
    return train([], TOPICS, settings=Settings())


@pytest.fixture(scope="module")
def taught() -> Model:
    return train(ROWS, TOPICS, settings=Settings())


def likeliest(model: Model, *texts: Said | str) -> list[str | None]:
    return [judgement.likeliest for judgement in model.judge(texts)]


def test_keywords_sort_before_anybody_confirmed_a_row(cold: Model) -> None:
    texts = ("末班车几点", "我們這裡停水三天了", "Bus is always late", Said("作業太多", "孩子很累"))
    assert likeliest(cold, *texts) == ["bus", "water", "bus", "school"]
    assert cold.rows == 0


def test_a_latin_keyword_stands_alone(cold: Model) -> None:
    assert likeliest(cold, "our business is closed") == [None]


def test_nothing_that_speaks_is_not_sure(cold: Model) -> None:
    texts = ["", " \n", "你好", "😀" * 5000, "\ud800\x00\u200b"]
    assert cold.judge(texts) == [TopicJudgement(None, 0.0, None, None, ())] * 5


def test_words_that_no_keyword_names_are_learnt(cold: Model, taught: Model) -> None:
    texts = ["水务站边上的管子又爆了", "刷卡机还没修", "资料钱交了两次"]
    assert likeliest(cold, *texts) != ["water", "bus", "school"]
    assert likeliest(taught, *texts) == ["water", "bus", "school"]
    assert taught.rows == len(ROWS)


def test_a_topic_without_rows_is_still_found_by_its_words() -> None:
    few = [row for row in ROWS if row.topic != "water"]
    model = train(few, TOPICS, settings=Settings())
    assert likeliest(model, "停水了，自来水一滴都没有，水压也低") == ["water"]


def test_one_correction_more_than_nothing_moves_the_next_voice() -> None:
    rows = [Example("", "末班车上丢了作业本", "school"), Example("", "楼里停水", "water")]
    before, after = train([], TOPICS, settings=Settings()), train(rows, TOPICS, settings=Settings())
    asked = Said("", "末班车上丢了作业本和笔")
    school = [topic.key for topic in TOPICS].index("school")
    assert after.probabilities([asked])[0, school] > before.probabilities([asked])[0, school]


def test_the_words_that_decided_stand_in_the_original(taught: Model) -> None:
    said = Said("【求助】停　水", "我們的自來水又停·水了，ＢＵＳ也沒有")
    [judgement] = taught.judge([said])
    pieces = {
        (word.field, (said.title if word.field == "title" else said.body)[word.start : word.end])
        for word in judgement.words
    }
    assert judgement.topic == "water"
    assert {("title", "停　水"), ("text", "自來水")} <= pieces
    assert 0 < sum(word.share for word in judgement.words) <= 1


def test_words_are_few_and_can_be_left_out(taught: Model) -> None:
    text = "公交车、末班车、站台、刷卡机、师傅、水压、" * 3
    [judgement] = taught.judge([text], words=4)
    assert [word.text for word in judgement.words] == ["刷卡机", "师傅", "公交车", "末班车"]
    assert [word.start for word in judgement.words] == [11, 15, 0, 4]
    assert taught.judge([text], words=0)[0].words == ()


def test_under_the_threshold_it_is_not_sure_but_has_a_guess(cold: Model) -> None:
    [unsure] = cold.judge(["末班车上写作业"], threshold=0.99)
    [sure] = cold.judge(["末班车上写作业"], threshold=0.0)
    assert (unsure.topic, sure.topic) == (None, unsure.likeliest)
    assert isinstance(unsure.second, Guess)
    assert unsure.probability >= unsure.second.probability


def test_one_word_is_less_sure_than_three(cold: Model) -> None:
    one, three = cold.judge(["停水", "停水，自来水没有，水压低"])
    assert 0.3 < one.probability < three.probability < 1


def test_words_say_about_as_much_among_sixty_topics_as_among_seven() -> None:
    others = [
        Topic(f"t{number}", f"第{number}类", keywords=(f"词{number}",)) for number in range(57)
    ]
    few, many = (Model([*TOPICS, *others[:more]], Settings()) for more in (4, 57))
    texts = ["停水", "停水，自来水没有", "停水，自来水没有，水压也低，停水三天"]
    for in_few, in_many in zip(few.judge(texts), many.judge(texts), strict=True):
        assert abs(in_few.probability - in_many.probability) < 0.18


def test_a_batch_is_judged_as_each_alone(taught: Model) -> None:
    texts = [Said(row.title, row.body) for row in ROWS[::7]]
    alone = [judgement for text in texts for judgement in taught.judge([text])]
    assert taught.judge(texts) == alone


def test_a_text_of_a_megabyte_is_judged_by_its_beginning(taught: Model) -> None:
    judged = taught.judge(["停水" + "了" * 1_000_000, "停水" + "，自来水" * 250_000])
    assert [judgement.likeliest for judgement in judged] == ["water", "water"]


def test_no_topics_are_refused() -> None:
    with pytest.raises(Refused, match="主题表是空的"):
        train([], [], settings=Settings())


def test_a_topic_given_twice_is_refused() -> None:
    with pytest.raises(Refused, match="重复"):
        train([], [BUS, WATER, replace(BUS, name="又一个")], settings=Settings())


def test_one_topic_alone_is_sure_only_of_its_own_words() -> None:
    model = train([Example("", "停水了", "water")], [WATER], settings=Settings())
    own, other = model.judge(["停水，自来水没有了，水压也低", "孩子的作业"])
    assert (own.topic, own.second) == ("water", None)
    assert own.probability < 1
    assert other.topic is None


def test_one_label_only_teaches_nothing() -> None:
    model = train([row for row in ROWS if row.topic == "bus"], TOPICS, settings=Settings())
    assert model.rows == 0
    assert likeliest(model, "停水") == ["water"]


def test_rows_of_topics_that_are_gone_are_left_out() -> None:
    rows = [*ROWS, Example("", "以前的主题", "gone")]
    assert train(rows, TOPICS, settings=Settings()).rows == len(ROWS)


def test_of_texts_that_say_the_same_the_last_counts() -> None:
    rows = [*ROWS, *(Example(row.title, row.body + "！！", row.topic) for row in ROWS)]
    assert train(rows, TOPICS, settings=Settings()).rows == len(ROWS)


def test_training_is_the_same_twice(taught: Model) -> None:
    again = train(list(reversed(ROWS)), TOPICS, settings=Settings())
    texts = [row.body for row in ROWS]
    assert np.allclose(again.probabilities(texts), taught.probabilities(texts), atol=1e-3)
    same = train(ROWS, TOPICS, settings=Settings())
    assert np.array_equal(same.probabilities(texts), taught.probabilities(texts))


def test_the_process_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    command = (fit_here._COMMAND[0], "-c", "raise SystemExit('no memory')")
    monkeypatch.setattr(fit_here, "_COMMAND", command)
    with pytest.raises(TrainingFailed, match="no memory"):
        train(ROWS, TOPICS, settings=Settings())


def test_repeats_are_held_out_together() -> None:
    rows = [copy for row in ROWS for copy in (row, row._replace(title="转：" + row.title))]
    long = [row._replace(body=row.body * 5) for row in rows]
    dealt = parts(long, 5)
    assert dealt[::2] == dealt[1::2]
    assert set(dealt) == {0, 1, 2, 3, 4}


def test_held_out_rows_stay_held_out() -> None:
    learnt, held = hold_out(ROWS)
    assert (len(learnt) + len(held), 0 < len(held) < len(learnt)) == (len(ROWS), True)
    assert hold_out([*held, *learnt])[1] == held


@given(st.lists(st.text(max_size=200), max_size=4))
@settings(max_examples=60, deadline=None)
def test_any_text_is_judged_and_every_word_stands_in_it(texts: list[str]) -> None:
    model = Model(TOPICS, Settings())
    said = [Said(text, f"停水{text}公交车") for text in texts]
    judged = model.judge(said)
    assert len(judged) == len(texts)
    for text, judgement in zip(said, judged, strict=True):
        for word in judgement.words:
            field = text.title if word.field == "title" else text.body
            assert 0 <= word.start < word.end <= len(field)
