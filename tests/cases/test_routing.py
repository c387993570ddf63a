"""Where matters go: rules, objections, bodies outside."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from types import SimpleNamespace

import pytest
from django.test import Client

from tingda.analyse.models import Intent, Reading, Topic, WordList
from tingda.cases import actions, rules
from tingda.cases.actions.people import merge_unit
from tingda.cases.models import Case, Dispatch, Objection, Referral, Route
from tingda.cases.queries.routing import bench, broken_routes, suggest
from tingda.collect.models import Source, Voice
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.notify.models import Notice
from tingda.people.actions import add_person, add_unit, change_person
from tingda.people.models import Person, Unit

pytestmark = pytest.mark.django_db
Make = Callable[..., Voice]
MakeCase = Callable[..., Case]
DAY = timedelta(days=1)


@pytest.fixture
def add(cast: SimpleNamespace, now: datetime) -> Callable[..., Route]:
    """A rule at the end, of 教育办 unless said otherwise."""

    def make(name: str, condition: str = "", **values: object) -> Route:
        fields = {"unit": cast.edu, "owner": cast.duty, "order": Route.objects.count() + 1}
        wanted = Route(name=name, condition=condition, **fields | values)
        return actions.add_route(wanted, by=cast.admin, now=now)

    return make


@pytest.fixture
def water(db: None) -> Topic:
    return Topic.objects.create(code="water", group="公用", name="供水")


def read(voice: Voice, topic: Topic | None = None, **values: object) -> Voice:
    Reading.objects.create(
        voice=voice, topic=topic, digest=str(voice.pk), read_at=voice.at, ungathered=False, **values
    )
    return voice


def hotline(make_voice: Make, now: datetime, topic: Topic, text: str = "家里停水") -> Voice:
    source, _new = Source.objects.get_or_create(name="热线", defaults={"kind": "hotline"})
    return read(make_voice(source=source, title="", text=text, at=now), topic)


def leave(person: Person, now: datetime) -> None:
    change_person(
        person,
        name=person.name,
        unit=person.unit,
        roles=["liaison"],
        active=False,
        by=None,
        now=now,
    )


# ---- what is suggested ----
def test_the_first_rule_that_holds_is_suggested_with_its_words_and_the_runner_up(
    add: Callable[..., Route], cast: SimpleNamespace, make_voice: Make
) -> None:
    add("校车", "校车")
    first = add("停水", "停水 OR 断水", unit=cast.water)
    add("也是供水", "停水", unit=cast.water)
    last = add("其余")
    found = suggest(make_voice(title="", text="小区又停水了"))
    assert (found.route, found.unit, found.then) == (first, cast.water, last)
    assert [(one.field, one.start, one.end) for one in found.spans] == [("body", 3, 5)]


def test_topic_place_source_and_time_must_all_agree(
    add: Callable[..., Route], cast: SimpleNamespace, make_voice: Make, water: Topic, now: datetime
) -> None:
    voice = read(make_voice(text="没水", place="东街", at=now), water)  # Saturday 16:20
    add("别的时间", topic=water, days="working")
    add("夜里", topic=water, start=time(17, 30), end=time(8))
    add("别的地点", topic=water, place="西街")
    right = add("对的", topic=water, place="东街", source=voice.source, days="off", unit=cast.water)
    assert suggest(voice).route == right


def test_an_issue_goes_where_most_of_its_voices_go(
    add: Callable[..., Route], cast: SimpleNamespace, make_voice: Make, make_issue: Callable
) -> None:
    add("校车", "校车")
    often = add("停水", "停水", unit=cast.water)
    issue = make_issue(
        make_voice(text="校车也停水"), make_voice(text="停水"), make_voice(text="又停水")
    )
    found = suggest(issue)
    assert (found.route, found.share, found.then and found.then.unit) == (often, (2, 3), cast.edu)


def test_nothing_holds_nothing_is_suggested(add: Callable[..., Route], make_voice: Make) -> None:
    assert suggest(make_voice()).route is None
    add("校车", "校车")
    assert suggest(make_voice(text="停水")).route is None


# ---- broken rules ----
def test_a_rule_that_points_at_nobody_falls_to_the_desk_and_is_shouted_about_once_a_day(
    add: Callable[..., Route], cast: SimpleNamespace, make_voice: Make, now: datetime
) -> None:
    route = add("停水", "停水", unit=cast.water)
    add("其余")
    leave(cast.liaison_water, now)
    found = suggest(make_voice(text="停水"))
    assert (found.route, found.unit, found.trouble and found.trouble.code) == (route, None, "unit")
    assert [(row, why.code) for row, why in broken_routes(cast.duty)] == [(route, "unit")]
    told = Notice.objects.filter(verb="route.broken", person=cast.duty)
    assert [actions.shout_due(now=now), actions.shout_due(now=now), told.count()] == [1, 0, 1]
    assert (actions.shout_due(now=now + 2 * timedelta(hours=1)), told.count()) == (1, 1)
    actions.shout_due(now=now + DAY)
    assert told.count() == 2


def test_a_rule_whose_list_is_gone_stands_in_the_way_and_says_so(
    add: Callable[..., Route], cast: SimpleNamespace, make_voice: Make
) -> None:
    words = WordList.objects.create(name="供水", words="停水")
    broken = add("名单", "@供水", unit=cast.water)
    after = add("其余")
    voice = make_voice(text="停水")
    assert suggest(voice).route == broken
    words.delete()
    found = suggest(voice)
    assert (found.route, found.unread, found.then) == (None, (broken,), after)
    assert [why.code for _row, why in broken_routes(cast.admin)] == ["unread"]
    assert (bench().fallen, bench().untaken) == (1, 0)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"condition": "停水 ("}, "左括号"),
        ({"condition": "@没有的名单"}, "没有“没有的名单”这个名单"),
        ({"start": time(8)}, "两个都写"),
        ({"name": " "}, "名称要写"),
        ({"at_once": True}, "请选主题"),
    ],
)
def test_a_rule_that_could_not_work_is_not_saved(
    values: dict[str, object], why: str, add: Callable[..., Route]
) -> None:
    with pytest.raises(Refused, match=why):
        add(**{"name": "规则", "condition": "停水"} | values)
    assert Route.objects.count() == 0


def test_nobody_to_ask_nobody_of_the_unit_nobody_without_the_role(
    add: Callable[..., Route], cast: SimpleNamespace, now: datetime
) -> None:
    with pytest.raises(Refused, match="不在这个单位"):
        add("停水", "停水", person=cast.liaison_water)
    leave(cast.liaison_edu, now)
    with pytest.raises(Refused, match="没有在用的联络员"):
        add("停水", "停水")
    with pytest.raises(Refused, match="您的角色不能做这一步"):
        actions.add_route(
            Route(name="x", unit=cast.water, owner=cast.duty, order=1), by=cast.duty, now=now
        )


def test_a_rule_that_changed_since_it_was_seen_is_not_overwritten(
    add: Callable[..., Route], cast: SimpleNamespace, now: datetime
) -> None:
    route = add("停水", "停水")
    one, other = (Route.objects.get(pk=route.pk) for _who in range(2))
    one.condition = "停水 小区"
    actions.change_route(one, 1, by=cast.admin, now=now)
    other.condition = "停电"
    with pytest.raises(Refused, match="刚被人改过"):
        actions.change_route(other, 1, by=cast.admin, now=now)
    with pytest.raises(Refused, match="刚被人改过"):
        actions.drop_route(other, 1, by=cast.admin, now=now)
    assert Route.objects.get().condition == "停水 小区"
    line = Line.objects.get(verb="route.changed")
    assert (line.thread, line.data["was"]) == ("routes", {"condition": "停水"})


def test_places_in_the_order_are_counted_anew(
    add: Callable[..., Route], cast: SimpleNamespace, now: datetime
) -> None:
    first, second, third = (add(name) for name in "甲乙丙")
    third.order = 1
    actions.change_route(third, 1, by=cast.admin, now=now)
    actions.drop_route(Route.objects.get(pk=first.pk), 1, by=cast.admin, now=now)
    assert list(Route.objects.values_list("name", "order")) == [("丙", 1), ("乙", 2)]
    assert second.name == "乙"


def test_the_bench_tells_what_a_change_would_move(
    add: Callable[..., Route], cast: SimpleNamespace, make_voice: Make
) -> None:
    make_voice(text="停水"), make_voice(text="校车"), make_voice(text="路灯")
    route = add("停水", "停水 OR 校车", unit=cast.water)
    now_so = bench()
    assert (now_so.counts, now_so.untaken, now_so.changed) == ({route.pk: 2}, 1, [])
    wanted = Route(
        pk=route.pk, name="停水", condition="停水", unit=cast.water, owner=cast.duty, order=1
    )
    found = bench(wanted)
    moved = [(was.voice.text, was.route, new.route) for was, new in found.changed]
    assert (moved, found.untaken) == ([("校车", route, None)], 2)


# ---- what goes by itself ----
@pytest.fixture
def at_once(add: Callable[..., Route], cast: SimpleNamespace, water: Topic) -> Route:
    return add(
        "供水直接发",
        topic=water,
        unit=cast.water,
        at_once=True,
        kind="hotline",
        grade="ordinary",
        asks="请核实是否停水",
    )


def test_a_case_that_a_person_takes_on_is_sent_at_once_to_the_unit_they_chose(
    at_once: Route, make_voice: Make, make_case: MakeCase, cast: SimpleNamespace, water: Topic
) -> None:
    sent = make_case(read(make_voice(), water), unit=cast.water)
    row = sent.referrals.get()
    assert (row.unit, row.asks, row.sent_by) == (cast.water, "请核实是否停水", cast.duty)
    assert (Case.objects.get(pk=sent.pk).state, sent.unconfirmed) == ("referred", False)
    line = Line.objects.get(verb="referral.sent")
    assert (line.actor, line.data["rule"]) == ("系统", "供水直接发")
    other = make_case(read(make_voice(), water), unit=cast.edu)
    assert other.referrals.count() == 0


def test_a_call_is_taken_on_in_the_name_of_the_owner_who_confirms_the_grade(
    at_once: Route, make_voice: Make, cast: SimpleNamespace, water: Topic, now: datetime
) -> None:
    voice = hotline(make_voice, now, water)
    read(make_voice(text="论坛上说停水", at=now), water)
    assert [actions.dispatch_due(now=now) for _turn in range(2)] == [1, 0]
    case = Case.objects.get()
    assert (case.voice, case.owner, case.unit) == (voice, cast.duty, cast.water)
    assert (case.state, case.unconfirmed, case.grade) == ("referred", True, "ordinary")
    assert Line.objects.get(verb="case.opened").actor == "系统"
    assert Notice.objects.filter(person=cast.duty, verb="case.by_rule").count() == 1
    actions.withdraw_referral(case.referrals.get(), "重复", by=cast.duty, now=now)
    closing = {"reason": "solved", "text": "已经修好通水。", "by": cast.duty, "now": now}
    with pytest.raises(Refused, match="等级还没有人确认"):
        actions.close(case, **closing)
    actions.confirm_grade(case, by=cast.duty, now=now)
    with pytest.raises(Refused, match="确认过了"):
        actions.confirm_grade(case, by=cast.duty, now=now)
    assert actions.close(case, **closing).state == "closed"


def test_what_goes_by_itself_names_nobody_and_who_reports_wrongdoing_waits_for_a_person(
    at_once: Route, make_voice: Make, water: Topic, now: datetime
) -> None:
    hotline(make_voice, now, water, "我叫王小明，电话13812345678，家里停水")
    told = hotline(make_voice, now, water, "举报供水公司的人收钱才来修停水")
    Reading.objects.filter(voice=told).update(intent=Intent.REPORTS)
    assert actions.dispatch_due(now=now) == 1
    case = Referral.objects.get().case  # the unit sees its title
    assert "13812345678" not in case.title and "王小明" not in case.title
    assert "停水" in case.title
    assert not Case.objects.filter(voice=told).exists()


def test_what_was_heard_while_nobody_worked_is_looked_at_later(
    at_once: Route, make_voice: Make, water: Topic, now: datetime
) -> None:
    later = now + timedelta(hours=9)
    actions.dispatch_due(now=later)
    hotline(make_voice, now, water)
    found = [actions.dispatch_due(now=later + timedelta(minutes=n)) for n in (1, 6)]
    assert (found, Case.objects.count()) == ([0, 1], 1)


def test_what_a_broken_rule_would_take_is_told_to_the_duty_officers(
    at_once: Route, make_voice: Make, cast: SimpleNamespace, water: Topic, now: datetime
) -> None:
    leave(cast.liaison_water, now)
    voice = hotline(make_voice, now, water)
    actions.dispatch_due(now=now)
    assert (Case.objects.count(), Dispatch.objects.get().trouble) == (0, "target")
    told = Notice.objects.filter(verb="route.fell")
    assert {(row.person, row.link) for row in told} == {
        (cast.duty, f"voice:{voice.pk}"),
        (cast.duty2, f"voice:{voice.pk}"),
    }


def test_what_was_said_before_the_rule_or_has_a_case_is_not_taken_on(
    at_once: Route, make_voice: Make, make_issue: Callable, make_case: MakeCase,
    cast: SimpleNamespace, water: Topic, now: datetime,
) -> None:  # fmt: skip
    hotline(make_voice, now - timedelta(minutes=1), water)
    known = hotline(make_voice, now, water, "同一件事")
    make_case(make_issue(known))
    actions.dispatch_due(now=now)
    assert Case.objects.count() == 1


# ---- who owns it, answers it ----
def test_the_facts_of_the_unit_that_leads_complete_the_case(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case(unit=cast.water)
    joined = actions.refer(case, cast.edu, "请协助", by=cast.duty, now=now)
    leads = actions.refer(case, cast.water, "请核实", by=cast.duty, now=now)
    said = {"what": "停水属实", "by_whom": "供水公司", "evidence": "记录"}
    actions.record_fact(case, referral=leads, by=cast.liaison_water, now=now, **said)
    actions.answer_referral(leads, by=cast.liaison_water, now=now)
    assert Case.objects.get().state == "checked"
    with pytest.raises(Refused, match="这张联系单已经结束"):
        actions.answer_referral(leads, by=cast.liaison_water, now=now)
    actions.record_fact(case, referral=joined, by=cast.liaison_edu, now=now, **said)
    actions.answer_referral(joined, by=cast.liaison_edu, now=now)
    assert (Case.objects.get().state, case.facts.count()) == ("checked", 2)


def test_a_joined_unit_that_answers_is_not_the_end(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case(unit=cast.water)
    actions.refer(case, cast.water, "请核实", by=cast.duty, now=now)
    joined = actions.refer(case, cast.edu, "请协助", by=cast.duty, now=now)
    said = {"what": "学校没停", "by_whom": "教育办", "evidence": "电话"}
    actions.record_fact(case, referral=joined, by=cast.liaison_edu, now=now, **said)
    actions.answer_referral(joined, by=cast.liaison_edu, now=now)
    assert Case.objects.get().state == "referred"
    actions.set_lead(case, cast.edu, reason="学校的水管", by=cast.duty, now=now)
    assert (Case.objects.get().state, Case.objects.get().unit) == ("checked", cast.edu)


# ---- a case that another unit leads ----
def at_the_desk_of(unit: Unit, now: datetime) -> Person:
    return add_person(
        f"duty-{unit.code}", f"{unit.name}值班员", unit, ["duty"], password=None, by=None, now=now
    )


def test_a_case_that_went_to_another_unit_is_owned_by_somebody_who_can_open_it(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    edu = at_the_desk_of(cast.edu, now)
    case = make_case(unit=cast.edu)
    actions.hand_over(case, edu, by=cast.duty, now=now)
    actions.set_lead(case, cast.water, reason="是水管", by=edu, now=now)
    case.refresh_from_db()
    assert case.owner in (cast.duty, cast.duty2)  # the office's desk: the water works have none
    assert Notice.objects.filter(person=case.owner, verb="case.handed_over").count() == 1
    water = at_the_desk_of(cast.water, now)
    actions.hand_over(case, water, by=cast.duty, now=now)
    actions.set_lead(case, cast.edu, reason="是学校的", by=water, now=now)
    case.refresh_from_db()
    assert case.owner == edu
    actions.set_lead(case, cast.water, reason="还是水管", by=cast.duty, now=now)
    case.refresh_from_db()
    assert case.owner == cast.duty  # who did it, and sees all


@pytest.mark.parametrize("closed", [False, True])
def test_a_case_of_a_merged_unit_is_owned_by_somebody_who_can_open_it(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime, *, closed: bool
) -> None:
    school = add_unit("school", "一小", parent=cast.edu, by=None, now=now)
    edu, water = at_the_desk_of(cast.edu, now), at_the_desk_of(cast.water, now)
    case = make_case(unit=school)
    actions.hand_over(case, edu, by=cast.duty, now=now)
    if closed:
        why = {"reason": "no_answer_needed", "text": "不需要答复"}
        actions.close(case, by=cast.duty, now=now, **why)
    merge_unit(school, cast.water, by=cast.admin, now=now)
    if closed:
        actions.reopen(case, reason="还没有解决", by=edu, now=now)
    case.refresh_from_db()
    assert (case.unit, case.owner) == (cast.water, water)


def test_a_case_of_a_unit_that_has_another_place_is_owned_by_somebody_who_can_open_it(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime, client_of: Callable[[Person], Client]
) -> None:
    school = add_unit("school", "一小", parent=cast.edu, by=None, now=now)
    edu = at_the_desk_of(cast.edu, now)
    case = make_case(unit=add_unit("class", "一班", parent=school, by=None, now=now))
    actions.hand_over(case, edu, by=cast.duty, now=now)
    names = {"name": "水校", "name_en": "", "phone": "", "hours": "", "lead": ""}
    page, client = f"/desk/settings/units/{school.pk}/", client_of(cast.admin)
    assert client.post(page, {**names, "parent": cast.edu.pk}).status_code == 302
    case.refresh_from_db()
    assert case.owner == edu  # another name only
    assert client.post(page, {**names, "parent": cast.water.pk}).status_code == 302
    case.refresh_from_db()
    assert case.owner in (cast.duty, cast.duty2)


def test_of_two_referrals_of_one_unit_that_are_late_at_once_the_owner_is_told_once(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case(grade="major")
    for minutes, unit in enumerate((cast.edu, cast.water)):
        sent = now + timedelta(minutes=minutes)
        actions.refer(case, unit, "请核实", by=cast.duty, now=sent)
    assert len(set(Referral.objects.values_list("due_at"))) == 2
    merge_unit(cast.edu, cast.water, by=cast.admin, now=now)
    assert actions.note_late_due(now=now + timedelta(days=3)) == 2
    assert Notice.objects.filter(verb="referral.late", person=case.owner).count() == 1


# ---- objections ----
def objected(case: Case, cast: SimpleNamespace, now: datetime) -> Referral:
    row = actions.refer(case, cast.edu, "请核实", by=cast.duty, now=now)
    return actions.object_referral(row, "归供水公司", by=cast.liaison_edu, now=now)


@pytest.mark.parametrize(
    ("kind", "clock", "due"),
    [
        ("public_concern", rules.OBJECTION, "2026-11-22 16:20"),
        ("petition", rules.PETITION_OBJECTION, "2026-11-27 23:59"),
    ],
)
def test_an_objection_has_its_limit(
    kind: str, clock: rules.Clock, due: str, make_case: MakeCase, cast: SimpleNamespace,
    now: datetime,
) -> None:  # fmt: skip
    case = make_case(kind=kind)
    row = actions.refer(case, cast.edu, "请核实", by=cast.duty, now=now)
    until = row.object_until
    assert until is not None
    assert (f"{until + timedelta(hours=8):%Y-%m-%d %H:%M}", row.object_how["basis"]) == (
        due,
        clock.basis,
    )
    with pytest.raises(Refused, match="期限已过"):
        actions.object_referral(
            row, "不归我们", by=cast.liaison_edu, now=until + timedelta(seconds=1)
        )
    assert actions.object_referral(row, "不归我们", by=cast.liaison_edu, now=until).state == (
        "objected"
    )


def test_what_is_sent_back_stays(make_case: MakeCase, cast: SimpleNamespace, now: datetime) -> None:
    case = make_case()
    row = objected(case, cast, now)
    due_at = row.due_at
    with pytest.raises(Refused, match="先决定再办结"):
        actions.close(case, reason="solved", text="已经解决了。", by=cast.duty, now=now)
    with pytest.raises(Refused, match="不能自己决定"):
        actions.decide_objection(row, None, "归你们", by=cast.duty, now=now)
    with pytest.raises(Refused, match="写明决定的理由"):
        actions.decide_objection(row, None, " ", by=cast.releaser, now=now)
    stands = actions.decide_objection(row, None, "学校的管道", by=cast.releaser, now=now)
    assert (stands.state, stands.due_at, Case.objects.get().state) == ("sent", due_at, "referred")
    with pytest.raises(Refused, match="已经有人决定了"):
        actions.decide_objection(row, cast.water, "归他们", by=cast.duty2, now=now)
    with pytest.raises(Refused, match="不能再提异议"):
        actions.object_referral(row, "还是不归", by=cast.liaison_edu, now=now)
    told = Notice.objects.get(verb="objection.stays")
    assert (told.person, told.link) == (cast.liaison_edu, f"referral:{row.pk}")


def test_what_is_put_elsewhere_is_led_there_and_stays_there(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case(unit=cast.edu)
    row = objected(case, cast, now)
    stands = actions.decide_objection(row, cast.water, "管网归他们", by=cast.duty2, now=now)
    case.refresh_from_db()
    row.refresh_from_db()
    assert (case.unit, case.state, row.state) == (cast.water, "referred", "moved")
    assert (stands.unit, stands.asks, stands.sent_by) == (cast.water, "请核实", cast.duty2)
    assert Objection.objects.get().moved_to == stands
    with pytest.raises(Refused, match="不能再提异议"):
        actions.object_referral(stands, "也不归我们", by=cast.liaison_water, now=now)


def test_a_joined_unit_that_has_to_stay_does_not_hold_up_what_the_lead_gave(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case(unit=cast.water)
    leads = actions.refer(case, cast.water, "请核实", by=cast.duty, now=now)
    row = objected(case, cast, now)
    said = {"what": "停水属实", "by_whom": "供水公司", "evidence": "记录"}
    actions.record_fact(case, referral=leads, by=cast.liaison_water, now=now, **said)
    actions.answer_referral(leads, by=cast.liaison_water, now=now)
    actions.decide_objection(row, None, "请协助", by=cast.duty2, now=now)
    assert (Case.objects.get().state, Referral.objects.get(pk=row.pk).state) == ("checked", "sent")


def test_what_stays_with_a_unit_that_was_merged_goes_to_its_heir(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    asked = actions.refer(make_case(), cast.edu, "请核实", by=cast.duty, now=now)
    row = actions.object_referral(asked, "不归我们", by=cast.liaison_edu, now=now)
    actions.merge_unit(cast.edu, cast.water, by=cast.admin, now=now)
    stays = actions.decide_objection(row, None, "是你们的", by=cast.releaser, now=now)
    assert (stays.pk, stays.unit, stays.state) == (asked.pk, cast.water, "sent")
    line = Line.objects.get(verb="objection.decided")
    assert line.data == {"unit": "供水公司", "to": "供水公司", "decision": "是你们的"}


def test_who_sent_it_decides_where_there_is_nobody_else(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    row = objected(make_case(), cast, now)
    for person in (cast.duty2, cast.releaser):
        leave(person, now)
    actions.decide_objection(row, None, "学校的管道", by=cast.duty, now=now)
    assert Line.objects.get(verb="objection.decided").actor == cast.duty.name


# ---- outside ----
def test_what_was_handed_outside_and_what_came_back_is_on_the_record(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    closing = {"reason": "handed_on", "text": "已转市场监管所办理。", "by": cast.duty}
    with pytest.raises(Refused, match="还没有记下转办"):
        actions.close(case, **closing, now=now)
    row = actions.forward(case, "市场监管所", way="letter", text="函", by=cast.duty, now=now)
    with pytest.raises(Refused, match="还在等答复"):
        actions.forward(case, "市场监管所", way="email", text="函", by=cast.duty, now=now)
    actions.pause(case, "outside", 10, "等市场监管所", by=cast.duty, now=now)
    later = now + DAY
    actions.note_reply(row, "已受理", by=cast.duty, now=later)
    assert case.pauses.get().ended_at == later
    with pytest.raises(Refused, match="已经记下了"):
        actions.note_reply(row, "再说一次", by=cast.duty, now=later)
    line = Line.objects.get(verb="case.forwarded")
    assert (line.public, line.data) == (True, {"to": "市场监管所", "way": "letter"})
    assert actions.close(case, **closing, now=later).closing_reason == "handed_on"


def test_five_hundred_rules_are_held_against_a_hundred_voices(
    cast: SimpleNamespace, make_voice: Make, django_assert_max_num_queries: Callable
) -> None:
    Route.objects.bulk_create(
        Route(
            order=n,
            name=f"{n}",
            condition=f"第{n}路 (公交 OR 校车)",
            unit=cast.edu,
            owner=cast.duty,
        )
        for n in range(1, 501)
    )
    for n in range(20):
        make_voice(text=f"第{n * 30 + 1}路公交没来")
    with django_assert_max_num_queries(12):
        found = bench()
    assert (len(found.sent), found.untaken) == (20, 3)
