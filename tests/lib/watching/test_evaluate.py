"""What a rule marks, and where in the text as it was said."""

import time

import pytest
from hypothesis import given

from tests.lib.watching.strategies import noisy
from tingda.lib.refusal import Refused
from tingda.lib.watching.engine import Engine
from tingda.lib.watching.evaluate import MOST_MARKS, match, read_lists
from tingda.lib.watching.fold import Said, fold_text
from tingda.lib.watching.parse import parse


def marked(rule: str, said: Said) -> list[tuple[str, str]] | None:
    found = match(parse(rule), said, read_lists({"供水": ["停水", "no water", "press*"]}))
    if found is None:
        return None
    return [(span.field, getattr(said, span.field)[span.start : span.end]) for span in found.spans]


@pytest.mark.parametrize(
    ("rule", "body", "words"),
    [
        ("停水", "今晚停 · 水，明天停水", ["停 · 水", "停水"]),
        ("電話", "电\u200b话", ["电\u200b话"]),
        ("停水 通知 -演练", "停水，没有通知", ["停水", "通知"]),
        ("停水 OR 停电", "停水又停电", ["停水", "停电"]),
        ("停水 OR (停电 通知)", "停水又停电", ["停水"]),
        ("停水 NEAR/2 小区", "停水。一二三四五小区停水", ["小区停水"]),
        ("a ONEAR/1 b", "b a x b", ["a", "b"]),
        ("a NEAR/1 b NEAR/1 c", "b c x x a x b x c", ["a", "b", "c"]),
        ("elect*", "the ＥＬＥＣＴＲＩＣ bill", ["ＥＬＥＣＴＲＩＣ"]),
        ("/水+/", "水水 水", ["水水 水"]),
        ("@供水", "No  Water, low pressure", ["No  Water", "pressure"]),
        ("公园 公园路", "公园路", ["公园路"]),
        ("likes:0", "停水", []),
        ("/x*/", "停水", []),
    ],
)
def test_the_words_that_made_it_match_are_marked(rule: str, body: str, words: list[str]) -> None:
    assert marked(rule, Said(body=body)) == [("body", word) for word in words]


def test_title_and_body_are_both_marked_and_kept_apart() -> None:
    said = Said(title="又停水", body="小区停水")
    assert marked("停水", said) == [("title", "停水"), ("body", "停水")]
    assert marked("title:停水", said) == [("title", "停水")]
    assert marked("body:停水 NEAR/1 小区", said) == [("body", "小区停水")]
    assert marked("停水 NEAR/1 又 NEAR/1 小区", said) is None


def test_a_list_that_is_gone_matches_nothing() -> None:
    assert marked("@没有 OR 停水", Said(body="停水")) == [("body", "停水")]
    assert marked("@没有", Said(body="停水")) is None


@pytest.mark.parametrize("word", ["", "停水*", "ab*", '停"水', "\u200b"])
def test_a_list_holds_only_words(word: str) -> None:
    with pytest.raises(Refused, match="名单“名单”里的"):
        read_lists({"名单": [word]})


@given(noisy)
def test_every_folded_character_stands_in_the_original(text: str) -> None:
    folded = fold_text(text)
    assert len(folded.text) == len(folded.offsets)
    assert "\n" not in folded.text
    assert all(0 <= offset < len(text) for offset in folded.offsets)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["水" * 1_000_000, "ai " * 333_000, "aaa" * 333_000, "😡" * 1_000_000]
)
def test_a_text_made_to_hurt_is_read_in_seconds(text: str) -> None:
    rules = [
        "水",
        "停水 NEAR/3 水",
        "ai NEAR/5 ai",
        "aaa*",
        "/(a*)*b/",
        "/.{100}x/",
        "😡",
        "水 -通知",
    ]
    began = time.process_time()
    found = Engine(dict(enumerate(map(parse, rules)))).match([Said(body=text)])[0]
    assert time.process_time() - began < 20
    assert all(len(hit.spans) <= MOST_MARKS for hit in found.values())
