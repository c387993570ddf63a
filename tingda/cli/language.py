"""`tingda evaluate watches`: how well single voices are read."""

from pathlib import Path

import click

from tingda.cli.measures import FILE, show
from tingda.evaluate.watches import evaluate_watches


@click.command("watches")
@click.option("--data", type=FILE, required=True, help="CSV rule,text,match")
@click.option("--json", "as_json", is_flag=True)
def watches(data: Path, as_json: bool) -> None:
    """关注规则标得对不对。 Whether watches mark and refuse what they should."""
    show(evaluate_watches(data), as_json)


def join(evaluate: click.Group, bench: click.Group) -> None:
    """Put these commands where people look for them; `bench` has none of them yet."""
    evaluate.add_command(watches)
