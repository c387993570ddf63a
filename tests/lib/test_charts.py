"""Charts: what a specification holds, and what the drawings may and may not contain."""

import io
import json
import os
import struct
import sys
import time
from datetime import date
from xml.etree import ElementTree

import altair
import pytest

from tingda.lib import charts, charts_draw
from tingda.lib.charts import DayWords, DrawingFailed, NameWords
from tingda.lib.charts_child import Child

DAY_WORDS = DayWords(
    title="每日声音",
    day="日期",
    value="条",
    mark="%(month)d月%(day)d日：%(value)d 条",
    before="上个三天",
    deaf="%(month)d月%(day)d日：来源听不到",
)
NAME_WORDS = NameWords(title="主要议题", value="条", mark="%(name)s：%(value)d 条")
ROWS = [(date(2026, 11, 19), 3), (date(2026, 11, 21), 12)]
BEFORE = [(date(2026, 11, 16), 2), (date(2026, 11, 17), 9), (date(2026, 11, 18), 1)]
DEAF = [(date(2026, 11, 20), date(2026, 11, 25))]
HOSTILE = "</text><script>alert('1')</script>&\x00\x0b\ud800\"'%s"


@pytest.fixture(scope="module", autouse=True)
def _no_child_stays():
    yield
    charts.close()


def by_day():
    return charts.bars_by_day(ROWS, DAY_WORDS, before=BEFORE, deaf=DEAF)


def values(spec, name):
    (layer,) = [layer for layer in spec["layer"] if layer["name"] == name]
    return layer["data"]["values"]


