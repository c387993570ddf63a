"""Steps around a limit are taken once, in time, by whoever works, and stop when the case moves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tingda.cases import actions, rules
from tingda.cases.actions import ladder
from tingda.cases.actions.clocks import set_office_day
from tingda.cases.models import Case, Escalation, Referral
from tingda.cases.queries.clocks import moved_by, own_days
from tingda.cases.queries.ladder import due_rows, ladders
from tingda.cases.rules import Step
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.notify.models import Notice
from tingda.web.ledger_words import sentence

MakeCase = Callable[..., Case]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def climb(now: datetime) -> None:
    while ladder.escalate_cases_due(now=now):
        pass


def taken(row: Referral) -> list[tuple[str, list[str]]]:
    rows = Escalation.objects.filter(target=f"referral:{row.pk}").order_by("id")
    return [(one.rung, one.names) for one in rows]


@pytest.fixture
def asked(make_case: MakeCase, cast: SimpleNamespace, now: datetime) -> Referral:
    """A referral of an ordinary case, due in 24 hours."""
    row = actions.refer(make_case(), cast.edu, "查食堂", by=cast.duty, now=now)
    climb(now)
    return row


REMINDED = ("-24.asked", ["教育办联络员"])
LED = ("0.lead", ["教育办联络员", "值班员"])
HEADED = ("24.head", ["签发人"])


def test_each_step_comes_once_however_often_and_whenever_one_looks(
    asked: Referral, now: datetime
) -> None:
    seen = []
    for hours in (11, 12, 12, 3, 20, 23, 24, 24, 2, 47, 48, 40, 200):  # the clock is set back, too
        climb(now + hours * HOUR)
        seen.append(len(taken(asked)))
    assert seen == [0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3]
    assert taken(asked) == [REMINDED, LED, HEADED]
    lines = Line.objects.filter(verb="ladder.called", subject=f"referral:{asked.pk}")
    assert sentence(lines.order_by("number")[0]) == (
        "“反馈核实”时限 11月22日 16:20，经办的人：已告诉教育办联络员"
    )


def test_nobody_is_told_of_one_lateness_twice(
    asked: Referral, cast: SimpleNamespace, now: datetime
) -> None:
    after = now + 24 * HOUR + timedelta(minutes=1)
    assert actions.note_late_due(now=after) == 1
    climb(after)
    about = Notice.objects.filter(link__in=[f"referral:{asked.pk}", asked.case.thread])
    told = about.filter(verb__in=["referral.late", "limit.due", "limit.late"]).order_by("id")
    assert list(told.values_list("person__login", "data__text")) == [
        ("duty", None),
        ("liaison-edu", "请马上办"),  # the reminder, too late
        ("liaison-edu", "请马上过问"),
    ]


def test_steps_that_say_the_same_at_once_are_told_once(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case(grade="major")  # at the limit lead and duty are called: the same person
    climb(now + 6 * HOUR)
    first = case.deadlines.get(stage="first_answer")
    steps = Escalation.objects.filter(target=f"deadline:{first.pk}")
    assert [(one.to, one.names) for one in steps.filter(rung__startswith="0.").order_by("to")] == [
        ("duty", ["值班员", "另一值班员"]),
        ("lead", ["值班员"]),
    ]
    told = Notice.objects.filter(person=cast.duty, link=case.thread)
    told = told.filter(data__due=first.due_at.isoformat()).order_by("id")
    assert [one.data["text"] for one in told] == ["请马上办", "请马上过问"]


def test_of_two_limits_of_a_case_that_end_at_once_people_are_told_once(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    case.deadlines.update(due_at=now + 30 * HOUR)
    climb(now + 29 * HOUR)
    assert Escalation.objects.filter(case=case).count() == case.deadlines.count() > 1
    told = Notice.objects.filter(person=cast.duty, link=case.thread, verb="limit.before")
    assert told.count() == 1


def test_a_server_that_was_off_makes_up_for_what_was_missed(asked: Referral, now: datetime) -> None:
    climb(now + 8 * DAY)
    assert taken(asked) == [REMINDED, LED, HEADED]


def test_after_a_week_off_each_step_comes_once_and_people_are_told_once(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tingda.cases.actions.catching_up.MANY", 3)
    rows = [
        actions.refer(make_case(), cast.edu, "留样", by=cast.duty, now=now) for _number in range(4)
    ]
    before, back = Notice.objects.count(), now + 8 * DAY
    actions.note_late_due(now=back)
    climb(back)
    climb(back + HOUR)
    for row in rows:
        assert taken(row) == [REMINDED, LED, HEADED]
        assert Line.objects.filter(subject=f"referral:{row.pk}", verb="referral.late").count() == 1
    told = Notice.objects.order_by("id")[before:]
    assert sorted((one.person.login, one.verb, one.link) for one in told) == [
        ("duty", "limits.missed", "late"),
        ("liaison-edu", "limits.missed", "referrals"),
        ("releaser", "limits.missed", "late"),
    ]
    fresh = actions.refer(make_case(), cast.edu, "再查", by=cast.duty, now=back + HOUR)
    climb(back + 26 * HOUR)
    assert "limit.late" in set(
        Notice.objects.filter(link=f"referral:{fresh.pk}").values_list("verb", flat=True)
    )


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe"])
def test_in_an_hour_that_comes_twice_no_step_does(
    zone: str, make_case: MakeCase, cast: SimpleNamespace, settings: Any
) -> None:
    settings.TIME_ZONE = zone
    # the hour that comes twice, on 25 October in Berlin and on 5 April in Lord Howe
    twice = {"Europe/Berlin": datetime(2026, 10, 25, 1, 30, tzinfo=UTC)}
    again = twice.get(zone, datetime(2026, 4, 4, 15, 15, tzinfo=UTC))
    row = actions.refer(make_case(), cast.edu, "查", by=cast.duty, now=again - 2 * DAY)
    assert row.due_at == again - DAY
    for quarter in (-4 * 33, -4 * 24, *range(-5, 6)):
        climb(again + quarter * HOUR / 4)
    assert taken(row) == [REMINDED, LED, HEADED]


def test_who_looks_at_the_same_time_takes_no_step_again(asked: Referral, now: datetime) -> None:
    then, table = now + 13 * HOUR, ladders()
    [first] = [row for row in due_rows(then, 10) if isinstance(row, Referral)]
    [second] = [row for row in due_rows(then, 10) if isinstance(row, Referral)]
    assert (ladder._climb(first, table, then), ladder._climb(second, table, then)) == (True, False)
    assert taken(asked) == [REMINDED]


def test_a_step_that_was_cut_off_is_taken_afterwards(
    asked: Referral, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*_args: object, **_more: object) -> None:
        raise OSError("gone")

    with monkeypatch.context() as broken, pytest.raises(OSError, match="gone"):
        broken.setattr("tingda.cases.actions.ladder.tell", cut_off)
        climb(now + 13 * HOUR)
    assert taken(asked) == []
    climb(now + 13 * HOUR)
    assert taken(asked) == [REMINDED]


def test_it_stops_when_the_unit_has_answered(
    asked: Referral, cast: SimpleNamespace, now: datetime
) -> None:
    climb(now + 13 * HOUR)
    said = {"what": "已停用", "by_whom": "教育办", "evidence": "照片"}
    by = cast.liaison_edu
    actions.record_fact(asked.case, **said, referral=asked, by=by, now=now + 14 * HOUR)
    actions.answer_referral(asked, by=by, now=now + 14 * HOUR)
    climb(now + 9 * DAY)
    assert taken(asked) == [REMINDED]


def steps_of(case: Case, stage: str = "first_answer") -> list[tuple[str, datetime, datetime]]:
    row = case.deadlines.get(stage=stage)
    found = Escalation.objects.filter(target=f"deadline:{row.pk}").order_by("id")
    return [(one.rung, one.due_at, one.at) for one in found]


def test_a_pause_an_extension_and_another_calendar_move_the_steps_with_the_limit(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case(kind="hotline")  # due Friday 27th, midnight
    limits = [case.deadlines.get(stage="first_answer").due_at]
    climb(now)
    actions.pause(case, "reporter", 4, "请补充房号", by=cast.duty, now=now)
    limits.append(case.deadlines.get(stage="first_answer").due_at)
    climb(limits[0])  # the old limit passes
    assert steps_of(case) == []
    climb(limits[1] - 20 * HOUR)
    assert steps_of(case) == [("-24.asked", limits[1], limits[1] - 20 * HOUR)]
    row = case.deadlines.get(stage="first_answer")
    late = limits[1] - 10 * HOUR
    asked = actions.ask_extension(row, 2, "还在检测", by=cast.duty, now=late)
    actions.decide_extension(asked, True, "", by=cast.releaser, now=late)
    limits.append(case.deadlines.get(stage="first_answer").due_at)
    climb(limits[1] + HOUR)
    assert len(steps_of(case)) == 1
    climb(limits[2] - 23 * HOUR)  # a new limit, a new reminder
    assert steps_of(case)[1:] == [("-24.asked", limits[2], limits[2] - 23 * HOUR)]
    day = limits[2].date()
    free = {**own_days(), day: False}
    set_office_day(day, False, "停电", by=cast.admin, now=late, seen=len(moved_by(free)))
    limits.append(case.deadlines.get(stage="first_answer").due_at)
    assert limits[3] > limits[2]
    climb(limits[2] - HOUR)
    assert len(steps_of(case)) == 2
    climb(limits[3])
    assert [(rung, due) for rung, due, _at in steps_of(case)[2:]] == [
        ("-24.asked", limits[3]),
        ("0.lead", limits[3]),
    ]


def test_a_case_graded_up_climbs_the_other_ladder_and_wakes_people(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    climb(now)
    actions.set_grade(case, "major", reason="有人送医", by=cast.duty, now=now)
    row = case.deadlines.get(stage="first_answer")  # five hours after it was heard
    climb(row.due_at - HOUR)
    assert [rung for rung, _due, _at in steps_of(case)] == ["-2.asked"]
    climb(row.due_at)
    assert sorted(rung for rung, _due, _at in steps_of(case)) == ["-2.asked", "0.duty", "0.lead"]
    called = Escalation.objects.get(target=f"deadline:{row.pk}", to="duty")
    assert (called.names, called.urgent) == (["值班员", "另一值班员"], True)


def test_what_is_open_again_climbs_the_ladder_of_its_grade_by_then(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case(grade="major")
    asked = actions.refer(case, cast.edu, "查食堂", by=cast.duty, now=now)
    climb(now + 26 * HOUR)
    objected = actions.refer(case, cast.water, "查水", by=cast.duty, now=now + 26 * HOUR)
    climb(now + 26 * HOUR)
    actions.object_referral(objected, "不归我们", by=cast.liaison_water, now=now + 27 * HOUR)
    actions.set_grade(case, "ordinary", reason="看错了", by=cast.duty, now=now + 28 * HOUR)
    actions.decide_objection(objected, None, "是", by=cast.duty2, now=now + 29 * HOUR)
    climb(now + 50 * HOUR)
    assert [rung for rung, _names in taken(objected)] == ["-24.asked", "0.lead"]
    for row in (asked, objected):
        actions.withdraw_referral(row, "不用了", by=cast.duty, now=now + 51 * HOUR)
    climb(now + 10 * DAY)
    text = {"reason": "solved", "text": "已经处理完毕。"}
    actions.close(case, **text, by=cast.duty, now=now + 10 * DAY)
    actions.set_grade(case, "major", reason="又看", by=cast.duty, now=now + 11 * DAY)
    actions.reopen(case, reason="没有解决", by=cast.duty, now=now + 12 * DAY)
    climb(now + 12 * DAY)
    finish = case.deadlines.get(stage="finish")
    steps = Escalation.objects.filter(target=f"deadline:{finish.pk}", due_at=finish.due_at)
    assert {"-24.asked", "24.head", "-2.asked", "0.duty", "1.head"} <= set(
        steps.values_list("rung", flat=True)
    )


def test_the_office_sets_its_own_ladder_and_nothing_is_made_up_for(
    asked: Referral, cast: SimpleNamespace, now: datetime
) -> None:
    own = (Step(-1, "duty", "打电话问"), Step(-6, "head", "请过问"), Step(0, "lead", "快"))
    then = now + 20 * HOUR  # four hours before the limit
    ladder.set_ladder("ordinary.facts", own, by=cast.admin, now=then)
    climb(then)
    assert taken(asked) == []  # six hours before was over when it was set
    climb(now + 23 * HOUR)
    assert taken(asked) == [("-1.duty", ["值班员", "另一值班员"])]
    assert rules.ladder_of("larger", "facts", ladders())[0].text == "打电话问"
    assert rules.ladder_of("larger", "finish", ladders()) == rules.LADDERS["ordinary"]
    ladder.set_ladder("ordinary.facts", (), by=cast.admin, now=now + 23 * HOUR)
    climb(now + 24 * HOUR)
    assert [rung for rung, _names in taken(asked)] == ["-1.duty", "-24.asked", "0.lead"]


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ((), "催办至少一步，最多 %(most)s 步"),
        ((Step(1, "head", "a"), Step(1, "head", "b")), "同一时间催同一个人，只写一步"),
        ((Step(9999, "head", "a"),), "请写明提前或过后几小时，最多 %(most)s 小时"),
        ((Step(1, "nobody", "a"),), "请写明提前或过后几小时，最多 %(most)s 小时"),
    ],
)
def test_a_ladder_that_cannot_work_is_refused(steps: rules.Ladder, says: str) -> None:
    with pytest.raises(Refused) as refused:
        rules.check_ladder(steps)
    assert refused.value.message == says


def test_a_person_reminds_the_unit_once_an_hour(
    asked: Referral, cast: SimpleNamespace, now: datetime
) -> None:
    ladder.urge(asked, "家长在等", by=cast.duty, now=now + HOUR)
    with pytest.raises(Refused, match="一小时内已经催过一次"):
        ladder.urge(asked, "家长在等", by=cast.duty2, now=now + HOUR + timedelta(minutes=59))
    ladder.urge(asked, "还在等", by=cast.duty2, now=now + 2 * HOUR + timedelta(minutes=1))
    told = Notice.objects.filter(person=cast.liaison_edu, verb="limit.urged").order_by("id")
    assert [notice.data["text"] for notice in told] == ["家长在等", "还在等"]
    with pytest.raises(Refused, match="您的角色"):
        ladder.urge(asked, "快", by=cast.liaison_edu, now=now + 5 * HOUR)
    actions.withdraw_referral(asked, "不用了", by=cast.duty, now=now + 5 * HOUR)
    with pytest.raises(Refused, match="已经结束"):
        ladder.urge(asked, "快", by=cast.duty, now=now + 6 * HOUR)


def test_a_unit_without_anybody_is_not_reminded_but_called(
    asked: Referral, cast: SimpleNamespace, now: datetime
) -> None:
    cast.liaison_edu.is_active = False
    cast.liaison_edu.save(update_fields=["is_active"])
    with pytest.raises(Refused, match="没有在用的联络员"):
        ladder.urge(asked, "快", by=cast.duty, now=now + HOUR)
    assert not Escalation.objects.filter(rung="").exists()


def test_who_left_is_not_called_and_somebody_always_is(
    asked: Referral, cast: SimpleNamespace, now: datetime
) -> None:
    for person in (cast.liaison_edu, cast.duty, cast.releaser):
        person.is_active = False
        person.save(update_fields=["is_active"])
    climb(now + 2 * DAY)
    assert [names for _rung, names in taken(asked)] == [["另一值班员"]] * 3
