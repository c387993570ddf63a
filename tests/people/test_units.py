"""Units in a tree: moved, closed, merged; who stands in; tables of units and people."""

from datetime import date, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.notify.actions import tell
from tingda.notify.models import Notice
from tingda.people import rules
from tingda.people.actions import (
    add_unit,
    be_away,
    be_back,
    bring_people,
    bring_units,
    change_unit,
    close_unit,
    merge_unit,
    reopen_unit,
    set_unit_contact,
)
from tingda.people.models import Absence, Invitation, Person, Unit
from tingda.people.queries import contacts_for, unit_ids_within, with_deputies

DAY = date(2026, 11, 21)
pairs = st.dictionaries(st.integers(1, 8), st.none() | st.integers(1, 8), max_size=8)


@given(pairs, st.integers(1, 8), st.integers(1, 8))
def test_whatever_moves_are_let_no_unit_comes_to_stand_below_itself(
    parents: dict[int, int | None], unit: int, above: int
) -> None:
    tree: dict[int, int | None] = {}
    for child, parent in [*parents.items(), (unit, above)]:
        try:
            rules.check_place(child, parent, tree)
        except Refused:
            continue
        tree[child] = parent
    for start in tree:
        seen, at = set(), tree.get(start)
        while at is not None and at not in seen:
            seen.add(at)
            at = tree.get(at)
        assert start not in seen


@given(st.lists(st.integers(1, 9)), st.dictionaries(st.integers(1, 9), st.integers(1, 9)))
def test_everybody_and_their_deputies_are_told_once(
    people: list[int], away: dict[int, int]
) -> None:
    told = rules.told(people, away)
    assert len(told) == len(set(told))
    assert set(people) <= set(told)
    assert {away[one] for one in told if one in away} <= set(told)


def cells(*rows: dict[str, str]) -> list[rules.Cells]:
    return list(enumerate(rows, start=2))


def test_units_of_a_table_come_upper_first_and_circles_are_told() -> None:
    rows = cells(
        {"name": "一股", "parent": "供热所"},
        {"name": "供热所"},
        {"name": "甲", "parent": "乙"},
        {"name": "乙", "parent": "甲"},
        {"name": "丙", "parent": "火星"},
        {"name": "供热所"},
        {"name": "教育办"},
        {"name": ""},
    )
    wanted, rejects = rules.sort_units(rows, ["教育办"])
    assert [row.values["name"] for row in wanted] == ["供热所", "一股"]
    assert [(one.number, one.reason.message.split("：")[0]) for one in rejects] == [
        (4, "上级单位绕成了一圈"),
        (5, "上级单位绕成了一圈"),
        (6, "没有这个单位"),
        (7, "已有同名的单位"),
        (8, "已有同名的单位"),
        (9, "缺少必填的内容"),
    ]


def test_people_of_a_table_are_refused_each_with_its_reason() -> None:
    good = {"name": "李", "login": "li", "unit": "教育办", "roles": "联络员、duty"}
    rows = cells(
        good,
        good | {"login": "LI"},
        good | {"login": "duty"},
        good | {"login": "a b"},
        good | {"login": "x1", "roles": "国王"},
        good | {"login": "x2", "unit": "火星"},
        good | {"login": "x3", "unit": "双胞胎"},
        good | {"login": "x4", "email": "no-at"},
        good | {"login": "x5", "roles": ""},
        good | {"login": "x6", "name": "长" * 101},
    )
    units = ["教育办", "双胞胎", "双胞胎"]
    wanted, rejects = rules.sort_people(rows, units, ["duty"], {})
    assert [(row.values["login"], row.roles) for row in wanted] == [("li", ("duty", "liaison"))]
    assert [(one.number, one.reason.message[:5]) for one in rejects] == [
        (3, "登录名 %"),
        (4, "登录名 %"),
        (5, "登录名只能"),
        (6, "没有这个角"),
        (7, "没有这个单"),
        (8, "有几个单位"),
        (9, "电子邮箱写"),
        (10, "缺少必填的"),
        (11, "有一格太长"),
    ]


@pytest.mark.parametrize(
    ("header", "kind"),
    [(["单位名称"], "units"), (["姓名或岗位", "Login", "单位", "角色"], "people")],
)
def test_the_header_says_what_a_table_is_about(header: list[str], kind: str) -> None:
    assert rules.columns_of(header, {"Login": "登录名"})[0] == kind
    with pytest.raises(Refused, match="缺少这些列"):
        rules.columns_of(header[:-1] or ["x"], {"Login": "登录名"})


@pytest.mark.django_db
def test_a_unit_moves_and_never_below_itself(cast: SimpleNamespace, now: datetime) -> None:
    part = add_unit("part", "股", parent=cast.edu, by=cast.admin, now=now)

    def place(unit: Unit, parent: Unit | None, name: str = "某") -> Unit:
        return change_unit(unit, name=name, name_en="", parent=parent, by=cast.admin, now=now)

    for unit, parent in ((cast.edu, cast.edu), (cast.edu, part), (cast.office, part)):
        with pytest.raises(Refused, match="不能放在自己"):
            place(unit, parent)
    with pytest.raises(Refused, match="请选上级单位"):
        place(part, None)
    with pytest.raises(Refused, match="名称不能为空"):
        place(part, cast.water, " ")
    moved = place(part, cast.water, "水股")
    assert (moved.name, moved.parent) == ("水股", cast.water)
    assert part.pk in unit_ids_within(cast.liaison_water)
    with pytest.raises(Refused, match="您的角色"):
        change_unit(part, name="x", name_en="", parent=cast.edu, by=cast.duty, now=now)


