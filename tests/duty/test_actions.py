"""Rosters become shifts; swaps, logs and plans are done once, by whom they concern, on record."""

from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction

from tingda.collect.actions import periods
from tingda.collect.models import Source
from tingda.duty import queries
from tingda.duty.actions.logs import (
    digest,
    raise_point,
    settle_point,
    sign_log,
    take_over,
    write_log,
)
from tingda.duty.actions.plans import Written, end_plan, set_plan, start_plan, tick
from tingda.duty.actions.rosters import Wanted, end_key_period, fill, set_key_period, set_roster
from tingda.duty.actions.swaps import answer_swap, ask_swap, put_on, withdraw_swap
from tingda.duty.models import KeyPeriod, Roster, Shift, ShiftLog, Swap, Turn
from tingda.duty.rules import Days, Hours
from tingda.ledger.actions import record
from tingda.ledger.models import Line
from tingda.ledger.queries import lines_between
from tingda.lib.refusal import Refused
from tingda.notify.models import Notice
from tingda.people.actions import add_person, change_person
from tingda.people.models import Person
from tingda.worker import rosters as keeping

pytestmark = pytest.mark.django_db
DAY, NIGHT = Hours("白班", time(8, 0), time(17, 30)), Hours("夜班", time(17, 30), time(8, 0))
HOUR = timedelta(hours=1)
TODAY = date(2026, 11, 21)  # it is Saturday 16:20


@pytest.fixture
def third(cast: SimpleNamespace, now: datetime) -> Person:
    return add_person("duty3", "第三值班员", cast.office, ["duty"], password="", by=None, now=now)


@pytest.fixture
def made(cast: SimpleNamespace, third: Person, now: datetime) -> Roster:
    """Three people turn by day and night; duty is on now, duty2 tonight, third tomorrow."""
    return roster(cast, [cast.duty], [cast.duty2], [third], now=now)


def roster(
    cast: SimpleNamespace,
    *teams: list[Person],
    now: datetime,
    row: Roster | None = None,
    **more: Any,
) -> Roster:
    values = {"name": "平常", "begins": TODAY, "rotation": "shift", "hours": [DAY, NIGHT]}
    wanted = Wanted(**values | {"teams": teams} | more)
    saved = set_roster(row, wanted, by=cast.admin, now=now)
    fill(Days(), now=now)
    return saved


def turn_of(person: Person, now: datetime, nth: int = 0) -> Turn:
    """This person's nth shift that has not begun."""
    rows = Turn.objects.filter(person=person, shift__starts_at__gt=now)
    return rows.select_related("shift").order_by("shift__starts_at")[nth]


def names(now: datetime) -> list[str]:
    return [person.login for person in queries.on_duty(now)]


# ---- who is on ----
def test_without_a_roster_everybody_with_the_role_is_on(
    cast: SimpleNamespace, now: datetime
) -> None:
    assert names(now) == ["duty", "duty2"]
    assert queries.rostered_now(now) is None
    assert queries.gaps(now) == []


def test_the_roster_says_who_is_on_and_an_empty_shift_means_everybody(
    cast: SimpleNamespace, made: Roster, now: datetime
) -> None:
    assert names(now) == ["duty"]
    assert names(now + 2 * HOUR) == ["duty2"]
    assert names(now + 18 * HOUR) == ["duty3"]
    assert names(now + timedelta(days=40)) == ["duty", "duty2", "duty3"]
    change(cast, cast.duty, ["duty"], False, now)
    assert names(now) == ["duty2", "duty3"]
    change(cast, cast.duty2, ["drafter"], True, now)
    assert names(now + 2 * HOUR) == ["duty3"]


def change(
    cast: SimpleNamespace, person: Person, roles: list[str], active: bool, now: datetime
) -> None:
    change_person(
        person,
        name=person.name,
        unit=person.unit,
        roles=roles,
        active=active,
        by=cast.admin,
        now=now,
    )


def test_a_person_removed_leaves_gaps_that_are_told_once_a_day(
    cast: SimpleNamespace, made: Roster, now: datetime
) -> None:
    assert queries.gaps(now) == []
    assert keeping.warn_of_gaps(now=now) == 0
    change(cast, cast.duty2, ["duty"], False, now)
    found = queries.gaps(now)
    assert {gap.name for gap in found} == {"白班", "夜班"}
    assert len(found) == 5 and found[0].starts_at == now + timedelta(minutes=70)
    for later in (0, 1, 2):
        keeping.warn_of_gaps(now=now + later * HOUR)
    told = Notice.objects.filter(verb="duty.gap")
    assert sorted(told.values_list("person__login", flat=True)) == ["admin", "duty", "duty3"]
    keeping.warn_of_gaps(now=now + timedelta(days=1))
    assert told.count() == 6
    keeping.warn_of_gaps(now=now + timedelta(days=1, hours=10))  # 02:20: nobody is woken by it
    assert told.count() == 6


