"""`tingda bench cases`: what it reports, and that it finds what is lost."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace

import pytest
from django.test import Client

from tests.house import House
from tingda.cases import actions
from tingda.cases.models import Case, Deadline, Fact, Referral
from tingda.evaluate import handling_timed
from tingda.evaluate.handling import measure_cases, p95
from tingda.evaluate.handling_browser import Browser, Got, hidden, offered
from tingda.evaluate.handling_filled import PEOPLE, Caseload
from tingda.evaluate.handling_kept import lost
from tingda.evaluate.handling_people import DEEDS, HABITS, LISTS, Day, Saved, Someone
from tingda.ledger.queries import verify
from tingda.lib.refusal import Refused
from tingda.people.models import Person

PAGES = {"today", "cases", "cases, late", "cases, closed", "case", "late"}
CASES = 60


class InProcess(Browser):
    """The same pages without a server."""

    def __init__(self, client: Client) -> None:
        super().__init__(0, "")
        self.client = client

    def _ask(self, method: str, path: str, body: str | None) -> Got:
        kind = "application/x-www-form-urlencoded"
        answer = self.client.generic(method, path, body or "", content_type=kind)
        return Got(answer.status_code, answer.content.decode(), 1.0, 1.0)


@pytest.fixture
def office(db: None, now: datetime) -> SimpleNamespace:
    """A small office that has handled cases for years, and people of it with browsers."""
    made = Caseload(CASES, now, lambda _text: None)
    staff, day = made.handle(), Day()

    def someone(person: Person) -> Someone:
        client = Client()
        client.force_login(person)
        return Someone(person.pk, person.pk, InProcess(client), day)

    return SimpleNamespace(made=made, staff=staff, day=day, someone=someone)


@pytest.mark.slow
@pytest.mark.once
def test_people_at_work_lose_nothing_and_the_report_says_how_quick_each_page_was(
    empty_house: House,
) -> None:
    run = ("bench", "cases", "--cases", "60", "--people", "4", "--minutes", "0.1", "--json")
    done = empty_house.run(*run)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert set(report["p95_ms"]) <= PAGES
    assert set(report["p95_ms"]) == set(report["cpu_p95_ms"])
    assert (report["lost_updates"], report["ledger_ok"], report["people"]) == (0, True, 4)
    # two people who change the same case in the same moment: one is told, one has it saved
    races = report["asked"]["race"] // 2
    assert races > 0
    assert report["told"] >= races
    assert report["saved"] >= races
    assert report["others_p95_ms"]["race"] > 0


def test_a_day_of_everybody_is_on_the_record(office: SimpleNamespace) -> None:
    assert Case.objects.count() == CASES
    assert Case.objects.filter(state="closed").count() == CASES - office.made.on_hand
    assert Deadline.objects.filter(met_at=None, due_at__lt=office.made.now).exists()
    assert not Fact.objects.filter(referral__state=Referral.State.SENT).exists()
    for role, habits in HABITS.items():
        who = office.someone(getattr(office.staff, role)[0])
        who.voices = [Case.objects.exclude(voice=None).filter(state="closed")[0].voice_id]
        for habit in habits:
            habit.does(who)
    who, case = office.someone(office.staff.duty[0]), Case.objects.filter(state="taken")[0]
    for deed in DEEDS:
        assert who.do(deed, case.pk, who.look("case", f"/desk/cases/{case.pk}/"))
    assert office.day.wrong == []
    assert set(office.day.times) - {"deeds", "referrals", "referral", "take on"} >= PAGES - set(
        LISTS
    )
    done = {one.what for one in office.day.saved}
    assert {"take", "write", "release", *DEEDS} <= done
    assert lost(office.day.saved) == []
    assert verify().ok


def test_who_comes_second_is_told_and_otherwise_found(
    office: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = [office.someone(person) for person in office.staff.duty[:2]]
    cases = Case.objects.filter(state="published")[:2]
    for deed, case in zip(("grade", "owner"), cases, strict=True):
        read = [who.look("race", f"/desk/cases/{case.pk}/") for who in pair]
        assert [who.do(deed, case.pk, page) for who, page in zip(pair, read, strict=True)] == [
            True,
            False,
        ]
    assert (office.day.told, lost(office.day.saved)) == (["grade", "owner"], [])
    monkeypatch.setattr("tingda.cases.actions.casework.unchanged", lambda *_all: None)
    case = Case.objects.filter(state="published")[2]
    read = [who.look("race", f"/desk/cases/{case.pk}/") for who in pair]
    assert [who.do("owner", case.pk, page) for who, page in zip(pair, read, strict=True)] == [
        True,
        True,
    ]
    assert lost(office.day.saved) == office.day.saved[-1:]


def test_the_time_at_work_is_told_with_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[list[tuple[str, str]]] = []

    def desk(_environ: dict[str, str], start: Callable[..., None]) -> list[bytes]:
        start("200 OK", [("X", "y")])
        return [b"page"]

    monkeypatch.setattr(handling_timed, "desk", desk)
    page = handling_timed.application({}, lambda _status, headers, *_rest: told.append(headers))
    assert list(page) == [b"page"]
    names = dict(told[0])
    assert names.pop("X") == "y"
    assert re.fullmatch(r"app;dur=[\d.]+, cpu;dur=[\d.]+", names["Server-Timing"])


def test_an_office_in_use_is_left_alone(cast: SimpleNamespace, now: datetime) -> None:
    with pytest.raises(Refused, match="空的数据文件夹"):
        measure_cases(60, {"people": 2, "minutes": 0.01}, now=now, say=lambda _text: None)


def test_a_full_office_has_three_hundred_people(db: None, now: datetime) -> None:
    office = Caseload(100_000, now, lambda _text: None)
    assert sum(office._some(count) for count in PEOPLE.values()) == 300


def test_what_is_not_there_is_lost(
    cast: SimpleNamespace, make_case: Callable[..., Case], now: datetime
) -> None:
    case, by = make_case(), cast.duty.pk
    actions.set_grade(case, "larger", reason="甲", by=cast.duty, now=now)
    actions.hand_over(case, cast.duty2, by=cast.duty, now=now)
    kept = [
        Saved("grade", case.pk, by, "甲", seen="ordinary"),
        Saved("owner", case.pk, by, seen=str(cast.duty.pk)),
    ]
    assert lost(kept) == []
    planted = [
        Saved("fact", case.pk, by, "没有这一条"),
        Saved("grade", case.pk, by, "乙", seen="ordinary"),
        Saved("take", 1, by, "没有立项"),
        Saved("done", 1, by),
        Saved("release", 1, by),
        Saved("write", 1, by, "没有这一稿", seen="1"),
        Saved("refer", case.pk, by, "没有发出"),
        # somebody else had changed it between the reading and the writing
        Saved("grade", case.pk, by, "甲", seen="major"),
        Saved("owner", case.pk, by, seen=str(cast.admin.pk)),
    ]
    assert lost([*kept, *planted]) == planted
    Case.objects.filter(pk=case.pk).update(grade="ordinary", owner=Person.objects.get(pk=by))
    assert lost(kept) == kept


def test_the_ninety_fifth_of_a_hundred() -> None:
    assert p95(iter(range(1, 101))) == 95
    assert p95(iter([7.0])) == 7


def test_forms_are_read_from_the_page() -> None:
    form = (
        '<form class="sheet" method="post" action="/desk/cases/3/owner/"><select name="owner" '
        'id="x"><option value="" selected>?</option><option value="4">A</option></select>'
        '<input type="hidden" name="seen" value="&amp;9"></form>'
    )
    got = Got(200, f'<a href="/desk/cases/3/">x</a>{form}<form action="/x/"></form>', 1.0, 1.0)
    assert got.numbers("/desk/cases/") == [3]
    assert got.form("/desk/cases/3/owner/") == form
    assert got.form("/desk/cases/3/grade/") is None
    assert (offered(form, "owner"), hidden(form)) == (["4"], {"seen": "&9"})
