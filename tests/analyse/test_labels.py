"""What people and tables say about readings: it stands, copies follow, and it is learnt from."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from tingda.analyse.actions import learning
from tingda.analyse.actions.labels import say, take_names
from tingda.analyse.actions.learning import learn, learn_due, set_threshold, use, use_none
from tingda.analyse.actions.places import read_places, remove_place
from tingda.analyse.actions.reading import read_due
from tingda.analyse.actions.watches import add_watch
from tingda.analyse.models import Label, Lesson, Place, Reading, Topic, WatchHit
from tingda.analyse.queries.sorting import sorter
from tingda.collect.actions.hearing import hear
from tingda.collect.models import Source, Voice
from tingda.collect.rules import Entry
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused

pytestmark = pytest.mark.django_db
Make = Callable[..., Voice]


@pytest.fixture(autouse=True)
def topics() -> dict[str, Topic]:
    words = {"bus": "公交\n班车", "water": "停水\n自来水", "noise": "噪音"}
    names = {"bus": "公交", "water": "供水", "noise": "噪声"}
    return {
        code: Topic.objects.create(code=code, group="服务", name=names[code], keywords=keywords)
        for code, keywords in words.items()
    }


def read(now: datetime, *voices: Voice) -> list[Reading]:
    Voice.objects.filter(reading=None).update(unread=True)
    while read_due(now=now):
        pass
    return [Reading.objects.get(voice=voice) for voice in voices]


def told(texts: Sequence[tuple[str, str]], now: datetime, source: str = "旧表") -> list[Voice]:
    """Heard from a table that calls the topics of its rows by name."""
    table, _new = Source.objects.get_or_create(name=source, defaults={"kind": "import"})
    entries = [Entry(text=text, topic=topic, guid=str(n)) for n, (text, topic) in enumerate(texts)]
    added = hear(table, entries, now=now).added
    read(now)
    return [Voice.objects.get(pk=pk) for pk in added]


def test_what_a_person_says_stands_however_often_it_is_read(
    make_voice: Make, cast: SimpleNamespace, now: datetime
) -> None:
    voice = make_voice(title="", text="公交站牌边上那家店太吵了，天天放喇叭到十一点")
    read(now)
    say(voice, "topic", "noise", by=cast.duty, now=now)
    say(voice, "intent", "complains", by=cast.duty, now=now)
    say(voice, "urgency", "2", by=cast.duty, now=now)
    say(voice, "place", "公交站牌", by=cast.duty, now=now)
    (reading,) = read(now, voice)
    assert reading.topic is not None
    assert (reading.topic.code, reading.intent, reading.urgency) == ("noise", "complains", 2)
    assert (reading.place, reading.places[0]) == ("公交站牌", "公交站牌")
    assert sorted(reading.said_by_person) == ["intent", "place", "topic", "urgency"]


def test_a_correction_and_a_confirmation_are_lines_of_the_ledger(
    make_voice: Make, cast: SimpleNamespace, now: datetime
) -> None:
    voice = make_voice(title="", text="今晚停水吗，停水到几点")
    read(now)
    say(voice, "topic", "water", by=cast.duty, now=now)
    say(voice, "topic", "bus", by=cast.duty, now=now)
    lines = Line.objects.filter(verb__startswith="reading.").order_by("number")
    assert [(line.verb, line.data["value"]) for line in lines] == [
        ("reading.confirmed", "供水"),
        ("reading.corrected", "公交"),
    ]
    assert Label.objects.get(name="topic").was == "water"


def test_copies_follow_unless_somebody_said_otherwise(
    make_voice: Make, cast: SimpleNamespace, now: datetime
) -> None:
    text = "滨河路的班车今天早上又没有来，等了四十分钟"
    voices = [make_voice(title="", text=said) for said in (text, f"转：{text}", f"{text}！！")]
    read(now)
    say(voices[2], "topic", "noise", by=cast.duty, now=now)
    say(voices[0], "topic", "water", by=cast.duty, now=now)
    read(now)
    codes = Reading.objects.order_by("voice_id").values_list("topic__code", flat=True)
    assert list(codes) == ["water", "noise", "noise"]


def test_watches_see_what_a_person_said(
    make_voice: Make, cast: SimpleNamespace, now: datetime
) -> None:
    watch = add_watch("水", "topic:供水 路", by=cast.duty, owner=cast.duty, now=now)
    voice = make_voice(title="", text="滨河路的班车没有来")
    read(now)
    assert not WatchHit.objects.exists()
    say(voice, "topic", "water", by=cast.duty, now=now)
    read(now)
    assert WatchHit.objects.get().watch == watch


@pytest.mark.parametrize(
    ("name", "value"),
    [("topic", "gone"), ("intent", "angry"), ("urgency", "4"), ("place", "长" * 61), ("mood", "1")],
)
def test_a_value_that_is_none_is_refused_and_changes_nothing(
    make_voice: Make, cast: SimpleNamespace, now: datetime, name: str, value: str
) -> None:
    voice = make_voice(title="", text="今晚停水吗")
    before = read(now, voice)[0]
    with pytest.raises(Refused):
        say(voice, name, value, by=cast.duty, now=now)
    after = Reading.objects.get(voice=voice)
    assert (after.topic, after.why, Label.objects.count()) == (before.topic, before.why, 0)
    with pytest.raises(Refused):
        say(voice, "topic", "bus", by=cast.liaison_edu, now=now)


def test_nearly_the_same_words_are_folded_and_other_dates_are_not(
    make_voice: Make, now: datetime
) -> None:
    text = "老城区3月2日晚上十点到次日六点停水检修，请各位居民提前做好储水准备"
    first, near, other = (
        make_voice(title="", text=text),
        make_voice(title="", text=f"大家好，{text}，谢谢配合"),
        make_voice(title="", text=text.replace("3月2日", "3月9日")),
    )
    readings = read(now, first, near, other)
    assert [row.repeat_of_id for row in readings] == [None, first.pk, None]
    assert readings[1].why["repeat"] == {"by": "near"}
    assert readings[1].digest == readings[0].digest != readings[2].digest


# --- tables ---


def test_what_a_table_calls_the_topic_is_a_label(now: datetime) -> None:
    voices = told([("喇叭太响", " 噪声 "), ("路灯不亮", "市政设施")], now)
    rows = list(Label.objects.values_list("voice_id", "name", "value", "by"))
    assert rows == [(voices[0].pk, "topic", "noise", None)]
    reading = Reading.objects.get(voice=voices[0])
    assert reading.topic is not None
    assert (reading.topic.code, reading.said_by_person) == ("noise", ["topic"])


def test_another_name_in_a_table_becomes_a_topic_or_one_of_its_names(
    cast: SimpleNamespace, topics: dict[str, Topic], now: datetime
) -> None:
    told([("喇叭太响", "扰民"), ("路灯不亮", "市政设施"), ("窨井盖破了", "市政设施")], now)
    take_names("扰民", topic=topics["noise"], by=cast.admin, now=now)
    made = take_names("市政设施", topic=None, group="城建", by=cast.admin, now=now)
    assert (made.name, made.group) == ("市政设施", "城建")
    values = Label.objects.order_by("voice_id").values_list("value", flat=True)
    assert list(values) == ["noise", made.code, made.code]
    later = told([("商场音响吵", "扰民")], now, "新表")
    assert Label.objects.get(voice=later[0]).value == "noise"
    with pytest.raises(Refused):
        take_names("扰民", topic=None, by=cast.admin, now=now)


# --- learning ---

_ABOUT = {
    "公交": "司机 站台 末班 刷卡 晚点 线路 车次 换乘 路口等车 发车",
    "供水": "龙头 水管 发黄 水表 管网 抢修 水压低 二次供水 储水 水厂",
    "噪声": "喇叭 施工 夜里吵 装修 广场舞 睡不着 分贝 音响 打桩 犬吠",
}


def table(copies: int = 3) -> list[tuple[str, str]]:
    return [
        (f"{word}这件事第{n}回反映，门口{word}，请处理{n}", topic)
        for topic, words in _ABOUT.items()
        for n in range(copies)
        for word in words.split()
    ]


@pytest.mark.once
def test_an_office_learns_from_its_table_and_switches_it_on(
    cast: SimpleNamespace, now: datetime
) -> None:
    told(table(), now)
    lesson = learn(now=now)
    assert lesson is not None
    assert (lesson.state, lesson.labels) == (Lesson.State.WAITING, 90)
    assert lesson.measures["rows"] == 90
    assert lesson.measures["new"]["f1"] > lesson.measures["old"]["f1"]
    assert sum(counts[0] for counts in lesson.measures["topics"].values()) == 90
    assert sorter().lesson is None  # a person switches it on
    use(lesson, by=cast.admin, now=now)
    assert sorter().lesson == lesson.pk
    (voice,) = told([("司机甩站，末班不停", "")], now, "论坛")
    reading = Reading.objects.get(voice=voice)
    assert reading.topic is not None
    assert reading.topic.code == "bus"
    assert [row[0] for row in reading.why["topic"]] == ["text"] * len(reading.why["topic"])
    use_none(by=cast.admin, now=now)
    assert sorter().lesson is None
    read(now)
    assert Reading.objects.get(voice=voice).topic is None


@pytest.mark.once
def test_ten_corrections_turn_the_eleventh(cast: SimpleNamespace, now: datetime) -> None:
    told(table(), now)
    first = learn(now=now)
    assert first is not None
    use(first, by=cast.admin, now=now)
    streets = "滨河路 和平路 建设街 人民路 北门街 文化巷 光明路 解放路 东湖路 青年路 南门街"
    said = [(f"{street}的共享单车堆成山，人行道没法走", "") for street in streets.split()]
    *ten, eleventh = told(said, now, "论坛")
    for voice in ten:
        say(voice, "topic", "bus", by=cast.duty, now=now + timedelta(minutes=1))
    second = learn(now=now + timedelta(minutes=2))
    assert second is not None
    assert second.state == Lesson.State.USED  # it is better, and takes over by itself
    read(now)
    reading = Reading.objects.get(voice=eleventh)
    assert (reading.guess and reading.guess.code, reading.said_by_person) == ("bus", [])


@pytest.mark.once
def test_too_few_labels_decide_nothing(cast: SimpleNamespace, now: datetime) -> None:
    told(table(1)[:6] + table(1)[-2:], now)
    lesson = learn(now=now)
    assert lesson is not None
    assert (lesson.state, lesson.measures["rows"]) == (Lesson.State.WORSE, 8)


@pytest.mark.once
def test_the_worker_learns_when_enough_is_new(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "_last", None)
    assert learn_due(now=now) == 0
    told(table(1), now)
    assert learn_due(now=now + timedelta(seconds=30)) == 0  # looked a moment ago
    assert learn_due(now=now + timedelta(minutes=1)) == 1
    assert learn_due(now=now + timedelta(minutes=9)) == 0  # nothing new


@pytest.mark.once
@pytest.mark.parametrize("broken", ["damaged", "newer"])
def test_a_model_that_cannot_be_read_is_told_and_words_decide(
    cast: SimpleNamespace, now: datetime, broken: str
) -> None:
    told(table(), now)
    lesson = learn(now=now)
    assert lesson is not None
    use(lesson, by=cast.admin, now=now)
    packed = bytes(lesson.packed)
    Lesson.objects.update(
        packed=packed[:500] if broken == "damaged" else b"", at=now + timedelta(days=1)
    )
    now_sorts = sorter()
    assert now_sorts.lesson is None
    assert now_sorts.trouble is not None
    (voice,) = told([("今晚停水吗，停水几天", "")], now, "论坛")
    assert Reading.objects.get(voice=voice).guess_id == now_sorts.ids["water"]


@pytest.mark.once
def test_topics_that_changed_since_are_told_by_words_until_it_is_learnt_anew(
    cast: SimpleNamespace, topics: dict[str, Topic], now: datetime
) -> None:
    told(table(), now)
    lesson = learn(now=now)
    assert lesson is not None
    use(lesson, by=cast.admin, now=now)
    topics["noise"].active = False
    topics["noise"].save()
    assert (sorter().lesson, sorter().trouble is None) == (None, False)
    again = learn(now=now + timedelta(minutes=5))
    assert again is not None
    assert (again.state, sorter().lesson) == (Lesson.State.USED, again.pk)


def test_without_topics_or_with_one_label_nothing_is_learnt(now: datetime) -> None:
    told([("末班车没来", "公交"), ("班车晚点", "公交")], now)
    assert learn(now=now) is None
    Topic.objects.all().delete()
    assert learn(now=now) is None
    (voice,) = told([("末班车没来过", "")], now, "论坛")
    assert Reading.objects.get(voice=voice).guess is None


def test_the_threshold_decides_what_people_are_asked_about(
    cast: SimpleNamespace, make_voice: Make, now: datetime
) -> None:
    voice = make_voice(title="", text="停水了，公交站旁边")
    read(now)
    set_threshold(99, by=cast.admin, now=now)
    (unsure,) = read(now, voice)
    assert (unsure.topic, unsure.guess is None) == (None, False)
    set_threshold(0, by=cast.admin, now=now)
    (sure,) = read(now, voice)
    assert sure.topic == sure.guess is not None
    with pytest.raises(Refused):
        set_threshold(100, by=cast.admin, now=now)


# --- places ---


def test_places_come_from_a_table_as_a_whole(
    cast: SimpleNamespace, make_voice: Make, now: datetime
) -> None:
    text = "名称,类别,别名\n幸福花园南区,小区,老纺织厂宿舍;纺织宿舍\n清溪中学,学校,清中\n"
    assert read_places(text, by=cast.admin, now=now) == (2, 0)
    assert read_places("name,kind\n清溪中学,school\n", by=cast.admin, now=now) == (0, 1)
    with pytest.raises(Refused, match="第 3 行"):
        read_places("name,kind\n东门站,station\n西门站,火星\n", by=cast.admin, now=now)
    assert Place.objects.count() == 2
    (reading,) = read(now, make_voice(title="", text="纺织宿舍楼下天天停满车"))
    assert reading.place == "幸福花园南区"
    remove_place(Place.objects.get(name="幸福花园南区"), by=cast.admin, now=now)
    assert Place.objects.get().name == "清溪中学"
