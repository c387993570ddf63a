"""`tingda bench detect`: how fast voices join issues."""

import json
import os
import subprocess

import click

from tingda.cli.measures import TINGDA, show
from tingda.cli.reading import ONE_CORE
from tingda.evaluate.detecting import measure_detect
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

VOICES = click.option("--voices", type=click.IntRange(500, 1_000_000), default=5_000)


@click.command("detect")
@VOICES
@click.option("--json", "as_json", is_flag=True)
def bench_detect(voices: int, as_json: bool) -> None:
    """归并有多快。 Voices placed a second beside 1,000, 5,000 and 20,000 issues, on one core."""
    run = [*TINGDA, "bench", "detect-here", "--voices", str(voices)]
    done = subprocess.run(run, env=os.environ | ONE_CORE, stdout=subprocess.PIPE)  # noqa: S603 - our own command
    if done.returncode:
        raise Refused(_("没有量成，原因在上面"))
    show(json.loads(done.stdout), as_json)


@click.command("detect-here", hidden=True)
@VOICES
def bench_detect_here(voices: int) -> None:
    """The other half of `detect`: a process of its own, whose memory is that of grouping."""
    show(measure_detect(voices), as_json=True)


def join(evaluate: click.Group, bench: click.Group) -> None:
    """Put these commands where people look for them."""
    bench.add_command(bench_detect)
    bench.add_command(bench_detect_here)
