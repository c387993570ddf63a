"""Which places a text points to, and that persons are none."""

import pytest

from tingda.lib.pointing import LINKED, QUOTED, pointed_to, points

HOSTS = {"bbs.qingxi.example": 1, "example.org": 2}
NAMES = {"清溪论坛": 1, "清溪论坛求助版": 3, "镇报": 4}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("见 https://bbs.qingxi.example/t/5", {(LINKED, 1)}),
        ("见 https://m.bbs.qingxi.example/t/5", {(LINKED, 1)}),
        ("www.example.org/a 和 https://other.example", {(LINKED, 2)}),
        ("转自清溪论坛：停水了", {(QUOTED, 1)}),
        ("转自《清溪论坛求助版》", {(QUOTED, 3)}),
        ("据镇报报道，来源：清溪论坛", {(QUOTED, 4), (QUOTED, 1)}),
        ("清溪论坛上没有人管", set()),  # named, not pointed to
        ("转自@甲：停水了", set()),
        ("https://notexample.org/", set()),
        ("", set()),
    ],
)
def test_links_and_quotes_point_to_places(text: str, expected: set[tuple[str, int]]) -> None:
    assert pointed_to(text, HOSTS, NAMES) == expected


def test_a_text_without_either_points_nowhere() -> None:
    assert [points(text) for text in ("停水了", "见 www.example.org", "据镇报")] == [
        False,
        True,
        True,
    ]
