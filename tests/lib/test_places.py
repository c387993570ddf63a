"""Names of places, cut from the words around them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.places import find_places, misspelt, same_name


def names(text: str) -> list[str]:
    return [place.name for place in find_places(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("投诉云溪新城附近的搅拌站", ["云溪新城"]),
        ("来电人住和顺苑1号楼反映", ["和顺苑"]),
        ("古曲路和远大路路口", ["古曲路", "远大路"]),
        ("请求修好穿越东四路的天桥", ["东四路"]),
        ("解放西路的路灯不亮", ["解放西路"]),
        ("百合园小区二期漏水", ["百合园"]),
        ("第二小学放学托管收费", ["第二小学"]),
        ("去镇图书馆自习", ["镇图书馆"]),
        ("老城区停水", ["老城区"]),
        ("建设路的灯不亮，加快建设路网", ["建设路"]),
        ("人民医院挂号难，中医院停车难", ["人民医院", "中医院"]),
        ("实验小学门口堵车", ["实验小学"]),
        ("二十六路又等不来，表里没写", []),
        ("a3区白鹭湖公园没有路灯", ["a3区", "白鹭湖公园"]),
        ("电梯里有异味，家里停水，这条路太黑", []),
        ("小区业主和幼儿园家长", []),
        ("the lights on elm road near oak park school are out", ["elm road", "oak park school"]),
        ("five yuan more per square metre", []),
        ("", []),
    ],
)
def test_a_place_is_found_without_the_words_around_it(text: str, found: list[str]) -> None:
    assert names(text) == found


@given(st.text(alphabet="云溪苑路小区和的在住a3 .,学校一二", max_size=40))
def test_every_place_stands_where_it_says(text: str) -> None:
    assert [text[place.start : place.end] for place in find_places(text)] == names(text)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("云溪新城", "云溪", True),
        ("金辉云溪之城", "云溪之城", True),
        ("东一路", "东二路", False),
        ("路", "解放路", False),
        ("华茂城", "华贸城", False),
    ],
)
def test_names_that_are_one_place(one: str, other: str, same: bool) -> None:
    assert (same_name(one, other), same_name(other, one)) == (same, same)


@pytest.mark.parametrize(
    ("one", "other", "doubtful"),
    [("华茂城", "华贸城", True), ("东一路", "东二路", False), ("云苑", "雨苑", False)],
)
def test_names_that_may_be_misspelt(one: str, other: str, doubtful: bool) -> None:
    assert misspelt(one, other) is doubtful
