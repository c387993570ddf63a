"""The office's own list of places: units, schools, estates, roads, stations, with other names.

Read from CSV with the columns `name,kind,aliases` (名称,类别,别名); aliases are parted by `;` `、`
or `|`. All names are found in one pass; the longest wins, and an alias gives the main name.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick

from tingda.lib.places import Place
from tingda.lib.refusal import Refused
from tingda.lib.text import fold, stands_alone
from tingda.lib.words import mark as _

SHORTEST_NAME = 2
"""Folded characters of a name; one alone would mark half of all texts."""

LONGEST_NAME = 60

KINDS = ("unit", "school", "estate", "road", "station", "area", "spot")
KIND_WORDS = (_("单位"), _("学校"), _("小区"), _("道路"), _("站点"), _("区域"), _("地点"))
"""What people write for each of KINDS."""

TEMPLATES = {
    "zh-hans": "名称,类别,别名\r\n幸福花园南区,小区,老纺织厂宿舍;纺织宿舍\r\n第一小学,学校,\r\n",
    "en": "name,kind,aliases\r\nHarbour Road School,school,Harbour School;the old school\r\n",
}
"""Files to be filled in, by language."""

_KINDS = dict(zip(KIND_WORDS, KINDS, strict=True))
_COLUMNS = {"名称": "name", "类别": "kind", "别名": "aliases"}
NAME = _("名称")
_BETWEEN = re.compile(r"[;；、|]")


@dataclass(frozen=True, slots=True)
class Entry:
    """A place by its main name, one of KINDS, and what else people call it."""

    name: str
    kind: str = "spot"
    aliases: tuple[str, ...] = ()


def read_gazetteer(text: str) -> list[Entry]:
    """The rows of a CSV file. Refused, with the row, where one cannot be read; empty rows are not.

    `kind` is one of KINDS or its Chinese word, and `spot` where it is empty.
    """
    try:
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True))
    except csv.Error as error:
        raise Refused(_("读不了这个文件：%(error)s"), error=str(error)) from error
    header = [_COLUMNS.get(cell.strip(), cell.strip().lower()) for cell in rows[0]] if rows else []
    if "name" not in header:
        raise Refused(_("缺少这一列：%(column)s"), column=NAME)
    return [
        _entry(dict(zip(header, row, strict=False)), number)
        for number, row in enumerate(rows[1:], start=2)
        if any(cell.strip() for cell in row)
    ]


def _entry(row: dict[str, str], number: int) -> Entry:
    name, kind = row.get("name", "").strip(), row.get("kind", "").strip() or "spot"
    kind = _KINDS.get(kind, kind)
    if kind not in KINDS:
        raise Refused(_("第 %(row)s 行：没有“%(kind)s”这个类别"), row=number, kind=kind)
    if not SHORTEST_NAME <= len(fold(name, squeeze=True).text) <= LONGEST_NAME:
        raise Refused(_("第 %(row)s 行：名称太短或太长"), row=number)
    aliases = (alias.strip() for alias in _BETWEEN.split(row.get("aliases", "")))
    return Entry(name, kind, tuple(dict.fromkeys(filter(None, aliases))))


class Gazetteer:
    """Finds the places of a list in folded text (`tingda.lib.text.fold` with `squeeze`).

    `doubtful` holds the aliases that are not looked for: too short, or given to several places.
    A main name is always looked for, whoever has it for an alias.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        main: dict[str, Entry] = {}
        called: dict[str, dict[str, Entry]] = defaultdict(dict)
        for entry in entries:
            main.setdefault(_folded(entry.name), entry)
            for alias in entry.aliases:
                called[_folded(alias)].setdefault(entry.name, entry)
        clear = {
            alias: next(iter(owners.values()))
            for alias, owners in called.items()
            if len(owners) == 1 and len(alias) >= SHORTEST_NAME
        }
        found = {name: entry for name, entry in (clear | main).items() if name}
        self.doubtful = tuple(sorted(set(called) - set(found)))
        self._doubtful = frozenset(self.doubtful)
        self._entries = list(found.values())
        self._finder = AhoCorasick(list(found)) if found else None

    def doubts(self, alias: str) -> bool:
        """Whether this alias, as the list writes it, is not looked for."""
        return _folded(alias) in self._doubtful

    def find(self, text: str) -> list[Place]:
        """The places, in order, none within another; `name` is the main name as the list has it."""
        kept: list[Place] = []
        for place in sorted(self._all(text), key=lambda p: (p.start - p.end, p.start)):
            if all(place.end <= other.start or other.end <= place.start for other in kept):
                kept.append(place)
        return sorted(kept, key=lambda place: place.start)

    def _all(self, text: str) -> Iterator[Place]:
        if self._finder is None:
            return
        for number, start, end in self._finder.find_matches_as_indexes(text, overlapping=True):
            if stands_alone(text, start, end):
                entry = self._entries[number]
                yield Place(entry.name, start, end, entry.kind)


def _folded(name: str) -> str:
    return fold(name, squeeze=True).text.strip()
