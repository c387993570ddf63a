"""A copy of the office for a drill: who it is and how it works, and nothing that anybody said."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections, models, transaction
from django.db.models import Q

from tingda.analyse.models import (
    CueChange,
    Lesson,
    Place,
    Sorting,
    Topic,
    Watch,
    WatchVersion,
    WordList,
)
from tingda.cases.models import ClockSetting, LadderSetting, OfficeDay, Route, Superior
from tingda.collect.models import Source
from tingda.detect.models import Foresight, Gathering, Gauge
from tingda.duty.models import KeyPeriod, Plan, Roster, Shift, Team, Turn
from tingda.lib.exercise import BEFORE_ENGLISH_NAME, BEFORE_NAME, FOLDER, Exercise
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.notify.models import Reach
from tingda.people.models import Absence, HeldRole, Institution, Person, Unit

ALIAS = "drill"
LEAST_ROOM = 300 * 2**20  # bytes that have to be free on the disk
_BATCH = 500
_Set = dict[str, object]


@dataclass(frozen=True)
class Copied:
    """One table of the copy: which rows, and what of them is left out or set."""

    model: type[models.Model]
    set: Mapping[str, object] = field(default_factory=dict)
    which: Callable[[datetime], Q] = lambda now: Q()


_ADDRESSES: _Set = {"address": "", "options": {}, "secret": b"", "host_id": None, "next_due": None}
_MEMORY: _Set = {
    "claimed_until": None,
    "claimed_by": "",
    "etag": "",
    "last_modified": "",
    "memory": {},
}
_MOVED: _Set = {"moved_to": "", "moved_times": 0, "failures": 0, "robots": {}}
_HEARD: _Set = {"looked_at": None, "heard_at": None, "silent_at": None, "close_until": None}
_UNSENT: _Set = {"sealed": b"", "hint": "", "failures": 0, "error": {}, "retry_at": None}
_UNCLAIMED: _Set = {"sent_at": None, "claim": "", "claimed_at": None}


def _lately(now: datetime) -> Q:
    return Q(ends_at__gt=now - timedelta(days=2))


# Everything that organises. No voices, issues, cases, answers, contacts, keys or sessions.
COPIED = (
    Copied(Institution),
    Copied(Unit),
    Copied(Person, {"email": ""}),
    Copied(HeldRole),
    Copied(Absence),
    Copied(KeyPeriod),
    Copied(Roster),
    Copied(Team),
    Copied(Team.members.through),
    Copied(Shift, which=_lately),
    Copied(Turn, which=lambda now: Q(shift__ends_at__gt=now - timedelta(days=2))),
    Copied(Plan),
    Copied(Reach, _UNSENT | _UNCLAIMED),
    Copied(Reach.units.through),
    Copied(Source, _ADDRESSES | _MEMORY | _MOVED | _HEARD | {"key_until": None}),
    Copied(Topic),
    Copied(Watch),
    Copied(WatchVersion),
    Copied(WordList),
    Copied(Lesson, which=lambda now: Q(state=Lesson.State.USED)),
    Copied(Sorting, {"asked_at": None}),
    Copied(Place),
    Copied(CueChange),
    Copied(Gathering, {"stamp": 0, "looked": 0, "looked_at": None}),
    Copied(Gauge, {"judged_at": None, "judged_stamp": 0}),
    Copied(Foresight),
    Copied(ClockSetting),
    Copied(OfficeDay),
    Copied(LadderSetting),
    Copied(Superior, {"contact": ""}),
    Copied(Route, {"checked_at": None}),
)


def folder() -> Path:
    """Where the copy lies. Only the office's own account may look into it."""
    return Path(settings.HOME) / FOLDER


def database(home: Path) -> Path:
    """The copy's database."""
    return home / "tingda.sqlite3"


