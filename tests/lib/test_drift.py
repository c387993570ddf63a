"""How far somebody's clock is from ours: told from what is new, not from what is old."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tingda.lib.drift import drift

NOW = datetime(2026, 11, 21, 8, 20, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
YEAR = 365 * DAY


def days_after(*looks: Sequence[timedelta]) -> list[int]:
    """What is known after each look, one an hour; a look is how long ago its messages were said."""
    kept: dict[str, object] = {}
    found = []
    for number, said in enumerate(looks):
        now = NOW + number * HOUR
        known = drift(kept, [now - ago for ago in said], now, now - HOUR if number else None)
        kept = known.kept
        found.append(known.days)
    return found


def test_the_first_look_tells_nothing_and_what_is_said_in_time_tells_that_all_is_well() -> None:
    assert days_after([400 * DAY, 3 * YEAR], [HOUR / 2], [HOUR, DAY]) == [0, 0, 0]


@pytest.mark.parametrize("off", [365, 20_000, 8, -365, -8])
def test_a_clock_that_is_off_is_known_by_the_first_message_that_is_new(off: int) -> None:
    old, new = [(off + 30) * DAY, (off + 2) * DAY], [off * DAY]
    assert days_after(old, new, new, new, new) == [0, off, off, off, off]


def test_a_clock_that_jumps_is_known_by_the_second_message_and_when_it_is_right_again() -> None:
    well, slow = [HOUR], [YEAR]
    assert days_after(well, well, slow, slow, slow, well, well) == [0, 0, 0, 365, 365, 0, 0]


@pytest.mark.parametrize(
    "looks",
    [
        ([HOUR], [YEAR], [HOUR], [YEAR], [HOUR]),  # an old one comes up again, now and then
        ([HOUR], [YEAR], [YEAR + 3 * DAY], [YEAR + 9 * DAY]),  # older and older: history
        ([HOUR], [YEAR], [YEAR + 2 * HOUR], [YEAR + 4 * HOUR]),
        ([HOUR], [HOUR, YEAR], [YEAR, HOUR]),
        ([HOUR], [], [YEAR], []),
    ],
)
def test_what_is_old_for_another_reason_says_nothing_of_the_clock(
    looks: Sequence[Sequence[timedelta]],
) -> None:
    assert set(days_after(*looks)) == {0}


def test_what_one_message_told_is_given_up_when_the_next_is_off_by_something_else() -> None:
    assert days_after([30 * DAY], [20 * DAY], [12 * DAY], [9 * DAY]) == [0, 20, 0, 0]


def test_after_a_long_pause_of_ours_what_was_missed_is_old_by_right() -> None:
    known = drift({}, [NOW - 40 * DAY], NOW - 30 * DAY, None)
    assert drift(known.kept, [NOW - 20 * DAY], NOW, NOW - 30 * DAY).days == 0


def test_what_was_kept_otherwise_is_as_if_nothing_were_kept() -> None:
    assert drift({"looks": "?", "newest": None}, [NOW], NOW, NOW - HOUR).days == 0
