"""The measures of repeats and masks: what they count, what they refuse, what ours reach."""

from pathlib import Path

import pytest

from tingda.evaluate.masks import evaluate_masks
from tingda.evaluate.repeats import evaluate_repeats
from tingda.lib.refusal import Refused

OURS = Path(__file__).parents[2] / "evaluate"


def written(folder: Path, text: str) -> Path:
    path = folder / "examples.csv"
    path.write_text(text, "utf-8")
    return path


def test_repeats_are_counted(tmp_path: Path) -> None:
    rows = (
        "城北桥头的路灯坏了,转发：城北桥头的路灯坏了,1\n城北桥头的路灯坏了,城南桥头的路灯坏了,0\n"
    )
    rows += "城北桥头的路灯坏了,今晚有雨注意安全出行,1\n"
    report = evaluate_repeats(written(tmp_path, "a,b,repeat\n" + rows))
    assert report == {"precision": 1.0, "recall": 0.5, "f1": 0.6667}


def test_masks_are_counted_by_character_and_by_kind(tmp_path: Path) -> None:
    rows = '我叫王小明,"[[2, 5, ""name""]]"\n身份不明,"[[0, 2, ""phone""]]"\n'
    report = evaluate_masks(written(tmp_path, "text,spans\n" + rows))
    assert report == {
        "precision": 1.0,
        "recall": 0.6,
        "kinds": {
            "phone": {"precision": 1.0, "recall": 0.0},
            "name": {"precision": 1.0, "recall": 1.0},
        },
    }


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "a,b,repeat\n甲,乙,也许\n", 'a,b,repeat\n"甲,乙\n']
)
def test_pairs_that_cannot_be_read_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Refused):
        evaluate_repeats(written(tmp_path, text))


@pytest.mark.parametrize(
    "spans", ["无", "[[0]]", '"[[0, 99, ""name""]]"', '"[[0, 1, ""hobby""]]"', "3"]
)
def test_spans_that_cannot_be_read_are_refused(tmp_path: Path, spans: str) -> None:
    with pytest.raises(Refused):
        evaluate_masks(written(tmp_path, f"text,spans\n王小明,{spans}\n"))


def test_ours_are_told_as_well_as_promised() -> None:
    repeats = evaluate_repeats(OURS / "repeats.csv")
    masks = evaluate_masks(OURS / "masks.csv")
    assert repeats["precision"] >= 0.99
    assert repeats["recall"] >= 0.95
    assert masks["precision"] >= 0.93
    assert masks["recall"] >= 0.97
