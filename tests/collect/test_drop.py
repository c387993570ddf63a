"""投递: files put into a folder and signed deliveries; nothing half read, nothing twice."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest

from tingda.collect.actions import deliveries
from tingda.collect.actions.deliveries import (
    KEPT,
    Conflict,
    deliver,
    drop_due,
    forget_deliveries,
    new_key,
    sender,
    signature_of,
)
from tingda.collect.actions.looking import look_at
from tingda.collect.actions.sources import Wanted, add_source, change_source, try_source
from tingda.collect.actions.tables import import_due
from tingda.collect.models import Check, Delivery, Import, Source, Voice
from tingda.collect.sources.drop import folder as folders
from tingda.collect.sources.drop.body import TooMany
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.notify.models import Notice

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 8, 20, tzinfo=UTC)
STILL = timedelta(seconds=6)
TABLE = "编号,标题,内容,时间\n1,停水,三天没水了,2026-11-20 08:00\n2,路灯,不亮,2026-11-20 09:00\n"


@pytest.fixture(autouse=True)
def own_home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"
    folders._seen.clear()


@pytest.fixture
def source(cast: SimpleNamespace) -> Source:
    wanted = Wanted("drop", name="12345热线", interval_minutes=60)
    made = add_source(wanted, by=cast.admin, now=NOW)
    drop_due(now=NOW)
    made.refresh_from_db()
    return made


def put(source: Source, name: str, text: str | bytes = TABLE) -> Path:
    path = Path(source.address) / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def turn(now: datetime) -> None:
    """As the worker's lane goes round."""
    drop_due(now=now)
    import_due(now=now)


def carry_in(now: datetime = NOW) -> None:
    """Enough turns for whatever lies there."""
    for step in range(4):
        turn(now + step * STILL)


def names(source: Source, folder: str) -> list[str]:
    return sorted(path.name for path in (Path(source.address) / folder).iterdir())


def newest(source: Source) -> Check:
    check = source.checks.order_by("-at", "-id").first()
    assert check is not None
    return check


# --- the folder ---


def test_a_source_gets_its_folder_and_says_where_it_is(source: Source, settings: Any) -> None:
    assert source.address == str(settings.HOME / "drop" / str(source.pk))
    assert names(source, "") == ["done", "failed", "taking"]


def test_a_file_is_carried_in_and_put_away(source: Source) -> None:
    put(source, "今天.csv")
    carry_in()
    assert [(v.title, v.source) for v in Voice.objects.order_by("id")] == [
        ("停水", source),
        ("路灯", source),
    ]
    assert names(source, "") == ["done", "failed", "taking"]
    assert names(source, "done") == ["20261121-162006-今天.csv"]
    check = newest(source)
    assert (check.outcome, check.added, check.repeated) == ("heard", 2, 0)
    assert check.note_params == {"file": "20261121-162006-今天.csv", "read": 2, "rejected": 0}


def test_a_file_that_grows_is_left_until_it_is_whole(source: Source) -> None:
    path = put(source, "a.csv", TABLE[:30])
    turn(NOW)
    path.write_text(TABLE)
    turn(NOW + STILL)
    turn(NOW + STILL + timedelta(seconds=2))
    assert (path.exists(), Voice.objects.count()) == (True, 0)
    turn(NOW + 2 * STILL)
    assert (path.exists(), Voice.objects.count()) == (False, 2)


def test_a_file_that_was_written_under_another_name_is_taken_under_its_own(source: Source) -> None:
    path = put(source, "a.csv.part")
    carry_in()
    assert Voice.objects.count() == 0
    path.rename(path.with_name("a.csv"))
    carry_in(NOW + timedelta(minutes=1))
    assert Voice.objects.count() == 2


@pytest.mark.parametrize("name", [".a.csv", "~$a.xlsx", "a.tmp", "a.CSV.FilePart"])
def test_what_a_program_is_still_making_stays(source: Source, name: str) -> None:
    path = put(source, name)
    carry_in()
    assert path.exists()


