"""Whether an issue grows unusually: what is learnt of an office, and what is said of an issue."""

import time
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from tingda.lib.rising.office import Office
from tingda.lib.rising.table import HOLIDAY, MAKEUP, table_of
from tingda.lib.rising.tail import log_gamma, log_tail
from tingda.lib.rising.usual import usual_of
from tingda.lib.rising.values import Rise, Series

UNTIL = date(2026, 11, 20)
TODAY = UNTIL + timedelta(days=1)
FIRST = UNTIL - timedelta(days=100)
DAYS = 101  # up to and with UNTIL


def series_of(issues: int = 120, seed: int = 5, weekend: float = 0.5) -> list[Series]:
    chance = np.random.default_rng(seed)
    rates = np.repeat([0.1, 0.5, 2.0, 8.0], issues // 4)
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    worth = np.array([weekend if day.weekday() >= 5 else 1.0 for day in days])
    mean = rates[:, None] * worth[None, :]
    counts = chance.negative_binomial(5, 5 / (5 + mean))
    return [Series(key, [int(n) for n in row], FIRST) for key, row in enumerate(counts)]


SERIES = series_of()
OFFICE = Office.learn(SERIES, UNTIL)


def judged(one: Series, per_week: float = 1.0, office: Office = OFFICE) -> Rise:
    return office.judge([one, *SERIES], TODAY, per_week=per_week)[0]


def with_last(counts: list[int], last: list[int], **more: object) -> Series:
    """A series whose last days up to today are these."""
    whole = [*counts, 0]
    whole[len(whole) - len(last) :] = last
    return replace(Series(999, whole, FIRST), **more)  # type: ignore[arg-type]


def test_the_tail_is_that_of_scipy() -> None:
    chance = np.random.default_rng(1)
    mean, size = 10 ** chance.uniform(-2, 2.5, 400), 10 ** chance.uniform(-1, 4, 400)
    seen = np.ceil(mean + chance.exponential(3 * np.sqrt(mean + mean**2 / size)) + 0.01)
    p = size / (size + mean)
    exact = nbinom.sf(seen, size, p) + nbinom.pmf(seen, size, p) / 2
    shown = exact > 1e-200
    np.testing.assert_allclose(log_tail(seen, mean, size)[shown], np.log(exact[shown]), atol=1e-5)


def test_the_gamma_function_is_right_for_small_and_huge_numbers() -> None:
    x = np.array([0.01, 0.5, 1.0, 2.0, 10.0, 1e5, 1e8])
    known = [4.599479878, 0.572364943, 0.0, 0.0, 12.801827480, 1051287.708973, 1742068066.1038]
    np.testing.assert_allclose(log_gamma(x), known, rtol=1e-9, atol=1e-9)


def test_weekends_rates_and_unevenness_are_learnt() -> None:
    usual = OFFICE.usual
    np.testing.assert_allclose(usual.factors[:5], 7 / 6, rtol=0.06)
    np.testing.assert_allclose(usual.factors[5:7], 7 / 12, rtol=0.12)
    assert usual.twin == pytest.approx(0.2, abs=0.06)
    # a holiday that was never lived through is thought to be a Sunday
    assert usual.factors[HOLIDAY] == pytest.approx(usual.factors[6])
    assert usual.factors[MAKEUP] == pytest.approx(usual.factors[:5].mean())


def test_what_is_told_of_a_day_is_heeded() -> None:
    tuesday = date(2026, 11, 17)
    holidays = {tuesday - timedelta(days=7 * n): "holiday" for n in range(8)}
    quiet = [
        replace(one, counts=[
            0 if one.first + timedelta(days=n) in holidays else count
            for n, count in enumerate(one.counts)
        ])
        for one in SERIES
    ]  # fmt: skip
    told = usual_of(table_of(quiet, UNTIL, holidays))  # type: ignore[arg-type]
    assert told.factors[HOLIDAY] < 0.2
    assert told.factors[1] == pytest.approx(7 / 6, rel=0.08)


def test_an_office_without_history_is_cautious_and_never_fails() -> None:
    empty = Office.learn([], UNTIL)
    assert empty.judge([], TODAY, per_week=1) == []
    one = Series(1, [1, 0, 0], TODAY - timedelta(days=2))
    assert [rise.is_alarm for rise in empty.judge([one], TODAY, per_week=1)] == [False]
    loud = Series(2, [40], TODAY)
    (rise,) = Office.learn([one], UNTIL).judge([loud], TODAY, per_week=1)
    assert (rise.is_alarm, rise.why["is_young"], rise.seen) == (True, True, 40)


def test_a_sudden_rise_is_an_alarm_and_says_why() -> None:
    rise = judged(with_last(list(SERIES[0].counts), [9]))
    assert (rise.key, rise.window, rise.seen, rise.is_alarm) == (999, "1d", 9, True)
    assert rise.expected < 0.5
    assert set(rise.why) == {"window", "expected", "seen", "score", "needed", "is_young"}
    assert rise.score > float(str(rise.why["needed"]))


def test_a_slow_rise_is_seen_in_the_longer_windows() -> None:
    steady = [1] * DAYS
    rise = judged(with_last(steady, [2, 2, 3, 3, 4, 4, 5]))
    assert (rise.window in {"3d", "7d"}, rise.is_alarm) == (True, True)


def test_two_people_are_never_an_alarm_and_one_who_writes_daily_is_one() -> None:
    silent = [0] * DAYS
    assert not judged(with_last(silent, [2]), per_week=1_000).is_alarm
    daily = with_last(silent, [1, 1, 1, 1, 1, 1, 1])
    assert judged(daily).is_alarm
    assert not judged(replace(daily, people=1)).is_alarm


def test_the_first_hours_of_a_fresh_issue_count() -> None:
    by_day = judged(Series(999, [7], TODAY))
    by_hour = judged(Series(999, [7], TODAY, hours=[0] * 22 + [1, 6]))
    assert (by_hour.window, by_hour.seen) == ("1h", 6)
    assert by_hour.score > by_day.score
    # hours of an old issue are not looked at
    old = with_last([0] * DAYS, [7])
    assert judged(replace(old, hours=[0] * 22 + [1, 6])) == judged(old)


def test_false_alarms_are_as_many_as_allowed() -> None:
    alarms, weeks = 0, 6
    whole = series_of(issues=800, seed=9)
    known = [replace(one, counts=one.counts[: DAYS - 7 * weeks]) for one in whole]
    office = Office.learn(known, UNTIL - timedelta(days=7 * weeks))
    for back in range(7 * weeks):
        day = UNTIL - timedelta(days=back)
        alarms += sum(rise.is_alarm for rise in office.judge(whole, day, per_week=20))
    assert 12 <= alarms / weeks <= 26


def test_issues_that_grew_in_truth_need_not_raise_the_threshold() -> None:
    grown = [
        Series(1_000 + one.key, [*one.counts[:-6], *[n + 4 for n in one.counts[-6:]]], FIRST)
        for one in SERIES[:30]
    ]
    with_them = Office.learn([*SERIES, *grown], UNTIL)
    without = Office.learn([*SERIES, *grown], UNTIL, confirmed=[one.key for one in grown])
    one = with_last(list(SERIES[0].counts), [4])
    needed = [
        float(str(judged(one, office=office).why["needed"])) for office in (with_them, without)
    ]
    assert needed[1] <= needed[0]


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        Series(1, [1, -1], FIRST)


COUNTS = st.lists(st.integers(0, 60), min_size=DAYS, max_size=DAYS)


@settings(max_examples=40, deadline=None)
@given(COUNTS, st.integers(0, 200), st.integers(1, 100))
def test_more_people_today_never_score_lower(counts: list[int], today: int, more: int) -> None:
    lower, higher = (judged(with_last(counts, [n])) for n in (today, today + more))
    assert lower.score <= higher.score
    assert 0 <= lower.p <= 1
    assert min(lower.score, lower.expected, lower.seen) >= 0


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(len(SERIES))))
def test_the_order_of_issues_changes_nothing(order: list[int]) -> None:
    shuffled = [SERIES[n] for n in order]
    found = Office.learn(shuffled, UNTIL).judge(shuffled, TODAY, per_week=3)
    plain = OFFICE.judge(SERIES, TODAY, per_week=3)
    assert sorted(found, key=lambda rise: rise.key) == plain


@settings(max_examples=40, deadline=None)
@given(COUNTS, st.floats(0.01, 10), st.floats(1, 10))
def test_who_allows_more_false_alarms_gets_no_fewer_alarms(
    counts: list[int], per_week: float, times: float
) -> None:
    one = with_last(counts, counts[:3])
    few, many = judged(one, per_week), judged(one, per_week * times)
    assert few.is_alarm <= many.is_alarm


@pytest.mark.slow
def test_twenty_thousand_issues_take_seconds() -> None:
    chance = np.random.default_rng(2)
    counts = chance.poisson(chance.gamma(0.4, 2, 20_000)[:, None], (20_000, 90)).tolist()
    many = [Series(key, row, UNTIL - timedelta(days=89)) for key, row in enumerate(counts)]
    began = time.process_time()
    Office.learn(many, UNTIL).judge(many, TODAY, per_week=2)
    assert time.process_time() - began < 6  # 1.5 on a machine with nothing else to do
