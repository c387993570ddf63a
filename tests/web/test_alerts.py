"""预警: the page of alerts, what people press there, and the two tabs of settings behind it."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tingda.analyse.models import Reading, Topic
from tingda.collect.models import Voice
from tingda.detect.actions.alerts import end_alert
from tingda.detect.actions.warning import escalate_due
from tingda.detect.actions.weighing import heat_due
from tingda.detect.models import Alert, Gauge, Issue
from tingda.detect.queries import rules
from tingda.lib import charts, present
from tingda.lib.levels import TABLE, Row
from tingda.people.models import Person
from tingda.web.needs import needs_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Person], Client]
Urgent = Callable[..., Alert]
MINUTE = timedelta(minutes=1)


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


@pytest.fixture
def urgent(
    cast: SimpleNamespace, make_voice: Callable[..., Voice], make_issue: Callable[..., Issue]
) -> Urgent:
    """A red alert that was raised now."""

    def make(title: str = "煤气味") -> Alert:
        now = present.now()
        voice = make_voice(at=now, heard_at=now, title=title)
        Reading.objects.create(voice=voice, urgency=3, digest="", read_at=now, ungathered=False)
        issue = make_issue(voice)
        heat_due(now=now)
        return Alert.objects.get(issue=issue)

    return make


# ---- the page ----
def test_without_alerts_it_says_when_there_would_be(
    cast: SimpleNamespace, client_of: ClientOf
) -> None:
    page = text_of(client_of(cast.duty), "/desk/alerts/")
    assert "现在没有预警" in page
    assert "近 12 周没有提出过预警" in page
    assert client_of(cast.liaison_edu).get("/desk/alerts/").status_code == 404


def test_a_row_says_what_why_how_many_and_how_long_is_left(
    cast: SimpleNamespace, client_of: ClientOf, urgent: Urgent
) -> None:
    urgent()
    page = text_of(client_of(cast.duty), "/desk/alerts/")
    for said in ("红色预警 · 待确认", "煤气味", "紧急程度：马上，一周里 1 人反映", "还剩 9 分"):
        assert said in page
    assert "预警（1）" in text_of(client_of(cast.duty), "/desk/")


def test_one_key_and_the_second_hears_who_was_first(
    cast: SimpleNamespace, client_of: ClientOf, urgent: Urgent
) -> None:
    alert = urgent()
    address = f"/desk/alerts/{alert.pk}/acknowledge/"
    first, second = client_of(cast.duty), client_of(cast.duty2)
    assert 'data-key="a"' in text_of(first, "/desk/alerts/")
    assert first.get(address).status_code == 405
    assert first.post(address).headers["Location"] == "/desk/alerts/"
    answer = second.post(address, {"back": "issue"}, follow=True)
    assert answer.redirect_chain[0][0] == f"/desk/issues/{alert.issue_id}/"
    assert "值班员已先按了“知道了”" in answer.content.decode()
    assert 'data-key="a"' not in text_of(second, "/desk/alerts/")
    assert client_of(cast.liaison_edu).post(address).status_code == 404


def test_it_is_ended_with_a_reason_and_stays_as_history(
    cast: SimpleNamespace, client_of: ClientOf, urgent: Urgent
) -> None:
    alert, client = urgent(), client_of(cast.duty)
    address = f"/desk/alerts/{alert.pk}/end/"
    assert client_of(cast.drafter).get(address).status_code == 403
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "演练", "noise": "on"}).status_code == 302
    page = text_of(client, "/desk/alerts/")
    assert "现在没有预警" in page
    assert "演练" in page
    assert "红色预警 · 已结束" in text_of(client, f"/desk/issues/{alert.issue_id}/")
    assert client.get(address).status_code == 404
    assert needs_of(cast.duty, present.now()) == []


def test_whom_it_is_told_in_the_end_sees_it_first_on_today(
    cast: SimpleNamespace, client_of: ClientOf, urgent: Urgent
) -> None:
    alert = urgent()
    for minutes in (11, 22, 33):
        escalate_due(now=present.now() + minutes * MINUTE)
    (need,) = needs_of(cast.releaser, present.now())
    assert (need.title, need.first, need.tag) == ("煤气味", True, "马上看")
    assert [need.action for need in needs_of(cast.duty, present.now())] == ["确认预警"]
    page = text_of(client_of(cast.releaser), "/desk/alerts/")
    assert "都通知过了，还没人知道" in page
    assert "已催 3 次" in page
    client_of(cast.releaser).post(f"/desk/alerts/{alert.pk}/acknowledge/")
    alert.refresh_from_db()
    assert alert.acknowledged_by == cast.releaser


def test_three_cost_as_many_questions_as_one(
    cast: SimpleNamespace, client_of: ClientOf, urgent: Urgent
) -> None:
    client, costs = client_of(cast.duty), []
    client.get("/desk/alerts/")
    for more in (1, 2):
        for _ in range(more):
            urgent()
            row, reason = urgent(), {"reason": "好了", "noise": False}
            end_alert(row, **reason, by=cast.duty, now=present.now())  # type: ignore[arg-type]
        with CaptureQueriesContext(connection) as asked:
            client.get("/desk/alerts/")
        costs.append(len(asked))
    assert costs == [costs[0]] * 2


def test_the_chart_has_a_table_beside_it_and_survives_a_drawing_that_fails(
    cast: SimpleNamespace, client_of: ClientOf, urgent: Urgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    urgent()
    client = client_of(cast.duty)
    assert "其中误报" in text_of(client, "/desk/alerts/")
    drawn: list[charts.Spec] = []

    def draw(spec: charts.Spec, shelf: object) -> str:
        drawn.append(spec)
        return "<svg></svg>"

    monkeypatch.setattr(charts, "to_svg", draw)
    assert "<svg></svg>" in text_of(client, "/desk/alerts/chart/")
    assert str(drawn[0]["data"]).count("起") >= 4

    def fail(spec: object, shelf: object) -> str:
        raise charts.DrawingFailed

    monkeypatch.setattr(charts, "to_svg", fail)
    assert "图没有画成" in text_of(client, "/desk/alerts/chart/")


# ---- an issue ----
def test_an_issue_shows_its_heat_in_parts_and_what_happened_to_its_alert(
    cast: SimpleNamespace, client_of: ClientOf, urgent: Urgent
) -> None:
    alert, client = urgent(), client_of(cast.duty)
    page = text_of(client, f"/desk/issues/{alert.issue_id}/")
    for said in ("热度", "1.0 人", "25.0<small> / 25</small>", "紧急程度：马上", "还没有学到往常"):
        assert said in page
    assert "历史只有 0 天" in page
    Gauge.objects.update(days=40, learnt_at=present.now())
    rise = {"window": "3d", "seen": 9, "expected": 2.5, "near": 1.0, "alarm": True}
    Issue.objects.update(growth=rise)
    page = text_of(client, f"/desk/issues/{alert.issue_id}/")
    assert "近 3 天 9 人，往常约 2.5 人" in page
    assert "历史只有" not in page
    client.post("/language/", {"language": "en"})
    assert "9 people in 3 d, usually about 2.5" in text_of(
        client, f"/desk/issues/{alert.issue_id}/"
    )


def test_the_list_names_the_parts_that_bring_most(
    cast: SimpleNamespace, client_of: ClientOf, urgent: Urgent
) -> None:
    urgent()
    assert "紧急 25 · 人数 6" in text_of(client_of(cast.duty), "/desk/issues/")


# ---- settings ----
WEIGHTS = {"people": "100", "reach": "0", "urgency": "0", "growth": "0", "half_days": "3"}


def test_weights_are_tried_on_the_top_ten_before_they_are_kept(
    cast: SimpleNamespace,
    client_of: ClientOf,
    urgent: Urgent,
    make_voice: Callable[..., Voice],
    make_issue: Callable[..., Issue],
) -> None:
    urgent("煤气味")
    now = present.now()
    make_issue(*(make_voice(at=now, heard_at=now, title="多人") for _ in range(5)))
    while heat_due(now=now):
        pass
    admin = client_of(cast.admin)

    def titles(answer: str) -> list[bool]:
        return [answer.index("煤气味") < answer.index("多人")]

    assert titles(text_of(admin, "/desk/settings/heat/")) == [True]
    tried = admin.post("/desk/settings/heat/", WEIGHTS | {"try": "1"}).content.decode()
    assert titles(tried) == [False]
    assert "原第 2" in tried
    assert rules().weights.people == 40
    assert admin.post("/desk/settings/heat/", WEIGHTS | {"save": "1"}).status_code == 302
    assert rules().weights.people == 100
    wrong = WEIGHTS | {"people": "0", "save": "1"}
    assert admin.post("/desk/settings/heat/", wrong).status_code == 422


def table(*rows: Row, **more: str) -> dict[str, str]:
    """The form of the table as a browser sends it."""
    typed = {"row-TOTAL_FORMS": str(len(rows)), "row-INITIAL_FORMS": "0", "per_week": "3"}
    typed |= {"red": "5", "orange": "30", "yellow": "240", "blue": "0", **more}
    for number, row in enumerate(rows):
        typed |= {
            f"row-{number}-level": row.level,
            f"row-{number}-urgency": str(row.urgency or ""),
            f"row-{number}-people": str(row.people),
            f"row-{number}-topic": row.topic,
            f"row-{number}-ORDER": str(len(rows) - number),
        } | ({f"row-{number}-grows": "on"} if row.grows else {})
    return typed


def test_the_table_of_colours_is_tried_on_the_last_issues_and_kept(
    cast: SimpleNamespace, client_of: ClientOf, urgent: Urgent
) -> None:
    Topic.objects.create(code="gas", group="安全", name="燃气")
    urgent()
    admin, address = client_of(cast.admin), "/desk/settings/levels/"
    assert "最近 1 个议题会得什么颜色" in text_of(admin, address)
    wanted = (Row("blue", topic="gas", grows=True), Row(""), Row("orange", urgency=2))
    tried = admin.post(address, table(*wanted, **{"try": "1"})).content.decode()
    assert "红色 1 → 0" in tried
    assert "橙色 0 → 1" in tried
    assert rules().levels == TABLE
    assert admin.post(address, table(*wanted, save="1")).status_code == 302
    kept = rules()
    assert kept.levels == (wanted[2], wanted[0])  # in the order of their numbers
    assert (kept.minutes["red"], kept.per_week) == (5, 3)
    for wrong in (table(), table(*wanted, red="-1"), table(*wanted, per_week="0")):
        assert admin.post(address, wrong | {"save": "1"}).status_code == 422
    bad = table(*wanted) | {"row-0-people": "x", "save": "1"}
    assert "还没有保存" in admin.post(address, bad).content.decode()


@pytest.mark.parametrize("tab", ["heat", "levels"])
def test_others_read_the_rules_and_do_not_change_them(
    cast: SimpleNamespace, client_of: ClientOf, tab: str
) -> None:
    address = f"/desk/settings/{tab}/"
    page = text_of(client_of(cast.duty), address)
    assert 'name="save"' not in page
    assert client_of(cast.duty).post(address, {"save": "1"}).status_code == 409
    assert client_of(cast.liaison_edu).get(address).status_code == 404


def test_the_tab_says_how_many_were_false_each_week(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: Callable[..., Issue]
) -> None:
    now = present.now()
    alert = Alert.objects.create(issue=make_issue(), colour="yellow", raised_at=now, by_growth=True)
    alert.steps.create(at=now, what="raised", colour="yellow", by_growth=True)
    end_alert(alert, reason="误报", noise=True, by=cast.duty, now=now)
    page = text_of(client_of(cast.duty), "/desk/settings/levels/")
    assert page.count("<td>1</td><td>1</td><td>1</td><td>1</td>") == 1
