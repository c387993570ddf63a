"""Texts that were read in a wrong charset are told from all others."""

import csv
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.mojibake import is_broken

EVALUATE = Path(__file__).parents[2] / "evaluate"
SAID = [
    "我们小区停水三天了，物业电话没人接，请尽快恢复供水。",
    "学校食堂的饭菜里有虫子，家长很担心！",
    "你好世界",
    "路灯坏了一个月没人修",
]


def wrong(text: str, written: str, read: str, errors: str = "replace") -> str:
    return text.encode(written).decode(read, errors)


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("utf-8", "gbk"),
        ("utf-8", "gb18030"),
        ("utf-8", "latin-1"),
        ("utf-8", "cp1252"),
        ("gbk", "latin-1"),
        ("gbk", "cp1252"),
        ("gbk", "utf-8"),
    ],
)
def test_chinese_read_in_a_wrong_charset_is_broken(said: str, written: str, read: str) -> None:
    assert is_broken(wrong(said, written, read))
    assert is_broken(f"12345 {wrong(said, written, read)}")


@pytest.mark.parametrize(
    "text",
    [
        "浣犲ソ",
        "ÄãºÃ",
        "Ã¤Â½Â\xa0Ã¥Â¥Â½",
        "锟斤拷锟斤拷",
        "请看附件：锟斤拷",
        "烫烫烫",
        "屯屯屯屯",
        "\ufffd\ufffd\ufffd\ufffd",
        "停水\ufffd\ufffd\ufffd怎么办",
        "dÃ©jÃ\xa0 vu, cafÃ©",
        wrong(SAID[0], "utf-8", "gbk").replace("\ufffd", "?"),
        f"以下是来信：{wrong(SAID[0], 'utf-8', 'gbk', 'ignore')}",
    ],
)
def test_what_programs_leave_behind_is_broken(text: str) -> None:
    assert is_broken(text)


@pytest.mark.parametrize(
    "text",
    [
        *SAID,
        "",
        "停水通知",  # as GBK also valid UTF-8
        "停水\ufffd了",  # one character lost
        "我們社區停水三天了，請儘快恢復供水，謝謝！",
        "暖气片好烫烫烫",
        "屯溪老街，囤积；蒙古包坤坤",
        "浣熊、浣溪沙、涓涓细流、鏖战、锛子、铡刀",
        "龘靐齉爩，𠮷野家，㐂，䶮",
        "娅变长",  # by chance valid, but of rare characters
        "Déjà vu : « vérité » et « fidélité », créée à Noël… 25 °C",
        "ÀÂÄÉÈÊËÏÎÔÙÛÜÇ àâäéèêëïîôùûüç ÄÖÜäöüß",
        "São Paulo, coração, AÇÃO, NÃO",
        "Привет, как дела? Ελληνικά 日本語のテキスト 한국어",
        "😡😡😡👨‍👩‍👧❤️🇨🇳",
        "“……”——《》『』〔〕①②③½×÷±",
        "café “quoted” — dash … €5 £3 ¥8 ©®™",
        "？？？？？？！！！！",
        "电话177××××1292，金额××××元",
    ],
)
def test_normal_texts_are_not(text: str) -> None:
    assert not is_broken(text)


@pytest.mark.parametrize("path", sorted(EVALUATE.glob("*.csv")), ids=lambda path: path.name)
def test_no_text_of_ours_is_held_broken(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert [cell for cell in cells if is_broken(cell)] == []


@given(st.text(alphabet="停水三天了我们小区物业电话没有人接请尽快恢复供，。！？ 12ab"))
def test_everyday_words_in_any_order_are_not(text: str) -> None:
    assert not is_broken(text)


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    is_broken(text)


def test_a_long_text_is_judged_by_its_beginning() -> None:
    begun = time.monotonic()
    for text in ("停" * 1_000_000, "é" * 1_000_000, "浣犲ソ" * 300_000, "Ã" * 1_000_000):
        is_broken(text)
    assert time.monotonic() - begun < 2
