"""Charts: plain Vega-Lite specifications, drawn as SVG for a page and as PNG for Word.

A specification names no colour. In an SVG everything is `currentColor`, faint or full, and each
kind of mark has a class that a stylesheet can colour: `bars_marks`, `before_marks`, `deaf_marks`,
`counts_marks`; the root is `svg.marks`. It has no `style`, no script, no background and no fixed
text colour. A PNG gets print colours on white. The title is the chart's name for those who do not
see it, and is not drawn: the page's heading or the caption says it.

Specifications are written here rather than with Altair, which takes 42 MB and 0.3 s to import
into every process and adds nothing to what is drawn; the tests hold them to Altair's schema.

Texts come in as arguments, ready translated; patterns have the places `%(year)d`, `%(month)d`,
`%(day)d`, `%(name)s` and `%(value)d`.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol
from xml.sax.saxutils import quoteattr

from tingda.lib.charts_child import Child, DrawingFailed
from tingda.lib.xml_text import clean

__all__ = ["DayWords", "DrawingFailed", "NameWords", "Shelf", "Spec", "bars_by_day",
           "bars_by_name", "close", "to_png", "to_svg"]  # fmt: skip

Spec = dict[str, object]
Counts = Sequence[tuple[date, int]]

MOST_DAYS = 1100
_WIDTH, _HEIGHT, _BAR_HEIGHT, _LABEL_WIDTH = 680, 200, 30, 240
_FEW = 4  # counts up to which each has its tick, and no half has one
_FONT = 'system-ui, "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif'
_ROLE_DESCRIPTION = re.compile(r' aria-roledescription="[^"]*"')


class Shelf(Protocol):
    """Where drawings are kept to be used again, by a key that says all about them."""

    def get(self, key: str) -> bytes | None: ...
    def set(self, key: str, value: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class DayWords:
    """The texts of a chart by day; `mark` is what a bar says: "%(month)d月%(day)d日：%(value)d 条".

    `before` names the line of the period before, `deaf` is what a day without listening says.
    """

    title: str
    day: str
    value: str
    mark: str
    before: str = ""
    deaf: str = "%(month)d-%(day)d"


@dataclass(frozen=True, slots=True)
class NameWords:
    """The texts of a chart by name; `mark` is what a bar says: "%(name)s：%(value)d 条"."""

    title: str
    value: str
    mark: str


def bars_by_day(
    rows: Counts,
    words: DayWords,
    *,
    before: Counts = (),
    deaf: Sequence[tuple[date, date]] = (),
) -> Spec:
    """One bar a day, from the first day in `rows` to the last; days left out count zero.

    `before` is another period, drawn as a line, its first day over the first. `deaf` are spans
    of days, both ends included, in which nothing could be heard; they are shaded. Raises
    ValueError for more than 1,100 days.
    """
    days = _every_day(rows)
    marks = [
        {"day": day.isoformat(), "value": value, "text": _said(words.mark, day, value)}
        for day, value in days
    ]
    layers = [
        _layer("bars", "bar", marks, y=_up(words.value, max((n for _, n in days), default=0)))
    ]
    if deaf:
        silent = [
            {"day": day.isoformat(), "text": _said(words.deaf, day, 0)}
            for day, _ in days
            if any(first <= day <= last for first, last in deaf)
        ]
        layers.insert(0, _layer("deaf", "rect", silent, y=None))
    if before:
        line = [
            {"day": day.isoformat(), "value": value}
            for (day, _), (_, value) in zip(days, _every_day(before), strict=False)
        ]
        layers.append(_line_before(line, clean(words.before)))
    # Counted from the end: the last day, mostly today, always has its label.
    shown = [day.isoformat() for day, _ in days[:: -max(1, -(-len(days) // 10))]]
    return {
        "description": clean(words.title),
        "width": _WIDTH,
        "height": _HEIGHT,
        "encoding": {"x": _along(clean(words.day), shown, long=len(days) > 366)},
        "layer": layers,
    }


def bars_by_name(rows: Sequence[tuple[str, int]], words: NameWords) -> Spec:
    """One lying bar for each name, in the order given, with its number at the end."""
    marks = [
        {
            "name": clean(name),
            "value": value,
            "text": clean(words.mark % {"name": name, "value": value}),
        }
        for name, value in rows
    ]
    bar = {"type": "bar", "ariaRoleDescription": ""}
    number = {"type": "text", "align": "left", "dx": 5, "aria": False}
    most = max((value for _, value in rows), default=0)
    return {
        "description": clean(words.title),
        "width": _WIDTH - _LABEL_WIDTH,
        "height": {"step": _BAR_HEIGHT},
        "data": {"values": marks},
        "encoding": {
            "y": {
                "field": "name",
                "type": "nominal",
                "sort": None,
                "axis": {"title": None, "labelLimit": _LABEL_WIDTH, "ticks": False, "aria": False},
            },
            "x": _up(words.value, most) | {"field": "value"},
        },
        "layer": [
            {"name": "bars", "mark": bar, "encoding": {"description": {"field": "text"}}},
            {"name": "counts", "mark": number, "encoding": {"text": {"field": "value"}}},
        ],
    }


def to_svg(spec: Spec, *, shelf: Shelf | None = None) -> str:
    """The chart as an SVG element to stand in a page. Raises DrawingFailed."""
    drawn = _drawn({"form": "svg", "spec": spec, "config": _PAGE, "scale": 1}, shelf).decode()
    # The engine's own words for kinds of marks are English, and say what role already says.
    drawn = _ROLE_DESCRIPTION.sub("", drawn)
    label = quoteattr(str(spec.get("description", "")))
    return drawn.replace("<svg ", f'<svg role="group" aria-label={label} ', 1)


def to_png(spec: Spec, *, scale: float = 2.0, shelf: Shelf | None = None) -> bytes:
    """The chart as a PNG in print colours; at scale 2 it is 1,400 to 1,500 dots wide.

    Raises DrawingFailed.
    """
    return _drawn({"form": "png", "spec": spec, "config": _PAPER, "scale": scale}, shelf)


def close() -> None:
    """End the drawing process now, rather than a minute after the last chart."""
    _CHILD.close()


_CHILD = Child()


def _drawn(request: dict[str, object], shelf: Shelf | None) -> bytes:
    line = json.dumps(request, sort_keys=True).encode()
    key = f"chart-{hashlib.sha256(line).hexdigest()}"
    kept = shelf.get(key) if shelf is not None else None
    if kept is not None:
        return kept
    answer: dict[str, str] = json.loads(_CHILD.ask(line + b"\n"))
    if "error" in answer:
        raise DrawingFailed(answer["error"])
    drawn = base64.b64decode(answer["drawn"])
    if shelf is not None:
        shelf.set(key, drawn)
    return drawn


def _every_day(rows: Counts) -> list[tuple[date, int]]:
    if not rows:
        return []
    found = dict(rows)
    first, last = min(found), max(found)
    if (last - first).days >= MOST_DAYS:
        raise ValueError(f"a chart has at most {MOST_DAYS} days")
    return [(day, found.get(day, 0)) for day in _days(first, last)]


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _said(pattern: str, day: date, value: int) -> str:
    places = {"year": day.year, "month": day.month, "day": day.day, "value": value}
    return clean(pattern % places)


def _layer(name: str, kind: str, values: Sequence[Mapping[str, object]], y: Spec | None) -> Spec:
    encoding: Spec = {"description": {"field": "text"}}
    if y is not None:
        encoding["y"] = y | {"field": "value"}
    return {
        "name": name,
        "data": {"values": values},
        "mark": {"type": kind, "ariaRoleDescription": ""},
        "encoding": encoding,
    }


def _line_before(values: Sequence[Mapping[str, object]], text: str) -> Spec:
    return {
        "name": "before",
        "data": {"values": values},
        "mark": {"type": "line", "description": text},
        "encoding": {"y": {"field": "value", "type": "quantitative"}},
    }


def _up(title: str, most: int) -> Spec:
    """The axis of counts: whole numbers, from zero to at least one."""
    axis: Spec = {"title": clean(title), "format": "d", "tickCount": 4, "aria": False}
    if most <= _FEW:  # no half has a tick of its own
        axis["values"] = list(range(most + 1))
    scale = {"domainMin": 0} | ({} if most else {"domainMax": 1})
    return {"type": "quantitative", "axis": axis, "scale": scale}


def _along(title: str, shown: list[str], *, long: bool) -> Spec:
    """The axis of days: ten labels at most, as month-day, or year-month over a year."""
    cut = "slice(datum.value, 0, 7)" if long else "slice(datum.value, 5)"
    axis = {
        "title": title,
        "values": shown,
        "labelExpr": cut,
        "labelAngle": 0,
        "aria": False,
    }
    return {"field": "day", "type": "ordinal", "axis": axis, "scale": {"paddingInner": 0.25}}


def _config(ink: str, bars: str, line: str, background: str | None) -> Spec:
    axis = {
        "labelColor": ink,
        "titleColor": ink,
        "labelOpacity": 0.8,
        "titleOpacity": 0.8,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelFont": _FONT,
        "titleFont": _FONT,
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
        "grid": False,
    }
    grid = {"grid": True, "gridColor": ink, "gridOpacity": 0.15}
    return {
        "background": background,
        "padding": 6,
        "view": {"stroke": None},
        "axis": axis,
        "axisQuantitative": grid,
        "bar": {"color": bars},
        "line": {"color": line, "strokeWidth": 2, "strokeDash": [5, 3]},
        "rect": {"color": ink, "fillOpacity": 0.1},
        "text": {"color": ink, "font": _FONT, "fontSize": 12},
    }


_PAGE = _config("currentColor", "currentColor", "currentColor", None)
_PAPER = _config("#1d2733", "#0b5563", "#d98a1f", "#ffffff")
