"""An edited voice is read again; one that cannot be read waits aside and holds up no other."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connection

from tingda.analyse.actions import reading as actions
from tingda.analyse.actions.quarantine import try_again
from tingda.analyse.actions.reading import read_again_due, read_due
from tingda.analyse.actions.tables import seed_topics
from tingda.analyse.actions.watches import add_watch
from tingda.analyse.models import Quarantine, Reading, WatchHit
from tingda.analyse.queries import search_voices
from tingda.analyse.rules import Judgement, Reader, VoiceText
from tingda.collect.actions.hearing import hear
from tingda.collect.models import Source, Voice
from tingda.collect.rules import Entry
from tingda.detect.actions.deciding import rename, split
from tingda.detect.actions.gathering import gather_due
from tingda.detect.models import Alert, Belonging, Issue
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused

pytestmark = pytest.mark.django_db
Say = Callable[..., Voice]
Make = Callable[..., Voice]
LAMP, SMOKE = "滨河路路灯全黑了，走路害怕", "锦绣苑楼下烧烤店的油烟直接排到二楼窗口，没人管"


@pytest.fixture
def say(db: None, now: datetime) -> Say:
    """What stands on a page that is looked at: said again under the same id, it was edited."""
    source = Source.objects.create(name="镇民论坛", kind=Source.Kind.FEED)

    def tell(guid: str, text: str, title: str = "") -> Voice:
        hear(source, [Entry(title=title, text=text, guid=guid)], now=now)
        work(now)
        return Voice.objects.order_by("-pk")[0] if not guid else _by_guid(guid)

    ids: dict[str, int] = {}

    def _by_guid(guid: str) -> Voice:
        new = Voice.objects.exclude(pk__in=ids.values()).order_by("pk").first()
        if guid not in ids and new:
            ids[guid] = new.pk
        return Voice.objects.get(pk=ids[guid])

    return tell


def work(now: datetime) -> None:
    while read_due(now=now) or gather_due(now=now):
        pass


def found(words: str) -> list[int]:
    return sorted(row.pk for row in search_voices(words))


def index_is_sound() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO analyse_search (analyse_search, rank) VALUES ('integrity-check', 0)"
            )


def test_what_was_found_in_an_edited_voice_is_replaced(say: Say, now: datetime) -> None:
    seed_topics(now=now)
    voice = say("1", "清溪中学食堂午餐有虫子", "食堂午餐")
    before = Reading.objects.get()
    say("1", LAMP, "路灯")
    after = Reading.objects.get()
    assert (before.voice_id, after.voice_id) == (voice.pk, voice.pk)
    for name in ("topic_id", "places", "digest", "why", "terms"):
        assert getattr(before, name) != getattr(after, name), name
    assert (before.edits, after.edits) == (0, 1)


def test_an_edited_voice_is_found_by_its_new_words_only(say: Say) -> None:
    voice, other = say("1", SMOKE), say("2", "油烟机坏了没人修")
    assert found("油烟") == [voice.pk, other.pk]
    for text, old in ((LAMP, "油烟"), ("井盖不见了", "路灯"), ("停水三天", "井盖")):
        say("1", text)
        assert voice.pk in found(text[:2])
        assert voice.pk not in found(old)
    assert found("油烟") == [other.pk]
    index_is_sound()


def test_a_voice_edited_twice_between_two_readings_leaves_the_index_sound(
    say: Say, now: datetime
) -> None:
    voice = say("1", SMOKE)
    source = Source.objects.get()
    for text in (LAMP, "井盖不见了"):
        hear(source, [Entry(text=text, guid="1")], now=now)
    work(now)
    assert (found("油烟"), found("路灯"), found("井盖")) == ([], [], [voice.pk])
    index_is_sound()


def test_where_a_voice_belongs_and_what_people_decided_stays(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    first, second = say("1", SMOKE), say("2", "锦绣苑楼下烧烤店油烟排到二楼，晚上不敢开窗")
    issue = Belonging.objects.get(voice=first).issue
    fresh = split(issue, [second.pk], title="另一件事", by=cast.duty, now=now)
    rename(issue, "锦绣苑油烟", by=cast.duty, now=now)
    before = list(Belonging.objects.order_by("pk").values("pk", "issue", "by_person", "stamp"))
    say("2", LAMP)
    say("1", "井盖不见了，快来人看看")
    assert list(Belonging.objects.order_by("pk").values(*before[0])) == before
    issue.refresh_from_db()
    assert (issue.title, issue.messages, Issue.objects.get(pk=fresh.pk).title) == (
        "锦绣苑油烟",
        1,
        "另一件事",
    )
    assert not Reading.objects.filter(ungathered=True).exists()


def test_an_issue_of_one_voice_is_called_by_its_new_words(say: Say) -> None:
    say("1", SMOKE)
    say("1", LAMP)
    assert Issue.objects.get().title == LAMP


def test_a_new_watch_hit_is_added_and_the_old_one_stays(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    for name in ("油烟", "路灯"):
        add_watch(name, name, by=cast.duty, owner=cast.duty, now=now)
    say("1", SMOKE)
    say("1", LAMP)
    say("1", LAMP + "！")
    hits = WatchHit.objects.order_by("pk").values_list("watch__name", "words")
    assert list(hits) == [("油烟", ["油烟"]), ("路灯", ["路灯"])]


def test_an_edit_that_speaks_of_danger_raises_an_alert(say: Say) -> None:
    say("1", "幸福里小区2号楼楼道的灯坏了")
    assert Alert.objects.count() == 0
    voice = say("1", "幸福里小区2号楼楼道里有天然气味，很浓")
    alert = Alert.objects.get()
    assert (alert.why["voice"], alert.issue) == (voice.pk, Issue.objects.get())
    assert Line.objects.filter(verb="alert.raised").count() == 1


def test_an_edit_of_what_was_dangerous_before_raises_no_second_alert(say: Say) -> None:
    say("1", "幸福里小区2号楼楼道里有天然气味，很浓")
    say("1", "幸福里小区2号楼楼道里有天然气味，越来越浓，快来人")
    say("1", "已经修好了，谢谢")
    assert (Alert.objects.count(), Line.objects.filter(verb="alert.raised").count()) == (1, 1)


def test_who_repeated_what_a_voice_says_no_more_is_counted_anew(say: Say) -> None:
    first, copy, third = say("1", SMOKE), say("2", f"【转发】{SMOKE}"), say("3", f"{SMOKE}！")
    assert Issue.objects.get().copies == 2
    say("1", LAMP)
    repeats = dict(Reading.objects.values_list("voice_id", "repeat_of_id"))
    assert repeats == {first.pk: None, copy.pk: None, third.pk: copy.pk}
    copies = dict(Belonging.objects.values_list("voice_id", "copy"))
    assert copies == {first.pk: False, copy.pk: False, third.pk: True}
    assert (Issue.objects.get().copies, Issue.objects.get().messages) == (1, 3)
    later = say("4", f"转：{SMOKE}")
    assert Reading.objects.get(voice=later).repeat_of_id == copy.pk


def test_an_edited_voice_that_repeats_another_is_folded(say: Say) -> None:
    first, second = say("1", SMOKE), say("2", SMOKE.replace("没人管", "一直没人来管过"))
    assert Belonging.objects.get(voice=first).issue == Belonging.objects.get(voice=second).issue
    say("2", SMOKE)
    assert Reading.objects.get(voice=second).repeat_of_id == first.pk
    assert Issue.objects.get().copies == 1


# ---- what cannot be read ----


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Readers fail at texts with 毒 in them; the sizes of the batches they were given."""
    sizes: list[int] = []
    read = Reader.read

    def fail(self: Reader, voices: list[VoiceText]) -> list[Judgement]:
        sizes.append(len(voices))
        if any("毒" in voice.body for voice in voices):
            raise ValueError("读不了：毒\0")
        return read(self, voices)

    monkeypatch.setattr(Reader, "read", fail)
    return sizes