# ---- making shifts ----
def test_shifts_are_made_four_weeks_ahead_once_and_again_when_days_change(
    cast: SimpleNamespace, made: Roster, now: datetime
) -> None:
    assert Shift.objects.count() == 2 * 29
    assert fill(Days(), now=now) == 0
    assert fill(Days(), now=now + timedelta(days=1)) == 2
    before = {(s.name, s.starts_at): s.pk for s in Shift.objects.all()}
    friday = date(2026, 11, 27)
    assert fill(Days(off=frozenset({friday})), now=now + timedelta(days=1)) > 0
    after = {(s.name, s.starts_at): s.pk for s in Shift.objects.all()}
    assert after == before  # the same shifts; who is on them may have changed
    assert Line.objects.filter(verb="roster.filled").count() >= 3


def test_a_changed_roster_counts_from_its_day_and_leaves_what_was_changed_by_hand(
    cast: SimpleNamespace, made: Roster, third: Person, now: datetime
) -> None:
    shift = Shift.objects.get(day=TODAY + timedelta(days=3), name="白班")
    out = shift.turns.get().person
    put_on(shift, out, cast.duty if out != cast.duty else third, "临时", by=cast.admin, now=now)
    kept = list(shift.turns.values_list("person", flat=True))
    tonight = list(Turn.objects.filter(shift__day=TODAY).values_list("person", flat=True))
    begins = TODAY + timedelta(days=2)
    roster(cast, [cast.duty2], now=now, row=made, begins=begins)
    later = Turn.objects.filter(shift__day__gte=begins).exclude(shift=shift)
    assert set(later.values_list("person__login", flat=True)) == {"duty2"}
    assert list(shift.turns.values_list("person", flat=True)) == kept
    assert list(Turn.objects.filter(shift__day=TODAY).values_list("person", flat=True)) == tonight
    roster(cast, [cast.duty2], now=now, row=made, active=False)
    assert not Shift.objects.filter(starts_at__gt=now).exists()
    assert Shift.objects.filter(starts_at__lte=now).count() == 1


def test_who_may_not_stand_in_a_roster_is_refused(cast: SimpleNamespace, now: datetime) -> None:
    for teams, more in (
        ([[cast.drafter]], {}),
        ([], {}),
        ([[cast.duty]], {"hours": []}),
        ([[cast.duty]], {"name": " "}),
        ([[cast.duty]], {"begins": date(2001, 1, 1)}),
        ([[cast.duty]], {"rotation": "x"}),
    ):
        with pytest.raises(Refused):
            roster(cast, *teams, now=now, **more)
    with pytest.raises(Refused):
        set_roster(None, Wanted("x", TODAY, "day", [DAY], [[cast.duty]]), by=cast.duty, now=now)
    assert Roster.objects.count() == 0


# ---- key periods ----
def key_period(cast: SimpleNamespace, now: datetime, **more: Any) -> KeyPeriod:
    values = {"name": "防汛", "starts_at": now - HOUR, "ends_at": now + 48 * HOUR, "minutes": 5}
    fields = {"groups": [], "note": ""} | values | more
    return set_key_period(None, fields, by=cast.admin, now=now)


def test_in_a_key_period_its_own_denser_roster_stands_in_place_of_the_usual(
    cast: SimpleNamespace, made: Roster, third: Person, now: datetime
) -> None:
    period = key_period(cast, now, starts_at=now + 24 * HOUR, ends_at=now + 72 * HOUR)
    both = Hours("防汛班", time(0, 0), time(0, 0), needs=2)
    roster(cast, [cast.duty, third], now=now, key_period=period, hours=[both], name="防汛值守")
    during = Shift.objects.filter(starts_at__gte=period.starts_at, starts_at__lt=period.ends_at)
    assert set(during.values_list("name", flat=True)) == {"防汛班"}
    assert [s.turns.count() for s in during] == [2, 2]
    assert Shift.objects.filter(starts_at__gt=period.ends_at, name="夜班").exists()
    end_key_period(period, by=cast.admin, now=now)
    fill(Days(), now=now)
    assert not Shift.objects.filter(name="防汛班").exists()
    assert Shift.objects.filter(day=TODAY + timedelta(days=2)).count() == 2


