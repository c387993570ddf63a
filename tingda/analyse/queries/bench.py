"""The test bench of watches: what a rule would have marked in the last days.

Texts are folded once and kept for the next try, since a rule is tried again and again while it is
written. One try folds so many and no more; the next goes on from there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from urllib.parse import urlsplit

from tingda.analyse.models import Watch
from tingda.analyse.queries import lists_now, watching
from tingda.analyse.rules import CHINESE_INTENT as INTENTS
from tingda.collect.models import Voice
from tingda.lib.refusal import Refused
from tingda.lib.watching.fold import Readable, Said, readable
from tingda.lib.watching.parse import parse
from tingda.lib.watching.syntax import Rule
from tingda.lib.watching.trial import Trial, marked_by, try_rule

DAYS = 30
MOST_VOICES = 20_000
MOST_CHARACTERS = 10_000_000  # held in memory, about 60 MB
PIECE = 200  # voices whose texts are fetched together
AT_ONCE = 1_500_000  # characters folded in one try: about a second

_HERE = ("pk", "edits", "at", "url", "likes", "place")
_THERE = ("source__name", "source__kind", "reading__topic__name", "reading__place")
_JUDGED = ("reading__intent", "reading__urgency", "reading__lang")


@dataclass(frozen=True, slots=True)
class Bench:
    """A trial and the voices it was made on: `voices[i]` and `at[i]` belong to text i, newest
    first. `total` were heard in these days; `unfinished` where a next try sees more of them."""

    trial: Trial
    voices: tuple[int, ...]
    at: tuple[datetime, ...]
    total: int
    unfinished: bool


class _Folded:
    """What was folded for earlier tries, by voice and number of edits."""

    lock = Lock()
    texts: dict[tuple[int, int], Readable] = {}


def bench(rule: Rule, *, watch: Watch | None, now: datetime) -> Bench:
    """Try a rule, in place of the one of `watch`, on the voices of the last DAYS days."""
    since = now - timedelta(days=DAYS)
    rows = Voice.objects.filter(at__gt=since, at__lte=now)
    newest = list(
        rows.order_by("-at", "-id").values_list(*_HERE, *_THERE, *_JUDGED)[: MOST_VOICES + 1]
    )
    total = len(newest) if len(newest) <= MOST_VOICES else rows.count()
    with _Folded.lock:
        folded, unfinished = _fold([(row[0], row[1]) for row in newest[:MOST_VOICES]])
    seen = newest[: len(folded)]
    texts = [_readable(row, one) for row, one in zip(seen, folded, strict=True)]
    others = marked_by(watching(), texts)
    if watch is not None:
        others.pop(watch.pk, None)
    trial = try_rule(rule, texts, saved=_saved(watch), others=others, lists=lists_now())
    return Bench(
        trial, tuple(row[0] for row in seen), tuple(row[2] for row in seen), total, unfinished
    )


def _saved(watch: Watch | None) -> Rule | None:
    try:
        return parse(watch.rule) if watch else None
    except Refused:
        return None


def _fold(keys: Sequence[tuple[int, int]]) -> tuple[list[Readable], bool]:
    """The folded texts of the first of these voices, and whether a next try would see more."""
    before, kept = _Folded.texts, dict[tuple[int, int], Readable]()
    held = done = 0
    unfinished = False
    for first in range(0, len(keys), PIECE):
        piece = keys[first : first + PIECE]
        missing = [key for key in piece if key not in before]
        unfinished = bool(missing) and done >= AT_ONCE
        if unfinished or held >= MOST_CHARACTERS:
            break
        fresh = _folded(missing)
        done += sum(len(text.joined) for text in fresh.values())
        kept |= {key: before.get(key) or fresh[key] for key in piece}
        held += sum(len(kept[key].joined) for key in piece)
    found = list(kept.values())
    if unfinished:  # what was seen further on is seen again when the gap is closed
        kept |= {key: before[key] for key in keys if key in before}
    _Folded.texts = kept
    return found, unfinished


def _folded(keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Readable]:
    said = _texts([voice for voice, _edits in keys]) if keys else {}
    found = {}
    for key in keys:
        title, body = said.get(key[0], ("", ""))
        text = readable(Said(title=title, body=body[:AT_ONCE]))
        found[key] = Readable(Said(), text.title, text.body, text.joined)
    return found


def _texts(voices: Sequence[int]) -> Mapping[int, tuple[str, str]]:
    rows = Voice.objects.filter(pk__in=voices).values_list("pk", "title", "text")
    return {pk: (title, text) for pk, title, text in rows}


def _readable(row: tuple[object, ...], folded: Readable) -> Readable:
    _pk, _edits, _at, url, likes, place, source, kind, topic, found, intent, urgency, lang = row
    said = Said(
        site=host(str(url)),
        place=str(found or place or ""),
        topic=str(topic or ""),
        intent=INTENTS.get(str(intent), ""),
        urgency=int(str(urgency or 0)),
        lang=str(lang or ""),
        likes=int(str(likes)),
        channel=str(kind),
        source=str(source),
    )
    return Readable(said, folded.title, folded.body, folded.joined)


def host(url: str) -> str:
    """The host of an address; "" where there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
