"""One writing of many, and back to the words as they were said."""

import sqlite3
from contextlib import closing
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.search import fts5_query, pairs, tsquery, tsvector
from tingda.lib.text import fold, highlight

ANY = st.text(max_size=60)
MIXED = st.text(alphabet="停水電话Ａａ１ 　·.\u200b\ufeffﬁÅé😀（）-\n", max_size=40)


@pytest.mark.parametrize(
    ("said", "folded"),
    [
        ("ＷＩＦＩ　很慢", "wifi 很慢"),
        ("臺灣電費", "台湾电费"),
        ("停\u200b水\ufeff", "停水"),
        ("①②", "12"),
        ("", ""),
    ],
)
def test_folding_makes_one_writing_of_many(said: str, folded: str) -> None:
    assert fold(said).text == folded


@pytest.mark.parametrize("said", ["停·水", "停.水", "停 水", "停_水", "停*水", "停-水"])
def test_words_pulled_apart_are_put_together_when_asked(said: str) -> None:
    assert fold(said, squeeze=True).text == "停水"
    assert fold("a b", squeeze=True).text == "a b"


@given(st.one_of(ANY, MIXED), st.booleans())
def test_every_folded_character_knows_where_it_stood(said: str, squeeze: bool) -> None:
    folded = fold(said, squeeze=squeeze)
    assert len(folded.offsets) == len(folded.text)
    assert list(folded.offsets) == sorted(folded.offsets)
    assert all(0 <= offset < len(said) for offset in folded.offsets)


@given(MIXED)
def test_folding_twice_changes_nothing(said: str) -> None:
    once = fold(said).text
    assert fold(once).text == once


@pytest.mark.parametrize(
    ("said", "indexed"),
    [
        ("停电通知5G", "停电 电通 通知 5g"),
        ("水", "水"),
        ("停水，停电", "停水 停电"),
        ("free WiFi", "free wifi"),
        ("……", ""),
    ],
)
def test_the_index_holds_overlapping_pairs(said: str, indexed: str) -> None:
    assert pairs(said) == indexed


@given(ANY)
def test_no_query_can_be_more_than_words(asked: str) -> None:
    for token in fts5_query(asked).replace(" AND ", " ").replace(" *", "").split('"')[1::2]:
        assert all(char.isalnum() or char == " " for char in token)
    assert "--" not in tsquery(asked)
    assert tsquery(asked).count("'") % 2 == 0


def test_what_postgresql_is_given_stands_in_quotes() -> None:
    assert tsvector("停电 电通 停电") == "'停电':1,3 '电通':2"


def test_highlights_point_into_the_words_as_they_were_said() -> None:
    said = "臺北停\u200b電了，ＷＩＦＩ也斷了"
    found = [said[start:end] for start, end in highlight(said, ["停电", "wifi"])]
    assert found == ["停\u200b電", "ＷＩＦＩ"]


@given(MIXED)
def test_highlights_never_overlap(said: str) -> None:
    spans = highlight(said, ["停水", "水电", "a"])
    assert all(start < end <= following for (start, end), (following, _) in pairwise(spans))


HAN_AND_LATIN = st.text(alphabet="停水电通知ab5 ，", min_size=1, max_size=12)


@given(said=HAN_AND_LATIN, asked=st.text(alphabet="停水电通知", min_size=2, max_size=4))
def test_full_text_search_is_exact_from_two_characters_on(said: str, asked: str) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE VIRTUAL TABLE t USING fts5(pairs, tokenize='unicode61')")
        database.execute("INSERT INTO t VALUES (?)", [pairs(said)])
        query = "SELECT count(*) FROM t WHERE pairs MATCH ?"
        found = database.execute(query, [fts5_query(asked)]).fetchone()[0]
    assert found == (asked in fold(said, squeeze=True).text)


@given(ANY)
def test_no_query_of_a_person_breaks_the_search(asked: str) -> None:
    query = fts5_query(asked)
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE VIRTUAL TABLE t USING fts5(pairs, tokenize='unicode61')")
        if query:
            database.execute("SELECT * FROM t WHERE pairs MATCH ?", [query]).fetchall()
