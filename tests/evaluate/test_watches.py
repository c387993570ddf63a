"""Measuring watches: every row of ours is right, and a wrong one is told."""

from pathlib import Path

import pytest

from tingda.evaluate.watches import evaluate_watches
from tingda.lib.refusal import Refused

OURS = Path(__file__).parents[2] / "evaluate" / "watches.csv"


def of(folder: Path, *rows: str) -> Path:
    path = folder / "watches.csv"
    path.write_text("\n".join(("rule,text,match", *rows)), "utf-8-sig")
    return path


def test_every_row_of_ours_is_right() -> None:
    assert evaluate_watches(OURS) == {"right": 778, "wrong": []}


def test_a_wrong_row_is_told_with_what_was_found(tmp_path: Path) -> None:
    path = of(tmp_path, "停水,停水,1", "停水,停电,1", "(停水,停水,0", "停水,停水,error")
    assert evaluate_watches(path) == {
        "right": 1,
        "wrong": [
            {"row": 3, "rule": "停水", "text": "停电", "expected": "1", "found": "0"},
            {
                "row": 4,
                "rule": "(停水",
                "text": "停水",
                "expected": "0",
                "found": "error: 第 1 个字：这个左括号没有右括号：补上右括号，或者去掉它",
            },
            {"row": 5, "rule": "停水", "text": "停水", "expected": "error", "found": "1"},
        ],
    }


def test_a_text_may_give_fields_and_lists(tmp_path: Path) -> None:
    path = of(
        tmp_path,
        '@供水 likes:>2,"{""body"": ""停水"", ""likes"": 3, ""lists"": {""供水"": [""停水""]}}",1',
        '停水,"{停水",1',
        '停水,"{""title"": null, ""body"": 5, ""likes"": ""many""}",0',
        '停水,"[""停水""]",1',
        'likes:5,"{""likes"": ""5""}",1',
    )
    assert evaluate_watches(path) == {"right": 5, "wrong": []}


@pytest.mark.parametrize(
    "content", [b"", b"rule,text\na,b\n", b"rule,text,match\na,b,2\n", b"\xff\xfe\x00"]
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "watches.csv"
    path.write_bytes(content)
    with pytest.raises(Refused):
        evaluate_watches(path)
