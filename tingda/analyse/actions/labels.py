"""Labels: what a person, or a table of the office, says about one value of a reading."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from tingda.analyse.models import Intent, Label, Reading, Topic, Urgency
from tingda.analyse.queries.labels import unknown_names, written_so
from tingda.analyse.queries.sorting import Sorter, named_topics, topics_in_use
from tingda.collect.models import Voice
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name

MOST_COPIES = 1000  # that follow a correction
LONGEST_PLACE = 60
LONGEST_NAME = 50
MOST_TOPICS = 100  # made at once of what tables name
_CHUNK = 500


@transaction.atomic
def say(voice: Voice, name: str, value: str, *, by: Person, now: datetime) -> Reading:
    """Say what a value of this voice's reading is, which corrects or confirms what was found.

    `name` is one of Label.Name; `value` the code of a topic ("" for none of them), an intent, an
    urgency or a place ("" for none). What repeats this voice follows. The worker reads them again,
    so that watches see the new value, and learns from it.
    """
    by.must("hear")
    reading = Reading.objects.select_for_update().filter(pk=voice.pk).first()
    if reading is None:
        raise Refused(_("这条声音还没有研读，请稍后再试"))
    value = _checked(name, value)
    was = _found(reading, name)
    same = [reading, *_copies(reading, name)]
    for one in same:
        row = {"value": value, "was": _found(one, name), "by": by, "at": now}
        Label.objects.update_or_create(voice_id=one.pk, name=name, defaults=row)
        _apply(one, name, value)
        one.save(update_fields=[*_FIELDS[Label.Name(name)], "said_by_person"])
    Voice.objects.filter(pk__in=[one.pk for one in same]).update(unread=True)
    data = {"name": name, "was": _called(name, was), "value": _called(name, value)}
    verb = "reading.confirmed" if was == value else "reading.corrected"
    record(verb, f"voice:{voice.pk}", actor=actor_name(by), now=now, data=data)
    return reading


_FIELDS = {
    Label.Name.TOPIC: ("topic", "guess"),
    Label.Name.INTENT: ("intent",),
    Label.Name.URGENCY: ("urgency", "danger"),
    Label.Name.PLACE: ("place", "places"),
}


def _checked(name: str, value: str) -> str:
    value = " ".join(value.split())
    if name not in Label.Name.values:
        raise Refused(_("没有“%(name)s”这一项"), name=name)
    if name == Label.Name.TOPIC:
        known = not value or Topic.objects.filter(code=value, active=True).exists()
    elif name == Label.Name.INTENT:
        known = value in Intent.values
    elif name == Label.Name.URGENCY:
        known = value in map(str, Urgency.values)
    else:
        known = len(value) <= LONGEST_PLACE
    if not known:
        raise Refused(_("不能改成“%(value)s”"), value=value[:40])
    return value


def _found(reading: Reading, name: str) -> str:
    if name == Label.Name.TOPIC:
        return reading.topic.code if reading.topic else ""
    return str(getattr(reading, name))


def _called(name: str, value: str) -> str:
    """For the record: a topic by the name it has now."""
    topic = Topic.objects.filter(code=value).first() if name == Label.Name.TOPIC else None
    return topic.name if topic else value


def _copies(reading: Reading, name: str) -> list[Reading]:
    """What says the same, and about which nobody said this value by themselves."""
    first = reading.repeat_of_id or reading.pk
    said = Label.objects.filter(name=name).values("voice_id")
    rows = Reading.objects.filter(repeat_of=first) | Reading.objects.filter(pk=first)
    return list(rows.exclude(pk=reading.pk).exclude(pk__in=said).order_by("pk")[:MOST_COPIES])


def _apply(reading: Reading, name: str, value: str) -> None:
    if name == Label.Name.TOPIC:
        reading.topic = Topic.objects.filter(code=value).first() if value else None
        reading.guess = reading.topic
    elif name == Label.Name.URGENCY:
        reading.urgency = int(value)
        reading.danger = reading.danger and reading.urgency == Urgency.AT_ONCE
    elif name == Label.Name.INTENT:
        reading.intent = value
    else:
        others = [place for place in reading.places if place != value]
        reading.place, reading.places = value, [value, *others] if value else []
    if name not in reading.said_by_person:
        reading.said_by_person = [*reading.said_by_person, name]


def labels_of(voices: Sequence[Voice], sorter: Sorter, now: datetime) -> dict[int, dict[str, str]]:
    """What was said of each, by name, of topics that are still in use. In the caller's
    transaction, what a table calls the topic becomes a label where it is one of ours.
    """
    ids = [voice.pk for voice in voices]
    told: dict[int, dict[str, str]] = {}
    for voice, name, value in Label.objects.filter(voice__in=ids).values_list(
        "voice_id", "name", "value"
    ):
        if name != Label.Name.TOPIC or not value or value in sorter.ids:
            told.setdefault(voice, {})[name] = value
    for label in _from_tables(voices, told, now):
        told.setdefault(label.voice_id, {})[label.name] = label.value
    return told


def _from_tables(
    voices: Sequence[Voice], told: Mapping[int, Mapping[str, str]], now: datetime
) -> list[Label]:
    asked = [row for row in voices if row.told_topic and "topic" not in told.get(row.pk, {})]
    if not asked:
        return []
    named = named_topics(topics_in_use())
    made = [
        Label(voice=row, name=Label.Name.TOPIC, value=topic.code, at=now)
        for row in asked
        if (topic := named(row.told_topic))
    ]
    # of a topic that is in use no more, the label stays as it was
    return Label.objects.bulk_create(made, ignore_conflicts=True)


@transaction.atomic
def take_names(
    told: str, *, topic: Topic | None, group: str = "", by: Person, now: datetime
) -> Topic:
    """What tables call `told` is from now on this topic, or (None) a new one of that name; how it
    was meant in the voices that are here is learnt too.
    """
    by.must("configure")
    told = " ".join(told.split())[:100]
    if not told:
        raise Refused(_("名称不能为空"))
    named = named_topics(topics_in_use())
    if topic is None and named(told):
        raise Refused(_("已经有主题“%(topic)s”"), topic=told)
    if topic is None:
        code = f"own-{Topic.objects.count() + 1}"
        name, group = told[:LONGEST_NAME], (group.strip() or told)[:LONGEST_NAME]
        aliases = told if told != name else ""
        topic = Topic.objects.create(code=code, group=group, name=name, aliases=aliases)
        verb = "topic.added"
    else:
        topic.aliases = "\n".join(dict.fromkeys([*topic.names()[2:], told]))
        topic.save(update_fields=["aliases"])
        verb = "topic.changed"
    data = {"name": topic.name, "told": told}
    record(verb, f"topic:{topic.pk}", actor=actor_name(by), now=now, data=data)
    _label_told(told, topic, now)
    return topic


@transaction.atomic
def take_all_names(group: str, *, alone: bool = False, by: Person, now: datetime) -> int:
    """Make topics of one group of all names in tables that are none yet; how many were made.

    `alone`: the table is the office's own list, so topics that no label speaks of are switched
    off; else their words would speak against it.
    """
    by.must("configure")
    names = unknown_names()
    if not group.strip():
        raise Refused(_("请填大类"))
    if not names:
        raise Refused(_("表里的名称都已经是主题了"))
    if len(names) > MOST_TOPICS:
        raise Refused(
            _("表里有 %(n)s 个名称，最多一次加 %(most)s 个。这一列也许不是分类"),
            n=len(names),
            most=MOST_TOPICS,
        )
    for name in names:
        take_names(name.name, topic=None, group=group, by=by, now=now)
    if alone:
        _leave_others(by, now)
    return len(names)


def _leave_others(by: Person, now: datetime) -> None:
    spoken_of = Label.objects.filter(name=Label.Name.TOPIC).values("value")
    others = Topic.objects.filter(active=True).exclude(code__in=spoken_of)
    names = list(others.values_list("name", flat=True))
    others.update(active=False)
    data = {"count": len(names), "names": names}
    record("topic.left", "topic:all", actor=actor_name(by), now=now, data=data)


def _label_told(told: str, topic: Topic, now: datetime) -> None:
    """Label the voices that a table calls so, and have them read again."""
    rows = Voice.objects.filter(told_topic__in=written_so(told))
    rows = rows.exclude(labels__name=Label.Name.TOPIC)
    ids = list(rows.values_list("pk", flat=True))
    for start in range(0, len(ids), _CHUNK):
        some = ids[start : start + _CHUNK]
        Label.objects.bulk_create(
            Label(voice_id=voice, name=Label.Name.TOPIC, value=topic.code, at=now) for voice in some
        )
        Voice.objects.filter(pk__in=some).update(unread=True)
