"""Drills: one at a time, kept by one worker, made of a copy that holds nothing anybody said."""

import json
import os
import socket
import sqlite3
import stat
import subprocess
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, connections
from django.db.backends.sqlite3.base import DatabaseWrapper

from tingda.analyse.actions.watches import add_watch
from tingda.cases.models import Superior
from tingda.collect.models import Source, Voice
from tingda.duty.actions import drills
from tingda.duty.actions.rosters import Wanted, fill, set_roster
from tingda.duty.models import Drill, Roster, Scenario, Turn
from tingda.duty.rules import Days, Hours
from tingda.ledger.models import Line
from tingda.lib import exercise, scenarios
from tingda.lib.exercise import Exercise
from tingda.lib.refusal import Refused
from tingda.lib.sealing import seal
from tingda.notify.actions import tell
from tingda.notify.actions.sending import deliver_due, messenger
from tingda.notify.models import Notice, Reach, Sending
from tingda.notify.queries import SEAL
from tingda.people.models import Institution, Person
from tingda.worker import copying, playing
from tingda.worker import drills as keeping

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
TEXT = """name = "停水"
begins = "16:30"
minutes = 60
[[say]]
minute = 2
source = "热线"
text = "东街停水"
[[say]]
minute = 4
source = "论坛"
text = "西街也停水"
[[expect]]
what = "acknowledged"
within = 10
[[expect]]
what = "case"
within = 20
"""


@pytest.fixture
def scenario(cast: SimpleNamespace, now: datetime) -> Scenario:
    return drills.set_scenario(None, TEXT, by=cast.admin, now=now)


@pytest.fixture
def drill(scenario: Scenario, cast: SimpleNamespace, now: datetime) -> Drill:
    return drills.begin_drill(scenario, 10, by=cast.admin, now=now)


