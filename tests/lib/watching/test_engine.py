"""The engine finds just what the plain way finds, for any rules and any texts."""

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lib.watching.strategies import LISTS, rules, said
from tingda.lib.refusal import Refused
from tingda.lib.watching import engine
from tingda.lib.watching.engine import CHUNK, Engine
from tingda.lib.watching.evaluate import match, read_lists
from tingda.lib.watching.fold import Said, readable
from tingda.lib.watching.parse import parse
from tingda.lib.watching.required import letters_of
from tingda.lib.watching.syntax import Rule

LISTED = read_lists(LISTS)


def parsed(texts: list[str]) -> dict[int, Rule]:
    found = {}
    for number, text in enumerate(texts):
        try:
            found[number] = parse(text)
        except Refused:
            continue
    return found


@settings(max_examples=300, deadline=None)
@given(st.lists(rules, max_size=8), st.lists(said, max_size=5), st.booleans())
def test_the_engine_equals_the_plain_way(
    texts: list[str], batch: list[Said], sampled: bool
) -> None:
    known = parsed(texts)
    sample = [readable(one) for one in batch] if sampled else []
    plain = [
        {number: hit for number, rule in known.items() if (hit := match(rule, one, LISTED))}
        for one in batch
    ]
    assert Engine(known, LISTED, sample).match(batch) == plain


@settings(max_examples=300, deadline=None)
@given(rules)
def test_the_canonical_text_reads_as_the_same_rule(text: str) -> None:
    for rule in parsed([text]).values():
        assert parse(str(rule)) == rule


def test_a_text_counts_in_every_rule_that_it_meets() -> None:
    engine = Engine(
        {7: parse("停水"), 8: parse("停水 OR 停电"), 9: parse("停水"), 10: parse("停电")}
    )
    assert [list(found) for found in engine.match([Said(body="又停水"), Said(body="好")])] == [
        [7, 8, 9],
        [],
    ]


def test_texts_of_a_batch_never_run_into_each_other() -> None:
    engine = Engine({1: parse("停水")})
    batch = [Said(body="停"), Said(title="水", body="停"), Said(title="水")] * CHUNK
    assert engine.match(batch) == [{}] * (3 * CHUNK)
    found = Engine({1: parse("水")}).match([Said(body="好"), Said(title="水"), Said(body="水")])
    assert [list(one) for one in found] == [[], [1], [1]]


def test_words_are_found_where_one_search_ends_and_the_next_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "WINDOW", 3)
    rules = parsed(["停水", "停水的小区", "小区", "ai", "通知"])
    batch = [Said(title="又", body="停水的小区 ai 停水"), Said(body="ai小区通知"), Said(body="知")]
    found = Engine(rules).match(batch)
    assert [list(one) for one in found] == [[0, 1, 2, 3], [2, 3, 4], []]


@pytest.mark.slow
def test_a_word_a_million_times_costs_no_more_memory_than_its_text() -> None:
    many = Engine({number: parse(f"水 -{number}号") for number in range(200)})
    tracemalloc.start()
    assert len(many.match([Said(body="水" * 500_000)])[0]) == 200
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000_000


def test_an_engine_without_rules_or_texts_finds_nothing() -> None:
    assert Engine({}).match([Said(body="停水")]) == [{}]
    assert Engine({1: parse("停水")}).match([]) == []


@pytest.mark.parametrize(
    ("pattern", "letters"),
    [
        ("停.{0,2}水管", "水管"), ("停水|停电", ""), ("(停|断)水", "水"), ("停水?", "停"),
        ("停水*电话", "电话"),
        ("停水+", "停水"), ("停{0,3}水", "水"), ("[停水]电", "电"), ("\\d{11}", ""),
        ("WiFi", "wifi"),
        ("[[:alpha:]水]区", ""), ("\\141b", "b"), ("\\x61b", "b"), ("\\x{61}b", "b"),
        ("\\Qa|b\\E", ""),
        ("((停|断)水)?电", "电"), ("a\\(b|c\\)d", ""), ("x{2(a|b}c)d", "x"),
    ],
)  # fmt: skip
def test_the_letters_that_each_match_must_hold(pattern: str, letters: str) -> None:
    assert letters_of(pattern) == letters