def test_sources_are_looked_at_more_often_from_to_and_then_as_usual(
    cast: SimpleNamespace, now: datetime
) -> None:
    def source(name: str, **more: Any) -> Source:
        later = {"kind": "feed", "next_due": now + 5 * HOUR, "interval_minutes": 60}
        return Source.objects.create(name=name, **later | more)

    one, two = source("论坛", group="镇内"), source("报纸", group="县里", interval_minutes=3)
    by_hand = source("信箱", group="镇内", close_minutes=2, close_until=now + HOUR)
    period = key_period(cast, now, groups=["镇内"])
    assert periods.follow_now(now=now) == 2
    assert periods.follow_now(now=now) == 0
    for row in (one, two, by_hand):
        row.refresh_from_db()
    assert one.pace(now) == timedelta(minutes=5) and one.is_close(now)
    assert one.next_due == now + timedelta(minutes=5)
    assert two.pace(now) == timedelta(minutes=3) and not two.is_close(now)
    assert by_hand.pace(now) == timedelta(minutes=2)
    assert by_hand.pace(now + 2 * HOUR) == timedelta(minutes=5)
    assert one.pace(period.ends_at) == timedelta(minutes=60)  # by itself, worker or not
    denser = key_period(cast, now, name="国庆", minutes=4)
    assert periods.follow_now(now=now) == 3
    end_key_period(denser, by=cast.admin, now=now)
    assert periods.follow_now(now=now) == 3  # two back to the flood, one as usual
    assert periods.follow_now(now=period.ends_at) == 2
    one.refresh_from_db()
    assert (one.key_minutes, one.key_until, one.interval_minutes) == (None, None, 60)
    by_hand.refresh_from_db()
    assert by_hand.close_minutes == 2


def test_a_key_period_that_nobody_can_mean_is_refused(cast: SimpleNamespace, now: datetime) -> None:
    for more in ({"ends_at": now - 2 * HOUR}, {"minutes": 1}, {"name": " "}):
        with pytest.raises(Refused):
            key_period(cast, now, **more)
    with pytest.raises(Refused):
        key_period(cast, now, ends_at=now + timedelta(days=500))
    assert KeyPeriod.objects.count() == 0


# ---- swaps ----
def test_a_swap_needs_the_others_word_and_then_both_have_as_many_shifts(
    cast: SimpleNamespace, made: Roster, now: datetime
) -> None:
    mine, theirs = turn_of(cast.duty, now), turn_of(cast.duty2, now)
    before = sorted(Turn.objects.values_list("shift", flat=True))
    each = {p.pk: p.turns.count() for p in (cast.duty, cast.duty2)}
    swap = ask_swap(mine, theirs, cast.duty2, "体检", by=cast.duty, now=now)
    assert Turn.objects.get(pk=mine.pk).person == cast.duty
    assert list(queries.swaps_to_answer(cast.duty2, now)) == [swap]
    with pytest.raises(Refused, match="只有被问到的人"):
        answer_swap(swap, True, by=cast.duty, now=now)
    answer_swap(swap, True, by=cast.duty2, now=now)
    assert Turn.objects.get(pk=mine.pk).person == cast.duty2
    assert Turn.objects.get(pk=theirs.pk).person == cast.duty
    assert sorted(Turn.objects.values_list("shift", flat=True)) == before
    assert {p.pk: p.turns.count() for p in (cast.duty, cast.duty2)} == each
    assert Line.objects.filter(verb="swap.agreed").count() == 1
    fill(Days(), now=now + timedelta(days=1))
    assert Turn.objects.get(pk=mine.pk).person == cast.duty2
    with pytest.raises(Refused, match="已经有了结果"):
        answer_swap(swap, True, by=cast.duty2, now=now)


def test_of_two_who_want_the_same_shift_the_second_is_too_late(
    cast: SimpleNamespace, made: Roster, third: Person, now: datetime
) -> None:
    theirs = turn_of(cast.duty2, now)
    first = ask_swap(turn_of(cast.duty, now), theirs, cast.duty2, "甲", by=cast.duty, now=now)
    other = ask_swap(turn_of(third, now, 2), theirs, cast.duty2, "乙", by=third, now=now)
    stale = Swap.objects.get(pk=other.pk)
    answer_swap(first, True, by=cast.duty2, now=now)
    assert Swap.objects.get(pk=other.pk).state == "overtaken"
    with pytest.raises(Refused):
        answer_swap(stale, True, by=cast.duty2, now=now)
    assert Turn.objects.get(pk=theirs.pk).person == cast.duty


