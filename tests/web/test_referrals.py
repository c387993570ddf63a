"""联系单: a liaison sees what was asked of the own unit, and nothing else."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tingda.cases import actions
from tingda.cases.models import Case, Fact, FactFile, Referral
from tingda.collect.models import Voice
from tingda.detect.models import Issue
from tingda.ledger.models import Line
from tingda.lib import present
from tingda.notify.models import Notice
from tingda.people.actions import add_person
from tingda.people.models import Person

ClientOf = Callable[[Person], Client]
MakeCase = Callable[..., Case]
FACT = {"what": "留样封存完好", "by_whom": "学校食安员", "evidence": "留样登记表"}


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def deed(client: Client, row: Referral, name: str, **fields: Any) -> Any:
    return client.post(f"/desk/referrals/{row.pk}/{name}/", fields)


def referred(case: Case, cast: SimpleNamespace, now: datetime, unit: str = "edu") -> Referral:
    return actions.refer(case, getattr(cast, unit), "请核实留样", by=cast.duty, now=now)


@pytest.fixture
def liaison(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    return client_of(cast.liaison_edu)


def test_an_empty_list_says_so(liaison: Client) -> None:
    assert "没有等您反馈的联系单" in text_of(liaison, "/desk/referrals/")


def test_the_most_urgent_is_on_top_and_the_done_below(
    liaison: Client, make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    fresh = referred(make_case(), cast, now)
    late = referred(make_case(), cast, now - timedelta(days=400))
    done = referred(make_case(), cast, now)
    referred(make_case(), cast, now, "water")
    actions.object_referral(done, "不归我们管", by=cast.liaison_edu, now=now)
    response = liaison.get("/desk/referrals/")
    assert response.context["waiting"].items == [late, fresh]
    assert response.context["page"].items == [done]
    assert "已超时" in response.content.decode()


def test_a_liaison_sees_only_what_was_referred(
    liaison: Client,
    make_case: MakeCase,
    make_issue: Callable[..., Issue],
    make_voice: Callable[..., Voice],
    cast: SimpleNamespace,
    now: datetime,
) -> None:
    voice = make_voice(title="原话甲", text="孩子在三班，家长的原话")
    case = make_case(make_issue(voice, title="议题自己的题目"), title="食堂午餐有异物")
    row = referred(case, cast, now)
    other = actions.refer(case, cast.water, "请核实水质", by=cast.duty, now=now)
    values = {"what": "水质合格", "by_whom": "化验室", "evidence": "检测报告"}
    actions.record_fact(case, **values, referral=other, by=cast.liaison_water, now=now)
    own = {"what": "值班员自己查的", "by_whom": "值班员", "evidence": "电话"}
    actions.record_fact(case, **own, referral=None, by=cast.duty, now=now)
    page = text_of(liaison, f"/desk/referrals/{row.pk}/")
    assert "食堂午餐有异物" in page
    assert "请核实留样" in page
    assert "24 小时（连续计时）" in page
    for hidden in (
        "原话",
        "议题自己的题目",
        "请核实水质",
        "供水公司",
        "水质合格",
        "值班员自己查的",
        "台账",
        f"/desk/cases/{case.pk}/",
    ):
        assert hidden not in page


def test_another_units_liaison_and_guessed_addresses_find_nothing(
    cast: SimpleNamespace, client_of: ClientOf, make_case: MakeCase, now: datetime
) -> None:
    case = make_case(unit=cast.water)
    row = referred(case, cast, now)
    other = client_of(cast.liaison_water)
    for address in (
        f"/desk/referrals/{row.pk}/",
        "/desk/referrals/999/",
        f"/desk/cases/{case.pk}/",
        f"/desk/cases/{case.pk}/answer/new/",
        "/desk/answers/",
        "/desk/ledger/",
        "/desk/issues/1/",
    ):
        text_of(other, address, 404)
    for name in ("fact", "done", "object"):
        assert deed(other, row, name, **FACT, reason="不归我们").status_code == 404
    assert not Fact.objects.exists()
    assert f"/desk/referrals/{row.pk}/" not in text_of(other, "/desk/referrals/")
    assert Client().get(f"/desk/referrals/{row.pk}/").status_code == 302


def test_opening_marks_the_notice_read(
    liaison: Client, make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    row = referred(make_case(), cast, now)
    assert Notice.objects.get(person=cast.liaison_edu).read_at is None
    text_of(liaison, f"/desk/referrals/{row.pk}/")
    assert Notice.objects.get(person=cast.liaison_edu).read_at is not None


def test_a_unit_answers_with_facts_and_files(
    liaison: Client,
    make_case: MakeCase,
    cast: SimpleNamespace,
    now: datetime,
    settings: Any,
    tmp_path: Path,
) -> None:
    settings.MEDIA_ROOT = tmp_path
    case = make_case()
    row = referred(case, cast, now)
    assert "反馈完毕" not in text_of(liaison, f"/desk/referrals/{row.pk}/")
    assert deed(liaison, row, "done").status_code == 422
    upload = SimpleUploadedFile("留样.png", b"\x89PNG\r\n\x1a\n" + b"0" * 20)
    assert deed(liaison, row, "fact", **FACT, attachments=upload).status_code == 302
    fact = Fact.objects.get()
    assert (fact.referral, fact.recorded_by, fact.what) == (row, cast.liaison_edu, FACT["what"])
    download = liaison.get(f"/desk/files/{FactFile.objects.get().pk}/")
    assert b"".join(download.streaming_content).startswith(b"\x89PNG")
    assert "反馈完毕" in text_of(liaison, f"/desk/referrals/{row.pk}/")
    assert deed(liaison, row, "done").status_code == 302
    row.refresh_from_db()
    assert (row.state, row.answered_by) == ("answered", cast.liaison_edu)
    assert Case.objects.get(pk=case.pk).state == "checked"
    page = text_of(liaison, f"/desk/referrals/{row.pk}/")
    assert "记下这一条" not in page
    assert "提出异议" not in page


def test_an_unfinished_fact_comes_back_as_it_was_typed(
    liaison: Client, make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    row = referred(make_case(), cast, now)
    response = deed(liaison, row, "fact", what="写了很久的一段话", by_whom="", evidence="")
    assert response.status_code == 422
    assert "写了很久的一段话" in response.content.decode()


def test_a_unit_objects_with_a_reason(
    liaison: Client, make_case: MakeCase, cast: SimpleNamespace
) -> None:
    row = referred(make_case(), cast, present.now())
    assert deed(liaison, row, "object", reason="").status_code == 422
    assert deed(liaison, row, "object", reason="归市场监管所").status_code == 302
    row.refresh_from_db()
    assert (row.state, row.reason) == ("objected", "归市场监管所")
    assert Notice.objects.filter(person=cast.duty, verb="referral.objected").exists()
    late = deed(liaison, row, "fact", **FACT)
    assert late.status_code == 422
    assert "这张联系单已经结束" in late.content.decode()


def test_the_desk_fills_in_what_was_said_on_the_phone(
    cast: SimpleNamespace, client_of: ClientOf, make_case: MakeCase, now: datetime
) -> None:
    row = referred(make_case(), cast, now)
    desk = client_of(cast.duty)
    assert f"/desk/cases/{row.case_id}/" in text_of(desk, f"/desk/referrals/{row.pk}/")
    assert deed(desk, row, "fact", **FACT).status_code == 302
    assert deed(desk, row, "done").status_code == 302
    assert Referral.objects.get().answered_by == cast.duty


@pytest.mark.parametrize("who", ["auditor", "drafter", "releaser", "admin"])
def test_colleagues_read_but_do_not_answer(
    who: str, cast: SimpleNamespace, client_of: ClientOf, make_case: MakeCase, now: datetime
) -> None:
    row = referred(make_case(), cast, now)
    client = client_of(getattr(cast, who))
    assert "记下这一条" not in text_of(client, f"/desk/referrals/{row.pk}/")
    assert deed(client, row, "fact", **FACT).status_code == 404
    assert Line.objects.filter(verb="fact.recorded").count() == 0


def test_the_list_costs_the_same_queries_at_one_and_three(
    liaison: Client, make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    costs = []
    for more in (1, 2):
        for _number in range(more):
            referred(make_case(), cast, now)
            done = referred(make_case(), cast, now)
            actions.object_referral(done, "不归我们", by=cast.liaison_edu, now=now)
        with CaptureQueriesContext(connection) as found:
            liaison.get("/desk/referrals/")
        costs.append(len(found))
    assert costs[0] == costs[1]


def test_of_two_liaisons_who_answer_at_once_the_second_is_told_and_nothing_is_lost(
    cast: SimpleNamespace, client_of: ClientOf, make_case: Callable[..., Case], now: datetime
) -> None:
    more = {"password": None, "by": None, "now": now}
    other = add_person("edu2", "教育办第二联络员", cast.edu, ["liaison"], **more)
    row = actions.refer(make_case(), cast.edu, "留样", by=cast.duty, now=now)
    address, told = f"/desk/referrals/{row.pk}/", {"by_whom": "食安员", "evidence": "登记表"}
    first, second = client_of(cast.liaison_edu), client_of(other)
    assert first.post(f"{address}fact/", told | {"what": "有留样"}).status_code == 302
    assert second.post(f"{address}fact/", told | {"what": "有记录"}).status_code == 302
    assert first.post(f"{address}done/").status_code == 302
    for name, typed in (
        ("done", {}),
        ("fact", told | {"what": "还查了冰柜"}),
        ("object", {"reason": "这不归我们"}),
    ):
        late = second.post(f"{address}{name}/", typed)
        page = late.content.decode()
        assert late.status_code == 422, name
        assert "已经结束" in page
        assert [
            one for one in (typed.get("what"), typed.get("reason")) if one and one not in page
        ] == []
    row.refresh_from_db()
    assert (row.state, row.answered_by) == ("answered", cast.liaison_edu)
    assert list(row.facts.order_by("id").values_list("what", flat=True)) == ["有留样", "有记录"]
    assert Line.objects.filter(subject=f"referral:{row.pk}", verb="referral.answered").count() == 1
