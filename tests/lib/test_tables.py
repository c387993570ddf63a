"""Tables of unknown make: whatever an office has, read row by row or refused in a sentence."""

import hashlib
import json
import tracemalloc
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.refusal import Refused
from tingda.lib.rejects import Rejects, rejects_suffix
from tingda.lib.tables import BadRow, Row, open_table

TEXT = '标题,内容\n停水通知,我们小区停水三天了\n路灯不亮,"晚上看不见,\n孩子害怕"\n'
READ = [
    {"标题": "停水通知", "内容": "我们小区停水三天了"},
    {"标题": "路灯不亮", "内容": "晚上看不见,\n孩子害怕"},
]


def put(folder: Path, content: bytes, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def told(path: Path) -> list[dict[str, str] | str]:
    """Values of the good rows and reasons of the bad ones, in their order."""
    rows = open_table(path).rows()
    return [row.values if isinstance(row, Row) else str(row.reason) for row in rows]


def refusal(path: Path, **options: int) -> str:
    with pytest.raises(Refused) as refused:
        list(open_table(path, **options).rows())
    return str(refused.value)


# --- charsets ---


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
        ("gb2312", "gb18030"),
    ],
)
def test_reads_the_charsets_of_chinese_offices(tmp_path: Path, written: str, read_as: str) -> None:
    path = put(tmp_path, TEXT.encode(written))
    assert (open_table(path).encoding, told(path)) == (read_as, READ)


def test_a_first_line_in_gbk_that_is_valid_utf8_does_not_decide(tmp_path: Path) -> None:
    text = "停水通知\n" + "".join(f"小区{n}号楼停水没有人管\n" for n in range(20))
    "停水通知".encode("gbk").decode("utf-8")  # the trap: this succeeds
    path = put(tmp_path, text.encode("gbk"))
    table = open_table(path)
    assert (table.encoding, table.columns, len(told(path))) == ("gb18030", ["停水通知"], 20)


def test_chinese_that_begins_late_in_the_file_is_still_seen(tmp_path: Path) -> None:
    text = "title,text\n" + "a,b\n" * 400_000 + "停水,小区停水三天了没有人管\n"
    table = open_table(put(tmp_path, text.encode("gbk")))
    assert table.encoding == "gb18030"


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_a_bad_byte_spoils_only_its_row(tmp_path: Path, charset: str) -> None:
    good = "停水通知,我们小区停水三天了没有人管\n".encode(charset)
    head = "标题,内容\n".encode(charset)
    path = put(tmp_path, head + good + b"a\xff\xff,b\n" + good)
    rows = list(open_table(path).rows())
    assert [type(row) for row in rows] == [Row, BadRow, Row]
    bad = rows[1]
    assert isinstance(bad, BadRow)
    assert str(bad.reason) == f"含有无法识别的字节（文件按 {charset} 读取）"
    assert (bad.number, bad.raw[1]) == (3, "b")


def test_a_lone_half_of_a_utf16_pair_spoils_only_its_row(tmp_path: Path) -> None:
    lines = ["标题,内容\n", "停水,三天\n", "坏,", "路灯,不亮\n"]
    codes = [line.encode("utf-16-le") for line in lines]
    path = put(
        tmp_path, b"\xff\xfe" + codes[0] + codes[1] + codes[2] + b"\x00\xd8\n\x00" + codes[3]
    )
    assert told(path) == [
        {"标题": "停水", "内容": "三天"},
        "含有无法识别的字节（文件按 utf-16 读取）",
        {"标题": "路灯", "内容": "不亮"},
    ]


def test_a_nul_spoils_only_its_row(tmp_path: Path) -> None:
    path = put(tmp_path, ("标题,内容\n" + "停水,三天\n" * 20 + "a\x00,b\n").encode())
    assert told(path)[-2:] == [{"标题": "停水", "内容": "三天"}, "含有不可用的字符（空字符）"]


# --- CSV ---


