"""People and units in the settings, the contact book, and tables brought from a file."""

import io
import re
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tingda.cases.actions import refer
from tingda.cases.models import Case
from tingda.ledger.models import Line
from tingda.lib import present
from tingda.people.actions import add_person, add_unit, set_contact
from tingda.people.models import Absence, Person, Unit
from tingda.people.rules import DEEDS, MAY

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Person], Client]
SETTINGS, TABLE = "/desk/settings/", "/desk/settings/people/table/"
UNITS = "单位名称,上级单位,英文名称,电话,办公时间\n供热所,,Heating,0577-1,全天\n一股,供热所,,,\n"
PEOPLE = "姓名,登录名,单位,角色,电话,电子邮箱\n李某,li,教育办,联络员,123,li@example.org\n"


@pytest.fixture
def admin(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    return client_of(cast.admin)


def bring(client: Client, raw: bytes, name: str = "表.csv", **more: str) -> Any:
    return client.post(TABLE, {"file": SimpleUploadedFile(name, raw), **more})


def add(client: Client, page: Any) -> Any:
    """Press the button of the preview."""
    return client.post(TABLE, {"kept": page.context["read"].kept, "add": "1"})


# ---- one person ----
def test_who_owns_something_is_put_out_of_use_only_with_an_heir(
    admin: Client, cast: SimpleNamespace, make_case: Callable[..., Case]
) -> None:
    case, address = make_case(), f"{SETTINGS}people/{cast.duty.pk}/"
    page = admin.get(address).content.decode()
    assert case.number in page
    assert re.search(r'value="duty"[^>]*checked', page)
    typed = {"name": "值班员", "unit": cast.office.pk, "roles": ["duty"], "active": "no"}
    answer = admin.post(address, typed)
    assert answer.status_code == 422
    assert "名下还有 1 件没有办完的" in answer.content.decode()
    assert Person.objects.get(pk=cast.duty.pk).is_active
    assert admin.post(address, typed | {"heir": cast.duty2.pk}).status_code == 302
    assert Case.objects.get().owner == cast.duty2


def test_others_read_and_do_not_change(
    cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    person, unit = f"people/{cast.duty.pk}/", f"units/{cast.edu.pk}/"
    deeds = [person, unit, "people/table/", "people/add/"]
    posts = [f"{person}contact/", f"{person}away/", f"{unit}merge/", f"{unit}close/"]
    for who, code in ((cast.duty, 403), (cast.auditor, 403), (cast.liaison_edu, 404)):
        client = client_of(who)
        assert {client.get(SETTINGS + page).status_code for page in deeds} == {code}
        assert {client.post(SETTINGS + page).status_code for page in posts} == {code}
        expected = 404 if code == 404 else 200
        assert client.get(f"{SETTINGS}people/").status_code == expected
        assert client.get(f"{SETTINGS}roles/").status_code == expected
        assert client.get("/desk/contacts/").status_code == 200
        assert client.get("/desk/me/").status_code == 200


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_table_of_roles_is_the_codes_own(admin: Client, language: str) -> None:
    assert list(DEEDS) == list(MAY)
    admin.post("/language/", {"language": language})
    page = admin.get(f"{SETTINGS}roles/").content.decode()
    word = {"zh-hans": "可以", "en": "may"}[language]
    assert page.count(f"<b>{word}</b>") == sum(map(len, MAY.values()))


def test_somebody_is_away_and_the_book_says_who_stands_in(
    cast: SimpleNamespace, client_of: ClientOf, admin: Client, now: datetime
) -> None:
    liaison, today = client_of(cast.liaison_edu), timezone.localdate()
    set_contact(cast.duty, phone="0577-22", email="", by=cast.duty, now=now)
    typed = {"begins": today, "ends": today, "deputy": cast.duty.pk}
    wrong = liaison.post("/desk/me/away/", typed | {"deputy": cast.liaison_water.pk})
    assert (wrong.status_code, Absence.objects.count()) == (422, 0)
    assert liaison.post("/desk/me/away/", typed).status_code == 302
    book = client_of(cast.liaison_water).get("/desk/contacts/").content.decode()
    assert "不在岗，找值班员 0577-22" in book
    row = Absence.objects.get()
    assert client_of(cast.liaison_water).post(f"/desk/me/away/{row.pk}/end/").status_code == 404
    assert "您替教育办联络员代办" in client_of(cast.duty).get("/desk/me/").content.decode()
    assert liaison.post(f"/desk/me/away/{row.pk}/end/").status_code == 302
    address = f"{SETTINGS}people/{cast.liaison_edu.pk}/away/"
    assert admin.post(address, typed).status_code == 302
    row = Absence.objects.get()
    assert admin.post(f"{SETTINGS}absences/{row.pk}/end/").status_code == 302
    assert not Absence.objects.exists()


def test_a_deputy_opens_the_referral_of_who_is_away(
    cast: SimpleNamespace, client_of: ClientOf, make_case: Callable[..., Case], now: datetime
) -> None:
    login = {"password": "long-enough-password", "by": cast.admin, "now": now}
    other = add_person("edu2", "教育办副联络员", cast.edu, ["liaison"], **login)
    today = timezone.localdate()
    typed = {"begins": today, "ends": today, "deputy": other.pk}
    client_of(cast.liaison_edu).post("/desk/me/away/", typed)
    row = refer(make_case(), cast.edu, "查什么", by=cast.duty, now=present.now())
    assert other.notices.filter(link=f"referral:{row.pk}").count() == 1
    assert client_of(other).get(f"/desk/referrals/{row.pk}/").status_code == 200


# ---- one unit ----
def test_a_unit_is_changed_led_moved_merged(admin: Client, cast: SimpleNamespace) -> None:
    typed = {"name": "教育股", "name_en": "Schools", "parent": cast.water.pk}
    typed |= {"lead": cast.liaison_edu.pk, "phone": "0577-1", "hours": "全天"}
    assert admin.post(f"{SETTINGS}units/{cast.edu.pk}/", typed).status_code == 302
    row = Unit.objects.get(pk=cast.edu.pk)
    assert (row.name, row.parent, row.lead, row.phone) == (
        "教育股",
        cast.water,
        cast.liaison_edu,
        "0577-1",
    )
    lines = Line.objects.count()
    assert admin.post(f"{SETTINGS}units/{cast.edu.pk}/", typed).status_code == 302
    assert Line.objects.count() == lines  # nothing changed, nothing said
    for own in (cast.edu, cast.water):  # itself, and what stands below it, are no choice
        page = admin.post(f"{SETTINGS}units/{cast.water.pk}/merge/", {"heir": own.pk})
        assert page.status_code == 422
    assert admin.post(f"{SETTINGS}units/{cast.water.pk}/close/").status_code == 409
    heir = {"heir": cast.office.pk}
    assert admin.post(f"{SETTINGS}units/{cast.edu.pk}/merge/", heir).status_code == 302
    assert admin.get(f"{SETTINGS}units/{cast.edu.pk}/").status_code == 404
    page = admin.get(f"{SETTINGS}people/").content.decode()
    assert "已撤销的单位" in page and "并入公共服务中心" in page
    assert admin.post(f"{SETTINGS}units/{cast.edu.pk}/reopen/").status_code == 409


def test_the_office_stays_at_the_top(admin: Client, cast: SimpleNamespace) -> None:
    typed = {"name": "中心", "name_en": "", "parent": cast.edu.pk}
    assert admin.post(f"{SETTINGS}units/{cast.office.pk}/", typed).status_code == 302
    assert Unit.objects.get(pk=cast.office.pk).parent is None


# ---- tables ----
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_units_and_people_of_a_file_are_shown_then_added(
    admin: Client, cast: SimpleNamespace, encoding: str
) -> None:
    page = bring(admin, UNITS.encode(encoding))
    assert (page.status_code, Unit.objects.count()) == (200, 3)
    assert "会新增这些单位" in page.content.decode()
    assert add(admin, page).status_code == 302
    rows = Unit.objects.order_by("id").values_list("name", "parent__name", "phone")
    assert list(rows)[3:] == [("供热所", "公共服务中心", "0577-1"), ("一股", "供热所", "")]
    page = bring(admin, PEOPLE.encode(encoding))
    assert not Person.objects.filter(login="li").exists()
    links = add(admin, page).content.decode()
    made = Person.objects.get(login="li")
    assert (made.unit, made.roles, made.email) == (cast.edu, {"liaison"}, "li@example.org")
    assert "/join/" in links and "mailto:li%40example.org" in links


def test_a_workbook_with_wrong_rows_is_not_taken_and_says_why(
    admin: Client, cast: SimpleNamespace
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ("姓名", "登录名", "单位", "角色"),
        ("甲", "one", "教育办", "联络员"),
        ("乙", "one", "教育办", "联络员"),
        ("丙", "two", "教育办", "国王"),
        ("丁", "three", "火星", "联络员"),
    ):
        sheet.append(row)
    raw = io.BytesIO()
    book.save(raw)
    before = (Line.objects.count(), Person.objects.count())
    page = bring(admin, raw.getvalue(), "人.xlsx")
    text = page.content.decode()
    assert page.status_code == 422
    for why in ("登录名 one 已被使用", "没有这个角色：国王", "没有这个单位：火星"):
        assert why in text
    assert 'name="add"' not in text
    assert add(admin, page).status_code == 422
    assert (Line.objects.count(), Person.objects.count()) == before


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "文件是空的"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "二进制"),
        ("站名\n东门站\n".encode(), "缺少这些列：单位名称"),
        ("姓名,登录名\n李,li\n".encode(), "缺少这些列：单位、角色"),
        ("单位名称\n".encode(), "没有要新增的行"),
        (("单位名称\n" + "某\n" * 1001).encode(), "一次最多 1000 行"),
        (b"PK\x03\x04 not a workbook", "打不开"),
        ("单位名称,上级单位\n甲,乙\n乙,甲\n".encode(), "上级单位绕成了一圈"),
        ("单位名称\n供热所\n".encode("gb18030") + b"\x81\xff\n", "无法识别的字节"),
    ],
)
def test_a_file_that_is_no_good_is_told_why(admin: Client, raw: bytes, why: str) -> None:
    page = bring(admin, raw)
    assert page.status_code == 422
    assert why in page.content.decode()
    assert Unit.objects.count() == 3


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_templates_can_be_brought_as_they_are(admin: Client, language: str) -> None:
    admin.post("/language/", {"language": language})
    Unit.objects.filter(code="edu").update(name="别的单位")
    units = admin.get(f"{TABLE}units.csv")
    assert units["Content-Disposition"] == 'attachment; filename="units.csv"'
    assert add(admin, bring(admin, units.content)).status_code == 302
    people = bring(admin, admin.get(f"{TABLE}people.csv").content)
    assert add(admin, people).status_code == 200
    assert Person.objects.get(login="edu").roles == {"liaison"}


# ---- lists ----
def test_lists_cost_the_same_however_long(
    admin: Client, cast: SimpleNamespace, now: datetime
) -> None:
    def cost() -> list[int]:
        found = []
        for page in ("/desk/contacts/", f"{SETTINGS}people/", "/desk/me/", f"{SETTINGS}roles/"):
            with CaptureQueriesContext(connection) as asked:
                assert admin.get(page).status_code == 200
            found.append(len(asked))
        return found

    cost()
    before = cost()
    for number in range(3):
        unit = add_unit(f"u{number}", f"单位{number}", parent=cast.edu, by=cast.admin, now=now)
        password = {"password": None, "by": cast.admin, "now": now}
        add_person(f"p{number}", f"人{number}", unit, ["liaison"], **password)
    assert cost() == before


def test_words_that_are_no_words_find_nothing_and_break_nothing(admin: Client) -> None:
    for words in ("%", "\x00", "' OR 1=1", "a" * 5000):
        assert admin.get("/desk/contacts/", {"q": words}).status_code == 200
