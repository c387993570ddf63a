"""Words with what was found in them marked, and the reasons in words."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.urgency.features import SILENT as UNHEARD
from tingda.lib.urgency.judge import WANTS
from tingda.lib.urgency.lists import all_lists
from tingda.web.marks import Span, marked
from tingda.web.reasons import reason


def test_a_reason_without_words_of_its_own_is_told_by_its_name() -> None:
    assert (reason("fire"), reason("comet")) == ("着火、冒烟、爆炸", "判断用词“comet”")
    assert reason("complains") == "投诉"


def test_every_reason_that_may_be_told_has_words() -> None:
    told = {name for name, _words in all_lists() if not name.startswith(UNHEARD)}
    codes = {name.split(".")[-1] for name in told} | {"wording"} | WANTS
    assert {code for code in codes if "判断用词" in reason(code)} == set()


def test_where_two_marks_overlap_the_first_kind_stands_and_tells_the_other() -> None:
    spans = [Span(2, 4, "danger", "险情"), Span(0, 4, "topic", "主题"), Span(5, 9, "topic", "外")]
    assert marked("甲乙丙丁", spans) == '甲乙<mark class="danger" title="险情；主题">丙丁</mark>'


@given(
    st.text(max_size=30),
    st.lists(
        st.tuples(st.integers(-2, 32), st.integers(-2, 32), st.sampled_from("abc")), max_size=8
    ),
)
def test_marks_never_change_the_words(text: str, rows: list[tuple[int, int, str]]) -> None:
    text = re.sub(r"[<>&'\"]", "x", text)
    page = marked(text, [Span(*row, "w") for row in rows])
    assert re.sub(r"</?mark[^>]*>", "", page) == text
