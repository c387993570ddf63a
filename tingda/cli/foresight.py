"""`tingda evaluate outlook`: how well the volume of issues is foreseen."""

from pathlib import Path

import click

from tingda.cli.measures import FILE, show
from tingda.evaluate.outlook import Row, Rows, evaluate_outlook
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _


@click.command("outlook")
@click.option("--stream", type=FILE, help="CSV id,author,topic,time,detail,…")
@click.option("--truth", type=FILE, help="CSV id,issue")
@click.option("--seed", type=int, default=1, show_default=True, help="of the simulated issues")
@click.option("--floor", type=click.FloatRange(0, 1), help="80 % 区间的覆盖率下限 / least coverage")
@click.option("--ceiling", type=click.FloatRange(0, 1), help="覆盖率上限 / greatest coverage")
@click.option("--json", "as_json", is_flag=True)
def outlook(
    stream: Path | None,
    truth: Path | None,
    seed: int,
    floor: float | None,
    ceiling: float | None,
    as_json: bool,
) -> None:
    """走势预计得准不准。 How well the next 1, 3 and 7 days of issues are foreseen."""
    report = evaluate_outlook(stream, truth, seed)
    simulated = report["simulated"]
    named = {"all": simulated["all"], **simulated["families"]}
    if report["stream"]:
        named["stream"] = report["stream"]
    lines = {name: list(_lines(rows)) for name, rows in named.items()}
    show(report if as_json else lines, as_json)
    for days, row in simulated["all"].items():
        _hold(days, row, floor or 0.0, ceiling or 1.0)


def _lines(rows: Rows) -> list[dict[str, object]]:
    return [{"days": int(days), **row} for days, row in rows.items()]


def _hold(days: str, row: Row, floor: float, ceiling: float) -> None:
    if not floor <= row["coverage"] <= ceiling:
        raise Refused(
            _("%(days)s 天的区间覆盖了 %(found)s，应在 %(floor)s 与 %(ceiling)s 之间"),
            days=days,
            found=row["coverage"],
            floor=floor,
            ceiling=ceiling,
        )


def join(evaluate: click.Group, bench: click.Group) -> None:
    """Put this command where people look for it; `bench` has none of it yet."""
    evaluate.add_command(outlook)
