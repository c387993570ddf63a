"""The outlook of an issue: what it holds to, what it refuses, how well it foresees."""

import json
import time
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tingda.evaluate.outlook_issues import TUNING, office
from tingda.lib.outlook import History, Outlook, Prospect
from tingda.lib.outlook.kept import lessons_of, plain
from tingda.lib.outlook.learning import alive, look_ahead
from tingda.lib.outlook.methods import tabulate, totals_ahead
from tingda.lib.refusal import Refused

MONDAY = date(2026, 1, 5)
COUNTS = st.lists(st.integers(0, 400), min_size=7, max_size=60)


@cache
def learnt() -> Outlook:
    histories = [one for family in office(7, TUNING, 8).values() for one in family]
    return Outlook.learn(histories)


def fading(peak: float, half_life: float, days: int) -> list[int]:
    return [round(peak * 0.5 ** (day / half_life)) for day in range(days)]


@given(COUNTS, st.integers(0, 6))
@settings(max_examples=60, deadline=None)
def test_a_band_is_in_order_and_never_below_nought(counts: list[int], day: int) -> None:
    found = learnt().expect(counts, MONDAY + timedelta(days=day))
    assert [one.days for one in found] == [1, 3, 7]
    assert all(0 <= one.low <= one.expected <= one.high for one in found)
    for name in ("low", "expected", "high"):
        totals = [getattr(one, name) for one in found]
        assert totals == sorted(totals)


@given(st.integers(0, 300), st.integers(7, 150), st.integers(0, 6))
@settings(max_examples=40, deadline=None)
def test_what_never_changed_is_expected_to_stay(count: int, days: int, day: int) -> None:
    found = learnt().expect([count] * days, MONDAY + timedelta(days=day))
    assert [one.expected for one in found] == [count, 3 * count, 7 * count]


@given(COUNTS)
@settings(max_examples=20, deadline=None)
def test_one_issue_is_foreseen_as_it_is_among_others(counts: list[int]) -> None:
    histories = [History(MONDAY, counts), History(MONDAY, [3, 1, 4, 1, 5, 9, 2, 6] * 12)]
    together = learnt().prospects(histories)
    alone = [learnt().prospect(one.counts, one.first_day) for one in histories]
    assert [one.expected for one in together if isinstance(one, Prospect)] == [
        one.expected for one in alone
    ]


def test_the_same_history_gives_the_same_outlook() -> None:
    histories = [one for family in office(3, TUNING, 2).values() for one in family]
    one, other = Outlook.learn(histories), Outlook.learn(histories)
    assert one.prospects(histories) == other.prospects(histories)


def test_what_fades_is_expected_to_fade_on_and_what_goes_on_to_go_on() -> None:
    fades = learnt().expect(fading(60, 4, 16), MONDAY)[-1]
    assert fades.expected < sum(fading(60, 4, 16)[-7:]) * 0.7
    steady = learnt().expect([20, 22, 19, 21, 23, 18, 20] * 6, MONDAY)[-1]
    assert steady.low <= 7 * 20.4 <= steady.high


def test_a_quiet_weekend_is_expected_where_weekends_were_quiet() -> None:
    weeks = [20, 21, 19, 22, 20, 4, 5] * 6
    friday, monday = weeks[:-2], weeks  # the last known day is a Friday, then a Sunday
    saturday = learnt().expect(friday, MONDAY)[0]
    assert saturday.high < 15
    assert learnt().expect(monday, MONDAY)[0].low > 8


