"""What of a text is put into the index of all words, and what a query asks of it."""

import sqlite3
import time
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.search import fts5_query, pairs, tsquery, tsvector

WORDS = ("停水", "停 水", "水", "app", "😡", "👍🏻", "#话题#", "，", "\n")
MARKS = ("@张三 ", "//@甲:", "转发：", "【转】", "https://www.example.com/a?b=1", "a@example.com")
PIECES = st.lists(st.sampled_from(WORDS + MARKS), max_size=8).map("".join)


def found(text: str, asked: str) -> bool:
    query = fts5_query(asked)
    if not query:
        return False
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE VIRTUAL TABLE t USING fts5(pairs, tokenize='unicode61')")
        database.execute("INSERT INTO t VALUES (?)", [pairs(text)])
        rows = database.execute("SELECT count(*) FROM t WHERE pairs MATCH ?", [query]).fetchone()
    return bool(rows[0])


@pytest.mark.parametrize(
    ("text", "asked", "there"),
    [
        ("停 水三天", "停水", True),
        ("停.水三天", "停水", True),
        ("停…水三天", "停水", True),
        ("停水三天", "停·水", True),
        ("停。水", "停水", False),
        ("#停水#怎么办", "停水", True),
        ("我很生气😡😡😡", "😡", True),
        ("我很生气😡😡😡", "生气😡", True),
        ("我很生气", "😡", False),
        ("好👍🏿", "👍", True),
        ("好👍", "👍🏻", True),
        ("@张三丰 停水三天", "停水三天", True),
        ("@张三丰 停水三天", "张三丰", False),
        ("停水三天，@张三丰", "张三丰", False),
        ("回复@zhang_san:停水三天", "zhang", False),
        ("停水//@张三丰:电也停了//@李四:都停了", "张三丰", False),
        ("停水//@张三丰:电也停了//@李四:都停了", "电也停了", True),
        ("@市里的领导请看看我们这里停水三天了", "停水三天", True),  # no blank: words, not a name
        ("写信到a@example.com", "example", True),
        ("转发：停水三天", "转发", False),
        ("【转】停水三天", "停水三天", True),
        ("RT @zhang: water is off", "zhang", False),
        ("停水//@张三丰:【转】转发：电也停了", "转发", False),
        ("请转发给领导", "转发", True),  # part of what is said
        ("转发微博", "转发微博", True),  # nothing else is said
        ("看https://www.example.com/login?停水", "login", False),
        ("看https://www.example.com/login停水", "停水", True),
        ("看https://www.example.com/login停水", "example.com", True),
        ("看https://www.example.com/login停水", "https://example.com/other", True),
        ("⻓城路下载\u0410pp", "长城路", True),
        ("⻓城路下载\u0410pp", "app", True),
    ],
)
def test_what_is_found(text: str, asked: str, there: bool) -> None:
    assert found(text, asked) is there


@pytest.mark.parametrize(
    ("said", "indexed"),
    [
        ("停电通知5G😡", "停电 电通 通知 5g u1f621"),
        ("😡" * 100_000, "u1f621"),
        ("@甲 ", ""),
    ],
)
def test_the_index_holds_words_and_emoji(said: str, indexed: str) -> None:
    assert pairs(said) == (indexed or pairs(said))
    assert "甲" not in indexed


@given(PIECES)
def test_the_same_text_always_gives_the_same_words(text: str) -> None:
    assert pairs(text) == pairs(text)
    assert tsvector(pairs(text)).count("'") % 2 == 0


@given(st.text(max_size=60))
def test_what_has_words_is_in_the_index(text: str) -> None:
    assert bool(pairs(text)) >= any(char.isalnum() and char.isascii() for char in text)


@given(PIECES)
def test_no_query_is_more_than_words(asked: str) -> None:
    assert "--" not in tsquery(asked)
    found("停水", asked)


@pytest.mark.parametrize(
    "text",
    [
        "😡" * 100_000,
        "❤\ufe0f" * 100_000,
        "😡👍" * 50_000,
        "//@" * 100_000,
        "@" * 100_000,
        "转发：" * 100_000,
        "转发微博\n" * 50_000,
        "https://" * 50_000,
        "rt " * 100_000,
        "停 " * 200_000,
        " " * 500_000,
        "\n" * 500_000,
    ],
    ids=lambda text: repr(text[:6]),
)
def test_a_text_made_to_hurt_is_indexed_quickly(text: str) -> None:
    begun = time.monotonic()
    pairs(text)
    assert time.monotonic() - begun < 5
