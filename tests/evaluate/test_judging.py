"""`tingda evaluate intents` and `urgency`, and what they say of our own sentences."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tingda.cli.judging import intents, urgency
from tingda.evaluate.judging import evaluate_intents, evaluate_urgency
from tingda.lib.refusal import Refused

SETS = Path(__file__).parents[2] / "evaluate"


def test_the_counts_are_those_of_the_rows(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("text,urgency\n三楼着火了快来人,3\n请问几点上班,0\n请问几点下班,1\n", "utf-8")
    report = evaluate_urgency(file)
    assert (report["recall_of_3"], report["false_3_per_1000"]) == (1.0, 0.0)
    assert report["classes"]["0"] == {"precision": 0.5, "recall": 1.0, "f1": 0.6667, "rows": 1}
    assert report["macro_f1"] == round((1.0 + 0.6667 + 0.0) / 3, 4)


def test_intents_may_be_written_in_chinese_or_as_codes(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("text,intent\n请问几点上班？,咨询\n感谢你们，点赞,thanks\n", "utf-8")
    assert evaluate_intents(file)["macro_f1"] == 1.0


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a,b\n1,2\n", "两列"),
        ("text,intent\n你好,骂人\n".encode(), "不认识"),
        (b"text,intent\n", "一条也没有"),
        ("text,intent\n你好,咨询\n".encode("gb18030"), "UTF-8"),
    ],
)
def test_a_file_that_cannot_be_measured_is_refused(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(content)
    with pytest.raises(Refused) as refused:
        evaluate_intents(file)
    assert sentence in str(refused.value)


def test_the_commands_print_one_report() -> None:
    for command, file in ((intents, "intents.csv"), (urgency, "urgency.csv")):
        done = CliRunner().invoke(command, ["--data", str(SETS / file), "--json"])
        assert (done.exit_code, "macro_f1" in json.loads(done.stdout)) == (0, True)
        plain = CliRunner().invoke(command, ["--data", str(SETS / file)])
        assert plain.stdout.startswith("macro_f1")


@pytest.mark.parametrize("name", ["intents_held", "urgency_held", "urgency_short_held"])
def test_sentences_that_nothing_was_fitted_to_are_judged_above_the_floors(name: str) -> None:
    floors = tomllib.loads((SETS / "floors.toml").read_text("utf-8"))[name]
    judge = evaluate_intents if name.startswith("intents") else evaluate_urgency
    measured: Any = judge(SETS / f"{name}.csv")
    for key, floor in floors.items():
        if key.endswith("_most"):
            assert measured[key.removesuffix("_most")] <= floor
        elif isinstance(floor, float):
            assert measured[key] >= floor
