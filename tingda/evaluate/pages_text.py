"""How much of the articles of web pages is found, and how often their title and time."""

import gzip
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypedDict
from zoneinfo import ZoneInfo

from tingda.lib.article import Article, read_article
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

ZONE = ZoneInfo("Asia/Shanghai")
LATER = datetime(2100, 1, 1, tzinfo=ZONE)  # a set of examples may be of any year
SHINGLE = 4
_WORDS = re.compile(r"\w+")
_TOLD = {"second": 19, "minute": 16, "hour": 13, "day": 10, "date": 10}
"""How much of an ISO time a precision tells."""


class Report(TypedDict):
    """F1 of the texts, and the shares of titles and times that are right, each 0.0 to 1.0."""

    english_f1: float
    chinese_f1: float
    titles: float
    times: float


Score = tuple[float | None, float | None]
"""Precision and recall of one page; None where there is nothing found, or nothing to find."""


def page_score(true: Sequence[str], found: Sequence[str]) -> Score:
    """Precision and recall by shingles, the runs of four tokens, each as often as it stands."""
    wanted, got = _shingles(true), _shingles(found)
    both = (wanted & got).total()
    return (
        both / got.total() if got else None,
        both / wanted.total() if wanted else None,
    )


def f1_of(scores: Sequence[Score]) -> float:
    """2PR / (P + R) of the mean precision P and the mean recall R of the pages.

    As the article extraction benchmark of Scrapinghub computes it (`evaluate.py` there): tokens
    are `\\w+`, shingles have four, each page counts the same, and the means leave out pages
    where nothing was found (precision) or nothing is to be found (recall).
    """
    precision = _mean([p for p, _recall in scores if p is not None])
    recall = _mean([r for _precision, r in scores if r is not None])
    both = precision + recall
    return 2 * precision * recall / both if both else 0.0


def evaluate_pages(truth: Path, on_progress: Callable[[int, int], None] | None = None) -> Report:
    """Read every page of `truth` and compare.

    `english/ground-truth.json` gives `articleBody` (and `url`) for `english/html/<id>.html.gz`;
    `chinese/truth.json` gives title, time, time_precision and body (paragraphs) for the files
    it names. English is compared by words, Chinese by characters without spaces. A title is
    right when it is the same but for spaces and width of signs, a time when it is the same as
    far as the truth tells it. `on_progress(done, of)` is called after each page. Refused: a
    folder without these files.
    """
    english, chinese = list(_english(truth)), list(_chinese(truth))
    of, done = len(english) + len(chinese), 0
    scores: dict[str, list[Score]] = {"english": [], "chinese": []}
    titles = times = 0
    for path, url, text in english:
        found = read_article(_bytes(path), url=url, now=LATER, zone=ZONE)
        scores["english"].append(page_score(_WORDS.findall(text), _WORDS.findall(found.text)))
        done += 1
        _tell(on_progress, done, of)
    for path, row in chinese:
        found = read_article(_bytes(path), now=LATER, zone=ZONE)
        text = "".join(row["body"])
        scores["chinese"].append(page_score(_characters(text), _characters(found.text)))
        titles += _same_line(found.title, row["title"])
        times += _same_time(found, row["time"], row["time_precision"])
        done += 1
        _tell(on_progress, done, of)
    return Report(
        english_f1=round(f1_of(scores["english"]), 4),
        chinese_f1=round(f1_of(scores["chinese"]), 4),
        titles=round(titles / max(1, len(chinese)), 4),
        times=round(times / max(1, len(chinese)), 4),
    )


class _Row(TypedDict):
    title: str
    time: str
    time_precision: str
    body: list[str]


def _tell(on_progress: Callable[[int, int], None] | None, done: int, of: int) -> None:
    if on_progress:
        on_progress(done, of)


def _english(truth: Path) -> Iterator[tuple[Path, str, str]]:
    for key, row in _listed(truth / "english" / "ground-truth.json").items():
        path = truth / "english" / "html" / f"{key}.html.gz"
        yield path, str(row.get("url") or ""), str(row.get("articleBody") or "")


def _chinese(truth: Path) -> Iterator[tuple[Path, _Row]]:
    for name, row in _listed(truth / "chinese" / "truth.json").items():
        body = row.get("body")
        yield (
            truth / "chinese" / name,
            _Row(
                title=str(row.get("title") or ""),
                time=str(row.get("time") or ""),
                time_precision=str(row.get("time_precision") or "day"),
                body=[str(part) for part in body] if isinstance(body, list) else [str(body or "")],
            ),
        )


def _listed(path: Path) -> dict[str, dict[str, object]]:
    try:
        rows = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(
            _("读不了标准答案：%(file)s"), file=f"{path.parent.name}/{path.name}"
        ) from error
    if not isinstance(rows, dict) or not all(isinstance(row, dict) for row in rows.values()):
        raise Refused(_("读不了标准答案：%(file)s"), file=f"{path.parent.name}/{path.name}")
    return rows


def _bytes(path: Path) -> bytes:
    try:
        page = path.read_bytes()
        return gzip.decompress(page) if path.suffix == ".gz" else page
    except (OSError, EOFError) as error:
        raise Refused(_("读不了网页：%(file)s"), file=path.name) from error


def _shingles(tokens: Sequence[str]) -> Counter[tuple[str, ...]]:
    starts = range(max(1, len(tokens) - SHINGLE + 1)) if tokens else range(0)
    return Counter(tuple(tokens[at : at + SHINGLE]) for at in starts)


def _characters(text: str) -> list[str]:
    return [character for character in text if not character.isspace()]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _same_line(found: str, true: str) -> bool:
    return _plain(found) == _plain(true)


def _plain(line: str) -> str:
    return "".join(unicodedata.normalize("NFKC", line).split())


def _same_time(found: Article, true: str, precision: str) -> bool:
    told = _TOLD.get(precision, 10)
    here = found.time.astimezone(ZONE).isoformat() if found.time else ""
    return here[:told] == true[:told]
