"""Foreseeing measured: on a stream with its truth, and on simulated issues."""

import csv
import json
import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from tingda.cli.foresight import outlook
from tingda.evaluate.outlook import evaluate_outlook
from tingda.evaluate.outlook_issues import FAMILIES, MEASURING, TUNING, office
from tingda.lib.refusal import Refused

MESSAGES = Path(__file__).parents[2] / "../shared/data/messages"
ROW = {"mae", "scaled", "coverage", "one_lower", "rows"}


def tables(folder: Path, issues: int, days: int) -> tuple[Path, Path]:
    dice = random.Random(1)  # noqa: S311 - makes a stream, guards nothing
    stream, truth = folder / "stream.csv", folder / "truth.csv"
    with (
        stream.open("w", encoding="utf-8", newline="") as voices,
        truth.open("w", encoding="utf-8", newline="") as known,
    ):
        said, listed = csv.writer(voices), csv.writer(known)
        said.writerow(("id", "author", "topic", "time", "detail"))
        listed.writerow(("id", "issue"))
        for issue in range(issues):
            for day in range(days):
                for _n in range(dice.randint(0, 3)):
                    key = f"{issue}-{day}-{dice.random()}"
                    on = date(2026, 1, 1) + timedelta(days=day)
                    said.writerow((key, "a", "停水", f"{on} 08:00", "又停水了"))
                    listed.writerow((key, issue))
    return stream, truth


def test_an_office_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    assert office(1, MEASURING, 2) == office(1, MEASURING, 2)
    assert office(1, MEASURING, 2) != office(2, MEASURING, 2)
    assert MEASURING != TUNING


@pytest.mark.slow
def test_the_report_has_exactly_these_keys(tmp_path: Path) -> None:
    stream, truth = tables(tmp_path, issues=8, days=70)
    report = evaluate_outlook(stream, truth, seed=1, each=6)
    assert set(report) == {"stream", "simulated"}
    assert set(report["simulated"]["families"]) == set(FAMILIES)
    groups = [report["stream"], report["simulated"]["all"]]
    for rows in [*groups, *report["simulated"]["families"].values()]:
        assert rows is not None
        assert list(rows) == ["1", "3", "7"]
        assert all(
            set(row) == ROW and set(row["mae"]) == {"ours", "naive"} for row in rows.values()
        )


@pytest.mark.slow
def test_a_stream_is_judged_only_after_something_could_be_learnt(tmp_path: Path) -> None:
    stream, truth = tables(tmp_path, issues=8, days=70)
    report = evaluate_outlook(stream, truth, seed=1, each=6)
    assert report["stream"] is not None
    # learnt after 56 of 70 days: two weeks of eight issues, without the days of the horizon
    assert [row["rows"] for row in report["stream"].values()] == [104, 88, 56]


@pytest.mark.parametrize("given", [(True, False), (False, True)])
def test_a_stream_and_its_truth_go_together(tmp_path: Path, given: tuple[bool, bool]) -> None:
    paths = [
        path if wanted else None for path, wanted in zip(tables(tmp_path, 1, 1), given, strict=True)
    ]
    with pytest.raises(Refused, match="一起给"):
        evaluate_outlook(*paths)


def test_a_stream_that_is_too_short_is_refused(tmp_path: Path) -> None:
    stream, truth = tables(tmp_path, issues=3, days=20)
    with pytest.raises(Refused, match="历史太短"):
        evaluate_outlook(stream, truth, seed=1, each=4)


def test_a_truth_about_other_rows_is_refused(tmp_path: Path) -> None:
    stream, _truth = tables(tmp_path, issues=1, days=5)
    other = tmp_path / "other.csv"
    other.write_text("id,issue\nx,y\n", "utf-8")
    with pytest.raises(Refused, match="一个也没有"):
        evaluate_outlook(stream, other, seed=1, each=4)


def test_the_command_prints_one_report_and_holds_to_its_floor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tingda.evaluate.outlook.EACH", 4)
    small = evaluate_outlook(seed=1, each=4)
    monkeypatch.setattr("tingda.cli.foresight.evaluate_outlook", lambda *_given: small)
    done = CliRunner().invoke(outlook, ["--json"])
    assert (done.exit_code, json.loads(done.stdout)["stream"]) == (0, None)
    assert CliRunner().invoke(outlook, []).stdout.startswith("all ")
    low = CliRunner().invoke(outlook, ["--json", "--floor", "0.999"])
    assert isinstance(low.exception, Refused)


@pytest.mark.real_data
def test_real_issues_are_foreseen_no_worse_than_by_last_week() -> None:
    if not (MESSAGES / "stream.csv").exists():
        pytest.skip("../shared/data/messages is not there")
    truth = MESSAGES / "stream_issues.csv"
    report = evaluate_outlook(MESSAGES / "stream.csv", truth, seed=1, each=6)
    assert report["stream"] is not None
    assert all(row["scaled"] <= 1 for row in report["stream"].values())
