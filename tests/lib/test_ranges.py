"""Parts of a file, as players ask for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.ranges import Unsatisfiable, asked_range


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("", None),
        ("bytes=0-", (0, 99)),
        ("bytes=0-0", (0, 0)),
        ("bytes=10-19", (10, 19)),
        ("bytes=90-1000", (90, 99)),
        ("bytes=-5", (95, 99)),
        ("bytes=-1000", (0, 99)),
        ("bytes=-", None),
        ("bytes=5-4", None),
        ("bytes=0-1,3-4", None),
        ("rows=0-1", None),
        ("bytes=１-２", None),
    ],
)
def test_one_range_is_understood_and_everything_else_is_the_whole(
    header: str, part: tuple[int, int] | None
) -> None:
    assert asked_range(header, 100) == part


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_behind_the_end_there_is_nothing(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        asked_range(header, 100)


@given(st.text("bytes=-,0123456789 ", max_size=20), st.integers(0, 50))
def test_no_header_asks_for_what_is_not_there(header: str, size: int) -> None:
    try:
        part = asked_range(header, size)
    except Unsatisfiable:
        return
    assert part is None or 0 <= part[0] <= part[1] < size
