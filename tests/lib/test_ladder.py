"""Steps around a limit."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.ladder import Rung, owed, times

START = datetime(2026, 11, 20, 4, 40, tzinfo=UTC)
HOUR = timedelta(hours=1)
LADDER = (Rung("remind", -24, "liaison"), Rung("due", 0, "lead"), Rung("late", 24, "head", True))
HOURS = st.integers(min_value=0, max_value=400)


def test_a_reminder_comes_before_the_limit_but_not_in_the_first_half_of_the_time() -> None:
    long = [(one.rung.code, one.at - START) for one in times(LADDER, START, START + 100 * HOUR)]
    assert long == [("remind", 76 * HOUR), ("due", 100 * HOUR), ("late", 124 * HOUR)]
    short = times(LADDER, START, START + 10 * HOUR)
    assert [one.at - START for one in short] == [5 * HOUR, 10 * HOUR, 34 * HOUR]


def test_what_is_owed_is_told_in_order_and_the_next_is_known() -> None:
    plan = times(LADDER, START, START + 100 * HOUR)
    codes = [
        ([rung.code for rung in rungs], following and following - START)
        for rungs, following in (
            owed(plan, done, START + hours * HOUR)
            for done, hours in (((), 75), ((), 76), (("remind",), 76), ((), 500))
        )
    ]
    assert codes == [
        ([], 76 * HOUR),
        (["remind"], 100 * HOUR),
        ([], 100 * HOUR),
        (["remind", "due", "late"], None),
    ]


@given(HOURS, st.lists(HOURS, max_size=12))
def test_each_rung_is_owed_exactly_once_however_often_one_looks(
    limit: int, looks: list[int]
) -> None:
    plan = times(LADDER, START, START + limit * HOUR)
    done: list[str] = []
    for look in sorted(looks):
        now = START + look * HOUR
        rungs, following = owed(plan, done, now)
        done += [rung.code for rung in rungs]
        assert done == [one.rung.code for one in plan if one.at <= now]
        assert following is None or following > now
