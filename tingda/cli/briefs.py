"""`tingda brief`: briefs from the command line."""

from datetime import datetime
from pathlib import Path

import click
from django.utils import timezone

from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.reports.actions import write_daily
from tingda.reports.queries import daily_numbers


@click.group()
def brief() -> None:
    """简报。 Briefs."""


@brief.command()
@click.option("--date", "on", type=click.DateTime(["%Y-%m-%d"]), help="默认今天 / default today")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
def daily(on: datetime | None, out: Path) -> None:
    """写一天的简报（Word）。 Write the brief of one day as a Word file."""
    now = present.now()
    day = on.date() if on else timezone.localdate(now)
    if day > timezone.localdate(now):
        raise Refused(_("这一天还没有到"))
    numbers = daily_numbers(day, zone=timezone.get_current_timezone(), now=now)
    unfinished = out.with_name(f".{out.name}.part")
    try:
        with unfinished.open("wb") as stream:
            write_daily(numbers, stream)
        unfinished.replace(out)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise Refused(_("%(file)s 写不了：%(error)s"), file=out, error=error.strerror) from error
    click.echo(str(out))
