"""事项: the list, taking on, one case, and only the buttons that work."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.publishing import publish
from tingda.cases import actions, rules
from tingda.cases.actions.clocks import tell_of_calendar
from tingda.cases.models import Case, Deadline, Fact, FactFile, Promise, Referral
from tingda.collect.models import Receipt, Source, Voice
from tingda.detect.models import Alert, Issue
from tingda.ledger.models import Line
from tingda.lib import clocks, present
from tingda.notify.models import Notice
from tingda.people.actions import add_person
from tingda.people.models import Person
from tingda.vault.actions import seal
from tingda.web.desk import case_deeds
from tingda.web.desk.case_steps import way_of
from tingda.web.told import address_of

SCRIPT = "<script>alert(1)</script>"
ClientOf = Callable[[Person], Client]
MakeCase = Callable[..., Case]
MakeIssue = Callable[..., Issue]
MakeVoice = Callable[..., Voice]
STAFF = ["duty", "drafter", "releaser", "auditor", "admin"]
PDF = b"%PDF-1.7 evidence"


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def deed(client: Client, case: Case, name: str, **fields: Any) -> Any:
    return client.post(f"/desk/cases/{case.pk}/{name}/", fields)


def again(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def numbers(client: Client, query: str = "") -> list[str]:
    return [case.number for case in client.get(f"/desk/cases/{query}").context["page"].items]


@pytest.fixture
def desk(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    return client_of(cast.duty)


# ---- the list ----
def test_an_empty_list_says_what_to_do(desk: Client) -> None:
    assert "现在没有在办的事项" in text_of(desk, "/desk/cases/")
    assert "没有超时的事项" in text_of(desk, "/desk/cases/?tab=late")
    assert "还没有办结的事项" in text_of(desk, "/desk/cases/?tab=closed")


def test_tabs_part_what_is_on_hand_late_and_closed(
    desk: Client, make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    fine, late, closed = make_case(), make_case(), make_case()
    far = datetime(2999, 1, 1, tzinfo=now.tzinfo)
    Deadline.objects.filter(case=fine).update(due_at=far)
    Deadline.objects.filter(case=late).update(due_at=now - timedelta(days=900))
    actions.close(closed, reason="solved", text="已经解决。", by=cast.duty, now=now)
    assert numbers(desk) == [late.number, fine.number]
    assert numbers(desk, "?tab=late") == [late.number]
    assert numbers(desk, "?tab=closed") == [closed.number]
    assert numbers(desk, "?tab=nonsense&sort=nonsense&page=x") == [late.number, fine.number]
    counts = desk.get("/desk/cases/").context["tabs"]
    assert [count for _name, _text, count in counts] == [2, 1, 1]
    assert "已超时" in text_of(desk, "/desk/cases/")


def test_the_list_sorts_by_every_column_both_ways(
    desk: Client, make_case: MakeCase, cast: SimpleNamespace
) -> None:
    one = make_case(title="甲", grade="extra_major", unit=cast.edu)
    two = make_case(title="乙", grade="ordinary", unit=cast.water)
    for column in desk.get("/desk/cases/").context["columns"]:
        up = numbers(desk, column.address)
        assert sorted(up) == [one.number, two.number]
    assert numbers(desk, "?sort=grade") == [one.number, two.number]
    assert numbers(desk, "?sort=-grade") == [two.number, one.number]
    columns = desk.get("/desk/cases/?sort=grade").context["columns"]
    assert [column.sorted for column in columns if column.sorted] == ["ascending"]
    assert "sort=-grade" in next(column.address for column in columns if column.sorted)


def test_one_may_look_at_the_own_cases_only(
    desk: Client, make_case: MakeCase, cast: SimpleNamespace
) -> None:
    own = make_case()
    other = make_case(by=cast.duty2)
    assert set(numbers(desk)) == {own.number, other.number}
    assert numbers(desk, "?mine=1") == [own.number]


def test_a_liaison_has_no_such_page(
    cast: SimpleNamespace, client_of: ClientOf, make_case: MakeCase
) -> None:
    case = make_case(unit=cast.edu)
    client = client_of(cast.liaison_edu)
    for address in ("/desk/cases/", f"/desk/cases/{case.pk}/", "/desk/cases/new/?issue=1"):
        text_of(client, address, 404)
    assert deed(client, case, "close", reason="solved", text="已经解决。").status_code == 404


@pytest.mark.parametrize("address", ["/desk/cases/", "/desk/cases/?tab=closed"])
def test_the_list_costs_the_same_queries_at_one_and_three(
    address: str, desk: Client, make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    counts = []
    for more in (1, 2):
        for _number in range(more):
            case = make_case(unit=cast.edu)
            publish(case, cast, now, promises=[("换筐", now.date())])
            if "closed" in address:
                actions.close(case, reason="answered", text="已经答复。", by=cast.duty, now=now)
        with CaptureQueriesContext(
            connection,
        ) as found:
            desk.get(address)
        counts.append(len(found))
    assert counts[0] == counts[1]


# ---- taking on ----
def test_the_grade_is_never_chosen_for_the_person(
    desk: Client, make_issue: MakeIssue, now: datetime
) -> None:
    issue = make_issue(title="食堂午餐有异物")
    Alert.objects.create(issue=issue, colour="red", raised_at=now)
    page = text_of(desk, f"/desk/cases/new/?issue={issue.pk}")
    assert 'value="食堂午餐有异物"' in page
    grades = re.findall(r'<input type="radio" name="grade"[^>]*>', page)
    assert len(grades) == len(rules.GRADES)
    assert not any("checked" in grade for grade in grades)
    assert "红色预警" in page


def test_deadlines_show_before_anything_is_stored(desk: Client, make_issue: MakeIssue) -> None:
    issue = make_issue()
    address = f"/desk/cases/new/clocks/?issue={issue.pk}"
    assert "选了种类" in text_of(desk, address)
    assert "先按一般计算" in text_of(desk, f"{address}&kind=public_concern")
    page = text_of(desk, f"{address}&kind=public_concern&grade=major")
    assert "5 小时（连续计时）" in page
    assert "先按一般计算" not in page
    assert "5 个工作日" in page
    assert not Case.objects.exists()


def test_an_issue_becomes_a_case(
    desk: Client, make_issue: MakeIssue, cast: SimpleNamespace
) -> None:
    issue = make_issue()
    address = f"/desk/cases/new/?issue={issue.pk}"
    fields = {"title": "食堂", "kind": "public_concern", "grade": "larger", "unit": cast.edu.pk}
    response = desk.post(address, fields)
    case = Case.objects.get()
    assert response["Location"] == f"/desk/cases/{case.pk}/"
    assert (case.issue, case.owner, case.grade, case.unit) == (
        issue,
        cast.duty,
        "larger",
        cast.edu,
    )
    assert desk.post(address, fields)["Location"] == f"/desk/cases/{case.pk}/"
    assert Case.objects.count() == 1


def test_a_call_becomes_a_hotline_case(desk: Client, make_voice: MakeVoice) -> None:
    source = Source.objects.create(kind=Source.Kind.HOTLINE, name="来电来访")
    voice = make_voice(source=source, title="路灯不亮")
    page = desk.get(f"/desk/cases/new/?voice={voice.pk}")
    assert page.context["form"]["kind"].value() == "hotline"
    assert page.context["form"]["title"].value() == "路灯不亮"


def test_what_was_typed_comes_back_with_the_reason(desk: Client, make_issue: MakeIssue) -> None:
    issue = make_issue()
    response = desk.post(f"/desk/cases/new/?issue={issue.pk}", {"title": "写了一半的题目"})
    assert response.status_code == 422
    page = response.content.decode()
    assert "写了一半的题目" in page
    assert page.count("这个字段是必填项") == 3
    assert not Case.objects.exists()


@pytest.mark.parametrize("query", ["", "?issue=0", "?issue=x", "?voice=999", "?issue=" + "9" * 40])
def test_a_case_about_nothing_is_not_found(query: str, desk: Client) -> None:
    text_of(desk, f"/desk/cases/new/{query}", 404)


def test_a_merged_issue_is_taken_on_where_it_went(
    desk: Client, make_issue: MakeIssue, cast: SimpleNamespace
) -> None:
    into = make_issue(title="并入的")
    merged = make_issue(state="merged", merged_into=into)
    page = text_of(desk, f"/desk/cases/new/?issue={merged.pk}")
    assert 'value="并入的"' in page


@pytest.mark.parametrize("who", ["drafter", "releaser", "auditor", "admin"])
def test_only_a_duty_officer_takes_on(
    who: str, cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue
) -> None:
    client = client_of(getattr(cast, who))
    text_of(client, f"/desk/cases/new/?issue={make_issue().pk}", 403)


# ---- the page ----
@pytest.mark.parametrize("who", STAFF)
def test_every_colleague_reads_a_case_and_only_the_duty_officer_has_buttons(
    who: str, cast: SimpleNamespace, client_of: ClientOf, make_case: MakeCase
) -> None:
    case = make_case()
    response = client_of(getattr(cast, who)).get(f"/desk/cases/{case.pk}/")
    assert response.status_code == 200
    offers = set(response.context["offers"])
    duty = {
        "refer",
        "fact",
        "grade",
        "kind",
        "owner",
        "close",
        "pause",
        "extend",
        "lead",
        "forward",
    }
    wanted = duty if who == "duty" else set()
    assert offers == wanted
    assert response.context["may_draft"] == (who in ("duty", "drafter"))


@pytest.mark.parametrize("state", rules.STATES)
def test_buttons_are_where_the_table_allows_them(
    state: str, desk: Client, make_case: MakeCase
) -> None:
    case = make_case()
    Case.objects.filter(pk=case.pk).update(state=state, closed_at=case.opened_at)
    response = desk.get(f"/desk/cases/{case.pk}/")
    offers = set(response.context["offers"])
    moves = rules.moves_from(state, frozenset({"duty"}))
    assert {"refer", "close", "reopen"} & offers == {"refer", "close", "reopen"} & moves
    assert ({"fact", "grade", "kind", "owner"} <= offers) == (state != "closed")
    for name in {"refer", "fact", "grade", "owner", "close", "reopen"} - offers:
        assert f'/desk/cases/{case.pk}/{name}/"' not in response.content.decode()


def test_a_case_shows_what_it_came_from_but_no_contact(
    desk: Client, make_voice: MakeVoice, make_issue: MakeIssue, make_case: MakeCase, now: datetime
) -> None:
    voice = make_voice()
    contact = seal("13812345678 王女士", now=now)
    Receipt.objects.create(voice=voice, code_hash="c", contact=contact, made_at=now)
    case = make_case(make_issue(voice, title="午餐异物"))
    page = text_of(desk, f"/desk/cases/{case.pk}/")
    assert "留有联系方式" in page
    assert "午餐异物" in page
    assert "13812345678" not in page
    assert "王女士" not in page
    assert "留有联系方式" not in text_of(desk, f"/desk/cases/{make_case().pk}/")


def test_a_case_of_the_own_unit_does_not_open_the_voices(
    cast: SimpleNamespace, client_of: ClientOf, make_case: MakeCase, make_issue: MakeIssue,
    now: datetime,
) -> None:  # fmt: skip
    issue = make_issue(title="午餐异物")
    case = make_case(issue, unit=cast.edu)
    other = make_case(unit=cast.water)
    drafter = add_person(
        "e", "教育拟稿", cast.edu, ["drafter"], password="x" * 12, by=None, now=now
    )
    client = client_of(drafter)
    assert f"/desk/issues/{issue.pk}/" not in text_of(client, f"/desk/cases/{case.pk}/")
    text_of(client, f"/desk/cases/{other.pk}/", 404)


def test_how_a_deadline_was_computed_is_shown_day_by_day(
    desk: Client, make_case: MakeCase, make_issue: MakeIssue, make_voice: MakeVoice, now: datetime
) -> None:
    thursday = datetime(2026, 9, 17, 4, tzinfo=now.tzinfo)  # 20 September is a worked Sunday
    case = make_case(make_issue(make_voice(at=thursday)))
    page = text_of(desk, f"/desk/cases/{case.pk}/")
    assert "从 9月17日 12:00 起，5 个工作日" in re.sub(r"20\d\d年", "", page)
    assert "调休上班" in page
    assert "休息日" in page
    assert "怎么算的" in page


def test_an_unpublished_calendar_is_said_beside_the_deadline_and_told_when_it_is_out(
    make_case: MakeCase,
    make_issue: MakeIssue,
    make_voice: MakeVoice,
    cast: SimpleNamespace,
    client_of: ClientOf,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # as it stood before the notice for 2026 came out: 1 October is a feast, and nobody knows yet
    # that 2, 5, 6 and 7 October rest, and that Saturday the 10th is worked
    desk, (off, on) = client_of(cast.duty), clocks._moved_days(2026)
    monkeypatch.setattr(clocks, "CALENDAR_KNOWN_UNTIL", date(2025, 12, 25))
    fixed = frozenset({date(2026, 10, 1)}) & off
    monkeypatch.setattr(clocks, "_moved_days", lambda _year: (fixed, frozenset()))
    heard = datetime(2026, 9, 29, 4, tzinfo=now.tzinfo)
    case = make_case(make_issue(make_voice(at=heard)), kind="hotline")
    before = case.deadlines.get(stage="first_answer").due_at
    page, sentence = f"/desk/cases/{case.pk}/", "2026 年的节假日安排尚未公布，先按周一至周五"
    assert sentence in text_of(desk, page)
    assert "暂按工作日计" in text_of(desk, page)
    monkeypatch.setattr(clocks, "CALENDAR_KNOWN_UNTIL", date(2026, 12, 25))
    monkeypatch.setattr(clocks, "_moved_days", lambda _year: (off, on))
    monkeypatch.setattr("tingda.cases.actions.clocks._Looked.until", None)
    assert [tell_of_calendar(now=now) for _turn in range(2)] == [2, 0]
    notice = Notice.objects.get(verb="calendar.out")
    assert (notice.person, address_of(notice.link)) == (cast.admin, "/desk/settings/clocks/")
    admin = client_of(cast.admin)
    assert "日历变了" in text_of(admin, "/desk/settings/clocks/")
    assert case.deadlines.get(stage="first_answer").due_at == before  # shown before it moves
    assert admin.post("/desk/settings/days/follow/", {"seen": "2"}).status_code == 302
    assert case.deadlines.get(stage="first_answer").due_at > before
    assert sentence not in text_of(desk, page)


def test_opening_a_case_marks_its_notices_read(
    cast: SimpleNamespace, client_of: ClientOf, make_case: MakeCase, now: datetime
) -> None:
    case = make_case()
    actions.hand_over(case, cast.duty2, by=cast.duty, now=now)
    text_of(client_of(cast.duty2), f"/desk/cases/{case.pk}/")
    assert Notice.objects.get(person=cast.duty2).read_at is not None


def test_scripts_in_every_field_are_shown_as_text(
    desk: Client, make_case: MakeCase, make_issue: MakeIssue, make_voice: MakeVoice,
    cast: SimpleNamespace, now: datetime,
) -> None:  # fmt: skip
    issue = make_issue(make_voice(title=SCRIPT, text=SCRIPT), title=SCRIPT)
    case = make_case(issue, title=SCRIPT)
    actions.record_fact(
        case, what=SCRIPT, by_whom=SCRIPT, evidence=SCRIPT, referral=None, by=cast.duty, now=now
    )
    row = actions.refer(case, cast.edu, SCRIPT, by=cast.duty, now=now)
    actions.object_referral(row, SCRIPT, by=cast.liaison_edu, now=now)
    actions.decide_objection(row, cast.water, SCRIPT, by=cast.duty2, now=now)
    asked = case.referrals.get(unit=cast.water)
    actions.withdraw_referral(asked, SCRIPT, by=cast.duty, now=now)
    sent = actions.forward(case, SCRIPT, way="letter", text=SCRIPT, by=cast.duty, now=now)
    actions.note_reply(sent, SCRIPT, by=cast.duty, now=now)
    words = {"title": SCRIPT, "heard": SCRIPT, "found": SCRIPT, "done": SCRIPT}
    publish(case, cast, now, promises=[(SCRIPT, now.date())], **words)
    actions.keep_promise(Promise.objects.get(), how=SCRIPT, by=cast.duty, now=now)
    actions.close(case, reason="answered", text=SCRIPT, by=cast.duty, now=now)
    for address in (
        f"/desk/cases/{case.pk}/",
        "/desk/cases/?tab=closed",
        f"/desk/referrals/{row.pk}/",
        "/desk/referrals/",
    ):
        page = text_of(desk, address)
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_the_page_costs_the_same_queries_with_more_on_it(
    desk: Client, make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    costs = []
    for more in (1, 3):
        for number in range(more):
            row = actions.refer(case, cast.edu, f"核实{number}", by=cast.duty, now=now)
            values = {"what": "查", "by_whom": "谁", "evidence": "据"}
            fact = actions.record_fact(case, **values, referral=row, by=cast.liaison_edu, now=now)
            actions.attach(fact, name="a.pdf", path="facts/a.pdf", size=1, sha256="0" * 64)
            actions.answer_referral(row, by=cast.liaison_edu, now=now)
            publish(case, cast, now, promises=[("换筐", now.date())])
        with CaptureQueriesContext(connection) as found:
            desk.get(f"/desk/cases/{case.pk}/")
        costs.append(len(found))
    assert costs[0] == costs[1]


# ---- the deeds ----
def test_a_duty_officer_refers_withdraws_and_hands_over(
    desk: Client, make_case: MakeCase, cast: SimpleNamespace
) -> None:
    case = make_case()
    assert deed(desk, case, "refer", unit=cast.edu.pk, asks="请核实留样").status_code == 302
    row = Referral.objects.get()
    assert (row.asks, again(case).state) == ("请核实留样", "referred")
    address = f"/desk/cases/{case.pk}/withdraw/{row.pk}/"
    assert desk.post(address, {"reason": ""}).status_code == 422
    assert desk.post(address, {"reason": "学校已说明"}).status_code == 302
    assert Referral.objects.get().state == "withdrawn"
    assert deed(desk, case, "owner", owner=cast.duty2.pk).status_code == 302
    assert again(case).owner == cast.duty2
    assert deed(desk, case, "owner", owner=cast.liaison_edu.pk).status_code == 422
    assert deed(desk, case, "grade", grade="major", reason="有学生送医").status_code == 302
    assert again(case).grade == "major"


def test_a_refused_deed_keeps_what_was_typed(
    desk: Client, make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    actions.refer(case, cast.edu, "第一张", by=cast.duty, now=now)
    response = deed(desk, case, "refer", unit=cast.edu.pk, asks="第二张的长长的话")
    page = response.content.decode()
    assert response.status_code == 422
    assert "已经有一张联系单在等教育办反馈" in page
    assert "第二张的长长的话" in page
    assert '<details class="offer" id="refer" open>' in page
    assert Referral.objects.count() == 1


def test_a_case_is_not_closed_without_text_or_reason(
    desk: Client, make_case: MakeCase, cast: SimpleNamespace
) -> None:
    case = make_case()
    for fields in (
        {"reason": "solved", "text": ""},
        {"reason": "", "text": "已经解决，现场看过。"},
        {"reason": "answered", "text": "已经公开答复。"},
        {"reason": "solved", "text": "好"},
    ):
        assert deed(desk, case, "close", **fields).status_code == 422
    assert again(case).state == "taken"
    assert (
        deed(desk, case, "close", reason="solved", text="已经解决，现场看过。").status_code == 302
    )
    assert again(case).state == "closed"
    assert deed(desk, case, "reopen", reason="又发生了").status_code == 302
    assert again(case).reopened == 1


def test_a_promise_is_kept_on_the_page(
    desk: Client, make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case, other = make_case(), make_case()
    publish(case, cast, now, promises=[("更换清洗筐", now.date())])
    row = Promise.objects.get()
    address = f"/desk/cases/{case.pk}/keep/{row.pk}/"
    assert desk.post(f"/desk/cases/{other.pk}/keep/{row.pk}/", {"how": "换"}).status_code == 404
    assert desk.post(address, {"how": ""}).status_code == 422
    assert desk.post(address, {"how": "换好了，附照片"}).status_code == 302
    assert "换好了，附照片" in text_of(desk, f"/desk/cases/{case.pk}/")


@pytest.mark.parametrize("who", ["drafter", "releaser", "auditor", "admin"])
def test_colleagues_without_the_role_are_refused(
    who: str, cast: SimpleNamespace, client_of: ClientOf, make_case: MakeCase
) -> None:
    case = make_case()
    client = client_of(getattr(cast, who))
    for name in case_deeds.DEEDS:
        needs = case_deeds.NEEDS.get(name, "take_on")
        expected = 422 if getattr(cast, who).may(needs) else 403
        assert deed(client, case, name).status_code == expected
    assert Line.objects.filter(thread=case.thread).count() == 1


def test_a_deed_that_does_not_exist_is_not_found(desk: Client, make_case: MakeCase) -> None:
    case = make_case()
    assert deed(desk, case, "delete").status_code == 404
    assert desk.get(f"/desk/cases/{case.pk}/close/").status_code == 405


# ---- files ----
@pytest.fixture
def files(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path / "files"


def fact_with(client: Client, case: Case, *uploads: SimpleUploadedFile) -> Any:
    fields = {"what": "留样完好", "by_whom": "食安员", "evidence": "登记表"}
    return deed(client, case, "fact", **fields, attachments=list(uploads))


def test_evidence_is_kept_and_comes_back_as_a_download_only(
    desk: Client, make_case: MakeCase, files: Path
) -> None:
    case = make_case()
    uploads = [
        SimpleUploadedFile("登记 表.pdf", PDF, "text/html"),
        SimpleUploadedFile("b.txt", b"<script>alert(1)</script>"),
    ]
    assert fact_with(desk, case, *uploads).status_code == 302
    row = FactFile.objects.get(name="登记 表.pdf")
    assert (row.fact.what, row.size, FactFile.objects.count()) == ("留样完好", len(PDF), 2)
    response = desk.get(f"/desk/files/{row.pk}/")
    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_file_that_is_not_what_it_says_leaves_nothing(
    desk: Client, make_case: MakeCase, files: Path
) -> None:
    case = make_case()
    bad = SimpleUploadedFile("a.pdf", b"<html>")
    response = fact_with(desk, case, SimpleUploadedFile("good.pdf", PDF), bad)
    assert response.status_code == 422
    page = response.content.decode()
    assert "内容和它的扩展名不符" in page
    assert "留样完好" in page
    assert not Fact.objects.exists()
    assert list((files / "facts").iterdir()) == []


def test_a_refused_fact_leaves_no_file_behind(
    desk: Client, make_case: MakeCase, files: Path, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    actions.close(case, reason="solved", text="已经解决。", by=cast.duty, now=now)
    response = fact_with(desk, case, SimpleUploadedFile("a.pdf", PDF))
    assert response.status_code == 422
    assert list((files / "facts").iterdir()) == []


def test_files_of_other_units_and_lost_files_are_not_found(
    desk: Client, make_case: MakeCase, files: Path, cast: SimpleNamespace, client_of: ClientOf
) -> None:
    case = make_case()
    fact_with(desk, case, SimpleUploadedFile("a.pdf", PDF))
    row = FactFile.objects.get()
    for person in (cast.liaison_edu, cast.liaison_water):
        text_of(client_of(person), f"/desk/files/{row.pk}/", 404)
    assert Client().get(f"/desk/files/{row.pk}/").status_code == 302
    (files / row.path).unlink()
    text_of(desk, f"/desk/files/{row.pk}/", 404)


# ---- the bar of steps ----
def looks(case: Case, now: datetime) -> dict[str, str]:
    case = again(case)
    rows = (
        list(case.referrals.all()),
        list(case.facts.all()),
        list(case.answers.order_by("-id")),
        list(case.deadlines.all()),
    )
    return {step.name: step.look for step in way_of(case, *rows, now)}


def test_the_bar_shows_what_is_done_on_and_late(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    row = actions.refer(case, cast.edu, "请核实", by=cast.duty, now=now)
    names = ["受理", "交办", "核实", "拟稿", "签发", "发布", "办结"]
    assert looks(case, now) == dict(zip(names, ["done", "done", "now", *[""] * 4], strict=True))
    late = row.due_at + timedelta(minutes=1)
    assert looks(case, late)["核实"] == "late"
    assert looks(case, now + timedelta(days=30)) == dict(
        zip(names, ["done", "done", "late", "", "", "late", "late"], strict=True)
    )


def test_steps_that_were_not_needed_are_shown_so(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    actions.close(case, reason="no_answer_needed", text="表扬，谢谢。", by=cast.duty, now=now)
    assert list(looks(case, now).values()) == ["done", *["passed"] * 5, "done"]
    actions.reopen(case, reason="又发生了", by=cast.duty, now=now)
    assert list(looks(case, now).values()) == ["done", "now", *[""] * 5]


def test_clocks_stand_still_run_on_and_are_lengthened_on_the_page(
    desk: Client, client_of: ClientOf, make_case: MakeCase, cast: SimpleNamespace
) -> None:
    case = make_case(kind="hotline", now=present.now())
    pause = {"reason": "reporter", "days": "3", "text": "请补充房号"}
    assert deed(desk, case, "pause", **pause | {"days": "99"}).status_code == 422
    assert deed(desk, case, "pause", **pause).status_code == 302
    page = text_of(desk, f"/desk/cases/{case.pk}/")
    assert "暂停计时" in page and "请补充房号" in page
    assert deed(desk, case, "resume").status_code == 302
    first = case.deadlines.get(stage="first_answer")
    asked = {"deadline": first.pk, "amount": "2", "reason": "要等检测"}
    assert deed(desk, case, "extend", **asked | {"amount": "9"}).status_code == 422
    assert deed(desk, case, "extend", **asked).status_code == 302
    releaser = client_of(cast.releaser)
    assert "要等检测" in text_of(releaser, "/desk/")
    assert deed(releaser, case, "decide", granted="no", note="").status_code == 422
    assert deed(releaser, case, "decide", granted="yes", note="").status_code == 302
    assert "经批准延长 2 个工作日" in text_of(desk, f"/desk/cases/{case.pk}/")
    assert deed(releaser, case, "decide", granted="yes", note="").status_code == 422
