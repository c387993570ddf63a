"""Plain words of old become rules that say the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.watching.evaluate import match
from tingda.lib.watching.fold import Said
from tingda.lib.watching.parse import LONGEST, parse
from tingda.lib.watching.plain import rules_of_words


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        (["停水"], ["停水"]),
        (["校车 超员", "黑校车"], ["校车 超员 OR 黑校车"]),
        (["停水", "停水", ""], ["停水"]),
        (["A-1 或"], ["A-1 “或”".replace("“", '"').replace("”", '"')]),
        (["停水|停电"], ['"停水|停电"']),
        (["@物业", "title:x"], ['"@物业" OR "title:x"']),
        (["-停水", "NOT"], ['"-停水" OR "NOT"']),
        ([""], []),
        ([], []),
    ],
)
def test_words_become_a_rule(lines: list[str], rules: list[str]) -> None:
    assert rules_of_words(lines) == rules


def test_what_is_too_long_for_one_rule_becomes_several() -> None:
    words = [f"停水{number}号" for number in range(1500)]
    rules = rules_of_words(words)
    assert len(rules) > 1
    assert max(map(len, rules)) <= LONGEST
    assert sum(rule.count(" OR ") + 1 for rule in rules) == len(words)


@given(st.lists(st.text(max_size=20), max_size=5))
def test_anything_becomes_rules_that_read(lines: list[str]) -> None:
    for rule in rules_of_words(lines):
        parse(rule)


@given(st.lists(st.text("停水电ab(|-@\"' ", min_size=1, max_size=8), min_size=1, max_size=3))
def test_a_rule_finds_a_text_of_all_its_words(lines: list[str]) -> None:
    for rule in rules_of_words(lines):
        assert match(parse(rule), Said(body="\n".join(lines)))
