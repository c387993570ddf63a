"""Lists of words as an office writes them: what a cue finds, and where."""

import pytest

from tingda.lib.cues import Cues, Hit, read


def found(cue: str, text: str) -> list[str]:
    reading = read("", text)
    return [reading.text[hit.start : hit.end] for hit in Cues({"a": [cue]}).find(reading.text)]


@pytest.mark.parametrize(
    ("cue", "text", "words"),
    [
        ("停水", "从早上起停水", ["停水"]),
        ("停水", "從早上起停·水", ["停水"]),
        ("打…伤", "他把人打成重伤", ["打成重伤"]),
        ("打…伤", "他打了人，没有受伤", []),
        ("#天没水", "三天没水了", ["三天没水"]),
        ("#天没水", "12天没水了", ["12天没水"]),
        ("(反映|投诉)了#次", "我投诉了五次", ["投诉了五次"]),
        ("gas leak*", "Two GAS LEAKS here", ["gas leaks"]),
        ("gun", "the gunners won", []),
        ("help", "请help我", ["help"]),
    ],
)
def test_a_cue_finds_what_it_says(cue: str, text: str, words: list[str]) -> None:
    assert found(cue, text) == words


def test_a_cue_without_a_plain_word_is_refused() -> None:
    with pytest.raises(ValueError, match="plain word"):
        Cues({"a": ["…#"]})


def test_found_words_stand_as_they_were_written() -> None:
    title, text = "小區停·水", "已經停水兩天"
    reading = read(title, text)
    hits = Cues({"a": ["停水"]}).find(reading.text)
    assert [hit.group for hit in hits] == ["a", "a"]
    told = [reading.found(hit.start, hit.end, (title, text)) for hit in hits]
    assert [(one.words, one.in_title, one.start, one.end) for one in told] == [
        ("停·水", True, 2, 5),
        ("停水", False, 2, 4),
    ]


def test_one_word_of_two_lists_is_found_in_both() -> None:
    hits = Cues({"a": ["停水"], "b": ["停水"]}).find("停水")
    assert hits == [Hit("a", 0, 2), Hit("b", 0, 2)]
