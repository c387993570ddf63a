"""One reading of voices: topic, watch hits, places, words of danger, exact repeats, terms.

Pure: texts in, judgements out. A batch may be of any size; nothing is remembered between two.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from tingda.lib.places import Place, find_places
from tingda.lib.terms import terms_of
from tingda.lib.text import Folded, fold, stands_alone
from tingda.lib.watching.engine import Engine
from tingda.lib.watching.evaluate import Match
from tingda.lib.watching.fold import Said

TITLE = "title"
TEXT = "text"

TITLE_FACTOR = 3.0
"""A topic word in the title counts as much as three in the body."""

MOST_PLACES = 6
LONG_ENOUGH_ALONE = 40
"""Letters from which a body is compared without its title; shorter ones (如题) say too little."""

SHORTEST_REPEAT = 6
"""Letters a text must have to be a repeat of another; 谢谢 said twice is said by two people."""

_FORWARDED = re.compile(
    r"^\s*(?:[【\[(（]?\s*(?:转发|转载|转帖|转自|转|re|fw|fwd|rt)\s*[】\])）]?\s*[:：]?\s*@?[^\s:：]{0,20}[:：]"
    r"|[【\[(（]\s*(?:转发|转载|转帖|转)\s*[】\])）]|转发微博|转发[:：,，\s]|rt\s+@\S+\s*:?|rt\s+)\s*"
)
_COMMENT_TAIL = re.compile(r"//\s*@")
_LINK = re.compile(r"(?:https?://|www\.)[^\s\u3000-\u9fff\uff00-\uffef]+")
_NOT_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class VoiceText:
    """What is read of a voice. `place` is what a form or a desk gave as the place, or empty.

    Watches also look at where it was said: `site` is the host, `channel` the kind of `source`.
    """

    key: int
    title: str
    body: str
    place: str = ""
    source: str = ""
    site: str = ""
    channel: str = ""
    likes: int = 0


@dataclass(frozen=True, slots=True)
class TopicRule:
    """A topic and the words that speak for it; a keyword may be a phrase with spaces."""

    code: int
    name: str
    keywords: tuple[str, ...]


class Found(NamedTuple):
    """Something found: in which field (`title` or `text`), where in the original, and what."""

    field: str
    start: int
    end: int
    what: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found in one voice.

    `topic` is a TopicRule's code or None; `topic_score` is the share of all topic evidence that
    speaks for it, 0 to 1. `places` are names of spots, the most telling first; `place` is the
    one to show, an area where no spot is named. `watch_hits` holds the words that each watch
    marked, none where only fields decided. `digest` (32 hex digits) is equal for voices that say
    the same, and empty for one that says too little to compare. `terms` repeats a word as often
    as it weighs.
    """

    key: int
    topic: int | None
    topic_score: float
    topic_found: tuple[Found, ...]
    place: str
    places: tuple[str, ...]
    place_found: tuple[Found, ...]
    danger: tuple[Found, ...]
    watch_hits: dict[int, tuple[Found, ...]]
    digest: str
    terms: tuple[str, ...]

    def why(self) -> dict[str, list[list[object]]]:
        """For storing: each of topic, places, danger as rows `[field, start, end, what]`."""
        return {
            "topic": [list(found) for found in self.topic_found],
            "places": [list(found) for found in self.place_found],
            "danger": [list(found) for found in self.danger],
        }


class _Hit(NamedTuple):
    pattern: int
    field: str
    start: int
    end: int


