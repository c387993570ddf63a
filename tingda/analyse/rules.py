"""One reading of voices: topic, intent, urgency, places, watch hits, exact repeats, terms.

Pure: texts in, judgements out. A batch may be of any size; nothing is remembered between two.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from tingda.lib import cues
from tingda.lib.forwarding import COMMENT, FORWARDED, LINK, NAMED
from tingda.lib.gazetteer import Gazetteer
from tingda.lib.intents.judge import CHINESE, Intent
from tingda.lib.matters import PRAISE
from tingda.lib.mojibake import is_broken
from tingda.lib.places import Place, find_places
from tingda.lib.terms import terms_of
from tingda.lib.text import Folded, fold, language_of
from tingda.lib.topics.kinds import Said as Sortable
from tingda.lib.topics.kinds import TopicJudgement
from tingda.lib.topics.model import Model
from tingda.lib.urgency.judge import Urgency
from tingda.lib.urgency.judge import judge as judge_by_lists
from tingda.lib.watching.engine import Engine
from tingda.lib.watching.evaluate import Match
from tingda.lib.watching.fold import Said

TITLE = "title"
TEXT = "text"

MOST_PLACES = 6
LONG_ENOUGH_ALONE = 40
"""Letters from which a body is compared without its title; shorter ones (如题) say too little."""

SHORTEST_REPEAT = 6
"""Letters a text must have to be a repeat of another; 谢谢 said twice is said by two people."""

LONGEST_JUDGED = 20_000
"""Characters by which intent and urgency are judged; a longer text is judged by its beginning."""

SURE_PRAISE = 0.95
"""The probability of thanks from which a voice is for nothing else; a polite request has less."""

Judge = Callable[[str, str], tuple[Intent, Urgency]]
CHINESE_INTENT = {name: chinese for chinese, name in CHINESE.items()}
_NOT_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class VoiceText:
    """What is read of a voice. `place` is what a form or a desk gave as the place, or empty.

    `told` are values that a person said: topic (a key), intent, urgency, place. Watches also look
    at where it was said: `site` is the host, `channel` the kind of `source`.
    """

    key: int
    title: str
    body: str
    place: str = ""
    source: str = ""
    site: str = ""
    channel: str = ""
    likes: int = 0
    told: Mapping[str, str] = field(default_factory=dict)


class Found(NamedTuple):
    """Something found: in which field (`title` or `text`), where in the original, and what."""

    field: str
    start: int
    end: int
    what: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found in one voice.

    `topic` is the key of a topic, None where it is not sure; `guess` is then the likeliest, None
    where nothing spoke for any. `topic_score` is the probability of the likeliest, `second` the
    next in line with its own. `urgency_found` tells reasons, as names of lists. `places` are names
    of spots, the most telling first; `place` is the one to show, an area where no spot is named.
    `watch_hits` holds the words that each watch marked, none where only fields decided. `digest`
    (32 hex digits) is equal for voices that say the same, and empty for one that says too little
    to compare. `terms` repeats a word as often as it weighs. `told` names
    the values that a person said. `broken`: the text was read in a wrong charset before it came.
    """

    key: int
    topic: str | None
    guess: str | None
    topic_score: float
    second: tuple[str, float] | None
    topic_found: tuple[Found, ...]
    intent: str
    intent_score: float
    intent_found: tuple[Found, ...]
    urgency: int
    urgency_found: tuple[Found, ...]
    lang: str
    place: str
    places: tuple[str, ...]
    place_found: tuple[Found, ...]
    watch_hits: dict[int, tuple[Found, ...]]
    digest: str
    terms: tuple[str, ...]
    told: tuple[str, ...] = ()
    broken: bool = False

    @property
    def danger(self) -> tuple[Found, ...]:
        """What tells of danger to somebody now; empty where nobody is."""
        return self.urgency_found if self.urgency == 3 else ()

    def why(self) -> dict[str, object]:
        """For storing: rows `[field, start, end, what]`; words of danger stand under that name."""
        return {
            "topic": [list(found) for found in self.topic_found],
            "second": list(self.second) if self.second else [],
            "intent": [list(found) for found in self.intent_found],
            "danger" if self.urgency == 3 else "urgency": [
                list(found) for found in self.urgency_found
            ],
            "places": [list(found) for found in self.place_found],
            **({"broken": True} if self.broken else {}),
        }


