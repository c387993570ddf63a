"""Health, silence and deafness: what the desk is told of each source, once, and what to do."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tingda.collect.actions import watching
from tingda.collect.actions.hearing import hear
from tingda.collect.actions.watching import notice_now, notice_silence
from tingda.collect.models import Check, Host, Source, Voice
from tingda.collect.queries.coverage import deaf_spans
from tingda.collect.queries.health import TODO, Health, health_of
from tingda.collect.queries.record import Run, watch_record
from tingda.collect.rules import Entry
from tingda.ledger.models import Line
from tingda.notify.models import Notice
from tingda.people.actions import change_person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 8, 20, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def source(name: str = "镇民论坛", **values: Any) -> Source:
    fields = {"kind": "feed", "next_due": NOW + 10 * MINUTE, "looked_at": NOW - 20 * MINUTE}
    return Source.objects.create(name=name, **fields | values)


def look(row: Source, at: datetime, outcome: str = "nothing", **values: Any) -> Check:
    return Check.objects.create(source=row, at=at, outcome=outcome, **values)


def fail(row: Source, at: datetime, cause: str = "connect", **params: Any) -> Check:
    note = "连不上 %(host)s，或中途断开。请稍后再试，或在浏览器里看看它是否正常"
    given = {"host": "a.cn", **params}
    return look(row, at, "failed", cause=cause, note=note, note_params=given)


def heard_daily(row: Source, last: datetime, days: int = 20) -> None:
    for back in reversed(range(days)):
        at = last - back * DAY
        hear(row, [Entry(guid=f"{row.pk}-{back}", title=f"第{back}天")], now=at)
    row.refresh_from_db()


def health(row: Source) -> Health:
    row.refresh_from_db()
    return health_of([row], NOW)[row.pk]


# --- health ---


@pytest.mark.parametrize(
    ("values", "code", "state", "colour"),
    [
        ({}, "well", "正常", "green"),
        ({"looked_at": None}, "waiting", "等第一次巡查", ""),
        ({"active": False, "next_due": None}, "paused", "停用", ""),
        (
            {"close_minutes": 5, "close_until": NOW + HOUR, "close_why": "停水"},
            "close",
            "加密巡查中",
            "blue",
        ),
        ({"close_minutes": 5, "close_until": NOW - HOUR}, "well", "正常", "green"),
        ({"next_due": NOW - 31 * MINUTE}, "neglected", "久未巡查", "orange"),
        ({"next_due": NOW - 29 * MINUTE}, "well", "正常", "green"),
        ({"next_due": NOW - 5 * HOUR, "interval_minutes": 360}, "well", "正常", "green"),
        ({"kind": "import", "next_due": None, "looked_at": None}, "well", "正常", "green"),
    ],
)
def test_a_source_has_a_state_in_a_word(
    values: dict[str, Any], code: str, state: str, colour: str
) -> None:
    found = health(source(**values))
    assert (found.code, found.state, found.colour) == (code, state, colour)


def test_a_source_whose_host_asked_for_rest_is_not_neglected() -> None:
    host = Host.objects.create(name="a.cn", closed_until=NOW + HOUR)
    assert health(source(host=host, next_due=NOW - 5 * HOUR)).code == "well"


@pytest.mark.parametrize(
    ("cause", "params", "todo"),
    [
        *((cause, {}, TODO[cause]) for cause in ("dns", "connect", "tls", "timeout", "too_large")),
        *((cause, {}, TODO[cause]) for cause in ("robots", "private", "content", "gone")),
        *(
            ("http_error", {"status": status}, TODO[f"http_{status}"])
            for status in (401, 403, 404, 429)
        ),
        ("http_error", {"status": 503}, TODO["http_5"]),
        ("http_error", {"status": 418}, TODO["http_error"]),
        ("something new", {}, TODO["content"]),
    ],
)
def test_a_failing_source_says_why_and_what_to_do(
    cause: str, params: dict[str, int], todo: str
) -> None:
    row = source(failures=2)
    look(row, NOW - 3 * HOUR)
    fail(row, NOW - 2 * HOUR)
    fail(row, NOW - HOUR, cause, **params)
    look(row, NOW - MINUTE, "failed", cause="busy", note="没有轮到")
    found = health(row)
    assert (found.code, found.since, found.todo) == ("deaf", NOW - 2 * HOUR, todo)
    assert found.why == "连不上 a.cn，或中途断开。请稍后再试，或在浏览器里看看它是否正常"


def test_a_source_quiet_beyond_its_rhythm_says_so() -> None:
    row = source()
    heard_daily(row, NOW - 12 * DAY)
    found = health(row)
    assert (found.code, found.rhythm, found.since) == (
        "silent",
        "平常每 24 小时有新的",
        NOW - 12 * DAY,
    )
    new = source("新来源", heard_at=NOW - 12 * DAY)
    assert (health(new).code, health(new).rhythm) == ("well", "还看不出规律")


def test_the_health_of_many_costs_as_many_questions_as_that_of_few() -> None:
    rows = [source(f"来源{n}", failures=n % 2) for n in range(8)]
    for row in rows:
        fail(row, NOW - HOUR)
        heard_daily(row, NOW - DAY, days=7)
    costs = []
    for some in (rows[:2], rows):
        with CaptureQueriesContext(connection) as asked:
            health_of(some, NOW)
        costs.append(len(asked))
    assert costs[0] == costs[1]


# --- silence and deafness are told ---


def told(verb: str = "") -> list[tuple[str, str]]:
    rows = Notice.objects.order_by("person__login", "id")
    rows = rows.filter(verb=verb) if verb else rows
    return list(rows.values_list("person__login", "verb"))


def lines() -> list[str]:
    verbs = ["source.silent", "source.deaf", "source.heard_again"]
    return list(Line.objects.filter(verb__in=verbs).values_list("verb", flat=True))


def test_a_silence_is_told_once_and_its_end_is_on_the_record(cast: SimpleNamespace) -> None:
    row = source()
    heard_daily(row, NOW - 12 * DAY)
    assert [notice_now(now=NOW), notice_now(now=NOW + HOUR)] == [1, 0]
    everybody = ["admin", "duty", "duty2"]
    assert told() == [(login, "source.silent") for login in everybody]
    row.refresh_from_db()
    assert (row.silent_at, lines()) == (NOW, ["source.silent"])
    hear(row, [Entry(guid="new", title="又有了")], now=NOW + 2 * HOUR)
    assert notice_now(now=NOW + 3 * HOUR) == 1
    row.refresh_from_db()
    assert (row.silent_at, lines()) == (None, ["source.silent", "source.heard_again"])
    assert len(told()) == 3
    assert notice_now(now=NOW + 20 * DAY) == 1  # a silence of its own
    assert len(told()) == 6


def test_a_failing_source_is_told_after_some_hours_and_once(cast: SimpleNamespace) -> None:
    row = source(failures=3)
    look(row, NOW - 5 * HOUR)
    for hours in (4, 2, 1):
        fail(row, NOW - hours * HOUR)
    assert notice_now(now=NOW - HOUR) == 0  # three hours it may be a hiccup
    assert [notice_now(now=NOW), notice_now(now=NOW + HOUR)] == [1, 0]
    assert (told()[0], lines()) == (("admin", "source.deaf"), ["source.deaf"])
    row.refresh_from_db()
    assert row.silent_at == NOW
    look(row, NOW + HOUR)
    Source.objects.update(failures=0)
    assert notice_now(now=NOW + 2 * HOUR) == 1
    row.refresh_from_db()
    assert (row.silent_at, lines()) == (None, ["source.deaf", "source.heard_again"])


def test_a_slow_source_may_fail_six_times_its_interval(cast: SimpleNamespace) -> None:
    row = source(failures=3, interval_minutes=24 * 60)
    fail(row, NOW - 5 * DAY)
    assert notice_now(now=NOW) == 0
    assert notice_now(now=NOW + 2 * DAY) == 1


def test_a_paused_source_is_nobodys_worry(cast: SimpleNamespace) -> None:
    row = source(failures=3, active=False, next_due=None)
    fail(row, NOW - 5 * DAY)
    quiet = source("停了的", active=False, next_due=None)
    heard_daily(quiet, NOW - 12 * DAY)
    assert (notice_now(now=NOW), told()) == (0, [])


@pytest.mark.parametrize(("count", "notices"), [(5, 5), (6, 1), (60, 1)])
def test_many_at_once_are_told_in_one_notice(
    cast: SimpleNamespace, count: int, notices: int
) -> None:
    rows = [source(f"来源{n}", failures=3) for n in range(count)]
    Check.objects.bulk_create(
        Check(source=row, at=NOW - 5 * HOUR, outcome="failed", cause="dns") for row in rows
    )
    assert notice_now(now=NOW) == count
    assert len(told()) == 3 * notices
    assert len(lines()) == count
    assert Source.objects.exclude(silent_at=NOW).count() == 0
    if notices == 1:
        assert Notice.objects.latest("id").data["count"] == count


def test_who_is_on_duty_and_administrator_is_told_once(cast: SimpleNamespace) -> None:
    change_person(
        cast.duty,
        name="值班员",
        unit=cast.office,
        roles=["duty", "admin"],
        active=True,
        by=cast.admin,
        now=NOW,
    )
    row = source(failures=3)
    fail(row, NOW - 5 * HOUR)
    notice_now(now=NOW)
    assert [login for login, _verb in told()] == ["admin", "duty", "duty2"]


def test_it_is_looked_for_once_in_ten_minutes(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_last", None)
    asked: list[datetime] = []
    monkeypatch.setattr(watching, "notice_now", lambda *, now: asked.append(now) or 0)
    for minutes in (0, 5, 9, 10, 12, -60):  # the last: the clock was put back
        notice_silence(now=NOW + minutes * MINUTE)
    assert asked == [NOW, NOW + 10 * MINUTE, NOW - HOUR]


# --- coverage ---


def watch_every(row: Source, start: datetime, end: datetime, minutes: int = 30) -> None:
    times = range(int((end - start) / MINUTE / minutes))
    at = [start + n * minutes * MINUTE for n in times]
    Check.objects.bulk_create(Check(source=row, at=one, outcome="nothing") for one in at)


def spans(start: datetime, end: datetime) -> list[tuple[str, datetime, datetime, str, bool]]:
    return [
        (one.name, one.start, one.end, one.cause, one.going_on)
        for one in deaf_spans(start, end, NOW)
    ]


def test_a_failure_is_deaf_from_the_last_good_look_to_the_next() -> None:
    row, other = source(), source("别的")
    watch_every(other, NOW - DAY, NOW)
    look(row, NOW - 10 * HOUR)
    fail(row, NOW - 9 * HOUR, "dns")
    fail(row, NOW - 7 * HOUR)
    look(row, NOW - 6 * HOUR, "heard", added=1)
    expected = [("镇民论坛", NOW - 10 * HOUR, NOW - 6 * HOUR, "connect", False)]
    assert spans(NOW - DAY, NOW) == expected
    (between,) = spans(NOW - 8 * HOUR, NOW - 7.5 * HOUR)  # no failure stands in there
    assert between[:3] == expected[0][:3]
    assert spans(NOW - 5 * HOUR, NOW) == []


def test_one_failed_look_is_not_worth_a_line() -> None:
    row = source()
    watch_every(row, NOW - 3 * HOUR, NOW - 2 * HOUR)
    fail(row, NOW - 2 * HOUR)
    watch_every(row, NOW - 1.5 * HOUR, NOW)
    assert spans(NOW - DAY, NOW) == []


def test_a_source_that_still_fails_is_deaf_until_now() -> None:
    row, other = source(failures=2), source("别的")
    watch_every(other, NOW - 10 * DAY, NOW)
    fail(row, NOW - 9 * DAY)  # it never worked; the pauses between looks grew
    fail(row, NOW - 2 * HOUR)
    expected = [("镇民论坛", NOW - 9 * DAY, NOW, "connect", True)]
    assert spans(NOW - DAY, NOW) == expected
    assert spans(NOW - 6 * DAY, NOW - 5 * DAY) == [
        ("镇民论坛", NOW - 9 * DAY, NOW, "connect", True)
    ]


def test_a_night_without_the_worker_is_told_once_for_all() -> None:
    for n in range(3):
        row = source(f"来源{n}")
        watch_every(row, NOW - DAY, NOW - 12 * HOUR)
        watch_every(row, NOW - 4 * HOUR, NOW)
    expected = [("", NOW - 12.5 * HOUR, NOW - 4 * HOUR, "unwatched", False)]
    assert spans(NOW - DAY, NOW) == expected
    assert spans(NOW - 8 * HOUR, NOW - 6 * HOUR)[0][3:] == ("unwatched", False)
    assert spans(NOW - 3 * HOUR, NOW) == []


def test_waiting_longer_because_all_fail_is_not_called_staying_away() -> None:
    row = source(failures=4)
    watch_every(row, NOW - 2 * DAY, NOW - 10 * HOUR)
    for hours in (9.9, 8, 5, 1):
        fail(row, NOW - hours * HOUR)
    expected = [("镇民论坛", NOW - 10.5 * HOUR, NOW, "connect", True)]
    assert spans(NOW - DAY, NOW) == expected
    assert spans(NOW - 7 * HOUR, NOW - 6 * HOUR) == expected


def test_a_worker_that_never_came_is_not_called_hearing() -> None:
    source(looked_at=None, next_due=NOW - DAY)
    assert spans(NOW - DAY, NOW) == [("镇民论坛", NOW - DAY, NOW, "unwatched", True)]


def test_a_paused_source_is_named_as_paused() -> None:
    source(active=False, next_due=None, looked_at=NOW - 5 * HOUR)
    assert spans(NOW - DAY, NOW) == [("镇民论坛", NOW - 5 * HOUR, NOW, "paused", True)]


def test_when_all_is_heard_there_is_nothing_to_say() -> None:
    watch_every(source(), NOW - 2 * DAY, NOW)
    assert spans(NOW - DAY, NOW) == []
    assert spans(NOW, NOW + DAY) == []
    Source.objects.all().delete()
    assert spans(NOW - DAY, NOW) == []


def test_coverage_of_many_costs_as_many_questions_as_that_of_few() -> None:
    def cost(first: int, last: int) -> int:
        for n in range(first, last):
            row = source(f"来源{n}", failures=1)
            look(row, NOW - 10 * HOUR)
            fail(row, NOW - 9 * HOUR)
        with CaptureQueriesContext(connection) as asked:
            deaf_spans(NOW - DAY, NOW, NOW)
        return len(asked)

    assert cost(0, 1) == cost(1, 12)


# --- the record of a day ---


def test_a_day_is_folded_where_nothing_changed(make_voice: Callable[..., Voice]) -> None:
    row, start = source(), datetime(2026, 11, 21, tzinfo=ZONE)
    look(row, start - MINUTE)
    for hours in (1, 2, 3):
        look(row, start + hours * HOUR)
    look(row, start + 4 * HOUR, "heard", added=2)
    look(row, start + 5 * HOUR, "heard", edited=1)
    fail(row, start + 6 * HOUR)
    fail(row, start + 7 * HOUR)
    fail(row, start + 8 * HOUR, "dns")
    look(row, start + DAY)
    voices = [make_voice(source=row, heard_at=start + 4 * HOUR) for _n in range(2)]
    day = watch_record(start, start + DAY)
    (one,) = day.watched
    why = fail(row, start + 2 * DAY)
    assert list(one.runs) == [
        Run("nothing", start + HOUR, start + 3 * HOUR, 3),
        Run("heard", start + 4 * HOUR, start + 4 * HOUR, 1, added=2),
        Run("heard", start + 5 * HOUR, start + 5 * HOUR, 1, edited=1),
        Run(
            "failed",
            start + 6 * HOUR,
            start + 7 * HOUR,
            2,
            cause="connect",
            note=why.note,
            params={"host": "a.cn"},
        ),
        Run(
            "failed",
            start + 8 * HOUR,
            start + 8 * HOUR,
            1,
            cause="dns",
            note=why.note,
            params={"host": "a.cn"},
        ),
    ]
    assert one.titles == tuple((voice.pk, voice.title) for voice in reversed(voices))
    assert (day.looks, day.added, day.failed) == (8, 2, 3)


def test_what_people_brought_and_what_nobody_looked_at_stand_in_the_record(
    make_voice: Callable[..., Voice],
) -> None:
    start = datetime(2026, 11, 21, tzinfo=ZONE)
    desk = source("来电来访", kind="hotline", next_due=None)
    form = source("公众表单", kind="form", next_due=None)
    for platform in ("来电", "来电", "来访"):
        make_voice(source=desk, platform=platform)
    make_voice(source=form)
    missed, fresh, paused = source("漏了"), source("还没有看过"), source("停了", active=False)
    look(missed, start - HOUR)
    look(paused, start - HOUR)
    look(fresh, start + DAY)
    day = watch_record(start, start + DAY)
    assert [(one.name, one.count) for one in day.brought] == [
        ("来电", 2),
        ("来访", 1),
        ("公众表单", 1),
    ]
    assert (day.unwatched, day.taken, day.looks) == (("漏了",), 4, 0)