@pytest.mark.parametrize("mark", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_knows_the_dialect(tmp_path: Path, mark: str, end: str) -> None:
    text = end.join([f"标题{mark}内容{mark}时间", f"停水{mark}三天{mark}2026-11-21", ""])
    path = put(tmp_path, text.encode())
    assert told(path) == [{"标题": "停水", "内容": "三天", "时间": "2026-11-21"}]


def test_a_cell_of_a_megabyte_is_read_whole(tmp_path: Path) -> None:
    cell = "停水" * 500_000
    path = put(tmp_path, f'标题,内容\n停水,"{cell}"\n'.encode())
    assert told(path) == [{"标题": "停水", "内容": cell}]


def test_rows_with_too_few_or_too_many_cells_are_named(tmp_path: Path) -> None:
    path = put(tmp_path, "标题,内容\na\nb,c,d\ne,f,,\n\n,\ng,h\n".encode())
    assert told(path) == [
        "这一行有 1 格，表头有 2 格",
        "这一行有 3 格，表头有 2 格",
        {"标题": "e", "内容": "f"},
        {"标题": "g", "内容": "h"},
    ]
    assert [row.number for row in open_table(path).rows()] == [2, 3, 4, 7]


def test_an_unclosed_quote_costs_one_row_not_the_rest(tmp_path: Path) -> None:
    path = put(tmp_path, '标题,内容\na,b\nc,"d\ne,f\ng,h\n'.encode())
    assert told(path) == [
        {"标题": "a", "内容": "b"},
        "引号没有配对",
        {"标题": "e", "内容": "f"},
        {"标题": "g", "内容": "h"},
    ]


def test_an_unclosed_quote_before_a_quoted_cell_costs_one_row(tmp_path: Path) -> None:
    path = put(tmp_path, '标题,内容\nc,"d\ne,f\ng,"h, i"\nj,k\n'.encode())
    good = [row for row in told(path) if isinstance(row, dict)]
    assert good == [
        {"标题": "e", "内容": "f"},
        {"标题": "g", "内容": "h, i"},
        {"标题": "j", "内容": "k"},
    ]


def test_a_line_without_end_costs_one_row_and_little_memory(tmp_path: Path) -> None:
    path = put(tmp_path, b"title,text\n" + b"x" * 60_000_000 + b"\na,b\n")
    tracemalloc.start()
    found = told(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == ["这一行太长，或引号没有配对", {"title": "a", "text": "b"}]
    assert peak < 120_000_000


@pytest.mark.slow
def test_a_large_file_streams_in_flat_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    line = "停水通知,我们小区停水三天了没有人管请尽快处理\n" * 10_000
    with path.open("w", encoding="utf-8") as file:
        file.write("标题,内容\n")
        for _again in range(10):
            file.write(line)
    tracemalloc.start()
    table = open_table(path)
    count = sum(1 for _row in table.rows())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (count, table.position, table.size) == (100_000, path.stat().st_size, table.position)
    assert peak < 8_000_000


def test_columns_without_a_name_or_with_the_same_name_stay_apart(tmp_path: Path) -> None:
    path = put(tmp_path, " 标题 ,,标题,内容,\na,b,c,d,\n".encode())
    assert told(path) == [{"标题": "a", "#2": "b", "标题 2": "c", "内容": "d"}]


# --- what is no table ---


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "文件是空的"),
        (b"\xef\xbb\xbf\n\n", "文件是空的"),
        (b"\n \n", "文件是空的"),
        (
            b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
            "这不是表格文件（内容是二进制数据）。请导入 CSV、XLSX 或 JSONL",
        ),
        (
            hashlib.shake_128(b"noise").digest(5000),
            "这不是表格文件（内容是二进制数据）。请导入 CSV、XLSX 或 JSONL",
        ),
        (b"PK\x03\x04broken", "表格文件坏了，打不开。请用 Excel 或 WPS 打开后另存一份再导入"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
            "这是旧版 Excel（.xls）或加了密码的表格。请去掉密码，另存为 .xlsx 再导入",
        ),
        (
            b"<html><table><tr><td>1",
            "这是网页格式的文件，不是表格。请用 Excel 或 WPS 打开，另存为 .xlsx 再导入",
        ),
        (b"1,2,3\n4,5,6\n", "第一行都是数字，不像表头。请在第一行写上列名，如：标题、内容、时间"),
        (b"x" * 200 + b",b\n1,2\n", "第一行不像表头。请在第一行写上列名，如：标题、内容、时间"),
    ],
)
def test_refuses_what_is_no_table(tmp_path: Path, content: bytes, reason: str) -> None:
    assert refusal(put(tmp_path, content)) == reason


def test_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "没有.csv"
    assert refusal(path) == f"没有这个文件：{path}"
    assert refusal(tmp_path).startswith("打不开文件：")


@given(content=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = put(tmp_path_factory.getbasetemp(), content, "any.csv")
    try:
        for row in open_table(path).rows():
            assert isinstance(row, BadRow) or "\x00" not in "".join(row.values.values())
    except Refused as refused:
        assert str(refused)


# --- XLSX ---


def workbook(path: Path, *rows: list[object]) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "空表"
    sheet = book.create_sheet("留言")
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def test_reads_the_first_sheet_with_rows(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        ["标题", "时间", "点赞数", "编号", None],
        ["停水", datetime(2026, 11, 21, 8, 3, 5), 0, 360114, None],  # noqa: DTZ001
        [None, None, None, None],
        [0, date(2026, 11, 21), 1.5, "A1"],
        ["多", "了", "一", "格", "子"],
    )
    table = open_table(path)
    assert (table.format, table.columns) == ("xlsx", ["标题", "时间", "点赞数", "编号"])
    assert told(path) == [
        {"标题": "停水", "时间": "2026-11-21 08:03:05", "点赞数": "0", "编号": "360114"},
        {"标题": "0", "时间": "2026-11-21", "点赞数": "1.5", "编号": "A1"},
        "这一行有 5 格，表头有 4 格",
    ]
    assert [row.number for row in table.rows()] == [2, 4, 5]


def test_an_xlsx_under_another_name_is_read_for_what_it_is(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["标题"], ["停水"])
    assert told(path.rename(tmp_path / "a.csv")) == [{"标题": "停水"}]


def test_an_xlsx_without_rows_is_refused(tmp_path: Path) -> None:
    assert refusal(workbook(tmp_path / "a.xlsx")) == "表格里没有内容"


def test_an_xlsx_that_unpacks_too_large_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["标题"], *[["停水" * 1000]] * 2000)
    reason = refusal(path, unpacked_limit=100_000)
    assert reason.endswith("请分成几份，或另存为 CSV")


