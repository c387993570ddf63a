"""研判: what the page shows, what it never shows, and what people write on it."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tingda.analyse.models import Reading, Topic
from tingda.answers.models import Lookback
from tingda.cases.actions import close
from tingda.cases.actions.referrals import record_fact
from tingda.cases.models import Case, Claim, Route
from tingda.collect.models import Check, Source, Voice
from tingda.detect.models import Assessment, Belonging, Issue
from tingda.lib import charts, present
from tingda.people.models import Person
from tingda.web import judged

ClientOf = Callable[[Person], Client]
MakeCase = Callable[..., Case]
MakeIssue = Callable[..., Issue]
MakeVoice = Callable[..., Voice]
CLAIM = "听说食堂要换承包商"
PARTS = {"nature": "油烟扰民", "reach": "", "trend": "", "stakes": "", "suggestion": "请核实"}
CHARTS = ("days", "hours", "sources", "ahead")


@pytest.fixture(autouse=True)
def the_day(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """Pages are looked at on the day of the tests, and nothing is drawn unless asked for."""
    monkeypatch.setattr(present, "now", lambda: now)
    monkeypatch.setattr(charts, "to_svg", lambda spec, shelf=None: "<svg></svg>")


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def address(issue: Issue, rest: str = "") -> str:
    return f"/desk/issues/{issue.pk}/judge/{rest}"


def test_everybody_at_the_desk_reads_it_and_only_who_takes_on_writes(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue
) -> None:
    issue = make_issue()
    for who in ("duty", "drafter", "releaser", "auditor", "admin"):
        page = text_of(client_of(getattr(cast, who)), address(issue))
        assert ("记下研判意见" in page) == (who == "duty")
    auditor = client_of(cast.auditor).post(address(issue), PARTS | {"seen": "0"})
    assert (auditor.status_code, Assessment.objects.count()) == (422, 0)


def test_for_a_liaison_none_of_it_exists(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue
) -> None:
    client, issue = client_of(cast.liaison_edu), make_issue()
    assert text_of(client, address(issue), 404)
    assert client.post(address(issue, "claim/"), {"text": "x"}).status_code == 404
    assert [client.get(address(issue, f"chart/{name}/")).status_code for name in CHARTS] == [
        404
    ] * 4


def test_the_page_costs_the_same_number_of_questions_however_much_was_said(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue, make_voice: MakeVoice
) -> None:
    client, costs = client_of(cast.duty), []
    for count in (1, 3):
        voices = [make_voice(text=f"听说第{n}小学要关门") for n in range(2, 2 + count)]
        issue = make_issue(*voices)
        with CaptureQueriesContext(connection) as queries:
            page = text_of(client, address(issue))
        assert page.count("未核实</span>") == count
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_private_data_is_masked_and_nothing_of_an_author_is_shown(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue, make_voice: MakeVoice
) -> None:
    text = "听说食堂的张建国多收30元，打13812345678问他"
    voice = make_voice(text=text, author_hash="f" * 32)
    client, issue = client_of(cast.duty), make_issue(voice)
    page = text_of(client, address(issue)) + "".join(
        text_of(client, address(issue, f"chart/{name}/")) for name in CHARTS
    )
    assert "13812345678" not in page
    assert "张建国" not in page
    assert "f" * 32 not in page
    assert "30元" in page  # the claim itself stands


def test_the_same_claim_counts_once_and_is_not_checked_until_a_fact_answers_it(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_case: MakeCase,
    make_issue: MakeIssue,
    make_voice: MakeVoice,
    now: datetime,
) -> None:
    issue = make_issue(*[make_voice(text=f"{CLAIM}。") for _n in range(3)])
    case = make_case(issue)
    fact = record_fact(
        case, what="没有换", by_whom="教育办", evidence="合同", referral=None, by=cast.duty, now=now
    )
    client = client_of(cast.duty)
    (row,) = client.get(address(issue)).context["claims"]
    assert (row[0].text, row[0].people, row[0].checked) == (CLAIM, 3, None)

    form = {"text": CLAIM, "verdict": "false", "fact": "", "reason": ""}
    refused = client.post(address(issue, "claim/"), form)
    assert (refused.status_code, Claim.objects.count()) == (422, 0)
    assert "请选一条核实，或者写明理由" in refused.content.decode()

    done = client.post(address(issue, "claim/"), form | {"fact": str(fact.pk)}, follow=True)
    assert done.redirect_chain == [(address(issue) + "#claim-1", 302)]
    assert '<span class="tag red">不实</span>' in done.content.decode()
    assert "没有换" in done.content.decode()

    # said in other words later on, it is still the claim that was checked
    Voice.objects.update(text="食堂的承包商听说要换了")
    assert "不实</span>" in text_of(client, address(issue))
    gone = client.post(address(issue, "claim/"), form | {"text": "水费每吨9元", "reason": "查过"})
    assert (gone.status_code, Claim.objects.count()) == (409, 1)


def test_a_note_begins_with_the_numbers_of_the_page(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue, make_voice: MakeVoice
) -> None:
    issue = make_issue(make_voice(text=CLAIM), make_voice(), title="食堂", place="清溪中学")
    form = client_of(cast.duty).get(address(issue)).context["form"]
    assert form.initial == {
        "nature": "未归类：食堂。",
        "reach": "2 人，2 条，其中转发 0 条。见于 1 个来源：镇民论坛。地点：清溪中学。",
        "trend": "最近 7 天 2 条，之前 7 天 0 条。",
        "stakes": f"未核实的说法 1 个，说的人最多的：“{CLAIM}”。",
        "suggestion": "先核实上面的说法，再定是否回应。",
        "seen": 0,
    }


def test_an_assessment_is_seen_on_the_page_the_issue_and_the_case(
    cast: SimpleNamespace, client_of: ClientOf, make_case: MakeCase, make_issue: MakeIssue
) -> None:
    issue = make_issue()
    case, client = make_case(issue), client_of(cast.duty)
    page = client.post(address(issue), PARTS | {"seen": "0", "nature": "全镇独一份"}, follow=True)
    assert "研判意见已记下" in page.content.decode()
    for place in (address(issue), f"/desk/issues/{issue.pk}/", f"/desk/cases/{case.pk}/"):
        assert "全镇独一份" in text_of(client, place)


def test_who_judges_at_the_same_time_is_told_and_both_stay(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue
) -> None:
    issue = make_issue()
    one, other = client_of(cast.duty), client_of(cast.duty2)
    seen = {"seen": str(one.get(address(issue)).context["form"].initial["seen"])}
    one.post(address(issue), PARTS | seen)
    told = other.post(address(issue), PARTS | seen, follow=True).content.decode()
    assert "值班员 也写了一份" in told
    assert Assessment.objects.count() == 2


def test_what_was_typed_stays_where_something_is_missing(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue
) -> None:
    sent = PARTS | {"seen": "0", "nature": "", "stakes": "只写了这里"}
    answer = client_of(cast.duty).post(address(make_issue()), sent)
    assert answer.status_code == 422
    assert "只写了这里" in answer.content.decode()


def test_a_merged_issue_is_judged_where_it_went(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue
) -> None:
    into = make_issue()
    gone = make_issue(state=Issue.State.MERGED, merged_into=into)
    assert client_of(cast.duty).get(address(gone)).headers["Location"] == address(into)


# ---- who is asked, and what was learnt ----
@pytest.fixture
def learnt_case(
    cast: SimpleNamespace, make_case: MakeCase, make_issue: MakeIssue, now: datetime
) -> Case:
    """A closed case of the topic that 供水公司 led, with what is to change."""
    topic = Topic.objects.create(code="t-water", name="供水")
    case = make_case(make_issue(topic=topic), title="去年停水", unit=cast.water)
    close(case, reason="no_answer_needed", text="已经恢复供水。", by=cast.duty, now=now)
    Lookback.objects.create(case=case, asked_at=now, to_change="停水前一天通知")
    return case


def test_the_rule_suggests_the_unit_and_past_cases_only_where_none_holds(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_issue: MakeIssue,
    make_voice: MakeVoice,
    learnt_case: Case,
) -> None:
    issue = make_issue(make_voice(text="又停水了"), topic=Topic.objects.get(code="t-water"))
    duty = client_of(cast.duty)
    pages = (address(issue), f"/desk/cases/new/?issue={issue.pk}")
    for place in pages:
        shown = text_of(duty, place)
        assert ("主办 1 件" in shown, "按规则" in shown) == (True, False)
    assert duty.get(pages[0]).context["form"].initial["suggestion"].startswith("请供水公司核实")
    for order, (name, words, unit) in enumerate(
        [("供水", "停水", cast.edu), ("兜底", "又", cast.water)], start=1
    ):
        Route.objects.create(order=order, name=name, condition=words, unit=unit, owner=cast.duty)
    for place in pages:
        shown = text_of(duty, place)
        assert ("建议请教育办" in shown, "其次：规则“兜底”，供水公司" in shown) == (True, True)
        assert ("主办 1 件" in shown) is False
    assert duty.get(pages[0]).context["form"].initial["suggestion"].startswith("请教育办核实")


def test_the_library_stands_beside_judging_and_a_new_case(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_issue: MakeIssue,
    make_voice: MakeVoice,
    learnt_case: Case,
    now: datetime,
) -> None:
    topic, duty = Topic.objects.get(code="t-water"), client_of(cast.duty)
    issue, voice = make_issue(topic=topic), make_voice()
    Reading.objects.create(voice=voice, digest="d", read_at=now, topic=topic)
    for place in (
        address(issue),
        f"/desk/cases/new/?issue={issue.pk}",
        f"/desk/cases/new/?voice={voice.pk}",
    ):
        shown = text_of(duty, place)
        assert f'href="/desk/cases/{learnt_case.pk}/"' in shown
        assert "停水前一天通知" in shown
        assert f'href="/desk/library/?topic={topic.pk}"' in shown
    assert "去年停水" in text_of(duty, f"/desk/library/?topic={topic.pk}")
    assert "案例库：" not in text_of(duty, address(make_issue()))


# ---- charts ----
def chart_of(client: Client, issue: Issue, name: str) -> object:
    return client.get(address(issue, f"chart/{name}/"), headers={"HX-Request": "true"}).context[
        "chart"
    ]


def test_a_time_in_which_a_source_of_the_issue_was_deaf_is_marked(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_issue: MakeIssue,
    make_voice: MakeVoice,
    now: datetime,
) -> None:
    forum = Source.objects.create(
        name="论坛", kind="feed", interval_minutes=10, looked_at=now, next_due=now
    )
    for minutes, outcome in [(600, "nothing"), (500, "failed"), (300, "failed"), (200, "nothing")]:
        Check.objects.create(source=forum, at=now - timedelta(minutes=minutes), outcome=outcome)
    for back in range(0, 200, 10):
        Check.objects.create(source=forum, at=now - timedelta(minutes=back), outcome="nothing")
    issue = make_issue(make_voice(source=forum), make_voice(source=forum))
    other = make_issue()  # of another source
    client = client_of(cast.duty)
    hours = chart_of(client, issue, "hours")
    deaf = [row[0] for row in hours.rows if row[-1].startswith("论坛")]
    assert deaf == [f"11月21日 {hour} 时" for hour in (12, 11, 10, 9, 8, 7, 6)]
    assert [row[1:4] for row in hours.rows if row[2]] == [[2, 2, 0]]
    assert "论坛" in hours.coverage
    assert [row for row in chart_of(client, other, "hours").rows if "论坛" in row[-1]] == []


def test_sources_are_listed_in_time_with_what_points_from_one_to_another(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_issue: MakeIssue,
    make_voice: MakeVoice,
    now: datetime,
) -> None:
    forum = Source.objects.create(name="论坛", kind="feed", address="https://bbs.example/feed")
    board = Source.objects.create(name="留言板", kind="import")
    first = make_voice(source=forum, at=now - timedelta(hours=9))
    linking = make_voice(source=board, text="见 https://www.bbs.example/t/1")
    quoting = make_voice(source=board, text="转自《论坛》：停水")
    copy = make_voice(source=board)
    issue = make_issue(linking, first, quoting, copy)
    Reading.objects.create(voice=copy, digest="d", read_at=now, repeat_of=first)
    Belonging.objects.filter(voice=copy).update(copy=True)
    client = client_of(cast.duty)
    (one,) = client.get(address(issue)).context["found"].pointing
    assert one == judged.Pointing("留言板", "论坛", copies=1, quotes=1, links=1)
    rows = chart_of(client, issue, "sources").rows
    assert [(row[0], *row[3:]) for row in rows] == [("论坛", 1, 1, 0), ("留言板", 3, 2, 1)]


def test_charts_open_as_pages_without_script_and_tell_when_they_cannot_be_drawn(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_issue: MakeIssue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(spec: object, shelf: object = None) -> str:
        raise charts.DrawingFailed("no engine")

    client, issue = client_of(cast.duty), make_issue()
    for name in CHARTS:
        assert "<html" in text_of(client, address(issue, f"chart/{name}/"))
    assert "后台还没有学过走势" in text_of(client, address(issue, "chart/ahead/"))
    assert text_of(client, address(issue, "chart/other/"), 404)
    monkeypatch.setattr(charts, "to_svg", broken)
    page = text_of(client, address(issue, "chart/days/"))
    assert "图没有画成" in page
    assert re.search(r"<details open>", page)


def test_of_a_large_issue_what_takes_long_is_kept_for_a_while_and_says_so(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_issue: MakeIssue,
    make_voice: MakeVoice,
    monkeypatch: pytest.MonkeyPatch,
    now: datetime,
) -> None:
    monkeypatch.setattr(judged, "FEW", 1)
    monkeypatch.setattr(judged, "LARGE", 1)
    issue = make_issue(make_voice(), make_voice())
    client = client_of(cast.duty)
    client.get(address(issue))
    Issue.objects.filter(pk=issue.pk).update(messages=3)
    monkeypatch.setattr(present, "now", lambda: now + timedelta(minutes=2))
    monkeypatch.setattr(judged, "_found_in", None)  # would fail if it were asked
    assert client.get(address(issue)).context["found"].at == now


def test_of_an_issue_of_many_it_is_kept_until_one_more_is_heard(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_issue: MakeIssue,
    make_voice: MakeVoice,
    monkeypatch: pytest.MonkeyPatch,
    now: datetime,
) -> None:
    monkeypatch.setattr(judged, "FEW", 1)
    issue = make_issue(make_voice(), make_voice())
    client = client_of(cast.duty)
    client.get(address(issue))
    later = now + timedelta(minutes=2)
    monkeypatch.setattr(present, "now", lambda: later)
    assert client.get(address(issue)).context["found"].at == now
    Issue.objects.filter(pk=issue.pk).update(messages=3)
    assert client.get(address(issue)).context["found"].at == later
