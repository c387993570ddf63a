"""Grouping measured against a truth."""

import csv
from pathlib import Path

import pytest

from tingda.evaluate.issues import bcubed, evaluate_issues
from tingda.evaluate.issues_held import evaluate_held_out
from tingda.lib.refusal import Refused

MESSAGES = Path(__file__).parents[2] / "../shared/data/messages"
STREAM = ("id", "author", "topic", "time", "detail", "likes", "dislikes")
VOICES = [
    ("1", "a", "云溪苑楼下烧烤店油烟太大", "2026-03-01 08:00", "烧烤店油烟直排，厨房窗户不敢开"),
    ("2", "b", "投诉云溪苑烧烤店油烟", "2026-03-02 08:00", "云溪苑烧烤店的油烟熏得窗户不敢开"),
    ("3", "a", "百合园停水没有通知", "2026-03-01 09:00", "百合园从昨晚停水到现在，没有任何通知"),
    ("4", "", "百合园停水", "2026-03-01 12:00", "百合园又停水了，停水通知在哪里"),
]


def table(path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def test_bcubed_of_a_worked_example() -> None:
    found = {"a": 1, "b": 1, "c": 1, "d": 2}
    truth = {"a": "x", "b": "x", "c": "y", "d": "y"}
    # precision: 2/3, 2/3, 1/3, 1; recall: 1, 1, 1/2, 1/2
    assert bcubed(found, truth) == {"precision": 0.6667, "recall": 0.75, "f1": 0.7059}


def test_bcubed_of_nothing_is_nought() -> None:
    assert bcubed({}, {}) == {"precision": 0.0, "recall": 0.0, "f1": 0.0}


def _group(title: str, place: str) -> dict[str, object]:
    return {"size": 2, "people": 2, "title": title, "place": place}


def test_the_report_has_exactly_these_keys(tmp_path: Path) -> None:
    stream = table(tmp_path / "s.csv", STREAM, [(*row, "0", "0") for row in VOICES])
    truth = table(
        tmp_path / "t.csv",
        ("id", "issue"),
        [("1", "fumes"), ("2", "fumes"), ("3", "water"), ("99", "gone")],
    )
    seen: list[tuple[int, int]] = []
    report = evaluate_issues(stream, truth, lambda done, of: seen.append((done, of)))
    assert report == {
        "bcubed": {"precision": 1.0, "recall": 1.0, "f1": 1.0},
        "groups": 2,
        "truth_groups": 2,
        "groups_beyond": 0.0,
        "largest": [
            _group("云溪苑楼下烧烤店油烟太大", "云溪苑") | {"issue": "fumes", "listed": 2},
            _group("百合园停水没有通知", "百合园") | {"issue": "water", "listed": 1},
        ],
    }
    assert seen == [(4, 4)]


def test_a_table_without_its_columns_is_refused(tmp_path: Path) -> None:
    stream = table(tmp_path / "s.csv", ("id", "topic"), [("1", "x")])
    truth = table(tmp_path / "t.csv", ("id", "issue"), [("1", "x")])
    with pytest.raises(Refused, match="author"):
        evaluate_issues(stream, truth)


def test_with_twins_it_says_what_was_merged_wrongly_and_how_steady_numbers_are(
    tmp_path: Path,
) -> None:
    stream = table(tmp_path / "s.csv", STREAM, [(*row, "0", "0") for row in VOICES])
    truth = table(tmp_path / "t.csv", ("id", "issue"), [("1", "a"), ("2", "b"), ("3", "c")])
    twins = table(tmp_path / "w.csv", ("one", "other"), [("a", "b"), ("a", "c"), ("a", "gone")])
    report = evaluate_issues(stream, truth, twins=twins)
    steady = (report["churn_a_day"], report["moved_by_restart"])
    assert (report["twins_merged"], steady) == (1, (0.0, 0.0))


def test_settings_are_judged_by_issues_they_were_not_chosen_on(tmp_path: Path) -> None:
    stream = table(tmp_path / "s.csv", STREAM, [(*row, "0", "0") for row in VOICES])
    rows = [("1", "fumes"), ("2", "other"), ("3", "water"), ("4", "water")]
    held = evaluate_held_out(stream, table(tmp_path / "t.csv", ("id", "issue"), rows))
    assert held["halves"] == 20
    assert set(held["of_each"].values()) == {
        bcubed({"1": 1, "2": 1, "3": 2, "4": 2}, dict(rows))["f1"]
    }
    assert held["least"] < held["mean"] < 1.0


def test_posts_of_events_are_stream_and_truth_in_one_table(tmp_path: Path) -> None:
    posts: list[tuple[str, ...]] = [
        ("7", "haze", "2013-06-20T08:00:00Z", "Haze over the city #sghaze"),
        ("8", "haze", "2013-06-20T09:00:00Z", "#sghaze is worse today, haze everywhere"),
    ]
    events = table(tmp_path / "e.csv", ("tweet_id", "event", "time_utc", "text"), posts)
    report = evaluate_issues(events, events)
    assert (report["groups"], report["bcubed"]["f1"]) == (1, 1.0)


@pytest.mark.real_data
def test_real_messages_are_grouped_well() -> None:
    if not (MESSAGES / "stream.csv").exists():
        pytest.skip("../shared/data/messages is not there")
    report = evaluate_issues(MESSAGES / "stream.csv", MESSAGES / "stream_issues.csv")
    assert report["bcubed"]["f1"] >= 0.97
    assert report["truth_groups"] == 20
    titles = [group["title"] for group in report["largest"]]
    assert sum("搅拌" in title for title in titles) == 1
    assert sum("车位" in title for title in titles) == 1
