"""Readings, search and repeats through the product's own verbs."""

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace

import pytest

from tingda.analyse.actions.reading import read_due
from tingda.analyse.actions.tables import change_topic, seed_topics
from tingda.analyse.actions.watches import add_watch
from tingda.analyse.models import Reading, Topic, WatchHit
from tingda.analyse.queries import search_voices
from tingda.collect.models import Voice
from tingda.lib.refusal import Refused

pytestmark = pytest.mark.django_db
Make = Callable[..., Voice]


def read(now: datetime, *voices: Voice) -> list[Reading]:
    Voice.objects.filter(pk__in=[voice.pk for voice in voices]).update(unread=True)
    while read_due(now=now):
        pass
    return [Reading.objects.get(voice=voice) for voice in voices]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("停电", ["停电通知"]),
        ("停 电", ["停电通知", "停在电视台门口"]),  # two words, wherever they stand
        ("停电 通知", ["停电通知"]),
        ("電費", ["电费怎么算"]),
        ("电", ["停电通知", "电费怎么算"]),
        ("WIFI", ["图书馆wifi很慢"]),
        ("wif", []),
        ('"停电" OR *', []),
        ("'; DROP TABLE collect_voice; --", []),
        ("", []),
        ("。", []),
    ],
)
def test_search_is_exact_for_two_characters(
    make_voice: Make, now: datetime, asked: str, found: list[str]
) -> None:
    texts = ["停电通知", "电费怎么算", "停在电视台门口", "图书馆wifi很慢"]
    read(now, *[make_voice(title="", text=text) for text in texts])
    hits = {row.text for row in search_voices(asked)}
    if asked == "电":
        assert set(found) <= hits
    else:
        assert hits == set(found)


def test_repeats_point_at_the_first_that_said_it(make_voice: Make, now: datetime) -> None:
    text = "老城区今晚十点起停水，请大家提前接水"
    first, copy, other = (
        make_voice(title="", text=text),
        make_voice(title="", text=f"【转发】{text}！"),
        make_voice(title="", text=text.replace("老城区", "和顺苑")),
    )
    readings = read(now, first, copy, other)
    assert [row.repeat_of_id for row in readings] == [None, first.pk, None]
    (later,) = read(now, make_voice(title="", text=f"转：{text}"))
    assert later.repeat_of_id == first.pk


def test_a_reading_says_topic_and_why(make_voice: Make, now: datetime) -> None:
    seed_topics(now=now)
    voice = make_voice(title="食堂午餐", text="清溪中学食堂午餐有虫子")
    (reading,) = read(now, voice)
    assert reading.topic is not None
    for field, start, end, _what in reading.why["topic"]:
        assert getattr(voice, field)[start:end] in "食堂午餐虫子清溪中学"
    assert "清溪中学" in reading.places


def test_a_watch_marks_what_its_rule_matches(
    make_voice: Make, cast: SimpleNamespace, now: datetime
) -> None:
    watch = add_watch("食品", "食堂 虫子 OR 异物", by=cast.duty, owner=cast.duty, now=now)
    voices = [
        make_voice(title="食堂", text="午餐里有虫子"),
        make_voice(title="", text="食堂很好吃"),
        make_voice(title="", text="菜里有异物"),
    ]
    read(now, *voices)
    marked = WatchHit.objects.filter(watch=watch).order_by("voice").values_list("voice", flat=True)
    assert list(marked) == [voices[0].pk, voices[2].pk]


def test_topics_are_seeded_once(now: datetime) -> None:
    assert (seed_topics(now=now) > 50, seed_topics(now=now)) == (True, 0)


def test_only_an_administrator_changes_topics(cast: SimpleNamespace, now: datetime) -> None:
    seed_topics(now=now)
    topic = Topic.objects.all()[0]
    with pytest.raises(Refused):
        change_topic(topic, name="别的", keywords="词", active=True, by=cast.duty, now=now)
    change_topic(topic, name="别的", keywords="词", active=False, by=cast.admin, now=now)
    assert (Topic.objects.get(pk=topic.pk).name, topic.active) == ("别的", False)


@pytest.mark.parametrize(
    "text", ["", "\ud83d", "<script>alert(1)</script>", "停" * 200_000, "😀" * 5000, "a\x00b"]
)
def test_any_text_can_be_read(make_voice: Make, now: datetime, text: str) -> None:
    kept = text.encode("utf-8", "replace").decode().replace("\x00", "")
    (reading,) = read(now, make_voice(title="", text=kept))
    assert reading.read_at == now
