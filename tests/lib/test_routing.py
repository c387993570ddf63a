"""The first rule in order that holds takes a matter; nothing else decides."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.routing import Hours, Matter, Router, Rule, Way
from tingda.lib.watching.evaluate import match
from tingda.lib.watching.fold import Said, readable
from tingda.lib.watching.parse import parse

WORDS = ["停水", "校车", "停水 小区", "校车 OR 停电", "停水 -通知"]
TEXTS = ["小区停水了", "校车超员", "停水通知", "停电", "路灯不亮", ""]


def rule(number: int, words: str = "", **fields: object) -> Rule:
    return Rule(number, parse(words) if words else None, **fields)  # type: ignore[arg-type]


def matter(text: str, **fields: object) -> Matter:
    return Matter(readable(Said(body=text)), **fields)  # type: ignore[arg-type]


hours = st.builds(
    Hours, st.sampled_from([None, True, False]), st.none() | st.times(), st.none() | st.times()
)
rules = st.lists(
    st.builds(
        lambda words, topic, source, hour, unread: (words, topic, source, hour, unread),
        st.sampled_from(["", *WORDS]),
        st.sampled_from(["", "1", "2"]),
        st.sampled_from(["", "9"]),
        hours,
        st.booleans(),
    ),
    max_size=8,
).map(
    lambda rows: [
        rule(number, words, topic=topic, source=source, hours=hour, unread=unread)
        for number, (words, topic, source, hour, unread) in enumerate(rows, start=1)
    ]
)
matters = st.builds(
    lambda text, topic, source, at, works: matter(
        text, topic=topic, source=source, at=at, works=works
    ),
    st.sampled_from(TEXTS),
    st.sampled_from(["", "1", "2"]),
    st.sampled_from(["", "9"]),
    st.times(),
    st.booleans(),
)


def holds(one: Rule, about: Matter) -> bool:
    """The same, told plainly."""
    if one.topic not in ("", about.topic) or one.source not in ("", about.source):
        return False
    if not one.hours.hold(about.at, about.works):
        return False
    return one.unread or one.words is None or match(one.words, about.text) is not None


@given(rules, matters)
def test_the_first_that_holds_takes_it_and_the_rest_are_told_in_order(
    given_rules: list[Rule], about: Matter
) -> None:
    way = Router(given_rules).ways([about])[0]
    right = [one for one in given_rules if holds(one, about)]
    sound = [one.number for one in right if not one.unread]
    assert (way.takes, way.then) == (sound[0] if sound else None, tuple(sound[1:]))
    ahead = [one.number for one in right if one.unread and (not sound or one.number < sound[0])]
    assert way.unread == tuple(ahead)


@given(rules, matters, st.data())
def test_removing_a_rule_that_did_not_hold_changes_nothing(
    given_rules: list[Rule], about: Matter, data: st.DataObject
) -> None:
    way = Router(given_rules).ways([about])[0]
    named = {way.takes, *way.then, *way.unread}
    idle = [one for one in given_rules if one.number not in named and not one.unread]
    gone = data.draw(st.sets(st.sampled_from(idle or [rule(99)])))
    assert Router([one for one in given_rules if one not in gone]).ways([about]) == [way]


@given(rules, st.lists(matters, max_size=4))
def test_each_matter_goes_its_way_whatever_comes_with_it(
    given_rules: list[Rule], many: list[Matter]
) -> None:
    router = Router(given_rules)
    assert router.ways(many) == [router.ways([one])[0] for one in many]


@pytest.mark.parametrize(
    ("start", "end", "at", "within"),
    [
        ("08:00", "17:30", "08:00", True),
        ("08:00", "17:30", "17:30", False),
        ("17:30", "08:00", "23:59", True),
        ("17:30", "08:00", "07:59", True),
        ("17:30", "08:00", "08:00", False),
        ("17:30", "08:00", "12:00", False),
    ],
)
def test_hours_run_over_midnight(start: str, end: str, at: str, within: bool) -> None:
    hour = Hours(None, time.fromisoformat(start), time.fromisoformat(end))
    assert hour.hold(time.fromisoformat(at), works=True) is within


def test_places_are_the_same_however_they_are_written_and_words_are_pointed_at() -> None:
    router = Router([rule(1, "停水", place="幸福里"), rule(2)])
    near = router.ways([matter("又停水了", places=["幸 福 里"])])[0]
    assert (near.takes, near.then) == (1, (2,))
    assert [(one.field, one.start, one.end) for one in near.spans] == [("body", 1, 3)]
    assert router.ways([matter("又停水了", places=["幸福里二期"])]) == [Way(2)]
