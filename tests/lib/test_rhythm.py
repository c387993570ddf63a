"""What is usual for a source, and when its silence is strange."""

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.clocks import day_kind
from tingda.lib.rhythm import Rhythm, in_words, is_silent, rhythm_of

ZONE = ZoneInfo("Asia/Shanghai")
# two ordinary months: no holiday in the last weeks before it
END = datetime(2026, 4, 3, 0, 0, tzinfo=ZONE)  # Friday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Moments = Callable[[random.Random], Iterator[datetime]]


def steadily(gap: timedelta, shake: float = 0.2) -> Moments:
    def moments(dice: random.Random) -> Iterator[datetime]:
        for n in count():
            yield END - n * gap - dice.random() * shake * gap

    return moments


def by_chance(gap: timedelta) -> Moments:
    def moments(dice: random.Random) -> Iterator[datetime]:
        at = END
        while True:
            at -= gap * dice.expovariate(1)
            yield at

    return moments


def on_workdays(per_day: int) -> Moments:
    """A notice board: from 8:30 to 17:30 on workdays only."""

    def moments(dice: random.Random) -> Iterator[datetime]:
        for n in count(1):
            day = END - n * DAY
            if day_kind(day.date()) in ("workday", "makeup"):
                hours = sorted((8.5 + 9 * dice.random() for _ in range(per_day)), reverse=True)
                yield from (day + hour * HOUR for hour in hours)

    return moments


def in_bursts(dice: random.Random) -> Iterator[datetime]:
    """Twenty in a day, then nothing for two weeks or so."""
    at = END - 2 * DAY
    while True:
        for _ in range(20):
            at -= HOUR * dice.random()
            yield at
        at -= dice.uniform(11, 17) * DAY


def history(moments: Moments, seed: int, most: int = 300) -> list[datetime]:
    found = []
    for at in moments(random.Random(seed)):  # noqa: S311 - makes a history, guards nothing
        if at < END - 75 * DAY or len(found) == most:
            return found
        found.append(at)
    return found


USUAL = {
    "every half hour": steadily(HOUR / 2),
    "every day": steadily(DAY),
    "every week": steadily(7 * DAY),
    "thirty a day by chance": by_chance(DAY / 30),
    "one a day by chance": by_chance(DAY),
    "one in three days by chance": by_chance(3 * DAY),
    "thirty each workday": on_workdays(30),
    "three each workday": on_workdays(3),
    "one each workday": on_workdays(1),
    "bursts": in_bursts,
}


def once(moments: Iterable[datetime]) -> dict[datetime, int]:
    return dict.fromkeys(moments, 1)


def false_alarms(moments: Moments, seed: int) -> int:
    """How often a source that goes on as ever would have been called silent, looked at hourly
    through its last two weeks, knowing each time only what had come by then."""
    all_of_them = sorted(history(moments, seed, most=5000))
    alarms = 0
    for hours in range(0, 14 * 24, 11):
        now = END - 14 * DAY + hours * HOUR
        came = [at for at in all_of_them if at <= now][-300:]
        rhythm = rhythm_of(once(came), ZONE)
        alarms += is_silent(max(came, default=None), now, rhythm)
    return alarms


@pytest.mark.parametrize("name", USUAL)
def test_a_source_that_goes_on_as_ever_is_never_called_silent(name: str) -> None:
    assert [false_alarms(USUAL[name], seed) for seed in range(2)] == [0] * 2


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("every half hour", 1),
        ("thirty a day by chance", 1),
        ("thirty each workday", 5),  # two of them are a weekend
        ("every day", 5),
        ("three each workday", 8),
        ("one each workday", 14),
        ("one in three days by chance", 70),
        ("every week", 30),
        ("bursts", 30),
    ],
)
def test_a_source_that_stopped_is_noticed(name: str, days: int) -> None:
    for seed in range(4):
        came = history(USUAL[name], seed)
        rhythm = rhythm_of(once(came), ZONE)
        assert is_silent(max(came), END + days * DAY, rhythm), seed


