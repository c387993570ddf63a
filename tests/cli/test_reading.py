"""`tingda bench analyse` by its door."""

import json

import pytest
from click.testing import CliRunner

from tingda.cli.main import main
from tingda.evaluate.analysing import STAGES


@pytest.mark.slow
def test_the_speed_of_reading_comes_as_json() -> None:
    asked = ["bench", "analyse", "--posts", "60", "--rules", "30", "--profile", "--json"]
    done = CliRunner().invoke(main, asked)
    report = json.loads(done.stdout)
    assert list(report) == [
        *("stages", "total", "plain_python", "peak_mb"),
        *("posts", "rules", "hits", "plain_posts", "profile"),
    ]
    assert tuple(report["stages"]) == tuple(report["profile"]) == STAGES
    assert min(report["plain_python"], report["peak_mb"], *report["stages"].values()) > 0
    assert (report["posts"], report["rules"], report["plain_posts"]) == (60, 30, 60)
    in_a_row = 1 / sum(1 / speed for speed in report["stages"].values())
    assert report["total"] == pytest.approx(in_a_row, rel=0.01)
    assert all("×" in row for rows in report["profile"].values() for row in rows)


def test_numbers_that_measure_nothing_are_refused() -> None:
    done = CliRunner().invoke(main, ["bench", "analyse", "--posts", "60", "--rules", "0"])
    assert done.exit_code == 2
