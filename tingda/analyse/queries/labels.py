"""Labels: what people are asked about, what they said, and what tables call topics."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from tingda.analyse.models import Label, Lesson, Reading
from tingda.analyse.queries.sorting import named_topics, same_name, topics_in_use
from tingda.collect.models import Voice
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office


def unsure_for(person: Person) -> QuerySet[Reading]:
    """The readings whose topic is not sure, the newest first, for who may say it; copies follow
    their first voice and are not asked about.
    """
    rows = Reading.objects.filter(topic=None, guess__isnull=False, repeat_of=None)
    rows = rows.select_related("voice", "voice__source", "guess").order_by("-voice")
    may = person.is_active and person.may("hear") and is_of_the_office(person)
    return rows if may else rows.none()


def labels_on(voice: Voice) -> dict[str, Label]:
    """What was said about this voice's reading, by the name of the value."""
    return {label.name: label for label in voice.labels.select_related("by")}


def taught() -> int:
    """How many labels of topics are newer than what was learnt last."""
    labels = Label.objects.filter(name=Label.Name.TOPIC).exclude(value="")
    last = Lesson.objects.values_list("at", flat=True).first()
    return (labels.filter(at__gt=last) if last else labels).count()


@dataclass(frozen=True, slots=True)
class Named:
    """What tables call a topic, in its most usual writing, and how many voices they call so."""

    name: str
    count: int


def label_counts() -> dict[str, int]:
    """How many labels of topics there are, by code, the most first."""
    rows = Label.objects.filter(name=Label.Name.TOPIC).exclude(value="")
    counted = rows.values_list("value").annotate(n=Count("id")).order_by("-n", "value")
    return dict(counted)


def unknown_names() -> list[Named]:
    """Names in tables that are no topic of the office yet, the most used first."""
    named = named_topics(topics_in_use())
    found: dict[str, Named] = {}
    for name, count in _told():
        if named(name) is None:
            one = found.setdefault(same_name(name), Named(name, 0))
            found[same_name(name)] = Named(one.name, one.count + count)
    return sorted(found.values(), key=lambda one: (-one.count, one.name))


def written_so(name: str) -> list[str]:
    """This name in every writing that tables have of it."""
    same = same_name(name)
    return [told for told, _count in _told() if same_name(told) == same]


def _told() -> list[tuple[str, int]]:
    rows = Voice.objects.exclude(told_topic="")
    counted = rows.values_list("told_topic").annotate(n=Count("id"))
    return list(counted.order_by("-n", "told_topic"))


def lessons() -> list[Lesson]:
    """The models there are, the newest first, without what they learnt."""
    return list(Lesson.objects.defer("packed"))
