"""`tingda import` as somebody at a terminal meets it: reports, breaks, full disks, large files."""

import csv
import json
import resource
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from tests.house import COMMAND, House
from tingda.cli.main import main
from tingda.collect.models import Voice

REPORT = {"read", "added", "repeated", "rejected", "rejects_file", "seconds"}
SHARED = Path(__file__).parents[2] / "../shared/data/messages/stream.csv"


def table(folder: Path, rows: int, name: str = "留言.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["编号", "留言主题", "留言详情", "留言时间"])
        for n in range(rows):
            writer.writerow([n, f"第{n}盏路灯不亮", f"东街第{n}盏路灯坏了", "2026-11-01 08:00"])
    return path


def report(done: Any) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) == REPORT
    return dict(found)


def counts(done: Any) -> tuple[int, int, int, int]:
    found = report(done)
    return found["read"], found["added"], found["repeated"], found["rejected"]


def ask(house: House, sql: str) -> int:
    """One number out of the database, from outside; -1 while there is no such table."""
    try:
        if house.database:
            with psycopg.connect(house.database) as connection:
                row = connection.execute(sql).fetchone()
        else:
            connection = sqlite3.connect(house.home / "tingda.sqlite3", timeout=10)
            row = connection.execute(sql).fetchone()
            connection.close()
    except (sqlite3.OperationalError, psycopg.Error):
        return -1
    return int(row[0] or 0) if row else 0


def voices(house: House) -> int:
    return ask(house, "SELECT count(*) FROM collect_voice")


def test_a_table_goes_from_the_file_to_the_issues_and_never_twice(
    house: House, tmp_path: Path
) -> None:
    path = table(tmp_path, 30, encoding="gb18030")
    assert counts(house.run("import", str(path), "--json")) == (30, 30, 0, 0)
    assert ask(house, "SELECT count(*) FROM collect_voice WHERE unread") == 0
    assert ask(house, "SELECT count(*) FROM detect_belonging") == 30
    assert counts(house.run("import", str(path), "--json")) == (30, 0, 30, 0)
    assert voices(house) == 30


def test_a_column_of_labels_leads_to_how_well_they_are_told(house: House, tmp_path: Path) -> None:
    path = tmp_path / "旧表.csv"
    path.write_text("留言详情,哪一类\n龙头没水,用水\n路口总堵,\n", "utf-8")
    done = house.run("import", str(path), "--map", "哪一类=topic")
    assert done.returncode == 0, done.stderr
    assert f"表里有分类。分得怎样，在：{house.address}/desk/settings/sorting/" in done.stdout
    assert ask(house, "SELECT count(*) FROM collect_voice WHERE told_topic = '用水'") == 1


