"""What was found in voices whose time is over goes before they go."""

from collections.abc import Sequence

from django.db import transaction

from tingda.analyse.actions.repeats import pass_on
from tingda.analyse.actions.searching import indexed, take_out
from tingda.analyse.models import Reading
from tingda.collect.models import Voice


@transaction.atomic
def forget_readings(voices: Sequence[Voice]) -> None:
    """Their readings and their places in the index; marks of watches go with the voices."""
    ids = [voice.pk for voice in voices]
    pass_on(ids)
    take_out(indexed(voices))
    Reading.objects.filter(pk__in=ids).delete()
