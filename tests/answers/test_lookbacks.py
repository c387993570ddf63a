"""Reviews, the library of past cases, and an answer that was given before."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.publishing import publish
from tingda.answers.actions import lookbacks
from tingda.answers.models import Lookback
from tingda.cases import actions as cases
from tingda.cases.actions.meetings import give_task, prove_task
from tingda.cases.models import Case, Task, TaskFile
from tingda.cases.queries.meetings import my_tasks
from tingda.collect.models import Voice
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.notify.models import Notice
from tingda.people.models import Person
from tingda.reports.queries.lookback import times_of
from tingda.web.needs_beside import needs_beside

ClientOf = Callable[[Person], Client]
MakeCase = Callable[..., Case]
carry = import_module("tingda.answers.migrations.0003_tasks_in_one_table").carry


@pytest.fixture
def closed(make_case: MakeCase, cast: SimpleNamespace, now: datetime) -> Callable[..., Case]:
    def make(**values: Any) -> Case:
        case = make_case(**values)
        cases.close(case, reason="solved", text="换了供应商，复查合格。", by=cast.duty, now=now)
        return Case.objects.get(pk=case.pk)

    return make


def test_after_a_grave_case_a_review_is_asked_for_by_itself_once(
    closed: Callable[..., Case],
    make_case: MakeCase,
    client_of: ClientOf,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lookbacks._Looked, "at", None)
    grave, open_one = closed(grade="major"), make_case(grade="extra_major")
    closed(grade="larger")
    assert (lookbacks.look_back_due(now=now), lookbacks.look_back_due(now=now)) == (1, 0)
    row = Lookback.objects.get()
    assert (row.case, row.asked_by) == (grave, None)
    notice = Notice.objects.get(verb="lookback.asked")
    assert (notice.person, notice.link) == (grave.owner, f"lookback:{grave.pk}")
    with pytest.raises(Refused, match="已经有一份复盘"):
        lookbacks.ask_lookback(grave, by=grave.owner, now=now)
    with pytest.raises(Refused, match="办结以后才能复盘"):
        lookbacks.ask_lookback(open_one, by=grave.owner, now=now)
    ending = {"reason": "solved", "text": "换了供应商，复查合格。"}
    client_of(grave.owner).post(f"/desk/cases/{open_one.pk}/close/", ending)
    assert Lookback.objects.filter(case=open_one).exists()
    assert lookbacks.look_back_due(now=now + timedelta(hours=1)) == 0


def test_the_review_of_a_case_whose_owner_left_waits_for_who_is_on_duty(
    closed: Callable[..., Case], cast: SimpleNamespace, now: datetime
) -> None:
    case = closed()
    Person.objects.filter(pk=cast.duty.pk).update(is_active=False)
    lookbacks.ask_lookback(Case.objects.get(pk=case.pk), by=cast.duty2, now=now)
    assert Notice.objects.get(verb="lookback.asked").person == cast.duty2
    waiting = {one.login: len(needs_beside(one)) for one in (cast.duty2, cast.drafter)}
    assert waiting == {"duty2": 1, "drafter": 0}


def test_a_review_begins_with_the_record_and_ends_in_the_library(
    closed: Callable[..., Case], cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    case, desk = closed(), client_of(cast.duty)
    address = f"/desk/cases/{case.pk}/lookback/"
    assert desk.post(f"{address}ask/").status_code == 302
    page = desk.get(address).content.decode()
    assert "立为事项 2026-0001" in page.split("</textarea>")[0]
    said = {"happened": "汤里有钢丝", "went_well": "", "to_change": "", "seen": "0"}
    refused = desk.post(f"{address}write/", said | {"finish": "1"})
    assert (refused.status_code, Lookback.objects.get().edition) == (422, 1)
    said |= {"to_change": "清洗筐每月检查", "seen": "1"}
    assert desk.post(f"{address}write/", said | {"finish": "1"}).status_code == 302
    assert Lookback.objects.get().finished_by == cast.duty
    assert desk.post(f"{address}write/", said | {"seen": "2"}).status_code == 422
    library = desk.get("/desk/library/?q=清洗筐").content.decode()
    assert ("清洗筐每月检查" in library, "换了供应商" in library) == (True, True)
    assert "没有这样的事项" in desk.get("/desk/library/?q=路灯").content.decode()
    assert client_of(cast.liaison_edu).get(address).status_code == 404


def test_of_two_who_write_at_once_the_second_keeps_what_was_typed(
    closed: Callable[..., Case], cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    case = closed()
    lookbacks.ask_lookback(case, by=cast.duty, now=now)
    address = f"/desk/cases/{case.pk}/lookback/write/"
    first = {"happened": "甲写的", "went_well": "", "to_change": "", "seen": "0"}
    assert client_of(cast.duty).post(address, first).status_code == 302
    second = client_of(cast.duty2).post(address, first | {"happened": "乙写的"})
    page = second.content.decode()
    assert (second.status_code, "乙写的" in page, "别人已经写过了" in page) == (422, True, True)
    assert Lookback.objects.get().happened == "甲写的"


def test_a_task_of_a_review_is_a_task_like_others_and_is_proved_with_files(
    closed: Callable[..., Case],
    cast: SimpleNamespace,
    client_of: ClientOf,
    now: datetime,
    settings: Any,
    tmp_path: Path,
) -> None:
    settings.MEDIA_ROOT = tmp_path
    case = closed()
    lookbacks.ask_lookback(case, by=cast.duty, now=now)
    fields = {"what": "改清洗筐", "owner": cast.liaison_edu.pk, "due_on": "2099-12-31"}
    address = f"/desk/cases/{case.pk}/lookback/"
    assert client_of(cast.duty).post(f"{address}task/", fields).status_code == 302
    task = Task.objects.get()
    assert (task.case, task.improves, task.owner) == (case, True, cast.liaison_edu)
    assert Notice.objects.get(verb="task.given").person == cast.liaison_edu
    assert "改清洗筐" in client_of(cast.duty).get(address).content.decode()
    unit, page = client_of(cast.liaison_edu), f"/desk/tasks/{task.pk}/"
    assert "改清洗筐" in unit.get("/desk/tasks/").content.decode()
    assert address not in unit.get(page).content.decode()
    bad = SimpleUploadedFile("筐.jpg", b"MZ\x90\x00 a program")
    refused = unit.post(page, {"proof": "换成软刷", "attachments": [bad]})
    assert (refused.status_code, Task.objects.get().done_at) == (422, None)
    assert client_of(cast.liaison_water).post(page, {"proof": "换了"}).status_code == 404
    photo = SimpleUploadedFile("筐.jpg", b"\xff\xd8\xff a picture")
    assert unit.post(page, {"proof": "换成软刷", "attachments": [photo]}).status_code == 302
    proof = TaskFile.objects.get()
    kept = [one.name for one in (tmp_path / "tasks").iterdir()]
    assert [f"tasks/{one}" for one in kept] == [proof.path]
    served = f"/desk/tasks/files/{proof.pk}/"
    handed = unit.get(served)
    assert handed["Content-Disposition"].startswith("attachment")
    assert b"".join(handed.streaming_content).startswith(b"\xff\xd8\xff")
    assert client_of(cast.liaison_water).get(served).status_code == 404
    verbs = Line.objects.filter(subject=f"task:{task.pk}").order_by("number")
    assert list(verbs.values_list("verb", flat=True)) == ["task.given", "task.done", "task.proved"]
    with pytest.raises(Refused, match="先写明"):
        again = give_task("另一件", cast.drafter, date(2099, 1, 1), by=cast.duty, now=now)
        row = {"name": "a", "path": "b", "size": 1, "sha256": "c"}
        prove_task(again, **row, by=cast.drafter, now=now)


def test_old_tasks_of_reviews_come_into_the_one_table(
    closed: Callable[..., Case], cast: SimpleNamespace, now: datetime
) -> None:
    row = lookbacks.ask_lookback(closed(), by=None, now=now)
    old = SimpleNamespace(
        lookback=row, what="改清洗筐", owner_id=cast.drafter.pk, due_on=date(2026, 12, 31)
    )
    old.done_at, old.done_by_id, old.how = now, cast.duty.pk, "换成软刷"
    open_one = SimpleNamespace(**{**vars(old), "done_at": None, "done_by_id": None, "how": ""})
    carry([old, open_one], Task)
    done, waits = Task.objects.order_by("id")
    assert (done.case, done.improves, done.what) == (row.case, True, "改清洗筐")
    assert (done.proof, done.done_by, done.done_at) == ("换成软刷", cast.duty, now)
    assert (waits.owner, waits.done_at, waits.made_by) == (cast.drafter, None, row.case.owner)
    assert timezone.localtime(waits.due_at).isoformat() == "2026-12-31T23:59:59+08:00"
    assert list(my_tasks(cast.drafter)) == [waits]


def test_times_against_limits_come_from_the_record(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    cases.refer(case, cast.edu, "留样", by=cast.duty, now=now)
    later, row = now + timedelta(hours=30), case.referrals.get()
    fact = {"what": "有留样", "by_whom": "食安员", "evidence": "登记表"}
    cases.record_fact(case, **fact, referral=row, by=cast.liaison_edu, now=later)
    cases.answer_referral(row, by=cast.liaison_edu, now=later)
    told = {one.name: one.result for one in times_of(case, later)}
    assert told == {"联系单：教育办": "晚了 6 小时", "首次回应": "还没到时限", "办结": "还没到时限"}
    after = times_of(case, now + timedelta(days=30))
    assert [one.result.split()[0] for one in after if one.met_at is None] == ["没有做到，已晚"] * 2


def test_an_answer_given_before_is_offered_to_be_rewritten_and_never_signs_itself(
    make_case: MakeCase,
    make_voice: Callable[..., Voice],
    cast: SimpleNamespace,
    client_of: ClientOf,
    now: datetime,
) -> None:
    text = "食堂午餐汤里有钢丝异物，清洗筐破损"
    first = make_case(make_voice(title=text, text=text), title=text)
    old = publish(first, cast, now, title=text, heard=text, found="清洗筐破损，属实。")
    case = make_case(make_voice(title=text, text=text), title="食堂午餐汤里又有钢丝异物")
    desk, address = client_of(cast.drafter), f"/desk/cases/{case.pk}/answer/new/"
    page = desk.get(address).content.decode()
    assert (f"?start={old.pk}" in page, "清洗筐破损，属实。" in page) == (True, False)
    started = desk.get(f"{address}?start={old.pk}").content.decode()
    assert ("清洗筐破损，属实。" in started, "请逐句核对" in started) == (True, True)
    assert case.answers.count() == 0
    assert "请逐句核对" not in desk.get(f"{address}?start=999").content.decode()
    voice = make_voice(title=text, text=text)
    asked = client_of(cast.duty).get(f"/desk/cases/new/?voice={voice.pk}").content.decode()
    assert ("以前这样答过" in asked, f"?start={old.pk}" in asked) == (True, False)


def test_the_library_costs_the_same_for_one_and_for_three(
    closed: Callable[..., Case], cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    desk, costs = client_of(cast.duty), []
    for more in (1, 2):
        for _one in range(more):
            lookbacks.ask_lookback(closed(), by=cast.duty, now=now)
        with CaptureQueriesContext(
            connection,
        ) as counted:
            assert desk.get("/desk/library/").status_code == 200
        costs.append(len(counted))
    assert costs[0] == costs[1]
