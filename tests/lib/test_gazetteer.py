"""The office's list of places: read from CSV, found by any of their names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.gazetteer import Entry, Gazetteer, read_gazetteer
from tingda.lib.places import Place
from tingda.lib.refusal import Refused
from tingda.lib.text import fold

ENTRIES = [
    Entry("云杉里", "estate", ("云杉小区", "老云杉")),
    Entry("云杉里小学", "school", ("云小",)),
    Entry("北桥站", "station", ("北桥", "桥")),
    Entry("南桥站", "station", ("南桥", "二号口")),
    Entry("北桥广场", "spot", ("二号口",)),
    Entry("Elm Road", "road"),
]


def found(text: str) -> list[tuple[str, str]]:
    folded = fold(text, squeeze=True)
    places = Gazetteer(ENTRIES).find(folded.text)
    return [(text[slice(*folded.span(p.start, p.end))], p.name) for p in places]


def test_the_longest_name_wins_and_an_alias_gives_the_main_name() -> None:
    assert found("雲杉里小學門口、云杉小区、老云·杉和北桥") == [
        ("雲杉里小學", "云杉里小学"),
        ("云杉小区", "云杉里"),
        ("老云·杉", "云杉里"),
        ("北桥", "北桥站"),
    ]


def test_latin_names_stand_alone() -> None:
    assert found("ELM ROAD is closed, not Elm Roadside") == [("ELM ROAD", "Elm Road")]


def test_aliases_of_several_places_or_of_one_character_are_told_and_not_looked_for() -> None:
    assert Gazetteer(ENTRIES).doubtful == ("二号口", "桥")
    assert found("二号口桥上") == []


def test_a_list_is_read_in_either_language() -> None:
    text = "\ufeff名称,类别,别名\n云杉里,小区,云杉小区；老云杉\n\n北桥站,station,\n"
    assert read_gazetteer(text) == [
        Entry("云杉里", "estate", ("云杉小区", "老云杉")),
        Entry("北桥站", "station"),
    ]


def test_a_list_without_kinds_holds_spots() -> None:
    assert read_gazetteer("name\n云杉里\n") == [Entry("云杉里", "spot")]


@pytest.mark.parametrize(
    "text", ["", "地名\n云杉里\n", "name,kind\n云杉里,星球\n", "name\n桥\n", 'name\n"云']
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read_gazetteer(text)


@given(st.text("云杉里小学北桥站南二号口 elmroad", max_size=40))
def test_places_lie_in_the_text_and_apart(text: str) -> None:
    places = Gazetteer(ENTRIES).find(text)
    edges = [edge for place in places for edge in (place.start, place.end)]
    assert edges == sorted(edges)
    assert all(isinstance(place, Place) and place.end <= len(text) for place in places)


def test_an_empty_list_finds_nothing() -> None:
    assert Gazetteer([]).find("云杉里") == []
