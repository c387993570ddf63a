"""How fast voices join issues is measured as it is told."""

import pytest

from tingda.evaluate import detecting


def test_each_number_of_issues_has_its_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detecting, "LIVE", (20, 50))
    monkeypatch.setattr(detecting, "BATCH", 40)
    report = detecting.measure_detect(50)
    assert set(report) == {"placed_per_s", "memory_mb"}
    assert list(report["placed_per_s"]) == ["20", "50"]
    assert min(report["placed_per_s"].values()) > 0
    assert report["memory_mb"] > 1
