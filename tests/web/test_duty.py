"""值班: the roster, swaps, logs and plans as people meet them; constant cost; who may what."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tingda.cases import actions as cases
from tingda.cases.models import Case
from tingda.collect.models import Check, Source
from tingda.detect.models import Alert, Issue
from tingda.duty.actions.plans import Written, set_plan
from tingda.duty.actions.rosters import Wanted, fill, set_roster
from tingda.duty.actions.swaps import ask_swap
from tingda.duty.models import KeyPeriod, Plan, PlanRun, Roster, Shift, ShiftLog, Swap, Turn
from tingda.duty.rules import Days, Hours
from tingda.notify.actions import tell
from tingda.notify.models import Notice
from tingda.people.models import Person
from tingda.web.needs import needs_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Person], Client]
DAY, NIGHT = Hours("白班", time(8, 0), time(17, 30)), Hours("夜班", time(17, 30), time(8, 0))
TODAY = date(2026, 11, 21)
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr("tingda.lib.present.now", lambda: now)


@pytest.fixture
def made(cast: SimpleNamespace, now: datetime) -> Roster:
    """duty watches now, duty2 tonight."""
    wanted = Wanted("平常", TODAY, "shift", [DAY, NIGHT], [[cast.duty], [cast.duty2]])
    row = set_roster(None, wanted, by=cast.admin, now=now)
    fill(Days(), now=now)
    return row


def page(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(f"/desk/{address}")
    assert answer.status_code == status
    return answer.content.decode()


def sent(client: Client, address: str, **typed: object) -> str:
    answer = client.post(f"/desk/{address}", typed, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def mine(person: Person, now: datetime) -> Turn:
    rows = Turn.objects.filter(person=person, shift__starts_at__gt=now)
    return rows.order_by("shift__starts_at")[0]


# ---- who ----
def test_who_is_on_stands_on_every_page_of_the_desk(
    cast: SimpleNamespace, client_of: ClientOf, made: Roster
) -> None:
    for address in ("", "issues/", "settings/", "duty/"):
        assert "白班 08:00–17:30 <b>值班员</b>" in page(client_of(cast.drafter), address)
    Person.objects.filter(pk=cast.duty.pk).update(is_active=False)
    assert "没有人在班" in page(client_of(cast.drafter), "")
    Turn.objects.all().delete()
    Shift.objects.all().delete()
    made.delete()
    text = page(client_of(cast.drafter), "")
    assert "白班 08:00–17:30" in text and "没有人在班" not in text


def test_this_week_and_the_next_with_me_marked_and_what_is_missing(
    cast: SimpleNamespace, client_of: ClientOf, made: Roster, now: datetime
) -> None:
    text = page(client_of(cast.duty), "duty/")
    assert (
        text.count("换班…")
        == Turn.objects.filter(
            person=cast.duty, shift__day__lte=date(2026, 11, 29), shift__starts_at__gt=now
        ).count()
    )
    assert '<mark class="me">值班员' in text and "换人…" not in text
    assert "今后七天的缺口" not in text
    Person.objects.filter(pk=cast.duty2.pk).update(is_active=False)
    text = page(client_of(cast.duty), "duty/")
    assert "今后七天的缺口" in text and "不能值班" in text and "我来顶…" in text
    assert "找人顶上" in page(client_of(cast.admin), "duty/")
    assert page(client_of(cast.duty), "duty/?from=2026-13-01", 404)


def test_a_year_that_is_not_published_is_told(
    cast: SimpleNamespace, client_of: ClientOf, made: Roster
) -> None:
    duty = client_of(cast.duty)
    assert "尚未公布" not in page(duty, "duty/")
    for day in ("2027-06-01", "2026-12-28"):  # a notice may move the last days of the year before
        assert "2027 年的节假日安排尚未公布" in page(duty, f"duty/?from={day}")


def test_without_a_roster_the_page_says_what_to_do(
    cast: SimpleNamespace, client_of: ClientOf
) -> None:
    assert "排一张值班表" in page(client_of(cast.admin), "duty/")
    assert "请管理员来排" in page(client_of(cast.duty), "duty/")
    assert "还没有值班日志" in page(client_of(cast.duty), "duty/log/")
    assert "还没有预案" in page(client_of(cast.duty), "duty/plans/")
    assert "还没有重要时段" in page(client_of(cast.duty), "duty/roster/")


def test_liaisons_see_nothing_of_it_and_only_administrators_set_it_up(
    cast: SimpleNamespace, client_of: ClientOf, made: Roster
) -> None:
    shift = Shift.objects.order_by("starts_at")[0]
    read = ["duty/", "duty/roster/", "duty/log/", f"duty/log/{shift.pk}/", "duty/plans/"]
    change = ["duty/roster/new/", f"duty/roster/{made.pk}/", "duty/periods/new/"]
    change += ["duty/plans/new/"]
    for address in [*read, *change]:
        page(client_of(cast.liaison_edu), address, 404)
    for address in change:
        page(client_of(cast.duty), address, 403)
        page(client_of(cast.admin), address)
    for address in read:
        page(client_of(cast.auditor), address)


@pytest.mark.parametrize("address", ["duty/", "duty/log/", "duty/roster/"])
def test_pages_cost_the_same_with_one_and_with_three_people(
    cast: SimpleNamespace, client_of: ClientOf, now: datetime, address: str
) -> None:
    def cost() -> int:
        client = client_of(cast.admin)
        client.get("/desk/duty/")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page(client, address)
        return len(asked)

    def make(*teams: list[Person]) -> None:
        once = [Hours("全天", time(0), time(0), needs=len(teams[0]))]
        wanted = Wanted("表", TODAY - timedelta(days=9), "day", once, teams)
        set_roster(None, wanted, by=cast.admin, now=now - timedelta(days=9))
        fill(Days(), now=now - timedelta(days=9))

    make([cast.duty])
    one = cost()
    make([cast.duty, cast.duty2])
    make([cast.duty2], [cast.duty])
    assert cost() == one


# ---- setting up ----
def roster_form(cast: SimpleNamespace, **more: object) -> dict[str, object]:
    rows: dict[str, object] = {
        "name": "平常",
        "begins": "2026-11-21",
        "rotation": "shift",
        "all_day": "yes",
        "key_period": "",
        "active": "yes",
        "hours-TOTAL_FORMS": 2,
        "hours-INITIAL_FORMS": 2,
        "teams-TOTAL_FORMS": 2,
        "teams-INITIAL_FORMS": 0,
        "teams-0-p1": cast.duty.pk,
        "teams-1-p1": cast.duty2.pk,
        "teams-1-p2": cast.duty.pk,
    }
    for number, hours in enumerate((DAY, NIGHT)):
        rows[f"hours-{number}-name"] = hours.name
        rows[f"hours-{number}-starts"] = f"{hours.starts:%H:%M}"
        rows[f"hours-{number}-ends"] = f"{hours.ends:%H:%M}"
        rows[f"hours-{number}-needs"] = 1
        rows[f"hours-{number}-days"] = ["workdays", "weekends", "holidays"]
    return rows | more


def test_an_administrator_makes_a_roster_and_its_shifts_are_there(
    cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    client = client_of(cast.admin)
    assert "今后四周的班已排好" in sent(client, "duty/roster/new/", **roster_form(cast))
    assert [t.members.count() for t in Roster.objects.get().teams.all()] == [1, 2]
    assert Shift.objects.filter(starts_at__lte=now, ends_at__gt=now).count() == 1
    text = page(client, f"duty/roster/{Roster.objects.get().pk}/")
    assert text.count(f'<option value="{cast.duty2.pk}" selected>') == 1
    for wrong, why in (
        ({"hours-0-starts": ""}, "请填时间"),
        ({"hours-1-name": "白班"}, "有两个班次都叫“白班”"),
        ({"teams-0-p1": "", "teams-1-p1": "", "teams-1-p2": ""}, "至少要有一组人"),
        ({"begins": "2026-02-30", "name": "写了的"}, "写了的"),
    ):
        answer = client.post("/desk/duty/roster/new/", roster_form(cast, **wrong))
        assert answer.status_code == 422
        assert why in answer.content.decode()
    assert Roster.objects.count() == 1


def test_an_administrator_sets_and_ends_a_key_period(
    cast: SimpleNamespace, client_of: ClientOf
) -> None:
    client = client_of(cast.admin)
    typed = {"name": "防汛", "starts_at": "2026-11-21T08:00", "ends_at": "2026-11-23T08:00"}
    text = sent(client, "duty/periods/new/", **typed, minutes=5)
    assert "防汛" in text and "正在进行" in text
    period = KeyPeriod.objects.get()
    assert "每 5 分钟" in page(client_of(cast.duty), "duty/")
    turned = typed | {"ends_at": "2026-11-20T08:00"}
    answer = client.post(f"/desk/duty/periods/{period.pk}/", turned)
    assert answer.status_code == 422 and "结束要在开始之后" in answer.content.decode()
    assert "恢复平常" in sent(client, f"duty/periods/{period.pk}/end/")
    assert client.post(f"/desk/duty/periods/{period.pk}/end/").status_code == 409


def test_who_is_taken_out_of_use_while_on_the_roster_gives_the_shifts_over(
    cast: SimpleNamespace, client_of: ClientOf, made: Roster, now: datetime
) -> None:
    client, address = client_of(cast.admin), f"settings/people/{cast.duty2.pk}/"
    text, left = page(client, address), Turn.objects.filter(person=cast.duty2).count()
    assert (f"{left} 个班次" in text, "在这张值班表里轮班" in text) == (True, True)
    typed = {"name": "另一值班员", "unit": cast.office.pk, "roles": ["duty"], "active": "no"}
    answer = client.post(f"/desk/{address}", typed)
    assert answer.status_code == 422
    assert f"还有 {left + 1} 件没有办完的" in answer.content.decode()
    assert "已保存" in sent(client, address, **typed, heir=cast.duty.pk)
    assert set(Turn.objects.values_list("person", flat=True)) == {cast.duty.pk}


def test_a_shift_that_the_heir_cannot_be_on_stays_one_short_and_is_told(
    cast: SimpleNamespace, client_of: ClientOf, made: Roster, now: datetime
) -> None:
    turn = Turn.objects.filter(person=cast.duty2, shift__starts_at__gt=now).earliest("id")
    Turn.objects.create(shift=turn.shift, person=cast.duty)
    Shift.objects.filter(pk=turn.shift_id).update(by_hand=True)
    typed = {"name": "另一值班员", "unit": cast.office.pk, "roles": ["duty"], "active": "no"}
    address = f"settings/people/{cast.duty2.pk}/"
    text = sent(client_of(cast.admin), address, **typed, heir=cast.duty.pk)
    assert "另一值班员 还在今后 1 个班上" in text
    assert Turn.objects.filter(person=cast.duty2).get() == turn


# ---- swaps ----
def test_a_swap_is_asked_waits_under_today_and_is_answered(
    cast: SimpleNamespace, client_of: ClientOf, made: Roster, now: datetime
) -> None:
    turn, other = mine(cast.duty, now), mine(cast.duty2, now)
    client = client_of(cast.duty)
    address = f"duty/turns/{turn.pk}/swap/"
    assert client.post(f"/desk/{address}", {"other": "", "reason": "x"}).status_code == 422
    assert client.post(f"/desk/{address}", {"other": "person:x", "reason": "x"}).status_code == 422
    page(client_of(cast.duty2), address, 404)
    assert "已经问了" in sent(client, address, other=f"turn:{other.pk}", reason=SCRIPT)
    titles = [need.title for need in needs_of(cast.duty2, now)]
    assert titles == ["值班员想和您换班"]
    text = page(client_of(cast.duty2), "duty/")
    assert "值班员想和您换班" in text and SCRIPT not in text
    swap = Swap.objects.get()
    answer = client_of(cast.admin).post(f"/desk/duty/swaps/{swap.pk}/", {"agree": "1"})
    assert answer.status_code == 404
    assert "已换班" in sent(client_of(cast.duty2), f"duty/swaps/{swap.pk}/", agree="1")
    told = Notice.objects.get(person=cast.duty)
    assert (told.verb, told.read_at) == ("duty.swapped", None)
    assert "另一值班员同意换班" in page(client, "")
    assert "（替另一值班员）" in page(client, "duty/")
    assert Notice.objects.get(pk=told.pk).read_at == now


def test_a_swap_is_withdrawn_or_declined(
    cast: SimpleNamespace, client_of: ClientOf, made: Roster, now: datetime
) -> None:
    turn = mine(cast.duty, now)
    swap = ask_swap(turn, None, cast.duty2, "事", by=cast.duty, now=now)
    assert "已收回" in sent(client_of(cast.duty), f"duty/swaps/{swap.pk}/", withdraw="1")
    swap = ask_swap(turn, None, cast.duty2, "事", by=cast.duty, now=now)
    assert "已回复不换" in sent(client_of(cast.duty2), f"duty/swaps/{swap.pk}/", decline="1")
    assert Turn.objects.get(pk=turn.pk).person == cast.duty
    assert "没有同意换班" in page(client_of(cast.duty), "")


def test_an_administrator_replaces_once_and_both_are_told(
    cast: SimpleNamespace, client_of: ClientOf, made: Roster, now: datetime
) -> None:
    shift = mine(cast.duty2, now).shift
    address = f"duty/shifts/{shift.pk}/put/"
    typed = {"out": cast.duty2.pk, "person": cast.duty.pk, "reason": "病假"}
    assert client_of(cast.drafter).post(f"/desk/{address}", typed).status_code == 403
    assert client_of(cast.duty).post(f"/desk/{address}", typed).status_code == 422
    assert "已改好" in sent(client_of(cast.admin), address, **typed)
    assert [(t.person, t.instead_of) for t in shift.turns.all()] == [(cast.duty, cast.duty2)]
    told = Notice.objects.filter(verb="duty.replaced")
    assert sorted(told.values_list("person__login", flat=True)) == ["duty", "duty2"]


# ---- logs ----
def test_the_log_is_written_by_itself_completed_signed_and_taken_over(
    cast: SimpleNamespace,
    client_of: ClientOf,
    made: Roster,
    make_case: Callable[..., Case],
    now: datetime,
) -> None:
    source = Source.objects.create(name="论坛", kind="feed")
    for outcome, added in (("heard", 2), ("nothing", 0), ("failed", 0)):
        at = now - timedelta(hours=2)
        Check.objects.create(source=source, at=at, outcome=outcome, added=added)
    case = make_case()
    at = now - timedelta(minutes=5)
    cases.refer(case, cast.edu, "请核实", by=cast.duty, now=at)
    shift = Shift.objects.get(day=TODAY, name="白班")
    client, address = client_of(cast.duty), f"duty/log/{shift.pk}/"
    text = page(client, address)
    assert "发出联系单：教育办" in text
    assert "<dt>巡查次数</dt><dd>3</dd>" in text and "<dt>没有看成</dt><dd>1</dd>" in text
    assert client.post(f"/desk/{address}", {"sign": "1"}).status_code == 422
    assert "已记下" in sent(client, f"{address}points/", text=f"等回话{SCRIPT}")
    assert client.post(f"/desk/{address}points/", {"text": ""}).status_code == 409
    text = sent(client, address, remarks="停水一起", sign="1")
    assert "已签字交班" in text and "停水一起" in text and SCRIPT not in text
    log = ShiftLog.objects.get()
    assert (log.facts["looks"], log.facts["failed"], log.facts["heard"]) == (3, 1, 2)
    case.referrals.all().delete()
    assert "发出联系单：教育办" in page(client, address)
    answer = client.post(f"/desk/{address}", {"remarks": "晚到的话"})
    assert answer.status_code == 422
    assert "不能再改" in answer.content.decode() and "晚到的话" in answer.content.decode()
    assert client.post(f"/desk/{address}take-over/").status_code == 409
    assert [n.tag for n in needs_of(cast.duty2, now) if "日志" in n.title] == ["等接班"]
    assert "已签字接班" in sent(client_of(cast.duty2), f"{address}take-over/")
    assert "等回话" in page(client_of(cast.duty2), "duty/")
    point = log.shift.points.get()
    assert "已办完" in sent(client_of(cast.duty2), f"duty/points/{point.pk}/settled/")
    assert "白班" in page(client_of(cast.auditor), "duty/log/")


def test_nothing_to_report_is_signed_too_and_the_sheet_reads_in_english(
    cast: SimpleNamespace, client_of: ClientOf, made: Roster
) -> None:
    shift = Shift.objects.get(day=TODAY, name="白班")
    client = client_of(cast.duty)
    assert "无事" in sent(client, f"duty/log/{shift.pk}/", nothing="on", sign="1")
    client.cookies["django_language"] = "en"
    text = page(client, f"duty/log/{shift.pk}/")
    assert "Nothing to report" in text and "Duty sheet" in text


# ---- plans ----
GAS = Written("燃气泄漏", "闻到气味", ["red"], [], "", "报告\n疏散", "燃气公司：0512 6000")


@pytest.fixture
def plan(cast: SimpleNamespace, now: datetime) -> Plan:
    return set_plan(None, GAS, by=cast.admin, now=now)


@pytest.fixture
def alarmed(make_issue: Callable[..., Issue], now: datetime) -> Issue:
    issue = make_issue()
    Alert.objects.create(issue=issue, colour="red", raised_at=now)
    return issue


def test_a_plan_opens_beside_its_alert_and_is_ticked_off_there(
    cast: SimpleNamespace,
    client_of: ClientOf,
    plan: Plan,
    alarmed: Issue,
    make_issue: Callable[..., Issue],
    now: datetime,
) -> None:
    client, about = client_of(cast.duty), f"issues/{alarmed.pk}/"
    text = page(client, about)
    assert "启动预案" in text and "疏散" in text and "tel:05126000" in text
    assert "启动预案" not in page(client_of(cast.drafter), about)
    start = f"/desk/duty/plans/{plan.pk}/start/{alarmed.pk}/"
    assert client_of(cast.drafter).post(start).status_code == 403
    assert "做一步勾一步" in client.post(start, follow=True).content.decode()
    run = PlanRun.objects.get()
    assert "✓ 值班员" in sent(client, f"duty/runs/{run.pk}/tick/", step="0")
    assert client.post(f"/desk/duty/runs/{run.pk}/tick/", {"step": "9"}).status_code == 409
    text = sent(client, f"duty/runs/{run.pk}/tick/", step="0", undo="1")
    assert "✓ 值班员" not in text and "勾选的经过" in text
    assert client.post(f"/desk/duty/runs/{run.pk}/end/").status_code == 409
    assert "误报" in sent(client, f"duty/runs/{run.pk}/end/", ending="误报")
    assert "0/2" in page(client, "duty/plans/") and "启动预案" in page(client, about)
    other = make_issue()
    Alert.objects.create(issue=other, colour="yellow", raised_at=now)
    Issue.objects.filter(pk=alarmed.pk).update(merged_into=other, state="merged")
    assert "误报" in page(client, f"issues/{other.pk}/")
    Issue.objects.filter(pk=alarmed.pk).update(merged_into=None, state="open")
    alert = alarmed.alert
    alert.colour = "blue"
    alert.save()
    text = page(client, about)
    assert "误报" in text and f"/plans/{plan.pk}/start/" not in text


def test_a_plan_is_written_and_what_cannot_be_read_is_told(
    cast: SimpleNamespace, client_of: ClientOf
) -> None:
    client = client_of(cast.admin)
    typed = {"name": "停水", "conditions": "大片停水", "steps": "1. 报告\n2. 送水"}
    typed |= {"phones": "水厂：123", "active": "yes", "colours": "orange"}
    assert "送水" in sent(client, "duty/plans/new/", **typed)
    plan = Plan.objects.get()
    assert (plan.steps, plan.colours) == (["报告", "送水"], ["orange"])
    address = f"/desk/duty/plans/{plan.pk}/edit/"
    assert "水厂：123" in client.get(address).content.decode()
    answer = client.post(address, typed | {"phones": "水厂没有电话", "name": "改了"})
    assert answer.status_code == 422
    assert "看不懂" in answer.content.decode() and "改了" in answer.content.decode()
    assert Plan.objects.get().name == "停水"


def test_the_notice_of_gaps_reads_and_leads_to_the_roster(
    cast: SimpleNamespace, client_of: ClientOf, made: Roster, now: datetime
) -> None:
    tell([cast.admin], "duty.gap", key="g", link="duty", now=now, data={"gaps": 3})
    text = page(client_of(cast.admin), "")
    assert "今后七天值班有 3 处缺口" in text and 'href="/desk/duty/"' in text
