"""The pages of what is late, of reports upward, meetings and tasks, and of who is called."""

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from docx import Document

from tingda.cases import actions
from tingda.cases.actions import ladder, meetings, reports
from tingda.cases.models import Case, Escalation, LadderSetting, Meeting, Superior, Task
from tingda.lib import present
from tingda.people.models import Person

MakeCase = Callable[..., Case]
ClientOf = Callable[[Person], Client]
HOUR = timedelta(hours=1)


@pytest.fixture
def later(now: datetime, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The clock of the pages stands at Sunday 18:00, when a referral of Saturday is late."""
    moment = now + 25 * HOUR + timedelta(minutes=40)
    monkeypatch.setattr(present, "now", lambda: moment)
    return moment


def climb(now: datetime) -> None:
    while ladder.escalate_cases_due(now=now):
        pass


def queries_of(client: Client, path: str) -> int:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    with CaptureQueriesContext(connection) as caught:
        assert client.get(path).status_code == 200
    return len(caught)


def fill(case: Case, cast: SimpleNamespace, now: datetime, count: int) -> None:
    given = {"by": cast.duty, "now": now}
    actions.refer(case, [cast.edu, cast.water, cast.office][count], "查", **given)
    for _number in range(count + 1):
        task = meetings.give_task("送检", cast.liaison_edu, date(2026, 11, 22), case=case, **given)
        meeting = meetings.Called("assessment", "怎么办", now, "", [cast.duty], "", [case])
        meetings.call_meeting(meeting, **given)
    Task.objects.filter(pk=task.pk).update(due_at=now + HOUR)


def test_pages_ask_the_same_number_of_questions_however_much_there_is(
    make_case: MakeCase,
    cast: SimpleNamespace,
    now: datetime,
    later: datetime,
    client_of: ClientOf,
) -> None:
    client, counts = client_of(cast.duty), []
    for count in range(3):
        case = make_case(grade="major")
        fill(case, cast, now, count)
        climb(later)
        pages = ("/desk/late/", "/desk/meetings/", f"/desk/cases/{case.pk}/", "/desk/tasks/")
        counts.append([queries_of(client, page) for page in pages])
    assert counts[1:] == [counts[1]] * 2


def test_the_late_page_names_unit_step_since_when_and_who_was_called(
    make_case: MakeCase,
    cast: SimpleNamespace,
    now: datetime,
    later: datetime,
    client_of: ClientOf,
) -> None:
    case = make_case()
    row = actions.refer(case, cast.edu, "查", by=cast.duty, now=now)
    climb(later)
    context = client_of(cast.auditor).get("/desk/late/").context
    [(one, stage, href)] = context["late"]
    assert (one.unit, stage, one.due_at, href) == (
        cast.edu,
        "反馈核实",
        row.due_at,
        f"/desk/referrals/{row.pk}/",
    )
    assert [call.names for call in one.calls] == [["教育办联络员"], ["教育办联络员", "值班员"]]
    assert context["coming"] == []
    saturday = client_of(cast.duty).get("/desk/late/?day=2026-11-21")
    assert saturday.context["late"] == []
    assert client_of(cast.duty).get("/desk/late/?day=2026-11-23").status_code == 404
    assert client_of(cast.duty).get("/desk/late/?day=nonsense").status_code == 404
    assert client_of(cast.liaison_edu).get("/desk/late/").status_code in (302, 403, 404)


def test_of_very_much_that_falls_due_today_the_page_says_that_there_is_more(
    cast: SimpleNamespace, client_of: ClientOf, later: datetime
) -> None:
    client, by = client_of(cast.duty), cast.duty
    soon = {"due_at": later + HOUR, "made_at": later}
    for count, says_more in ((50, False), (1, True)):
        Task.objects.bulk_create(
            Task(what="送检", owner=by, made_by=by, **soon) for _number in range(count)
        )
        page = client.get("/desk/late/")
        assert len(page.context["coming"]) == 50
        assert ("太多了，没有全列出来。" in page.content.decode()) is says_more


def test_a_unit_is_reminded_from_the_case_and_counted(
    make_case: MakeCase, cast: SimpleNamespace, client_of: ClientOf
) -> None:
    case = make_case()
    row = actions.refer(case, cast.edu, "查", by=cast.duty, now=present.now())
    client, address = client_of(cast.duty), f"/desk/referrals/{row.pk}/urge/"
    assert client.post(address, {"text": ""}).status_code == 422
    assert client.post(address, {"text": "家长在等"}).status_code == 302
    again = client.post(address, {"text": "快一点"})
    assert again.status_code == 422
    assert "一小时内已经催过一次" in again.content.decode()
    page = client.get(f"/desk/referrals/{row.pk}/")
    assert (page.context["urged"]["count"], page.context["urged"]["offer"]) == (1, None)
    assert client_of(cast.liaison_edu).post(address, {"text": "快"}).status_code in (403, 404)
    assert Escalation.objects.get(rung="").text == "家长在等"


REPORT = {"what": "多人腹痛", "place": "一小", "people": "五人", "done": "已停用食堂"}


def test_a_report_is_filled_from_the_case_sent_and_kept_with_what_was_said_back(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime, client_of: ClientOf
) -> None:
    case = make_case(grade="major", title="学校食堂多人腹痛")
    body = reports.set_superior(
        None, name="县总值班室", way="phone", contact="0571-1", by=cast.admin, now=now
    )
    row, client = case.reports.get(), client_of(cast.duty)
    address = f"/desk/reports/{row.pk}/"
    page = client.get(address)
    assert page.context["form"].initial["what"] == "学校食堂多人腹痛"
    assert client.get(f"/desk/reports/{row.pk}.docx").status_code == 404
    bad = client.post(address, REPORT | {"what": "", "bodies": [body.pk]})
    assert bad.status_code == 422
    assert "已停用食堂" in bad.content.decode()  # nothing that was typed is lost
    nobody = client.post(address, REPORT)
    assert "请写明报给谁、怎么报" in nobody.content.decode()
    sent = client.post(
        address, REPORT | {"bodies": [body.pk], "other": "县委", "other_way": "text"}
    )
    assert sent.status_code == 302
    row.refresh_from_db()
    assert row.to == [["县总值班室", "phone"], ["县委", "text"]]
    said = client.post(f"{address}reply/", {"who": "带班领导", "text": "请续报"})
    assert said.status_code == 302
    assert [reply.text for reply in row.replies.all()] == ["请续报"]
    word = client.get(f"/desk/reports/{row.pk}.docx")
    text = "\n".join(part.text for part in Document(io.BytesIO(word.content)).paragraphs)
    assert all(part in text for part in ("县总值班室、县委：", "五人", "第 1 次快报"))
    assert client_of(cast.auditor).get(address).context["reply_form"] is None


def test_a_meeting_of_a_case_leads_to_a_task_that_its_owner_proves(
    make_case: MakeCase, cast: SimpleNamespace, client_of: ClientOf
) -> None:
    case, client = make_case(grade="major"), client_of(cast.duty)
    new = f"/desk/meetings/new/?case={case.pk}"
    assert client.get(new).context["form"].initial["kind"] == "assessment"
    wanted: dict[str, Any] = {"kind": "assessment", "title": "怎么办", "cases": [case.pk]}
    wanted |= {"at": "2026-01-05T09:00", "people": [cast.duty.pk, cast.liaison_edu.pk]}
    assert client.post(new, wanted | {"at": ""}).status_code == 422
    assert client.post(new, wanted).status_code == 302
    row = Meeting.objects.get()
    page = f"/desk/meetings/{row.pk}/"
    assert client.get(page).context["minutes_form"].initial == {"present": "值班员、教育办联络员"}
    assert client.post(f"{page}minutes/", {"present": "都到", "text": "停用"}).status_code == 302
    due = (timezone.localdate() + timedelta(days=1)).isoformat()
    task = {"what": "留样送检", "owner": cast.liaison_edu.pk, "due_on": due}
    assert client.post(f"{page}task/", task).status_code == 302
    given = Task.objects.get()
    assert (given.case, given.meeting, given.owner) == (case, row, cast.liaison_edu)
    liaison, address = client_of(cast.liaison_edu), f"/desk/tasks/{given.pk}/"
    assert liaison.get("/desk/tasks/").context["waiting"].items == [given]
    assert liaison.get(page).status_code == 200  # who takes part may read it
    assert client_of(cast.liaison_water).get(address).status_code == 404
    assert client_of(cast.liaison_water).get(page).status_code == 404
    assert liaison.post(address, {"proof": " "}).status_code == 422
    assert liaison.post(address, {"proof": "收据 17 号"}).status_code == 302
    given.refresh_from_db()
    assert (given.proof, given.done_by) == ("收据 17 号", cast.liaison_edu)


def test_reports_and_tasks_stand_in_today_of_who_owes_them(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime, later: datetime, client_of: ClientOf
) -> None:
    case = make_case(grade="major")
    meetings.give_task("写总结", cast.drafter, date(2026, 11, 22), case=case, by=cast.duty, now=now)
    duty = [need.title for need in client_of(cast.duty).get("/desk/").context["needs"]]
    assert duty[0] == case.title
    report, task = f"/desk/reports/{case.reports.get().pk}/", f"/desk/tasks/{case.tasks.get().pk}/"
    hrefs = {
        who.login: [need.href for need in client_of(who).get("/desk/").context["needs"]]
        for who in (cast.duty, cast.drafter)
    }
    assert (report in hrefs["duty"], task in hrefs["duty"]) == (True, False)
    assert (report in hrefs["drafter"], task in hrefs["drafter"]) == (False, True)


def test_the_office_changes_who_is_called_and_who_is_reported_to(
    cast: SimpleNamespace, client_of: ClientOf
) -> None:
    admin, edit = client_of(cast.admin), "/desk/settings/ladders/major.facts/"
    rows = {"step-TOTAL_FORMS": "3", "step-INITIAL_FORMS": "0"}
    rows |= {"step-0-hours": "2", "step-0-side": "before", "step-0-to": "asked"}
    rows |= {"step-0-text": "打电话问", "step-0-urgent": "on", "step-1-side": "after"}
    rows |= {"step-1-hours": "0", "step-1-to": "head", "step-2-side": "after"}
    assert admin.post(edit, rows | {"step-0-hours": "-3"}).status_code == 422
    admin.cookies["django_language"] = "en"
    said = rows | {"step-0-text": "Please do it yourself", "step-1-text": "Please look into it now"}
    assert admin.post(edit, said).status_code == 302
    texts = [one["text"] for one in LadderSetting.objects.get(code="major.facts").steps]
    assert texts == ["Please do it yourself", "请马上过问"]
    admin.cookies["django_language"] = "zh-hans"
    nobody = rows | {"step-0-to": "", "step-1-to": ""}
    assert admin.post("/desk/settings/ladders/major/", nobody).status_code == 422
    assert admin.post(edit, rows).status_code == 302
    kept = LadderSetting.objects.get(code="major.facts").steps
    told = [(one["hours"], one["to"], one["text"], one["urgent"]) for one in kept]
    assert told == [(-2, "asked", "打电话问", True), (0, "head", "请马上过问", False)]
    assert client_of(cast.duty).get(edit).status_code == 403
    page = client_of(cast.duty).get("/desk/settings/ladders/")
    assert [code for code, _name, _steps in page.context["rows"]] == [
        "ordinary",
        "major",
        "major.facts",
    ]
    assert admin.post(edit, rows | {"usual": "1"}).status_code == 302
    assert not LadderSetting.objects.exists()
    assert admin.get("/desk/settings/ladders/major.nothing/").status_code == 404
    add = "/desk/settings/ladders/superiors/add/"
    wanted = {"name": "县总值班室", "way": "phone", "contact": "0571-1"}
    assert admin.post(add, wanted).status_code == 302
    assert admin.post(add, wanted).status_code == 422
    row = Superior.objects.get()
    change = f"/desk/settings/ladders/superiors/{row.pk}/"
    assert admin.post(change, wanted | {"active": "no"}).status_code == 302
    row.refresh_from_db()
    assert row.active is False
