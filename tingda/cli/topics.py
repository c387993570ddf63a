"""`tingda evaluate topics`: how well voices are sorted by topic."""

from pathlib import Path

import click

from tingda.cli.measures import FILE, show
from tingda.evaluate.topics import evaluate_topics


@click.command("topics")
@click.option("--data", type=FILE, required=True)
@click.option("--train", "train_on", type=FILE, help="从这个文件学 / learn from this file")
@click.option(
    "--per-topic",
    type=click.IntRange(0),
    help="每个主题最多学几条，0 只凭名称和关键词 / rows of each topic to learn from",
)
@click.option("--json", "as_json", is_flag=True)
def topics(data: Path, train_on: Path | None, per_topic: int | None, as_json: bool) -> None:
    """主题分得准不准。 How well voices are sorted by topic; five-fold without --train."""
    show(evaluate_topics(data, train_on, per_topic=per_topic), as_json)


def join(evaluate: click.Group, bench: click.Group) -> None:
    """Put this command where people look for it."""
    evaluate.add_command(topics)