def refusal(deed: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        deed()
    return str(refused.value)


def verbs() -> list[str]:
    found = Line.objects.order_by("number").values_list("verb", flat=True)
    return [verb for verb in found if verb.startswith(("drill.", "scenario."))]


# ---- what people do ----
def test_the_shipped_scenarios_can_be_played_and_come_once(now: datetime) -> None:
    for _again in range(2):
        drills.seed_scenarios(now=now)
    rows = Scenario.objects.order_by("shipped")
    assert [(row.shipped, row.name) for row in rows] == [
        ("gas", "夜间燃气泄漏"),
        ("water", "考试期间停水"),
    ]
    for row in rows:
        told = scenarios.read(row.text)
        assert all(said.minute < told.minutes for said in told.said)
        assert all(one.within < told.minutes for one in told.expected)


def test_what_the_office_made_of_a_shipped_scenario_stays(
    cast: SimpleNamespace, now: datetime
) -> None:
    drills.seed_scenarios(now=now)
    drills.set_scenario(Scenario.objects.get(shipped="gas"), TEXT, by=cast.admin, now=now)
    drills.seed_scenarios(now=now)
    assert sorted(Scenario.objects.values_list("name", flat=True)) == ["停水", "考试期间停水"]


def test_one_drill_at_a_time(
    scenario: Scenario, drill: Drill, cast: SimpleNamespace, now: datetime
) -> None:
    again = refusal(lambda: drills.begin_drill(scenario, 1, by=cast.admin, now=now))
    assert again == "已经有一次演练在进行，请先结束它"
    drills.finish(drill, {"kept": 1, "missed": 0}, now=now)
    drills.begin_drill(scenario, 1, by=cast.admin, now=now)
    assert verbs() == ["scenario.written", "drill.begun", "drill.ended", "drill.begun"]


def test_only_who_organises_the_office_begins_and_ends(
    scenario: Scenario, drill: Drill, cast: SimpleNamespace, now: datetime
) -> None:
    for deed in (
        lambda: drills.set_scenario(scenario, TEXT, by=cast.duty, now=now),
        lambda: drills.begin_drill(scenario, 1, by=cast.duty, now=now),
        lambda: drills.ask_end(drill, by=cast.duty, now=now),
    ):
        assert refusal(deed) == "您的角色不能做这一步"


def test_a_stopped_scenario_a_strange_speed_and_a_second_name_are_refused(
    scenario: Scenario, cast: SimpleNamespace, now: datetime
) -> None:
    assert refusal(lambda: drills.begin_drill(scenario, 7, by=cast.admin, now=now)) == (
        "请选择时间走多快"
    )
    same = refusal(lambda: drills.set_scenario(None, TEXT, by=cast.admin, now=now))
    assert same == "已经有一份脚本叫“停水”，请换个名称"
    stopped = drills.set_scenario(scenario, TEXT, active=False, by=cast.admin, now=now)
    assert refusal(lambda: drills.begin_drill(stopped, 1, by=cast.admin, now=now)) == (
        "这份脚本已停用"
    )


def test_a_drill_is_kept_by_one_worker_until_that_is_dead(drill: Drill, now: datetime) -> None:
    first = drills.hold("one:1", now=now)
    assert first is not None and first.last is None
    assert drills.hold("two:2", now=now + MINUTE) is None
    later = drills.hold("two:2", now=now + 2 * MINUTE)
    assert later is not None and later.last == now
    assert drills.hold("one:1", now=now + 2 * MINUTE) is None


# ---- the copy ----
@pytest.fixture
def house(settings: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.HOME, settings.STATIC_ROOT = tmp_path, tmp_path / "static"

    def connect(self: DatabaseWrapper) -> None:
        """Tests are let into no database but their own; this is the product's other one."""
        if self.connection is None:
            self.connect()

    monkeypatch.setattr(DatabaseWrapper, "ensure_connection", connect, raising=False)
    return tmp_path


# What people said and did, whom it was told, how to reach them, who is signed in.
LEFT = "Invitation RequiredFactor SignIn SealedContact Pulse Swap ShiftLog OpenPoint PlanRun"
LEFT += " PlanTick Scenario Drill Notice Sending MailServer Host Check Voice Edit Tombstone"
LEFT += " Attachment Evidence Delivery Subscription Receipt Import Reading WatchHit Quarantine"
LEFT += " Label Issue Belonging Apart Proposal Assessment Alert AlertStep Line"


def test_every_table_is_either_copied_or_left_on_purpose() -> None:
    floor = ("ledger", "people", "vault", "duty", "notify", "collect", "analyse", "detect")
    ours = {m for m in apps.get_models() if m.__module__.startswith("tingda.")}
    copied = {table.model for table in copying.COPIED}
    undecided = {
        m.__name__
        for m in ours - copied
        if m._meta.app_label in floor and m.__name__ not in LEFT.split()
    }
    assert undecided == set()
    said = [m.__name__ for m in copied if m._meta.app_label in ("cases", "answers", "vault")]
    assert sorted(said) == ["ClockSetting", "LadderSetting", "OfficeDay", "Route", "Superior"]


def test_the_copy_organises_as_the_office_does_and_says_nothing(
    cast: SimpleNamespace,
    make_voice: Callable[..., Voice],
    house: Path,
    now: datetime,
) -> None:
    day, night = Hours("白班", time(8), time(17, 30)), Hours("夜班", time(17, 30), time(8))
    wanted = Wanted("平常", date(2026, 11, 21), "shift", [day, night], [[cast.duty], [cast.duty2]])
    set_roster(None, wanted, by=cast.admin, now=now)
    fill(Days(), now=now)
    add_watch("停水", "停水", by=cast.admin, owner=cast.duty, now=now)
    make_voice(text="东街停水，电话13800138000")
    Source.objects.create(
        name="站", kind="feed", address="https://x.test/?key=secret-1", secret=b"s", next_due=now
    )
    Superior.objects.create(name="县里", way="phone", contact="0571-1234")
    Person.objects.filter(pk=cast.duty.pk).update(email="duty@x.test")
    sealed = seal(settings.HOME, SEAL, '{"key": "secret-2"}')
    Reach.objects.create(kind="wecom", name="群", sealed=sealed, hint="hint-3", language="zh-hans")
    Institution.objects.update(name="公共服务中心", name_en="Centre")
    home = copying.folder()
    home.mkdir(mode=0o700)
    with copying.opened(home) as alias:
        with connections[alias].schema_editor() as editor:
            for model in apps.get_models():
                editor.create_model(model)
        copying.fill(alias, now=now)
        connections[alias].check_constraints()
        copied = {
            "people": Person.objects.using(alias).count(),
            "turns": Turn.objects.using(alias).count(),
            "rosters": Roster.objects.using(alias).get().name,
            "voices": Voice.objects.using(alias).count(),
            "lines": Line.objects.using(alias).count(),
        }
        place = Institution.objects.using(alias).get()
        feed = Source.objects.using(alias).get(name="站")
        duty = Person.objects.using(alias).get(pk=cast.duty.pk)
    assert copied == {
        "people": Person.objects.count(),
        "turns": Turn.objects.count(),
        "rosters": "平常",
        "voices": 0,
        "lines": 0,
    }
    assert (place.name, place.name_en) == ("【演练】公共服务中心", "[DRILL] Centre")
    assert (feed.kind, feed.address, feed.next_due) == (Source.Kind.IMPORT, "", None)
    assert duty.check_password("long-enough-password")
    data = b"".join(file.read_bytes() for file in home.iterdir())
    held = [word for word in ("13800138000", "secret-1", "hint-3", "duty@x.test", "0571-1234")
            if word.encode() in data]  # fmt: skip
    assert held == []
    assert sealed not in data
    assert "drill" not in connections.settings


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite is laid out as ours is")
def test_the_tables_of_the_copy_are_those_of_the_office(house: Path) -> None:
    copying.lay_out(house / "copy.sqlite3", {})

    def told(cursor: object) -> set[str]:
        return {" ".join(sql.split()) for (sql,) in cursor if sql}  # type: ignore[attr-defined]

    asked = "SELECT sql FROM sqlite_master WHERE name NOT LIKE 'sqlite%'"
    with connection.cursor() as cursor:
        ours = told(cursor.execute(asked).fetchall())
    with sqlite3.connect(house / "copy.sqlite3") as copy:
        assert told(copy.execute(asked)) == ours
        with pytest.raises(sqlite3.DatabaseError):
            copy.execute("INSERT INTO ledger_line VALUES (1,'','','','','',0,'','','')")
            copy.execute("DELETE FROM ledger_line")


# ---- the worker that keeps it ----
@pytest.fixture
def kept(house: Path, monkeypatch: pytest.MonkeyPatch, now: datetime) -> Iterator[SimpleNamespace]:
    """Processes that do nothing in place of the copy's; the clock is the test's."""
    state = SimpleNamespace(now=now, started=0)

    def start(home: Path) -> None:
        state.started += 1
        keeping._copy.process = subprocess.Popen(["sleep", "60"])

    monkeypatch.setattr(keeping, "_start", start)
    monkeypatch.setattr(keeping, "_answers", lambda: True)
    monkeypatch.setattr(keeping, "_copy", keeping._Copy())
    monkeypatch.setattr("tingda.lib.present.now", lambda: state.now)

    def lay_out(file: Path, environment: object) -> None:
        with copying.opened(file.parent) as alias, connections[alias].schema_editor() as editor:
            for model in apps.get_models():
                editor.create_model(model)

    monkeypatch.setattr(copying, "lay_out", lay_out)
    yield state
    keeping.let_go()


def look(kept: SimpleNamespace, after: timedelta = timedelta()) -> Drill:
    kept.now += after
    keeping.keep_drill(now=kept.now)
    return Drill.objects.get()


def test_a_drill_from_its_begin_to_its_end(
    kept: SimpleNamespace, drill: Drill, cast: SimpleNamespace, now: datetime
) -> None:
    row = look(kept)
    assert (row.state, row.begins) == ("running", now + 10 * MINUTE)
    assert row.ends_at == now + 6 * MINUTE
    home = copying.folder()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    told = exercise.read(home / "drill.json")
    assert (told.speed, told.started, told.at(now + MINUTE)) == (10, now, now + 20 * MINUTE)
    assert look(kept, MINUTE).state == "running"
    assert kept.started == 1
    with copying.opened(home) as alias:
        late = now + 29 * MINUTE  # its clock began ten minutes later, with two of silence
        Line.objects.using(alias).create(number=1, at=late, verb="case.opened", subject="case:1")
        Notice.objects.using(alias).create(
            person_id=cast.duty.pk, key="k", verb="alert.raised", link="x", at=late
        )
    row = look(kept, 5 * MINUTE)
    assert (row.state, row.going) == ("ended", None)
    assert row.result == {
        "marks": [
            {"what": "acknowledged", "within": 10, "after": None},
            {"what": "case", "within": 20, "after": 17.0},
        ],
        "course": [],
        "kept": 1,
        "missed": 1,
        "said": 2,
        "heard": 0,
        "minutes": 60.0,
        "called": [{"verb": "alert.raised", "after": 17.0, "posts": [["公共服务中心", "duty", 1]]}],
        "held": [],
    }
    assert not home.exists()
    assert not keeping._copy.alive()
    assert verbs()[-1] == "drill.ended"


def test_a_person_ends_it_before_its_time_and_before_it_began(
    kept: SimpleNamespace, drill: Drill, scenario: Scenario, cast: SimpleNamespace, now: datetime
) -> None:
    drills.ask_end(drill, by=cast.admin, now=now)
    drills.ask_end(drill, by=cast.admin, now=now)
    row = look(kept)
    assert (row.state, row.result, kept.started) == ("ended", {}, 0)
    assert verbs()[-2:] == ["drill.stopped", "drill.ended"]
    assert refusal(lambda: drills.ask_end(drill, by=cast.admin, now=now)) == "这次演练已经结束"


def test_a_restart_of_the_house_goes_on_where_the_copy_stood(
    kept: SimpleNamespace, drill: Drill, now: datetime
) -> None:
    look(kept)
    keeping.let_go()  # the worker ends, the copy with it
    row = look(kept, 2 * MINUTE)
    assert (row.state, kept.started) == ("running", 2)
    assert row.ends_at == now + 8 * MINUTE
    told = exercise.read(copying.folder() / "drill.json")
    assert told.at(kept.now) == told.begins  # not a minute has passed there


def test_what_a_killed_worker_left_of_a_drill_that_is_over_is_removed(
    kept: SimpleNamespace, drill: Drill
) -> None:
    look(kept)
    drills.finish(drill, {}, now=kept.now)  # and killed before it could delete the copy
    assert copying.folder().exists()
    look(kept)
    assert (copying.folder().exists(), keeping._copy.alive()) == (False, False)


@pytest.mark.parametrize(
    ("accident", "why"),
    [
        ("away", "后台停了太久"),
        ("gone", "后台停了太久"),
        ("dead", "副本的程序停了"),
    ],
)
def test_what_cannot_go_on_is_broken_off_and_says_why(
    kept: SimpleNamespace, drill: Drill, accident: str, why: str
) -> None:
    look(kept)
    if accident == "dead" and keeping._copy.process:
        keeping._copy.process.kill()
        keeping._copy.process.wait()
    else:
        keeping.let_go()
    if accident == "gone":
        copying.remove_copy()
    row = look(kept, 6 * MINUTE - timedelta(seconds=1) if accident == "away" else MINUTE)
    assert (row.state, row.going) == ("broken", None)
    assert row.why["message"].startswith(why)
    assert ("marks" in row.result) is (accident != "gone")
    assert not copying.folder().exists()
    assert verbs()[-1] == "drill.broken"


def test_a_taken_port_a_full_disk_and_a_copy_that_does_not_start_are_said(
    kept: SimpleNamespace,
    settings: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    scenario: Scenario,
    cast: SimpleNamespace,
    now: datetime,
) -> None:
    def said() -> str:
        made = drills.begin_drill(scenario, 10, by=cast.admin, now=kept.now)
        keeping.keep_drill(now=kept.now)
        made.refresh_from_db()
        assert (made.state, copying.folder().exists()) == ("broken", False)
        return str(Refused(made.why["message"], **made.why["params"]))

    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings.HOST, settings.DRILL_PORT = taken.getsockname()
        assert said().startswith(f"端口 {settings.DRILL_PORT} 已被占用")
    with monkeypatch.context() as full:
        full.setattr(copying, "LEAST_ROOM", 2**62)
        assert said().startswith("磁盘空间不够")
    monkeypatch.setattr(keeping, "_answers", lambda: False)
    monkeypatch.setattr(keeping, "READY_SECONDS", 0.0)
    assert said().startswith("副本没有准备好")


def test_the_copy_is_told_nothing_of_the_offices_database_and_proxies(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "HTTPS_PROXY", "TINGDA_OIDC_SECRET", "TINGDA_PRIVATE_HOSTS"):
        monkeypatch.setenv(name, "x")
    told = keeping.environment(house)
    assert {"DATABASE_URL", "HTTPS_PROXY", "TINGDA_OIDC_SECRET", "TINGDA_PRIVATE_HOSTS"}.isdisjoint(
        told
    )
    assert told["TINGDA_DRILL"] == str(house / "drill.json")
    assert told["PATH"] == os.environ["PATH"]


# ---- in the copy ----
@pytest.fixture
def inside(house: Path, monkeypatch: pytest.MonkeyPatch, now: datetime) -> Exercise:
    """This process is a copy's, whose clock has just started."""
    told = Exercise("停水", now, 10, "http://x/", now)
    (house / "drill.json").write_text(json.dumps(told.told()))
    (house / "scenario.toml").write_text(TEXT, "utf-8")
    monkeypatch.setenv(exercise.VARIABLE, str(house / "drill.json"))
    monkeypatch.setattr("tingda.lib.exercise._Kept.exercise", None)
    monkeypatch.setattr(playing, "_Played", type("_Played", (), {"scenario": None, "number": 0}))
    return told


def test_what_is_said_is_heard_when_its_minute_has_come_and_once(
    inside: Exercise, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    played = [keeping.drill_due(now=now + minutes * MINUTE) for minutes in (1, 2, 3, 4)]
    assert played == [0, 1, 0, 1]
    monkeypatch.setattr(playing._Played, "number", 0)  # the worker was killed and starts anew
    keeping.drill_due(now=now + 5 * MINUTE)
    voices = Voice.objects.order_by("id").values_list("source__name", "text", "said_at")
    assert list(voices) == [
        ("热线", "东街停水", now + 2 * MINUTE),
        ("论坛", "西街也停水", now + 4 * MINUTE),
    ]


def test_what_would_have_gone_out_is_kept_and_nothing_is_unsealed(
    inside: Exercise, cast: SimpleNamespace, now: datetime
) -> None:
    Reach.objects.create(
        person=cast.duty, kind="webhook", name="我的", sealed=b"", language="zh-hans"
    )
    tell([cast.duty], "alert.raised", key="k", link="issue:1", now=now, data={"title": "停水"})
    assert deliver_due(now=now) == 1
    assert Sending.objects.get().state == Sending.State.HELD
    with messenger() as carrier:
        assert carrier.send({"kind": "email"}).state == "held"


def test_inside_a_drill_none_begins(
    inside: Exercise, scenario: Scenario, cast: SimpleNamespace, now: datetime
) -> None:
    said = refusal(lambda: drills.begin_drill(scenario, 1, by=cast.admin, now=now))
    assert said == "演练里面不能再开演练，请回到真的办公室"
