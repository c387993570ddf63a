"""The command `tingda`. Every command makes an empty data folder ready first."""

import sys

import click

from tingda import __version__
from tingda.cli import ready

ready.start_django()  # before anything that has tables is imported

from tingda.cli import (  # noqa: E402
    briefs,
    endurance,
    examine,
    foresight,
    grouping,
    imports,
    judging,
    language,
    measures,
    persons,
    reading,
    records,
    texts,
    topics,
    up,
    warning,
)
from tingda.lib.refusal import Refused  # noqa: E402
from tingda.web.words import said  # noqa: E402


class Commands(click.Group):
    """Makes the office ready before a command, and says a refusal as one sentence."""

    unready = frozenset({"doctor", "evaluate", "bench"})  # need no office, or look at a sick one

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Called by click when it knows which command was asked for."""
        if args[0] not in self.unready:
            ready.make_ready()
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Called by click with the command line."""
        try:
            return super().invoke(ctx)
        except Refused as error:
            click.echo(said(error), err=True)
            sys.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tingda")
def main() -> None:
    """听答：听见、归并、核实、签发、公开。

    Hear, group, verify, sign, answer in public.
    """


main.add_command(up.up)
main.add_command(examine.doctor)
main.add_command(imports.import_)
main.add_command(records.ledger)
main.add_command(briefs.brief)
main.add_command(persons.person)
main.add_command(measures.evaluate)
main.add_command(measures.bench)
endurance.join(measures.evaluate, measures.bench)
language.join(measures.evaluate, measures.bench)
topics.join(measures.evaluate, measures.bench)
foresight.join(measures.evaluate, measures.bench)
judging.join(measures.evaluate, measures.bench)
texts.join(measures.evaluate, measures.bench)
grouping.join(measures.evaluate, measures.bench)
reading.join(measures.evaluate, measures.bench)
warning.join(measures.evaluate)

if __name__ == "__main__":
    main()
