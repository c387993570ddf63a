"""A copy in which something is practised: its clock, and that nothing leaves it."""

import json
import os
import select
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from docx import Document

from tingda.lib import exercise, paper, present
from tingda.lib.exercise import Exercise
from tingda.lib.official import OfficialDocument

BEGINS = datetime(2026, 11, 21, 15, 40, tzinfo=UTC)
REAL = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that says that a drill is held, with a clock that stands still."""
    file = tmp_path / "drill.json"
    file.write_text(json.dumps(Exercise("夜间", BEGINS, 60, "http://x/", None).told()))
    monkeypatch.setenv(exercise.VARIABLE, str(file))
    monkeypatch.setattr("tingda.lib.exercise._Kept.exercise", None)
    return file


def test_the_clock_stands_still_until_it_is_started_and_never_goes_back(told: Path) -> None:
    assert present.now() == BEGINS
    drill = Exercise("夜间", BEGINS, 60, "http://x/", REAL)
    assert drill.at(REAL + MINUTE) == BEGINS + timedelta(hours=1)
    assert drill.at(REAL - MINUTE) == BEGINS
    told.write_text(json.dumps(drill.told()))
    assert exercise.exercise() == drill
    assert present.now() > BEGINS + timedelta(days=1)


def test_without_a_drill_the_time_is_the_true_time() -> None:
    before = datetime.now(UTC)
    assert before <= present.now() <= datetime.now(UTC)
    assert (exercise.exercise(), present.wait(10)) == (None, 10)


def test_the_work_of_a_fast_clock_is_looked_for_more_often(told: Path) -> None:
    assert (present.wait(60), present.wait(1), present.wait(0.1)) == (1, 0.5, 0.1)


GOING_OUT = """
import smtplib, socket, sys, urllib.request
from django.conf import settings
settings.DRILL  # the settings of a copy shut the doors
from tingda.collect.sources.mailbox.dial import dial
from tingda.lib.fetch import fetch
from tingda.lib.messenger import Messenger
port = int(sys.argv[1])
address = f"http://127.0.0.1:{port}/"
job = {"kind": "webhook", "fields": {"url": address}, "key": "k", "title": "t", "body": "b"}
def mail():
    with Messenger(allowed_hosts=["127.0.0.1"], own_name="x") as carrier:
        print(carrier.send(job | {"link": "", "urgent": True}).state)
for way in [
    lambda: socket.create_connection(("127.0.0.1", port), 2),
    lambda: socket.socket().connect(("127.0.0.1", port)),
    lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port)),
    lambda: socket.getaddrinfo("localhost", port),
    lambda: urllib.request.urlopen(address),
    lambda: fetch(address, agent="x", allowed_hosts=["127.0.0.1"]),
    lambda: dial("127.0.0.1", port, private=True, seconds=2),
    lambda: smtplib.SMTP("127.0.0.1", port),
    mail,
]:
    try:
        way()
    except Exception as error:
        print(type(error).__name__)
ours, theirs = socket.socketpair(socket.AF_UNIX)  # inside the house one may talk
ours.sendall(b"inside")
print(theirs.recv(9).decode())
"""


def test_nothing_leaves_a_copy_by_whichever_way(told: Path, tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as receiver,
        socket.socket(type=socket.SOCK_DGRAM) as letters,
    ):
        port = receiver.getsockname()[1]
        letters.bind(("127.0.0.1", port))
        told_only = {"TINGDA_HOME": str(tmp_path), exercise.VARIABLE: str(told)}
        done = subprocess.run(
            [sys.executable, "-c", GOING_OUT, str(port)],
            env=os.environ | told_only | {"DJANGO_SETTINGS_MODULE": "tingda.settings"},
            capture_output=True,
            text=True,
            check=True,
        )
        came, _writing, _failed = select.select([receiver, letters], [], [], 0)
    shut = ["DoorsShut"] * 4 + ["URLError", "FetchFailed", "MailFailed", "DoorsShut"]
    assert done.stdout.split() == [*shut, "held", "inside"]
    assert came == []


def test_paper_of_a_drill_says_so_on_every_page(
    told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    OfficialDocument(subject="简报").save(tmp_path / "a.docx")
    section = Document(str(tmp_path / "a.docx")).sections[0]
    heads = [section.header.paragraphs[0].text, section.even_page_header.paragraphs[0].text]
    assert heads == [exercise.MARK, exercise.MARK]
    drawn: list[bytes] = []
    monkeypatch.setattr("subprocess.run", lambda command, input, **more: drawn.append(input))
    monkeypatch.setattr(paper, "chinese_font", lambda: SimpleNamespace(path="x", index=0))
    about = paper.About("简报", "单位", "第 3 号", "zh", BEGINS)
    paper.write_pdf(tmp_path / "a.pdf", about, [("text", "停水")])
    assert json.loads(drawn[0])["mark"] == f"{exercise.MARK}　第 3 号"
