"""Charts of how a matter goes: valid, with one mark that speaks for each thing counted."""

import json
from xml.etree import ElementTree

import altair
import pytest

from tingda.lib import charts
from tingda.lib.charts import Spec
from tingda.lib.charts_time import Ahead, Dot, Span, ahead, places_in_time, spans_of_time

SPANS = [
    Span("11-20", 3, 2, 2, "二十日：2 人"),
    Span("11-21", 0, 0, 0, "二十一日：0 人（没有听到）", deaf=True),
]
HOSTILE = "</text><script>'\\"


@pytest.fixture(scope="module", autouse=True)
def _no_child_stays():
    yield
    charts.close()


def specs() -> list[Spec]:
    dots = [Dot("论坛", "11-20", 4, "论坛：4 条"), Dot(HOSTILE, "11-21", 1, HOSTILE)]
    return [
        spans_of_time(SPANS, "每天", "条"),
        spans_of_time([], "每天", "条"),
        places_in_time(["论坛", HOSTILE], ["11-20", "11-21"], dots, "来源"),
        ahead([Ahead("1 天", 0, 2, 5, 3, "今后 1 天：2 条")], "今后", "条"),
    ]


def spoken(svg: str) -> list[str]:
    """The marks that say something, as a screen reader finds them."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own drawing
    nodes = [node for node in root.iter() if node.get("role") == "graphics-symbol"]
    return [label for node in nodes if (label := node.get("aria-label"))]


@pytest.mark.parametrize("spec", specs(), ids=["spans", "nothing", "places", "ahead"])
def test_every_specification_is_valid(spec: Spec) -> None:
    altair.Chart.from_dict(json.loads(json.dumps(spec)))


def test_each_thing_counted_is_said_once_zero_and_silence_too() -> None:
    drawn = [spoken(charts.to_svg(spec)) for spec in specs()]
    assert drawn == [
        ["二十日：2 人", "二十一日：0 人（没有听到）"],
        [],
        ["论坛：4 条", HOSTILE],
        ["今后 1 天：2 条"],
    ]


def test_only_what_could_not_be_heard_is_shaded() -> None:
    layers = spans_of_time(SPANS, "每天", "条")["layer"]
    assert isinstance(layers, list)
    assert layers[0]["name"] == "deaf"
    assert layers[0]["data"]["values"] == [{"at": 1}]
