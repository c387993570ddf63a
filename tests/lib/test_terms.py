"""The telling words of a text, the sums of them, and the line that stands for many."""

import math

import pytest

from tingda.lib.headline import headline, representative
from tingda.lib.terms import MOST_REPEATS, TITLE_WEIGHT, is_matter, is_name, root, terms_of
from tingda.lib.vectors import Sum, unit_vector


def test_words_of_the_title_weigh_more_and_none_without_end() -> None:
    terms = terms_of("停水", "停电" + "，停电" * 9)
    assert (terms.count("停水"), terms.count("停电")) == (TITLE_WEIGHT, MOST_REPEATS)


def test_greetings_paths_numbers_and_areas_say_nothing() -> None:
    said = "尊敬的领导您好，谢谢 https://www.example.org/x第三次 六点 2026 a3区"
    assert terms_of("", said) == ("example.org",)


def test_a_route_is_a_name() -> None:
    assert "112路" in terms_of("112路公交又没来", "")
    assert (is_matter("112路"), is_name("112路"), is_matter("远大路")) == (True, True, False)


def test_a_route_is_one_however_it_is_written() -> None:
    written = ("26路又没来", "二十六路又没来", "the no. 26 bus is late", "bus 26 is late")
    assert ["26路" in terms_of("", text) for text in written] == [True] * 4
    assert "28路" not in terms_of("", "东二十八路")


def test_what_people_leave_of_the_name_of_a_school_is_a_term() -> None:
    assert "实小" in terms_of("", "实小门口")
    assert "只小" not in terms_of("", "一只小猫")


def test_an_amount_is_one_however_it_is_written_and_an_even_one_tells_nothing() -> None:
    terms = terms_of("", "认购金18.5万，有的交了18万5千元，合同226960元，罚10万，补3000元")
    assert [term for term in terms if term.isdecimal()] == ["185000", "226960"]
    assert (is_matter("185000"), is_name("185000")) == (True, True)


def test_a_tag_is_a_term_of_its_own() -> None:
    terms = terms_of("", "haze again #sghaze #云溪苑停水# issue #1")
    assert [term for term in terms if term[0] == "#"] == ["#sghaze", "#云溪苑停水"]


def test_names_that_the_dictionary_does_not_hold_are_not_lost() -> None:
    assert {"铂健", "翠屏"} <= set(terms_of("", "铂健退钱，给翠屏花园装水管"))


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("floods", "flood"),
        ("flooding", "flood"),
        ("bus", "bus"),
        ("glass", "glass"),
        ("fires", "fire"),
        ("油烟", "油烟"),
    ],
)
def test_forms_of_a_latin_word_are_one(word: str, stem: str) -> None:
    assert root(word) == stem


@pytest.mark.parametrize(("word", "name"), [("麻将馆", False), ("油烟", False), ("嘉禾莱", True)])
def test_a_name_is_told_from_an_everyday_word(word: str, name: bool) -> None:
    assert is_name(word) is name


def test_a_vector_has_length_one_and_the_heaviest_words() -> None:
    vector = unit_vector({"油烟": 3, "苑": 1, "的": 1}, {"油烟": 2.0, "苑": 3.0, "的": 0.1}.get, 2)
    assert (set(vector), round(math.hypot(*vector.values()), 9)) == ({"油烟", "苑"}, 1.0)


def test_a_sum_gives_back_what_was_added() -> None:
    total = Sum()
    assert total.add({"a": 0.6, "b": 0.8}) == ["a", "b"]
    assert total.add({"b": 1.0}) == ["b"][:0]
    assert round(total.square, 9) == round(0.36 + 1.8**2, 9)
    total.take({"b": 1.0, "c": 1.0})
    assert (round(total.square, 9), total.keep(1), set(total.weights)) == (1.0, ["a"], {"b"})


SAID = [
    ("环境污染", "云溪苑旁边的油烟", ("云溪", "油烟", "环境", "污染")),
    ("云溪苑烧烤店油烟扰民", "油烟太大", ("云溪", "油烟", "烧烤店", "扰民")),
    ("", "云溪苑的烧烤店。晚上油烟很大！", ("云溪", "烧烤店", "油烟")),
]


def test_the_title_with_most_in_common_stands_for_all() -> None:
    assert (headline(SAID), representative(SAID)) == ("云溪苑烧烤店油烟扰民", 2)


def test_without_titles_a_sentence_stands_for_all() -> None:
    assert headline([("", "好。云溪苑的烧烤店油烟大！请来看", ("油烟",))]) == "云溪苑的烧烤店油烟大"
    assert headline([("", "", ())]) == ""


def test_a_link_is_no_title() -> None:
    said = [("", "https://t.example/abc #meteor over the city", ("meteor", "city"))]
    assert headline(said) == "#meteor over the city"
