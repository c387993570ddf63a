"""The commands that measure how single texts are read, by their doors."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tingda.cli.main import main

OURS = Path(__file__).parents[2] / "evaluate"


@pytest.mark.parametrize(
    ("command", "keys"),
    [("repeats", ["precision", "recall", "f1"]), ("masks", ["precision", "recall", "kinds"])],
)
def test_a_measure_comes_as_json(command: str, keys: list[str]) -> None:
    data = str(OURS / f"{command}.csv")
    done = CliRunner().invoke(main, ["evaluate", command, "--data", data, "--json"])
    assert done.exit_code == 0
    assert list(json.loads(done.stdout)) == keys


def test_a_file_without_examples_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("a,b,repeat\n", "utf-8")
    done = CliRunner().invoke(main, ["evaluate", "repeats", "--data", str(path)])
    assert (done.exit_code, "empty.csv" in done.output) == (1, True)
