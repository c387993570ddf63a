"""The time of voices that came to nothing ends, for all alike; of a case nothing is lost."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from tingda.analyse.actions.reading import read_due
from tingda.analyse.actions.searching import put_in
from tingda.analyse.actions.watches import add_watch
from tingda.analyse.models import Quarantine, Reading
from tingda.analyse.queries import search_voices
from tingda.cases.actions import retention
from tingda.cases.actions.retention import forget_due
from tingda.cases.models import Case
from tingda.collect.actions.hearing import hear
from tingda.collect.actions.receiving import receive
from tingda.collect.models import Attachment, Check, Edit, Source, Tombstone, Voice
from tingda.collect.rules import Entry
from tingda.detect.actions import gathering
from tingda.detect.actions.deciding import merge, not_ours, rename, split
from tingda.detect.actions.gathering import gather_due
from tingda.detect.models import Belonging, Issue
from tingda.ledger.actions import record
from tingda.ledger.models import Line

pytestmark = pytest.mark.django_db
Say = Callable[..., list[int]]
SMOKE = "锦绣苑楼下烧烤店的油烟直接排到二楼窗口，晚上不敢开窗，没人管"
LAMP, LID = "滨河路路灯全黑了，走路害怕", "和平街井盖不见了，差点掉下去"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(retention._Looked, "at", None)
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.RETENTION_DAYS = 180


@pytest.fixture
def source(db: None) -> Source:
    return Source.objects.create(name="镇民论坛", kind=Source.Kind.FEED)


@pytest.fixture(autouse=True)
def an_office_at_work(db: None, now: datetime) -> None:
    """Something was written lately: the clock is to be believed."""
    for days in (3, 2):
        record("day.noted", "office:1", actor="系统", now=now - timedelta(days=days))


def test_a_clock_that_jumped_ahead_ends_the_time_of_nothing(say: Say, now: datetime) -> None:
    (voice,) = say(SMOKE, days=1)
    assert forget_due(now=now + timedelta(days=400)) == 0
    assert kept() == [voice]


@pytest.fixture
def say(source: Source, now: datetime) -> Say:
    """Hear these texts so many days ago, read and group them; the ids of the voices."""

    def tell(*texts: str, days: int = 200) -> list[int]:
        at = now - timedelta(days=days)
        entries = [Entry(text=text, guid=f"{text}{days}", said_at=at) for text in texts]
        added = hear(source, entries, now=at).added
        work(at)
        return added

    return tell


def work(now: datetime) -> None:
    while read_due(now=now) or gather_due(now=now):
        pass


def kept() -> list[int]:
    return sorted(Voice.objects.values_list("pk", flat=True))


def found(words: str) -> list[int]:
    return sorted(row.pk for row in search_voices(words))


def test_nothing_of_a_voice_remains_but_a_mark(
    say: Say, source: Source, cast: SimpleNamespace, now: datetime
) -> None:
    add_watch("油烟", "油烟", by=cast.duty, owner=cast.duty, now=now)
    (voice,) = say(SMOKE)
    hear(source, [Entry(text=LAMP + SMOKE, guid=f"{SMOKE}200")], now=now - timedelta(days=199))
    work(now - timedelta(days=199))
    assert Edit.objects.get().voice_id == voice
    row = Voice.objects.get()
    assert forget_due(now=now) == 1
    assert (Issue.objects.count(), Belonging.objects.count(), Reading.objects.count()) == (0, 0, 0)
    assert (kept(), Edit.objects.count(), found("油烟")) == ([], 0, [])
    mark = Tombstone.objects.get()
    assert (mark.source, mark.identity, mark.imprint) == (source, row.identity, row.imprint)
    tables = [model.objects.values_list() for model in apps.get_models() if model._meta.managed]
    everything = "\n".join(str(row) for table in tables for row in table)
    assert ("烧烤店" in everything, "路灯" in everything) == (False, False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM analyse_search")
        assert cursor.fetchone()[0] == 0


def test_one_line_tells_how_many_and_nothing_of_what_they_said(say: Say, now: datetime) -> None:
    say(SMOKE, LAMP, LID)
    forget_due(now=now)
    line = Line.objects.get(verb="voices.forgotten")
    assert (line.thread, line.subject, line.data) == (
        "retention",
        "retention",
        {"count": 3, "days": 180},
    )


def test_it_is_not_heard_again_under_its_id_or_another(
    say: Say, source: Source, now: datetime
) -> None:
    say(SMOKE)
    forget_due(now=now)
    said_at = now - timedelta(days=200)
    ids = (f"{SMOKE}200", "another")
    same = [Entry(text=SMOKE, guid=guid, said_at=said_at) for guid in ids]
    heard = hear(source, same, now=now)
    assert (heard.added, heard.repeated, kept()) == ([], 2, [])
    assert len(hear(source, [Entry(text=LAMP, guid="new")], now=now).added) == 1


def test_what_is_young_or_of_a_case_or_written_to_us_stays(
    say: Say,
    make_case: Callable[..., Case],
    make_voice: Callable[..., Voice],
    cast: SimpleNamespace,
    now: datetime,
) -> None:
    (young,) = say(LAMP, days=179)
    (alone,) = say("食堂午餐有虫子，请查一查")
    make_case(Voice.objects.get(pk=alone))
    (in_issue,) = say(SMOKE)
    make_case(Issue.objects.get(belongings__voice=in_issue))
    (merged_in,) = say("公交车晚点半小时，天天如此")
    into = Issue.objects.get(belongings__voice=in_issue)
    merge(Issue.objects.get(belongings__voice=merged_in), into, by=cast.duty, now=now)
    (moved,) = say("幼儿园报名系统打不开")
    was = Issue.objects.get(belongings__voice=moved)
    case = make_case(was)
    (other,) = say("小区快递柜收费不合理")
    target = Issue.objects.get(belongings__voice=other)
    merge(was, target, by=cast.duty, now=now)
    Case.objects.filter(pk=case.pk).update(state="closed")
    letter, _code = receive("来信", "请修路灯", "", "", now=now - timedelta(days=400))
    work(now)
    old = say(LID)
    unread = make_voice(at=now - timedelta(days=300), unread=True)
    assert forget_due(now=now) == 1
    stay = [young, alone, in_issue, merged_in, moved, other, letter.pk, unread.pk]
    assert kept() == sorted(stay)
    assert old[0] not in kept()


@pytest.mark.parametrize(("days", "left"), [(0, 2), (300, 1), (100, 0)])
def test_the_office_sets_the_time(
    say: Say, now: datetime, settings: Any, days: int, left: int
) -> None:
    settings.RETENTION_DAYS = days
    say(SMOKE, days=200)
    say(LAMP, days=9000)
    forget_due(now=now)
    assert len(kept()) == left


def test_an_issue_that_goes_on_keeps_its_number_and_its_clock(say: Say, now: datetime) -> None:
    (_first,) = say(SMOKE, days=200)
    (second,) = say("锦绣苑楼下烧烤店油烟又来了，二楼窗口不敢开", days=20)
    issue = Issue.objects.get()
    assert issue.messages == 2
    forget_due(now=now)
    after = Issue.objects.get()
    assert (after.pk, after.messages, after.heard_at) == (issue.pk, 1, issue.heard_at)
    assert after.title == Voice.objects.get(pk=second).headline
    say("锦绣苑楼下烧烤店油烟没人管，二楼窗口全是味", days=10)
    assert Issue.objects.get().heard_at == issue.heard_at


def test_what_people_decided_stays_without_voices(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    def issue(text: str) -> Issue:
        return Issue.objects.get(belongings__voice=say(text)[0])

    named, refused, gone = issue(SMOKE), issue(LAMP), issue(LID)
    rename(named, "锦绣苑油烟", by=cast.duty, now=now)
    not_ours(refused, "归供电所", by=cast.duty, now=now)
    into = issue("公交车晚点半小时，天天如此")
    merged = issue("食堂午餐有虫子")
    merge(merged, into, by=cast.duty, now=now)
    alarmed = issue("幸福里小区2号楼楼道里有天然气味，很浓")
    apart = issue("幼儿园报名系统打不开")
    (twin,) = say("幼儿园报名系统打不开，急")
    Belonging.objects.filter(voice=twin).update(issue=apart)
    Issue.objects.filter(pk=apart.pk).update(messages=2)
    other = split(apart, [twin], title="", by=cast.duty, now=now)
    forget_due(now=now)
    left = Issue.objects.order_by("pk")
    stay = [named, refused, into, merged, alarmed, apart, other]
    assert [row.pk for row in left] == sorted(row.pk for row in stay)
    assert gone not in left
    assert {(row.messages, row.people, row.copies) for row in left} == {(0, 0, 0)}
    assert (kept(), Issue.objects.get(pk=named.pk).title) == ([], "锦绣苑油烟")


def test_of_repeats_the_next_becomes_the_first(say: Say, now: datetime) -> None:
    (first,) = say(SMOKE, days=200)
    second, third = say(f"【转发】{SMOKE}", f"{SMOKE}！", days=30)
    assert Issue.objects.get().copies == 2
    forget_due(now=now)
    work(now)
    repeats = dict(Reading.objects.values_list("voice_id", "repeat_of_id"))
    assert repeats == {second: None, third: second}
    assert first not in kept()
    assert (Issue.objects.get().messages, Issue.objects.get().copies) == (2, 1)
    (later,) = say(f"转：{SMOKE}", days=1)
    assert Reading.objects.get(voice=later).repeat_of_id == second


@pytest.mark.parametrize("other_process", [False, True])
def test_whoever_groups_does_not_believe_in_issues_that_ended(
    say: Say, now: datetime, other_process: bool
) -> None:
    (old,) = say(SMOKE, days=200)
    ended = Issue.objects.get().pk
    remembered = gathering._memory
    assert remembered is not None
    forget_due(now=now)
    gathering._memory = remembered if not other_process else None
    same, like = say(SMOKE, "锦绣苑楼下烧烤店油烟，二楼窗口不敢开窗", days=1)
    assert Quarantine.objects.count() == 0
    issue = Issue.objects.get()
    assert (issue.pk != ended, issue.messages, old in kept()) == (True, 2, False)
    assert set(Belonging.objects.values_list("voice_id", flat=True)) == {same, like}


def test_a_memory_of_ended_voices_joins_no_merged_issue(
    say: Say, cast: SimpleNamespace, now: datetime
) -> None:
    say(SMOKE, days=200)
    say("锦绣苑楼下烧烤店油烟又来了，二楼窗口不敢开", days=20)
    issue = Issue.objects.get()
    (lamp,) = say(LAMP, days=20)
    forget_due(now=now)
    into = Issue.objects.get(belongings__voice=lamp)
    merge(issue, into, by=cast.duty, now=now)
    (same,) = say(SMOKE, days=1)
    assert Belonging.objects.get(voice=same).issue.state == "open"


def test_words_of_what_stays_are_still_found(say: Say, now: datetime) -> None:
    say(SMOKE, "油烟太大", LAMP, days=200)
    (stays,) = say("油烟机坏了没人修", days=3)
    forget_due(now=now)
    assert (found("油烟"), found("路灯")) == ([stays], [])


def test_files_go_from_the_disk_after_the_rows(
    say: Say, now: datetime, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    (old,), (young,) = say(SMOKE), say(LAMP, days=3)
    folder = Path(settings.MEDIA_ROOT) / "attachments"
    folder.mkdir(parents=True)
    for voice in (old, young):
        (folder / f"{voice}.txt").write_text("照片")
        Attachment.objects.create(
            voice_id=voice, name="a.txt", path=f"attachments/{voice}.txt", size=6, sha256="x"
        )
    with django_capture_on_commit_callbacks() as after_commit:
        forget_due(now=now)
    assert len(list(folder.iterdir())) == 2  # a commit that fails loses no file
    for call in after_commit:
        call()
    assert [file.name for file in folder.iterdir()] == [f"{young}.txt"]


def test_old_looks_go_with_them(source: Source, now: datetime) -> None:
    for days in (1, 179, 181, 900):
        Check.objects.create(source=source, at=now - timedelta(days=days), outcome="nothing")
    forget_due(now=now)
    assert [(now - row.at).days for row in Check.objects.order_by("-at")] == [1, 179]


def test_while_nothing_is_over_it_is_looked_at_once_an_hour(
    say: Say, now: datetime, django_assert_num_queries: Any
) -> None:
    assert forget_due(now=now) == 0
    say(SMOKE)
    with django_assert_num_queries(0):
        assert forget_due(now=now + timedelta(minutes=59)) == 0
    assert forget_due(now=now + timedelta(hours=1)) == 1


def test_what_fails_half_way_leaves_everything(
    say: Say, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    (voice,) = say(SMOKE)
    monkeypatch.setattr(retention, "forget_voices", lambda voices, now: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        forget_due(now=now)
    assert (kept(), found("油烟"), Belonging.objects.count()) == ([voice], [voice], 1)


@pytest.mark.once
@pytest.mark.slow
def test_three_thousand_voices_end_within_seconds(source: Source, now: datetime) -> None:
    at = now - timedelta(days=200)
    voices = Voice.objects.bulk_create(
        Voice(
            source=source,
            identity=f"{n:064x}",
            imprint=f"{n:032x}",
            text=f"第{n}条：滨河路第{n % 50}号路灯不亮，走路害怕",
            heard_at=at,
            at=at,
            unread=False,
        )
        for n in range(3000)
    )
    issues = Issue.objects.bulk_create(
        Issue(title="路灯", first_at=at, last_at=at, heard_at=at, messages=10) for _n in range(300)
    )
    Reading.objects.bulk_create(
        Reading(voice=row, digest=f"{row.pk:032x}", read_at=at, ungathered=False, terms="路灯")
        for row in voices
    )
    Belonging.objects.bulk_create(
        Belonging(voice=row, issue=issues[n // 10], at=at, author_hash=f"v{n}", stamp=1)
        for n, row in enumerate(voices)
    )
    for start in range(0, 3000, 500):
        put_in(voices[start : start + 500])
    began = time.monotonic()
    assert [forget_due(now=now) for _n in range(7)] == [500] * 6 + [0]
    assert (time.monotonic() - began < 20, kept(), Issue.objects.count()) == (True, [], 0)
    assert Line.objects.filter(verb="voices.forgotten").count() == 6
