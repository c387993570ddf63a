"""POST /api/voices: signed, once, and every refusal says in both languages what to do."""

import json
import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from tests.cli.test_import import ask, voices
from tests.house import House
from tests.process.test_crash import until
from tingda.collect.actions.deliveries import new_key, signature_of
from tingda.collect.models import Source, Voice

DOCUMENT = Path(__file__).parents[2] / "docs/collectors/drop.md"
SETUP = """
from datetime import UTC, datetime
from tingda.collect.actions.deliveries import drop_due, new_key
from tingda.collect.actions.sources import Wanted, add_source
from tingda.people.actions import add_person, add_unit
now = datetime.now(UTC)
office = add_unit("office", "公共服务中心", by=None, now=now)
admin = add_person("admin", "管理员", office, ["admin"], password="x" * 20, by=None, now=now)
source = add_source(Wanted("drop", name="热线", interval_minutes=60), by=admin, now=now)
drop_due(now=now)
source.refresh_from_db()
print(source.pk, new_key(source, by=admin, now=now), source.address)
"""
ROWS = [{"id": "1", "title": "停水", "text": "三天没水了", "time": "2026-11-20 08:00"}]


@pytest.fixture(autouse=True)
def own_home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> datetime:
    monkeypatch.setattr("tingda.lib.present.now", lambda: now)
    return now


@pytest.fixture
def source(cast: SimpleNamespace, now: datetime) -> Source:
    return Source.objects.create(kind="drop", name="12345热线")


@pytest.fixture
def key(source: Source, cast: SimpleNamespace, now: datetime) -> str:
    return new_key(source, by=cast.admin, now=now)


@pytest.fixture
def send(source: Source, key: str, clock: datetime) -> Callable[..., Any]:
    """Deliver as a good client would; `change` overrides headers, None leaves one out."""

    def deliver(
        rows: Any = ROWS,
        once: str | None = "k1",
        kind: str = "application/json",
        **change: str | None,
    ) -> Any:
        body = rows if isinstance(rows, bytes) else json.dumps(rows).encode()
        time = str(int(clock.timestamp()))
        headers = {
            "Tingda-Source": str(source.pk),
            "Tingda-Time": time,
            "Tingda-Signature": signature_of(key, time, body),
            "Idempotency-Key": once,
        }
        headers |= {name.replace("_", "-"): value for name, value in change.items()}
        told = {name: value for name, value in headers.items() if value is not None}
        return Client(enforce_csrf_checks=True).post(
            "/api/voices", body, content_type=kind, headers=told
        )

    return deliver


def error(response: Any) -> str:
    said = response.json()
    assert list(said) == ["error"]
    return str(said["error"])


def test_what_is_delivered_is_heard(send: Callable[..., Any], source: Source) -> None:
    response = send()
    assert (response.status_code, response.json()) == (
        200,
        {"read": 1, "added": 1, "repeated": 0, "rejected": []},
    )
    voice = Voice.objects.get()
    assert (voice.source, voice.title, voice.text) == (source, "停水", "三天没水了")
    assert response["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"


def test_sent_again_it_gets_the_same_answer(send: Callable[..., Any]) -> None:
    first, again = send(), send()
    assert (again.status_code, again.json()) == (200, first.json())
    assert (again.headers["Idempotent-Replayed"], "Idempotent-Replayed" in first) == ("true", False)
    assert Voice.objects.count() == 1


def test_the_same_key_for_something_else_is_a_conflict(send: Callable[..., Any]) -> None:
    send()
    other = send([{"title": "停电"}])
    assert other.status_code == 409
    assert "Idempotency-Key" in error(other)
    assert Voice.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"Tingda_Source": "999999"},
        {"Tingda_Source": None},
        {"Tingda_Time": "1"},
        {"Tingda_Time": None},
        {"Tingda_Signature": "sha256=" + "0" * 64},
        {"Tingda_Signature": None},
    ],
)
def test_whoever_is_not_who_they_say_is_told_nothing_more(
    send: Callable[..., Any], change: dict[str, str | None]
) -> None:
    wrong = send(**change)
    assert (wrong.status_code, error(wrong)) == (401, error(send(Tingda_Signature="x")))
    assert Voice.objects.count() == 0


def test_a_source_without_a_key_hears_nobody(
    send: Callable[..., Any], source: Source, clock: datetime
) -> None:
    Source.objects.filter(pk=source.pk).update(secret=b"")
    time = str(int(clock.timestamp()))
    signed = signature_of("", time, json.dumps(ROWS).encode())
    assert send(Tingda_Signature=signed).status_code == 401


