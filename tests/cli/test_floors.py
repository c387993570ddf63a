"""`tingda evaluate issues --floor`: a number that fell fails the run; the report stays as it is."""

import json
import shutil
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from tingda.cli.measures import evaluate
from tingda.lib.refusal import Refused

STREAM = """id,author,topic,time,detail
1,a,锦绣苑停水,2026-11-20 08:00,锦绣苑从早上起停水，什么时候来水
2,b,锦绣苑停水三小时了,2026-11-20 09:00,锦绣苑停水三个小时，没有人通知
3,c,公交站牌倒了,2026-11-20 10:00,和平路公交站牌倒在人行道上
"""


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """The command on a stream whose truth says that each voice is a matter of its own."""
    (tmp_path / "stream.csv").write_text(STREAM, "utf-8")
    (tmp_path / "truth.csv").write_text("id,issue\n1,x\n2,y\n3,z\n", "utf-8")
    tables = ["--stream", f"{tmp_path / 'stream.csv'}", "--truth", f"{tmp_path / 'truth.csv'}"]
    return ["issues", *tables, "--json"]


def test_below_the_floor_the_run_fails_with_a_sentence_and_the_same_report(
    command: list[str],
) -> None:
    plain = CliRunner().invoke(evaluate, command)
    f1 = json.loads(plain.stdout)["bcubed"]["f1"]
    assert (plain.exit_code, f1 < 1) == (0, True)
    at = CliRunner().invoke(evaluate, [*command, "--floor", str(f1)])
    assert (at.exit_code, at.stdout, at.stderr) == (0, plain.stdout, "")
    below = CliRunner().invoke(evaluate, [*command, "--floor", "1"])
    assert (below.exit_code, below.stdout) == (1, plain.stdout)
    # the command `tingda` says a refusal as one sentence
    assert isinstance(below.exception, Refused)
    assert str(below.exception) == f"归并的 F1 是 {f1}，低于下限 1.0"


ROOT = Path(__file__).parents[2]
NO_FLOORS = ("date", "why", "lowered")


def test_every_floor_has_its_day_and_its_sentence() -> None:
    floors = tomllib.loads((ROOT / "evaluate/floors.toml").read_text("utf-8"))
    for floor in floors.values():
        assert all(
            value > 0 or name.endswith("_most")  # of what should not be, none may be the limit
            for name, value in floor.items()
            if name not in NO_FLOORS
        )
        assert isinstance(floor["date"], date)
        assert floor["why"].endswith(".")


def test_no_floor_is_lower_than_it_was_without_a_sentence_that_says_why() -> None:
    git = ["git", "-C", str(ROOT)]
    log = [*git, "log", "--format=%H", "--", "evaluate/floors.toml"]
    commits = subprocess.run(log, capture_output=True, text=True, check=False).stdout.split()
    if not commits:
        pytest.skip("without the history of the project nothing is known of earlier floors")
    now = tomllib.loads((ROOT / "evaluate/floors.toml").read_text("utf-8"))
    for commit in commits:
        show = [*git, "show", f"{commit}:evaluate/floors.toml"]
        text = subprocess.run(show, capture_output=True, text=True, check=True).stdout
        for measure, floor in tomllib.loads(text).items():
            for name, was in floor.items():
                if name in NO_FLOORS or now.get(measure, {}).get("lowered"):
                    continue
                loosened = now[measure][name] - was
                assert (loosened <= 0) if name.endswith("_most") else (loosened >= 0), measure


@pytest.mark.parametrize(
    ("report", "code"), [('{"f1": 0.9, "false": 3}', 0), ('{"f1": 0.8, "false": 9}', 1)]
)
def test_a_measure_below_its_floor_or_above_its_ceiling_fails_the_run(
    tmp_path: Path, report: str, code: int
) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "evaluate").mkdir()
    shutil.copy(ROOT / "scripts/floors", tmp_path / "scripts/floors")
    (tmp_path / "evaluate/floors.toml").write_text('[a]\nf1 = 0.85\nfalse_most = 5\nwhy = "x"\n')
    command = [sys.executable, str(tmp_path / "scripts/floors"), "a"]
    done = subprocess.run(command, input=report, capture_output=True, text=True, check=False)
    assert (done.returncode, json.loads(done.stdout)) == (code, json.loads(report))
