"""Assessments are all kept; what an issue's voices tell; what is learnt of how issues go on."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from tingda.analyse.models import Reading
from tingda.collect.models import Source, Voice
from tingda.detect.actions import foreseeing
from tingda.detect.actions.deciding import merge
from tingda.detect.actions.forgetting import forget_belongings
from tingda.detect.actions.judging import assess
from tingda.detect.models import Assessment, Belonging, Foresight, Issue
from tingda.detect.queries import assessments_of
from tingda.detect.queries.judging import (
    Heard,
    carried_by,
    copied_between,
    copies_of,
    heard_in,
    histories,
    prospect_of,
)
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused

MakeIssue = Callable[..., Issue]
MakeVoice = Callable[..., Voice]
PARTS = {"nature": "油烟扰民", "suggestion": "请综合执法队核实"}


@pytest.fixture(autouse=True)
def not_looked_yet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(foreseeing, "_last", None)
    yield


# ---- the assessment ----
def test_two_people_at_once_are_both_kept_and_the_second_is_told(
    cast: SimpleNamespace, make_issue: MakeIssue, now: datetime
) -> None:
    issue = make_issue()
    one, before_one = assess(issue, PARTS, seen=0, by=cast.duty, now=now)
    other, before_other = assess(issue, PARTS, seen=0, by=cast.duty2, now=now)
    third, before_third = assess(issue, PARTS, seen=other.pk, by=cast.duty, now=now)
    assert (before_one, before_other, before_third) == (None, one, None)
    assert list(assessments_of(issue.pk)) == [third, other, one]
    assert [row.number for row in (one, other, third)] == [1, 2, 3]
    lines = Line.objects.filter(verb="issue.assessed").order_by("number")
    assert [(line.thread, line.actor, line.data["number"]) for line in lines] == [
        (f"issue:{issue.pk}", "值班员", 1),
        (f"issue:{issue.pk}", "另一值班员", 2),
        (f"issue:{issue.pk}", "值班员", 3),
    ]


@pytest.mark.parametrize("missing", ["nature", "suggestion"])
def test_without_nature_or_suggestion_nothing_is_kept(
    cast: SimpleNamespace, make_issue: MakeIssue, now: datetime, missing: str
) -> None:
    with pytest.raises(Refused, match="性质和建议"):
        assess(make_issue(), PARTS | {missing: " \n"}, seen=0, by=cast.duty, now=now)
    assert (Assessment.objects.count(), Line.objects.filter(verb="issue.assessed").count()) == (
        0,
        0,
    )


def test_who_may_not_judge_and_where_it_is_too_late(
    cast: SimpleNamespace, make_issue: MakeIssue, now: datetime
) -> None:
    issue, into = make_issue(), make_issue()
    for voice in Voice.objects.all():
        Reading.objects.create(voice=voice, digest=f"d{voice.pk}", read_at=now)
    with pytest.raises(Refused):
        assess(issue, PARTS, seen=0, by=cast.auditor, now=now)
    assess(issue, PARTS, seen=0, by=cast.duty, now=now)
    merge(issue, into, by=cast.duty, now=now)
    with pytest.raises(Refused, match="已并入"):
        assess(issue, PARTS, seen=0, by=cast.duty, now=now)
    assert [row.issue for row in assessments_of(into.pk)] == [issue]  # goes along


def test_an_issue_somebody_judged_stays_when_its_voices_are_forgotten(
    cast: SimpleNamespace, make_issue: MakeIssue, now: datetime
) -> None:
    judged, other = make_issue(), make_issue()
    assess(judged, PARTS, seen=0, by=cast.duty, now=now)
    forget_belongings(list(Belonging.objects.values_list("voice", flat=True)))
    assert list(Issue.objects.values_list("pk", flat=True)) == [judged.pk]
    assert other.pk != judged.pk


# ---- what the voices tell ----
@pytest.fixture
def spread(make_voice: MakeVoice, make_issue: MakeIssue, now: datetime) -> Issue:
    """Two people on the forum, one of them twice; two copies, one of them on the other board."""
    forum = Source.objects.create(name="论坛", kind="import")
    board = Source.objects.create(name="留言板", kind="import")
    back = [timedelta(hours=hours) for hours in (30, 29, 29, 3, 2)]
    first, again, second, here, there = [
        make_voice(source=source, at=now - ago, author_hash=who)
        for source, ago, who in zip(
            (forum, forum, forum, forum, board), back, ("甲", "甲", "乙", "丙", "丁"), strict=True
        )
    ]
    issue = make_issue(first, again, second, here, there)
    for copy in (here, there):
        Reading.objects.create(voice=copy, digest="d", read_at=now, repeat_of=first)
        Belonging.objects.filter(voice=copy).update(copy=True)
    return issue


def test_people_own_words_and_copies_are_counted_apart_by_day(spread: Issue, now: datetime) -> None:
    midnight = timezone.localtime(now).replace(hour=0, minute=0)
    before = midnight - timedelta(days=1)
    assert heard_in(spread, "day", before, midnight + timedelta(days=1)) == [
        Heard(before, people=2, own=3, copies=0),
        Heard(midnight, people=0, own=0, copies=2),
    ]
    hours = heard_in(spread, "hour", before, midnight)
    assert [(one.people, one.own) for one in hours] == [(1, 1), (2, 2)]


def test_sources_stand_in_the_order_they_were_heard_and_copies_point_to_sources(
    spread: Issue,
) -> None:
    carried = carried_by(spread)
    assert [(one.name, one.own, one.copies, one.people) for one in carried] == [
        ("论坛", 3, 1, 3),
        ("留言板", 0, 1, 1),
    ]
    forum, board = (one.source for one in carried)
    assert copied_between(spread) == {(forum, forum): 1, (board, forum): 1}
    assert list(copies_of(spread).values()) == [2]


# ---- the outlook ----
def test_a_history_has_every_day_up_to_yesterday(
    make_issue: MakeIssue, make_voice: MakeVoice, now: datetime
) -> None:
    days = [make_voice(at=now - timedelta(days=back)) for back in (4, 4, 1, 0)]
    issue, fresh = make_issue(*days), make_issue()
    found = histories(Issue.objects.all(), now)
    assert list(found) == [issue.pk]  # the other began today
    today = timezone.localdate(now)
    assert found[issue.pk].first_day == today - timedelta(days=4)
    assert list(found[issue.pk].counts) == [2, 0, 0, 1]
    assert fresh.first_at > now - timedelta(hours=2)


def test_the_outlook_says_why_it_is_refused(make_issue: MakeIssue, now: datetime) -> None:
    issue = make_issue()
    with pytest.raises(Refused, match="还没有学过"):
        prospect_of(issue, now)
    assert foreseeing.foresee_due(now=now) == 1
    with pytest.raises(Refused, match="现在有 0 个、0 天"):
        prospect_of(issue, now)


def test_it_is_learnt_once_a_day(db: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def tried(after: timedelta) -> int:
        monkeypatch.setattr(foreseeing, "_last", None)
        return foreseeing.foresee_due(now=now + after)

    times = (timedelta(0), timedelta(hours=23), timedelta(hours=24), timedelta(hours=25))
    assert [tried(after) for after in times] == [1, 0, 1, 0]
    assert Foresight.objects.get().at == now + timedelta(hours=24)


def test_a_learnt_office_foresees_an_issue_that_is_old_enough(
    make_issue: MakeIssue, make_voice: MakeVoice, now: datetime
) -> None:
    def voices(days: int) -> list[Voice]:
        return [make_voice(at=now - timedelta(days=back)) for back in range(days) for _ in (0, 1)]

    issues = [make_issue(*voices(45)) for _ in range(5)]
    row = foreseeing.learn_outlook(now=now)
    assert row.refused == {}
    found = prospect_of(issues[0], now)
    assert [(one.days, one.expected) for one in found.expected] == [(1, 2), (3, 6), (7, 14)]
    with pytest.raises(Refused, match="满 7 天"):
        prospect_of(make_issue(*voices(4)), now)
