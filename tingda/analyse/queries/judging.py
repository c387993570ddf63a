"""How intent and urgency are judged now: the shipped lists as the office changed them, and what its
corrections of intents taught.
"""

import logging
from collections.abc import Sequence
from functools import lru_cache, partial

from tingda.analyse.models import CueChange, Sorting
from tingda.analyse.rules import Judge
from tingda.lib.intents.packed import unpack
from tingda.lib.intents.taught import Taught
from tingda.lib.refusal import Refused
from tingda.lib.urgency.judge import Lists, shipped

log = logging.getLogger(__name__)
Change = tuple[str, str, str]  # name of a list, words added, words removed, a line each


def judge_now() -> Judge:
    """Made anew only when something changed. What cannot be read is as if it were not there."""
    changes = CueChange.objects.order_by("cue").values_list("cue", "added", "removed")
    return _judge(lists_of(tuple(changes)))


def judge_with(cue: str, added: Sequence[str], removed: Sequence[str]) -> Judge:
    """As `judge_now`, but with this change of one list in place of the one that it has.

    A word that cannot be read, and a list that is not there, are refused.
    """
    others = CueChange.objects.exclude(cue=cue).order_by("cue")
    lists = lists_of(tuple(others.values_list("cue", "added", "removed")))
    more, less = ({cue: words} if words else {} for words in (added, removed))
    return _judge(lists.changed(more, less) if more or less else lists)


def _judge(lists: Lists) -> Judge:
    packed = Sorting.objects.values_list("intents", flat=True).first()
    return partial(lists.judge, taught=_taught(bytes(packed or b"")))


@lru_cache(2)
def lists_of(changes: tuple[Change, ...]) -> Lists:
    """The shipped lists with these changes; one of a list that is no more is passed over."""
    lists = shipped()
    for cue, added, removed in changes:
        try:
            lists = lists.changed(_named(cue, added), _named(cue, removed))
        except Refused:
            log.exception("changed words of %s", cue)
    return lists


def _named(cue: str, words: str) -> dict[str, list[str]]:
    return {cue: words.split("\n")} if words else {}


@lru_cache(2)
def _taught(packed: bytes) -> Taught | None:
    try:
        return unpack(packed) if packed else None
    except Refused:
        log.exception("what corrections of intents taught cannot be read")
        return None
