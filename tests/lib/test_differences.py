"""What changed between two wordings."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tingda.lib.differences import changes


def test_only_the_changed_clause_is_marked() -> None:
    assert changes("恢复晚了一个小时，是我们的责任。", "恢复晚了两个小时，是我们的责任。") == [
        ("gone", "恢复晚了一个小时，"),
        ("new", "恢复晚了两个小时，"),
        ("same", "是我们的责任。"),
    ]


def test_the_same_text_has_no_change() -> None:
    assert changes("一样。", "一样。") == [("same", "一样。")]
    assert changes("", "") == []
    assert changes("", "新的") == [("new", "新的")]


def test_a_very_long_text_is_not_compared_piece_by_piece() -> None:
    assert changes("啊。" * 3000, "哦。") == [("gone", "啊。" * 3000), ("new", "哦。")]


@settings(deadline=None)
@given(st.text(alphabet="甲乙，。\n"), st.text(alphabet="甲乙，。\n"))
def test_both_texts_can_be_read_out_of_the_changes(before: str, after: str) -> None:
    found = changes(before, after)
    assert "".join(text for kind, text in found if kind != "new") == before
    assert "".join(text for kind, text in found if kind != "gone") == after
