"""分派 at the desk: the rules and their bench, the suggestion, objections, bodies outside."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tingda.cases import actions
from tingda.cases.models import Case, ForwardedFile, Forwarding, Referral, Route
from tingda.collect.models import Voice
from tingda.lib import present
from tingda.people.actions import change_person
from tingda.people.models import Person
from tingda.web.needs import needs_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Person], Client]
Make = Callable[..., Voice]
MakeCase = Callable[..., Case]
LIST, ADD = "/desk/settings/routing/", "/desk/settings/routing/add/"
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def admin(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    return client_of(cast.admin)


@pytest.fixture
def duty(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    return client_of(cast.duty)


def typed(unit: object, condition: str = "停水", **more: object) -> dict[str, object]:
    values = {"name": "供水", "order": 1, "condition": condition, "unit": unit.pk}  # type: ignore[attr-defined]
    return values | {"active": "yes", "at_once": "no"} | more


def page(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def test_a_rule_is_added_tried_changed_and_dropped(
    admin: Client, cast: SimpleNamespace, make_voice: Make
) -> None:
    make_voice(title="", text="小区停水了"), make_voice(title="", text="校车超员")
    assert "还没有分派规则" in page(admin, LIST)
    assert admin.post(ADD, typed(cast.water)).status_code == 302
    route = Route.objects.get()
    address = f"{LIST}{route.pk}/"
    tried = admin.post(f"{address}bench/", typed(cast.edu, "校车", revision=1), **HTMX)
    shown = tried.content.decode()
    assert "最近听到的 2 条里，这条规则管 1 条；2 条的去处会变" in shown
    assert 'title="规则找到的词">校车</mark>' in shown
    assert Route.objects.get().condition == "停水"
    assert admin.post(address, typed(cast.edu, "校车", revision=1)).status_code == 302
    assert (Route.objects.get().condition, Route.objects.get().unit) == ("校车", cast.edu)
    assert admin.post(f"{address}drop/", {"revision": 2}).status_code == 302
    assert Route.objects.count() == 0


def test_a_fault_is_pointed_at_and_what_was_typed_is_kept(
    admin: Client, cast: SimpleNamespace
) -> None:
    answer = admin.post(ADD, typed(cast.water, "停水 ("))
    shown = answer.content.decode()
    assert (answer.status_code, Route.objects.count()) == (422, 0)
    assert '停水 <mark class="fault" title="这里">(</mark>' in shown
    assert 'value="供水"' in shown
    bench = admin.post(f"{LIST}0/bench/", typed(cast.water, ""), **HTMX)
    assert "这条规则管 0 条" in bench.content.decode()
    assert "选好请哪个单位" in admin.post(f"{LIST}0/bench/", {"name": "x"}, **HTMX).content.decode()


def test_a_rule_changed_while_the_bench_is_open_is_shown_before_it_is_replaced(
    admin: Client, cast: SimpleNamespace
) -> None:
    admin.post(ADD, typed(cast.water))
    address = f"{LIST}{Route.objects.get().pk}/"
    admin.post(address, typed(cast.water, "停水 小区", revision=1))
    answer = admin.post(address, typed(cast.edu, "校车", revision=1))
    shown = answer.content.decode()
    assert (answer.status_code, Route.objects.get().condition) == (422, "停水 小区")
    assert "这条规则刚被人改过" in shown
    assert "校车</textarea>" in shown
    assert 'name="revision" value="2"' in shown
    assert admin.post(address, typed(cast.edu, "校车", revision=2)).status_code == 302


def test_others_read_the_rules_and_liaisons_do_not(
    duty: Client, admin: Client, cast: SimpleNamespace, client_of: ClientOf
) -> None:
    admin.post(ADD, typed(cast.water))
    shown = page(duty, LIST)
    assert ("供水公司" in shown, "新增规则" in shown) == (True, False)
    assert duty.post(ADD, typed(cast.water)).status_code == 403
    page(client_of(cast.liaison_edu), LIST, 404)


def test_a_broken_rule_is_shouted_about_on_today_and_in_the_settings(
    admin: Client, duty: Client, cast: SimpleNamespace, now: datetime
) -> None:
    admin.post(ADD, typed(cast.water))
    assert "坏了" not in page(admin, LIST)
    gone = cast.liaison_water
    change_person(
        gone, name=gone.name, unit=cast.water, roles=["liaison"], active=False, by=None, now=now
    )
    why = "它要发给的单位已撤，或者没有在用的联络员"
    assert why in page(admin, LIST)
    needs = needs_of(cast.duty, now)
    assert [(need.title, need.detail, need.first) for need in needs] == [
        ("1 条分派规则坏了", f"“供水”：{why}", True)
    ]
    assert why in page(duty, "/desk/")


def test_the_suggestion_stands_on_the_forms_with_its_words_and_the_runner_up(
    admin: Client, duty: Client, cast: SimpleNamespace, make_voice: Make, make_case: MakeCase
) -> None:
    admin.post(ADD, typed(cast.water, asks="请核实停水"))
    admin.post(ADD, typed(cast.edu, "", name="其余", order=2))
    voice = make_voice(title="", text="小区停水了")
    shown = page(duty, f"/desk/cases/new/?voice={voice.pk}")
    assert "建议请供水公司" in shown
    assert 'title="规则找到的词">停水</mark>' in shown
    assert "其次：规则“其余”，教育办" in shown
    assert f'<option value="{cast.water.pk}" selected>供水公司</option>' in shown
    case = page(duty, f"/desk/cases/{make_case(voice).pk}/")
    assert "建议请供水公司" in case
    assert f'<option value="{cast.water.pk}" selected>供水公司</option>' in case
    assert "请核实停水</textarea>" in case


@pytest.mark.parametrize("stays", ["yes", "no"])
def test_an_objection_is_decided_by_another_person(
    stays: str, duty: Client, cast: SimpleNamespace, client_of: ClientOf, make_case: MakeCase
) -> None:
    now = present.now()
    case = make_case(unit=cast.edu, now=now)
    row = actions.refer(case, cast.edu, "请核实", by=cast.duty, now=now)
    liaison = client_of(cast.liaison_edu)
    assert "提出异议…" in page(liaison, f"/desk/referrals/{row.pk}/")
    liaison.post(f"/desk/referrals/{row.pk}/object/", {"reason": "管网归供水公司"})
    address = f"/desk/cases/{case.pk}/objection/{row.pk}/"
    form = {"stays": stays, "unit": cast.water.pk, "note": "按管网图"}
    assert "决定归谁…" not in page(duty, f"/desk/cases/{case.pk}/")
    assert duty.post(address, form).status_code == 422
    decider = client_of(cast.releaser)
    assert "去决定" in page(decider, "/desk/")
    assert "决定归谁…" in page(decider, f"/desk/cases/{case.pk}/")
    assert decider.post(address, form | {"note": ""}).status_code == 422
    assert decider.post(address, form).status_code == 302
    again = decider.post(address, form)
    assert (again.status_code, "已经有人决定了" in again.content.decode()) == (422, True)
    shown = page(duty, f"/desk/cases/{case.pk}/")
    assert ("留在原单位" if stays == "yes" else "已转给供水公司") in shown
    seen = page(liaison, f"/desk/referrals/{row.pk}/")
    assert ("按管网图" in seen, "提出异议…" in seen) == (True, False)


def test_handing_outside_keeps_what_was_sent_and_what_came_back(
    duty: Client, make_case: MakeCase, cast: SimpleNamespace, client_of: ClientOf,
    settings: Any, tmp_path: Path,
) -> None:  # fmt: skip
    settings.MEDIA_ROOT = tmp_path
    case = make_case(now=present.now())
    form = {"to": "市场监管所", "way": "letter", "text": "转办函全文", "days": 10}
    letter = SimpleUploadedFile("函.pdf", b"%PDF-1.7 letter")
    wrong = SimpleUploadedFile("函.pdf", b"MZ program")
    address = f"/desk/cases/{case.pk}/forward/"
    assert duty.post(address, form | {"attachments": wrong}).status_code == 422
    assert (Forwarding.objects.count(), list((tmp_path / "forwarded").glob("*"))) == (0, [])
    assert duty.post(address, form | {"attachments": letter}).status_code == 302
    row = Forwarding.objects.get()
    assert case.pauses.get().reason == "outside"
    came = SimpleUploadedFile("回函.pdf", b"%PDF-1.7 reply")
    reply = {"text": "已受理，十日内答复", "attachments": came}
    assert duty.post(f"/desk/cases/{case.pk}/reply/{row.pk}/", reply).status_code == 302
    shown = page(duty, f"/desk/cases/{case.pk}/")
    for words in ("转办函全文", "函.pdf", "已受理，十日内答复", "回函.pdf"):
        assert words in shown
    file = ForwardedFile.objects.get(came_back=True)
    got = duty.get(f"/desk/forwarded/{file.pk}/")
    assert (got["Content-Type"], b"".join(got.streaming_content)) == (  # type: ignore[attr-defined]
        "application/octet-stream",
        b"%PDF-1.7 reply",
    )
    assert client_of(cast.liaison_edu).get(f"/desk/forwarded/{file.pk}/").status_code == 404


def test_joined_units_stand_below_the_one_that_leads_and_the_lead_can_change(
    duty: Client, make_case: MakeCase, cast: SimpleNamespace
) -> None:
    now = present.now()
    case = make_case(unit=cast.water, now=now)
    for unit in (cast.water, cast.edu):
        actions.refer(case, unit, "请核实", by=cast.duty, now=now)
    shown = page(duty, f"/desk/cases/{case.pk}/")
    assert shown.index('<span class="tag brand">主办</span>') < shown.index('<li class="joined">')
    form = {"unit": cast.edu.pk, "reason": "学校的水管"}
    assert duty.post(f"/desk/cases/{case.pk}/lead/", form).status_code == 302
    assert Case.objects.get().unit == cast.edu


def test_the_pages_cost_the_same_queries_at_one_and_three(
    admin: Client, duty: Client, cast: SimpleNamespace, make_voice: Make, make_case: MakeCase,
    now: datetime,
) -> None:  # fmt: skip
    case = make_case(make_voice(text="停水"))
    costs = []
    for more in (range(1), range(1, 3)):
        for n in more:
            admin.post(ADD, typed(cast.water, "停水", name=f"{n}", order=n + 1))
            make_voice(text="停水")
        found = []
        for client, address in ((admin, LIST), (duty, f"/desk/cases/{case.pk}/")):
            with CaptureQueriesContext(connection) as queries:
                page(client, address)
            found.append(len(queries))
        costs.append(found)
    assert costs[0] == costs[1]


def test_objections_and_forwardings_cost_the_same_queries_at_one_and_three(
    duty: Client, cast: SimpleNamespace, make_case: MakeCase, now: datetime
) -> None:
    case = make_case(unit=cast.water)
    costs = []
    for more in (1, 2):
        for _time in range(more):
            row = actions.refer(case, cast.edu, "请核实", by=cast.duty, now=now)
            Referral.objects.filter(pk=row.pk).update(object_until=None)
            actions.withdraw_referral(row, "收回", by=cast.duty, now=now)
            count = Forwarding.objects.count()
            actions.forward(case, f"{count}", way="letter", text="函", by=cast.duty, now=now)
        with CaptureQueriesContext(connection) as queries:
            page(duty, f"/desk/cases/{case.pk}/")
        costs.append(len(queries))
    assert costs[0] == costs[1]