def test_people_read_sentences(house: House, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("诉求,哪天\n停水三天了,2026-11-01\n路灯不亮,忘了\n", "utf-8")
    done = house.run("import", str(path), "--map", "哪天=time", "--source", "县长信箱")
    assert done.returncode == 0, done.stderr
    rejects = tmp_path / "a.rejects.csv"
    lines = done.stdout.splitlines()
    assert lines[:3] == [
        "读到 2 行",
        "新增 1 条，已有 0 条，退回 1 行",
        f"退回的行和原因在：{rejects}。改好后导入这个文件即可",
    ]
    assert lines[3].startswith("用时 ")
    assert "看不懂的时间：忘了" in rejects.read_text("utf-8-sig")
    mended = rejects.read_text("utf-8-sig").replace("忘了", "2026-11-02", 1)
    rejects.write_text(mended, "utf-8")
    again = house.run("import", str(rejects), "--map", "哪天=time", "--source=县长信箱", "--json")
    assert counts(again) == (1, 1, 0, 0)


REFUSED: list[tuple[bytes | None, tuple[str, ...], str]] = [
    (None, (), "没有这个文件"),
    (b"", (), "文件是空的"),
    (b"\x89PNG\r\n\x1a\n\0", (), "这不是表格文件"),
    ("甲,乙\n1,2\n".encode(), (), "认不出哪一列是标题"),
    ("标题\n停水\n".encode(), ("--map", "没有=text"), "没有“没有”这一列"),
    ("标题\n停水\n".encode(), ("--map", "标题"), "看不懂“标题”"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("content", "options", "why"), REFUSED)
def test_a_refusal_is_one_sentence_and_exit_code_1(
    content: bytes | None, options: tuple[str, ...], why: str, tmp_path: Path
) -> None:
    path = tmp_path / "table.csv"
    if content is not None:
        path.write_bytes(content)
    done = CliRunner().invoke(main, ["import", str(path), *options, "--json"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert why in done.stderr
    assert not Voice.objects.exists()


def test_a_refusal_at_the_terminal_is_no_traceback(house: House, tmp_path: Path) -> None:
    done = house.run("import", str(tmp_path / "missing.csv"), "--json")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)


def test_killed_in_the_middle_and_started_again_nothing_is_lost_and_nothing_twice(
    house: House, tmp_path: Path
) -> None:
    rows = 1200
    path = table(tmp_path, rows)
    assert house.run("ledger", "verify").returncode == 0  # makes the folder ready
    process = subprocess.Popen(
        [COMMAND, "import", str(path), "--json"], env=house.environment(), stdout=subprocess.PIPE
    )
    end = time.monotonic() + 60
    while ask(house, "SELECT max(read) FROM collect_import") < 500:
        assert time.monotonic() < end and process.poll() is None
        time.sleep(0.005)
    process.kill()
    process.communicate()
    before = voices(house)
    assert 500 <= before < rows
    assert ask(house, "SELECT max(read) FROM collect_import") == before
    assert counts(house.run("import", str(path), "--json")) == (rows, rows, 0, 0)
    assert voices(house) == rows
    assert ask(house, "SELECT count(*) FROM collect_import") == 1
    assert counts(house.run("import", str(path), "--json")) == (rows, 0, rows, 0)


@pytest.mark.slow
def test_a_full_disk_stops_in_a_sentence_and_the_next_import_brings_the_rest(
    house: House, tmp_path: Path
) -> None:
    if house.database:
        pytest.skip("the disk of a database server is not this process's to fill")
    rows = 4000
    path = table(tmp_path, rows)
    assert house.run("ledger", "verify").returncode == 0
    full = (2_500_000, 2_500_000)  # bytes a file may have
    done = subprocess.run(
        [COMMAND, "import", str(path), "--json"],
        env=house.environment(),
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, full),
    )
    kept = voices(house)
    assert (done.returncode, done.stdout) == (1, "")
    assert 0 < kept < rows
    assert f"已导入的 {kept} 条都在" in done.stderr
    assert house.run("ledger", "verify").returncode == 0
    assert report(house.run("import", str(path), "--json"))["rejected"] == 0
    assert voices(house) == rows


def test_memory_stays_flat_however_large_the_file_is(house: House, tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("标题,内容\n")
        for n in range(60):
            file.write(f"第{n}件,{'很长的话' * 87_000}{n}\n")
    assert path.stat().st_size > 60_000_000
    assert house.run("ledger", "verify").returncode == 0
    peak = house.python(
        "from pathlib import Path\n"
        "from django.utils import timezone\n"
        "from tingda.collect.actions.tables import begin_import, run_import\n"
        "now = timezone.now()\n"
        f"path = Path({str(path)!r})\n"
        "row = begin_import(path, 'big', source_name='', mapping={}, by=None, now=now)\n"
        "assert run_import(row, now=now).added == 60, row.error\n"
        # ru_maxrss would count what the tests' own process held when it forked
        "status = Path('/proc/self/status').read_text()\n"
        "print(int(status.split('VmHWM:')[1].split()[0]) // 1024)\n"
    )
    assert int(peak) < 300  # MB, of which some 100 are Python with everything loaded


@pytest.mark.real_data
def test_the_real_messages_go_in_whole(house: House, tmp_path: Path) -> None:
    if not SHARED.exists():
        pytest.skip("the real messages are not on this machine")
    path = tmp_path / "stream.csv"
    path.write_bytes(SHARED.read_bytes())
    assert counts(house.run("import", str(path), "--json")) == (4326, 4326, 0, 0)
    assert counts(house.run("import", str(path), "--json")) == (4326, 0, 4326, 0)
