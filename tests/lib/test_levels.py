"""The table of colours: the first row that fits wins."""

import pytest

from tingda.lib.levels import (
    LEVELS,
    MINUTES,
    TABLE,
    Evidence,
    Row,
    is_higher,
    reasons,
    row_for,
    rows_of,
    stored,
)


@pytest.mark.parametrize(
    ("evidence", "level"),
    [
        (Evidence(urgency=3, people=1), "red"),
        (Evidence(urgency=2, grows=True, people=5), "orange"),
        (Evidence(urgency=2, grows=True, people=4), "yellow"),
        (Evidence(urgency=0, grows=True, people=20), "orange"),
        (Evidence(urgency=0, grows=True, people=3), "yellow"),
        (Evidence(urgency=0, grows=True, people=2), ""),
        (Evidence(urgency=2, people=2), ""),
        (Evidence(urgency=1, people=30), "blue"),
        (Evidence(), ""),
    ],
)
def test_our_own_table(evidence: Evidence, level: str) -> None:
    number = row_for(TABLE, evidence)
    assert ("" if number is None else TABLE[number].level) == level


def test_the_first_row_wins_though_a_later_one_is_graver() -> None:
    rows = (Row("blue", people=2), Row("red", people=2))
    assert row_for(rows, Evidence(people=2)) == 0


def test_a_row_about_a_topic_is_for_that_topic() -> None:
    rows = (Row("red", topic="gas"), Row("blue"))
    assert [row_for(rows, Evidence(people=1, topic=topic)) for topic in ("gas", "")] == [0, 1]


def test_rows_are_kept_and_none_means_ours() -> None:
    rows = (Row("red", 3, True, 7, "gas"), Row("blue"))
    assert rows_of(stored(rows)) == rows
    assert rows_of([]) == TABLE


def test_colours_from_the_gravest() -> None:
    assert [is_higher(one, "yellow") for one in (*LEVELS, "")] == [True, True, False, False, False]
    assert is_higher("blue", "")
    assert list(MINUTES) == list(LEVELS)


def test_reasons_name_what_the_row_asked_for() -> None:
    rise = {"window": "3d", "seen": 9, "expected": 2.5}
    told = reasons(Row("red", urgency=2, grows=True), Evidence(2, True, 9), rise, ["煤气味"])
    assert [text % values for text, values in told] == [
        "提到“煤气味”",
        "紧急程度：当天",
        "近 3 天 9 人，往常约 2.5 人",
        "一周里 9 人反映",
    ]
    hours = reasons(Row("blue", grows=True), Evidence(0, True, 4), {**rise, "window": "6h"})
    assert next(text % values for text, values in hours) == "近 6 小时 9 人，往常约 2.5 人"
    assert len(reasons(Row("blue"), Evidence(people=30), rise)) == 1