@contextmanager
def opened(home: Path) -> Iterator[str]:
    """The copy's database under a name of its own, for this thread, as long as the block lasts."""
    usual = connections.settings["default"]
    told = {
        **usual,
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(database(home)),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {"timeout": 30, "transaction_mode": "IMMEDIATE"},
    }
    # replaced as a whole: other threads may be walking over it
    connections.settings = {**connections.settings, ALIAS: told}
    try:
        yield ALIAS
    finally:
        if hasattr(connections._connections, ALIAS):  # type: ignore[attr-defined]
            connections[ALIAS].close()
            del connections[ALIAS]
        rest = {name: one for name, one in connections.settings.items() if name != ALIAS}
        connections.settings = rest


def make_copy(
    drill: Exercise, scenario: str, environment: Mapping[str, str], now: datetime
) -> Path:
    """The copy, whole, with what it practises. Raises Refused where there is no room."""
    home = folder()
    remove_copy()
    home.mkdir(mode=0o700, parents=True)
    if shutil.disk_usage(home).free < LEAST_ROOM:
        raise Refused(_("磁盘空间不够：演练要用 %(mb)s MB"), mb=LEAST_ROOM // 2**20)
    lay_out(database(home), environment)
    with opened(home) as alias:
        fill(alias, now=now)
    (home / "scenario.toml").write_text(scenario, "utf-8")
    tell(home, drill)
    static = Path(settings.STATIC_ROOT)
    if static.is_dir():
        (home / "static").symlink_to(static, target_is_directory=True)
    return home


def remove_copy() -> None:
    """Nothing of it stays; where something could not be removed, the next look tries again."""
    shutil.rmtree(folder(), ignore_errors=True)


def tell(home: Path, drill: Exercise) -> Path:
    """Write down what is practised (lib/exercise.py), whole or not at all."""
    whole, half = home / "drill.json", home / "drill.json.part"
    half.write_text(json.dumps(drill.told(), ensure_ascii=False), "utf-8")
    half.replace(whole)
    return whole


def lay_out(file: Path, environment: Mapping[str, str]) -> None:
    """Empty tables as the office's own are."""
    if connection.vendor == "sqlite":
        _as_ours(file)
        return
    command = [sys.executable, "-m", "django"]
    for step in (["migrate", "-v0", "--no-input"], ["createcachetable", "-v0"]):
        subprocess.run(  # noqa: S603 - our own command, no shell
            [*command, *step], env=dict(environment), check=True, capture_output=True
        )


def _as_ours(file: Path) -> None:
    """In a moment, where migrations would take ten seconds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.sql FROM sqlite_master m LEFT JOIN pragma_table_list l ON l.name = m.name"
            " AND l.schema = 'main' WHERE m.sql IS NOT NULL AND m.name NOT LIKE 'sqlite%'"
            " AND coalesce(l.type, '') <> 'shadow'"
            " ORDER BY m.type = 'trigger', m.type = 'index', m.rowid"
        )
        made = [sql for (sql,) in cursor.fetchall()]
        cursor.execute("SELECT id, app, name, applied FROM django_migrations")
        steps = [[str(part) for part in row] for row in cursor.fetchall()]
    with closing(sqlite3.connect(file)) as copy, copy:
        copy.execute("PRAGMA journal_mode=WAL")
        copy.execute("BEGIN")  # else each statement would wait for the disk
        for sql in made:
            copy.execute(sql)
        copy.executemany("INSERT INTO django_migrations VALUES (?, ?, ?, ?)", steps)


def fill(alias: str, *, now: datetime) -> None:
    """Copy what organises the office, all of it or nothing."""
    with transaction.atomic(using=alias):
        for table in COPIED:
            rows = table.model._base_manager.using(alias)
            rows.all().delete()  # what the migrations had put there
            ours = table.model._base_manager.filter(table.which(now)).order_by("pk")
            rows.bulk_create([_changed(row, table.set) for row in ours], batch_size=_BATCH)


def _changed(row: Any, told: Mapping[str, object]) -> Any:
    for name, value in told.items():
        setattr(row, name, value)
    if isinstance(row, Source) and row.is_looked_at:
        row.kind = Source.Kind.IMPORT  # nobody goes there
    if isinstance(row, Institution):
        row.name = f"{BEFORE_NAME}{row.name}"[:100]
        row.name_en = f"{BEFORE_ENGLISH_NAME}{row.name_en}"[:200] if row.name_en else ""
    return row