def test_a_batch_that_fails_is_halved_until_the_voice_is_alone(
    make_voice: Make, now: datetime, poison: list[int]
) -> None:
    voices = [make_voice(text="毒" if n == 5 else f"第{n}条", unread=True) for n in range(16)]
    assert (read_due(now=now), read_due(now=now)) == (16, 0)
    assert poison == [16, 8, 4, 4, 2, 1, 1, 2, 8]
    read = set(Reading.objects.values_list("voice_id", flat=True))
    assert read == {voice.pk for voice in voices} - {voices[5].pk}
    row = Quarantine.objects.get()
    assert (row.voice_id, row.stage, row.tries, row.at) == (voices[5].pk, "read", 1, now)
    assert (row.error, row.next_due) == ("ValueError: 读不了：毒", now + timedelta(minutes=10))
    assert Voice.objects.get(pk=voices[5].pk).text == "毒"


def test_many_that_fail_hold_up_nobody_behind_them(
    make_voice: Make, now: datetime, poison: list[int]
) -> None:
    for _n in range(12):
        make_voice(text="毒", unread=True)
    good = make_voice(unread=True)
    assert [read_due(now=now, limit=10) for _n in range(3)] == [10, 3, 0]
    assert Reading.objects.get().voice_id == good.pk
    assert Quarantine.objects.count() == 12


