"""`tingda evaluate` and `tingda bench`: quality and speed, on a user's own data."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from tingda.evaluate.feeds import evaluate_feeds
from tingda.evaluate.issues import evaluate_issues
from tingda.evaluate.issues_held import evaluate_held_out
from tingda.evaluate.pages import measure_pages
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def show(report: Mapping[str, object], as_json: bool) -> None:
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
@click.option("--twins", type=FILE, help="绝不可并的议题对 / pairs of issues never to be merged")
@click.option("--floor", type=click.FloatRange(0, 1), help="F1 低于它就失败 / fail below this F1")
@click.option("--json", "as_json", is_flag=True)
def issues(
    stream: Path, truth: Path, twins: Path | None, floor: float | None, as_json: bool
) -> None:
    """归并得准不准。 How well voices are grouped into issues."""
    report = evaluate_issues(stream, truth, twins=twins)
    show(report, as_json)
    found = report["bcubed"]["f1"]
    if floor is not None and found < floor:
        raise Refused(_("归并的 F1 是 %(found)s，低于下限 %(floor)s"), found=found, floor=floor)


@evaluate.command("issues-held-out")
@click.option("--stream", type=FILE, required=True)
@click.option("--truth", type=FILE, required=True)
@click.option("--seed", type=int, default=1, show_default=True, help="怎么对半分 / of the halving")
@click.option("--json", "as_json", is_flag=True)
def issues_held_out(stream: Path, truth: Path, seed: int, as_json: bool) -> None:
    """换一半议题看。 The same, by thresholds chosen on one half of the issues, over the other."""
    show(evaluate_held_out(stream, truth, seed), as_json)


@evaluate.command()
@click.option("--truth", type=FOLDER, required=True)
@click.option("--json", "as_json", is_flag=True)
def pages(truth: Path, as_json: bool) -> None:
    """网页正文取得准不准。 How well the text, title and time of web pages are found."""
    # its libraries cost 37 MB and half a second, which no other command should pay
    from tingda.evaluate.pages_text import evaluate_pages  # noqa: PLC0415

    show(evaluate_pages(truth), as_json)


@evaluate.command()
@click.option("--cases", type=FOLDER, required=True)
@click.option("--json", "as_json", is_flag=True)
def feeds(cases: Path, as_json: bool) -> None:
    """订阅源读得对不对。 How well feeds are read, by cases that state what they expect."""
    show(evaluate_feeds(cases), as_json)


@click.group()
def bench() -> None:
    """量速度。 Measure speed and memory."""


TINGDA = [sys.executable, "-m", "tingda.cli.main"]


@contextmanager
def empty_office(**settings: str) -> Iterator[dict[str, str]]:
    """The environment of a data folder of its own, made ready outside the measured time."""
    with tempfile.TemporaryDirectory(prefix="tingda-bench-") as home:
        left_out = ("DATABASE_URL", "TINGDA_DEBUG", "TINGDA_DEMO")
        kept = {key: value for key, value in os.environ.items() if key not in left_out}
        environment = kept | {"TINGDA_HOME": home} | settings
        ready = [*TINGDA, "ledger", "verify"]
        subprocess.run(ready, env=environment, check=True, capture_output=True)  # noqa: S603 - our own command
        yield environment


@bench.command("import")
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True)
def bench_import(file: Path, as_json: bool) -> None:
    """从文件到议题有多快。 From file to grouped issue, in an empty data folder of its own."""
    with empty_office() as environment:
        began = time.perf_counter()
        done = subprocess.run(  # noqa: S603 - our own command
            [*TINGDA, "import", str(file), "--json"], env=environment, capture_output=True
        )
        seconds = time.perf_counter() - began
    if done.returncode:
        raise Refused(_("导入没有成功：%(error)s"), error=done.stderr.decode().strip())
    report = json.loads(done.stdout)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    show(
        {"voices_per_second": round(report["read"] / seconds, 1), "peak_mb": round(peak, 1)},
        as_json,
    )


VOICES = click.option("--voices", type=click.IntRange(100, 10_000_000), default=100_000)


@bench.command("pages")
@VOICES
@click.option("--json", "as_json", is_flag=True)
def bench_pages(voices: int, as_json: bool) -> None:
    """每个页面有多快。 Milliseconds of each desk page, in an empty data folder of its own."""
    with empty_office() as environment:
        measure = [*TINGDA, "bench", "pages-here", "--voices", str(voices)]
        done = subprocess.run(measure, env=environment, capture_output=True)  # noqa: S603 - our own command
    if done.returncode:
        raise Refused(_("没有量成：%(error)s"), error=done.stderr.decode().strip())
    report = json.loads(done.stdout)
    show(report if as_json else report | {"pages": list(report["pages"].items())}, as_json)


@bench.command("pages-here", hidden=True)
@VOICES
def bench_pages_here(voices: int) -> None:
    """The other half of `pages`: fills the data folder it runs in, and refuses one in use."""
    show(measure_pages(voices, now=present.now()), as_json=True)
