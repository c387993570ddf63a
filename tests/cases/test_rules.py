"""The states of a case, its closings and its clocks, as pure rules."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tingda.cases import rules
from tingda.lib.clocks import Limit
from tingda.lib.refusal import Refused
from tingda.people.rules import MAY, ROLES

EVERYBODY = frozenset(ROLES)

# The table once more, written by hand: move -> the states it starts from, and where it ends.
TABLE = {
    "refer": ("taken referred checked drafting published", "referred"),
    "facts_complete": ("referred", "checked"),
    "recall": ("referred", "taken"),
    "draft": ("taken referred checked drafting published", "drafting"),
    "submit": ("drafting", "review"),
    "send_back": ("review", "drafting"),
    "release": ("review", "released"),
    "publish": ("released", "published"),
    "close": ("taken referred checked drafting published", "closed"),
    "reopen": ("closed", "taken"),
}
PAIRS = [(state, move) for state in rules.STATES for move in rules.MOVES]


def test_the_table_names_every_move() -> None:
    assert set(rules.MOVES) == set(TABLE)


@pytest.mark.parametrize(("state", "move"), PAIRS)
def test_every_move_from_every_state_is_allowed_or_refused(state: str, move: str) -> None:
    starts, end = TABLE[move]
    if state in starts.split():
        assert rules.after(state, move, EVERYBODY) == end
        assert rules.after(state, move, None) == end
    else:
        with pytest.raises(Refused, match=f"事项现在是“{rules.STATES[state]}”，不能这样做"):
            rules.after(state, move, EVERYBODY)


@pytest.mark.parametrize("move", rules.MOVES)
@pytest.mark.parametrize("role", ROLES)
def test_a_move_needs_a_role_that_allows_its_deed(move: str, role: str) -> None:
    rule = rules.MOVES[move]
    if role in MAY[rule.deed]:
        assert rules.after(rule.start[0], move, frozenset({role})) == rule.end
    else:
        with pytest.raises(Refused, match="您的角色不能做这一步"):
            rules.after(rule.start[0], move, frozenset({role}))


@settings(deadline=None)
@given(st.sampled_from(sorted(rules.STATES)), st.sets(st.sampled_from(sorted(ROLES))))
def test_a_page_offers_exactly_the_moves_that_would_work(state: str, roles: set[str]) -> None:
    held = frozenset(roles)
    works = set()
    for move in rules.MOVES:
        try:
            rules.after(state, move, held)
            works.add(move)
        except Refused:
            continue
    assert rules.moves_from(state, held) == works


def test_every_state_can_be_reached_and_left() -> None:
    ends = {rule.end for rule in rules.MOVES.values()}
    starts = {state for rule in rules.MOVES.values() for state in rule.start}
    assert ends == set(rules.STATES)
    assert starts == set(rules.STATES)
    assert set(rules.STATES) - set(rules.OPEN) == {"closed"}


@pytest.mark.parametrize(
    ("reason", "text", "published", "waiting", "why"),
    [
        ("answered", "已经查清并公开答复。", True, 0, ""),
        ("no_answer_needed", "表扬，无需办理。", False, 0, ""),
        ("", "已经查清并公开答复。", True, 0, "请选择办结的理由"),
        ("made_up", "已经查清并公开答复。", True, 0, "请选择办结的理由"),
        ("solved", "", True, 0, "办结必须写明文字"),
        ("solved", "   \n  好  ", True, 0, "办结必须写明文字"),
        ("answered", "已经查清并公开答复。", False, 0, "还没有发布回应"),
        ("solved", "已经解决，现场看过。", False, 2, "还有 2 张联系单没有反馈"),
    ],
)
def test_a_closing_needs_a_reason_and_a_text(
    reason: str, text: str, published: bool, waiting: int, why: str
) -> None:
    if not why:
        rules.check_closing(
            reason, text, has_published=published, open_referrals=waiting, handed_on=False
        )
        return
    with pytest.raises(Refused, match=why):
        rules.check_closing(
            reason, text, has_published=published, open_referrals=waiting, handed_on=False
        )


@pytest.mark.parametrize(
    ("kind", "grade", "limits"),
    [
        ("public_concern", "ordinary", {"first_answer": (48, "hours"), "finish": (5, "wd")}),
        ("public_concern", "larger", {"first_answer": (48, "hours"), "finish": (5, "wd")}),
        ("public_concern", "major", {"first_answer": (5, "hours"), "finish": (5, "wd")}),
        ("public_concern", "extra_major", {"first_answer": (5, "hours"), "finish": (5, "wd")}),
        ("hotline", "major", {"first_answer": (5, "wd"), "finish": (15, "wd")}),
        ("petition", "ordinary", {"first_answer": (15, "days"), "finish": (60, "days")}),
        ("information", "ordinary", {"first_answer": (20, "wd"), "finish": (25, "wd")}),
        (
            "media",
            "ordinary",
            {"first_answer": (48, "hours"), "rectify": (14, "days"), "finish": (30, "days")},
        ),
        (
            "complaint",
            "ordinary",
            {"acknowledge": (5, "wd"), "first_answer": (10, "wd"), "finish": (20, "wd")},
        ),
        ("", "ordinary", {}),
    ],
)
def test_the_clocks_of_each_kind(kind: str, grade: str, limits: dict[str, tuple[int, str]]) -> None:
    found = {
        stage: (clock.limit.amount, clock.limit.kind.replace("working_days", "wd"))
        for stage, clock in rules.clocks_for(kind, grade).items()
    }
    assert found == limits


@pytest.mark.parametrize("grade", rules.GRADES)
@pytest.mark.parametrize("kind", rules.KINDS)
def test_every_case_has_a_date_until_it_is_closed(kind: str, grade: str) -> None:
    assert "finish" in rules.clocks_for(kind, grade)


def test_every_clock_has_a_name_of_its_own_a_known_kind_and_a_basis() -> None:
    codes = [clock.code for clock in (*rules.CLOCKS, *rules.ASKING)]
    assert len(codes) == len(set(codes))
    assert {clock.kind for clock in rules.CLOCKS} == set(rules.KINDS)
    assert {clock.stage for clock in rules.CLOCKS} == set(rules.STAGES)
    assert all(clock.basis for clock in rules.CLOCKS)
    assert rules.REFERRAL.limit == Limit(24, "hours")
