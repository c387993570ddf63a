"""Somebody leaves, a unit is merged: nothing is left without an owner, and all on the record."""

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tingda.analyse.actions.watches import add_watch
from tingda.cases.actions import change_person, close_unit, merge_unit, open_case, refer
from tingda.cases.models import Case, Referral
from tingda.cases.queries import referrals_for
from tingda.cases.queries.people import open_matters
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.notify.models import Notice, Reach
from tingda.people.actions import add_person, set_unit_contact
from tingda.people.models import Person, Unit
from tingda.web.ledger_words import sentence

pytestmark = pytest.mark.django_db


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
    assert len(open_matters(cast.duty)) == 4
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
    assert len(open_matters(cast.duty2)) == 4
    for case in (first, second):
        line = Line.objects.filter(thread=case.thread).latest("number")
        assert sentence(line) == "负责人改为另一值班员"
    assert Notice.objects.filter(person=cast.duty2, verb="case.handed_over").count() == 2
    assert len(open_matters(Person.objects.get(pk=cast.duty.pk))) == 0


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
    assert len(open_matters(cast.liaison_edu)) == 1
    change(cast.liaison_water, unit=cast.edu)
    assert len(open_matters(cast.liaison_edu)) == 0
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