class Reader:
    """Reads voices by the topics and watches it was made with.

    Watches are held against what the rest of the reading found too: topic and place.
    """

    def __init__(
        self,
        topics: Sequence[TopicRule],
        watches: Engine | None = None,
        *,
        danger: Iterable[str] = (),
        danger_not: Iterable[str] = (),
    ) -> None:
        self._patterns: dict[str, int] = {}
        self._topics: dict[int, list[int]] = defaultdict(list)  # pattern -> topics
        self._names = {topic.code: topic.name for topic in topics}
        self._order = {topic.code: number for number, topic in enumerate(topics)}
        self._watches = watches
        for topic in topics:
            for pattern in self._numbers(topic.keywords):
                self._topics[pattern].append(topic.code)
        self._danger = set(self._numbers(danger))
        self._danger_not = set(self._numbers(danger_not))
        self._weights = [_weight(pattern) for pattern in self._patterns]
        self._finder = AhoCorasick(self._patterns) if self._patterns else None

    def _numbers(self, words: Iterable[str]) -> list[int]:
        folded = (fold(word, squeeze=True).text.strip() for word in words)
        return [
            self._patterns.setdefault(word, len(self._patterns))
            for word in dict.fromkeys(folded)
            if word
        ]

    def read(self, batch: Sequence[VoiceText]) -> list[Judgement]:
        """A judgement for each voice, in order."""
        found = [self._judge(voice) for voice in batch]
        if self._watches is None:
            return found
        matches = self._watches.match(list(map(self._said, batch, found)))
        return [
            replace(one, watch_hits={watch: _marked(voice, hit) for watch, hit in hits.items()})
            for voice, one, hits in zip(batch, found, matches, strict=True)
        ]

    def _said(self, voice: VoiceText, found: Judgement) -> Said:
        return Said(
            title=voice.title,
            body=voice.body,
            site=voice.site,
            place=found.place,
            topic=self._names.get(found.topic, "") if found.topic is not None else "",
            likes=voice.likes,
            channel=voice.channel,
            source=voice.source,
        )

    def _judge(self, voice: VoiceText) -> Judgement:
        fields = {
            TITLE: fold(voice.title, squeeze=True),
            TEXT: fold(voice.body, squeeze=True),
        }
        hits = [hit for field, folded in fields.items() for hit in self._hits(field, folded.text)]
        topic, score, topic_hits = self._topic(hits)
        named = {field: find_places(folded.text) for field, folded in fields.items()}
        places = _places(voice.place, named)
        title, body = fields[TITLE].text, fields[TEXT].text
        what = self._names.get(topic, "") if topic is not None else ""
        return Judgement(
            key=voice.key,
            topic=topic,
            topic_score=round(score, 3),
            topic_found=_found(
                fields, ((hit.field, hit.start, hit.end, what) for hit in topic_hits)
            ),
            place=_capitals(places[0] if places else _area(named)),
            places=places,
            place_found=_found(fields, _shown(named, places)),
            danger=_found(fields, self._dangers(hits, fields)),
            watch_hits={},
            digest=_digest(title, body, named),
            terms=terms_of(title, body),
        )

    def _hits(self, field: str, text: str) -> list[_Hit]:
        if self._finder is None or not text:
            return []
        found = self._finder.find_matches_as_indexes(text, overlapping=True)
        return [
            _Hit(pattern, field, start, end)
            for pattern, start, end in found
            if stands_alone(text, start, end)
        ]

    def _topic(self, hits: Sequence[_Hit]) -> tuple[int | None, float, list[_Hit]]:
        """The topic with most evidence: longer words weigh more, and a word inside a longer one
        does not count (公交 in 公交卡); each repeat of a word adds half as much as the one before.
        """
        counted = _longest([hit for hit in hits if hit.pattern in self._topics])
        seen: Counter[tuple[int, str]] = Counter()
        scores: dict[int, float] = defaultdict(float)
        for hit in counted:
            worth = self._weights[hit.pattern] * (TITLE_FACTOR if hit.field == TITLE else 1.0)
            worth *= 0.5 ** seen[hit.pattern, hit.field]
            seen[hit.pattern, hit.field] += 1
            for topic in self._topics[hit.pattern]:
                scores[topic] += worth
        if not scores:
            return None, 0.0, []
        best = max(scores, key=lambda topic: (scores[topic], -self._order[topic]))
        own = [hit for hit in counted if best in self._topics[hit.pattern]]
        return best, scores[best] / sum(scores.values()), own

    def _dangers(
        self, hits: Sequence[_Hit], fields: dict[str, Folded]
    ) -> list[tuple[str, int, int, str]]:
        """Words of danger that are not part of an everyday phrase (跳楼价)."""
        harmless = [hit for hit in hits if hit.pattern in self._danger_not]
        return [
            (hit.field, hit.start, hit.end, fields[hit.field].text[hit.start : hit.end])
            for hit in _longest([hit for hit in hits if hit.pattern in self._danger])
            if not any(
                phrase.field == hit.field and phrase.start <= hit.start and hit.end <= phrase.end
                for phrase in harmless
            )
        ]


