"""The examples of the language's page are rules, and what it says is refused is refused."""

import re
from pathlib import Path

import pytest

from tingda.lib.refusal import Refused
from tingda.lib.watching.parse import parse

PAGE = (Path(__file__).parents[3] / "docs" / "watches.md").read_text("utf-8")


def part(heading: str) -> list[list[str]]:
    """The code of each table row after a heading, by its cells."""
    body = PAGE.split(f"## {heading}")[1].split("\n## ")[0]
    rows = [line.split(" | ") for line in body.splitlines() if line.startswith("| ")]
    return [list(re.findall(r"`([^`]+)`", row[cell])) for row in rows for cell in (0, -1)]


def test_every_example_is_a_rule() -> None:
    rules = [rule for cell in part("从例子开始") for rule in cell]
    assert len(rules) > 10
    for rule in rules:
        parse(rule)


def test_what_is_said_to_be_refused_is_and_its_mending_is_not() -> None:
    cells = part("不接受的写法")[2:]
    assert len(cells) > 15
    for wrong, right in zip(cells[::2], cells[1::2], strict=True):
        for rule in wrong:
            with pytest.raises(Refused):
                parse(rule)
        for rule in right:
            if rule != "-(甲 NEAR/3 乙)":  # shown alone, as the part of a rule
                parse(rule)
