"""Near repeats as the worker keeps them: who is first, when words change, and between workers."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection

from tingda.analyse.actions import reading as actions
from tingda.analyse.actions.forgetting import forget_readings
from tingda.analyse.actions.reading import read_due
from tingda.analyse.actions.repeats import LOCK
from tingda.analyse.actions.searching import put_in
from tingda.analyse.models import Reading
from tingda.analyse.queries import repeats
from tingda.collect.actions.hearing import hear
from tingda.collect.models import Source, Voice
from tingda.collect.rules import Entry

pytestmark = pytest.mark.django_db
Make = Callable[..., Voice]
BASE = "云杉里小区3栋停水三天了，物业电话没人接，请尽快恢复供水。"
NEAR = "您好，云杉里小区3栋停水3天了，物业电话一直没人接，请尽快恢复供水🙏谢谢"
NEARER = "转发：云杉里小区三栋停水三天了，物业电话没有人接，请尽快恢复供水"
OTHER = "城北桥头的路灯坏了两个星期，晚上骑车看不见坑，摔了两个人"


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "_recent", repeats.Recent())


def said(make: Make, text: str) -> Voice:
    return make(title="", text=text, unread=True)


def read(now: datetime) -> None:
    while read_due(now=now):
        pass


def again(now: datetime, *voices: Voice) -> None:
    Voice.objects.filter(pk__in=[voice.pk for voice in voices]).update(unread=True)
    read(now)


def firsts() -> list[int | None]:
    return list(Reading.objects.order_by("voice").values_list("repeat_of", flat=True))


def test_nearly_the_same_words_repeat_the_first_and_take_its_digest(
    make_voice: Make, now: datetime
) -> None:
    first, *_copies = [said(make_voice, text) for text in (BASE, NEAR, OTHER, NEARER)]
    read(now)
    rows = list(Reading.objects.order_by("voice"))
    assert firsts() == [None, first.pk, None, first.pk]
    assert [row.digest == rows[0].digest for row in rows] == [True, True, False, True]
    assert rows[1].why["repeat"] == {"by": "near"}


def test_read_in_another_batch_it_is_known_all_the_same(make_voice: Make, now: datetime) -> None:
    for text in (BASE, NEAR, NEARER):
        said(make_voice, text)
        assert read_due(now=now, limit=1) == 1
    first = Voice.objects.order_by("pk")[0]
    assert firsts() == [None, first.pk, first.pk]


def test_a_worker_that_starts_anew_knows_what_was_said(
    make_voice: Make, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = said(make_voice, BASE)
    read(now)
    monkeypatch.setattr(repeats, "_recent", repeats.Recent())
    said(make_voice, NEAR)
    read(now)
    assert firsts() == [None, first.pk]


def test_read_again_nothing_changes(make_voice: Make, now: datetime) -> None:
    voices = [said(make_voice, text) for text in (BASE, NEAR, NEARER, OTHER)]
    read(now)
    before = list(Reading.objects.order_by("voice").values("voice", "repeat_of", "digest"))
    for some in (voices, voices[:1], voices[1:2], voices[::-1]):
        again(now, *some)
        after = list(Reading.objects.order_by("voice").values("voice", "repeat_of", "digest"))
        assert after == before


def heard(source: Source, guid: str, text: str, now: datetime) -> None:
    hear(source, [Entry(text=text, guid=guid)], now=now)
    read(now)


def test_when_the_first_says_something_else_the_next_is_first(now: datetime) -> None:
    source = Source.objects.create(name="镇民论坛", kind=Source.Kind.FEED)
    for guid, text in (("1", BASE), ("2", NEAR), ("3", NEARER)):
        heard(source, guid, text, now)
    one, two, _three = Voice.objects.order_by("pk").values_list("pk", flat=True)
    assert firsts() == [None, one, one]
    heard(source, "1", OTHER, now)
    assert firsts() == [None, None, two]
    heard(source, "4", BASE, now)
    assert firsts() == [None, None, two, two]
    again(now, Voice.objects.get(pk=two))  # the heir was not edited: it stays the first
    assert firsts() == [None, None, two, two]


def test_an_edit_that_makes_it_a_repeat_takes_its_copies_along(now: datetime) -> None:
    source = Source.objects.create(name="镇民论坛", kind=Source.Kind.FEED)
    for guid, text in (("1", BASE), ("2", OTHER), ("3", f"转发：{OTHER}")):
        heard(source, guid, text, now)
    one, two, three = Voice.objects.order_by("pk").values_list("pk", flat=True)
    assert firsts() == [None, None, two]
    heard(source, "2", NEAR, now)
    assert firsts() == [None, one, None]
    heard(source, "3", NEARER, now)
    assert firsts() == [None, one, one]
    assert not Reading.objects.filter(repeat_of__reading__repeat_of__isnull=False).exists()
    assert three


def test_of_two_firsts_that_turn_out_the_same_no_copy_is_left_behind(
    make_voice: Make, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = repeats.Recent.find
    monkeypatch.setattr(repeats.Recent, "find", lambda _self, _text: None)
    one, two = said(make_voice, BASE), said(make_voice, NEAR)
    read(now)
    three = said(make_voice, NEAR)
    read(now)
    assert firsts() == [None, None, two.pk]
    monkeypatch.setattr(repeats.Recent, "find", found)
    again(now, two)
    assert firsts() == [None, one.pk, one.pk]
    digests = set(Reading.objects.values_list("digest", flat=True))
    assert (len(digests), three.pk > two.pk) == (1, True)


def test_a_first_that_is_forgotten_leaves_its_place_to_the_next(
    make_voice: Make, now: datetime
) -> None:
    first, second = said(make_voice, BASE), said(make_voice, NEAR)
    read(now)
    forget_readings([first])
    Voice.objects.filter(pk=first.pk).delete()
    said(make_voice, NEARER)
    read(now)
    assert firsts() == [None, second.pk]


def test_only_the_newest_are_looked_back_on(
    make_voice: Make, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, "MOST", 2)
    for text in (BASE, OTHER, "图书馆周日不开门，孩子没有地方写作业，能不能开半天"):
        said(make_voice, text)
        read(now)
    said(make_voice, NEAR)
    read(now)
    exact = said(make_voice, BASE)
    read(now)
    assert firsts()[3] is None  # nearly the same as one too long ago
    assert Reading.objects.get(voice=exact).repeat_of_id is not None  # the same, of any time


def test_what_failed_is_not_remembered(
    make_voice: Make, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(voices: list[Voice]) -> None:
        if any(voice.text == BASE for voice in voices):
            raise ValueError("读不了")
        put_in(voices)

    monkeypatch.setattr(actions, "put_in", fail)
    said(make_voice, BASE)
    said(make_voice, NEAR)
    read(now)
    assert firsts() == [None]  # the first could not be read, so the second repeats nobody


def test_long_texts_repeat_word_for_word_only(
    make_voice: Make, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, "LONGEST", 20)
    first = said(make_voice, BASE)
    said(make_voice, NEAR)
    said(make_voice, BASE)
    read(now)
    assert firsts() == [None, None, first.pk]


def test_one_worker_at_a_time_decides_who_was_first(make_voice: Make, now: datetime) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one worker write at a time")
    said(make_voice, BASE)
    read(now)
    held = "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    with connection.cursor() as cursor:  # held until all of it is there for others to see
        cursor.execute(held)
        assert cursor.fetchall() == [(LOCK,)]
