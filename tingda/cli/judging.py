"""`tingda evaluate intents` and `tingda evaluate urgency`: what people want, and how soon."""

from pathlib import Path

import click

from tingda.cli.measures import FILE, show
from tingda.evaluate.judging import evaluate_intents, evaluate_urgency

DATA = click.option("--data", type=FILE, required=True)


@click.command("intents")
@DATA
@click.option("--json", "as_json", is_flag=True)
def intents(data: Path, as_json: bool) -> None:
    """诉求看得准不准。 How well is told what a person wants; rows text,intent."""
    report = evaluate_intents(data)
    show(report if as_json else report | {"classes": list(report["classes"].items())}, as_json)


@click.command("urgency")
@DATA
@click.option("--json", "as_json", is_flag=True)
def urgency(data: Path, as_json: bool) -> None:
    """缓急看得准不准。 How well is told what cannot wait; rows text,urgency."""
    report = evaluate_urgency(data)
    show(report if as_json else report | {"classes": list(report["classes"].items())}, as_json)


def join(evaluate: click.Group, bench: click.Group) -> None:
    """Put these commands where people look for them."""
    evaluate.add_command(intents)
    evaluate.add_command(urgency)
