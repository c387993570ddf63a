"""Names in other writings: their sound, their first letters, what people leave of them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.analyse.rules import Reader, VoiceText
from tingda.detect.rules import Grouper, Item
from tingda.detect.rules.naming import Writings

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=6)


def known(*places: str) -> Writings:
    writings = Writings()
    for place in places:
        writings.learn(place, is_place=True)
    return writings


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["the", "lanyue", "estate"], {"lanyue": "岚岳花园"}),
        (["hai", "yun", "tower"], {"hai": "海云大厦"}),
        (["hydx"], {"hydx": "海云大厦"}),
        (["云小", "门口"], {"云小": "云溪小学"}),
        (["岚岳", "花园"], {"岚岳": "岚岳花园"}),
        (["nothing", "门口"], {}),
        ([], {}),
    ],
)
def test_a_writing_stands_for_the_name_that_is_spoken_of(
    words: list[str], meant: dict[str, str]
) -> None:
    assert known("岚岳花园", "海云大厦", "云溪小学").meant(words, ()) == meant


def test_what_two_names_share_stands_for_neither() -> None:
    assert known("云溪小学", "云岭小学").meant(["云小"], ()) == {}


def test_a_part_of_a_place_named_in_full_stands_for_nothing_else() -> None:
    assert known("岚岳花园").meant(["lanyue"], ("岚岳花园",)) == {}


@given(st.lists(HAN, max_size=5))
def test_what_is_forgotten_leaves_nothing(names: list[str]) -> None:
    writings = known(*names)
    for name in names:
        writings.forget(name, is_place=True)
    assert writings._names == {}


def test_a_name_borne_twice_is_known_until_both_are_gone() -> None:
    writings = known("岚岳花园", "岚岳花园")
    writings.forget("岚岳花园", is_place=True)
    assert writings.meant(["lanyue"], ()) == {"lanyue": "岚岳花园"}


def items(*voices: tuple[str, str]) -> list[Item]:
    texts = [VoiceText(n, title, body) for n, (title, body) in enumerate(voices, start=1)]
    return [
        Item(found.key, found.terms, found.places, found.digest, START + timedelta(hours=found.key))
        for found in Reader().read(texts)
    ]


def test_who_writes_a_name_as_it_sounds_or_shortened_joins_its_issue() -> None:
    placed = Grouper().place(
        items(
            ("岚岳花园停水两天", "岚岳花园从前天起停水，客服电话打不通"),
            ("", "No water in Lanyue Garden again. Who can fix it?"),
            ("", "lyhy停水，真的没法过"),
        )
    )
    assert [(row.issue, row.places) for row in placed] == [
        (-1, ()),
        (-1, ("岚岳花园",)),
        (-1, ("岚岳花园",)),
    ]
