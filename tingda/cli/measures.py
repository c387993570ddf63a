"""`tingda evaluate` and `tingda bench`: quality and speed, on a user's own data."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import click

from tingda.evaluate.issues import evaluate_issues
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _print(report: Mapping[str, object], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    for name, value in report.items():
        rows = value if isinstance(value, list) else [value]
        for row in rows:
            click.echo(f"{name:<20} {json.dumps(row, ensure_ascii=False)}")


@click.group()
def evaluate() -> None:
    """量质量。 Measure quality on your own data."""


@evaluate.command()
@click.option("--stream", type=FILE, required=True)
@click.option("--truth", type=FILE, required=True)
@click.option("--json", "as_json", is_flag=True)
def issues(stream: Path, truth: Path, as_json: bool) -> None:
    """归并得准不准。 How well voices are grouped into issues."""
    _print(evaluate_issues(stream, truth), as_json)


@click.group()
def bench() -> None:
    """量速度。 Measure speed and memory."""


@bench.command("import")
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True)
def bench_import(file: Path, as_json: bool) -> None:
    """从文件到议题有多快。 From file to grouped issue, in an empty data folder of its own."""
    with tempfile.TemporaryDirectory(prefix="tingda-bench-") as home:
        kept = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        environment = kept | {"TINGDA_HOME": home}
        tingda = [sys.executable, "-m", "tingda.cli.main"]
        ready = [*tingda, "ledger", "verify"]  # makes the folder ready, outside the measured time
        subprocess.run(ready, env=environment, check=True, capture_output=True)  # noqa: S603 - our own command
        began = time.perf_counter()
        done = subprocess.run(  # noqa: S603 - our own command
            [*tingda, "import", str(file), "--json"], env=environment, capture_output=True
        )
        seconds = time.perf_counter() - began
    if done.returncode:
        raise Refused(_("导入没有成功：%(error)s"), error=done.stderr.decode().strip())
    report = json.loads(done.stdout)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    _print(
        {"voices_per_second": round(report["read"] / seconds, 1), "peak_mb": round(peak, 1)},
        as_json,
    )
