"""Importing at the desk: uploaded, looked at, confirmed, watched, reported; and what is refused."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tingda.collect.actions.tables import import_due
from tingda.collect.models import Import, Source, Voice
from tingda.collect.queries import imports_folder
from tingda.lib import present
from tingda.people.models import Person
from tingda.web.desk import imports as view

pytestmark = pytest.mark.django_db
TABLE = (
    "编号,标题,内容,发布时间,网友\n1,停水,三天没水了,2026-11-01 08:00,小甲\n"
    "2,路灯,晚上看不见,哪天忘了,小乙\n3,食堂,菜里有虫,2026-11-03,小甲\n"
)
ClientOf = Callable[[Person], Client]


@pytest.fixture(autouse=True)
def own_home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


@pytest.fixture
def duty(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    return client_of(cast.duty)


def upload(client: Client, content: str | bytes, name: str = "本月.csv", source: str = "") -> Any:
    raw = content if isinstance(content, bytes) else content.encode()
    file = SimpleUploadedFile(name, raw)
    return client.post("/desk/imports/", {"source": source, "file": file})


def begun(client: Client, content: str = TABLE) -> Import:
    answer = upload(client, content)
    assert answer.status_code == 302, answer.content.decode()
    return Import.objects.latest("id")


def page(row: Import) -> str:
    return f"/desk/imports/{row.pk}/"


def chosen() -> dict[str, str]:
    """The selects of TABLE's columns as they are recognised."""
    fields = ["id", "title", "text", "time", "author"]
    return {f"column-{number}": field for number, field in enumerate(fields)} | {"source": ""}


def files() -> list[str]:
    folder = imports_folder()
    return sorted(path.suffix for path in folder.iterdir()) if folder.exists() else []


def test_a_table_is_shown_before_anything_is_heard(duty: Client) -> None:
    row = begun(duty)
    shown = duty.get(page(row))
    text = shown.content.decode()
    assert shown.status_code == 200
    assert "三天没水了" in text and "看不懂的时间：哪天忘了" in text and "UTF-8" in text
    assert [(c.name, c.field, c.example) for c in shown.context["columns"]] == [
        ("编号", "id", "1"),
        ("标题", "title", "停水"),
        ("内容", "text", "三天没水了"),
        ("发布时间", "time", "2026-11-01 08:00"),
        ("网友", "author", "小甲"),
    ]
    assert (Voice.objects.count(), Source.objects.count()) == (0, 0)


def test_columns_are_corrected_and_looked_at_again(duty: Client) -> None:
    row = begun(duty, "甲,乙\n停水,三天没水了\n")
    assert "认不出哪一列是标题" in duty.get(page(row)).content.decode()
    typed = {"column-0": "title", "column-1": "text", "source": "信箱", "look": "1"}
    again = duty.post(page(row), typed)
    assert [one.entry.title for one in again.context["heard"]] == ["停水"]
    assert (again.status_code, again.context["source"]) == (200, "信箱")
    row.refresh_from_db()
    assert (row.state, row.mapping) == ("preview", {})  # looking changes nothing
    twice = duty.post(page(row), typed | {"column-1": "title", "confirm": "1"})
    assert (twice.status_code, Voice.objects.count()) == (422, 0)
    assert "有两列都指定为" in twice.content.decode()


def test_confirmed_it_goes_in_and_the_page_tells_how_far(duty: Client) -> None:
    row = begun(duty)
    answer = duty.post(page(row), chosen() | {"confirm": "1"})
    assert (answer.status_code, answer["Location"]) == (302, page(row))
    waiting = duty.get(page(row)).content.decode()
    assert "等待导入" in waiting and 'hx-trigger="every 1s"' in waiting and "<progress" in waiting
    assert 'http-equiv="refresh"' in waiting  # for a browser without script
    polled = duty.get(page(row), headers={"HX-Request": "true"}).content.decode()
    assert polled.lstrip().startswith("<section") and "<html" not in polled
    assert import_due(now=present.now()) == 1
    done = duty.get(page(row), headers={"HX-Request": "true"}).content.decode()
    assert "已导入" in done and "hx-get" not in done and "下载退回的行" in done
    assert 'href="/desk/issues/"' in done
    assert Voice.objects.count() == 2
    assert files() == [".csv"]  # only the rejects: what was uploaded is deleted


def test_the_rejects_are_a_download_for_whoever_may_hear(
    duty: Client, cast: SimpleNamespace, client_of: ClientOf
) -> None:
    row = begun(duty)
    duty.post(page(row), chosen() | {"confirm": "1"})
    import_due(now=present.now())
    given = duty.get(f"{page(row)}rejects/")
    content = b"".join(given.streaming_content).decode("utf-8-sig")
    assert content.splitlines()[1] == "2,路灯,晚上看不见,哪天忘了,小乙,看不懂的时间：哪天忘了"
    assert given["Content-Disposition"].startswith("attachment")
    assert client_of(cast.auditor).get(f"{page(row)}rejects/").status_code == 404
    assert client_of(cast.liaison_edu).get(f"{page(row)}rejects/").status_code == 404
    Import.objects.update(rejects_file="/etc/passwd")
    assert duty.get(f"{page(row)}rejects/").status_code == 404


