"""How urgent a voice is, 0 to 3, by what is at stake; never by mood, capitals or marks.

3: danger to life, body or a child, now. 2: within a day many or weak people suffer, something is
lost tomorrow, a dangerous condition, the third unanswered request. 1: a wrong that goes on.
0: can wait. The words stand in `urgency.toml` and `signs.toml`; how much each list, each two lists
in one clause and each small word weighs was fitted from our own sentences (`fitted.txt`, by
scripts/fit_urgency.py). A danger that an office adds is a danger whatever was fitted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from tingda.lib.cues import Cues, Found, Hit, Reading, read
from tingda.lib.intents import judge as intents
from tingda.lib.intents.judge import Intent
from tingda.lib.intents.taught import Taught
from tingda.lib.urgency import lists
from tingda.lib.urgency.features import WORD, heard, lists_met, paused, small_words
from tingda.lib.urgency.fitted import LONG, NONE, Fitted, fitted, without
from tingda.lib.urgency.ground import Ground

BESIDE, BESIDE_LATIN = 24, 60  # characters between a harm and the child
WANTS = frozenset(("complains", "seeks_help", "reports"))
_FEARED_ALL_THE_SAME = frozenset(("suicide", "violence"))  # a threat is put as a condition
MOST_WORDS = 8
LONGEST = 200  # letters from which a text is not longer
_OWN = "own."
_CERTAIN = ("danger.", "child.harm", "missing.gone")  # what an office adds here is a 3
_WEIGHTY = ("serious.",)  # and here at least a 2


class Why(NamedTuple):
    """A reason, as the name of a list without its table, and the words that gave it.

    `wording` where no list but the wording decided; `lists.label_of` says it in Chinese.
    """

    reason: str
    found: Found


@dataclass(frozen=True, slots=True)
class Urgency:
    """0 to 3, and why: reasons with words as written; none for 0."""

    level: int
    why: tuple[Why, ...]


class Lists:
    """The lists in use. `Lists()` are the shipped ones; an office has its own by `changed`."""

    def __init__(
        self,
        groups: lists.Groups | None = None,
        weights: Fitted | None = None,
        own: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._groups = groups or lists.shipped()
        self._weights = weights or fitted()
        self._own = dict(own or {})
        added = {f"{_OWN}{name}": cues for name, cues in self._own.items()}
        self._cues = Cues({**self._groups, **added})

    def all_lists(self) -> list[tuple[str, tuple[str, ...]]]:
        """Every list by its name, with its words."""
        return list(self._groups.items())

    def changed(
        self, added: Mapping[str, Sequence[str]], removed: Mapping[str, Sequence[str]]
    ) -> "Lists":
        """Lists with words added and removed, by the name of their list ("danger.fire").

        A cue that cannot be read and a list that is not there are refused.
        """
        groups = lists.changed(self._groups, added, removed)
        own = {
            name: tuple(cue for cue in groups[name] if cue in {*self._own.get(name, ()), *new})
            for name, new in {**dict.fromkeys(self._own, ()), **added}.items()
        }
        weights = without(self._weights, [cue for cues in removed.values() for cue in cues])
        return Lists(groups, weights, own)

    def judge(self, title: str, text: str, taught: Taught | None = None) -> tuple[Intent, Urgency]:
        """Intent and urgency at the price of one reading. Any text has an answer."""
        reading = read(title, paused(text))
        intent = intents.judged(reading, (title, text), taught)
        return intent, self.weigh(reading, (title, text), intent)

    def features(self, text: str) -> dict[str, float]:
        """All that is weighed of a folded text, by the names of `fitted.txt`."""
        met, long, words, share = _met(text, self._cues.find(text))
        small = {f"{WORD}{word}": share for word in words}
        return dict.fromkeys(met, 1.0) | {LONG: long} | small

    def weigh(self, reading: Reading, original: tuple[str, str], intent: Intent) -> Urgency:
        """The urgency of a reading; the intent only lends its words to a 1."""
        hits = self._cues.find(reading.text)
        level = self._weights.level(*_met(reading.text, hits))
        if level == 0 and not self._own:
            return Urgency(0, ())
        ground = Ground(reading.text, hits, len(reading.title.text))
        added = _stands(ground, _named(ground, _CERTAIN)) if self._own else []
        if added:
            level = 3
        elif (level == 1 and ground.has("serious.repeated")) or (self._own and _named_now(ground)):
            level = max(level, 2)
        if level == 0:
            return Urgency(0, ())
        if level == 1 and intent.name in WANTS and intent.words:
            return Urgency(1, tuple(Why(intent.name, found) for found in intent.words))
        told = added or self._told(ground, hits, level)
        places = dict.fromkeys((hit.group.split(".")[-1], hit.start, hit.end) for hit in told)
        chosen = sorted(list(places)[:MOST_WORDS], key=lambda one: one[1:])
        why = [Why(name, reading.found(start, end, original)) for name, start, end in chosen]
        return Urgency(level, tuple(why))

    def _told(self, ground: Ground, hits: Sequence[Hit], level: int) -> Sequence[Hit]:
        """The words to show: plain reasons first, else what spoke loudest, else the beginning."""
        plain = _dangers(ground) if level == 3 else _serious(ground) if level == 2 else []
        if plain:
            return plain
        rows = self._weights.lists
        loud = [(rows.get(hit.group, NONE)[level], hit) for hit in heard(hits)]
        spoke = sorted((pair for pair in loud if pair[0] > 0), key=lambda pair: -pair[0])
        if spoke:
            return [hit for _weight, hit in spoke[:MOST_WORDS]]
        start = len(ground.text) - len(ground.text.lstrip())
        end = min(len(ground.text.rstrip()), start + MOST_WORDS)
        return [Hit("sign.wording", start, end)] if end > start else []


@lru_cache(1)
def shipped() -> Lists:
    """The shipped lists, read once."""
    return Lists()


def urgency_of(title: str, text: str) -> Urgency:
    """What is at stake if nobody looks for a day. Any text has an answer."""
    return judge(title, text)[1]


def judge(title: str, text: str) -> tuple[Intent, Urgency]:
    """Intent and urgency by the shipped lists."""
    return shipped().judge(title, text)


def _met(text: str, hits: Sequence[Hit]) -> tuple[set[str], float, set[str], float]:
    words, share = small_words(text, hits)
    met = lists_met(text, hits)
    met.add("always")
    return met, min(len("".join(words)), LONGEST) / LONGEST, words, share


def _named(ground: Ground, names: Sequence[str]) -> list[Hit]:
    """What the office's own words found, of these lists."""
    own = (Hit(hit.group[len(_OWN) :], hit.start, hit.end) for hit in ground.family("own"))
    return [hit for hit in own if hit.group.startswith(tuple(names))]


