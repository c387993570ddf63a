"""The words by which urgency is judged now: what we ship, and what the office made of it."""

import logging
from dataclasses import dataclass

from tingda.analyse.models import CueChange
from tingda.lib.refusal import Refused
from tingda.lib.text import fold
from tingda.lib.urgency import lists

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CueList:
    """One list by its name ("danger.fire"): its words as they are in use, the office's own first;
    those it added, and those it took out.
    """

    name: str
    words: tuple[str, ...]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether it is other than shipped."""
        return bool(self.added or self.removed)

    def holding(self, words: str) -> list[str]:
        """Its words in which this stands, whatever its width, case and script."""
        wanted = _plain(words)
        return [word for word in self.words if wanted in word or wanted in _plain(word)]


def cue_lists() -> dict[str, CueList]:
    """Every list by its name, as shipped where it was not changed."""
    rows = {row.cue: row for row in CueChange.objects.all()}
    return {
        name: _as_changed(name, words, rows[name]) if name in rows else CueList(name, words)
        for name, words in lists.all_lists()
    }


def shipped_without(cue: str, words: list[str]) -> list[str]:
    """Those of the words that are not in this list as we ship it."""
    held = {_plain(word) for word in lists.shipped()[cue]}
    return [word for word in words if _plain(word) not in held]


def _as_changed(name: str, words: tuple[str, ...], row: CueChange) -> CueList:
    added, removed = (tuple(filter(None, text.split("\n"))) for text in (row.added, row.removed))
    try:
        found = lists.changed({name: words}, {name: added}, {name: removed})[name]
    except Refused:
        log.exception("changed words of %s", name)
        return CueList(name, words)
    others = (word for word in found if word not in added)
    return CueList(name, (*added, *others), added, removed)


def _plain(word: str) -> str:
    return fold(word.strip()).text
