"""A written course of events: read, faults told by line, judged, written again."""

import contextlib
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib import scenarios
from tingda.lib.refusal import Refused
from tingda.lib.scenarios import Expected, Judged, Said, Scenario

NOW = datetime(2026, 11, 21, 8, 20, tzinfo=UTC)  # 16:20 in Shanghai
ZONE = ZoneInfo("Asia/Shanghai")
TEXT = """# 说明
name = "夜间燃气泄漏"
begins = "23:40"
minutes = 90

[[say]]
minute = 5
source = "论坛"
text = "楼道里都是味"

[[say]]
minute = 2
source = "热线"
title = "煤气味"
text = "有煤气味"

[[expect]]
what = "plan"
within = 15
"""


def test_a_scenario_is_what_is_said_in_order_and_what_ought_to_happen() -> None:
    assert scenarios.read(TEXT) == Scenario(
        name="夜间燃气泄漏",
        about="",
        begins=time(23, 40),
        minutes=90,
        said=(Said(2, "热线", "有煤气味", "煤气味"), Said(5, "论坛", "楼道里都是味")),
        expected=(Expected("plan", 15),),
    )


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('name = "夜间燃气泄漏"', 'name = "夜间', "第 2 行：写法不对"),
        ('name = "夜间燃气泄漏"', 'name = ""', "第 2 行：“name”要写"),
        ('begins = "23:40"', 'begins = "25:40"', "第 3 行：开始的时刻"),
        ("minutes = 90", "minutes = 4", "第 4 行：分钟应是 5 到 1440"),
        ("minutes = 90", "minuten = 90", "第 4 行：没有“minuten”"),
        ("minute = 5", "minute = 91", "第 6 行：分钟应是 0 到 90"),
        ("minute = 5", 'minute = "5"', "第 6 行：分钟应是 0 到 90"),
        ("minute = 5", "minute = true", "第 6 行：分钟应是 0 到 90"),
        ('source = "热线"', 'sauce = "热线"', "第 11 行：没有“sauce”"),
        ('text = "有煤气味"', "", "第 11 行：“text”要写"),
        ('what = "plan"', 'what = "plans"', "第 17 行：没有“plans”。可以写：alert、"),
        ("within = 15", "within = 0", "第 17 行：分钟应是 1 到"),
    ],
)
def test_a_fault_is_told_with_its_line(before: str, after: str, told: str) -> None:
    assert TEXT.count(before) == 1
    with pytest.raises(Refused) as refused:
        scenarios.read(TEXT.replace(before, after))
    assert str(refused.value).startswith(told)


@pytest.mark.parametrize(
    "text",
    [
        "",
        'name = "x"\n',
        'name = "x"\nsay = 3\n',
        'name = "x"\nsay = [1]\n',
        'name = "x"\nsay = {minute = 1}\n',
        TEXT + '[[expect]]\nwhat = "plan"\nwithin = 3\n',
        TEXT + "\0",
        TEXT + '[[say]]\nminute = 0\nsource = "x"\ntext = "y"\n' * scenarios.MOST_SAID,
        "x" * (scenarios.LONGEST_TEXT + 1),
    ],
)
def test_what_is_no_scenario_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        scenarios.read(text)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Refused):
        scenarios.read(TEXT.replace("有煤气味", text))


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).map(str.strip)
SAID = st.builds(Said, st.integers(0, 1380), WORDS, WORDS, WORDS)


@given(WORDS, st.lists(SAID, min_size=1, max_size=5))
def test_what_is_written_of_voices_reads_as_it_was_said(name: str, told: list[Said]) -> None:
    told = [one for one in told if one.source and one.text]
    if name and told:
        made = scenarios.read(scenarios.written(name, "", time(7, 5), told))
        assert (made.name, made.begins) == (name, time(7, 5))
        assert list(made.said) == sorted(told, key=lambda one: one.minute)


@pytest.mark.parametrize(
    ("begins", "hour"),
    [(None, NOW), (time(16, 20), NOW), (time(16, 19), datetime(2026, 11, 22, 8, 19, tzinfo=UTC)),
     (time(23, 40), datetime(2026, 11, 21, 15, 40, tzinfo=UTC))],
)  # fmt: skip
def test_it_starts_at_the_next_time_the_clock_shows_its_hour(
    begins: time | None, hour: datetime
) -> None:
    row = Scenario("", "", begins, 60, (Said(0, "x", "y"),), ())
    assert scenarios.starts_at(row, NOW, ZONE) == hour


def test_minutes_count_from_the_first_thing_said() -> None:
    row = scenarios.read(TEXT + '[[expect]]\nwhat = "case"\nwithin = 3\n')
    late = {"plan": NOW + timedelta(minutes=17, seconds=6)}
    judged = scenarios.judge(row, NOW, late)
    assert judged == [Judged("plan", 15, 15.1), Judged("case", 3, None)]
    assert [one.kept for one in judged] == [False, False]
    assert scenarios.judge(row, NOW, {"plan": NOW + timedelta(minutes=17)})[0].kept
