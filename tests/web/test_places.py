"""The list of places at the desk: searched, brought from CSV as a whole or not at all, removed."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tingda.analyse.models import Place
from tingda.people.models import Person

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Person], Client]
PAGE = "/desk/settings/places/"
LIST = "名称,类别,别名\n幸福花园南区,小区,老纺织厂宿舍;纺织宿舍\n第一小学,学校,一小\n东门站,站点,\n"


@pytest.fixture
def admin(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    return client_of(cast.admin)


def bring(client: Client, raw: bytes, name: str = "地点.csv") -> Any:
    return client.post(PAGE, {"file": SimpleUploadedFile(name, raw)})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_file_in_any_usual_encoding_is_taken(admin: Client, encoding: str) -> None:
    answer = bring(admin, LIST.encode(encoding))
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    assert list(Place.objects.order_by("id").values_list("name", "kind")) == [
        ("幸福花园南区", "estate"),
        ("第一小学", "school"),
        ("东门站", "station"),
    ]
    page = admin.get(PAGE).content.decode()
    assert "新增 3 处，改了 0 处。" in page and "老纺织厂宿舍、纺织宿舍" in page


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_template_can_be_brought_as_it_is(admin: Client, language: str) -> None:
    admin.post("/language/", {"language": language})
    template = admin.get(f"{PAGE}template/")
    assert template["Content-Disposition"] == 'attachment; filename="places.csv"'
    assert bring(admin, template.content).status_code == 302
    assert Place.objects.count() == (1 if language == "en" else 2)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "文件是空的"),
        ("名称,类别\n东门站,站点\n西门站,火星\n".encode(), "第 3 行：没有“火星”这个类别"),
        ("名称,类别\n东,站点\n".encode(), "第 2 行：名称太短或太长"),
        ("名称,类别,别名\n".encode(), "文件里没有地点"),
        ("站名,类别\n东门站,站点\n".encode(), "缺少这一列：名称"),
        ("名称\t类别\n东门站\t站点\n".encode(), "缺少这一列：名称"),
        ('名称,类别\n"东门站,站点\n'.encode(), "读不了这个文件"),
        (b"PK\x03\x04" + bytes(400), "另存为 CSV"),
        (b"%PDF-1.7 " + bytes(range(256)), "这不是文本文件"),
        ("名称\n东门站\n".encode() + "停车场".encode() * 9 + b"\xff\n", "第 3 行有读不出的字"),
        ("名称\n东门站\x00西门\n".encode(), "第 2 行有读不出的字"),
    ],
)
def test_what_cannot_be_read_is_refused_as_a_whole(admin: Client, raw: bytes, why: str) -> None:
    answer = bring(admin, raw)
    assert answer.status_code == 422
    assert why in answer.content.decode().replace("&quot;", '"')
    assert Place.objects.count() == 0


def test_a_large_file_is_not_read(admin: Client) -> None:
    answer = bring(admin, b"name\n" + b"x" * (50 * 2**20))
    assert (answer.status_code, Place.objects.count()) == (422, 0)
    assert "超过 5 MB" in answer.content.decode()
    assert admin.post(PAGE, {}).status_code == 422


def test_places_are_found_by_any_name_and_paged(admin: Client) -> None:
    Place.objects.bulk_create(Place(name=f"第{n:02}村", kind="area") for n in range(31))
    Place.objects.create(name="第一小学", kind="school", aliases="老县小\n一")
    first = admin.get(PAGE)
    assert len(first.context["rows"]) == 30
    assert len(admin.get(f"{PAGE}?page=2").context["rows"]) == 2
    found = admin.get(PAGE, {"q": "县小"})
    assert [row.place.name for row in found.context["rows"]] == ["第一小学"]
    assert "没有这样的地点。" in admin.get(PAGE, {"q": "火星\x00"}).content.decode()


def test_aliases_that_are_not_looked_for_are_named(admin: Client) -> None:
    assert "还没有地点。" in admin.get(PAGE).content.decode()
    bring(admin, "名称,别名\n南门小学,校区;南小\n北门小学,校区;北\n".encode())
    answer = admin.get(PAGE)
    assert sorted(answer.context["doubtful"]) == ["北", "校区"]
    rows = {row.place.name: row.aliases for row in answer.context["rows"]}
    assert rows["南门小学"] == [("校区", True), ("南小", False)]
    assert "不找的别名" in answer.content.decode()


def test_a_place_is_removed(admin: Client) -> None:
    bring(admin, LIST.encode())
    place = Place.objects.get(name="东门站")
    assert admin.post(f"{PAGE}{place.pk}/drop/").status_code == 302
    assert Place.objects.count() == 2
    assert admin.post(f"{PAGE}{place.pk}/drop/").status_code == 404


def test_others_read_and_only_administrators_change(
    cast: SimpleNamespace, client_of: ClientOf
) -> None:
    bring(client_of(cast.admin), LIST.encode())
    duty, place = client_of(cast.duty), Place.objects.earliest("id")
    page = duty.get(PAGE).content.decode()
    assert "第一小学" in page and "移除" not in page and "从 CSV 带入" not in page
    assert bring(duty, LIST.encode()).status_code == 403
    assert duty.post(f"{PAGE}{place.pk}/drop/").status_code == 403
    assert client_of(cast.liaison_edu).get(PAGE).status_code == 404
    assert Place.objects.count() == 3


def test_the_list_costs_the_same_however_long(admin: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            admin.get(PAGE)
        return len(asked)

    bring(admin, "名称\n东门站\n".encode())
    admin.get(PAGE)
    one = cost()
    bring(admin, LIST.encode())
    admin.get(PAGE)
    assert cost() == one
