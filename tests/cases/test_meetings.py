"""Reports upward, meetings and tasks."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import SimpleNamespace

import pytest

from tingda.cases import actions
from tingda.cases.actions import ladder, meetings, reports
from tingda.cases.models import Case, Escalation, Meeting, Task
from tingda.cases.rules import CLOCKS, REPORT
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.notify.models import Notice

MakeCase = Callable[..., Case]
HOUR = timedelta(hours=1)
TOLD = {"what": "多人腹痛", "place": "今天中午，一小", "people": "五人送医", "done": "已停用食堂"}
TO = [("县政府总值班室", "phone"), ("县教育局", "document")]


def test_a_major_case_owes_a_report_within_the_hour_from_its_grade(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case, later = make_case(), now + 5 * HOUR
    assert not case.reports.exists()
    actions.set_grade(case, "major", reason="有人送医", by=cast.duty, now=later)
    row = case.reports.get()
    assert (row.number, row.due_at, row.is_owed) == (1, later + HOUR, True)
    assert REPORT not in CLOCKS
    # graded down it is not owed; graded up again nothing restarts
    actions.set_grade(case, "larger", reason="都回家了", by=cast.duty, now=later + HOUR / 2)
    row.refresh_from_db()
    assert row.is_owed is False
    actions.set_grade(case, "extra_major", reason="又有人送医", by=cast.duty, now=later + 2 * HOUR)
    assert [(one.due_at, one.is_owed) for one in case.reports.all()] == [(later + HOUR, True)]
    while ladder.escalate_cases_due(now=later + 2 * HOUR):
        pass
    called = Escalation.objects.filter(target=f"report:{row.pk}").order_by("id")
    assert [one.rung for one in called] == ["-2.asked", "0.lead", "0.duty", "1.head"]
    assert Notice.objects.filter(link=f"report:{row.pk}", person=cast.releaser).count() == 1


def test_a_report_is_sent_once_and_owes_the_next_that_it_announced(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case(grade="major")
    row = case.reports.get()
    told = reports.Told(**TOLD, to=TO, next_at=now + 3 * HOUR)
    reports.send_report(row, told, by=cast.duty, now=now)
    row.refresh_from_db()
    assert row.sent_to == [("县政府总值班室", "电话"), ("县教育局", "书面")]
    owed = case.reports.order_by("number").values_list("number", "due_at")
    assert list(owed) == [(1, row.due_at), (2, row.next_at)]
    with pytest.raises(Refused, match="已经报过"):
        reports.send_report(row, told, by=cast.duty2, now=now)
    reports.note_reply(row, "县政府总值班室 带班领导", "请派人到医院", by=cast.duty, now=now)
    assert [reply.text for reply in row.replies.all()] == ["请派人到医院"]
    second = case.reports.get(number=2)
    with pytest.raises(Refused, match="还没有报"):
        reports.note_reply(second, "某人", "好", by=cast.duty, now=now)
    actions.close(case, reason="solved", text="人都出院了", by=cast.duty, now=now + HOUR)
    second.refresh_from_db()
    assert second.lifted_at == now + HOUR


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"what": " "}, "什么事"),
        ({"people": ""}, "多少人"),
        ({"to": []}, "报给谁"),
        ({"to": [("县政府", "pigeon")]}, "报给谁"),
        ({"next_at": datetime.fromisoformat("2026-11-21T16:20:00+08:00")}, "下次报告"),
    ],
)
def test_a_report_with_a_hole_is_refused(
    change: dict[str, object],
    says: str,
    make_case: MakeCase,
    cast: SimpleNamespace,
    now: datetime,
) -> None:
    row = make_case(grade="major").reports.get()
    values: dict[str, object] = {**TOLD, "to": TO, **change}
    with pytest.raises(Refused, match=says):
        reports.send_report(row, reports.Told(**values), by=cast.duty, now=now)  # type: ignore[arg-type]
    row.refresh_from_db()
    assert row.is_owed is True


def called(case: Case, at: datetime, *people: object, **more: object) -> meetings.Called:
    values = {"kind": "assessment", "title": "送医怎么办", "at": at, "place": "三楼", "others": ""}
    return meetings.Called(**{**values, "people": people, "cases": [case], **more})  # type: ignore[arg-type]


def test_a_meeting_is_called_minuted_and_leads_to_a_task_that_is_proved(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case(grade="major")
    wanted = called(case, now + HOUR, cast.duty, cast.liaison_edu)
    row = meetings.call_meeting(wanted, by=cast.duty, now=now)
    invited = Notice.objects.filter(verb="meeting.called").values_list("person__login", flat=True)
    assert list(invited) == ["liaison-edu"]
    with pytest.raises(Refused, match="还没有开"):
        meetings.add_minutes(row, "三人", "停用", by=cast.duty, now=now)
    meetings.add_minutes(row, "值班员、校长", "停用食堂", by=cast.duty, now=now + 2 * HOUR)
    meetings.add_minutes(row, "同上", "补：留样送检", by=cast.duty2, now=now + 3 * HOUR)
    assert list(row.minutes.values_list("text", flat=True)) == ["停用食堂", "补：留样送检"]
    task = meetings.give_task(
        "留样送检",
        cast.liaison_edu,
        date(2026, 11, 23),
        case=case,
        meeting=row,
        by=cast.duty,
        now=now,
    )
    with pytest.raises(Refused, match="您的角色"):
        meetings.finish_task(task, "好了", by=cast.liaison_water, now=now)
    meetings.finish_task(task, "收据 17 号", by=cast.liaison_edu, now=now + 5 * HOUR)
    with pytest.raises(Refused, match="已经办成"):
        meetings.finish_task(task, "再来", by=cast.liaison_edu, now=now)
    verbs = (
        Line.objects.filter(thread=case.thread).order_by("number").values_list("verb", flat=True)
    )
    assert list(verbs)[1:] == [
        "meeting.called",
        "meeting.minuted",
        "meeting.minuted",
        "task.given",
        "task.done",
    ]


def test_a_task_that_is_late_is_called_on_until_it_is_done(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    given = {"by": cast.duty, "now": now}
    case = make_case()
    late = meetings.give_task("送检", cast.liaison_edu, date(2026, 11, 23), case=case, **given)
    alone = meetings.give_task("写总结", cast.drafter, date(2026, 11, 23), **given)
    meetings.finish_task(late, "送了", by=cast.liaison_edu, now=now)
    while ladder.escalate_cases_due(now=now + timedelta(days=5)):
        pass
    called = Escalation.objects.filter(target__startswith="task:").order_by("id")
    assert [(one.target, one.rung) for one in called] == [
        (f"task:{alone.pk}", "-24.asked"),
        (f"task:{alone.pk}", "0.lead"),
        (f"task:{alone.pk}", "24.head"),
    ]
    assert (called[0].names, called[0].case) == (["拟稿人"], None)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"people": (), "others": " "}, "谁参加"),
        ({"cases": []}, "哪个事项"),
        ({"title": " "}, "议什么"),
        ({"kind": "party"}, "哪一种"),
    ],
)
def test_a_meeting_with_a_hole_is_refused(
    more: dict[str, object],
    says: str,
    make_case: MakeCase,
    cast: SimpleNamespace,
    now: datetime,
) -> None:
    wanted = called(make_case(), now, cast.duty, **more)
    with pytest.raises(Refused, match=says):
        meetings.call_meeting(wanted, by=cast.duty, now=now)
    assert not Meeting.objects.exists()


def test_a_task_for_yesterday_or_for_who_left_is_refused(
    cast: SimpleNamespace, now: datetime
) -> None:
    with pytest.raises(Refused, match="今天以前"):
        meetings.give_task("送检", cast.drafter, date(2026, 11, 20), by=cast.duty, now=now)
    cast.drafter.is_active = False
    with pytest.raises(Refused, match="不在用"):
        meetings.give_task("送检", cast.drafter, date(2026, 11, 23), by=cast.duty, now=now)
    assert not Task.objects.exists()
