"""`tingda up` as an operator meets it: starting, dying, stopping, being asked how it is."""

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.cli.test_import import ask
from tests.conftest import copied
from tests.house import House

TOPICS, COUNTERS = "SELECT count(*) FROM analyse_topic", "SELECT count(*) FROM web_cache"


def children(house: House) -> dict[str, int]:
    """Process ids of web and worker, found by their command lines."""
    assert house.process is not None
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text()
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if int(stat.rpartition(")")[2].split()[1]) == house.process.pid:
            found["worker" if b"tingda.worker" in words else "web"] = int(folder.name)
    return found


def test_an_empty_folder_becomes_an_office_by_any_command_and_stops_cleanly(
    empty_house: House,
) -> None:
    done = empty_house.run("ledger", "verify", "--json")
    assert done.returncode == 0, done.stderr
    secrets = list((empty_house.home / "secrets").iterdir())
    assert {oct(file.stat().st_mode & 0o777) for file in secrets} == {"0o600"}
    empty_house.start()
    status, health = empty_house.health()
    assert (status, health["status"]) == (200, "ok")
    assert set(health) == {"status", "version", "database", "worker_seen"}
    assert health["database"] == ("postgresql" if empty_house.database else "sqlite")
    assert empty_house.stop() == 0
    assert empty_house.health() == (0, {})


@pytest.mark.once
def test_a_start_carries_nothing_that_it_does_not_use(pattern: House) -> None:
    heavy = {"openpyxl", "docx", "rjieba", "numpy", "tingda.lib.masks", "tingda.lib.watching"}
    loaded = "import sys; from tingda.cli import ready; ready.make_ready()\n"
    assert pattern.python(f"{loaded}print({heavy!r} & set(sys.modules))") == "set()"


@pytest.mark.once
def test_a_dead_child_is_started_again(house: House) -> None:
    house.start()
    before = children(house)
    assert set(before) == {"web", "worker"}
    os.kill(before["worker"], signal.SIGKILL)
    os.kill(before["web"], signal.SIGKILL)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        now = children(house)
        if set(now) == {"web", "worker"} and not set(now.values()) & set(before.values()):
            break
        time.sleep(0.2)
    assert set(children(house)) == {"web", "worker"}
    house.wait_well()
    assert house.stop() == 0
    assert house.health() == (0, {})  # nor answers what the killed ones had started


@pytest.mark.once
def test_a_silent_worker_is_a_503(house: House) -> None:
    house.start()
    seen = "from tingda.duty.models import Pulse; from datetime import timedelta\n"
    worker = children(house)["worker"]
    os.kill(worker, signal.SIGSTOP)
    try:
        house.python(
            seen + "Pulse.objects.update(seen_at=Pulse.objects.get().seen_at-timedelta(minutes=3))"
        )
        status, health = house.health()
        assert (status, health["status"]) == (503, "worker silent")
    finally:
        os.kill(worker, signal.SIGCONT)
    house.wait_well()


@pytest.mark.once
def test_a_taken_port_is_said_in_one_sentence(house: House) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", house.port))
        other.listen()
        done = house.run("up")
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"端口 {house.port} 已被占用：请停掉占用它的程序，或用 PORT=… 换一个"
    )


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eight"),
        ("PORT", "70000"),
        ("TINGDA_LANGUAGE", "fr"),
        ("TINGDA_TIME_ZONE", "Moon/Sea"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("TINGDA_ADDRESS", "office"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(house: House, name: str, value: str) -> None:
    done = house.run("up", **{name: value})
    assert done.returncode != 0
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_making_ready_that_was_broken_off_is_finished(migrated: House, tmp_path: Path) -> None:
    with copied(migrated, tmp_path, "broken_off") as house:  # the tables, and nothing after them
        assert (ask(house, TOPICS), ask(house, COUNTERS)) == (0, -1)
        assert house.run("ledger", "verify").returncode == 0
        assert ask(house, TOPICS) > 0
        assert ask(house, COUNTERS) == 0


@pytest.mark.once
def test_doctor_names_a_folder_that_cannot_be_written(house: House, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    done = House(blocked / "home", house.port).run("doctor")
    assert done.returncode == 1
    assert "✗ 数据文件夹" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.once
def test_doctor_is_content_with_a_fresh_office(house: House) -> None:
    done = house.run("doctor")
    wrong = [line for line in done.stdout.splitlines() if line.startswith("✗")]
    assert [line for line in wrong if "中文字体" not in line] == []


@pytest.mark.once
def test_doctor_knows_a_database_from_the_future(house: House) -> None:
    house.python(
        "from django.db.migrations.recorder import MigrationRecorder as R\n"
        "from django.db import connection\n"
        "R(connection).record_applied('cases', '9999_from_the_future')"
    )
    done = house.run("doctor")
    assert done.returncode == 1
    assert "数据库比程序新" in done.stdout
    refused = house.run("ledger", "verify")
    assert refused.returncode == 1
    assert "数据库比程序新" in refused.stderr
