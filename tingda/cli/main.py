"""The command `tingda`. Every command makes an empty data folder ready first."""

import sys
from importlib import import_module

import click

from tingda import __version__
from tingda.cli import ready

ready.start_django()  # before anything that has tables is imported

from tingda.lib.refusal import Refused  # noqa: E402
from tingda.web.words import said  # noqa: E402

# Where each command is. Only the one that is asked for is loaded: some carry much with them.
COMMANDS = {
    "bench": "measuring:bench",
    "brief": "briefs:brief",
    "doctor": "examine:doctor",
    "drill": "drill:drill",
    "evaluate": "measuring:evaluate",
    "import": "imports:import_",
    "ledger": "records:ledger",
    "person": "persons:person",
    "up": "up:up",
}


class Commands(click.Group):
    """Makes the office ready before a command, and says a refusal as one sentence."""

    unready = frozenset({"doctor", "evaluate", "bench"})  # need no office, or look at a sick one

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Called by click for the help."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Called by click for each command it needs."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(f"tingda.cli.{module}"), name)
        return command

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


if __name__ == "__main__":
    main()
