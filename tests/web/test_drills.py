"""演练 as people meet it: who may what, faults by line, what came of it, marks of a copy."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tingda.analyse.models import Reading
from tingda.collect.models import Voice
from tingda.detect.models import Issue
from tingda.duty.actions import drills
from tingda.duty.models import Drill, Scenario
from tingda.ledger.models import Line
from tingda.lib import exercise, scenarios
from tingda.lib.exercise import Exercise
from tingda.lib.refusal import Refused
from tingda.people.models import Person
from tingda.web.ledger_words import sentence

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Person], Client]
TEXT = """name = "停水"
minutes = 60
[[say]]
minute = 0
source = "热线"
text = "东街停水"
[[expect]]
what = "acknowledged"
within = 10
[[expect]]
what = "case"
within = 20
"""
LIST = "/desk/duty/drills/"


@pytest.fixture
def scenario(cast: SimpleNamespace, now: datetime) -> Scenario:
    return drills.set_scenario(None, TEXT, by=cast.admin, now=now)


def result(acknowledged: float | None, case: float | None = None) -> dict[str, Any]:
    marks = [("acknowledged", 10, acknowledged), ("case", 20, case)]
    kept = sum(after is not None and after <= within for _what, within, after in marks)
    return {
        "marks": [{"what": w, "within": n, "after": after} for w, n, after in marks],
        "course": [{"what": "plan", "after": 12.0}],
        "kept": kept,
        "missed": 2 - kept,
        "said": 1,
        "heard": 1,
        "minutes": 60.0,
        "called": [{"verb": "alert.raised", "after": 1.0, "posts": [["教育办", "liaison", 2]]}],
        "held": [{"verb": "alert.raised", "after": 1.0, "kind": "wecom", "way": "群",
                  "title": "停水，电话13800138000"}],
    }  # fmt: skip


def held(scenario: Scenario, by: Person, now: datetime, **told: Any) -> Drill:
    made = drills.begin_drill(scenario, 10, by=by, now=now)
    drills.start(made, now, now, now=now)
    drills.finish(made, result(**told), now=now)
    return made


def test_who_organises_begins_a_drill_and_two_presses_are_one(
    scenario: Scenario, cast: SimpleNamespace, client_of: ClientOf
) -> None:
    admin = client_of(cast.admin)
    begin = f"/desk/duty/scenarios/{scenario.pk}/begin/"
    first = admin.post(begin, {"speed": "60"})
    assert (first.status_code, first["Location"]) == (302, f"{LIST}{Drill.objects.get().pk}/")
    assert Drill.objects.get().speed == 60
    second = admin.post(begin, {"speed": "60"})
    assert second.status_code == 409
    assert "已经有一次演练在进行" in second.content.decode()
    assert admin.post(begin, {"speed": "7"}).status_code == 409
    assert client_of(cast.duty).post(begin, {"speed": "1"}).status_code == 403
    assert client_of(cast.liaison_edu).post(begin, {"speed": "1"}).status_code == 404
    seen = client_of(cast.duty).get(LIST).content.decode()
    assert ("去看这次演练" in seen, "开始演练" in seen) == (True, False)
    assert client_of(cast.liaison_edu).get(LIST).status_code == 404


def test_the_page_of_a_drill_follows_it_and_ends_it(
    scenario: Scenario, cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    admin = client_of(cast.admin)
    row = drills.begin_drill(scenario, 60, by=cast.admin, now=now)
    page = f"{LIST}{row.pk}/"
    assert "正在做副本" in admin.get(page).content.decode()
    drills.note_address(row, "http://copy.test:8001")
    drills.start(row, now, now, now=now)
    running = admin.get(page).content.decode()
    assert 'href="/desk/duty/drill/"' in running
    assert "结束演练" not in client_of(cast.duty).get(page).content.decode()
    assert admin.post(f"{page}end/").status_code == 302
    assert "正在关闭副本" in admin.get(page).content.decode()
    drills.finish(row, result(4.0), now=now)
    part = admin.get(page, headers={"HX-Request": "true"})
    assert part.headers["HX-Refresh"] == "true"


def test_what_came_of_it_stands_beside_the_last_drill_of_the_same_scenario(
    scenario: Scenario,
    cast: SimpleNamespace,
    client_of: ClientOf,
    monkeypatch: pytest.MonkeyPatch,
    now: datetime,
) -> None:
    monkeypatch.setattr("tingda.lib.charts.to_svg", lambda spec, shelf: json.dumps(spec))
    held(scenario, cast.admin, now, acknowledged=12.5, case=None)
    row = held(scenario, cast.admin, now, acknowledged=4.0, case=30.0)
    admin = client_of(cast.admin)
    text = " ".join(admin.get(f"{LIST}{row.pk}/").content.decode().split())
    for told in (
        '按时做到 <b class="big">1</b> 项，没有按时做到 <b class="big">1</b> 项',
        "快 8.5 分钟",
        "晚了",
        "预案启动了（12 分钟）",
        "教育办 联络员 × 2",
        "企业微信群机器人 · 群",
    ):
        assert told in text
    assert "13800138000" not in text
    bars = json.loads(admin.get(f"{LIST}{row.pk}/chart/").context["drawn"])["data"]["values"]
    assert [(bar["name"], bar["value"]) for bar in bars] == [
        ("有人知道了 · 这次", 4),
        ("有人知道了 · 上次", 12),
        ("立了事项 · 这次", 30),
    ]
    assert "按时 1/2" in admin.get(LIST).content.decode()
    last = Line.objects.filter(verb="drill.ended").order_by("number").last()
    assert last is not None
    assert sentence(last) == "演练结束：停水，按时 1 项，没有按时 1 项，副本已删除"


def test_a_drill_that_was_broken_off_says_why(
    scenario: Scenario, cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    row = drills.begin_drill(scenario, 10, by=cast.admin, now=now)
    drills.break_off(row, Refused("端口 %(port)s 已被占用", port=8001), now=now)
    assert "端口 8001 已被占用" in client_of(cast.duty).get(f"{LIST}{row.pk}/").content.decode()


def test_the_list_costs_the_same_for_one_and_for_three(
    scenario: Scenario, cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    admin, counted = client_of(cast.admin), []
    for more in (1, 2):
        for number in range(more):
            name = f'name = "停水{more}{number}"'
            other = drills.set_scenario(
                None, TEXT.replace('name = "停水"', name), by=cast.admin, now=now
            )
            held(other, cast.admin, now, acknowledged=1.0)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            admin.get(LIST)
        counted.append(len(asked))
    assert counted[0] == counted[1]


def test_a_scenario_is_written_and_its_faults_are_told_by_line(
    cast: SimpleNamespace, client_of: ClientOf
) -> None:
    admin, new = client_of(cast.admin), "/desk/duty/scenarios/new/"
    assert "minute" in admin.get(new).content.decode()
    broken = TEXT.replace("within = 20", "within = 0")
    wrong = admin.post(new, {"text": broken, "active": "yes"})
    assert wrong.status_code == 422
    assert "第 10 行：分钟应是" in wrong.content.decode()
    assert "within = 0" in wrong.content.decode()  # what was typed is still there
    file = SimpleUploadedFile("a.toml", b"\xef\xbb\xbf" + TEXT.encode())
    assert admin.post(new, {"text": "", "file": file, "active": "yes"}).status_code == 302
    row = Scenario.objects.get()
    assert (row.name, row.text) == ("停水", TEXT)
    gbk = SimpleUploadedFile("a.toml", TEXT.encode("gb18030"))
    assert admin.post(new, {"text": "", "file": gbk, "active": "yes"}).status_code == 422
    edit = f"/desk/duty/scenarios/{row.pk}/"
    changed = TEXT.replace("东街停水", "西街停水").replace("\n", "\r\n")
    assert admin.post(edit, {"text": changed, "active": "no"}).status_code == 302
    row.refresh_from_db()
    assert (row.text, row.active) == (TEXT.replace("东街停水", "西街停水"), False)
    assert client_of(cast.duty).get(edit).status_code == 403


def test_a_scenario_is_made_of_what_was_said_once_without_anybody_in_it(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_voice: Callable[..., Voice],
    make_issue: Callable[..., Issue],
    now: datetime,
) -> None:
    first = make_voice(text="东街停水，请打13800138000", author_hash="someone-7")
    report = make_voice(text="我举报所长收钱")
    Reading.objects.create(voice=report, intent="reports", read_at=now)
    issue = make_issue(first, report, title="东街停水")
    admin, take = client_of(cast.admin), "/desk/duty/scenarios/take/"
    page = admin.post(take, {"issue": str(issue.pk)})
    text = page.context["form"].initial["text"]
    made = scenarios.read(text)
    assert [(one.minute, one.source) for one in made.said] == [(0, first.source.name)]
    assert [word for word in ("13800138000", "someone-7", "所长") if word in text] == []
    assert Scenario.objects.count() == 0  # not before somebody has read it over
    assert admin.post(take, {"issue": "99999"}, follow=True).status_code == 200
    assert client_of(cast.duty).post(take, {"issue": str(issue.pk)}).status_code == 403


# ---- into the copy ----
def running(scenario: Scenario, cast: SimpleNamespace, now: datetime) -> None:
    row = drills.begin_drill(scenario, 60, by=cast.admin, now=now)
    drills.note_address(row, "http://copy.test:8001")
    drills.start(row, now, now, now=now)


@pytest.mark.parametrize("who", ["duty", "liaison_edu"])
def test_the_real_office_says_who_comes_and_the_copy_lets_them_in(
    scenario: Scenario,
    cast: SimpleNamespace,
    client_of: ClientOf,
    now: datetime,
    request: pytest.FixtureRequest,
    who: str,
    settings: Any,
) -> None:
    settings.HOME = request.getfixturevalue("tmp_path")
    person = getattr(cast, who)
    person.set_unusable_password()  # signs in elsewhere
    person.save()
    assert client_of(person).get("/desk/duty/drill/").status_code == 404  # none goes on
    running(scenario, cast, now)
    way = client_of(person).get("/desk/duty/drill/")["Location"]
    assert way.startswith("http://copy.test:8001/desk/duty/drill/entered/?who=")
    asked = way.removeprefix("http://copy.test:8001")
    assert client_of(cast.duty).get(asked).status_code == 404  # the real office lets nobody in so
    settings.HOME = settings.HOME / exercise.FOLDER
    request.getfixturevalue("inside")
    comes = Client()
    assert comes.get(asked)["Location"] == "/desk/home/"
    assert comes.get("/desk/me/").wsgi_request.user == person
    for wrong in (asked + "x", "/desk/duty/drill/entered/"):
        assert Client().get(wrong)["Location"] == "/sign-in/"


def test_a_way_into_the_copy_holds_for_a_minute(
    scenario: Scenario,
    cast: SimpleNamespace,
    client_of: ClientOf,
    now: datetime,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    settings.HOME = request.getfixturevalue("tmp_path")
    running(scenario, cast, now)
    assert Client().get("/desk/duty/drill/")["Location"].startswith("/sign-in/")
    asked = client_of(cast.duty).get("/desk/duty/drill/")["Location"].partition("8001")[2]
    settings.HOME = settings.HOME / exercise.FOLDER
    request.getfixturevalue("inside")
    monkeypatch.setattr("tingda.web.desk.drill_entry.MOMENT", -1)
    assert Client().get(asked)["Location"] == "/sign-in/"


# ---- inside the copy ----
@pytest.fixture
def inside(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> Exercise:
    told = Exercise("停水", now, 60, "http://office.test/desk/duty/drills/3/", None)
    (tmp_path / "drill.json").write_text(json.dumps(told.told()))
    monkeypatch.setenv(exercise.VARIABLE, str(tmp_path / "drill.json"))
    monkeypatch.setattr("tingda.lib.exercise._Kept.exercise", None)
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tingda.web.middleware.DrillMiddleware"]
    return told


@pytest.mark.parametrize("page", ["/desk/", "/", "/ask/", "/desk/duty/drills/", "/desk/me/"])
def test_every_page_of_a_copy_says_that_it_is_a_drill(
    inside: Exercise, cast: SimpleNamespace, client_of: ClientOf, page: str
) -> None:
    answer = client_of(cast.duty).get(page, follow=True)
    text = answer.content.decode()
    assert "<title>【演练】" in text
    assert f'<a href="{inside.back}">回到真的办公室</a>' in text
    assert answer.headers["X-Robots-Tag"].startswith("noindex")


def test_strangers_only_find_the_sign_in_of_a_copy(
    inside: Exercise, cast: SimpleNamespace, client: Client
) -> None:
    for page in ("/", "/ask/", "/feed/", "/nothing/"):
        answer = client.get(page)
        assert (answer.status_code, answer.get("Location")) == (302, f"/sign-in/?next={page}")
    assert client.post("/ask/", {"text": "停水"}).status_code == 302
    assert Voice.objects.count() == 0
    assert "【演练】" in client.get("/sign-in/").content.decode()
    assert client.get("/health").status_code in (200, 503)


def test_outside_a_drill_nothing_says_so(client: Client, db: None) -> None:
    assert "演练" not in client.get("/").content.decode()
