"""The shared cast and builders. 教育办 is asked; 供水公司 is another unit and must see nothing."""

import fcntl
import gc
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as made_up

from tests.environment import DATABASE
from tests.house import House, free_port, fresh_database
from tingda.cases import actions as cases
from tingda.cases.models import Case
from tingda.collect.models import Source, Voice
from tingda.detect.models import Belonging, Issue
from tingda.people.actions import add_person, add_unit
from tingda.people.models import Person

# `make test` has to end in a quarter of an hour; `make eval` asks for as many cases as is usual.
# How long a case takes says something about the machine, and nothing about the product.
_PATIENT: Any = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
made_up.register_profile("quick", max_examples=20, **_PATIENT)
made_up.register_profile("thorough", max_examples=100, **_PATIENT)
made_up.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
NOW = datetime(2026, 11, 21, 8, 20, tzinfo=UTC)  # Saturday 16:20 in Shanghai
PASSWORD = "long-enough-password"
IN_MEMORY = "file:memorydb_default?mode=memory&cache=shared"  # as Django names it
gc.set_threshold(100_000, 50, 100)
_numbers = count(1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What touches no table, or asks nothing of it, runs once and not once for each database."""
    if DATABASE != "postgresql":
        return
    tables = {"db", "house", "empty_house"}
    # What pages show is made by queries and actions, which are asked on both; of the pages
    # themselves, those that search and page through lists are asked on both too. What the command
    # line, the measurements and the demo do is made of the same actions.
    both = ("api_voices", "list_costs", "voices")
    asked = {f"test_{name}.py" for name in both}
    folders = {"cli", "evaluate", "demo", "lib", "reports"}
    # How a kind of source speaks; what is kept of it is asked by the tests of hearing and looking.
    kinds = ("contract", "feed_finding", "fediverse", "forum", "forum_pasted", "mailbox", "manners")
    kinds += ("page", "page_watch", "websub")
    spoken = {f"test_{name}.py" for name in kinds}
    pure = [
        item
        for item in items
        if item.get_closest_marker("once")
        or item.path.parent.name in folders
        or (item.path.parent.name == "collect" and item.path.name in spoken)
        or (item.path.parent.name == "web" and item.path.name not in asked)
        or (
            not item.get_closest_marker("django_db")
            and not tables & set(getattr(item, "fixturenames", ()))
        )
    ]
    config.hook.pytest_deselected(items=pure)
    items[:] = [item for item in items if item not in set(pure)]


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    """Pages are tested without collecting static files first."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.SILENCED_SYSTEM_CHECKS = ["django_ratelimit.W001", "django_ratelimit.E003"]


@pytest.fixture(autouse=True)
def fresh_counters(plain_static_files: None) -> Iterator[None]:
    """Rate limits do not leak from one test into the next."""
    from django.core.cache import cache  # noqa: PLC0415 - after the settings above

    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def no_memory_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Grouping and the test bench remember what the database held; each test has its own."""
    monkeypatch.setattr("tingda.detect.actions.gathering._memory", None)
    monkeypatch.setattr("tingda.analyse.queries.bench._Folded.texts", {})


@pytest.fixture
def now() -> datetime:
    """Saturday 2026-11-21 16:20 in Shanghai."""
    return NOW


@pytest.fixture
def cast(db: None) -> SimpleNamespace:
    """The people of the tests: all with PASSWORD."""
    office = add_unit("office", "公共服务中心", by=None, now=NOW)
    edu = add_unit("edu", "教育办", parent=office, by=None, now=NOW)
    water = add_unit("water", "供水公司", parent=office, by=None, now=NOW)

    def person(login: str, name: str, unit: Any, *roles: str) -> Person:
        return add_person(login, name, unit, roles, password=PASSWORD, by=None, now=NOW)

    return SimpleNamespace(
        office=office,
        edu=edu,
        water=water,
        duty=person("duty", "值班员", office, "duty"),
        duty2=person("duty2", "另一值班员", office, "duty"),
        liaison_edu=person("liaison-edu", "教育办联络员", edu, "liaison"),
        liaison_water=person("liaison-water", "供水公司联络员", water, "liaison"),
        drafter=person("drafter", "拟稿人", office, "drafter"),
        releaser=person("releaser", "签发人", office, "releaser"),
        auditor=person("auditor", "审计员", office, "auditor"),
        admin=person("admin", "管理员", office, "admin"),
    )


@pytest.fixture
def client_of() -> Callable[[Person], Client]:
    """A browser in which this person is signed in."""

    def make(person: Person) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return make


@pytest.fixture
def make_voice(db: None) -> Callable[..., Voice]:
    """A voice that was heard an hour ago."""

    def make(**values: Any) -> Voice:
        source = (
            values.pop("source", None)
            or Source.objects.get_or_create(name="镇民论坛", defaults={"kind": Source.Kind.IMPORT})[
                0
            ]
        )
        at = values.pop("at", NOW - timedelta(hours=1))
        number = next(_numbers)
        fields = {
            "title": f"第{number}条",
            "text": f"第{number}条的内容",
            "said_at": at,
            "precision": "minute",
            "heard_at": at,
            "at": at,
            "author_hash": f"{number:032x}",
            "unread": False,
        }
        return Voice.objects.create(source=source, identity=f"test-{number}", **fields | values)

    return make


@pytest.fixture
def make_issue(make_voice: Callable[..., Voice]) -> Callable[..., Issue]:
    """An issue of the given voices (one is made where none is given)."""

    def make(*voices: Voice, **values: Any) -> Issue:
        voices = voices or (make_voice(),)
        fields = {
            "title": voices[0].headline,
            "first_at": min(voice.at for voice in voices),
            "last_at": max(voice.at for voice in voices),
            "heard_at": min(voice.heard_at for voice in voices),
            "messages": len(voices),
            "people": len({voice.author_hash for voice in voices}),
        }
        issue = Issue.objects.create(**fields | values)
        for voice in voices:
            Belonging.objects.create(
                voice=voice,
                issue=issue,
                at=voice.at,
                author_hash=voice.author_hash,
                stamp=next(_numbers),
            )
        return issue

    return make


@pytest.fixture
def make_case(cast: SimpleNamespace, make_issue: Callable[..., Issue]) -> Callable[..., Case]:
    """A case that the duty officer opened from an issue now."""

    def make(about: Issue | Voice | None = None, **values: Any) -> Case:
        fields = {
            "title": "食堂午餐有异物",
            "kind": "public_concern",
            "grade": "ordinary",
            "unit": cast.office,
            "by": cast.duty,
            "now": NOW,
        }
        return cases.open_case(about or make_issue(), **fields | values)

    return make


@pytest.fixture
def empty_house(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    """A folder and a database in which nothing is yet; stopped at the end."""
    made = House(tmp_path / "home", free_port(), fresh_database(f"t_{request.node.name}"))
    yield made
    made.stop()


def made_once(folder: Path, name: str, make: Callable[[House], None]) -> House:
    """An installation that the first process of a run makes, and the others find."""
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made, ready = House(folder / name, free_port()), folder / f"{name}.ready"
        if not ready.exists():
            make(made)
            ready.touch()
    return made


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all processes of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def migrated(common: Path, pytestconfig: pytest.Config) -> House:
    """All tables, and nothing in them but what migrations put there. Where it is a file, it is
    kept for the next run, as long as no migration and no library changes.
    """

    def make(house: House) -> None:
        house.database = fresh_database("migrated")
        house.python("from django.core.management import call_command as call\ncall('migrate')")

    if DATABASE == "sqlite":
        root = pytestconfig.rootpath
        made_of = [root / "requirements.lock", *sorted(root.glob("tingda/*/migrations/*.py"))]
        imprint = sha256(b"".join(path.read_bytes() for path in made_of)).hexdigest()[:16]
        common = pytestconfig.cache.mkdir(f"tables-{imprint}")  # type: ignore[union-attr]
    return made_once(common, "migrated", make)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, migrated: House
) -> Iterator[None]:
    """Each process tests on a copy, since making the tables takes longer than most tests."""
    if DATABASE == "postgresql":
        settings.DATABASES["default"]["TEST"]["TEMPLATE"] = "migrated"
        yield
        return
    with (
        closing(sqlite3.connect(migrated.home / "tingda.sqlite3")) as made,
        closing(sqlite3.connect(IN_MEMORY, uri=True)) as memory,
    ):
        made.backup(memory)
        yield


@pytest.fixture(scope="session")
def pattern(common: Path, migrated: House) -> House:
    """An installation that is ready to be copied."""

    def make(house: House) -> None:
        house.database = fresh_database("pattern", "migrated")
        shutil.copytree(migrated.home, house.home)
        done = house.run("ledger", "verify")
        assert done.returncode == 0, done.stderr

    return made_once(common, "pattern", make)


@contextmanager
def copied(like: House, folder: Path, name: str) -> Iterator[House]:
    """An installation like another one, on the database under test; stopped at the end."""
    database = fresh_database(f"t_{name}", like.home.name)
    made = House(folder / "home", free_port(), database)
    shutil.copytree(like.home, made.home)
    yield made
    made.stop()


@pytest.fixture
def house(tmp_path: Path, request: pytest.FixtureRequest, pattern: House) -> Iterator[House]:
    """An installation of the test's own."""
    with copied(pattern, tmp_path, request.node.name) as made:
        yield made
