"""A table on its way in: nothing lost, nothing twice, and the row says how it ended."""

import csv
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from django.db import OperationalError

from tingda.collect.actions import tables
from tingda.collect.actions.tables import (
    begin_import,
    confirm_import,
    drop_import,
    import_due,
    run_import,
)
from tingda.collect.models import Import, Source, Voice
from tingda.collect.queries import imports_folder, sample_path, table_path
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.lib.rejects import Rejects

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
HEADER = "编号,标题,内容,时间,作者\n"
THREE = HEADER + (
    "1,停水,三天没水了,2026-11-01 08:00,甲\n"
    "2,路灯,晚上看不见,2026-11-02 20:15:30,乙\n"
    "3,食堂,菜里有虫,2026年11月3日,甲\n"
)


@pytest.fixture(autouse=True)
def own_home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


def put(folder: Path, text: str | bytes, name: str = "a.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    os.utime(path, (0, NOW.timestamp() - 60))
    return path


def bring(path: Path, source: str = "", mapping: dict[str, str] | None = None) -> Import:
    row = begin_import(path, path.name, source_name=source, mapping=mapping or {}, by=None, now=NOW)
    return run_import(row, now=NOW)


def counts(row: Import) -> tuple[str, int, int, int, int]:
    """As the database has it."""
    row.refresh_from_db()
    return row.state, row.read, row.added, row.repeated, row.rejected


def texts() -> list[str]:
    return list(Voice.objects.order_by("id").values_list("text", flat=True))


def verbs() -> list[str]:
    return list(Line.objects.order_by("number").values_list("verb", flat=True))


# --- what goes in ---


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_every_row_becomes_a_voice_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    row = bring(put(tmp_path, THREE, encoding=encoding))
    assert counts(row) == ("done", 3, 3, 0, 0)
    assert texts() == ["三天没水了", "晚上看不见", "菜里有虫"]
    assert verbs() == ["import.started", "source.heard", "import.finished"]
    assert (row.percent, row.rejects_file, row.claimed_until) == (100, "", None)


def test_xlsx_and_jsonl_go_in_as_well(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for line in csv.reader(THREE.splitlines()):
        book.active.append(line)
    book.save(tmp_path / "a.xlsx")
    assert counts(bring(tmp_path / "a.xlsx")) == ("done", 3, 3, 0, 0)
    lines = '{"title": "井盖", "text": "井盖没了"}\n{"title": "噪音", "text": "半夜施工"}\n'
    assert counts(bring(put(tmp_path, lines, "b.jsonl"))) == ("done", 2, 2, 0, 0)


def test_the_same_table_again_adds_nothing(tmp_path: Path) -> None:
    path = put(tmp_path, THREE)
    bring(path)
    assert counts(bring(path)) == ("done", 3, 0, 3, 0)
    again = put(tmp_path, THREE.replace("20:15:30", "20:15:30 "), "b.csv", "gb18030")
    assert counts(bring(again)) == ("done", 3, 0, 3, 0)
    assert Voice.objects.count() == 3


def test_two_tables_that_both_count_from_one_lose_nothing(tmp_path: Path) -> None:
    bring(put(tmp_path, THREE))
    other = HEADER + "1,停电,停了一夜,2026-11-01 08:00,丙\n2,路灯,晚上看不见,2026-11-02,丁\n"
    assert counts(bring(put(tmp_path, other, "b.csv"))) == ("done", 2, 1, 1, 0)
    assert texts() == ["三天没水了", "晚上看不见", "菜里有虫", "停了一夜"]


def test_answers_under_one_address_are_many_voices(tmp_path: Path) -> None:
    url = "http://bbs.example.cn/t/1"
    rows = (
        f"内容,链接,作者,时间\n顶,{url},甲,2026-11-01\n顶,{url},乙,2026-11-01\n不同意,{url},甲,\n"
    )
    path = put(tmp_path, rows)
    assert counts(bring(path)) == ("done", 3, 3, 0, 0)
    assert counts(bring(path)) == ("done", 3, 0, 3, 0)


def test_rows_go_to_the_platform_they_name(tmp_path: Path) -> None:
    rows = "内容,平台\n一,微博\n二,论坛\n三,微博\n四,\n"
    bring(put(tmp_path, rows))
    heard = [(s.name, s.kind, s.voices.count()) for s in Source.objects.order_by("id")]
    assert sorted(heard) == [
        ("导入的表格", "import", 1),
        ("微博", "import", 2),
        ("论坛", "import", 1),
    ]


def test_a_named_source_takes_all_rows_and_authors_stay_unknown(tmp_path: Path) -> None:
    bring(put(tmp_path, "内容,平台,作者\n一,微博,甲\n二,论坛,甲\n"), source=" 县长信箱 ")
    assert list(Source.objects.values_list("name", flat=True)) == ["县长信箱"]
    one, two = Voice.objects.order_by("id")
    assert (one.platform, two.platform) == ("微博", "论坛")
    assert one.author_hash != two.author_hash  # the same name elsewhere is somebody else
    assert "甲" not in str(list(Voice.objects.values()))


def test_columns_may_be_named_by_hand(tmp_path: Path) -> None:
    path = put(tmp_path, "甲列,乙列\n停水,三天没水了\n")
    row = bring(path)
    assert counts(row) == ("failed", 0, 0, 0, 0)
    assert row.error.startswith("认不出哪一列是标题")
    assert counts(bring(path, mapping={"甲列": "标题", "乙列": "text"})) == ("done", 1, 1, 0, 0)
    with pytest.raises(Refused, match="没有“丙列”这一列"):
        bring(path, mapping={"丙列": "text"})


# --- what stays out ---


def test_bad_rows_are_kept_whole_mended_and_imported(tmp_path: Path) -> None:
    rows = HEADER + (
        "1,停水,三天没水了,2026-11-01,甲\n"
        '2,路灯,"晚上,看不见",不知道哪天,乙\n'
        "3,,,2026-11-01,甲\n"
        "4,太早,从前,1900-01-01,甲\n5,太晚,以后,2041-01-01,甲\n6,少一格,内容\n"
    )
    path = put(tmp_path, rows)
    row = bring(path)
    assert counts(row) == ("done", 6, 1, 0, 5)
    place = tmp_path / "a.rejects.csv"
    assert row.rejects_file == str(place)
    written = list(csv.reader(place.read_text("utf-8-sig").splitlines()))
    assert written[0] == ["编号", "标题", "内容", "时间", "作者", "原因"]
    assert [line[-1] for line in written[1:]] == [
        "看不懂的时间：不知道哪天",
        "没有标题，也没有内容",
        "时间太早：1900-01-01（早于 1990 年）",
        "时间还没有到：2041-01-01",
        "这一行有 3 格，表头有 5 格",
    ]
    mended = place.read_text("utf-8-sig").replace("不知道哪天", "2026-11-02")
    put(tmp_path, mended, "a.rejects.csv")
    again = bring(place)
    assert counts(again) == ("done", 5, 2, 0, 3)  # the short row was filled up
    assert texts() == ["三天没水了", "晚上,看不见", "内容"]


def test_an_older_file_of_rejects_is_never_overwritten(tmp_path: Path) -> None:
    path = put(tmp_path, "标题,时间\n停水,不知道\n")
    names = [Path(bring(path).rejects_file).name for _time in range(3)]
    assert names == ["a.rejects.csv", "a.rejects-2.csv", "a.rejects-3.csv"]


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"", "a.csv", "文件是空的"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "a.csv", "这不是表格文件"),
        (b"PK\x03\x04broken", "a.xlsx", "坏了"),
        (b"1,2,3\n4,5,6\n", "a.csv", "第一行都是数字"),
    ],
)
def test_a_file_that_is_no_table_is_refused_and_leaves_nothing(
    tmp_path: Path, content: bytes, name: str, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        bring(put(tmp_path, content, name))
    assert (Import.objects.count(), Line.objects.count()) == (0, 0)


def test_a_cell_of_a_megabyte_goes_in_whole(tmp_path: Path) -> None:
    long = "很长" * 524_288
    assert counts(bring(put(tmp_path, f"内容\n{long}\n短\n"))) == ("done", 2, 2, 0, 0)
    assert [len(text) for text in texts()] == [len(long), 1]


# --- broken off ---


def many(folder: Path, number: int = 1200) -> Path:
    rows = "".join(
        f"{n},第{n}件,内容{n},{'2026-11-01' if n % 100 else '哪天'},甲\n" for n in range(number)
    )
    return put(folder, HEADER + rows)


class Died(BaseException):
    """As if the process had been killed: nobody tidies up."""


def die_at(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    calls: list[int] = []
    hear = tables.hear

    def mortal(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == batch:
            raise Died
        return hear(*args, **kwargs)

    monkeypatch.setattr(tables, "hear", mortal)


def test_an_import_that_died_is_taken_up_by_the_worker_when_its_claim_ran_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        die_at(patch, 2)
        with pytest.raises(Died):
            bring(many(tmp_path))
    row = Import.objects.get()
    assert counts(row) == ("running", 500, 495, 0, 5)
    assert import_due(now=NOW + timedelta(seconds=60)) == 0
    assert import_due(now=NOW + timedelta(minutes=3)) == 1
    # as if nothing had happened: no row was counted as repeated because it was read twice
    assert counts(row) == ("done", 1200, 1188, 0, 12)
    assert Voice.objects.count() == 1188
    rejected = list(csv.reader(Path(row.rejects_file).read_text("utf-8-sig").splitlines()))
    assert [line[0] for line in rejected[1:]] == [str(n) for n in range(0, 1200, 100)]


def test_who_lost_the_claim_adds_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = begin_import(many(tmp_path), "a.csv", source_name="", mapping={}, by=None, now=NOW)

    def taken_over(now: Import) -> None:
        later = NOW + timedelta(hours=1)
        Import.objects.filter(pk=row.pk).update(claimed_until=later)

    run_import(row, now=NOW, on_progress=taken_over)
    assert (row.state, row.error) == ("failed", "另一个进程接手了这次导入")
    assert counts(row) == ("running", 500, 495, 0, 5)  # as the other has it
    assert Voice.objects.count() == 495
    with pytest.raises(Refused, match="正由另一个进程导入"):
        run_import(Import(pk=row.pk, state="due"), now=NOW)


def test_a_file_changed_while_it_was_broken_off_is_not_guessed_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        die_at(patch, 2)
        with pytest.raises(Died):
            bring(many(tmp_path))
    Import.objects.update(made_at=NOW - timedelta(days=1))
    import_due(now=NOW + timedelta(minutes=3))
    row = Import.objects.get()
    assert (row.state, row.error_params) == ("failed", {"kept": 495})
    assert row.error.startswith("文件在导入中途被改过")


@pytest.mark.parametrize("error", [OSError(28, "No space left"), OperationalError("disk is full")])
def test_a_full_disk_keeps_what_was_counted_and_the_rest_comes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    path = many(tmp_path)
    calls: list[int] = []
    add = Rejects.add

    def full(self: Rejects, raw: Any, reason: str) -> None:
        calls.append(1)
        if len(calls) == 8:
            raise error
        add(self, raw, reason)

    with monkeypatch.context() as patch:
        patch.setattr(Rejects, "add", full)
        row = bring(path)
    assert counts(row) == ("failed", 500, 495, 0, 5)
    assert (row.error % row.error_params).endswith(
        "已导入的 495 条都在；如果是磁盘满了，请清理后再导入一次，不会重复"
    )
    assert verbs()[-1] == "import.failed"
    assert counts(bring(path)) == ("done", 1200, 693, 495, 12)
    assert Voice.objects.count() == 1188


def test_batches_are_small_where_cells_are_large(tmp_path: Path) -> None:
    rows = "内容\n" + "".join(f"{n}{'长' * 600_000}\n" for n in range(10))
    seen: list[int] = []
    row = begin_import(put(tmp_path, rows), "a.csv", source_name="", mapping={}, by=None, now=NOW)
    run_import(row, now=NOW, on_progress=lambda now: seen.append(now.read))
    assert seen == [2, 4, 6, 8, 10]


# --- at the desk: shown first ---


def upload(folder: Path, text: str, name: str = "x.csv") -> Path:
    imports_folder().mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(put(folder, text), imports_folder() / name))


def look(folder: Path, text: str, by: Any) -> Import:
    path = upload(folder, text)
    return begin_import(path, "本月.csv", source_name="", mapping={}, by=by, now=NOW)


def test_an_upload_is_heard_when_confirmed_and_then_deleted(
    tmp_path: Path, cast: SimpleNamespace
) -> None:
    row = look(tmp_path, THREE, cast.duty)
    assert (row.file, row.name, row.state) == ("imports/x.csv", "本月.csv", "preview")
    assert import_due(now=NOW) == 0
    assert Voice.objects.count() == 0
    columns = {"编号": "", "标题": "title", "内容": "text", "时间": "time", "作者": "author"}
    for _press in range(2):
        confirm_import(row, columns, "信箱", by=cast.duty, now=NOW)
    assert (row.state, "id" in row.mapping) == ("due", False)
    assert verbs().count("import.started") == 1
    assert import_due(now=NOW) == 1
    assert counts(row) == ("done", 3, 3, 0, 0)
    assert list(imports_folder().iterdir()) == []
    assert Source.objects.get().name == "信箱"
    assert (Line.objects.last() or Line()).actor == "值班员"


def test_what_is_not_confirmed_is_forgotten(tmp_path: Path, cast: SimpleNamespace) -> None:
    row = look(tmp_path, THREE, cast.duty)
    assert table_path(row).exists() and sample_path(row).exists()
    drop_import(row)
    assert (Import.objects.count(), list(imports_folder().iterdir())) == (0, [])


def test_what_nobody_confirmed_for_a_day_is_deleted(tmp_path: Path, cast: SimpleNamespace) -> None:
    look(tmp_path, THREE, cast.duty)
    import_due(now=NOW + timedelta(hours=23))
    assert Import.objects.count() == 1
    import_due(now=NOW + timedelta(hours=25))
    assert (Import.objects.count(), list(imports_folder().iterdir())) == (0, [])


def test_a_confirmation_needs_the_role_and_words(tmp_path: Path, cast: SimpleNamespace) -> None:
    row = look(tmp_path, THREE, cast.duty)
    with pytest.raises(Refused, match="角色"):
        confirm_import(row, {}, "", by=cast.auditor, now=NOW)
    nothing = {"编号": "id", "标题": "", "内容": "", "时间": "", "作者": ""}
    with pytest.raises(Refused, match="认不出哪一列"):
        confirm_import(row, nothing, "", by=cast.duty, now=NOW)
    row.refresh_from_db()
    assert row.state == "preview"


def test_a_sample_is_small_whatever_the_table_is(tmp_path: Path, cast: SimpleNamespace) -> None:
    row = look(tmp_path, "内容\n" + ("长" * 600_000 + "\n") * 20, cast.duty)
    assert sample_path(row).stat().st_size < 3_000_000