class Reader:
    """Reads voices by what it was made with; without topics, none is found.

    `names` are the topics' names by key, as watches know them. Watches are held against what the
    rest of the reading found too. `judge` tells intent and urgency. Under `threshold` (None: the
    model's own) a topic is not sure.
    """

    def __init__(
        self,
        topics: Model | None = None,
        watches: Engine | None = None,
        *,
        names: Mapping[str, str] | None = None,
        judge: Judge = judge_by_lists,
        gazetteer: Gazetteer | None = None,
        threshold: float | None = None,
    ) -> None:
        self._topics, self._watches, self._judge = topics, watches, judge
        self._names = names or {}
        self._gazetteer, self._threshold = gazetteer, threshold

    def read(self, batch: Sequence[VoiceText]) -> list[Judgement]:
        """A judgement for each voice, in order."""
        sorted_ = self._sorted(batch)
        found = [
            _as_told(self._read(*one), one[0].told) for one in zip(batch, sorted_, strict=True)
        ]
        if self._watches is None:
            return found
        matches = self._watches.match(list(map(self._said, batch, found)))
        return [
            replace(one, watch_hits={watch: _marked(voice, hit) for watch, hit in hits.items()})
            for voice, one, hits in zip(batch, found, matches, strict=True)
        ]

    def _sorted(self, batch: Sequence[VoiceText]) -> list[TopicJudgement]:
        if self._topics is None:
            return [TopicJudgement(None, 0.0, None, None, ())] * len(batch)
        texts = [Sortable(voice.title, voice.body) for voice in batch]
        return self._topics.judge(texts, threshold=self._threshold)

    def _said(self, voice: VoiceText, found: Judgement) -> Said:
        return Said(
            title=voice.title,
            body=voice.body,
            site=voice.site,
            place=found.place,
            topic=self._names.get(found.topic or "", ""),
            intent=CHINESE_INTENT[found.intent],
            urgency=found.urgency,
            likes=voice.likes,
            lang=found.lang,
            channel=voice.channel,
            source=voice.source,
        )

    def _read(self, voice: VoiceText, topic: TopicJudgement) -> Judgement:
        fields = {
            TITLE: fold(voice.title, squeeze=True),
            TEXT: fold(voice.body, squeeze=True),
        }
        named = {field: self._places_in(folded.text) for field, folded in fields.items()}
        places = _places(voice.place, named)
        title, body = fields[TITLE].text, fields[TEXT].text
        intent, urgency = self._judge(voice.title, voice.body[:LONGEST_JUDGED])
        likeliest = topic.likeliest or ""
        return Judgement(
            key=voice.key,
            topic=topic.topic,
            guess=topic.likeliest,
            topic_score=round(topic.probability, 3),
            second=(topic.second.topic, topic.second.probability) if topic.second else None,
            topic_found=tuple(
                Found(word.field, word.start, word.end, self._names.get(likeliest, ""))
                for word in topic.words
            ),
            intent=intent.name,
            intent_score=round(intent.probability, 3),
            intent_found=tuple(_as_found(found, intent.name) for found in intent.words),
            urgency=urgency.level,
            urgency_found=tuple(_as_found(why.found, why.reason) for why in urgency.why),
            lang=language_of(f"{title}\n{body}"),
            place=_capitals(places[0] if places else _area(named)),
            places=places,
            place_found=_found(fields, _shown(named, places)),
            watch_hits={},
            digest=_digest(title, body, named),
            terms=terms_of(title, body) + _purpose(intent),
            broken=is_broken(voice.body) or is_broken(voice.title),
        )

    def _places_in(self, text: str) -> list[Place]:
        """Those of the office's own list, and what else is named like a place."""
        known = self._gazetteer.find(text) if self._gazetteer else []
        listed = [
            place if place.kind == "area" else replace(place, name=_same(place.name), kind="spot")
            for place in known
        ]
        others = [
            place
            for place in find_places(text)
            if all(place.end <= one.start or one.end <= place.start for one in listed)
        ]
        return sorted([*listed, *others], key=lambda place: place.start)