def test_swaps_that_cannot_be(
    cast: SimpleNamespace, made: Roster, third: Person, now: datetime
) -> None:
    mine = turn_of(cast.duty, now)
    with pytest.raises(Refused, match="为什么"):
        ask_swap(mine, None, cast.duty2, " ", by=cast.duty, now=now)
    with pytest.raises(Refused, match="不是您的"):
        ask_swap(mine, None, third, "代", by=cast.duty2, now=now)
    with pytest.raises(Refused, match="不是在用的值班员"):
        ask_swap(mine, None, cast.drafter, "代", by=cast.duty, now=now)
    swap = ask_swap(mine, None, third, "代", by=cast.duty, now=now)
    with pytest.raises(Refused, match="已经问过"):
        ask_swap(mine, None, third, "代", by=cast.duty, now=now)
    withdraw_swap(swap, by=cast.duty, now=now)
    again = ask_swap(mine, None, third, "代", by=cast.duty, now=now)
    assert list(queries.swaps_to_answer(third, mine.shift.starts_at)) == []
    with pytest.raises(Refused, match="已经开始"):
        answer_swap(again, True, by=third, now=mine.shift.starts_at)
    answer_swap(again, False, by=third, now=now)
    assert Turn.objects.get(pk=mine.pk).person == cast.duty


def test_somebody_stands_in_once_and_steps_in_where_nobody_is(
    cast: SimpleNamespace, made: Roster, third: Person, now: datetime
) -> None:
    shift = turn_of(cast.duty2, now).shift
    with pytest.raises(Refused):
        put_on(shift, cast.duty2, third, "病假", by=third, now=now)
    with pytest.raises(Refused, match="已经在这个班上"):
        put_on(shift, None, cast.duty2, "病假", by=cast.admin, now=now)
    put_on(shift, cast.duty2, third, "病假", by=cast.admin, now=now)
    assert [(t.person, t.instead_of) for t in shift.turns.all()] == [(third, cast.duty2)]
    change(cast, third, ["duty"], False, now)
    me = Person.objects.get(pk=cast.duty.pk)
    put_on(shift, None, me, "我来", by=me, now=now)
    assert names(shift.starts_at) == ["duty"]
    with pytest.raises(Refused, match="已经过去"):
        put_on(shift, me, cast.duty2, "迟了", by=cast.admin, now=shift.ends_at)


# ---- logs ----
def test_a_log_is_completed_signed_taken_over_and_cannot_change_after(
    cast: SimpleNamespace, made: Roster, third: Person, now: datetime
) -> None:
    shift = Shift.objects.get(day=TODAY, name="白班")
    with pytest.raises(Refused, match="无事"):
        sign_log(shift, {}, by=cast.duty, now=now)
    point = raise_point(shift, "等供水公司回话", by=cast.duty, now=now)
    with pytest.raises(Refused, match="还没有签字交班"):
        take_over(shift, by=cast.duty2, now=now)
    write_log(shift, "停水一起", False, by=cast.duty, now=now)
    with pytest.raises(Refused, match="由这一班的人"):
        sign_log(shift, {}, by=cast.duty2, now=now)
    log = sign_log(shift, {"looks": 3}, by=cast.duty, now=now)
    assert log.points == [{"id": point.pk, "text": "等供水公司回话"}]
    assert log.digest == digest(ShiftLog.objects.get(pk=log.pk))
    assert Line.objects.get(verb="log.signed").data["digest"] == log.digest
    with pytest.raises(Refused, match="不能再改"):
        write_log(shift, "改", False, by=cast.duty, now=now)
    with pytest.raises(Refused, match="不能再改"):
        raise_point(shift, "还有", by=cast.duty, now=now)
    assert [row.pk for row in queries.to_take_over(cast.duty2, now)] == [shift.pk]
    for wrong in (cast.duty, third, cast.admin):
        with pytest.raises(Refused):
            take_over(shift, by=wrong, now=now)
    taken = take_over(shift, by=cast.duty2, now=now)
    assert (taken.state, taken.taken_by) == ("taken", cast.duty2)
    with pytest.raises(Refused, match="已经有人接班"):
        take_over(shift, by=cast.duty2, now=now)
    settle_point(point, by=cast.duty2, now=now)
    with pytest.raises(Refused, match="已经办完"):
        settle_point(point, by=cast.duty2, now=now)
    assert ShiftLog.objects.get().points == [{"id": point.pk, "text": "等供水公司回话"}]
    assert list(queries.open_points()) == []


