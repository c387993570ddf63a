"""`tingda evaluate soak`, `tingda bench collect`: how listening lasts, how much it carries."""

import json
import subprocess

import click

from tingda.cli.measures import TINGDA, empty_office, show
from tingda.evaluate.collecting import measure_collect
from tingda.evaluate.soak import soak
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

DAYS = click.option("--days", type=click.FloatRange(0.1, 366), default=7.0)
SEED = click.option("--seed", type=int, default=1)


@click.command("soak")
@DAYS
@SEED
@click.option("--json", "as_json", is_flag=True)
def evaluate_soak(days: float, seed: int, as_json: bool) -> None:
    """听得漏不漏。 Simulated days with everything that goes wrong: is every entry heard once?"""
    with empty_office() as environment:
        run = [*TINGDA, "evaluate", "soak-here", "--days", str(days), "--seed", str(seed)]
        done = subprocess.run(run, env=environment, stdout=subprocess.PIPE)  # noqa: S603 - our own command
    if done.returncode:
        raise Refused(_("没有量成，原因在上面"))
    show(json.loads(done.stdout), as_json)


@click.command("soak-here", hidden=True)
@DAYS
@SEED
def soak_here(days: float, seed: int) -> None:
    """The other half of `soak`: fills the data folder it runs in, and refuses one in use."""
    report = soak(days, seed, lambda day: click.echo(f"{day} / {days:g}", err=True))
    show(report, as_json=True)


FEEDS = click.option("--feeds", type=click.IntRange(100, 100_000), default=20_000)
MINUTES = click.option("--minutes", type=click.FloatRange(0.1, 600), default=5.0)


@click.command("collect")
@FEEDS
@MINUTES
@click.option("--json", "as_json", is_flag=True)
def bench_collect(feeds: int, minutes: float, as_json: bool) -> None:
    """同时听多少个来源。 How many feeds the worker keeps up with; a tenth slow, a tenth broken."""
    with empty_office() as environment:
        run = [*TINGDA, "bench", "collect-here", "--feeds", str(feeds), "--minutes", str(minutes)]
        done = subprocess.run(run, env=environment, stdout=subprocess.PIPE)  # noqa: S603 - our own command
    if done.returncode:
        raise Refused(_("没有量成，原因在上面"))
    show(json.loads(done.stdout), as_json)


@click.command("collect-here", hidden=True)
@FEEDS
@MINUTES
def bench_collect_here(feeds: int, minutes: float) -> None:
    """The other half of `collect`: fills the data folder it runs in, and refuses one in use."""
    show(measure_collect(feeds, minutes), as_json=True)


def join(evaluate: click.Group, bench: click.Group) -> None:
    """Put these commands where people look for them."""
    evaluate.add_command(evaluate_soak)
    evaluate.add_command(soak_here)
    bench.add_command(bench_collect)
    bench.add_command(bench_collect_here)