def test_links_and_folders_are_not_followed(source: Source, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(TABLE)
    (Path(source.address) / "link.csv").symlink_to(secret)
    (Path(source.address) / "folder.csv").mkdir()
    carry_in()
    assert (Voice.objects.count(), secret.exists()) == (0, True)


def test_more_written_while_it_was_read_is_read_as_well(source: Source) -> None:
    put(source, "a.csv")
    turn(NOW)
    drop_due(now=NOW + STILL)
    taken = next((Path(source.address) / "taking").iterdir())
    import_due(now=NOW + STILL)
    with taken.open("a") as file:  # a writer that kept it open
        file.write("3,食堂,菜里有虫,2026-11-20 10:00\n")
    carry_in(NOW + 2 * STILL)
    assert sorted(Voice.objects.values_list("title", flat=True)) == ["停水", "路灯", "食堂"]
    assert (names(source, "taking"), len(names(source, "done"))) == ([], 1)


def test_killed_between_taking_and_noting_it_is_carried_in(source: Source) -> None:
    folder = folders.Folder.of(source.pk)
    folder.take(put(source, "a.csv"), NOW)
    carry_in()
    assert (Voice.objects.count(), names(source, "taking")) == (2, [])
    assert Import.objects.count() == 1


def test_bad_rows_lie_beside_the_file_with_their_reasons(source: Source) -> None:
    put(source, "a.csv", TABLE + "3,时间不对,内容,不是时间\n4,,,\n")
    carry_in()
    stem = "20261121-162006-a"
    assert names(source, "done") == [f"{stem}.csv", f"{stem}.rejects.csv"]
    rejects = Path(source.address) / "done" / f"{stem}.rejects.csv"
    assert rejects.read_text("utf-8-sig").splitlines()[0] == "编号,标题,内容,时间,原因"
    assert len(rejects.read_text().splitlines()) == 3
    assert Import.objects.get().rejects_file == str(rejects)
    assert newest(source).note_params["rejected"] == 2


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.csv", b"", "文件是空的"),
        ("a.xlsx", b"PK\x03\x04 half", ""),
        ("a.csv", "甲,乙\n1,2\n".encode(), "认不出哪一列是标题"),
        ("a.exe", b"MZ\x00\x01", "不是表格文件"),
    ],
)
def test_a_file_that_cannot_be_read_is_put_aside_with_the_reason(
    source: Source, name: str, content: bytes, why: str
) -> None:
    put(source, name, content)
    carry_in()
    kept, reason = names(source, "failed")
    assert (kept, reason) == (f"20261121-162006-{name}", f"{kept}.reason.txt")
    assert (Path(source.address) / "failed" / kept).read_bytes() == content
    assert why in (Path(source.address) / "failed" / reason).read_text()
    assert (newest(source).outcome, names(source, "taking")) == ("failed", [])


def test_the_source_stays_in_the_red_until_the_file_is_gone(source: Source) -> None:
    put(source, "a.csv", b"")
    carry_in()
    source.refresh_from_db()
    check = look_at(source, now=NOW + timedelta(minutes=1))
    assert (check.outcome, check.note_params) == ("failed", {"n": 1})
    for path in (Path(source.address) / "failed").iterdir():
        path.unlink()
    source.refresh_from_db()
    assert look_at(source, now=NOW + timedelta(minutes=2)).outcome == "nothing"
    source.refresh_from_db()
    assert source.failures == 0


def test_looking_says_that_nothing_came_and_when_the_folder_cannot_be_used(source: Source) -> None:
    assert look_at(source, now=NOW).outcome == "nothing"
    (Path(source.address) / "done").rmdir()
    source.refresh_from_db()
    check = look_at(source, now=NOW)
    assert (check.outcome, "不在了" in check.note) == ("failed", True)
    drop_due(now=NOW)
    source.refresh_from_db()
    assert look_at(source, now=NOW).outcome == "nothing"


def test_the_same_file_again_adds_nothing(source: Source) -> None:
    put(source, "a.csv")
    carry_in()
    put(source, "a.csv")
    carry_in()
    assert Voice.objects.count() == 2
    assert len(names(source, "done")) == 2
    assert (newest(source).added, newest(source).repeated) == (0, 2)