def test_nothing_to_report_is_a_record_and_no_way_to_hide_an_open_point(
    cast: SimpleNamespace, made: Roster, now: datetime
) -> None:
    shift = Shift.objects.get(day=TODAY, name="白班")
    write_log(shift, "", True, by=cast.duty, now=now)
    assert sign_log(shift, {}, by=cast.duty, now=now).nothing
    assert Line.objects.get(verb="log.signed").data["nothing"] is True
    night = Shift.objects.get(day=TODAY, name="夜班")
    with pytest.raises(Refused, match="还没有开始"):
        write_log(night, "", True, by=cast.duty2, now=now)
    later = night.starts_at
    raise_point(night, "有事", by=cast.duty2, now=later)
    write_log(night, "", True, by=cast.duty2, now=later)
    with pytest.raises(Refused, match="未了事项"):
        sign_log(night, {}, by=cast.duty2, now=later)
    assert [row.pk for row in queries.unsigned_for(cast.duty2, night.ends_at)] == [night.pk]


def test_one_person_alone_hands_over_to_themself(cast: SimpleNamespace, now: datetime) -> None:
    roster(cast, [cast.duty], now=now)
    shift = Shift.objects.get(day=TODAY, name="白班")
    write_log(shift, "", True, by=cast.duty, now=now)
    sign_log(shift, {}, by=cast.duty, now=now)
    with pytest.raises(Refused):
        take_over(shift, by=cast.duty2, now=now)
    assert take_over(shift, by=cast.duty, now=now).taken_by == cast.duty


# ---- plans ----
GAS = Written("燃气泄漏", "闻到气味", ["red"], ["gas"], "", "1. 报告\n2. 疏散", "燃气公司：6000")


def test_a_plan_is_followed_ticked_undone_and_ended_and_every_line_stays(
    cast: SimpleNamespace, now: datetime
) -> None:
    plan = set_plan(None, GAS, by=cast.admin, now=now)
    run = start_plan(plan, "issue:7", by=cast.duty, now=now)
    with pytest.raises(Refused, match="已经启动"):
        start_plan(plan, "issue:7", by=cast.duty2, now=now)
    tick(run, 0, True, by=cast.duty, now=now)
    with pytest.raises(Refused, match="勾过"):
        tick(run, 0, True, by=cast.duty2, now=now)
    tick(run, 0, False, by=cast.duty2, now=now + HOUR)
    tick(run, 1, True, by=cast.duty2, now=now + HOUR)
    with pytest.raises(Refused, match="没有这一步"):
        tick(run, 2, True, by=cast.duty, now=now)
    changed = Written(**{**vars(GAS), "steps": "只有一步", "active": False})
    set_plan(plan, changed, by=cast.admin, now=now)
    with pytest.raises(Refused):
        end_plan(run, " ", by=cast.duty, now=now)
    end_plan(run, "误报", by=cast.duty, now=now + 2 * HOUR)
    with pytest.raises(Refused, match="已经结束"):
        tick(run, 0, True, by=cast.duty, now=now)
    (row,) = queries.runs_of("issue:7")
    assert (row.steps, row.ending) == (["报告", "疏散"], "误报")
    assert [(one.step, one.done, one.by.login) for one in row.ticks.all()] == [
        (0, True, "duty"),
        (0, False, "duty2"),
        (1, True, "duty2"),
    ]
    assert [one.by.login if one else "" for one in queries.ticks_of(row)] == ["", "duty2"]
    assert Line.objects.filter(thread="issue:7").count() == 5
    with pytest.raises(Refused, match="停用"):
        start_plan(queries.plans().get(), "issue:8", by=cast.duty, now=now)


def test_plans_that_say_too_little_are_refused(cast: SimpleNamespace, now: datetime) -> None:
    for more in ({"steps": " \n"}, {"name": ""}, {"phones": "没有号码"}, {"steps": "步\n" * 61}):
        with pytest.raises(Refused):
            set_plan(None, Written(**{**vars(GAS), **more}), by=cast.admin, now=now)
    with pytest.raises(Refused):
        set_plan(None, GAS, by=cast.duty, now=now)
    assert not queries.plans().exists()


def test_lines_of_the_ledger_between_two_moments(cast: SimpleNamespace, now: datetime) -> None:

    with transaction.atomic():
        for hour in range(1, 20):
            record("x", "y:1", actor="a", now=now + hour * HOUR, data={"n": hour})
    found = lines_between(now + 3 * HOUR, now + 6 * HOUR)
    assert [line.data["n"] for line in found] == [3, 4, 5]
    assert list(lines_between(now + 90 * HOUR, now + 91 * HOUR)) == []
