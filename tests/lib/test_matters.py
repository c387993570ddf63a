"""The same trouble in other words and in English."""

import pytest

from tingda.lib.matters import matters_in


@pytest.mark.parametrize(
    ("text", "matters"),
    [
        ("小区断水三天", ["停水"]),
        ("no running water, and the lift is stuck", ["停水", "电梯"]),
        ("a uplifting day", []),
        ("没水又停电，没水", ["停水", "停电"]),
        ("捡到一串钥匙，在等失主", ["失物"]),
        ("水龙头一滴水都没有，屋企冇水", ["停水"]),
        ("羊肉串的烟囱呛得慌", ["油烟"]),
        ("the road was under repair after the crash", []),
        ("", []),
    ],
)
def test_every_wording_gives_the_one_word(text: str, matters: list[str]) -> None:
    assert matters_in(text) == matters
