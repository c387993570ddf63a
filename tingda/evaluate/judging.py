"""How well intent and urgency are judged, on sentences with a truth of your own."""

import csv
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import TypedDict

from tingda.lib.intents.judge import CHINESE, NAMES, intent_of
from tingda.lib.refusal import Refused
from tingda.lib.urgency.judge import urgency_of
from tingda.lib.words import mark as _

LEVELS = ("0", "1", "2", "3")


class Class(TypedDict):
    """One class: precision, recall and F1 (0 to 1), and how many rows it has."""

    precision: float
    recall: float
    f1: float
    rows: int


class Intents(TypedDict):
    """`macro_f1` over the classes that occur; `asked` is the share that was not sure."""

    macro_f1: float
    asked: float
    classes: dict[str, Class]


class Urgencies(TypedDict):
    """`false_3_per_1000`: of a thousand rows that are not 3, how many were called 3."""

    macro_f1: float
    recall_of_3: float
    false_3_per_1000: float
    classes: dict[str, Class]


def rows_of(file: Path, column: str, known: Collection[str]) -> list[tuple[str, str]]:
    """The rows of a CSV as (text, label); a label that is not known refuses the file."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            table = csv.DictReader(lines)
            if not {"text", column} <= set(table.fieldnames or ()):
                raise Refused(_("文件里要有 %(columns)s 两列"), columns=f"text, {column}")
            rows = [(row["text"] or "", (row[column] or "").strip()) for row in table]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(_("这个文件不是 UTF-8 的 CSV：%(file)s"), file=file.name) from error
    for number, (_text, label) in enumerate(rows, start=1):
        if label not in known:
            raise Refused(_("第 %(number)s 条的“%(label)s”不认识"), number=number, label=label)
    if not rows:
        raise Refused(_("文件里一条也没有：%(file)s"), file=file.name)
    return rows


def evaluate_intents(file: Path) -> Intents:
    """Rows `text,intent`, the intent in Chinese or as its code."""
    known = CHINESE | {name: name for name in NAMES}
    rows = rows_of(file, "intent", known)
    found = [intent_of("", text) for text, _label in rows]
    pairs = Counter((known[row[1]], one.name) for row, one in zip(rows, found, strict=True))
    asked = sum(not one.sure for one in found) / len(found)
    classes = _classes(pairs, NAMES)
    return {"macro_f1": _macro(classes), "asked": round(asked, 4), "classes": classes}


def evaluate_urgency(file: Path) -> Urgencies:
    """Rows `text,urgency`."""
    rows = rows_of(file, "urgency", LEVELS)
    pairs = Counter((label, str(urgency_of("", text).level)) for text, label in rows)
    classes = _classes(pairs, LEVELS)
    others = sum(count for (label, _found), count in pairs.items() if label != "3")
    false = sum(pairs[label, "3"] for label in LEVELS[:3])
    return {
        "macro_f1": _macro(classes),
        "recall_of_3": classes["3"]["recall"],
        "false_3_per_1000": round(1000 * false / others, 2) if others else 0.0,
        "classes": classes,
    }


def _classes(pairs: Counter[tuple[str, str]], names: Collection[str]) -> dict[str, Class]:
    classes: dict[str, Class] = {}
    for name in names:
        right = pairs[name, name]
        called = sum(pairs[other, name] for other in names)
        rows = sum(pairs[name, other] for other in names)
        classes[name] = {
            "precision": round(right / called, 4) if called else 0.0,
            "recall": round(right / rows, 4) if rows else 0.0,
            "f1": round(2 * right / (called + rows), 4) if right else 0.0,
            "rows": rows,
        }
    return classes


def _macro(classes: dict[str, Class]) -> float:
    met = [one["f1"] for one in classes.values() if one["rows"]]
    return round(sum(met) / len(met), 4)
