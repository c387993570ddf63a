"""Heat: four parts that fade, none of which a loud source or one person can fill alone."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.heat import PARTS, Facts, Said, Weights, facts_of, heat_of

voices = st.builds(
    Said,
    person=st.sampled_from("abcdefgh"),
    days_ago=st.floats(0, 400),
    urgency=st.integers(0, 3),
    copy=st.booleans(),
    applause=st.integers(0, 10**7),
    source=st.integers(1, 3),
)
weights = st.builds(Weights, *[st.floats(0, 100)] * 4, half_days=st.floats(0.25, 60))


def facts(*said: Said) -> Facts:
    return facts_of(said, {1: 4.0, 2: 4000.0}, half_days=2.0)


def test_one_person_who_writes_daily_counts_once_by_the_newest() -> None:
    assert facts(Said("a", 0), Said("a", 1), Said("a", 9)).people == 1.0
    assert facts(Said("a", 2), Said("a", 9), Said("b", 4)).people == 0.75


def test_applause_counts_beside_what_is_usual_at_its_source() -> None:
    quiet, loud = Said("a", 0, applause=8, source=1), Said("a", 0, applause=8000, source=2)
    assert facts(quiet).reach == facts(loud).reach == pytest.approx(2 / 3)
    assert facts(Said("a", 0, applause=10**7, source=2)).reach < 1.0


def test_copies_reach_and_are_no_people() -> None:
    found = facts(Said("a", 0), Said("a", 0, copy=True), Said("a", 2, copy=True))
    assert (found.people, found.reach) == (1.0, 1.5)


def test_the_formula_can_be_redone_by_hand() -> None:
    heat, points = heat_of(Facts(people=9, reach=0, urgency=1, growth=0.5), Weights(50, 0, 30, 20))
    people = 50 * math.log(10) / math.log(101)
    assert points == pytest.approx({"people": people, "reach": 0, "urgency": 30, "growth": 10})
    assert heat == pytest.approx(people + 40)


def test_without_weights_nothing_is_hot() -> None:
    assert heat_of(Facts(people=9), Weights(0, 0, 0, 0))[0] == 0


@given(st.lists(voices, max_size=12), weights, st.floats(0, 1))
def test_heat_is_the_sum_of_its_parts_and_stays_below_a_hundred(
    said: list[Said], weight: Weights, growth: float
) -> None:
    found = facts_of(said, {}, half_days=weight.half_days, growth=growth)
    heat, points = heat_of(found, weight)
    assert list(points) == list(PARTS)
    assert 0 <= heat <= 100.001
    assert heat == pytest.approx(sum(points.values()))


@given(st.lists(voices, min_size=1, max_size=12), voices)
def test_whoever_adds_makes_it_no_cooler_and_time_no_hotter(said: list[Said], one: Said) -> None:
    def heat(*of: Said) -> float:
        return heat_of(facts(*of), Weights())[0]

    later = [Said(v.person, v.days_ago + 1, v.urgency, v.copy, v.applause, v.source) for v in said]
    assert heat(*said, one) >= heat(*said) - 1e-9
    assert heat(*later) <= heat(*said) + 1e-9


def test_weights_are_kept_and_what_is_not_kept_is_ours() -> None:
    assert Weights.of(Weights(1, 2, 3, 4, 5).stored()) == Weights(1, 2, 3, 4, 5)
    assert Weights.of({"people": 7, "moon": 1}) == Weights(people=7)
