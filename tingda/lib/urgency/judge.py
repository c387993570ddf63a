"""How urgent a voice is, 0 to 3, by what is at stake; never by mood, capitals or marks.

3: danger to life, body or a child, now. 2: within a day many or weak people suffer, something is
lost tomorrow, a dangerous condition, the third unanswered request. 1: a wrong that goes on.
0: can wait. The words stand in `urgency.toml`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tingda.lib.cues import Found, Hit, Reading, read
from tingda.lib.intents import judge as intents
from tingda.lib.intents.judge import Intent
from tingda.lib.urgency.ground import Ground, lists

BESIDE, BESIDE_LATIN = 24, 60  # characters between a harm and the child
WANTS = frozenset(("complains", "seeks_help", "reports"))
_FEARED_ALL_THE_SAME = frozenset(("suicide", "violence"))  # a threat is put as a condition
MOST_WORDS = 8
LONG = 120  # characters from which a danger has to be more than a word in passing
NEIGHBOURS = 60  # characters within which dangers speak for each other
ENOUGH, ENOUGH_OF_LONG = 2.0, 3.0
WHO, WHO_IN_LONG = 1.0, 0.25  # what somebody named beside it adds


class Why(NamedTuple):
    """A reason, as the name of a list in `urgency.toml`, and the words that gave it."""

    reason: str
    found: Found


@dataclass(frozen=True, slots=True)
class Urgency:
    """0 to 3, and why: reasons with words as written; none for 0."""

    level: int
    why: tuple[Why, ...]


def urgency_of(title: str, text: str) -> Urgency:
    """What is at stake if nobody looks for a day. Any text has an answer."""
    return judge(title, text)[1]


def judge(title: str, text: str) -> tuple[Intent, Urgency]:
    """Both at the price of one reading."""
    reading = read(title, text)
    intent = intents.judged(reading, (title, text))
    return intent, weigh(reading, (title, text), intent)


def weigh(reading: Reading, original: tuple[str, str], intent: Intent) -> Urgency:
    """The urgency of a reading whose intent is known; a wrong intent does not hide a danger."""
    ground = Ground(reading.text, lists().cues.find(reading.text), len(reading.title.text))
    for level, told in ((3, _dangers(ground, intent)), (2, _serious(ground, intent))):
        if told:
            places = dict.fromkeys((hit.group.split(".")[1], hit.start, hit.end) for hit in told)
            why = [
                Why(reason, reading.found(start, end, original))
                for reason, start, end in sorted(list(places)[:MOST_WORDS], key=lambda one: one[1:])
            ]
            return Urgency(level, tuple(why))
    if intent.name in WANTS:
        return Urgency(1, tuple(Why(intent.name, found) for found in intent.words))
    return Urgency(0, ())


def _dangers(ground: Ground, intent: Intent) -> list[Hit]:
    """The dangers that stand: told of today, here, as happening."""
    hits = list(ground.family("danger")) + _missing(ground) + _of_a_child(ground)
    standing = _weighed(ground, [hit for hit in hits if not is_damped(ground, hit)])
    if not standing or intent.name in WANTS:
        return standing
    if intent.name == "thanks":
        return []
    reasons = {hit.group for hit in standing}
    told_as_now = any(ground.near(hit, "damp.present", "sentence") for hit in standing)
    if intent.name == "asks":
        happens = ground.has("ask.personal") and not ground.has("ask.procedure")
        return standing if told_as_now or happens else []
    return standing if not intent.sure and (told_as_now or len(reasons) > 1) else []


def _weighed(ground: Ground, hits: Sequence[Hit]) -> list[Hit]:
    """The dangers that weigh enough: more is asked of a word said in passing and of a long text."""
    long = len(ground.text) - ground.text.count("!") > LONG
    enough = ENOUGH_OF_LONG if long else ENOUGH
    weighed: list[Hit] = []
    for hit in hits:
        near = [one for one in hits if abs(one.start - hit.start) <= NEIGHBOURS]
        others = {one.group for one in near} - {hit.group}
        apart = {one.end for one in near if not (one.start <= hit.start < one.end)} - {hit.end}
        weight = ground.weight(hit) + len(others) + (0.5 if others else 1.0) * bool(apart)
        weight += ground.near(hit, "bears.now", "sentence")
        weight += (WHO_IN_LONG if long else WHO) * ground.near(hit, "bears.who", "sentence")
        weight += 1.0 * (hit.end <= ground.title_ends)
        if weight >= enough:
            weighed.append(hit)
    return weighed


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


def _serious(ground: Ground, intent: Intent) -> list[Hit]:
    """What many people or the weak suffer within a day, what is lost tomorrow, what may hurt."""
    if intent.name not in WANTS and not (intent.name == "asks" and _lasts(ground)):
        return []
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


def _lasts(ground: Ground) -> bool:
    return ground.has("ask.lasts")
