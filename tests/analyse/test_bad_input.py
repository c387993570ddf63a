"""Bad input of every kind is read, or refused with what to do, at once and by the doors in use."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from types import SimpleNamespace

import pytest
from django.test import Client

from tingda.analyse.actions.learning import learn
from tingda.analyse.actions.reading import read_due
from tingda.analyse.actions.tables import seed_topics
from tingda.analyse.actions.watches import add_watch
from tingda.analyse.models import Quarantine, Reading, Topic, Watch, WatchHit
from tingda.analyse.queries import search_voices
from tingda.collect.models import Source, Voice
from tingda.collect.rules import Entry
from tingda.lib.refusal import Refused
from tingda.people.models import Person

pytestmark = [pytest.mark.django_db, pytest.mark.once]
Make = Callable[..., Voice]
ADD, TRY = "/desk/settings/watches/add/", "/desk/settings/watches/0/bench/"
MEGABYTE = 2**20


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr("tingda.lib.present.now", lambda: now)


@pytest.fixture
def duty(cast: SimpleNamespace, client_of: Callable[[Person], Client]) -> Client:
    return client_of(cast.duty)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Of the processor's time: other work on the machine does not count."""
    begun = time.process_time()
    yield
    assert time.process_time() - begun < seconds


def read(now: datetime, *voices: Voice) -> list[Reading]:
    Voice.objects.filter(pk__in=[voice.pk for voice in voices]).update(unread=True)
    while read_due(now=now):
        pass
    return [Reading.objects.get(voice=voice) for voice in voices]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("停" * 20_000, "规则最长 4000 个字"),
        ("停水 OR " * 2_500, "规则最长 4000 个字"),
        ("/" + "(a+)+" * 4_000 + "/", "规则最长 4000 个字"),
    ],
)
def test_a_rule_of_20000_characters_is_refused_with_the_limit(
    duty: Client, rule: str, told: str
) -> None:
    with within(5):
        saved = duty.post(ADD, {"name": "太长", "rule": rule})
        tried = duty.post(TRY, {"rule": rule}, HTTP_HX_REQUEST="true")
    assert (saved.status_code, Watch.objects.count()) == (422, 0)
    assert "4000" in saved.content.decode()
    assert rule[:100] in saved.content.decode()  # what was typed is still there
    assert told in tried.content.decode()


def test_a_rule_that_matches_everything_marks_everything_and_is_told(
    duty: Client, cast: SimpleNamespace, make_voice: Make, now: datetime
) -> None:
    voices = [make_voice(title="", text=f"第{n}件事：路灯坏了" * 5, at=now) for n in range(20)]
    with within(10):
        tried = duty.post(TRY, {"rule": "/./"}, HTTP_HX_REQUEST="true").content.decode()
        assert "太宽" in tried
        add_watch("全部", "/./", by=cast.duty, owner=cast.duty, now=now)
        add_watch("也是全部", "/(?s).*/", by=cast.duty, owner=cast.duty, now=now)
        read(now, *voices)
    assert WatchHit.objects.filter(watch__name="全部").count() == len(voices)
    assert all(len(hit.spans) <= 200 and len(hit.words) <= 20 for hit in WatchHit.objects.all())


@pytest.mark.parametrize(
    "rule", ["/(a+)+$/", "/(a|a)*b/", "/(.*)*x/", "/(a|aa)+$/", "/(.+)+(.+)+(.+)+#/"]
)
def test_an_expression_meant_to_hang_is_answered_in_time(
    cast: SimpleNamespace, make_voice: Make, duty: Client, now: datetime, rule: str
) -> None:
    voice = make_voice(title="", text="a" * 100_000 + "!", at=now)
    with within(30):
        duty.post(TRY, {"rule": rule}, HTTP_HX_REQUEST="true")
        add_watch("挂起", rule, by=cast.duty, owner=cast.duty, now=now)
        (reading,) = read(now, voice)
    assert reading.read_at == now
    assert not Quarantine.objects.exists()


def test_an_expression_that_is_too_large_is_refused(cast: SimpleNamespace, now: datetime) -> None:
    with within(5), pytest.raises(Refused):
        add_watch("太大", "/((a{100}){100}){100}/", by=cast.duty, owner=cast.duty, now=now)
    assert not Watch.objects.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "停水三天了。" * (MEGABYTE // 18),  # 1 MB as UTF-8
        "water is off " * (MEGABYTE // 13),
        "😡" * 100_000,
        "❤\ufe0f" * 100_000,
        "👨\u200d👩\u200d👧" * 20_000,
        "\u0410pp" * 100_000,
        "rt" + " " * 500_000 + "x",
        "//@a:" * 100_000,
        "转发：" * 100_000,
        "浣犲ソ" * 100_000,
        "1" * MEGABYTE,
        "\n" * MEGABYTE + "停水",
    ],
    ids=lambda text: repr(text[:8]),
)
def test_a_very_long_text_is_read_and_found_in_time(
    cast: SimpleNamespace, make_voice: Make, now: datetime, text: str
) -> None:
    seed_topics(now=now)
    add_watch("停水", "停水 OR 😡 OR water", by=cast.duty, owner=cast.duty, now=now)
    voice = make_voice(title="", text=text)
    with within(20):
        (reading,) = read(now, voice)
    assert reading.read_at == now
    assert not Quarantine.objects.exists()
    asked = next((word for word in ("停水", "😡", "water") if word in text), "")
    assert [found.pk for found in search_voices(asked)] == ([voice.pk] if asked else [])
    assert WatchHit.objects.filter(voice=voice).exists() == bool(asked)


def test_without_topics_everything_else_is_read_and_the_pages_stand(
    duty: Client, make_voice: Make, now: datetime
) -> None:
    Topic.objects.all().delete()
    voice = make_voice(title="", text="幸福里小区楼道里有天然气味，请马上来看看")
    (reading,) = read(now, voice)
    assert (reading.topic, reading.guess, reading.urgency) == (None, None, 3)
    assert reading.places == ["幸福里"]
    assert learn(now=now) is None
    for address in (f"/desk/voices/{voice.pk}/", "/desk/settings/topics/", "/desk/voices/"):
        assert duty.get(address).status_code == 200


def test_a_table_of_one_label_only_is_heard_and_teaches_nothing(
    make_voice: Make, now: datetime
) -> None:
    seed_topics(now=now)
    source = Source.objects.create(name="一类", kind=Source.Kind.IMPORT)
    entries = [Entry(title="", text=f"第{n}次：末班车没来", guid=f"{n}") for n in range(30)]
    topic = Topic.objects.order_by("id").values_list("name", flat=True)[0]
    voices = [
        make_voice(source=source, title="", text=one.text, told_topic=topic) for one in entries
    ]
    readings = read(now, *voices)
    assert {reading.topic.name for reading in readings if reading.topic} == {topic}
    with within(20):
        assert learn(now=now) is None
    (other,) = read(now, make_voice(title="", text="自来水发黄有异味"))
    assert other.read_at == now
