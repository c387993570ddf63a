"""A rule is tried on what was said before it is trusted."""

import pytest

from tingda.lib.watching.engine import Engine
from tingda.lib.watching.fold import Said, readable
from tingda.lib.watching.parse import parse
from tingda.lib.watching.trial import Lint, marked_by, try_rule

SAID = ["小区停水", "学校停水", "停电", "又停水了", "路灯不亮"] + ["谢谢"] * 20
TEXTS = [readable(Said(body=body)) for body in SAID]


def test_a_change_adds_and_takes_away() -> None:
    trial = try_rule(parse("停水 -学校 OR 停电"), TEXTS, saved=parse("停水"))
    assert (list(trial.marked), trial.added, list(trial.lost)) == ([0, 2, 3], (2,), [1])
    assert [SAID[1][s.start : s.end] for s in trial.lost[1].spans] == ["停水"]


@pytest.mark.parametrize(
    ("rule", "lints"),
    [
        ("停水", [Lint("same", 7)]),
        ("停水 OR 停电", [Lint("covers", 7)]),
        ("停水 -小区 -学校", []),
        ("没有人说过", [Lint("never")]),
        ("谢谢", [Lint("wide")]),
    ],
)
def test_what_looks_like_a_mistake_is_told(rule: str, lints: list[Lint]) -> None:
    others = marked_by(Engine({7: parse("停水"), 8: parse("无人")}), TEXTS)
    assert list(try_rule(parse(rule), TEXTS, others=others).lints) == lints


def test_a_rule_within_another_is_told() -> None:
    others = marked_by(Engine({7: parse("停水 OR 停电")}), TEXTS)
    assert try_rule(parse("停水"), TEXTS, others=others).lints == (Lint("within", 7),)


def test_without_texts_nothing_is_said() -> None:
    trial = try_rule(parse("停水"), [])
    assert (trial.looked, trial.marked, trial.lints) == (0, {}, ())
