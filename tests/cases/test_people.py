"""Somebody leaves, a unit is merged: nothing is left without an owner, and all on the record."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tingda.analyse.actions.watches import add_watch
from tingda.cases.actions import (
    add_route,
    change_person,
    close_unit,
    decide_objection,
    merge_unit,
    object_referral,
    open_case,
    refer,
)
from tingda.cases.actions.meetings import Called, call_meeting, finish_task, give_task
from tingda.cases.models import Case, Promise, Referral, Route, Task
from tingda.cases.queries import referrals_for
from tingda.cases.queries.people import open_matters
from tingda.cases.queries.routing import broken_routes
from tingda.duty.actions.rosters import Wanted, fill, set_roster
from tingda.duty.models import Turn
from tingda.duty.queries import on_duty
from tingda.duty.rules import Days, Hours
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.notify.models import Notice, Reach
from tingda.people.actions import add_person, be_away, set_unit_contact
from tingda.people.models import Absence, Person, Unit
from tingda.web.ledger_words import sentence

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 21)


@pytest.fixture
def change(cast: SimpleNamespace, now: datetime) -> Callable[..., Person]:
    def make(person: Person, heir: Person | None = None, **values: Any) -> Person:
        kept = {
            "name": person.name,
            "unit": person.unit,
            "roles": person.roles,
            "active": person.is_active,
        }
        return change_person(person, **kept | values, heir=heir, by=cast.admin, now=now)

    return make


def test_who_owns_cases_leaves_only_with_an_heir(
    cast: SimpleNamespace,
    now: datetime,
    make_case: Callable[..., Case],
    change: Callable[..., Person],
) -> None:
    first, second = make_case(), make_case()
    add_watch("校车", "校车", by=cast.duty, owner=cast.duty, now=now)
    set_unit_contact(cast.edu, lead=cast.duty, phone="", hours="", by=cast.admin, now=now)
    assert len(open_matters(cast.duty, now)) == 4
    before = Line.objects.count()
    with pytest.raises(Refused) as why:
        change(cast.duty, active=False)
    assert why.value.params["count"] == 4
    with pytest.raises(Refused, match="看不到这个事项"):
        change(cast.duty, cast.liaison_edu, active=False)
    assert Person.objects.get(pk=cast.duty.pk).is_active
    assert Line.objects.count() == before
    change(cast.duty, cast.duty2, active=False)
    assert set(Case.objects.values_list("owner", flat=True)) == {cast.duty2.pk}
    assert Unit.objects.get(pk=cast.edu.pk).lead == cast.duty2
    assert len(open_matters(cast.duty2, now)) == 4
    for case in (first, second):
        line = Line.objects.filter(thread=case.thread).latest("number")
        assert sentence(line) == "负责人改为另一值班员"
    assert Notice.objects.filter(person=cast.duty2, verb="case.handed_over").count() == 2
    assert len(open_matters(Person.objects.get(pk=cast.duty.pk), now)) == 0


def test_tasks_go_to_the_heir_too(
    cast: SimpleNamespace, now: datetime, change: Callable[..., Person]
) -> None:
    given = {"by": cast.duty, "now": now}
    task = give_task("写总结", cast.drafter, date(2026, 11, 30), **given)
    done = give_task("送检", cast.drafter, date(2026, 11, 30), **given)
    finish_task(done, "收据", by=cast.drafter, now=now)
    with pytest.raises(Refused, match="接手"):
        change(cast.drafter, active=False)
    change(cast.drafter, cast.liaison_edu, active=False)
    owners = dict(Task.objects.values_list("what", "owner__login"))
    assert owners == {"写总结": "liaison-edu", "送检": "drafter"}
    assert Notice.objects.filter(person=cast.liaison_edu, link=f"task:{task.pk}").count() == 1
    assert sentence(Line.objects.latest("number")) == "任务由教育办联络员接手：写总结"


def test_another_unit_or_role_asks_for_an_heir_only_where_it_takes_the_sight_away(
    cast: SimpleNamespace, make_case: Callable[..., Case], change: Callable[..., Person]
) -> None:
    make_case()
    assert change(cast.duty, roles=["drafter"]).roles == {"drafter"}
    with pytest.raises(Refused, match="接手"):
        change(Person.objects.get(pk=cast.duty.pk), unit=cast.water)
    moved = change(Person.objects.get(pk=cast.duty.pk), cast.duty2, unit=cast.water)
    assert (moved.unit, Case.objects.get().owner) == (cast.water, cast.duty2)


def test_the_only_liaison_leaves_only_with_one_who_can_answer(
    cast: SimpleNamespace,
    now: datetime,
    make_case: Callable[..., Case],
    change: Callable[..., Person],
) -> None:
    row = refer(make_case(), cast.edu, "查什么", by=cast.duty, now=now)
    with pytest.raises(Refused, match="接手"):
        change(cast.liaison_edu, active=False)
    for stranger in (cast.liaison_water, cast.drafter):
        with pytest.raises(Refused, match="不属于教育办"):
            change(cast.liaison_edu, stranger, active=False)
    login = {"password": None, "by": cast.admin, "now": now}
    other = add_person("edu2", "教育办另一人", cast.edu, [], **login)
    change(cast.liaison_edu, other, active=False)
    heir = Person.objects.get(pk=other.pk)
    assert (heir.roles, list(referrals_for(heir))) == ({"liaison"}, [row])
    said = sentence(Line.objects.filter(thread=row.case.thread).latest("number"))
    assert said == "教育办的联系单由教育办另一人接手"
    change(heir, cast.duty2, active=False)
    assert Notice.objects.filter(person=cast.duty2, link=f"referral:{row.pk}").count() == 1


def test_a_referral_that_another_liaison_answers_needs_no_heir(
    cast: SimpleNamespace,
    now: datetime,
    make_case: Callable[..., Case],
    change: Callable[..., Person],
) -> None:
    refer(make_case(), cast.edu, "查什么", by=cast.duty, now=now)
    assert len(open_matters(cast.liaison_edu, now)) == 1
    change(cast.liaison_water, unit=cast.edu)
    assert len(open_matters(cast.liaison_edu, now)) == 0
    assert not change(cast.liaison_edu, active=False).is_active


def test_open_cases_and_referrals_of_a_merged_unit_go_to_the_heir_with_a_line_each(
    cast: SimpleNamespace, now: datetime, make_case: Callable[..., Case]
) -> None:
    case, closed = make_case(unit=cast.edu), make_case(unit=cast.edu)
    Case.objects.filter(pk=closed.pk).update(state="closed")
    asked = refer(case, cast.edu, "查什么", by=cast.duty, now=now)
    old = refer(case, cast.water, "查什么", by=cast.duty, now=now)
    Referral.objects.filter(pk=old.pk).update(state=Referral.State.ANSWERED, unit=cast.edu)
    way = Reach.objects.create(kind="ntfy", name="群", sealed=b"", language="zh-hans")
    way.units.add(cast.edu)
    merge_unit(cast.edu, cast.water, by=cast.admin, now=now)
    assert set(way.units.all()) == {cast.edu, cast.water}
    units = dict(Case.objects.values_list("pk", "unit"))
    assert units == {case.pk: cast.water.pk, closed.pk: cast.edu.pk}
    units = dict(Referral.objects.values_list("pk", "unit"))
    assert units == {asked.pk: cast.water.pk, old.pk: cast.edu.pk}
    assert set(referrals_for(cast.liaison_water)) == {asked, old}
    said = [sentence(line) for line in Line.objects.order_by("-number")[:3]]
    assert said == [
        "联系单由教育办转给供水公司（单位合并）",
        "主办单位由教育办改为供水公司（单位合并）",
        "单位教育办并入供水公司",
    ]
    told = Notice.objects.filter(person=cast.liaison_water, link=f"referral:{asked.pk}")
    assert told.count() == 1


def test_a_unit_for_which_something_waits_is_not_closed_and_gets_nothing_when_it_is(
    cast: SimpleNamespace, now: datetime, make_case: Callable[..., Case], make_issue: Any
) -> None:
    case = make_case(unit=cast.edu)
    Person.objects.filter(unit=cast.edu).update(is_active=False)
    with pytest.raises(Refused, match="并入接手的单位"):
        close_unit(cast.edu, by=cast.admin, now=now)
    assert Unit.objects.get(pk=cast.edu.pk).closed_at is None
    Case.objects.filter(pk=case.pk).update(unit=cast.office)
    close_unit(cast.edu, by=cast.admin, now=now)
    closed = Unit.objects.get(pk=cast.edu.pk)
    with pytest.raises(Refused, match="已经撤销"):
        refer(case, closed, "查什么", by=cast.duty, now=now)
    with pytest.raises(Refused, match="已经撤销"):
        open_case(
            make_issue(),
            title="某",
            kind="public_concern",
            grade="ordinary",
            unit=closed,
            by=cast.duty,
            now=now,
        )


# ---- whatever else names a unit or a person ----
def rule(cast: SimpleNamespace, now: datetime, **values: Any) -> Route:
    kept = {"order": 1, "name": "食堂的事", "condition": "食堂", "unit": cast.edu}
    wanted = Route(**kept | {"owner": cast.duty} | values)
    return add_route(wanted, by=cast.admin, now=now)


def test_an_undecided_objection_and_the_rules_of_a_merged_unit_go_with_it(
    cast: SimpleNamespace, now: datetime, make_case: Callable[..., Case]
) -> None:
    route, case = rule(cast, now), make_case()
    row = refer(case, cast.edu, "查什么", by=cast.duty, now=now)
    object_referral(row, "归供水公司", by=cast.liaison_edu, now=now)
    merge_unit(cast.edu, cast.water, by=cast.admin, now=now)
    row.refresh_from_db()
    route.refresh_from_db()
    assert (row.unit, row.state, route.unit) == (cast.water, "objected", cast.water)
    assert Route.objects.filter(unit__closed_at__isnull=False).count() == 0
    assert broken_routes(cast.duty) == []
    said = [sentence(line) for line in Line.objects.order_by("-number")[:2]]
    assert said == ["修改分派规则：食堂的事，给供水公司", "联系单由教育办转给供水公司（单位合并）"]
    decide_objection(row, None, "就归他们", by=cast.releaser, now=now)
    told = Notice.objects.filter(verb="objection.stays").values_list("person__login", flat=True)
    assert set(told) == {"liaison-edu", "liaison-water"}


def test_a_unit_to_which_a_rule_sends_is_not_closed(cast: SimpleNamespace, now: datetime) -> None:
    rule(cast, now)
    Person.objects.filter(unit=cast.edu).update(is_active=False)
    with pytest.raises(Refused, match="并入接手的单位"):
        close_unit(cast.edu, by=cast.admin, now=now)


def test_tasks_rules_shifts_meetings_and_standing_in_are_given_over(
    cast: SimpleNamespace, now: datetime, change: Callable[..., Person]
) -> None:
    task = give_task("送检", cast.duty, date(2026, 11, 23), by=cast.duty2, now=now)
    route = rule(cast, now)
    values = (
        "standing",
        "联席会",
        now + timedelta(days=2),
        "三楼",
        [cast.duty, cast.drafter],
        "",
        [],
    )
    meeting = call_meeting(Called(*values), by=cast.duty, now=now)
    be_away(cast.duty2, cast.duty, DAY, DAY, by=cast.duty2, now=now)
    hours = [Hours("全天", time(8, 0), time(8, 0))]
    wanted = Wanted("平常", DAY, "day", hours, [[cast.duty], [cast.duty2]])
    set_roster(None, wanted, by=cast.admin, now=now)
    fill(Days(), now=now)
    third = add_person(
        "duty3", "第三值班员", cast.office, ["duty"], password=None, by=None, now=now
    )
    mine = Turn.objects.filter(person=cast.duty).count()
    was = open_matters(cast.duty, now)
    assert (len(was), len(was.turns)) == (mine + 5, mine)
    with pytest.raises(Refused, match="接不了班"):
        change(cast.duty, cast.releaser, active=False)
    with pytest.raises(Refused, match="接手"):
        change(cast.duty, active=False)
    change(cast.duty, third, active=False)
    left = open_matters(Person.objects.get(pk=cast.duty.pk), now)
    assert (len(left.tasks), len(left.routes), len(left.rosters), len(left.turns)) == (0, 0, 0, 0)
    task.refresh_from_db()
    route.refresh_from_db()
    assert (task.owner, route.owner) == (third, third)
    assert Absence.objects.get().deputy == third
    assert set(meeting.people.all()) == {third, cast.drafter}
    assert Turn.objects.filter(person=third).count() == mine
    said = [sentence(line) for line in Line.objects.order_by("-number")[:6]]
    assert {
        "任务由第三值班员接手：送检",
        "联席会：值班员换成第三值班员参加",
        "值班表平常：值班员的班由第三值班员接手",
    } < {sentence(line) for line in Line.objects.order_by("-number")[:12]}, said
    assert on_duty(now) == [third]


def test_a_referral_by_name_is_its_units_when_that_person_is_gone(
    cast: SimpleNamespace,
    now: datetime,
    make_case: Callable[..., Case],
    change: Callable[..., Person],
) -> None:
    row = refer(make_case(), cast.edu, "查", person=cast.liaison_edu, by=cast.duty, now=now)
    change(cast.liaison_water, unit=cast.edu)
    change(cast.liaison_edu, unit=cast.water)
    row.refresh_from_db()
    assert row.person is None
    told = Notice.objects.filter(link=f"referral:{row.pk}").order_by("id")
    assert [one.person.login for one in told] == ["liaison-edu", "liaison-water"]
    said = sentence(Line.objects.filter(thread=row.case.thread).latest("number"))
    assert said == "教育办的联系单由供水公司联络员接手"


def test_a_promise_of_a_closed_case_is_given_over_with_it(
    cast: SimpleNamespace,
    now: datetime,
    make_case: Callable[..., Case],
    change: Callable[..., Person],
) -> None:
    case = make_case()
    values = {"what": "换水管", "due_on": DAY, "made_at": now}
    Promise.objects.create(case=case, **values)
    Case.objects.filter(pk=case.pk).update(state="closed")
    with pytest.raises(Refused, match="接手"):
        change(cast.duty, active=False)
    change(cast.duty, cast.duty2, active=False)
    assert Case.objects.get().owner == cast.duty2
