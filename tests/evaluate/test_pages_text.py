"""`tingda evaluate pages`, on a truth of our own and on the real one where it is there."""

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tingda.cli.measures import evaluate
from tingda.evaluate.pages_text import evaluate_pages, f1_of, page_score
from tingda.lib.refusal import Refused

REAL = Path(__file__).parents[2] / "../shared/data/pages"
PARAGRAPHS = [
    "城东泵站的检修工作已经结束，比计划早了四个小时。",
    "今天下午三点起，各小区陆续恢复供水，高层住户可能稍晚。",
    "初次放水时水色发黄属于正常现象，请先放水几分钟，再正常使用。",
]
ENGLISH = [
    "The pumping station in the east was repaired four hours earlier than planned.",
    "Water came back to most houses at three, and to the tall ones somewhat later.",
    "If the water looks yellow, let it run for some minutes, and then use it as always.",
]


def page(title: str, when: str, lines: list[str]) -> str:
    text = "".join(f"<p>{line}</p>" for line in lines)
    return (
        f'<html><head><meta charset="utf-8"><title>{title}_河湾在线</title></head><body>'
        f"<h1>{title}</h1><div>{when}</div><div class='content'>{text}</div></body></html>"
    )


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    (tmp_path / "english" / "html").mkdir(parents=True)
    (tmp_path / "chinese" / "paper").mkdir(parents=True)
    english = page("Water is back", "May 6, 2024", ENGLISH).encode()
    (tmp_path / "english" / "html" / "a1.html.gz").write_bytes(gzip.compress(english))
    listed = {"a1": {"articleBody": "\n\n".join(ENGLISH), "url": "https://example.org/a1"}}
    (tmp_path / "english" / "ground-truth.json").write_text(json.dumps(listed))
    rows = {}
    for name, true_title, true_time in (
        ("paper/1.html", "城东恢复 供水，请放心", "2024-05-06T10:20"),
        ("paper/2.html", "另一个题目", "2024-05-07T10:20"),
    ):
        written = page("城东恢复供水，请放心", "2024-05-06 10:20", PARAGRAPHS)
        (tmp_path / "chinese" / name).write_text(written, "utf-8")
        rows[name] = {
            "title": true_title,
            "time": true_time,
            "time_precision": "minute",
            "body": PARAGRAPHS,
        }
    (tmp_path / "chinese" / "truth.json").write_text(json.dumps(rows))
    return tmp_path


def test_it_prints_the_four_figures(truth: Path) -> None:
    done = CliRunner().invoke(evaluate, ["pages", "--truth", str(truth), "--json"])
    assert json.loads(done.output) == {
        "english_f1": 1.0,
        "chinese_f1": 1.0,
        "titles": 0.5,
        "times": 0.5,
    }


def test_progress_is_told_page_by_page(truth: Path) -> None:
    told: list[tuple[int, int]] = []
    evaluate_pages(truth, lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_folder_without_its_truth_is_refused(truth: Path) -> None:
    (truth / "chinese" / "truth.json").write_text("[1]")
    with pytest.raises(Refused) as refused:
        evaluate_pages(truth)
    assert refused.value.params == {"file": "chinese/truth.json"}
    (truth / "english" / "html" / "a1.html.gz").unlink()
    (truth / "chinese" / "truth.json").write_text("{}")
    with pytest.raises(Refused) as refused:
        evaluate_pages(truth)
    assert refused.value.params == {"file": "a1.html.gz"}


def test_scores_are_counted_by_runs_of_four_and_averaged_by_page() -> None:
    assert page_score("abcdefg", "abcdxyz") == (0.25, 0.25)
    assert page_score("abcdefg", "") == (None, 0.0)
    assert page_score("", "abcd") == (0.0, None)
    assert page_score("ab", "ab") == (1.0, 1.0)
    assert f1_of([(1.0, 0.5), (0.5, 1.0), (None, 0.0)]) == pytest.approx(0.6)
    assert f1_of([]) == 0.0


@pytest.mark.real_data
def test_real_pages_are_read_at_least_this_well() -> None:
    if not REAL.exists():
        pytest.skip("no ../shared/data/pages here")
    report = evaluate_pages(REAL)
    floor = {"english_f1": 0.97, "chinese_f1": 0.98, "titles": 0.96, "times": 0.96}
    assert {name: report[name] for name in floor if report[name] < floor[name]} == {}
