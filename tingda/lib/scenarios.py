"""A written course of events: what is said when, and what ought to happen by when. In TOML.

Values in, values out; faults are told by line.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

# What can be expected, in the order in which it mostly happens.
STEPS = {
    "alert": _("有了预警"),
    "acknowledged": _("有人知道了"),
    "confirmed": _("确认了预警颜色"),
    "plan": _("预案启动了"),
    "case": _("立了事项"),
    "referral": _("联系单发出了"),
    "facts": _("核实了第一件事"),
    "meeting": _("召集了会商"),
    "upward": _("向上报告了"),
    "answer": _("签发了回应"),
}
SPEEDS = (1, 10, 60)
LONGEST = 24 * 60  # minutes of the scenario's own clock
MOST_SAID = 300
LONGEST_TEXT = 200_000  # characters
_HEADER = re.compile(r"^\s*\[\[\s*(say|expect)\s*\]\]", re.MULTILINE)
_TOML_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_CLOCK = re.compile(r"([01]?\d|2[0-3])[:：]([0-5]\d)")
_UNKNOWN = _("第 %(line)s 行：没有“%(name)s”这一项")
_TWICE = _("第 %(line)s 行：“%(name)s”写了两次")
_NO_STEP = _("第 %(line)s 行：没有“%(name)s”。可以写：%(known)s")
_MINUTES = _("第 %(line)s 行：分钟应是 %(least)s 到 %(most)s 的整数")
_MISSING = _("第 %(line)s 行：“%(name)s”要写，最多 %(most)s 个字")
_NAMED = {"name", "about", "begins", "minutes", "say", "expect"}


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that is said: so many minutes after the start, and by which source."""

    minute: int
    source: str
    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """One of STEPS, within so many minutes of the first thing said."""

    what: str
    within: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """A checked scenario. `begins` is the hour of the clock at its start; None: as it is."""

    name: str
    about: str
    begins: time | None
    minutes: int
    said: tuple[Said, ...]
    expected: tuple[Expected, ...]

    @property
    def first(self) -> int:
        """The minute of the first thing said."""
        return min(one.minute for one in self.said)


@dataclass(frozen=True, slots=True)
class Judged:
    """One thing that was expected: after how many minutes it happened, None where it did not."""

    what: str
    within: int
    after: float | None

    @property
    def kept(self) -> bool:
        """Whether it happened in time."""
        return self.after is not None and self.after <= self.within


def read(text: str) -> Scenario:
    """The scenario in a text. Raises Refused with the line at fault."""
    if len(text) > LONGEST_TEXT:
        raise Refused(_("脚本太长，最多 %(most)s 个字"), most=LONGEST_TEXT)
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(text, error) from error
    unknown = sorted(set(told) - _NAMED)
    if unknown:
        raise _fault(
            _line_of(text, unknown[0]), _("第 %(line)s 行：没有“%(name)s”这一项"), name=unknown[0]
        )
    minutes = _number(told.get("minutes", 60), 5, LONGEST, _line_of(text, "minutes"))
    lines = _headers(text)
    said = [_said(row, minutes, line) for row, line in _rows(told, "say", lines)]
    expected = [_expected(row, line) for row, line in _rows(told, "expect", lines)]
    if not said:
        raise Refused(_("请至少写一条 [[say]]：第几分钟、哪个来源、说了什么"))
    if len(said) > MOST_SAID:
        raise Refused(_("最多 %(most)s 条 [[say]]"), most=MOST_SAID)
    again = [one.what for one in expected]
    for number, what in enumerate(again):
        if what in again[:number]:
            raise _fault(
                lines["expect"][number], _("第 %(line)s 行：“%(name)s”写了两次"), name=what
            )
    return Scenario(
        name=_text(told.get("name"), 100, "name", _line_of(text, "name")),
        about=str(told.get("about", "")).strip()[:2000],
        begins=_clock(told.get("begins", ""), _line_of(text, "begins")),
        minutes=minutes,
        said=tuple(sorted(said, key=lambda one: one.minute)),
        expected=tuple(expected),
    )


def _syntax(text: str, error: tomllib.TOMLDecodeError) -> Refused:
    found = _TOML_LINE.search(str(error))
    line = int(found[1]) if found else text.count("\n") + 1
    return _fault(line, _("第 %(line)s 行：写法不对：引号、括号或等号没有成对，或少了一个"))


def _fault(line: int, message: str, **params: object) -> Refused:
    return Refused(message, line=line, **params)


def _headers(text: str) -> Mapping[str, list[int]]:
    lines: dict[str, list[int]] = {"say": [], "expect": []}
    for found in _HEADER.finditer(text):
        lines[found[1]].append(text.count("\n", 0, found.start(1)) + 1)
    return lines