def test_a_notice_board_is_not_silent_on_sunday_nor_through_a_holiday() -> None:
    came = history(on_workdays(5), 1)  # the last on Thursday
    rhythm = rhythm_of(once(came), ZONE)
    friday_evening = [*came, END + 17 * HOUR]
    assert not is_silent(max(friday_evening), END + 2 * DAY + 23 * HOUR, rhythm)
    # the same five days off at the National Day: 1 to 7 October 2026
    eve = datetime(2026, 9, 30, 17, 0, tzinfo=ZONE)
    assert not is_silent(eve, datetime(2026, 10, 7, 23, 0, tzinfo=ZONE), rhythm)
    assert is_silent(eve, datetime(2026, 10, 12, 17, 0, tzinfo=ZONE), rhythm)


def test_a_source_that_is_written_by_day_is_not_silent_at_night() -> None:
    came = history(on_workdays(30), 1)
    rhythm = rhythm_of(once(came), ZONE)
    assert not is_silent(END + 17 * HOUR, END + 24 * HOUR, rhythm)
    assert not is_silent(END - 7 * HOUR, END + 8 * HOUR, rhythm)
    assert is_silent(END - 7 * HOUR, END + 17 * HOUR, rhythm)  # a whole working day of nothing


@pytest.mark.parametrize("gaps", [0, 1, 4])
def test_too_little_says_nothing(gaps: int) -> None:
    came = [END - n * HOUR for n in range(gaps + 1)]
    rhythm = rhythm_of(once(came), ZONE)
    assert in_words(rhythm) == ("还看不出规律", {})
    assert not is_silent(END, END + 50 * DAY, rhythm)


def test_nothing_is_silent_within_six_hours() -> None:
    rhythm = rhythm_of(once(END - n * HOUR / 12 for n in range(200)), ZONE)
    assert not is_silent(END, END + 6 * HOUR, rhythm)
    assert is_silent(END, END + 7 * HOUR, rhythm)


def test_what_was_as_quiet_once_before_is_not_strange() -> None:
    came = [at for at in history(steadily(DAY / 4), 1) if not END - 30 * DAY < at < END - 20 * DAY]
    rhythm = rhythm_of(once(came), ZONE)
    assert not is_silent(max(came), END + 8 * DAY, rhythm)
    assert is_silent(max(came), END + 13 * DAY, rhythm)


def test_the_first_weekend_of_a_new_source_is_not_silence() -> None:
    came = [at for at in history(on_workdays(30), 1) if at > END - 4 * DAY]  # Monday to Thursday
    rhythm = rhythm_of(once(came), ZONE)
    assert not is_silent(max(came) + DAY, END + 3 * DAY, rhythm)


@pytest.mark.parametrize(
    ("moments", "words"),
    [
        ([END - n * DAY / 10 for n in range(100)], ("平常每天约 10 条", {"n": 10})),
        ([END - n * DAY for n in range(20)], ("平常每 24 小时有新的", {"n": 24})),
        ([END - n * 7 * DAY for n in range(8)], ("平常每 7 天有新的", {"n": 7})),
    ],
)
def test_the_rhythm_in_words(moments: list[datetime], words: tuple[str, dict[str, object]]) -> None:
    text, params = in_words(rhythm_of(once(moments), ZONE))
    assert (text % params, params) == words


def test_several_things_in_one_look_are_counted_each() -> None:
    counts = {END - n * DAY: 5 for n in range(20)}
    assert in_words(rhythm_of(counts, ZONE))[1] == {"n": 5}


def test_a_silence_of_months_does_not_make_the_rhythm_unknown() -> None:
    rhythm = rhythm_of(once(END - n * DAY for n in range(20)), ZONE)
    assert is_silent(END, END + 300 * DAY, rhythm)


@given(
    st.lists(st.floats(0, 80), max_size=60),
    st.floats(0, 200),
    st.floats(0, 200),
)
def test_a_longer_silence_is_never_less_strange(
    ages: list[float], one: float, other: float
) -> None:
    rhythm = rhythm_of(once(END - age * DAY for age in ages), ZONE)
    shorter, longer = sorted([one, other])
    first = is_silent(END, END + shorter * DAY, rhythm)
    second = is_silent(END, END + longer * DAY, rhythm)
    assert second or not first


def test_a_source_never_heard_is_not_silent() -> None:
    assert not is_silent(None, END, Rhythm(ZONE))