def test_xlsx_and_json_lines_are_carried_in(source: Source) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["标题", "内容"], ["公交", "末班太早"]):
        book.active.append(row)
    book.save(Path(source.address) / "a.xlsx")
    put(source, "b.jsonl", json.dumps({"title": "噪声", "text": "半夜施工"}) + "\n")
    carry_in()
    carry_in(NOW + timedelta(minutes=1))
    assert sorted(Voice.objects.values_list("title", flat=True)) == ["公交", "噪声"]


def test_columns_and_platform_are_as_the_office_says(cast: SimpleNamespace) -> None:
    options = {"columns": "事由说明=内容\n不在的列=时间", "platform": "镇长信箱"}
    source = add_source(Wanted("drop", name="信箱", options=options), by=cast.admin, now=NOW)
    drop_due(now=NOW)
    source.refresh_from_db()
    put(source, "a.csv", "事由说明,平台\n水管爆了,\n路面塌了,论坛\n")
    carry_in()
    assert list(Voice.objects.order_by("id").values_list("text", "platform")) == [
        ("水管爆了", "镇长信箱"),
        ("路面塌了", "论坛"),
    ]


@pytest.mark.parametrize("columns", ["没有等号", "诉求=没有这一项"])
def test_lines_that_cannot_be_read_are_refused_at_once(cast: SimpleNamespace, columns: str) -> None:
    wanted = Wanted("drop", name="信箱", options={"columns": columns})
    with pytest.raises(Refused):
        add_source(wanted, by=cast.admin, now=NOW)


def test_an_address_of_somewhere_else_is_refused(cast: SimpleNamespace) -> None:
    for address in ("/etc", "https://a.example.cn/", "/srv/drop/1"):
        with pytest.raises(Refused, match="不用填网址"):
            try_source(Wanted("drop", address, "信箱"), now=NOW)
    assert try_source(Wanted("drop", "", "信箱"), now=NOW).entries == ()


def test_a_paused_source_leaves_its_files_where_they_are(
    source: Source, cast: SimpleNamespace
) -> None:
    paused = Wanted("drop", source.address, source.name, interval_minutes=60, active=False)
    change_source(source, paused, by=cast.admin, now=NOW)
    path = put(source, "a.csv")
    carry_in()
    assert path.exists()
    going = Wanted("drop", source.address, source.name, interval_minutes=60)
    change_source(source, going, by=cast.admin, now=NOW)
    carry_in(NOW + timedelta(minutes=1))
    assert (path.exists(), Voice.objects.count()) == (False, 2)


