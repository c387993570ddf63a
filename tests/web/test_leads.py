"""Whoever the ladder calls on can open what they are told of, and a lead answers for the unit."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.test import Client

from tingda.cases import actions as cases
from tingda.cases.actions.ladder import escalate_cases_due
from tingda.cases.actions.meetings import give_task
from tingda.cases.models import Case, Referral
from tingda.lib.refusal import Refused
from tingda.notify.models import Notice
from tingda.people.actions import add_person, be_away, set_unit_contact
from tingda.people.models import Person
from tingda.web.told import address_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Person], Client]
MakeCase = Callable[..., Case]


@pytest.fixture
def plain(cast: SimpleNamespace, now: datetime) -> SimpleNamespace:
    """The lead of a unit, who stands in for them, and the head of the office; none has a role."""

    def person(login: str, unit: object) -> Person:
        return add_person(login, login, unit, [], password=None, by=None, now=now)  # type: ignore[arg-type]

    found = SimpleNamespace(
        lead=person("lead", cast.edu),
        deputy=person("deputy", cast.edu),
        head=person("head", cast.office),
        other=person("other", cast.water),
    )
    for unit, lead in ((cast.edu, found.lead), (cast.office, found.head)):
        set_unit_contact(unit, lead=lead, phone="", hours="", by=None, now=now)
    return found


def test_whatever_the_ladder_tells_of_can_be_opened_by_whom_it_told(
    cast: SimpleNamespace,
    plain: SimpleNamespace,
    make_case: MakeCase,
    client_of: ClientOf,
    now: datetime,
) -> None:
    today = date(2026, 11, 21)
    be_away(plain.lead, plain.deputy, today, today + timedelta(days=60), by=plain.lead, now=now)
    Person.objects.filter(pk=cast.liaison_edu.pk).update(is_active=False)
    case = make_case(unit=cast.edu, grade="major")
    cases.refer(case, cast.edu, "留样", by=cast.duty, now=now)
    cases.refer(make_case(), cast.edu, "换锁", person=plain.lead, by=cast.duty, now=now)
    give_task("送检", plain.lead, today, by=cast.duty, now=now)
    while escalate_cases_due(now=now + timedelta(days=30)):
        pass
    told = Notice.objects.exclude(person__held_roles__role__in=["duty", "drafter", "releaser"])
    seen = set()
    for notice in told.select_related("person"):
        answer = client_of(notice.person).get(address_of(notice.link))
        assert answer.status_code == 200, (notice.person.login, notice.link)
        seen.add((notice.person.login, notice.link.split(":")[0]))
    kinds = ("case", "referral", "report", "task")
    assert {(who, kind) for who in ("lead", "deputy", "head") for kind in kinds} <= seen
    stranger = client_of(plain.other)
    for notice in told:
        assert stranger.get(address_of(notice.link)).status_code == 404
    assert stranger.get("/desk/late/").status_code == 404


def test_a_lead_reads_dates_of_a_case_and_nothing_that_people_said(
    cast: SimpleNamespace,
    plain: SimpleNamespace,
    make_case: MakeCase,
    client_of: ClientOf,
    now: datetime,
) -> None:
    case = make_case(unit=cast.edu)
    fact = {"what": "别的单位查到的", "by_whom": "水厂", "evidence": "化验单"}
    cases.record_fact(case, **fact, referral=None, by=cast.duty, now=now)
    client = client_of(plain.lead)
    page = client.get(f"/desk/cases/{case.pk}/").content.decode()
    assert ("首次回应" in page, cast.duty.name in page, "怎么算的" in page) == (True, True, True)
    assert ("别的单位查到的" in page, "发联系单" in page) == (False, False)
    assert client.post(f"/desk/cases/{case.pk}/close/", {"reason": "solved"}).status_code == 404
    for address in ("issues/", "cases/", f"cases/{case.pk}/dossier/", "meetings/"):
        assert client.get(f"/desk/{address}").status_code == 404, address
    assert client.get("/desk/late/").status_code == 200
    assert client_of(plain.head).get(f"/desk/cases/{case.pk}/").status_code == 200
    elsewhere = make_case(unit=cast.water)
    assert client.get(f"/desk/cases/{elsewhere.pk}/").status_code == 404
    with pytest.raises(Refused, match="看不到这个事项"):
        cases.hand_over(case, plain.lead, by=cast.duty, now=now)


def test_a_lead_and_who_was_asked_by_name_answer_and_others_do_not(
    cast: SimpleNamespace,
    plain: SimpleNamespace,
    make_case: MakeCase,
    client_of: ClientOf,
    now: datetime,
) -> None:
    row = cases.refer(make_case(), cast.edu, "留样", by=cast.duty, now=now)
    named = cases.refer(make_case(), cast.water, "化验", person=plain.other, by=cast.duty, now=now)
    fact = {"what": "有留样", "by_whom": "食安员", "evidence": "登记表"}
    for who, referral in ((plain.lead, row), (plain.other, named)):
        address = f"/desk/referrals/{referral.pk}/"
        assert client_of(who).post(f"{address}fact/", fact).status_code == 302
        assert client_of(who).post(f"{address}done/").status_code == 302
    assert set(Referral.objects.values_list("state", flat=True)) == {"answered"}
    again = cases.refer(make_case(), cast.water, "再验", by=cast.duty, now=now)
    for who in (plain.lead, plain.other, plain.head):
        with pytest.raises(Refused):
            cases.object_referral(again, "不归", by=who, now=now)
    assert client_of(plain.head).get(f"/desk/referrals/{again.pk}/").status_code == 200
    assert (
        "提出异议…"
        not in client_of(plain.head).get(f"/desk/referrals/{again.pk}/").content.decode()
    )
