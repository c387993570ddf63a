"""A title made of somebody's own words: no greeting, no date, cut where a clause ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.headline import LONGEST, headline, length, readable, representative

TERMS = ("云溪苑", "烧烤", "油烟")


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("尊敬的领导您好！云溪苑烧烤店油烟太大。", "云溪苑烧烤店油烟太大"),
        ("2020年5月3日晚上，云溪苑烧烤店油烟太大。", "云溪苑烧烤店油烟太大"),
        ("5月3日云溪苑烧烤店油烟太大", "云溪苑烧烤店油烟太大"),
        ("我是附近住的业主，云溪苑烧烤店油烟太大", "云溪苑烧烤店油烟太大"),
        (
            "云溪苑烧烤店油烟直接排到二楼，我们全家老小连窗户都不敢开，向物业说了三次没有人管过",
            "云溪苑烧烤店油烟直接排到二楼",
        ),
    ],
)
def test_a_title_is_the_clauses_that_tell(said: str, title: str) -> None:
    assert headline([("", said, TERMS)]) == title


def test_a_long_title_is_cut_at_a_clause_and_a_short_one_stays() -> None:
    long = "云溪苑烧烤店油烟直接排到二楼窗口，请环保局和城管局今年之内一起来现场看一看到底有多大"
    assert headline([(long, "", TERMS)]) == "云溪苑烧烤店油烟直接排到二楼窗口"
    assert headline([("云溪苑烧烤店油烟扰民", "", TERMS)]) == "云溪苑烧烤店油烟扰民"


def test_the_place_that_half_of_them_name_stands_first() -> None:
    said = [
        (
            "",
            "烧烤店油烟太大了。在云溪苑楼下，没人管没人问没人理睬也没人来看过一眼呢",
            ("烧烤", "油烟"),
        ),
        ("", "烧烤店油烟太大了！住云溪苑。", ("烧烤", "油烟")),
    ]
    assert headline(said, "云溪苑") == "云溪苑：烧烤店油烟太大了"
    assert headline(said, "滨河路") == "烧烤店油烟太大了"
    named = [("云溪苑油烟", "", TERMS), ("烧烤油烟很大", "", TERMS)]
    assert headline(named, "云溪苑") == "云溪苑油烟"


def test_who_speaks_for_all_is_chosen_among_those_that_can_be_read() -> None:
    said = [("", "云溪苑烧烤油烟" * 90, TERMS), ("", "油烟", ("油烟",)), ("", "路灯", ("路灯",))]
    assert representative(said) == 0
    assert representative(said, among=[1, 2]) == 1
    texts = (said[0][1], "油烟", "转发 //@邻居：" + "说" * 20, "说" * 20)
    assert [readable("", text) for text in texts] == [False, False, False, True]


@given(st.text("云溪苑油烟，。！ 5月3日你好abc\n", max_size=120), st.sampled_from(("", "云溪苑")))
def test_a_title_is_short_and_never_invented(text: str, place: str) -> None:
    title = headline([("", text, TERMS)], place)
    assert length(title) <= LONGEST + len(place) + 1
    own = title.removeprefix(f"{place}：").removesuffix("…")
    assert own in " ".join(text.split())
