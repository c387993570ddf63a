"""Waiting with a reason and an end: pauses, extensions, and a calendar that changes."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from tingda.cases import actions
from tingda.cases.models import Case, Deadline, Extension, Pause
from tingda.cases.queries.clocks import moved_by, own_days
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.notify.models import Notice
from tingda.people.actions import add_person
from tingda.people.models import Person
from tingda.web.ledger_words import public_sentence, sentence

MakeCase = Callable[..., Case]
DAY = timedelta(days=1)
TEXT = "请补充房号和发生时间"


def due(case: Case, stage: str) -> datetime:
    return case.deadlines.get(stage=stage).due_at


def hotline(make_case: MakeCase) -> Case:
    return make_case(kind="hotline")  # heard Saturday 16:20; due Friday 2026-11-27


FRIDAY = datetime(2026, 11, 27, 15, 59, 59, tzinfo=UTC)
MONDAY = datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)


def test_a_paused_clock_runs_on_by_itself_and_the_owner_is_told(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = hotline(make_case)
    assert due(case, "first_answer") == FRIDAY
    row = actions.pause(case, "reporter", 4, TEXT, by=cast.duty, now=now)  # to Wednesday 16:20
    # Monday and Tuesday end in the pause
    later = datetime(2026, 12, 1, 15, 59, 59, tzinfo=UTC)
    assert due(case, "first_answer") == later
    assert actions.resume_due(now=row.until - timedelta(minutes=1)) == 0
    assert actions.resume_due(now=row.until) == 1
    assert actions.resume_due(now=row.until + DAY) == 0
    assert due(case, "first_answer") == later
    told = Notice.objects.get(verb="case.resumed")
    assert (told.person, told.link) == (case.owner, case.thread)
    verbs = Line.objects.filter(thread=case.thread).values_list("verb", "public", "actor")
    assert list(verbs.order_by("number"))[1:] == [
        ("case.paused", True, cast.duty.name),
        ("case.resumed", True, "系统"),
    ]


def test_a_pause_that_ends_early_gives_back_what_was_not_used(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = hotline(make_case)
    actions.pause(case, "outside", 20, TEXT, by=cast.duty, now=now)
    assert due(case, "first_answer") == datetime(2026, 12, 17, 15, 59, 59, tzinfo=UTC)
    actions.resume(case, by=cast.duty, now=now + 3 * DAY)  # Tuesday 16:20: Monday's end was in it
    assert due(case, "first_answer") == MONDAY
    with pytest.raises(Refused, match="时限没有暂停"):
        actions.resume(case, by=cast.duty, now=now + 4 * DAY)


@pytest.mark.parametrize(
    ("reason", "days", "text", "why"),
    [
        ("busy", 3, TEXT, "请选择暂停的理由"),
        ("reporter", 16, TEXT, "“等反映人补充材料”最长 15 天"),
        ("reporter", 0, TEXT, "“等反映人补充材料”最长 15 天"),
        ("reporter", 3, " ", "请写明在等什么"),
    ],
)
def test_a_pause_needs_a_named_reason_an_end_and_a_text(
    reason: str, days: int, text: str, why: str, make_case: MakeCase, cast: SimpleNamespace,
    now: datetime,
) -> None:  # fmt: skip
    case = make_case()
    with pytest.raises(Refused) as refusal:
        actions.pause(case, reason, days, text, by=cast.duty, now=now)
    assert refusal.value.message % refusal.value.params == why
    assert not Pause.objects.exists()


def test_pauses_for_one_reason_are_counted_together(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    actions.pause(case, "reporter", 10, TEXT, by=cast.duty, now=now)
    with pytest.raises(Refused, match="时限已经暂停了"):
        actions.pause(case, "outside", 1, TEXT, by=cast.duty, now=now)
    actions.resume(case, by=cast.duty, now=now + 10 * DAY)
    with pytest.raises(Refused, match="最长"):
        actions.pause(case, "reporter", 6, TEXT, by=cast.duty, now=now + 11 * DAY)
    actions.pause(case, "reporter", 5, TEXT, by=cast.duty, now=now + 11 * DAY)


def test_a_lateness_that_is_there_is_not_paused_away(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = hotline(make_case)
    actions.pause(case, "outside", 9, TEXT, by=cast.duty, now=FRIDAY + DAY)
    assert due(case, "first_answer") == FRIDAY


def test_a_closed_case_waits_for_nobody(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = hotline(make_case)
    actions.pause(case, "outside", 9, TEXT, by=cast.duty, now=now)
    text = "已经解决，现场看过。"
    actions.close(case, reason="solved", text=text, by=cast.duty, now=now + DAY)
    assert Pause.objects.get().ended_at == now + DAY
    with pytest.raises(Refused, match="事项已经办结"):
        actions.pause(case, "outside", 9, TEXT, by=cast.duty, now=now + DAY)


# ---- extensions ----
def ask(case: Case, cast: SimpleNamespace, now: datetime, amount: int = 3) -> Extension:
    deadline = case.deadlines.get(stage="first_answer")
    return actions.ask_extension(deadline, amount, "要等检测报告", by=cast.duty, now=now)


def test_an_extension_counts_from_the_same_start_and_is_told_in_public(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = hotline(make_case)
    asked = ask(case, cast, now)
    assert due(case, "first_answer") == FRIDAY
    assert Notice.objects.get(verb="extension.asked").person == cast.releaser
    actions.decide_extension(asked, True, "", by=cast.releaser, now=now + DAY)
    assert due(case, "first_answer") == datetime(2026, 12, 2, 15, 59, 59, tzinfo=UTC)
    line = Line.objects.get(verb="extension.granted")
    said = "同意把“首次回应”延长 3 个工作日，到 12月2日，理由：要等检测报告"
    assert (line.public, public_sentence(line)) == (True, said)
    # another grade does not take it away
    actions.set_grade(case, "major", reason="扩大", by=cast.duty, now=now + DAY)
    assert case.deadlines.get(stage="first_answer").how["extended"] == 3


def test_an_extension_is_for_once(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = hotline(make_case)
    first = ask(case, cast, now)
    with pytest.raises(Refused, match="只能延长一次"):
        ask(case, cast, now)
    with pytest.raises(Refused, match="不同意要写明理由"):
        actions.decide_extension(first, False, " ", by=cast.releaser, now=now)
    actions.decide_extension(first, False, "先按时答复", by=cast.releaser, now=now)
    second = ask(case, cast, now)  # what was refused does not count
    actions.decide_extension(second, True, "", by=cast.releaser, now=now)
    with pytest.raises(Refused, match="已经有人决定了"):
        actions.decide_extension(second, True, "", by=cast.releaser, now=now)
    with pytest.raises(Refused, match="只能延长一次"):
        ask(case, cast, now)


def test_who_asked_does_not_decide(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    both = add_person(
        "both", "两样", cast.office, ["duty", "releaser"],
        password="long-enough-password", by=None, now=now,
    )  # fmt: skip
    case = hotline(make_case)
    deadline = case.deadlines.get(stage="first_answer")
    asked = actions.ask_extension(deadline, 1, "要等报告", by=both, now=now)
    with pytest.raises(Refused, match="延期要由另一个人批准"):
        actions.decide_extension(asked, True, "", by=both, now=now)
    with pytest.raises(Refused, match="您的角色不能做这一步"):
        actions.decide_extension(asked, True, "", by=cast.duty2, now=now)
    assert Extension.objects.get().granted is None


@pytest.mark.parametrize(
    ("kind", "amount", "days", "why"),
    [
        ("hotline", 6, 0, "最多延长"),
        ("hotline", 0, 0, "最多延长"),
        ("hotline", 1, 9, "已经超时"),
        ("petition", 1, 0, "不能延长"),
    ],
)
def test_what_the_table_does_not_allow_is_refused(
    kind: str, amount: int, days: int, why: str, make_case: MakeCase,
    cast: SimpleNamespace, now: datetime,
) -> None:  # fmt: skip
    case = make_case(kind=kind)
    deadline = case.deadlines.get(stage="first_answer")
    with pytest.raises(Refused, match=why):
        actions.ask_extension(deadline, amount, "要等", by=cast.duty, now=now + days * DAY)
    assert not Extension.objects.exists()


def test_the_office_sets_by_how_much_a_deadline_may_be_lengthened(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    old = hotline(make_case)
    later = now + timedelta(hours=1)
    actions.set_clock(
        "hotline.first_answer", 5, "working_days", by=cast.admin, now=later, extension=0
    )
    ask(old, cast, later)  # as it was when the case was opened
    new = make_case(kind="hotline", now=later + timedelta(hours=1))
    with pytest.raises(Refused, match="不能延长"):
        ask(new, cast, later + timedelta(hours=1))


def test_where_who_asked_has_left_the_owner_hears_of_the_decision(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = hotline(make_case)
    deadline = case.deadlines.get(stage="first_answer")
    asked = actions.ask_extension(deadline, 2, "要检测", by=cast.duty2, now=now)
    Person.objects.filter(pk=cast.duty2.pk).update(is_active=False)
    actions.decide_extension(asked, True, "", by=cast.releaser, now=now)
    assert Notice.objects.get(verb="extension.granted").person == case.owner


# ---- a calendar that changes ----
def test_a_changed_calendar_shows_what_it_moves_before_it_moves_it(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    moving, still = hotline(make_case), make_case(kind="petition")
    refused = hotline(make_case)
    text = "已经解决，现场看过。"
    actions.close(refused, reason="solved", text=text, by=cast.duty, now=now)
    day = date(2026, 11, 25)
    would = moved_by({**own_days(), day: False})
    first, last = would
    assert (first.case, first.row.due_at, first.due_at) == (moving, FRIDAY, MONDAY)
    assert (last.case, last.stage) == (moving, "finish")
    with pytest.raises(Refused, match="请看过再确认"):
        actions.set_office_day(day, False, "校庆", by=cast.admin, now=now)
    assert due(moving, "first_answer") == FRIDAY and not own_days()
    before = list(still.deadlines.values_list("due_at", flat=True))
    actions.set_office_day(day, False, "校庆", by=cast.admin, now=now, seen=2)
    assert due(moving, "first_answer") == MONDAY
    assert list(still.deadlines.values_list("due_at", flat=True)) == before
    line = Line.objects.get(verb="deadline.moved", data__stage="first_answer")
    assert line.thread == moving.thread
    expected = "日历变了，“首次回应”时限由 11月27日 23:59 改到 11月30日 23:59"
    assert sentence(line) == expected
    assert moved_by(own_days()) == []


def test_deadlines_follow_a_calendar_that_came_out_later(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = hotline(make_case)
    # as if it had been computed before the calendar came out
    Deadline.objects.filter(case=case, stage="first_answer").update(due_at=MONDAY)
    actions.follow_calendar(1, by=cast.admin, now=now)
    assert due(case, "first_answer") == FRIDAY
    with pytest.raises(Refused, match="您的角色不能做这一步"):
        actions.follow_calendar(0, by=cast.duty, now=now)
