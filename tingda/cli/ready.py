"""Make the data folder ready: whatever the command, an empty folder becomes an office first."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

LOCK = 0x7E46DB  # PostgreSQL: one migrating process at a time


def start_django() -> None:
    """Read the settings and load the rooms."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tingda.settings")
    django.setup()


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Only one process of this machine, and of this PostgreSQL, makes ready at a time."""
    with (home / "ready.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def database_state() -> str:
    """ "empty", "older", "newer" or "current", compared with the code's migrations."""
    executor = MigrationExecutor(connection)
    applied = set(executor.loader.applied_migrations)
    ours = {key for key in applied if key[0] in settings.ROOMS}
    if ours - set(executor.loader.disk_migrations):
        return "newer"
    if not ours:
        return "empty"
    targets = executor.loader.graph.leaf_nodes()
    return "older" if executor.migration_plan(targets) else "current"


def _is_whole() -> bool:
    """The table of the cache is made last: without it, making ready was broken off."""
    table = settings.CACHES["default"].get("LOCATION")  # counters may be kept elsewhere
    return not table or table in connection.introspection.table_names()


def _make() -> None:
    """All tables, and what an office begins with."""
    from tingda.analyse.actions.tables import seed_topics  # noqa: PLC0415 - seldom needed, and heavy
    from tingda.analyse.actions.wordlists import seed_lists  # noqa: PLC0415 - the same
    from tingda.duty.actions.drills import seed_scenarios  # noqa: PLC0415 - the same

    call_command("migrate", verbosity=0, interactive=False)
    for seed in (seed_topics, seed_lists, seed_scenarios):
        seed(now=present.now())
    call_command("createcachetable", verbosity=0)


def make_ready() -> None:
    """Create, migrate and seed what is missing. Raises Refused with the way out."""
    home = Path(settings.HOME)
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _alone(home):
            state = database_state()
            if state == "newer":
                raise Refused(_("数据库比程序新：请升级程序，或用升级前的备份"))
            if state != "current" or not _is_whole():
                _make()
    except OSError as error:
        raise Refused(
            _("数据文件夹 %(folder)s 不能写：%(error)s"), folder=str(home), error=str(error)
        ) from error
    except DatabaseError as error:
        raise Refused(
            _("数据库打不开：%(error)s。请运行 tingda doctor"), error=str(error).strip()
        ) from error
