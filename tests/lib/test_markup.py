"""Plain text out of what may be HTML, without losing what somebody said."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.markup import plain_text


@pytest.mark.parametrize(
    "said",
    [
        "a < b",
        "a<b and c>d",
        "<我想问>为什么停水",
        "--->看这里",
        "5 & 7",
        "第一行\n\n第二行",
        "2 > 1 < 3",
    ],
)
def test_plain_text_stays_as_it_was_said(said: str) -> None:
    assert plain_text(said) == said


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>停水<br>三天</p><p>没人管</p>", "停水\n三天\n没人管"),
        ("<p>停水</p><script>alert(1)</script><style>p{}</style>", "停水"),
        ("<img src=x onerror=alert(1)>停水", "停水"),
        ('<a title="a>b" href="http://example.com">停水</a>', "停水"),
        ("<!-- 注释 -->停水", "停水"),
        ("1 &lt; 2 &amp; 停水&nbsp;了", "1 < 2 & 停水 了"),
        ("<b>停水</b> 且 3<4", "停水 且 3<4"),
        ("停水\r\n三天\x00\x07 \n\n\n\n了", "停水\n三天\n\n了"),
    ],
)
def test_markup_is_dropped_and_words_are_kept(markup: str, text: str) -> None:
    assert plain_text(markup) == text


@pytest.mark.slow
@pytest.mark.parametrize(
    "hostile", ["<div>", "<", "<a =", "&", "<!--", "<b>", "<a " + " " * 997, " "]
)
def test_hostile_markup_of_a_megabyte_does_not_hang(hostile: str) -> None:
    began = time.process_time()
    plain_text("<p>" + hostile * (1_000_000 // len(hostile)))
    assert time.process_time() - began < 30  # the square of it would be minutes


@given(st.text("<>/!- ab=\"'&;pdivscript\x00\n\r", max_size=80))
def test_any_text_comes_out_without_control_characters(text: str) -> None:
    plain = plain_text(text)
    assert not set(plain) & {"\x00", "\r"}
    assert plain == plain.strip()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("停<!-- never ends>水", "停水"),
        ("停<!-- ends -->水<!-- not", "停水 not"),
        ("停<iframe src='x'> <b>水</b>", "停 水"),
        ("<!DOCTYPE html><p>停水</p>", "停水"),
        ("<math><mi>a</mi><mo>+</mo></math>", "a+"),
    ],
)
def test_what_never_ends_takes_no_words_with_it(text: str, plain: str) -> None:
    assert plain_text(text) == plain
