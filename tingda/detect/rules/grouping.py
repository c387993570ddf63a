"""Which voices speak of the same matter in the same place: incremental single-pass grouping.

Each voice joins the live issue it fits best, or begins one (single-pass clustering as in topic
detection and tracking: Allan et al., "On-line new event detection and tracking", SIGIR 1998).
"""

import heapq
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from tingda.detect.rules.matching import Frequencies
from tingda.detect.rules.standing import Item, Live, Match, Settings, Spoken
from tingda.lib.terms import root

HEAVIEST = 20  # words of a voice by which issues are looked up
TOO_COMMON = 150  # issues that have a word; more say nothing
WIDER = 400  # the same for a slow look at whole issues
NONE = array("q")
MOST_CANDIDATES = 12
MOST_SHOWN = 6
MOST_KEPT = 75  # words of an issue, when it has gathered twice as many


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a voice went, and why: shared words and places, how alike, or whose copy it is.

    A new issue has a negative number until `Grouper.renumber` gives it its lasting one.
    """

    key: int
    issue: int
    is_new: bool
    copy_of: int | None = None
    words: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    similarity: float = 0.0
    needed: float = 0.0

    def why(self) -> dict[str, object]:
        """For storing as JSON."""
        if self.copy_of is not None:
            return {"copy_of": self.copy_of}
        if self.is_new:
            return {"issue_is_new": True}
        return {
            "words": list(self.words),
            "places": list(self.places),
            "similarity": round(self.similarity, 2),
            "needed": round(self.needed, 2),
        }


class Grouper:
    """All live issues in memory. Not safe for threads; one process groups at a time.

    Rebuilt by `load` from what is stored; what people decide later is told by `load` again (a
    voice that is known moves), `merge` and `keep_apart`.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self._live: dict[int, Live] = {}  # the longest silent first
        self._having: dict[str, array[int]] = {}  # term -> live issues that have it
        self._known = Frequencies(self.settings)
        self._issue_of: dict[int, int] = {}  # voice -> issue
        self._merged: dict[int, int] = {}
        self._first_with: dict[int, int] = {}  # digest -> voice
        self._apart: set[frozenset[int]] = set()
        self._provisional: list[int] = []  # voices whose issue has no lasting number yet
        self._touched: set[int] = set()
        self._begun = 0

    # ---- what the caller does ----

    def load(self, items: Iterable[Item], issues: Iterable[int]) -> None:
        """Learn voices that are grouped already; one known under another issue moves here."""
        for item, issue in zip(items, issues, strict=True):
            before = self._issue_with(item.key)
            if before == issue:
                continue
            if before is not None:
                self._take_out(item, before)
            self._put_in(item, self._known.voice(item), issue)

    def place(self, batch: Sequence[Item]) -> list[Placed]:
        """Where each voice of the batch belongs, in order; the batch is learnt.

        A voice that was placed or loaded before stays where it is.
        """
        return [self._place(item) for item in batch]

    def renumber(self, numbers: Mapping[int, int]) -> None:
        """Give provisional issues their lasting numbers; unknown ones are ignored."""
        for old, new in numbers.items():
            live = self._live.pop(old, None)
            if old in self._touched:
                self._touched.remove(old)
                self._touched.add(new)
            if live is not None:
                self._live[new] = live
                for term in live.sum.weights:
                    having = self._having[term]
                    having[having.index(old)] = new
        for key in self._provisional:
            self._issue_of[key] = numbers.get(self._issue_of[key], self._issue_of[key])
        self._provisional = [key for key in self._provisional if self._issue_of[key] < 0]

    def merge(self, issue: int, into: int) -> None:
        """All voices of `issue` belong to `into` from now on."""
        if issue == into:
            return
        self._merged[issue] = into
        self._apart.discard(frozenset((issue, into)))
        gone, kept = self._live.get(issue), self._live.setdefault(into, Live())
        if gone is None:
            return
        self._forget(issue)
        for term in gone.sum.weights.keys() & kept.sum.weights.keys():
            self._known.having[term] -= 1  # what one issue has is not common for having been in two
        self._known.issues -= 1
        for term in kept.absorb(gone):
            self._having.setdefault(term, array("q")).append(into)
        self._touched.add(into)

    def keep_apart(self, one: int, other: int) -> None:
        """Two issues a person pulled apart: between them the nearer wins, whatever its size."""
        self._apart.add(frozenset((one, other)))

    # ---- what a slow look at whole issues needs ----

    def touched(self) -> set[int]:
        """The live issues that changed since this was last asked."""
        touched, self._touched = self._touched, set()
        return touched

    def live(self) -> Collection[int]:
        """The issues that voices may still join."""
        return self._live.keys()

    def voices_of(self, issue: int) -> int:
        """How many voices of a live issue were compared, copies apart; 0 where it is not live."""
        return self._live[issue].voices if issue in self._live else 0

    def are_apart(self, one: int, other: int) -> bool:
        """Whether a person pulled the two apart."""
        return frozenset((one, other)) in self._apart

    def alike(self, issue: int) -> list[Match]:
        """The live issues that this one, taken as one voice, is like enough to be looked at."""
        if issue not in self._live:
            return []
        whole = self._known.whole(self._live[issue])
        return [
            match
            for other in self._candidates(whole, WIDER)
            if other != issue and (match := self._known.match(whole, other, self._live[other]))
        ]

    def shared(self, issue: int, other: int) -> tuple[str, ...]:
        """The words that make two live issues alike, the heaviest first."""
        return self._shared_words(self._known.whole(self._live[issue]), other)

    def groups_of(self, items: Sequence[Item]) -> list[Placed]:
        """How these voices would be grouped if they came now, by themselves. Nothing is learnt."""
        fresh = Grouper(self.settings)
        fresh._known = self._known.copy()
        return fresh.place(items)

    # ---- placing ----

    def _place(self, item: Item) -> Placed:
        known = self._issue_with(item.key)
        if known is not None:
            return Placed(item.key, known, is_new=False)
        voice = self._known.voice(item)
        first = self._first_with.get(_short(item.digest)) if item.digest else None
        if first is not None:
            issue = self._issue_with(first) or 0
            self._put_in(item, voice, issue)
            return Placed(item.key, issue, is_new=False, copy_of=first)
        match = self._best(voice)
        if match is None:
            self._begun -= 1
            self._put_in(item, voice, self._begun)
            return Placed(item.key, self._begun, is_new=True)
        said = {root(term): term for term in reversed(item.terms)}
        words = tuple(said.get(word, word) for word in self._shared_words(voice, match.issue))
        self._put_in(item, voice, match.issue)
        return Placed(
            key=item.key,
            issue=match.issue,
            is_new=False,
            words=words,
            places=match.places,
            similarity=match.similarity,
            needed=match.needed,
        )

    def _best(self, voice: Spoken) -> Match | None:
        found = [
            self._known.match(voice, issue, self._live[issue]) for issue in self._candidates(voice)
        ]
        fitting = [
            match
            for match in found
            if match is not None
            and match.fit >= 1.0
            and not self._known.is_too_little(voice, self._live[match.issue], match)
        ]
        if not fitting:
            return None
        best = max(fitting, key=lambda match: match.fit)
        rivals = (one for one in fitting if frozenset((one.issue, best.issue)) in self._apart)
        return max((best, *rivals), key=lambda match: match.similarity)

    def _candidates(self, voice: Spoken, common: int = TOO_COMMON) -> list[int]:
        """The live issues that share most of the voice's heaviest words."""
        shared: dict[int, float] = {}
        for term in islice(voice.weights, HEAVIEST):  # the heaviest stand first
            having = self._having.get(term, NONE)
            if len(having) <= common:
                weight = voice.weights[term]
                for issue in having:
                    if issue in shared:
                        shared[issue] += weight
                    else:
                        shared[issue] = weight
        if len(shared) > MOST_CANDIDATES:
            least = sorted(shared.values())[-MOST_CANDIDATES]  # as numbers they sort the fastest
            shared = {issue: much for issue, much in shared.items() if much >= least}
        return heapq.nlargest(MOST_CANDIDATES, shared, key=shared.__getitem__)

    def _shared_words(self, voice: Spoken, issue: int) -> tuple[str, ...]:
        having = self._live[issue].sum.weights
        shared = {t: weight * having[t] for t, weight in voice.weights.items() if t in having}
        return tuple(heapq.nlargest(MOST_SHOWN, shared, key=shared.__getitem__))

    # ---- learning ----

    def _put_in(self, item: Item, voice: Spoken, issue: int) -> None:
        self._issue_of[item.key] = issue
        if issue < 0:
            self._provisional.append(item.key)
        live = self._live.pop(issue, None)
        if live is None:
            live = Live()
            self._known.issues += 1
        self._live[issue] = live  # the most recently heard stands last
        self._touched.add(issue)
        live.heard(voice.said)
        first = self._first_with.setdefault(_short(item.digest), item.key) if item.digest else None
        if first in (None, item.key) or not live.voices:
            self._add(live, voice, issue)
        if len(self._live) > self.settings.most_live:
            self._forget(next(iter(self._live)))

    def _add(self, live: Live, voice: Spoken, issue: int) -> None:
        for place in voice.places:
            if place not in live.places:
                self._known.count(place, "@" + place)
        for term in live.add(voice):
            self._known.count(term, term)
            self._having.setdefault(term, array("q")).append(issue)
        if len(live.sum.weights) > 2 * MOST_KEPT:
            for term in live.sum.keep(MOST_KEPT):
                self._no_longer(term, issue)

    def _take_out(self, item: Item, issue: int) -> None:
        live = self._live.get(issue)
        if live is None or self._first_with.get(_short(item.digest), item.key) != item.key:
            return
        live.take(self._known.voice(item))
        self._touched.add(issue)
        if live.voices <= 0:
            self._forget(issue)

    def _forget(self, issue: int) -> None:
        """Let an issue go, and with it the words and places that only it ever had."""
        live = self._live.pop(issue)
        self._touched.discard(issue)
        for term in live.sum.weights:
            self._no_longer(term, issue)
        for place in live.places:
            self._known.drop(place, "@" + place)

    def _no_longer(self, term: str, issue: int) -> None:
        self._having[term].remove(issue)
        if not self._having[term]:
            del self._having[term]
            self._known.drop(term, term)

    def _issue_with(self, key: int) -> int | None:
        issue = self._issue_of.get(key)
        while issue in self._merged:
            issue = self._merged[issue]
        return issue


def _short(digest: str) -> int:
    """64 bits of a digest: at ten million voices, two of them agree by chance once in 370,000."""
    return int(digest[:16], 16) if digest else 0
