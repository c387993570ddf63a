"""今日: what needs me now, by role; new issues; numbers."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tingda.answers import actions as answers
from tingda.cases import actions as cases
from tingda.cases.models import Case
from tingda.collect.models import Check, Source, Voice
from tingda.detect.models import Alert, Issue
from tingda.lib import present
from tingda.notify.actions import tell
from tingda.notify.models import Notice
from tingda.people.models import Person
from tingda.web.needs import MOST, Need, needs_of

SCRIPT = "<script>alert(1)</script>"
ClientOf = Callable[[Person], Client]
MakeCase = Callable[..., Case]
MakeIssue = Callable[..., Issue]
MakeVoice = Callable[..., Voice]
HOUR = timedelta(hours=1)
FIELDS = ("kind", "grade", "state", "heard_at", "opened_at", "unit_id", "owner_id", "voice_id")


def wording(title: str = "停水的回应") -> answers.Wording:
    return answers.Wording(title, "大家说停水", "查到了")


def of(needs: list[Need]) -> list[tuple[str, str]]:
    return [(need.title, need.action) for need in needs]


def page_of(client: Client) -> str:
    response = client.get("/desk/")
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("who", ["duty", "drafter", "releaser", "auditor", "admin"])
def test_everybody_at_the_desk_may_open_it_and_is_told_when_nothing_waits(
    cast: SimpleNamespace, client_of: ClientOf, who: str
) -> None:
    page = page_of(client_of(getattr(cast, who)))
    assert "现在没有等您处理的事" in page
    assert "还没有听到声音" in page


def test_a_liaison_is_led_to_their_own_page(cast: SimpleNamespace, client_of: ClientOf) -> None:
    assert client_of(cast.liaison_edu).get("/desk/").headers["Location"] == "/desk/referrals/"


def test_a_red_alert_stands_first_then_what_is_latest(
    cast: SimpleNamespace, make_case: MakeCase, make_issue: MakeIssue, now: datetime
) -> None:
    case = make_case(title="停水", now=now - 30 * HOUR)
    cases.refer(case, cast.edu, "请核实", by=cast.duty, now=now - 27 * HOUR)
    gas, smoke = make_issue(title="燃气异味"), make_issue(title="油烟")
    Alert.objects.create(issue=gas, colour="red", raised_at=now - HOUR)
    Alert.objects.create(issue=smoke, colour="yellow", raised_at=now - 2 * HOUR)
    needs = needs_of(cast.duty, now)
    assert of(needs[:3]) == [("燃气异味", "确认预警"), ("停水", "查看"), ("油烟", "确认预警")]
    assert needs[0].primary
    assert of(needs_of(cast.releaser, now)) == []


def test_an_alert_of_an_issue_that_is_not_ours_does_not_wait(
    cast: SimpleNamespace, make_issue: MakeIssue, now: datetime
) -> None:
    issue = make_issue(state=Issue.State.NOT_OURS)
    Alert.objects.create(issue=issue, colour="red", raised_at=now)
    assert needs_of(cast.duty, now) == []


def test_a_referral_that_is_late_or_objected_to_waits_until_it_is_decided(
    cast: SimpleNamespace, make_case: MakeCase, now: datetime
) -> None:
    case = make_case(title="停水", kind="petition")
    row = cases.refer(case, cast.edu, "请核实", by=cast.duty, now=now - 30 * HOUR)
    late = needs_of(cast.duty, now)
    assert [need.detail for need in late] == ["联系单：教育办 · 应于 11月21日 10:20 反馈"]
    cases.object_referral(row, "不归我们", by=cast.liaison_edu, now=now)
    objected = needs_of(cast.duty, now)
    assert [(need.tag, need.detail) for need in objected] == [
        ("联系单有异议", "教育办认为不属于自己：不归我们")
    ]
    cases.decide_objection(row, cast.water, "归供水公司", by=cast.duty2, now=now)
    assert needs_of(cast.duty, now) == []


def test_a_case_is_one_row_with_its_nearest_deadline(
    cast: SimpleNamespace, make_case: MakeCase, now: datetime
) -> None:
    case = make_case(title="停水")
    first, last = case.deadlines.order_by("due_at")
    assert [(n.title, n.due) for n in needs_of(cast.duty, now)] == [("停水", first.due_at)]
    later = last.due_at + HOUR
    assert [(n.title, n.due) for n in needs_of(cast.duty, later)] == [("停水", first.due_at)]


def test_of_many_cases_those_with_the_nearest_deadline_are_shown(
    cast: SimpleNamespace, make_case: MakeCase, client_of: ClientOf, now: datetime
) -> None:
    older = make_case(title="先立的")
    Case.objects.bulk_create(
        Case(**{name: getattr(older, name) for name in FIELDS}, number=f"n{n}", title=f"第{n}件")
        for n in range(MOST)
    )
    late = make_case(title="后立的，最急")
    late.deadlines.update(due_at=now - HOUR)
    titles = [need.title for need in needs_of(cast.duty, now)]
    assert (len(titles), titles[:2]) == (MOST, ["后立的，最急", "先立的"])


def test_what_is_urgent_is_not_cut_by_the_many(
    cast: SimpleNamespace, make_issue: MakeIssue, now: datetime
) -> None:
    for n in range(MOST + 1):
        Alert.objects.create(
            issue=make_issue(), colour="blue", suggested="blue", raised_at=now - n * HOUR
        )
    red = make_issue(title="燃气味")
    Alert.objects.create(issue=red, colour="red", suggested="red", raised_at=now)
    tell([cast.duty], "voice.harm", key="first", link="voice:1", now=now, data={"title": "要跳楼"})
    for n in range(MOST + 1):
        told = {"key": f"n{n}", "link": "task:1", "now": now + HOUR, "data": {"title": "任务"}}
        tell([cast.duty], "task.given", **told)
    titles = [need.title for need in needs_of(cast.duty, now)]
    assert set(titles[:2]) == {"燃气味", "要跳楼"}


def test_a_referred_case_waits_only_when_its_deadline_is_near(
    cast: SimpleNamespace, make_case: MakeCase, now: datetime
) -> None:
    case = make_case()
    cases.refer(case, cast.edu, "请核实", by=cast.duty, now=now)
    due = case.deadlines.get(stage="first_answer").due_at
    assert needs_of(cast.duty, now) == []
    near = [n for n in needs_of(cast.duty, due - 23 * HOUR) if n.due == due]
    assert [n.detail for n in near] == ["等有关单位反馈 · 公共服务中心 · 首次回应"]


def test_a_drafter_sees_what_can_be_drafted(
    cast: SimpleNamespace, make_case: MakeCase, now: datetime
) -> None:
    Case.objects.filter(pk=make_case(title="核实好了").pk).update(state="checked")
    drafting = make_case(title="写到一半")
    answer = answers.draft(drafting, wording(), by=cast.drafter, now=now)
    make_case(title="刚受理")
    needs = needs_of(cast.drafter, now)
    assert of(needs) == [("核实好了", "查看"), ("写到一半", "继续拟稿")]
    assert needs[1].action_href == f"/desk/answers/{answer.pk}/"


def test_a_releaser_sees_what_waits_for_the_signature_but_not_to_sign_the_own(
    cast: SimpleNamespace, make_case: MakeCase, now: datetime
) -> None:
    answer = answers.draft(make_case(title="停水"), wording(), by=cast.drafter, now=now)
    answers.submit(answer, by=cast.drafter, now=now)
    assert of(needs_of(cast.releaser, now)) == [("停水", "签发")]
    answer.versions.update(author=cast.releaser)
    own = needs_of(cast.releaser, now)
    assert of(own) == [("停水", "查看")]
    assert own[0].detail == "回应已拟，待签发 · 拟稿人不能签发，请另一位签发人签发"


def test_a_correction_waits_for_a_releaser(
    cast: SimpleNamespace, make_case: MakeCase, now: datetime
) -> None:
    answer = answers.draft(make_case(title="停水"), wording(), by=cast.drafter, now=now)
    answers.submit(answer, by=cast.drafter, now=now)
    answers.release(answer, by=cast.releaser, now=now)
    answers.publish_due(now=now)
    answers.correct(answer, "应为两小时", by=cast.drafter, now=now)
    assert [(n.detail, n.action) for n in needs_of(cast.releaser, now)] == [
        ("更正待签发：应为两小时 · 公共服务中心", "签发")
    ]


@pytest.mark.parametrize(("days", "rows"), [(-1, 1), (0, 1), (3, 1), (4, 0)])
def test_a_promise_waits_three_days_before_its_day(
    cast: SimpleNamespace, make_case: MakeCase, now: datetime, days: int, rows: int
) -> None:
    case = make_case()
    Case.objects.filter(pk=case.pk).update(state="closed")
    day = (timezone.localdate(now) + timedelta(days=days)).isoformat()
    cases.promise(case, "公布时刻表", day, now=now)
    needs = needs_of(cast.duty, now)
    assert [n.detail for n in needs] == ["承诺：公布时刻表"] * rows
    assert [n.tag == "" for n in needs] == [days < 0] * rows


def test_a_notice_is_put_away_by_its_reader_only(
    cast: SimpleNamespace, client_of: ClientOf, make_case: MakeCase, now: datetime
) -> None:
    case = make_case(title="停水", kind="petition")
    cases.refer(case, cast.edu, "请核实", by=cast.duty, now=now)
    tell([cast.duty], "answer.not_solved", key="a", link=case.thread, now=now,
         data={"title": "停水"})  # fmt: skip
    notice = Notice.objects.get(person=cast.duty)
    assert "反映人说没有完全解决" in page_of(client_of(cast.duty))
    address = f"/desk/notices/{notice.pk}/seen/"
    assert client_of(cast.duty2).post(address).status_code == 404
    assert client_of(cast.duty).get(address).status_code == 405
    assert client_of(cast.duty).post(address).status_code == 302
    assert "反映人说没有完全解决" not in page_of(client_of(cast.duty))


def test_new_issues_are_those_since_five_yesterday_with_a_quote(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue, make_voice: MakeVoice
) -> None:
    five = timezone.localtime().replace(hour=17, minute=0, second=0) - timedelta(days=1)
    make_issue(make_voice(heard_at=five - HOUR, at=five - HOUR), title="旧的议题")
    make_issue(make_voice(heard_at=five + HOUR, at=five + HOUR, text="窗户不敢开"), title="新的")
    page = page_of(client_of(cast.duty))
    assert "“窗户不敢开”" in page
    assert "旧的议题" not in page
    assert page.count('class="spark ') == 1


def test_a_source_that_is_not_heard_says_why(
    cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    Source.objects.create(kind="feed", name="好的来源")
    source = Source.objects.create(kind="feed", name="县里通知栏", failures=2)
    for note, params in (("旧的原因", {}), ("网站返回 %(status)s", {"status": 503})):
        Check.objects.create(source=source, at=now, outcome="failed", note=note, note_params=params)
    page = page_of(client_of(cast.duty))
    assert "1 个正常" in page
    assert "1 个听不到" in page
    assert "网站返回 503" in page
    assert "旧的原因" not in page


def test_numbers_of_the_day(
    cast: SimpleNamespace, client_of: ClientOf, make_voice: MakeVoice
) -> None:
    moment = present.now()
    make_voice(heard_at=moment, at=moment)
    for _ in range(3):
        make_voice(heard_at=moment - timedelta(days=1), at=moment - timedelta(days=1))
    context = client_of(cast.duty).get("/desk/").context
    assert {name: context["numbers"][name] for name in ("heard", "yesterday", "late")} == {
        "heard": 1,
        "yesterday": 3,
        "late": 0,
    }


def fill(number: int, cast: SimpleNamespace, make_case: MakeCase, make_issue: MakeIssue) -> None:
    """One of everything that can stand on the page."""
    moment = present.now()
    issue = make_issue(heard_at=moment, title=SCRIPT)
    Alert.objects.create(issue=issue, colour="red", raised_at=moment)
    late, objected = (make_case(title=SCRIPT, now=moment - 40 * HOUR) for _ in range(2))
    cases.refer(late, cast.edu, SCRIPT, by=cast.duty, now=moment - 30 * HOUR)
    row = cases.refer(objected, cast.edu, SCRIPT, by=cast.duty, now=moment - HOUR)
    cases.object_referral(row, SCRIPT, by=cast.liaison_edu, now=moment)
    answer = answers.draft(make_case(), wording(SCRIPT), by=cast.drafter, now=moment)
    answers.submit(answer, by=cast.drafter, now=moment)
    answers.draft(make_case(title=SCRIPT), wording(SCRIPT), by=cast.drafter, now=moment)
    cases.promise(make_case(), SCRIPT, timezone.localdate(moment).isoformat(), now=moment)
    tell([cast.duty], SCRIPT, key=str(number), link=late.thread, now=moment,
         data={"title": SCRIPT})  # fmt: skip
    source = Source.objects.create(kind="feed", name=f"{SCRIPT}{number}", failures=1)
    Check.objects.create(source=source, at=moment, outcome="failed", note=SCRIPT)


@pytest.mark.parametrize("who", ["duty", "drafter", "releaser"])
def test_the_page_costs_the_same_with_more_rows_and_shows_scripts_as_text(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_case: MakeCase,
    make_issue: MakeIssue,
    who: str,
) -> None:
    client = client_of(getattr(cast, who))
    counts = []
    for rows in (1, 2):  # then 1, then 3 of everything
        for number in range(rows):
            fill(rows * 10 + number, cast, make_case, make_issue)
        with CaptureQueriesContext(connection) as queries:
            page = page_of(client)
        counts.append(len(queries))
        assert SCRIPT not in page
        assert "&lt;script&gt;" in page
    assert counts[0] == counts[1]
