"""`tingda drill`: begin and end a drill from the command line; the running house holds it."""

from pathlib import Path

import click
from django.conf import settings

from tingda.duty.actions.drills import ask_end, begin_drill, set_scenario
from tingda.duty.models import Drill, Scenario
from tingda.duty.queries import worker_seen
from tingda.duty.rules import is_silent
from tingda.lib import present, scenarios
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _


@click.command("drill")
@click.argument("scenario", required=False)
@click.option("--speed", type=click.Choice([str(one) for one in scenarios.SPEEDS]), default="10")
@click.option("--end", is_flag=True, help="结束正在进行的演练 / end the drill that goes on")
def drill(scenario: str | None, speed: str, end: bool) -> None:
    """演练：SCENARIO 是脚本的名称或文件。 Hold a drill; SCENARIO is a name or a file."""
    now = present.now()
    if end:
        going = Drill.objects.filter(going=True).first()
        if going is None:
            raise Refused(_("现在没有演练"))
        ask_end(going, by=None, now=now)
        click.echo(_page(going))
    elif scenario:
        made = begin_drill(_scenario(scenario), int(speed), by=None, now=now)
        click.echo(_page(made))
        if is_silent(worker_seen(), now):
            click.echo("后台没有运行，要等 tingda up 才开始。 It begins when tingda up runs.")
    else:
        for row in Scenario.objects.filter(active=True):
            click.echo(row.name)


def _scenario(asked: str) -> Scenario:
    """A file is kept under the name that stands in it."""
    file = Path(asked)
    if file.is_file():
        text = file.read_text("utf-8-sig")
        known = Scenario.objects.filter(name=scenarios.read(text).name).first()
        return set_scenario(known, text, by=None, now=present.now())
    found = Scenario.objects.filter(name=asked).first()
    if found is None:
        raise Refused(_("没有叫“%(name)s”的脚本，也没有这个文件"), name=asked)
    return found


def _page(row: Drill) -> str:
    return f"{settings.ADDRESS}/desk/duty/drills/{row.pk}/"
