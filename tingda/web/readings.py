"""A reading as pages show it: each value, how sure it is, why, and who said it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext, pgettext

from tingda.analyse.models import Intent, Label, Reading, Topic, Urgency
from tingda.collect.models import Voice
from tingda.web.marks import found_words
from tingda.web.reasons import reason
from tingda.web.templatetags.tingda import named

WORTH_TELLING = 0.02  # a topic that is less likely is not offered
Names = Mapping[str, str]  # what a value is called, by its code


@dataclass(frozen=True)
class Guess:
    """One value that it may be; `percent` is how likely."""

    code: str
    said: str
    percent: int


@dataclass(frozen=True)
class Why:
    """Words that decided, as written, and what they tell (or "")."""

    kind: str
    tells: str
    words: list[str]


@dataclass(frozen=True)
class Value:
    """One value. `percent` is how likely it is right, None where that is not measured or a person
    said it: then `by` is who ("" for a table) and `was` what had been found instead.
    """

    name: str
    said: str
    code: str = ""
    percent: int | None = None
    guesses: Sequence[Guess] = ()
    why: Sequence[Why] = ()
    by_person: bool = False
    by: str = ""
    at: datetime | None = None
    was: str = ""

    @property
    def key(self) -> str:
        """By which its choices open."""
        return {"topic": "t", "intent": "i", "urgency": "u", "place": "p"}[self.name]

    @property
    def label(self) -> str:
        """What it is called."""
        names = {"topic": pgettext("one", "主题"), "intent": gettext("诉求")}
        names |= {"urgency": gettext("紧急程度"), "place": gettext("地点")}
        return names[self.name]

    @property
    def change(self) -> str:
        """The words of the button that opens its choices."""
        names = {"topic": gettext("改主题"), "intent": gettext("改诉求")}
        names |= {"urgency": gettext("改紧急程度"), "place": gettext("改地点")}
        return names[self.name]


@dataclass(frozen=True)
class Shown:
    """What is needed to show readings: the office's topics, in their order."""

    topics: Sequence[Topic]
    names: Names = field(default_factory=dict)

    @classmethod
    def of(cls, topics: Iterable[Topic]) -> "Shown":
        """For these topics."""
        rows = list(topics)
        return cls(rows, {topic.code: named(topic) for topic in rows})

    def guesses(self, reading: Reading) -> list[Guess]:
        """The likeliest topics of a reading that is not sure, as far as they are in use."""
        by_id = {topic.pk: topic for topic in self.topics if topic.active}
        rows = [(reading.guess_id, reading.topic_score), *_second(reading.why)]
        return [
            Guess(by_id[pk].code, named(by_id[pk]), round(score * 100))
            for pk, score in rows
            if pk in by_id and score >= WORTH_TELLING
        ]


def values_of(
    voice: Voice, reading: Reading, labels: Mapping[str, Label], by: Shown
) -> list[Value]:
    """Topic, intent, urgency and place, in that order."""
    found = [
        _topic(voice, reading, by),
        _intent(voice, reading),
        _urgency(voice, reading),
        Value(
            "place",
            reading.place,
            reading.place,
            why=_why(voice, reading, "places"),
        ),
    ]
    return [
        _as_said(value, labels[value.name], by.names)
        if value.name in reading.said_by_person and value.name in labels
        else value
        for value in found
    ]


def _topic(voice: Voice, reading: Reading, by: Shown) -> Value:
    topic = reading.topic
    return Value(
        "topic",
        named(topic) if topic else "",
        topic.code if topic else "",
        percent=round(reading.topic_score * 100) if topic else None,
        guesses=[] if topic else by.guesses(reading),
        why=_why(voice, reading, "topic"),
    )


def _intent(voice: Voice, reading: Reading) -> Value:
    said = reading.get_intent_display()
    percent = round(reading.intent_score * 100)
    sure = reading.intent_is_sure or not said
    return Value(
        "intent",
        str(said) if sure else "",
        reading.intent,
        percent=percent if sure and said else None,
        guesses=[] if sure else [Guess(reading.intent, str(said), percent)],
        why=_why(voice, reading, "intent"),
    )


def _urgency(voice: Voice, reading: Reading) -> Value:
    why = [*_why(voice, reading, "danger"), *_why(voice, reading, "urgency")]
    said = str(reading.get_urgency_display())
    return Value("urgency", said, str(reading.urgency), why=why)


def _as_said(value: Value, label: Label, topics: Names) -> Value:
    was = "" if label.was == label.value else _called(value.name, label.was, topics)
    return Value(
        value.name,
        _called(value.name, value.code, topics),
        value.code,
        by_person=True,
        by=label.by.name if label.by else "",
        at=label.at,
        was=was,
    )


def _called(name: str, code: str, topics: Names) -> str:
    if name == Label.Name.TOPIC:
        return topics.get(code, code)
    if name == Label.Name.PLACE:
        return code
    names: dict[str, object] = dict(Intent.choices)
    names |= {str(level): said for level, said in Urgency.choices}
    return str(names.get(code, code))


def said_now(name: str, code: str, topics: Names) -> str:
    """What a person just said, for the line above the page."""
    if not code:
        told = {
            "topic": gettext("已记下：不属于现有的主题。"),
            "place": gettext("已记下：没有地点。"),
        }
        return told.get(name, "")
    told = {
        "topic": gettext("已记下：主题是“%(value)s”。以后照此学习。"),
        "intent": gettext("已记下：诉求是“%(value)s”。"),
        "urgency": gettext("已记下：紧急程度是“%(value)s”。"),
        "place": gettext("已记下：地点是“%(value)s”。"),
    }
    return told[name] % {"value": _called(name, code, topics)}


def _why(voice: Voice, reading: Reading, kind: str) -> list[Why]:
    """The words by what they tell, in the order in which they stand."""
    told: dict[str, list[str]] = {}
    for what, word in found_words(reading.why, kind, voice.title, voice.text):
        tells = reason(what) if kind in ("urgency", "danger") and what else ""
        words = told.setdefault(tells, [])
        if word not in words:
            words.append(word)
    css = {"places": "place"}.get(kind, kind)
    return [Why(css, tells, _widest(words)) for tells, words in told.items()]


def _widest(words: list[str]) -> list[str]:
    """Without those that stand in a longer one."""
    return [word for word in words if not any(word in other for other in words if other != word)]


def _second(why: Mapping[str, object]) -> list[tuple[int, float]]:
    """The topic that is next in line, and how likely it is."""
    row = why.get("second")
    if isinstance(row, list) and len(row) == 2 and isinstance(row[0], int):
        return [(row[0], float(row[1]))]
    return []
