"""The posts and rules that the speed of reading is measured on."""

from collections import Counter

import pytest

from tingda.evaluate.analyse_posts import LONGEST, SHORTEST, posts
from tingda.evaluate.analyse_rules import rules, word_lists
from tingda.lib.watching.engine import Engine
from tingda.lib.watching.evaluate import match, read_lists
from tingda.lib.watching.fold import readable
from tingda.lib.watching.syntax import And, Named, Near, Not, Or, Pattern, Prefix, Word, terms_of


def test_the_same_seed_gives_the_same_posts_and_rules() -> None:
    assert list(posts(50, 7)) == list(posts(50, 7))
    assert list(posts(50, 7)) != list(posts(50, 8))
    assert rules(40, 7) == rules(40, 7)


def test_posts_are_as_long_and_as_mixed_as_people_write() -> None:
    made = list(posts(500, 1))
    lengths = [len(said.body) for said in made]
    assert min(lengths) >= SHORTEST
    assert max(lengths) <= LONGEST + len("【转】")
    assert 60 < sum(lengths) / len(lengths) < 120
    languages = Counter(said.lang for said in made)
    assert 0.03 < languages["en"] / len(made) < 0.15
    assert len({said.body for said in made}) < len(made)  # some are carried on as they were


def test_rules_are_of_every_shape_and_more_of_them_begin_with_the_same() -> None:
    made = rules(60, 1)
    roots = {type(rule.root) for rule in made.values()}
    assert {Word, Near, And, Pattern} <= roots
    parts = {type(part) for r in made.values() if isinstance(r.root, And) for part in r.root.parts}
    assert {Or, Not, Named, Prefix} <= parts
    assert any(term.field for rule in made.values() for term in terms_of(rule.root))
    assert list(made.values()) == list(rules(90, 1).values())[:60]


@pytest.mark.parametrize("sampled", [False, True])
def test_watches_seldom_hit_and_the_engine_finds_what_the_plain_way_finds(sampled: bool) -> None:
    lists = read_lists(word_lists())
    texts = list(map(readable, posts(150, 1)))
    known = rules(600, 1)
    plain = [
        {number: hit for number, rule in known.items() if (hit := match(rule, text, lists))}
        for text in texts
    ]
    assert Engine(known, lists, texts if sampled else ()).match_readable(texts) == plain
    assert sum(map(len, plain)) < len(texts) / 2
