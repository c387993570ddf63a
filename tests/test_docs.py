"""The documents say what the code does: settings, commands, roles, states, links, versions."""

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tingda import __version__
from tingda.cases import rules as cases
from tingda.cli.main import COMMANDS, main
from tingda.detect.models import AlertStep
from tingda.duty import rules as duty
from tingda.lib import heat, levels
from tingda.people import rules as people

ROOT = Path(__file__).parents[1]
READMES = [ROOT / "README.md", ROOT / "README.en.md"]
PAGES = [*READMES, *sorted((ROOT / "docs").glob("*.md"))]
# Defaults that are made of something else or are said in other words.
SAID = {
    "TINGDA_HOME": "`./var`",
    "TINGDA_ADDRESS": "`http://localhost:PORT`",
    "DATABASE_URL": "SQLite in the data folder",
}


def text_of(path: Path | str) -> str:
    return (ROOT / path).read_text("utf-8")


def rows(page: str, heading: str = "") -> list[list[str]]:
    """The cells of the first table after a heading, without its head."""
    text = text_of(f"docs/{page}")
    lines = text[text.index(heading) :].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|---"))
    found = []
    for line in lines[start + 1 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return found


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


# ---- settings ----
def settings_read() -> Iterator[tuple[str, str]]:
    """Every setting that the code reads, with its default as the table writes it."""
    for node in ast.walk(ast.parse(text_of("tingda/settings.py"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and ast.unparse(node.func.value) == "env"
        ):
            name, *default = [ast.unparse(part) for part in node.args]
            yield ast.literal_eval(name), written(default[0])


def written(default: str) -> str:
    return "empty" if default in ("''", "[]") else f"`{default.strip(chr(39))}`"


def test_every_setting_is_documented_with_its_default_and_no_other() -> None:
    read = dict(settings_read())
    read = {name: default.lower() if default in ("`True`", "`False`") else default
            for name, default in read.items()}  # fmt: skip
    told = {codes(name)[0]: default for name, default, _what in rows("configure.md")}
    assert told == read | SAID


# ---- commands ----
def commands(command: click.Command, path: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            if part := command.get_command(context, name):
                yield from commands(part, f"{path} {name}")
    elif not command.hidden:
        yield path


def test_every_command_is_documented_and_no_other() -> None:
    told = [codes(row[0])[0] for row in rows("run.md", "## 命令 Commands")]
    assert sorted(told) == sorted(commands(main, "tingda"))


def test_no_page_names_a_command_that_is_not_there() -> None:
    known = set(commands(main, "tingda"))
    named = {
        (page.name, " ".join(found))
        for page in PAGES
        for found in re.findall(
            rf"\btingda ({'|'.join(COMMANDS)})(?: ([a-z]+))?\b", page.read_text("utf-8")
        )
    }
    wrong = {
        (page, command)
        for page, command in named
        if not any(f"tingda {command.strip()} ".startswith(f"{one} ") for one in known)
    }
    assert wrong == set()


# ---- roles and states ----
ROLES_PAGE = "roles-and-states.md"


def test_roles_and_their_deeds_are_those_of_the_code() -> None:
    told = {}
    for name, code, deeds in rows(ROLES_PAGE, "## 角色 Roles"):
        told[codes(code)[0]] = (name.split()[0], codes(deeds))
    assert told == {
        role: (name, [deed for deed, roles in people.MAY.items() if role in roles])
        for role, name in people.ROLES.items()
    }
    explained = [codes(deed)[0] for deed, _what in rows(ROLES_PAGE, "| deed |")]
    assert explained == list(people.MAY)


def test_states_and_moves_are_those_of_the_code() -> None:
    told = rows(ROLES_PAGE, "## 事项的状态")
    assert [(codes(code)[0], name.split()[0]) for name, code, _what in told] == list(
        cases.STATES.items()
    )
    moves = {
        codes(move)[0]: cases.Move(tuple(codes(start)), codes(end)[0], codes(deed)[0])
        for move, start, end, deed in rows(ROLES_PAGE, "## 怎样前进")
    }
    assert moves == cases.MOVES


def test_states_of_swaps_and_shift_logs_are_those_of_the_code() -> None:
    for heading, states in (("## 换班的状态", duty.SWAPS), ("## 值班日志的状态", duty.LOGS)):
        told = rows(ROLES_PAGE, heading)
        assert {codes(code)[0]: name.split()[0] for name, code, _what in told} == states


def test_closings_and_clocks_are_those_of_the_code() -> None:
    told = rows(ROLES_PAGE, "## 办结的理由")
    assert {codes(code)[0]: name for name, code, _english in told} == cases.CLOSINGS
    clocks = [
        [f"`{clock.code}`", f"{clock.limit.amount} {clock.limit.kind.replace('_', ' ')}"]
        for clock in (*cases.CLOCKS, *cases.ASKING)
    ]
    assert [row[:2] for row in rows(ROLES_PAGE, "## 时钟 Clocks")] == clocks
    assert [row[2:] for row in rows(ROLES_PAGE, "## 时钟 Clocks")] == [
        [clock.basis, str(clock.extension)] for clock in (*cases.CLOCKS, *cases.ASKING)
    ]
    waits = [[wait.name, f"`{code}`", f"{wait.longest} days"] for code, wait in cases.WAITS.items()]
    assert rows(ROLES_PAGE, "## 暂停的理由") == waits


# ---- versions, links, promises ----
def test_the_changelog_begins_with_this_version_and_readmes_name_none() -> None:
    assert re.findall(r"^## (\S+)", text_of("CHANGELOG.md"), re.M)[0] == __version__
    assert [page.name for page in READMES if re.search(r"\d+\.\d+\.\d+", page.read_text())] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    local = [link.partition("#")[0] for link in links if "://" not in link]
    assert [link for link in local if link and not (page.parent / link).exists()] == []


def test_every_page_of_the_docs_is_linked_from_both_readmes() -> None:
    for readme in READMES:
        text = readme.read_text("utf-8")
        assert [page.name for page in PAGES[2:] if f"(docs/{page.name})" not in text] == []


@pytest.mark.parametrize("page", READMES, ids=lambda page: page.name)
def test_both_readmes_make_the_seven_promises(page: Path) -> None:
    promises = re.findall(r"^(\d)\. \*\*[^*]+[.。]\*\*", page.read_text("utf-8"), re.M)
    assert promises == list("1234567")


def test_each_promise_has_its_test() -> None:
    """Under each number of tests/test_promises.py stands at least one test."""
    parts = re.split(r"^# (\d)$", text_of("tests/test_promises.py"), flags=re.M)[1:]
    assert parts[::2] == list("1234567")
    assert [number for number, part in zip(parts[::2], parts[1::2], strict=True)
            if "\ndef test_" not in part] == []  # fmt: skip


# ---- heat and warning ----
def test_the_table_of_colours_and_the_minutes_are_those_of_the_code() -> None:
    told = [
        levels.Row(codes(level)[0], int(urgency or 0), grows == "yes", int(people), topic)
        for urgency, grows, people, topic, level in (
            [cell.strip() for cell in row]
            for row in (line.split("|") for line in table_lines("warning.md", "## 预警级别"))
        )
    ]
    assert tuple(told) == levels.TABLE
    minutes = {codes(name)[0]: int(n) for name, n in rows("warning.md", "| colour |")}
    assert minutes == levels.MINUTES
    steps = [codes(row[0])[0] for row in rows("warning.md", "## 一件预警的经过")]
    assert sorted(steps) == sorted(AlertStep.What.values)
    weights = heat.Weights()
    formula = " + ".join(f"{getattr(weights, part):g}·{part}" for part in heat.PARTS)
    assert formula in text_of("docs/warning.md")


def table_lines(page: str, heading: str) -> list[str]:
    """The lines of a table whose cells may be empty, without their outer bars."""
    text = text_of(f"docs/{page}")
    lines = text[text.index(heading) :].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|---"))
    found = itertools.takewhile(lambda line: line.startswith("|"), lines[start + 1 :])
    return [line[1:-1] for line in found]