def test_other_archives_and_damaged_ones_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    assert refusal(tmp_path / "a.zip") == "这是压缩包或别的文件，不是 Excel 表格（.xlsx）"
    whole = workbook(tmp_path / "a.xlsx", ["标题"], ["停水"]).read_bytes()
    broken = "表格文件坏了，打不开。请用 Excel 或 WPS 打开后另存一份再导入"
    for content in (whole[: len(whole) // 2], whole[:300] + b"\x00" * 80 + whole[380:]):
        assert refusal(put(tmp_path, content, "b.xlsx")) == broken


def test_a_single_cell_at_the_far_corner_takes_no_memory(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["标题"], ["停水"])
    far = (
        b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    )
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "far.xlsx", "w") as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(
                name, part.replace(b"</sheetData>", far) if name.endswith("sheet2.xml") else part
            )
    assert told(tmp_path / "far.xlsx")[0] == {"标题": "停水"}


# --- JSONL ---


def test_reads_jsonl_and_names_broken_lines(tmp_path: Path) -> None:
    lines = [
        '{"标题": "停水", "点赞数": 3, "时间": null}',
        "{broken",
        "",
        "[1]",
        '{"标题": "\\u0000"}',
        '{"标题": "路灯", "地点": ["东街"], "时间": "昨天"}',
        "[" * 100_000,
    ]
    path = put(tmp_path, "\n".join(lines).encode(), "a.jsonl")
    assert open_table(path).columns == ["标题", "点赞数", "时间", "地点"]
    assert told(path) == [
        {"标题": "停水", "点赞数": "3", "时间": ""},
        "这一行不是完整的 JSON",
        "这一行不是 JSON 对象",
        "含有不可用的字符（空字符）",
        {"标题": "路灯", "地点": '["东街"]', "时间": "昨天"},
        "这一行不是完整的 JSON",
    ]
    assert [row.number for row in open_table(path).rows()] == [1, 2, 4, 5, 6, 7]


def test_json_that_is_not_lines_is_refused(tmp_path: Path) -> None:
    array = put(tmp_path, b'[{"a": 1}]', "a.json")
    assert refusal(array) == "这是一个 JSON 数组。请改成每行一个对象（JSONL）再导入"
    words = put(tmp_path, b"a\nb\n", "b.jsonl")
    assert refusal(words) == '没有一行是 JSON 对象。JSONL 每行写一个，如：{"标题": "…"}'


# --- rejects ---


def test_rejected_rows_come_back_whole_and_can_be_read_again(tmp_path: Path) -> None:
    path = put(tmp_path, '标题,内容\na\n"b\n""x""",c\nd,e,f\n'.encode())
    table = open_table(path)
    with Rejects(tmp_path / f"r{rejects_suffix(table.format)}", table.columns, table.format) as out:
        for row in table.rows():
            out.add(row.raw, "不合格")
    content = out.path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content[3:].decode().splitlines() == [
        "标题,内容,原因",
        "a,,不合格",
        '"b',
        '""x""",c,不合格',
        "d,e,不合格,f",
    ]
    again = open_table(out.path)
    assert (out.count, again.columns) == (3, ["标题", "内容"])
    assert [row.raw for row in again.rows()] == [("a", ""), ('b\n"x"', "c"), ("d", "e", "f")]


def test_rejected_json_lines_can_be_mended_and_read_again(tmp_path: Path) -> None:
    path = put(tmp_path, b'{"a": "1"}\n{"a": \n', "a.jsonl")
    table = open_table(path)
    with Rejects(tmp_path / "r.jsonl", table.columns, table.format) as out:
        for row in table.rows():
            out.add(row.raw, "不合格")
    written = [json.loads(line) for line in out.path.read_text("utf-8").splitlines()]
    assert written == [{"a": "1", "原因": "不合格"}, {"原行": '{"a":', "原因": "不合格"}]
    mended = out.path.read_text("utf-8").replace('{\\"a\\":', '{\\"a\\": \\"2\\"}')
    assert told(put(tmp_path, mended.encode(), "m.jsonl")) == [{"a": "1"}, {"a": "2"}]


def test_no_rejects_no_file(tmp_path: Path) -> None:
    with Rejects(tmp_path / "r.csv", ["a"], "csv"):
        pass
    assert list(tmp_path.iterdir()) == []