def _marked(voice: VoiceText, match: Match) -> tuple[Found, ...]:
    texts = {"title": voice.title, "body": voice.body}
    return tuple(
        Found(TITLE if field == "title" else TEXT, start, end, texts[field][start:end])
        for field, start, end in match.spans
    )


def _weight(pattern: str) -> float:
    """Two Chinese characters count 1, four 2, six and more 3; Latin words 2 each."""
    if pattern.isascii():
        return 2.0 * len(pattern.split())
    return min(len(pattern), 6) / 2


def _longest(hits: Sequence[_Hit]) -> list[_Hit]:
    """The hits that do not lie within a longer one, in reading order."""
    kept: list[_Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.field == TEXT, hit.start, -hit.end)):
        last = kept[-1] if kept else None
        if last and last.field == hit.field and hit.end <= last.end and hit[1:] != last[1:]:
            continue
        kept.append(hit)
    return kept


def _found(
    fields: dict[str, Folded], pieces: Iterable[tuple[str, int, int, str]]
) -> tuple[Found, ...]:
    spans = (
        Found(field, *fields[field].span(start, end), what) for field, start, end, what in pieces
    )
    return tuple(dict.fromkeys(spans))


def _places(given: str, named: dict[str, list[Place]]) -> tuple[str, ...]:
    """Names of spots: the given place first, then the title's, then the body's by how often."""
    folded = fold(given, squeeze=True).text.strip()
    spots = [place.name for place in find_places(folded) if place.kind == "spot"]
    first = spots or ([folded] if folded else [])
    title = [place.name for place in named[TITLE] if place.kind == "spot"]
    often = Counter(place.name for place in named[TEXT] if place.kind == "spot")
    body = [name for name, _ in often.most_common()]
    return tuple(dict.fromkeys((*first, *title, *body)))[:MOST_PLACES]


def _area(named: dict[str, list[Place]]) -> str:
    """The narrowest area, taken to be the one named last in the first field that names any."""
    for field in (TITLE, TEXT):
        areas = [place.name for place in named[field] if place.kind == "area"]
        if areas:
            return areas[min(len(areas), 2) - 1]
    return ""


def _capitals(name: str) -> str:
    """A folded name as it is shown: a3区 as A3区, elm road as Elm Road."""
    return name.title() if name.isascii() else name.upper()


def _shown(
    named: dict[str, list[Place]], places: tuple[str, ...]
) -> Iterable[tuple[str, int, int, str]]:
    for field, found in named.items():
        for place in found:
            if place.name in places:
                yield field, place.start, place.end, place.name


def _plain(text: str) -> str:
    """Letters and digits only, without the marks of forwarding, comments on it, and links."""
    text = _LINK.sub("", text)
    text = _COMMENT_TAIL.split(text)[-1] if _COMMENT_TAIL.match(text.strip()) else text
    for _ in range(3):
        text = _FORWARDED.sub("", text)
    return _NOT_LETTERS.sub("", text)


def _digest(title: str, body: str, named: dict[str, list[Place]]) -> str:
    """Equal for voices that say the same but for forwarding, links, punctuation and spacing.

    A long body is the voice, whatever title it was given; but a place that only the title names
    is part of what is said, since one text may be sent about two places.
    """
    said, headline = _plain(body), _plain(title)
    if len(said) < LONG_ENOUGH_ALONE:
        said = said if said.startswith(headline) else headline + said
    else:
        missing = {_plain(place.name) for place in named[TITLE]}
        said += "".join(sorted(f"\n{name}" for name in missing if name and name not in said))
    if len(said) < SHORTEST_REPEAT:
        return ""
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()
