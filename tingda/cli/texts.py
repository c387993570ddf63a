"""`tingda evaluate repeats`, `tingda evaluate masks`: how well single texts are read."""

from pathlib import Path

import click

from tingda.cli.measures import FILE, show
from tingda.evaluate.masks import evaluate_masks
from tingda.evaluate.repeats import evaluate_repeats

DATA = click.option("--data", type=FILE, required=True)
AS_JSON = click.option("--json", "as_json", is_flag=True)


@click.command("repeats")
@DATA
@AS_JSON
def repeats(data: Path, as_json: bool) -> None:
    """重复认得准不准。 How well it is told which texts are one utterance carried further."""
    show(evaluate_repeats(data), as_json)


@click.command("masks")
@DATA
@AS_JSON
def masks(data: Path, as_json: bool) -> None:
    """个人信息遮得准不准。 How well personal data of private persons is found in texts."""
    show(evaluate_masks(data), as_json)


def join(evaluate: click.Group, bench: click.Group) -> None:
    """Put these commands where people look for them."""
    evaluate.add_command(repeats)
    evaluate.add_command(masks)
