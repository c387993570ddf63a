"""Charts of how a matter goes: by day or hour, across places, and what is to be expected.

Plain Vega-Lite specifications like those of `tingda.lib.charts`, which draws them. Each thing that
is counted has one mark that says all its values; what stands beside it for the eye says nothing.
Kinds of marks in an SVG: `own_marks`, `copied_marks`, `people_marks`, `deaf_marks`; `dots_marks`;
`span_marks`, `middle_marks`, `past_marks`. Texts come in ready translated.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tingda.lib.charts import Spec
from tingda.lib.xml_text import clean

_WIDTH, _HEIGHT, _ROW, _LABELS = 680, 170, 32, 150
_NARROW = 230  # stands beside the others
_MOST_TICKS = 10
_FEW = 4  # counts up to which each has its tick, and no half has one


@dataclass(frozen=True, slots=True)
class Span:
    """One day or hour: its label on the axis, counts, and what its mark says. `deaf`: something
    could not be heard then."""

    label: str
    own: int
    copied: int
    people: int
    text: str
    deaf: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """How much one place carried in one span: labels of both, the count, what the mark says."""

    place: str
    label: str
    count: int
    text: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is expected of some time: its label, `low` ≤ `middle` ≤ `high`, what came in as long a
    time before, and what its mark says."""

    label: str
    low: int
    middle: int
    high: int
    past: int
    text: str


def spans_of_time(spans: Sequence[Span], title: str, value: str) -> Spec:
    """A bar for each span, its copies on top, a point at the number of people."""
    rows = [
        {
            "at": number,
            "own": one.own,
            "top": one.own + one.copied,
            "people": one.people,
            "text": clean(one.text),
        }
        for number, one in enumerate(spans)
    ]
    up = _up(value, max((one.own + one.copied for one in spans), default=0))
    labels = [clean(one.label) for one in spans]
    layers = [
        _layer("own", "bar", rows, {"y": up | {"field": "own"}}, says=True),
        _layer(
            "copied",
            "bar",
            [row for row in rows if row["top"] != row["own"]],
            {"y": up | {"field": "own"}, "y2": {"field": "top"}},
        ),
        _layer(
            "people",
            "point",
            [row for row in rows if row["people"]],
            {"y": up | {"field": "people"}},
            filled=True,
            size=26,
        ),
    ]
    if any(one.deaf for one in spans):
        deaf: list[dict[str, object]] = [{"at": n} for n, one in enumerate(spans) if one.deaf]
        layers.insert(0, _layer("deaf", "rect", deaf, {}))
    return _frame(title, _WIDTH, _HEIGHT) | {
        "encoding": {"x": _along(labels)},
        "layer": layers,
    }


def places_in_time(
    places: Sequence[str], labels: Sequence[str], dots: Sequence[Dot], title: str
) -> Spec:
    """A row for each place in the order given, a dot for each span in which it carried something;
    its area is the count."""
    at = {label: number for number, label in enumerate(labels)}
    rows: list[dict[str, object]] = [
        {
            "at": at[dot.label],
            "place": clean(dot.place),
            "count": dot.count,
            "text": clean(dot.text),
        }
        for dot in dots
    ]
    most = max((dot.count for dot in dots), default=1)
    names = [clean(place) for place in places]
    place = {
        "field": "place",
        "type": "nominal",
        "sort": None,
        "scale": {"domain": names},
        "axis": {
            "title": None,
            "labelLimit": _LABELS,
            "ticks": False,
            "aria": False,
            "grid": True,
            "gridColor": "currentColor",
            "gridOpacity": 0.2,
        },
    }
    size = {
        "field": "count",
        "type": "quantitative",
        "legend": None,
        "scale": {"domain": [0, most], "range": [0, 700]},
    }
    layer = _layer("dots", "circle", rows, {"y": place, "size": size}, says=True, opacity=0.8)
    clean_labels = [clean(label) for label in labels]
    return _frame(title, _WIDTH - _LABELS, max(2, len(names)) * _ROW) | {
        "encoding": {"x": _along(clean_labels)},
        "layer": [layer],
    }


def ahead(rows: Sequence[Ahead], title: str, value: str) -> Spec:
    """For each time ahead a bar from low to high, a tick in the middle, and a point at what came
    in as long a time before."""
    values: list[dict[str, object]] = [
        {
            "label": clean(row.label),
            "low": row.low,
            "middle": row.middle,
            "high": row.high,
            "past": row.past,
            "text": clean(row.text),
        }
        for row in rows
    ]
    across = _up(value, max((max(row.high, row.past) for row in rows), default=0))
    label = {
        "field": "label",
        "type": "nominal",
        "sort": None,
        "axis": {"title": None, "labelLimit": _LABELS, "ticks": False, "aria": False},
    }
    from_to = {"x": across | {"field": "low"}, "x2": {"field": "high"}}
    middle: Spec = {"x": across | {"field": "middle"}}
    layers = [
        _layer("span", "bar", values, from_to, says=True, size=16, minBandSize=3),
        _layer("middle", "tick", values, middle, thickness=3, size=22),
        _layer("past", "point", values, {"x": across | {"field": "past"}}, size=60),
    ]
    return _frame(title, _NARROW, 3 * _ROW) | {
        "encoding": {"y": label},
        "layer": layers,
    }


def _frame(title: str, width: int, height: int) -> Spec:
    return {"description": clean(title), "width": width, "height": height}


def _layer(
    name: str,
    kind: str,
    values: Sequence[dict[str, object]],
    encoding: Spec,
    says: bool = False,
    **looks: object,
) -> Spec:
    """One kind of marks; only those that say their values are there for who cannot see them."""
    mark: Spec = {"type": kind, "ariaRoleDescription": ""} if says else {"type": kind}
    if says:
        encoding = encoding | {"description": {"field": "text"}}
    else:
        mark["aria"] = False
    return {
        "name": name,
        "data": {"values": list(values)},
        "mark": mark | looks,
        "encoding": encoding,
    }


def _up(title: str, most: int) -> Spec:
    """The axis of counts: whole numbers, from zero to at least one."""
    axis: Spec = {"title": clean(title), "format": "d", "tickCount": 4, "aria": False}
    if most <= _FEW:
        axis["values"] = list(range(most + 1))
    scale = {"domainMin": 0} | ({} if most else {"domainMax": 1})
    return {"type": "quantitative", "axis": axis, "scale": scale}


def _along(labels: Sequence[str]) -> Spec:
    """The axis of spans by their number; ten labels at most, counted from the newest."""
    step = max(1, -(-len(labels) // _MOST_TICKS))
    shown = list(range(len(labels)))[::-1][::step]
    axis = {
        "title": None,
        "values": shown,
        "labelExpr": f"{_listed(labels)}[datum.value]",
        "labelAngle": 0,
        "aria": False,
    }
    scale = {"domain": list(range(len(labels))), "paddingInner": 0.25}
    return {"field": "at", "type": "ordinal", "axis": axis, "scale": scale}


def _listed(labels: Sequence[str]) -> str:
    """As an expression of Vega: a list of texts."""
    quoted = (label.replace("\\", "\\\\").replace("'", "\\'") for label in labels)
    return "[" + ",".join(f"'{label}'" for label in quoted) + "]"