def labels(svg, kind):
    """The labels of the marks of one kind, read as a screen reader would find them."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own drawing
    (group,) = [node for node in root.iter() if kind in node.get("class", "").split()]
    return [mark.get("aria-label") for mark in group]


class Shelf(dict):
    def set(self, key, value):
        self[key] = value


def test_every_day_between_the_first_and_the_last_has_a_bar():
    assert values(by_day(), "bars") == [
        {"day": "2026-11-19", "value": 3, "text": "11月19日：3 条"},
        {"day": "2026-11-20", "value": 0, "text": "11月20日：0 条"},
        {"day": "2026-11-21", "value": 12, "text": "11月21日：12 条"},
    ]


def test_the_period_before_lies_over_this_one_day_by_day():
    assert values(by_day(), "before") == [
        {"day": "2026-11-19", "value": 2},
        {"day": "2026-11-20", "value": 9},
        {"day": "2026-11-21", "value": 1},
    ]


def test_days_that_could_not_hear_are_shaded_within_the_chart():
    assert values(by_day(), "deaf") == [
        {"day": "2026-11-20", "text": "11月20日：来源听不到"},
        {"day": "2026-11-21", "text": "11月21日：来源听不到"},
    ]


def test_the_last_day_always_has_a_label_and_there_are_ten_at_most():
    rows = [(date(2026, 1, 1), 1), (date(2026, 11, 21), 1)]
    shown = charts.bars_by_day(rows, DAY_WORDS)["encoding"]["x"]["axis"]["values"]
    assert (shown[0], len(shown)) == ("2026-11-21", 10)


def test_a_chart_of_a_century_is_refused():
    with pytest.raises(ValueError, match="1100 days"):
        charts.bars_by_day([(date(1900, 1, 1), 1), (date(2041, 1, 1), 1)], DAY_WORDS)


@pytest.mark.parametrize(
    "spec",
    [
        by_day(),
        charts.bars_by_day([], DAY_WORDS),
        charts.bars_by_name([("供暖", 3)], NAME_WORDS),
        charts.bars_by_name([], NAME_WORDS),
    ],
)
def test_a_specification_is_valid_vega_lite_and_can_be_drawn(spec):
    altair.LayerChart.from_dict(spec, validate=True)
    assert charts.to_svg(spec).startswith('<svg role="group" aria-label=')


def test_every_mark_of_an_svg_says_what_it_stands_for():
    svg = charts.to_svg(by_day())
    assert labels(svg, "bars_marks") == ["11月19日：3 条", "11月20日：0 条", "11月21日：12 条"]
    assert labels(svg, "deaf_marks") == ["11月20日：来源听不到", "11月21日：来源听不到"]
    assert labels(svg, "before_marks") == ["上个三天"]
    named = charts.to_svg(charts.bars_by_name([("供暖", 3), ("积水", 1)], NAME_WORDS))
    assert labels(named, "bars_marks") == ["供暖：3 条", "积水：1 条"]
    assert ElementTree.fromstring(svg).get("aria-label") == "每日声音"  # noqa: S314 - ours


def test_an_svg_keeps_to_the_content_security_policy_and_takes_the_pages_colours():
    svg = charts.to_svg(by_day())
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own drawing
    tags = {node.tag.rpartition("}")[2] for node in root.iter()}
    assert tags == {"svg", "g", "path", "line", "text"}
    names = {name for node in root.iter() for name in node.attrib}
    assert not {name for name in names if name == "style" or name.startswith(("on", "href"))}
    paints = {node.get(name) for node in root.iter() for name in ("fill", "stroke")}
    assert paints == {None, "none", "currentColor"}
    assert "mark container" not in svg


def test_hostile_text_stays_text():
    words = DayWords(*[HOSTILE.replace("%s", "")] * 3, mark=HOSTILE.replace("%s", "%(value)d"))
    named = charts.bars_by_name([(HOSTILE, 3)], NameWords(HOSTILE, HOSTILE, "%(name)s"))
    for spec in (charts.bars_by_day(ROWS, words), named):
        svg = charts.to_svg(spec)
        assert "<script" not in svg
        assert charts.to_png(spec, scale=1).startswith(b"\x89PNG")
    assert labels(svg, "bars_marks") == [HOSTILE.replace("\x00\x0b\ud800", "")]


def test_a_png_is_as_large_as_asked():
    sizes = [
        struct.unpack(">II", charts.to_png(by_day(), scale=scale)[16:24]) for scale in (1.0, 2.0)
    ]
    assert sizes[1] == pytest.approx((sizes[0][0] * 2, sizes[0][1] * 2), abs=2)


def test_a_drawing_is_taken_from_the_shelf_the_second_time(monkeypatch):
    shelf = Shelf()
    first = charts.to_svg(by_day(), shelf=shelf)
    png = charts.to_png(by_day(), shelf=shelf)
    assert len(shelf) == 2
    charts.close()
    monkeypatch.setattr(charts, "_CHILD", None)
    assert charts.to_svg(by_day(), shelf=shelf) == first
    assert charts.to_png(by_day(), shelf=shelf) == png


def test_a_broken_specification_is_a_clear_error_and_the_next_is_drawn():
    with pytest.raises(DrawingFailed):
        charts.to_svg({"mark": {"type": "no such mark"}})
    assert "svg" in charts.to_svg(by_day())


def test_nothing_is_fetched():
    spec = {"data": {"url": "http://127.0.0.1:9/a.json"}, "mark": "bar", "encoding": {}}
    with pytest.raises(DrawingFailed, match="not allowed"):
        charts.to_svg(spec)


def test_the_child_answers_line_by_line_and_ends_with_its_input(tmp_path):
    request = {"form": "svg", "spec": by_day(), "config": {}, "scale": 1}
    path = tmp_path / "in"
    path.write_bytes(json.dumps(request).encode() + b"\nnot json\n{}\n")
    target = io.BytesIO()
    with path.open("rb") as source:
        charts_draw.serve(source, target, 1.0)
    answers = [sorted(json.loads(line)) for line in target.getvalue().splitlines()]
    assert answers == [["drawn"], ["error"], ["error"]]


def test_the_child_ends_when_nothing_is_asked_for_a_while():
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as source, os.fdopen(writing, "wb"):
        target = io.BytesIO()
        charts_draw.serve(source, target, 0.05)
    assert target.getvalue() == b""


def python(code: str) -> Child:
    return Child((sys.executable, "-I", "-c", code))


def test_a_child_that_ended_while_idle_is_replaced():
    child = python("import sys; sys.stdout.write(sys.stdin.readline()); sys.stdout.flush()")
    assert [child.ask(b"one\n"), child.ask(b"two\n"), child.ask(b"three\n")] == [
        b"one\n",
        b"two\n",
        b"three\n",
    ]
    child.close()


def test_a_child_that_cannot_start_is_a_clear_error():
    with pytest.raises(DrawingFailed, match="ended"):
        python("raise SystemExit(3)").ask(b"one\n")


def test_a_silent_child_is_killed():
    begun = time.monotonic()
    with pytest.raises(DrawingFailed, match="in time"):
        python("import time; time.sleep(60)").ask(b"one\n", patience=0.3)
    assert time.monotonic() - begun < 20
