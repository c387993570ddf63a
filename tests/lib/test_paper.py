"""A PDF with Chinese in it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tingda.lib import paper
from tingda.lib.fonts import FontFile, chinese_font

ABOUT = paper.About("档案", "公共服务中心", "内部", "zh-hans", datetime(2026, 11, 21, tzinfo=UTC))


@pytest.mark.skipif(chinese_font() is None, reason="no Chinese font with outlines is installed")
def test_a_paper_is_drawn_with_its_chinese(tmp_path: Path) -> None:
    target = tmp_path / "a.pdf"
    paper.write_pdf(target, ABOUT, [("title", "食堂"), ("part", "核实"), ("text", "\0钢丝 a\n")])
    content = target.read_bytes()
    assert content.startswith(b"%PDF-")
    assert 2_000 < len(content) < 200_000  # the characters that are used, not the whole font


def test_without_a_font_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "chinese_font", lambda: None)
    with pytest.raises(paper.NoPaper, match="font"):
        paper.write_pdf(tmp_path / "a.pdf", ABOUT, [("text", "a")])


def test_what_cannot_be_drawn_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "chinese_font", lambda: FontFile(tmp_path / "none.ttf", 0))
    with pytest.raises(paper.NoPaper, match="drawing"):
        paper.write_pdf(tmp_path / "a.pdf", ABOUT, [("text", "a")])
    assert list(tmp_path.iterdir()) == []
