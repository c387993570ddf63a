"""Which voices are put together, and what stays of it."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tingda.analyse.rules import Reader, VoiceText
from tingda.detect.rules import Grouper, Item, Placed, Settings

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
FUMES = [
    ("云溪苑楼下烧烤店油烟太大", "云溪苑三号楼底商的烧烤店油烟直排，厨房窗户不敢开"),
    ("投诉云溪苑底商油烟", "住在云溪苑，楼下烧烤店每晚油烟直接往楼上飘，窗户不敢开"),
    ("云溪苑烧烤店油烟扰民", "烧烤店的油烟管道正对云溪苑二楼窗户，请到现场看看"),
]
ELSEWHERE = ("百合园楼下烧烤店油烟太大", "百合园底商的烧烤店油烟直排，厨房窗户不敢开")
LIFT = ("云溪苑电梯又坏了", "云溪苑二号楼电梯一个月停运四回，什么时候彻底修好")


def items(*voices: tuple[str, str], first: int = 1, days: float = 1) -> list[Item]:
    texts = [VoiceText(first + n, title, body) for n, (title, body) in enumerate(voices)]
    return [
        Item(
            found.key,
            found.terms,
            found.places,
            found.digest,
            START + timedelta(days=days * found.key),
        )
        for found in Reader().read(texts)
    ]


def issues(placed: list[Placed]) -> list[int]:
    return [row.issue for row in placed]


def test_the_same_matter_in_other_words_is_one_issue() -> None:
    assert issues(Grouper().place(items(*FUMES))) == [-1, -1, -1]


def test_the_same_trouble_at_two_places_is_two_issues() -> None:
    assert issues(Grouper().place(items(*FUMES, ELSEWHERE))) == [-1, -1, -1, -2]


def test_another_matter_at_the_same_place_is_another_issue() -> None:
    assert issues(Grouper().place(items(*FUMES, LIFT))) == [-1, -1, -1, -2]


def test_what_is_said_again_is_a_copy_wherever_it_is_forwarded() -> None:
    title, body = FUMES[0]
    placed = Grouper().place(items(FUMES[0], (f"转发：{title}", f"【转】{body}！！")))
    assert [(row.issue, row.copy_of, row.why()) for row in placed] == [
        (-1, None, {"issue_is_new": True}),
        (-1, 1, {"copy_of": 1}),
    ]


def test_the_reason_names_the_words_and_the_place_in_common() -> None:
    why = Grouper().place(items(*FUMES[:2]))[1].why()
    assert why["places"] == ["云溪苑"]
    assert {"油烟", "烧烤店"} <= set(why["words"] if isinstance(why["words"], list) else [])
    assert set(why) == {"words", "places", "similarity", "needed"}


def test_numbers_given_by_the_store_last() -> None:
    grouper = Grouper()
    first = grouper.place(items(*FUMES[:1]))
    grouper.renumber({first[0].issue: 17})
    assert issues(grouper.place(items(*FUMES[1:], first=2))) == [17, 17]
    assert issues(grouper.place(items(*FUMES))) == [17, 17, 17]


def test_a_grouper_is_rebuilt_from_what_was_stored() -> None:
    grouper = Grouper()
    grouper.load(items(*FUMES[:2], ELSEWHERE), [5, 5, 9])
    placed = grouper.place(items(FUMES[2], ELSEWHERE, first=4))
    assert [(row.issue, row.is_new, row.copy_of) for row in placed] == [
        (5, False, None),
        (9, False, 3),
    ]


def test_a_voice_that_a_person_moved_takes_its_copies_along() -> None:
    grouper = Grouper()
    grouper.load(items(*FUMES), [5, 5, 5])
    grouper.load(items(FUMES[0]), [6])
    again = items(FUMES[0], first=9)
    assert [(row.issue, row.copy_of) for row in grouper.place(again)] == [(6, 1)]


def test_moving_every_voice_leaves_nothing_to_join() -> None:
    grouper = Grouper()
    grouper.load(items(FUMES[0]), [5])
    grouper.load(items(FUMES[0]), [6])
    assert issues(grouper.place(items(FUMES[1], first=7))) == [6]


def test_what_joins_a_merged_issue_belongs_to_the_one_that_stays() -> None:
    grouper = Grouper()
    grouper.load(items(FUMES[0], ELSEWHERE), [5, 9])
    grouper.merge(9, into=5)
    assert issues(grouper.place(items(FUMES[1], ELSEWHERE, first=3))) == [5, 5]


def test_between_two_issues_pulled_apart_the_nearer_wins_not_the_bigger() -> None:
    hot = ("云溪苑烧烤店油烟", "云溪苑烧烤店油烟熏人，三号楼的孩子咳嗽")
    loud = ("云溪苑烧烤店夜里噪声", "云溪苑烧烤店客人划拳喊叫到凌晨，噪声大睡不着")
    grouper = Grouper(Settings(size=5.0))
    grouper.load(items(hot, *FUMES, loud), [5, 5, 5, 5, 6])
    new = ("云溪苑烧烤店凌晨噪声", "客人在云溪苑烧烤店划拳喊叫，噪声大，云溪苑油烟先不说")
    assert issues(grouper.place(items(new, first=10))) == [5]
    grouper = Grouper(Settings(size=5.0))
    grouper.load(items(hot, *FUMES, loud), [5, 5, 5, 5, 6])
    grouper.keep_apart(5, 6)
    assert issues(grouper.place(items(new, first=10))) == [6]


def test_an_issue_long_silent_is_harder_to_join() -> None:
    loose = ("云溪苑油烟", "烧烤店油烟还是那样")
    soon = Grouper().place(items(FUMES[0], loose))[1]
    late = Grouper().place(items(FUMES[0], loose, days=400))[1]
    assert (soon.is_new, late.is_new or late.needed > soon.needed) == (False, True)


def test_the_longest_silent_issues_are_let_go() -> None:
    grouper = Grouper(Settings(most_live=1))
    placed = grouper.place(items(FUMES[0], ELSEWHERE, FUMES[1]))
    assert issues(placed) == [-1, -2, -3]


def test_a_wish_phrase_alone_makes_no_issue() -> None:
    wishes = [
        ("请加快图书馆建设力度", "在大力倡导的大背景下加快图书馆建设刻不容缓，有何具体行动"),
        ("请加快体育强省步伐", "在大力倡导的大背景下加快体育事业发展刻不容缓，有何具体行动"),
        ("请加快控烟整治力度", "在大力倡导的大背景下加快控烟检查刻不容缓，有何具体行动"),
        ("请加快养老机构建设力度", "在大力倡导的大背景下加快养老床位建设刻不容缓，有何具体行动"),
    ]
    everyday = [(f"第{n}路口红绿灯", f"路口{n}信号灯时间太短，行人过不去") for n in range(3)]
    placed = Grouper().place(items(*everyday, *wishes))
    assert len(set(issues(placed)[3:])) > 1


def test_a_voice_without_words_stands_alone() -> None:
    assert issues(Grouper().place(items(("", ""), ("", "")))) == [-1, -2]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([*FUMES, ELSEWHERE, LIFT, ("", "")]), max_size=12), st.randoms())
def test_loading_anything_in_any_state_never_breaks(
    voices: list[tuple[str, str]], chance: random.Random
) -> None:
    grouper = Grouper(Settings(most_live=2))
    known = items(*voices)
    grouper.load(known, [chance.randint(1, 3) for _ in known])
    grouper.load(known, [chance.randint(1, 3) for _ in known])
    grouper.merge(1, into=2)
    placed = grouper.place(items(*voices, first=100))
    grouper.renumber({row.issue: 50 - row.issue for row in placed if row.is_new})
    again = grouper.place(items(*voices, first=100))
    assert all(row.issue > 0 for row in again)
    assert 1 not in issues(again)


@pytest.mark.parametrize("cut", [1, 2, 4])
def test_batches_of_any_size_give_the_same_issues(cut: int) -> None:
    voices = items(*FUMES, ELSEWHERE, LIFT)
    grouper = Grouper()
    parts = [grouper.place(voices[start : start + cut]) for start in range(0, len(voices), cut)]
    assert issues([row for part in parts for row in part]) == issues(Grouper().place(voices))


def test_the_name_of_an_estate_is_no_matter() -> None:
    bins = ("", "幸福里小区北门垃圾桶两天没清，招苍蝇，请环卫安排。")
    smell = ("", "幸福里小区2号楼楼道里一股臭鸡蛋味，好像是天然气味？有没有邻居闻到的，有点慌。")
    assert issues(Grouper().place(items(bins, smell))) == [-1, -2]


def test_the_same_again_long_after_everybody_fell_silent_is_another_issue() -> None:
    first, later = items(*FUMES * 2, days=0.2), items(FUMES[0], first=100, days=1)
    said = [row for n, row in enumerate(first) if n < Settings().spoken]
    unlike = [Item(row.key, row.terms, row.places, "", row.said_at) for row in [*said, *later]]
    assert issues(Grouper().place(unlike)) == [-1] * len(said) + [-2]


def test_a_short_text_about_another_spot_does_not_join_by_a_name_in_common() -> None:
    grouper = Grouper()
    said = items(("岚岳小学门口放学堵车", "万顺班车停在岚岳小学门口"))
    other = items(("海云小学门口放学", "万顺班车停在海云小学，万顺不管"), first=2)
    assert issues(grouper.place([*said, *other])) == [-1, -2]


def test_a_voice_with_only_the_place_joins_what_is_in_everybodys_mouth_there() -> None:
    today = [Item(row.key, row.terms, row.places, "", row.said_at) for row in items(*FUMES * 2)]
    only = items(("", "云溪苑的各位坚强，别放弃"), first=len(today) + 1)
    assert issues(Grouper().place([*today, *only])) == [-1] * len(today) + [-1]
    assert issues(Grouper().place([today[0], *only])) == [-1, -2]


def test_what_is_written_for_another_purpose_joins_no_trouble() -> None:
    hiring = items(("", "云溪苑底商的烧烤店招服务员，油烟大，包吃住"), first=10)
    assert issues(Grouper().place([*items(*FUMES), *hiring])) == [-1, -1, -1, -2]
    assert issues(Grouper().place([*hiring, *items(FUMES[0], first=11)])) == [-1, -2]
