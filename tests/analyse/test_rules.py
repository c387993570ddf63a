"""What one voice is found to say, and why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.analyse.rules import Judgement, Reader, VoiceText
from tingda.lib.gazetteer import Entry, Gazetteer
from tingda.lib.topics.kinds import Settings, Topic
from tingda.lib.topics.model import Model
from tingda.lib.watching.engine import Engine
from tingda.lib.watching.parse import parse

TOPICS = [
    Topic("bus", "公交", "", ("公交", "公交车", "班车", "bus")),
    Topic("water", "供水", "", ("停水", "自来水", "水压")),
    Topic("card", "办卡", "", ("公交卡", "办卡", "rent")),
]
WATCHES = Engine(
    {
        7: parse("食堂 虫子 OR 异物"),
        8: parse("topic:供水 urgency:>=2 停"),
        9: parse("intent:咨询 停"),
        10: parse("place:旧里 -好 车子"),
    }
)
READER = Reader(
    Model(TOPICS, Settings()),
    WATCHES,
    names={topic.key: topic.name for topic in TOPICS},
    gazetteer=Gazetteer([Entry("幸福花园南区", "estate", ("老纺织厂宿舍",))]),
)


def read(body: str, *, title: str = "", given: str = "", **told: str) -> Judgement:
    return READER.read([VoiceText(1, title, body, given, told=told)])[0]


@pytest.mark.parametrize(
    ("body", "topic"),
    [
        ("早上的班车又没来，公交太少", "bus"),
        ("今晚停 水吗", "water"),
        ("今晚停·水", "water"),
        ("公交卡怎么办", "card"),  # the longer word counts, not the 公交 in it
        ("Where does the BUS stop", "bus"),
        ("different business", None),  # Latin words stand alone
        ("今天天气不错", None),
        ("", None),
    ],
)
def test_a_topic_is_guessed_by_its_words(body: str, topic: str | None) -> None:
    assert read(body).guess == topic


def test_what_is_not_sure_is_a_guess_and_no_topic() -> None:
    both = read("公交站停水")
    assert (both.topic, both.guess in ("bus", "water")) == (None, True)
    assert both.second is not None
    assert both.topic_score < 0.5


def test_a_word_in_the_title_counts_more() -> None:
    assert read("公交也不准时，公交少", title="停水三天").guess == "water"


def test_the_reason_points_into_the_words_as_they_were_said() -> None:
    body = "昨晚停·水了"
    found = read(body)
    assert [body[one.start : one.end] for one in found.topic_found] == ["停·水"]


@pytest.mark.parametrize(
    ("body", "marked"),
    [
        ("食堂的菜里有虫子", {7: ("食堂", "虫子")}),
        ("菜里有异物", {7: ("异物",)}),
        ("食堂不错", {}),
        ("请问什么时候停水检修？", {9: ("停",)}),
    ],
)
def test_a_rule_marks_a_voice_and_its_words(body: str, marked: dict[int, tuple[str, ...]]) -> None:
    hits = read(body).watch_hits
    assert {watch: tuple(one.what for one in found) for watch, found in hits.items()} == marked


@pytest.mark.parametrize(
    ("body", "danger"),
    [("楼道里有天然气味", True), ("车子打不着火", False), ("垃圾桶着火了", True), ("停水", False)],
)
def test_danger_is_what_is_at_stake_now(body: str, danger: bool) -> None:
    assert bool(read(body).danger) is danger


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("锦绣苑楼下烧烤店油烟太大", "锦绣苑"),
        ("清溪中学食堂午餐有异物", "清溪中学"),
        ("投诉幸福里小区物业", "幸福里"),
        ("滨河路路灯不亮", "滨河路"),
        ("请问明天几点开门", ""),
    ],
)
def test_a_place_is_named_without_the_words_around_it(text: str, place: str) -> None:
    assert read(text).place == place


def test_the_offices_own_places_are_known_by_all_their_names() -> None:
    assert read("老纺织厂宿舍楼下很吵").place == "幸福花园南区"
    assert read("滨河路和幸福花园南区都停水").places == ("滨河路", "幸福花园南区")


def test_what_a_person_said_stands_and_watches_see_it() -> None:
    body = "车子停在门口三天了"
    found = read(body, topic="water", urgency="2", intent="asks", place="旧里")
    assert (found.topic, found.urgency, found.intent, found.place) == ("water", 2, "asks", "旧里")
    assert set(found.watch_hits) == {8, 9, 10}
    assert found.told == ("topic", "urgency", "intent", "place")
    assert read("停水了", topic="").guess is None  # a person said that it is none of them


@pytest.mark.parametrize(
    ("text", "lang"),
    [("停水了 ok", "zh"), ("The bus 112 is late", "en"), ("🙂", ""), ("バスが来ない", "")],
)
def test_the_language_is_told_by_the_writing(text: str, lang: str) -> None:
    assert read(text).lang == lang


def test_a_place_that_was_given_goes_first() -> None:
    assert read("滨河路路灯不亮", given="锦绣苑").place == "锦绣苑"


LONG = "老城区今晚十点到明早六点停水，请各位居民提前接水，给您带来不便敬请谅解，恢复时间另行通知"


@pytest.mark.parametrize(
    "copy",
    [
        f"【转发】{LONG}",
        f"转发：{LONG}！！",
        f"RT {LONG} https://luntan.example/t/1",
        LONG.replace("，", " "),
        LONG.replace("停水", "停　水"),
        LONG.replace("带来", "帶來"),
    ],
)
def test_the_same_said_again_is_a_repeat(copy: str) -> None:
    assert read(copy).digest == read(LONG).digest != ""


@pytest.mark.parametrize(
    "other", [LONG.replace("十点", "九点"), LONG.replace("老城区", "和顺苑"), LONG + "昨天已恢复"]
)
def test_another_time_place_or_fact_is_no_repeat(other: str) -> None:
    assert read(other).digest != read(LONG).digest


def test_too_little_to_compare_is_no_repeat() -> None:
    assert read("谢谢").digest == ""


@given(st.text(max_size=80), st.text(max_size=200))
def test_anything_can_be_read(title: str, body: str) -> None:
    found = read(body, title=title)
    for one in (*found.topic_found, *found.place_found, *found.danger):
        whole = title if one.field == "title" else body
        assert 0 <= one.start < one.end <= len(whole)


def test_without_topics_and_watches_a_reading_is_still_made() -> None:
    (found,) = Reader().read([VoiceText(1, "", "锦绣苑停水")])
    assert (found.guess, found.watch_hits, found.place) == (None, {}, "锦绣苑")
