"""`tingda bench analyse`: how fast voices are read, stage by stage."""

import json
import os
import subprocess

import click

from tingda.cli.measures import TINGDA, show
from tingda.evaluate.analysing import measure_analyse
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

POSTS = click.option("--posts", type=click.IntRange(10, 1_000_000), default=10_000)
RULES = click.option("--rules", type=click.IntRange(1, 100_000), default=1_000)
PROFILE = click.option("--profile", is_flag=True, help="时间花在哪里 / where the time goes")

ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"), "1")


@click.command("analyse")
@POSTS
@RULES
@PROFILE
@click.option("--json", "as_json", is_flag=True)
def bench_analyse(posts: int, rules: int, profile: bool, as_json: bool) -> None:
    """读一条声音有多快。 Posts a second of each stage of reading, on one core, with many rules."""
    run = [*TINGDA, "bench", "analyse-here", "--posts", str(posts), "--rules", str(rules)]
    run += ["--profile"] if profile else []
    done = subprocess.run(run, env=os.environ | ONE_CORE, stdout=subprocess.PIPE)  # noqa: S603 - our own command
    if done.returncode:
        raise Refused(_("没有量成，原因在上面"))
    report = json.loads(done.stdout)
    if as_json:
        show(report, as_json)
        return
    stages, profiles = report.pop("stages"), report.pop("profile", {})
    show({"stages": list(stages.items())} | report, as_json)
    for stage, rows in profiles.items():
        click.echo(f"\n{stage}\n" + "\n".join(rows))


@click.command("analyse-here", hidden=True)
@POSTS
@RULES
@PROFILE
def bench_analyse_here(posts: int, rules: int, profile: bool) -> None:
    """The other half of `analyse`: a process of its own, whose memory is that of reading."""
    show(measure_analyse(posts, rules, profile=profile), as_json=True)


def join(evaluate: click.Group, bench: click.Group) -> None:
    """Put these commands where people look for them."""
    bench.add_command(bench_analyse)
    bench.add_command(bench_analyse_here)