def test_the_reasons_say_what_it_rests_on() -> None:
    counts = fading(60, 4, 30)
    found = learnt().prospect(counts, MONDAY)
    why = found.why
    assert (why.last_7, why.last_28, why.days_known) == (sum(counts[-7:]), sum(counts[-28:]), 30)
    assert why.issues == 8 * 7
    assert [one.days for one in why.horizons] == [1, 3, 7]
    for one in why.horizons:
        assert round(sum(one.weights.values()), 6) == 1
        assert set(one.said) == {"seasonal_naive", "holt_winters", "negative_binomial"}
    assert why.horizons[-1].said["seasonal_naive"] == sum(counts[-7:])


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ([5] * 6, "只有 6 天，满 7 天"),
        ([], "只有 0 天，满 7 天"),
        ([1, 2, 3, -1, 2, 3, 4], "不小于零"),
    ],
)
def test_an_issue_that_says_too_little_is_refused(counts: Sequence[int], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        learnt().expect(counts, MONDAY)


def test_a_refusal_stands_in_the_place_of_its_issue_only() -> None:
    found = learnt().prospects([History(MONDAY, [1]), History(MONDAY, [2] * 7)])
    assert isinstance(found[0], Refused)
    assert not isinstance(found[1], Refused)
    assert [one.expected for one in found[1].expected] == [2, 6, 14]


@pytest.mark.parametrize(
    ("histories", "has"),
    [
        ([], "现在有 0 个、0 天"),
        ([History(MONDAY, [1] * 90)] * 4, "现在有 4 个、308 天"),
        ([History(MONDAY, [1] * 20)] * 6, "现在有 6 个、42 天"),
    ],
)
def test_too_short_a_history_is_refused_and_says_what_is_needed(
    histories: list[History], has: str
) -> None:
    with pytest.raises(Refused, match="至少要有 5 个议题、合计 150 天记录") as refused:
        Outlook.learn(histories)
    assert has in str(refused.value)


def test_an_office_that_heard_nothing_more_still_learns() -> None:
    histories = [History(MONDAY, [0] * 30 + [1] + [0] * 60)] * 20
    found = Outlook.learn(histories).expect([1, 0, 0, 0, 0, 0, 0, 0], MONDAY)
    assert [(one.low, one.expected <= 1) for one in found] == [(0, True)] * 3


def test_four_of_five_outcomes_lie_in_the_band_of_new_issues() -> None:
    histories = [one for family in office(8, TUNING, 8).values() for one in family]
    table = tabulate(histories)
    look, came = look_ahead(table, learnt().lessons), totals_ahead(table.counts)
    for at in range(3):
        rows = alive(table) & ~np.isnan(came[:, :, at])
        low, _middle, high = look.band[:, :, at][rows].T
        inside = ((low <= came[:, :, at][rows]) & (came[:, :, at][rows] <= high)).mean()
        assert 0.74 <= inside <= 0.87


def test_what_comes_later_changes_nothing_that_was_foreseen() -> None:
    counts = fading(40, 6, 40)
    whole = tabulate([History(MONDAY, [*counts, 500, 400, 300, 0, 0, 9, 900, 12])])
    cut = tabulate([History(MONDAY, counts)])
    then = look_ahead(whole, learnt().lessons).band[0, -9]
    assert then.tolist() == look_ahead(cut, learnt().lessons).band[0, -1].tolist()


def test_two_thousand_issues_take_seconds_and_one_takes_milliseconds() -> None:
    histories = [History(MONDAY, [3, 1, 4, 1, 5, 9, 2, 6, 5, 3] * 12)] * 500
    learnt()
    began = time.process_time()
    learnt().prospects(histories)
    assert time.process_time() - began < 5
    began = time.process_time()
    for _n in range(20):
        learnt().expect(histories[0].counts, MONDAY)
    assert time.process_time() - began < 20 * 0.025  # five times the aim: machines differ


def test_what_was_learnt_is_the_same_when_it_comes_out_of_json() -> None:
    kept = json.loads(json.dumps(plain(learnt().lessons)))
    counts = fading(30, 5, 20)
    assert Outlook(lessons_of(kept)).prospect(counts, MONDAY) == learnt().prospect(counts, MONDAY)


@pytest.mark.parametrize("kept", [{}, {"form": 0}, {"form": 1, "bands": [1]}])
def test_damaged_lessons_are_refused(kept: dict[str, object]) -> None:
    with pytest.raises(Refused):
        lessons_of(kept)
