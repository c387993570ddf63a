"""How alike a voice and an issue are, and how alike they must be to be the same matter.

How well two fit is the cosine of their TF-IDF vectors (Salton & Buckley 1988; Manning, Raghavan
& Schütze, "Introduction to Information Retrieval", ch. 6: logarithmic term weight), and how well
they must fit depends on whether they name the same place. Frequencies count issues rather than
voices, so that a thousand voices about one matter do not make its words look common.
"""

import heapq
import math
from collections import Counter
from collections.abc import Mapping
from itertools import filterfalse

from tingda.detect.rules.naming import Writings, words_in
from tingda.detect.rules.standing import SECONDS_A_DAY, Item, Live, Match, Settings, Spoken
from tingda.lib.matters import MATTERS, PURPOSES, SERVICES
from tingda.lib.places import is_kind, is_wide, misspelt, same_name
from tingda.lib.terms import is_matter, is_name, root
from tingda.lib.vectors import unit_vector

LEAST = 3  # letters that a part of a tag has more than
NEARLY = 0.8  # of what is needed where nothing tells: a place in common that is not everybody's
FEW = 4  # words of a voice, of which one is enough to join by
MAIN = 2  # times a name must occur to outweigh that two voices name different places


class Frequencies:
    """In how many issues each word was heard, and what follows for how telling it is."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.having: Counter[str] = Counter()  # term or "@place" -> issues that ever had it
        self.writings = Writings()
        self.issues = 0

    def copy(self) -> "Frequencies":
        """One to try things with."""
        fresh = Frequencies(self.settings)
        fresh.having, fresh.issues = self.having.copy(), self.issues
        fresh.writings = self.writings.copy()
        return fresh

    def count(self, name: str, counted: str) -> None:
        """One more issue has a word, or a place, which is counted with "@" before it."""
        self.having[counted] += 1
        if self.having[counted] == 1 and (counted != name or is_name(name)):
            self.writings.learn(name, is_place=counted != name)

    def drop(self, name: str, counted: str) -> None:
        """The only issue that had it is gone; what others had as well is still counted."""
        if self.having[counted] <= 1:
            del self.having[counted]
            if counted != name or is_name(name):
                self.writings.forget(name, is_place=counted != name)

    # ---- as vectors ----

    def voice(self, item: Item) -> Spoken:
        """What was said, as the words are weighed now."""
        counts = Counter(map(root, item.terms))
        places = self._named(item, counts)
        for tag in [term for term in counts if term[0] == "#"]:
            counts.update(self._parts(tag[1:]))
        total = math.log(self.issues + 1 + self.settings.prior)
        having, seldom = self.having.get, self.settings.seldom
        log, rarest = math.log, total - math.log(self.settings.seldom + 0.5)

        def weight(term: str) -> float:
            count = having(term, 0)
            return total - log(count + 0.5) if count > seldom else rarest

        weights = unit_vector(counts, weight, self.settings.words)
        rare = frozenset(filter(is_name, weights)) - MATTERS
        together = " ".join((*places, *(name for name in rare if not is_matter(name))))
        within = [term for term in weights if term in together or is_kind(term)]
        named = frozenset(filterfalse(is_matter, within)) - MATTERS
        main = frozenset([term for term in rare if counts[term] >= MAIN])
        return Spoken(
            weights,
            places,
            rare,
            main,
            named,
            _length(weights, named),
            _matters(weights),
            item.said_at.timestamp(),
        )

    def _named(self, item: Item, counts: Counter[str]) -> tuple[str, ...]:
        """The places, with those that are named in another writing; their words are counted."""
        meant = self.writings.meant(tuple(dict.fromkeys(item.terms)), item.places)
        places = item.places
        for word, name in meant.items():
            if not name.startswith(word):
                times = counts.pop(root(word), 1)
                counts.update(dict.fromkeys(words_in(name), times))
                places = tuple(place for place in places if not place.startswith(word))
            if "@" + name in self.having:
                places = (*places, name)
        return places

    def whole(self, live: Live) -> Spoken:
        """An issue as if one voice had said what its voices have in common."""
        length = math.sqrt(live.sum.square) or 1.0
        heaviest = heapq.nlargest(
            self.settings.words, live.sum.weights, key=live.sum.weights.__getitem__
        )
        weights = {term: live.sum.weights[term] / length for term in heaviest}
        enough = self.settings.share * live.voices
        places = tuple(place for place, count in live.places.items() if count >= enough)
        names = frozenset(t for t, count in live.names.items() if count >= enough and t in weights)
        named = frozenset(t for t, n in live.named.items() if n >= max(1, enough) and t in weights)
        main = names if live.voices > 1 else frozenset()
        matters = frozenset(matter for matter, count in live.matters.items() if count >= enough)
        length = _length(weights, named)
        return Spoken(weights, places, names, main, named, length, matters, live.last)

    def _parts(self, tag: str) -> list[str]:
        """The words at both ends of a tag that others use by themselves: #bohol|quake."""
        if not tag.isascii():
            return []
        ends = (root(tag[cut:]) for cut in range(LEAST, len(tag) - LEAST))
        starts = (root(tag[:cut]) for cut in range(len(tag) - 1, LEAST, -1))
        found = (
            next((word for word in words if len(word) > LEAST and word in self.having), "")
            for words in (ends, starts)
        )
        return [word for word in found if word]

    # ---- how alike ----

    def match(self, voice: Spoken, issue: int, live: Live) -> Match | None:
        """How a voice and an issue fit; None for two that are not one matter for certain."""
        settings = self.settings
        matter, similarity = self._alike(voice, live)
        days = abs(voice.said - live.last) / SECONDS_A_DAY
        favour = 1.0 + settings.size * math.log(max(1, live.voices))
        burst = self._burst(voice, live)
        agreed = settings.agree * _share_agreed(voice, live) if voice.matters else 0.0
        if (similarity + agreed) * (favour + burst) < settings.same_place:
            return None
        if self._is_other_time_or_matter(voice, live, matter, days):
            return None
        if not burst and _is_for_another_purpose(voice, live, settings.brief):
            return None  # of what everybody speaks of, they who give thanks speak as well
        places, needed, elsewhere = self.needed(voice, live)
        if matter < settings.matter and (elsewhere or needed > settings.unplaced * NEARLY):
            return None
        if elsewhere and self._is_elsewhere_for_certain(voice, live, matter):
            return None
        if agreed and not elsewhere:  # counts the more, the surer it is the same place
            far = settings.unplaced - settings.same_place
            similarity += agreed * max(0.0, (settings.unplaced - needed) / far)
        if not (agreed or burst) and voice.matters and any(map(live.is_about, live.matters)):
            needed *= 1.0 + settings.disagree * self._brevity(voice, live)
        missed = math.log(max(1.0, days * live.pace() / settings.paced))
        needed *= 1.0 + 0.5 * days / settings.fade_days + settings.pause * missed
        burst = 0.0 if elsewhere else burst
        fit = similarity * (favour + burst) / needed
        return Match(issue, similarity, needed, fit, matter, burst, places)

    def _burst(self, voice: Spoken, live: Live) -> float:
        """What an issue is favoured by for being in everybody's mouth when this was said."""
        settings = self.settings
        if live.rate <= settings.lively:  # and it only fades from then on
            return 0.0
        beyond = live.rate_at(voice.said) / settings.lively
        return min(settings.most_burst, settings.burst * math.log(max(1.0, beyond)))

    def _is_other_time_or_matter(
        self, voice: Spoken, live: Live, matter: float, days: float
    ) -> bool:
        """Whether the issue was over long ago, or the two have no words in common but names and
        the place is not in everybody's mouth."""
        settings = self.settings
        lasted = (live.last - live.first) / SECONDS_A_DAY
        if live.voices >= settings.spoken and days >= max(settings.over_days, 2.0 * lasted):
            return True
        if matter >= settings.matter:
            return False
        return bool(voice.matters) or live.voices < settings.talk or days > settings.talk_days

    def _is_elsewhere_for_certain(self, voice: Spoken, live: Live, matter: float) -> bool:
        """Of two that name different places: the same words mean another matter; and a short text
        that names a spot speaks of it."""
        settings = self.settings
        if matter >= settings.twin * voice.matter:
            return True
        enough = settings.share * live.voices
        return (
            len(voice.weights) <= settings.brief
            and not all(map(is_wide, voice.places))
            and any(n >= enough and not is_wide(place) for place, n in live.places.items())
        )

    def is_too_little(self, voice: Spoken, live: Live, match: Match) -> bool:
        """Whether a voice of several words has but one in common with an issue that is not spoken
        of much just now, and no name or place."""
        if match.burst or match.places or len(voice.weights) <= FEW:
            return False
        having = live.sum.weights
        shared = [term for term in voice.weights if term in having]
        return len(shared) < 2 and voice.names.isdisjoint(shared)

    def _brevity(self, voice: Spoken, live: Live) -> float:
        """1 where one has next to no words, 0 for `brief` and more: a long text speaks of many
        matters."""
        fewer = min(len(voice.weights), len(live.sum.weights))
        return max(0.0, 1.0 - fewer / self.settings.brief)

    def _alike(self, voice: Spoken, live: Live) -> tuple[float, float]:
        """The cosine, before it the part of it that is no name."""
        matter = named = 0.0
        enough = max(2.0, self.settings.share * live.voices)
        mine, theirs = voice.weights, live.sum.weights
        for term in filter(theirs.__contains__, mine):
            if term in voice.named or live.named.get(term, 0) >= enough:
                named += mine[term] * theirs[term]
            else:
                matter += mine[term] * theirs[term]
        length = math.sqrt(live.sum.square) or 1.0
        return matter / length, (matter + named) / length

    def needed(self, voice: Spoken, live: Live) -> tuple[tuple[str, ...], float, bool]:
        """The places in common, how alike the two must be, given the names in them, and whether
        they speak of different places."""
        settings = self.settings
        enough = settings.share * live.voices
        standing = [place for place, count in live.places.items() if count >= enough]
        pairs = [(mine, theirs) for mine in voice.places for theirs in standing]
        shared = [pair for pair in pairs if same_name(*pair)]
        elsewhere = bool(pairs) and not shared and not any(misspelt(*pair) for pair in pairs)
        names = voice.main if elsewhere else voice.names
        rarities = [self.rarity(name) for name in names if live.names.get(name, 0) >= enough]
        rarities += (min(map(self.rarity, ("@" + mine, "@" + theirs))) for mine, theirs in shared)
        far = settings.other_place if elsewhere else settings.unplaced
        known = 2.0 * (max(rarities, default=0.0) - settings.rare) + 0.5
        needed = far - (far - settings.same_place) * min(1.0, max(0.0, known))
        return tuple(dict.fromkeys(mine for mine, _ in shared)), needed, elsewhere

    def rarity(self, name: str) -> float:
        """1 for a name that one issue has, 0 for one that all have, on a logarithmic scale."""
        return 1.0 - math.log(max(1, self.having[name])) / math.log(self.issues + 30)


def _share_agreed(voice: Spoken, live: Live) -> float:
    """What part of the matters of a voice an issue is about."""
    return sum(map(live.is_about, voice.matters)) / len(voice.matters)


def _matters(weights: Mapping[str, float]) -> frozenset[str]:
    """What it is about; that it is about a bus says little beside that it did not stop."""
    matters = MATTERS.intersection(weights)
    return matters - SERVICES or matters


def _is_for_another_purpose(voice: Spoken, live: Live, brief: int) -> bool:
    """Whether one of the two praises, sells or looks for what is lost in few words, and the other
    does not."""
    mine = voice.matters & PURPOSES if voice.matters else None
    if mine:
        return len(voice.weights) <= brief and not any(map(live.is_about, mine))
    if not live.matters or live.matters.keys().isdisjoint(PURPOSES):
        return False
    few = min(len(voice.weights), len(live.sum.weights)) <= brief
    return few and any(map(live.is_about, live.matters.keys() & PURPOSES))


def _length(weights: Mapping[str, float], without: frozenset[str]) -> float:
    return math.sqrt(
        sum([weights[term] ** 2 for term in filterfalse(without.__contains__, weights)])
    )
