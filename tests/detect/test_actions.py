"""Issues as people and the machine make them: what a person decided stays so."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError

from tingda.analyse.actions.reading import read_due
from tingda.analyse.models import Quarantine
from tingda.collect.actions.hearing import hear
from tingda.collect.models import Source, Voice
from tingda.collect.rules import Entry
from tingda.detect.actions import gathering
from tingda.detect.actions.alerts import confirm_alert
from tingda.detect.actions.deciding import merge, not_ours, ours_again, rename, split
from tingda.detect.actions.gathering import gather_again_due, gather_due
from tingda.detect.models import Alert, Belonging, Issue
from tingda.detect.queries import unconfirmed_alerts
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.notify.models import Notice

pytestmark = pytest.mark.django_db
JINXIU = "锦绣苑楼下烧烤店的油烟直接排到二楼窗口，晚上不敢开窗，没人管"
Listen = Callable[..., list[int]]


@pytest.fixture
def listen(now: datetime) -> Listen:
    """Hear these texts a minute apart, read and group them; the ids of the voices."""
    counter = iter(range(1000))

    def tell(*texts: str, author: str = "") -> list[int]:
        source, _new = Source.objects.get_or_create(name="镇民论坛", defaults={"kind": "import"})
        entries = [
            Entry(
                text=text,
                guid=str(number),
                author=author or f"人{number}",
                said_at=now + timedelta(minutes=number),
                precision="minute",
            )
            for number, text in ((next(counter), text) for text in texts)
        ]
        added = hear(source, entries, now=now).added
        while read_due(now=now) or gather_due(now=now):
            pass
        return added

    return tell


def issue_of(voice: int) -> Issue:
    return Issue.objects.get(belongings__voice=voice)


def forget() -> None:
    """As a second process that starts now: it knows only what the tables hold."""
    gathering._memory = None


def test_the_same_trouble_at_two_places_is_two_issues(listen: Listen) -> None:
    one, other = listen(JINXIU, JINXIU.replace("锦绣苑", "和顺苑"))
    assert issue_of(one) != issue_of(other)
    later, elsewhere = listen(
        "锦绣苑烧烤店油烟又飘上来了，二楼窗口全是味", "和顺苑烧烤店油烟，二楼窗口不敢开"
    )
    assert (issue_of(later), issue_of(elsewhere)) == (issue_of(one), issue_of(other))


def test_people_stand_beside_messages_and_copies_are_folded(listen: Listen) -> None:
    listen(JINXIU, author="甲")
    listen(f"【转发】{JINXIU}", f"转发：{JINXIU}！", author="乙")
    (issue,) = Issue.objects.all()
    assert (issue.messages, issue.people, issue.copies) == (3, 2, 2)


def test_a_number_of_an_issue_never_changes(listen: Listen) -> None:
    voices = listen(JINXIU, "滨河路路灯全黑了")
    before = {voice: issue_of(voice).pk for voice in voices}
    forget()
    listen("锦绣苑烧烤油烟还是没人管，二楼窗口", "滨河路路灯还是不亮，桥头一段全黑")
    assert {voice: issue_of(voice).pk for voice in voices} == before


@pytest.mark.parametrize("restarted", [False, True])
def test_what_was_merged_stays_merged(
    listen: Listen, cast: SimpleNamespace, now: datetime, restarted: bool
) -> None:
    gone, kept = map(issue_of, listen(JINXIU, JINXIU.replace("锦绣苑", "和顺苑")))
    merge(gone, kept, by=cast.duty, now=now)
    if restarted:
        forget()
    (later,) = listen("锦绣苑烧烤店油烟又来了，二楼窗口不敢开，没人管")
    assert issue_of(later) == kept
    gone.refresh_from_db()
    assert (gone.state, gone.merged_into, gone.messages) == ("merged", kept, 0)
    assert Line.objects.get(verb="issue.merged").thread == f"issue:{kept.pk}"


@pytest.mark.parametrize("restarted", [False, True])
def test_what_was_pulled_apart_stays_apart(
    listen: Listen, cast: SimpleNamespace, now: datetime, restarted: bool
) -> None:
    noise = "锦绣苑楼下烧烤店夜里放音乐，噪声到凌晨一点，睡不着"
    first, second = listen(JINXIU, "锦绣苑楼下烧烤店油烟排到二楼，晚上不敢开窗")
    assert issue_of(first) == issue_of(second)
    fresh = split(issue_of(first), [second], title="另一件事", by=cast.duty, now=now)
    assert (issue_of(second), fresh.title_by_person) == (fresh, True)
    if restarted:
        forget()
    listen(noise, "锦绣苑楼下烧烤店油烟，二楼晚上不敢开窗，没人管")
    assert issue_of(first) != issue_of(second)
    assert issue_of(second) == fresh


def test_not_ours_holds_for_what_comes_later(
    listen: Listen, cast: SimpleNamespace, now: datetime
) -> None:
    (voice,) = listen("全屋定制装修公司限时特惠，免费量房，名额有限")
    not_ours(issue_of(voice), "商家广告", by=cast.duty, now=now)
    (again,) = listen("全屋定制装修公司特惠，免费量房，最后三天名额")
    assert (issue_of(again), issue_of(again).state) == (issue_of(voice), "not_ours")
    ours_again(issue_of(voice), "其中有投诉", by=cast.duty, now=now)
    assert issue_of(voice).state == "open"


def test_a_persons_title_stays(listen: Listen, cast: SimpleNamespace, now: datetime) -> None:
    (voice,) = listen(JINXIU)
    rename(issue_of(voice), "锦绣苑油烟", by=cast.duty, now=now)
    listen("锦绣苑楼下烧烤店油烟太大，二楼窗口")
    assert issue_of(voice).title == "锦绣苑油烟"


@pytest.mark.parametrize("role", ["liaison_edu", "drafter", "releaser", "auditor", "admin"])
def test_only_the_duty_officer_groups(
    listen: Listen, cast: SimpleNamespace, now: datetime, role: str
) -> None:
    one, other = map(issue_of, listen(JINXIU, "滨河路路灯全黑了"))
    by = getattr(cast, role)
    for deed in (
        lambda: merge(one, other, by=by, now=now),
        lambda: split(one, [1], title="", by=by, now=now),
        lambda: rename(one, "题目", by=by, now=now),
        lambda: not_ours(one, "理由", by=by, now=now),
    ):
        with pytest.raises(Refused):
            deed()


def test_words_of_danger_raise_one_alert_that_a_person_confirms(
    listen: Listen, cast: SimpleNamespace, now: datetime
) -> None:
    listen("幸福里小区2号楼楼道里有天然气味，很浓", "幸福里小区2号楼天然气味越来越浓，快来人")
    (alert,) = Alert.objects.all()
    assert (alert.colour, alert.confirmed_at) == ("red", None)
    assert set(Notice.objects.values_list("person", flat=True)) == {cast.duty.pk, cast.duty2.pk}
    with pytest.raises(Refused, match="理由"):
        confirm_alert(alert, colour="blue", reason="", by=cast.duty, now=now)
    confirm_alert(alert, colour="red", reason="", by=cast.duty, now=now)
    with pytest.raises(Refused, match="值班员"):
        confirm_alert(alert, colour="red", reason="", by=cast.duty2, now=now)


@pytest.mark.parametrize("both", [False, True])
def test_after_a_merge_there_is_one_alert_to_confirm(
    listen: Listen, cast: SimpleNamespace, now: datetime, both: bool
) -> None:
    other = "Gas smell at Binhe Road, please come" if both else "滨河路路灯全黑了"
    gone, kept = map(issue_of, listen("幸福里小区2号楼楼道里有天然气味，很浓", other))
    assert gone != kept
    merge(gone, kept, by=cast.duty, now=now)
    assert [alert.issue for alert in unconfirmed_alerts(cast.duty)] == [kept]


def test_a_batch_that_fails_leaves_nothing_half_done_and_is_tried_again(
    listen: Listen, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "recount", lambda issues: 1 / 0)
    listen(JINXIU, "锦绣苑楼下烧烤店油烟，二楼窗口")
    assert (Issue.objects.count(), Belonging.objects.count()) == (0, 0)
    monkeypatch.undo()
    assert (gather_due(now=now), gather_again_due(now=now)) == (0, 0)
    assert gather_again_due(now=now + timedelta(minutes=10)) == 2
    assert Belonging.objects.count() == Voice.objects.count() == 2
    assert Issue.objects.get().messages == 2


def test_a_database_that_is_away_is_nobodys_fault(
    listen: Listen, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(issues: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(gathering, "recount", fail)
    with pytest.raises(OperationalError):
        listen(JINXIU, "锦绣苑楼下烧烤店油烟，二楼窗口")
    monkeypatch.undo()
    assert (Quarantine.objects.count(), gather_due(now=now)) == (0, 2)


def test_a_voice_that_cannot_be_grouped_holds_up_no_other(
    listen: Listen, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = gathering.Grouper.place

    def fail(self: gathering.Grouper, batch: list[gathering.Item]) -> list[gathering.Placed]:
        placed = place(self, batch)
        if any("毒" in "".join(item.terms) for item in batch):
            raise ValueError("毒")
        return placed

    monkeypatch.setattr(gathering.Grouper, "place", fail)
    voices = listen(JINXIU, "中毒中毒中毒", "滨河路路灯全黑了", JINXIU.replace("没人管", "熏人"))
    (row,) = Quarantine.objects.all()
    assert (row.voice_id, row.stage, row.tries) == (voices[1], "gather", 1)
    assert "毒" in row.error
    assert issue_of(voices[0]) == issue_of(voices[3])
    assert Belonging.objects.count() == 3
    assert gather_again_due(now=now + timedelta(minutes=11)) == 1
    row.refresh_from_db()
    assert (row.tries, row.next_due) == (2, now + timedelta(minutes=71))
    monkeypatch.undo()
    assert gather_again_due(now=now + timedelta(hours=2)) == 1
    assert (Quarantine.objects.count(), Belonging.objects.count()) == (0, 4)
