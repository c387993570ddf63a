"""When something may go out, to whom, and how much of it there is room for."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as some

from tingda.lib.refusal import Refused
from tingda.notify.rules import (
    KINDS,
    About,
    Times,
    Wanted,
    check_fields,
    check_times,
    due_at,
    fitted,
    hint,
    matter_of,
    takes,
    wait_after,
)

CHINA = ZoneInfo("Asia/Shanghai")
ZONES = [CHINA, *map(ZoneInfo, ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe",
         "Asia/Kathmandu", "America/Santiago"))]  # fmt: skip
moments = some.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001 - hypothesis puts the zone to it
    datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=some.just(UTC),
)
clocks = some.times().map(lambda at: at.replace(second=0, microsecond=0))
zones = some.sampled_from(ZONES)
NEW_YORK_FORWARD = datetime(2026, 3, 8, 6, 30, tzinfo=UTC)  # 01:30; 02:00 becomes 03:00
NEW_YORK_BACK = datetime(2026, 11, 1, 6, 10, tzinfo=UTC)  # 01:10 for the second time


@given(moments, zones, clocks, clocks)
@example(NEW_YORK_FORWARD, ZONES[1], time(23), time(2, 30))
@example(NEW_YORK_BACK, ZONES[1], time(23), time(1, 30))
def test_nothing_goes_out_in_quiet_hours_and_nothing_waits_longer_than_they_last(
    now: datetime, zone: ZoneInfo, begin: time, end: time
) -> None:
    assume(begin != end)
    times = Times(quiet_from=begin, quiet_to=end)
    due = due_at(now, times, zone)
    assert due >= now
    assert not times.are_quiet(due.astimezone(zone).time())
    if times.are_quiet(now.astimezone(zone).time()):
        assert due - now <= timedelta(hours=26)  # a day, and clocks put back
    else:
        assert due == now


@given(moments, zones, clocks)
@example(NEW_YORK_FORWARD, ZONES[1], time(2, 30))
@example(NEW_YORK_BACK, ZONES[1], time(1, 30))
def test_a_digest_goes_out_at_its_time_within_a_day(
    now: datetime, zone: ZoneInfo, at: time
) -> None:
    due = due_at(now, Times(digest=at), zone)
    assert now < due <= now + timedelta(hours=25, minutes=30)
    shown = due.astimezone(zone).replace(tzinfo=None)
    asked = datetime.combine(shown.date(), at)
    assert shown - asked in (timedelta(0), timedelta(minutes=30), timedelta(hours=1))
    jumped = shown != asked
    assert not jumped or asked.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).time() != at


@given(moments, zones, clocks, clocks, clocks)
def test_what_is_urgent_goes_at_once(
    now: datetime, zone: ZoneInfo, digest: time, begin: time, end: time
) -> None:
    assert due_at(now, Times(digest, begin, end), zone, urgent=True) == now


@pytest.mark.parametrize(
    ("told", "due"),
    [
        ("2026-11-20 23:30", "2026-11-21 07:00"),  # before midnight
        ("2026-11-21 00:00", "2026-11-21 07:00"),
        ("2026-11-21 06:59", "2026-11-21 07:00"),
        ("2026-11-21 07:00", "2026-11-21 07:00"),  # the end is not quiet any more
        ("2026-11-21 21:59", "2026-11-21 21:59"),
        ("2026-11-21 22:00", "2026-11-22 07:00"),  # the begin is
    ],
)
def test_quiet_hours_from_ten_to_seven(told: str, due: str) -> None:
    times = Times(quiet_from=time(22), quiet_to=time(7))
    found = due_at(datetime.fromisoformat(told).replace(tzinfo=CHINA), times, CHINA)
    assert found.astimezone(CHINA).strftime("%Y-%m-%d %H:%M") == due


def test_times_that_contradict_each_other_are_refused() -> None:
    for wrong in (
        Times(quiet_from=time(22)),
        Times(quiet_from=time(22), quiet_to=time(22)),
        Times(digest=time(23), quiet_from=time(22), quiet_to=time(7)),
    ):
        with pytest.raises(Refused):
            check_times(wrong)
    check_times(Times(digest=time(8), quiet_from=time(22), quiet_to=time(7)))


def test_a_way_that_fails_is_left_alone_longer_each_time() -> None:
    waits = [wait_after(failures).total_seconds() / 60 for failures in range(1, 7)]
    assert waits == [1, 5, 30, 120, 120, 120]


@pytest.mark.parametrize(
    ("wanted", "about", "taken"),
    [
        (Wanted(), About("alert.raised"), True),
        (Wanted(matters=["cases"]), About("alert.raised"), False),
        (Wanted(matters=["alerts"]), About("voice.harm"), True),
        (Wanted(matters=["others"]), About("roster.changed"), True),
        (Wanted(topics=["water"]), About("alert.raised", "water"), True),
        (Wanted(topics=["water"]), About("alert.raised", "roads"), False),
        (Wanted(topics=["water"]), About("alert.raised"), True),  # has no topic
        (Wanted(units=[7]), About("referral.late", units=[9, 7, 1]), True),  # a part of 7
        (Wanted(units=[9]), About("referral.late", units=[7, 1]), False),
        (Wanted(units=[9]), About("sources.deaf"), True),  # concerns no unit
        (Wanted(["cases"], ["water"]), About("alert.raised", "roads", urgent=True), True),
        (Wanted(topics=["water"], shared=True), About("alert.raised", "roads", urgent=True), False),
    ],
)  # fmt: skip
def test_what_a_way_takes(wanted: Wanted, about: About, taken: bool) -> None:
    assert takes(wanted, about) is taken


def test_an_unknown_verb_is_something_else_and_not_lost() -> None:
    assert matter_of("never.heard") == "others"


RIGHT = {
    "email": {"address": "duty@example.cn"},
    "wecom": {"key": "693a91f6-7aaa-4bc4-97a0-0ec2sifa5aaa"},
    "dingtalk": {"token": "a1b2c3d4e5f6", "secret": "SECabcdef123"},
    "feishu": {"token": "a1b2c3d4-e5f6", "house": "lark"},
    "ntfy": {"server": "https://ntfy.example.cn", "topic": "duty-7Q", "token": ""},
    "webhook": {"url": "https://example.cn/in?key=abc", "token": "t"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_filled_in_rightly_is_kept(kind: str) -> None:
    assert check_fields(kind, RIGHT[kind], []) == RIGHT[kind]


@pytest.mark.parametrize(
    ("kind", "field", "pasted"),
    [
        ("wecom", "key", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc-12345"),
        ("dingtalk", "token", "https://oapi.dingtalk.com/robot/send?access_token=abc12345"),
        ("feishu", "token", "https://open.feishu.cn/open-apis/bot/v2/hook/abc-12345"),
    ],
)
def test_a_whole_address_may_be_pasted(kind: str, field: str, pasted: str) -> None:
    assert check_fields(kind, RIGHT[kind] | {field: pasted}, [])[field] in ("abc-12345", "abc12345")


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("slack", {}),
        ("email", {"address": ""}),
        ("email", {"address": "a@example.cn, b@example.cn"}),
        ("email", {"address": "file:///etc/passwd"}),
        ("wecom", {"key": "../../x"}),
        ("wecom", {"key": "mailto://user:pass@example.cn"}),
        ("feishu", {"house": "elsewhere"}),
        ("ntfy", {"topic": "a/b"}),
        ("ntfy", {"server": "ntfy://example.cn"}),
        ("ntfy", {"server": "https://me:secret@example.cn"}),
        ("webhook", {"url": "http://example.cn/in"}),  # without encryption
        ("webhook", {"url": "json://example.cn/in"}),
        ("webhook", {"url": "https://example.cn:99999/"}),
        ("webhook", {"url": "https:///in"}),
        ("webhook", {"token": "two\r\nlines"}),
    ],
)
def test_what_cannot_be_right_is_refused(kind: str, wrong: dict[str, str]) -> None:
    with pytest.raises(Refused):
        check_fields(kind, RIGHT.get(kind, {}) | wrong, [])


def test_without_encryption_only_to_a_host_that_was_allowed() -> None:
    inside = {"url": "http://robot.inside:8080/in", "token": ""}
    for allowed in ("robot.inside", "robot.inside:8080", "ROBOT.inside"):
        assert check_fields("webhook", inside, [allowed]) == inside
    with pytest.raises(Refused):
        check_fields("webhook", inside, ["robot.inside:80"])


@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_is_in_what_is_shown_again(kind: str) -> None:
    shown = hint(kind, RIGHT[kind])
    secrets = [row.name for row in KINDS[kind].fields if row.secret]
    values = [RIGHT[kind][name] for name in secrets if RIGHT[kind][name]]
    assert [value for value in values if value in shown] == []


@given(
    some.lists(some.text("水管a ，", min_size=1, max_size=60), min_size=1), some.integers(60, 900)
)
def test_a_message_fits_its_room(lines: list[str], room: int) -> None:
    found = fitted(lines, room, "……其余")
    assert len("\n".join(found).encode()) <= room
    whole = len("\n".join(lines).encode()) <= room
    assert found == lines if whole else found[-1] == "……其余"