def test_it_is_tried_again_after_longer_and_longer_until_it_works(
    make_voice: Make, now: datetime, poison: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = make_voice(text="毒", unread=True)
    read_due(now=now)
    waits, at = [], now
    for _n in range(4):
        due = Quarantine.objects.get().next_due
        assert due is not None
        waits.append(due - at)
        at = due
        assert read_again_due(now=at - timedelta(seconds=1)) == 0
        assert read_again_due(now=at) == 1
    minutes = [wait.total_seconds() / 60 for wait in waits]
    assert minutes == [10, 60, 1440, 1440]
    monkeypatch.undo()
    assert read_again_due(now=at + timedelta(days=1)) == 1
    assert (Reading.objects.get().voice_id, Quarantine.objects.count()) == (voice.pk, 0)


def test_a_person_has_it_tried_again_at_once(
    make_voice: Make,
    cast: SimpleNamespace,
    now: datetime,
    poison: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    voices = [make_voice(text="毒", unread=True) for _n in range(3)]
    read_due(now=now)
    with pytest.raises(Refused):
        try_again(voices[0].pk, by=cast.auditor, now=now)
    monkeypatch.undo()
    try_again(voices[0].pk, by=cast.duty, now=now)
    assert read_again_due(now=now) == 1
    try_again(None, by=cast.duty, now=now)
    assert (read_again_due(now=now), Quarantine.objects.count()) == (2, 0)
    lines = Line.objects.filter(verb="voice.tried_again").order_by("number")
    assert [(line.subject, line.data) for line in lines] == [
        (f"voice:{voices[0].pk}", {"count": 1}),
        ("voice:all", {"count": 2}),
    ]
    with pytest.raises(Refused):
        try_again(voices[0].pk, by=cast.duty, now=now)


def test_an_edit_of_what_could_not_be_read_is_read_at_once(
    say: Say, now: datetime, poison: list[int]
) -> None:
    voice = say("1", "毒")
    assert (Quarantine.objects.count(), Reading.objects.count()) == (1, 0)
    say("1", LAMP)
    assert (Quarantine.objects.count(), Reading.objects.get().voice_id) == (0, voice.pk)
    assert Belonging.objects.get().voice_id == voice.pk


def test_an_edit_that_cannot_be_read_leaves_what_was_found(say: Say, poison: list[int]) -> None:
    voice = say("1", LAMP)
    say("1", "毒")
    assert Quarantine.objects.get().voice_id == voice.pk
    assert (Reading.objects.get().edits, found("路灯")) == (0, [voice.pk])
    index_is_sound()


def test_a_database_that_is_away_is_no_voices_fault(
    make_voice: Make, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_voice(unread=True)

    def fail(*_arguments: Any) -> None:
        raise OperationalError("disk is full")

    monkeypatch.setattr(actions, "put_in", fail)
    with pytest.raises(OperationalError):
        read_due(now=now)
    assert (Quarantine.objects.count(), Voice.objects.filter(unread=True).count()) == (0, 1)
