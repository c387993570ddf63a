"""What people are asked about readings, and what they said."""

from django.db.models import QuerySet

from tingda.analyse.models import Label, Lesson, Reading
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