@pytest.mark.django_db
def test_a_merged_unit_gives_its_people_and_parts_and_stays_readable(
    cast: SimpleNamespace, now: datetime
) -> None:
    part = add_unit("part", "股", parent=cast.edu, by=cast.admin, now=now)
    for unit, heir, why in (
        (cast.edu, cast.edu, "不能并入自己"),
        (cast.edu, part, "下级单位"),
        (cast.office, cast.edu, "下级单位"),
    ):
        with pytest.raises(Refused, match=why):
            merge_unit(unit, heir, by=cast.admin, now=now)
    merge_unit(cast.edu, cast.water, by=cast.admin, now=now)
    row = Unit.objects.get(pk=cast.edu.pk)
    assert (row.closed_at, row.merged_into, row.name) == (now, cast.water, "教育办")
    assert Person.objects.get(pk=cast.liaison_edu.pk).unit == cast.water
    assert Unit.objects.get(pk=part.pk).parent == cast.water
    assert row.pk in unit_ids_within(cast.liaison_water)
    for late in (
        lambda: merge_unit(row, cast.office, by=cast.admin, now=now),
        lambda: add_unit("y", "新", parent=row, by=cast.admin, now=now),
        lambda: merge_unit(cast.water, row, by=cast.admin, now=now),
    ):
        with pytest.raises(Refused, match="已经撤销"):
            late()
    with pytest.raises(Refused, match="不能恢复"):
        reopen_unit(row, by=cast.admin, now=now)


@pytest.mark.django_db
def test_a_unit_with_people_is_not_closed_and_a_closing_is_taken_back(
    cast: SimpleNamespace, now: datetime
) -> None:
    with pytest.raises(Refused, match="还有在用的人员"):
        close_unit(cast.edu, by=cast.admin, now=now)
    with pytest.raises(Refused, match="最上面"):
        close_unit(cast.office, by=cast.admin, now=now)
    Person.objects.filter(unit=cast.edu).update(is_active=False)
    close_unit(cast.edu, by=cast.admin, now=now)
    assert cast.edu not in [entry.unit for entry in contacts_for(cast.duty)]
    reopen_unit(cast.edu, by=cast.admin, now=now)
    assert cast.edu in [entry.unit for entry in contacts_for(cast.duty)]


@pytest.mark.django_db
def test_the_contact_book_finds_units_people_and_numbers(
    cast: SimpleNamespace, now: datetime
) -> None:
    set_unit_contact(
        cast.edu, lead=cast.releaser, phone="0577-11", hours="全天", by=cast.admin, now=now
    )
    found = {
        words: [entry.unit.name for entry in contacts_for(cast.liaison_water, words)]
        for words in ("0577", "签发人", "供水公司联", "全天", "没有", "")
    }
    assert found == {
        "0577": ["教育办"],
        "签发人": ["教育办"],
        "供水公司联": ["供水公司"],
        "全天": ["教育办"],
        "没有": [],
        "": ["公共服务中心", "教育办", "供水公司"],
    }


@pytest.mark.django_db
def test_a_deputy_is_told_what_an_absent_liaison_is_told(
    cast: SimpleNamespace, now: datetime
) -> None:
    def away(person: Person, deputy: Person, first: int, last: int) -> Absence:
        begins, ends = DAY + timedelta(first), DAY + timedelta(last)
        return be_away(person, deputy, begins, ends, by=person, now=now)

    for deputy, days, why in (
        (cast.liaison_water, (0, 1), "看不到"),
        (cast.liaison_edu, (0, 1), "看不到"),
        (cast.duty, (1, 0), "早于"),
        (cast.duty, (-3, -1), "过去"),
    ):
        with pytest.raises(Refused, match=why):
            away(cast.liaison_edu, deputy, *days)
    row = away(cast.liaison_edu, cast.duty, 0, 2)
    away(cast.duty, cast.duty2, 0, 0)
    with pytest.raises(Refused, match="已经登记过"):
        away(cast.liaison_edu, cast.duty2, 2, 5)
    tell([cast.liaison_edu], "referral.sent", key="k", link="referral:1", now=now)
    told = set(Notice.objects.values_list("person__login", flat=True))
    assert told == {"liaison-edu", "duty", "duty2"}
    later = now + timedelta(days=1)
    assert with_deputies([cast.liaison_edu], later) == [cast.liaison_edu, cast.duty]
    with pytest.raises(Refused, match="您的角色"):
        be_back(row, by=cast.duty, now=now)
    be_back(row, by=cast.liaison_edu, now=now)
    assert with_deputies([cast.liaison_edu], now) == [cast.liaison_edu]


@pytest.mark.django_db
def test_a_table_is_brought_as_a_whole_or_not_at_all(cast: SimpleNamespace, now: datetime) -> None:
    good = [
        rules.Wanted(2, {"name": "供热所"}),
        rules.Wanted(3, {"name": "股", "parent": "供热所"}),
    ]
    bring_units(good, by=cast.admin, now=now)
    part = Unit.objects.get(name="股")
    assert (part.parent.name, part.parent.parent) == ("供热所", cast.office)  # type: ignore[union-attr]
    row = {"name": "甲", "login": "one", "unit": "供热所"}
    wanted = [rules.Wanted(2, row, ("liaison",)), rules.Wanted(3, row | {"login": "duty"}, ())]
    lines, people = Line.objects.count(), Person.objects.count()
    with pytest.raises(Refused, match="已被使用"):
        bring_people(wanted, by=cast.admin, now=now)
    assert (Line.objects.count(), Person.objects.count()) == (lines, people)
    [(made, token)] = bring_people(wanted[:1], by=cast.admin, now=now)
    assert (made.roles, made.has_usable_password()) == ({"liaison"}, False)
    assert token not in str(list(Invitation.objects.values()))