def _named_now(ground: Ground) -> bool:
    return any(not (_denied(ground, hit) or _past(ground, hit)) for hit in _named(ground, _WEIGHTY))


def _stands(ground: Ground, hits: Iterable[Hit]) -> list[Hit]:
    return [hit for hit in hits if not is_damped(ground, hit)]


def _dangers(ground: Ground) -> list[Hit]:
    """The dangers that stand: told of today, here, as happening."""
    return _stands(ground, [*ground.family("danger"), *_missing(ground), *_of_a_child(ground)])


def is_damped(ground: Ground, hit: Hit) -> bool:
    """Whether a danger is denied, prevented, feared, past, taught, told of elsewhere, or over."""
    return any(rule(ground, hit) for rule in _DAMPERS)


def _denied(ground: Ground, hit: Hit) -> bool:
    return ground.just_before(hit, "damp.negated") or ground.before(hit, "damp.prevents", "clause")


def _feared(ground: Ground, hit: Hit) -> bool:
    if hit.group.split(".")[1] in _FEARED_ALL_THE_SAME:
        return _compared(ground, hit)
    if ground.before(hit, "damp.fears", "clause") or _compared(ground, hit):
        return True
    return ground.before(hit, "damp.supposes", "sentence", until="damp.present")


def _compared(ground: Ground, hit: Hit) -> bool:
    return ground.near(hit, "damp.compares", "clause")


def _past(ground: Ground, hit: Hit) -> bool:
    if ground.near(hit, "damp.present", "clause"):
        return False
    if ground.near(hit, "damp.past", "clause"):
        return True
    return ground.before(hit, "damp.past", "sentence", until="damp.present")


def _told(ground: Ground, hit: Hit) -> bool:
    if ground.near(hit, "damp.teaches", "sentence") or ground.near(hit, "damp.fiction", "sentence"):
        return True
    if ground.near(hit, "ask.personal", "sentence"):
        return False
    return ground.before(hit, "damp.tells_news", "text")


def _over(ground: Ground, hit: Hit) -> bool:
    over = [one for one in ground.of("damp.resolved") if one.start >= hit.start]
    return any(not ground.after(one, "damp.present") for one in over)


_DAMPERS: tuple[Callable[[Ground, Hit], bool], ...] = (_denied, _feared, _past, _told, _over)


def _missing(ground: Ground) -> list[Hit]:
    gone = [
        hit for hit in ground.of("missing.gone") if ground.near(hit, "missing.person", "sentence")
    ]
    return [hit for hit in gone if not ground.near(hit, "missing.things", "clause")]


def _of_a_child(ground: Ground) -> list[Hit]:
    """Harm that stands beside a child or a helpless person in one sentence."""
    children = ground.of("child.child")
    found = []
    for harm in ground.of("child.harm"):
        near = BESIDE_LATIN if ground.text[harm.start].isascii() else BESIDE
        if any(
            _between(harm, child) <= near and ground.together(harm, child) for child in children
        ):
            found.append(harm)
    return found


def _between(one: Hit, other: Hit) -> int:
    return max(one.start - other.end, other.start - one.end)


def _serious(ground: Ground) -> list[Hit]:
    """What many people or the weak suffer within a day, what is lost tomorrow, what may hurt."""
    told: list[Hit] = []
    if not ground.has("announced.words"):
        told += _now(ground, "serious.supply")
    told += _now(ground, "serious.hazard")
    told += ground.of("serious.repeated")
    for one, others in _TOGETHER:
        told += _with(ground, one, others)
    return told


_TOGETHER = (
    ("serious.ill", ("serious.several", "serious.weak")),
    ("serious.suffers", ("serious.weak",)),
    ("serious.loses", ("serious.deadline",)),
)


def _with(ground: Ground, one: str, others: Iterable[str]) -> list[Hit]:
    companions = [hit for other in others for hit in ground.of(other)]
    hits = ground.of(one)
    return [*hits[:2], *companions[:2]] if hits and companions else []


def _now(ground: Ground, group: str) -> Sequence[Hit]:
    return [hit for hit in ground.of(group) if not _denied(ground, hit) and not _past(ground, hit)]
