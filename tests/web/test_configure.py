"""设置: administrators change, others read, liaisons see nothing."""

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tingda.analyse.actions import add_watch
from tingda.analyse.models import Topic, Watch
from tingda.cases.models import ClockSetting
from tingda.ledger.models import Line
from tingda.people.models import Institution, Person, Unit

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Person], Client]
READ = ["", "topics/", "watches/", "clocks/", "people/"]
CHANGE = ["office/", "topics/add/", "watches/add/", "people/add/", "units/add/"]


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
    watch = add_watch("校车", "校车 超员", owner=cast.admin, now=now)
    change = [*CHANGE, f"topics/{topic.pk}/", f"watches/{watch.pk}/"]
    for who in ("duty", "drafter", "releaser", "auditor"):
        client = client_of(getattr(cast, who))
        for address in READ:
            page = client.get(f"/desk/settings/{address}")
            assert page.status_code == 200
            assert "/add/" not in page.content.decode()
        for address in change:
            assert client.get(f"/desk/settings/{address}").status_code == 403
            assert client.post(f"/desk/settings/{address}", {"name": "x"}).status_code == 403
    admin, liaison = client_of(cast.admin), client_of(cast.liaison_edu)
    for address in [*READ, *change]:
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
    saved(admin, "watches/add/", {"name": "校车", "words": "校车 超员"})
    watch = Watch.objects.get()
    assert (watch.lines(), watch.owner.name) == ((("校车", "超员"),), "管理员")
    saved(admin, f"watches/{watch.pk}/", {"name": "校车", "words": "黑校车", "active": "no"})
    watch.refresh_from_db()
    assert (watch.words, watch.active) == ("黑校车", False)
    text = refused(admin, "watches/add/", {"name": "校车", "words": "x"})
    assert "已有同名的关注" in text and 'value="校车"' in text


def test_clocks_show_the_offices_own_limit_beside_the_default(admin: Client) -> None:
    ClockSetting.objects.create(code="hotline.first_answer", amount=3, kind="working_days")
    rows = admin.get("/desk/settings/clocks/").context["clocks"]
    own = [row for row in rows if row["instead_of"]]
    assert [(row["kind"], row["limit"], row["instead_of"]) for row in own] == [
        ("热线诉求", "3 个工作日", "5 个工作日")
    ]
    assert rows[-1]["kind"] == "联系单"


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

    lists = ["topics/", "watches/", "people/"]
    for address in lists:
        cost(address)
    before = [cost(address) for address in lists]
    for n in range(3):
        Topic.objects.create(code=f"t{n}", group="水电气", name=f"主题{n}")
        Watch.objects.create(name=f"关注{n}", words="词", owner=cast.duty)
        unit = Unit.objects.create(code=f"u{n}", name=f"单位{n}", parent=cast.office)
        Person.objects.create(login=f"p{n}", name=f"人{n}", unit=unit)
    assert [cost(address) for address in lists] == before
