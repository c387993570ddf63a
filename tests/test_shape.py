"""The shape of the house, checked: one-way tables, small files, small functions, words in order."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).parents[1]
LINE = ["lib", "ledger", "people", "vault", "duty", "notify"]
LINE += ["collect", "analyse", "detect", "cases", "answers", "reports"]
CODE = [path for path in (ROOT / "tingda").rglob("*.py") if "migrations" not in path.parts]
MAX_FILE, MAX_FUNCTION = 400, 50
ROOM_FILES = {"__init__.py", "rules.py", "models.py", "queries.py", "actions.py"}


def backward_links() -> Iterator[str]:
    for model in apps.get_models():
        here = model._meta.app_label
        for field in model._meta.get_fields():
            related = field.related_model
            if here in LINE and field.is_relation and not field.auto_created and related:
                there = related._meta.app_label
                if there in LINE and LINE.index(there) > LINE.index(here):
                    yield f"{model._meta.label}.{field.name} -> {there}"


def long_functions() -> Iterator[str]:
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > MAX_FUNCTION:
                    yield f"{path}:{node.name} {length}"


def calls_of_now() -> Iterator[str]:
    """Time is an argument below the doors, and the doors ask `tingda.lib.present` for it."""
    for path in CODE:
        place = path.relative_to(ROOT / "tingda")
        if place == Path("lib/present.py"):
            continue
        asked = r"timezone|datetime|present" if place.parts[0] in LINE else r"timezone|datetime"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if re.search(rf"\b({asked})\.(now|today|utcnow)\(|\.local(date|time)\(\)", line):
                yield f"{path}:{number}"


def test_tables_point_one_way() -> None:
    assert list(backward_links()) == []


def test_files_fit_in_the_head() -> None:
    long = [f"{p} {n}" for p in CODE if (n := len(p.read_text("utf-8").splitlines())) > MAX_FILE]
    assert long == []


def test_functions_fit_on_a_screen() -> None:
    assert list(long_functions()) == []


def test_rooms_have_only_their_four_files() -> None:
    rooms = [ROOT / "tingda" / room for room in LINE if room != "lib"]
    extra = [p for room in rooms for p in room.glob("*.py") if p.name not in ROOM_FILES]
    assert extra == []


def test_time_is_asked_in_one_place_and_an_argument_below_the_doors() -> None:
    assert list(calls_of_now()) == []


def test_every_model_is_in_the_glossary() -> None:
    words = (ROOT / "docs" / "words.md").read_text("utf-8")
    ours = [model for model in apps.get_models() if model.__module__.startswith("tingda.")]
    assert [model.__name__ for model in ours if f"| {model.__name__} |" not in words] == []


def test_no_migration_is_missing(db: None) -> None:
    from django.core.management import call_command  # noqa: PLC0415 - after Django started

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