def test_what_is_not_wanted_is_deleted(duty: Client) -> None:
    row = begun(duty)
    assert duty.post(page(row), {"drop": "1"}).status_code == 302
    assert (Import.objects.count(), files()) == (0, [])
    assert duty.get(page(row)).status_code == 404


def test_a_table_that_vanished_is_said_so(duty: Client) -> None:
    row = begun(duty)
    for path in imports_folder().iterdir():
        path.unlink()
    answer = duty.get(page(row))
    assert answer.status_code == 409
    assert "请重新上传" in answer.content.decode()


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"", "a.csv", "文件是空的"),
        (b"MZ\x90\0\3\0\0\0" * 100, "a.csv", "这不是表格文件"),
        (b"PK\x03\x04xx", "a.xlsx", "坏了"),
        (b"<html><table>", "a.xls", "这是网页格式的文件"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(
    duty: Client, content: bytes, name: str, why: str
) -> None:
    answer = upload(duty, content, name)
    assert answer.status_code == 422
    assert why in answer.content.decode()
    assert (Import.objects.count(), files()) == (0, [])


def test_too_large_is_a_clear_answer_and_leaves_nothing(duty: Client, settings: Any) -> None:
    settings.UPLOAD_LIMIT_MB = 1
    answer = upload(duty, b"x" * (1024 * 1024 + 1), source="信箱")
    assert answer.status_code == 422
    assert "“本月.csv”超过 1 MB" in answer.content.decode()
    assert 'value="信箱"' in answer.content.decode()
    assert files() == []


def test_a_full_disk_is_a_clear_answer_and_leaves_nothing(
    duty: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def write(self, raw: bytes) -> int:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            pass

    new_file = view.IntoFolder.new_file

    def full(self: view.IntoFolder, *args: Any, **kwargs: Any) -> None:
        new_file(self, *args, **kwargs)
        self.file.close()
        self.file = Full()

    monkeypatch.setattr(view.IntoFolder, "new_file", full)
    answer = upload(duty, TABLE)
    assert answer.status_code == 422
    assert "磁盘写不进去" in answer.content.decode()
    assert files() == []


def test_nothing_chosen_is_asked_for(duty: Client) -> None:
    answer = duty.post("/desk/imports/", {"source": ""})
    assert (answer.status_code, "请选择一个文件" in answer.content.decode()) == (422, True)


def test_a_failed_import_says_why(duty: Client) -> None:
    row = begun(duty)
    params = {"kept": 1500}
    text = "文件在导入中途被改过。已导入的 %(kept)s 条都在；请再导入一次，不会重复"
    Import.objects.update(state="failed", error=text, error_params=params)
    assert "已导入的 1500 条都在" in duty.get(page(row)).content.decode()


def test_the_role_and_the_token_are_asked_for(
    cast: SimpleNamespace, client_of: ClientOf, duty: Client
) -> None:
    row = begun(duty)
    for person, status in ((cast.auditor, 403), (cast.drafter, 403), (cast.liaison_edu, 404)):
        client = client_of(person)
        assert upload(client, TABLE).status_code == status
        assert client.get("/desk/imports/").status_code == status
        assert client.get(page(row)).status_code == status
    assert Import.objects.count() == 1
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.duty)
    assert upload(strict, TABLE).status_code == 403
    assert strict.post(page(row), {"confirm": "1"}).status_code == 403
    anonymous = Client().get("/desk/imports/")
    assert anonymous["Location"].startswith("/sign-in/")


def test_a_script_in_a_table_stays_text(duty: Client) -> None:
    evil = "<script>alert(1)</script>"
    row = begun(duty, f"标题,内容\n好{evil},{evil}好\n")
    duty.post(page(row), {"column-0": "title", "column-1": "text", "source": evil, "look": "1"})
    text = duty.get(page(row)).content.decode()
    assert "<script>alert" not in text
    named = upload(duty, TABLE, name=f"{evil}.csv")
    assert "<script>alert" not in duty.get(named["Location"]).content.decode()
    assert "<script>alert" not in duty.get("/desk/imports/").content.decode()


def test_the_list_costs_the_same_for_one_and_for_three(duty: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert duty.get("/desk/imports/").status_code == 200
        return len(queries)

    begun(duty)
    cost()
    one = cost()
    for _time in range(2):
        begun(duty)
    assert cost() == one


def test_an_empty_list_says_what_to_do(duty: Client) -> None:
    assert "还没有导入过" in duty.get("/desk/imports/").content.decode()


def test_progress_is_shown_in_percent(duty: Client) -> None:
    row = begun(duty)
    until = present.now() + timedelta(minutes=1)
    Import.objects.update(state="running", size=200, position=50, claimed_until=until)
    assert 'value="25"' in duty.get(page(row)).content.decode()


def test_many_rows_that_came_broken_are_told_before_they_are_heard(duty: Client) -> None:
    whole = "小区停水三天了没有人管"
    broken = whole.encode().decode("gbk", "ignore")
    rows = [f"{number},{broken if number == 1 else whole}\n" for number in range(1, 31)]
    few = begun(duty, "编号,内容\n" + "".join(rows))
    assert "编码坏了" not in duty.get(page(few)).content.decode()
    many = begun(duty, "编号,内容\n" + "".join(rows[:5]))
    shown = duty.get(page(many)).content.decode()
    assert "有 1 行的文字像是编码坏了" in shown
    assert broken in shown  # as it came