def _marked(voice: VoiceText, match: Match) -> tuple[Found, ...]:
    texts = {"title": voice.title, "body": voice.body}
    return tuple(
        Found(TITLE if field == "title" else TEXT, start, end, texts[field][start:end])
        for field, start, end in match.spans
    )


def _as_told(found: Judgement, told: Mapping[str, str]) -> Judgement:
    """What a person said stands, whatever else was found; the reasons stay as they were."""
    if not told:
        return found
    values: dict[str, Any] = {"told": tuple(told)}
    if "topic" in told:
        values |= {"topic": told["topic"] or None, "guess": told["topic"] or None}
    if "intent" in told:
        values |= {"intent": told["intent"]}
    if "urgency" in told:
        values |= {"urgency": int(told["urgency"])}
    if place := told.get("place"):
        others = (one for one in found.places if one != place)
        values |= {"place": place, "places": (place, *others)[:MOST_PLACES]}
    return replace(found, **values)


def _purpose(intent: Intent) -> tuple[str, ...]:
    """The word for praise, where that is what a voice is for: it joins no trouble."""
    is_praise = intent.name == "thanks" and intent.probability >= SURE_PRAISE
    return (PRAISE,) if is_praise else ()


def _as_found(found: cues.Found, what: str) -> Found:
    return Found(TITLE if found.in_title else TEXT, found.start, found.end, what)


def _found(
    fields: dict[str, Folded], pieces: Iterable[tuple[str, int, int, str]]
) -> tuple[Found, ...]:
    spans = (
        Found(field, *fields[field].span(start, end), what) for field, start, end, what in pieces
    )
    return tuple(dict.fromkeys(spans))


def _same(name: str) -> str:
    """A name of a list as names that are found by their endings are written."""
    return fold(name, squeeze=True).text.strip()


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
    for part in (TITLE, TEXT):
        areas = [place.name for place in named[part] if place.kind == "area"]
        if areas:
            return areas[min(len(areas), 2) - 1]
    return ""


def _capitals(name: str) -> str:
    """A folded name as it is shown: a3区 as A3区, elm road as Elm Road."""
    return name.title() if name.isascii() else name.upper()


def _shown(
    named: dict[str, list[Place]], places: tuple[str, ...]
) -> Iterable[tuple[str, int, int, str]]:
    for part, found in named.items():
        for place in found:
            if place.name in places:
                yield part, place.start, place.end, place.name


def _plain(text: str) -> str:
    """Letters and digits only, without the marks of forwarding, comments on it, and links."""
    text = LINK.sub("", text)
    if text.lstrip().startswith("//"):
        text = COMMENT.split(text)[-1]
    if "@" in text:
        text = NAMED.sub(" ", text)
    for _ in range(3):
        text = FORWARDED.sub("", text)
    return _NOT_LETTERS.sub("", text)


def comparable(title: str, body: str) -> str:
    """What is compared with other voices in nearly the same words.

    A long body is the voice, whatever title it was given; but a place that only the title names
    is part of what is said, since one text may be sent about two places.
    """
    said = _plain(fold(body).text)
    if len(said) < LONG_ENOUGH_ALONE:
        return f"{title}\n{body}"
    named = find_places(fold(title, squeeze=True).text)
    missing = sorted({one.name for one in named if _plain(one.name) not in said})
    return "\n".join((*missing, body))


def _digest(title: str, body: str, named: dict[str, list[Place]]) -> str:
    """Equal for voices that say the same but for forwarding, links, punctuation and spacing;
    which words of a title count, see `comparable`.
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
