"""设置: administrators change, others read, liaisons see nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tingda.analyse.actions.watches import add_watch
from tingda.analyse.models import Topic, Watch
from tingda.cases.models import Case, ClockSetting, OfficeDay
from tingda.ledger.models import Line
from tingda.people.models import Institution, Person, Unit

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Person], Client]
READ = ["", "topics/", "watches/", "clocks/", "people/"]
CHANGE = ["office/", "topics/add/", "people/add/", "units/add/"]
CHANGE += ["clocks/hotline.first_answer/", "days/"]


@pytest.fixture
def admin(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    return client_of(cast.admin)


@pytest.fixture
def topic(db: None) -> Topic:
    return Topic.objects.create(code="water", group="水电气", name="停水", keywords="停水\n没水")


def newest() -> tuple[str, str]:
    line = Line.objects.latest("number")
    return line.verb, line.actor


def refused(client: Client, address: str, typed: dict[str, str]) -> str:
    answer = client.post(f"/desk/settings/{address}", typed)
    assert answer.status_code == 422
    return answer.content.decode()


def saved(client: Client, address: str, typed: dict[str, object]) -> None:
    assert client.post(f"/desk/settings/{address}", typed).status_code == 302


def test_everybody_at_the_desk_reads_and_only_administrators_change(
    cast: SimpleNamespace, client_of: ClientOf, topic: Topic, now: datetime
) -> None:
    watch = add_watch("校车", "校车 超员", by=cast.admin, owner=cast.admin, now=now)
    own = f"people/{cast.duty2.pk}/"
    change = [*CHANGE, f"topics/{topic.pk}/", own, f"{own}password/"]
    watches = ["watches/add/", f"watches/{watch.pk}/"]
    for who in ("duty", "drafter", "releaser", "auditor"):
        client = client_of(getattr(cast, who))
        for address in READ:
            page = client.get(f"/desk/settings/{address}")
            assert page.status_code == 200
            shown = page.content.decode()
            if who != "duty" or address != "watches/":
                assert "/add/" not in shown
            assert "/desk/settings/people/" + str(cast.duty2.pk) not in shown
            assert "/desk/settings/clocks/hotline" not in shown
            assert "/desk/settings/days/" not in shown
        for address in change if who == "duty" else [*change, *watches]:
            assert client.get(f"/desk/settings/{address}").status_code == 403
            assert client.post(f"/desk/settings/{address}", {"name": "x"}).status_code == 403
    admin, liaison = client_of(cast.admin), client_of(cast.liaison_edu)
    for address in [*READ, *change, *watches]:
        assert admin.get(f"/desk/settings/{address}").status_code == 200
        assert liaison.get(f"/desk/settings/{address}").status_code == 404


def test_the_name_of_the_office_is_changed(admin: Client) -> None:
    saved(admin, "office/", {"name": "云溪县公共服务中心", "name_en": "Yunxi", "place": "云溪县"})
    row = Institution.objects.get()
    assert (row.name, row.name_en, row.place) == ("云溪县公共服务中心", "Yunxi", "云溪县")
    assert newest() == ("institution.named", "管理员")
    assert "云溪县公共服务中心" in admin.get("/desk/settings/").content.decode()
    refused(admin, "office/", {"name": " "})


def test_topics_are_added_and_changed(admin: Client, topic: Topic) -> None:
    assert "没水" in admin.get("/desk/settings/topics/").content.decode()
    typed = {"name": "供水", "keywords": "停水", "active": "no"}
    saved(admin, f"topics/{topic.pk}/", typed)
    topic.refresh_from_db()
    assert (topic.name, topic.words(), topic.active) == ("供水", ["停水"], False)
    assert "停用" in admin.get("/desk/settings/topics/").content.decode()
    saved(admin, "topics/add/", {"group": "水电气", "name": "热水", "keywords": "热水"})
    assert Topic.objects.latest("id").group == "水电气"
    assert newest() == ("topic.added", "管理员")
    assert refused(admin, "topics/add/", {"group": "水电气", "name": ""})


def test_watches_are_added_and_changed(admin: Client) -> None:
    saved(admin, "watches/add/", {"name": "校车", "rule": "校车 超员"})
    watch = Watch.objects.get()
    assert (watch.rule, watch.owner.name) == ("校车 超员", "管理员")
    saved(admin, f"watches/{watch.pk}/", {"name": "校车", "rule": "黑校车", "active": "no"})
    watch.refresh_from_db()
    assert (watch.rule, watch.active) == ("黑校车", False)
    text = refused(admin, "watches/add/", {"name": "校车", "rule": "x"})
    assert "已有同名的关注" in text and 'value="校车"' in text


def test_clocks_show_the_offices_own_limit_beside_the_default(admin: Client) -> None:
    ClockSetting.objects.create(code="hotline.first_answer", amount=3, kind="working_days")
    rows = admin.get("/desk/settings/clocks/").context["clocks"]
    own = [row for row in rows if row["instead_of"]]
    assert [(row["kind"], row["limit"], row["instead_of"]) for row in own] == [
        ("热线诉求", "3 个工作日", "5 个工作日")
    ]
    assert [row["kind"] for row in rows if row["code"].startswith("re")] == [
        "联系单",
        "联系单",
        "联系单",
        "快报",
    ]


def test_a_clock_is_changed_and_a_wrong_limit_is_kept_in_the_form(admin: Client) -> None:
    address = "clocks/hotline.first_answer/"
    assert 'value="5"' in admin.get(f"/desk/settings/{address}").content.decode()
    saved(admin, address, {"amount": 3, "kind": "days"})
    assert [(row.code, row.amount, row.kind) for row in ClockSetting.objects.all()] == [
        ("hotline.first_answer", 3, "days")
    ]
    assert newest() == ("clock.changed", "管理员")
    assert "3 天（含休息日）" in admin.get("/desk/settings/clocks/").content.decode()
    assert "时限至少是 1，最长十年" in refused(admin, address, {"amount": "99999", "kind": "days"})
    for typed in ({"amount": 0, "kind": "days"}, {"amount": 3, "kind": "years"}, {"amount": ""}):
        refused(admin, address, typed)
    assert admin.get("/desk/settings/clocks/moon.finish/").status_code == 404


def test_a_day_of_the_office_is_set_changed_and_given_back(admin: Client) -> None:
    assert "全按国家日历" in admin.get("/desk/settings/clocks/").content.decode()
    saved(admin, "days/", {"day": "2026-11-22", "works": "yes", "name": "汛期值守"})
    assert "汛期值守" in admin.get("/desk/settings/clocks/").content.decode()
    assert 'value="汛期值守"' in admin.get("/desk/settings/days/?day=2026-11-22").content.decode()
    saved(admin, "days/", {"day": "2026-11-22", "works": "no", "name": "校庆"})
    assert [(str(d.day), d.works, d.name) for d in OfficeDay.objects.all()] == [
        ("2026-11-22", False, "校庆")
    ]
    saved(admin, "days/", {"day": "2026-11-22", "works": "calendar", "name": "不放了"})
    assert not OfficeDay.objects.exists()
    assert newest() == ("day.changed", "管理员")
    for day in ("2026-02-30", "x", ""):
        assert admin.get("/desk/settings/days/", {"day": day}).status_code == 200
        refused(admin, "days/", {"day": day, "works": "yes", "name": "校庆"})


def test_a_person_is_changed_and_put_out_of_use(
    admin: Client, cast: SimpleNamespace, client_of: ClientOf
) -> None:
    theirs, address = client_of(cast.duty2), f"people/{cast.duty2.pk}/"
    typed = {"name": "夜班", "unit": cast.water.pk, "roles": ["liaison"], "active": "yes"}
    saved(admin, address, typed)
    row = Person.objects.get(pk=cast.duty2.pk)
    assert (row.name, row.unit, row.roles, row.is_active) == ("夜班", cast.water, {"liaison"}, True)
    assert newest() == ("person.changed", "管理员")
    assert theirs.get("/desk/referrals/").status_code == 200
    saved(admin, address, typed | {"active": "no"})
    assert theirs.get("/desk/referrals/").status_code == 302
    own = f"people/{cast.admin.pk}/"
    last = {"name": "管理员", "unit": cast.office.pk, "roles": ["duty"], "active": "yes"}
    assert "最后一位在用的管理员" in refused(admin, own, last)
    assert admin.get("/desk/settings/people/999999/").status_code == 404


def test_a_new_password_is_shown_once_and_ends_every_session(
    admin: Client, cast: SimpleNamespace, client_of: ClientOf
) -> None:
    theirs, address = client_of(cast.duty), f"/desk/settings/people/{cast.duty.pk}/password/"
    assert admin.get(address).context["password"] == ""
    assert theirs.get("/desk/").status_code == 200
    answer = admin.post(address)
    password = answer.context["password"]
    assert f'<p class="code">{password}</p>' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert Person.objects.get(pk=cast.duty.pk).check_password(password)
    assert theirs.get("/desk/").status_code == 302
    assert newest() == ("person.password_reset", "管理员")
    assert password not in str(list(Line.objects.values()))


def test_a_duty_officer_keeps_watches_and_owns_the_new_ones(
    cast: SimpleNamespace, client_of: ClientOf
) -> None:
    duty = client_of(cast.duty)
    saved(duty, "watches/add/", {"name": "校车", "rule": "校车"})
    watch = Watch.objects.get()
    assert watch.owner == cast.duty
    page = duty.get("/desk/settings/watches/").content.decode()
    assert f"/desk/settings/watches/{watch.pk}/" in page
    saved(duty, f"watches/{watch.pk}/", {"name": "校车", "rule": "黑校车", "active": "yes"})
    assert newest() == ("watch.changed", "值班员")


def test_a_person_is_added_with_a_password_that_is_shown_once(
    admin: Client, cast: SimpleNamespace
) -> None:
    typed = {"name": "夜班", "login": "night", "unit": cast.office.pk, "roles": ["duty", "drafter"]}
    answer = admin.post("/desk/settings/people/add/", typed)
    password = answer.context["password"]
    assert f'<p class="code">{password}</p>' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    made = Person.objects.get(login="night")
    assert (made.roles, made.unit, made.check_password(password)) == (
        {"duty", "drafter"},
        cast.office,
        True,
    )
    assert password not in str(list(Line.objects.values()))
    assert password not in admin.get("/desk/settings/people/").content.decode()
    text = refused(admin, "people/add/", typed)
    assert "已被使用" in text and 'value="night"' in text
    assert refused(admin, "people/add/", typed | {"login": "a b", "roles": []})


def test_a_unit_is_added_under_another(admin: Client, cast: SimpleNamespace) -> None:
    saved(admin, "units/add/", {"name": "供热所", "parent": cast.water.pk})
    unit = Unit.objects.latest("id")
    assert (unit.name, unit.parent) == ("供热所", cast.water)
    assert newest() == ("unit.added", "管理员")
    assert refused(admin, "units/add/", {"name": "供热所"})


def test_the_record_is_linked_for_whoever_may_check_it(
    cast: SimpleNamespace, client_of: ClientOf
) -> None:
    def linked(person: Person) -> bool:
        return 'href="/desk/ledger/"' in client_of(person).get("/desk/settings/").content.decode()

    assert [linked(p) for p in (cast.auditor, cast.admin, cast.duty)] == [True, True, False]


def test_lists_cost_the_same_for_few_and_many(admin: Client, cast: SimpleNamespace) -> None:
    def cost(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert admin.get(f"/desk/settings/{address}").status_code == 200
        return len(queries)

    lists = ["topics/", "watches/", "people/", "clocks/"]
    for address in lists:
        cost(address)
    before = [cost(address) for address in lists]
    for n in range(3):
        OfficeDay.objects.create(day=f"2026-11-0{n + 1}", works=True)
        Topic.objects.create(code=f"t{n}", group="水电气", name=f"主题{n}")
        Watch.objects.create(name=f"关注{n}", rule="词", owner=cast.duty)
        unit = Unit.objects.create(code=f"u{n}", name=f"单位{n}", parent=cast.office)
        Person.objects.create(login=f"p{n}", name=f"人{n}", unit=unit)
    assert [cost(address) for address in lists] == before


def test_a_day_that_moves_deadlines_is_shown_before_it_moves_them(
    admin: Client, make_case: Callable[..., Case], now: datetime
) -> None:
    case = make_case(kind="hotline")  # due Friday 2026-11-27
    day = {"day": "2026-11-25", "works": "no", "name": "校庆"}
    shown = refused(admin, "days/", day)
    assert case.number in shown and "11月30日" in shown and 'name="seen" value="2"' in shown
    assert not OfficeDay.objects.exists()
    saved(admin, "days/", day | {"seen": "2"})
    due = case.deadlines.get(stage="first_answer").due_at
    assert due == datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)
