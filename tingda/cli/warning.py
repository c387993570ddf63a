"""`tingda evaluate alerts`: are rises found early, and how often is the alarm false."""

from pathlib import Path

import click

from tingda.cli.measures import FILE, show
from tingda.evaluate.alerts import Report, evaluate_alerts
from tingda.evaluate.alerts_stream import evaluate_alerts_in
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _


@click.command("alerts")
@click.option("--seed", type=click.IntRange(0), default=1)
@click.option("--stream", type=FILE, help="声音的表，不用模拟 / a stream in place of simulation")
@click.option("--truth", type=FILE, help="其中真正的议题 / the issues planted in it")
@click.option("--floor", type=click.FloatRange(0, 1), help="前三天找到的低于它就失败")
@click.option("--json", "as_json", is_flag=True)
def alerts(
    seed: int, stream: Path | None, truth: Path | None, floor: float | None, as_json: bool
) -> None:
    """预警早不早，误报多不多。 How early rises are found, at how many false alarms."""
    if (stream is None) != (truth is None):
        raise Refused(_("--stream 和 --truth 要一起给"))
    if stream is None or truth is None:
        report = evaluate_alerts(seed)
        show(report if as_json else _in_rows(report), as_json)
        found = report["found_by_day"]["ours"][-1]
    else:
        judged = evaluate_alerts_in(stream, truth)
        show(judged, as_json)
        found = judged["found_by_day"]["ours"][-1]
    if floor is not None and found < floor:
        raise Refused(
            _("前三天找到的升温是 %(found)s，低于下限 %(floor)s"), found=found, floor=floor
        )


def _in_rows(report: Report) -> dict[str, object]:
    """One line for each method and setting."""
    return report | {
        name: list(report[name].items()) for name in ("found_by_day", "by_mean", "by_rise")
    }


def join(evaluate: click.Group) -> None:
    """Put this command where people look for it."""
    evaluate.add_command(alerts)
