"""Letters that only look like Latin ones, radicals and framed digits, in the writing they mean."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.lookalikes import as_latin
from tingda.lib.repeats import is_repeat
from tingda.lib.text import fold, highlight

CYRILLIC_A, GREEK_O = "\u0410", "\u03bf"
MIXED = st.text(alphabet="Aap\u0410\u0430\u0440\u043f\u03bc\u03bf\u200bＡ停1 ", max_size=30)


@pytest.mark.parametrize(
    ("said", "folded"),
    [
        (f"下载{CYRILLIC_A}pp", "下载app"),
        (f"{CYRILLIC_A}\u200bpp", "app"),
        (f"Wi-Fi很慢，faceb{GREEK_O}{GREEK_O}k也是", "wi-fi很慢,facebook也是"),
        ("мир, 5 μm, kΩ, ΑΒ", "мир, 5 μm, kω, αβ"),  # words of their own writing stay
        ("3дPrint", "3дprint"),  # д looks like no Latin letter
        ("⻓⻔⻋站", "长门车站"),
        ("⽔电", "水电"),
        ("❶号楼，➁号楼，⓬号楼", "1号楼,2号楼,12号楼"),
        ("1\ufe0f\u20e33\ufe0f\u20e3号", "13号"),
        ("👍🏻", "👍"),
        ("未末曰日冫氵", "未末曰日冫氵"),  # other characters, not other writings
    ],
)
def test_what_only_looks_like_it_is_read_as_it(said: str, folded: str) -> None:
    assert fold(said).text == folded


def test_what_is_found_points_at_the_letters_as_they_were_written() -> None:
    said = f"新{CYRILLIC_A}pp在⻓门，停 水"
    found = [said[start:end] for start, end in highlight(said, ["app", "长门", "停水"])]
    assert found == [f"{CYRILLIC_A}pp", "⻓门", "停 水"]


def test_a_copy_with_look_alikes_is_a_repeat() -> None:
    said = "云杉里小区3号楼的App报修三天没有人管，电梯还是坏的"
    other = said.replace("App", f"{CYRILLIC_A}pp").replace("3", "❸").replace("长", "⻓")
    assert is_repeat(said, other).repeat


@given(MIXED)
def test_letters_are_changed_one_by_one_and_folding_twice_changes_nothing(said: str) -> None:
    assert len(as_latin(said)) == len(said)
    assert as_latin(as_latin(said)) == as_latin(said)
    once = fold(said)
    assert fold(once.text).text == once.text
    assert list(once.offsets) == sorted(once.offsets)


def test_a_long_text_of_such_letters_is_folded_quickly() -> None:
    begun = time.monotonic()
    fold(f"{CYRILLIC_A}pp " * 100_000)
    fold("привет " * 100_000)
    assert time.monotonic() - begun < 5
