"""Reviews, the library of past cases, and an answer that was given before."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.publishing import publish
from tingda.answers.actions import lookbacks
from tingda.answers.models import Lookback, LookbackTask
from tingda.cases import actions as cases
from tingda.cases.models import Case
from tingda.collect.models import Voice
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.notify.models import Notice
from tingda.people.models import Person
from tingda.reports.queries.lookback import times_of
from tingda.web.needs_beside import needs_beside

ClientOf = Callable[[Person], Client]
MakeCase = Callable[..., Case]


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
    waiting = {one.login: len(needs_beside(one, now)) for one in (cast.duty2, cast.drafter)}
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


def test_a_task_has_an_owner_who_is_told_and_says_how_it_was_done(
    closed: Callable[..., Case], cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    case = closed()
    row = lookbacks.ask_lookback(case, by=cast.duty, now=now)
    fields = {"what": "改清洗筐", "owner": cast.drafter.pk, "due_on": "2026-12-31"}
    base = f"/desk/cases/{case.pk}/lookback"
    assert client_of(cast.duty).post(f"{base}/task/", fields).status_code == 302
    task = LookbackTask.objects.get()
    assert Notice.objects.get(verb="lookback.tasked").person == cast.drafter
    assert "改清洗筐" in client_of(cast.drafter).get("/desk/").content.decode()
    done = {"how": "换成软刷"}
    address = f"{base}/done/{task.pk}/"
    assert client_of(cast.releaser).post(address, done).status_code == 422
    assert client_of(cast.drafter).post(address, done).status_code == 302
    assert Line.objects.get(verb="lookback.improved").data == {
        "what": "改清洗筐",
        "how": "换成软刷",
    }
    with pytest.raises(Refused, match="看不到这个事项"):
        due = date(2026, 12, 1)
        lookbacks.add_task(row, "a", cast.liaison_edu, due, by=cast.duty, now=now)


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
