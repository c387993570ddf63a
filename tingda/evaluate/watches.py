"""Whether watches mark what they should: rules against texts, with what is expected of each."""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypedDict

from tingda.lib.refusal import Refused
from tingda.lib.tables import CELL_LIMIT
from tingda.lib.watching.engine import Engine
from tingda.lib.watching.evaluate import match, read_lists
from tingda.lib.watching.fold import Said
from tingda.lib.watching.parse import parse
from tingda.lib.words import mark as _

COLUMNS = ("rule", "text", "match")
EXPECTED = ("1", "0", "error")


class Wrong(TypedDict):
    """A row that came out otherwise; `row` counts from 2, as a spreadsheet shows it."""

    row: int
    rule: str
    text: str
    expected: str
    found: str


class Report(TypedDict):
    """How many rows came out as expected, and all that did not."""

    right: int
    wrong: list[Wrong]


def evaluate_watches(path: Path) -> Report:
    """CSV `rule,text,match`: 1, 0, or error for a rule that must be refused.

    A text that is a JSON object gives fields (title, body, site, …) and, as `lists`, word lists;
    any other is a body alone. Found is "1", "0", "error: why", or "engine: …" where the engine for
    many rules and the plain evaluator differ. Refused where the file is not such a table.
    """
    right, wrong = 0, list[Wrong]()
    for number, row in enumerate(_rows(path), start=2):
        found = _found(row["rule"], row["text"])
        if found.partition(":")[0] == row["match"]:
            right += 1
        else:
            wrong.append(
                {
                    "row": number,
                    "rule": row["rule"],
                    "text": row["text"],
                    "expected": row["match"],
                    "found": found,
                }
            )
    return {"right": right, "wrong": wrong}


def _rows(path: Path) -> Iterator[dict[str, str]]:
    csv.field_size_limit(CELL_LIMIT)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not set(COLUMNS) <= set(reader.fieldnames or ()):
                raise Refused(_("表头要有 %(columns)s 三列"), columns="、".join(COLUMNS))
            for number, row in enumerate(reader, start=2):
                whole = {column: (row[column] or "") for column in COLUMNS}
                whole["match"] = whole["match"].strip()
                if whole["match"] not in EXPECTED:
                    raise Refused(_("第 %(row)s 行：match 只能是 1、0 或 error"), row=number)
                yield whole
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(_("这不是 UTF-8 的 CSV 文件：%(error)s"), error=error) from None


def _found(written: str, text: str) -> str:
    said, words = _said(text)
    lists = read_lists(words)
    try:
        rule = parse(written, lists)
    except Refused as error:
        return f"error: {error}"
    hit = match(rule, said, lists)
    quick = Engine({0: rule}, lists).match([said])[0].get(0)
    return f"engine: {quick}" if quick != hit else "0" if hit is None else "1"


def _said(text: str) -> tuple[Said, Mapping[str, list[str]]]:
    try:
        told = json.loads(text) if text.lstrip().startswith("{") else None
    except (json.JSONDecodeError, RecursionError):
        told = None  # a text that only begins like one
    if not isinstance(told, dict):
        return Said(body=text), {}

    def text_of(name: str) -> str:
        return str(told.get(name) or "")

    said = Said(
        title=text_of("title"),
        body=text_of("body"),
        site=text_of("site"),
        place=text_of("place"),
        topic=text_of("topic"),
        intent=text_of("intent"),
        lang=text_of("lang"),
        channel=text_of("channel"),
        source=text_of("source"),
        urgency=_number(told.get("urgency")),
        likes=_number(told.get("likes")),
    )
    words = told.get("lists")
    return said, _word_lists(words) if isinstance(words, dict) else {}


def _number(value: object) -> int:
    written = str(value)
    return int(written) if written.isdecimal() and len(written) < 10 else 0


def _word_lists(told: Mapping[object, object]) -> dict[str, list[str]]:
    return {
        str(name): [str(word) for word in words]
        for name, words in told.items()
        if isinstance(words, list)
    }
