"""`tingda evaluate alerts`: rises in simulated offices and in a stream with planted issues."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tingda.cli.warning import alerts
from tingda.evaluate.alerts import METHODS, NOMINAL, Size, at_same_rate, evaluate_alerts
from tingda.evaluate.alerts_methods import OTHERS, score
from tingda.evaluate.alerts_stream import evaluate_alerts_in
from tingda.evaluate.alerts_world import KINDS, MEANS, SETTINGS, Setting, office_of
from tingda.lib.refusal import Refused

SMALL = Size(quiet=200, rises=20)
SOME = (SETTINGS[0], SETTINGS[2])


def test_the_report_compares_all_methods_at_one_rate() -> None:
    done: list[tuple[int, int]] = []
    report = evaluate_alerts(7, SMALL, SOME, lambda *at: done.append(at))
    assert done == [(1, 2), (2, 2)]
    assert report["nominal"] == NOMINAL
    assert list(report["actual"]) == list(report["found_by_day"]) == list(METHODS)
    assert len(set(report["actual"].values())) == 1
    assert report["actual"]["ours"] == pytest.approx(NOMINAL, rel=0.25)
    assert list(report["by_mean"]) == [f"{mean:g}" for mean in MEANS]
    assert list(report["by_rise"]) == list(KINDS)
    # the totals are of what was not tuned on
    calm = report["settings"][1]
    assert [one["tuned"] for one in report["settings"]] == [True, False]
    assert calm["found_by_day"] == report["found_by_day"]
    for day in range(3):
        ours, *others = (report["found_by_day"][method][day] for method in METHODS)
        assert ours > max(others)


def test_the_same_seed_gives_the_same_report() -> None:
    size = Size(quiet=20, rises=2)
    assert evaluate_alerts(3, size, SOME) == evaluate_alerts(3, size, SOME)
    assert evaluate_alerts(3, size, SOME) != evaluate_alerts(4, size, SOME)


def test_a_simulated_office_is_as_it_was_asked_for() -> None:
    office = office_of(Setting("x", tuned=True, extra=1.0), 300, 5, np.random.default_rng(1))
    counts, kinds = office.table.counts[office.kind < 0], office.table.kinds
    mean = office.mean[office.kind < 0]
    loud = counts[mean == len(MEANS) - 1]
    assert loud[:, kinds < 5].mean() == pytest.approx(40, rel=0.02)
    assert loud[:, kinds >= 5].mean() == pytest.approx(20, rel=0.02)
    assert loud[:, kinds < 5].var() == pytest.approx(80, rel=0.05)
    assert {tuple(pair) for pair in np.stack([office.kind, office.risen_on >= 0], axis=1)} == {
        (-1, 0),
        *((kind, 1) for kind in range(len(KINDS))),
    }


def test_the_tuned_settings_are_few_and_said_to_be_so() -> None:
    assert [one.name for one in SETTINGS if one.tuned] == ["even", "rough"]
    assert len(SETTINGS) == 8


def test_a_worked_example_of_each_other_method() -> None:
    counts = np.array([[0] * 21 + [2, 4, 2, 4, 2, 4, 3, 9]], dtype=np.int32)
    week = np.array([2, 4, 2, 4, 2, 4, 3])
    found = {method: float(score(method, counts, 28)[0]) for method in OTHERS}
    assert found["ears_c1"] == pytest.approx((9 - 3) / week.std(ddof=1))
    assert found["t7"] == pytest.approx((9 - 3) / (week.std(ddof=1) * (8 / 7) ** 0.5))
    # mid-p of nine or more where 0.75 are usual
    assert found["poisson"] == pytest.approx(7.43, abs=0.3)


def test_the_rate_is_met_also_where_scores_are_equal() -> None:
    scores = np.zeros((10, 100))
    alarms = at_same_rate(scores, np.ones_like(scores, dtype=bool), 0.03)
    assert alarms.sum() == 30
    assert not at_same_rate(scores, np.ones_like(scores, dtype=bool), 0.0).any()


def stream(folder: Path) -> list[str]:
    """Half a year of single matters, and one about which ten people write on one day."""
    begin = datetime(2026, 1, 5, 9, tzinfo=UTC)
    places = "东西南北中上下前后左"
    rows = [
        (
            f"n{n}",
            f"a{n}",
            f"{places[n % 10]}{places[n // 10]}路路灯坏了",
            begin + timedelta(days=n),
        )
        for n in range(100)
    ]
    late = begin + timedelta(days=95)
    rows += [
        (f"p{n}", f"p{n}", "云溪苑自来水发黄有异味", late + timedelta(minutes=20 * n))
        for n in range(10)
    ]
    with (folder / "stream.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "author", "topic", "time", "detail"])
        writer.writerows([i, a, t, f"{at:%Y-%m-%d %H:%M}", f"{t}，请处理"] for i, a, t, at in rows)
    truth = "".join(f"p{n},water\n" for n in range(10)) + "n1,lamp\nnowhere,gone\n"
    (folder / "truth.csv").write_text("id,issue\n" + truth, "utf-8")
    return ["--stream", f"{folder / 'stream.csv'}", "--truth", f"{folder / 'truth.csv'}"]


def test_an_issue_planted_in_a_stream_is_found_on_its_first_day(tmp_path: Path) -> None:
    done = CliRunner().invoke(alerts, [*stream(tmp_path), "--json"])
    report = json.loads(done.stdout)
    assert (report["planted"], report["too_small"], report["days"]) == (1, 1, 100)
    assert report["found_by_day"]["ours"] == [1.0, 1.0, 1.0]
    assert list(report["actual"]) == list(METHODS)
    # what two of these hundred issues began with is near the limit of three people
    assert report["actual_per_week"] <= 2 * report["per_week"]


def test_a_floor_that_is_not_reached_fails_and_the_report_stands(tmp_path: Path) -> None:
    tables = stream(tmp_path)
    assert CliRunner().invoke(alerts, [*tables, "--floor", "1"]).exit_code == 0
    (tmp_path / "truth.csv").write_text("id,issue\nn1,lamp\n", "utf-8")
    below = CliRunner().invoke(alerts, [*tables, "--floor", "0.5"])
    assert (below.exit_code, below.stdout.startswith("nominal")) == (1, True)
    assert isinstance(below.exception, Refused)
    assert str(below.exception) == "前三天找到的升温是 0.0，低于下限 0.5"


def test_half_of_what_a_stream_needs_is_refused(tmp_path: Path) -> None:
    tables = stream(tmp_path)
    alone = CliRunner().invoke(alerts, tables[:2])
    assert isinstance(alone.exception, Refused)
    (tmp_path / "stream.csv").write_text("id,author,topic,time,detail\n", "utf-8")
    with pytest.raises(Refused, match="一条"):
        evaluate_alerts_in(tmp_path / "stream.csv", tmp_path / "truth.csv")
