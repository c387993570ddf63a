"""`tingda evaluate topics`: what it counts, what it holds apart, and the aims on real rows."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.lib.test_topics import ROWS
from tingda.cli.main import main
from tingda.evaluate.topics import Report, evaluate_topics, topic_of
from tingda.lib.refusal import Refused
from tingda.lib.topics.kinds import Example, Settings

REAL = Path(__file__).parents[2] / "../shared/data/messages/labelled.csv"
LABELS = {"bus": "交通运输", "water": "城乡建设", "school": "教育文体"}


def table(path: Path, rows: list[Example]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "topic", "time", "detail", "label"))
        for number, row in enumerate(rows):
            writer.writerow((number, row.title, "2026-11-01 08:00", row.body, row.topic))
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [row._replace(topic=LABELS[row.topic]) for row in ROWS]
    return table(tmp_path / "rows.csv", rows)


@pytest.mark.slow
def test_five_fold_learns_what_the_rows_say(data: Path) -> None:
    report = evaluate_topics(data)
    assert report["macro_f1"] == report["accuracy"] == 1.0
    assert report["calibration_error"] < 0.1


def test_without_rows_it_goes_by_names_and_keywords(data: Path) -> None:
    report = evaluate_topics(data, per_topic=0)
    assert 0.3 < report["macro_f1"] < 1.0


def test_a_row_that_it_is_not_sure_of_is_judged_all_the_same(data: Path) -> None:
    sure, unsure = (
        evaluate_topics(data, per_topic=0, settings=Settings(threshold=least))
        for least in (0.0, 1.01)
    )
    assert sure["abstained"] < 1
    assert unsure == sure | {"abstained": 1.0}


def test_a_row_without_any_known_word_counts_as_wrong(tmp_path: Path) -> None:
    rows = [Example("", "qq", "甲"), Example("", "xx", "乙")]
    report = evaluate_topics(table(tmp_path / "rows.csv", rows), per_topic=0)
    assert report == Report(macro_f1=0.0, accuracy=0.0, calibration_error=0.0, abstained=1.0)


def test_rows_that_it_is_asked_about_are_not_learnt_from(data: Path, tmp_path: Path) -> None:
    wrong = [row._replace(topic="教育文体" if row.topic == "bus" else "交通运输") for row in ROWS]
    learnt = table(tmp_path / "train.csv", wrong)
    assert evaluate_topics(data, learnt) == evaluate_topics(data, per_topic=0)


def test_it_learns_from_another_file(data: Path, tmp_path: Path) -> None:
    others = [row._replace(body=f"某处{row.body}，请处理", topic=LABELS[row.topic]) for row in ROWS]
    learnt = table(tmp_path / "train.csv", others)
    assert evaluate_topics(data, learnt)["macro_f1"] == 1.0


def test_our_own_topics_groups_and_wide_areas_bring_their_words() -> None:
    assert "公交车" in topic_of("公交").keywords
    assert {"公交", "红绿灯"} <= set(topic_of("交通出行").keywords)
    assert topic_of("生态环境").keywords == topic_of("环境保护").keywords != ()
    assert topic_of("别的什么").keywords == ()


def test_tables_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id,topic,detail\n1,a,b\n", encoding="utf-8")
    with pytest.raises(Refused, match="label"):
        evaluate_topics(path)
    path.write_text("id,topic,detail,label\n1,a,b,\n", encoding="utf-8")
    with pytest.raises(Refused, match="没有带标签的行"):
        evaluate_topics(path)


def test_the_command_prints_the_report(data: Path) -> None:
    asked = ["evaluate", "topics", "--data", str(data), "--per-topic", "0", "--json"]
    done = CliRunner().invoke(main, asked)
    assert json.loads(done.stdout) == evaluate_topics(data, per_topic=0)


@pytest.mark.real_data
@pytest.mark.skipif(not REAL.exists(), reason="the real messages are not on this machine")
@pytest.mark.parametrize(("rows", "f1", "error"), [(0, 0.78, 0.07), (10, 0.77, 0.06)])
def test_real_rows_are_sorted_as_well_as_promised(rows: int, f1: float, error: float) -> None:
    report = evaluate_topics(REAL, per_topic=rows)
    assert report["macro_f1"] >= f1
    assert report["calibration_error"] <= error