def test_a_signature_of_yesterday_is_refused(
    send: Callable[..., Any], key: str, clock: datetime
) -> None:
    old = str(int((clock - timedelta(days=1)).timestamp()))
    signed = signature_of(key, old, json.dumps(ROWS).encode())
    assert send(Tingda_Time=old, Tingda_Signature=signed).status_code == 401


def test_a_cookie_signs_nobody_in_here(
    cast: SimpleNamespace, client_of: Callable[..., Client], clock: datetime
) -> None:
    response = client_of(cast.admin).post("/api/voices", "[]", content_type="application/json")
    assert response.status_code == 401


def test_a_paused_source_says_so(send: Callable[..., Any], source: Source) -> None:
    Source.objects.filter(pk=source.pk).update(active=False)
    paused = send()
    assert (paused.status_code, Voice.objects.count()) == (403, 0)
    assert "停用" in error(paused)


@pytest.mark.parametrize("once", [None, "", "  ", "长", "x" * 101])
def test_without_a_key_for_the_delivery_nothing_is_heard(
    send: Callable[..., Any], once: str | None
) -> None:
    response = send(once=once)
    assert (response.status_code, Voice.objects.count()) == (400, 0)


@pytest.mark.parametrize(
    ("rows", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b" ", "application/json", 400),
        (b"a,b\n1,2\n", "text/csv", 200),
        ("标题,内容\n停水,没水\n".encode(), "text/csv; charset=utf-8", 200),
        (b'{"title": "a"}\n{"title": "b"}\n', "application/x-ndjson", 200),
        (b"title=a", "application/x-www-form-urlencoded", 415),
        (b"PK", "application/octet-stream", 415),
        ([{"title": str(n)} for n in range(5001)], "application/json", 413),
        (b'{"title": "' + b"x" * (10 * 2**20) + b'"}', "application/json", 413),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(
    send: Callable[..., Any], rows: Any, kind: str, status: int
) -> None:
    response = send(rows, kind=kind)
    assert response.status_code == status
    if status != 200:
        assert re.search("[一-鿿]", error(response))
        assert Voice.objects.count() == 0


def test_bad_rows_are_answered_one_by_one(send: Callable[..., Any]) -> None:
    said = send([{"title": "好的"}, {"title": "坏的", "time": "never"}, {}]).json()
    assert (said["read"], said["added"], said["repeated"]) == (3, 1, 0)
    assert [row["row"] for row in said["rejected"]] == [2, 3]
    assert all(set(row) == {"row", "reason"} for row in said["rejected"])


def test_only_post_is_answered(client: Client, db: None) -> None:
    response = client.get("/api/voices")
    assert (response.status_code, response["Allow"]) == (405, "POST")


def test_too_many_deliveries_wait(send: Callable[..., Any]) -> None:
    statuses = [send(b"", Tingda_Signature="x").status_code for _n in range(121)]
    assert set(statuses[:120]) == {401}
    assert statuses[120] == 429
    assert send()["Retry-After"] == "60"


def blocks(language: str) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert len(found) == 1
    return str(found[0])


@pytest.mark.once
def test_the_examples_of_the_documentation_work_and_two_at_once_get_one_answer(
    house: House, tmp_path: Path
) -> None:
    pk, key, folder = house.python(SETUP).split()
    house.start()

    example: dict[str, Any] = {}
    exec(blocks("python"), example)  # noqa: S102 - it is what people will copy
    said = example["deliver"](house.address, pk, key, ROWS)
    assert said == {"read": 1, "added": 1, "repeated": 0, "rejected": []}

    (tmp_path / "rows.json").write_text(json.dumps([{"title": "停电", "text": "半夜停电"}]))
    variables = {"KEY": key, "SOURCE": pk, "TINGDA": house.address}
    done = subprocess.run(
        ["/bin/sh", "-ec", blocks("sh")],
        cwd=tmp_path,
        env=variables | {"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout)["added"] == 1

    example["uuid"] = SimpleNamespace(uuid4=lambda: "the same")
    rows = [{"title": f"第{number}盏路灯"} for number in range(200)]
    with ThreadPoolExecutor(4) as pool:
        senders = [pool.submit(example["deliver"], house.address, pk, key, rows) for _n in range(4)]
    once = {"read": 200, "added": 200, "repeated": 0, "rejected": []}
    assert [sender.result() for sender in senders] == [once] * 4
    assert ask(house, "SELECT count(*) FROM collect_delivery") == 3

    (Path(folder) / "a.csv").write_text("标题\n食堂\n")
    done_folder = Path(folder) / "done"
    until(lambda: any(done_folder.iterdir()), 60, "the file is put away")
    assert voices(house) == 203