def _line_of(text: str, name: str) -> int:
    found = re.search(rf"^\s*\[*\s*[\"']?{re.escape(name)}\b", text, re.MULTILINE)
    return text.count("\n", 0, found.end()) + 1 if found else 1


def _rows(
    told: Mapping[str, Any], name: str, lines: Mapping[str, list[int]]
) -> list[tuple[Mapping[str, Any], int]]:
    rows = told.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refused(_("请把“%(name)s”写成 [[%(name)s]]，一条一段"), name=name)
    known = lines[name] + [1] * len(rows)  # a header inside a longer text only shifts the numbers
    return list(zip(rows, known, strict=False))


def _said(row: Mapping[str, Any], minutes: int, line: int) -> Said:
    _only(row, {"minute", "source", "text", "title"}, line)
    return Said(
        minute=_number(row.get("minute"), 0, minutes, line),
        source=_text(row.get("source"), 100, "source", line),
        text=_text(row.get("text"), 10_000, "text", line),
        title=str(row.get("title", "")).strip()[:300],
    )


def _expected(row: Mapping[str, Any], line: int) -> Expected:
    _only(row, {"what", "within"}, line)
    what = _text(row.get("what"), 40, "what", line)
    if what not in STEPS:
        known = "、".join(STEPS)
        raise _fault(line, _NO_STEP, name=what, known=known)
    return Expected(what, _number(row.get("within"), 1, LONGEST, line))


def _only(row: Mapping[str, Any], names: set[str], line: int) -> None:
    for name in row:
        if name not in names:
            raise _fault(line, _UNKNOWN, name=name)


def _number(value: object, least: int, most: int, line: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _fault(line, _MINUTES, least=least, most=most)
    return value


def _text(value: object, longest: int, name: str, line: int) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text or len(text) > longest:
        raise _fault(line, _MISSING, name=name, most=longest)
    return text


def _clock(value: object, line: int) -> time | None:
    if value == "":
        return None
    if isinstance(value, time):
        return value.replace(second=0, microsecond=0, tzinfo=None)
    found = _CLOCK.fullmatch(str(value).strip())
    if not found:
        raise _fault(line, _("第 %(line)s 行：开始的时刻请写成 23:40 这样"))
    return time(int(found[1]), int(found[2]))


def starts_at(scenario: Scenario, now: datetime, zone: ZoneInfo) -> datetime:
    """The next moment, not before now, at which the clock shows the scenario's hour."""
    if scenario.begins is None:
        return now
    local = now.astimezone(zone)
    for days in range(3):
        day = local.date() + timedelta(days=days)
        moment = datetime.combine(day, scenario.begins, zone).astimezone(now.tzinfo)
        if moment >= now:
            return moment
    return now


def judge(scenario: Scenario, begins: datetime, firsts: Mapping[str, datetime]) -> list[Judged]:
    """What was expected beside when each step first happened, by the scenario's clock."""
    start = zero(scenario, begins)
    return [
        Judged(one.what, one.within, minutes_after(start, firsts.get(one.what)))
        for one in scenario.expected
    ]


def zero(scenario: Scenario, begins: datetime) -> datetime:
    """When the first thing is said: from there minutes are counted."""
    return begins + timedelta(minutes=scenario.first)


def minutes_after(zero: datetime, moment: datetime | None) -> float | None:
    """How many minutes later, to a tenth; never less than none."""
    if moment is None:
        return None
    return max(0.0, round((moment - zero).total_seconds() / 60, 1))


def written(name: str, about: str, begins: time, said: Sequence[Said]) -> str:
    """A scenario as text, for things that were said once: to be read over and changed."""
    last = max((one.minute for one in said), default=0)
    parts = [
        f"name = {_quoted(name)}",
        f"about = {_quoted(about)}",
        f'begins = "{begins:%H:%M}"',
        f"minutes = {min(max(60, last + 60), LONGEST)}",
    ]
    for one in said:
        title = [f"title = {_quoted(one.title)}"] if one.title else []
        parts += ["", "[[say]]", f"minute = {one.minute}", f"source = {_quoted(one.source)}"]
        parts += [*title, f"text = {_quoted(one.text)}"]
    for what, within in (("alert", 5), ("acknowledged", 15), ("case", 30), ("answer", 120)):
        parts += ["", "[[expect]]", f'what = "{what}"', f"within = {within}"]
    return "\n".join(parts) + "\n"


def _quoted(text: str) -> str:
    """A string of TOML; its escapes are those of JSON, and one more."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
