"""`tingda bench detect`: how fast voices join issues, and how soon an alert is out."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence

import click

from tingda.cli.measures import TINGDA, empty_office, show
from tingda.cli.reading import ONE_CORE
from tingda.evaluate.alerting import measure_alerting
from tingda.evaluate.detecting import measure_detect
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

VOICES = click.option("--voices", type=click.IntRange(500, 1_000_000), default=5_000)


SECONDS = click.option("--seconds", type=click.IntRange(1, 600), default=20)
PER_SECOND = click.option("--per-second", type=click.IntRange(1, 5_000), default=500)


@click.command("detect")
@VOICES
@SECONDS
@PER_SECOND
@click.option("--json", "as_json", is_flag=True)
def bench_detect(voices: int, seconds: int, per_second: int, as_json: bool) -> None:
    """归并和预警有多快。 Voices placed a second beside 1,000, 5,000 and 20,000 issues, on one core;
    and seconds from heard to an alert at its receiver, under a burst, with the worker running.
    """
    placed = _measured(["detect-here", "--voices", str(voices)], os.environ | ONE_CORE)
    burst = ["alert-here", "--seconds", str(seconds), "--per-second", str(per_second)]
    with empty_office(TINGDA_PRIVATE_HOSTS="127.0.0.1") as environment:
        delay = _measured(burst, environment)
    show(placed | {"alert_delay": delay}, as_json)


def _measured(what: Sequence[str], environment: Mapping[str, str]) -> dict[str, object]:
    run = [*TINGDA, "bench", *what]
    done = subprocess.run(run, env=environment, stdout=subprocess.PIPE)  # noqa: S603 - our own command
    if done.returncode:
        raise Refused(_("没有量成，原因在上面"))
    report: dict[str, object] = json.loads(done.stdout)
    return report


@click.command("alert-here", hidden=True)
@SECONDS
@PER_SECOND
def bench_alert_here(seconds: int, per_second: int) -> None:
    """The other half of `detect`: in an empty office of its own."""
    show(measure_alerting(seconds, per_second), as_json=True)


@click.command("detect-here", hidden=True)
@VOICES
def bench_detect_here(voices: int) -> None:
    """The other half of `detect`: a process of its own, whose memory is that of grouping."""
    show(measure_detect(voices), as_json=True)


def join(evaluate: click.Group, bench: click.Group) -> None:
    """Put these commands where people look for them."""
    bench.add_command(bench_detect)
    bench.add_command(bench_detect_here)
    bench.add_command(bench_alert_here)
