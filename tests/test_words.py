"""No text that a translator cannot reach, and English complete."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tests.catalogue import CATALOGUE, KEYWORDS, PRODUCT, compiled, current, found

HAN = re.compile(r"[\u4e00-\u9fff]")
PLACE = re.compile(r"%\((\w+)\)")
# Words that are data, not speech: forms of dates, column names, stop words, the Word layout.
DATA = ("lib/", "collect/rules.py", "analyse/rules.py", "detect/rules/", "reports/rules.py")
# The demo town speaks Chinese; settings and the command line's help speak before any language is
# chosen, so each says both.
DATA += ("demo/", "evaluate/filled.py", "settings.py", "cli/")
# Posts and rules that a bench reads.
DATA += ("evaluate/alerting.py", "evaluate/analyse_posts.py", "evaluate/analyse_rules.py")
# Patterns of what others write, and simulated hosts.
DATA += ("collect/sources/feed/links.py", "collect/sources/mailbox/words.py")
DATA += ("evaluate/collect_hosts.py", "evaluate/soak_world.py")
# The people of a simulated year.
DATA += tuple(f"evaluate/year_{part}.py" for part in ("deeds", "forbidden", "house", "office"))
# What people in a made-up office write.
DATA += tuple(f"evaluate/handling_{part}.py" for part in ("filled", "ledger", "people"))


def test_the_catalogue_holds_just_the_texts_of_the_product() -> None:
    asked = {message.id for message in found() if message.id}
    held = {message.id for message in current() if message.id}
    assert (sorted(map(str, asked - held)), sorted(map(str, held - asked))) == ([], [])


def test_every_text_has_its_english() -> None:
    missing = [message.id for message in current() if message.id and not all(_strings(message))]
    assert missing == []


def test_english_keeps_every_place_and_no_chinese() -> None:
    wrong = []
    for message in current():
        if message.id:
            source = message.id if isinstance(message.id, str) else message.id[0]
            for english in _strings(message):
                places = set(PLACE.findall(source)) == set(PLACE.findall(english))
                if not places or (HAN.search(english) and english not in ALLOWED):
                    wrong.append((source, english))
    assert wrong == []


ALLOWED = {"简体中文"}


def _strings(message: object) -> tuple[str, ...]:
    string = message.string  # type: ignore[attr-defined]
    return (string,) if isinstance(string, str) else tuple(string)


def test_the_compiled_catalogue_is_current() -> None:
    assert CATALOGUE.with_suffix(".mo").read_bytes() == compiled(current())


def _bare_in_code(path: Path) -> Iterator[str]:
    """Chinese string constants that no translation call holds (docstrings are for programmers)."""
    tree = ast.parse(path.read_text("utf-8"))
    reached: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in KEYWORDS:
                reached |= {id(inner) for inner in ast.walk(node)}
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node, clean=False
        ):
            reached.add(id(node.body[0].value))  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in reached and HAN.search(text):
            yield f"{path.relative_to(PRODUCT)}:{node.lineno} {text}"


@pytest.mark.parametrize(
    "path",
    [p for p in sorted(PRODUCT.rglob("*.py")) if "migrations" not in p.parts],
    ids=lambda path: str(path.relative_to(PRODUCT)),
)
def test_no_chinese_in_code_outside_the_catalogue(path: Path) -> None:
    if str(path.relative_to(PRODUCT)).startswith(DATA):
        return
    assert list(_bare_in_code(path)) == []


TAG = re.compile(
    r"\{#.*?#\}|\{% comment .*?endcomment %\}|\{% blocktrans.*?endblocktrans %\}"
    r"|\{% blocktranslate.*?endblocktranslate %\}|\{%.*?%\}|\{\{.*?\}\}",
    re.S,
)


@pytest.mark.parametrize(
    "path",
    sorted((PRODUCT / "web" / "templates").rglob("*.*")),
    ids=lambda path: path.name,
)
def test_no_chinese_in_pages_outside_the_catalogue(path: Path) -> None:
    bare = TAG.sub("", path.read_text("utf-8"))
    lines = [line.strip() for line in bare.splitlines() if HAN.search(line)]
    assert [line for line in lines if ">中文English<" not in line] == []


def test_the_catalogue_can_be_read() -> None:
    with CATALOGUE.open("rb") as file:
        assert len(read_po(file)) > 100
