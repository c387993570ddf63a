"""What a slow look at whole issues suggests, and what it leaves alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tingda.detect.rules import BY_ITSELF, Decided, Grouper, Item, propose, settle

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
FUMES = ("油烟", "烧烤店", "窗户", "排烟", "云溪苑")
LIFT = ("电梯", "停运", "维修", "配件", "云溪苑")


def item(key: int, words: Sequence[str], place: str = "云溪苑", day: float = 0) -> Item:
    places = (place,) if place else ()
    return Item(
        key, tuple(words), places, f"{key + 1:016x}" * 4, START + timedelta(days=day or key)
    )


def scattered() -> Grouper:
    """An issue of six, a fragment of two on the same matter, another matter at the same place."""
    grouper = Grouper()
    background = [item(n, (f"路{n}", f"灯{n}", f"车{n}"), f"别处{n}苑") for n in range(50, 80)]
    grouper.load(background, range(50, 80))
    grouper.load([item(n, FUMES) for n in range(6)], [1] * 6)
    grouper.load([item(n, ("油烟", "窗户", "云溪苑", "晚上")) for n in (6, 7)], [2, 2])
    grouper.load([item(n, LIFT) for n in (8, 9)], [3, 3])
    return grouper


def test_a_fragment_of_the_same_matter_goes_into_the_older_by_itself() -> None:
    (one,) = [one for one in propose(scattered(), Decided()) if one.kind == "merge"]
    assert (one.issue, one.other, one.sure >= BY_ITSELF) == (1, 2, True)
    assert one.why["places"] == ["云溪苑"]
    assert one.why["voices"] == [6, 2]
    assert set(one.why) == {"words", "places", "similarity", "needed", "voices"}


def test_settling_leaves_one_issue_and_says_what_was_done() -> None:
    grouper = scattered()
    assert [(one.issue, one.other) for one in settle(grouper, Decided())] == [(1, 2)]
    assert (2 in grouper.live(), grouper.voices_of(1)) == (False, 8)
    assert settle(grouper, Decided()) == []


def test_what_a_person_refused_or_pulled_apart_is_not_proposed_again() -> None:
    assert propose(scattered(), Decided(apart={frozenset((1, 2))})) == []
    grouper = scattered()
    grouper.keep_apart(1, 2)
    assert propose(grouper, Decided()) == []


def test_the_same_words_about_another_place_are_not_proposed() -> None:
    grouper = scattered()
    grouper.load([item(n, FUMES[:4], "百合园") for n in (20, 21)], [4, 4])
    assert [one.other for one in propose(grouper, Decided())] == [2]


def test_only_the_issues_that_are_asked_about_are_looked_at() -> None:
    grouper = scattered()
    grouper.touched()
    assert propose(grouper, Decided(), among=grouper.touched()) == []
    grouper.load([item(30, FUMES)], [1])
    assert grouper.touched() == {1}


def test_voices_of_another_place_are_proposed_to_leave() -> None:
    here = [item(n, FUMES) for n in range(4)]
    there = [item(n, LIFT[:4], "百合园") for n in range(10, 13)]
    grouper = Grouper()
    grouper.load([*here, *there], [1] * 7)
    (one,) = propose(grouper, Decided(), voices={1: [*here, *there]})
    assert (one.kind, one.issue, one.other, one.voices) == ("split", 1, None, (10, 11, 12))
    assert (one.why["places"], one.why["voices"]) == (["百合园"], [4, 3])
    whole = Decided(whole={1: 4})
    assert propose(grouper, whole, voices={1: [*here, *there]}) == []


def test_a_second_stretch_of_time_after_a_long_silence_is_proposed_to_leave() -> None:
    before = [item(n, FUMES, day=n + 1) for n in range(4)]
    after = [item(n, FUMES, day=n + 60) for n in range(10, 14)]
    grouper = Grouper()
    grouper.load([*before, *after], [1] * 8)
    (one,) = propose(grouper, Decided(), voices={1: [*before, *after]})
    assert (one.voices, one.why["silent_days"]) == ((10, 11, 12, 13), 66)
    soon = [replace(one, said_at=one.said_at - timedelta(days=50)) for one in after]
    assert propose(grouper, Decided(), voices={1: [*before, *soon]}) == []


@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from([FUMES, LIFT, ("啊",), ()])), max_size=9)
)
def test_no_issue_is_in_two_merges_and_nothing_is_changed(
    voices: list[tuple[int, tuple[str, ...]]],
) -> None:
    grouper = Grouper()
    items = [item(key, words) for key, (_, words) in enumerate(voices)]
    grouper.load(items, [issue for issue, _ in voices])
    before = sorted(grouper.live())
    found = propose(grouper, Decided(), voices={1: items})
    touched = [issue for one in found if one.other for issue in (one.issue, one.other)]
    assert len(touched) == len(set(touched))
    assert all(0 < one.sure <= 1 for one in found)
    assert sorted(grouper.live()) == before