def test_one_broken_folder_holds_up_no_other(
    source: Source, cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = add_source(Wanted("drop", name="另一个"), by=cast.admin, now=NOW)
    drop_due(now=NOW)
    other.refresh_from_db()
    ready = folders.Folder.ready

    def broken(self: folders.Folder, now: datetime) -> list[Path]:
        if self.path.name == str(source.pk):
            raise OSError("gone")
        return ready(self, now)

    monkeypatch.setattr(folders.Folder, "ready", broken)
    put(other, "a.csv")
    carry_in()
    assert Voice.objects.filter(source=other).count() == 2


def test_very_long_and_odd_names_are_taken(source: Source) -> None:
    put(source, "长" * 80 + ".csv")
    put(source, "a.rejects.csv", "标题\n改好的一行\n")
    odd = os.fsencode(source.address) + b"/\xff\xfe.csv"
    Path(os.fsdecode(odd)).write_text("标题\n怪名字\n")
    carry_in()
    carry_in(NOW + timedelta(minutes=1))
    carry_in(NOW + timedelta(minutes=2))
    assert Voice.objects.count() == 4
    assert (names(source, "taking"), names(source, "failed")) == ([], [])


def test_harm_to_a_child_in_a_file_is_told_if_it_is_new(
    source: Source, cast: SimpleNamespace
) -> None:
    rows = "标题,内容,时间\n求助,学生被老师打了,2026-11-20\n旧事,学生被老师打了,2020-01-01\n"
    put(source, "a.csv", rows)
    carry_in()
    told = Notice.objects.values_list("person__login", "verb", "data__title")
    assert sorted(told) == [("duty", "voice.harm", "求助"), ("duty2", "voice.harm", "求助")]


# --- over the web ---


def body(*rows: dict[str, Any]) -> bytes:
    return json.dumps(list(rows)).encode()


def test_a_key_is_made_by_an_administrator_told_once_and_replaced(
    source: Source, cast: SimpleNamespace
) -> None:
    with pytest.raises(Refused):
        new_key(source, by=cast.duty, now=NOW)
    first = new_key(source, by=cast.admin, now=NOW)
    second = new_key(source, by=cast.admin, now=NOW)
    assert len(first) == len(second) == 64
    assert first != second
    time = str(int(NOW.timestamp()))
    old, new = (signature_of(key, time, b"x") for key in (first, second))
    pk = str(source.pk)
    assert sender(pk, time, old, b"x", NOW) is None
    assert sender(pk, time, new, b"x", NOW) == source
    kept = str([*Source.objects.values(), *Line.objects.values()])
    assert first not in kept
    assert second not in kept
    assert second.encode() not in bytes(Source.objects.get(pk=source.pk).secret)
    assert Line.objects.filter(verb="source.key_made").count() == 2


def test_only_a_drop_has_a_key(cast: SimpleNamespace) -> None:
    feed = Source.objects.create(kind="feed", name="镇报")
    with pytest.raises(Refused, match="没有投递密钥"):
        new_key(feed, by=cast.admin, now=NOW)


def test_a_signature_is_good_for_five_minutes(source: Source, cast: SimpleNamespace) -> None:
    key = new_key(source, by=cast.admin, now=NOW)
    pk, time = str(source.pk), str(int(NOW.timestamp()))
    signed = signature_of(key, time, b"x")
    for minutes, good in ((-6, False), (-4, True), (4, True), (6, False)):
        found = sender(pk, time, signed, b"x", NOW + timedelta(minutes=minutes))
        assert (found is not None) == good
    for wrong in (
        (pk, time, signed, b"y"),
        (pk, str(int(time) + 1), signed, b"x"),
        (pk, "²", signed, b"x"),
        (pk, "", signed, b"x"),
        ("0", time, signed, b"x"),
        ("²", time, signed, b"x"),
        ("9" * 30, time, signed, b"x"),
        (pk, time, signed.upper(), b"x"),
        (pk, time, "é", b"x"),
    ):
        assert sender(*wrong, NOW) is None


def test_the_same_delivery_again_gets_the_same_reply(source: Source) -> None:
    sent = body({"title": "停水", "text": "没水"})
    first = deliver(source, "k1", sent, "json", now=NOW)
    again = deliver(source, "k1", sent, "json", now=NOW + timedelta(hours=1))
    assert first.values == {"read": 1, "added": 1, "repeated": 0, "rejected": []}
    assert (again.values, first.again, again.again) == (first.values, False, True)
    assert (Voice.objects.count(), Delivery.objects.count()) == (1, 1)
    other = deliver(source, "k2", sent, "json", now=NOW)
    assert (other.values["added"], other.values["repeated"]) == (0, 1)


def test_who_comes_second_at_the_same_moment_gets_the_reply_of_the_first(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = body({"title": "停水"})
    first = deliver(source, "k1", sent, "json", now=NOW)
    asked = deliveries._earlier
    answers = iter([None])  # neither saw the other when it began
    monkeypatch.setattr(deliveries, "_earlier", lambda *told: next(answers, asked(*told)))
    second = deliver(source, "k1", sent, "json", now=NOW)
    assert (second.values, second.again, Voice.objects.count()) == (first.values, True, 1)


def test_a_key_with_something_else_is_a_conflict(source: Source) -> None:
    deliver(source, "k1", body({"title": "停水"}), "json", now=NOW)
    with pytest.raises(Conflict):
        deliver(source, "k1", body({"title": "停电"}), "json", now=NOW)
    assert Voice.objects.count() == 1


def test_a_delivery_that_could_not_be_read_leaves_its_key_free(source: Source) -> None:
    for sent in (b"", b"{", b"[1, 2]", b"[" * 100_000, b"\xff\xfe\x00", b"nonsense"):
        with pytest.raises(Refused):
            deliver(source, "k1", sent, "json", now=NOW)
    assert Delivery.objects.count() == 0
    assert deliver(source, "k1", body({"title": "停水"}), "json", now=NOW).values["added"] == 1


@pytest.mark.parametrize(
    ("sent", "form", "titles"),
    [
        (b'{"title": "a"}', "json", ["a"]),
        (b'\xef\xbb\xbf[{"title": "a"}, {"title": "b"}]', "json", ["a", "b"]),
        ('{"标题": "a"}\n{"title": "b", "body": "x"}\n'.encode(), "json", ["a", "b"]),
        (b'[{"text": "x"}, {"detail": "y"}]', "json", ["", ""]),
        (b"[]", "json", []),
        ("标题,内容\na,x\n".encode("gbk"), "csv", ["a"]),
        ("﻿title;body\r\na;x\r\nb;y\r\n".encode(), "csv", ["a", "b"]),
    ],
)
def test_each_way_of_writing_it_is_read(
    source: Source, sent: bytes, form: Any, titles: list[str]
) -> None:
    deliver(source, "k", sent, form, now=NOW)
    assert list(Voice.objects.order_by("id").values_list("title", flat=True)) == titles


def test_bad_rows_are_named_and_good_ones_kept(source: Source) -> None:
    sent = b'[{"title": "a"}, 5, {"title": "b", "time": "never"}, {"x": "y"}, {"title": "c"}]'
    values = deliver(source, "k", sent, "json", now=NOW).values
    assert (values["read"], values["added"]) == (5, 2)
    assert [row["row"] for row in values["rejected"]] == [2, 3, 4]
    assert values["rejected"][0]["reason"].startswith("这一行不是 JSON 对象")
    check = newest(source)
    assert (check.outcome, check.added) == ("heard", 2)
    assert check.note_params == {"read": 5, "rejected": 3}


def test_two_callers_who_say_the_same_are_two_voices(source: Source) -> None:
    said = {"title": "停水", "text": "没水了", "time": "2026-11-20 08:00"}
    first = deliver(source, "k1", body(said | {"id": "1"}, said | {"id": "2"}), "json", now=NOW)
    again = deliver(source, "k2", body(said | {"id": "2"}, said | {"id": "3"}), "json", now=NOW)
    assert (first.values["added"], again.values["added"], again.values["repeated"]) == (2, 1, 1)


def test_too_many_rows_are_refused_whole(source: Source) -> None:
    sent = body(*({"title": str(number)} for number in range(5001)))
    with pytest.raises(TooMany):
        deliver(source, "k", sent, "json", now=NOW)
    assert (Voice.objects.count(), Delivery.objects.count()) == (0, 0)


def test_the_source_leaves_out_its_words_and_names_its_platform(source: Source) -> None:
    source.exclude, source.options = "广告", {"platform": "热线", "columns": "诉求点=内容"}
    source.save()
    sent = body({"诉求点": "停水了"}, {"title": "广告一则"})
    values = deliver(source, "k", sent, "json", now=NOW).values
    assert values == {"read": 2, "added": 1, "repeated": 0, "rejected": [], "left_out": 1}
    assert list(Voice.objects.values_list("text", "platform")) == [("停水了", "热线")]


def test_harm_to_a_child_in_a_delivery_is_told_at_once(
    source: Source, cast: SimpleNamespace
) -> None:
    deliver(source, "k", body({"title": "求助", "text": "学生被老师打了"}), "json", now=NOW)
    assert {notice.person for notice in Notice.objects.all()} == {cast.duty, cast.duty2}


def test_a_failure_half_way_keeps_nothing_and_the_key_is_free(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: Any, **_kwargs: Any) -> Callable[..., None]:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr("tingda.collect.actions.deliveries.watch_over", full)
        with pytest.raises(OSError, match="disk full"):
            deliver(source, "k", body({"title": "停水"}), "json", now=NOW)
    assert (Voice.objects.count(), Delivery.objects.count()) == (0, 0)
    assert deliver(source, "k", body({"title": "停水"}), "json", now=NOW).values["added"] == 1


def test_replies_are_forgotten_after_their_time(source: Source) -> None:
    deliver(source, "k", body({"title": "停水"}), "json", now=NOW)
    assert forget_deliveries(now=NOW + KEPT) == 0
    assert forget_deliveries(now=NOW + KEPT + timedelta(seconds=1)) == 1
    assert Delivery.objects.count() == 0
